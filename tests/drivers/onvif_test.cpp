// The driver of ONVIF against its simulator: the promises of all drivers, and what is its own.

#include "drivers/equipment/onvif.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/process.hpp"
#include "drivers/equipment/memory_files.hpp"
#include "drivers/model/compare.hpp"
#include "tests/drivers/equipment_conformance.hpp"
#include "tests/support/error_of.hpp"

namespace coffre::drivers {
namespace {

using model::Json;
using test::RunningEquipment;
using test::Simulator;

constexpr const char* script = COFFRE_SIMULATORS "/onvif.py";
constexpr const char* password = "coffre-Pass-1";

void set(RunningEquipment& running, const std::string& values) {
    (void)dynamic_cast<Simulator&>(running).ask("POST", "/__sim/set", values);
}

test::Subject onvif_subject(const std::vector<std::string>& arguments, const std::string& login = "") {
    test::Subject subject;
    subject.driver = "onvif";
    subject.start = [arguments] { return std::make_unique<Simulator>(script, arguments); };
    subject.settings = {{"user", "coffre"}};
    if (!login.empty()) subject.settings["login"] = login;
    subject.secrets = {{"password", password}};
    subject.is_login = [](const test::ProxiedRequest& request) {
        return request.body.find("UsernameToken") != std::string::npos ||
               !request.header("authorization").empty();
    };
    // Its clock, how often something is used, the order of scopes.
    subject.changing_files = {"date-and-time.xml", "profiles.xml", "video-encoders.xml", "scopes.xml"};
    subject.change = [](RunningEquipment& running) {
        set(running, R"({"name": "Quai sud", "users": {"ronde": "Administrator", "intrus": "User"},
            "encoders": {"enc1": {"Quality": "1", "Name": "x<&y", "FrameRateLimit": "5"}},
            "osds": {"osd1": "autre"}, "recordings": {"rec1": {"retention": "P1D"}},
            "jobs": {"job1": {"Mode": "Idle"}}, "ntp": ["192.0.2.7"], "zone": "UTC0", "dns": []})");
    };
    subject.change_network = [](RunningEquipment& running) {
        set(running, R"({"hostname": "cam-quai", "gateway": "192.0.2.254"})");
    };
    return subject;
}

}  // namespace
}  // namespace coffre::drivers

namespace coffre::test {
namespace {

using Arguments = std::vector<std::string>;

COFFRE_EQUIPMENT_CONFORMANCE(onvif, drivers::onvif_subject({}));
COFFRE_EQUIPMENT_CONFORMANCE(onvif_digest, drivers::onvif_subject({"--login", "digest"}));
COFFRE_EQUIPMENT_CONFORMANCE(onvif_closed, drivers::onvif_subject({"--login", "closed"}));
COFFRE_EQUIPMENT_CONFORMANCE(onvif_clock,
                             drivers::onvif_subject({"--clock-skew", "-86400", "--no-services"}));

}  // namespace
}  // namespace coffre::test

namespace coffre::drivers {
namespace {

class HastyClock final : public Clock {
public:
    Timestamp now() override { return system_clock().now(); }
    std::int64_t monotonic_ns() override { return system_clock().monotonic_ns(); }
    void sleep_ms(int ms) override { system_clock().sleep_ms(1 + ms / 20); }
};

class Onvif : public ::testing::Test {
protected:
    explicit Onvif(const std::vector<std::string>& arguments = {}) : simulator(script, arguments) {
        secrets.emplace("password", SecretText(password));
        context.settings = {{"url", simulator.url()},
                            {"user", "coffre"},
                            {"certificate-sha256", simulator.certificate_sha256()}};
        driver = make_driver("onvif", context);
    }

