// Passwords of equipments, sealed for the access key.

#include "store/crypto/text_seal.hpp"

#include <gtest/gtest.h>

#include "tests/support/error_of.hpp"
#include "tests/support/test_keys.hpp"

namespace coffre::crypto {
namespace {

using test::error_of;

class SealedText : public testing::Test {
protected:
    Bytes seal(std::string_view text, std::string_view label = "NVR-HALL password") {
        return seal_text(keys.ring, keys.hedge, label, text);
    }
    static std::string open(const KeyRing& ring, ByteView sealed,
                            std::string_view label = "NVR-HALL password") {
        std::string opened;
        open_text(ring, label, sealed, "NVR-HALL", [&](std::string_view text) { opened = text; });
        return opened;
    }
    std::optional<Errc> opening(ByteView sealed, std::string_view label = "NVR-HALL password") {
        return error_of([&] { open(keys.ring, sealed, label); });
    }

    test::TestKeys keys;
};

TEST_F(SealedText, opens_to_what_was_sealed_whatever_its_length) {
    for (const std::size_t size : {0U, 1U, 61U, 62U, 63U, 64U, 4095U, 4096U}) {
        const std::string text(size, 'p');
        EXPECT_EQ(open(keys.ring, seal(text)), text);
    }
}

TEST_F(SealedText, tells_little_of_its_length_and_nothing_of_being_the_same) {
    EXPECT_EQ(seal("a").size(), seal(std::string(62, 'a')).size());
    EXPECT_NE(seal("same"), seal("same"));
}

TEST_F(SealedText, of_another_equipment_or_name_opens_nothing) {
    const auto sealed = seal("secret");
    EXPECT_EQ(opening(sealed, "NVR-QUAI password"), Errc::damaged);
    EXPECT_EQ(opening(sealed, "NVR-HALL token"), Errc::damaged);
}

TEST_F(SealedText, of_another_repository_opens_nothing) {
    const auto sealed = seal("secret");
    auto other = test::copy_of(keys.ring);
    other.repository.bytes[0] ^= 1;
    EXPECT_EQ(error_of([&] { open(other, sealed); }), Errc::damaged);
}

TEST_F(SealedText, with_any_bit_flipped_or_any_byte_missing_is_refused) {
    const auto sealed = seal("secret");
    for (std::size_t i = 0; i < sealed.size(); ++i) {
        auto flipped = sealed;
        flipped[i] ^= 1;
        EXPECT_EQ(opening(flipped), Errc::damaged) << i;
    }
    for (std::size_t size = 0; size < sealed.size(); ++size)
        EXPECT_EQ(opening(ByteView(sealed).first(size)), Errc::damaged) << size;
}

TEST_F(SealedText, does_not_open_without_the_access_secret) {
    const auto sealed = seal("secret");
    auto less = test::copy_of(keys.ring);
    less.access.reset();
    EXPECT_EQ(error_of([&] { open(less, sealed); }), Errc::no_key);
}

TEST_F(SealedText, can_be_made_without_the_access_secret) {
    auto less = test::copy_of(keys.ring);
    less.access.reset();
    const auto sealed = seal_text(less, keys.hedge, "NVR-HALL password", "secret");
    EXPECT_EQ(open(keys.ring, sealed), "secret");
}

TEST_F(SealedText, that_is_too_long_is_refused) {
    EXPECT_EQ(error_of([&] { seal(std::string(sealed_text_max + 1, 'x')); }), Errc::usage);
}

}  // namespace
}  // namespace coffre::crypto
