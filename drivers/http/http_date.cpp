#include "drivers/http/http_date.hpp"

namespace coffre::http {

std::optional<Timestamp> parse_http_date(std::string_view text) {
    constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
    constexpr std::size_t length = 29;  // of "Sun, 06 Nov 1994 08:49:37 GMT"
    if (text.size() != length || text.substr(25) != " GMT" || text.substr(3, 2) != ", ") return std::nullopt;
    const auto month = months.find(text.substr(8, 3));
    if (month == std::string_view::npos || month % 3 != 0) return std::nullopt;
    std::string number = std::to_string(month / 3 + 1);
    if (number.size() == 1) number.insert(0, 1, '0');
    std::string iso;
    iso.append(text.substr(12, 4)).append("-").append(number).append("-").append(text.substr(5, 2));
    iso.append("T").append(text.substr(17, 8)).append("Z");
    return parse_rfc3339(iso);
}

}  // namespace coffre::http
