// An identity that is opened once for many sites.

#include "cli/identity_keep.hpp"

#include <gtest/gtest.h>

#include "tests/support/error_of.hpp"
#include "tests/support/memory_file_system.hpp"
#include "tests/support/repository_fixture.hpp"
#include "tests/support/test_keys.hpp"

namespace coffre {
namespace {

constexpr const char* path = "/home/anne/identity";

class IdentityKeepTest : public testing::Test {
protected:
    void SetUp() override {
        const auto made = crypto::make_identity(keys.environment, "Anne", "");
        const auto bytes = crypto::lock_identity(made, keys.environment, "the one", test::cheap_cost);
        const auto [folder, name] = split_path(path);
        const auto home = files.make_directories(folder);
        write_file_durably(*home, "scratch", *home, name, bytes);
    }

    // How often the passphrase was asked for: each time is a derivation.
    std::function<std::string()> asked(const std::string& passphrase) {
        return [this, passphrase] {
            ++times;
            return passphrase;
        };
    }

    test::TestKeys keys;
    test::MemoryFileSystem files;
    cli::IdentityKeep keep;
    int times = 0;
};

TEST_F(IdentityKeepTest, opens_once) {
    keep.open(files, path, asked("the one"));
    EXPECT_EQ(keep.open(files, path, asked("the one")).card.name, "Anne");
    EXPECT_EQ(times, 1);
}

TEST_F(IdentityKeepTest, refuses_for_good_without_another_derivation) {
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(test::error_of([&] { keep.open(files, path, asked("another")); }), Errc::no_key);
    EXPECT_EQ(times, 1);
}

}  // namespace
}  // namespace coffre
