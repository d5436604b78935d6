#include "drivers/remote/remotes.hpp"

#include <algorithm>
#include <charconv>

#include "base/error.hpp"
#include "base/host.hpp"
#include "base/process.hpp"
#include "drivers/remote/medium.hpp"
#include "drivers/remote/s3.hpp"
#include "drivers/remote/sftp.hpp"
#include "drivers/remote/webdav.hpp"

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

struct Opener {
    std::string_view scheme;
    std::unique_ptr<RemoteStore> (*open)(const RemoteSpec& spec, const RemoteHost& host, Open how);
    const std::vector<std::string>& (*settings)();
};

constexpr Opener openers[] = {
    {"file", open_medium, medium_settings},
    {"s3", open_s3, s3_settings},
    {"sftp", open_sftp, sftp_settings},
    {"webdav", open_webdav, webdav_settings},
};

const Opener* opener_of(std::string_view scheme) {
    const auto* found = std::find_if(std::begin(openers), std::end(openers),
                                     [&](const auto& one) { return one.scheme == scheme; });
    return found == std::end(openers) ? nullptr : found;
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
    return text;
}

}  // namespace

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

const std::vector<std::string>& known_settings(const std::string& scheme) {
    static const std::vector<std::string> none;
    const auto* const opener = opener_of(scheme);
    return opener != nullptr ? opener->settings() : none;
}

std::unique_ptr<RemoteStore> open_remote(const RemoteSpec& spec, const RemoteHost& host, Open how) {
    const auto url = parse_url(spec.url);
    const auto* const opener = opener_of(url.scheme);
    if (opener == nullptr) refuse(spec.url);
    const auto& known = opener->settings();
    // Where it stands on the map is of any remote, and no store's matter.
    for (const auto& [name, value] : spec.settings)
        if (name != "place" && std::find(known.begin(), known.end(), name) == known.end())
            throw Error(Errc::usage, say<Msg::remote_setting_unknown>(url.scheme, name),
                        say<Msg::hint_remote_settings>(joined(known)));
    return opener->open(spec, host, how);
}

void check_clear(const RemoteSpec& spec, bool clear, const std::string& host) {
    if (clear && !is_loopback(host) && !setting_of(spec, "clear-reason"))
        throw Error(Errc::refused, say<Msg::remote_clear>(host), say<Msg::hint_remote_clear>());
}

std::optional<std::string> setting_of(const RemoteSpec& spec, const std::string& name) {
    const auto found = spec.settings.find(name);
    if (found == spec.settings.end() || found->second.empty()) return std::nullopt;
    return found->second;
}

std::optional<int> number_setting(const RemoteSpec& spec, const std::string& name, int least, int most) {
    const auto found = spec.settings.find(name);
    if (found == spec.settings.end()) return std::nullopt;
    const auto& text = found->second;
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < least || value > most)
        throw Error(Errc::usage, say<Msg::remote_setting_value>(name, text),
                    say<Msg::hint_remote_setting_number>(std::to_string(least), std::to_string(most)));
    return value;
}

std::string file_setting(const RemoteSpec& spec, const std::string& name, FileSystem& files) {
    auto path = setting_of(spec, name).value_or("");
    if (path.starts_with("~/")) path.replace(0, 1, environment_variable("HOME").value_or(""));
    if (!path.empty() && !files.stat(path))
        throw Error(Errc::usage, say<Msg::file_error>(path, tr<Msg::os_not_found>()));
    return path;
}

}  // namespace coffre::remote
