// Change windows, and changes that no window tells of.

#include "store/rules/windows.hpp"

#include <gtest/gtest.h>

#include "store/rules/site_state.hpp"
#include "tests/support/procedure_state.hpp"

namespace coffre::rules {
namespace {

using test::day_ns;
using test::hour_ns;
using test::later;
using test::minute_ns;
using test::utc;

const std::string hall = "NVR-HALL";

class Windows : public testing::Test {
protected:
    Windows() {
        site.put_equipment(hall, began);
        site.put_equipment("NVR-QUAI", began);
    }

    // What a capture of that time finds: a value for each category of the model.
    ObjectId capture(Timestamp at, const std::map<std::string, std::string>& found,
                     const std::string& kind = "HEBDO") {
        auto& snapshot = site.capture(hall, at, {kind});
        snapshot.driver = "hikvision 1";
        snapshot.fingerprints = found;
        snapshot.fingerprints["version"] = "1";
        return snapshot.commit;
    }
    ObjectId capture(Timestamp at, const std::string& cameras, const std::string& kind = "HEBDO") {
        return capture(at, {{"cameras", cameras}, {"users", "u"}}, kind);
    }
    [[nodiscard]] std::vector<UndeclaredChange> undeclared() const {
        return undeclared_changes(site.state, hall, began);
    }
    // A whole window: PRE, begun, ended, POST, as `change begin` and `change end` record them.
    void change(Timestamp at, const std::string& before, const std::string& after) {
        const auto pre = capture(at, before, "PRE");
        site.begin_change("1a2b3c4d", {hall}, later(at, minute_ns), {{hall, pre}});
        const auto post = capture(later(at, hour_ns), after, "POST");
        site.end_change("1a2b3c4d", later(at, hour_ns + minute_ns), {{hall, post}});
    }

    Timestamp began = utc("2026-03-02T08:00:00Z");
    test::ProcedureState site{began};
};

TEST_F(Windows, proc_1_3_the_categories_are_the_four_of_the_procedure_and_other) {
    EXPECT_EQ(change_categories(),
              (std::vector<std::string>{"cameras", "recording", "firmware", "rights", "other"}));
}

TEST_F(Windows, proc_1_3_undeclared_change_is_seen_by_fingerprint_alone) {
    const auto first = capture(later(began, day_ns), "a");
    const auto second = capture(later(began, 8 * day_ns), "b");
    const auto found = undeclared();
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].before, first);
    EXPECT_EQ(found[0].after, second);
    EXPECT_EQ(found[0].time, later(began, 8 * day_ns));
    EXPECT_EQ(found[0].categories, std::vector<std::string>{"cameras"});
}

TEST_F(Windows, proc_1_3_each_of_the_four_categories_counts_and_no_other) {
    const std::vector<std::pair<std::string, std::string>> counted{
        {"cameras", "cameras"}, {"recording", "recording"}, {"firmware", "firmware"}, {"users", "rights"}};
    Timestamp at = later(began, day_ns);
    capture(at, {{"network", "1"}});
    for (const auto& [model, name] : counted) {
        at = later(at, day_ns);
        capture(at, {{"network", "2"}, {model, "x"}});
        const auto found = undeclared_changes(site.state, hall, at);
        ASSERT_EQ(found.size(), 1U) << model;
        EXPECT_NE(std::find(found[0].categories.begin(), found[0].categories.end(), name),
                  found[0].categories.end())
            << model;
        at = later(at, day_ns);
        capture(at, {{"network", "1"}});
    }
    at = later(at, day_ns);
    capture(at, {{"network", "3"}, {"time", "x"}, {"identity", "y"}});
    EXPECT_TRUE(undeclared_changes(site.state, hall, at).empty());
}

TEST_F(Windows, proc_1_3_a_window_tells_of_its_change) {
    capture(later(began, day_ns), "a");
    change(later(began, 2 * day_ns), "a", "b");
    capture(later(began, 8 * day_ns), "b");
    EXPECT_TRUE(undeclared().empty());
}

