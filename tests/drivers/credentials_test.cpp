// Where credentials come from, in which order, and that a careless file is refused.

#include "drivers/remote/credentials.hpp"

#include <cstdlib>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/process.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/scoped_temp_dir.hpp"

namespace coffre::remote {
namespace {

const Environment environment{system_files(), system_clock(), system_random(), 1};

class CredentialsTest : public ::testing::Test {
protected:
    CredentialsTest() {
        for (const auto* name : {"COFFRE_REMOTE_USER", "COFFRE_REMOTE_PASSWORD", "AWS_ACCESS_KEY_ID",
                                 "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_REGION",
                                 "AWS_DEFAULT_REGION", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"})
            ::unsetenv(name);
        ::setenv("HOME", folder_.path().c_str(), 1);
    }

    std::string file(const std::string& name, const std::string& text, mode_t mode = 0600) {
        const auto path = folder_ / name;
        ::mkdir((folder_ / ".aws").c_str(), 0700);
        std::ofstream(path) << text;
        ::chmod(path.c_str(), mode);
        return path;
    }

    static std::optional<Credentials> find(RemoteSettings settings, bool is_s3 = true) {
        return find_credentials({"cloud", "s3://h/b", std::move(settings)}, is_s3, environment);
    }

    test::ScopedTempDir folder_;
};

TEST_F(CredentialsTest, a_file_gives_them_as_they_stand) {
    const auto path = file("c", "# mine\nuser=bob\npassword= p=w; \r\nsession-token=t\n");
    const auto found = find({{"credentials-file", path}});
    ASSERT_TRUE(found);
    EXPECT_EQ(found->user(), "bob");
    EXPECT_EQ(found->password(), " p=w; ");
    EXPECT_EQ(found->session_token(), "t");
}

TEST_F(CredentialsTest, a_file_that_others_may_read_is_refused_by_name) {
    for (const mode_t mode : {0644U, 0640U, 0604U, 0620U}) {
        const auto path = file("c", "user=bob\npassword=hunter2\n", mode);
        EXPECT_EQ(test::error_of([&] { find({{"credentials-file", path}}); }), Errc::refused) << mode;
        try {
            find({{"credentials-file", path}});
        } catch (const Error& error) {
            EXPECT_NE(std::string(error.what()).find(path), std::string::npos);
            EXPECT_EQ(std::string(error.what()).find("hunter2"), std::string::npos);
        }
    }
}

TEST_F(CredentialsTest, a_file_that_is_named_must_give_some) {
    EXPECT_EQ(test::error_of([&] { find({{"credentials-file", folder_ / "none"}}); }), Errc::unreachable);
    for (const auto* text :
         {"", "user=bob\n", "password=x\n", "user=\npassword=\n", "[other]\nuser=a\npassword=b\n"}) {
        const auto path = file("c", text);
        EXPECT_EQ(test::error_of([&] { find({{"credentials-file", path}}); }), Errc::unreachable) << text;
    }
}

TEST_F(CredentialsTest, a_file_of_profiles_gives_the_one_that_is_named) {
    const auto path = file("c",
                           "[default]\naws_access_key_id = A\naws_secret_access_key = a\n\n"
                           "[site]\naws_access_key_id=B\naws_secret_access_key =b\naws_session_token= t\n");
    EXPECT_EQ(find({{"credentials-file", path}})->user(), "A");
    const auto site = find({{"credentials-file", path}, {"profile", "site"}});
    EXPECT_EQ(site->user(), "B");
    EXPECT_EQ(site->password(), "b");
    EXPECT_EQ(site->session_token(), "t");
    EXPECT_EQ(test::error_of([&] {
                  find({{"credentials-file", path}, {"profile", "no"}});
              }),
              Errc::unreachable);
}

TEST_F(CredentialsTest, a_command_prints_them) {
    const auto found = find({{"credentials-command", "echo user=bob; echo password=pw"}});
    ASSERT_TRUE(found);
    EXPECT_EQ(found->user(), "bob");
    EXPECT_EQ(found->password(), "pw");
    for (const auto* command :
         {"echo user=bob", "echo user=b; echo password=x; exit 1", "true", "/nonexistent 2>&-"})
        EXPECT_EQ(test::error_of([&] {
                      find({{"credentials-command", command}});
                  }),
                  Errc::unreachable)
            << command;
}

TEST_F(CredentialsTest, without_any_there_are_none) {
    EXPECT_FALSE(find({}, false));
    EXPECT_FALSE(find({}, true));
}

TEST_F(CredentialsTest, s3_takes_those_of_its_tools_too) {
    file(".aws/credentials", "[default]\naws_access_key_id=F\naws_secret_access_key=f\n");
    EXPECT_FALSE(find({}, false));
    EXPECT_EQ(find({})->user(), "F");
    ::setenv("AWS_ACCESS_KEY_ID", "V", 1);
    ::setenv("AWS_SECRET_ACCESS_KEY", "v", 1);
    ::setenv("AWS_SESSION_TOKEN", "t", 1);
    const auto found = find({});
    EXPECT_EQ(found->user(), "V");
    EXPECT_EQ(found->session_token(), "t");
    EXPECT_EQ(find({{"profile", "default"}})->user(), "F");  // what is named counts
    ::setenv("AWS_SHARED_CREDENTIALS_FILE", (folder_ / "elsewhere").c_str(), 1);
    file("elsewhere", "[default]\naws_access_key_id=E\naws_secret_access_key=e\n");
    EXPECT_EQ(find({{"profile", "default"}})->user(), "E");
    ::setenv("AWS_PROFILE", "x", 1);
    ::unsetenv("AWS_ACCESS_KEY_ID");
    EXPECT_FALSE(find({}));
}

TEST_F(CredentialsTest, the_tools_file_is_refused_too_when_others_may_read_it) {
    file(".aws/credentials", "[default]\naws_access_key_id=F\naws_secret_access_key=f\n", 0644);
    EXPECT_EQ(test::error_of([&] { find({}); }), Errc::refused);
}

TEST_F(CredentialsTest, a_region_comes_from_variables_and_then_from_the_profile) {
    const auto region = [](RemoteSettings settings) {
        return find_aws_region({"", "s3://h/b", std::move(settings)}, environment);
    };
    EXPECT_FALSE(region({}));
    file(".aws/config", "[default]\nregion = eu-1\n[profile site]\nregion=eu-2\n", 0644);
    EXPECT_EQ(region({}), "eu-1");
    EXPECT_EQ(region({{"profile", "site"}}), "eu-2");
    EXPECT_FALSE(region({{"profile", "no"}}));
    ::setenv("AWS_DEFAULT_REGION", "eu-3", 1);
    EXPECT_EQ(region({}), "eu-3");
    ::setenv("AWS_REGION", "eu-4", 1);
    EXPECT_EQ(region({}), "eu-4");
}

// The last one here: this process remembers them from now on.
TEST_F(CredentialsTest, variables_are_erased_and_remembered) {
    ::setenv("COFFRE_REMOTE_USER", "eve", 1);
    ::setenv("COFFRE_REMOTE_PASSWORD", "pw", 1);
    EXPECT_EQ(find({}, false)->user(), "eve");
    EXPECT_EQ(std::getenv("COFFRE_REMOTE_PASSWORD"), nullptr);
    EXPECT_EQ(find({}, false)->password(), "pw");  // the process's next remote
}

TEST(Credentials, move_and_leave_nothing_behind) {
    Credentials first("user", "short", "");  // short enough to lie in the object itself
    const std::string long_secret(100, 'x');
    Credentials second("u2", long_secret, "t");
    second = std::move(first);
    EXPECT_EQ(second.password(), "short");
    EXPECT_TRUE(first.password().empty());  // NOLINT: what is left is what is looked at
    const auto* left = first.password().data();
    EXPECT_EQ(std::string(left, 5), std::string(5, '\0'));
}

}  // namespace
}  // namespace coffre::remote
