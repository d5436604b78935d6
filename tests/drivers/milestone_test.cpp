// The driver "milestone" against its simulator: what all drivers promise, and what is its own.

#include <algorithm>

#include <gtest/gtest.h>

#include "drivers/model/compare.hpp"
#include "tests/drivers/equipment_conformance.hpp"
#include "tests/drivers/own_driver.hpp"

namespace coffre::test {
namespace {

const std::string script = COFFRE_SIMULATORS "/milestone.py";

std::string guid(int n) {
    const auto number = std::to_string(n);
    return "00000000-0000-4000-8000-" + std::string(12 - number.size(), '0') + number;
}

Subject milestone_subject() {
    Subject subject;
    subject.driver = "milestone";
    subject.start = [] { return std::make_unique<Simulator>(script); };
    subject.settings = {{"user", "coffre"}};
    subject.secrets = {{"password", "milestone-Pass-3"}};
    subject.is_login = [](const ProxiedRequest& request) { return request.path == "/API/IDP/connect/token"; };
    subject.has_serial = false;
    subject.change = [](RunningEquipment& running) {
        EXPECT_EQ(running.tell("rename-camera 1 HALL-SUD"), "ok");
        EXPECT_EQ(running.tell("recording 2 off"), "ok");
        EXPECT_EQ(running.tell("role 2 mobile on"), "ok");
    };
    return subject;
}

COFFRE_EQUIPMENT_CONFORMANCE(milestone, milestone_subject());

class Milestone : public ::testing::Test {
protected:
    OwnDriver asked() {
        return {"milestone", simulator, {{"user", "coffre"}}, {{"password", "milestone-Pass-3"}}};
    }
    void tell(const std::string& line) { ASSERT_EQ(simulator.tell(line), "ok") << line; }

