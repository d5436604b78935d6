#include <charconv>
#include <map>

#include "base/message.hpp"
#include "drivers/model/formats.hpp"
#include "drivers/model/limits.hpp"

namespace coffre::model {

namespace {

void append_utf8(std::string& out, std::uint32_t code) {
    const auto put = [&](std::uint32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
    if (code < 0x80) {
        put(code);
    } else if (code < 0x800) {
        put(0xc0 | code >> 6);
        put(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        put(0xe0 | code >> 12);
        put(0x80 | (code >> 6 & 0x3f));
        put(0x80 | (code & 0x3f));
    } else {
        put(0xf0 | code >> 18);
        put(0x80 | (code >> 12 & 0x3f));
        put(0x80 | (code >> 6 & 0x3f));
        put(0x80 | (code & 0x3f));
    }
}

std::string from_utf16(std::string_view text, bool big_end_first) {
    std::string out;
    const auto unit = [&](std::size_t at) -> std::uint32_t {
        const auto first = static_cast<unsigned char>(text[at]);
        const auto second = static_cast<unsigned char>(text[at + 1]);
        return big_end_first ? first << 8U | second : second << 8U | first;
    };
    if (text.size() % 2 != 0) throw Malformed{"XML"};
    for (std::size_t at = 2; at < text.size(); at += 2) {
        auto code = unit(at);
        if (code >= 0xd800 && code < 0xe000) {
            const auto low = code < 0xdc00 && at + 2 < text.size() ? unit(at + 2) : 0;
            if (low < 0xdc00 || low >= 0xe000) throw Malformed{"XML"};
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
            at += 2;
        }
        append_utf8(out, code);
    }
    return out;
}

// `kept` holds what had to be converted. What is counted on the text must be what is parsed: so the parser
// is given UTF-8 and guesses nothing.
std::string_view as_utf8(std::string_view text, std::string& kept) {
    if (text.starts_with("\xfe\xff") || text.starts_with("\xff\xfe")) {
        kept = from_utf16(text, text.starts_with("\xfe\xff"));
        text = kept;
    }
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    if (text.find('\0') != std::string_view::npos) throw Malformed{"XML"};
    if (is_utf8(text)) return text;
    const auto heading = text.starts_with("<?xml") ? lower(text.substr(0, text.find("?>"))) : std::string();
    if (heading.find("iso-8859-1") == std::string::npos && heading.find("latin1") == std::string::npos &&
        heading.find("windows-1252") == std::string::npos)
        throw Malformed{"XML"};
    std::string out;
    for (const char c : text) append_utf8(out, static_cast<unsigned char>(c));
    kept = std::move(out);
    return kept;
}

// Characters by number that there are not would come out as no UTF-8, or end their text.
void check_numbers(std::string_view text) {
    for (auto at = text.find("&#"); at != std::string_view::npos; at = text.find("&#", at)) {
        at += 2;
        const bool by_sixteen = at < text.size() && text[at] == 'x';
        if (by_sixteen) ++at;
        std::uint32_t code = 0;
        const auto read =
            std::from_chars(text.data() + at, text.data() + text.size(), code, by_sixteen ? 16 : 10);
        if (read.ec == std::errc::invalid_argument) continue;  // stays text
        if (read.ec != std::errc() || code == 0 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
            throw Malformed{"XML"};
    }
}

// pugixml builds without a stack, but whoever walks the tree may not: depth is counted on the text, where
// "<x" opens, "</x" closes and "/>" closes at once. Comments, CDATA and quotes are passed over.
void check_depth(std::string_view text) {
    Cost cost("XML");
    int depth = 0;
    std::size_t at = 0;
    const auto skip_to = [&](std::string_view end) {
        const auto found = text.find(end, at);
        if (found == std::string_view::npos) throw Malformed{"XML"};
        at = found + end.size();
    };
    while ((at = text.find('<', at)) != std::string_view::npos) {
        const auto rest = text.substr(at);
        if (rest.starts_with("<!--")) {
            at += 4;
            skip_to("-->");
        } else if (rest.starts_with("<![CDATA[")) {
            cost.value();
            skip_to("]]>");
        } else if (rest.starts_with("<!")) {
            throw Malformed{"XML"};  // a document type
        } else if (rest.starts_with("<?")) {
            skip_to("?>");
        } else if (rest.starts_with("</")) {
            if (--depth < 0) throw Malformed{"XML"};
            skip_to(">");
        } else {
            char quote = 0;
            char last = 0;
            for (++at; at < text.size(); ++at) {
                const char c = text[at];
                if (quote != 0) {
                    if (c == quote) quote = 0;
                } else if (c == '"' || c == '\'') {
                    quote = c;
                } else if (c == '=') {
                    cost.value();  // an attribute
                } else if (c == '>') {
                    break;
                }
                last = c;
            }
            if (at >= text.size()) throw Malformed{"XML"};
            cost.value();
            if (last != '/') ++depth;
            if (depth > depth_max) throw Malformed{"XML"};
        }
    }
    if (depth != 0) throw Malformed{"XML"};
}

void add_leaves(pugi::xml_node node, const std::string& prefix, Cost& cost,
                std::vector<std::pair<std::string, std::string>>& out) {
    std::map<std::string, int, std::less<>> seen;
    for (const auto below : children(node)) {
        const auto name = std::string(local_name(below));
        const int number = ++seen[name];
        auto path = prefix + name + (number > 1 ? "[" + std::to_string(number) + "]" : "");
        cost.bytes(path.size());
        if (children(below).empty()) {
            out.emplace_back(std::move(path), std::string(trimmed(below.text().get())));
            cost.bytes(out.back().second.size());
        } else {
            add_leaves(below, path + "/", cost, out);
        }
    }
}

}  // namespace

Xml::Xml(std::string_view text) {
    if (text.size() > text_size_max) throw Malformed{"XML"};
    std::string kept;
    text = as_utf8(text, kept);
    check_numbers(text);
    check_depth(text);
    const auto result = document_.load_buffer(text.data(), text.size(),
                                              pugi::parse_minimal | pugi::parse_cdata | pugi::parse_escapes |
                                                  pugi::parse_eol | pugi::parse_wconv_attribute,
                                              pugi::encoding_utf8);
    if (result.status == pugi::status_out_of_memory) throw std::bad_alloc();
    if (!result || !document_.document_element()) throw Malformed{"XML"};
}

std::string_view local_name(pugi::xml_node node) {
    const std::string_view name(node.name());
    const auto colon = name.find(':');
    return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

pugi::xml_node child(pugi::xml_node node, std::string_view name) {
    for (const auto below : node.children())
        if (below.type() == pugi::node_element && local_name(below) == name) return below;
    return {};
}

std::vector<pugi::xml_node> children(pugi::xml_node node, std::string_view name) {
    std::vector<pugi::xml_node> found;
    for (const auto below : node.children())
        if (below.type() == pugi::node_element && (name.empty() || local_name(below) == name))
            found.push_back(below);
    return found;
}

std::string text_at(pugi::xml_node node, std::string_view path) {
    while (!path.empty() && node) {
        const auto slash = path.find('/');
        node = child(node, path.substr(0, slash));
        path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
    }
    return std::string(trimmed(node.text().get()));
}

std::vector<std::pair<std::string, std::string>> leaves(pugi::xml_node node) {
    std::vector<std::pair<std::string, std::string>> out;
    Cost cost("XML", leaves_max);
    add_leaves(node, "", cost, out);
    return out;
}

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

}  // namespace coffre::model
