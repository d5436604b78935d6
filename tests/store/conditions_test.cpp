// What is not as the procedure wants it, and since when: each kind of condition, by hand.

#include "store/rules/conditions.hpp"

#include <set>

#include <gtest/gtest.h>

#include "store/rules/due.hpp"
#include "tests/support/procedure_state.hpp"

namespace coffre::rules {
namespace {

using test::day_ns;
using test::hour_ns;
using test::later;
using test::minute_ns;
using test::utc;

const Timestamp began = utc("2026-01-05T08:00:00Z");  // a Monday, 09:00 in Paris
constexpr std::int64_t complete_ns = (7 * 24 + 6) * hour_ns;

class Conditions : public ::testing::Test {
protected:
    Conditions() : site(began), state(site.state) { site.put_equipment("NVR-HALL", began); }

    [[nodiscard]] std::vector<Condition> of(const std::string& kind, Timestamp now) const {
        auto all = conditions(state, now);
        std::erase_if(all, [&](const Condition& condition) { return condition.kind->name != kind; });
        return all;
    }
    // The only one of that kind; its `since`.
    [[nodiscard]] std::optional<Timestamp> since(const std::string& kind, Timestamp now) const {
        const auto found = of(kind, now);
        EXPECT_LE(found.size(), 1U) << kind;
        return found.empty() ? std::nullopt : std::optional(found.front().since);
    }
    // Not there a nanosecond before, there from then on, and the same a month later.
    void expect_from(const std::string& kind, Timestamp instant) const {
        EXPECT_EQ(since(kind, {instant.ns - 1}), std::nullopt) << kind;
        EXPECT_EQ(since(kind, instant), instant) << kind;
        EXPECT_EQ(since(kind, later(instant, 20 * day_ns)), instant) << kind;
    }
    [[nodiscard]] std::set<std::string> kinds(Timestamp now) const {
        std::set<std::string> names;
        for (const auto& condition : conditions(state, now)) names.insert(condition.kind->name);
        return names;
    }

    test::ProcedureState site;
    journal::State& state;
};

TEST_F(Conditions, proc_1_1_backup_missing_seven_days_and_six_hours_after_the_last_complete_one) {
    const auto commit = site.capture("NVR-HALL", utc("2026-01-10T02:00:00Z")).commit;
    const auto due = later(utc("2026-01-10T02:00:00Z"), complete_ns);
    expect_from("backup_missing", due);
    const auto found = of("backup_missing", due);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].key, "backup_missing/NVR-HALL");
    EXPECT_EQ(found[0].equipment, "NVR-HALL");
    EXPECT_STREQ(found[0].kind->severity, "critical");
    EXPECT_EQ(found[0].snapshots, std::vector{commit});
    site.capture("NVR-HALL", due);
    EXPECT_EQ(since("backup_missing", due), std::nullopt);
}

TEST_F(Conditions, proc_1_1_any_kind_of_complete_snapshot_satisfies_the_week) {
    for (const auto* kind : {"HEBDO", "PRE", "POST"}) {
        const auto at = later(state.last_time, 7 * day_ns);
        site.capture("NVR-HALL", at, {kind});
        EXPECT_EQ(since("backup_missing", later(at, complete_ns - 1)), std::nullopt) << kind;
    }
}

TEST_F(Conditions, proc_1_1_a_partial_one_does_not_satisfy_the_week_and_is_told_from_the_first_in_a_row) {
    site.capture("NVR-HALL", later(began, hour_ns));
    const auto first = later(began, 2 * day_ns);
    site.capture("NVR-HALL", first, {"HEBDO"}, false);
    const auto newest = site.capture("NVR-HALL", later(began, 3 * day_ns), {"HEBDO"}, false).commit;
    EXPECT_EQ(since("backup_missing", later(began, hour_ns + complete_ns)),
              later(began, hour_ns + complete_ns));
    EXPECT_EQ(since("backup_partial", later(began, 4 * day_ns)), first);
    EXPECT_EQ(of("backup_partial", later(began, 4 * day_ns)).front().snapshots, std::vector{newest});
    site.capture("NVR-HALL", later(began, 5 * day_ns));
    EXPECT_EQ(since("backup_partial", later(began, 5 * day_ns)), std::nullopt);
}

TEST_F(Conditions, proc_1_1_one_that_somebody_dated_does_not_satisfy_the_week) {
    site.capture("NVR-HALL", later(began, hour_ns));
    site.capture("NVR-HALL", later(began, 6 * day_ns)).dated_by_operator = true;
    EXPECT_EQ(since("backup_missing", later(began, 8 * day_ns)), later(began, hour_ns + complete_ns));
}

TEST_F(Conditions, proc_1_1_one_that_is_yet_to_come_by_this_clock_does_not_count) {
    site.capture("NVR-HALL", later(began, hour_ns));
    site.capture("NVR-HALL", later(began, 300 * day_ns));
    EXPECT_EQ(since("backup_missing", later(began, 8 * day_ns)), later(began, hour_ns + complete_ns));
}

TEST_F(Conditions, proc_1_1_the_week_is_as_long_as_the_policy_says) {
    state.policies.back().limits["complete_hours"] = 48;
    site.capture("NVR-HALL", later(began, hour_ns));
    expect_from("backup_missing", later(began, 49 * hour_ns));
}

TEST_F(Conditions, proc_p3_an_equipment_under_contract_without_a_snapshot_is_told) {
    expect_from("backup_missing", later(began, complete_ns));
    EXPECT_TRUE(of("backup_missing", later(began, complete_ns)).front().snapshots.empty());
}

TEST_F(Conditions, proc_p3_counts_from_the_contract_s_first_day) {
    site.change_site(later(began, hour_ns), [](auto& record) { record.contract_from = "2026-02-01"; });
    EXPECT_EQ(kinds(utc("2026-01-31T22:59:59Z")), std::set<std::string>{});
    expect_from("backup_missing", later(utc("2026-01-31T23:00:00Z"), complete_ns));
}

TEST_F(Conditions, proc_p3_of_what_is_not_under_contract_nothing_is_told) {
    site.put_equipment("NVR-HALL", later(began, hour_ns), {{"address", "192.0.2.1"}, {"contract", "no"}});
    EXPECT_EQ(since("backup_missing", later(began, 30 * day_ns)), std::nullopt);
    site.put_equipment("NVR-HALL", later(began, 40 * day_ns));
    expect_from("backup_missing", later(began, 40 * day_ns + complete_ns));
    site.put_equipment("NVR-HALL", later(began, 50 * day_ns), {{"address", "192.0.2.1"}}, true);
    EXPECT_EQ(since("backup_missing", later(began, 90 * day_ns)), std::nullopt);
}

