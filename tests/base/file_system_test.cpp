// What every FileSystem promises, asked of the real one and of the one in memory.

#include "base/file_system.hpp"

#include <cerrno>
#include <numeric>
#include <stdexcept>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/error.hpp"
#include "base/os_error.hpp"
#include "tests/support/memory_file_system.hpp"
#include "tests/support/scoped_temp_dir.hpp"

namespace coffre {
namespace {

class Fixture {
public:
    virtual ~Fixture() = default;
    virtual FileSystem& files() = 0;
    virtual std::string root() = 0;  // an empty folder
    virtual void make_fifo(const std::string& path) = 0;
};

class PosixFixture final : public Fixture {
public:
    FileSystem& files() override { return system_files(); }
    std::string root() override { return folder_.path(); }
    void make_fifo(const std::string& path) override { ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0); }

private:
    test::ScopedTempDir folder_;
};

class MemoryFixture final : public Fixture {
public:
    MemoryFixture() { files_.make_directories("/root"); }
    FileSystem& files() override { return files_; }
    std::string root() override { return "/root"; }
    void make_fifo(const std::string& path) override { files_.make_special(path); }

private:
    test::MemoryFileSystem files_;
};

enum class Implementation : std::uint8_t { posix, memory };

class FileSystemTest : public ::testing::TestWithParam<Implementation> {
protected:
    FileSystemTest() {
        if (GetParam() == Implementation::posix) {
            fixture_ = std::make_unique<PosixFixture>();
        } else {
            fixture_ = std::make_unique<MemoryFixture>();
        }
        root_ = fixture_->files().open_directory(fixture_->root());
    }

    FileSystem& files() { return fixture_->files(); }
    [[nodiscard]] std::string path(const std::string& below) const { return fixture_->root() + "/" + below; }

    static void write(Directory& folder, const std::string& name, std::string_view text) {
        const auto file = folder.create_file(name, 0600);
        file->write(as_bytes(text));
        file->sync();
    }

    static std::string read(Directory& folder, const std::string& name) {
        const auto bytes = read_file(folder, name, 1 << 20);
        return bytes ? std::string(as_text(*bytes)) : "(not there)";
    }

    // The reason that an operation is refused for.
    template <class Work>
    static std::string refusal(Work work) {
        try {
            work();
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), Errc::failed);
            EXPECT_EQ(error.message().id, Msg::file_error);
            return error.message().args.at(1);
        }
        return "(not refused)";
    }

    std::unique_ptr<Fixture> fixture_;
    std::unique_ptr<Directory> root_;
};

INSTANTIATE_TEST_SUITE_P(Both, FileSystemTest,
                         ::testing::Values(Implementation::posix, Implementation::memory),
                         [](const auto& tested) {
                             return tested.param == Implementation::posix ? "posix" : "memory";
                         });

TEST_P(FileSystemTest, what_is_written_is_read_back) {
    const auto file = root_->create_file("a", 0600);
    file->write(as_bytes("hello "));
    file->write(as_bytes("world"));
    file->sync();
    EXPECT_EQ(read(*root_, "a"), "hello world");
    Bytes part(100);
    const auto again = root_->open_file("a");
    ASSERT_TRUE(again);
    EXPECT_EQ(again->read_at(6, std::span(part).first(3)), 3U);
    EXPECT_EQ(as_text(ByteView(part).first(3)), "wor");
    EXPECT_EQ(again->read_at(6, part), 5U);
    EXPECT_EQ(again->read_at(11, part), 0U);
    EXPECT_EQ(again->read_at(1000, part), 0U);
    EXPECT_EQ(file->read_at(0, part), 11U);
}

TEST_P(FileSystemTest, a_file_opened_for_reading_cannot_be_written) {
    write(*root_, "a", "1");
    const auto file = root_->open_file("a");
    EXPECT_THROW(file->write(as_bytes("2")), Error);
    EXPECT_NO_THROW(file->sync());
    EXPECT_EQ(read(*root_, "a"), "1");
}

TEST_P(FileSystemTest, create_file_refuses_every_kind_of_existing_name) {
    write(*root_, "file", "1");
    root_->make_directory("folder");
    root_->make_link("link", "nowhere");
    fixture_->make_fifo(path("fifo"));
    for (const char* name : {"file", "folder", "link", "fifo"}) {
        EXPECT_EQ(refusal([&] { root_->create_file(name, 0600); }), tr<Msg::os_exists>()) << name;
    }
    EXPECT_EQ(read(*root_, "file"), "1");
    EXPECT_FALSE(root_->stat("nowhere"));
}

