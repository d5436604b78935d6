#pragma once
// Compression, by zstd (RFC 8878). Pure functions, thread-safe.

#include <cstdint>

#include "base/bytes.hpp"

namespace coffre::codec {

constexpr int capture_level = 3;

// One frame with its content size and no checksum: the seal around it is the checksum.
Bytes compress(ByteView plain, int level = capture_level);

// The same, against a base that the reader will have too: what both share costs next to nothing, wherever in
// the base it lies. `base` and `plain` do not overlap.
Bytes compress_delta(ByteView base, ByteView plain, int level = capture_level);
Bytes decompress_delta(ByteView base, ByteView frame, std::uint64_t plain_size, std::string_view what);

// Exactly `plain_size` bytes, or Error{damaged, malformed, what}: no more memory than that is ever used for
// the result, whatever the frame claims.
Bytes decompress(ByteView frame, std::uint64_t plain_size, std::string_view what);

}  // namespace coffre::codec