TEST_F(Conditions, another_address_of_an_equipment_does_not_set_its_clock_anew) {
    site.put_equipment("NVR-HALL", later(began, 5 * day_ns), {{"address", "192.0.2.2"}});
    expect_from("backup_missing", later(began, complete_ns));
}

TEST_F(Conditions, proc_p3_after_the_contract_only_what_is_kept_is_told_of) {
    site.change_site(later(began, hour_ns), [](auto& record) { record.contract_until = "2026-01-31"; });
    EXPECT_TRUE(kinds(utc("2026-01-31T22:59:59Z")).contains("backup_missing"));
    EXPECT_EQ(kinds(utc("2026-01-31T23:00:00Z")), std::set<std::string>{});
    const auto at = utc("2026-03-01T00:00:00Z");
    site.observe(at, observed::verify_data, "", false, "damaged");
    site.observe(at, observed::encryption, "", false, "no_aes");
    site.observe(at, observed::rollback, "cloud", false, "older");
    site.observe(at, observed::clock, "", false, "behind");
    site.observe(at, observed::hook, "mail", false, "time");
    EXPECT_EQ(kinds(at), (std::set<std::string>{"clock", "encryption_error", "integrity", "rollback"}));
}

TEST_F(Conditions, proc_p3_a_contract_that_was_renewed_late_counts_from_then) {
    site.capture("NVR-HALL", later(began, hour_ns));
    site.change_site(later(began, 2 * hour_ns), [](auto& record) { record.contract_until = "2026-01-08"; });
    const auto renewed = utc("2026-02-10T10:00:00Z");
    site.change_site(renewed, [](auto& record) { record.contract_until = "2027-01-31"; });
    expect_from("backup_missing", later(renewed, complete_ns));
    site.change_site(later(renewed, hour_ns), [](auto& record) { record.place = "here"; });
    expect_from("backup_missing", later(renewed, complete_ns));
}

TEST_F(Conditions, proc_1_1_hebdo_missing_at_the_end_of_a_whole_week_without) {
    site.capture("NVR-HALL", utc("2026-01-10T02:00:00Z"));           // Saturday
    site.capture("NVR-HALL", utc("2026-01-14T02:00:00Z"), {"PRE"});  // no HEBDO
    expect_from("hebdo_missing", utc("2026-01-18T23:00:00Z"));
    EXPECT_EQ(of("hebdo_missing", utc("2026-01-19T00:00:00Z")).front().key, "hebdo_missing/NVR-HALL");
    site.capture("NVR-HALL", utc("2026-01-19T02:00:00Z"), {"HEBDO"}, false);
    EXPECT_TRUE(since("hebdo_missing", utc("2026-01-19T02:00:00Z")));
    site.capture("NVR-HALL", utc("2026-01-19T03:00:00Z"), {"HEBDO", "MENSUEL"});
    EXPECT_EQ(since("hebdo_missing", utc("2026-01-19T03:00:00Z")), std::nullopt);
}

TEST_F(Conditions, proc_1_1_hebdo_is_owed_from_the_first_whole_week) {
    expect_from("hebdo_missing", utc("2026-01-18T23:00:00Z"));
    site.put_equipment("CAM-2", utc("2026-03-01T23:00:00Z"));  // midnight of a Monday, in Paris
    for (const auto& found : of("hebdo_missing", utc("2026-03-08T23:00:00Z")))
        if (found.equipment == "CAM-2") {
            EXPECT_EQ(found.since, utc("2026-03-08T23:00:00Z"));
        }
    EXPECT_EQ(of("hebdo_missing", utc("2026-03-08T23:00:00Z")).size(), 2U);
    EXPECT_EQ(of("hebdo_missing", utc("2026-03-08T22:59:59Z")).size(), 1U);
}

TEST_F(Conditions, proc_4_2_monthly_missing_after_the_eighth_of_the_month) {
    site.capture("NVR-HALL", utc("2026-01-10T02:00:00Z"), {"HEBDO", "MENSUEL"});
    site.capture("NVR-HALL", utc("2026-02-07T02:00:00Z"), {"HEBDO", "MENSUEL"}, false);
    expect_from("monthly_missing", utc("2026-02-08T23:00:00Z"));
    EXPECT_EQ(of("monthly_missing", utc("2026-02-09T00:00:00Z")).front().details.at("month"), "2026-02");
    site.capture("NVR-HALL", utc("2026-02-10T02:00:00Z"), {"HEBDO", "MENSUEL"});
    EXPECT_EQ(since("monthly_missing", utc("2026-02-10T02:00:00Z")), std::nullopt);
    expect_from("monthly_missing", utc("2026-03-08T23:00:00Z"));
}

TEST_F(Conditions, proc_4_2_the_month_in_which_an_equipment_came_owes_none) {
    expect_from("monthly_missing", utc("2026-02-08T23:00:00Z"));
}

TEST_F(Conditions, proc_1_2_by_hand_without_a_signed_dispensation_is_told_since_it_is_so) {
    site.put_equipment("CAM-2", began, {});
    EXPECT_EQ(since("manual_undispensed", began), began);
    site.add_person("dupont", began);
    site.dispense("d1", "manual", "CAM-2", later(began, hour_ns), later(began, 90 * day_ns), "");
    EXPECT_EQ(since("manual_undispensed", later(began, 2 * hour_ns)), began) << "signed by nobody";
    site.dispense("d2", "manual", "CAM-2", later(began, 2 * hour_ns), later(began, 90 * day_ns), "dupont");
    EXPECT_EQ(since("manual_undispensed", later(began, 2 * hour_ns)), std::nullopt);
    expect_from("manual_undispensed", later(began, 90 * day_ns));
    EXPECT_EQ(since("dispensation_expired", later(began, 90 * day_ns)), later(began, 90 * day_ns));
}

TEST_F(Conditions, proc_1_2_that_is_captured_by_hand_from_then_on_is_told_from_then_on) {
    site.put_equipment("NVR-HALL", later(began, 3 * day_ns), {{"address", "192.0.2.1"}, {"mode", "manual"}});
    expect_from("manual_undispensed", later(began, 3 * day_ns));
}

TEST_F(Conditions, proc_1_2_a_dispensation_promises_its_own_interval_and_no_week_nor_month) {
    site.add_person("dupont", began);
    site.put_equipment("NVR-HALL", began, {{"mode", "manual"}});
    site.dispense("d1", "manual", "NVR-HALL", began, later(began, 300 * day_ns), "dupont", 90);
    site.capture("NVR-HALL", later(began, day_ns));
    expect_from("backup_missing", later(began, 91 * day_ns));
    EXPECT_EQ(since("hebdo_missing", later(began, 91 * day_ns)), std::nullopt);
    EXPECT_EQ(since("monthly_missing", later(began, 91 * day_ns)), std::nullopt);
}

