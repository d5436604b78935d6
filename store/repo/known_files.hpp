#pragma once
// Which known object a file is probably a new version of, or alike to. Names and places alone tell: nothing
// is read for it. Not thread-safe.

#include <map>
#include <optional>
#include <string>

#include "base/ids.hpp"

namespace coffre::repo {

// Paths whose likeness sorts together probably hold content that is alike: files of one kind, more so of one
// name, most so of one equipment and folder. A folder's path ends in "/".
std::string likeness_of(const std::string& path, const std::string& equipment);

// Files and folders of the snapshot before, and those that were stored since.
class KnownFiles {
public:
    // The folder itself: "".
    void add_folder(const std::string& path, const ObjectId& id) { at_.insert_or_assign(path, id); }
    void add_file(const std::string& path, const ObjectId& id);

    // What lay at that path.
    [[nodiscard]] std::optional<ObjectId> at(const std::string& path) const;
    // The same, else the file that is nearest by its likeness: of the same kind, and at least half of the
    // name the same.
    [[nodiscard]] std::optional<ObjectId> most_alike(const std::string& path) const;

private:
    std::map<std::string, ObjectId> at_;     // by path
    std::map<std::string, ObjectId> files_;  // by likeness
};

}  // namespace coffre::repo
