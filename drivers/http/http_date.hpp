#pragma once
// Dates of HTTP headers in the form that every server must write today: "Sun, 06 Nov 1994 08:49:37 GMT"
// (RFC 9110 section 5.6.7, IMF-fixdate).

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace coffre::http {

std::optional<Timestamp> parse_http_date(std::string_view text);  // empty when it is not one

}  // namespace coffre::http
