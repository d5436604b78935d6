#include "drivers/remote/blob_names.hpp"

#include <stdexcept>

namespace coffre::remote {

bool is_blob_file(std::string_view name) {
    constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    return !name.empty() && name.size() <= 128 && name.front() != '.' &&
           name.find_first_not_of(allowed) == std::string_view::npos;
}

BlobName parse_blob_name(const std::string& name) {
    const std::size_t slash = name.find('/');
    BlobName parsed;
    if (slash != std::string::npos) parsed.folder = name.substr(0, slash);
    parsed.file = slash == std::string::npos ? name : name.substr(slash + 1);
    const bool plain =
        is_blob_file(parsed.file) && (slash == std::string::npos || is_blob_file(parsed.folder));
    if (!plain) throw std::logic_error("not the name of a blob: " + name);
    return parsed;
}

void check_blob_folder(const std::string& folder) {
    if (!folder.empty() && !is_blob_file(folder)) throw std::logic_error("not a folder of blobs: " + folder);
}

}  // namespace coffre::remote
