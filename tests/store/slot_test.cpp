// Key slots and key files: what opens them, and that nothing else does.

#include "store/crypto/slot.hpp"

#include <gtest/gtest.h>

#include "tests/support/error_of.hpp"
#include "tests/support/test_keys.hpp"

namespace coffre::crypto {
namespace {

using test::error_of;

constexpr PassphraseCost cheap{64ull << 20, 1};

void expect_same(const KeyRing& a, const KeyRing& b) {
    const auto text = [](const auto& secret) { return to_hex(secret.view()); };
    EXPECT_EQ(a.repository, b.repository);
    EXPECT_EQ(a.epoch, b.epoch);
    EXPECT_EQ(text(a.site), text(b.site));
    EXPECT_EQ(text(*a.access), text(*b.access));
    EXPECT_EQ(text(*a.meta), text(*b.meta));
    EXPECT_EQ(text(*a.content), text(*b.content));
    EXPECT_EQ(text(*a.admission), text(*b.admission));
    EXPECT_EQ(a.access_public, b.access_public);
    EXPECT_EQ(a.meta_public, b.meta_public);
    EXPECT_EQ(a.content_public, b.content_public);
}

void put_u64(Bytes& file, std::size_t at, std::uint64_t value) {
    Bytes raw;
    append_u64(raw, value);
    std::copy(raw.begin(), raw.end(), file.begin() + static_cast<std::ptrdiff_t>(at));
}

class Slot : public testing::Test {
protected:
    test::TestKeys keys_;
};

TEST_F(Slot, of_a_passphrase_opens_with_it_and_with_no_other) {
    const Bytes file = make_passphrase_slot(keys_.ring, keys_.hedge, "secret", cheap);
    const auto ring = open_slot(file, "secret", "slot");
    ASSERT_TRUE(ring);
    expect_same(*ring, keys_.ring);
    EXPECT_FALSE(open_slot(file, "Secret", "slot"));
    EXPECT_FALSE(open_slot(file, "", "slot"));
    // Behind the commitment, damage is not a wrong passphrase.
    for (const std::size_t at : {std::size_t{128}, file.size() - 1}) {
        Bytes turned = file;
        turned[at] ^= 1;
        EXPECT_EQ(error_of([&] { (void)open_slot(turned, "secret", "slot"); }), Errc::damaged);
    }
    // In the header, it opens nothing.
    Bytes turned = file;
    turned[64] ^= 1;
    EXPECT_FALSE(open_slot(turned, "secret", "slot"));
}

TEST_F(Slot, of_a_key_file_opens_with_it) {
    const auto made = make_key_file_slot(keys_.ring, keys_.hedge);
    const auto ring = open_slot(made.slot, parse_key_file(made.key_file, "key"), "slot");
    ASSERT_TRUE(ring);
    expect_same(*ring, keys_.ring);
}

TEST_F(Slot, tells_what_it_is_without_any_key) {
    keys_.ring.epoch = 7;
    const auto made = make_key_file_slot(keys_.ring, keys_.hedge);
    const auto header = parse_slot(made.slot, "slot");
    EXPECT_EQ(header.type, SlotType::key_file);
    EXPECT_EQ(header.capability, Capability::read);
    EXPECT_EQ(header.epoch, 7U);
    EXPECT_EQ(header.repository, keys_.ring.repository);
    EXPECT_EQ(header.id, parse_key_file(made.key_file, "key").slot);
}

TEST_F(Slot, opens_with_no_other_key_file) {
    const auto one = make_key_file_slot(keys_.ring, keys_.hedge);
    const auto two = make_key_file_slot(keys_.ring, keys_.hedge);
    EXPECT_FALSE(open_slot(one.slot, parse_key_file(two.key_file, "key"), "slot"));
    auto forged = parse_key_file(two.key_file, "key");
    forged.slot = parse_key_file(one.key_file, "key").slot;
    EXPECT_FALSE(open_slot(one.slot, forged, "slot"));
    EXPECT_FALSE(open_slot(one.slot, "passphrase", "slot"));
}

TEST_F(Slot, with_any_bit_turned_never_opens) {
    const auto made = make_key_file_slot(keys_.ring, keys_.hedge);
    const auto key = parse_key_file(made.key_file, "key");
    for (std::size_t i = 0; i < made.slot.size() * 8; ++i) {
        Bytes turned = made.slot;
        turned[i / 8] = static_cast<std::uint8_t>(turned[i / 8] ^ (1U << (i % 8)));
        bool opened = false;
        const auto error = error_of([&] { opened = open_slot(turned, key, "slot").has_value(); });
        ASSERT_FALSE(opened) << i;
        ASSERT_TRUE(!error || *error == Errc::damaged) << i;
        if (i / 8 >= 128) {
            ASSERT_EQ(error, Errc::damaged) << i;
        }
    }
    for (std::size_t size = 0; size < made.slot.size(); ++size)
        ASSERT_EQ(error_of([&] { (void)open_slot(ByteView(made.slot).first(size), key, "slot"); }),
                  Errc::damaged);
    Bytes longer = made.slot;
    longer.push_back(0);
    EXPECT_EQ(error_of([&] { (void)open_slot(longer, key, "slot"); }), Errc::damaged);
}

TEST_F(Slot, that_asks_for_too_much_or_too_little_work_is_refused_before_any_is_done) {
    const Bytes file = make_passphrase_slot(keys_.ring, keys_.hedge, "secret", cheap);
    ASSERT_NO_THROW(parse_slot(file, "slot"));
    const auto refused = [&](std::size_t at, std::uint64_t value) {
        Bytes bomb = file;
        put_u64(bomb, at, value);
        return error_of([&] { parse_slot(bomb, "slot"); }) == Errc::damaged &&
               error_of([&] { (void)open_slot(bomb, "secret", "slot"); }) == Errc::damaged;
    };
    for (const std::uint64_t memory :
         {std::uint64_t{0}, kdf_memory_min - 1, kdf_memory_max + 1, ~std::uint64_t{0}})
        EXPECT_TRUE(refused(48, memory)) << memory;
    for (const std::uint64_t passes : {std::uint64_t{0}, kdf_passes_max + 1, ~std::uint64_t{0}})
        EXPECT_TRUE(refused(56, passes)) << passes;
    Bytes key_slot = make_key_file_slot(keys_.ring, keys_.hedge).slot;
    put_u64(key_slot, 48, kdf_memory_min);
    EXPECT_EQ(error_of([&] { parse_slot(key_slot, "slot"); }), Errc::damaged);
}

TEST_F(Slot, holds_less_where_the_ring_does) {
    keys_.ring.content.reset();
    keys_.ring.admission.reset();
    const auto made = make_key_file_slot(keys_.ring, keys_.hedge);
    const auto ring = open_slot(made.slot, parse_key_file(made.key_file, "key"), "slot");
    ASSERT_TRUE(ring);
    EXPECT_TRUE(ring->meta);
    EXPECT_FALSE(ring->content);
    EXPECT_FALSE(ring->admission);
}

TEST_F(Slot, made_twice_has_nothing_in_common_though_the_generator_is_stuck) {
    keys_.random.stick(0x55);
    const auto one = make_key_file_slot(keys_.ring, keys_.hedge);
    const auto two = make_key_file_slot(keys_.ring, keys_.hedge);
    EXPECT_NE(one.key_file, two.key_file);
    EXPECT_NE(parse_slot(one.slot, "").id, parse_slot(two.slot, "").id);
    EXPECT_NE(to_hex(parse_slot(one.slot, "").salt), to_hex(parse_slot(two.slot, "").salt));
}

TEST_F(Slot, key_file_with_any_bit_turned_is_refused) {
    const auto text = make_key_file_slot(keys_.ring, keys_.hedge).key_file;
    for (std::size_t i = 0; i < text.size() * 8; ++i) {
        std::string turned = text;
        turned[i / 8] = static_cast<char>(turned[i / 8] ^ static_cast<char>(1U << (i % 8)));
        ASSERT_EQ(error_of([&] { parse_key_file(turned, "key"); }), Errc::no_key) << i << ": " << turned;
    }
}

TEST_F(Slot, key_file_is_read_whatever_ends_its_line_and_no_part_of_it_is) {
    const auto text = make_key_file_slot(keys_.ring, keys_.hedge).key_file;
    const auto line = text.substr(0, text.size() - 1);
    for (const auto* end : {"", "\n", "\r\n", " \n\n"}) EXPECT_NO_THROW(parse_key_file(line + end, "key"));
    for (std::size_t size = 0; size < line.size(); ++size)
        ASSERT_EQ(error_of([&] { parse_key_file(line.substr(0, size), "key"); }), Errc::no_key);
    EXPECT_EQ(error_of([&] { parse_key_file(line + "0", "key"); }), Errc::no_key);
    EXPECT_EQ(error_of([&] { parse_key_file(" " + line, "key"); }), Errc::no_key);
}

}  // namespace
}  // namespace coffre::crypto
