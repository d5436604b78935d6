#pragma once
// What this machine remembers of the other places of one repository, outside of it: in
// <state folder>/<repository id>/, clear files that hold names of sealed files, public keys and addresses.
// A place that lost what was there once cannot hide that from a machine that saw it.
//
// Not thread-safe. Nothing here is a secret; nothing here is believed over signatures.

#include <map>
#include <set>
#include <string>

#include "base/environment.hpp"
#include "store/journal/state.hpp"

namespace coffre::repo {

// Of one place.
struct RemoteMemory {
    std::map<std::string, bool> seen;  // names of files that were there; true: read back there
    journal::StreamNumbers streams;    // how far they reached, seen with a key
    std::map<std::string, std::int64_t> locked_until;  // object lock: ns since the epoch, by name
};

// Of the repository as a whole.
struct MachineMemory {
    std::set<ActorId> signers;                       // who may retire files, as told with a key
    std::map<std::string, journal::Remote> remotes;  // so that a mirror needs no key
    journal::StreamNumbers mirrored;                 // how far streams reached when copies were made last
    std::vector<std::string> residency;              // the policy's, as told with a key
};

class Memory {
public:
    // `folder`: of this repository (machine_folder); "": nothing is kept.
    Memory(Environment environment, std::string folder)
        : environment_(environment), folder_(std::move(folder)) {}

    // Empty where there is none. Error{damaged} where there is one that cannot be read: it is an alarm, and
    // must not fall silent by being damaged.
    [[nodiscard]] RemoteMemory of_remote(const std::string& url) const;
    [[nodiscard]] MachineMemory of_machine() const;
    // Durable when they return. Error{failed}, Error{no_space}.
    void keep(const std::string& url, const RemoteMemory& memory);
    void keep(const MachineMemory& memory);
    void forget(const std::string& url);

private:
    [[nodiscard]] std::optional<journal::Json> read(const std::string& name) const;
    void write(const std::string& name, const journal::Json& json);

    Environment environment_;
    std::string folder_;
};

}  // namespace coffre::repo
