// The driver of Axis against its simulator: the promises of all drivers, and what is its own.

#include "drivers/equipment/axis.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/process.hpp"
#include "drivers/equipment/memory_files.hpp"
#include "drivers/model/compare.hpp"
#include "tests/drivers/equipment_conformance.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/fake_clock.hpp"

namespace coffre::drivers {
namespace {

using model::Json;
using test::RunningEquipment;
using test::Simulator;

constexpr const char* script = COFFRE_SIMULATORS "/axis.py";
constexpr const char* password = "coffre-Pass-1";

void set(RunningEquipment& running, const std::string& values) {
    (void)dynamic_cast<Simulator&>(running).ask("POST", "/__sim/set", values);
}

test::Subject axis_subject(const std::vector<std::string>& arguments) {
    test::Subject subject;
    subject.driver = "axis";
    subject.start = [arguments] { return std::make_unique<Simulator>(script, arguments); };
    subject.settings = {{"user", "coffre"}};
    subject.secrets = {{"password", password}};
    subject.markers = {"exemple-lecture", "exemple-ecriture"};
    subject.changing_files = {axis::parameters_file};  // its clock
    subject.change = [](RunningEquipment& running) {
        set(running, R"({"parameters": {"Image.I0.Name": "Hall sud", "Storage.S0.CleanupMaxAge": "3",
                "StreamProfile.S1.Parameters": "fps=1", "StreamProfile.S2.Name": "en trop",
                "StreamProfile.S2.Description": "", "StreamProfile.S2.Parameters": ""},
                "users": {"ronde": ["admin", "operator", "viewer"], "intrus": ["viewer"]}})");
    };
    subject.change_network = [](RunningEquipment& running) {
        set(running, R"({"parameters": {"Network.HostName": "cam-quai"}})");
    };
    return subject;
}

}  // namespace
}  // namespace coffre::drivers

namespace coffre::test {
namespace {

COFFRE_EQUIPMENT_CONFORMANCE(axis, drivers::axis_subject({}));
COFFRE_EQUIPMENT_CONFORMANCE(axis_old, drivers::axis_subject({"--no-export", "--firmware", "9.80.3"}));

}  // namespace
}  // namespace coffre::test

namespace coffre::drivers {
namespace {

class Axis : public ::testing::Test {
protected:
    explicit Axis(const std::vector<std::string>& arguments = {}) : simulator(script, arguments) {
        secrets.emplace("password", SecretText(password));
        context.settings = {{"url", simulator.url()},
                            {"user", "coffre"},
                            {"certificate-sha256", simulator.certificate_sha256()}};
        driver = make_driver("axis", context);
    }

    MemoryFiles capture() {
        MemoryFiles files;
        driver->capture(files);
        return files;
    }
    [[nodiscard]] Model model(const MemoryFiles& files) const { return model_of(driver->id(), files); }
    [[nodiscard]] Json state() const { return model::parse_json(simulator.ask("GET", "/__sim/state")); }
    void fault(const std::string& path, const std::string& kind) const {
        (void)simulator.ask("POST", "/__sim/fault",
                            R"({"path": ")" + path + R"(", "kind": ")" + kind + "\"}");
    }
    std::unique_ptr<RestoreJob> prepare(const MemoryFiles& wanted, const RestoreOptions& options = {}) {
        return driver->prepare_restore(wanted, capture(), options);
    }
    static void apply(RestoreJob& job) {
        job.apply([](const PlanStep&) {});
    }
    // "cameras change Image.I0"
    static std::vector<std::string> steps(const RestoreJob& job) {
        constexpr std::array<const char*, 5> words{"add", "change", "remove", "upload", "command"};
        std::vector<std::string> told;
        for (const auto& step : job.plan().steps)
            told.push_back(std::string(category_name(step.part)) + " " +
                           words.at(static_cast<std::size_t>(step.action)) + " " + step.what);
        return told;
    }
    static bool has_gap(const RestoreJob& job, const std::string& what, Msg why) {
        return std::any_of(job.plan().gaps.begin(), job.plan().gaps.end(),
                           [&](const PlanGap& gap) { return gap.what == what && gap.why.id == why; });
    }

