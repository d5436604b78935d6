#include "drivers/equipment/url_credentials.hpp"

#include <algorithm>
#include <array>

#include "drivers/model/formats.hpp"

namespace coffre::drivers {

namespace {

bool query_is_secret(std::string_view query) {
    constexpr std::array<std::string_view, 7> words{"pass", "pwd", "pw=", "token", "key", "auth", "secret"};
    const auto lower = model::lower(query);
    return std::any_of(words.begin(), words.end(),
                       [&](auto word) { return lower.find(word) != std::string::npos; });
}

}  // namespace

void set_url_field(Item& item, const std::string& field, const std::string& value) {
    const auto mark = value.find("://");
    const auto at = mark == std::string::npos ? mark : value.find('@', mark);
    if (at == std::string::npos || value.find_first_of("/?#", mark + 3) < at) {
        item.set(field, value);
        return;
    }
    item.set(field, value.substr(0, mark + 3) + value.substr(at + 1));
    item.set_secret(field + " login", value.substr(mark + 3, at - mark - 3));
}

SplitUrl split_url(std::string_view url) {
    SplitUrl split;
    const auto scheme = url.find("://");
    const auto start = scheme == std::string_view::npos ? 0 : scheme + 3;
    // A password may hold '/', '?' or '#' that nobody escaped: the last '@' before anything that looks like
    // a path ends it, and one later on only where no path began before the first ':'.
    const auto path = std::min(url.find_first_of("/?#", start), url.size());
    auto at = url.substr(start, path - start).rfind('@');
    if (at == std::string_view::npos) {
        const auto colon = url.find(':', start);
        const auto later = url.find('@', path);
        const auto port_end =
            url.find_first_not_of("0123456789", colon == std::string_view::npos ? path : colon + 1);
        // "host:554/a@b" has an '@' in its path; "user:p/w@host/a" has it behind its password.
        if (colon < path && later != std::string_view::npos && port_end != path) at = later - start;
    }
    std::string address(url.substr(0, start));
    auto rest = url.substr(start);
    if (at != std::string_view::npos) {
        const auto login = rest.substr(0, at);
        const auto colon = login.find(':');
        split.user = login.substr(0, colon);
        if (colon != std::string_view::npos) split.password = login.substr(colon + 1);
        rest = rest.substr(at + 1);
    }
    const auto query = rest.find('?');
    if (query != std::string_view::npos && query_is_secret(rest.substr(query + 1))) {
        split.query = rest.substr(query + 1);
        rest = rest.substr(0, query);
    }
    split.address = address.append(rest);
    return split;
}

}  // namespace coffre::drivers
