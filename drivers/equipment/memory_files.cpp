#include "drivers/equipment/memory_files.hpp"

#include "base/file_system.hpp"

namespace coffre::drivers {

void MemoryFiles::file(const Path& path, bool, ByteView content) {
    put(join_names(path), Bytes(content.begin(), content.end()));
}

void MemoryFiles::large_file(const Path& path, bool, std::uint64_t, const Pieces& next) {
    Bytes content;
    for (auto piece = next(); !piece.empty(); piece = next()) append(content, piece);
    put(join_names(path), std::move(content));
}

void MemoryFiles::skipped(const Path& path, const Message& why) {
    skipped_.push_back({join_names(path), why});
}

void MemoryFiles::failed(const Path& path, const Message& why) { failed_.push_back({join_names(path), why}); }

std::optional<Bytes> MemoryFiles::read(const std::string& path, std::uint64_t limit) const {
    const auto* found = content(path);
    if (found == nullptr || found->size() > limit) return std::nullopt;
    return *found;
}

const Bytes* MemoryFiles::content(const std::string& path) const {
    const auto found = contents_.find(path);
    return found == contents_.end() ? nullptr : &found->second;
}

void MemoryFiles::put(const std::string& path, Bytes content) {
    contents_[path] = std::move(content);
    list();
}

void MemoryFiles::remove(const std::string& path) {
    contents_.erase(path);
    list();
}

void MemoryFiles::list() {
    files_.clear();
    for (const auto& [path, content] : contents_)
        files_.push_back({path, content.size(),
                          std::to_string(content.size()) + "-" +
                              std::to_string(std::hash<std::string_view>()(as_text(content)))});
}

}  // namespace coffre::drivers