TEST_P(FileSystemTest, open_file_takes_regular_files_only_and_never_waits) {
    root_->make_directory("folder");
    write(*root_, "file", "1");
    root_->make_link("link", "file");
    fixture_->make_fifo(path("fifo"));
    EXPECT_EQ(refusal([&] { root_->open_file("fifo"); }), tr<Msg::os_not_regular>());
    EXPECT_EQ(refusal([&] { root_->open_file("folder"); }), tr<Msg::os_is_directory>());
    EXPECT_EQ(refusal([&] { root_->open_file("link"); }), tr<Msg::os_loop>());
    EXPECT_FALSE(root_->open_file("nothing"));
}

TEST_P(FileSystemTest, links_below_a_handle_are_never_followed) {
    const auto outside = root_->make_directory("outside");
    write(*outside, "secret", "1");
    const auto tree = root_->make_directory("tree");
    tree->make_link("folder", "../outside");
    tree->make_link("file", "../outside/secret");
    EXPECT_EQ(refusal([&] { tree->open_directory("folder"); }), tr<Msg::os_not_directory>());
    EXPECT_EQ(refusal([&] { tree->make_directory("folder"); }), tr<Msg::os_not_directory>());
    EXPECT_EQ(refusal([&] { tree->open_file("file"); }), tr<Msg::os_loop>());
    EXPECT_EQ(refusal([&] { tree->try_lock("file", LockMode::exclusive); }), tr<Msg::os_loop>());
    EXPECT_EQ(tree->stat("file")->type, FileType::link);
    EXPECT_EQ(tree->stat("folder")->type, FileType::link);
    EXPECT_EQ(tree->read_link("file"), "../outside/secret");

    write(*tree, "new", "2");
    tree->rename("new", *tree, "file");  // over the link, not over what it names
    EXPECT_EQ(read(*outside, "secret"), "1");
    tree->remove_file("folder");  // the link, not what it names
    EXPECT_TRUE(root_->open_directory("outside"));
}

TEST_P(FileSystemTest, names_that_lead_elsewhere_are_refused) {
    const auto tree = root_->make_directory("tree");
    write(*root_, "secret", "1");
    for (const std::string& name :
         {std::string(), std::string("."), std::string(".."), std::string("../secret"), std::string("a/b"),
          std::string("/etc"), std::string("a\0b", 3)}) {
        EXPECT_THROW(tree->stat(name), Error) << name;
        EXPECT_THROW(tree->open_file(name), Error) << name;
        EXPECT_THROW(tree->create_file(name, 0600), Error) << name;
        EXPECT_THROW(tree->open_directory(name), Error) << name;
        EXPECT_THROW(tree->make_directory(name), Error) << name;
        EXPECT_THROW(tree->read_link(name), Error) << name;
        EXPECT_THROW(tree->make_link(name, "x"), Error) << name;
        EXPECT_THROW(tree->rename(name, *tree, "x"), Error) << name;
        EXPECT_THROW(root_->rename("secret", *tree, name), Error) << name;
        EXPECT_THROW(tree->remove_file(name), Error) << name;
        EXPECT_THROW(tree->remove_directory(name), Error) << name;
        EXPECT_THROW(tree->try_lock(name, LockMode::shared), Error) << name;
    }
    EXPECT_TRUE(tree->entries().empty());
    EXPECT_EQ(read(*root_, "secret"), "1");
}

TEST_P(FileSystemTest, rename_replaces_what_is_there_in_any_folder) {
    const auto one = root_->make_directory("one");
    const auto two = root_->make_directory("two");
    write(*one, "a", "new");
    write(*two, "b", "old");
    const auto old = two->open_file("b");
    one->rename("a", *two, "b");
    EXPECT_EQ(read(*two, "b"), "new");
    EXPECT_FALSE(one->stat("a"));
    Bytes kept(3);
    EXPECT_EQ(old->read_at(0, kept), 3U);  // whoever had it open still has the old one
    EXPECT_EQ(as_text(kept), "old");
}

TEST_P(FileSystemTest, rename_refuses_what_it_cannot_replace) {
    const auto folder = root_->make_directory("folder");
    write(*folder, "inside", "1");
    write(*root_, "file", "2");
    root_->make_directory("other");
    EXPECT_EQ(refusal([&] { root_->rename("nothing", *root_, "x"); }), tr<Msg::os_not_found>());
    EXPECT_EQ(refusal([&] { root_->rename("file", *root_, "folder"); }), tr<Msg::os_is_directory>());
    EXPECT_EQ(refusal([&] { root_->rename("other", *root_, "file"); }), tr<Msg::os_not_directory>());
    EXPECT_EQ(refusal([&] { root_->rename("other", *root_, "folder"); }), tr<Msg::os_not_empty>());
    EXPECT_EQ(refusal([&] { root_->rename("folder", *folder, "self"); }), tr<Msg::os_other>("22"));
    EXPECT_EQ(read(*folder, "inside"), "1");
    EXPECT_EQ(read(*root_, "file"), "2");
}

