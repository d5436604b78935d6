// Units and lines of cron: hardened, quoted, in UTC; a table of cron keeps what is not ours.

#include "hooks/units.hpp"

#include <gtest/gtest.h>

namespace coffre::hooks {
namespace {

ScheduleRequest some_request() {
    ScheduleRequest request;
    request.name = "coffre-1a2b3c4d";
    request.description = "coffre run for /srv/100% safe";
    request.command = {"/usr/bin/coffre", "--quiet", "run"};
    request.system = true;
    request.run_as = "coffre";
    request.key_file = "/etc/coffre/a key";
    request.environment = {{"COFFRE_REPO", "/srv/100% safe"}};
    request.writable = {"/srv/100% safe", "/var/lib/coffre"};
    return request;
}

bool has_line(const std::string& text, const std::string& line) {
    return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

TEST(Units, intervals_are_those_that_divide_an_hour_or_a_day) {
    EXPECT_EQ(parse_interval("15min"), 15);
    EXPECT_EQ(parse_interval("2h"), 120);
    EXPECT_EQ(parse_interval("60min"), 60);
    for (const auto* text :
         {"", "15", "min", "7min", "0min", "5h", "24h", "-5min", "99999min", "15 min", "1d"})
        EXPECT_FALSE(parse_interval(text)) << text;
}

TEST(Units, a_timer_is_in_utc_and_catches_up) {
    auto request = some_request();
    const auto timer = [&] { return systemd_units(request).at(1); };
    EXPECT_EQ(timer().name, "coffre-1a2b3c4d.timer");
    EXPECT_TRUE(has_line(timer().content, "OnCalendar=*-*-* *:00/15:00 UTC"));
    EXPECT_TRUE(has_line(timer().content, "Persistent=yes"));
    EXPECT_TRUE(has_line(timer().content, "RandomizedDelaySec=180s"));
    request.every_minutes = 60;
    EXPECT_TRUE(has_line(timer().content, "OnCalendar=*-*-* *:00:00 UTC"));
    request.every_minutes = 360;
    EXPECT_TRUE(has_line(timer().content, "OnCalendar=*-*-* 00/06:00:00 UTC"));
    EXPECT_TRUE(has_line(timer().content, "RandomizedDelaySec=300s"));
}

TEST(Units, a_service_hands_the_key_over_as_a_credential) {
    const auto service = systemd_units(some_request()).at(0).content;
    EXPECT_TRUE(has_line(service, "LoadCredential=key:/etc/coffre/a key"))
        << "quotes would be part of the name";
    EXPECT_TRUE(has_line(service, "Environment=\"COFFRE_KEY_FILE=%d/key\""));
    EXPECT_TRUE(has_line(service, R"(ExecStart="/usr/bin/coffre" "--quiet" "run")"));
    EXPECT_TRUE(has_line(service, "User=coffre"));
}

TEST(Units, each_secret_is_a_credential_of_its_own_path) {
    auto request = some_request();
    request.key_file.clear();
    request.password_file = "/etc/coffre/100% secret";
    request.identity_file = "/home/anne/identity";
    const auto service = systemd_units(request).at(0).content;
    EXPECT_TRUE(has_line(service, "LoadCredential=password:/etc/coffre/100%% secret"));
    EXPECT_TRUE(has_line(service, "Environment=\"COFFRE_PASSWORD_FILE=%d/password\""));
    EXPECT_TRUE(has_line(service, "LoadCredential=identity:/home/anne/identity"));
    EXPECT_TRUE(has_line(service, "Environment=\"COFFRE_IDENTITY=%d/identity\""));
    EXPECT_EQ(service.find("LoadCredential=key"), std::string::npos);
    EXPECT_NE(cron_lines(request).find(" COFFRE_IDENTITY='/home/anne/identity' "), std::string::npos);
}

TEST(Units, the_manager_makes_the_folders_of_another_account) {
    auto request = some_request();
    EXPECT_EQ(systemd_units(request).at(0).content.find("StateDirectory="), std::string::npos);
    request.own_folders = true;
    const auto service = systemd_units(request).at(0).content;
    for (const auto* line : {"StateDirectory=coffre", "CacheDirectory=coffre", "StateDirectoryMode=0700",
                             "Environment=\"XDG_STATE_HOME=%S\"", "Environment=\"XDG_CACHE_HOME=%C\""})
        EXPECT_TRUE(has_line(service, line)) << line;
}

TEST(Units, both_forms_tell_of_which_repository_they_are) {
    const auto request = some_request();
    for (const auto& text : {systemd_units(request).at(0).content, cron_lines(request)}) {
        EXPECT_TRUE(names_repository(text, "/srv/100% safe"));
        EXPECT_FALSE(names_repository(text, "/srv/100%"));
        EXPECT_FALSE(names_repository(text, "/srv/100% safe/below"));
    }
}

TEST(Units, lines_of_a_table_are_found_by_their_name) {
    const auto table = with_cron_lines(with_cron_lines("# mine\n", "coffre-1", "a\n"), "coffre-2", "b\n");
    EXPECT_EQ(names_in_table(table), (std::vector<std::string>{"coffre-1", "coffre-2"}));
    EXPECT_EQ(lines_in_table(table, "coffre-2"), "b\n");
    EXPECT_EQ(lines_in_table(table, "coffre-3"), "");
    EXPECT_TRUE(names_in_table("0 1 * * * x").empty());
}

TEST(Units, an_account_is_named_as_accounts_are) {
    for (const auto* name : {"root", "coffre", "_backup", "a.b-c_9"})
        EXPECT_TRUE(is_account_name(name)) << name;
    for (const auto* name : {"", "no such user; x", "a b", "-a", "0", "x\n", "a%b"})
        EXPECT_FALSE(is_account_name(name)) << name;
}

TEST(Units, what_begins_a_specifier_or_a_variable_is_taken_for_itself) {
    auto request = some_request();
    request.command = {"/opt/co\"ff$re", "fleet", "a$b\\c"};
    const auto service = systemd_units(request).at(0).content;
    EXPECT_TRUE(has_line(service, R"(ExecStart="/opt/co\"ff$re" "fleet" "a$$b\\c")"));
    EXPECT_TRUE(has_line(service, "Environment=\"COFFRE_REPO=/srv/100%% safe\""));
    EXPECT_TRUE(has_line(service, "ReadWritePaths=\"-/srv/100%% safe\""));
    EXPECT_TRUE(has_line(service, "Description=coffre run for /srv/100%% safe"));
}

TEST(Units, a_users_manager_is_not_asked_for_what_it_cannot_do) {
    auto request = some_request();
    request.system = false;
    const auto service = systemd_units(request).at(0).content;
    EXPECT_EQ(service.find("CapabilityBoundingSet"), std::string::npos);
    EXPECT_EQ(service.find("ProtectSystem"), std::string::npos);
    EXPECT_EQ(service.find("User="), std::string::npos);
    EXPECT_TRUE(has_line(service, "NoNewPrivileges=yes"));
}

TEST(Units, a_line_of_cron_quotes_its_words) {
    EXPECT_EQ(cron_lines(some_request()),
              "# coffre run for /srv/100% safe\n"
              "*/15 * * * * coffre COFFRE_REPO='/srv/100\\% safe' COFFRE_KEY_FILE='/etc/coffre/a key' "
              "'/usr/bin/coffre' '--quiet' 'run'\n");
    auto request = some_request();
    request.system = false;
    request.every_minutes = 120;
    request.environment = {{"COFFRE_REPO", "it's"}};
    request.key_file.clear();
    EXPECT_EQ(cron_lines(request),
              "# coffre run for /srv/100% safe\n"
              "0 */2 * * * COFFRE_REPO='it'\\''s' '/usr/bin/coffre' '--quiet' 'run'\n");
}

TEST(Units, a_table_of_cron_keeps_what_is_not_ours) {
    const std::string own = "0 1 * * * backup";  // without a line end
    const auto once = with_cron_lines(own, "coffre-1", "a\n");
    EXPECT_EQ(once, "0 1 * * * backup\n# coffre-1: begin\na\n# coffre-1: end\n");
    EXPECT_EQ(with_cron_lines(once, "coffre-1", "a\n"), once);
    const auto two = with_cron_lines(once, "coffre-2", "b\n");
    EXPECT_EQ(
        with_cron_lines(two, "coffre-1", "c\n"),
        "0 1 * * * backup\n# coffre-1: begin\nc\n# coffre-1: end\n# coffre-2: begin\nb\n# coffre-2: end\n");
    EXPECT_EQ(with_cron_lines(once, "coffre-1", ""), "0 1 * * * backup\n");
    EXPECT_EQ(with_cron_lines("", "coffre-1", ""), "");
}

TEST(Units, control_characters_and_ends_that_a_line_loses_are_refused) {
    EXPECT_FALSE(can_be_written("/srv/a "));
    EXPECT_FALSE(can_be_written("/srv/a\\"));
    EXPECT_TRUE(can_be_written("/srv/é x"));
    EXPECT_FALSE(can_be_written("/srv/a\nb"));
    EXPECT_FALSE(can_be_written("/srv/a\x7f"));
}

}  // namespace
}  // namespace coffre::hooks
