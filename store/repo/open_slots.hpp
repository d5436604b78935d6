#pragma once
// From what a person has to the site's secrets: finds the slot that a key file, an identity or a passphrase
// opens.

#include <functional>
#include <optional>
#include <string>

#include "base/blob_store.hpp"
#include "base/message.hpp"
#include "store/crypto/slot.hpp"

namespace coffre::repo {

inline constexpr std::uint64_t slot_file_max = 64 << 10;  // bytes

// A person's identity. Opening it is slow, so that is asked for only where a slot is for its recipient.
struct IdentityCredential {
    crypto::RecipientPublic recipient;
    std::function<const crypto::Identity&()> open;  // Error{no_key} where its passphrase is not at hand
    // False: where there is no slot for it, or it does not open, the passphrase is tried.
    bool required = true;
    Message unlisted{}, hint{};  // what is said where no slot is for it
};

struct Credentials {
    std::string key_file_path;                   // for messages
    std::optional<std::string> key_file;         // its text
    std::optional<IdentityCredential> identity;  // counts where there is no key file
    std::function<std::string()> passphrase;     // asked at most once; null: there is none
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
