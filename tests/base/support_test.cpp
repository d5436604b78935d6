// The stand-ins that other tests rely on.

#include <gtest/gtest.h>

#include "tests/support/faulty.hpp"
#include "tests/support/memory_blob_store.hpp"
#include "tests/support/memory_file_system.hpp"

namespace coffre::test {
namespace {

Bytes bytes_of(std::string_view text) { return {as_bytes(text).begin(), as_bytes(text).end()}; }

TEST(FaultyFileSystem, fails_the_nth_operation_once_or_from_then_on) {
    MemoryFileSystem memory;
    FaultyFileSystem faulty(memory);
    const auto folder = faulty.make_directories("/r");
    EXPECT_EQ(faulty.operations(), 1U);
    faulty.fail_at(3, io_error());
    folder->create_file("a", 0600);
    EXPECT_THROW(folder->create_file("b", 0600), Error);
    EXPECT_FALSE(folder->stat("b"));
    folder->create_file("b", 0600);
    EXPECT_EQ(faulty.operations(), 4U);
    faulty.fail_at(5, no_space_error(), FaultyFileSystem::Lasting::from_then_on);
    EXPECT_THROW(folder->sync(), Error);
    EXPECT_THROW(folder->remove_file("a"), Error);
    EXPECT_TRUE(folder->stat("a"));
    EXPECT_TRUE(folder->try_lock("l", LockMode::shared));
    EXPECT_EQ(faulty.operations(), 6U);
}

TEST(FaultyFileSystem, a_short_write_writes_half) {
    MemoryFileSystem memory;
    FaultyFileSystem faulty(memory);
    const auto file = faulty.make_directories("/r")->create_file("a", 0600);
    faulty.short_write_at(3, no_space_error());
    EXPECT_THROW(file->write(as_bytes("123456")), Error);
    EXPECT_EQ(file->stat().size, 3U);
}

TEST(FaultyFileSystem, after_a_crash_nothing_answers_and_no_handler_of_errors_sees_it) {
    MemoryFileSystem memory;
    FaultyFileSystem faulty(memory);
    const auto folder = faulty.make_directories("/r");
    faulty.crash_at(2);
    const auto crashes = [](auto work) {
        try {
            work();
        } catch (const std::exception&) {
            return false;
        } catch (const SimulatedCrash&) {
            return true;
        }
        return false;
    };
    EXPECT_TRUE(crashes([&] { folder->create_file("a", 0600); }));
    EXPECT_TRUE(crashes([&] { folder->stat("a"); }));
    EXPECT_TRUE(crashes([&] { folder->entries(); }));
    EXPECT_TRUE(crashes([&] { folder->sync(); }));
    EXPECT_TRUE(crashes([&] { folder->try_lock("l", LockMode::shared); }));
    EXPECT_TRUE(crashes([&] { faulty.open_directory("/r"); }));
    EXPECT_EQ(faulty.operations(), 2U);
    faulty.reset();
    EXPECT_FALSE(folder->stat("a"));
}

TEST(MemoryBlobStore, keeps_the_promises_of_a_blob_store) {
    MemoryBlobStore store;
    EXPECT_TRUE(store.put("packs/b", as_bytes("12345")));
    EXPECT_FALSE(store.put("packs/b", as_bytes("x")));
    store.put("packs/a", {});
    store.put("coffre.json", as_bytes("{}"));
    ASSERT_EQ(store.list("packs").size(), 2U);
    EXPECT_EQ(store.list("packs")[0].name, "a");
    EXPECT_EQ(store.list("packs")[1].size, 5U);
    EXPECT_EQ(store.list("").size(), 1U);
    EXPECT_TRUE(store.list("none").empty());
    EXPECT_EQ(store.get("packs/b", 5), bytes_of("12345"));
    EXPECT_THROW(static_cast<void>(store.get("packs/b", 4)), Error);
    EXPECT_FALSE(store.get("packs/c", 4));
    EXPECT_EQ(store.get_range("packs/b", 1, 2), bytes_of("23"));
    EXPECT_THROW(store.get_range("packs/b", 1, 5), Error);
    EXPECT_THROW(store.get_range("packs/c", 0, 0), Error);
    store.remove("packs/b");
    store.remove("packs/b");
    EXPECT_FALSE(store.size("packs/b"));
    auto held = store.lock("l", LockMode::shared, 0);
    EXPECT_TRUE(store.lock("l", LockMode::shared, 0));
    EXPECT_THROW(store.lock("l", LockMode::exclusive, 0), Error);
    held.reset();
    EXPECT_TRUE(store.lock("l", LockMode::exclusive, 0));
}

TEST(FaultyBlobStore, fails_or_flips_the_nth_get_and_put) {
    MemoryBlobStore memory;
    FaultyBlobStore faulty(memory);
    faulty.fail_put_at(2, no_space_error());
    EXPECT_TRUE(faulty.put("a", as_bytes("aaaa")));
    EXPECT_THROW(faulty.put("b", as_bytes("b")), Error);
    EXPECT_FALSE(memory.size("b"));
    faulty.flip_get_at(2);
    EXPECT_EQ(faulty.get("a", 10), bytes_of("aaaa"));
    EXPECT_NE(faulty.get("a", 10), bytes_of("aaaa"));
    EXPECT_EQ(faulty.get("a", 10), bytes_of("aaaa"));
    faulty.fail_get_at(4, io_error());
    EXPECT_THROW(faulty.get_range("a", 0, 1), Error);
    EXPECT_EQ(faulty.gets(), 4U);
    EXPECT_EQ(faulty.puts(), 2U);
    faulty.reset();
    faulty.flip_put_at(1);
    faulty.put("c", as_bytes("cccc"));
    EXPECT_NE(memory.get("c", 10), bytes_of("cccc"));
}

}  // namespace
}  // namespace coffre::test
