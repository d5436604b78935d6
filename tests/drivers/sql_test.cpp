// Dumps of real databases: the same twice, one row apart after one change, and back again.

#include "drivers/equipment/sql.hpp"

#include <algorithm>
#include <thread>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/run_program.hpp"
#include "drivers/model/compare.hpp"
#include "tests/drivers/equipment_fixture.hpp"
#include "tests/drivers/servers.hpp"
#include "tests/support/error_of.hpp"

namespace coffre {
namespace {

using test::Equipment;
using test::error_of;
using test::message_of;
using test::server_value;
using test::text_of_file;

std::set<std::string> lines_of(const std::string& text) {
    std::set<std::string> lines;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find('\n', at), text.size());
        lines.insert(text.substr(at, end - at));
        at = end + 1;
    }
    return lines;
}

std::vector<std::string> lines_only_in(const std::string& text, const std::string& other) {
    std::vector<std::string> found;
    const auto one = lines_of(text), two = lines_of(other);
    std::set_difference(one.begin(), one.end(), two.begin(), two.end(), std::back_inserter(found));
    return found;
}

std::size_t count_of(const std::string& word, const std::string& text) {
    std::size_t count = 0;
    for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++count;
    return count;
}

// Both engines, each with a fresh database that is the user's own.
class Sql : public ::testing::TestWithParam<std::string> {
protected:
    Sql() {
        if (is_postgresql())
            ask("CREATE DATABASE " + database_ + " OWNER coffre", "postgres");
        else
            ask("CREATE DATABASE " + database_ + " CHARACTER SET utf8mb4", "mysql");
    }
    ~Sql() override { ask("DROP DATABASE " + database_, is_postgresql() ? "postgres" : "mysql"); }

    [[nodiscard]] bool is_postgresql() const { return GetParam() == "postgresql"; }
    [[nodiscard]] std::string server(const std::string& name) const {
        return server_value((is_postgresql() ? "POSTGRESQL_" : "MARIADB_") + name);
    }
    [[nodiscard]] std::string password() const { return text_of_file(server("WORK") + "/password"); }
    [[nodiscard]] drivers::DriverSettings settings() const {
        return {{"engine", GetParam()},
                {"socket", server("SOCKET")},
                {"port", server("PORT")},
                {"database", database_},
                {"user", "coffre"}};
    }
    [[nodiscard]] Equipment equipment(const drivers::DriverSettings& more = {}) const {
        auto all = settings();
        for (const auto& [name, value] : more) all[name] = value;
        std::erase_if(all, [](const auto& each) { return each.second.empty(); });
        return {"sql", all, {{"password", password()}}};
    }
    // As the administrator.
    std::string ask(const std::string& sql, const std::string& database) const {
        Program call;
        if (is_postgresql())
            call.arguments = {"psql",
                              "-X",
                              "-q",
                              "-A",
                              "-t",
                              "-v",
                              "ON_ERROR_STOP=1",
                              "-h",
                              server("SOCKET"),
                              "-p",
                              server("PORT"),
                              "-U",
                              "postgres",
                              "-d",
                              database,
                              "-f",
                              "-"};
        else
            call.arguments = {"mariadb",
                              "--no-defaults",
                              "--socket=" + server("SOCKET"),
                              "--user=root",
                              "-N",
                              "-B",
                              "--default-character-set=utf8mb4",
                              database};
        call.input = as_bytes(sql);
        std::string said;
        const auto result = run_program(call, [&](ByteView piece) { said += as_text(piece); });
        EXPECT_TRUE(result.succeeded()) << result.last_words.text();
        return said;
    }
    std::string ask(const std::string& sql) const { return ask(sql, database_); }
    void fill() const {
        const std::string as_owner = is_postgresql() ? "SET ROLE coffre;\n" : "";
        const std::string bytes = is_postgresql() ? "bytea" : "blob";
        const std::string value = is_postgresql() ? "'\\x00ff41'" : "x'00ff41'";
        ask(as_owner + "CREATE TABLE monitors (id integer PRIMARY KEY, name varchar(50), secret " + bytes +
            ");\n"
            "CREATE TABLE events (id integer PRIMARY KEY, at timestamp NULL);\n"
            "INSERT INTO monitors VALUES (1, 'Hall', NULL), (2, 'l''été\n\\! touch /tmp/x', " +
            value + "), (3, 'Parking', NULL);\nINSERT INTO events VALUES (1, '2026-01-02 03:04:05');\n");
    }
    static std::string dump_of(Equipment& equipment) { return equipment.captured().held.at("database.sql"); }

