#pragma once
// The names of blobs as the remote stores take them: "folder/file" or a bare file, of letters, digits, '.',
// '_' and '-', so that no server's rules of escaping, case or hidden files ever matter.

#include <string>
#include <string_view>

namespace coffre::remote {

// A single name that coffre may have written. What bears another one lies there by chance and is ignored.
bool is_blob_file(std::string_view name);

struct BlobName {
    std::string folder;  // empty: the root
    std::string file;
};

// std::logic_error for what is no name of a blob: a bug of the caller.
BlobName parse_blob_name(const std::string& name);
void check_blob_folder(const std::string& folder);

}  // namespace coffre::remote
