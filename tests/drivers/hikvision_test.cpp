// The driver `hikvision` beyond what every driver promises: what it makes of odd answers, what it writes
// back.

#include "drivers/equipment/hikvision.hpp"

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

constexpr const char* script = COFFRE_SIMULATORS "/hikvision.py";
constexpr const char* password = "sim-Passw0rd";

std::string sim(RunningEquipment& running, const std::string& what, const Json& value) {
    return dynamic_cast<Simulator&>(running).ask("POST", "/__sim/" + what, value.dump());
}

void change(RunningEquipment& running, const std::string& path, const std::string& id,
            const std::string& element, const std::string& text) {
    sim(running, "change", {{"path", path}, {"id", id}, {"element", element}, {"text", text}});
}

Subject subject_of(const std::string& kind) {
    Subject subject;
    subject.driver = "hikvision";
    subject.start = [kind] {
        return std::make_unique<Simulator>(
            script, std::vector<std::string>{"--kind", kind, "--reboot-seconds", "0.5"});
    };
    subject.settings = {{"user", "admin"}};
    subject.secrets = {{"password", password}};
    subject.changing_files = {"configuration.bin", "time.xml"};
    subject.change_network = [](RunningEquipment& running) {
        change(running, "/ISAPI/System/Network/interfaces", "1", "IPAddress/PrimaryDNS/ipAddress",
               "192.0.2.99");
    };
    return subject;
}

Subject recorder() {
    auto subject = subject_of("nvr");
    subject.markers = {"track-Pass-3"};
    subject.change = [](RunningEquipment& running) {
        change(running, "/ISAPI/ContentMgmt/InputProxy/channels", "1", "name", "QUAI-2");
        change(running, "/ISAPI/ContentMgmt/record/tracks", "101", "DefaultRecordingMode", "MOTION");
        change(running, "/ISAPI/Security/users", "2", "userLevel", "Operator");
        change(running, "/ISAPI/Security/UserPermission", "2", "remotePermission/playBack", "true");
        change(running, "/ISAPI/System/time/ntpServers", "1", "hostName", "elsewhere.example");
        change(running, "/ISAPI/System/Holidays", "", "holiday/holidayName", "Other");
        change(running, "/ISAPI/Event/notification/httpHosts", "", "HttpHostNotification/portNo", "9");
    };
    return subject;
}

Subject camera() {
    auto subject = subject_of("camera");
    subject.change = [](RunningEquipment& running) {
        change(running, "/ISAPI/Streaming/channels", "101", "Video/videoCodecType", "H.264");
        change(running, "/ISAPI/System/Video/inputs/channels", "1", "name", "Elsewhere");
    };
    return subject;
}

COFFRE_EQUIPMENT_CONFORMANCE(recorder, recorder());
COFFRE_EQUIPMENT_CONFORMANCE(camera, camera());

constexpr const char* channels = "/ISAPI/ContentMgmt/InputProxy/channels";
constexpr const char* tracks = "/ISAPI/ContentMgmt/record/tracks";
constexpr const char* users = "/ISAPI/Security/users";
constexpr const char* permissions = "/ISAPI/Security/UserPermission";
constexpr const char* time_section = "/ISAPI/System/time";
constexpr const char* export_path = "/ISAPI/System/configurationData";

class Hikvision : public ::testing::Test {
protected:
    explicit Hikvision(const std::vector<std::string>& arguments = {})
        : simulator_(script, with_short_restart(arguments)) {}

    static std::vector<std::string> with_short_restart(std::vector<std::string> arguments) {
        arguments.insert(arguments.end(), {"--reboot-seconds", "0.3"});
        return arguments;
    }
    Driven driven(const drivers::DriverSettings& settings = {},
                  std::map<std::string, std::string> secrets = {}) {
        auto all = settings;
        all["user"] = "admin";
        secrets.emplace("password", password);
        return {"hikvision", simulator_, all, secrets};
    }
    void tell(const std::string& what, const Json& value) { sim(simulator_, what, value); }
    void set(const std::string& path, const std::string& id, const std::string& element,
             const std::string& text) {
        change(simulator_, path, id, element, text);
    }
    void fault(const std::string& method, const std::string& path, const std::string& body, int status = 200,
               int times = 1) {
        tell("fault",
             {{"path", path}, {"method", method}, {"status", status}, {"body", body}, {"times", times}});
    }
    // How often it was asked so; those of a login are not counted.
    int count(const std::string& method, const std::string& path) {
        int found = 0;
        for (const auto& request : Json::parse(simulator_.ask("GET", "/__sim/requests")))
            found += request[0] == method && request[1] == path && request[2] != 401 ? 1 : 0;
        return found;
    }

