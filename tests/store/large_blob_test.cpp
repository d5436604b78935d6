// Large blobs: cut into pieces, each a delta against the one that it replaces, in memory that does not grow.

#include "store/pack/large_blob.hpp"

#include <random>

#include <gtest/gtest.h>

#include "store/odb/git.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/memory_blob_store.hpp"
#include "tests/support/test_keys.hpp"

namespace coffre::pack {
namespace {

using test::error_of;

// Half noise, half text: neither is all that a configuration database is.
Bytes database(std::size_t size, std::uint64_t seed) {
    std::mt19937_64 rng(seed);
    std::string out;
    while (out.size() < size) {
        out += "row " + std::to_string(rng() % 100'000) + " of table cameras;";
        for (int i = 0; i < 24; ++i) out += static_cast<char>(rng());
    }
    out.resize(size);
    return {out.begin(), out.end()};
}

class LargeBlobs : public testing::Test {
protected:
    std::unique_ptr<ObjectStore> objects() {
        auto opened = std::make_unique<ObjectStore>(store_, keys_.ring, keys_.hedge);
        opened->add_packs(packs_);
        return opened;
    }

    // As a process of its own. The git id; `added` is what the repository grew by.
    ObjectId store(ByteView data, const std::optional<ObjectId>& like = std::nullopt) {
        const auto opened = objects();
        LargeBlobWriter writer(*opened, data.size(), like);
        for (std::size_t at = 0; at < data.size(); at += 300'007)
            writer.add(data.subspan(at, std::min<std::size_t>(300'007, data.size() - at)));
        const auto id = writer.finish();
        added = 0;
        for (const auto& pack : opened->flush()) {
            added += pack.size;
            packs_.push_back(pack);
        }
        return id;
    }

    std::uint64_t added = 0;
    test::TestKeys keys_;
    test::MemoryBlobStore store_;
    std::vector<PackInfo> packs_;
};

TEST_F(LargeBlobs, come_back_whole_and_in_pieces_under_git_s_own_id) {
    const Bytes data = database(9 << 20, 1);
    const auto id = store(data);
    EXPECT_EQ(id, odb::Git::hash(ObjectType::blob, data));
    const auto opened = objects();
    EXPECT_EQ(opened->header(id)->size, data.size());
    EXPECT_EQ(opened->read(id)->data, data);
    Bytes pieces;
    std::size_t longest = 0;
    EXPECT_TRUE(opened->stream(id, [&](ByteView piece) {
        append(pieces, piece);
        longest = std::max(longest, piece.size());
    }));
    EXPECT_EQ(pieces, data);
    EXPECT_LE(longest, chunk_max);
}

TEST_F(LargeBlobs, of_a_few_changed_places_cost_what_changed) {
    Bytes data = database(12 << 20, 2);
    auto like = store(data);
    EXPECT_GT(added, 6u << 20);
    for (int version = 0; version < 5; ++version) {
        for (int i = 0; i < 10; ++i)
            data[(static_cast<std::size_t>(version * 10 + i) * 223'007) % data.size()] ^= 1;
        like = store(data, like);
        EXPECT_LT(added, 20'000u);
    }
    EXPECT_EQ(objects()->read(like)->data, data);
}

TEST_F(LargeBlobs, with_something_put_in_or_taken_out_keep_their_other_pieces) {
    Bytes data = database(8 << 20, 3);
    const auto first = store(data);
    const Bytes more = database(5'000, 4);
    data.insert(data.begin() + 1'000'000, more.begin(), more.end());
    const auto second = store(data, first);
    EXPECT_LT(added, 20'000u);
    data.erase(data.begin() + 3'000'000, data.begin() + 3'100'000);
    const auto third = store(data, second);
    EXPECT_LT(added, 65'000u);  // a piece at most: what is left of two was one of neither
    EXPECT_EQ(objects()->read(third)->data, data);
}

TEST_F(LargeBlobs, that_are_there_already_are_not_stored_again) {
    const Bytes data = database(5 << 20, 5);
    const auto id = store(data);
    EXPECT_EQ(store(data, id), id);
    EXPECT_EQ(added, 0u);
    EXPECT_EQ(store(data), id);
    EXPECT_EQ(added, 0u);
}

TEST_F(LargeBlobs, of_another_size_than_was_said_are_none) {
    const Bytes data = database(5 << 20, 6);
    for (const std::size_t said : {data.size() - 1, data.size() + 1}) {
        const auto opened = objects();
        LargeBlobWriter writer(*opened, said, std::nullopt);
        EXPECT_EQ(error_of([&] {
                      writer.add(data);
                      writer.finish();
                  }),
                  Errc::failed);
    }
}

TEST_F(LargeBlobs, whose_piece_is_damaged_say_so_and_their_other_versions_are_read) {
    const Bytes first = database(6 << 20, 7);
    const auto whole = store(first);
    const auto before = packs_.size();
    Bytes data = first;
    data[5'000'000] ^= 1;
    const auto changed = store(data, whole);
    ASSERT_GT(packs_.size(), before);
    store_.remove(pack_blob_name(packs_.back().name));
    EXPECT_EQ(error_of([&] { (void)objects()->read(changed); }), Errc::damaged);
    packs_.pop_back();
    EXPECT_EQ(objects()->read(whole)->data, first);
}

TEST_F(LargeBlobs, lie_in_packs_of_64_MiB_at_most) {
    std::mt19937_64 rng(8);
    const auto opened = objects();
    constexpr std::uint64_t size = 150ull << 20;
    LargeBlobWriter writer(*opened, size, std::nullopt);
    Bytes piece(1 << 20);
    for (std::uint64_t at = 0; at < size; at += piece.size()) {
        for (std::size_t i = 0; i < piece.size(); i += 8) {
            const auto word = rng();
            std::memcpy(piece.data() + i, &word, 8);
        }
        writer.add(piece);
    }
    writer.finish();
    const auto packs = opened->flush();
    EXPECT_EQ(packs.size(), 3u);
    for (const auto& pack : packs) EXPECT_LE(pack.size, pack_size_max);
}

TEST(ChunkList, that_does_not_add_up_to_its_blob_is_refused) {
    Bytes list;
    append_row(list, {ObjectId{}, 1000});
    append_row(list, {ObjectId{}, 2000});
    EXPECT_EQ(parse_chunk_list(list, 3000, "list").size(), 2u);
    for (const std::uint64_t size : {0ull, 999ull, 2999ull, 3001ull, ~0ull})
        EXPECT_EQ(error_of([&] { parse_chunk_list(list, size, "list"); }), Errc::damaged);
    for (std::size_t cut = 1; cut < list.size(); ++cut)
        EXPECT_EQ(error_of([&] { parse_chunk_list(ByteView(list).first(cut), 3000, "list"); }),
                  Errc::damaged);
    Bytes empty_piece;
    append_row(empty_piece, {ObjectId{}, 0});
    EXPECT_EQ(error_of([&] { parse_chunk_list(empty_piece, 0, "list"); }), Errc::damaged);
}

// Versions of this program share pieces only where all of them cut alike.
TEST(Chunker, cuts_where_the_hash_taken_byte_by_byte_says) {
    const crypto::Key key = crypto::hkdf(as_bytes("secret"), {}, {});
    std::array<std::uint64_t, 256> gear;
    for (std::size_t i = 0; i < gear.size(); ++i) {
        const std::array<std::uint8_t, 1> byte{static_cast<std::uint8_t>(i)};
        std::array<std::uint8_t, 16> value;
        crypto::keyed_hash(key, byte, value);
        gear[i] = load_u64(value.data());
    }
    const Chunker chunker(key);
    const Bytes data = database((4 << 20) + 1, 9);
    for (std::size_t at = 0; at < data.size();) {
        const auto rest = ByteView(data).subspan(at);
        std::uint64_t hash = 0;
        std::size_t end = 16'320;
        for (; end < std::min<std::size_t>(rest.size(), 262'144); ++end) {
            if (end > 16'384 && (hash & (65'535ull << 44)) == 0) break;
            hash = 2 * hash + gear[rest[end]];
        }
        ASSERT_EQ(chunker.cut(rest, true), std::min(end, rest.size())) << at;
        at += end;
    }
}

TEST(Chunker, cuts_otherwise_under_another_key) {
    const Bytes data = database(2 << 20, 9);
    const auto cuts = [&](std::uint8_t seed) {
        crypto::Key key;
        key.writable()[0] = seed;
        const Chunker chunker(key);
        std::vector<std::size_t> sizes;
        for (std::size_t at = 0; at < data.size(); at += sizes.back())
            sizes.push_back(chunker.cut(ByteView(data).subspan(at), true));
        return sizes;
    };
    EXPECT_EQ(cuts(1), cuts(1));
    EXPECT_NE(cuts(1), cuts(2));
    for (const auto size : cuts(1)) EXPECT_LE(size, chunk_max);
}

}  // namespace
}  // namespace coffre::pack
