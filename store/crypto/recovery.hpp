#pragma once
// Recovery words: 253 bits of a secret as 23 words of a list and a 24th that checks them, to be kept on paper
// and typed in again (docs/format.md, "Key slots"). The list is recovery_words.def. Thread-safe.

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "store/crypto/primitives.hpp"

namespace coffre::crypto {

constexpr std::size_t recovery_word_count = 24;
constexpr std::size_t recovery_list_size = 2048;

// The list in its order: a word's place is its 11 bits.
std::span<const std::string_view, recovery_list_size> recovery_word_list();

// What the words stand for: 32 bytes, the last 3 bits zero. A type of its own: no key and no key file's
// secret is taken for it.
struct RecoverySecret {
    Key value;
};

// The first 253 bits of `drawn`.
RecoverySecret recovery_secret(Key drawn);

// The 24 words, one space between. Secret: wiped by the caller.
std::string recovery_words(const RecoverySecret& secret);

// What a person typed: any case, accents or none, words whole or cut behind the fourth letter or later, and
// anything between them that is no letter (spaces, line ends, commas, numbers).
// Empty when these are no recovery words at all, so may be a passphrase: not 20 to 28 words, or fewer than 20
// of the list. Error{no_key}, which repeats nothing of what was typed, when they are and not the right ones:
// not 24, one that is not in the list, or a last word that does not fit the others.
std::optional<RecoverySecret> parse_recovery_words(std::string_view typed);

}  // namespace coffre::crypto
