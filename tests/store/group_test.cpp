// Groups: many objects in one frame, and how gc makes them.

#include <random>

#include <gtest/gtest.h>

#include "store/odb/git.hpp"
#include "store/repo/repack.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/memory_blob_store.hpp"
#include "tests/support/test_keys.hpp"

namespace coffre::pack {
namespace {

using test::error_of;

// A text of 400 lines that are like no other seed's, line `changed` of it another.
Bytes text(std::uint64_t seed, int changed) {
    std::mt19937_64 rng(seed);
    std::string out;
    for (int i = 0; i < 400; ++i)
        out += "<value id=\"" + std::to_string(rng()) + "\">" + std::to_string(i == changed ? -1 : i) +
               "</value>\n";
    return {out.begin(), out.end()};
}

ObjectId id_of(ByteView data) { return odb::Git::hash(ObjectType::blob, data); }

class Groups : public testing::Test {
protected:
    std::unique_ptr<ObjectStore> objects(const std::vector<PackInfo>& packs = {}) {
        auto opened = std::make_unique<ObjectStore>(store_, keys_.ring, keys_.hedge);
        opened->add_packs(packs);
        return opened;
    }

    // As a process of its own: a pack with these alone, `like` another each.
    PackInfo pack_of(const std::vector<Bytes>& blobs, const std::vector<PackInfo>& packs = {},
                     const std::optional<ObjectId>& like = std::nullopt) {
        const auto opened = objects(packs);
        for (const auto& blob : blobs) opened->put(id_of(blob), ObjectType::blob, blob, like);
        return opened->flush().front();
    }

    // What gc does with `leaving` while `staying` stays as it is: the new packs.
    std::vector<PackInfo> repacked(const std::vector<PackInfo>& leaving, const std::vector<PackInfo>& staying,
                                   const std::vector<std::vector<Bytes>>& paths,
                                   const repo::Repacker::Ids* only = nullptr) {
        const auto opened = objects(staying);
        opened->fall_back_to(leaving);
        opened->set_packing(Packing::repack);
        repo::Repacker repacker(*opened);
        std::vector<repo::Lineage> lineages;
        for (const auto& versions : paths) {
            lineages.push_back({std::to_string(lineages.size()), {}});
            for (const auto& version : versions) lineages.back().versions.push_back(id_of(version));
        }
        if (only != nullptr) repacker.write(lineages, only);
        repacker.write(lineages);
        return opened->flush();
    }

    void expect_readable(const std::vector<PackInfo>& packs, const std::vector<Bytes>& blobs) {
        // In any order: what was decoded last is at hand, or is not.
        for (const bool backwards : {false, true}) {
            const auto reading = objects(packs);
            for (std::size_t i = 0; i < blobs.size(); ++i) {
                const auto& blob = blobs[backwards ? blobs.size() - 1 - i : i];
                const auto object = reading->read(id_of(blob));
                ASSERT_TRUE(object) << i;
                ASSERT_EQ(object->data, blob) << i;
            }
        }
    }

    Table table_of(const PackInfo& pack) {
        return PackReader(store_, pack_blob_name(pack.name), pack.size, keys_.ring).table();
    }

