#pragma once
// BLAKE2b (RFC 7693) of many messages beside one another: each gets what keyed_hash() would give it, eight at
// a time in the lanes of the processor's vectors (AVX2 or wider; elsewhere by libsodium), in down to a
// quarter of the time. The hashing of pieces was a quarter of a large capture. Thread-safe.

#include <vector>

#include "store/crypto/primitives.hpp"

namespace coffre::crypto {

// The keyed hash of each message, in their order, each `size` bytes of it (1 to 64).
std::vector<Bytes> keyed_hashes(const Key& key, const std::vector<ByteView>& messages, std::size_t size);

}  // namespace coffre::crypto
