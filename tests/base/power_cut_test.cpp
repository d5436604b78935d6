// What is left after a power cut, at every operation and in many of the states that POSIX allows.

#include <set>

#include <gtest/gtest.h>

#include "base/blob_store.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/fake_random.hpp"
#include "tests/support/faulty.hpp"
#include "tests/support/memory_file_system.hpp"

namespace coffre {
namespace {

using test::FaultyFileSystem;
using test::MemoryFileSystem;
using test::PowerCut;
using test::SimulatedCrash;

constexpr int states_per_cut = 50;

std::string read(FileSystem& files, const std::string& folder, const std::string& name) {
    const auto opened = files.open_directory(folder);
    const auto bytes = opened ? read_file(*opened, name, 1 << 20) : std::nullopt;
    return bytes ? std::string(as_text(*bytes)) : "(not there)";
}

TEST(PowerCut, whatever_put_returned_for_is_there_and_whole) {
    test::FakeClock clock;
    test::FakeRandom random;
    std::mt19937_64 rng(20261123);
    const std::vector<std::pair<std::string, Bytes>> blobs{
        {"packs/a", Bytes(2000, 0xaa)}, {"coffre.json", Bytes(700, 0xcc)}, {"packs/b", Bytes(1, 0xbb)}};
    bool completed = false;
    for (std::uint64_t n = 1; !completed; ++n) {
        ASSERT_LT(n, 100U);
        MemoryFileSystem memory;
        FaultyFileSystem faulty(memory);
        faulty.crash_at(n);
        std::size_t returned = 0;
        try {
            const auto store = directory_blob_store(faulty.make_directories("/repo"), clock, random);
            for (const auto& [name, bytes] : blobs) {
                store->put(name, bytes);
                ++returned;
            }
            completed = true;
        } catch (const SimulatedCrash&) {
        }
        for (int state = 0; state < states_per_cut; ++state) {
            SCOPED_TRACE("operation " + std::to_string(n) + ", state " + std::to_string(state));
            const PowerCut policy = state == 0   ? PowerCut::lose_all
                                    : state == 1 ? PowerCut::keep_all
                                                 : PowerCut::random;
            MemoryFileSystem after = memory.power_cut(rng, policy);
            const auto store = directory_blob_store(after.make_directories("/repo"), clock, random);
            for (std::size_t i = 0; i < blobs.size(); ++i) {
                const auto found = store->get(blobs[i].first, 1 << 20);
                if (i < returned) {
                    ASSERT_TRUE(found) << blobs[i].first;
                }
                if (found) {
                    ASSERT_EQ(*found, blobs[i].second) << blobs[i].first;
                }
            }
            // And the work goes on.
            for (const auto& [name, bytes] : blobs) store->put(name, bytes);
            MemoryFileSystem later = after.power_cut(rng, PowerCut::lose_all);
            for (const auto& [name, bytes] : blobs) {
                const auto [folder, file] = split_path("/repo/" + name);
                ASSERT_EQ(read(later, folder, file), as_text(bytes)) << name;
            }
        }
    }
}

TEST(PowerCut, a_file_written_durably_is_the_old_one_or_the_new_one) {
    std::mt19937_64 rng(7);
    const std::string before(1500, 'o');
    const std::string now(2500, 'n');
    bool completed = false;
    std::set<std::string> seen;
    for (std::uint64_t n = 1; !completed; ++n) {
        ASSERT_LT(n, 50U);
        MemoryFileSystem memory;
        FaultyFileSystem faulty(memory);
        const auto root = faulty.make_directories("/r");
        const auto scratch = root->make_directory("scratch");
        write_file_durably(*scratch, "s", *root, "f", as_bytes(before));
        faulty.reset();
        faulty.crash_at(n);
        try {
            write_file_durably(*scratch, "s", *root, "f", as_bytes(now));
            completed = true;
        } catch (const SimulatedCrash&) {
        }
        for (int state = 0; state < states_per_cut; ++state) {
            MemoryFileSystem after = memory.power_cut(rng);
            const std::string found = read(after, "/r", "f");
            seen.insert(found);
            ASSERT_TRUE(found == now || (!completed && found == before)) << n << ": " << found.size();
        }
    }
    EXPECT_EQ(seen.size(), 2U);
}

// The model itself: it must be able to lose all that it may lose, or the promises above prove nothing.

TEST(PowerCutModel, an_unsynced_write_is_kept_lost_torn_or_zeros) {
    std::mt19937_64 rng(1);
    MemoryFileSystem memory;
    const auto folder = memory.make_directories("/r");
    const auto file = folder->create_file("f", 0600);
    folder->sync();
    file->write(as_bytes(std::string(100, 's')));
    file->sync();
    file->write(as_bytes(std::string(1500, 'x')));
    const std::string head(100, 's');
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) {
        MemoryFileSystem after = memory.power_cut(rng);
        seen.insert(read(after, "/r", "f"));
    }
    const std::set<std::string> expected{head + std::string(1500, 'x'),  head,
                                         head + std::string(1500, '\0'), head + std::string(412, 'x'),
                                         head + std::string(924, 'x'),   head + std::string(1436, 'x')};
    EXPECT_EQ(seen, expected);
}

TEST(PowerCutModel, a_file_is_lost_without_its_folder_synced_and_empty_without_itself_synced) {
    std::mt19937_64 rng(1);
    MemoryFileSystem memory;
    const auto folder = memory.make_directories("/r");
    const auto one = folder->create_file("one", 0600);
    one->write(as_bytes("1"));
    folder->sync();
    const auto two = folder->create_file("two", 0600);
    two->write(as_bytes("2"));
    two->sync();
    MemoryFileSystem lost = memory.power_cut(rng, PowerCut::lose_all);
    EXPECT_EQ(read(lost, "/r", "one"), "");
    EXPECT_EQ(read(lost, "/r", "two"), "(not there)");
    MemoryFileSystem kept = memory.power_cut(rng, PowerCut::keep_all);
    EXPECT_EQ(read(kept, "/r", "one"), "1");
    EXPECT_EQ(read(kept, "/r", "two"), "2");
    EXPECT_EQ(read(memory, "/r", "two"), "2");  // the original goes on
}

TEST(PowerCutModel, a_rename_across_folders_is_found_in_either_in_both_or_in_none) {
    std::mt19937_64 rng(1);
    MemoryFileSystem memory;
    const auto a = memory.make_directories("/a");
    const auto b = memory.make_directories("/b");
    const auto file = a->create_file("f", 0600);
    file->write(as_bytes("x"));
    file->sync();
    a->sync();
    a->rename("f", *b, "f");
    const auto states = [&] {
        std::set<std::pair<bool, bool>> seen;
        for (int i = 0; i < 200; ++i) {
            MemoryFileSystem after = memory.power_cut(rng);
            const bool in_a = read(after, "/a", "f") == "x";
            const bool in_b = read(after, "/b", "f") == "x";
            seen.emplace(in_a, in_b);
            if (in_a && in_b) {
                EXPECT_EQ(after.stat("/a/f")->inode, after.stat("/b/f")->inode);
            }
        }
        return seen;
    };
    EXPECT_EQ(states().size(), 4U);
    b->sync();
    EXPECT_EQ(states(), (std::set<std::pair<bool, bool>>{{false, true}, {true, true}}));
    a->sync();
    EXPECT_EQ(states(), (std::set<std::pair<bool, bool>>{{false, true}}));
}

TEST(PowerCutModel, changes_of_names_are_kept_in_any_order) {
    std::mt19937_64 rng(1);
    MemoryFileSystem memory;
    const auto folder = memory.make_directories("/r");
    for (const char* name : {"a", "b", "c"}) folder->create_file(name, 0600)->sync();
    std::set<std::string> seen;
    for (int i = 0; i < 500; ++i) {
        MemoryFileSystem after = memory.power_cut(rng);
        std::string names;
        for (const auto& entry : after.open_directory("/r")->entries()) names += entry.name;
        seen.insert(names);
    }
    EXPECT_EQ(seen.size(), 8U);
}

TEST(PowerCutModel, a_removed_name_may_come_back_until_its_folder_is_synced) {
    std::mt19937_64 rng(1);
    MemoryFileSystem memory;
    const auto folder = memory.make_directories("/r");
    const auto file = folder->create_file("f", 0600);
    file->write(as_bytes("x"));
    file->sync();
    folder->sync();
    folder->remove_file("f");
    MemoryFileSystem lost = memory.power_cut(rng, PowerCut::lose_all);
    EXPECT_EQ(read(lost, "/r", "f"), "x");
    folder->sync();
    MemoryFileSystem gone = memory.power_cut(rng, PowerCut::lose_all);
    EXPECT_EQ(read(gone, "/r", "f"), "(not there)");
}

TEST(PowerCutModel, locks_do_not_survive_and_the_survivor_is_durable) {
    std::mt19937_64 rng(1);
    MemoryFileSystem memory;
    const auto folder = memory.make_directories("/r");
    const auto held = folder->try_lock("lock", LockMode::exclusive);
    folder->create_file("f", 0600)->write(as_bytes("x"));
    MemoryFileSystem after = memory.power_cut(rng, PowerCut::keep_all);
    EXPECT_TRUE(after.open_directory("/r")->try_lock("lock", LockMode::exclusive));
    MemoryFileSystem again = after.power_cut(rng, PowerCut::lose_all);
    EXPECT_EQ(read(again, "/r", "f"), "x");
    EXPECT_FALSE(folder->try_lock("lock", LockMode::exclusive));
}

TEST(PowerCutModel, a_put_that_does_not_sync_is_caught) {
    // What a careless writer does: write in place, sync the file, forget the folder.
    std::mt19937_64 rng(1);
    MemoryFileSystem memory;
    const auto folder = memory.make_directories("/r");
    const auto file = folder->create_file("f", 0600);
    file->write(as_bytes("x"));
    file->sync();
    bool lost = false;
    for (int i = 0; i < states_per_cut; ++i) {
        MemoryFileSystem after = memory.power_cut(rng);
        lost = lost || read(after, "/r", "f") != "x";
    }
    EXPECT_TRUE(lost);
}

}  // namespace
}  // namespace coffre