    std::string database_ = test::fresh_name();
};

INSTANTIATE_TEST_SUITE_P(Engines, Sql, ::testing::Values("postgresql", "mariadb"),
                         [](const auto& engine) { return engine.param; });

TEST_P(Sql, the_same_database_gives_the_same_dump) {
    fill();
    auto equipment = this->equipment();
    const auto dump = dump_of(equipment);
    EXPECT_EQ(dump_of(equipment), dump);
    EXPECT_NE(dump.find("Parking"), std::string::npos);
    EXPECT_EQ(dump.find("restrict "), std::string::npos);
}

TEST_P(Sql, one_changed_row_is_one_changed_line) {
    fill();
    auto equipment = this->equipment();
    const auto before = dump_of(equipment);
    ask("UPDATE monitors SET name = 'Entrance' WHERE id = 1");
    const auto after = dump_of(equipment);
    const auto gone = lines_only_in(before, after), come = lines_only_in(after, before);
    ASSERT_EQ(gone.size(), 1U);
    ASSERT_EQ(come.size(), 1U);
    EXPECT_NE(gone[0].find("'Hall'"), std::string::npos);
    EXPECT_NE(come[0].find("'Entrance'"), std::string::npos);
    EXPECT_NE(come[0].find("name"), std::string::npos);  // with the names of its columns
}

TEST_P(Sql, one_changed_row_is_one_changed_item_and_its_place_is_no_news) {
    fill();
    auto equipment = this->equipment();
    const auto before = drivers::model_of("sql 1", equipment.held());
    ASSERT_NE(before.find(Category::other, "monitors/1"), nullptr);
    EXPECT_TRUE(before.explained("database.sql"));
    ask("UPDATE monitors SET name = 'Other' WHERE id = 1; UPDATE monitors SET name = 'Entrance' WHERE id = "
        "1");
    const auto changes = model::compare(before, drivers::model_of("sql 1", equipment.held()));
    ASSERT_EQ(changes.size(), 1U);
    EXPECT_EQ(changes[0].key, "monitors/1");
    ASSERT_EQ(changes[0].fields.size(), 1U);
    EXPECT_EQ(changes[0].fields[0].field, "name");
}

TEST_P(Sql, a_restore_leads_back) {
    fill();
    auto equipment = this->equipment();
    const auto before = equipment.held();
    const auto rows = ask("SELECT * FROM monitors ORDER BY id");
    ask("UPDATE monitors SET name = 'Entrance' WHERE id = 1");
    ask("DELETE FROM monitors WHERE id = 3");
    ask("DROP TABLE events");
    const auto plan = equipment.restore(before);
    ASSERT_EQ(plan.steps.size(), 1U);
    EXPECT_EQ(plan.steps[0].action, PlanAction::upload);
    EXPECT_EQ(plan.gaps.at(0).why.id, Msg::gap_database_emptied);
    EXPECT_EQ(ask("SELECT * FROM monitors ORDER BY id"), rows);
    EXPECT_EQ(equipment.held().files()[0].id, before.files()[0].id);
    EXPECT_TRUE(equipment.restore(before).steps.empty());
    EXPECT_FALSE(system_files().stat("/tmp/x"));
}

TEST_P(Sql, a_restore_into_an_emptied_database_leads_back) {
    fill();
    auto equipment = this->equipment();
    const auto before = equipment.held();
    ask("DROP TABLE events; DROP TABLE monitors");
    equipment.restore(before);
    EXPECT_EQ(equipment.held().files()[0].id, before.files()[0].id);
}

