#pragma once
// A person's identity: one file under a passphrase, with a key that signs and one that site secrets are
// sealed to. It opens every site that admitted it, with one derivation (docs/format.md, "Identities").
//
//   0  8 magic "COFIDEN1"   8  1 suite   9  7 zero   16 16 KDF salt   32 8 KDF memory in bytes   40 8 passes
//  48  2 size of the card  50 6 zero    56 … card, in clear    … 32 commitment to the file's key
//   … 80 seed of the signing key ‖ X25519 secret, AES-256-GCM with nonce 0 and AAD = all bytes before
//   … 32 SHA-256 of all bytes before: damage is told from a wrong passphrase before any derivation
//
// The file never changes: another passphrase makes another file.

#include <optional>
#include <string>

#include "store/crypto/key_ring.hpp"

namespace coffre::crypto {

// X25519: what site secrets are sealed to.
using RecipientPublic = FixedBytes<32, struct RecipientTag>;
using RecipientSecret = Secret<RecipientTag>;

// The public part, signed by its own key, as one line of text:
// "coffre-card-1 KEY RECIPIENT SIGNATURE MAIL NAME", MAIL "-" where there is none.
struct Card {
    std::string name;  // 1 to 128 bytes of UTF-8 in one line, no space in front or behind
    std::string mail;  // at most 128 bytes, no space; "" where none is known
    ActorId key;       // Ed25519
    RecipientPublic recipient;
    Signature signature;

    [[nodiscard]] std::string text() const;
    friend bool operator==(const Card&, const Card&) = default;
};

// Error{usage} when it is no card, or its signature does not fit, or its recipient is a point that secrets
// must not be sealed to; `what` is for the message. Spaces and line ends around it are passed over.
Card parse_card(std::string_view text, std::string_view what);

// May a card bear them? Both as Card says.
bool is_card_name(std::string_view name);
bool is_card_mail(std::string_view mail);

struct Identity {
    Card card;
    SigningKey signing;
    RecipientSecret secret;
};

constexpr std::uint64_t identity_file_max = 4096;  // bytes

// Draws both keys. Error{usage} for a name or a mail that no card can bear.
Identity make_identity(Environment environment, const std::string& name, const std::string& mail);
// The file of it, under a passphrase.
Bytes lock_identity(const Identity& identity, Environment environment, std::string_view passphrase,
                    const PassphraseCost& cost);

// What an identity's file says without its passphrase. Error{damaged} when it is none, or was changed.
Card identity_card(ByteView file, std::string_view what);
// Empty: the passphrase is another one. Error{damaged} as above.
std::optional<Identity> open_identity(ByteView file, std::string_view passphrase, std::string_view what);

}  // namespace coffre::crypto
