#pragma once
// Identifiers are types, never strings: a pack name cannot be passed where an object id is wanted.
// Each is a fixed number of bytes, ordered bytewise, printed as lower-case hexadecimal.

#include <array>
#include <compare>
#include <cstring>
#include <functional>
#include <optional>

#include "base/bytes.hpp"

namespace coffre {

template <std::size_t N, class Tag>
struct FixedBytes {
    static constexpr std::size_t size = N;
    std::array<std::uint8_t, N> bytes{};

    friend auto operator<=>(const FixedBytes&, const FixedBytes&) = default;

    [[nodiscard]] ByteView view() const { return {bytes.data(), N}; }
    [[nodiscard]] std::string hex() const { return to_hex(view()); }

    // The inverse of hex(); empty when the text is not exactly 2 N lower-case hexadecimal digits.
    static std::optional<FixedBytes> parse(std::string_view text) {
        FixedBytes id;
        if (!from_hex(text, id.bytes)) return std::nullopt;
        return id;
    }

    // `raw` must hold at least N bytes; the first N are taken.
    static FixedBytes from(ByteView raw) {
        FixedBytes id;
        std::memcpy(id.bytes.data(), raw.data(), N);
        return id;
    }
};

struct FixedBytesHash {
    template <std::size_t N, class Tag>
    std::size_t operator()(const FixedBytes<N, Tag>& id) const {
        std::size_t value = 0;
        std::memcpy(&value, id.bytes.data(), sizeof value);
        return value;
    }
};

using Sha256Digest = FixedBytes<32, struct Sha256DigestTag>;  // of the bytes of a stored file: its name
using RepositoryId = FixedBytes<32, struct RepositoryIdTag>;  // SHA-256 of the genesis batch
using BatchId = FixedBytes<32, struct BatchIdTag>;            // SHA-256 of a batch's signed bytes
using ActorId = FixedBytes<32, struct ActorIdTag>;            // Ed25519 public key
using SlotId = FixedBytes<16, struct SlotIdTag>;              // random
using ObjectId = FixedBytes<20, struct ObjectIdTag>;          // git's SHA-1: a label, never integrity
using Fingerprint = FixedBytes<16, struct FingerprintTag>;    // keyed BLAKE2b of type and content

}  // namespace coffre