TEST_F(Windows, proc_1_3_a_change_before_the_pre_is_not_the_windows) {
    capture(later(began, day_ns), "a");
    change(later(began, 2 * day_ns), "b", "c");
    ASSERT_EQ(undeclared().size(), 1U);
    EXPECT_EQ(undeclared()[0].time, later(began, 2 * day_ns));
}

TEST_F(Windows, proc_1_3_a_change_after_the_post_is_not_the_windows) {
    change(later(began, day_ns), "a", "b");
    capture(later(began, 8 * day_ns), "c");
    ASSERT_EQ(undeclared().size(), 1U);
    EXPECT_EQ(undeclared()[0].time, later(began, 8 * day_ns));
}

TEST_F(Windows, proc_1_3_a_window_of_another_equipment_tells_nothing) {
    capture(later(began, day_ns), "a");
    site.begin_change("1a2b3c4d", {"NVR-QUAI"}, later(began, 2 * day_ns), {});
    capture(later(began, 3 * day_ns), "b");
    EXPECT_EQ(undeclared().size(), 1U);
}

TEST_F(Windows, proc_1_3_an_open_window_tells_of_what_is_captured_meanwhile) {
    const auto pre = capture(later(began, day_ns), "a", "PRE");
    site.begin_change("1a2b3c4d", {hall}, later(began, day_ns + minute_ns), {{hall, pre}});
    capture(later(began, day_ns + hour_ns), "b");
    EXPECT_TRUE(undeclared().empty());
}

TEST_F(Windows, proc_1_3_an_open_window_tells_of_nothing_behind_a_post_taken_by_itself) {
    const auto pre = capture(later(began, day_ns), "a", "PRE");
    site.begin_change("1a2b3c4d", {hall}, later(began, day_ns + minute_ns), {{hall, pre}});
    capture(later(began, day_ns + hour_ns), "b", "POST");
    EXPECT_TRUE(undeclared().empty());
    capture(later(began, 5 * day_ns), "c");
    EXPECT_EQ(undeclared().size(), 1U);
}

TEST_F(Windows, proc_1_3_a_window_without_a_pre_tells_from_when_it_was_begun) {
    capture(later(began, day_ns), "a");
    site.begin_change("1a2b3c4d", {hall}, later(began, 2 * day_ns), {}, "the alarm was on");
    const auto post = capture(later(began, 2 * day_ns + hour_ns), "b", "POST");
    site.end_change("1a2b3c4d", later(began, 2 * day_ns + hour_ns + minute_ns), {{hall, post}});
    EXPECT_TRUE(undeclared().empty());
}

TEST_F(Windows, proc_1_3_a_window_that_ended_without_a_post_tells_until_then) {
    const auto pre = capture(later(began, day_ns), "a", "PRE");
    site.begin_change("1a2b3c4d", {hall}, later(began, day_ns + minute_ns), {{hall, pre}});
    site.end_change("1a2b3c4d", later(began, day_ns + hour_ns), {}, "taken away");
    capture(later(began, 3 * day_ns), "b");
    EXPECT_TRUE(undeclared().empty());
    capture(later(began, 5 * day_ns), "c");
    EXPECT_EQ(undeclared().size(), 1U);
}

TEST_F(Windows, proc_1_3_a_window_that_ended_without_a_post_tells_of_all_that_was_captured_in_it) {
    const auto pre = capture(later(began, day_ns), "a", "PRE");
    site.begin_change("1a2b3c4d", {hall}, later(began, day_ns + minute_ns), {{hall, pre}});
    capture(later(began, day_ns + 2 * minute_ns), "a");
    site.end_change("1a2b3c4d", later(began, day_ns + hour_ns), {}, "taken away");
    capture(later(began, 3 * day_ns), "b");
    EXPECT_TRUE(undeclared().empty());
}

