#pragma once
// From what a person has to the site's secrets: finds the slot that a key file or a passphrase opens.

#include <functional>
#include <optional>
#include <string>

#include "base/blob_store.hpp"
#include "store/crypto/slot.hpp"

namespace coffre::repo {

inline constexpr std::uint64_t slot_file_max = 64 << 10;  // bytes

struct Credentials {
    std::string key_file_path;                // for messages
    std::optional<std::string> key_file;      // its text
    std::function<std::string()> passphrase;  // asked at most once; null: there is none
};

struct OpenedSlot {
    crypto::SlotHeader header;
    Sha256Digest file;  // its name
    crypto::KeyRing ring;
};

// The first slot of keys/ that the credentials open. Error{no_key} where none does, Error{damaged} where a
// slot that may have been the one is damaged, or of another repository than `repository`.
OpenedSlot open_slots(BlobStore& store, const RepositoryId& repository, const Credentials& credentials);

}  // namespace coffre::repo