    Simulator simulator;
    test::FakeClock clock;
    SecretTexts secrets;
    DriverContext context{{system_files(), clock, system_random(), process_id()}, "CAM-HALL", {}, secrets};
    std::unique_ptr<EquipmentDriver> driver;
};

TEST_F(Axis, tells_cameras_users_recording_and_network_of_its_parameters) {
    const auto told = model(capture());
    EXPECT_EQ(told.device_field("manufacturer"), "AXIS");
    EXPECT_EQ(told.device_field("model"), "P3265-LVE");
    EXPECT_EQ(told.device_field("mac"), "B8:A4:4F:00:00:01");
    const auto* camera = told.find(Category::cameras, "Image.I0");
    ASSERT_NE(camera, nullptr);
    EXPECT_EQ(camera->label, "Hall nord");
    EXPECT_EQ(camera->value("resolution"), "1920x1080");
    EXPECT_EQ(camera->value("frame_rate"), "25");
    EXPECT_EQ(told.find(Category::users, "accueil")->value("level"), "operator");
    EXPECT_EQ(told.find(Category::users, "ronde")->value("groups"), "viewer");
    EXPECT_EQ(told.find(Category::recording, "Storage.S0")->value("retention"), "30");
    EXPECT_EQ(told.find(Category::network, "Network")->value("address"), "192.0.2.20");
    EXPECT_EQ(told.find(Category::time, "Time")->value("ntp"), "192.0.2.123");
    EXPECT_TRUE(told.find(Category::network, "SNMP")->fields.at("V1ReadCommunity").secret);
    // A rule whose action records is one of recording, other rules are events.
    EXPECT_NE(told.find(Category::recording, "action-rules.v2 rules 2"), nullptr);
    EXPECT_NE(told.find(Category::events, "action-rules.v2 rules 1"), nullptr);
    for (const char* file :
         {axis::device_file, axis::parameters_file, axis::users_file, axis::configuration_file})
        EXPECT_TRUE(told.explained(file)) << file;
}

TEST_F(Axis, the_export_alone_says_the_same_of_parameters) {
    const auto files = capture();
    MemoryFiles only;
    only.put("exported by hand.json", *files.content(axis::configuration_file));
    const auto told = model_of("files 1", only);
    ASSERT_NE(told.find(Category::cameras, "Image.I0"), nullptr);
    EXPECT_EQ(told.find(Category::cameras, "Image.I0")->value("name"), "Hall nord");
    EXPECT_EQ(told.find(Category::network, "Network")->value("hostname"), "cam-hall-nord");
}

TEST_F(Axis, an_older_one_without_the_newer_interface_is_complete) {
    fault("/config/rest/.*", "404");
    const auto files = capture();
    EXPECT_TRUE(files.complete());
    ASSERT_EQ(files.skipped_parts().size(), 1U);
    EXPECT_EQ(files.skipped_parts()[0].path, axis::configuration_file);
}

TEST_F(Axis, an_error_that_comes_with_the_status_of_a_success_is_an_error) {
    fault("/axis-cgi/param.cgi", "error-200");
    fault("/axis-cgi/pwdgrp.cgi", "error-200");
    const auto files = capture();
    ASSERT_EQ(files.failed_parts().size(), 2U);
    EXPECT_EQ(files.failed_parts()[0].path, axis::parameters_file);
    EXPECT_EQ(files.failed_parts()[1].path, axis::users_file);
}

TEST_F(Axis, a_truncated_answer_is_no_section) {
    fault("/axis-cgi/param.cgi", "truncated");
    const auto files = capture();
    EXPECT_FALSE(files.complete());
    EXPECT_EQ(files.content(axis::parameters_file), nullptr);
}

TEST_F(Axis, a_redirect_is_not_followed) {
    fault("/axis-cgi/basicdeviceinfo.cgi", "redirect");
    EXPECT_EQ(test::error_of([&] { capture(); }), Errc::unreachable);
}

TEST_F(Axis, a_nonce_that_became_stale_is_no_refusal) {
    capture();
    (void)simulator.ask("POST", "/__sim/stale");
    EXPECT_TRUE(capture().complete());
    EXPECT_EQ(model::text_of(state(), "failed_logins"), "0");
}

TEST_F(Axis, a_restore_writes_what_differs_and_the_network_last) {
    const auto wanted = capture();
    set(simulator, R"({"parameters": {"Image.I0.Name": "x", "Network.IPAddress": "192.0.2.99",
        "Network.RTSP.Port": "8554", "Time.POSIXTimeZone": "UTC"}})");
    const auto job = prepare(wanted);
    EXPECT_EQ(steps(*job), (std::vector<std::string>{"cameras change Image.I0", "time change Time",
                                                     "network change Network (192.0.2.99 → 192.0.2.20)",
                                                     "network change Network.RTSP"}));
    EXPECT_FALSE(job->plan().reboots);
    apply(*job);
    EXPECT_TRUE(model::compare(model(wanted), model(capture())).empty());
}

