// Packs: what goes in comes out, and what does not fit is refused.

#include <random>

#include <gtest/gtest.h>

#include "store/odb/git.hpp"
#include "store/pack/chunker.hpp"
#include "store/pack/object_store.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/memory_blob_store.hpp"
#include "tests/support/test_keys.hpp"

namespace coffre::pack {
namespace {

using test::error_of;

Bytes noise(std::size_t size, std::uint64_t seed) {
    std::mt19937_64 rng(seed);
    Bytes out(size);
    std::size_t at = 0;
    for (; at + 8 <= size; at += 8) {
        const auto word = rng();
        std::memcpy(out.data() + at, &word, 8);
    }
    for (; at < size; ++at) out[at] = static_cast<std::uint8_t>(rng());
    return out;
}

Bytes no_base(const ObjectId&, BaseKind) { throw std::logic_error("no delta here"); }

ObjectId id_of(ObjectType type, ByteView data) { return odb::Git::hash(type, data); }

class Packs : public testing::Test {
protected:
    std::unique_ptr<ObjectStore> objects() {
        return std::make_unique<ObjectStore>(store_, keys_.ring, keys_.hedge);
    }

    // As another process sees it.
    std::unique_ptr<ObjectStore> objects(const std::vector<PackInfo>& packs) {
        auto opened = objects();
        opened->add_packs(packs);
        return opened;
    }

    FinishedPack finished(const std::vector<Bytes>& blobs) {
        PackWriter writer(crypto::PackKind::content, keys_.ring, keys_.hedge);
        for (const auto& blob : blobs)
            writer.add(id_of(ObjectType::blob, blob),
                       fingerprint_of(fingerprint_key(), ObjectType::blob, blob), ObjectType::blob, blob);
        return writer.finish(fingerprint_key(), no_base);
    }

    // Lies there under the name that its bytes give it: whoever tampers renames, and the seals alone must
    // hold.
    PackInfo placed(ByteView file) {
        const PackInfo info{crypto::sha256(file), file.size()};
        store_.put(pack_blob_name(info.name), file);
        return info;
    }

    std::optional<Errc> checking(const PackInfo& pack) {
        return error_of([&] {
            PackReader reader(store_, pack_blob_name(pack.name), pack.size, keys_.ring);
            reader.check_segments();
        });
    }

    [[nodiscard]] crypto::Key fingerprint_key() const { return keys_.ring.subkey("fingerprint"); }

    test::TestKeys keys_;
    test::MemoryBlobStore store_;
};

TEST_F(Packs, give_back_objects_of_every_size_those_that_run_over_many_segments_too) {
    std::vector<Bytes> blobs;
    std::uint64_t seed = 0;
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{1}, std::size_t{64} << 10, std::size_t{3} << 20, std::size_t{20} << 20,
          (std::size_t{1} << 20) - 5, std::size_t{100}}) {
        blobs.push_back(noise(size, ++seed));
        blobs.emplace_back(size, std::uint8_t{7});
    }
    auto writing = objects();
    for (const auto& blob : blobs) writing->put(id_of(ObjectType::blob, blob), ObjectType::blob, blob);
    // Before they are published too.
    for (const auto& blob : blobs) ASSERT_EQ(writing->read(id_of(ObjectType::blob, blob))->data, blob);
    const auto packs = writing->flush();
    ASSERT_EQ(packs.size(), 1U);
    EXPECT_EQ(crypto::padded_size(packs[0].size), packs[0].size);
    auto reading = objects(packs);
    for (auto it = blobs.rbegin(); it != blobs.rend(); ++it) {
        const auto id = id_of(ObjectType::blob, *it);
        ASSERT_EQ(reading->header(id)->size, it->size());
        ASSERT_EQ(reading->read(id)->data, *it);
        ASSERT_EQ(writing->read(id)->data, *it);
    }
    PackReader reader(store_, pack_blob_name(packs[0].name), packs[0].size, keys_.ring);
    EXPECT_NO_THROW(reader.check_segments());
    EXPECT_GT(reader.table().segments.size(), 20U);
}

TEST_F(Packs, give_back_thousands_of_small_objects) {
    auto writing = objects();
    std::vector<Bytes> blobs;
    for (std::uint64_t i = 0; i < 5000; ++i) {
        blobs.push_back(noise(i % 97, i));
        writing->put(id_of(ObjectType::blob, blobs.back()), ObjectType::blob, blobs.back());
    }
    auto reading = objects(writing->flush());
    for (const auto& blob : blobs) ASSERT_EQ(reading->read(id_of(ObjectType::blob, blob))->data, blob);
}

