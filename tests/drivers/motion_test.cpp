// motion itself: captured, changed by its own web control, told apart, and restored.

#include <list>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/process.hpp"
#include "base/run_program.hpp"
#include "drivers/equipment/drivers.hpp"
#include "drivers/equipment/memory_files.hpp"
#include "drivers/model/compare.hpp"
#include "tests/drivers/servers.hpp"
#include "tests/support/error_of.hpp"

namespace coffre::drivers {
namespace {

using test::error_of;
using test::message_of;
using test::server_value;
using Lines = std::vector<std::string>;

class Motion : public testing::Test {
protected:
    void SetUp() override {
        if (!test::servers().contains("MOTION_URL")) GTEST_SKIP() << "motion is not installed";
    }

    EquipmentDriver& driver_of(const std::string& server, const std::string& password = "not a secret",
                               DriverSettings more = {}) {
        auto& secrets = secrets_.emplace_back();
        secrets.emplace("password", SecretText(password));
        DriverSettings settings = std::move(more);
        settings.insert({{"url", server_value(server + "_URL")},
                         {"ca-file", server_value(server + "_CA")},
                         {"user", "admin"}});
        auto& context = contexts_.emplace_back(new DriverContext{
            {system_files(), system_clock(), system_random(), process_id()}, "NVR-HALL", settings, secrets});
        return *drivers_.emplace_back(make_driver("motion", *context));
    }

    static MemoryFiles capture_of(EquipmentDriver& driver) {
        MemoryFiles files;
        driver.capture(files);
        for (const auto& problem : files.failed_parts())
            ADD_FAILURE() << problem.path << ": " << text(Lang::en, problem.why.id, problem.why.args);
        return files;
    }

    // By curl, apart from the driver.
    static void call(const std::string& path) {
        Program program;
        program.arguments = {"curl",
                             "-sS",
                             "--noproxy",
                             "*",
                             "--cacert",
                             server_value("MOTION_CA"),
                             "--user",
                             "admin:not a secret",
                             server_value("MOTION_URL") + path};
        std::string answer;
        run_program(program, [&](ByteView piece) { answer += as_text(piece); });
        EXPECT_NE(answer.find("Done"), std::string::npos) << path << ": " << answer;
    }

    static std::vector<model::ItemChange> changes(const FileSource& before, const FileSource& after) {
        return model::compare(model_of("motion 1", before), model_of("motion 1", after));
    }

    static Lines differences(const FileSource& before, const FileSource& after) {
        Lines told;
        for (const auto& change : changes(before, after))
            for (const auto& field : change.fields)
                told.push_back(model_path(change.category, change.key, field.field));
        return told;
    }

