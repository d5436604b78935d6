#include "drivers/remote/webdav_listing.hpp"

#include <charconv>
#include <string_view>

#include <pugixml.hpp>

#include "drivers/http/http_date.hpp"
#include "drivers/remote/remotes.hpp"

namespace coffre::remote {

namespace {

bool is_named(const pugi::xml_node& node, std::string_view local) {
    const std::string_view name = node.name();
    return name.substr(name.find(':') + 1) == local;  // npos + 1 is 0
}

pugi::xml_node child(const pugi::xml_node& parent, std::string_view local) {
    for (const auto& node : parent.children())
        if (is_named(node, local)) return node;
    return {};
}

std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

// The last part of the path, taken off it.
std::optional<std::string> take_last(std::string_view& path) {
    while (path.ends_with('/')) path.remove_suffix(1);
    const auto slash = path.rfind('/');
    const auto last = slash == std::string_view::npos ? path : path.substr(slash + 1);
    path = slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
    return unescaped(last);
}

bool read_path(std::string_view path, WebdavEntry& entry) {
    if (const auto mark = path.find("://"); mark != std::string_view::npos) {
        const auto slash = path.find('/', mark + 3);
        path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash);
    }
    const auto name = take_last(path);
    const auto parent = take_last(path);
    if (!name || !parent) return false;
    entry.name = *name;
    entry.parent = *parent;
    return true;
}

void read_properties(const pugi::xml_node& response, WebdavEntry& entry) {
    for (const auto& found : response.children()) {
        if (!is_named(found, "propstat")) continue;
        const std::string_view status = child(found, "status").text().get();
        if (status.find(" 200") == std::string_view::npos) continue;
        const auto properties = child(found, "prop");
        if (child(child(properties, "resourcetype"), "collection")) entry.collection = true;
        if (const auto size = number(child(properties, "getcontentlength").text().get())) entry.size = size;
        if (const auto left = number(child(properties, "quota-available-bytes").text().get()))
            entry.available = left;
        if (const auto date = http::parse_http_date(child(properties, "getlastmodified").text().get()))
            entry.modified = date;
    }
}

}  // namespace

std::optional<std::vector<WebdavEntry>> parse_multistatus(Bytes document) {
    pugi::xml_document xml;
    if (!xml.load_buffer_inplace(document.data(), document.size(),
                                 pugi::parse_default | pugi::parse_trim_pcdata))
        return std::nullopt;
    const auto root = child(xml, "multistatus");
    if (!root) return std::nullopt;
    std::vector<WebdavEntry> entries;
    for (const auto& response : root.children()) {
        if (!is_named(response, "response")) continue;
        WebdavEntry entry;
        if (!read_path(child(response, "href").text().get(), entry)) continue;
        read_properties(response, entry);
        entries.push_back(std::move(entry));
    }
    return entries;
}

}  // namespace coffre::remote