TEST_F(Packs, hold_content_apart_from_commits_and_trees) {
    auto writing = objects();
    const Bytes blob = noise(10, 1);
    const Bytes tree = noise(20, 2);
    writing->put(id_of(ObjectType::blob, blob), ObjectType::blob, blob);
    writing->put(id_of(ObjectType::tree, tree), ObjectType::tree, tree);
    const auto packs = writing->flush();
    ASSERT_EQ(packs.size(), 2U);
    const auto kind = [&](std::size_t i) {
        return PackReader(store_, pack_blob_name(packs[i].name), packs[i].size, keys_.ring).kind();
    };
    // Content first: what a commit leads to is there before the commit is.
    EXPECT_EQ(kind(0), crypto::PackKind::content);
    EXPECT_EQ(kind(1), crypto::PackKind::meta);
}

TEST_F(Packs, are_several_where_one_would_be_too_large) {
    auto writing = objects();
    std::vector<Bytes> blobs;
    for (std::uint64_t i = 0; i < 7; ++i) {
        blobs.push_back(noise(std::size_t{10} << 20, 100 + i));
        writing->put(id_of(ObjectType::blob, blobs.back()), ObjectType::blob, blobs.back());
    }
    const auto packs = writing->flush();
    EXPECT_EQ(packs.size(), 2U);
    for (const auto& pack : packs)
        EXPECT_LE(pack.size, pack_size_max + pack_size_max / 16);  // and its padding
    auto reading = objects(packs);
    for (const auto& blob : blobs) ASSERT_EQ(reading->read(id_of(ObjectType::blob, blob))->data, blob);
}

TEST_F(Packs, store_an_object_once) {
    const Bytes blob = noise(100, 1);
    const auto id = id_of(ObjectType::blob, blob);
    auto writing = objects();
    EXPECT_TRUE(writing->put(id, ObjectType::blob, blob));
    EXPECT_FALSE(writing->put(id, ObjectType::blob, blob));
    const auto packs = writing->flush();
    writing->named();
    EXPECT_FALSE(writing->put(id, ObjectType::blob, blob));
    EXPECT_TRUE(writing->flush().empty());
    EXPECT_FALSE(objects(packs)->put(id, ObjectType::blob, blob));
    EXPECT_EQ(objects(packs)->objects(), 1U);
}

TEST_F(Packs, come_from_flush_again_until_they_are_named) {
    auto writing = objects();
    const Bytes one = noise(10, 1);
    const Bytes two = noise(10, 2);
    writing->put(id_of(ObjectType::blob, one), ObjectType::blob, one);
    const auto first = writing->flush();
    ASSERT_EQ(first.size(), 1U);
    writing->put(id_of(ObjectType::blob, two), ObjectType::blob, two);
    const auto both = writing->flush();
    ASSERT_EQ(both.size(), 2U);
    EXPECT_EQ(both[0], first[0]);
    writing->named();
    EXPECT_TRUE(writing->flush().empty());
}

TEST_F(Packs, refuse_another_content_under_a_known_id) {
    const Bytes blob = noise(100, 1);
    const Bytes other = noise(100, 2);
    const auto id = id_of(ObjectType::blob, blob);
    auto writing = objects();
    writing->put(id, ObjectType::blob, blob);
    EXPECT_EQ(error_of([&] { writing->put(id, ObjectType::blob, other); }), Errc::damaged);
    EXPECT_EQ(error_of([&] { writing->put(id, ObjectType::tree, blob); }), Errc::damaged);
    const auto packs = writing->flush();
    EXPECT_EQ(error_of([&] { writing->put(id, ObjectType::blob, other); }), Errc::damaged);
    EXPECT_EQ(error_of([&] { objects(packs)->put(id, ObjectType::blob, other); }), Errc::damaged);
}

