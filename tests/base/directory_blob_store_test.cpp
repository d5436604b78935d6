#include <atomic>
#include <set>
#include <stdexcept>
#include <thread>

#include <gtest/gtest.h>

#include "base/blob_store.hpp"
#include "base/error.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/fake_random.hpp"
#include "tests/support/faulty.hpp"
#include "tests/support/memory_file_system.hpp"
#include "tests/support/scoped_temp_dir.hpp"

namespace coffre {
namespace {

using test::FaultyFileSystem;
using test::Operation;

Bytes bytes_of(std::string_view text) { return {as_bytes(text).begin(), as_bytes(text).end()}; }

class DirectoryBlobStore : public ::testing::Test {
protected:
    std::unique_ptr<BlobStore> open(FileSystem& files) {
        return directory_blob_store(files.make_directories("/repo"), clock_, random_);
    }

    static std::vector<std::string> names(BlobStore& store, const std::string& folder) {
        std::vector<std::string> found;
        for (const BlobInfo& info : store.list(folder)) found.push_back(info.name);
        return found;
    }

    test::FakeClock clock_;
    test::FakeRandom random_;
    test::MemoryFileSystem memory_;
    FaultyFileSystem faulty_{memory_};
};

template <class Work>
Errc code_of(Work work) {
    try {
        work();
    } catch (const Error& error) {
        return error.code();
    }
    ADD_FAILURE() << "nothing was refused";
    return Errc::failed;
}

TEST_F(DirectoryBlobStore, gives_back_what_was_put) {
    const auto store = open(memory_);
    EXPECT_TRUE(store->put("packs/a.pack", as_bytes("content")));
    EXPECT_TRUE(store->put("coffre.json", as_bytes("{}")));
    EXPECT_TRUE(store->put("packs/empty", {}));
    EXPECT_EQ(store->get("packs/a.pack", 7), bytes_of("content"));
    EXPECT_EQ(store->get("coffre.json", 100), bytes_of("{}"));
    EXPECT_EQ(store->get("packs/empty", 0), Bytes{});
    EXPECT_EQ(store->size("packs/a.pack"), 7U);
    EXPECT_EQ(store->get_range("packs/a.pack", 3, 4), bytes_of("tent"));
    EXPECT_EQ(store->get_range("packs/a.pack", 7, 0), Bytes{});
    EXPECT_EQ(store->location(), "/repo");
}

TEST_F(DirectoryBlobStore, works_on_a_real_folder) {
    const test::ScopedTempDir folder;
    const auto store = directory_blob_store(system_files().make_directories(folder / "repo"), system_clock(),
                                            system_random());
    const Bytes large(300'000, 0x5a);
    EXPECT_TRUE(store->put("packs/large", large));
    EXPECT_FALSE(store->put("packs/large", as_bytes("other")));
    EXPECT_EQ(store->get("packs/large", large.size()), large);
    EXPECT_EQ(names(*store, "packs"), std::vector<std::string>{"large"});
    EXPECT_TRUE(store->list("tmp").empty());
    const auto held = store->lock("lock", LockMode::exclusive, 0);
    EXPECT_EQ(code_of([&] { store->lock("lock", LockMode::shared, 30); }), Errc::locked);
    store->remove("packs/large");
    EXPECT_FALSE(store->size("packs/large"));
}

TEST_F(DirectoryBlobStore, says_what_is_not_there) {
    const auto store = open(memory_);
    EXPECT_TRUE(store->list("packs").empty());
    EXPECT_FALSE(store->size("packs/a"));
    EXPECT_FALSE(store->get("packs/a", 10));
    EXPECT_FALSE(store->get("a", 10));
    EXPECT_EQ(code_of([&] { store->get_range("packs/a", 0, 0); }), Errc::damaged);
    EXPECT_NO_THROW(store->remove("packs/a"));
    EXPECT_EQ(faulty_.operations(), 0U);
}

TEST_F(DirectoryBlobStore, put_leaves_a_name_that_is_there_as_it_is) {
    const auto store = open(memory_);
    EXPECT_TRUE(store->put("packs/a", as_bytes("first")));
    EXPECT_FALSE(store->put("packs/a", as_bytes("second")));
    EXPECT_EQ(store->get("packs/a", 10), bytes_of("first"));
    EXPECT_TRUE(store->list("tmp").empty());
}

TEST_F(DirectoryBlobStore, list_tells_regular_files_sorted_with_their_sizes) {
    const auto store = open(memory_);
    store->put("packs/b", as_bytes("22"));
    store->put("packs/a", as_bytes("1"));
    store->put("packs/\xff", as_bytes("333"));
    const auto packs = memory_.open_directory("/repo/packs");
    packs->make_directory("aa");
    packs->make_link("ab", "a");
    memory_.make_special("/repo/packs/ac");
    const auto found = store->list("packs");
    ASSERT_EQ(found.size(), 3U);
    EXPECT_EQ(found[0].name, "a");
    EXPECT_EQ(found[1].name, "b");
    EXPECT_EQ(found[1].size, 2U);
    EXPECT_EQ(found[2].name, "\xff");
    EXPECT_TRUE(store->list("").empty());
    store->put("coffre.json", as_bytes("{}"));
    EXPECT_EQ(names(*store, ""), std::vector<std::string>{"coffre.json"});
}

TEST_F(DirectoryBlobStore, each_name_tells_what_list_tells_on_disk_too) {
    const test::ScopedTempDir temp;
    for (FileSystem* files : {static_cast<FileSystem*>(&memory_), &system_files()}) {
        const auto root = temp.path() + "/repo";
        auto folder = files->make_directories(root);
        folder->make_directory("packs")->make_directory("aa");
        folder->open_directory("packs")->make_link("ab", "a");
        const auto store = directory_blob_store(std::move(folder), clock_, random_);
        store->put("packs/b", as_bytes("22"));
        store->put("packs/a", as_bytes("1"));
        std::set<std::string> names;
        store->each_name("packs", [&](std::string_view name) { names.emplace(name); });
        EXPECT_EQ(names, (std::set<std::string>{"a", "b"}));
        store->each_name("nowhere", [](std::string_view) { FAIL(); });
    }
}

TEST_F(DirectoryBlobStore, something_else_in_place_of_a_blob_is_an_error_not_a_blob) {
    const auto store = open(memory_);
    store->put("packs/a", as_bytes("1"));
    memory_.open_directory("/repo/packs")->make_link("l", "a");
    EXPECT_THROW(store->put("packs/l", as_bytes("2")), Error);
    EXPECT_THROW(store->get("packs/l", 10), Error);
    EXPECT_THROW(store->get_range("packs/l", 0, 1), Error);
    EXPECT_THROW(store->size("packs/l"), Error);
}

TEST_F(DirectoryBlobStore, get_refuses_more_than_its_limit) {
    const auto store = open(memory_);
    store->put("packs/a", as_bytes("12345"));
    EXPECT_EQ(code_of([&] { store->get("packs/a", 4); }), Errc::damaged);
}

TEST_F(DirectoryBlobStore, get_range_refuses_what_is_not_all_there_before_taking_memory) {
    const auto store = open(memory_);
    store->put("packs/a", as_bytes("12345"));
    constexpr std::uint64_t huge = ~std::uint64_t{0};
    EXPECT_EQ(code_of([&] { store->get_range("packs/a", 0, 6); }), Errc::damaged);
    EXPECT_EQ(code_of([&] { store->get_range("packs/a", 6, 0); }), Errc::damaged);
    EXPECT_EQ(code_of([&] { store->get_range("packs/a", 2, huge); }), Errc::damaged);
    EXPECT_EQ(code_of([&] { store->get_range("packs/a", huge, 2); }), Errc::damaged);
}

TEST_F(DirectoryBlobStore, names_that_lead_elsewhere_are_mistakes_of_the_program) {
    const auto store = open(memory_);
    for (const std::string& name :
         {std::string(), std::string(".."), std::string("../a"), std::string("a/.."), std::string("a/b/c"),
          std::string("/a"), std::string("a/"), std::string("."), std::string("./a"),
          std::string("a\0b", 3)}) {
        EXPECT_THROW(store->put(name, {}), std::logic_error) << name;
        EXPECT_THROW(store->get(name, 1), std::logic_error) << name;
        EXPECT_THROW(store->get_range(name, 0, 0), std::logic_error) << name;
        EXPECT_THROW(store->size(name), std::logic_error) << name;
        EXPECT_THROW(store->remove(name), std::logic_error) << name;
        EXPECT_THROW(store->lock(name, LockMode::shared, 0), std::logic_error) << name;
    }
    EXPECT_THROW(store->list("a/b"), std::logic_error);
    EXPECT_THROW(store->list(".."), std::logic_error);
}

TEST_F(DirectoryBlobStore, what_another_process_removed_is_gone_here_too) {
    const auto store = open(memory_);
    const auto other = open(memory_);
    store->put("packs/a", as_bytes("old"));
    EXPECT_EQ(store->get("packs/a", 10), bytes_of("old"));
    other->remove("packs/a");
    EXPECT_FALSE(store->get("packs/a", 10));
    other->put("packs/a", as_bytes("new"));
    EXPECT_EQ(store->get("packs/a", 10), bytes_of("new"));
    store->remove("packs/a");
    EXPECT_EQ(code_of([&] { store->get_range("packs/a", 0, 1); }), Errc::damaged);
}

// Counts how many files are open at once.
class CountingFiles final : public FileSystem {
public:
    explicit CountingFiles(FileSystem& inner) : inner_(inner) {}

    struct Counted final : File {
        Counted(std::unique_ptr<File> file, int& now, int& most) : file_(std::move(file)), now_(now) {
            most = std::max(most, ++now_);
        }
        ~Counted() override { --now_; }
        std::size_t read_at(std::uint64_t offset, std::span<std::uint8_t> out) override {
            return file_->read_at(offset, out);
        }
        void write(ByteView bytes) override { file_->write(bytes); }
        void sync() override { file_->sync(); }
        FileStat stat() override { return file_->stat(); }

    private:
        std::unique_ptr<File> file_;
        int& now_;
    };

    struct Folder final : Directory {
        Folder(std::unique_ptr<Directory> folder, CountingFiles& owner)
            : folder_(std::move(folder)), owner_(owner) {}
        std::vector<DirectoryEntry> entries() override { return folder_->entries(); }
        std::optional<FileStat> stat(const std::string& name) override { return folder_->stat(name); }
        std::unique_ptr<File> open_file(const std::string& name) override {
            ++owner_.opened;
            return std::make_unique<Counted>(folder_->open_file(name), owner_.now, owner_.most);
        }
        std::unique_ptr<File> create_file(const std::string& name, std::uint32_t mode) override {
            return folder_->create_file(name, mode);
        }
        std::unique_ptr<Directory> open_directory(const std::string& name) override {
            auto folder = folder_->open_directory(name);
            return folder ? std::make_unique<Folder>(std::move(folder), owner_) : nullptr;
        }
        std::unique_ptr<Directory> make_directory(const std::string& name) override {
            return std::make_unique<Folder>(folder_->make_directory(name), owner_);
        }
        std::string read_link(const std::string& name) override { return folder_->read_link(name); }
        void make_link(const std::string& name, const std::string& to) override {
            folder_->make_link(name, to);
        }
        void rename(const std::string& name, Directory& target, const std::string& to) override {
            folder_->rename(name, *dynamic_cast<Folder&>(target).folder_, to);
        }
        void remove_file(const std::string& name) override { folder_->remove_file(name); }
        void remove_directory(const std::string& name) override { folder_->remove_directory(name); }
        bool sync() override {
            ++owner_.folder_syncs;
            return folder_->sync();
        }
        LockAttempt try_lock(const std::string& name, LockMode mode) override {
            return folder_->try_lock(name, mode);
        }
        [[nodiscard]] std::string path() const override { return folder_->path(); }

    private:
        std::unique_ptr<Directory> folder_;
        CountingFiles& owner_;
    };

    std::unique_ptr<Directory> open_directory(const std::string& path) override {
        return std::make_unique<Folder>(inner_.open_directory(path), *this);
    }
    std::unique_ptr<Directory> make_directories(const std::string& path) override {
        return std::make_unique<Folder>(inner_.make_directories(path), *this);
    }
    std::optional<FileStat> stat(const std::string& path) override { return inner_.stat(path); }
    MediumKind medium_of(const std::string& path) override { return inner_.medium_of(path); }

    int now = 0;
    int most = 0;
    int opened = 0;
    int folder_syncs = 0;

private:
    FileSystem& inner_;
};

TEST_F(DirectoryBlobStore, keeps_the_files_used_last_open_and_at_most_sixteen) {
    CountingFiles counting(memory_);
    const auto store = open(counting);
    for (int i = 0; i < 20; ++i) store->put("packs/" + std::to_string(i), as_bytes("x"));
    for (int round = 0; round < 3; ++round) {
        for (int i = 0; i < 16; ++i) store->get_range("packs/" + std::to_string(i), 0, 1);
    }
    EXPECT_EQ(counting.opened, 16);
    store->get_range("packs/0", 0, 1);   // now the one used last
    store->get_range("packs/16", 0, 1);  // puts out 1
    store->get_range("packs/0", 0, 1);
    EXPECT_EQ(counting.opened, 17);
    store->get_range("packs/1", 0, 1);
    EXPECT_EQ(counting.opened, 18);
    for (int i = 0; i < 20; ++i) store->get("packs/" + std::to_string(i), 1);
    EXPECT_EQ(counting.most, 16);
}

TEST_F(DirectoryBlobStore, a_medium_that_cannot_sync_folders_is_no_error_and_is_not_asked_again) {
    memory_.set_directory_sync_supported(false);
    CountingFiles counting(memory_);
    const auto store = open(counting);
    EXPECT_TRUE(store->put("packs/a", as_bytes("1")));
    EXPECT_TRUE(store->put("packs/b", as_bytes("2")));
    EXPECT_EQ(store->get("packs/b", 1), bytes_of("2"));
    EXPECT_EQ(counting.folder_syncs, 1);
}

TEST_F(DirectoryBlobStore, a_lock_is_waited_for_and_given_up_in_time) {
    const auto store = open(memory_);
    auto held = store->lock("locks/write", LockMode::exclusive, 0);
    ASSERT_TRUE(held);
    const std::int64_t start = clock_.monotonic_ns();
    try {
        store->lock("locks/write", LockMode::shared, 1000);
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Errc::locked);
        EXPECT_EQ(error.message().id, Msg::locked);
        EXPECT_EQ(error.hint().id, Msg::hint_locked);
        EXPECT_STREQ(error.what(), "/repo/locks/write is locked by another process");
    }
    EXPECT_EQ((clock_.monotonic_ns() - start) / 1'000'000, 1000);
    EXPECT_EQ(code_of([&] { store->lock("locks/write", LockMode::shared, 0); }), Errc::locked);
    held.reset();
    EXPECT_TRUE(store->lock("locks/write", LockMode::shared, 0));
}

TEST_F(DirectoryBlobStore, a_lock_freed_meanwhile_is_taken) {
    const auto store = open(memory_);
    struct ReleasingClock final : Clock {
        Timestamp now() override { return {}; }
        std::int64_t monotonic_ns() override { return slept * std::int64_t{1'000'000}; }
        void sleep_ms(int ms) override {
            EXPECT_EQ(ms, 20);
            if ((slept += ms) == 60) held.reset();
        }
        std::unique_ptr<FileLock> held;
        int slept = 0;
    } clock;
    clock.held = store->lock("lock", LockMode::exclusive, 0);
    const auto waiting = directory_blob_store(memory_.open_directory("/repo"), clock, random_);
    EXPECT_TRUE(waiting->lock("lock", LockMode::exclusive, 1000));
    EXPECT_EQ(clock.slept, 60);
}

TEST_F(DirectoryBlobStore, put_writes_aside_syncs_and_only_then_names) {
    const auto store = open(faulty_);
    std::vector<std::pair<Operation, std::string>> seen;
    faulty_.observe([&](Operation operation, const std::string& path) {
        seen.emplace_back(operation, path.starts_with("/repo/tmp/") ? "/repo/tmp/…" : path);
    });
    store->put("packs/a", as_bytes("1"));
    const std::vector<std::pair<Operation, std::string>> expected{
        {Operation::make_directory, "/repo/tmp"}, {Operation::make_directory, "/repo/packs"},
        {Operation::create, "/repo/tmp/…"},       {Operation::write, "/repo/tmp/…"},
        {Operation::file_sync, "/repo/tmp/…"},    {Operation::rename, "/repo/tmp/…"},
        {Operation::folder_sync, "/repo/packs"},  {Operation::folder_sync, "/repo"},
    };
    EXPECT_EQ(seen, expected);
    EXPECT_EQ(memory_.stat("/repo/packs/a")->mode, 0600U);
}

// The n-th operation of a put fails, for every n: the error comes out as it is, the name is absent or whole,
// nothing is left aside, and the same put succeeds afterwards.
void fail_each_operation(const Error& error, bool short_write) {
    test::FakeClock clock;
    test::FakeRandom random;
    const Bytes content(3000, 0x42);
    bool completed = false;
    for (std::uint64_t n = 1; !completed; ++n) {
        SCOPED_TRACE(n);
        ASSERT_LT(n, 50U);
        test::MemoryFileSystem memory;
        FaultyFileSystem faulty(memory);
        const auto store = directory_blob_store(faulty.make_directories("/repo"), clock, random);
        faulty.reset();
        if (short_write) {
            faulty.short_write_at(n, error);
        } else {
            faulty.fail_at(n, error);
        }
        try {
            EXPECT_TRUE(store->put("packs/a", content));
            completed = true;
            EXPECT_LT(faulty.operations(), n);
        } catch (const Error& thrown) {
            EXPECT_EQ(thrown.code(), error.code());
            EXPECT_STREQ(thrown.what(), error.what());
        }
        faulty.reset();
        EXPECT_TRUE(store->list("tmp").empty());
        const auto found = store->get("packs/a", content.size());
        if (found) {
            EXPECT_EQ(*found, content);
        }
        EXPECT_NE(store->put("packs/a", content), found.has_value());
        EXPECT_EQ(store->get("packs/a", content.size()), content);
    }
}

TEST_F(DirectoryBlobStore, put_leaves_nothing_under_the_name_when_the_disk_is_full) {
    fail_each_operation(test::no_space_error(), false);
    fail_each_operation(test::no_space_error(), true);
}

TEST_F(DirectoryBlobStore, put_leaves_nothing_under_the_name_when_the_disk_fails) {
    fail_each_operation(test::io_error(), false);
    fail_each_operation(test::io_error(), true);
}

TEST_F(DirectoryBlobStore, put_tells_the_first_failure_when_cleaning_up_fails_too) {
    for (std::uint64_t n = 1; n <= 6; ++n) {  // up to the rename
        SCOPED_TRACE(n);
        test::MemoryFileSystem memory;
        FaultyFileSystem faulty(memory);
        const auto store = open(faulty);
        faulty.reset();
        faulty.fail_at(n, test::no_space_error(), FaultyFileSystem::Lasting::from_then_on);
        EXPECT_EQ(code_of([&] { store->put("packs/a", as_bytes("x")); }), Errc::no_space);
        faulty.reset();
        EXPECT_FALSE(store->size("packs/a"));
        EXPECT_TRUE(store->put("packs/a", as_bytes("x")));  // what is left aside is in nobody's way
    }
}

TEST_F(DirectoryBlobStore, put_makes_a_name_durable_that_a_dying_process_left) {
    {
        const auto dying = open(faulty_);
        faulty_.reset();
        faulty_.crash_at(7);  // renamed, and nothing synced since
        EXPECT_THROW(dying->put("packs/a", as_bytes("x")), test::SimulatedCrash);
    }
    const auto store = open(memory_);
    EXPECT_FALSE(store->put("packs/a", as_bytes("x")));
    std::mt19937_64 rng(1);
    test::MemoryFileSystem after = memory_.power_cut(rng, test::PowerCut::lose_all);
    EXPECT_EQ(open(after)->get("packs/a", 10), bytes_of("x"));
}

TEST_F(DirectoryBlobStore, serves_many_threads) {
    const test::ScopedTempDir folder;
    const auto store = directory_blob_store(system_files().make_directories(folder / "repo"), system_clock(),
                                            system_random());
    std::atomic<int> wins = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < 25; ++i) {
                const std::string shared = "packs/shared" + std::to_string(i);
                const std::string own = "packs/own" + std::to_string(t * 100 + i);
                wins += store->put(shared, as_bytes(shared)) ? 1 : 0;
                EXPECT_TRUE(store->put(own, as_bytes(own)));
                EXPECT_EQ(store->get(own, 100), bytes_of(own));
                EXPECT_EQ(store->get_range(shared, 0, shared.size()), bytes_of(shared));
                store->remove(own);
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_GE(wins, 25);
    EXPECT_EQ(store->list("packs").size(), 25U);
    EXPECT_TRUE(store->list("tmp").empty());
}

}  // namespace
}  // namespace coffre