TEST_F(Windows, proc_1_3_a_pair_of_pre_and_post_without_a_window_tells_too) {
    capture(later(began, day_ns), "a", "PRE");
    capture(later(began, day_ns + hour_ns), "b");
    capture(later(began, day_ns + 2 * hour_ns), "c", "POST");
    EXPECT_TRUE(undeclared().empty());
    capture(later(began, 5 * day_ns), "d");
    EXPECT_EQ(undeclared().size(), 1U);
}

TEST_F(Windows, proc_1_3_a_post_too_long_after_its_pre_is_no_pair) {
    capture(later(began, day_ns), "a", "PRE");
    capture(later(began, day_ns + 12 * hour_ns + 1), "b", "POST");
    EXPECT_EQ(undeclared().size(), 1U);
}

TEST_F(Windows, proc_1_3_a_post_is_of_one_pre) {
    capture(later(began, day_ns), "a", "PRE");
    capture(later(began, day_ns + hour_ns), "b", "POST");
    capture(later(began, day_ns + 2 * hour_ns), "c", "POST");
    EXPECT_EQ(undeclared().size(), 1U);
}

TEST_F(Windows, of_a_snapshot_without_a_model_or_of_another_version_nothing_is_said) {
    capture(later(began, day_ns), "a");
    site.capture(hall, later(began, 2 * day_ns));
    EXPECT_TRUE(undeclared().empty());
    auto& newer = site.capture(hall, later(began, 3 * day_ns));
    newer.driver = "hikvision 1";
    newer.fingerprints = {{"cameras", "b"}, {"version", "2"}};
    EXPECT_TRUE(undeclared().empty());
}

TEST_F(Windows, what_was_captured_in_another_way_is_no_change_and_hides_none) {
    capture(later(began, day_ns), "a");
    auto& by_hand = site.capture(hall, later(began, 2 * day_ns));
    by_hand.driver = "files 1";
    by_hand.fingerprints = {{"cameras", "x"}, {"version", "1"}};
    EXPECT_TRUE(undeclared().empty());
    capture(later(began, 3 * day_ns), "b");
    EXPECT_EQ(undeclared().size(), 1U);
}

TEST_F(Windows, a_partial_snapshot_lacks_sections_and_is_no_change) {
    capture(later(began, day_ns), "a");
    capture(later(began, 2 * day_ns), std::map<std::string, std::string>{});
    site.state.snapshots.all().back().complete = false;
    EXPECT_TRUE(undeclared().empty());
    capture(later(began, 3 * day_ns), "a");
    EXPECT_TRUE(undeclared().empty());
    capture(later(began, 4 * day_ns), "b");
    EXPECT_EQ(undeclared().size(), 1U);
}

TEST_F(Windows, other_paths_that_are_passed_over_are_no_change) {
    capture(later(began, day_ns), "a");
    site.put_equipment(hall, later(began, 2 * day_ns),
                       {{"address", "192.0.2.1"}, {"volatile", "cameras/*/uptime"}});
    capture(later(began, 3 * day_ns), "b");
    EXPECT_TRUE(undeclared().empty());
    capture(later(began, 4 * day_ns), "c");
    EXPECT_EQ(undeclared().size(), 1U);
}

TEST_F(Windows, what_an_operator_dated_is_passed_over) {
    capture(later(began, day_ns), "a");
    capture(later(began, 2 * day_ns), "b");
    site.state.snapshots.all().back().dated_by_operator = true;
    EXPECT_TRUE(undeclared().empty());
}

TEST_F(Windows, only_changes_since_then_are_told_and_the_one_before_is_still_compared_with) {
    capture(later(began, day_ns), "a");
    capture(later(began, 2 * day_ns), "b");
    capture(later(began, 9 * day_ns), "c");
    EXPECT_EQ(undeclared().size(), 2U);
    EXPECT_EQ(undeclared_changes(site.state, hall, later(began, 9 * day_ns)).size(), 1U);
    EXPECT_TRUE(undeclared_changes(site.state, hall, later(began, 9 * day_ns + 1)).empty());
}