    Simulator simulator{script};
};

std::map<std::string, Msg> gaps_of(const RestorePlan& plan) {
    std::map<std::string, Msg> gaps;
    for (const auto& gap : plan.gaps) gaps[gap.what] = gap.why.id;
    return gaps;
}

TEST_F(Milestone, what_is_asked_lands_in_its_category) {
    auto driver = asked();
    const auto files = driver.capture();
    const auto model = driver.model(files);
    EXPECT_EQ(model.device_field("firmware"), "24.1.11965.1");
    EXPECT_EQ(model.device_field("name"), "SIEGEPARIS");
    EXPECT_EQ(model.find(Category::cameras, guid(11))->value("name"), "HALL");
    EXPECT_EQ(model.find(Category::recording, guid(11))->value("enabled"), "true");
    EXPECT_EQ(model.find(Category::recording, "storage-" + guid(31))->value("retention"), "43200");
    EXPECT_NE(model.find(Category::users, "role-" + guid(52)), nullptr);
    EXPECT_NE(model.find(Category::users, "member-" + guid(51) + "-" + guid(95)), nullptr);
    EXPECT_NE(model.find(Category::recording, "rule-" + guid(81)), nullptr);
    EXPECT_NE(model.find(Category::licences, "licence-" + guid(99)), nullptr);
    for (const auto& file : files.files()) EXPECT_TRUE(model.explained(file.path)) << file.path;
}

TEST_F(Milestone, what_changes_by_itself_is_no_change) {
    auto driver = asked();
    const auto before = driver.model(driver.capture());
    tell("handshake");
    EXPECT_TRUE(model::compare(before, driver.model(driver.capture())).empty());
}

TEST_F(Milestone, long_lists_come_page_by_page) {
    tell("add-cameras 1234");
    auto driver = asked();
    const auto model = driver.model(driver.capture());
    const auto cameras = std::count_if(model.items().begin(), model.items().end(), [](const auto& entry) {
        return entry.first.first == Category::cameras && entry.first.second.starts_with("0000");
    });
    EXPECT_EQ(cameras, 1237);
}

TEST_F(Milestone, a_server_that_knows_no_pages_is_not_asked_for_ever) {
    tell("add-cameras 600");
    tell("no-pages");
    auto driver = asked();
    EXPECT_TRUE(driver.capture().complete());
    EXPECT_NE(simulator.ask("GET", "/__sim/requests").find("\"GET /api/rest/v1/cameras\": 2"),
              std::string::npos);
}

TEST_F(Milestone, what_a_version_does_not_have_is_skipped_and_what_must_be_there_is_missed) {
    tell("lose cameraGroups");
    tell("no-uris");
    auto driver = asked();
    auto files = driver.capture();
    EXPECT_TRUE(files.complete());
    EXPECT_EQ(files.content("cameraGroups.json"), nullptr);
    EXPECT_EQ(driver.driver().identify().firmware, "24.1.11965.1");  // of its site
    tell("lose cameras");
    files = driver.capture();
    ASSERT_EQ(files.failed_parts().size(), 1U);
    EXPECT_EQ(files.failed_parts()[0].path, "cameras.json");
}

TEST_F(Milestone, a_locked_account_is_not_tried_again) {
    tell("lock");
    auto driver = asked();
    EXPECT_EQ(driver.error_of([&] { driver.capture(); }), Errc::unreachable);
    EXPECT_EQ(driver.error_of([&] { driver.capture(); }), Errc::unreachable);
    EXPECT_NE(simulator.ask("GET", "/__sim/requests").find("\"POST /API/IDP/connect/token\": 1"),
              std::string::npos);
    for (const auto& text : driver.said()) EXPECT_EQ(text.find("LockedOut"), std::string::npos);
}

TEST_F(Milestone, a_token_that_ends_in_the_middle_ends_it) {
    auto driver = asked();
    driver.capture();
    tell("expire");
    EXPECT_EQ(driver.error_of([&] { driver.capture(); }), Errc::unreachable);
    EXPECT_NE(simulator.ask("GET", "/__sim/requests").find("\"POST /API/IDP/connect/token\": 1"),
              std::string::npos);
}

TEST_F(Milestone, only_members_that_differ_are_written_and_only_of_the_parts_that_are_wanted) {
    auto driver = asked();
    const auto wanted = driver.capture();
    tell("rename-camera 1 HALL-SUD");
    tell("recording 1 off");
    RestoreOptions options;
    options.only = {Category::recording};
    const auto job = driver.driver().prepare_restore(wanted, driver.capture(), options);
    ASSERT_EQ(job->plan().steps.size(), 1U);
    job->apply([](const PlanStep&) {});
    const auto model = driver.model(driver.capture());
    EXPECT_EQ(model.find(Category::cameras, guid(11))->value("name"), "HALL-SUD");
    EXPECT_EQ(model.find(Category::recording, guid(11))->value("enabled"), "true");
}

TEST_F(Milestone, a_connection_that_is_cut_behind_a_change_is_looked_after_not_repeated) {
    auto driver = asked();
    const auto wanted = driver.capture();
    tell("rename-camera 1 HALL-SUD");
    tell("cut-patch");
    const auto job = driver.driver().prepare_restore(wanted, driver.capture(), {});
    EXPECT_EQ(driver.error_of([&] { job->apply([](const PlanStep&) {}); }), std::nullopt);
    EXPECT_NE(
        simulator.ask("GET", "/__sim/requests").find("PATCH /api/rest/v1/cameras/" + guid(11) + "\": 1"),
        std::string::npos);
}

TEST_F(Milestone, a_rule_that_is_gone_is_made_once) {
    auto driver = asked();
    const auto wanted = driver.capture();
    tell("remove-rule 1");
    const auto job = driver.driver().prepare_restore(wanted, driver.capture(), {});
    ASSERT_EQ(job->plan().steps.size(), 1U);
    EXPECT_EQ(job->plan().steps[0].action, PlanAction::add);
    job->apply([](const PlanStep&) {});
    const auto after = driver.capture();
    const auto again = driver.driver().prepare_restore(wanted, after, {});
    EXPECT_TRUE(again->plan().steps.empty());
    const auto model = driver.model(after);
    EXPECT_TRUE(std::any_of(model.items().begin(), model.items().end(),
                            [](const auto& entry) { return entry.second.label == "Enregistrer la nuit"; }));
}

TEST_F(Milestone, hardware_is_never_written) {
    auto driver = asked();
    const auto wanted = driver.capture();
    tell("rename-hardware 1 NVR-COUR");
    tell("remove-hardware 2");
    tell("add-group Ailleurs");
    const auto job = driver.driver().prepare_restore(wanted, driver.capture(), {});
    EXPECT_TRUE(job->plan().steps.empty());
    const auto gaps = gaps_of(job->plan());
    EXPECT_EQ(gaps.at("NVR-HALL"), Msg::gap_not_by_driver);
    EXPECT_EQ(gaps.at("NVR-QUAI"), Msg::gap_secret);
    EXPECT_EQ(gaps.at("QUAI"), Msg::gap_not_by_driver);
    EXPECT_EQ(gaps.at("Ailleurs"), Msg::gap_not_by_driver);
}

TEST_F(Milestone, the_role_of_ones_own_account_is_not_touched) {
    auto driver = asked();
    const auto wanted = driver.capture();
    tell("role 1 mobile off");
    tell("role 2 mobile on");
    auto now = driver.capture();
    auto job = driver.driver().prepare_restore(wanted, now, {});
    ASSERT_EQ(job->plan().steps.size(), 1U);
    EXPECT_EQ(job->plan().steps[0].what, "Gardes");
    EXPECT_EQ(gaps_of(job->plan()).at("Administrateurs"), Msg::gap_own_account);
    // Who belongs to a role is not known: then none is.
    now.remove("role-users.json");
    job = driver.driver().prepare_restore(wanted, now, {});
    EXPECT_TRUE(job->plan().steps.empty());
}

TEST_F(Milestone, a_snapshot_that_lacks_a_list_is_no_ground_for_a_restore) {
    auto driver = asked();
    const auto now = driver.capture();
    auto wanted = now;
    wanted.remove("rules.json");
    EXPECT_EQ(driver.error_of([&] { driver.driver().prepare_restore(wanted, now, {}); }), Errc::failed);
}

}  // namespace
}  // namespace coffre::test