    Simulator simulator_;
};

std::string status_body(int code, const std::string& sub) {
    return "<ResponseStatus version=\"1.0\" xmlns=\"http://www.hikvision.com/ver20/XMLSchema\"><statusCode>" +
           std::to_string(code) + "</statusCode><statusString>x</statusString><subStatusCode>" + sub +
           "</subStatusCode></ResponseStatus>";
}

Msg why(const std::vector<MemoryFiles::Problem>& problems, const std::string& path) {
    for (const auto& problem : problems)
        if (problem.path == path) return problem.why.id;
    return Msg::none;
}

TEST_F(Hikvision, says_what_is_there_in_words_that_hold_for_every_make) {
    auto hik = driven();
    const auto model = hik.model();
    const auto value = [&](Category category, const std::string& key, const std::string& field) {
        const auto* item = model.find(category, key);
        return item == nullptr ? "no " + key : item->value(field);
    };
    EXPECT_EQ(model.device_field("firmware"), "V4.74.210 build 240108");
    EXPECT_EQ(value(Category::cameras, "1", "name"), "Hall entrance");
    EXPECT_EQ(value(Category::cameras, "3", "protocol"), "ONVIF");
    EXPECT_EQ(value(Category::cameras, "2", "address"), "192.0.2.12");
    EXPECT_EQ(value(Category::cameras, "stream-101", "resolution"), "3840x2160");
    EXPECT_EQ(value(Category::cameras, "stream-102", "frame_rate"), "12.5");
    EXPECT_EQ(value(Category::recording, "101", "retention"), "P30DT0H");
    EXPECT_EQ(value(Category::recording, "101", "pre_record"), "5");
    EXPECT_TRUE(value(Category::recording, "101", "schedule")
                    .starts_with("Monday 00:00:00 - Tuesday 00:00:00 CMR; Tuesday"));
    EXPECT_EQ(model.find(Category::recording, "101")->label, "Hall entrance");
    EXPECT_EQ(value(Category::users, "guard", "level"), "Viewer");
    EXPECT_EQ(value(Category::users, "guard",
                    "rights.remote.videoChannelPermissionList."
                    "videoChannelPermission[4].playBack"),
              "false");
    EXPECT_EQ(value(Category::users, "onvif:vms", "level"), "mediaUser");
    EXPECT_EQ(value(Category::network, "1", "gateway"), "192.0.2.1");
    EXPECT_EQ(value(Category::network, "access-2", "port"), "554");
    EXPECT_EQ(value(Category::time, "clock", "mode"), "NTP");
    EXPECT_EQ(value(Category::events, "host-1", "path"), "/alarms");
    // The address of a stream without its login, and that for itself.
    EXPECT_EQ(value(Category::recording, "301", "stream"), "rtsp://localhost/PSIA/Streaming/channels/301");
    EXPECT_TRUE(model.find(Category::recording, "301")->fields.at("stream_login").secret);
}

TEST_F(Hikvision, what_the_model_has_not_is_skipped_and_what_it_must_have_is_missed) {
    auto hik = driven();
    auto files = hik.capture();
    EXPECT_TRUE(files.complete());
    EXPECT_EQ(why(files.skipped_parts(), "video-inputs.xml"), Msg::device_section_absent);
    tell("put", {{"path", users}, {"text", nullptr}});
    files = hik.capture();
    EXPECT_EQ(why(files.failed_parts(), "users.xml"), Msg::device_section_missing);
    tell("put", {{"path", channels}, {"text", nullptr}});
    EXPECT_EQ(why(hik.capture().failed_parts(), "channels.xml"), Msg::device_section_missing);
}

TEST_F(Hikvision, an_error_with_status_200_is_no_section) {
    auto hik = driven();
    fault("GET", time_section, status_body(3, "deviceError"));
    fault("GET", tracks, "<html>busy</html>");
    fault("GET", users, "<UserList", 200);
    fault("GET", channels, "oops", 500);
    const auto files = hik.capture();
    EXPECT_EQ(why(files.failed_parts(), "time.xml"), Msg::device_says);
    EXPECT_EQ(why(files.failed_parts(), "record-tracks.xml"), Msg::device_answer);
    EXPECT_EQ(why(files.failed_parts(), "users.xml"), Msg::device_answer);
    EXPECT_EQ(why(files.failed_parts(), "channels.xml"), Msg::device_status);
    EXPECT_EQ(files.content("time.xml"), nullptr);
    EXPECT_EQ(files.content("users.xml"), nullptr);
}

