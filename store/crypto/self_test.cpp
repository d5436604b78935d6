#include "store/crypto/self_test.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "store/crypto/primitives.hpp"

namespace coffre::crypto {

namespace {

// McGrew and Viega, "The Galois/Counter Mode of Operation", test case 14: key, nonce and text all zeros.
constexpr std::array<std::uint8_t, 32> answer = {
    0xce, 0xa7, 0x40, 0x3d, 0x4d, 0x60, 0x6b, 0x6e, 0x07, 0x4e, 0xc5, 0xd3, 0xba, 0xf3, 0x9d, 0x18,
    0xd0, 0xd1, 0xc8, 0xa7, 0x99, 0x99, 0x6b, 0xf0, 0x26, 0x5b, 0x98, 0xb5, 0xd4, 0x8a, 0xb9, 0x19};

}  // namespace

bool self_test() {
    try {
        const std::array<std::uint8_t, 32> zeros{};
        Aead aead{Key{}};
        const Aead::Nonce nonce{};
        const auto plain = ByteView(zeros).first(16);
        Bytes sealed, opened;
        aead.seal(nonce, {}, plain, sealed);
        if (!std::equal(sealed.begin(), sealed.end(), answer.begin(), answer.end())) return false;
        if (!aead.open(nonce, {}, sealed, opened) || !std::equal(opened.begin(), opened.end(), plain.begin()))
            return false;
        sealed.back() ^= 1;
        return !aead.open(nonce, {}, sealed, opened);
    } catch (const Error&) {
        return false;
    }
}

}  // namespace coffre::crypto