TEST_F(Conditions, proc_1_2_a_dispensation_without_an_interval_leaves_the_week) {
    site.add_person("dupont", began);
    site.put_equipment("NVR-HALL", began, {{"mode", "manual"}});
    site.dispense("d1", "manual", "NVR-HALL", began, later(began, 300 * day_ns), "dupont");
    expect_from("backup_missing", later(began, complete_ns));
}

TEST_F(Conditions, proc_1_2_when_a_dispensation_ends_the_week_holds_again_from_that_instant) {
    site.add_person("dupont", began);
    site.put_equipment("NVR-HALL", began, {{"mode", "manual"}});
    site.dispense("d1", "manual", "NVR-HALL", began, later(began, 30 * day_ns), "dupont", 90);
    expect_from("backup_missing", later(began, 30 * day_ns));
    site.say(later(began, 20 * day_ns), journal::dispensation_ended_record("d1", "captured by itself now"));
    EXPECT_EQ(since("backup_missing", later(began, 30 * day_ns)), later(began, 20 * day_ns));
    EXPECT_EQ(since("dispensation_expired", later(began, 31 * day_ns)), std::nullopt) << "taken back";
}

TEST_F(Conditions, proc_1_2_an_intervention_closed_without_its_captures) {
    site.put_equipment("CAM-2", began, {});
    site.put_equipment("CAM-3", began, {});
    site.capture("CAM-2", later(began, hour_ns));
    site.open_intervention("i1", {}, later(began, 2 * hour_ns));
    site.capture("CAM-3", later(began, 3 * hour_ns));
    EXPECT_EQ(since("intervention_incomplete", later(began, 4 * hour_ns)), std::nullopt) << "still open";
    site.say(later(began, 5 * hour_ns), journal::intervention_closed_record("i1", ""));
    site.put_equipment("CAM-4", later(began, 6 * hour_ns), {});  // was not there
    const auto found = of("intervention_incomplete", later(began, 7 * hour_ns));
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].key, "intervention_incomplete/i1/CAM-2");
    EXPECT_EQ(found[0].since, later(began, 5 * hour_ns));
    site.capture("CAM-2", later(began, 8 * hour_ns));
    EXPECT_EQ(since("intervention_incomplete", later(began, 9 * hour_ns)), std::nullopt);
}

TEST_F(Conditions, proc_1_2_an_intervention_on_named_equipments_asks_for_these) {
    site.put_equipment("CAM-2", began, {});
    site.open_intervention("i1", {"NVR-HALL"}, later(began, 2 * hour_ns));
    site.say(later(began, 5 * hour_ns), journal::intervention_closed_record("i1", ""));
    const auto found = of("intervention_incomplete", later(began, 7 * hour_ns));
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].equipment, "NVR-HALL");
}

TEST_F(Conditions, proc_1_3_a_window_that_was_begun_without_its_pre) {
    site.put_equipment("CAM-2", began);
    const auto pre = site.capture("CAM-2", later(began, hour_ns), {"PRE"}).commit;
    site.begin_change("c1", {"CAM-2", "NVR-HALL"}, later(began, hour_ns), {{"CAM-2", pre}}, "out of reach");
    const auto found = of("pre_missing", later(began, 2 * hour_ns));
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].key, "pre_missing/c1/NVR-HALL");
    EXPECT_EQ(found[0].since, later(began, hour_ns));
    EXPECT_EQ(found[0].kind->closing, Closing::by_person);
}

TEST_F(Conditions, proc_1_3_post_missing_after_twelve_hours) {
    const auto pre = site.capture("NVR-HALL", later(began, hour_ns), {"PRE"}).commit;
    site.begin_change("c1", {"NVR-HALL"}, later(began, hour_ns), {{"NVR-HALL", pre}});
    expect_from("post_missing", later(began, 13 * hour_ns));
    const auto found = of("post_missing", later(began, 13 * hour_ns));
    EXPECT_EQ(found[0].key, "post_missing/c1/NVR-HALL");
    EXPECT_EQ(found[0].snapshots, std::vector{pre});
    site.capture("NVR-HALL", later(began, 14 * hour_ns), {"HEBDO"});
    EXPECT_TRUE(since("post_missing", later(began, 14 * hour_ns)));
    site.capture("NVR-HALL", later(began, 15 * hour_ns), {"POST"});
    EXPECT_EQ(since("post_missing", later(began, 15 * hour_ns)), std::nullopt) << "one by itself is one";
}

TEST_F(Conditions, proc_1_3_a_pre_by_itself_owes_its_post_too) {
    const auto pre = site.capture("NVR-HALL", later(began, hour_ns), {"PRE"}).commit;
    expect_from("post_missing", later(began, 13 * hour_ns));
    EXPECT_EQ(of("post_missing", later(began, 13 * hour_ns))[0].key,
              "post_missing/" + pre.hex() + "/NVR-HALL");
}

TEST_F(Conditions, proc_1_3_an_undeclared_change_holds_both_snapshots_and_no_value) {
    auto& first = site.capture("NVR-HALL", later(began, hour_ns));
    first.fingerprints = {{"version", "1"}, {"users", "aaaa"}, {"cameras", "bbbb"}};
    const auto before = first.commit;
    auto& second = site.capture("NVR-HALL", later(began, day_ns));
    second.fingerprints = {{"version", "1"}, {"users", "cccc"}, {"cameras", "dddd"}};
    const auto after = second.commit;
    const auto found = of("undeclared_change", later(began, 2 * day_ns));
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].key, "undeclared_change/NVR-HALL/" + after.hex());
    EXPECT_EQ(found[0].since, later(began, day_ns));
    EXPECT_EQ(found[0].snapshots, (std::vector{before, after}));
    EXPECT_EQ(found[0].details, (std::map<std::string, std::string>{{"categories", "cameras,rights"}}));
    EXPECT_EQ(found[0].kind->closing, Closing::by_person);
}

TEST_F(Conditions, proc_2_3_a_cloud_copy_is_missing_after_an_hour_and_a_physical_one_after_seven_days) {
    site.put_remote("cloud", "cloud", began);
    site.put_remote("disk", "physical", began);
    const auto first = site.capture("NVR-HALL", later(began, hour_ns)).commit;
    site.capture("NVR-HALL", later(began, 2 * hour_ns));
    const auto cloud = of("copy_missing", later(began, 2 * hour_ns));
    ASSERT_EQ(cloud.size(), 1U);
    EXPECT_EQ(cloud[0].key, "copy_missing/cloud");
    EXPECT_EQ(cloud[0].since, later(began, 2 * hour_ns));
    EXPECT_EQ(cloud[0].snapshots, std::vector{first});
    EXPECT_EQ(cloud[0].remote, "cloud");
    site.verify_copies("cloud", later(began, 3 * hour_ns));
    expect_from("copy_missing", later(began, hour_ns + 7 * day_ns));
    EXPECT_EQ(of("copy_missing", later(began, 8 * day_ns))[0].key, "copy_missing/physical");
    site.verify_copies("disk", later(began, 8 * day_ns));
    EXPECT_EQ(since("copy_missing", later(began, 8 * day_ns)), std::nullopt);
}

