// ZoneMinder itself: captured, changed by its own API, told apart, restored, and restored into a new one.

#include <list>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/process.hpp"
#include "base/run_program.hpp"
#include "drivers/equipment/drivers.hpp"
#include "drivers/equipment/memory_files.hpp"
#include "drivers/model/compare.hpp"
#include "drivers/model/formats.hpp"
#include "tests/drivers/servers.hpp"
#include "tests/support/error_of.hpp"

namespace coffre::drivers {
namespace {

using test::error_of;
using test::message_of;
using test::server_value;

std::string output_of(std::vector<std::string> arguments, const std::string& input = "") {
    Program program;
    program.arguments = std::move(arguments);
    program.input = as_bytes(input);
    std::string output;
    const auto result = run_program(program, [&](ByteView piece) { output += as_text(piece); });
    EXPECT_TRUE(result.succeeded()) << program.arguments[0] << ": " << result.last_words.text();
    return output;
}

// One of the servers, by the name in front of its values.
class Server {
public:
    explicit Server(std::string name) : name_(std::move(name)) {}

    [[nodiscard]] std::string value(const std::string& key) const { return server_value(name_ + "_" + key); }

    // As it is after an installation.
    void empty() const { output_of({COFFRE_SERVERS_FOLDER "/zoneminder.sh", "empty", value("WORK")}); }

    // Its API by curl, apart from the driver: what a person or another program does to it.
    void call(const std::string& method, const std::string& path, const std::string& form) const {
        if (token_.empty()) {
            const auto login = output_of({"curl", "-sS", "--noproxy", "*", "--cacert", value("CA"), "-d",
                                          "user=admin&pass=admin", value("URL") + "/api/host/login.json"});
            token_ = model::text_of(model::parse_json(login), "access_token");
        }
        const auto answer = output_of({"curl", "-sS", "--noproxy", "*", "--cacert", value("CA"), "-X", method,
                                       "--data-binary", "@-", value("URL") + "/api" + path},
                                      "token=" + token_ + "&" + form);
        if (path.find("ZM_AUTH_") != std::string::npos) token_.clear();
        EXPECT_EQ(answer.find("rror"), std::string::npos) << method << " " << path << ": " << answer;
    }

    [[nodiscard]] std::string sql(const std::string& statements) const {
        return output_of({"mariadb", "--no-defaults", "--batch", "--skip-column-names",
                          "--socket=" + value("DATABASE_SOCKET"), value("DATABASE_NAME")},
                         statements);
    }

    // Two cameras, a guard, and one of everything else.
    void furnish() const {
        empty();
        call("POST", "/monitors.json",
             "Monitor[Id]=7&Monitor[Name]=QUAI-NORD&Monitor[Type]=Ffmpeg&Monitor[Function]=Modect"
             "&Monitor[Path]=rtsp%3A%2F%2Fviewer%3Aplacard%40192.0.2.7%2Flive&Monitor[Width]=1920"
             "&Monitor[Height]=1080&Monitor[Colours]=4&Monitor[MaxFPS]=5");
        call("POST", "/monitors.json",
             "Monitor[Id]=8&Monitor[Name]=CAVE&Monitor[Type]=Ffmpeg&Monitor[Function]=Record"
             "&Monitor[Path]=rtsp%3A%2F%2F192.0.2.8%2Flive&Monitor[Width]=640&Monitor[Height]=480"
             "&Monitor[Colours]=4&Monitor[User]=viewer&Monitor[Pass]=it%27s%20%5C%20%22here%22");
        call("POST", "/zones.json",
             "Zone[Id]=5&Zone[MonitorId]=7&Zone[Name]=Tout&Zone[Type]=Active&Zone[Units]=Percent"
             "&Zone[NumCoords]=4&Zone[Coords]=0,0%20100,0%20100,100%200,100&Zone[Area]=10000");
        call("POST", "/users.json",
             "User[Id]=9&User[Username]=gardien&User[Password]=ronde&User[Stream]=View&User[Events]=View"
             "&User[Monitors]=View&User[System]=None");
        call("POST", "/groups.json", "Group[Id]=4&Group[Name]=Quais&Group[MonitorIds]=7,8");
        call("POST", "/states.json", "State[Id]=3&State[Name]=nuit%20calme&State[Definition]=7:Mocord:1");
        call("POST", "/storage/add.json", "Storage[Id]=2&Storage[Name]=bis&Storage[Path]=%2Fsrv%2Fbis");
        call("PUT", "/configs/edit/ZM_WEB_TITLE.json", "Config[Value]=SIEGEPARIS");
    }

