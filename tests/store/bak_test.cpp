// A snapshot as one file: what is in it, what is found wrong with one that was touched, and what is taken in.

#include <gtest/gtest.h>

#include "store/repo/bak_snapshot.hpp"
#include "tests/support/repository_fixture.hpp"

namespace coffre {
namespace {

using odb::EntryMode;
using test::capture;
using test::equipment_name;
using test::Machine;
using test::MemoryFileSystem;
using test::request_for;
using test::Tree;

const std::string name = "CLIEXEMP_SIEGEPARIS_NVR_NVR-HALL_20250510_0300_HEBDO";
const Tree tree{{"config.xml", {EntryMode::file, "<camera id='1'/>"}},
                {"run.sh", {EntryMode::executable, "exit 0"}},
                {"latest", {EntryMode::link, "config.xml"}},
                {"folder/.git", {EntryMode::file, "not a repository"}},
                {"nothing", {EntryMode::tree, ""}}};

template <class Fn>
std::optional<Error> error_of(Fn&& fn) {
    try {
        fn();
    } catch (const Error& error) {
        return error;
    }
    return std::nullopt;
}

class BakTest : public testing::Test {
protected:
    void SetUp() override {
        one_.create_with_equipment();
        auto request = request_for(equipment_name);
        request.at = parse_rfc3339("2025-05-10T01:00:00Z");
        snapshot_ = capture(one_.open(), tree, request);
    }

    Bytes exported(const journal::Snapshot& snapshot, const std::string& as = name) {
        const auto folder = files_.make_directories("/out");
        {
            const auto file = folder->create_file("scratch", 0600);
            one_.repository().write_bak(snapshot, as, *file, "scratch");
        }
        auto bytes = read_file(*folder, "scratch", 1 << 30).value();
        folder->remove_file("scratch");
        return bytes;
    }
    Bytes exported() { return exported(snapshot_); }

    std::unique_ptr<File> file_of(ByteView bytes) {
        const auto folder = files_.make_directories("/in");
        folder->remove_file("x");
        folder->create_file("x", 0600)->write(bytes);
        return folder->open_file("x");
    }
    repo::BakFile bak(ByteView bytes) { return {file_of(bytes), "x.bak"}; }

    // The damage that opening these bytes without a key shows.
    void expect_damaged(ByteView bytes, const std::string& what) {
        const auto error = error_of([&] { bak(bytes); });
        ASSERT_TRUE(error) << what;
        EXPECT_EQ(error->code(), Errc::damaged) << what;
        EXPECT_EQ(error->message().args.at(0), "x.bak") << what;
    }

    static Tree read_back(repo::BakSnapshot& content) {
        Tree found;
        for (const auto& entry : content.list())
            found[entry.path] = {entry.mode,
                                 entry.empty_folder ? "" : std::string(as_text(content.read_file(entry)))};
        return found;
    }

