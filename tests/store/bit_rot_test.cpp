// Every bit of every file of a small repository turned, and every file cut at every length: it is found,
// refused, or without effect. Never wrong bytes, and never any other exception than Error.

#include <algorithm>

#include <gtest/gtest.h>

#include "store/repo/reserve.hpp"
#include "tests/support/memory_blob_store.hpp"
#include "tests/support/repository_fixture.hpp"

namespace coffre {
namespace {

using test::capture;
using test::described;
using test::MemoryBlobStore;
using test::read_back;
using test::Tree;

class BitRot : public testing::Test {
protected:
    void SetUp() override {
        crypto::start();
        auto options = repo::CreateOptions{};
        options.site.client = "CLIEXEMP";
        options.site.site = "SIEGEPARIS";
        options.passphrase = test::test_passphrase;
        options.cost = test::cheap_cost;
        options.actor_name = "tester@one";
        options.write_key_file = [&](std::string_view text) { key_ = text; };
        // The machine's key is kept, so that all batches are of one actor; caches are not, so that every
        // opening reads what lies there.
        repo::create(store_, environment(), {"", "/state"}, options);
        auto repository = open(false);
        test::add_equipment(*repository);
        first_ = {{"config.xml", {odb::EntryMode::file, "<camera id='1'/>"}},
                  {"users/admin", {odb::EntryMode::file, "rights=all\n"}},
                  {"empty", {odb::EntryMode::tree, ""}}};
        second_ = first_;
        second_["config.xml"].content = "<camera id='2'/>";
        second_["latest"] = {odb::EntryMode::link, "config.xml"};
        capture(*repository, first_);
        clock_.advance_ms(60'000);
        capture(*repository, second_);
        store_.remove(repo::reserve_name);  // random bytes that mean nothing
    }

    Environment environment() { return {files_, clock_, random_, 1}; }

    std::unique_ptr<repo::Repository> open(bool tolerate_damage) {
        repo::Credentials credentials;
        credentials.key_file_path = "site.key";
        credentials.key_file = key_;
        repo::Repository::Options options;
        options.folders = {"", "/state"};
        options.actor_name = "tester@one";
        options.tolerate_damage = tolerate_damage;
        return std::make_unique<repo::Repository>(store_, environment(), credentials, options);
    }

    // Whoever checks names without a key finds exactly this file.
    testing::AssertionResult found_by_names(const std::string& name) {
        const auto report = repo::verify_names(store_, nullptr);
        if (report.errors.size() == 1 && report.errors.front().path == name)
            return testing::AssertionSuccess();
        return testing::AssertionFailure() << name << " not found, but: " << described(report);
    }

    // Right bytes, or a refusal. An incomplete journal is a refusal too: no snapshot may be missing.
    testing::AssertionResult right_or_refused() {
        try {
            auto repository = open(false);
            const auto& snapshots = repository->state().snapshots;
            if (snapshots.size() != 2) return testing::AssertionFailure() << snapshots.size() << " snapshots";
            for (std::size_t i = 0; i < 2; ++i) {
                try {
                    if (read_back(*repository, snapshots[i]) != (i == 0 ? first_ : second_))
                        return testing::AssertionFailure() << "wrong bytes in snapshot " << i;
                    ++read_;
                } catch (const Error& error) {
                    if (error.code() != Errc::damaged)
                        return testing::AssertionFailure() << "reading: " << error.what();
                    ++refused_;
                }
            }
        } catch (const Error& error) {
            if (error.code() != Errc::damaged && error.code() != Errc::no_key)
                return testing::AssertionFailure() << "opening: " << error.what();
            ++refused_;
        } catch (const std::exception& error) {
            return testing::AssertionFailure() << "not an Error: " << error.what();
        }
        return testing::AssertionSuccess();
    }

    // The opened check names the file too, for whoever has a key.
    testing::AssertionResult found_by_verify(const std::string& name) {
        try {
            const auto report = open(true)->verify(true, nullptr);
            const bool named = std::any_of(report.errors.begin(), report.errors.end(),
                                           [&](const auto& error) { return error.path == name; });
            return named ? testing::AssertionSuccess()
                         : testing::AssertionFailure() << name << " not named, but: " << described(report);
        } catch (const Error& error) {
            if (error.code() == Errc::damaged || error.code() == Errc::no_key)
                return testing::AssertionSuccess();
            return testing::AssertionFailure() << "verify: " << error.what();
        } catch (const std::exception& error) {
            return testing::AssertionFailure() << "not an Error: " << error.what();
        }
    }

    test::MemoryFileSystem files_;
    test::FakeClock clock_;
    test::FakeRandom random_{77};
    MemoryBlobStore store_;
    std::string key_;
    Tree first_;
    Tree second_;
    int read_ = 0;
    int refused_ = 0;
};

// What a reader parses before any seal protects it: tried bit by bit, and the rest one bit a byte, as reading
// takes a thousand times longer than checking a name.
bool every_bit(const std::string& name, std::size_t offset, std::size_t size) {
    if (name == "coffre.json") return true;
    if (name.starts_with("keys/")) return offset < 128;
    if (name.starts_with("packs/"))
        return offset < crypto::pack_header_size || offset + pack::pack_footer_size >= size;
    return offset < crypto::sealed_header_size;
}

TEST_F(BitRot, of_any_bit_is_found_by_the_file_s_name_and_never_read_as_something_else) {
    std::size_t cases = 0;
    for (const auto& [name, bytes] : store_.blobs()) {
        if (name.starts_with("tmp/")) continue;
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            for (unsigned bit = 0; bit < 8; ++bit) {
                Bytes turned = bytes;
                turned[i] = static_cast<std::uint8_t>(turned[i] ^ (1U << bit));
                store_.overwrite(name, std::move(turned));
                ASSERT_TRUE(found_by_names(name)) << "byte " << i << ", bit " << bit;
                if (!every_bit(name, i, bytes.size()) && bit != i % 8) continue;
                ++cases;
                ASSERT_TRUE(right_or_refused()) << name << ", byte " << i << ", bit " << bit;
                if (i % 16 == 0 && bit == (i / 16) % 8) {
                    ASSERT_TRUE(found_by_verify(name)) << "byte " << i << ", bit " << bit;
                }
            }
        }
        store_.overwrite(name, bytes);
    }
    EXPECT_GT(cases, 10'000U);
    EXPECT_GT(read_, 0);
    EXPECT_GT(refused_, 0);
}

TEST_F(BitRot, cut_at_any_length_a_file_is_found_by_its_name_and_never_read_as_something_else) {
    for (const auto& [name, bytes] : store_.blobs()) {
        if (name.starts_with("tmp/")) continue;
        for (std::size_t size = 0; size < bytes.size(); ++size) {
            store_.overwrite(name, Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)));
            ASSERT_TRUE(found_by_names(name)) << "cut at " << size;
            // The seals protect what lies between the two ends.
            if (size > 256 && bytes.size() - size > 64 && size % 8 != 0) continue;
            ASSERT_TRUE(right_or_refused()) << name << " cut at " << size;
            if (size % 16 == 0) {
                ASSERT_TRUE(found_by_verify(name)) << "cut at " << size;
            }
        }
        store_.overwrite(name, bytes);
    }
}

TEST_F(BitRot, that_makes_a_file_longer_is_found) {
    for (const auto& [name, bytes] : store_.blobs()) {
        if (name.starts_with("tmp/")) continue;
        for (const std::uint8_t added : Bytes{0x00, 0x0a, 0xff}) {
            Bytes longer = bytes;
            longer.push_back(added);
            store_.overwrite(name, std::move(longer));
            EXPECT_TRUE(found_by_names(name));
            EXPECT_TRUE(right_or_refused()) << name;
            EXPECT_TRUE(found_by_verify(name));
        }
        store_.overwrite(name, bytes);
    }
}

TEST_F(BitRot, that_takes_a_whole_file_away_is_found_or_refused) {
    for (const auto& [name, bytes] : store_.blobs()) {
        if (name.starts_with("tmp/") || name == "coffre.json") continue;
        // The newest batch is the one thing whose loss only another copy can tell of.
        const auto state = open(false)->state();
        store_.remove(name);
        try {
            auto repository = open(true);
            const bool newest = repository->state().batches + 1 == state.batches &&
                                repository->state().last_time < state.last_time &&
                                name.starts_with("journal/");
            if (!newest) {
                EXPECT_FALSE(repository->verify(true, nullptr).errors.empty()) << name;
            }
        } catch (const Error& error) {
            EXPECT_TRUE(error.code() == Errc::damaged || error.code() == Errc::no_key)
                << name << error.what();
        }
        store_.overwrite(name, bytes);
    }
}

TEST_F(BitRot, in_a_seal_that_bears_a_right_name_again_is_still_refused) {
    // Whoever tampers renames: the seals alone must hold.
    for (const auto& [name, bytes] : store_.blobs()) {
        const auto slash = name.find('/');
        const auto dot = name.rfind('.');
        if (name.starts_with("tmp/") || slash == std::string::npos) continue;
        store_.remove(name);
        for (std::size_t i = 0; i < bytes.size(); i += 7) {
            Bytes turned = bytes;
            turned[i] = static_cast<std::uint8_t>(turned[i] ^ (1U << (i % 8)));
            const auto forged = name.substr(0, slash + 1) + crypto::sha256(turned).hex() + name.substr(dot);
            store_.overwrite(forged, turned);
            ASSERT_TRUE(right_or_refused()) << name << ", byte " << i;
            store_.remove(forged);
        }
        store_.overwrite(name, bytes);
    }
}

TEST_F(BitRot, in_one_snapshot_s_pack_leaves_what_lies_elsewhere_readable) {
    const auto state = open(false)->state();
    const auto& newest = state.snapshots.back();
    const auto name = pack::pack_blob_name(newest.packs.back().name);
    Bytes bytes = store_.blobs().at(name);
    bytes[200] ^= 1;
    store_.overwrite(name, bytes);
    auto repository = open(false);
    EXPECT_EQ(read_back(*repository, repository->state().snapshots.front()), first_);
}

TEST_F(BitRot, of_the_passphrase_slot_does_not_keep_the_key_file_out) {
    for (const auto& [name, bytes] : store_.blobs()) {
        if (!name.starts_with("keys/")) continue;
        const auto header = crypto::parse_slot(bytes, name);
        if (header.type != crypto::SlotType::passphrase) continue;
        Bytes turned = bytes;
        turned.back() ^= 1;
        store_.overwrite(name, turned);
        EXPECT_EQ(open(false)->state().snapshots.size(), 2U);
        // And whoever has only the passphrase is told of damage, not that it is wrong.
        repo::Credentials credentials;
        credentials.passphrase = [] { return std::string(test::test_passphrase); };
        EXPECT_EQ(test::error_of([&] { repo::Repository(store_, environment(), credentials, {}); }),
                  Errc::damaged);
    }
}

}  // namespace
}  // namespace coffre
