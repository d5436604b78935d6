#pragma once
// What can be told of contents that nobody reads: of which sort they are, and how random they look. Pure.

#include <string>
#include <string_view>

namespace coffre::drivers {

// A word that is never translated: "zip", "gzip", "pdf", "png", "sqlite", "xml", "json", "text"…;
// "encrypted or compressed" for what has no mark of its own and looks random; "data" for any other.
std::string content_sort(std::string_view content);

// Shannon entropy in bits per byte, 0 to 8; 0 for nothing.
double entropy(std::string_view content);

// "zip, 7.9 bits/byte".
std::string describe(std::string_view content);

}  // namespace coffre::drivers