TEST_F(Packs, find_a_bit_that_flipped_in_memory_before_anything_is_published) {
    // The fingerprint was taken of what was read; what the writer got is one bit off.
    for (const std::size_t size : {std::size_t{10}, std::size_t{200'000}}) {
        const Bytes blob = noise(size, 1);
        Bytes turned = blob;
        turned[size / 2] ^= 4;
        PackWriter writer(crypto::PackKind::content, keys_.ring, keys_.hedge);
        writer.add(id_of(ObjectType::blob, blob), fingerprint_of(fingerprint_key(), ObjectType::blob, blob),
                   ObjectType::blob, turned);
        try {
            writer.finish(fingerprint_key(), no_base);
            FAIL() << "not found";
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), Errc::damaged);
            EXPECT_EQ(error.message().id, Msg::memory_fault);
        }
    }
}

TEST_F(Packs, made_twice_of_the_same_content_have_nothing_in_common_though_the_generator_is_stuck) {
    keys_.random.stick(0);
    const auto one = finished({noise(300, 1)});
    const auto two = finished({noise(300, 1)});
    EXPECT_NE(one.name, two.name);
    ASSERT_EQ(one.file.size(), two.file.size());
    // Neither a key nor a nonce under it repeats: no 16 bytes behind the fixed head are equal.
    for (std::size_t at = 16; at + 16 <= one.file.size() - pack_footer_size; at += 16)
        EXPECT_NE(to_hex(ByteView(one.file).subspan(at, 16)), to_hex(ByteView(two.file).subspan(at, 16)))
            << at;
}

TEST_F(Packs, with_any_bit_turned_are_refused_or_read_right) {
    const Bytes blob = noise(40, 1);
    const auto pack = finished({blob, Bytes(200, 'a')});
    const auto id = id_of(ObjectType::blob, blob);
    for (std::size_t i = 0; i < pack.file.size() * 8; ++i) {
        Bytes turned = pack.file;
        turned[i / 8] = static_cast<std::uint8_t>(turned[i / 8] ^ (1U << (i % 8)));
        const auto info = placed(turned);
        const auto error = error_of([&] {
            const auto read = objects({info})->read(id);
            ASSERT_TRUE(read);
            ASSERT_EQ(read->data, blob);
        });
        ASSERT_TRUE(!error || *error == Errc::damaged) << i;
        ASSERT_EQ(checking(info), Errc::damaged) << i;
        store_.remove(pack_blob_name(info.name));
    }
    EXPECT_FALSE(checking(placed(pack.file)));
}

TEST_F(Packs, cut_anywhere_are_refused) {
    const auto pack = finished({noise(40, 1)});
    for (std::size_t size = 0; size < pack.file.size(); ++size) {
        // Where the journal recorded the whole size, and where it records this one.
        store_.overwrite(pack_blob_name(pack.name),
                         Bytes(pack.file.begin(), pack.file.begin() + static_cast<std::ptrdiff_t>(size)));
        ASSERT_EQ(checking({pack.name, pack.file.size()}), Errc::damaged) << size;
        ASSERT_EQ(checking(placed(ByteView(pack.file).first(size))), Errc::damaged) << size;
    }
}

TEST_F(Packs, under_another_pack_s_name_are_refused) {
    const auto pack = finished({noise(40, 1)});
    const auto other = finished({noise(40, 1)});
    store_.overwrite(pack_blob_name(pack.name), other.file);
    EXPECT_EQ(checking({pack.name, other.file.size()}), Errc::damaged);
}

TEST_F(Packs, whose_footer_lies_are_refused) {
    const auto pack = finished({noise(40, 1)});
    const std::uint64_t size = pack.file.size();
    for (const std::uint64_t lie : {std::uint64_t{0}, std::uint64_t{15}, size, size - 168, ~std::uint64_t{0},
                                    ~std::uint64_t{0} - 7, std::uint64_t{1} << 63}) {
        Bytes lying(pack.file.begin(), pack.file.end() - 8);
        append_u64(lying, lie);
        EXPECT_EQ(checking(placed(lying)), Errc::damaged) << lie;
    }
}

TEST_F(Packs, of_another_repository_are_refused) {
    const auto pack = finished({noise(40, 1)});
    store_.overwrite(pack_blob_name(pack.name), pack.file);
    auto other = test::copy_of(keys_.ring);
    other.repository.bytes[0] ^= 1;
    PackReader reader(store_, pack_blob_name(pack.name), pack.file.size(), other);
    EXPECT_EQ(error_of([&] { (void)reader.table(); }), Errc::damaged);
}

