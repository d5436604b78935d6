#include "store/crypto/primitives.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <sodium.h>

#include "base/error.hpp"
#include "base/handle.hpp"

namespace coffre::crypto {

namespace {

[[noreturn]] void fail(const char* what) { throw Error(Errc::failed, say<Msg::crypto_failed>(what)); }

void check(bool ok, const char* what) {
    if (!ok) fail(what);
}

// Fetched once: a fetch costs more than most of the calls that use its result.
const EVP_MD* sha256_algorithm() {
    static const Handle<EVP_MD, EVP_MD_free> algorithm(EVP_MD_fetch(nullptr, "SHA256", nullptr));
    check(algorithm != nullptr, "SHA-256");
    return algorithm.get();
}

const EVP_MD* sha1_algorithm() {
    static const Handle<EVP_MD, EVP_MD_free> algorithm(EVP_MD_fetch(nullptr, "SHA1", nullptr));
    check(algorithm != nullptr, "SHA-1");
    return algorithm.get();
}

const EVP_CIPHER* aes_gcm_algorithm() {
    static const Handle<EVP_CIPHER, EVP_CIPHER_free> algorithm(
        EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr));
    check(algorithm != nullptr, "AES-256-GCM");
    return algorithm.get();
}

}  // namespace

void start() {
    check(sodium_init() >= 0, "libsodium");
    // Without the machine's openssl.cnf: no file decides what our primitives are, and none is read.
    check(OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr) == 1, "OpenSSL");
    sha256_algorithm();
    aes_gcm_algorithm();
}

void wipe(std::span<std::uint8_t> memory) noexcept { sodium_memzero(memory.data(), memory.size()); }

Key& Key::operator=(Key&& other) noexcept {
    bytes_ = other.bytes_;
    wipe(other.bytes_);
    return *this;
}

void detail::GuardedFree::operator()(std::uint8_t* memory) const noexcept { sodium_free(memory); }

detail::GuardedBytes detail::guarded_bytes(std::size_t size) {
    auto* memory = static_cast<std::uint8_t*>(sodium_malloc(size));
    if (memory == nullptr) throw std::bad_alloc();
    return GuardedBytes(memory);
}

namespace {

template <class Digest>
const EVP_MD* algorithm_of();
template <>
const EVP_MD* algorithm_of<Sha256Digest>() {
    return sha256_algorithm();
}
template <>
const EVP_MD* algorithm_of<ObjectId>() {
    return sha1_algorithm();
}

}  // namespace

template <class Digest>
struct Hash<Digest>::State {
    Handle<EVP_MD_CTX, EVP_MD_CTX_free> context{EVP_MD_CTX_new()};
};

template <class Digest>
Hash<Digest>::Hash() : state_(std::make_unique<State>()) {
    check(state_->context && EVP_DigestInit_ex2(state_->context.get(), algorithm_of<Digest>(), nullptr) == 1,
          "SHA");
}

template <class Digest>
Hash<Digest>::~Hash() = default;
template <class Digest>
Hash<Digest>::Hash(Hash&&) noexcept = default;
template <class Digest>
Hash<Digest>& Hash<Digest>::operator=(Hash&&) noexcept = default;

template <class Digest>
void Hash<Digest>::update(ByteView bytes) {
    check(EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()) == 1, "SHA");
}

template <class Digest>
Digest Hash<Digest>::finish() {
    Digest digest;
    unsigned size = 0;
    check(EVP_DigestFinal_ex(state_->context.get(), digest.bytes.data(), &size) == 1 && size == Digest::size,
          "SHA");
    return digest;
}

template class Hash<Sha256Digest>;
template class Hash<ObjectId>;

Sha256Digest sha256(ByteView bytes) { return sha256({bytes}); }

Sha256Digest sha256(std::initializer_list<ByteView> parts) {
    Sha256 hash;
    for (const auto part : parts) hash.update(part);
    return hash.finish();
}

namespace {

Key hmac_sha256(ByteView key, std::initializer_list<ByteView> message) {
    crypto_auth_hmacsha256_state state;
    Key out;
    static constexpr std::uint8_t nothing = 0;  // no pointer may be null
    crypto_auth_hmacsha256_init(&state, key.empty() ? &nothing : key.data(), key.size());
    for (const auto part : message)
        if (!part.empty()) crypto_auth_hmacsha256_update(&state, part.data(), part.size());
    crypto_auth_hmacsha256_final(&state, out.writable().data());
    sodium_memzero(&state, sizeof state);
    return out;
}

}  // namespace

// One block of output: the expansion is one HMAC. An empty salt is HMAC's key of zeros, as RFC 5869 wants.
Key hkdf(ByteView ikm, ByteView salt, std::initializer_list<ByteView> info) {
    static_assert(Key::size == crypto_auth_hmacsha256_BYTES);
    constexpr std::uint8_t first_block = 1;
    Bytes label;
    for (const auto part : info) append(label, part);
    const Key extracted = hmac_sha256(salt, {ikm});
    return hmac_sha256(extracted.view(), {label, {&first_block, 1}});
}

void keyed_hash(const Key& key, ByteView bytes, std::span<std::uint8_t> out) {
    check(crypto_generichash(out.data(), out.size(), bytes.data(), bytes.size(), key.view().data(),
                             Key::size) == 0,
          "BLAKE2b");
}

