// The driver `dahua` beyond what every driver promises: answers that say "OK" and "Error", and what is read
// back.

#include "drivers/equipment/dahua.hpp"

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "drivers/model/formats.hpp"
#include "tests/drivers/equipment_conformance.hpp"
#include "tests/support/driven.hpp"
#include "tests/support/error_of.hpp"

namespace coffre::test {
namespace {

using drivers::MemoryFiles;
using Json = nlohmann::json;

constexpr const char* script = COFFRE_SIMULATORS "/dahua.py";
constexpr const char* password = "sim-Passw0rd";

std::string sim(RunningEquipment& running, const std::string& what, const Json& value) {
    return dynamic_cast<Simulator&>(running).ask("POST", "/__sim/" + what, value.dump());
}

Subject recorder(const std::vector<std::string>& arguments) {
    Subject subject;
    subject.driver = "dahua";
    subject.start = [arguments] { return std::make_unique<Simulator>(script, arguments); };
    subject.settings = {{"user", "admin"}};
    subject.secrets = {{"password", password}};
    subject.markers = {"mail-Pass-5", "camera-Pass-7"};
    subject.change = [](RunningEquipment& running) {
        sim(running, "set",
            {{"ChannelTitle[0].Name", "QUAI-2"},
             {"Record[1].TimeSection[1][0]", "0 00:00:00-23:59:59"},
             {"Record[1].PreRecord", "0"},
             {"RemoteDevice.uuid:System_CONFIG_NETCAMERA_INFO_1.Address", "192.0.2.77"},
             {"Email.Password", "another-Pass"},
             {"NTP.Address", "elsewhere.example"}});
        sim(running, "user", {{"name", "garde"}, {"Group", "admin"}});
        sim(running, "user", {{"name", "intrus"}, {"Group", "admin"}});
    };
    subject.change_network = [](RunningEquipment& running) {
        sim(running, "set", {{"Network.eth0.MTU", "1400"}, {"Network.Hostname", "OTHER"}});
    };
    return subject;
}

COFFRE_EQUIPMENT_CONFORMANCE(recorder, recorder({}));
COFFRE_EQUIPMENT_CONFORMANCE(without_backup, recorder({"--no-backup", "--bad-request"}));

constexpr const char* camera = "RemoteDevice.uuid:System_CONFIG_NETCAMERA_INFO_1";
constexpr const char* config_path = "/cgi-bin/configManager.cgi";

class Dahua : public ::testing::Test {
protected:
    explicit Dahua(const std::vector<std::string>& arguments = {}) : simulator_(script, arguments) {}

    Driven driven(std::map<std::string, std::string> secrets = {}) {
        secrets.emplace("password", password);
        return {"dahua", simulator_, {{"user", "admin"}}, secrets};
    }
    std::string tell(const std::string& what, const Json& value) { return sim(simulator_, what, value); }
    std::string value(const std::string& key) {
        const auto section = key.substr(0, key.find_first_of(".["));
        return Json::parse(tell("get", {{"section", section}})).value(key, "none");
    }
    // Requests whose path and query begin so; those of a login are not counted.
    std::vector<std::string> asked(const std::string& begins) {
        std::vector<std::string> found;
        for (const auto& request : Json::parse(simulator_.ask("GET", "/__sim/requests")))
            if (request[1].get<std::string>().starts_with(begins) && request[2] != 401)
                found.push_back(request[1]);
        return found;
    }