TEST_P(FileSystemTest, rename_into_another_file_system_is_a_mistake_of_the_program) {
    test::MemoryFileSystem other;
    const auto there = other.make_directories("/x");
    write(*root_, "a", "1");
    EXPECT_THROW(root_->rename("a", *there, "a"), std::logic_error);
}

TEST_P(FileSystemTest, entries_are_sorted_by_bytes_and_keep_any_byte) {
    const std::vector<std::string> names{"\x01", "A", "Z", "a b", "a\\b", "b", "\xc3\xa9", "\xff\xfe"};
    for (auto name = names.rbegin(); name != names.rend(); ++name) write(*root_, *name, *name);
    std::vector<std::string> found;
    for (const DirectoryEntry& entry : root_->entries()) {
        EXPECT_EQ(entry.type, FileType::regular);
        found.push_back(entry.name);
        EXPECT_EQ(read(*root_, entry.name), entry.name);
    }
    EXPECT_EQ(found, names);
    EXPECT_EQ(root_->entries().size(), names.size());  // and may be asked again
}

TEST_P(FileSystemTest, entries_tell_every_kind) {
    write(*root_, "a", "1");
    root_->make_directory("b");
    root_->make_link("c", "a");
    fixture_->make_fifo(path("d"));
    const auto entries = root_->entries();
    ASSERT_EQ(entries.size(), 4U);
    const std::vector<FileType> kinds{FileType::regular, FileType::directory, FileType::link,
                                      FileType::other};
    for (std::size_t i = 0; i < kinds.size(); ++i) {
        EXPECT_EQ(entries[i].type, kinds[i]);
        EXPECT_EQ(root_->stat(entries[i].name)->type, kinds[i]);
    }
}

TEST_P(FileSystemTest, stat_tells_size_mode_and_identity) {
    write(*root_, "a", "12345");
    const auto a = root_->stat("a");
    ASSERT_TRUE(a);
    EXPECT_EQ(a->size, 5U);
    EXPECT_EQ(a->mode, 0600U);
    EXPECT_GT(a->modified_ns, 0);
    EXPECT_EQ(*a, root_->open_file("a")->stat());
    write(*root_, "b", "12345");
    EXPECT_NE(root_->stat("b")->inode, a->inode);
    root_->rename("a", *root_, "c");
    EXPECT_EQ(root_->stat("c")->inode, a->inode);
    EXPECT_FALSE(root_->stat("a"));
    EXPECT_EQ(root_->make_directory("d")->path(), path("d"));
    EXPECT_EQ(root_->stat("d")->mode, 0700U);
}

TEST_P(FileSystemTest, removing_is_silent_about_files_that_are_not_there) {
    EXPECT_NO_THROW(root_->remove_file("nothing"));
    write(*root_, "a", "1");
    root_->remove_file("a");
    EXPECT_FALSE(root_->stat("a"));
    root_->make_link("l", "a");
    root_->remove_file("l");
    EXPECT_FALSE(root_->stat("l"));
}

TEST_P(FileSystemTest, only_empty_folders_are_removed) {
    const auto folder = root_->make_directory("folder");
    write(*folder, "a", "1");
    EXPECT_EQ(refusal([&] { root_->remove_directory("folder"); }), tr<Msg::os_not_empty>());
    EXPECT_THROW(root_->remove_file("folder"), Error);
    EXPECT_EQ(read(*folder, "a"), "1");
    folder->remove_file("a");
    root_->remove_directory("folder");
    EXPECT_FALSE(root_->open_directory("folder"));
    EXPECT_EQ(refusal([&] { root_->remove_directory("folder"); }), tr<Msg::os_not_found>());
    EXPECT_EQ(refusal([&] { folder->create_file("b", 0600); }), tr<Msg::os_not_found>());
}

TEST_P(FileSystemTest, make_directory_opens_what_is_there_and_refuses_files) {
    write(*root_->make_directory("folder"), "a", "1");
    EXPECT_EQ(read(*root_->make_directory("folder"), "a"), "1");
    write(*root_, "file", "1");
    EXPECT_EQ(refusal([&] { root_->make_directory("file"); }), tr<Msg::os_not_directory>());
    EXPECT_FALSE(root_->open_directory("nothing"));
}