TEST_F(Hikvision, an_export_that_is_an_error_or_too_small_is_none) {
    auto hik = driven();
    fault("GET", export_path, std::string(600, ' ') + status_body(4, "notSupport"));
    fault("GET", export_path, std::string(1000, 'x'));
    fault("GET", export_path, std::string(20'000, '\n') + "<html>" + std::string(20'000, 'x'));
    EXPECT_EQ(why(hik.capture().skipped_parts(), "configuration.bin"), Msg::device_section_absent);
    EXPECT_EQ(why(hik.capture().failed_parts(), "configuration.bin"), Msg::device_answer);
}

TEST_F(Hikvision, the_sealed_export_is_no_news_where_the_sections_tell_what_it_holds) {
    auto hik = driven();
    const auto one = hik.capture();
    const auto other = hik.capture();
    EXPECT_NE(*one.content("configuration.bin"), *other.content("configuration.bin"));
    EXPECT_TRUE(hik.model(one).explained("configuration.bin"));
    auto lesser = one;
    lesser.remove("users.xml");
    EXPECT_FALSE(hik.model(lesser).explained("configuration.bin"));
}

TEST_F(Hikvision, what_the_device_calls_a_channel_never_becomes_a_path) {
    set(channels, "4", "id", "../../../etc/x");
    auto hik = driven();
    const auto files = hik.capture();
    for (const auto& file : files.files()) EXPECT_EQ(file.path.find(".."), std::string::npos) << file.path;
    for (const auto& request : Json::parse(simulator_.ask("GET", "/__sim/requests")))
        EXPECT_EQ(request[1].get<std::string>().find(".."), std::string::npos);
}

TEST_F(Hikvision, something_else_that_answers_is_none) {
    fault("GET", "/ISAPI/System/deviceInfo", "<html>router</html>", 200, 2);
    auto hik = driven();
    EXPECT_EQ(message_of([&] { hik.driver().identify(); }), Msg::device_other_kind);
    EXPECT_EQ(message_of([&] { (void)hik.capture(); }), Msg::device_other_kind);
}

TEST_F(Hikvision, a_camera_that_was_removed_comes_back_and_its_password_is_asked_for) {
    auto hik = driven();
    const auto wanted = hik.capture();
    tell("remove", {{"path", channels}, {"id", "2"}});
    const auto plan = hik.plan(wanted);
    ASSERT_EQ(plan.steps.size(), 1U);
    EXPECT_EQ(plan.steps[0].action, PlanAction::add);
    EXPECT_EQ(gap_of(plan, "Car park north"), Msg::gap_secret);
    hik.restore(wanted);
    EXPECT_EQ(changes_between(hik.model(wanted), hik.model()), "");
}

TEST_F(Hikvision, a_camera_gets_the_password_that_is_set_for_them) {
    auto hik = driven({}, {{"camera-password", "Cam <1> & more"}});
    const auto wanted = hik.capture();
    set(channels, "1", "sourceInputPortDescriptor/ipAddress", "192.0.2.200");
    EXPECT_EQ(gap_of(hik.plan(wanted), "Hall entrance"), std::nullopt);
    EXPECT_EQ(hik.restore(wanted), std::vector<std::string>{"Hall entrance"});
    EXPECT_EQ(sim(simulator_, "passwords", nullptr), R"({"admin": "Cam <1> & more"})");
}

TEST_F(Hikvision, a_camera_that_was_added_goes) {
    auto hik = driven();
    const auto wanted = hik.capture();
    auto text = Json::parse(sim(simulator_, "get", {{"path", channels}}))["text"].get<std::string>();
    const auto begin = text.find("<InputProxyChannel ");
    const auto end = text.find("</InputProxyChannel>") + 20;
    auto copy = text.substr(begin, end - begin);
    copy.replace(copy.find("<id>1<"), 6, "<id>9<");
    text.insert(end, copy);
    tell("put", {{"path", channels}, {"text", text}});
    const auto plan = hik.plan(wanted);
    ASSERT_EQ(plan.steps.size(), 1U);
    EXPECT_EQ(plan.steps[0].action, PlanAction::remove);
    hik.restore(wanted);
    EXPECT_EQ(changes_between(hik.model(wanted), hik.model()), "");
}

TEST_F(Hikvision, an_account_is_not_made_without_a_password) {
    auto hik = driven();
    const auto wanted = hik.capture();
    tell("remove", {{"path", users}, {"id", "2"}});
    const auto plan = hik.plan(wanted);
    EXPECT_TRUE(plan.steps.empty());
    EXPECT_EQ(gap_of(plan, "guard"), Msg::gap_secret);
}