TEST_F(Windows, an_open_window_is_found_until_it_is_ended) {
    EXPECT_EQ(open_window(site.state, hall), nullptr);
    site.begin_change("1a2b3c4d", {hall}, began, {});
    ASSERT_NE(open_window(site.state, hall), nullptr);
    EXPECT_EQ(open_window(site.state, hall)->id, "1a2b3c4d");
    EXPECT_EQ(open_window(site.state, "NVR-QUAI"), nullptr);
    site.end_change("1a2b3c4d", later(began, hour_ns), {});
    EXPECT_EQ(open_window(site.state, hall), nullptr);
}

TEST_F(Windows, proc_1_3_post_missing_after_twelve_hours) {
    const auto pre = capture(began, "a", "PRE");
    site.begin_change("1a2b3c4d", {hall}, later(began, minute_ns), {{hall, pre}});
    const auto due = later(began, minute_ns + 12 * hour_ns);
    EXPECT_TRUE(missing_posts(site.state, {due.ns - 1}).empty());
    const auto missing = missing_posts(site.state, due);
    ASSERT_EQ(missing.size(), 1U);
    EXPECT_EQ(missing[0].equipment, hall);
    EXPECT_EQ(missing[0].pre, pre);
    EXPECT_EQ(missing[0].window, "1a2b3c4d");
    EXPECT_EQ(missing[0].due, due);
}

TEST_F(Windows, proc_1_3_how_long_a_post_may_take_is_the_policys) {
    site.state.policies.back().limits["post_hours"] = 3;
    site.begin_change("1a2b3c4d", {hall}, began, {});
    EXPECT_TRUE(missing_posts(site.state, later(began, 3 * hour_ns - 1)).empty());
    EXPECT_EQ(missing_posts(site.state, later(began, 3 * hour_ns)).size(), 1U);
}

TEST_F(Windows, proc_1_3_each_equipment_of_a_window_needs_its_post) {
    site.begin_change("1a2b3c4d", {hall, "NVR-QUAI"}, began, {});
    const auto post = capture(later(began, hour_ns), "b", "POST");
    site.end_change("1a2b3c4d", later(began, hour_ns), {{hall, post}}, "taken away");
    const auto missing = missing_posts(site.state, later(began, day_ns));
    ASSERT_EQ(missing.size(), 1U);
    EXPECT_EQ(missing[0].equipment, "NVR-QUAI");
}

TEST_F(Windows, what_left_the_inventory_misses_no_post_once_its_window_is_ended) {
    site.begin_change("1a2b3c4d", {hall}, began, {});
    site.put_equipment(hall, later(began, hour_ns), {}, true);
    EXPECT_EQ(missing_posts(site.state, later(began, day_ns)).size(), 1U);
    site.end_change("1a2b3c4d", later(began, 2 * hour_ns), {}, "sold");
    EXPECT_TRUE(missing_posts(site.state, later(began, day_ns)).empty());
}

TEST_F(Windows, proc_1_3_a_pre_by_itself_wants_its_post_too) {
    const auto pre = capture(began, "a", "PRE");
    const auto due = later(began, 12 * hour_ns);
    EXPECT_TRUE(missing_posts(site.state, {due.ns - 1}).empty());
    capture(later(began, hour_ns), "b");
    const auto missing = missing_posts(site.state, due);
    ASSERT_EQ(missing.size(), 1U);
    EXPECT_EQ(missing[0].pre, pre);
    EXPECT_EQ(missing[0].window, "");
    EXPECT_EQ(missing[0].due, due);
    capture(later(began, 2 * day_ns), "b", "POST");
    EXPECT_TRUE(missing_posts(site.state, later(began, 3 * day_ns)).empty());
}