    test::TestKeys keys_;
    test::MemoryBlobStore store_;
};

TEST_F(Groups, of_versions_of_alike_files_cost_far_less_than_deltas_and_come_back) {
    std::vector<std::vector<Bytes>> paths(5);
    std::vector<Bytes> all;
    std::vector<PackInfo> packs;
    std::uint64_t before = 0;
    for (int version = 0; version < 12; ++version)
        for (std::size_t path = 0; path < paths.size(); ++path) {
            // Newest first, each path the same text with one line of its own.
            const auto data = text(1, static_cast<int>(path * 20) + version);
            const auto like = paths[path].empty() ? std::nullopt : std::optional(id_of(paths[path].front()));
            packs.push_back(pack_of({data}, packs, like));
            before += packs.back().size;
            paths[path].insert(paths[path].begin(), data);
            all.push_back(data);
        }
    const auto after = repacked(packs, {}, paths);
    ASSERT_EQ(after.size(), 1U);
    EXPECT_LE(after[0].size, before / 4);
    expect_readable(after, all);
    const auto table = table_of(after[0]);
    EXPECT_EQ(table.groups.size(), 1U);
    for (const auto& entry : table.entries) EXPECT_TRUE(entry.is_member());
}

TEST_F(Groups, that_are_full_are_the_base_of_the_next) {
    std::vector<Bytes> versions;
    std::vector<PackInfo> packs;
    std::mt19937_64 rng(5);
    Bytes data;
    while (data.size() < 900'000) append_u64(data, rng());
    for (auto& byte : data) byte = static_cast<std::uint8_t>('a' + byte % 16);  // compresses, somewhat
    for (int version = 0; version < 9; ++version) {
        data[100'000 * static_cast<std::size_t>(version)] ^= 1;
        packs.push_back(pack_of({data}));
        versions.insert(versions.begin(), data);
    }
    const auto after = repacked(packs, {}, {versions});
    ASSERT_EQ(after.size(), 1U);
    const auto table = table_of(after[0]);
    ASSERT_EQ(table.groups.size(), 3U);  // of 4 MiB
    EXPECT_EQ(table.groups[0].depth, 0);
    EXPECT_EQ(table.groups[1].depth, 1);
    EXPECT_EQ(table.groups[2].depth, 2);
    EXPECT_LE(after[0].size, packs[0].size + (128 << 10));
    expect_readable(after, versions);
}

// What stays may be a delta against what goes, and what is written anew may be told apart from what stays:
// together they would be readable only as long as the old packs are there.
TEST_F(Groups, make_no_circle_with_the_packs_that_stay) {
    const auto first = text(3, 1), second = text(3, 2), third = text(3, 3);
    const auto oldest = pack_of({first});
    const auto stays = pack_of({second}, {oldest}, id_of(first));
    const auto newest = pack_of({third}, {oldest, stays}, id_of(second));
    ASSERT_EQ(table_of(stays).entries[0].base, id_of(first));
    const repo::Repacker::Ids needed{id_of(first)};
    auto packs = repacked({oldest, newest}, {stays}, {{third, second, first}}, &needed);
    packs.push_back(stays);
    expect_readable(packs, {first, second, third});
}

TEST_F(Groups, leave_alone_what_cannot_be_compressed) {
    std::mt19937_64 rng(9);
    std::vector<Bytes> versions(3);
    for (auto& version : versions)
        while (version.size() < 20'000) append_u64(version, rng());
    const auto after = repacked({pack_of(versions)}, {}, {versions});
    const auto table = table_of(after.at(0));
    EXPECT_TRUE(table.groups.empty());
    for (const auto& entry : table.entries) EXPECT_EQ(entry.codec, Codec::raw);
    expect_readable(after, versions);
}

TEST_F(Groups, of_which_a_byte_was_turned_are_damaged_whichever_member_is_read) {
    const std::vector<Bytes> versions{text(1, 1), text(1, 2), text(1, 3)};
    const auto after = repacked({pack_of(versions)}, {}, {versions});
    auto bytes = store_.get(pack_blob_name(after.at(0).name), 1 << 20).value();
    bytes[bytes.size() / 4] ^= 1;
    const PackInfo turned{crypto::sha256(bytes), bytes.size()};
    store_.put(pack_blob_name(turned.name), bytes);
    for (const auto& version : versions)
        EXPECT_EQ(error_of([&] { (void)objects({turned})->read(id_of(version)); }), Errc::damaged);
}

TEST_F(Groups, whose_base_is_lost_are_damaged_and_others_are_read) {
    const auto old = text(1, 1), apart = text(2, 1);
    const auto base = pack_of({old});
    const auto opened = objects({base});
    std::vector<ObjectStore::Stored> members;
    const std::vector<Bytes> fresh{text(1, 2), text(1, 3)};
    const auto there = pack_of({fresh[0], fresh[1], apart});
    opened->fall_back_to({there});
    for (const auto& blob : fresh) members.push_back({id_of(blob), opened->read_stored(id_of(blob)).value()});
    opened->put_group(members, {id_of(old)});
    opened->put_again(id_of(apart), opened->read_stored(id_of(apart)).value(), std::nullopt);
    const auto packs = opened->flush();
    expect_readable({packs.at(0), base}, {fresh[0], fresh[1], apart});
    EXPECT_EQ(error_of([&] { (void)objects(packs)->read(id_of(fresh[1])); }), Errc::damaged);
    EXPECT_EQ(objects(packs)->read(id_of(apart))->data, apart);
}

Table table_with_groups() {
    Table table;
    table.segments = {65'536, 300};
    for (std::uint8_t i = 0; i < 6; ++i) {
        TableEntry entry;
        entry.id.bytes[0] = i;
        entry.type = ObjectType::blob;
        entry.codec = i == 3 ? Codec::group_list : Codec::group;
        entry.group = i % 2;
        entry.at = 100U * i;
        entry.length = 100;
        entry.size = i == 3 ? 5'000'000 : 100;
        table.entries.push_back(entry);
    }
    table.groups = {{0, 0, 0, 400, 600, {}}, {2, 1, 20, 100, 700, {table.entries[4].id, ObjectId{}}}};
    table.groups[1].bases[1].bytes[7] = 9;  // in another pack
    return table;
}

TEST(GroupTable, comes_back_with_and_without_padding) {
    const auto table = table_with_groups();
    for (const std::size_t padding : {0, 1, 100}) {
        Bytes bytes = encode_table(table);
        bytes.resize(bytes.size() + padding);
        const auto back = decode_table(bytes, "table");
        ASSERT_EQ(back.groups.size(), 2U);
        EXPECT_EQ(back.groups[1].bases, table.groups[1].bases);
        EXPECT_EQ(back.groups[1].size, 700U);
        ASSERT_EQ(back.entries.size(), 6U);
        for (std::size_t i = 0; i < 6; ++i) {
            EXPECT_EQ(back.entries[i].at, table.entries[i].at);
            EXPECT_EQ(back.entries[i].length, 100U);
            EXPECT_EQ(back.entries[i].size, table.entries[i].size);
            EXPECT_EQ(back.entries[i].depth, i % 2 == 0 ? 0 : 2);
        }
    }
}

TEST(GroupTable, cut_anywhere_is_refused) {
    const Bytes bytes = encode_table(table_with_groups());
    for (std::size_t size = 0; size < bytes.size(); ++size)
        ASSERT_EQ(error_of([&] { decode_table(ByteView(bytes).first(size), "table"); }), Errc::damaged)
            << size;
}

TEST(GroupTable, that_does_not_fit_together_is_refused) {
    const auto refused = [](const std::function<void(Table&)>& change) {
        Table table = table_with_groups();
        change(table);
        return error_of([&] { decode_table(encode_table(table), "table"); }) == Errc::damaged;
    };
    EXPECT_FALSE(refused([](Table&) {}));
    EXPECT_TRUE(refused([](Table& table) { table.entries[1].group = 2; }));        // no such group
    EXPECT_TRUE(refused([](Table& table) { table.entries[1].at = 601; }));         // ends behind it
    EXPECT_TRUE(refused([](Table& table) { table.entries[1].at = ~0ull - 10; }));  // as far as numbers go
    EXPECT_TRUE(refused([](Table& table) { table.groups[0].depth = 1; }));         // of no base
    EXPECT_TRUE(refused([](Table& table) { table.groups[1].depth = 0; }));
    EXPECT_TRUE(refused([](Table& table) { table.groups[1].depth = depth_max + 1; }));
    EXPECT_TRUE(refused([](Table& table) { table.groups[1].segment = 2; }));
    EXPECT_TRUE(refused([](Table& table) { table.groups[1].offset = 300; }));
    EXPECT_TRUE(refused([](Table& table) { table.groups[0].record_size = 1ull << 40; }));
    EXPECT_TRUE(refused([](Table& table) { table.groups[0].size = group_size_max + 1; }));
    EXPECT_TRUE(refused([](Table& table) { table.entries[3].type = ObjectType::tree; }));  // a list of it
}

TEST(GroupRecord, that_differs_from_its_table_is_refused) {
    const Bytes plain = text(1, 1);
    const Bytes record = encode_group_record(plain, {}, 0, codec::capture_level);
    const Group group{0, 0, 0, record.size(), plain.size(), {}};
    EXPECT_NO_THROW((void)group_frame(record, group, "pack"));
    auto other = group;
    other.size += 1;
    EXPECT_EQ(error_of([&] { (void)group_frame(record, other, "pack"); }), Errc::damaged);
    other = group;
    other.depth = 1;
    EXPECT_EQ(error_of([&] { (void)group_frame(record, other, "pack"); }), Errc::damaged);
    for (std::size_t size = 0; size < 4; ++size)
        EXPECT_EQ(error_of([&] { (void)group_frame(ByteView(record).first(size), group, "pack"); }),
                  Errc::damaged);
}

}  // namespace
}  // namespace coffre::pack
