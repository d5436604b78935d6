// Folders of a machine that is reached over SSH: what is taken, what is not, and what is put back.

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "drivers/equipment/sftp.hpp"
#include "tests/drivers/equipment_fixture.hpp"
#include "tests/drivers/servers.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/tcp_proxy.hpp"

namespace coffre {
namespace {

using test::Equipment;
using test::error_of;
using test::message_of;
using test::server_value;
using test::TcpProxy;
using test::text_of_file;
using test::write_text_file;

class SftpDriverTest : public ::testing::Test {
protected:
    SftpDriverTest() { ::unsetenv("SSH_AUTH_SOCK"); }

    drivers::DriverSettings settings(const std::string& below = "") const {
        return {{"url", "sftp://127.0.0.1:" + server_value("OPENSSH_PORT") + folder_ + below},
                {"user", user_},
                {"identity", server_value("OPENSSH_WORK") + "/id"},
                {"host-key", server_value("OPENSSH_HOST_KEY")}};
    }
    Equipment equipment(const drivers::DriverSettings& more = {}, const std::string& below = "") const {
        auto all = settings(below);
        for (const auto& [name, value] : more) all[name] = value;
        return {"sftp", all};
    }
    void put(const std::string& path, const std::string& text, std::uint32_t mode = 0644) const {
        write_text_file(folder_ + "/" + path, text);
        ::chmod((folder_ + "/" + path).c_str(), mode);
    }
    [[nodiscard]] std::string text(const std::string& path) const {
        return text_of_file(folder_ + "/" + path);
    }
    [[nodiscard]] std::size_t names_in(const std::string& path) const {
        return system_files().open_directory(folder_ + "/" + path)->entries().size();
    }
    [[nodiscard]] bool name_was_sent(const std::string& name) const {
        return text_of_file(server_value("OPENSSH_WORK") + "/sshd.log").find("user " + name) !=
               std::string::npos;
    }

