#pragma once
// Ways in: key slots added, listed, removed.

#include "cli/work/session.hpp"

namespace coffre::cli {

// A key file that is written and then not used after all does not stay. Error{failed} where something is at
// `path` already, or its folder is not there; an empty path does nothing.
class KeyFileOut {
public:
    KeyFileOut(FileSystem& files, const std::string& path);
    ~KeyFileOut();
    KeyFileOut(const KeyFileOut&) = delete;
    KeyFileOut& operator=(const KeyFileOut&) = delete;

    void write(std::string_view text);
    void keep() { kept_ = true; }

private:
    std::string name_;
    std::unique_ptr<Directory> folder_;
    bool written_ = false;
    bool kept_ = false;
};

journal::Slot add_passphrase_from(Session& session, const std::string& password_file);
journal::Slot add_key_file(Session& session, const std::string& path);

// The slot in force whose id begins with `prefix` (4 hexadecimal digits or more). Error{failed} when there is
// none, Error{usage} when there are several.
const journal::Slot& find_slot(const journal::State& state, const std::string& prefix);

}  // namespace coffre::cli