TEST_P(Sql, commands_that_are_hidden_in_a_dump_are_not_obeyed) {
    fill();
    auto equipment = this->equipment();
    auto wanted = equipment.held();
    const auto mark = server("WORK") + "/" + database_;
    const auto text = std::string(as_text(*wanted.content("database.sql")));
    const auto now = equipment.held();
    for (const std::string& hidden :
         {"\\! touch " + mark + "\n", "SELECT 1; \\! touch " + mark + "\n", "\\o " + mark + "\nSELECT 1;\n",
          "\\unrestrict a\n\\! touch " + mark + "\n", "system touch " + mark + "\n", "tee " + mark + "\n"}) {
        const auto with = hidden + text;
        wanted.put("database.sql", Bytes(with.begin(), with.end()));
        const auto job = equipment.driver().prepare_restore(wanted, now, {});
        EXPECT_EQ(error_of([&] { job->apply([](const PlanStep&) {}); }), Errc::unreachable) << hidden;
        EXPECT_FALSE(system_files().stat(mark)) << hidden;
    }
}

TEST_P(Sql, a_broken_dump_is_an_error) {
    fill();
    auto equipment = this->equipment();
    auto wanted = equipment.held();
    const auto now = equipment.held();
    wanted.put("database.sql", [] {
        const std::string text = "UPDATE monitors SET name = 'x';\nSELEKT 1;\n";
        return Bytes(text.begin(), text.end());
    }());
    const auto job = equipment.driver().prepare_restore(wanted, now, {});
    EXPECT_EQ(message_of([&] { job->apply([](const PlanStep&) {}); }), Msg::program_status);
    if (is_postgresql()) {  // the other has no transaction around all of it
        EXPECT_EQ(ask("SELECT name FROM monitors WHERE id = 1"), "Hall\n");
    }
}

TEST_P(Sql, takes_the_tables_that_it_is_told_to) {
    fill();
    auto only = equipment({{"tables", "monitors"}});
    EXPECT_EQ(dump_of(only).find("events"), std::string::npos);
    EXPECT_NE(dump_of(only).find("Parking"), std::string::npos);
    auto without = equipment({{"exclude-tables", "events, none"}});
    EXPECT_EQ(dump_of(without).find("events"), std::string::npos);
    auto missing = equipment({{"tables", "none"}});
    EXPECT_EQ(error_of([&] { missing.captured(); }), Errc::unreachable);
}

TEST_P(Sql, tries_a_wrong_password_once) {
    const auto failures = [&] {
        const auto log = text_of_file(server("LOG"));
        return count_of("password authentication failed for user \"coffre\"", log) +
               count_of("Access denied for user 'coffre'", log);
    };
    for (const drivers::DriverSettings& way :
         {drivers::DriverSettings{},
          {{"socket", ""}, {"host", "127.0.0.1"}},
          {{"socket", ""}, {"host", "localhost"}, {"ca-file", server("CA")}}}) {
        auto all = settings();
        for (const auto& [name, value] : way) all[name] = value;
        std::erase_if(all, [](const auto& each) { return each.second.empty(); });
        Equipment wrong("sql", all, {{"password", "another"}});
        const auto before = failures();
        EXPECT_EQ(message_of([&] { wrong.captured(); }), Msg::device_login_refused);
        EXPECT_EQ(message_of([&] { wrong.driver().identify(); }), Msg::device_login_refused);
        for (int i = 0; i < 100 && failures() == before; ++i) ::usleep(20'000);
        EXPECT_EQ(failures(), before + 1);
    }
}

TEST_P(Sql, goes_over_tls_where_an_authority_is_given) {
    fill();
    auto over = equipment({{"socket", ""}, {"host", "localhost"}, {"ca-file", server("CA")}});
    EXPECT_NE(dump_of(over).find("Parking"), std::string::npos);
    const auto other = server_value(is_postgresql() ? "MARIADB_CA" : "POSTGRESQL_CA");
    auto stranger = equipment({{"socket", ""}, {"host", "localhost"}, {"ca-file", other}});
    EXPECT_EQ(error_of([&] { stranger.captured(); }), Errc::unreachable);
}

TEST_P(Sql, tells_what_it_is) {
    auto equipment = this->equipment();
    const auto identity = equipment.driver().identify();
    EXPECT_EQ(identity.manufacturer, is_postgresql() ? "PostgreSQL" : "MariaDB");
    EXPECT_NE(identity.firmware.find('.'), std::string::npos);
    EXPECT_EQ(identity.name, database_);
}

TEST_P(Sql, refuses_settings_that_do_not_fit) {
    const auto code = [&](const drivers::DriverSettings& more) {
        auto equipment = this->equipment(more);
        return error_of([&] { equipment.driver(); });
    };
    EXPECT_EQ(code({{"host", "127.0.0.1"}}), Errc::usage);  // and a socket
    EXPECT_EQ(code({{"socket", ""}}), Errc::usage);
    EXPECT_EQ(code({{"engine", "oracle"}}), Errc::usage);
    EXPECT_EQ(code({{"database", "--all-databases"}}), Errc::usage);
    EXPECT_EQ(code({{"socket", ""}, {"host", "127.0.0.1,192.0.2.1"}}), Errc::usage);
    EXPECT_EQ(code({{"socket", ""}, {"host", "192.0.2.1"}}), Errc::refused);
    EXPECT_EQ(code({{"socket", ""}, {"host", "192.0.2.1"}, {"clear-reason", "VPN"}}), std::nullopt);
    EXPECT_EQ(code({{"socket", ""}, {"host", "192.0.2.1"}, {"ca-file", server("CA")}}), std::nullopt);
    EXPECT_EQ(code({{"socket", ""}, {"host", "127.0.0.1"}}), std::nullopt);
}

TEST_P(Sql, parts_are_not_restored) {
    fill();
    auto equipment = this->equipment();
    const auto before = equipment.held();
    ask("UPDATE monitors SET name = 'Entrance' WHERE id = 1");
    RestoreOptions options;
    options.only = {Category::cameras};
    const auto plan = equipment.restore(before, options);
    EXPECT_TRUE(plan.steps.empty());
    EXPECT_EQ(plan.gaps.at(0).why.id, Msg::gap_whole_only);
}

// A server that lets everybody in at the door and says nothing.
class Silent {
public:
    Silent() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&address), size), 0);
        EXPECT_EQ(::listen(socket_, 4), 0);
        ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
        port_ = ntohs(address.sin_port);
    }
    ~Silent() { ::close(socket_); }
    Silent(const Silent&) = delete;
    Silent& operator=(const Silent&) = delete;
    [[nodiscard]] int port() const { return port_; }
    int let_in() { return ::accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC); }

