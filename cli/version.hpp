#pragma once
// The version of this build, from the top CMakeLists.txt.

#include <string_view>

namespace coffre::cli {

inline constexpr std::string_view version = COFFRE_VERSION;

}  // namespace coffre::cli