TEST_F(Conditions, proc_2_3_what_was_sent_and_not_read_back_is_missing) {
    site.put_remote("cloud", "cloud", began);
    site.capture("NVR-HALL", later(began, hour_ns));
    state.copies["cloud"].sent = state.heads();
    EXPECT_EQ(since("copy_missing", later(began, 2 * hour_ns)), later(began, 2 * hour_ns));
}

TEST_F(Conditions, proc_2_3_one_remote_of_a_role_suffices) {
    site.put_remote("cloud-a", "cloud", began);
    site.put_remote("cloud-b", "cloud", began);
    site.capture("NVR-HALL", later(began, hour_ns));
    site.verify_copies("cloud-b", later(began, hour_ns));
    EXPECT_EQ(since("copy_missing", later(began, 3 * hour_ns)), std::nullopt);
}

TEST_F(Conditions, proc_2_3_a_site_without_such_a_place_is_told_that_delay_after_it_began) {
    site.put_remote("disk", "physical", began);
    expect_from("copy_missing", later(began, hour_ns));
    site.put_remote("cloud", "cloud", later(began, 2 * hour_ns));
    EXPECT_EQ(since("copy_missing", later(began, 2 * hour_ns)), std::nullopt) << "nothing to hold yet";
}

TEST_F(Conditions, proc_2_3_a_place_that_was_lost_is_told_that_delay_later) {
    site.put_remote("cloud", "cloud", began);
    site.put_remote("disk", "physical", began);
    site.capture("NVR-HALL", later(began, hour_ns));
    site.verify_copies("cloud", later(began, hour_ns));
    site.verify_copies("disk", later(began, hour_ns));
    site.remove_remote("disk", later(began, 20 * day_ns));
    expect_from("copy_missing", later(began, 27 * day_ns));
    site.put_remote("disk-b", "physical", later(began, 22 * day_ns));
    expect_from("copy_missing", later(began, 27 * day_ns));
}

TEST_F(Conditions, proc_2_3_a_dispensation_excuses_the_cloud_until_it_ends) {
    site.add_person("dupont", began);
    site.put_remote("disk", "physical", began);
    site.dispense("d1", "copy", "", began, later(began, 30 * day_ns), "dupont");
    expect_from("copy_missing", later(began, 30 * day_ns));
    EXPECT_EQ(since("dispensation_expired", later(began, 30 * day_ns)), later(began, 30 * day_ns));
}

TEST_F(Conditions, proc_2_3_a_medium_that_is_not_encrypted_needs_a_dispensation) {
    site.add_person("dupont", began);
    site.put_remote("disk", "physical", began);
    site.observe(later(began, hour_ns), observed::medium, "disk", false, "plain");
    expect_from("medium_unencrypted", later(began, hour_ns));
    EXPECT_EQ(of("medium_unencrypted", later(began, day_ns))[0].remote, "disk");
    site.dispense("d1", "medium", "disk", later(began, 2 * hour_ns), later(began, 30 * day_ns), "dupont");
    expect_from("medium_unencrypted", later(began, 30 * day_ns));
    EXPECT_EQ(since("dispensation_expired", later(began, 30 * day_ns)), later(began, 30 * day_ns));
    site.observe(later(began, 31 * day_ns), observed::medium, "disk", true, "luks");
    EXPECT_EQ(since("medium_unencrypted", later(began, 31 * day_ns)), std::nullopt);
    EXPECT_EQ(since("dispensation_expired", later(began, 31 * day_ns)), std::nullopt);
    site.observe(later(began, 32 * day_ns), observed::medium, "disk", false, "plain");
    site.remove_remote("disk", later(began, 32 * day_ns));
    EXPECT_EQ(since("medium_unencrypted", later(began, 33 * day_ns)), std::nullopt);
}

TEST_F(Conditions, proc_2_4_places_closer_than_fifty_kilometres) {
    const auto at = later(began, day_ns);
    site.put_remote("cloud", "cloud", began, "48.8566,2.3522");  // Paris
    site.put_remote("disk", "physical", at, "48.8014,2.1301");   // Versailles
    expect_from("redundancy_weak", at);
    EXPECT_EQ(of("redundancy_weak", at)[0].details.at("km"), "17");
    site.put_remote("cloud", "cloud", later(at, hour_ns), "50.6292,3.0573");  // Lille
    EXPECT_EQ(since("redundancy_weak", later(at, hour_ns)), std::nullopt);
}

TEST_F(Conditions, proc_2_4_of_a_place_in_words_nothing_is_said) {
    site.put_remote("cloud", "cloud", began, "48.8566,2.3522");
    for (const auto* place : {"", "the safe", "48.8", "48.8,x", "48.8,2.1 or so", "91,0", "0,181"}) {
        site.put_remote("disk", "physical", began, place);
        EXPECT_EQ(since("redundancy_weak", began), std::nullopt) << place;
    }
    site.put_remote("disk", "physical", began, "the safe").settings["place"] = "48.8014,2.1301";
    EXPECT_TRUE(since("redundancy_weak", began)) << "the setting";
    state.remotes.at("disk").settings.clear();
    state.site.place = "48.8014,2.1301";
    EXPECT_TRUE(since("redundancy_weak", began)) << "the premises";
}

TEST_F(Conditions, proc_2_4_a_dispensation_excuses_the_distance_until_it_ends) {
    site.add_person("dupont", began);
    site.put_remote("cloud", "cloud", began, "48.8566,2.3522");
    site.put_remote("disk", "physical", began, "48.8014,2.1301");
    site.dispense("d1", "distance", "", began, later(began, 30 * day_ns), "dupont");
    expect_from("redundancy_weak", later(began, 30 * day_ns));
    EXPECT_TRUE(since("dispensation_expired", later(began, 30 * day_ns)));
}

TEST_F(Conditions, proc_2_1_an_encryption_error_is_told_since_it_was_first_seen) {
    site.observe(later(began, hour_ns), observed::encryption, "", true);
    site.observe(later(began, 2 * hour_ns), observed::encryption, "", false, "no_aes");
    site.observe(later(began, 3 * hour_ns), observed::encryption, "", false, "no_aes");
    expect_from("encryption_error", later(began, 2 * hour_ns));
    EXPECT_EQ(of("encryption_error", later(began, 3 * hour_ns))[0].details.at("code"), "no_aes");
    site.observe(later(began, 4 * hour_ns), observed::encryption, "", true);
    EXPECT_EQ(since("encryption_error", later(began, 4 * hour_ns)), std::nullopt);
}

