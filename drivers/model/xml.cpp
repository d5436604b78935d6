#include <map>

#include "drivers/model/formats.hpp"

namespace coffre::model {

namespace {

// pugixml builds without a stack, but whoever walks the tree may not: depth is counted on the text, where
// "<x" opens, "</x" closes and "/>" closes at once. Comments, CDATA and quotes are passed over.
void check_depth(std::string_view text) {
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
            skip_to("]]>");
        } else if (rest.starts_with("<!")) {
            throw Malformed{"XML"};  // a document type
        } else if (rest.starts_with("<?")) {
            skip_to("?>");
        } else if (rest.starts_with("</")) {
            --depth;
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
                } else if (c == '>') {
                    break;
                }
                last = c;
            }
            if (at >= text.size()) throw Malformed{"XML"};
            if (last != '/') ++depth;
            if (depth > depth_max) throw Malformed{"XML"};
        }
    }
    if (depth != 0) throw Malformed{"XML"};
}

void add_leaves(pugi::xml_node node, const std::string& prefix,
                std::vector<std::pair<std::string, std::string>>& out) {
    std::map<std::string, int, std::less<>> seen;
    for (const auto below : children(node)) {
        const auto name = std::string(local_name(below));
        const int number = ++seen[name];
        const auto path = prefix + name + (number > 1 ? "[" + std::to_string(number) + "]" : "");
        if (children(below).empty())
            out.emplace_back(path, std::string(trimmed(below.text().get())));
        else
            add_leaves(below, path + "/", out);
    }
}

}  // namespace

Xml::Xml(std::string_view text) {
    if (text.size() > text_size_max) throw Malformed{"XML"};
    check_depth(text);
    const auto result = document_.load_buffer(text.data(), text.size(),
                                              pugi::parse_minimal | pugi::parse_cdata | pugi::parse_escapes |
                                                  pugi::parse_eol | pugi::parse_wconv_attribute);
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
    add_leaves(node, "", out);
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
