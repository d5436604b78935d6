// What SFTP promises beyond every store: whom it speaks to and as whom, and what else may lie in its folder.

#include "drivers/remote/sftp.hpp"

#include <csignal>
#include <cstdlib>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/process.hpp"
#include "drivers/ssh/ssh_library.hpp"
#include "drivers/ssh/watchdog.hpp"
#include "tests/drivers/servers.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/scoped_temp_dir.hpp"
#include "tests/support/tcp_proxy.hpp"

namespace coffre {
namespace {

using remote::Open;
using remote::RemoteSettings;
using test::error_of;
using test::message_of;
using test::server_value;
using test::TcpProxy;

class Sftp : public ::testing::Test {
protected:
    Sftp() { ::unsetenv("SSH_AUTH_SOCK"); }

    // On OpenSSH with these settings and no others.
    std::unique_ptr<RemoteStore> open(const RemoteSettings& settings, Open how = Open::create,
                                      const TcpProxy* proxy = nullptr, const std::string& below = "") {
        auto url = server_value("OPENSSH_URL") + "/" + area_ + below;
        if (!user_.empty()) url.replace(7, url.find('@') - 7, user_);
        if (proxy) url = test::with_port(url, proxy->port());
        return remote::open_sftp({"", url, settings}, test::host_of_tests(state_.path()), how);
    }
    static std::string identity() { return server_value("OPENSSH_WORK") + "/id"; }
    static std::string key() { return server_value("OPENSSH_HOST_KEY"); }
    [[nodiscard]] std::string folder() const { return server_value("OPENSSH_DATA") + "/" + area_; }
    // Whether sshd was told the name of a user who exists nowhere else, `user_` from then on.
    void take_own_name() { user_ = area_; }
    [[nodiscard]] bool name_was_sent() const {
        const std::string log = test::text_of_file(server_value("OPENSSH_WORK") + "/sshd.log");
        return log.find("userauth-request for user " + area_) != std::string::npos;
    }
    [[nodiscard]] std::string remembered() const {
        const auto folder = system_files().open_directory(state_.path());
        std::string all;
        for (const auto& entry : folder->entries()) all += test::text_of_file(state_ / entry.name);
        return all;
    }

