#pragma once
// The remotes of a repository: every change is a journaled version; without a key, this machine's alone.

#include "cli/work/mirror.hpp"

namespace coffre::cli {

struct RemoteEdit {
    std::string name, url, role, place, message;
    std::vector<std::string> set;  // "key=value"
};

// Meets the other side: makes what is to be made there, refuses another repository's place, and records what
// it is (a medium's identity, a pinned key). Error{failed} where there is a remote of that name.
struct AddedRemote {
    journal::Remote remote;
    std::vector<std::pair<Message, Message>> doubts;  // what it is not, and what to do
};
AddedRemote add_remote(Copy& copy, const RemoteEdit& edit);
void remove_remote(Copy& copy, const std::string& name, const std::string& message);
// Where it is kept from now on: the custody of a medium.
void move_remote(Copy& copy, const std::string& name, const std::string& place, const std::string& message);

struct RemoteTest {
    std::uint64_t files = 0, bytes = 0;
    std::map<std::string, std::string> facts;
};
RemoteTest test_remote(Copy& copy, const std::string& name);

}  // namespace coffre::cli