TEST_F(Hikvision, an_account_is_made_with_the_password_that_is_set_for_new_ones_and_gets_its_rights) {
    auto hik = driven({}, {{"initial-password", "first-Pass-1"}});
    const auto wanted = hik.capture();
    tell("remove", {{"path", users}, {"id", "2"}});
    tell("remove", {{"path", permissions}, {"id", "2"}});
    EXPECT_EQ(hik.restore(wanted), (std::vector<std::string>{"guard", "guard"}));
    EXPECT_EQ(changes_between(hik.model(wanted), hik.model()), "");
    EXPECT_EQ(sim(simulator_, "passwords", nullptr), R"({"guard": "first-Pass-1"})");
}

TEST_F(Hikvision, an_account_that_nobody_wanted_is_removed_and_its_own_never) {
    auto hik = driven();
    auto wanted = hik.capture();
    set(users, "1", "userLevel", "Operator");
    set(users, "3", "userName", "intruder");
    const auto plan = hik.plan(wanted);
    EXPECT_EQ(gap_of(plan, "admin"), Msg::gap_own_account);
    ASSERT_EQ(plan.steps.size(), 1U);
    EXPECT_EQ(plan.steps[0].what, "intruder");
    EXPECT_EQ(plan.steps[0].action, PlanAction::remove);
    EXPECT_EQ(gap_of(plan, "maintenance"), Msg::gap_secret);
}

// Numbers of accounts differ from one device to the next: nobody gets what is another's.
TEST_F(Hikvision, rights_go_to_the_account_of_that_name) {
    auto hik = driven();
    const auto wanted = hik.capture();
    set(users, "2", "userName", "maintenance");
    set(users, "2", "userLevel", "Operator");
    set(users, "3", "userName", "guard");
    set(users, "3", "userLevel", "Viewer");
    hik.restore(wanted);
    const auto model = hik.model();
    EXPECT_EQ(model.find(Category::users, "guard")->value("id"), "3");
    EXPECT_EQ(model.find(Category::users, "guard")->value("rights.remote.playBack"), "false");
    EXPECT_EQ(model.find(Category::users, "maintenance")->value("rights.remote.playBack"), "true");
}

TEST_F(Hikvision, a_masked_password_is_never_written_back) {
    auto hik = driven();
    const auto wanted = hik.capture();
    set("/ISAPI/Event/notification/httpHosts", "", "HttpHostNotification/url", "/elsewhere");
    EXPECT_EQ(gap_of(hik.plan(wanted), "http-hosts.xml"), Msg::gap_secret);
    hik.restore(wanted);
    EXPECT_EQ(count("PUT", "/ISAPI/Event/notification/httpHosts"), 1);
    EXPECT_EQ(sim(simulator_, "passwords", nullptr), "{}");
}

TEST_F(Hikvision, what_holds_after_a_restart_alone_leads_to_one) {
    auto hik = driven();
    const auto wanted = hik.capture();
    set("/ISAPI/System/Network/interfaces", "1", "Link/MTU", "1400");
    set("/ISAPI/Security/adminAccesses", "2", "portNo", "10554");
    EXPECT_EQ(hik.restore(wanted), (std::vector<std::string>{"RTSP", "1"}));
    EXPECT_EQ(count("PUT", "/ISAPI/System/reboot"), 1);
    EXPECT_EQ(changes_between(hik.model(wanted), hik.model()), "");
}

TEST_F(Hikvision, a_connection_that_broke_off_is_followed_by_reading_back) {
    auto hik = driven();
    const auto wanted = hik.capture();
    set(time_section, "", "timeMode", "manual");
    tell("fault", {{"path", time_section}, {"method", "PUT"}, {"cut", true}});
    hik.restore(wanted);
    EXPECT_EQ(count("PUT", time_section), 1);
    EXPECT_EQ(changes_between(hik.model(wanted), hik.model()), "");
}

TEST_F(Hikvision, ok_is_no_proof) {
    auto hik = driven();
    const auto wanted = hik.capture();
    set(time_section, "", "timeMode", "manual");
    fault("PUT", time_section, status_body(1, "ok"));
    EXPECT_EQ(message_of([&] { hik.restore(wanted); }), Msg::device_not_kept);
}