Fingerprint keyed_fingerprint(const Key& key, std::initializer_list<ByteView> parts) {
    crypto_generichash_state state;
    Fingerprint out;
    crypto_generichash_init(&state, key.view().data(), Key::size, Fingerprint::size);
    for (const auto part : parts) crypto_generichash_update(&state, part.data(), part.size());
    crypto_generichash_final(&state, out.bytes.data(), Fingerprint::size);
    sodium_memzero(&state, sizeof state);
    return out;
}

bool equal_in_constant_time(ByteView a, ByteView b) {
    return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

struct Aead::State {
    Handle<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free> seal{EVP_CIPHER_CTX_new()};
    Handle<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free> open{EVP_CIPHER_CTX_new()};
    Bytes sealed;  // of the last seal()
};

Aead::Aead(const Key& key) : state_(std::make_unique<State>()) {
    check(state_->seal && state_->open, "AES-256-GCM");
    check(EVP_EncryptInit_ex2(state_->seal.get(), aes_gcm_algorithm(), key.view().data(), nullptr, nullptr) ==
                  1 &&
              EVP_DecryptInit_ex2(state_->open.get(), aes_gcm_algorithm(), key.view().data(), nullptr,
                                  nullptr) == 1,
          "AES-256-GCM");
}

Aead::~Aead() = default;
Aead::Aead(Aead&&) noexcept = default;

void Aead::seal(const Nonce& nonce, ByteView aad, ByteView plain, Bytes& out) {
    auto* context = state_->seal.get();
    auto& sealed = state_->sealed;  // the end of a large `out` is then written once, not filled first
    int size = 0;
    sealed.resize(plain.size() + tag_size);
    check(
        EVP_EncryptInit_ex2(context, nullptr, nullptr, nonce.data(), nullptr) == 1 &&
            EVP_EncryptUpdate(context, nullptr, &size, aad.data(), static_cast<int>(aad.size())) == 1 &&
            EVP_EncryptUpdate(context, sealed.data(), &size, plain.data(), static_cast<int>(plain.size())) ==
                1 &&
            EVP_EncryptFinal_ex(context, sealed.data() + plain.size(), &size) == 1 &&
            EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, tag_size, sealed.data() + plain.size()) == 1,
        "AES-256-GCM");
    out.insert(out.end(), sealed.begin(), sealed.end());
}

bool Aead::open(const Nonce& nonce, ByteView aad, ByteView sealed, Bytes& out) {
    if (sealed.size() < tag_size) return false;
    auto* context = state_->open.get();
    const std::size_t plain_size = sealed.size() - tag_size;
    int size = 0;
    const std::size_t start = out.size();
    out.resize(start + plain_size);
    check(EVP_DecryptInit_ex2(context, nullptr, nullptr, nonce.data(), nullptr) == 1 &&
              EVP_DecryptUpdate(context, nullptr, &size, aad.data(), static_cast<int>(aad.size())) == 1 &&
              EVP_DecryptUpdate(context, out.data() + start, &size, sealed.data(),
                                static_cast<int>(plain_size)) == 1 &&
              EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, tag_size,
                                  const_cast<std::uint8_t*>(sealed.data() + plain_size)) == 1,
          "AES-256-GCM");
    if (EVP_DecryptFinal_ex(context, out.data() + start + plain_size, &size) != 1) {
        wipe(std::span(out).subspan(start));
        out.resize(start);
        return false;
    }
    return true;
}

Aead::Nonce counter_nonce(std::uint64_t counter, std::uint32_t domain) {
    Aead::Nonce nonce;
    for (std::size_t i = 0; i < 8; ++i) nonce[i] = static_cast<std::uint8_t>(counter >> (8 * i));
    for (std::size_t i = 0; i < 4; ++i) nonce[8 + i] = static_cast<std::uint8_t>(domain >> (8 * i));
    return nonce;
}

void x25519_public(ByteView secret, std::span<std::uint8_t> out) {
    check(crypto_scalarmult_base(out.data(), secret.data()) == 0, "X25519");
}

bool x25519(ByteView secret, ByteView peer_public, Key& out) {
    return crypto_scalarmult(out.writable().data(), secret.data(), peer_public.data()) == 0;
}

Key passphrase_key(std::string_view passphrase, ByteView salt, const PassphraseCost& cost) {
    static_assert(crypto_pwhash_SALTBYTES == 16);
    Key out;
    check(salt.size() == crypto_pwhash_SALTBYTES, "Argon2id");
    check(crypto_pwhash(out.writable().data(), Key::size, passphrase.data(), passphrase.size(), salt.data(),
                        cost.passes, cost.memory_bytes, crypto_pwhash_ALG_ARGON2ID13) == 0,
          "Argon2id");
    return out;
}

SigningKey::SigningKey(ByteView seed) : secret_(detail::guarded_bytes(crypto_sign_SECRETKEYBYTES)) {
    check(seed.size() == crypto_sign_SEEDBYTES, "Ed25519");
    crypto_sign_seed_keypair(id_.bytes.data(), secret_.get(), seed.data());
}

Signature SigningKey::sign(ByteView message) const {
    Signature signature;
    crypto_sign_detached(signature.bytes.data(), nullptr, message.data(), message.size(), secret_.get());
    return signature;
}

ByteView SigningKey::seed() const { return {secret_.get(), crypto_sign_SEEDBYTES}; }

bool verify_signature(const ActorId& signer, ByteView message, const Signature& signature) {
    return crypto_sign_verify_detached(signature.bytes.data(), message.data(), message.size(),
                                       signer.bytes.data()) == 0;
}

}  // namespace coffre::crypto
