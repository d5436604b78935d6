#pragma once
// Plain byte sequences and the little-endian wire helpers that every format of ours is written with.
//
// Nothing here owns a resource beyond ordinary memory and nothing is thread-aware. Secrets do not
// travel in these types: see store/crypto/secret.hpp.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace coffre {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

inline ByteView as_bytes(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

inline std::string_view as_text(ByteView bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Lower-case hexadecimal. from_hex is its inverse and refuses odd lengths, upper case and strangers.
std::string to_hex(ByteView bytes);
std::optional<Bytes> from_hex(std::string_view text);
// The same into `out`, which is half as long as `text`; false, and `out` anything, where it refuses.
bool from_hex(std::string_view text, std::span<std::uint8_t> out);

// Standard base64 with padding (RFC 4648 section 4).
std::string to_base64(ByteView bytes);

// `more` does not lie in `out`.
inline void append(Bytes& out, ByteView more) {
    const std::size_t at = out.size();
    out.resize(at + more.size());
    if (!more.empty()) std::memcpy(out.data() + at, more.data(), more.size());
}

void append_u32(Bytes& out, std::uint32_t value);  // little endian
void append_u64(Bytes& out, std::uint64_t value);  // little endian

// Unsigned LEB128: seven bits a byte, least significant first, high bit set on all but the last.
void append_varint(Bytes& out, std::uint64_t value);

std::uint32_t load_u32(const std::uint8_t* from);
std::uint64_t load_u64(const std::uint8_t* from);

// Reads a byte sequence front to back. Each read that would pass the end, and each over-long varint,
// throws Error{Errc::damaged, Msg::malformed, what}: `what` names the structure being read.
class ByteReader {
public:
    ByteReader(ByteView bytes, std::string_view what) : rest_(bytes), what_(what) {}

    std::uint8_t u8();
    std::uint32_t u32();
    std::uint64_t u64();
    std::uint64_t varint();
    ByteView take(std::uint64_t count);

    [[nodiscard]] std::size_t remaining() const { return rest_.size(); }
    [[nodiscard]] bool empty() const { return rest_.empty(); }
    [[nodiscard]] ByteView rest() const { return rest_; }

    // Throws the same Error: for values that are out of range rather than cut short.
    [[noreturn]] void fail() const;

private:
    ByteView rest_;
    std::string what_;
};

}  // namespace coffre