    // With another setting.
    void again(const std::string& name, const std::string& value) {
        context.settings[name] = value;
        driver = make_driver("onvif", context);
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
    static std::string failure_of(const MemoryFiles& files, const std::string& path) {
        for (const auto& problem : files.failed_parts())
            if (problem.path == path) return text(Lang::en, problem.why.id, problem.why.args);
        return "";
    }

    Simulator simulator;
    HastyClock clock;
    SecretTexts secrets;
    DriverContext context{{system_files(), clock, system_random(), process_id()}, "CAM-HALL", {}, secrets};
    std::unique_ptr<EquipmentDriver> driver;
};

TEST_F(Onvif, tells_sources_encoders_users_recording_and_network) {
    const auto files = capture();
    EXPECT_TRUE(files.complete());
    const auto told = model(files);
    EXPECT_EQ(told.device_field("name"), "Hall nord");
    EXPECT_EQ(told.device_field("mac"), "00:00:5e:00:53:01");
    const auto* encoder = told.find(Category::cameras, "encoder enc1");
    ASSERT_NE(encoder, nullptr);
    EXPECT_EQ(encoder->label, "principal");
    EXPECT_EQ(encoder->value("codec"), "H264");
    EXPECT_EQ(encoder->value("resolution"), "1920x1080");
    EXPECT_EQ(encoder->value("bitrate"), "4096");
    EXPECT_EQ(encoder->value("H264/GovLength"), "50");
    EXPECT_EQ(told.find(Category::cameras, "osd osd1")->value("TextString/PlainText"),
              "CLIEXEMP <Hall> & quai");
    EXPECT_EQ(told.find(Category::users, "accueil")->value("level"), "Operator");
    EXPECT_EQ(told.find(Category::recording, "recording rec1")->value("retention"), "P30D");
    EXPECT_EQ(told.find(Category::network, "interface eth0")->value("address"), "192.0.2.20/24");
    EXPECT_EQ(told.find(Category::time, "ntp")->value("ntp"), "192.0.2.123");
    for (const auto& file : files.files())
        EXPECT_TRUE(told.explained(file.path) || file.path == onvif::backup_file) << file.path;
    EXPECT_NE(files.content(onvif::backup_file), nullptr);
}

TEST_F(Onvif, a_fault_is_an_error_whatever_its_status_is) {
    fault("GetUsers", "fault-200");
    fault("GetDNS", "ActionNotSupported");
    fault("GetProfiles", "OperationProhibited");
    const auto files = capture();
    EXPECT_EQ(files.failed_parts().size(), 2U);
    EXPECT_EQ(failure_of(files, "users.xml"), "CAM-HALL refuses GetUsers: Action");
    EXPECT_EQ(failure_of(files, "profiles.xml"), "CAM-HALL refuses GetProfiles: OperationProhibited");
    ASSERT_EQ(files.skipped_parts().size(), 1U);
    EXPECT_EQ(files.skipped_parts()[0].path, "dns.xml");
}

TEST_F(Onvif, a_right_that_the_account_has_not_fails_that_section_alone) {
    fault("GetUsers", "NotAuthorized");
    const auto files = capture();
    EXPECT_EQ(files.failed_parts().size(), 1U);
    EXPECT_EQ(failure_of(files, "users.xml"), "CAM-HALL refuses GetUsers: NotAuthorized");
}

TEST_F(Onvif, a_truncated_answer_and_one_that_is_no_xml_are_no_sections) {
    fault("/onvif/recording_service", "truncated");
    fault("/onvif/media_service", "redirect");
    const auto files = capture();
    EXPECT_NE(failure_of(files, "profiles.xml"), "");
    EXPECT_NE(failure_of(files, "recordings.xml"), "");
    EXPECT_EQ(files.content("recordings.xml"), nullptr);
}

TEST_F(Onvif, a_backup_on_another_host_is_not_fetched) {
    set(simulator, R"({"foreign_uri": true})");
    const auto files = capture();
    EXPECT_EQ(files.content(onvif::backup_file), nullptr);
    EXPECT_NE(failure_of(files, onvif::backup_file), "");
    EXPECT_FALSE(state()["counts"].contains("GET /sim/backup.bin"));
}

TEST_F(Onvif, a_message_in_place_of_a_backup_is_none) {
    fault("/sim/backup.bin", "error-200");
    EXPECT_NE(failure_of(capture(), onvif::backup_file), "");
}

TEST_F(Onvif, tokens_are_sent_where_nothing_else_was_asked_for) {
    EXPECT_TRUE(capture().complete());
    const auto told = state();
    EXPECT_EQ(model::text_of(told, "failed_logins"), "0");
}

class OnvifClock : public Onvif {
protected:
    OnvifClock() : Onvif({"--clock-skew", "7200"}) {}
};

TEST_F(OnvifClock, a_clock_that_is_wrong_does_not_matter) {
    EXPECT_TRUE(capture().complete());
    EXPECT_EQ(model::text_of(state(), "failed_logins"), "0");
}

class OnvifOld : public Onvif {
protected:
    OnvifOld() : Onvif({"--no-services", "--no-recording", "--no-backup"}) {}
};

TEST_F(OnvifOld, what_it_does_not_have_is_skipped) {
    const auto files = capture();
    EXPECT_TRUE(files.complete());
    std::vector<std::string> skipped;
    for (const auto& problem : files.skipped_parts()) skipped.push_back(problem.path);
    EXPECT_EQ(skipped,
              (std::vector<std::string>{"recordings.xml", "recording-jobs.xml", onvif::backup_file}));
}

class OnvifDigest : public Onvif {
protected:
    OnvifDigest() : Onvif({"--login", "digest"}) {}
};

TEST_F(OnvifDigest, http_digest_is_used_where_it_is_all_that_is_known) {
    EXPECT_TRUE(capture().complete());
    EXPECT_EQ(model::text_of(state(), "failed_logins"), "0");
}

TEST_F(OnvifDigest, a_login_that_the_user_chose_is_not_followed_by_another) {
    again("login", "token");
    EXPECT_EQ(test::error_of([&] { capture(); }), Errc::unreachable);
    EXPECT_EQ(test::error_of([&] { driver->identify(); }), Errc::unreachable);
    EXPECT_EQ(model::text_of(state(), "logins"), "0");
    EXPECT_EQ(test::error_of([&] { again("login", "guess"); }), Errc::usage);
}

TEST_F(Onvif, a_restore_writes_what_differs_and_the_address_last) {
    const auto wanted = capture();
    set(simulator, R"({"address": "192.0.2.99", "hostname": "x", "ports": {"RTSP": "8554"},
        "encoders": {"enc2": {"Quality": "1"}}, "zone": "UTC0"})");
    const auto job = prepare(wanted);
    EXPECT_EQ(steps(*job),
              (std::vector<std::string>{"time change clock", "cameras change mobile",
                                        "network change hostname", "network change protocol RTSP",
                                        "network change eth0 (192.0.2.99/24 → 192.0.2.20/24)"}));
    EXPECT_TRUE(job->plan().reboots);
    apply(*job);
    driver->wait_until_ready();
    EXPECT_TRUE(model::compare(model(wanted), model(capture())).empty());
    EXPECT_EQ(state()["boot"], 1);  // it said that this holds after a restart
}

TEST_F(Onvif, a_user_who_is_gone_needs_a_password_and_the_own_account_stays_as_it_is) {
    const auto wanted = capture();
    set(simulator,
        R"({"users": {"ronde": null, "accueil": "User", "intrus": "User", "coffre": "Operator"}})");
    const auto job = prepare(wanted);
    EXPECT_EQ(steps(*job), (std::vector<std::string>{"users change accueil", "users remove intrus"}));
    EXPECT_TRUE(has_gap(*job, "ronde", Msg::gap_secret));
    EXPECT_TRUE(has_gap(*job, "coffre", Msg::gap_own_account));
    apply(*job);
    const auto users = state()["values"]["users"];
    EXPECT_EQ(users, (Json{{"accueil", "Operator"}, {"coffre", "Operator"}}));
}

TEST_F(Onvif, what_is_gone_or_new_is_a_gap) {
    const auto wanted = capture();
    set(simulator, R"({"osds": {"osd1": null, "osd2": "x"}, "jobs": {"job1": null}})");
    const auto job = prepare(wanted);
    EXPECT_TRUE(steps(*job).empty());
    EXPECT_TRUE(has_gap(*job, "osd osd1", Msg::gap_not_in_device));
    EXPECT_TRUE(has_gap(*job, "osd osd2", Msg::gap_not_by_driver));
    EXPECT_TRUE(has_gap(*job, "job job1", Msg::gap_not_in_device));
}

TEST_F(Onvif, a_step_that_is_refused_ends_the_restore) {
    const auto wanted = capture();
    set(simulator, R"({"encoders": {"enc1": {"Quality": "1"}}, "ntp": ["192.0.2.9"], "hostname": "x"})");
    const auto job = prepare(wanted);
    fault("SetVideoEncoderConfiguration", "ConfigModify");
    EXPECT_EQ(test::error_of([&] { apply(*job); }), Errc::unreachable);
    EXPECT_EQ(state()["values"]["ntp"], (Json{"192.0.2.123"}));
    EXPECT_EQ(state()["values"]["hostname"], "x");
}

TEST_F(Onvif, a_connection_that_breaks_off_after_a_write_is_no_failure) {
    const auto wanted = capture();
    set(simulator, R"({"hostname": "x"})");
    const auto job = prepare(wanted);
    fault("/onvif/device_service", "cut");
    apply(*job);
    EXPECT_EQ(state()["values"]["hostname"], "cam-hall-nord");
    EXPECT_EQ(state()["counts"]["SOAP SetHostname"], 1);
}

TEST_F(Onvif, the_makers_backup_is_uploaded_where_that_is_set) {
    again("restore", "opaque");
    const auto wanted = capture();
    set(simulator, R"({"osds": {"osd1": null}, "name": "x"})");
    const auto job = prepare(wanted);
    EXPECT_EQ(steps(*job), (std::vector<std::string>{"other upload backup.bin"}));
    EXPECT_TRUE(job->plan().reboots);
    apply(*job);
    driver->wait_until_ready();
    EXPECT_TRUE(model::compare(model(wanted), model(capture())).empty());
}

TEST_F(Onvif, a_backup_brings_back_all_or_nothing) {
    again("restore", "opaque");
    auto wanted = capture();
    set(simulator, R"({"name": "x"})");
    RestoreOptions options;
    options.keep_network = true;
    EXPECT_EQ(steps(*prepare(wanted, options)), (std::vector<std::string>{"other change scopes"}));
    wanted.remove(onvif::backup_file);
    EXPECT_EQ(test::error_of([&] { prepare(wanted); }), Errc::failed);
}

TEST_F(Onvif, a_snapshot_of_something_else_cannot_be_restored) {
    EXPECT_EQ(test::error_of([&] { prepare(MemoryFiles()); }), Errc::failed);
}

MemoryFiles stored(const std::string& folder) {
    MemoryFiles files;
    const std::string root = COFFRE_FIXTURES "/onvif/pairs/" + folder + "/";
    for (const char* name : {"device-information.xml", "users.xml", "video-encoders.xml", "recordings.xml",
                             "date-and-time.xml", "scopes.xml", "ntp.xml", "recording-jobs.xml"}) {
        std::ifstream in(root + name, std::ios::binary);
        if (in) files.put(name, Bytes{std::istreambuf_iterator<char>(in), {}});
    }
    return files;
}

TEST(OnvifFiles, pairs_differ_in_what_they_are_named_for) {
    for (const std::string name : {"cameras", "recording", "firmware", "rights", "noise"}) {
        const auto before = stored(name + "/before");
        const auto after = stored(name + "/after");
        EXPECT_FALSE(before.files().empty());
        const auto changes = model::compare(model_of("onvif 1", before), model_of("onvif 1", after));
        EXPECT_EQ(changes.empty(), name == "noise") << name;
        for (const auto& change : changes)
            for (const auto kind : model::significant_kinds(change))
                EXPECT_EQ(model::significant_name(kind), name) << model_path(change.category, change.key);
        for (const auto& file : before.files())
            EXPECT_TRUE(model_of("files 1", before).explained(file.path)) << file.path;
    }
}

}  // namespace
}  // namespace coffre::drivers
