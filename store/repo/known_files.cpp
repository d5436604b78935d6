#include "store/repo/known_files.hpp"

#include <algorithm>
#include <iterator>

namespace coffre::repo {

namespace {

std::size_t shared_by(const std::string& a, const std::string& b) {
    const auto length = std::min(a.size(), b.size());
    return static_cast<std::size_t>(
        std::mismatch(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(length), b.begin()).first -
        a.begin());
}

}  // namespace

std::string likeness_of(const std::string& path, const std::string& equipment) {
    const auto name = path.substr(path.size() < 2 ? 0 : path.find_last_of('/', path.size() - 2) + 1);
    const auto dot = name.find_last_of('.');
    const auto ending = dot == std::string::npos ? "" : name.substr(dot);
    return ending + '\0' + name + '\0' + equipment + '\0' + path;
}

void KnownFiles::add_file(const std::string& path, const ObjectId& id) {
    at_.insert_or_assign(path, id);
    files_.insert_or_assign(likeness_of(path, ""), id);
}

std::optional<ObjectId> KnownFiles::at(const std::string& path) const {
    const auto found = at_.find(path);
    return found == at_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<ObjectId> KnownFiles::most_alike(const std::string& path) const {
    if (const auto before = at(path)) return before;
    const auto likeness = likeness_of(path, "");
    const auto kind = likeness.find('\0') + 1;
    const auto name = likeness.find('\0', kind) - kind;
    std::optional<ObjectId> nearest;
    std::size_t most = kind + name / 2;  // bytes shared, or names tell nothing
    const auto look_at = [&](const auto& file) {
        const auto shared = shared_by(file.first, likeness);
        if (shared < most) return;
        most = shared;
        nearest = file.second;
    };
    const auto next = files_.lower_bound(likeness);
    if (next != files_.begin()) look_at(*std::prev(next));
    if (next != files_.end()) look_at(*next);
    return nearest;
}

}  // namespace coffre::repo
