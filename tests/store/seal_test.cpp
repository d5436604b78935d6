// Rows of sealed chunks, sealed files, pack headers, padding and compression.

#include <random>

#include <gtest/gtest.h>

#include "store/codec/codec.hpp"
#include "store/crypto/pack_seal.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/test_keys.hpp"

namespace coffre::crypto {
namespace {

using test::error_of;

Bytes noise(std::size_t size, std::uint64_t seed = 1) {
    std::mt19937_64 rng(seed);
    Bytes out(size);
    for (auto& byte : out) byte = static_cast<std::uint8_t>(rng());
    return out;
}

ChunkSealer sealer(std::uint8_t key = 1, std::uint8_t header = 1, Domain domain = Domain::sealed_file,
                   std::uint8_t kind = 1) {
    Key raw;
    raw.writable()[0] = key;
    Sha256Digest digest;
    digest.bytes[0] = header;
    return {raw, digest, domain, kind};
}

class Row : public testing::Test {
protected:
    void SetUp() override { start(); }

    static std::optional<Errc> opening(ByteView sealed) {
        auto opener = sealer();
        return error_of([&] { open_row(opener, sealed, "row"); });
    }
};

constexpr std::size_t full = chunk_size_max + Aead::tag_size;

TEST_F(Row, opens_to_what_was_sealed_whatever_its_size) {
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, chunk_size_max - 1, chunk_size_max,
                                   chunk_size_max + 1, 2 * chunk_size_max, 3 * chunk_size_max + 17}) {
        const Bytes plain = noise(size);
        auto both = sealer();
        Bytes sealed;
        seal_row(both, plain, sealed);
        EXPECT_EQ(sealed.size(), sealed_row_size(size));
        EXPECT_EQ(open_row(both, sealed, "row"), plain);
    }
}

TEST_F(Row, with_chunks_swapped_dropped_repeated_or_cut_is_refused) {
    auto writer = sealer();
    Bytes sealed;
    seal_row(writer, noise(2 * chunk_size_max + 100), sealed);
    const auto part = [&](std::size_t i) {
        const auto from = i * full;
        return Bytes(sealed.begin() + static_cast<std::ptrdiff_t>(from),
                     sealed.begin() + static_cast<std::ptrdiff_t>(std::min(from + full, sealed.size())));
    };
    const auto row = [&](std::initializer_list<std::size_t> order) {
        Bytes out;
        for (const auto i : order) append(out, part(i));
        return out;
    };
    ASSERT_FALSE(opening(row({0, 1, 2})));
    for (const auto& order : {row({1, 0, 2}), row({0, 1}), row({0, 2}), row({1, 2}), row({2}),
                              row({0, 0, 1, 2}), row({0, 1, 1, 2}), row({0, 1, 2, 2}), row({})})
        EXPECT_EQ(opening(order), Errc::damaged);
    for (const std::size_t size :
         {full - 1, full, full + 1, sealed.size() - 1, std::size_t{15}, std::size_t{16}})
        EXPECT_EQ(opening(ByteView(sealed).first(size)), Errc::damaged) << size;
    Bytes longer = sealed;
    longer.push_back(0);
    EXPECT_EQ(opening(longer), Errc::damaged);
}

TEST_F(Row, of_another_key_file_purpose_or_kind_is_refused) {
    auto writer = sealer();
    Bytes sealed;
    seal_row(writer, noise(100), sealed);
    const auto refused = [&](ChunkSealer other) {
        return error_of([&] { open_row(other, sealed, "row"); }) == Errc::damaged;
    };
    EXPECT_FALSE(refused(sealer()));
    EXPECT_TRUE(refused(sealer(2)));
    EXPECT_TRUE(refused(sealer(1, 2)));
    EXPECT_TRUE(refused(sealer(1, 1, Domain::pack_table)));
    EXPECT_TRUE(refused(sealer(1, 1, Domain::sealed_file, 2)));
}

TEST_F(Row, chunk_is_bound_to_its_place_and_to_being_the_last) {
    auto both = sealer();
    Bytes sealed, out;
    both.seal(5, false, noise(10), sealed);
    EXPECT_FALSE(both.open(5, true, sealed, out));
    EXPECT_FALSE(both.open(4, false, sealed, out));
    EXPECT_TRUE(out.empty());
    EXPECT_TRUE(both.open(5, false, sealed, out));
}