TEST_F(Packs, are_listed_but_not_read_without_the_secret_of_their_kind) {
    const Bytes blob = noise(40, 1);
    const auto pack = finished({blob});
    store_.overwrite(pack_blob_name(pack.name), pack.file);
    auto writer = test::copy_of(keys_.ring);
    writer.content.reset();
    ObjectStore objects(store_, writer, keys_.hedge);
    objects.add_packs({{pack.name, pack.file.size()}});
    EXPECT_EQ(objects.header(id_of(ObjectType::blob, blob))->size, 40U);
    EXPECT_EQ(error_of([&] { (void)objects.read(id_of(ObjectType::blob, blob)); }), Errc::no_key);
}

TEST_F(Packs, that_are_gone_are_neither_read_nor_relied_on) {
    const Bytes blob = noise(40, 1);
    auto writing = objects();
    writing->put(id_of(ObjectType::blob, blob), ObjectType::blob, blob);
    const auto packs = writing->flush();
    writing->forget_packs([&](const PackInfo& pack) { return pack == packs[0]; });
    EXPECT_FALSE(writing->read(id_of(ObjectType::blob, blob)));
    EXPECT_TRUE(writing->put(id_of(ObjectType::blob, blob), ObjectType::blob, blob));
    EXPECT_EQ(writing->flush().size(), 1U);
}

TEST_F(Packs, whose_table_is_damaged_are_never_taken_for_holding_a_tree) {
    // libgit2 asks whether an object is there before it writes it, and takes a failure for "yes".
    auto writing = objects();
    const Bytes blob = noise(40, 1);
    const auto id = id_of(ObjectType::blob, blob);
    writing->put(id, ObjectType::blob, blob);
    auto packs = writing->flush();
    auto bad = finished({noise(50, 2)});
    bad.file[bad.file.size() - 20] ^= 1;
    packs.push_back(placed(bad.file));

    auto opened = objects(packs);
    odb::Git git(*opened);
    EXPECT_EQ(git.write_blob(blob), id);
    const auto tree = git.write_tree({{"file", odb::EntryMode::file, id}});
    EXPECT_EQ(git.read_tree(tree).size(), 1U);
    const auto more = opened->flush();
    ASSERT_EQ(more.size(), 1U);
    EXPECT_TRUE(objects(more)->read(tree));
    // What is not found may have been in there.
    EXPECT_EQ(error_of([&] { git.read_blob(ObjectId{}); }), Errc::damaged);
    // And a failure that was told is not told again for another call.
    EXPECT_EQ(git.read_blob(id), blob);
}

TEST_F(Packs, tell_a_missing_object_from_a_damaged_one) {
    auto opened = objects();
    odb::Git git(*opened);
    EXPECT_FALSE(opened->read(ObjectId{}));
    try {
        git.read_blob(ObjectId{});
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.message().id, Msg::object_missing);
    }
}

TEST_F(Packs, refuse_an_object_that_does_not_bear_its_id) {
    // Sealed as it should be, but wrongly named by whoever wrote it.
    const Bytes blob = noise(40, 1);
    auto writing = objects();
    ObjectId wrong = id_of(ObjectType::blob, blob);
    wrong.bytes[3] ^= 1;
    writing->put(wrong, ObjectType::blob, blob);
    auto opened = objects(writing->flush());
    odb::Git git(*opened);
    EXPECT_EQ(error_of([&] { git.read_blob(wrong); }), Errc::damaged);
}

// --- tables and records alone

Table sample_table() {
    Table table;
    table.segments = {65'536, 70'000, 300};
    for (std::uint8_t i = 0; i < 20; ++i) {
        TableEntry entry;
        entry.id.bytes[0] = i;
        entry.fingerprint.bytes[1] = i;
        entry.type = static_cast<ObjectType>(1 + i % 4);
        entry.codec = static_cast<Codec>(i % 4);
        entry.depth = entry.codec == Codec::zstd_delta ? std::uint8_t(i + 1) : std::uint8_t{0};
        entry.segment = i % 3;
        entry.offset = 10U * i;
        entry.record_size = 1000U * i;
        entry.size = 1'000'000ull * i;
        if (entry.codec == Codec::zstd_delta) entry.base = ObjectId{};
        table.entries.push_back(entry);
    }
    return table;
}