TEST_F(Conditions, proc_2_2_a_source_left_in_clear_is_told_until_it_is_gone) {
    site.observe(later(began, hour_ns), observed::clear_text, "NVR-HALL", false, "left");
    expect_from("clear_text", later(began, hour_ns));
    EXPECT_EQ(of("clear_text", later(began, hour_ns))[0].equipment, "NVR-HALL");
    EXPECT_STREQ(of("clear_text", later(began, hour_ns))[0].kind->severity, "critical");
    site.observe(later(began, 2 * hour_ns), observed::clear_text, "NVR-HALL", true);
    EXPECT_EQ(since("clear_text", later(began, 2 * hour_ns)), std::nullopt);
}

TEST_F(Conditions, of_integrity_are_those_of_this_copy_and_of_each_remote) {
    site.put_remote("disk", "physical", began);
    site.observe(later(began, hour_ns), observed::verify, "", false, "damaged", {{"files", 3}});
    site.observe(later(began, hour_ns), observed::verify_data, "", false, "damaged");
    site.observe(later(began, hour_ns), observed::verify_remote, "disk", false, "damaged");
    std::set<std::string> keys;
    for (const auto& found : of("integrity", later(began, hour_ns))) keys.insert(found.key);
    EXPECT_EQ(keys, (std::set<std::string>{"integrity/verify", "integrity/verify-data",
                                           "integrity/verify-remote/disk"}));
    for (const auto* code : {"unreachable", "not-plugged-in"}) {
        site.observe(later(began, 2 * hour_ns), observed::verify_remote, "disk", false, code);
        EXPECT_EQ(of("integrity", later(began, 2 * hour_ns)).size(), 3U) << "damaged until read again";
    }
    site.observe(later(began, 3 * hour_ns), observed::verify_remote, "disk", true);
    EXPECT_EQ(of("integrity", later(began, 3 * hour_ns)).size(), 2U);
    for (const auto* code : {"unreachable", "not-plugged-in"}) {
        site.observe(later(began, 4 * hour_ns), observed::verify_remote, "disk", false, code);
        EXPECT_EQ(of("integrity", later(began, 4 * hour_ns)).size(), 2U) << code;
    }
}

TEST_F(Conditions, what_a_machine_sees_of_its_own_copy_says_nothing_of_another_s) {
    site.observe(later(began, hour_ns), observed::verify, "", false, "damaged");
    ActorId other;
    other.bytes[0] = 2;
    state.actors[other] = {other, "laptop", {"capture"}};
    journal::Observation seen;
    seen.what = observed::verify;
    seen.own = true;
    journal::apply_procedure(state.procedure, journal::observed_record(seen), later(began, 2 * hour_ns),
                             other, state.repository);
    const auto found = of("integrity", later(began, 3 * hour_ns));
    ASSERT_EQ(found.size(), 1U) << "the other's copy is whole";
    EXPECT_EQ(found[0].details.at("machine"), "collector");
    seen.ok = false;
    seen.code = "damaged";
    journal::apply_procedure(state.procedure, journal::observed_record(seen), later(began, 4 * hour_ns),
                             other, state.repository);
    ASSERT_EQ(of("integrity", later(began, 5 * hour_ns)).size(), 1U) << "one anomaly of both";
    EXPECT_EQ(of("integrity", later(began, 5 * hour_ns))[0].since, later(began, hour_ns));
    site.observe(later(began, 6 * hour_ns), observed::verify, "", true);
    EXPECT_EQ(of("integrity", later(began, 6 * hour_ns)).size(), 1U);
    state.removals[other] = {};
    EXPECT_EQ(of("integrity", later(began, 6 * hour_ns)).size(), 0U) << "it was put out";
}

TEST_F(Conditions, a_changed_certificate_and_a_rollback_are_new_ones_each_time) {
    for (const auto& [what, kind] : {std::pair{observed::certificate, "certificate_changed"},
                                     std::pair{observed::rollback, "rollback"}}) {
        site.observe(later(began, hour_ns), what, "NVR-HALL", false, "other");
        const auto first = of(kind, later(began, hour_ns));
        site.observe(later(began, 2 * hour_ns), what, "NVR-HALL", true);
        site.observe(later(began, 3 * hour_ns), what, "NVR-HALL", false, "other");
        const auto second = of(kind, later(began, 3 * hour_ns));
        ASSERT_EQ(first.size(), 1U) << kind;
        ASSERT_EQ(second.size(), 1U) << kind;
        EXPECT_NE(first[0].key, second[0].key);
        EXPECT_EQ(second[0].since, later(began, 3 * hour_ns));
        EXPECT_EQ(second[0].kind->closing, Closing::by_person);
    }
}

TEST_F(Conditions, the_clock_and_hooks_are_told_of) {
    site.observe(later(began, hour_ns), observed::clock, "", false, "behind");
    site.observe(later(began, hour_ns), observed::hook, "mail", false, "timeout");
    site.observe(later(began, hour_ns), observed::dashboard, "", false, "no-space");
    expect_from("clock", later(began, hour_ns));
    for (const auto* kind : {"hook_failed", "dashboard_stale"}) {
        EXPECT_EQ(since(kind, later(began, hour_ns)), later(began, hour_ns));
        EXPECT_EQ(since(kind, later(began, 72 * hour_ns)), later(began, hour_ns));
        EXPECT_EQ(since(kind, later(began, 73 * hour_ns)), std::nullopt) << "nobody tries it any more";
    }
    EXPECT_EQ(of("hook_failed", later(began, hour_ns))[0].key, "hook_failed/mail");
}

TEST_F(Conditions, what_a_clock_that_was_ahead_saw_hides_nothing_that_is_seen_since) {
    site.observe(later(began, 40 * day_ns), observed::verify, "", false, "damaged");
    EXPECT_EQ(since("integrity", later(began, hour_ns)), std::nullopt) << "that is yet to come";
    site.observe(later(began, 2 * hour_ns), observed::verify, "", false, "damaged");
    EXPECT_EQ(since("integrity", later(began, 2 * hour_ns)), later(began, 2 * hour_ns));
    site.observe(later(began, 3 * hour_ns), observed::verify, "", true);
    EXPECT_EQ(since("integrity", later(began, 50 * day_ns)), std::nullopt);
}

