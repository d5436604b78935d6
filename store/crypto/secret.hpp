#pragma once
// Secrets at rest in memory. Two shapes:
//   Secret<Tag>  32 bytes in guarded pages (libsodium: locked where the system lets it, never in a core dump,
//                wiped when freed). Long-lived: the site's secrets. One type per capability, so that a
//                function that needs the content secret cannot be called by one who holds only the site key.
//   Key          32 bytes on the stack, wiped when it goes: derived per file, lives for one call.
// Neither prints, compares or copies. Not thread-safe while written; reading is.

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "base/bytes.hpp"
#include "base/ids.hpp"

namespace coffre::crypto {

// Zeroes memory in a way that no optimiser removes.
void wipe(std::span<std::uint8_t> memory) noexcept;

class Key {
public:
    static constexpr std::size_t size = 32;

    Key() = default;
    Key(const Key&) = delete;
    Key& operator=(const Key&) = delete;
    Key(Key&& other) noexcept : bytes_(other.bytes_) { wipe(other.bytes_); }
    Key& operator=(Key&& other) noexcept;
    ~Key() { wipe(bytes_); }

    [[nodiscard]] ByteView view() const { return bytes_; }
    [[nodiscard]] std::span<std::uint8_t> writable() { return bytes_; }

private:
    std::array<std::uint8_t, size> bytes_{};
};

namespace detail {
struct GuardedFree {
    void operator()(std::uint8_t* memory) const noexcept;
};
using GuardedBytes = std::unique_ptr<std::uint8_t[], GuardedFree>;
GuardedBytes guarded_bytes(std::size_t size);  // throws std::bad_alloc
}  // namespace detail

template <class Tag>
class Secret {
public:
    static constexpr std::size_t size = 32;

    Secret() : bytes_(detail::guarded_bytes(size)) {}
    // Takes a copy of 32 bytes; the caller wipes its own.
    explicit Secret(ByteView raw) : Secret() { std::memcpy(bytes_.get(), raw.data(), size); }

    [[nodiscard]] ByteView view() const { return {bytes_.get(), size}; }
    [[nodiscard]] std::span<std::uint8_t> writable() { return {bytes_.get(), size}; }
    [[nodiscard]] Secret clone() const { return Secret(view()); }

private:
    detail::GuardedBytes bytes_;
};

using SiteKey = Secret<struct SiteKeyTag>;              // in every slot: journal, tables, fingerprints
using AccessSecret = Secret<struct AccessSecretTag>;    // X25519: equipment credentials
using MetaSecret = Secret<struct MetaSecretTag>;        // X25519: commits and trees
using ContentSecret = Secret<struct ContentSecretTag>;  // X25519: blobs
using AdmissionSeed = Secret<struct AdmissionSeedTag>;  // Ed25519 seed: may admit a new machine

// X25519 public halves. They are written in the journal, for writers who hold no secret half.
using AccessPublic = FixedBytes<32, AccessSecretTag>;
using MetaPublic = FixedBytes<32, MetaSecretTag>;
using ContentPublic = FixedBytes<32, ContentSecretTag>;

}  // namespace coffre::crypto