bool same(const TableEntry& a, const TableEntry& b) {
    return a.id == b.id && a.fingerprint == b.fingerprint && a.type == b.type && a.codec == b.codec &&
           a.depth == b.depth && a.segment == b.segment && a.offset == b.offset &&
           a.record_size == b.record_size && a.size == b.size && a.base == b.base;
}

TEST(PackTable, comes_back_and_its_padding_is_no_part_of_it) {
    const auto table = sample_table();
    Bytes bytes = encode_table(table);
    bytes.resize(bytes.size() + 100);
    const auto back = decode_table(bytes, "table");
    EXPECT_EQ(back.segments, table.segments);
    ASSERT_EQ(back.entries.size(), table.entries.size());
    for (std::size_t i = 0; i < table.entries.size(); ++i)
        EXPECT_TRUE(same(back.entries[i], table.entries[i])) << i;
}

TEST(PackTable, cut_anywhere_is_refused) {
    const Bytes bytes = encode_table(sample_table());
    for (std::size_t size = 0; size < bytes.size(); ++size)
        ASSERT_EQ(error_of([&] { decode_table(ByteView(bytes).first(size), "table"); }), Errc::damaged)
            << size;
}

TEST(PackTable, with_bytes_turned_at_random_is_refused_or_a_table) {
    const Bytes bytes = encode_table(sample_table());
    std::mt19937_64 rng(8);
    int accepted = 0;
    for (int i = 0; i < 50'000; ++i) {
        Bytes turned = bytes;
        for (auto n = 1 + rng() % 3; n > 0; --n)
            turned[rng() % turned.size()] = static_cast<std::uint8_t>(rng());
        const auto error = error_of([&] {
            const auto table = decode_table(turned, "table");
            for (const auto& entry : table.entries) {
                ASSERT_LT(entry.segment, table.segments.size());
                ASSERT_LT(entry.offset, table.segments[entry.segment]);
            }
            ++accepted;
        });
        // Failed: a codec that a later version may have.
        ASSERT_TRUE(!error || *error == Errc::damaged || *error == Errc::failed);
    }
    EXPECT_GT(accepted, 0);  // ids and fingerprints are any bytes
}