TEST_F(Conditions, proc_3_1_a_restore_test_is_overdue_by_the_contract_s_calendar) {
    site.capture("NVR-HALL", later(began, hour_ns));
    expect_from("drill_overdue", utc("2027-01-05T23:00:00Z"));
    site.change_site(later(began, hour_ns), [](auto& record) { record.contract = "renforce"; });
    expect_from("drill_overdue", utc("2026-04-05T22:00:00Z"));
    site.add_person("dupont", began);
    site.drill("t1", "NVR-HALL", utc("2026-03-01T10:00:00Z"), true, 3, "cloud", "dupont");
    expect_from("drill_overdue", utc("2026-06-01T22:00:00Z"));
}

TEST_F(Conditions, proc_3_1_a_dispensation_excuses_a_restore_test_until_it_ends) {
    site.add_person("dupont", began);
    site.capture("NVR-HALL", later(began, hour_ns));
    const auto end = utc("2027-03-01T00:00:00Z");
    site.dispense("d1", "drill", "", began, end, "dupont");
    site.dispense("d2", "drill", "NVR-HALL", began, end, "dupont");
    expect_from("drill_overdue", end);
    expect_from("equipment_drill_overdue", end);
    EXPECT_EQ(of("dispensation_expired", end).size(), 2U);
}

TEST_F(Conditions, proc_3_1_an_expired_dispensation_of_a_test_that_is_not_overdue_is_not_told) {
    site.add_person("dupont", began);
    site.capture("NVR-HALL", later(began, hour_ns));
    for (const auto* subject : {"", "NVR-HALL"})
        site.dispense(std::string("d") + subject, "drill", subject, began, later(began, 10 * day_ns),
                      "dupont");
    EXPECT_TRUE(of("dispensation_expired", later(began, 11 * day_ns)).empty());
}

TEST_F(Conditions, proc_3_1_each_equipment_is_owed_a_restore_test_a_year) {
    site.put_equipment("CAM-2", began);
    site.capture("NVR-HALL", later(began, hour_ns));
    site.capture("CAM-2", later(began, hour_ns));
    site.add_person("dupont", began);
    site.drill("t1", "NVR-HALL", utc("2026-06-01T10:00:00Z"), true, 3, "cloud", "dupont");
    const auto found = of("equipment_drill_overdue", utc("2027-01-06T00:00:00Z"));
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].key, "equipment_drill_overdue/CAM-2");
    EXPECT_EQ(found[0].since, utc("2027-01-05T23:00:00Z"));
}

TEST_F(Conditions, proc_3_4_a_failed_restore_test_is_critical_from_its_end) {
    site.capture("NVR-HALL", later(began, hour_ns));
    site.drill("t1", "NVR-HALL", later(began, day_ns), false);
    expect_from("drill_failed", later(began, day_ns));
    const auto found = of("drill_failed", later(began, day_ns));
    EXPECT_EQ(found[0].key, "drill_failed/t1");
    EXPECT_STREQ(found[0].kind->severity, "critical");
    EXPECT_EQ(found[0].kind->closing, Closing::drill);
}

TEST_F(Conditions, proc_3_1_an_unknown_contract_is_told_since_it_is_so) {
    site.change_site(later(began, day_ns), [](auto& record) { record.contract = "unknown"; });
    site.change_site(later(began, 2 * day_ns), [](auto& record) { record.place = "here"; });
    expect_from("contract_unknown", later(began, day_ns));
    site.change_site(later(began, 30 * day_ns), [](auto& record) { record.contract = "standard"; });
    EXPECT_EQ(since("contract_unknown", later(began, 30 * day_ns)), std::nullopt);
}

TEST_F(Conditions, proc_5_1_a_site_without_a_responsible_person) {
    EXPECT_EQ(since("responsible_missing", began), began);
    site.add_person("dupont", later(began, hour_ns));
    site.change_site(later(began, 2 * hour_ns), [](auto& record) { record.responsible = "dupont"; });
    EXPECT_EQ(since("responsible_missing", later(began, 2 * hour_ns)), std::nullopt);
    site.remove_person("dupont", later(began, 5 * day_ns));
    expect_from("responsible_missing", later(began, 5 * day_ns));
}

TEST_F(Conditions, proc_5_1_somebody_who_is_none_of_the_site_s_people_is_no_responsible_person) {
    site.change_site(later(began, 2 * hour_ns), [](auto& record) { record.responsible = "nobody"; });
    site.change_site(later(began, 3 * hour_ns), [](auto& record) { record.place = "here"; });
    EXPECT_EQ(since("responsible_missing", later(began, day_ns)), later(began, 2 * hour_ns));
}

TEST_F(Conditions, proc_5_2_a_review_is_missing_five_days_after_its_month) {
    site.add_person("dupont", began);
    site.change_site(later(began, hour_ns), [](auto& record) { record.responsible = "dupont"; });
    const auto due = utc("2026-02-05T23:00:00Z");
    EXPECT_TRUE(of("review_missing", {due.ns - 1}).empty());
    std::set<std::string> keys;
    for (const auto& found : of("review_missing", due)) {
        keys.insert(found.key);
        EXPECT_EQ(found.since, due);
    }
    EXPECT_EQ(keys,
              (std::set<std::string>{"review_missing/internal/2026-01", "review_missing/site/2026-01"}));
    site.review("r1", "site", "2026-01", due, "dupont");
    site.review("r2", "internal", "2026-01", due, "dupont");
    EXPECT_TRUE(of("review_missing", due).empty());
}

TEST_F(Conditions, proc_1_2_an_expired_dispensation_is_told_while_it_is_needed_and_not_replaced) {
    site.add_person("dupont", began);
    site.put_equipment("NVR-HALL", began, {{"mode", "manual"}});
    site.dispense("d1", "manual", "NVR-HALL", began, later(began, 10 * day_ns), "dupont");
    site.dispense("d2", "manual", "NVR-HALL", later(began, day_ns), later(began, 20 * day_ns), "dupont");
    EXPECT_TRUE(of("dispensation_expired", later(began, 15 * day_ns)).empty()) << "another one holds";
    const auto found = of("dispensation_expired", later(began, 20 * day_ns));
    ASSERT_EQ(found.size(), 1U) << "the last one alone";
    EXPECT_EQ(found[0].key, "dispensation_expired/d2");
    EXPECT_EQ(found[0].since, later(began, 20 * day_ns));
    EXPECT_EQ(found[0].equipment, "NVR-HALL");
    site.put_equipment("NVR-HALL", later(began, 21 * day_ns), {{"address", "192.0.2.1"}});
    EXPECT_TRUE(of("dispensation_expired", later(began, 21 * day_ns)).empty()) << "not by hand any more";
}

