#pragma once
// The names that files of a repository bear, wherever it lies.

#include <optional>
#include <string>

#include "base/ids.hpp"

namespace coffre::repo {

// What files of that folder end with (".pack"); "" for a folder that holds none of a repository's files.
std::string_view suffix_of(std::string_view folder);

// "packs/<64 hex>.pack": the hash. Empty for any other name, coffre.json too.
std::optional<Sha256Digest> digest_in(std::string_view name);

// Such a name, or coffre.json.
bool is_repository_file(std::string_view name);

// "packs" of "packs/….pack"; "" of coffre.json.
std::string_view folder_of(std::string_view name);

}  // namespace coffre::repo
