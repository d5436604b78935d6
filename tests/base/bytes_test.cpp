#include "base/bytes.hpp"

#include <limits>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/ids.hpp"

namespace coffre {
namespace {

Bytes varint(std::uint64_t value) {
    Bytes out;
    append_varint(out, value);
    return out;
}

template <class Read>
void expect_damaged(Read read) {
    try {
        read();
        FAIL() << "nothing was refused";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Errc::damaged);
        EXPECT_EQ(error.message().id, Msg::malformed);
        EXPECT_STREQ(error.what(), "malformed thing");
    }
}

TEST(Hex, is_lower_case_and_reads_back) {
    const Bytes bytes{0x00, 0x0f, 0xa5, 0xff};
    EXPECT_EQ(to_hex(bytes), "000fa5ff");
    EXPECT_EQ(from_hex("000fa5ff"), bytes);
    EXPECT_EQ(from_hex(""), Bytes{});
}

TEST(Hex, refuses_odd_lengths_upper_case_and_strangers) {
    for (const char* text : {"0", "000", "0A", "0g", " 0", "0x", "0\xc3", "-1"})
        EXPECT_FALSE(from_hex(text)) << text;
    EXPECT_FALSE(from_hex(std::string_view("0\0", 2)));
}

TEST(Base64, matches_the_vectors_of_rfc_4648) {
    EXPECT_EQ(to_base64(as_bytes("")), "");
    EXPECT_EQ(to_base64(as_bytes("f")), "Zg==");
    EXPECT_EQ(to_base64(as_bytes("fo")), "Zm8=");
    EXPECT_EQ(to_base64(as_bytes("foo")), "Zm9v");
    EXPECT_EQ(to_base64(as_bytes("foob")), "Zm9vYg==");
    EXPECT_EQ(to_base64(as_bytes("fooba")), "Zm9vYmE=");
    EXPECT_EQ(to_base64(as_bytes("foobar")), "Zm9vYmFy");
    EXPECT_EQ(to_base64(Bytes{0xfb, 0xff, 0xfe}), "+//+");
}

TEST(LittleEndian, numbers_read_back_from_their_bytes) {
    Bytes out;
    append_u32(out, 0x04030201);
    append_u64(out, 0x0c0b0a0908070605);
    EXPECT_EQ(out, (Bytes{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}));
    EXPECT_EQ(load_u32(out.data()), 0x04030201U);
    EXPECT_EQ(load_u64(out.data() + 4), 0x0c0b0a0908070605U);
    ByteReader in(out, "thing");
    EXPECT_EQ(in.u32(), 0x04030201U);
    EXPECT_EQ(in.u64(), 0x0c0b0a0908070605U);
    EXPECT_TRUE(in.empty());
}

TEST(Varint, has_the_known_encodings) {
    EXPECT_EQ(varint(0), Bytes{0});
    EXPECT_EQ(varint(127), Bytes{0x7f});
    EXPECT_EQ(varint(128), (Bytes{0x80, 0x01}));
    EXPECT_EQ(varint(624485), (Bytes{0xe5, 0x8e, 0x26}));
    EXPECT_EQ(varint(std::numeric_limits<std::uint64_t>::max()).size(), 10U);
}

TEST(Varint, reads_back_around_every_power_of_two) {
    for (int bit = 0; bit < 64; ++bit) {
        for (const std::uint64_t delta : {std::uint64_t{0}, std::uint64_t{1}, ~std::uint64_t{0}}) {
            const std::uint64_t value = (std::uint64_t{1} << bit) + delta;
            const Bytes bytes = varint(value);
            ByteReader in(bytes, "thing");
            EXPECT_EQ(in.varint(), value);
            EXPECT_TRUE(in.empty());
        }
    }
}

TEST(Varint, refuses_what_is_cut_over_long_or_too_large) {
    const std::vector<Bytes> refused{
        {},
        {0x80},
        {0xff, 0xff},
        {0x80, 0x00},                                                  // zero in two bytes
        {0x81, 0x80, 0x00},                                            // one in three
        {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02},  // 2^64
        {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x81, 0x00},
    };
    for (const Bytes& bytes : refused) {
        SCOPED_TRACE(to_hex(bytes));
        expect_damaged([&] { ByteReader(bytes, "thing").varint(); });
    }
}

TEST(ByteReader, never_reads_past_the_end) {
    const Bytes bytes{1, 2, 3};
    expect_damaged([&] { ByteReader(bytes, "thing").u32(); });
    expect_damaged([&] { ByteReader(bytes, "thing").u64(); });
    expect_damaged([&] { ByteReader(bytes, "thing").take(4); });
    expect_damaged([&] { ByteReader(bytes, "thing").take(std::numeric_limits<std::uint64_t>::max()); });
    expect_damaged([&] { ByteReader({}, "thing").u8(); });
    expect_damaged([&] { ByteReader(bytes, "thing").fail(); });
}

TEST(ByteReader, takes_exactly_what_is_there_and_stays_put_after_a_refusal) {
    const Bytes bytes{1, 2, 3};
    ByteReader in(bytes, "thing");
    EXPECT_EQ(in.u8(), 1);
    expect_damaged([&] { in.take(3); });
    EXPECT_EQ(in.remaining(), 2U);
    EXPECT_EQ(in.rest()[0], 2);
    EXPECT_EQ(in.take(2).size(), 2U);
    EXPECT_EQ(in.take(0).size(), 0U);
    EXPECT_TRUE(in.empty());
}

TEST(Ids, print_and_parse_and_order_by_bytes) {
    const std::string text = "00ff0123456789abcdef000000000000";
    const auto id = SlotId::parse(text);
    ASSERT_TRUE(id);
    EXPECT_EQ(id->hex(), text);
    EXPECT_FALSE(SlotId::parse(text.substr(2)));
    EXPECT_FALSE(SlotId::parse(text + "00"));
    EXPECT_FALSE(SlotId::parse("00FF0123456789abcdef000000000000"));
    EXPECT_LT(*SlotId::parse("00000000000000000000000000000001"), *id);
}

}  // namespace
}  // namespace coffre