TEST_F(Axis, parameters_go_in_the_body_and_in_pieces) {
    const auto wanted = capture();
    Json parameters = Json::object();
    const auto now = state();
    for (const auto& [name, value] : now["parameters"].items())
        if (name.starts_with("Image.I")) parameters[name] = value.get<std::string>() + std::string(99, 'x');
    for (const char* fixed : {"Image.I0.Source", "Image.I0.Type", "Image.I1.Source", "Image.I1.Type"})
        parameters.erase(fixed);
    set(simulator, Json{{"parameters", parameters}}.dump());
    const auto job = prepare(wanted);
    EXPECT_FALSE(now["counts"].contains("POST /axis-cgi/param.cgi"));
    apply(*job);
    EXPECT_GT(state()["counts"]["POST /axis-cgi/param.cgi"].get<int>(), 1);
    EXPECT_EQ(state()["parameters"]["Image.I1.Name"], "View area 2");
}

TEST_F(Axis, a_refused_parameter_does_not_keep_the_others_back_and_is_told) {
    const auto wanted = capture();
    set(simulator, R"({"parameters": {"Image.I0.Name": "x", "Image.I0.Stream.FPS": "5",
        "Storage.S0.CleanupMaxAge": "1"}, "refused": ["Image.I0.Stream.FPS"]})");
    const auto job = prepare(wanted);
    try {
        apply(*job);
        FAIL() << "nothing was told";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Errc::unreachable);
        ASSERT_EQ(error.message().id, Msg::device_says);
        EXPECT_EQ(error.message().args.at(1), "Image.I0.Stream.FPS");
    }
    EXPECT_EQ(state()["parameters"]["Image.I0.Name"], "Hall nord");
    EXPECT_EQ(state()["parameters"]["Storage.S0.CleanupMaxAge"], "30");
    EXPECT_EQ(state()["parameters"]["Image.I0.Stream.FPS"], "5");
}

TEST_F(Axis, masked_secrets_are_never_written_back) {
    const auto wanted = capture();
    set(simulator, R"({"parameters": {"Network.RTSP.ProtViewer": "", "PTZ.BoaProtPTZOperator": "open"}})");
    const auto job = prepare(wanted);
    EXPECT_TRUE(steps(*job).empty());
    EXPECT_TRUE(has_gap(*job, "Network.RTSP.ProtViewer", Msg::gap_secret));
    EXPECT_TRUE(has_gap(*job, "PTZ.BoaProtPTZOperator", Msg::gap_secret));
}

TEST_F(Axis, what_is_known_to_be_read_only_is_a_gap_and_not_tried) {
    const auto wanted = capture();
    set(simulator,
        R"({"parameters": {"Image.I0.Source": "1", "Network.Resolver.NameServer1": "192.0.2.9"}})");
    const auto job = prepare(wanted);
    EXPECT_TRUE(steps(*job).empty());
    EXPECT_TRUE(has_gap(*job, "Image.I0.Source", Msg::gap_read_only));
    EXPECT_TRUE(has_gap(*job, "Network.Resolver.NameServer1", Msg::gap_read_only));
}

TEST_F(Axis, a_user_who_is_gone_needs_a_password_and_the_own_account_stays_as_it_is) {
    const auto wanted = capture();
    set(simulator, R"({"users": {"ronde": null, "accueil": ["viewer"], "intrus": ["viewer"],
        "coffre": ["admin", "operator", "viewer"]}})");
    const auto job = prepare(wanted);
    EXPECT_EQ(steps(*job), (std::vector<std::string>{"users change accueil", "users remove intrus"}));
    EXPECT_TRUE(has_gap(*job, "ronde", Msg::gap_secret));
    EXPECT_TRUE(has_gap(*job, "coffre", Msg::gap_own_account));
    apply(*job);
    const auto users = state()["users"];
    EXPECT_EQ(users["accueil"], (Json{"operator", "ptz", "viewer"}));
    EXPECT_FALSE(users.contains("intrus"));
    EXPECT_EQ(users["coffre"], (Json{"admin", "operator", "viewer"}));
}

