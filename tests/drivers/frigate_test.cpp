// The driver "frigate" against its simulator: what all drivers promise, and what is its own.

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "drivers/equipment/memory_files.hpp"
#include "drivers/model/compare.hpp"
#include "tests/drivers/equipment_conformance.hpp"
#include "tests/drivers/own_driver.hpp"

namespace coffre::test {
namespace {

const std::string script = COFFRE_SIMULATORS "/frigate.py";
const std::string mqtt_password = "frigate-Mqtt-7";
const std::string camera_password = "frigate-Camera-9";

Subject frigate_subject() {
    Subject subject;
    subject.driver = "frigate";
    subject.start = [] { return std::make_unique<Simulator>(script); };
    subject.settings = {{"user", "coffre"}};
    subject.secrets = {{"password", "frigate-Pass-12"}};
    subject.markers = {mqtt_password, camera_password};
    subject.is_login = [](const ProxiedRequest& request) { return request.path == "/api/login"; };
    subject.has_serial = false;
    subject.change = [](RunningEquipment& running) {
        EXPECT_EQ(running.tell("rename-camera entree ENTREE-SUD"), "ok");
        EXPECT_EQ(running.tell("record-days quai 14"), "ok");
        EXPECT_EQ(running.tell("role garde admin"), "ok");
    };
    subject.change_network = [](RunningEquipment& running) {
        EXPECT_EQ(running.tell("mqtt-host 192.0.2.6"), "ok");
    };
    return subject;
}

COFFRE_EQUIPMENT_CONFORMANCE(frigate, frigate_subject());

class Frigate : public ::testing::Test {
protected:
    OwnDriver asked() {
        return {"frigate", simulator, {{"user", "coffre"}}, {{"password", "frigate-Pass-12"}}};
    }

