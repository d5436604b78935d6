#pragma once
// The files of a snapshot, as its tree tells of them.

#include <string>
#include <vector>

#include "store/odb/git.hpp"

namespace coffre::repo {

struct FileEntry {
    std::string path;  // as it was on the equipment: any bytes, '/' between names
    odb::EntryMode mode = odb::EntryMode::file;
    std::uint64_t bytes = 0;
    ObjectId id;
    bool empty_folder = false;  // then the rest says nothing
};

// The path of a tree's entry below `folder`, both as they were on the equipment. Error{damaged} for a name
// that coffre did not write.
std::string path_below(const std::string& folder, const std::string& stored_name);

FileEntry file_entry(odb::Git& git, const odb::TreeEntry& entry, const std::string& folder);

// Files below `path` ("" for all), in git's tree order, links and empty folders too. Error{failed} when
// nothing bears that path.
std::vector<FileEntry> list_files(odb::Git& git, const ObjectId& root, const std::string& path);

}  // namespace coffre::repo