TEST(PackTable, that_is_not_sorted_repeats_an_id_or_claims_too_much_is_refused) {
    const auto refused = [](const std::function<void(Table&)>& change) {
        Table table = sample_table();
        change(table);
        return error_of([&] { decode_table(encode_table(table), "table"); }) == Errc::damaged;
    };
    EXPECT_FALSE(refused([](Table&) {}));
    EXPECT_TRUE(refused([](Table& table) { std::swap(table.entries[3], table.entries[4]); }));
    EXPECT_TRUE(refused([](Table& table) { table.entries[4].id = table.entries[3].id; }));
    EXPECT_TRUE(refused([](Table& table) { table.entries[3].segment = 3; }));
    EXPECT_TRUE(refused([](Table& table) { table.entries[3].offset = 65'536; }));
    EXPECT_TRUE(refused([](Table& table) { table.entries[3].record_size = 1ull << 60; }));
    EXPECT_TRUE(refused([](Table& table) { table.segments.clear(); }));
    // An entry count that the bytes cannot hold takes no memory.
    Bytes bytes{0};
    append_varint(bytes, 1ull << 60);
    EXPECT_EQ(error_of([&] { decode_table(bytes, "table"); }), Errc::damaged);
}

// A text of `lines` lines, one of them changed.
Bytes text(int lines, int changed) {
    std::string out;
    std::mt19937_64 rng(7);
    for (int i = 0; i < lines; ++i)
        out += "<value id=\"" + std::to_string(rng()) + "\">" + std::to_string(i == changed ? -1 : i) +
               "</value>\n";
    return {out.begin(), out.end()};
}

TEST_F(Packs, a_version_against_the_one_before_costs_what_changed) {
    auto first = objects();
    const Bytes base = text(2000, 0);
    ObjectId like = id_of(ObjectType::blob, base);
    first->put(like, ObjectType::blob, base);
    auto packs = first->flush();
    const auto whole = packs.front().size;
    for (int version = 1; version <= 10; ++version) {
        auto next = objects(packs);
        const Bytes data = text(2000, version);
        const auto id = id_of(ObjectType::blob, data);
        next->put(id, ObjectType::blob, data, like);
        for (const auto& pack : next->flush()) {
            EXPECT_LE(pack.size, 1024U);
            packs.push_back(pack);
        }
        like = id;
    }
    EXPECT_GT(whole, 20'000U);
    auto reading = objects(packs);
    for (int version = 0; version <= 10; ++version) {
        const Bytes data = text(2000, version);
        EXPECT_EQ(reading->read(id_of(ObjectType::blob, data))->data, data);
    }
}

TEST_F(Packs, a_chain_of_deltas_has_an_end) {
    std::vector<PackInfo> packs;
    std::optional<ObjectId> like;
    std::uint8_t deepest = 0;
    for (int version = 0; version < 150; ++version) {
        auto next = objects(packs);
        const Bytes data = text(20, version);
        const auto id = id_of(ObjectType::blob, data);
        next->put(id, ObjectType::blob, data, like);
        for (const auto& pack : next->flush()) packs.push_back(pack);
        like = id;
    }
    auto reading = objects(packs);
    reading->each_table([&](const PackInfo&, const Table& table) {
        for (const auto& entry : table.entries) deepest = std::max(deepest, entry.depth);
    });
    EXPECT_GT(deepest, 1);
    EXPECT_LE(deepest, 16);
    EXPECT_TRUE(reading->read(*like));
}

TEST_F(Packs, a_base_that_is_damaged_or_gone_is_none) {
    auto first = objects();
    const Bytes base = text(500, 0);
    const auto like = id_of(ObjectType::blob, base);
    first->put(like, ObjectType::blob, base);
    const auto packs = first->flush();
    const Bytes data = text(500, 1);
    const auto id = id_of(ObjectType::blob, data);
    auto without = objects();
    without->put(id, ObjectType::blob, data, like);
    auto alone = objects(without->flush());
    EXPECT_EQ(alone->read(id)->data, data);
}

TEST_F(Packs, a_delta_whose_base_is_gone_is_damage) {
    auto first = objects();
    const Bytes base = text(500, 0);
    const auto like = id_of(ObjectType::blob, base);
    first->put(like, ObjectType::blob, base);
    auto second = objects(first->flush());
    const Bytes data = text(500, 1);
    const auto id = id_of(ObjectType::blob, data);
    second->put(id, ObjectType::blob, data, like);
    auto alone = objects(second->flush());
    EXPECT_EQ(error_of([&] { (void)alone->read(id); }), Errc::damaged);
}

TEST(PackRecord, is_held_against_what_the_table_says_of_it) {
    const Bytes data = noise(500, 1);
    const Bytes record = encode_record(ObjectType::blob, data);
    TableEntry entry;
    entry.codec = static_cast<Codec>(record[1]);
    entry.size = data.size();
    EXPECT_EQ(decode_record(record, entry, "pack", no_base).data, data);
    const auto refused = [&](const std::function<void(TableEntry&)>& change) {
        TableEntry other = entry;
        change(other);
        return error_of([&] { decode_record(record, other, "pack", no_base); }) == Errc::damaged;
    };
    EXPECT_TRUE(refused([](TableEntry& e) { e.type = ObjectType::tree; }));
    EXPECT_TRUE(refused([](TableEntry& e) { e.codec = Codec::zstd; }));
    EXPECT_TRUE(refused([](TableEntry& e) { e.depth = 1; }));
    EXPECT_TRUE(refused([](TableEntry& e) { ++e.size; }));
    for (std::size_t size = 0; size < record.size(); ++size)
        ASSERT_EQ(error_of([&] { decode_record(ByteView(record).first(size), entry, "pack", no_base); }),
                  Errc::damaged);
}

TEST(PackRecord, of_a_list_whose_text_is_a_list_again_is_damage) {
    Bytes list;
    append_row(list, {ObjectId{}, chunk_max});
    Bytes record = encode_list_record(chunk_max, list);
    TableEntry entry;
    entry.codec = Codec::chunk_list;
    entry.size = chunk_max;
    EXPECT_EQ(decode_record(record, entry, "pack", no_base).data, list);
    const auto codec_at = record.size() - list.size() - 2;
    ASSERT_EQ(record[codec_at], 0);  // raw: it is too short to be compressed
    for (const int codec : {2, 3, 4, 255}) {
        record[codec_at] = static_cast<std::uint8_t>(codec);
        EXPECT_EQ(error_of([&] { decode_record(record, entry, "pack", no_base); }), Errc::damaged);
    }
}

}  // namespace
}  // namespace coffre::pack