private:
    int socket_;
    int port_ = 0;
};

TEST_P(Sql, the_password_is_neither_among_arguments_nor_among_variables) {
    Silent server;
    auto all = settings();
    all.erase("socket");
    all["host"] = "127.0.0.1";
    all["port"] = std::to_string(server.port());
    all["time-limit"] = "60";
    Equipment equipment("sql", all, {{"password", "hush-hush"}});
    std::optional<Errc> code;
    std::thread asking([&] { code = error_of([&] { equipment.captured(); }); });
    const int connection = server.let_in();
    // It runs now, and waits. It is a child of the thread that asks.
    std::string ids;
    for (const auto& thread : system_files().open_directory("/proc/self/task")->entries())
        ids += text_of_file("/proc/self/task/" + thread.name + "/children");
    const auto id = ids.substr(0, ids.find(' '));
    const auto arguments = text_of_file("/proc/" + id + "/cmdline");
    const auto variables = text_of_file("/proc/" + id + "/environ");
    EXPECT_NE(arguments.find(is_postgresql() ? "pg_dump" : "mariadb-dump"), std::string::npos);
    EXPECT_NE((arguments + variables).find("/proc/self/fd/"), std::string::npos);
    EXPECT_EQ((arguments + variables).find("hush"), std::string::npos);
    ::close(connection);
    asking.join();
    EXPECT_EQ(code, Errc::unreachable);
}

TEST(SqlText, what_guards_a_dump_is_left_out) {
    const std::string head = "--\n-- PostgreSQL database dump\n--\n\n";
    const std::string body = "-- Dumped from\n\nSET x = 1;\n\\restrict notthis\n";
    const std::string tail = "\n--\n-- PostgreSQL database dump complete\n--\n";
    EXPECT_EQ(drivers::without_restrict(head + "\\restrict aB3\n\n" + body + tail + "\n\\unrestrict aB3\n\n"),
              head + "\n" + body + tail);
    EXPECT_EQ(drivers::without_restrict(head + body + tail + "\n"), head + body + tail);
    EXPECT_EQ(drivers::without_restrict(head + body), std::nullopt);
    EXPECT_EQ(drivers::without_restrict(""), std::nullopt);
}

}  // namespace
}  // namespace coffre