TEST_F(Windows, a_pre_by_itself_is_not_forgotten_while_it_is_kept) {
    capture(began, "a", "PRE");
    for (int week = 1; week <= 20; ++week) capture(later(began, 7 * week * day_ns), "b");
    EXPECT_EQ(missing_posts(site.state, later(began, 150 * day_ns)).size(), 1U);
}

TEST_F(Windows, a_pre_that_an_operator_dated_or_that_is_out_of_contract_wants_none) {
    capture(began, "a", "PRE");
    site.state.snapshots.all().back().dated_by_operator = true;
    EXPECT_TRUE(missing_posts(site.state, later(began, day_ns)).empty());
    capture(began, "a", "PRE");
    site.put_equipment(hall, later(began, hour_ns), {{"contract", "no"}});
    EXPECT_TRUE(missing_posts(site.state, later(began, day_ns)).empty());
}

TEST_F(Windows, the_pre_of_a_window_is_told_once) {
    const auto pre = capture(began, "a", "PRE");
    site.begin_change("1a2b3c4d", {hall}, later(began, minute_ns), {{hall, pre}});
    EXPECT_EQ(missing_posts(site.state, later(began, day_ns)).size(), 1U);
}

TEST_F(Windows, proc_1_2_an_intervention_wants_what_is_captured_by_hand) {
    site.put_equipment("NVR-OLD", began, {{"mode", "manual"}});
    site.open_intervention("5e6f7a8b", {}, later(began, day_ns));
    const auto& intervention = site.state.procedure.interventions.at("5e6f7a8b");
    const auto now = later(began, 2 * day_ns);
    EXPECT_EQ(missing_captures(site.state, intervention, now), std::vector<std::string>{"NVR-OLD"});
    site.capture("NVR-OLD", later(began, day_ns + hour_ns), {"HEBDO"}, false);
    EXPECT_EQ(missing_captures(site.state, intervention, now), std::vector<std::string>{"NVR-OLD"});
    site.capture("NVR-OLD", later(began, day_ns + 2 * hour_ns));
    EXPECT_TRUE(missing_captures(site.state, intervention, now).empty());
}

TEST_F(Windows, proc_1_2_a_capture_from_before_the_visit_does_not_count) {
    site.put_equipment("NVR-OLD", began, {{"mode", "manual"}});
    site.capture("NVR-OLD", later(began, hour_ns));
    site.open_intervention("5e6f7a8b", {}, later(began, day_ns));
    const auto& intervention = site.state.procedure.interventions.at("5e6f7a8b");
    EXPECT_EQ(missing_captures(site.state, intervention, later(began, 2 * day_ns)),
              std::vector<std::string>{"NVR-OLD"});
}

TEST_F(Windows, proc_1_2_an_intervention_may_name_what_it_is_for) {
    site.put_equipment("NVR-OLD", began, {{"mode", "manual"}});
    site.open_intervention("5e6f7a8b", {hall}, later(began, day_ns));
    const auto& intervention = site.state.procedure.interventions.at("5e6f7a8b");
    EXPECT_EQ(missing_captures(site.state, intervention, later(began, 2 * day_ns)),
              std::vector<std::string>{hall});
}

TEST_F(Windows, what_came_into_the_inventory_during_a_visit_is_not_missed) {
    site.open_intervention("5e6f7a8b", {}, later(began, day_ns));
    site.put_equipment("NVR-NEW", later(began, 2 * day_ns), {{"mode", "manual"}});
    const auto& intervention = site.state.procedure.interventions.at("5e6f7a8b");
    EXPECT_TRUE(missing_captures(site.state, intervention, later(began, 3 * day_ns)).empty());
}