    MemoryFileSystem files_;
    Machine one_{files_};
    journal::Snapshot snapshot_;
};

TEST_F(BakTest, opens_with_a_slot_alone_and_gives_back_every_file) {
    auto file = bak(exported());
    for (const auto& credentials : {one_.key_file(), Machine::passphrase()}) {
        repo::BakSnapshot content(file, one_.environment(), credentials);
        EXPECT_EQ(read_back(content), tree);
        EXPECT_EQ(content.snapshot().commit, snapshot_.commit);
        EXPECT_EQ(content.snapshot().kinds, snapshot_.kinds);
        EXPECT_EQ(content.signer_name(), "tester@one");
        content.verify();
    }
    EXPECT_EQ(file.header().name, name);
    EXPECT_EQ(file.header().repository, one_.repository().id());
    EXPECT_EQ(file.parts().list("keys").size(), 2U);
}

TEST_F(BakTest, another_secret_opens_nothing) {
    auto file = bak(exported());
    const auto error = error_of([&] {
        const repo::BakSnapshot content(file, one_.environment(), Machine::passphrase("another passphrase"));
    });
    ASSERT_TRUE(error);
    EXPECT_EQ(error->code(), Errc::no_key);
}

TEST_F(BakTest, a_flip_of_any_byte_is_found_without_a_key) {
    auto bytes = exported();
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const auto kept = bytes[i];
        for (const int bit : {0, 3, 7}) {
            bytes[i] = static_cast<std::uint8_t>(kept ^ (1U << bit));
            expect_damaged(bytes, "byte " + std::to_string(i));
            if (HasFatalFailure()) return;
        }
        bytes[i] = kept;
    }
    EXPECT_NO_THROW(bak(bytes));
}

TEST_F(BakTest, a_flip_in_the_magic_still_looks_like_an_export) {
    auto bytes = exported();
    EXPECT_TRUE(repo::looks_like_bak(*file_of(bytes)));
    for (std::size_t i = 0; i < repo::bak_magic.size(); ++i) {
        auto flipped = bytes;
        flipped[i] ^= 0x40;
        EXPECT_TRUE(repo::looks_like_bak(*file_of(flipped))) << i;
    }
    EXPECT_TRUE(repo::looks_like_bak(*file_of(ByteView(bytes).first(3))));
    EXPECT_FALSE(repo::looks_like_bak(*file_of(as_bytes("PK\3\4 a vendor's archive"))));
    EXPECT_FALSE(repo::looks_like_bak(*file_of({})));
}

TEST_F(BakTest, an_end_at_any_byte_is_found_and_so_is_anything_behind_it) {
    auto bytes = exported();
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        expect_damaged(ByteView(bytes).first(size), "size " + std::to_string(size));
        if (HasFatalFailure()) return;
    }
    bytes.push_back(0);
    expect_damaged(bytes, "one byte more");
}

TEST_F(BakTest, a_length_that_lies_asks_for_no_memory) {
    const auto bytes = exported();
    const auto header_size = load_u32(bytes.data() + 8);
    std::vector<std::pair<std::size_t, std::size_t>> fields{{8, 4}};
    for (std::size_t at = 12 + header_size; at < bytes.size();) {
        fields.emplace_back(at + 1, 8);
        at += 9 + load_u64(bytes.data() + at + 1);
    }
    ASSERT_GT(fields.size(), 5U);
    for (const auto& [at, size] : fields) {
        for (const std::uint8_t value : Bytes{0x00, 0x7f, 0xff}) {
            auto hostile = bytes;
            std::fill_n(hostile.begin() + static_cast<std::ptrdiff_t>(at), size, value);
            expect_damaged(hostile, "length at " + std::to_string(at));
        }
    }
}

// Signed anew by a key that nobody admitted, with everything else in order.
TEST_F(BakTest, one_that_a_stranger_signed_is_refused_by_whoever_has_a_key) {
    const auto bytes = exported();
    const crypto::SigningKey stranger(Bytes(32, 7));
    const auto signer = bak(bytes).header().signer.hex();
    std::string text(as_text(bytes));
    text.replace(text.find(signer), signer.size(), stranger.id().hex());
    constexpr std::size_t tail = 9 + crypto::Signature::size;
    const auto body = as_bytes(text).first(text.size() - tail);
    const auto signature =
        stranger.sign(repo::bak_signature_message(one_.repository().id(), crypto::sha256(body)));
    Bytes forged(body.begin(), body.end());
    append(forged, ByteView(bytes).last(tail).first(9));
    append(forged, signature.view());

    auto file = bak(forged);  // whole, as far as one without a key can see
    const auto error =
        error_of([&] { const repo::BakSnapshot content(file, one_.environment(), one_.key_file()); });
    ASSERT_TRUE(error);
    EXPECT_EQ(error->code(), Errc::damaged);
    EXPECT_EQ(error->message().id, Msg::bak_damaged);
}