    std::string area_ = test::fresh_name();
    std::string folder_ = server_value("OPENSSH_DATA") + "/" + area_;
    std::string user_ = server_value("OPENSSH_LOGIN");
};

TEST_F(SftpDriverTest, takes_files_links_and_empty_folders_of_all_depths) {
    put("a.conf", "one");
    put("deep/er/b.sh", "two", 0755);
    put("empty.txt", "");
    ASSERT_EQ(::mkdir((folder_ + "/hollow").c_str(), 0755), 0);
    ASSERT_EQ(::symlink("/etc/passwd", (folder_ + "/link").c_str()), 0);
    ASSERT_EQ(::symlink("deep", (folder_ + "/loop").c_str()), 0);
    ASSERT_EQ(::mkfifo((folder_ + "/fifo").c_str(), 0644), 0);
    auto equipment = this->equipment();
    const auto captured = equipment.captured();
    EXPECT_EQ(captured.held, (std::map<std::string, std::string>{{"a.conf", "one"},
                                                                 {"deep/er/b.sh", "two"},
                                                                 {"empty.txt", ""},
                                                                 {"hollow", "/"},
                                                                 {"link", "-> /etc/passwd"},
                                                                 {"loop", "-> deep"}}));
    EXPECT_EQ(captured.executables, (std::set<std::string>{"deep/er/b.sh"}));
    EXPECT_EQ(captured.left_out, (std::map<std::string, Msg>{{"fifo", Msg::special_skipped}}));
    EXPECT_TRUE(captured.missing.empty());
}

TEST_F(SftpDriverTest, takes_one_file_by_its_name) {
    put("a.conf", "one");
    put("b.conf", "two");
    auto equipment = this->equipment({}, "/a.conf");
    EXPECT_EQ(equipment.captured().held, (std::map<std::string, std::string>{{"a.conf", "one"}}));
}

TEST_F(SftpDriverTest, hands_large_files_over_in_pieces) {
    const std::string large(5 << 20, 'x');
    put("large", large, 0700);
    auto equipment = this->equipment();
    const auto captured = equipment.captured();
    EXPECT_EQ(captured.in_pieces, 1);
    EXPECT_EQ(captured.held.at("large"), large);
    EXPECT_TRUE(captured.executables.contains("large"));
}

TEST_F(SftpDriverTest, names_are_data) {
    for (const char* name : {"new\nline", "\x1b[31m", "not-\xff-utf8", " blank ", "..x", "-rf", "a%41", "*"})
        put(name, name);
    auto equipment = this->equipment();
    const auto captured = equipment.captured();
    EXPECT_EQ(captured.held.size(), 8U);
    for (const auto& [path, content] : captured.held) EXPECT_EQ(path, content);
}

TEST_F(SftpDriverTest, folders_that_are_too_deep_are_told) {
    std::string path;
    for (int i = 0; i < 201; ++i) path += "d/";
    put(path + "file", "deep");
    auto equipment = this->equipment();
    const auto captured = equipment.captured();
    EXPECT_TRUE(captured.held.empty());
    ASSERT_EQ(captured.missing.size(), 1U);
    EXPECT_EQ(captured.missing.begin()->second, Msg::folder_too_deep);
}

TEST_F(SftpDriverTest, leaves_out_what_it_is_told_to) {
    for (const char* name : {"a.log", "a.conf", "sub/b.log", "sub/b.conf", "cache/c.conf", "sub/cache"})
        put(name, name);
    auto equipment = this->equipment({{"exclude", "*.log, /cache/"}});
    const auto captured = equipment.captured();
    EXPECT_EQ(captured.held,
              (std::map<std::string, std::string>{
                  {"a.conf", "a.conf"}, {"sub/b.conf", "sub/b.conf"}, {"sub/cache", "sub/cache"}}));
    EXPECT_EQ(captured.left_out.size(), 3U);
    EXPECT_EQ(captured.left_out.at("cache"), Msg::excluded_by_setting);
}

TEST_F(SftpDriverTest, keeps_to_its_limits) {
    put("large", std::string(2 << 20, 'x'));
    auto equipment = this->equipment({{"size-limit", "1"}});
    EXPECT_EQ(message_of([&] { equipment.captured(); }), Msg::device_too_much);
}

// A file that changes while it is handed over in pieces.
class Meddling final : public CaptureSink {
public:
    explicit Meddling(std::string path) : path_(std::move(path)) {}
    void file(const Path&, bool, ByteView) override {}
    void large_file(const Path&, bool, std::uint64_t, const Pieces& next) override {
        next();
        write_text_file(path_, "shorter");
        while (!next().empty()) {
        }
        ADD_FAILURE() << "taken in";
    }
    void link(const Path&, const std::string&) override {}
    void empty_folder(const Path&) override {}
    void skipped(const Path&, const Message&) override {}
    void failed(const Path&, const Message& why) override { failed_with = why.id; }