TEST_P(FileSystemTest, read_link_tells_targets_of_any_length_and_refuses_the_rest) {
    const std::string target(1000, 'x');
    root_->make_link("l", target);
    EXPECT_EQ(root_->read_link("l"), target);
    EXPECT_EQ(refusal([&] { root_->make_link("l", "y"); }), tr<Msg::os_exists>());
    EXPECT_EQ(refusal([&] { root_->read_link("nothing"); }), tr<Msg::os_not_found>());
    write(*root_, "a", "1");
    EXPECT_THROW(root_->read_link("a"), Error);
}

TEST_P(FileSystemTest, sync_answers_true_where_folders_can_be_synced) {
    write(*root_, "a", "1");
    EXPECT_TRUE(root_->sync());
}

TEST_P(FileSystemTest, an_exclusive_lock_excludes_everybody) {
    auto held = root_->try_lock("lock", LockMode::exclusive);
    ASSERT_TRUE(held);
    EXPECT_EQ(root_->stat("lock")->mode, 0600U);
    EXPECT_FALSE(root_->try_lock("lock", LockMode::exclusive));
    EXPECT_FALSE(root_->try_lock("lock", LockMode::shared));
    EXPECT_TRUE(root_->try_lock("other", LockMode::exclusive));
    held.lock.reset();
    EXPECT_TRUE(root_->try_lock("lock", LockMode::exclusive));
}

TEST_P(FileSystemTest, shared_locks_share_and_exclude_writers) {
    auto one = root_->try_lock("lock", LockMode::shared);
    auto two = root_->try_lock("lock", LockMode::shared);
    ASSERT_TRUE(one);
    ASSERT_TRUE(two);
    EXPECT_FALSE(root_->try_lock("lock", LockMode::exclusive));
    one.lock.reset();
    EXPECT_FALSE(root_->try_lock("lock", LockMode::exclusive));
    two.lock.reset();
    EXPECT_TRUE(root_->try_lock("lock", LockMode::exclusive));
}

TEST_P(FileSystemTest, a_lock_needs_a_regular_file) {
    root_->make_directory("folder");
    fixture_->make_fifo(path("fifo"));
    EXPECT_THROW(root_->try_lock("folder", LockMode::exclusive), Error);
    EXPECT_THROW(root_->try_lock("fifo", LockMode::exclusive), Error);
}

TEST_P(FileSystemTest, make_directories_makes_what_is_missing) {
    const auto deep = files().make_directories(path("a//b/c/"));
    write(*deep, "file", "1");
    EXPECT_EQ(read(*files().make_directories(path("a/b/c")), "file"), "1");
    EXPECT_EQ(files().stat(path("a/b"))->mode, 0700U);
    EXPECT_EQ(refusal([&] { files().make_directories(path("a/b/c/file/d")); }), tr<Msg::os_not_directory>());
    EXPECT_EQ(refusal([&] { files().make_directories(path("a/b/c/file")); }), tr<Msg::os_not_directory>());
}

TEST_P(FileSystemTest, paths_of_the_user_may_lead_through_links) {
    write(*files().make_directories(path("real/deep")), "a", "1");
    root_->make_link("short", "real/deep");
    root_->make_link("absolute", path("real"));
    root_->make_link("round", "round");
    EXPECT_EQ(read(*files().open_directory(path("short")), "a"), "1");
    EXPECT_EQ(read(*files().open_directory(path("absolute/deep/../deep")), "a"), "1");
    EXPECT_EQ(files().stat(path("short/a"))->type, FileType::regular);
    EXPECT_EQ(files().stat(path("short"))->type, FileType::directory);
    EXPECT_EQ(refusal([&] { files().open_directory(path("round")); }), tr<Msg::os_loop>());
}

TEST_P(FileSystemTest, a_path_that_is_not_there_is_an_answer) {
    EXPECT_FALSE(files().open_directory(path("nothing")));
    EXPECT_FALSE(files().open_directory(path("nothing/below")));
    EXPECT_FALSE(files().stat(path("nothing")));
    write(*root_, "file", "1");
    EXPECT_EQ(refusal([&] { files().open_directory(path("file")); }), tr<Msg::os_not_directory>());
}

TEST_P(FileSystemTest, errors_name_the_path) {
    try {
        root_->create_file("a", 0600);
        root_->create_file("a", 0600);
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.what(), path("a") + ": exists already");
    }
}