    // The four changes of the dossier: a camera more, another function, another right, another setting.
    void change() const {
        call("POST", "/monitors.json",
             "Monitor[Id]=9&Monitor[Name]=QUAI-SUD&Monitor[Type]=Ffmpeg&Monitor[Function]=None"
             "&Monitor[Path]=rtsp%3A%2F%2F192.0.2.9%2Flive&Monitor[Width]=640&Monitor[Height]=480"
             "&Monitor[Colours]=4");
        call("PUT", "/monitors/7.json", "Monitor[Function]=Mocord");
        call("PUT", "/users/9.json", "User[Monitors]=Edit");
        call("PUT", "/configs/edit/ZM_MIN_RTP_PORT.json", "Config[Value]=41200");
    }

private:
    std::string name_;
    mutable std::string token_;
};

enum class Way : std::uint8_t { api, database };

class ZoneMinder : public testing::Test {
protected:
    void SetUp() override {
        if (!test::servers().contains("ZONEMINDER_URL")) GTEST_SKIP() << "ZoneMinder cannot run here";
    }

    // As long as the test.
    EquipmentDriver& driver_of(const Server& server, Way way, const std::string& password = "admin",
                               DriverSettings more = {}) {
        auto& secrets = secrets_.emplace_back();
        DriverSettings settings = std::move(more);
        settings.insert({{"url", server.value("URL")}, {"ca-file", server.value("CA")}, {"user", "admin"}});
        secrets.emplace("password", SecretText(password));
        if (way == Way::database) {
            settings.insert({{"database-socket", server.value("DATABASE_SOCKET")},
                             {"database-name", server.value("DATABASE_NAME")},
                             {"database-user", server.value("DATABASE_USER")}});
            secrets.emplace("database-password", SecretText(server.value("DATABASE_PASSWORD")));
        }
        auto& context = contexts_.emplace_back(new DriverContext{
            {system_files(), system_clock(), system_random(), process_id()}, "NVR-HALL", settings, secrets});
        return *drivers_.emplace_back(make_driver("zoneminder", *context));
    }

    static MemoryFiles capture_of(EquipmentDriver& driver) {
        MemoryFiles files;
        driver.capture(files);
        for (const auto& problem : files.failed_parts())
            ADD_FAILURE() << problem.path << ": " << text(Lang::en, problem.why.id, problem.why.args);
        return files;
    }

    static Model model_of_files(const FileSource& files) { return model_of("zoneminder 1", files); }

    static std::vector<std::string> differences(const FileSource& before, const FileSource& after) {
        std::vector<std::string> told;
        for (const auto& change : model::compare(model_of_files(before), model_of_files(after))) {
            auto line = model_path(change.category, change.key);
            line += change.kind == model::ChangeKind::added     ? " added"
                    : change.kind == model::ChangeKind::removed ? " removed"
                                                                : "";
            if (change.kind == model::ChangeKind::changed)
                for (const auto& field : change.fields) line += " " + field.field;
            told.push_back(line);
        }
        return told;
    }

    static std::vector<std::string> gaps_of(const RestorePlan& plan) {
        std::vector<std::string> told;
        for (const auto& gap : plan.gaps)
            told.push_back(std::string(category_name(gap.part)) + " " + gap.what + " " +
                           std::string(message_name(gap.why.id)));
        return told;
    }

    static std::vector<std::string> restore(EquipmentDriver& driver, const FileSource& wanted,
                                            const RestoreOptions& options = {}) {
        const auto now = capture_of(driver);
        const auto job = driver.prepare_restore(wanted, now, options);
        std::size_t started = 0;
        job->apply([&](const PlanStep&) { ++started; });
        EXPECT_EQ(started, job->plan().steps.size());
        return gaps_of(job->plan());
    }

