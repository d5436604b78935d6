// A physical medium on a real file system of 8 MiB, mounted by tests/servers/small_medium.sh and named by
// COFFRE_TEST_MEDIUM: really full, really read-only, really unmounted in the middle.

#include <cstdlib>
#include <fstream>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/error.hpp"
#include "drivers/remote/medium.hpp"
#include "tests/support/error_of.hpp"

namespace coffre::remote {
namespace {

using test::error_of;
using test::message_of;

constexpr std::uint64_t limit = 64 << 20;
const std::string ours(64, 'a');
const Bytes pack(100'000, 0x5a);

std::string mount_point() {
    const char* given = std::getenv("COFFRE_TEST_MEDIUM");
    return given == nullptr ? "" : given;
}

// Pages of the file that the system has in memory.
std::size_t cached_pages(const std::string& path, std::size_t size) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    void* const at = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0);
    ::close(fd);
    EXPECT_NE(at, MAP_FAILED);
    std::vector<unsigned char> pages((size + page - 1) / page);
    EXPECT_EQ(::mincore(at, size, pages.data()), 0);
    ::munmap(at, size);
    std::size_t cached = 0;
    for (const auto one : pages) cached += one & 1U;
    return cached;
}

class MountedMedium : public ::testing::Test {
protected:
    MountedMedium() : where(mount_point() + "/coffre") {}
    void SetUp() override {
        ASSERT_FALSE(mount_point().empty()) << "run this by tests/servers/small_medium.sh";
    }

    std::unique_ptr<RemoteStore> open(Open how) {
        const RemoteHost host{{system_files(), system_clock(), system_random(), 1}, nullptr, ""};
        return open_remote({"usb1", "file://" + where, {{"repository", ours}}}, host, how);
    }

    std::string where;
};

TEST_F(MountedMedium, a_full_file_system_keeps_what_it_has) {
    const auto store = open(Open::create);
    store->put("packs/first", pack);
    const auto free = store->free_bytes();
    ASSERT_TRUE(free);
    EXPECT_GT(*free, std::uint64_t{1} << 20);
    EXPECT_LT(*free, std::uint64_t{9} << 20);
    int stored = 0;
    std::string name;
    try {
        for (; stored < 200; ++stored) store->put(name = "packs/" + std::to_string(stored), pack);
        FAIL() << "8 MiB hold 20 MB";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Errc::no_space) << error.what();
        EXPECT_EQ(error.message().id, Msg::medium_full);
    }
    EXPECT_GT(stored, 10);
    EXPECT_EQ(store->size(name), std::nullopt);
    EXPECT_TRUE(store->list("tmp").empty());
    EXPECT_EQ(store->list("packs").size(), static_cast<std::size_t>(stored) + 1);
    for (const auto& blob : store->list("packs")) EXPECT_EQ(store->get("packs/" + blob.name, limit), pack);
    for (int i = 0; i < stored; ++i) store->remove("packs/" + std::to_string(i));
    EXPECT_TRUE(store->put(name, pack)) << "with room again it goes on";
    store->remove(name);
}

TEST_F(MountedMedium, what_was_written_is_dropped_from_memory_before_it_is_read_back) {
    const auto file = where + "/packs/back";
    if (system_files().device_of(mount_point()).name == "none") GTEST_SKIP() << "tmpfs is memory";
    const auto store = open(Open::create);
    store->put("packs/back", pack);
    EXPECT_GT(cached_pages(file, pack.size()), 0U);
    const auto opened = system_files().open_directory(where + "/packs")->open_file("back");
    opened->forget_cached(0, pack.size());
    EXPECT_EQ(cached_pages(file, pack.size()), 0U);
    EXPECT_EQ(store->get("packs/back", limit), pack);
    opened->forget_cached(4096, 1);  // the page that holds this byte
    EXPECT_EQ(cached_pages(file, pack.size()), (pack.size() + 4095) / 4096 - 1);
    store->remove("packs/back");
}

TEST_F(MountedMedium, mounted_read_only_it_is_read_and_not_written) {
    const auto before = open(Open::create);
    before->put("packs/kept", pack);
    ASSERT_EQ(::mount(nullptr, mount_point().c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr), 0);
    const auto store = open(Open::existing);
    EXPECT_EQ(store->get("packs/kept", limit), pack);
    EXPECT_EQ(store->facts().at("read_only"), "yes");
    EXPECT_EQ(error_of([&] { store->put("packs/new", pack); }), Errc::unreachable);
    EXPECT_EQ(message_of([&] { store->put("packs/new", pack); }), Msg::medium_read_only);
    EXPECT_EQ(message_of([&] { before->remove("packs/kept"); }), Msg::medium_read_only);
    ASSERT_EQ(::mount(nullptr, mount_point().c_str(), nullptr, MS_REMOUNT, nullptr), 0);
    EXPECT_EQ(store->facts().at("read_only"), "no");
    store->remove("packs/kept");
}

TEST_F(MountedMedium, a_clear_file_system_and_an_encrypted_one_are_told_apart) {
    const auto clear = open(Open::create)->facts();
    if (clear.at("device") != "none") {  // the source that the script gives a tmpfs
        EXPECT_EQ(clear.at("medium"), "clear");
        EXPECT_TRUE(clear.at("device").starts_with("loop")) << clear.at("device");
    }
    EXPECT_EQ(clear.at("serial"), "unknown");
    EXPECT_EQ(clear.at("folder_sync"), "yes");
    EXPECT_EQ(clear.at("system_disk"), "no");
    const char* encrypted = std::getenv("COFFRE_TEST_ENCRYPTED");
    if (encrypted == nullptr || *encrypted == 0) GTEST_SKIP() << "no FUSE here";
    where = std::string(encrypted) + "/coffre";
    const auto store = open(Open::create);
    EXPECT_EQ(store->facts().at("medium"), "encrypted");
    EXPECT_TRUE(store->put("packs/one", pack));
    EXPECT_EQ(open(Open::existing)->get("packs/one", limit), pack);
}

// The last one: the medium is gone afterwards.
TEST_F(MountedMedium, unmounted_in_the_middle_it_is_not_taken_for_empty) {
    const auto store = open(Open::create);
    store->put("packs/kept", pack);
    ASSERT_EQ(::umount2(mount_point().c_str(), MNT_DETACH), 0);
    EXPECT_EQ(message_of([&] { store->put("packs/new", pack); }), Msg::medium_pulled_out);
    EXPECT_EQ(error_of([&] { store->size("packs/none"); }), Errc::unreachable);
    EXPECT_EQ(message_of([&] { open(Open::existing)->list("packs"); }), Msg::medium_not_plugged_in);
    EXPECT_EQ(message_of([&] { store->put("packs/new", pack); }), Msg::medium_not_plugged_in);
    EXPECT_FALSE(system_files().stat(where)) << "written beneath the mount point";
}

}  // namespace
}  // namespace coffre::remote