TEST_P(FileSystemTest, names_that_are_too_long_are_refused_as_such) {
    EXPECT_EQ(refusal([&] { root_->create_file(std::string(256, 'x'), 0600); }), tr<Msg::os_name_too_long>());
}

TEST_P(FileSystemTest, read_file_keeps_to_its_limit) {
    Bytes bytes(10'000);
    std::iota(bytes.begin(), bytes.end(), std::uint8_t{0});
    write(*root_, "a", as_text(bytes));
    EXPECT_EQ(read_file(*root_, "a", 10'000), bytes);
    EXPECT_FALSE(read_file(*root_, "nothing", 10));
    write(*root_, "empty", "");
    EXPECT_EQ(read_file(*root_, "empty", 0), Bytes{});
    try {
        read_file(*root_, "a", 9'999);
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Errc::failed);
        EXPECT_EQ(error.message().id, Msg::too_large);
    }
}

TEST_P(FileSystemTest, write_file_durably_replaces_the_whole_and_leaves_no_scratch) {
    const auto scratch = root_->make_directory("scratch");
    write_file_durably(*scratch, "s", *root_, "a", as_bytes("one"));
    write_file_durably(*scratch, "s", *root_, "a", as_bytes("two"), 0644);
    EXPECT_EQ(read(*root_, "a"), "two");
    EXPECT_TRUE(scratch->entries().empty());
    root_->make_directory("folder");
    EXPECT_THROW(write_file_durably(*scratch, "s", *root_, "folder", as_bytes("x")), Error);
    EXPECT_TRUE(scratch->entries().empty());
}

TEST(SystemFiles, write_file_durably_gives_a_mode_that_the_umask_would_take_away) {
    test::ScopedTempDir scratch;
    const auto folder = system_files().open_directory(scratch.path());
    const auto before = ::umask(0077);
    write_file_durably(*folder, "s", *folder, "read", as_bytes("x"), 0644);
    write_file_durably(*folder, "s", *folder, "own", as_bytes("x"));
    ::umask(before);
    EXPECT_EQ(folder->stat("read")->mode, 0644u);
    EXPECT_EQ(folder->stat("own")->mode, 0600u);
}

TEST_P(FileSystemTest, write_file_durably_leaves_another_writers_scratch_alone) {
    write(*root_, "s", "in use");
    EXPECT_EQ(refusal([&] { write_file_durably(*root_, "s", *root_, "a", as_bytes("x")); }),
              tr<Msg::os_exists>());
    EXPECT_EQ(read(*root_, "s"), "in use");
    EXPECT_FALSE(root_->stat("a"));
}

TEST(SystemFiles, read_files_that_claim_to_be_empty) {
    const auto proc = system_files().open_directory("/proc/self");
    ASSERT_TRUE(proc);
    EXPECT_EQ(proc->open_file("status")->stat().size, 0U);
    EXPECT_GT(read_file(*proc, "status", 1 << 20)->size(), 100U);
    EXPECT_THROW(read_file(*proc, "status", 10), Error);
}

TEST(OsError, tells_a_full_disk_from_everything_else) {
    for (const int number : {ENOSPC, EDQUOT}) {
        const Error error = os_error("/x", number);
        EXPECT_EQ(error.code(), Errc::no_space);
        EXPECT_EQ(error.hint().id, Msg::hint_free_space);
        EXPECT_STREQ(error.what(), "/x: no space left");
    }
    EXPECT_EQ(os_error("/x", EIO).code(), Errc::failed);
    EXPECT_TRUE(os_error("/x", EIO).hint().empty());
    EXPECT_STREQ(os_error("/x", EROFS).what(), "/x: the file system is read-only");
    EXPECT_STREQ(os_error("/x", EMFILE).what(), "/x: too many open files");
    EXPECT_STREQ(os_error("/x", 4095).what(), "/x: system error 4095");
}

TEST(SplitPath, separates_the_last_name) {
    using Parts = std::pair<std::string, std::string>;
    EXPECT_EQ(split_path("a/b/c"), Parts("a/b", "c"));
    EXPECT_EQ(split_path("c"), Parts(".", "c"));
    EXPECT_EQ(split_path("a/b///"), Parts("a", "b"));
    EXPECT_EQ(split_path("a//b"), Parts("a", "b"));
    EXPECT_EQ(split_path("/c"), Parts("/", "c"));
    EXPECT_EQ(split_path("//c/"), Parts("/", "c"));
    EXPECT_EQ(split_path("/"), Parts("/", "."));
    EXPECT_EQ(split_path(""), Parts(".", "."));
}

}  // namespace
}  // namespace coffre
