#include "base/bytes.hpp"

#include <algorithm>
#include <array>

#include "base/error.hpp"

namespace coffre {

namespace {

template <class Number>
void append_little_endian(Bytes& out, Number value) {
    for (std::size_t i = 0; i < sizeof value; ++i) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

template <class Number>
Number load_little_endian(const std::uint8_t* from) {
    Number value = 0;
    for (std::size_t i = sizeof value; i-- > 0;) value = static_cast<Number>((value << 8) | from[i]);
    return value;
}

}  // namespace

std::string to_hex(ByteView bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const std::uint8_t byte : bytes) {
        text.push_back(digits[byte >> 4]);
        text.push_back(digits[byte & 15]);
    }
    return text;
}

std::optional<Bytes> from_hex(std::string_view text) {
    Bytes bytes(text.size() / 2);
    if (!from_hex(text, bytes)) return std::nullopt;
    return bytes;
}

bool from_hex(std::string_view text, std::span<std::uint8_t> out) {
    static constexpr auto values = [] {
        std::array<std::uint8_t, 256> table{};
        table.fill(0xff);
        for (std::uint8_t i = 0; i < 16; ++i) table[static_cast<std::uint8_t>("0123456789abcdef"[i])] = i;
        return table;
    }();
    if (text.size() != 2 * out.size()) return false;
    std::uint8_t strange = 0;
    for (std::size_t i = 0; i < out.size(); ++i) {
        const auto high = values[static_cast<std::uint8_t>(text[2 * i])];
        const auto low = values[static_cast<std::uint8_t>(text[2 * i + 1])];
        out[i] = static_cast<std::uint8_t>(high << 4 | low);
        strange = static_cast<std::uint8_t>(strange | high | low);
    }
    return strange < 0x10;
}

std::string to_base64(ByteView bytes) {
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::size_t here = std::min<std::size_t>(3, bytes.size() - i);
        std::uint32_t group = 0;
        for (std::size_t j = 0; j < 3; ++j) group = (group << 8) | (j < here ? bytes[i + j] : 0U);
        for (std::size_t j = 0; j < 4; ++j) {
            text.push_back(j <= here ? digits[(group >> (18 - 6 * j)) & 63U] : '=');
        }
    }
    return text;
}

void append_u32(Bytes& out, std::uint32_t value) { append_little_endian(out, value); }
void append_u64(Bytes& out, std::uint64_t value) { append_little_endian(out, value); }

void append_varint(Bytes& out, std::uint64_t value) {
    while (value >= 0x80) {
        out.push_back(static_cast<std::uint8_t>(value | 0x80));
        value >>= 7;
    }
    out.push_back(static_cast<std::uint8_t>(value));
}

std::uint32_t load_u32(const std::uint8_t* from) { return load_little_endian<std::uint32_t>(from); }
std::uint64_t load_u64(const std::uint8_t* from) { return load_little_endian<std::uint64_t>(from); }

std::uint8_t ByteReader::u8() { return take(1)[0]; }
std::uint32_t ByteReader::u32() { return load_u32(take(4).data()); }
std::uint64_t ByteReader::u64() { return load_u64(take(8).data()); }

std::uint64_t ByteReader::varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        const std::uint8_t byte = u8();
        // One number has one encoding: the tenth byte holds a single bit, and no last byte is empty.
        if (shift == 63 && byte > 1) fail();
        if (shift > 0 && byte == 0) fail();
        value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
        if (byte < 0x80) return value;
    }
    fail();
}

ByteView ByteReader::take(std::uint64_t count) {
    if (count > rest_.size()) fail();
    const ByteView taken = rest_.first(static_cast<std::size_t>(count));
    rest_ = rest_.subspan(static_cast<std::size_t>(count));
    return taken;
}

void ByteReader::fail() const { throw Error(Errc::damaged, say<Msg::malformed>(what_)); }

}  // namespace coffre
