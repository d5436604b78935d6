#pragma once
// File names as git trees may hold them. Git refuses some names (".git" in all its disguises) and knows no
// empty folders; both are kept under a reserved form, "%=" and percent-encoding, and come back exactly.
//
// Pure functions, thread-safe. encode_name and decode_name are inverses for every name a Linux folder can
// hold.

#include <optional>
#include <string>
#include <string_view>

namespace coffre::odb {

// The entry that stands for "this folder is empty".
inline constexpr std::string_view empty_folder_name = "%=";

std::string encode_name(std::string_view name);

// Empty when it is no name that encode_name writes: such a tree was not made by coffre.
std::optional<std::string> decode_name(std::string_view stored);

}  // namespace coffre::odb
