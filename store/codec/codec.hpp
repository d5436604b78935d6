#pragma once
// Compression, by zstd (RFC 8878). Functions are pure and thread-safe; a FrameDecoder is one thread's.

#include <cstdint>
#include <memory>

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

// Decodes a frame as far as is asked for, and goes on from there when more is. What it holds: frame and base,
// and room for the whole (which takes memory as it is filled).
class FrameDecoder {
public:
    // Error{damaged, malformed, what} unless the frame states `plain_size`. `base` may be empty.
    FrameDecoder(Bytes frame, Bytes base, std::uint64_t plain_size, std::string what);
    ~FrameDecoder();
    FrameDecoder(const FrameDecoder&) = delete;
    FrameDecoder& operator=(const FrameDecoder&) = delete;

    // The first `count` bytes, at most plain_size; valid as long as this is. Error{damaged} as above.
    ByteView first(std::uint64_t count);
    [[nodiscard]] std::size_t held_bytes() const { return held_bytes_; }

private:
    struct Context;

    Bytes frame_;
    Bytes base_;
    std::uint64_t plain_size_;
    std::size_t held_bytes_;
    std::string what_;
    std::unique_ptr<std::uint8_t[]> plain_;
    std::size_t read_ = 0;              // of frame_
    std::size_t done_ = 0;              // of plain_
    std::unique_ptr<Context> context_;  // none once all is decoded
};

}  // namespace coffre::codec
