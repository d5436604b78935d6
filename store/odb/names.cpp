#include "store/odb/names.hpp"

#include "base/bytes.hpp"

namespace coffre::odb {

namespace {

constexpr std::string_view prefix = "%=";

bool needs_percent(char c) { return c == '%' || c == '.' || c == '~' || c == '\\' || c == ':'; }

// Git and its fsck refuse ".git" and look hard at ".gitmodules", ".gitattributes", ".gitignore" and
// ".mailmap", also as other file systems would fold them: case, trailing dots and spaces, NTFS short names
// ("GIT~1", "GI7EBA~1"), NTFS streams, code points that HFS+ ignores, and behind a backslash. This asks less
// exactly and catches more: what it catches without need costs a few bytes, nothing else.
bool looks_like_git(std::string_view component) {
    std::string folded;
    for (const char c : component) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x80) continue;  // every code point that HFS+ ignores is outside ASCII
        folded += byte >= 'A' && byte <= 'Z' ? static_cast<char>(c + 32) : c;
    }
    const bool short_name =
        folded.find('~') != std::string::npos && (folded.starts_with("gi") || folded.starts_with("ma"));
    return folded.starts_with(".git") || folded.starts_with(".mailmap") || short_name;
}

bool must_encode(std::string_view name) {
    if (name.starts_with(prefix)) return true;
    for (std::size_t start = 0;;) {
        const auto end = name.find('\\', start);
        if (looks_like_git(name.substr(start, end - start))) return true;
        if (end == std::string_view::npos) return false;
        start = end + 1;
    }
}

}  // namespace

std::string encode_name(std::string_view name) {
    if (!must_encode(name)) return std::string(name);
    std::string out(prefix);
    for (const char c : name) {
        if (needs_percent(c)) {
            out += '%';
            out += to_hex(as_bytes({&c, 1}));
        } else {
            out += c;
        }
    }
    return out;
}

std::optional<std::string> decode_name(std::string_view stored) {
    const bool plain = !stored.starts_with(prefix);
    std::string name;
    for (std::size_t i = plain ? 0 : prefix.size(); i < stored.size(); ++i) {
        if (plain || stored[i] != '%') {
            name += stored[i];
            continue;
        }
        const auto byte = from_hex(stored.substr(i + 1, 2));
        if (!byte || byte->size() != 1) return std::nullopt;
        name += static_cast<char>(byte->front());
        i += 2;
    }
    const bool legal = !name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos &&
                       name.find('\0') == std::string::npos;
    if (!legal || encode_name(name) != stored) return std::nullopt;
    return name;
}

}  // namespace coffre::odb
