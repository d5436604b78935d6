#pragma once
// The primitives, each one call: SHA-256 and AES-256-GCM (NIST SP 800-38D) from OpenSSL; HKDF-SHA-256
// (RFC 5869), BLAKE2b (RFC 7693), X25519 (RFC 7748), Ed25519 (RFC 8032) and Argon2id (RFC 9106) from
// libsodium. A failing library throws Error{failed, crypto_failed}. Thread-safe unless said otherwise.

#include <initializer_list>
#include <memory>
#include <string_view>

#include "base/ids.hpp"
#include "base/random.hpp"
#include "store/crypto/secret.hpp"

namespace coffre::crypto {

// Called once before anything else here. Throws where the libraries do not start.
void start();

template <class Digest>
class Hash {
public:
    Hash();
    ~Hash();
    Hash(Hash&&) noexcept;
    Hash& operator=(Hash&&) noexcept;
    void update(ByteView bytes);
    Digest finish();  // once

private:
    struct State;
    std::unique_ptr<State> state_;
};

using Sha256 = Hash<Sha256Digest>;
using Sha1 = Hash<ObjectId>;  // for git's ids only: a label, never integrity

Sha256Digest sha256(ByteView bytes);
Sha256Digest sha256(std::initializer_list<ByteView> parts);

// `info` is the concatenation of its parts.
Key hkdf(ByteView ikm, ByteView salt, std::initializer_list<ByteView> info);

// BLAKE2b of the bytes, keyed; `out` bytes of it (at most 64).
void keyed_hash(const Key& key, ByteView bytes, std::span<std::uint8_t> out);

// BLAKE2b-128 of the parts, keyed.
Fingerprint keyed_fingerprint(const Key& key, std::initializer_list<ByteView> parts);

bool equal_in_constant_time(ByteView a, ByteView b);

// One key, many nonces. Not thread-safe. Whoever calls seal() answers for never using a nonce twice.
class Aead {
public:
    static constexpr std::size_t tag_size = 16;
    static constexpr std::size_t nonce_size = 12;
    using Nonce = std::array<std::uint8_t, nonce_size>;

    explicit Aead(const Key& key);
    ~Aead();
    Aead(Aead&&) noexcept;

    // Appends ciphertext and tag to `out`. `plain` does not lie in `out`.
    void seal(const Nonce& nonce, ByteView aad, ByteView plain, Bytes& out);
    // Appends the plaintext to `out`; false, and `out` as it was, when the tag does not fit.
    [[nodiscard]] bool open(const Nonce& nonce, ByteView aad, ByteView sealed, Bytes& out);

private:
    struct State;
    std::unique_ptr<State> state_;
};

// Counter (64 bits) and domain (32 bits), little endian.
Aead::Nonce counter_nonce(std::uint64_t counter, std::uint32_t domain);

// X25519 public key of a secret; and the shared secret. False: the all-zero result, refused.
void x25519_public(ByteView secret, std::span<std::uint8_t> out);
[[nodiscard]] bool x25519(ByteView secret, ByteView peer_public, Key& out);

struct PassphraseCost {
    std::uint64_t memory_bytes = 256ull << 20;
    std::uint64_t passes = 3;
};

// Argon2id, one lane, 16-byte salt. Throws Error{failed} when there is not that much memory.
Key passphrase_key(std::string_view passphrase, ByteView salt, const PassphraseCost& cost);

using Signature = FixedBytes<64, struct SignatureTag>;

// An Ed25519 signing key in guarded memory.
class SigningKey {
public:
    explicit SigningKey(ByteView seed);  // 32 bytes, copied

    [[nodiscard]] const ActorId& id() const { return id_; }
    [[nodiscard]] Signature sign(ByteView message) const;
    [[nodiscard]] ByteView seed() const;

private:
    detail::GuardedBytes secret_;  // 64 bytes: seed and public key
    ActorId id_;
};

[[nodiscard]] bool verify_signature(const ActorId& signer, ByteView message, const Signature& signature);

}  // namespace coffre::crypto
