#pragma once
// A little room that every repository keeps: on a full disk gc gives it back, since to say what goes,
// something must be written.

#include "base/blob_store.hpp"

namespace coffre::repo {

inline const std::string reserve_name = "reserve";

// Puts it there where it is not. A disk without room for it is no error.
void keep_reserve(BlobStore& store, Random& random);

}  // namespace coffre::repo
