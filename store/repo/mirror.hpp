#pragma once
// Makes two copies of one repository the union of both, file by file, without a key: names are the SHA-256 of
// what they name (docs/architecture.md, "Mirrors").
//
// Nothing that gc has retired is copied in either direction, nothing damaged is copied at all, and nothing is
// deleted but by prune(). Whoever looks at either side meanwhile sees a snapshot only when all that it needs
// is there: packs go before the journal.
//
// Steps in this order: look, download, upload, read_back, protect, prune. Each may be left out; each can be
// repeated. Not thread-safe; works on several files at a time itself.

#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/remote_store.hpp"
#include "store/repo/remote_memory.hpp"
#include "store/repo/repository.hpp"

namespace coffre::repo {

struct MirrorOptions {
    int jobs = 4;                 // files at a time
    bool read_back = true;        // what is sent is read back, packs before the journal follows
    bool despite_damage = false;  // what is whole is copied although something else is not
    // Whose retired lists count; `lies_here`: it was accepted by this side before. Null: those whose signer
    // is remembered, or signed a list that lies here.
    std::function<bool(const ActorId&, bool lies_here)> may_retire;
    // With a key: names that batches bear, which no list makes go.
    std::function<bool(const std::string&)> in_use;
    Progress progress;  // bytes
};

struct MirrorReport {
    std::uint64_t uploaded_files = 0, uploaded_bytes = 0;
    std::uint64_t downloaded_files = 0, downloaded_bytes = 0;
    std::uint64_t verified_files = 0, verified_bytes = 0;  // in this run
    std::uint64_t deleted_files = 0;
    std::vector<std::string> missing;  // was there before, and is neither there nor retired
    std::vector<VerifyError> damaged;  // on either side, and could not be put right
    std::vector<Message> warnings;
    bool whole = false;     // every live file is there
    bool verified = false;  // and every one of them was read back there, in this run or before

    [[nodiscard]] bool fine() const { return missing.empty() && damaged.empty(); }
};

class Mirror {
public:
    // All are kept by reference. `memory` is what this machine knows of the place; it is brought up to date,
    // and keeping it is the caller's business, also after an exception.
    Mirror(BlobStore& local, RemoteStore& remote, const RepositoryId& repository, RemoteMemory& memory,
           const std::set<ActorId>& signers, MirrorOptions options);

    // One listing of each side. Error{refused} where another repository lies there. False: nothing lies there
    // yet.
    bool look();
    void download();
    void upload();
    // What is not known to have been read back there is read and hashed, or hashed by a server that is
    // documented to do so truly. What this run wrote and comes back wrong or not at all is written again.
    void read_back();
    // Retired files that gc has removed here are removed there.
    void prune();
    // Another listing of this side alone: what was published since look() is part of what follows.
    void look_here();
    // Keeps every live file there from deletion until then, where the remote can; those that are kept nearly
    // as long are left alone.
    void protect(Timestamp until);

    // Names of live files there, as look() found them.
    [[nodiscard]] std::vector<std::string> there() const;
    // Names of live files there that are not here.
    [[nodiscard]] std::vector<std::string> missing_here() const;
    // Every live file of this side is there.
    [[nodiscard]] bool holds_everything() const;
    // Reads one there, whatever is remembered; empty: it is what its name says.
    std::optional<Message> what_is_wrong(const std::string& name);

    [[nodiscard]] const MirrorReport& report() const { return report_; }
    // Whose retired lists counted.
    [[nodiscard]] const std::set<ActorId>& retirers() const { return retirers_; }
    // What is live on either side.
    [[nodiscard]] std::vector<std::string> live() const;

private:
    using Listing = std::map<std::string, BlobInfo>;

    void read_retired();
    [[nodiscard]] bool is_live(const std::string& name) const;
    void check_missing();
    void check_whose_place();
    [[nodiscard]] std::vector<BlobInfo> to_copy(const Listing& from, const Listing& to) const;
    // Folder by folder; the journal alone, in the order in which it was written, and only while no damage was
    // met. `after`: with what was copied of a folder, before the next one.
    void copy_in_order(std::vector<BlobInfo> files, const std::function<void(const BlobInfo&)>& copy,
                       const std::function<void(const std::vector<BlobInfo>&)>& after);
    void in_parallel(const std::vector<BlobInfo>& files, const std::function<void(const BlobInfo&)>& work);
    void fetch(const BlobInfo& file);
    std::optional<Bytes> bytes_here(const std::string& name);
    void send(const BlobInfo& file);
    bool is_right_there(const BlobInfo& file);
    void check_there(const BlobInfo& file);
    void put_right(const BlobInfo& file);
    void settle();
    void note_damage(const std::string& path, Message what);
    void plan(const std::vector<BlobInfo>& files);
    void advance(std::uint64_t bytes);

    BlobStore& local_;
    RemoteStore& remote_;
    const RepositoryId repository_;
    RemoteMemory& memory_;
    const std::set<ActorId>& signers_;
    MirrorOptions options_;
    Listing here_, there_;
    std::set<std::string> retired_;
    std::set<std::string> strangers_;  // lists that do not count: they are not copied either
    std::set<ActorId> retirers_;       // whose lists counted
    MirrorReport report_;
    std::mutex mutex_;  // of what threads change: report_, there_, here_, memory_
    std::uint64_t done_ = 0, total_ = 0;
};

// The bytes of a file that is what its name says; empty when it is not there. Error{damaged} when it is
// another or larger than a repository's files are.
std::optional<Bytes> get_named(BlobStore& store, const std::string& name);

}  // namespace coffre::repo