    std::string area_ = test::fresh_name();
    std::string user_;
    test::ScopedTempDir state_;
};

TEST_F(Sftp, lets_a_pinned_host_in) {
    EXPECT_TRUE(open({{"identity", identity()}, {"host-key", key()}})->put("packs/a", {}));
    EXPECT_EQ(remembered(), "");
    take_own_name();
    const auto store = open({{"identity", identity()}, {"host-key", key()}});
    EXPECT_EQ(message_of([&] { store->list("packs"); }), Msg::sftp_not_admitted);
    EXPECT_TRUE(name_was_sent());  // so that the tests below, where it must not be, could fail
}

TEST_F(Sftp, lets_in_by_the_key_of_another_type_that_the_host_has_too) {
    const auto store = open({{"identity", identity()}, {"host-key", server_value("OPENSSH_OTHER_HOST_KEY")}});
    EXPECT_TRUE(store->put("packs/a", {}));
    EXPECT_EQ(store->facts().at("host_key"), server_value("OPENSSH_OTHER_HOST_KEY"));
}

TEST_F(Sftp, refuses_another_host_key_before_it_names_the_user) {
    take_own_name();
    const auto store = open({{"identity", identity()}, {"host-key", server_value("RCLONE_SFTP_HOST_KEY")}});
    EXPECT_EQ(error_of([&] { store->put("packs/a", {}); }), Errc::refused);
    EXPECT_EQ(message_of([&] { store->list("packs"); }), Msg::sftp_host_key_changed);
    EXPECT_FALSE(name_was_sent());
}

TEST_F(Sftp, refuses_a_host_that_it_does_not_know_unless_it_is_being_added) {
    take_own_name();
    const auto store = open({{"identity", identity()}}, Open::existing);
    EXPECT_EQ(message_of([&] { store->list("packs"); }), Msg::sftp_host_key_unknown);
    EXPECT_EQ(error_of([&] { store->list("packs"); }), Errc::refused);
    EXPECT_FALSE(name_was_sent());
    EXPECT_EQ(remembered(), "");
}

TEST_F(Sftp, remembers_the_host_that_was_added_and_refuses_another_in_its_place) {
    TcpProxy there(std::stoi(server_value("OPENSSH_PORT")));
    const auto added = open({{"identity", identity()}}, Open::create, &there);
    EXPECT_TRUE(added->put("packs/a", {}));
    EXPECT_EQ(added->facts().at("host_key"), key());
    EXPECT_EQ(remembered(), key() + "\n");
    EXPECT_EQ(open({{"identity", identity()}}, Open::existing, &there)->list("packs").size(), 1U);

    const std::string file = "ssh-host-key-127.0.0.1-" + std::to_string(there.port());
    test::write_text_file(state_ / file, server_value("RCLONE_SFTP_HOST_KEY") + "\n");
    take_own_name();
    for (const auto how : {Open::existing, Open::create}) {
        const auto store = open({{"identity", identity()}}, how, &there);
        EXPECT_EQ(message_of([&] { store->list("packs"); }), Msg::sftp_host_key_changed);
    }
    EXPECT_FALSE(name_was_sent());
}

TEST_F(Sftp, keeps_to_a_known_hosts_file) {
    const auto line = [](const std::string& public_key) {
        const auto text = test::text_of_file(server_value("OPENSSH_WORK") + "/" + public_key);
        return "[127.0.0.1]:" + server_value("OPENSSH_PORT") + " " + text;
    };
    const std::string file = state_ / "known_hosts";
    const RemoteSettings settings{{"identity", identity()}, {"known-hosts", file}};
    test::write_text_file(file, line("host_ed25519.pub"));
    EXPECT_TRUE(open(settings)->put("packs/a", {}));
    test::write_text_file(file, line("host_ecdsa.pub"));  // of the two that the host has
    EXPECT_EQ(open(settings, Open::existing)->list("packs").size(), 1U);

    take_own_name();
    test::write_text_file(file, line("id.pub"));
    EXPECT_EQ(message_of([&] { open(settings)->list("packs"); }), Msg::sftp_host_key_changed);
    test::write_text_file(file, "");
    EXPECT_EQ(message_of([&] { open(settings)->list("packs"); }), Msg::sftp_host_key_unknown);
    EXPECT_FALSE(name_was_sent());
    EXPECT_EQ(error_of([&] { open({{"known-hosts", state_ / "none"}}); }), Errc::usage);
}

TEST_F(Sftp, refuses_a_fingerprint_that_is_none) {
    EXPECT_EQ(error_of([&] { open({{"host-key", "MD5:00:11"}}); }), Errc::usage);
}

TEST_F(Sftp, speaks_no_algorithm_with_sha1) {
    const auto store =
        remote::open_sftp({"",
                           server_value("OLD_SSH_URL"),
                           {{"identity", server_value("OLD_SSH_WORK") + "/id"}, {"retries", "0"}}},
                          test::host_of_tests(), Open::create);
    EXPECT_EQ(error_of([&] { store->list("packs"); }), Errc::unreachable);
    EXPECT_EQ(message_of([&] { store->list("packs"); }), Msg::remote_refuses);
}

TEST_F(Sftp, a_key_that_the_server_does_not_know_does_not_get_in) {
    const auto store =
        open({{"identity", server_value("OPENSSH_WORK") + "/id_stranger"}, {"host-key", key()}});
    EXPECT_EQ(message_of([&] { store->list("packs"); }), Msg::sftp_not_admitted);
    EXPECT_EQ(error_of([&] { store->list("packs"); }), Errc::unreachable);
}

TEST_F(Sftp, without_key_agent_and_password_there_is_nothing_to_log_in_with) {
    EXPECT_EQ(message_of([&] { open({{"host-key", key()}})->list("packs"); }), Msg::sftp_nothing_to_log_in);
}

// A real ssh-agent, which holds the key, and no file.
class AgentOfTests {
public:
    explicit AgentOfTests(const std::string& folder) : socket_(folder + "/agent") {
        const std::string start =
            "ssh-agent -a " + socket_ + " | sed -n 's/.*SSH_AGENT_PID=\\([0-9]*\\).*/\\1/p'";
        id_ = first_line_of_command(start);
        ::setenv("SSH_AUTH_SOCK", socket_.c_str(), 1);
    }
    ~AgentOfTests() {
        ::unsetenv("SSH_AUTH_SOCK");
        ::kill(static_cast<pid_t>(std::stoi(id_)), SIGTERM);
    }
    AgentOfTests(const AgentOfTests&) = delete;
    AgentOfTests& operator=(const AgentOfTests&) = delete;
    void add(const std::string& key) const {
        first_line_of_command("SSH_AUTH_SOCK=" + socket_ + " ssh-add " + key + " 2>&1");
    }

private:
    std::string socket_;
    std::string id_;
};

TEST_F(Sftp, asks_the_agent) {
    const AgentOfTests agent(state_.path());
    const RemoteSettings settings{{"host-key", key()}};
    EXPECT_EQ(message_of([&] { open(settings)->list("packs"); }), Msg::sftp_not_admitted);
    agent.add(identity());
    EXPECT_TRUE(open(settings)->put("packs/a", {}));
}

TEST_F(Sftp, a_passphrase_opens_the_key_file_and_is_not_asked_for) {
    const std::string locked = server_value("OPENSSH_WORK") + "/id_locked";
    const RemoteSettings without{{"identity", locked}, {"host-key", key()}};
    EXPECT_EQ(message_of([&] { open(without)->list("packs"); }), Msg::sftp_identity_unusable);
    const std::string file = state_ / "passphrase";
    test::write_text_file(file, "user=any\npassword=a passphrase\n");
    auto with = without;
    with["credentials-file"] = file;
    EXPECT_TRUE(open(with)->put("packs/a", {}));
    test::write_text_file(file, "user=any\npassword=another\n");
    EXPECT_EQ(message_of([&] { open(with)->list("packs"); }), Msg::sftp_identity_unusable);
}

TEST_F(Sftp, a_key_file_that_is_none_is_told_without_a_word_of_it) {
    const std::string file = state_ / "key";
    test::write_text_file(file, "QUITE-PRIVATE");
    try {
        open({{"identity", file}, {"host-key", key()}})->list("packs");
        ADD_FAILURE() << "opened";
    } catch (const Error& error) {
        EXPECT_EQ(error.message().id, Msg::sftp_identity_unusable);
        EXPECT_EQ(std::string(error.what()).find("QUITE"), std::string::npos);
    }
    EXPECT_EQ(error_of([&] { open({{"identity", state_ / "none"}}); }), Errc::usage);
}

TEST_F(Sftp, a_password_gets_in_and_a_wrong_one_does_not) {
    const auto by = [](const std::string& file) {
        return remote::open_sftp({"",
                                  server_value("RCLONE_SFTP_URL"),
                                  {{"credentials-file", server_value("RCLONE_SFTP_WORK") + "/" + file},
                                   {"host-key", server_value("RCLONE_SFTP_HOST_KEY")}}},
                                 test::host_of_tests(), Open::existing);
    };
    EXPECT_FALSE(by("credentials")->size("packs/none"));
    EXPECT_EQ(error_of([&] { by("credentials_wrong")->size("packs/none"); }), Errc::unreachable);
    EXPECT_EQ(message_of([&] { by("credentials_wrong")->size("packs/none"); }), Msg::sftp_not_admitted);
}

TEST_F(Sftp, what_is_not_ours_is_not_seen) {
    const auto store = open({{"identity", identity()}, {"host-key", key()}});
    store->put("packs/a", as_bytes("1"));
    const auto packs = system_files().open_directory(folder() + "/packs");
    packs->make_link("link", folder() + "/packs/a");
    packs->make_link("dangling", "/nowhere");
    packs->make_directory("folder");
    test::write_text_file(folder() + "/packs/.hidden", "x");
    test::write_text_file(folder() + "/packs/a name with blanks", "x");
    const auto listed = store->list("packs");
    ASSERT_EQ(listed.size(), 1U);
    EXPECT_EQ(listed[0].name, "a");
    for (const auto* name : {"packs/link", "packs/dangling", "packs/folder"}) {
        SCOPED_TRACE(name);
        EXPECT_FALSE(store->size(name));
        EXPECT_FALSE(store->get(name, 100));
        EXPECT_EQ(error_of([&] { store->get_range(name, 0, 1); }), Errc::damaged);
        EXPECT_EQ(error_of([&] { store->put(name, as_bytes("2")); }), Errc::unreachable);
    }
    EXPECT_EQ(test::text_of_file(folder() + "/packs/a"), "1");
}

TEST_F(Sftp, makes_the_folders_on_the_way) {
    const auto store =
        open({{"identity", identity()}, {"host-key", key()}}, Open::create, nullptr, "/deep/er");
    EXPECT_TRUE(store->list_all().empty());
    EXPECT_FALSE(system_files().stat(folder()));  // reading makes none
    EXPECT_TRUE(store->put("coffre.json", as_bytes("{}")));
    EXPECT_EQ(test::text_of_file(folder() + "/deep/er/coffre.json"), "{}");
}

TEST_F(Sftp, does_not_make_a_store_where_the_disk_is_not_mounted) {
    const RemoteSettings settings{{"identity", identity()}, {"host-key", key()}};
    open(settings)->put("packs/a", {});
    const auto store = open(settings, Open::existing);
    EXPECT_EQ(store->list("packs").size(), 1U);
    const auto parent = system_files().open_directory(server_value("OPENSSH_DATA"));
    parent->rename(area_, *parent, area_ + "-away");
    EXPECT_EQ(error_of([&] { store->list("packs"); }), Errc::unreachable);
    EXPECT_EQ(error_of([&] { store->put("packs/b", {}); }), Errc::unreachable);
    EXPECT_FALSE(system_files().stat(folder()));
}

TEST_F(Sftp, files_and_folders_are_the_users_alone) {
    open({{"identity", identity()}, {"host-key", key()}})->put("packs/a", {});
    EXPECT_EQ(system_files().stat(folder() + "/packs/a")->mode, 0600U);
    EXPECT_EQ(system_files().stat(folder() + "/packs")->mode, 0700U);
}

TEST_F(Sftp, a_broken_connection_leaves_no_descriptor_behind) {
    const auto descriptors = [] { return system_files().open_directory("/proc/self/fd")->entries().size(); };
    const auto lose_one = [&] {
        TcpProxy proxy(std::stoi(server_value("OPENSSH_PORT")));
        const auto store = open({{"identity", identity()}, {"host-key", key()}}, Open::create, &proxy);
        store->put("packs/a", {});
        proxy.break_after(TcpProxy::Fault::cut, TcpProxy::Direction::to_client, 10);
        EXPECT_TRUE(store->get("packs/a", 0));
        EXPECT_TRUE(proxy.broke());
    };
    lose_one();
    const auto before = descriptors();
    for (int i = 0; i < 3; ++i) lose_one();
    EXPECT_EQ(descriptors(), before);
}

TEST_F(Sftp, tells_of_the_server) {
    const auto store = open({{"identity", identity()}, {"host-key", key()}});
    const auto facts = store->facts();
    EXPECT_EQ(facts.at("host_key"), key());
    EXPECT_EQ(facts.at("fsync"), "yes");
    EXPECT_EQ(facts.at("posix_rename"), "yes");
    EXPECT_TRUE(facts.at("server").find("OpenSSH") != std::string::npos);
    EXPECT_GT(store->free_bytes().value_or(0), 0U);
}

TEST(SshLibrary, says_which_package_is_missing) {
    EXPECT_EQ(error_of([] { ssh::load_ssh_library("libssh-that-is-nowhere.so.4"); }), Errc::failed);
    EXPECT_EQ(message_of([] { ssh::load_ssh_library("libssh-that-is-nowhere.so.4"); }),
              Msg::sftp_library_missing);
    EXPECT_EQ(message_of([] { ssh::load_ssh_library("libc.so.6"); }), Msg::sftp_library_lacks);
}

}  // namespace
}  // namespace coffre