    Simulator simulator_;
};

Msg why(const std::vector<MemoryFiles::Problem>& problems, const std::string& path) {
    for (const auto& problem : problems)
        if (problem.path == path) return problem.why.id;
    return Msg::none;
}

TEST_F(Dahua, says_what_is_there_in_words_that_hold_for_every_make) {
    auto dahua = driven();
    const auto model = dahua.model();
    const auto value_of = [&](Category category, const std::string& key, const std::string& field) {
        const auto* item = model.find(category, key);
        return item == nullptr ? "no " + key : item->value(field);
    };
    EXPECT_EQ(model.device_field("name"), "NVR-QUAI");
    EXPECT_EQ(model.device_field("mac"), "02:00:5e:00:54:10");
    EXPECT_EQ(value_of(Category::cameras, "1", "name"), "Quay north");
    EXPECT_EQ(value_of(Category::cameras, "2", "address"), "192.0.2.32");
    EXPECT_EQ(value_of(Category::cameras, "3", "protocol"), "Onvif");
    EXPECT_EQ(value_of(Category::cameras, "1", "codec"), "H.265");
    EXPECT_EQ(value_of(Category::cameras, "4", "address"), "");  // a slot without a camera
    EXPECT_TRUE(value_of(Category::recording, "3", "schedule").starts_with("0: 2 08:00:00-20:00:00; 1: "));
    EXPECT_EQ(model.find(Category::recording, "3")->label, "Office");
    EXPECT_EQ(value_of(Category::users, "garde", "rights"), "Monitor_01 Monitor_02 Replay_01");
    EXPECT_EQ(value_of(Category::users, "garde", "groups"), "user");
    EXPECT_EQ(value_of(Category::users, "group:user", "rights"), "Monitor_01 Monitor_02 Replay_01");
    EXPECT_EQ(value_of(Category::network, "eth0", "address"), "192.0.2.30");
    EXPECT_EQ(value_of(Category::time, "ntp", "address"), "ntp.example");
    EXPECT_TRUE(model.find(Category::cameras, "1")->fields.at("password").secret);
}

TEST_F(Dahua, an_error_with_status_200_is_no_section) {
    auto dahua = driven();
    auto files = dahua.capture();
    EXPECT_TRUE(files.complete());
    EXPECT_EQ(why(files.skipped_parts(), "config/VideoColor.txt"), Msg::device_section_absent);
    tell("set", {{"Network.DefaultInterface", nullptr}});
    for (const auto* path : {"/cgi-bin/userManager.cgi", "/cgi-bin/Config.backup"})
        tell("fault", {{"path", path}, {"status", 200}, {"body", "<html>login</html>"}});
    files = dahua.capture();
    EXPECT_EQ(why(files.failed_parts(), "users.txt"), Msg::device_section_missing);
    EXPECT_EQ(files.content("users.txt"), nullptr);
    EXPECT_EQ(files.content("configuration.json"), nullptr);
    tell("fault", {{"path", "/cgi-bin/Config.backup"}, {"status", 200}, {"body", std::string(500, 'x')}});
    EXPECT_EQ(why(dahua.capture().failed_parts(), "configuration.json"), Msg::device_answer);
}

TEST_F(Dahua, something_else_that_answers_is_none) {
    tell("fault",
         {{"path", "/cgi-bin/magicBox.cgi"}, {"status", 200}, {"body", "<html>router</html>"}, {"times", 2}});
    auto dahua = driven();
    EXPECT_EQ(message_of([&] { dahua.driver().identify(); }), Msg::device_other_kind);
    EXPECT_EQ(message_of([&] { (void)dahua.capture(); }), Msg::device_other_kind);
}

TEST_F(Dahua, ok_is_no_proof) {
    auto dahua = driven();
    const auto wanted = dahua.capture();
    tell("set", {{"NTP.Port", "9"}});
    tell("nonsense", {{"NTP.Port", "70000"}});
    EXPECT_EQ(message_of([&] { dahua.restore(wanted); }), Msg::device_not_kept);
    EXPECT_EQ(asked(std::string(config_path) + "?action=setConfig").size(), 1U);
}

TEST_F(Dahua, a_refusal_ends_it) {
    auto dahua = driven();
    const auto wanted = dahua.capture();
    tell("set", {{"NTP.Port", "9"}, {"ChannelTitle[0].Name", "Other"}});
    const auto now = dahua.capture();
    const auto job = dahua.driver().prepare_restore(wanted, now, {});
    tell("fault", {{"path", config_path}, {"status", 200}, {"body", "Error\r\nBad Request!\r\n"}});
    EXPECT_EQ(message_of([&] { job->apply([](const PlanStep&) {}); }), Msg::device_says);
    EXPECT_EQ(value("NTP.Port"), "9");
    EXPECT_EQ(value("ChannelTitle[0].Name"), "Other");
}

TEST_F(Dahua, a_connection_that_broke_off_is_followed_by_reading_back) {
    auto dahua = driven();
    const auto wanted = dahua.capture();
    tell("set", {{"NTP.Port", "9"}});
    const auto now = dahua.capture();
    const auto job = dahua.driver().prepare_restore(wanted, now, {});
    tell("fault", {{"path", config_path}, {"cut", true}});
    job->apply([](const PlanStep&) {});
    EXPECT_EQ(value("NTP.Port"), "123");
}

class DahuaNarrow : public Dahua {
protected:
    DahuaNarrow() : Dahua({"--url-limit", "1600"}) {}
};

TEST_F(DahuaNarrow, what_is_longer_than_an_address_may_be_goes_in_several) {
    auto dahua = driven();
    const auto wanted = dahua.capture();
    Json changes;
    for (int day = 0; day < 8; ++day)
        for (int part = 0; part < 6; ++part)
            changes["Record[0].TimeSection[" + std::to_string(day) + "][" + std::to_string(part) + "]"] =
                "4 01:00:00-02:00:00";
    tell("set", changes);
    EXPECT_EQ(dahua.restore(wanted), std::vector<std::string>{"Record 1 (Quay north)"});
    EXPECT_EQ(changes_between(dahua.model(wanted), dahua.model()), "");
    const auto sent = asked(std::string(config_path) + "?action=setConfig");
    EXPECT_GT(sent.size(), 1U);
    for (const auto& request : sent) EXPECT_LE(request.size(), 1600U);
}

TEST_F(Dahua, changes_nothing_but_what_differs) {
    auto dahua = driven();
    const auto wanted = dahua.capture();
    tell("set", {{"Network.eth0.PhysicalAddress", "02:00:5e:00:54:99"}, {"General.MachineName", "OTHER"}});
    EXPECT_EQ(dahua.restore(wanted), std::vector<std::string>{"General"});
    const auto sent = asked(std::string(config_path) + "?action=setConfig");
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_TRUE(sent[0].ends_with("setConfig&General.MachineName=NVR-QUAI")) << sent[0];
}

TEST_F(Dahua, a_camera_that_pointed_elsewhere_gets_its_password_from_the_backup) {
    auto dahua = driven();
    auto wanted = dahua.capture();
    tell("set", {{std::string(camera) + ".Address", "192.0.2.250"}});
    EXPECT_EQ(gap_of(dahua.plan(wanted), "RemoteDevice 2 (Quay south)"), std::nullopt);
    dahua.restore(wanted);
    EXPECT_EQ(value(std::string(camera) + ".Address"), "192.0.2.32");
    EXPECT_EQ(Json::parse(tell("passwords", nullptr))[std::string(camera) + ".Password"], "camera-Pass-7");
    // Without the backup nobody knows it, and its mask is never written.
    tell("set", {{std::string(camera) + ".Address", "192.0.2.250"}});
    wanted.remove("configuration.json");
    EXPECT_EQ(gap_of(dahua.plan(wanted), "RemoteDevice 2 (Quay south)"), Msg::gap_secret);
    dahua.restore(wanted);
    for (const auto& request : asked(std::string(config_path) + "?action=setConfig"))
        EXPECT_EQ(request.find("Password=%2A"), std::string::npos);
}

TEST_F(Dahua, accounts_are_led_back_without_touching_its_own) {
    auto dahua = driven();
    const auto wanted = dahua.capture();
    tell("user", {{"name", "admin"}, {"Memo", "changed"}});
    tell("user", {{"name", "garde"}, {"Group", "admin"}});
    tell("user", {{"name", "chef"}, {"gone", true}});
    tell("user", {{"name", "intrus"}, {"Group", "admin"}});
    const auto plan = dahua.plan(wanted);
    EXPECT_EQ(gap_of(plan, "admin"), Msg::gap_own_account);
    EXPECT_EQ(gap_of(plan, "chef"), Msg::gap_secret);
    EXPECT_EQ(dahua.restore(wanted), (std::vector<std::string>{"intrus", "garde"}));
    EXPECT_EQ(changes_between(dahua.model(wanted), dahua.model()),
              "users/admin: memo\nusers/chef: groups memo name reserved rights sharable\n");
}

TEST_F(Dahua, an_account_is_made_with_the_password_that_is_set_for_new_ones) {
    auto dahua = driven({{"initial-password", "first & Pass=1"}});
    const auto wanted = dahua.capture();
    tell("user", {{"name", "chef"}, {"gone", true}});
    EXPECT_EQ(dahua.restore(wanted), std::vector<std::string>{"chef"});
    EXPECT_EQ(changes_between(dahua.model(wanted), dahua.model()), "");
    EXPECT_EQ(Json::parse(tell("passwords", nullptr))["chef"], "first & Pass=1");
}

TEST_F(Dahua, rights_beside_the_group_have_no_known_way_back) {
    auto dahua = driven();
    const auto wanted = dahua.capture();
    tell("user", {{"name", "garde"}, {"AuthorityList[3]", "Replay_09"}});
    const auto plan = dahua.plan(wanted);
    EXPECT_TRUE(plan.steps.empty());
    EXPECT_EQ(gap_of(plan, "garde"), Msg::gap_not_by_driver);
}

TEST_F(Dahua, a_key_that_came_in_addition_stays_and_is_told) {
    auto dahua = driven();
    const auto wanted = dahua.capture();
    tell("set", {{"NTP.Tolerance", "5"}});
    const auto plan = dahua.plan(wanted);
    EXPECT_TRUE(plan.steps.empty());
    EXPECT_EQ(gap_of(plan, "NTP"), Msg::gap_not_by_driver);
}

TEST_F(Dahua, the_backup_alone_is_enough_to_compare_and_to_restore) {
    auto dahua = driven();
    const auto all = dahua.capture();
    MemoryFiles wanted;
    wanted.put("export-2026.json", *all.content("configuration.json"));
    const auto model = drivers::model_of("files 1", wanted);
    EXPECT_EQ(model.find(Category::cameras, "1")->value("name"), "Quay north");
    EXPECT_EQ(model.find(Category::recording, "3")->value("schedule"),
              dahua.model(all).find(Category::recording, "3")->value("schedule"));
    EXPECT_TRUE(model.find(Category::cameras, "1")->fields.at("password").secret);
    MemoryFiles backup;
    backup.put("configuration.json", *all.content("configuration.json"));
    tell("set", {{"Record[0].PreRecord", "0"}});
    EXPECT_EQ(dahua.restore(backup), std::vector<std::string>{"Record 1 (Quay north)"});
    EXPECT_EQ(value("Record[0].PreRecord"), "4");
}

TEST(DahuaReader, knows_its_texts_by_what_they_say) {
    const auto reader = drivers::dahua_reader();
    EXPECT_TRUE(reader.recognises("x", "table.All.General.MachineName=A\n"));
    EXPECT_TRUE(reader.recognises("x", "users[0].Name=admin\r\n"));
    EXPECT_FALSE(reader.recognises("x", "table of contents\nx=1"));
    EXPECT_FALSE(reader.recognises("x", "users\nusers[0].Name=x"));
    EXPECT_FALSE(reader.recognises("x", R"({"Encode": 1, "cameras": {}})"));
    EXPECT_FALSE(reader.recognises("x", ""));
    EXPECT_FALSE(reader.recognises("x", "   "));
    Model model;
    EXPECT_THROW(reader.read("x", "users[0]Name", model), model::Malformed);
    // A value of several lines goes on until the next key.
    reader.read("x", "table.Email.Title=one\ntwo\ntable.Email.Port=25\n", model);
    EXPECT_EQ(model.find(Category::events, "Email")->value("Title"), "one\ntwo");
    EXPECT_EQ(model.find(Category::events, "Email")->value("Port"), "25");
}

}  // namespace
}  // namespace coffre::test
