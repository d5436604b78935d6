#include "store/repo/stored_names.hpp"

#include <algorithm>

#include "store/repo/format_file.hpp"

namespace coffre::repo {

namespace {

struct NamedFolder {
    std::string_view folder, suffix;
};

constexpr NamedFolder named_folders[] = {
    {"packs", ".pack"}, {"index", ".idx"}, {"keys", ".slot"}, {"retired", ".json"}, {"journal", ".jrn"}};

}  // namespace

std::string_view suffix_of(std::string_view folder) {
    for (const auto& one : named_folders)
        if (one.folder == folder) return one.suffix;
    return "";
}

std::string_view folder_of(std::string_view name) {
    return name.substr(0, name.find('/') == std::string_view::npos ? 0 : name.find('/'));
}

std::optional<Sha256Digest> digest_in(std::string_view name) {
    constexpr std::size_t digits = 2 * Sha256Digest::size;
    const auto folder = folder_of(name);
    const auto suffix = suffix_of(folder);
    if (suffix.empty() || name.size() != folder.size() + 1 + digits + suffix.size() ||
        !name.ends_with(suffix))
        return std::nullopt;
    return Sha256Digest::parse(name.substr(folder.size() + 1, digits));
}

bool is_repository_file(std::string_view name) { return name == format_file_name || digest_in(name); }

}  // namespace coffre::repo
