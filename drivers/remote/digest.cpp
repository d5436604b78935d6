#include "drivers/remote/digest.hpp"

#include <new>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace coffre::remote {

namespace {

void digest(const EVP_MD* algorithm, ByteView bytes, std::span<std::uint8_t> out) {
    ::OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
    unsigned size = 0;
    if (::EVP_Digest(bytes.data(), bytes.size(), out.data(), &size, algorithm, nullptr) != 1 ||
        size != out.size())
        throw std::bad_alloc();
}

}  // namespace

Sha256Digest sha256(ByteView bytes) {
    Sha256Digest out;
    digest(::EVP_sha256(), bytes, out.bytes);
    return out;
}

Sha256Digest hmac_sha256(ByteView key, ByteView bytes) {
    ::OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
    Sha256Digest out;
    unsigned size = 0;
    if (::HMAC(::EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes.data(), bytes.size(),
               out.bytes.data(), &size) == nullptr ||
        size != Sha256Digest::size)
        throw std::bad_alloc();
    return out;
}

Md5Digest md5(ByteView bytes) {
    Md5Digest out{};
    digest(::EVP_md5(), bytes, out);
    return out;
}

std::optional<Sha256Digest> sha256_of_base64(const std::string& text) {
    constexpr std::size_t length = 44;  // and 33 bytes, the last of which is the padding's
    std::array<std::uint8_t, Sha256Digest::size + 1> raw{};
    if (text.size() != length ||
        ::EVP_DecodeBlock(raw.data(), reinterpret_cast<const unsigned char*>(text.data()),
                          static_cast<int>(length)) != static_cast<int>(raw.size()))
        return std::nullopt;
    const auto digest = Sha256Digest::from(raw);
    if (to_base64(digest.view()) != text) return std::nullopt;
    return digest;
}

}  // namespace coffre::remote