    Server server_{"ZONEMINDER"};

private:
    std::list<SecretTexts> secrets_;
    std::vector<std::unique_ptr<DriverContext>> contexts_;
    std::vector<std::unique_ptr<EquipmentDriver>> drivers_;
};

using Lines = std::vector<std::string>;

const Lines four_changes{
    "cameras/9 added",   "users/gardien Monitors",        "recording/7 mode",
    "recording/9 added", "network/ZM_MIN_RTP_PORT value",
};

TEST_F(ZoneMinder, says_what_it_is) {
    const auto identity = driver_of(server_, Way::api).identify();
    EXPECT_EQ(identity.manufacturer, "ZoneMinder");
    EXPECT_TRUE(identity.firmware.starts_with("1.")) << identity.firmware;
}

TEST_F(ZoneMinder, is_captured_whole_and_its_secrets_are_known_as_such) {
    server_.furnish();
    const auto files = capture_of(driver_of(server_, Way::database));
    EXPECT_TRUE(files.skipped_parts().empty());
    const auto model = model_of_files(files);
    for (const auto& file : files.files()) EXPECT_TRUE(model.explained(file.path)) << file.path;
    EXPECT_EQ(model.find(Category::cameras, "7")->label, "QUAI-NORD");
    EXPECT_EQ(model.find(Category::cameras, "7")->value("path"), "rtsp://192.0.2.7/live");
    EXPECT_TRUE(model.find(Category::cameras, "7")->fields.at("path_password").secret);
    EXPECT_EQ(model.find(Category::cameras, "8")->value("password"), "it's \\ \"here\"");
    EXPECT_EQ(model.find(Category::recording, "8")->value("mode"), "Record");
    EXPECT_TRUE(model.find(Category::users, "gardien")->fields.at("password").secret);
    EXPECT_TRUE(model.find(Category::users, "gardien")->value("password").starts_with("$2y$"));
    EXPECT_EQ(model.find(Category::recording, "filter-1")->label, "PurgeWhenFull");
    EXPECT_EQ(model.find(Category::other, "group-4")->value("monitors"), "7,8");
    EXPECT_EQ(model.find(Category::other, "montage-2")->label, "2 Wide");
}

TEST_F(ZoneMinder, two_captures_of_the_same_differ_in_nothing) {
    server_.furnish();
    const auto first = capture_of(driver_of(server_, Way::database));
    const auto second = capture_of(driver_of(server_, Way::database));
    EXPECT_EQ(differences(first, second), Lines{});
    // What only one of them could read is all that differs otherwise: no value reads in two ways.
    auto without = capture_of(driver_of(server_, Way::api));
    ASSERT_EQ(without.skipped_parts().size(), 1U);
    EXPECT_EQ(without.skipped_parts()[0].path, "database.sql");
    auto with = first;
    with.remove("database.sql");
    EXPECT_EQ(differences(with, without), Lines{});
    for (const auto& change : model::compare(model_of_files(without), model_of_files(first)))
        EXPECT_TRUE(change.kind == model::ChangeKind::added ||
                    (change.category == Category::users && change.fields.size() == 1 &&
                     change.fields[0].field == "password"))
            << model_path(change.category, change.key, change.fields[0].field);
}

TEST_F(ZoneMinder, what_was_changed_is_named_and_taken_back_by_its_api) {
    server_.furnish();
    auto& driver = driver_of(server_, Way::api);
    const auto before = capture_of(driver);
    server_.change();
    EXPECT_EQ(differences(before, capture_of(driver)), four_changes);

    EXPECT_EQ(restore(driver, before), Lines{});
    EXPECT_EQ(differences(before, capture_of(driver)), Lines{});
}

TEST_F(ZoneMinder, what_was_changed_is_named_and_taken_back_by_its_database) {
    server_.furnish();
    auto& driver = driver_of(server_, Way::database);
    const auto before = capture_of(driver);
    server_.change();
    server_.call("DELETE", "/groups/4.json", "");
    (void)server_.sql(
        "UPDATE Filters SET AutoDelete = 0 WHERE Id = 1; DELETE FROM MontageLayouts WHERE Id = 3;"
        "INSERT INTO ControlPresets VALUES (7, 1, 'Porte');");
    auto expected = four_changes;
    expected.insert(expected.begin() + 4, "recording/filter-1 AutoDelete");
    expected.insert(expected.end(),
                    {"other/group-4 removed", "other/montage-3 removed", "other/preset-7-1 added"});
    EXPECT_EQ(differences(before, capture_of(driver)), expected);

    EXPECT_EQ(restore(driver, before), Lines{});
    EXPECT_EQ(differences(before, capture_of(driver)), Lines{});
}

TEST_F(ZoneMinder, comes_back_whole_into_an_emptied_one_by_its_database) {
    server_.furnish();
    auto& driver = driver_of(server_, Way::database);
    const auto before = capture_of(driver);
    const auto hash = server_.sql("SELECT Password FROM Users WHERE Username = 'gardien'");
    server_.empty();
    EXPECT_EQ(model_of_files(capture_of(driver)).find(Category::cameras, "7"), nullptr);

    EXPECT_EQ(restore(driver, before), Lines{});
    EXPECT_EQ(differences(before, capture_of(driver)), Lines{});
    EXPECT_EQ(server_.sql("SELECT Password FROM Users WHERE Username = 'gardien'"), hash);
    EXPECT_EQ(server_.sql("SELECT ZoneCount FROM Monitors WHERE Id = 7"), "1\n");
}

TEST_F(ZoneMinder, comes_back_into_an_emptied_one_by_its_api_but_for_passwords) {
    server_.furnish();
    auto& driver = driver_of(server_, Way::api);
    const auto before = capture_of(driver);
    server_.empty();
    EXPECT_EQ(restore(driver, before), Lines{"users gardien gap_secret"});
    EXPECT_EQ(differences(before, capture_of(driver)), Lines{});
}

TEST_F(ZoneMinder, comes_back_into_another_one_whose_files_stay_its_own) {
    const Server other("ZONEMINDER_NEW");
    server_.furnish();
    other.empty();
    const auto before = capture_of(driver_of(server_, Way::database));
    auto& driver = driver_of(other, Way::database);
    const Lines of_its_machine{"other ZM_DB_HOST gap_by_hand", "other ZM_DIR_EVENTS gap_by_hand",
                               "other ZM_PATH_CACHE gap_by_hand", "other ZM_PATH_LOGS gap_by_hand"};
    EXPECT_EQ(restore(driver, before), of_its_machine);
    EXPECT_EQ(differences(before, capture_of(driver)),
              (Lines{"other/ZM_DB_HOST value", "other/ZM_DIR_EVENTS value", "other/ZM_PATH_CACHE value",
                     "other/ZM_PATH_LOGS value"}));
}

TEST_F(ZoneMinder, another_secret_of_its_tokens_is_restored_last_and_logged_in_with_again) {
    server_.furnish();
    for (const auto way : {Way::api, Way::database}) {
        auto& driver = driver_of(server_, way);
        const auto before = capture_of(driver);
        server_.call("PUT", "/configs/edit/ZM_AUTH_HASH_SECRET.json", "Config[Value]=another%20one");
        server_.call("PUT", "/users/9.json", "User[Events]=Edit");
        auto& again = driver_of(server_, way);
        EXPECT_EQ(restore(again, before), Lines{});
        EXPECT_EQ(differences(before, capture_of(again)), Lines{});
    }
}

TEST_F(ZoneMinder, only_the_part_that_is_asked_for_is_restored) {
    server_.furnish();
    for (const auto way : {Way::api, Way::database}) {
        auto& driver = driver_of(server_, way);
        server_.call("PUT", "/users/9.json", "User[Monitors]=View");
        server_.call("PUT", "/monitors/7.json", "Monitor[Function]=Modect&Monitor[Name]=QUAI-NORD");
        const auto before = capture_of(driver);
        server_.call("PUT", "/users/9.json", "User[Monitors]=Edit");
        server_.call("PUT", "/monitors/7.json", "Monitor[Function]=Mocord&Monitor[Name]=AUTRE");
        RestoreOptions options;
        options.only = {Category::recording};
        EXPECT_EQ(restore(driver, before, options), Lines{});
        EXPECT_EQ(differences(before, capture_of(driver)),
                  (Lines{"cameras/7 name", "users/gardien Monitors"}));
    }
}

TEST_F(ZoneMinder, the_account_that_coffre_uses_is_neither_changed_nor_removed) {
    server_.furnish();
    for (const auto way : {Way::api, Way::database}) {
        server_.call(
            "POST", "/users.json",
            "User[Id]=12&User[Username]=sauvegarde&User[Password]=x&User[System]=Edit&User[Monitors]=Edit"
            "&User[Groups]=Edit&User[Events]=Edit");
        auto& admin = driver_of(server_, way);
        auto before = capture_of(admin);
        server_.call("PUT", "/users/12.json", "User[Stream]=View");
        auto& own = driver_of(server_, way, "x", {{"user", "sauvegarde"}});
        EXPECT_EQ(restore(own, before), Lines{"users sauvegarde gap_own_account"});
        server_.call("DELETE", "/users/12.json", "");
        before = capture_of(admin);
        server_.call(
            "POST", "/users.json",
            "User[Id]=12&User[Username]=sauvegarde&User[Password]=x&User[System]=Edit&User[Monitors]=Edit"
            "&User[Groups]=Edit&User[Events]=Edit");
        auto& again = driver_of(server_, way, "x", {{"user", "sauvegarde"}});
        EXPECT_EQ(restore(again, before), Lines{"users sauvegarde gap_own_account"});
        EXPECT_EQ(differences(before, capture_of(again)), Lines{"users/sauvegarde added"});
        server_.call("DELETE", "/users/12.json", "");
    }
}

TEST_F(ZoneMinder, an_account_of_another_name_does_not_take_the_id_of_one_that_stays) {
    server_.furnish();
    auto& driver = driver_of(server_, Way::database);
    const auto before = capture_of(driver);
    (void)server_.sql("DELETE FROM Users WHERE Username = 'gardien'; UPDATE Users SET Id = 9 WHERE Id = 1");
    EXPECT_EQ(restore(driver, before), Lines{});
    EXPECT_EQ(differences(before, capture_of(driver)), Lines{});
}

TEST_F(ZoneMinder, nothing_is_kept_of_a_transaction_that_fails) {
    server_.furnish();
    auto& driver = driver_of(server_, Way::database);
    const auto wanted = capture_of(driver);
    server_.call("PUT", "/users/9.json", "User[Monitors]=Edit");
    server_.call("DELETE", "/zones/5.json", "");
    server_.call("DELETE", "/monitors/7.json", "");
    const auto now = capture_of(driver);
    RestoreOptions options;
    options.only = {Category::users, Category::events};  // a zone without its monitor
    const auto job = driver.prepare_restore(wanted, now, options);
    EXPECT_EQ(error_of([&] { job->apply([](const PlanStep&) {}); }), Errc::unreachable);
    EXPECT_EQ(differences(now, capture_of(driver)), Lines{});
}

TEST_F(ZoneMinder, a_snapshot_of_another_version_is_refused) {
    auto& driver = driver_of(server_, Way::api);
    auto wanted = capture_of(driver);
    const auto now = wanted;
    const std::string other = R"({"version":"1.34.26","apiversion":"2.0"})";
    wanted.put("version.json", Bytes(as_bytes(other).begin(), as_bytes(other).end()));
    EXPECT_EQ(message_of([&] { driver.prepare_restore(wanted, now, {}); }), Msg::zoneminder_version);
    wanted.remove("version.json");
    EXPECT_EQ(error_of([&] { driver.prepare_restore(wanted, now, {}); }), Errc::failed);
}

TEST_F(ZoneMinder, what_an_account_may_not_see_is_told_and_the_rest_captured) {
    server_.furnish();
    server_.call(
        "POST", "/users.json",
        "User[Id]=12&User[Username]=sauvegarde&User[Password]=x&User[System]=None&User[Monitors]=View"
        "&User[Groups]=View");
    MemoryFiles files;
    driver_of(server_, Way::api, "x", {{"user", "sauvegarde"}}).capture(files);
    Lines failed;
    for (const auto& problem : files.failed_parts()) {
        failed.push_back(problem.path);
        EXPECT_EQ(problem.why.id, Msg::device_status);
        for (const auto& argument : problem.why.args) EXPECT_EQ(argument.find("token"), std::string::npos);
    }
    EXPECT_NE(files.content("monitors.json"), nullptr);
    EXPECT_NE(files.content("configs.json"), nullptr);
    EXPECT_EQ(failed, (Lines{"storage.json", "states.json", "users.json"}));
}

TEST_F(ZoneMinder, a_refused_login_and_a_foreign_certificate_end_it) {
    MemoryFiles files;
    auto& stranger = driver_of(server_, Way::database, "not it");
    EXPECT_EQ(message_of([&] { stranger.capture(files); }), Msg::device_login_refused);
    EXPECT_EQ(message_of([&] { stranger.identify(); }), Msg::device_login_refused);
    auto& mistaken =
        driver_of(server_, Way::api, "admin", {{"ca-file", Server("ZONEMINDER_NEW").value("CA")}});
    EXPECT_EQ(error_of([&] { mistaken.capture(files); }), Errc::refused);
    EXPECT_TRUE(files.files().empty());
}

TEST_F(ZoneMinder, a_database_that_lets_nobody_in_leaves_the_rest) {
    MemoryFiles files;
    driver_of(server_, Way::database, "admin", {{"database-user", "nobody"}}).capture(files);
    ASSERT_EQ(files.failed_parts().size(), 1U);
    EXPECT_EQ(files.failed_parts()[0].path, "database.sql");
    EXPECT_EQ(files.failed_parts()[0].why.id, Msg::program_status);
    EXPECT_NE(files.content("monitors.json"), nullptr);
}

TEST_F(ZoneMinder, a_password_of_its_database_may_be_any) {
    const std::string password = "# \"q'u;o\\te\" é=\t%";
    (void)server_.sql(
        "DROP USER IF EXISTS other@localhost; CREATE USER other@localhost IDENTIFIED BY "
        "'# \"q\\'u;o\\\\te\" é=\t%'; GRANT SELECT, LOCK TABLES ON zm.* TO other@localhost");
    SecretTexts secrets;
    secrets.emplace("password", SecretText("admin"));
    secrets.emplace("database-password", SecretText(password));
    const DriverContext context{{system_files(), system_clock(), system_random(), process_id()},
                                "NVR-HALL",
                                {{"url", server_.value("URL")},
                                 {"ca-file", server_.value("CA")},
                                 {"user", "admin"},
                                 {"database-socket", server_.value("DATABASE_SOCKET")},
                                 {"database-user", "other"}},
                                secrets};
    EXPECT_NE(capture_of(*make_driver("zoneminder", context)).content("database.sql"), nullptr);
}

TEST_F(ZoneMinder, a_way_to_its_database_in_clear_text_is_refused) {
    EXPECT_EQ(
        message_of([&] {
            driver_of(server_, Way::api, "admin", {{"database-host", "192.0.2.1"}, {"database-user", "zm"}});
        }),
        Msg::zoneminder_database_clear);
    EXPECT_EQ(message_of([&] {
                  driver_of(server_, Way::api, "admin", {{"database-host", "localhost"}});
              }),
              Msg::driver_setting_missing);
}

TEST_F(ZoneMinder, goes_on_running_with_what_was_restored_where_it_ran) {
    server_.furnish();
    auto& driver = driver_of(server_, Way::database);
    server_.call("PUT", "/monitors/7.json", "Monitor[Function]=None");
    server_.call("PUT", "/monitors/8.json", "Monitor[Function]=None");
    const auto before = capture_of(driver);
    server_.call("POST", "/states/change/start.json", "");
    server_.call("PUT", "/users/9.json", "User[Monitors]=Edit");
    const auto now = capture_of(driver);
    const auto job = driver.prepare_restore(before, now, {});
    EXPECT_TRUE(job->plan().reboots);
    ASSERT_EQ(job->plan().steps.size(), 2U);
    EXPECT_EQ(job->plan().steps[1].action, PlanAction::command);
    job->apply([](const PlanStep&) {});
    driver.wait_until_ready();
    EXPECT_EQ(differences(before, capture_of(driver)), Lines{});
    server_.call("POST", "/states/change/stop.json", "");
}

}  // namespace
}  // namespace coffre::drivers