TEST_F(Conditions, proc_3_4_a_retest_s_dispensation_is_needed_while_the_failure_is_not_settled) {
    site.add_person("dupont", began);
    site.capture("NVR-HALL", later(began, hour_ns));
    site.drill("t1", "NVR-HALL", later(began, day_ns), false);
    site.capture("NVR-HALL", later(began, 2 * day_ns));
    site.dispense("d1", "retest", "NVR-HALL", later(began, 3 * day_ns), later(began, 9 * day_ns), "dupont");
    EXPECT_TRUE(since("dispensation_expired", later(began, 9 * day_ns)));
    site.drill("t2", "NVR-HALL", later(began, 10 * day_ns), true);
    EXPECT_EQ(since("dispensation_expired", later(began, 10 * day_ns)), std::nullopt);
}

TEST_F(Conditions, proc_5_4_space_is_low_below_a_tenth) {
    site.observe(later(began, hour_ns), observed::space, "", true, "",
                 {{"free", 100'000}, {"total", 1'000'000}, {"used", 900'000}});
    EXPECT_EQ(since("space_low", later(began, hour_ns)), std::nullopt);
    site.observe(later(began, 2 * hour_ns), observed::space, "", true, "",
                 {{"free", 99'999}, {"total", 1'000'000}, {"used", 900'001}});
    expect_from("space_low", later(began, 2 * hour_ns));
    EXPECT_EQ(of("space_low", later(began, 3 * hour_ns))[0].key, "space_low/here");
}

TEST_F(Conditions, proc_5_4_space_is_low_below_twice_the_largest_snapshot) {
    state.policies.back().limits["space_percent"] = 0;
    state.policies.back().limits["space_days"] = 0;
    site.capture("NVR-HALL", later(began, hour_ns)).added_bytes = 3000;
    site.observe(later(began, 2 * hour_ns), observed::space, "", true, "", {{"free", 6000}});
    EXPECT_EQ(since("space_low", later(began, 2 * hour_ns)), std::nullopt);
    site.observe(later(began, 3 * hour_ns), observed::space, "", true, "", {{"free", 5999}});
    EXPECT_EQ(since("space_low", later(began, 3 * hour_ns)), later(began, 3 * hour_ns));
}