TEST(Padding, adds_little_never_shrinks_and_is_its_own_padded_size) {
    std::mt19937_64 rng(4);
    std::uint64_t last = 0;
    const auto check = [](std::uint64_t size) {
        const auto padded = padded_size(size);
        ASSERT_GE(padded, size);
        ASSERT_EQ(padded_size(padded), padded);
        ASSERT_LE(padded - size, std::max<std::uint64_t>(255, size * 12 / 100)) << size;
    };
    for (std::uint64_t size = 0; size < 70'000; ++size) {
        check(size);
        ASSERT_GE(padded_size(size), last);
        last = padded_size(size);
    }
    for (int i = 0; i < 20'000; ++i) check(rng() >> (24 + rng() % 24));
    // Few sizes are left: an observer of a 1 MiB file learns it to about 3 %.
    EXPECT_EQ(padded_size((1 << 20) + 1), (1u << 20) + (1u << 15));
}

TEST(Padding, makes_a_file_of_any_size_one_of_a_padded_size) {
    std::mt19937_64 rng(5);
    const auto check = [](std::uint64_t fixed, std::uint64_t plain) {
        const auto padding = padding_for(fixed, plain);
        const auto size = fixed + sealed_row_size(plain + padding);
        ASSERT_EQ(padded_size(size), size) << fixed << " + " << plain;
        ASSERT_LE(size - fixed - sealed_row_size(plain), std::max<std::uint64_t>(512, size / 6));
    };
    for (std::uint64_t plain = 0; plain < 3000; ++plain) check(48, plain);
    // Around the chunks' ends, where padding opens one more chunk with a tag of its own.
    for (std::uint64_t chunks = 1; chunks < 6; ++chunks)
        for (std::uint64_t near = 0; near < 700; ++near) check(168, chunks * chunk_size_max - 350 + near);
    for (int i = 0; i < 5000; ++i) check(rng() % (64 << 20), rng() % (32 << 20));
}

class SealedFile : public testing::Test {
protected:
    test::TestKeys keys_;

    Bytes sealed(ByteView plain, SealedKind kind = SealedKind::journal) {
        return seal_file(kind, keys_.ring, keys_.hedge, plain);
    }
    std::optional<Errc> opening(ByteView file, const KeyRing& ring, SealedKind kind = SealedKind::journal) {
        return error_of([&] { open_file(kind, ring, file, "file"); });
    }
};

TEST_F(SealedFile, opens_to_what_was_sealed_and_has_a_padded_size) {
    for (const std::size_t size : {0, 1, 200, 256, 70'000, 3'000'000}) {
        const Bytes plain = noise(size);
        const Bytes file = sealed(plain);
        EXPECT_EQ(open_file(SealedKind::journal, keys_.ring, file, "file"), plain);
        EXPECT_EQ(padded_size(file.size()), file.size());
    }
}

TEST_F(SealedFile, of_another_repository_site_epoch_or_kind_is_refused) {
    const Bytes file = sealed(noise(100));
    ASSERT_FALSE(opening(file, keys_.ring));
    auto ring = test::copy_of(keys_.ring);
    ring.repository.bytes[5] ^= 1;
    EXPECT_EQ(opening(file, ring), Errc::damaged);
    ring = test::copy_of(keys_.ring);
    ring.site.writable()[0] ^= 1;
    EXPECT_EQ(opening(file, ring), Errc::damaged);
    EXPECT_EQ(opening(file, keys_.ring, SealedKind::index), Errc::damaged);
    Bytes other_kind = file;
    other_kind[9] = static_cast<std::uint8_t>(SealedKind::index);
    EXPECT_EQ(opening(other_kind, keys_.ring, SealedKind::index), Errc::damaged);
    Bytes other_epoch = file;
    other_epoch[12] ^= 1;
    EXPECT_EQ(opening(other_epoch, keys_.ring), Errc::damaged);
}

TEST_F(SealedFile, with_any_bit_turned_or_cut_anywhere_is_refused) {
    const Bytes file = sealed(as_bytes("a few records"));
    for (std::size_t i = 0; i < file.size() * 8; ++i) {
        Bytes turned = file;
        turned[i / 8] = static_cast<std::uint8_t>(turned[i / 8] ^ (1U << (i % 8)));
        ASSERT_EQ(opening(turned, keys_.ring), Errc::damaged) << i;
    }
    for (std::size_t size = 0; size < file.size(); ++size)
        ASSERT_EQ(opening(ByteView(file).first(size), keys_.ring), Errc::damaged) << size;
}

TEST_F(SealedFile, larger_than_its_limit_is_refused) {
    const Bytes file = sealed(Bytes(1'000'000));
    EXPECT_EQ(error_of([&] { open_file(SealedKind::journal, keys_.ring, file, "file", 999'999); }),
              Errc::damaged);
    EXPECT_FALSE(error_of([&] { open_file(SealedKind::journal, keys_.ring, file, "file", 1'000'000); }));
}

TEST_F(SealedFile, made_twice_has_nothing_in_common_though_the_generator_is_stuck) {
    keys_.random.stick(0);
    const Bytes one = sealed(Bytes(100));
    const Bytes two = sealed(Bytes(100));
    EXPECT_NE(Bytes(one.begin() + 16, one.begin() + 48), Bytes(two.begin() + 16, two.begin() + 48));
    EXPECT_NE(Bytes(one.begin() + 48, one.begin() + 64), Bytes(two.begin() + 48, two.begin() + 64));
}

class PackHeader : public testing::Test {
protected:
    test::TestKeys keys_;
};

TEST_F(PackHeader, leads_whoever_holds_the_secret_to_the_keys_that_sealed) {
    for (const auto kind : {PackKind::meta, PackKind::content}) {
        const auto made = make_pack_keys(kind, keys_.ring, keys_.hedge);
        EXPECT_EQ(made.header.size(), pack_header_size);
        EXPECT_EQ(pack_kind(made.header, "pack"), kind);
        EXPECT_EQ(to_hex(open_segment_key(made.header, keys_.ring, "pack").view()),
                  to_hex(made.segments.view()));
        EXPECT_EQ(to_hex(open_table_key(made.header, keys_.ring).view()), to_hex(made.table.view()));
    }
}

TEST_F(PackHeader, is_made_without_any_secret_half_and_then_not_opened_without_it) {
    auto writer = test::copy_of(keys_.ring);
    writer.meta.reset();
    writer.content.reset();
    const auto made = make_pack_keys(PackKind::content, writer, keys_.hedge);
    EXPECT_EQ(error_of([&] { open_segment_key(made.header, writer, "pack"); }), Errc::no_key);
    EXPECT_EQ(to_hex(open_table_key(made.header, writer).view()), to_hex(made.table.view()));
    EXPECT_NO_THROW(open_segment_key(made.header, keys_.ring, "pack"));
}

TEST_F(PackHeader, with_any_bit_turned_is_refused) {
    const auto made = make_pack_keys(PackKind::meta, keys_.ring, keys_.hedge);
    for (std::size_t i = 0; i < made.header.size() * 8; ++i) {
        Bytes turned = made.header;
        turned[i / 8] = static_cast<std::uint8_t>(turned[i / 8] ^ (1U << (i % 8)));
        // X25519 ignores the highest bit of a public key; the key derived from its bytes does not.
        ASSERT_EQ(error_of([&] { open_segment_key(turned, keys_.ring, "pack"); }), Errc::damaged) << i;
    }
}

TEST_F(PackHeader, of_another_repository_or_kind_of_secret_is_refused) {
    const auto made = make_pack_keys(PackKind::meta, keys_.ring, keys_.hedge);
    auto ring = test::copy_of(keys_.ring);
    ring.repository.bytes[0] ^= 1;
    EXPECT_EQ(error_of([&] { open_segment_key(made.header, ring, "pack"); }), Errc::damaged);
    ring = test::copy_of(keys_.ring);
    ring.meta.emplace(ring.content->view());
    EXPECT_EQ(error_of([&] { open_segment_key(made.header, ring, "pack"); }), Errc::damaged);
}

TEST_F(PackHeader, is_fresh_in_every_part_though_the_generator_is_stuck) {
    keys_.random.stick(0xff);
    const auto one = make_pack_keys(PackKind::meta, keys_.ring, keys_.hedge);
    const auto two = make_pack_keys(PackKind::meta, keys_.ring, keys_.hedge);
    for (const auto& [from, count] : {std::pair{16, 32}, {48, 32}, {80, 48}, {128, 32}}) {
        const auto part = [from = from, count = count](const Bytes& header) {
            return to_hex(
                ByteView(header).subspan(static_cast<std::size_t>(from), static_cast<std::size_t>(count)));
        };
        EXPECT_NE(part(one.header), part(two.header)) << from;
    }
    EXPECT_NE(to_hex(one.segments.view()), to_hex(two.segments.view()));
    EXPECT_NE(to_hex(one.table.view()), to_hex(two.table.view()));
}

TEST(Compression, gives_back_what_it_got) {
    for (const std::size_t size : {0, 1, 1000, 2'000'000})
        for (const Bytes& plain : {noise(size), Bytes(size, 'a')})
            EXPECT_EQ(codec::decompress(codec::compress(plain), size, "frame"), plain);
}

TEST(Compression, refuses_a_frame_that_claims_another_size_and_any_that_is_cut) {
    const Bytes plain(5000, 'a');
    const Bytes frame = codec::compress(plain);
    for (const std::uint64_t size : {0ull, 4999ull, 5001ull, 1ull << 40})
        EXPECT_EQ(error_of([&] { codec::decompress(frame, size, "frame"); }), Errc::damaged);
    for (std::size_t size = 0; size < frame.size(); ++size)
        EXPECT_EQ(error_of([&] { codec::decompress(ByteView(frame).first(size), 5000, "frame"); }),
                  Errc::damaged);
}

TEST(Compression, of_noise_read_as_a_frame_is_an_error_and_nothing_else) {
    std::mt19937_64 rng(6);
    const Bytes frame = codec::compress(noise(3000));
    for (int i = 0; i < 20'000; ++i) {
        Bytes turned = frame;
        turned[rng() % std::min<std::size_t>(turned.size(), 40)] ^=
            static_cast<std::uint8_t>(1 + rng() % 255);
        const auto error =
            error_of([&] { EXPECT_EQ(codec::decompress(turned, 3000, "frame").size(), 3000U); });
        ASSERT_TRUE(!error || *error == Errc::damaged);
    }
}

}  // namespace
}  // namespace coffre::crypto