TEST_F(Hikvision, a_refusal_ends_it_and_what_was_done_stays) {
    auto hik = driven();
    const auto wanted = hik.capture();
    set(time_section, "", "timeMode", "manual");
    set(channels, "1", "name", "Other");
    set(tracks, "101", "Duration", "P1DT0H");
    fault("PUT", std::string(channels) + "/1", status_body(6, "badParameters"), 400);
    EXPECT_EQ(message_of([&] { hik.restore(wanted); }), Msg::device_says);
    const auto model = hik.model();
    EXPECT_EQ(model.find(Category::time, "clock")->value("mode"), "NTP");
    EXPECT_EQ(model.find(Category::cameras, "1")->value("name"), "Other");
    EXPECT_EQ(model.find(Category::recording, "101")->value("retention"), "P1DT0H");
    EXPECT_EQ(count("PUT", std::string(channels) + "/1"), 1);
}

TEST_F(Hikvision, the_export_leads_back_as_a_whole) {
    auto hik = driven({{"restore", "opaque"}});
    const auto wanted = hik.capture();
    tell("remove", {{"path", users}, {"id", "2"}});
    set("/ISAPI/System/Network/interfaces", "1", "Link/MTU", "1400");
    EXPECT_EQ(hik.restore(wanted), std::vector<std::string>{"configuration.bin"});
    EXPECT_EQ(count("PUT", export_path), 1);
    EXPECT_EQ(changes_between(hik.model(wanted), hik.model()), "");
}

TEST_F(Hikvision, the_export_goes_to_the_same_firmware_and_whole_or_not_at_all) {
    auto hik = driven({{"restore", "opaque"}});
    auto wanted = hik.capture();
    const auto now = hik.capture();
    RestoreOptions options;
    options.keep_network = true;
    EXPECT_EQ(error_of([&] { hik.driver().prepare_restore(wanted, now, options); }), Errc::usage);
    set("/ISAPI/System/deviceInfo", "", "firmwareVersion", "V4.75.000");
    EXPECT_EQ(error_of([&] { (void)hik.plan(wanted); }), Errc::refused);
    wanted.remove("configuration.bin");
    EXPECT_EQ(error_of([&] { hik.driver().prepare_restore(wanted, now, {}); }), Errc::failed);
    auto other = driven({{"restore", "magic"}});
    EXPECT_EQ(error_of([&] { other.driver().prepare_restore(wanted, now, {}); }), Errc::usage);
}

class HikvisionOther : public Hikvision {
protected:
    HikvisionOther()
        : Hikvision({"--serial", "DS-OTHER-0002", "--firmware", "V4.80.000", "--secret-key", "--clock-skew",
                     "-86400"}) {}
};

TEST_F(HikvisionOther, a_device_in_place_of_another_gets_its_configuration) {
    const Simulator old_simulator(script, {"--reboot-seconds", "0.3"});
    Driven old("hikvision", old_simulator, {{"user", "admin"}}, {{"password", password}});
    sim(const_cast<Simulator&>(old_simulator), "change",
        {{"path", channels}, {"id", "3"}, {"element", "name"}, {"text", "Archive"}});
    sim(const_cast<Simulator&>(old_simulator), "change",
        {{"path", tracks}, {"id", "401"}, {"element", "LoopEnable"}, {"text", "false"}});
    const auto wanted = old.capture();
    auto hik = driven();
    EXPECT_EQ(gap_of(hik.plan(wanted), "V4.74.210 build 240108"), Msg::gap_firmware);
    hik.restore(wanted);
    EXPECT_EQ(changes_between(hik.model(wanted), hik.model()), "identity/device: firmware serial\n");
}

TEST_F(HikvisionOther, an_export_that_wants_a_key_is_skipped) {
    auto hik = driven();
    const auto files = hik.capture();
    EXPECT_TRUE(files.complete());
    EXPECT_EQ(why(files.skipped_parts(), "configuration.bin"), Msg::device_section_absent);
}

TEST(HikvisionReader, knows_a_section_by_what_it_says) {
    const auto reader = drivers::hikvision_reader();
    EXPECT_TRUE(reader.recognises("x", R"(<?xml version="1.0"?>
        <h:Time xmlns:h="http://www.isapi.org/ver20/XMLSchema"><h:timeMode>NTP</h:timeMode></h:Time>)"));
    EXPECT_TRUE(reader.recognises("x", R"(<UserList xmlns="urn:psialliance-org"/>)"));
    EXPECT_FALSE(reader.recognises("x", R"(<UserList xmlns="urn:another"/>)"));
    EXPECT_FALSE(reader.recognises("x", R"(<Nothing xmlns="http://www.hikvision.com/ver20/XMLSchema"/>)"));
    EXPECT_FALSE(reader.recognises("x", "Time"));
    EXPECT_FALSE(reader.recognises("x", ""));
    EXPECT_FALSE(reader.recognises("x", "<?xml"));
    Model model;
    EXPECT_THROW(reader.read("x", "<Time", model), model::Malformed);
}

}  // namespace
}  // namespace coffre::test