TEST_F(Conditions, proc_5_4_space_is_low_below_thirty_days_of_measured_growth_with_a_forecast) {
    state.policies.back().limits["space_percent"] = 0;
    for (int day = 0; day < 40; ++day)
        site.capture("NVR-HALL", later(began, day * day_ns)).added_bytes = 1000;
    const auto at = later(began, 39 * day_ns);  // 1000 a day, but for the first, which is no growth
    site.observe(at, observed::space, "", true, "", {{"free", 30'000}});
    EXPECT_EQ(since("space_low", at), std::nullopt);
    site.observe(at, observed::space, "", true, "", {{"free", 20'000}});
    ASSERT_EQ(since("space_low", at), at);
    EXPECT_EQ(of("space_low", at)[0].details.at("forecast_days"), "20");
    EXPECT_EQ(of("space_low", at)[0].details.at("needed"), "30000");
}

TEST_F(Conditions, proc_5_4_a_full_disk_is_told_since_it_was_full) {
    site.put_remote("disk", "physical", began);
    site.observe(later(began, hour_ns), observed::space, "disk", false, "full");
    site.observe(later(began, 2 * hour_ns), observed::space, "disk", false, "full");
    expect_from("space_low", later(began, hour_ns));
    EXPECT_EQ(of("space_low", later(began, hour_ns))[0].key, "space_low/disk");
    site.remove_remote("disk", later(began, 3 * hour_ns));
    EXPECT_EQ(since("space_low", later(began, 3 * hour_ns)), std::nullopt);
}

TEST_F(Conditions, one_way_in_alone_is_told_since_the_other_was_removed) {
    EXPECT_EQ(since("keys", began), std::nullopt);
    state.slots.back().removed = true;
    state.slots.back().removed_at = later(began, 3 * day_ns);
    EXPECT_EQ(since("keys", later(began, 3 * day_ns)), later(began, 3 * day_ns));
    site.add_slot(later(began, 4 * day_ns));
    EXPECT_EQ(since("keys", later(began, 4 * day_ns)), std::nullopt);
    state.slots.resize(1);
    EXPECT_EQ(since("keys", later(began, 4 * day_ns)), began) << "there never were two";
}

TEST_F(Conditions, of_the_same_state_and_time_are_the_same_in_the_same_order_with_keys_of_their_own) {
    site.put_equipment("CAM-2", began, {});
    site.capture("NVR-HALL", later(began, hour_ns), {"PRE"}, false);
    const auto now = later(began, 100 * day_ns);
    const auto first = conditions(state, now), second = conditions(state, now);
    ASSERT_EQ(first.size(), second.size());
    std::set<std::string> keys;
    for (std::size_t i = 0; i < first.size(); ++i) {
        EXPECT_EQ(first[i].key, second[i].key);
        EXPECT_TRUE(keys.insert(first[i].key).second) << first[i].key;
        EXPECT_LE(first[i].since, now);
        EXPECT_TRUE(first[i].key.starts_with(first[i].kind->name));
    }
    EXPECT_GT(first.size(), 5U);
}

TEST_F(Conditions, a_simulated_site_has_the_same) {
    const auto now = later(began, 100 * day_ns);
    const auto real = kinds(now);
    state.site.simulated = true;
    EXPECT_EQ(kinds(now), real);
}

TEST_F(Conditions, proc_4_2_a_complete_one_that_is_no_mensuel_does_not_satisfy_the_month) {
    site.capture("NVR-HALL", utc("2026-01-10T02:00:00Z"), {"HEBDO", "MENSUEL"});
    site.capture("NVR-HALL", utc("2026-02-05T02:00:00Z"), {"PRE"});
    expect_from("monthly_missing", utc("2026-02-08T23:00:00Z"));
}

TEST_F(Conditions, proc_1_1_partial_ones_of_before_the_last_complete_one_are_not_told_of) {
    site.capture("NVR-HALL", later(began, hour_ns), {"HEBDO"}, false);
    site.capture("NVR-HALL", later(began, day_ns));
    const auto partial = later(began, 2 * day_ns);
    site.capture("NVR-HALL", partial, {"HEBDO"}, false);
    EXPECT_EQ(since("backup_partial", later(began, 3 * day_ns)), partial);
}

TEST_F(Conditions, proc_p3_what_was_so_before_the_contract_began_is_told_from_its_first_day) {
    site.change_site(later(began, hour_ns), [](auto& record) { record.contract_from = "2026-02-01"; });
    site.observe(later(began, 2 * hour_ns), observed::clear_text, "NVR-HALL", false, "left");
    expect_from("clear_text", utc("2026-01-31T23:00:00Z"));
}

TEST_F(Conditions, what_two_machines_see_is_told_since_the_first_of_them_whichever_that_is) {
    ActorId other;
    other.bytes[0] = 2;
    journal::Observation seen;
    seen.what = observed::verify;
    seen.own = true;
    seen.ok = false;
    seen.code = "damaged";
    journal::apply_procedure(state.procedure, journal::observed_record(seen), later(began, hour_ns), other,
                             state.repository);
    site.observe(later(began, 2 * hour_ns), observed::verify, "", false, "damaged");
    expect_from("integrity", later(began, hour_ns));
}

TEST_F(Conditions, a_hook_that_goes_on_failing_is_told_of_as_long_as_it_is_tried) {
    site.observe(later(began, hour_ns), observed::hook, "mail", false, "timeout");
    site.observe(later(began, 80 * hour_ns), observed::hook, "mail", false, "timeout");
    EXPECT_EQ(since("hook_failed", later(began, 90 * hour_ns)), later(began, hour_ns));
    EXPECT_EQ(of("hook_failed", later(began, 90 * hour_ns))[0].details.at("hook"), "mail");
}

TEST_F(Conditions, proc_1_3_a_post_of_before_the_window_or_yet_to_come_answers_for_nothing) {
    site.capture("NVR-HALL", later(began, minute_ns), {"POST"});
    const auto pre = site.capture("NVR-HALL", later(began, hour_ns), {"PRE"}).commit;
    site.begin_change("c1", {"NVR-HALL"}, later(began, hour_ns), {{"NVR-HALL", pre}});
    site.capture("NVR-HALL", later(began, 20 * hour_ns), {"POST"});
    EXPECT_EQ(since("post_missing", later(began, 14 * hour_ns)), later(began, 13 * hour_ns));
}

// Conditions that were true while nobody looked, of one kind.
class Passed : public Conditions {
protected:
    [[nodiscard]] std::vector<PassedCondition> passed(const std::string& kind, Timestamp now) const {
        auto all = passed_conditions(state, now);
        std::erase_if(all, [&](const auto& item) { return item.condition.kind->name != kind; });
        return all;
    }
};

TEST_F(Passed, proc_1_1_only_a_complete_one_that_the_clock_dated_ends_a_missing_backup) {
    site.capture("NVR-HALL", later(began, hour_ns));
    site.capture("NVR-HALL", later(began, 8 * day_ns), {"HEBDO"}, false);
    site.capture("NVR-HALL", later(began, 9 * day_ns)).dated_by_operator = true;
    const auto second = site.capture("NVR-HALL", later(began, 10 * day_ns)).commit;
    site.capture("NVR-HALL", later(began, 30 * day_ns));  // by this clock yet to come
    const auto found = passed("backup_missing", later(began, 20 * day_ns));
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].condition.since, later(began, hour_ns + complete_ns));
    EXPECT_EQ(found[0].ended_by, second);
}

TEST_F(Passed, proc_p3_what_came_soon_after_the_contract_began_was_not_late) {
    site.capture("NVR-HALL", later(began, hour_ns));
    site.change_site(later(began, 2 * hour_ns), [](auto& record) { record.contract_from = "2026-02-01"; });
    site.capture("NVR-HALL", utc("2026-02-05T02:00:00Z"));
    EXPECT_TRUE(passed("backup_missing", utc("2026-02-06T02:00:00Z")).empty());
}

class PassedPost : public Passed {
protected:
    PassedPost() {
        site.capture("NVR-HALL", later(began, minute_ns), {"POST"});
        pre = site.capture("NVR-HALL", later(began, hour_ns), {"PRE"}).commit;
        site.begin_change("c1", {"NVR-HALL"}, later(began, hour_ns), {{"NVR-HALL", pre}});
        site.capture("NVR-HALL", later(began, 14 * hour_ns), {"HEBDO"});
    }

    ObjectId pre;
    Timestamp due = later(began, 13 * hour_ns);
};

TEST_F(PassedPost, proc_1_3_one_that_came_too_late_is_told_with_what_ended_it) {
    const auto post = site.capture("NVR-HALL", later(began, 20 * hour_ns), {"POST"}).commit;
    site.capture("NVR-HALL", later(began, 30 * hour_ns), {"POST"});
    EXPECT_TRUE(passed("post_missing", later(began, 20 * hour_ns - 1)).empty());
    const auto found = passed("post_missing", later(began, 40 * hour_ns));
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].ended_by, post);
    EXPECT_EQ(found[0].condition.key, "post_missing/c1/NVR-HALL");
    EXPECT_EQ(found[0].condition.since, due);
    EXPECT_EQ(found[0].condition.equipment, "NVR-HALL");
    EXPECT_EQ(found[0].condition.snapshots, std::vector{pre});
    EXPECT_EQ(found[0].condition.details.at("window"), "c1");
}

TEST_F(PassedPost, proc_1_3_one_that_came_in_time_is_not_told) {
    site.capture("NVR-HALL", due, {"POST"});
    EXPECT_TRUE(passed("post_missing", later(began, 40 * hour_ns)).empty());
}

TEST_F(PassedPost, proc_1_3_one_that_was_late_is_told_for_35_days) {
    site.capture("NVR-HALL", later(began, 20 * hour_ns), {"POST"});
    EXPECT_EQ(passed("post_missing", later(due, 35 * day_ns)).size(), 1U);
    EXPECT_TRUE(passed("post_missing", later(due, 35 * day_ns + 1)).empty());
}

TEST_F(PassedPost, proc_1_3_what_a_later_policy_asks_for_was_not_late) {
    site.capture("NVR-HALL", later(began, 20 * hour_ns), {"POST"});
    state.policies.back().version.time = later(due, 1);
    EXPECT_TRUE(passed("post_missing", later(began, 40 * hour_ns)).empty());
    state.policies.back().version.time = due;
    EXPECT_EQ(passed("post_missing", later(began, 40 * hour_ns)).size(), 1U);
}

TEST_F(PassedPost, proc_p3_of_what_is_not_under_contract_nothing_is_told) {
    site.capture("NVR-HALL", later(began, 20 * hour_ns), {"POST"});
    site.put_equipment("NVR-HALL", later(began, 30 * hour_ns), {{"address", "a"}, {"contract", "no"}});
    EXPECT_TRUE(passed("post_missing", later(began, 40 * hour_ns)).empty());
}

TEST(AnomalyKinds, proc_5_4_the_three_that_the_procedure_names_are_critical_and_ended_by_rule) {
    for (const auto* name : {"backup_missing", "encryption_error", "space_low"}) {
        const auto* const kind = find_anomaly_kind(name);
        ASSERT_NE(kind, nullptr) << name;
        EXPECT_STREQ(kind->severity, "critical");
        EXPECT_EQ(kind->closing, Closing::by_rule);
    }
    EXPECT_EQ(find_anomaly_kind("medium"), nullptr);
}

}  // namespace
}  // namespace coffre::rules