    static void restore(EquipmentDriver& driver, const FileSource& wanted) {
        const auto now = capture_of(driver);
        const auto job = driver.prepare_restore(wanted, now, {});
        EXPECT_TRUE(job->plan().gaps.empty());
        std::size_t started = 0;
        job->apply([&](const PlanStep&) { ++started; });
        EXPECT_EQ(started, job->plan().steps.size());
        if (job->plan().reboots) driver.wait_until_ready();
    }

private:
    std::list<SecretTexts> secrets_;
    std::vector<std::unique_ptr<DriverContext>> contexts_;
    std::vector<std::unique_ptr<EquipmentDriver>> drivers_;
};

TEST_F(Motion, says_what_it_is_by_basic_and_by_digest) {
    for (const auto* server : {"MOTION", "MOTION_DIGEST"}) {
        const auto identity = driver_of(server).identify();
        EXPECT_EQ(identity.manufacturer, "Motion");
        EXPECT_TRUE(identity.firmware.starts_with("4.")) << identity.firmware;
    }
}

TEST_F(Motion, is_captured_whole_and_its_secrets_are_known_as_such) {
    const auto files = capture_of(driver_of("MOTION"));
    const auto model = model_of("motion 1", files);
    for (const auto& file : files.files()) EXPECT_TRUE(model.explained(file.path)) << file.path;
    ASSERT_NE(model.find(Category::cameras, "101"), nullptr);
    const auto& camera = *model.find(Category::cameras, "101");
    EXPECT_EQ(camera.label, "QUAI-NORD");
    EXPECT_EQ(camera.value("address"), "rtsp://127.0.0.1:1/quai");
    EXPECT_EQ(camera.value("resolution"), "640x480");
    EXPECT_EQ(camera.value("user"), "viewer");
    EXPECT_EQ(camera.value("password"), "placard");
    EXPECT_TRUE(camera.fields.at("password").secret);
    EXPECT_EQ(model.find(Category::recording, "102")->value("enabled"), "off");
    EXPECT_EQ(model.find(Category::users, "webcontrol")->value("name"), "admin");
    EXPECT_TRUE(model.find(Category::users, "webcontrol")->fields.at("password").secret);
    EXPECT_EQ(differences(files, capture_of(driver_of("MOTION"))), Lines{});
}

TEST_F(Motion, what_was_changed_is_named_and_taken_back) {
    auto& driver = driver_of("MOTION");
    const auto before = capture_of(driver);
    call("/101/config/set?camera_name=QUAI%20SUD");
    call("/101/config/set?netcam_url=rtsp%3A%2F%2Fu%3Ap%40127.0.0.1%3A1%2Fautre");
    call("/102/config/set?movie_output=on");
    call("/102/config/set?on_event_start=echo%20%22%25v%20%26%20%3D%22");
    call("/102/config/set?netcam_userpass=x%3Ay");
    call("/0/config/set?log_level=4");
    call("/0/config/set?stream_quality=70");
    const auto after = capture_of(driver);
    EXPECT_EQ(differences(before, after),
              (Lines{"cameras/101/address", "cameras/101/name", "cameras/101/netcam_url_password",
                     "cameras/101/netcam_url_user", "cameras/102/password", "cameras/102/user",
                     "recording/102/enabled", "network/default/stream_quality", "events/102/on_event_start",
                     "other/default/log_level"}));
    for (const auto& change : changes(before, after))
        for (const auto& field : change.fields)
            EXPECT_EQ(field.secret, field.field.find("password") != std::string::npos) << field.field;

    restore(driver, before);
    EXPECT_EQ(differences(before, capture_of(driver)), Lines{});
    // It stays so: it has read its files again.
    const auto job = driver.prepare_restore(before, capture_of(driver), {});
    EXPECT_TRUE(job->plan().steps.empty());
}

TEST_F(Motion, comes_back_into_one_that_was_set_up_anew) {
    auto& driver = driver_of("MOTION");
    const auto original = capture_of(driver);
    for (const auto* path :
         {"/101/config/set?width=1280", "/101/config/set?height=720", "/102/config/set?pre_capture=3",
          "/102/config/set?picture_output=on", "/0/config/set?event_gap=30",
          "/101/config/set?text_left=Quai%20%25t", "/0/config/write"})
        call(path);
    const auto wanted = capture_of(driver);
    restore(driver, original);
    EXPECT_EQ(differences(original, capture_of(driver)), Lines{});
    restore(driver, wanted);
    EXPECT_EQ(differences(wanted, capture_of(driver)), Lines{});
    restore(driver, original);
    EXPECT_EQ(differences(original, capture_of(driver)), Lines{});
}

TEST_F(Motion, what_its_files_alone_can_bring_back_is_told) {
    auto& driver = driver_of("MOTION");
    const auto now = capture_of(driver);
    auto wanted = now;
    const auto put = [&](const std::string& path, const std::string& from, const std::string& to) {
        std::string text(as_text(*now.content(path)));
        const auto at = text.find(from);
        ASSERT_NE(at, std::string::npos) << from;
        text.replace(at, from.size(), to);
        wanted.put(path, Bytes(as_bytes(text).begin(), as_bytes(text).end()));
    };
    put("default.conf", "webcontrol_authentication = admin", "webcontrol_authentication = other");
    auto camera = std::string(as_text(*now.content("camera-101.conf")));
    wanted.put("camera-300.conf", Bytes(as_bytes(camera).begin(), as_bytes(camera).end()));
    wanted.remove("camera-102.conf");
    const auto job = driver.prepare_restore(wanted, now, {});
    EXPECT_TRUE(job->plan().steps.empty());
    EXPECT_FALSE(job->plan().reboots);
    Lines gaps;
    for (const auto& gap : job->plan().gaps)
        gaps.push_back(gap.what + " " + std::string(message_name(gap.why.id)));
    EXPECT_EQ(gaps, (Lines{"webcontrol_authentication gap_own_account", "QUAI-NORD gap_motion_camera",
                           "CAVE gap_motion_camera"}));
    RestoreOptions options;
    options.only = {Category::recording};
    EXPECT_TRUE(driver.prepare_restore(wanted, now, options)->plan().gaps.empty());
    EXPECT_EQ(error_of([&] { driver.prepare_restore(MemoryFiles(), now, {}); }), Errc::failed);
}

TEST_F(Motion, one_that_does_not_tell_all_is_partial) {
    MemoryFiles files;
    driver_of("MOTION_SHY").capture(files);
    ASSERT_EQ(files.failed_parts().size(), 1U);
    EXPECT_EQ(files.failed_parts()[0].why.id, Msg::motion_hides);
    EXPECT_EQ(model_of("motion 1", files).find(Category::cameras, "102")->label, "CAVE");
}

TEST_F(Motion, a_refused_login_and_a_foreign_certificate_end_it) {
    MemoryFiles files;
    auto& stranger = driver_of("MOTION_SHY", "not it");
    EXPECT_EQ(message_of([&] { stranger.capture(files); }), Msg::device_login_refused);
    auto& mistaken = driver_of("MOTION", "not a secret", {{"ca-file", server_value("MOTION_SHY_CA")}});
    EXPECT_EQ(error_of([&] { mistaken.capture(files); }), Errc::refused);
    EXPECT_TRUE(files.files().empty());
}

}  // namespace
}  // namespace coffre::drivers
