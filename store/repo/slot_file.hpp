#pragma once
// Key slots as files of a repository.

#include <string>

#include "base/blob_store.hpp"
#include "store/crypto/slot.hpp"
#include "store/journal/state.hpp"

namespace coffre::repo {

std::string slot_blob_name(const Sha256Digest& file);  // "keys/<hex>.slot"

// Stores it under its name, durably.
Sha256Digest put_slot(BlobStore& store, ByteView slot);

// What the journal says of it.
journal::Slot slot_of(ByteView file, const Sha256Digest& name, Timestamp created);

}  // namespace coffre::repo
