#include "base/file_system.hpp"

#include <algorithm>
#include <array>

#include "base/error.hpp"

namespace coffre {

std::optional<Bytes> read_file(Directory& folder, const std::string& name, std::uint64_t limit) {
    const auto file = folder.open_file(name);
    if (!file) return std::nullopt;
    const auto refuse = [&] {
        throw Error(Errc::failed, say<Msg::too_large>(folder.path() + "/" + name, std::to_string(limit)));
    };
    const std::uint64_t size = file->stat().size;
    if (size > limit) refuse();

    // The size is a hint only: the file may grow meanwhile, and some file systems always say 0.
    Bytes bytes(static_cast<std::size_t>(size));
    bytes.resize(file->read_at(0, bytes));
    std::array<std::uint8_t, 4096> more;
    while (const std::size_t count = file->read_at(bytes.size(), more)) {
        if (count > limit - bytes.size()) refuse();
        append(bytes, ByteView(more).first(count));
    }
    return bytes;
}

void write_file_durably(Directory& scratch, const std::string& scratch_name, Directory& folder,
                        const std::string& name, ByteView bytes, std::uint32_t mode) {
    constexpr std::uint32_t own_mode = 0600;
    auto file = scratch.create_file(scratch_name, mode);
    try {
        if (mode != own_mode) file->set_mode(mode);
        file->write(bytes);
        file->sync();
        file.reset();
        scratch.rename(scratch_name, folder, name);
    } catch (...) {
        try {
            scratch.remove_file(scratch_name);
        } catch (...) {  // the first failure is the one to tell
        }
        throw;
    }
    folder.sync();
}

std::pair<std::string, std::string> split_path(std::string_view path) {
    const std::size_t last = path.find_last_not_of('/');
    if (last == std::string_view::npos) return {path.empty() ? "." : "/", "."};
    path = path.substr(0, last + 1);
    const std::size_t slash = path.rfind('/');
    if (slash == std::string_view::npos) return {".", std::string(path)};
    const std::size_t end = path.find_last_not_of('/', slash);
    return {end == std::string_view::npos ? "/" : std::string(path.substr(0, end + 1)),
            std::string(path.substr(slash + 1))};
}

std::string join_names(const std::vector<std::string>& names) {
    std::string path;
    for (const auto& name : names) path += (path.empty() ? "" : "/") + name;
    return path;
}

std::vector<std::string> split_names(const std::string& path) {
    std::vector<std::string> names;
    for (std::size_t at = 0; at <= path.size();) {
        const auto end = std::min(path.find('/', at), path.size());
        if (end > at) names.push_back(path.substr(at, end - at));
        at = end + 1;
    }
    return names;
}

}  // namespace coffre