TEST_F(Axis, a_stream_profile_goes_by_its_name_whatever_its_number_is) {
    const auto wanted = capture();
    set(simulator, R"({"parameters": {"StreamProfile.S0.Name": null, "StreamProfile.S0.Description": null,
        "StreamProfile.S0.Parameters": null}})");
    const auto first = prepare(wanted);
    EXPECT_EQ(steps(*first), (std::vector<std::string>{"cameras add record"}));
    apply(*first);
    EXPECT_EQ(state()["parameters"]["StreamProfile.S0.Parameters"],
              "videocodec=h265&resolution=1920x1080&fps=25");
    EXPECT_TRUE(model::compare(model(wanted), model(capture())).empty());
}

TEST_F(Axis, rules_are_imported_and_a_restart_is_waited_for) {
    const auto wanted = capture();
    set(simulator, R"({"interfaces": {"action-rules.v2": {"recipients": [], "rules": [
        {"id": "1", "name": "Porte", "enabled": false}, {"id": "9", "name": "En plus"}]}}})");
    const auto job = prepare(wanted);
    EXPECT_EQ(steps(*job), (std::vector<std::string>{"events upload action-rules.v2"}));
    EXPECT_TRUE(has_gap(*job, "En plus", Msg::gap_not_by_driver));
    EXPECT_TRUE(job->plan().reboots);
    apply(*job);
    (void)simulator.ask("POST", "/__sim/reboot", R"({"seconds": 0})");
    driver->wait_until_ready();
    const auto rules = state()["interfaces"]["action-rules.v2"]["rules"];
    EXPECT_EQ(rules[0]["name"], "Porte forcée");
}

TEST_F(Axis, a_group_that_is_gone_is_made_anew_by_the_newer_interface) {
    const auto wanted = capture();
    set(simulator, R"({"parameters": {"Storage.S1.CleanupMaxAge": null, "Storage.S1.DiskID": null}})");
    const auto job = prepare(wanted);
    EXPECT_EQ(steps(*job), (std::vector<std::string>{"recording add param.v2"}));
    apply(*job);
    EXPECT_EQ(state()["parameters"]["Storage.S1.CleanupMaxAge"], "7");
}

class OldAxis : public Axis {
protected:
    OldAxis() : Axis({"--no-export"}) {}
};

TEST_F(OldAxis, a_group_that_is_gone_is_a_gap) {
    const auto wanted = capture();
    set(simulator, R"({"parameters": {"Storage.S1.CleanupMaxAge": null, "Storage.S1.DiskID": null}})");
    const auto job = prepare(wanted);
    EXPECT_TRUE(steps(*job).empty());
    EXPECT_TRUE(has_gap(*job, "Storage.S1", Msg::gap_not_in_device));
}

TEST_F(Axis, a_connection_that_breaks_off_after_a_write_is_read_back) {
    const auto wanted = capture();
    set(simulator, R"({"parameters": {"Image.I0.Name": "x"}})");
    const auto job = prepare(wanted);
    fault("/axis-cgi/param.cgi", "cut");
    apply(*job);
    EXPECT_EQ(state()["parameters"]["Image.I0.Name"], "Hall nord");
    EXPECT_EQ(state()["counts"]["POST /axis-cgi/param.cgi"], 1);
}

TEST_F(Axis, one_that_does_not_come_back_is_told) {
    (void)prepare(capture());
    (void)simulator.ask("POST", "/__sim/reboot", R"({"seconds": 600})");
    EXPECT_EQ(test::error_of([&] { driver->wait_until_ready(); }), Errc::unreachable);
}

TEST_F(Axis, another_device_needs_its_secrets_again) {
    const auto wanted = capture();
    set(simulator, R"({"parameters": {"Properties.System.SerialNumber": "B8A44F0000FF"}})");
    const auto job = prepare(wanted);
    EXPECT_TRUE(has_gap(*job, "Network.RTSP.ProtViewer", Msg::gap_secret));
}