    Simulator simulator{script};
};

std::string text_of(const drivers::MemoryFiles& files, const std::string& path) {
    const auto* const content = files.content(path);
    return content == nullptr ? "(none)" : std::string(as_text(*content));
}

TEST_F(Frigate, the_file_is_kept_as_it_is_written) {
    auto driver = asked();
    const auto files = driver.capture();
    EXPECT_TRUE(text_of(files, "config.yml").starts_with("# Hall, first floor\nmqtt:\n"));
    EXPECT_EQ(text_of(files, "version.txt"), "0.17.0-f0d69f7\n");
    const auto model = driver.model(files);
    EXPECT_EQ(model.find(Category::cameras, "entree")->value("input.detect+record.path"),
              "rtsp://192.0.2.21:554/101");
    EXPECT_EQ(model.find(Category::recording, "quai")->value("continuous.days"), "7");
    EXPECT_EQ(model.find(Category::users, "garde")->value("level"), "viewer");
}

TEST_F(Frigate, older_versions_answer_the_file_itself) {
    auto first = asked();
    const auto wanted = text_of(first.capture(), "config.yml");
    ASSERT_EQ(simulator.tell("old"), "ok");
    auto second = asked();
    EXPECT_EQ(text_of(second.capture(), "config.yml"), wanted);
}

TEST_F(Frigate, too_many_logins_of_others_are_not_made_more) {
    ASSERT_EQ(simulator.tell("limit-logins 1"), "ok");
    OwnDriver wrong{"frigate", simulator, {{"user", "coffre"}}, {{"password", "wrong-Secret"}}};
    EXPECT_EQ(wrong.error_of([&] { wrong.capture(); }), Errc::unreachable);
    auto right = asked();
    EXPECT_EQ(right.error_of([&] { right.capture(); }), Errc::unreachable);
    EXPECT_EQ(right.error_of([&] { right.capture(); }), Errc::unreachable);
    EXPECT_NE(simulator.ask("GET", "/__sim/requests").find("\"POST /api/login\": 2"), std::string::npos);
}

TEST_F(Frigate, without_its_login_it_is_asked_without_one) {
    ASSERT_EQ(simulator.tell("no-auth"), "ok");
    auto driver = asked();
    EXPECT_TRUE(driver.capture().complete());
}

TEST_F(Frigate, a_capture_without_its_accounts_is_partial) {
    ASSERT_EQ(simulator.tell("lose-users"), "ok");
    auto driver = asked();
    const auto files = driver.capture();
    ASSERT_EQ(files.failed_parts().size(), 1U);
    EXPECT_EQ(files.failed_parts()[0].path, "users.json");
}

TEST_F(Frigate, a_restore_brings_back_the_bytes_comments_too) {
    auto driver = asked();
    const auto wanted = driver.capture();
    ASSERT_EQ(simulator.tell("comment changed by hand"), "ok");
    const auto job = driver.driver().prepare_restore(wanted, driver.capture(), {});
    ASSERT_EQ(job->plan().steps.size(), 1U);
    job->apply([](const PlanStep&) {});
    driver.driver().wait_until_ready();
    EXPECT_EQ(text_of(driver.capture(), "config.yml"), text_of(wanted, "config.yml"));
}

TEST_F(Frigate, a_part_is_restored_and_the_others_stay) {
    auto driver = asked();
    const auto wanted = driver.capture();
    ASSERT_EQ(simulator.tell("rename-camera entree ENTREE-SUD"), "ok");
    ASSERT_EQ(simulator.tell("record-days quai 14"), "ok");
    RestoreOptions options;
    options.only = {Category::recording};
    const auto job = driver.driver().prepare_restore(wanted, driver.capture(), options);
    job->apply([](const PlanStep&) {});
    driver.driver().wait_until_ready();
    const auto model = driver.model(driver.capture());
    EXPECT_EQ(model.find(Category::recording, "quai")->value("continuous.days"), "7");
    EXPECT_EQ(model.find(Category::cameras, "entree")->value("name"), "ENTREE-SUD");
}

TEST_F(Frigate, a_file_that_it_refuses_is_told_without_its_text) {
    auto driver = asked();
    const auto now = driver.capture();
    auto wanted = now;
    const std::string bad = "# refuse-me\n" + text_of(now, "config.yml");
    wanted.put("config.yml", Bytes(as_bytes(bad).begin(), as_bytes(bad).end()));
    const auto job = driver.driver().prepare_restore(wanted, now, {});
    EXPECT_EQ(driver.error_of([&] { job->apply([](const PlanStep&) {}); }), Errc::unreachable);
    for (const auto& text : driver.said()) {
        EXPECT_EQ(text.find("refuse-me"), std::string::npos) << text;
        EXPECT_EQ(text.find(mqtt_password), std::string::npos) << text;
    }
    EXPECT_EQ(text_of(driver.capture(), "config.yml"), text_of(now, "config.yml"));
}

TEST_F(Frigate, a_connection_that_is_cut_behind_the_file_is_no_failure) {
    auto driver = asked();
    const auto wanted = driver.capture();
    ASSERT_EQ(simulator.tell("record-days quai 14"), "ok");
    ASSERT_EQ(simulator.tell("cut-save"), "ok");
    const auto job = driver.driver().prepare_restore(wanted, driver.capture(), {});
    EXPECT_EQ(driver.error_of([&] { job->apply([](const PlanStep&) {}); }), std::nullopt);
    driver.driver().wait_until_ready();
    EXPECT_EQ(text_of(driver.capture(), "config.yml"), text_of(wanted, "config.yml"));
    EXPECT_NE(simulator.ask("GET", "/__sim/requests").find("\"POST /api/config/save\": 1"),
              std::string::npos);
}

TEST_F(Frigate, a_restart_that_forgets_the_session_is_followed_by_a_new_one) {
    auto driver = asked();
    const auto wanted = driver.capture();
    ASSERT_EQ(simulator.tell("forget-sessions"), "ok");
    ASSERT_EQ(simulator.tell("record-days quai 14"), "ok");
    const auto job = driver.driver().prepare_restore(wanted, driver.capture(), {});
    job->apply([](const PlanStep&) {});
    driver.driver().wait_until_ready();
    EXPECT_EQ(text_of(driver.capture(), "config.yml"), text_of(wanted, "config.yml"));
}

TEST_F(Frigate, accounts_that_are_gone_and_ones_own_are_told_not_made) {
    auto driver = asked();
    const auto wanted = driver.capture();
    ASSERT_EQ(simulator.tell("remove-user garde"), "ok");
    ASSERT_EQ(simulator.tell("add-user nuit viewer"), "ok");
    auto now = driver.capture();
    const std::string demoted =
        R"([{"username":"coffre","role":"viewer"},{"username":"nuit","role":"viewer"},)"
        R"({"username":"admin","role":"admin"}])";
    now.put("users.json", Bytes(as_bytes(demoted).begin(), as_bytes(demoted).end()));
    const auto job = driver.driver().prepare_restore(wanted, now, {});
    EXPECT_TRUE(job->plan().steps.empty());
    std::map<std::string, Msg> gaps;
    for (const auto& gap : job->plan().gaps) gaps[gap.what] = gap.why.id;
    EXPECT_EQ(gaps, (std::map<std::string, Msg>{{"coffre", Msg::gap_own_account},
                                                {"garde", Msg::gap_secret},
                                                {"nuit", Msg::gap_not_by_driver}}));
}

TEST_F(Frigate, a_snapshot_without_its_file_is_no_ground_for_a_restore) {
    auto driver = asked();
    const auto now = driver.capture();
    auto wanted = now;
    wanted.remove("config.yml");
    EXPECT_EQ(driver.error_of([&] { driver.driver().prepare_restore(wanted, now, {}); }), Errc::failed);
}

}  // namespace
}  // namespace coffre::test