// By a machine of the site, but under a name that is not the snapshot's.
TEST_F(BakTest, proc_4_5_a_name_that_the_content_contradicts_is_refused_with_a_key) {
    for (const std::string other : {"CLIEXEMP_SIEGEPARIS_NVR_NVR-HALL_20250511_0300_HEBDO",
                                    "CLIEXEMP_SIEGEPARIS_NVR_NVR-HALL_20250510_0300_POST",
                                    "CLIEXEMP_SIEGEPARIS_NVR_NVR-CAVE_20250510_0300_HEBDO",
                                    "CLIEXEMP_SIEGELYON_NVR_NVR-HALL_20250510_0300_HEBDO"}) {
        auto file = bak(exported(snapshot_, other));
        const auto error =
            error_of([&] { const repo::BakSnapshot content(file, one_.environment(), one_.key_file()); });
        ASSERT_TRUE(error) << other;
        EXPECT_EQ(error->code(), Errc::damaged) << other;
    }
    for (const auto& right : {name, "CLIEXEMP_SIEGEPARIS_NVR_NVR-HALL_20250510_0300_MENSUEL~" +
                                        snapshot_.commit.hex().substr(0, 8)}) {
        auto file = bak(exported(snapshot_, right));
        EXPECT_NO_THROW(repo::BakSnapshot(file, one_.environment(), one_.key_file())) << right;
    }
}

TEST_F(BakTest, proc_4_5_a_file_of_another_name_is_refused) {
    const auto file = bak(exported());
    EXPECT_NO_THROW(file.check_name(name + ".bak"));
    for (const auto& other : {name, name + ".BAK", "copy of " + name + ".bak", std::string("x.bak")}) {
        const auto error = error_of([&] { file.check_name(other); });
        ASSERT_TRUE(error) << other;
        EXPECT_EQ(error->code(), Errc::damaged) << other;
    }
}

TEST_F(BakTest, nothing_of_the_content_and_no_id_of_git_shows_in_clear) {
    const auto bytes = exported();
    const auto text = as_text(bytes);
    for (const auto& clear :
         {std::string("camera"), std::string("config.xml"), std::string("tester@one"),
          std::string("weekly round"), snapshot_.commit.hex(), std::string(as_text(snapshot_.commit.view()))})
        EXPECT_EQ(text.find(clear), std::string_view::npos) << clear;
}

TEST_F(BakTest, a_large_file_is_exported_and_taken_in_by_pieces) {
    std::string large;
    for (std::uint32_t i = 0; large.size() < 9'000'000; ++i) large += std::to_string(i * 2654435761U) + "\n";
    const Tree with_large{{"video.db", {EntryMode::file, large}}, {"a", {EntryMode::file, "a"}}};
    auto request = request_for(equipment_name, "POST");
    request.at = parse_rfc3339("2025-05-11T01:00:00Z");
    const auto snapshot = capture(one_.repository(), with_large, request);
    auto file = bak(exported(snapshot, "CLIEXEMP_SIEGEPARIS_NVR_NVR-HALL_20250511_0300_POST"));
    repo::BakSnapshot content(file, one_.environment(), one_.key_file());
    content.verify();
    EXPECT_EQ(read_back(content), with_large);

    // Another repository of the site, which has nothing of it.
    MemoryFileSystem elsewhere;
    Machine two(elsewhere, "two");
    two.create();
    auto& repository = two.open();
    const auto before = two.clock.now();
    auto writer = repository.begin_snapshot(equipment_name);
    const auto taken = writer.take_in(content, "files", {{"type", "import"}});
    ASSERT_TRUE(taken);
    EXPECT_EQ(taken->commit, snapshot.commit);
    EXPECT_EQ(taken->kinds.front(), "POST");
    EXPECT_EQ(taken->time, snapshot.time);
    EXPECT_TRUE(taken->dated_by_operator);
    EXPECT_GE(taken->recorded_at, before);
    EXPECT_EQ(test::read_back(repository, *taken), with_large);
    EXPECT_TRUE(two.open().verify(true, [](auto, auto) {}).errors.empty());
    EXPECT_NE(two.repository().state().find_equipment(equipment_name), nullptr);

    auto again = two.repository().begin_snapshot(equipment_name);
    EXPECT_FALSE(again.take_in(content, "files", {{"type", "import"}}));
    EXPECT_EQ(two.repository().state().snapshots.size(), 1U);
}

}  // namespace
}  // namespace coffre
