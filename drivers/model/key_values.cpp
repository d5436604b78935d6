#include <algorithm>

#include "drivers/model/formats.hpp"

namespace coffre::model {

std::vector<std::pair<std::string, std::string>> parse_key_values(std::string_view text) {
    if (text.size() > text_size_max) throw Malformed{"name=value"};
    std::vector<std::pair<std::string, std::string>> out;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        auto line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.ends_with('\r')) line.remove_suffix(1);
        const auto first = line.find_first_not_of(" \t");
        if (first == std::string_view::npos || line[first] == '#' || line[first] == ';') continue;
        const auto sign = line.find('=');
        if (sign == std::string_view::npos) throw Malformed{"name=value"};
        if (out.size() == values_max) throw Malformed{"name=value"};
        out.emplace_back(std::string(trimmed(line.substr(0, sign))), std::string(line.substr(sign + 1)));
    }
    return out;
}

}  // namespace coffre::model