TEST_F(Windows, proc_1_3_several_pres_without_a_post_are_told_since_the_first) {
    capture(began, "z", "PRE");
    capture(later(began, hour_ns), "z", "POST");
    const auto first = capture(later(began, day_ns), "a", "PRE");
    capture(later(began, 2 * day_ns), "b", "PRE");
    const auto missing = missing_posts(site.state, later(began, 3 * day_ns));
    ASSERT_EQ(missing.size(), 1U);
    EXPECT_EQ(missing[0].pre, first);
    EXPECT_EQ(missing[0].due, later(began, day_ns + 12 * hour_ns));
}

TEST_F(Windows, proc_1_3_a_partial_post_is_none) {
    capture(began, "a", "PRE");
    capture(later(began, hour_ns), "b", "POST");
    site.state.snapshots.all().back().complete = false;
    EXPECT_EQ(missing_posts(site.state, later(began, day_ns)).size(), 1U);
    EXPECT_FALSE(is_post(site.state.snapshots.back()));
}

TEST_F(Windows, proc_1_3_a_post_that_somebody_dated_is_none) {
    capture(began, "a", "PRE");
    capture(later(began, hour_ns), "b", "POST");
    site.state.snapshots.all().back().dated_by_operator = true;
    EXPECT_EQ(missing_posts(site.state, later(began, day_ns)).size(), 1U);
    EXPECT_FALSE(is_post(site.state.snapshots.back()));
}

TEST_F(Windows, proc_1_3_a_post_that_is_yet_to_come_by_this_clock_is_none) {
    capture(began, "a", "PRE");
    capture(later(began, 2 * day_ns), "b", "POST");
    EXPECT_EQ(missing_posts(site.state, later(began, day_ns)).size(), 1U);
}

TEST_F(Windows, proc_1_3_a_partial_pre_is_none) {
    capture(began, "a", "PRE");
    site.state.snapshots.all().back().complete = false;
    EXPECT_TRUE(missing_posts(site.state, later(began, day_ns)).empty());
}

TEST_F(Windows, a_pre_by_itself_is_looked_for_as_long_as_it_is_kept_and_no_longer) {
    capture(began, "a", "PRE");
    EXPECT_EQ(missing_posts(site.state, later(began, 186 * day_ns)).size(), 1U);
    EXPECT_TRUE(missing_posts(site.state, later(began, 186 * day_ns + 1)).empty());
}

TEST_F(Windows, proc_1_3_two_captures_of_one_day_are_no_pair) {
    capture(later(began, day_ns), "a");
    capture(later(began, day_ns + hour_ns), "b");
    EXPECT_EQ(undeclared().size(), 1U);
}

TEST_F(Windows, one_without_a_model_hides_no_change_from_the_one_before_it) {
    capture(later(began, day_ns), "a");
    site.capture(hall, later(began, 2 * day_ns));
    capture(later(began, 9 * day_ns), "b");
    EXPECT_EQ(undeclared_changes(site.state, hall, later(began, 9 * day_ns)).size(), 1U);
}

TEST_F(Windows, proc_1_3_a_pair_whose_pre_is_older_than_what_is_asked_for_tells_too) {
    const auto since = later(began, 5 * day_ns);
    capture(later(since, -2 * hour_ns), "a", "PRE");
    capture(later(since, -hour_ns), "a");
    capture(later(since, hour_ns), "b", "POST");
    EXPECT_TRUE(undeclared_changes(site.state, hall, since).empty());
}

TEST_F(Windows, proc_1_3_a_window_that_was_ended_long_after_its_post_tells_until_the_post) {
    const auto pre = capture(later(began, day_ns), "a", "PRE");
    site.begin_change("1a2b3c4d", {hall}, later(began, day_ns + minute_ns), {{hall, pre}});
    const auto post = capture(later(began, day_ns + hour_ns), "b", "POST");
    capture(later(began, 2 * day_ns), "b");
    site.end_change("1a2b3c4d", later(began, 3 * day_ns), {{hall, post}});
    capture(later(began, 9 * day_ns), "c");
    EXPECT_EQ(undeclared().size(), 1U);
    EXPECT_EQ(undeclared_changes(site.state, hall, later(began, 9 * day_ns)).size(), 1U)
        << "also where the POST lies before what is looked at";
}

