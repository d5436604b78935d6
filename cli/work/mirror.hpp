#pragma once
// Copies at other places: mirror, clone, repair, and checks of what lies there.

#include <optional>
#include <string>
#include <vector>

#include "cli/work/session.hpp"
#include "drivers/remote/remotes.hpp"
#include "store/repo/mirror.hpp"
#include "store/repo/remote_memory.hpp"

namespace coffre::cli {

// This machine's copy, opened with a key where one is given, and the remotes that are known of it.
class Copy {
public:
    // Without credentials in the settings no key is asked for.
    explicit Copy(const Context& context, bool no_key = false);

    [[nodiscard]] BlobStore& store() { return *store_; }
    [[nodiscard]] const RepositoryId& id() const { return id_; }
    [[nodiscard]] Session* session() { return session_ ? &*session_ : nullptr; }  // null: without a key
    [[nodiscard]] const std::map<std::string, journal::Remote>& remotes() const { return machine_.remotes; }
    [[nodiscard]] repo::Memory& memory() { return *memory_; }
    [[nodiscard]] repo::MachineMemory& machine() { return machine_; }
    [[nodiscard]] const Context& context() const { return context_; }

    // The remote of that name; Error{failed} when there is none.
    [[nodiscard]] const journal::Remote& named(const std::string& name) const;
    [[nodiscard]] std::unique_ptr<RemoteStore> open(const journal::Remote& remote, remote::Open how);
    // Whose lists count and what is in use, as far as a key tells.
    [[nodiscard]] repo::MirrorOptions mirror_options(ProgressLine& progress);
    // Takes over what the journal says, and keeps it for runs without a key.
    void learn();

private:
    const Context& context_;
    std::unique_ptr<BlobStore> store_;  // a handle of its own: a session has another
    RepositoryId id_;
    std::optional<Session> session_;
    std::optional<repo::Memory> memory_;
    repo::MachineMemory machine_;
};

struct MirrorRequest {
    std::vector<std::string> names;  // empty: all
    bool prune = false;
    bool no_read_back = false;
    bool read_all = false;  // what was read back before is read again
    int jobs = 0;           // 0: as many as are good
};

struct RemoteOutcome {
    std::string name;
    repo::MirrorReport report;
    std::optional<Error> error;       // it ended there
    std::optional<ActorId> set_back;  // whose stream went back
    std::optional<Message> no_kit;    // why a medium bears no restore kit of this version
};

struct MirrorOutcome {
    std::vector<RemoteOutcome> remotes;
    bool recorded = false;  // what was sent and read back is in the journal now
    bool keyed = false;
};
MirrorOutcome mirror(Copy& copy, const MirrorRequest& request, ProgressLine& progress);

struct CloneRequest {
    std::string url, path;
    std::string expect;  // "ACTOR:NUMBER[:BATCH],…"
};
// Keeps what it copied when it throws; the same call goes on from there.
repo::MirrorReport clone(const Context& context, const CloneRequest& request, ProgressLine& progress);

struct Repaired {
    std::string path, remote;
};
struct RepairOutcome {
    std::vector<Repaired> repaired;
    std::vector<std::string> left;     // damaged or missing still
    std::vector<std::string> touched;  // snapshots of what is left; with a key
    std::vector<std::pair<std::string, Error>> unreachable;
};
// `from`: a URL beside the remotes, or in place of them where this copy does not even open.
RepairOutcome repair(const Context& context, const std::string& from, bool dry_run, ProgressLine& progress);

struct RemoteVerifyRequest {
    std::string name;
    std::string sample;  // "10%", "50"; "": all
    bool no_key = false;
    bool read_data = false;
};
// Files of the remote against their names, and what should be there against what is; recorded with a key.
repo::VerifyReport verify_remote(const Context& context, const RemoteVerifyRequest& request,
                                 ProgressLine& progress);

}  // namespace coffre::cli
