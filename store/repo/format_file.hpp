#pragma once
// coffre.json: the one clear file of a repository. Written once, equal in every copy, with no name in it.
//   {"format":1,"id":"<64 hex>","suite":1,"features":[],"checksum":"<64 hex>"}\n
// The checksum is the SHA-256 of the same line without it, so that a keyless reader finds damage here too.

#include <string>
#include <vector>

#include "base/blob_store.hpp"
#include "base/ids.hpp"

namespace coffre::repo {

inline constexpr std::string_view format_file_name = "coffre.json";

struct FormatFile {
    RepositoryId id;
    bool simulated = false;  // the feature "simulated"
};

std::string encode_format_file(const FormatFile& format);

// Error{no_repository} when the store holds none, Error{damaged} when it is not exactly what
// encode_format_file writes, Error{failed} when it needs a newer version.
FormatFile read_format_file(BlobStore& store);

}  // namespace coffre::repo