TEST_F(Windows, proc_1_3_a_window_tells_until_the_first_post_since_it_was_begun) {
    const auto pre = capture(later(began, day_ns), "a", "PRE");
    site.begin_change("1a2b3c4d", {hall}, later(began, day_ns + minute_ns), {{hall, pre}});
    capture(later(began, day_ns + hour_ns), "b", "POST");
    const auto second = capture(later(began, 2 * day_ns), "c", "POST");
    site.end_change("1a2b3c4d", later(began, 2 * day_ns), {{hall, second}});
    ASSERT_EQ(undeclared().size(), 1U);
    EXPECT_EQ(undeclared()[0].after, second);
}

TEST_F(Windows, proc_1_3_a_post_of_before_a_window_does_not_end_it) {
    capture(later(began, day_ns), "a", "POST");
    const auto pre = capture(later(began, 2 * day_ns), "a", "PRE");
    site.begin_change("1a2b3c4d", {hall}, later(began, 2 * day_ns + minute_ns), {{hall, pre}});
    capture(later(began, 4 * day_ns), "b");
    EXPECT_TRUE(undeclared().empty());
}

TEST_F(Windows, proc_1_3_a_capture_of_another_kind_does_not_end_an_open_window) {
    const auto pre = capture(later(began, day_ns), "a", "PRE");
    site.begin_change("1a2b3c4d", {hall}, later(began, day_ns + minute_ns), {{hall, pre}});
    capture(later(began, 2 * day_ns), "b");
    capture(later(began, 3 * day_ns), "c");
    EXPECT_TRUE(undeclared().empty());
}

TEST_F(Windows, proc_1_3_a_window_that_has_ended_tells_nothing_until_a_later_post) {
    const auto pre = capture(later(began, day_ns), "a", "PRE");
    site.begin_change("1a2b3c4d", {hall}, later(began, day_ns + minute_ns), {{hall, pre}});
    site.end_change("1a2b3c4d", later(began, day_ns + hour_ns), {}, "taken away");
    capture(later(began, 3 * day_ns), "b");
    capture(later(began, 5 * day_ns), "c");
    capture(later(began, 6 * day_ns), "c", "POST");
    ASSERT_EQ(undeclared().size(), 1U);
    EXPECT_EQ(undeclared()[0].time, later(began, 5 * day_ns));
}

TEST_F(Windows, a_partial_snapshot_that_looks_the_same_hides_no_change) {
    capture(later(began, day_ns), "a");
    capture(later(began, 2 * day_ns), "b");
    site.state.snapshots.all().back().complete = false;
    capture(later(began, 3 * day_ns), "b");
    EXPECT_EQ(undeclared().size(), 1U);
}

TEST_F(Windows, what_was_captured_in_another_way_and_looks_the_same_hides_no_change) {
    capture(later(began, day_ns), "a");
    capture(later(began, 2 * day_ns), "b");
    site.state.snapshots.all().back().driver = "files 1";
    capture(later(began, 3 * day_ns), "b");
    EXPECT_EQ(undeclared().size(), 1U);
}

TEST_F(Windows, what_was_captured_while_other_paths_were_passed_over_hides_no_change) {
    capture(later(began, day_ns), "a");
    site.put_equipment(hall, later(began, 2 * day_ns), {{"address", "192.0.2.1"}, {"volatile", "cameras/*"}});
    capture(later(began, 3 * day_ns), "b");
    site.put_equipment(hall, later(began, 4 * day_ns));
    capture(later(began, 5 * day_ns), "b");
    ASSERT_EQ(undeclared().size(), 1U);
    EXPECT_EQ(undeclared()[0].time, later(began, 5 * day_ns));
}

}  // namespace
}  // namespace coffre::rules