    Msg failed_with = Msg::none;

private:
    std::string path_;
};

TEST_F(SftpDriverTest, a_file_that_changes_while_it_is_read_is_failed) {
    put("large", std::string(5 << 20, 'x'));
    auto equipment = this->equipment();
    Meddling sink(folder_ + "/large");
    equipment.driver().capture(sink);
    EXPECT_EQ(sink.failed_with, Msg::file_changed);
}

TEST_F(SftpDriverTest, a_place_that_is_not_there_is_no_empty_capture) {
    auto equipment = this->equipment({}, "/none");
    EXPECT_EQ(message_of([&] { equipment.captured(); }), Msg::device_path_missing);
    EXPECT_EQ(error_of([&] { equipment.captured(); }), Errc::unreachable);
}

TEST_F(SftpDriverTest, pins_the_host_on_first_use_and_sends_nothing_before) {
    put("a", "1");
    auto with = settings();
    with.erase("host-key");
    with["user"] = area_;
    Equipment unknown("sftp", with);
    const auto pin = drivers::driver_named("sftp").first_pin(unknown.context());
    EXPECT_EQ(pin, (std::pair<std::string, std::string>("host-key", server_value("OPENSSH_HOST_KEY"))));
    EXPECT_EQ(message_of([&] { unknown.captured(); }), Msg::sftp_host_key_unknown);
    EXPECT_EQ(error_of([&] { unknown.captured(); }), Errc::refused);
    with["host-key"] = server_value("RCLONE_SFTP_HOST_KEY");
    Equipment other("sftp", with);
    EXPECT_EQ(error_of([&] { other.captured(); }), Errc::refused);
    EXPECT_EQ(drivers::driver_named("sftp").first_pin(other.context()).first, "");
    EXPECT_FALSE(name_was_sent(area_));
}

TEST_F(SftpDriverTest, is_refused_once_and_asks_no_more) {
    auto with = settings();
    with["user"] = area_;
    with["identity"] = server_value("OPENSSH_WORK") + "/id_stranger";
    Equipment stranger("sftp", with);
    EXPECT_EQ(message_of([&] { stranger.driver().identify(); }), Msg::device_login_refused);
    const auto tried = [&] {
        const auto log = text_of_file(server_value("OPENSSH_WORK") + "/sshd.log");
        std::size_t count = 0;
        for (auto at = log.find("user " + area_ + " service"); at != std::string::npos;
             at = log.find("user " + area_ + " service", at + 1))
            ++count;
        return count;
    };
    const auto before = tried();
    EXPECT_GT(before, 0U);
    EXPECT_EQ(message_of([&] { stranger.captured(); }), Msg::device_login_refused);
    EXPECT_EQ(tried(), before);
}

TEST_F(SftpDriverTest, logs_in_with_a_password_or_a_locked_key) {
    const drivers::DriverSettings by_password{{"url", server_value("RCLONE_SFTP_URL")},
                                              {"user", "coffre"},
                                              {"host-key", server_value("RCLONE_SFTP_HOST_KEY")}};
    auto with = by_password;
    with["url"] = "sftp://127.0.0.1:" + server_value("RCLONE_SFTP_PORT") + "/data";
    EXPECT_EQ(error_of([&] {
                  Equipment("sftp", by_password, {{"password", "not a secret"}}).driver();
              }),
              Errc::usage);  // a user in the address
    Equipment right("sftp", with, {{"password", "not a secret"}});
    EXPECT_NO_THROW(right.captured());
    Equipment wrong("sftp", with, {{"password", "another"}});
    EXPECT_EQ(message_of([&] { wrong.captured(); }), Msg::device_login_refused);
    Equipment neither("sftp", with);
    EXPECT_EQ(message_of([&] { neither.captured(); }), Msg::device_no_login);

    put("a", "1");
    auto locked = settings();
    locked["identity"] = server_value("OPENSSH_WORK") + "/id_locked";
    Equipment opened("sftp", locked, {{"passphrase", "a passphrase"}});
    EXPECT_EQ(opened.captured().held.size(), 1U);
    Equipment closed("sftp", locked, {{"passphrase", "another"}});
    EXPECT_EQ(message_of([&] { closed.captured(); }), Msg::sftp_identity_unusable);
}

TEST_F(SftpDriverTest, refuses_an_address_that_is_none) {
    for (const char* url :
         {"", "sftp://", "sftp://host", "ssh://host/x", "sftp://bob@host/x", "sftp://h:0/x",
          "sftp://h:70000/x", "sftp://h:x/x", "sftp:///x", "sftp://h/%00", "sftp://h/%4", "sftp://a b/x"}) {
        Equipment equipment("sftp", {{"url", url}, {"user", "x"}});
        EXPECT_EQ(error_of([&] { equipment.driver(); }), Errc::usage) << url;
    }
    auto key = equipment({{"host-key", "MD5:00"}});
    EXPECT_EQ(message_of([&] { key.driver(); }), Msg::sftp_host_key_form);
    auto word = equipment({{"remove-extra", "maybe"}});
    EXPECT_EQ(message_of([&] { word.driver(); }), Msg::device_setting_words);
}

TEST_F(SftpDriverTest, puts_back_what_differs_and_nothing_else) {
    put("same", "same");
    put("changed.sh", "old", 0755);
    put("sub/lost", "lost");
    put("empty", "");
    auto equipment = this->equipment();
    const auto before = equipment.held();
    put("changed.sh", "new", 0751);
    put("empty", "no more");
    put("extra", "extra");
    ASSERT_EQ(::unlink((folder_ + "/sub/lost").c_str()), 0);
    ASSERT_EQ(::rmdir((folder_ + "/sub").c_str()), 0);
    const auto inode = system_files().stat(folder_ + "/same")->inode;

    const auto plan = equipment.restore(before);
    ASSERT_EQ(plan.steps.size(), 3U);
    EXPECT_EQ(plan.steps[0].what, "changed.sh");
    EXPECT_EQ(plan.steps[0].action, PlanAction::change);
    EXPECT_EQ(plan.steps[2].what, "sub/lost");
    EXPECT_EQ(plan.steps[2].action, PlanAction::add);
    ASSERT_EQ(plan.gaps.size(), 1U);
    EXPECT_EQ(plan.gaps[0].what, "extra");
    EXPECT_EQ(plan.gaps[0].why.id, Msg::gap_extra_file);
    EXPECT_EQ(text("changed.sh"), "old");
    EXPECT_EQ(system_files().stat(folder_ + "/changed.sh")->mode, 0751U);
    EXPECT_EQ(text("sub/lost"), "lost");
    EXPECT_EQ(system_files().stat(folder_ + "/sub/lost")->mode, 0644U);
    EXPECT_EQ(text("extra"), "extra");
    EXPECT_EQ(system_files().stat(folder_ + "/same")->inode, inode);
    EXPECT_EQ(names_in(""), 5U);  // no file of the way there is left
}

TEST_F(SftpDriverTest, removes_what_is_extra_only_when_told) {
    put("kept", "1");
    auto equipment = this->equipment({{"remove-extra", "yes"}, {"exclude", "*.log"}});
    const auto before = equipment.held();
    put("extra", "2");
    put("left.log", "3");
    const auto plan = equipment.restore(before);
    ASSERT_EQ(plan.steps.size(), 1U);
    EXPECT_EQ(plan.steps[0].action, PlanAction::remove);
    EXPECT_FALSE(system_files().stat(folder_ + "/extra"));
    EXPECT_EQ(text("left.log"), "3");
}

TEST_F(SftpDriverTest, never_writes_through_a_link) {
    put("config", "old");
    put("sub/inner", "old");
    auto equipment = this->equipment();
    const auto before = equipment.held();
    const auto away = folder_ + "-away";
    write_text_file(away + "/config", "precious");
    write_text_file(away + "/inner", "precious");
    for (const char* gone : {"/config", "/sub/inner"}) ASSERT_EQ(::unlink((folder_ + gone).c_str()), 0);
    ASSERT_EQ(::rmdir((folder_ + "/sub").c_str()), 0);
    ASSERT_EQ(::symlink((away + "/config").c_str(), (folder_ + "/config").c_str()), 0);
    ASSERT_EQ(::symlink(away.c_str(), (folder_ + "/sub").c_str()), 0);
    const auto plan = equipment.restore(before);
    EXPECT_TRUE(plan.steps.empty());
    ASSERT_EQ(plan.gaps.size(), 2U);
    EXPECT_EQ(plan.gaps[0].why.id, Msg::gap_in_the_way);
    EXPECT_EQ(text_of_file(away + "/config"), "precious");
    EXPECT_EQ(text_of_file(away + "/inner"), "precious");
}

TEST_F(SftpDriverTest, names_of_a_snapshot_lead_nowhere_else) {
    put("a", "1");
    auto equipment = this->equipment();
    drivers::MemoryFiles wanted;
    wanted.put("../" + area_ + "-out", {1});
    wanted.put("a", {'1'});
    wanted.put("b/../c", {1});
    const auto plan = equipment.restore(wanted);
    EXPECT_TRUE(plan.steps.empty());
    EXPECT_EQ(plan.gaps.size(), 2U);
    EXPECT_FALSE(system_files().stat(folder_ + "-out"));
}

TEST_F(SftpDriverTest, parts_are_not_restored) {
    put("a", "1");
    auto equipment = this->equipment();
    const auto before = equipment.held();
    put("a", "2");
    RestoreOptions options;
    options.keep_network = true;
    const auto plan = equipment.restore(before, options);
    EXPECT_TRUE(plan.steps.empty());
    EXPECT_EQ(plan.gaps.at(0).why.id, Msg::gap_whole_only);
    EXPECT_EQ(text("a"), "2");
}

TEST_F(SftpDriverTest, restores_one_file) {
    put("a.conf", "one", 0600);
    put("b.conf", "two");
    auto equipment = this->equipment({}, "/a.conf");
    const auto before = equipment.held();
    put("a.conf", "changed", 0600);
    EXPECT_EQ(equipment.restore(before).steps.size(), 1U);
    EXPECT_EQ(text("a.conf"), "one");
    EXPECT_EQ(text("b.conf"), "two");
    EXPECT_EQ(names_in(""), 2U);
}

TEST_F(SftpDriverTest, a_connection_that_breaks_ends_a_capture_and_the_next_one_connects_anew) {
    put("a", "1");
    TcpProxy proxy(std::stoi(server_value("OPENSSH_PORT")));
    auto equipment = this->equipment({{"url", "sftp://127.0.0.1:" + std::to_string(proxy.port()) + folder_}});
    equipment.driver().identify();
    proxy.break_after(TcpProxy::Fault::cut, TcpProxy::Direction::to_client, 10);
    EXPECT_EQ(message_of([&] { equipment.captured(); }), Msg::device_lost);
    EXPECT_TRUE(proxy.broke());
    EXPECT_EQ(equipment.captured().held.size(), 1U);
}

TEST_F(SftpDriverTest, a_restore_that_is_cut_off_leaves_the_file_as_it_was_and_nothing_beside_it) {
    put("a", std::string(3 << 20, 'x'));
    TcpProxy proxy(std::stoi(server_value("OPENSSH_PORT")));
    auto equipment = this->equipment({{"url", "sftp://127.0.0.1:" + std::to_string(proxy.port()) + folder_}});
    const auto before = equipment.held();
    put("a", "changed");
    const auto now = equipment.held();
    const auto job = equipment.driver().prepare_restore(before, now, {});
    proxy.break_after(TcpProxy::Fault::cut, TcpProxy::Direction::to_server, 1 << 20);
    EXPECT_EQ(message_of([&] { job->apply([](const PlanStep&) {}); }), Msg::device_lost);
    EXPECT_TRUE(proxy.broke());
    EXPECT_EQ(text("a"), "changed");
    EXPECT_EQ(names_in(""), 1U);
    job->apply([](const PlanStep&) {});
    EXPECT_EQ(text("a").size(), 3U << 20);
}

TEST_F(SftpDriverTest, restores_on_a_server_without_posix_rename) {
    const auto name = "/" + area_ + ".conf";
    const auto place = server_value("RCLONE_SFTP_DATA") + name;
    write_text_file(place, "old");
    Equipment equipment("sftp",
                        {{"url", "sftp://127.0.0.1:" + server_value("RCLONE_SFTP_PORT") + "/data" + name},
                         {"user", "coffre"},
                         {"host-key", server_value("RCLONE_SFTP_HOST_KEY")}},
                        {{"password", "not a secret"}});
    const auto before = equipment.held();
    write_text_file(place, "newer");
    EXPECT_EQ(equipment.restore(before).steps.size(), 1U);
    EXPECT_EQ(text_of_file(place), "old");
}

}  // namespace
}  // namespace coffre
