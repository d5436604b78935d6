#include "drivers/remote/remotes.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace coffre::remote {

namespace {

struct Scheme {
    std::string_view word;  // as it stands in a URL
    std::string_view scheme;
    bool clear;
};

constexpr Scheme schemes[] = {
    {"s3", "s3", false},         {"s3+http", "s3", true},      {"sftp", "sftp", false},
    {"webdav", "webdav", false}, {"webdavs", "webdav", false}, {"webdav+http", "webdav", true},
    {"file", "file", false},
};

[[noreturn]] void refuse(const std::string& text) {
    throw Error(Errc::usage, say<Msg::remote_url_malformed>(text), say<Msg::hint_remote_url>());
}

// %41 -> A. Empty where what follows a '%' is no number, or a byte of 0 would come of it.
std::optional<std::string> unescaped(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        std::string digits(text.substr(i + 1, 2));
        for (auto& digit : digits)
            if (digit >= 'A' && digit <= 'F') digit = static_cast<char>(digit - 'A' + 'a');
        std::uint8_t byte = 0;
        if (digits.size() != 2 || !from_hex(digits, {&byte, 1}) || byte == 0) return std::nullopt;
        out += static_cast<char>(byte);
        i += 2;
    }
    return out;
}

std::optional<int> parse_port(std::string_view text) {
    if (text.empty() || text.size() > 5) return std::nullopt;
    int port = 0;
    for (const char digit : text) {
        if (digit < '0' || digit > '9') return std::nullopt;
        port = 10 * port + (digit - '0');
    }
    return port >= 1 && port <= 65535 ? std::optional(port) : std::nullopt;
}

bool is_host(std::string_view host) {
    constexpr std::string_view allowed =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]";
    return !host.empty() && host.find_first_not_of(allowed) == std::string_view::npos;
}

}  // namespace

bool is_url(const std::string& text) { return text.find("://") != std::string::npos; }

Url parse_url(const std::string& text) {
    Url url;
    const auto mark = text.find("://");
    if (mark == std::string::npos) {
        if (text.empty() || text.front() != '/') refuse(text);
        url.scheme = "file";
        url.path = text;
        return url;
    }
    const auto* known = std::find_if(std::begin(schemes), std::end(schemes),
                                     [&](const auto& one) { return one.word == text.substr(0, mark); });
    if (known == std::end(schemes)) refuse(text.substr(0, text.find('@')));
    url.scheme = known->scheme;
    url.clear = known->clear;
    const std::string rest = text.substr(mark + 3);
    const auto slash = std::min(rest.find('/'), rest.size());
    std::string authority = rest.substr(0, slash);
    if (const auto at = authority.rfind('@'); at != std::string::npos) {
        const auto user = unescaped(authority.substr(0, at));
        if (!user || user->find(':') != std::string::npos)
            throw Error(Errc::usage, say<Msg::remote_url_password>(), say<Msg::hint_remote_credentials>());
        url.user = *user;
        authority = authority.substr(at + 1);
    }
    if (const auto colon = authority.rfind(':');
        colon != std::string::npos && authority.find(']', colon) == std::string::npos) {
        const auto port = parse_port(std::string_view(authority).substr(colon + 1));
        if (!port) refuse(text);
        url.port = *port;
        authority.resize(colon);
    }
    url.host = authority;
    const auto path = unescaped(rest.substr(slash));
    if (!path || path->find_first_of("?#") != std::string::npos) refuse(text);
    url.path = path->empty() ? "/" : *path;
    const bool is_file = url.scheme == "file";
    if (is_file ? !url.host.empty() || url.path == "/" : !is_host(url.host)) refuse(text);
    return url;
}

}  // namespace coffre::remote