TEST(AxisFiles, a_snapshot_without_parameters_cannot_be_restored) {
    Simulator simulator(script);
    test::FakeClock clock;
    SecretTexts secrets;
    secrets.emplace("password", SecretText(password));
    const DriverContext context{{system_files(), clock, system_random(), process_id()},
                                "CAM-HALL",
                                {{"url", simulator.url()},
                                 {"user", "coffre"},
                                 {"certificate-sha256", simulator.certificate_sha256()}},
                                secrets};
    const auto driver = make_driver("axis", context);
    EXPECT_EQ(test::error_of([&] { driver->prepare_restore(MemoryFiles(), MemoryFiles(), {}); }),
              Errc::failed);
}

TEST(AxisFiles, a_value_over_several_lines_is_one_value) {
    const auto parsed = axis::parse_parameters("# comment\nroot.A.B=one\ntwo\r\nroot.A.C=\n");
    ASSERT_TRUE(parsed.has_value());
    EXPECT_EQ(parsed->at("A.B"), "one\ntwo");
    EXPECT_EQ(parsed->at("A.C"), "");
    EXPECT_FALSE(axis::parse_parameters("# Error: no\n").has_value());
    EXPECT_FALSE(axis::parse_parameters("<html>\n").has_value());
}

// A folder of fixtures as a capture.
MemoryFiles stored(const std::string& folder) {
    MemoryFiles files;
    const std::string root = COFFRE_FIXTURES "/axis/pairs/" + folder + "/";
    for (const char* name :
         {axis::device_file, axis::parameters_file, axis::users_file, axis::configuration_file}) {
        std::ifstream in(root + name, std::ios::binary);
        if (in) files.put(name, Bytes{std::istreambuf_iterator<char>(in), {}});
    }
    return files;
}

TEST(AxisFiles, pairs_differ_in_what_they_are_named_for) {
    for (const std::string name : {"cameras", "recording", "firmware", "rights", "noise"}) {
        const auto before = stored(name + "/before");
        const auto after = stored(name + "/after");
        EXPECT_FALSE(before.files().empty());
        const auto changes = model::compare(model_of("axis 1", before), model_of("axis 1", after));
        EXPECT_EQ(changes.empty(), name == "noise") << name;
        for (const auto& change : changes)
            for (const auto kind : model::significant_kinds(change))
                EXPECT_EQ(model::significant_name(kind), name) << model_path(change.category, change.key);
    }
}

TEST(AxisFiles, nesting_is_undone_by_its_inverse) {
    const axis::Parameters flat{{"Image.I0.Name", "a"},
                                {"Image.I1.Text.String", "b"},
                                {"Image.NbrOfConfigs", "2"},
                                {"PTZ.Preset.P0.Position.P1.Name", "Home"}};
    EXPECT_EQ(axis::parameters_of(axis::nested(flat)), flat);
}

TEST(AxisFiles, where_dhcp_names_servers_they_are_no_change) {
    const axis::Parameters fixed{{"Time.ObtainFromDHCP", "no"}, {"Network.Resolver.ObtainFromDHCP", "no"}};
    const axis::Parameters dhcp{{"Time.ObtainFromDHCP", "yes"}, {"Network.Resolver.ObtainFromDHCP", "yes"}};
    for (const char* name : {"Time.NTP.Server", "Network.Resolver.NameServer1"}) {
        EXPECT_FALSE(axis::is_volatile(name, fixed)) << name;
        EXPECT_TRUE(axis::is_volatile(name, dhcp)) << name;
    }
    EXPECT_TRUE(axis::is_volatile("Time.NTP.VolatileServer", fixed));
    EXPECT_TRUE(axis::is_volatile("Network.Interface.I0.Active.IPAddress", fixed));
    EXPECT_FALSE(axis::is_volatile("Network.IPAddress", fixed));
}

TEST(AxisFiles, secrets_are_known_by_their_names) {
    for (const char* name :
         {"SNMP.V1ReadCommunity", "Network.Wireless.W0.Passphrase", "SNMP.InitialUserPasswd",
          "Network.Wireless.W0.Key", "RemoteService.ProxyPassword", "HTTPS.PrivateKey"})
        EXPECT_TRUE(axis::is_secret(name)) << name;
    for (const char* name : {"System.RootPwdSet", "Image.I0.Name", "StreamCache.Size",
                             "System.PreventDoSAttack.ActivatePasswordThrottling"})
        EXPECT_FALSE(axis::is_secret(name)) << name;
}

}  // namespace
}  // namespace coffre::drivers
