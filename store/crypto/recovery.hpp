#pragma once
// Recovery words: a secret that a person writes on paper and types in again (docs/format.md, "Recovery
// words"). 24 of the 2048 words of recovery_words.inc: 23 carry 253 bits, 11 each, the most significant
// first; the last one is a checksum, the first 11 bits of SHA-256("coffre/1/recovery-words" ‖ secret).
//
// Pure functions, thread-safe.

#include <optional>
#include <string>
#include <string_view>

#include "store/crypto/secret.hpp"

namespace coffre::crypto {

constexpr std::size_t recovery_word_count = 24;

// A type of its own, so that it is not taken for another 32 bytes. Its last 3 bits are zero.
struct RecoverySecret {
    Key value;
};

// Cut to 253 bits.
RecoverySecret recovery_secret(Key random);

// The 24 words, one space between. Secret: wiped by the caller.
std::string recovery_words(const RecoverySecret& secret);

// What a person typed: any case, with or without accents, words in full or cut to four letters or more,
// numbers, commas and line ends between them. Empty when it does not look like recovery words at all: then it
// is a passphrase. Error{no_key} when it does and is not right: it names the position of a word that is not
// in the list, never the word.
std::optional<RecoverySecret> parse_recovery_words(std::string_view typed);

// The list, for its own test.
std::string_view recovery_word(std::size_t number);
constexpr std::size_t recovery_list_size = 2048;

}  // namespace coffre::crypto
