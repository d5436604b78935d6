#pragma once
// Key slots: immutable files, each holding the site's secrets under one way in (docs/format.md, "Key slots").
//
//   0  8 magic "COFSLOT1"   8  1 type   9  1 capability   10  1 suite   11  1 zero   12  4 epoch
//  16 16 slot id   32 16 KDF salt   48  8 KDF memory in bytes   56  8 KDF passes   64 32 repository id
//  96 32 commitment to the slot's key    128 … secrets, AES-256-GCM with nonce 0 and AAD = all bytes before
// Of type recipient, the secrets begin at 160; 128 32 is an ephemeral X25519 public key.
//
// A slot is named by the SHA-256 of its bytes, so damage is told from a wrong passphrase before any
// derivation.

#include <optional>
#include <string>

#include "store/crypto/identity.hpp"
#include "store/crypto/key_ring.hpp"
#include "store/crypto/recovery.hpp"

namespace coffre::crypto {

enum class SlotType : std::uint8_t { passphrase = 1, key_file = 2, recovery_words = 3, recipient = 4 };

// What the secrets inside allow; each includes the ones before it.
enum class Capability : std::uint8_t { write = 1, audit = 2, read = 3 };

std::string_view slot_type_name(SlotType type);  // "passphrase", "key-file"…

struct SlotHeader {
    SlotType type = SlotType::passphrase;
    Capability capability = Capability::read;
    std::uint32_t epoch = 1;
    SlotId id;
    std::array<std::uint8_t, 16> salt{};
    PassphraseCost cost;  // zero for types that derive nothing
    RepositoryId repository;
};

// Bounds of what is accepted when read: a hostile slot cannot ask for all the memory or for hours.
constexpr std::uint64_t kdf_memory_min = 64ull << 20;
constexpr std::uint64_t kdf_memory_max = 2ull << 30;
constexpr std::uint64_t kdf_passes_max = 16;
bool in_bounds(const PassphraseCost& cost);

// Error{damaged} when it is not a slot or its parameters are out of bounds; `what` names the file.
SlotHeader parse_slot(ByteView file, std::string_view what);

// The file of a new slot that holds all secrets of `ring`.
Bytes make_passphrase_slot(const KeyRing& ring, Hedge& hedge, std::string_view passphrase,
                           const PassphraseCost& cost);

// A key file's text (one line), and the slot that it opens.
struct KeyFileSlot {
    Bytes slot;
    std::string key_file;  // secret: wiped by the caller once written
};
KeyFileSlot make_key_file_slot(const KeyRing& ring, Hedge& hedge);

// A parsed key file.
struct KeyFile {
    SlotId slot;
    Key secret;
};
// "coffre-key-1 SLOT SECRET CHECK": Error{no_key} when it is anything else, or its check does not fit.
KeyFile parse_key_file(std::string_view text, std::string_view what);

// A slot and the 24 words that open it, one space between.
struct RecoveryWordsSlot {
    Bytes slot;
    std::string words;  // secret: wiped by the caller once shown
};
RecoveryWordsSlot make_recovery_words_slot(const KeyRing& ring, Hedge& hedge);

// Opens with the secret half of `recipient`. Error{usage} for a public key that secrets must not be sealed
// to.
Bytes make_recipient_slot(const KeyRing& ring, Hedge& hedge, const RecipientPublic& recipient);
// Its id there: who knows the public key finds the slot, and nobody else sees whose it is.
SlotId recipient_slot_id(const RecipientPublic& recipient, const RepositoryId& repository);

// Empty when the key is not this slot's (wrong passphrase). Error{damaged} when it is and the rest does not
// fit.
std::optional<KeyRing> open_slot(ByteView file, std::string_view passphrase, std::string_view what);
std::optional<KeyRing> open_slot(ByteView file, const KeyFile& key_file, std::string_view what);
std::optional<KeyRing> open_slot(ByteView file, const RecoverySecret& secret, std::string_view what);
std::optional<KeyRing> open_slot(ByteView file, const Identity& identity, std::string_view what);

}  // namespace coffre::crypto
