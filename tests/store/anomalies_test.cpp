// Anomalies: opened when their condition became true, ended with it, and their clock is never set anew.

#include "store/rules/anomalies.hpp"

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

const Timestamp began = utc("2026-01-05T08:00:00Z");
constexpr std::int64_t complete_ns = (7 * 24 + 6) * hour_ns;
const Timestamp missing = later(began, complete_ns);  // the first snapshot of NVR-HALL

// A site where all is well, but that NVR-HALL has no snapshot.
class Anomalies : public ::testing::Test {
protected:
    Anomalies() : site(began), state(site.state) {
        site.add_person("dupont", began);
        site.change_site(began, [](auto& record) { record.responsible = "dupont"; });
        site.put_equipment("NVR-HALL", began);
        site.put_remote("cloud", "cloud", began);
        site.put_remote("disk", "physical", began);
    }

    // What upkeep says is recorded; a second time it says nothing.
    std::size_t keep(Timestamp now) {
        const auto records = upkeep(state, now);
        site.say(now, records);
        EXPECT_EQ(upkeep(state, now).size(), 0U) << "said twice";
        return records.size();
    }
    void capture(Timestamp at) {
        site.capture("NVR-HALL", at, {"HEBDO", "MENSUEL"});
        site.verify_copies("cloud", at);
        site.verify_copies("disk", at);
    }
    [[nodiscard]] std::vector<const journal::Anomaly*> of(const std::string& kind) const {
        std::vector<const journal::Anomaly*> found;
        for (const auto& [id, anomaly] : state.procedure.anomalies)
            if (anomaly.kind == kind) found.push_back(&anomaly);
        return found;
    }
    [[nodiscard]] const journal::Anomaly& only(const std::string& kind) const {
        const auto found = of(kind);
        EXPECT_EQ(found.size(), 1U) << kind;
        return *found.at(0);
    }
    void open(Timestamp at, const std::string& id, const std::string& kind, const std::string& key,
              Timestamp opened) {
        journal::Anomaly anomaly;
        anomaly.id = id;
        anomaly.kind = kind;
        anomaly.key = key;
        anomaly.severity = "major";
        anomaly.opened = opened;
        site.say(at, journal::anomaly_opened_record(anomaly));
    }

    test::ProcedureState site;
    journal::State& state;
};

TEST_F(Anomalies, proc_5_4_is_opened_at_the_instant_at_which_the_condition_became_true) {
    EXPECT_EQ(keep({missing.ns - 1}), 0U);
    EXPECT_EQ(keep(later(missing, 3 * hour_ns)), 1U);
    const auto& anomaly = only("backup_missing");
    EXPECT_EQ(anomaly.opened, missing);
    EXPECT_EQ(anomaly.detected, later(missing, 3 * hour_ns));
    EXPECT_EQ(anomaly.severity, "critical");
    EXPECT_EQ(anomaly.equipment, "NVR-HALL");
    EXPECT_EQ(view_of(state, anomaly, anomaly.detected).due, later(missing, 24 * hour_ns));
}

TEST_F(Anomalies, proc_5_4_one_found_late_is_in_breach_at_once) {
    keep(later(missing, 72 * hour_ns));
    EXPECT_TRUE(view_of(state, only("backup_missing"), later(missing, 72 * hour_ns)).breached);
}

TEST_F(Anomalies, proc_5_4_is_opened_once_however_often_one_looks_and_whoever_does) {
    const auto mine = upkeep(state, missing), theirs = upkeep(state, later(missing, minute_ns));
    ASSERT_EQ(mine.size(), 1U);
    EXPECT_EQ(mine.at(0).at("id"), theirs.at(0).at("id"));
    site.say(later(missing, minute_ns), theirs);
    site.say(later(missing, 2 * minute_ns), mine);
    EXPECT_EQ(keep(later(missing, hour_ns)), 0U);
    EXPECT_EQ(only("backup_missing").opened, missing);
}

TEST_F(Anomalies, have_ids_of_kind_key_and_instant) {
    auto first = conditions(state, missing).at(0);
    const auto id = anomaly_id(first);
    EXPECT_EQ(id.size(), 12U);
    EXPECT_TRUE(id.starts_with("ANO-"));
    auto other = first;
    other.since.ns += 1;
    EXPECT_NE(anomaly_id(other), id);
    other = first;
    other.key += "X";
    EXPECT_NE(anomaly_id(other), id);
    other = first;
    other.kind = find_anomaly_kind("backup_partial");
    EXPECT_NE(anomaly_id(other), id);
}

TEST_F(Anomalies, proc_5_4_ends_by_rule_with_the_evidence) {
    keep(missing);
    capture(later(missing, 2 * hour_ns));
    keep(later(missing, 3 * hour_ns));
    const auto& anomaly = only("backup_missing");
    ASSERT_TRUE(anomaly.resolved);
    EXPECT_TRUE(anomaly.resolved_by_rule);
    EXPECT_EQ(anomaly.evidence, std::vector{"snapshot:" + state.snapshots.back().commit.hex()});
    const auto view = view_of(state, anomaly, later(missing, 3 * hour_ns));
    EXPECT_EQ(view.state, AnomalyState::resolved);
    EXPECT_EQ(view.ended, later(missing, 3 * hour_ns));
    EXPECT_FALSE(view.breached);
}

TEST_F(Anomalies, proc_1_1_a_late_snapshot_is_told_of_even_where_nobody_looked_meanwhile) {
    const auto first = later(missing, 3 * day_ns), second = later(first, 9 * day_ns);
    capture(first);
    capture(second);
    capture(later(second, hour_ns));
    keep(later(second, 2 * hour_ns));
    std::map<Timestamp, std::vector<std::string>> told;
    for (const auto* anomaly : of("backup_missing")) {
        EXPECT_TRUE(anomaly->resolved_by_rule);
        told[anomaly->opened] = anomaly->evidence;
    }
    const auto evidence = [&](std::size_t index) {
        return std::vector{"snapshot:" + state.snapshots[index].commit.hex()};
    };
    EXPECT_EQ(told, (std::map<Timestamp, std::vector<std::string>>{
                        {missing, evidence(0)}, {later(first, complete_ns), evidence(1)}}));
    EXPECT_EQ(keep(later(second, 3 * hour_ns)), 0U);
}

TEST_F(Anomalies, proc_1_1_what_a_later_policy_asks_for_was_not_late) {
    capture(later(began, hour_ns));
    capture(later(began, 5 * day_ns));
    state.policies.push_back(state.policies.back());
    state.policies.back().limits["complete_hours"] = 48;
    state.policies.back().version.time = later(began, 6 * day_ns);
    EXPECT_EQ(keep(later(began, 6 * day_ns)), 0U);
}

TEST_F(Anomalies, proc_5_4_that_comes_back_within_a_day_is_the_same_one_with_its_first_clock) {
    const auto full = later(began, hour_ns);
    site.observe(full, observed::space, "", false, "full");
    keep(full);
    site.observe(later(full, 2 * hour_ns), observed::space, "", true);
    keep(later(full, 2 * hour_ns));
    ASSERT_TRUE(only("space_low").resolved);
    site.observe(later(full, 25 * hour_ns), observed::space, "", false, "full");
    keep(later(full, 40 * hour_ns));  // seen late; it came back 23 hours after its end
    const auto& anomaly = only("space_low");
    EXPECT_FALSE(anomaly.resolved);
    EXPECT_EQ(anomaly.times_reopened, 1);
    EXPECT_EQ(anomaly.opened, full);
    EXPECT_EQ(view_of(state, anomaly, later(full, 40 * hour_ns)).due, later(full, 24 * hour_ns));
}

TEST_F(Anomalies, proc_5_4_that_comes_back_later_is_another_one) {
    const auto full = later(began, hour_ns);
    site.observe(full, observed::space, "", false, "full");
    keep(full);
    site.observe(later(full, 2 * hour_ns), observed::space, "", true);
    keep(later(full, 2 * hour_ns));
    site.observe(later(full, 26 * hour_ns), observed::space, "", false, "full");
    keep(later(full, 26 * hour_ns));
    EXPECT_EQ(of("space_low").size(), 2U);
}

TEST_F(Anomalies, proc_5_4_nobody_ends_one_whose_condition_is_there) {
    keep(missing);
    const auto id = only("backup_missing").id;
    ASSERT_TRUE(closing_refused(state, only("backup_missing"), missing));
    site.say(later(missing, hour_ns), journal::anomaly_resolved_record(id, false, {}, "it is fine"));
    keep(later(missing, 2 * hour_ns));
    EXPECT_FALSE(only("backup_missing").resolved);
    EXPECT_EQ(only("backup_missing").opened, missing);
    capture(later(missing, 3 * hour_ns));
    EXPECT_FALSE(closing_refused(state, only("backup_missing"), later(missing, 3 * hour_ns)));
}

TEST_F(Anomalies, proc_5_4_one_of_the_same_instant_is_never_opened_twice) {
    keep(missing);
    const auto id = only("backup_missing").id;
    site.say(later(missing, hour_ns), journal::anomaly_resolved_record(id, true, {"rule:other"}, ""));
    keep(later(missing, 40 * hour_ns));
    EXPECT_FALSE(only("backup_missing").resolved);
    EXPECT_EQ(only("backup_missing").times_reopened, 1);
}

TEST_F(Anomalies, proc_1_3_what_happened_is_closed_by_a_person_and_stays_closed) {
    capture(later(began, hour_ns));
    site.begin_change("c1", {"NVR-HALL"}, later(began, 2 * hour_ns), {}, "out of reach");
    site.end_change("c1", later(began, 2 * hour_ns), {{"NVR-HALL", state.snapshots.back().commit}});
    keep(later(began, 3 * hour_ns));
    const auto& anomaly = only("pre_missing");
    EXPECT_FALSE(closing_refused(state, anomaly, later(began, 3 * hour_ns)));
    site.say(later(began, 4 * hour_ns),
             journal::anomaly_resolved_record(anomaly.id, false, {}, "the device was off"));
    EXPECT_EQ(keep(later(began, 5 * hour_ns)), 0U);
    EXPECT_EQ(keep(later(began, 6 * day_ns)), 0U);
    EXPECT_TRUE(only("pre_missing").resolved);
    EXPECT_EQ(only("pre_missing").times_reopened, 0);
}

TEST_F(Anomalies, proc_1_3_what_happened_does_not_end_by_itself) {
    auto& before = site.capture("NVR-HALL", later(began, hour_ns), {"HEBDO", "MENSUEL"});
    before.fingerprints = {{"version", "1"}, {"users", "aaaa"}};
    auto& after = site.capture("NVR-HALL", later(began, day_ns), {"HEBDO"});
    after.fingerprints = {{"version", "1"}, {"users", "bbbb"}};
    keep(later(began, 2 * day_ns));
    EXPECT_FALSE(only("undeclared_change").resolved);
    for (int day = 8; day < 60; day += 7) capture(later(began, day * day_ns));
    state.snapshots.all()[2].fingerprints = {};  // nothing is known any more
    keep(later(began, 60 * day_ns));
    EXPECT_FALSE(only("undeclared_change").resolved);
}

TEST_F(Anomalies, proc_1_3_a_missing_post_does_not_end_because_it_is_long_ago) {
    site.capture("NVR-HALL", later(began, minute_ns), {"POST"});  // of another change
    site.capture("NVR-HALL", later(began, hour_ns), {"PRE", "MENSUEL"});
    keep(later(began, 14 * hour_ns));
    ASSERT_EQ(of("post_missing").size(), 1U);
    for (int day = 5; day < 200; day += 7) capture(later(began, day * day_ns));
    keep(later(began, 200 * day_ns));
    EXPECT_FALSE(only("post_missing").resolved);
    const auto post = site.capture("NVR-HALL", later(began, 201 * day_ns), {"POST"}).commit;
    EXPECT_TRUE(closing_refused(state, only("post_missing"), later(began, 200 * day_ns)));
    keep(later(began, 201 * day_ns));
    EXPECT_TRUE(only("post_missing").resolved);
    EXPECT_EQ(only("post_missing").evidence, std::vector{"snapshot:" + post.hex()});
}

TEST_F(Anomalies, proc_5_2_a_missing_review_does_not_end_because_it_is_long_ago) {
    state.equipment.clear();
    keep(utc("2026-02-06T00:00:00Z"));
    EXPECT_EQ(of("review_missing").size(), 2U);
    keep(utc("2028-02-06T00:00:00Z"));
    std::size_t open = 0;
    for (const auto* anomaly : of("review_missing"))
        open += anomaly->details.at("month") == "2026-01" && anomaly->is_open();
    EXPECT_EQ(open, 2U);
    site.review("r1", "site", "2026-01", utc("2028-02-07T00:00:00Z"), "dupont");
    keep(utc("2028-02-07T00:00:00Z"));
    for (const auto* anomaly : of("review_missing"))
        if (anomaly->key == "review_missing/site/2026-01") {
            EXPECT_EQ(anomaly->evidence, std::vector<std::string>{"review:r1"});
        }
}

TEST_F(Anomalies, proc_5_2_a_review_ends_what_was_missing) {
    state.equipment.clear();
    keep(utc("2026-02-06T00:00:00Z"));
    site.review("r1", "internal", "2026-01", utc("2026-02-06T10:00:00Z"), "dupont");
    keep(utc("2026-02-06T10:00:00Z"));
    for (const auto* anomaly : of("review_missing")) {
        EXPECT_EQ(anomaly->resolved.has_value(), anomaly->details.at("scope") == "internal");
        if (anomaly->resolved) {
            EXPECT_EQ(anomaly->evidence, std::vector<std::string>{"review:r1"});
        }
    }
}

TEST_F(Anomalies, end_with_the_contract_or_when_an_equipment_leaves_it_and_say_so) {
    keep(missing);
    site.put_equipment("NVR-HALL", later(missing, hour_ns), {{"address", "a"}}, true);
    keep(later(missing, hour_ns));
    EXPECT_EQ(only("backup_missing").evidence, std::vector<std::string>{"equipment:NVR-HALL"});
    site.observe(later(missing, 2 * hour_ns), observed::hook, "mail", false, "time");
    keep(later(missing, 2 * hour_ns));
    site.change_site(later(missing, 3 * hour_ns), [](auto& record) { record.contract_until = "2026-01-11"; });
    keep(later(missing, 3 * hour_ns));
    EXPECT_EQ(only("hook_failed").evidence, std::vector<std::string>{"contract:ended"});
}

TEST_F(Anomalies, proc_5_4_of_two_that_machines_opened_apart_the_earliest_stays) {
    open(missing, "ANO-00000002", "backup_missing", "backup_missing/NVR-HALL", later(missing, minute_ns));
    open(missing, "ANO-00000001", "backup_missing", "backup_missing/NVR-HALL", later(missing, minute_ns));
    open(missing, "ANO-00000003", "backup_missing", "backup_missing/NVR-HALL", missing);
    keep(later(missing, hour_ns));
    std::map<std::string, std::vector<std::string>> evidence;
    for (const auto* anomaly : of("backup_missing"))
        if (anomaly->resolved) evidence[anomaly->id] = anomaly->evidence;
    EXPECT_EQ(evidence,
              (std::map<std::string, std::vector<std::string>>{{"ANO-00000001", {"anomaly:ANO-00000003"}},
                                                               {"ANO-00000002", {"anomaly:ANO-00000003"}}}));
    const auto figures = anomaly_figures(state, began, later(missing, day_ns), later(missing, hour_ns));
    EXPECT_EQ(figures.opened, 1U) << "a duplicate is none of its own";
    capture(later(missing, 2 * hour_ns));
    keep(later(missing, 2 * hour_ns));
    site.state.snapshots.all().clear();
    keep(later(missing, 3 * hour_ns));
    EXPECT_FALSE(state.procedure.anomalies.at("ANO-00000003").resolved) << "not one of the duplicates";
    EXPECT_TRUE(state.procedure.anomalies.at("ANO-00000001").resolved);
}

TEST_F(Anomalies, that_a_person_closed_are_closed_for_those_opened_apart_too) {
    open(missing, "ANO-00000002", "rollback", "rollback/cloud", later(missing, minute_ns));
    open(missing, "ANO-00000001", "rollback", "rollback/cloud", missing);
    site.say(missing, journal::anomaly_resolved_record("ANO-00000002", false, {}, "a restored volume"));
    capture(missing);
    keep(later(missing, hour_ns));
    EXPECT_EQ(state.procedure.anomalies.at("ANO-00000001").evidence,
              std::vector<std::string>{"anomaly:ANO-00000002"});
}

TEST_F(Anomalies, of_a_kind_that_only_a_newer_version_knows_are_left_alone) {
    capture(later(began, hour_ns));
    open(later(began, hour_ns), "ANO-00000001", "quantum", "quantum/x", began);
    EXPECT_EQ(keep(later(began, hour_ns)), 0U);
    EXPECT_FALSE(closing_refused(state, only("quantum"), later(began, hour_ns)));
}

TEST_F(Anomalies, proc_3_4_a_failed_test_ends_by_a_person_after_a_new_snapshot_and_a_passed_test) {
    capture(later(began, hour_ns));
    site.drill("t1", "NVR-HALL", later(began, day_ns), false);
    keep(later(began, day_ns));
    const auto& anomaly = only("drill_failed");
    const auto refused = [&](Timestamp at) {
        const auto why = closing_refused(state, anomaly, at);
        return why ? text(Lang::en, *why) : std::string();
    };
    EXPECT_NE(refused(later(began, day_ns)).find("new complete snapshot of NVR-HALL"), std::string::npos);
    capture(later(began, 2 * day_ns));
    EXPECT_NE(refused(later(began, 2 * day_ns)).find("passed restore test of NVR-HALL"), std::string::npos);
    site.drill("t2", "NVR-HALL", later(began, 3 * day_ns), true);
    EXPECT_EQ(refused(later(began, 3 * day_ns)), "");
    keep(later(began, 4 * day_ns));
    EXPECT_FALSE(only("drill_failed").resolved) << "somebody says the cause";
    site.say(later(began, 4 * day_ns),
             journal::anomaly_resolved_record(anomaly.id, false, {"drill:t2"}, "x"));
    EXPECT_EQ(keep(later(began, 5 * day_ns)), 0U);
    EXPECT_TRUE(only("drill_failed").resolved);
}

TEST_F(Anomalies, proc_3_4_a_dispensation_stands_for_the_passed_test) {
    site.drill("t1", "NVR-HALL", later(began, day_ns), false);
    capture(later(began, 2 * day_ns));
    keep(later(began, 2 * day_ns));
    site.dispense("d1", "retest", "NVR-HALL", later(began, 3 * day_ns), later(began, 60 * day_ns), "dupont");
    EXPECT_FALSE(closing_refused(state, only("drill_failed"), later(began, 3 * day_ns)));
}

TEST_F(Anomalies, proc_5_4_acknowledged_is_not_treated) {
    keep(missing);
    const auto id = only("backup_missing").id;
    const auto view = [&](Timestamp now) { return view_of(state, only("backup_missing"), now); };
    EXPECT_EQ(view(missing).state, AnomalyState::open);
    site.say(later(missing, hour_ns), journal::anomaly_acknowledged_record(id, "seen"));
    EXPECT_EQ(view(later(missing, hour_ns)).state, AnomalyState::acknowledged);
    EXPECT_EQ(view(missing).state, AnomalyState::open) << "not yet";
    EXPECT_FALSE(view(later(missing, 24 * hour_ns)).breached);
    EXPECT_TRUE(view(later(missing, 24 * hour_ns + 1)).breached);
    EXPECT_EQ(due_alerts(state, later(missing, 12 * hour_ns)).size(), 1U);
}

TEST_F(Anomalies, proc_5_4_treated_in_time_is_no_breach_and_needs_no_more_alerts) {
    keep(missing);
    const auto id = only("backup_missing").id;
    site.say(later(missing, 10 * hour_ns), journal::anomaly_treated_record(id, "dupont", "exported by hand"));
    const auto view = view_of(state, only("backup_missing"), later(missing, 50 * hour_ns));
    EXPECT_EQ(view.state, AnomalyState::treated);
    EXPECT_EQ(view.ended, later(missing, 10 * hour_ns));
    EXPECT_FALSE(view.breached);
    EXPECT_TRUE(due_alerts(state, later(missing, 50 * hour_ns)).empty());
    EXPECT_EQ(open_anomalies(state, later(missing, 50 * hour_ns)).size(), 1U) << "it is not resolved";
    capture(later(missing, 60 * hour_ns));
    keep(later(missing, 60 * hour_ns));
    EXPECT_EQ(view_of(state, only("backup_missing"), later(missing, 60 * hour_ns)).ended,
              later(missing, 10 * hour_ns));
}

TEST_F(Anomalies, proc_5_4_the_time_to_treat_is_the_policy_s) {
    state.policies.back().limits["treat_hours"] = 2;
    keep(missing);
    EXPECT_EQ(view_of(state, only("backup_missing"), missing).due, later(missing, 2 * hour_ns));
}

TEST_F(Anomalies, proc_5_4_alerts_are_due_at_0_12_20_and_24_hours_until_one_is_delivered) {
    keep(missing);
    const auto id = only("backup_missing").id;
    const auto hours = [&](Timestamp now) {
        const auto alerts = due_alerts(state, now);
        if (alerts.empty()) return -1;
        EXPECT_EQ(alerts[0].event_id, id + "-" + std::to_string(alerts[0].hours));
        return alerts[0].hours;
    };
    EXPECT_EQ(hours(missing), 0);
    EXPECT_EQ(hours(later(missing, hour_ns)), 0) << "not delivered yet";
    site.say(later(missing, hour_ns), journal::anomaly_alerted_record(id, 0));
    EXPECT_EQ(hours(later(missing, 12 * hour_ns - 1)), -1);
    EXPECT_EQ(hours(later(missing, 12 * hour_ns)), 12);
    EXPECT_EQ(hours(later(missing, 20 * hour_ns)), 20) << "the latest alone";
    site.say(later(missing, 20 * hour_ns), journal::anomaly_alerted_record(id, 20));
    EXPECT_EQ(hours(later(missing, 24 * hour_ns - 1)), -1);
    EXPECT_EQ(hours(later(missing, 24 * hour_ns)), 24);
    site.say(later(missing, 24 * hour_ns), journal::anomaly_alerted_record(id, 24));
    EXPECT_EQ(hours(later(missing, 500 * hour_ns)), -1);
}

TEST_F(Anomalies, are_listed_with_the_most_urgent_first) {
    capture(later(began, hour_ns));
    const auto at = later(began, 2 * hour_ns);
    open(at, "ANO-00000001", "hook_failed", "hook_failed/a", began);
    open(at, "ANO-00000002", "integrity", "integrity/verify", at);
    open(at, "ANO-00000003", "integrity", "integrity/verify-data", later(began, hour_ns));
    open(at, "ANO-00000004", "clock", "clock", began);
    open(at, "ANO-00000005", "rollback", "rollback/a", began);
    for (const auto* id : {"ANO-00000002", "ANO-00000003", "ANO-00000005"})
        state.procedure.anomalies.at(id).severity = "critical";
    state.procedure.anomalies.at("ANO-00000001").severity = "minor";
    site.say(at, journal::anomaly_treated_record("ANO-00000005", "dupont", "looked at"));
    std::vector<std::string> ids;
    for (const auto& view : open_anomalies(state, at)) ids.push_back(view.anomaly->id);
    EXPECT_EQ(ids, (std::vector<std::string>{"ANO-00000003", "ANO-00000002", "ANO-00000004", "ANO-00000001",
                                             "ANO-00000005"}));
    site.say(at, journal::anomaly_resolved_record("ANO-00000005", false, {}, "a restored volume"));
    EXPECT_EQ(open_anomalies(state, at).size(), 4U);
}

TEST_F(Anomalies, proc_5_4_a_clock_that_was_ahead_loses_nothing_of_what_is_true_now) {
    // The machine believed that it was ten days later, opened it, captured, and ended it.
    const auto ahead = later(missing, 10 * day_ns);
    keep(ahead);
    const auto id = only("backup_missing").id;
    site.say(ahead, journal::anomaly_resolved_record(id, true, {"snapshot:x"}, ""));
    EXPECT_TRUE(open_anomalies(state, missing).empty());
    // Its clock is right again.
    keep(missing);
    ASSERT_EQ(open_anomalies(state, missing).size(), 1U);
    EXPECT_EQ(open_anomalies(state, missing)[0].anomaly->opened, missing);
    EXPECT_FALSE(open_anomalies(state, missing)[0].ended);
    EXPECT_TRUE(only("backup_missing").resolved) << "on the day that it believed in";
    // And when that day comes, it is open still.
    keep(ahead);
    EXPECT_FALSE(state.procedure.anomalies.at(id).resolved);
    EXPECT_EQ(state.procedure.anomalies.at(id).opened, missing);
}

TEST_F(Anomalies, of_a_period_are_counted_with_those_in_time_late_and_open) {
    capture(later(began, hour_ns));
    const auto add = [&](const std::string& id, Timestamp opened, std::optional<Timestamp> ended) {
        open(opened, id, "rollback", "rollback/" + id, opened);
        if (ended) site.say(*ended, journal::anomaly_resolved_record(id, false, {}, "looked at"));
    };
    add("ANO-00000001", began, later(began, 4 * hour_ns));
    add("ANO-00000002", later(began, day_ns), later(began, 2 * day_ns));
    add("ANO-00000003", later(began, day_ns), later(began, 3 * day_ns));
    add("ANO-00000004", later(began, day_ns), std::nullopt);
    add("ANO-00000005", {began.ns - 1}, later(began, hour_ns));
    add("ANO-00000006", later(began, 5 * day_ns), later(began, 5 * day_ns));
    const auto figures = anomaly_figures(state, began, later(began, 5 * day_ns), later(began, 9 * day_ns));
    EXPECT_EQ(figures.opened, 4U);
    EXPECT_EQ(figures.in_time, 2U);
    EXPECT_EQ(figures.late, 1U);
    EXPECT_EQ(figures.still_open, 1U);
    EXPECT_EQ(figures.mean_hours, (4 + 24 + 48) / 3);
}

TEST_F(Anomalies, proc_1_1_a_late_snapshot_that_a_clock_ahead_told_of_is_told_anew) {
    const auto first = later(missing, 3 * day_ns), ahead = later(first, 5 * day_ns);
    capture(first);
    keep(ahead);
    EXPECT_EQ(only("backup_missing").detected, ahead);
    keep(later(first, hour_ns));
    EXPECT_EQ(only("backup_missing").detected, later(first, hour_ns));
    EXPECT_EQ(only("backup_missing").resolved->time, later(first, hour_ns));
}

TEST_F(Anomalies, proc_1_3_a_post_that_came_too_late_is_told_of_even_where_nobody_looked_meanwhile) {
    capture(later(began, hour_ns));
    const auto pre = site.capture("NVR-HALL", later(began, 2 * hour_ns), {"PRE"}).commit;
    site.begin_change("c1", {"NVR-HALL"}, later(began, 2 * hour_ns), {{"NVR-HALL", pre}});
    const auto post = site.capture("NVR-HALL", later(began, 20 * hour_ns), {"POST"}).commit;
    site.end_change("c1", later(began, 20 * hour_ns), {{"NVR-HALL", post}});
    site.verify_copies("cloud", later(began, 20 * hour_ns));
    keep(later(began, 21 * hour_ns));
    const auto& anomaly = only("post_missing");
    EXPECT_EQ(anomaly.opened, later(began, 14 * hour_ns));
    EXPECT_TRUE(anomaly.resolved_by_rule);
    EXPECT_EQ(anomaly.evidence, std::vector{"snapshot:" + post.hex()});
    EXPECT_EQ(keep(later(began, 22 * hour_ns)), 0U);
}

TEST_F(Anomalies, proc_5_4_what_is_older_than_an_anomaly_is_not_what_ended_it) {
    capture(later(began, hour_ns));
    keep(later(missing, 2 * hour_ns));
    state.policies.back().limits["complete_hours"] = 400;
    keep(later(missing, 3 * hour_ns));
    EXPECT_EQ(only("backup_missing").evidence, std::vector<std::string>{"rule:backup_missing"});
}

TEST_F(Anomalies, proc_1_1_a_missing_hebdo_ends_with_one_and_not_with_what_came_after_it) {
    capture(later(began, hour_ns));
    keep(utc("2026-01-19T00:00:00Z"));
    capture(utc("2026-01-19T02:00:00Z"));
    const auto hebdo = state.snapshots.back().commit;
    const auto post = site.capture("NVR-HALL", utc("2026-01-19T03:00:00Z"), {"POST"}).commit;
    keep(utc("2026-01-19T04:00:00Z"));
    EXPECT_EQ(only("hebdo_missing").evidence, std::vector{"snapshot:" + hebdo.hex()});
    EXPECT_EQ(only("backup_missing").evidence, std::vector{"snapshot:" + post.hex()});
}

TEST_F(Anomalies, proc_4_2_a_missing_mensuel_ends_with_one_and_not_with_what_came_after_it) {
    capture(later(began, hour_ns));
    for (auto at = utc("2026-01-10T02:00:00Z"); at < utc("2026-02-08T00:00:00Z"); at = later(at, 7 * day_ns))
        site.capture("NVR-HALL", at);
    keep(utc("2026-02-09T00:00:00Z"));
    const auto monthly = site.capture("NVR-HALL", utc("2026-02-09T02:00:00Z"), {"HEBDO", "MENSUEL"}).commit;
    site.capture("NVR-HALL", utc("2026-02-09T03:00:00Z"));
    keep(utc("2026-02-09T04:00:00Z"));
    EXPECT_EQ(only("monthly_missing").evidence, std::vector{"snapshot:" + monthly.hex()});
}

TEST_F(Anomalies, proc_1_2_an_undispensed_equipment_by_hand_ends_with_its_dispensation) {
    site.put_equipment("CAM-2", began, {});
    keep(began);
    site.dispense("d1", "manual", "CAM-2", later(began, hour_ns), later(began, 60 * day_ns), "dupont");
    keep(later(began, hour_ns));
    EXPECT_EQ(only("manual_undispensed").evidence, std::vector<std::string>{"dispensation:d1"});
}

TEST_F(Anomalies, proc_1_2_an_undispensed_equipment_by_hand_ends_where_it_is_captured_by_itself) {
    site.put_equipment("CAM-2", began, {});
    keep(began);
    site.put_equipment("CAM-2", later(began, hour_ns));
    keep(later(began, hour_ns));
    EXPECT_EQ(only("manual_undispensed").evidence, std::vector<std::string>{"equipment:CAM-2"});
}

TEST_F(Anomalies, proc_3_1_an_overdue_test_ends_with_the_last_test_of_that_equipment_since) {
    site.put_equipment("CAM-2", began);
    capture(later(began, hour_ns));
    site.capture("CAM-2", later(began, hour_ns));
    const auto at = utc("2027-01-06T00:00:00Z");
    keep(at);
    ASSERT_EQ(of("equipment_drill_overdue").size(), 2U);
    site.drill("t2", "NVR-HALL", later(at, hour_ns), true, 3, "cloud", "dupont");
    site.drill("t1", "NVR-HALL", later(at, 2 * hour_ns), true, 3, "cloud", "dupont");
    site.drill("t9", "CAM-2", later(at, 3 * hour_ns), true, 3, "cloud", "dupont");
    site.drill("t8", "NVR-HALL", later(at, 3 * hour_ns + minute_ns), true, 1);
    site.drill("t7", "NVR-HALL", later(at, 10 * day_ns), true, 3, "cloud", "dupont");  // yet to come
    keep(later(at, 4 * hour_ns));
    std::map<std::string, std::vector<std::string>> evidence;
    for (const auto* kind : {"equipment_drill_overdue", "drill_overdue"})
        for (const auto* anomaly : of(kind)) evidence[anomaly->key] = anomaly->evidence;
    EXPECT_EQ(evidence, (std::map<std::string, std::vector<std::string>>{
                            {"drill_overdue", {"drill:t9"}},
                            {"equipment_drill_overdue/CAM-2", {"drill:t9"}},
                            {"equipment_drill_overdue/NVR-HALL", {"drill:t1"}}}));
}

TEST_F(Anomalies, proc_3_1_an_overdue_test_that_is_excused_does_not_end_with_a_test_of_before) {
    capture(later(began, hour_ns));
    site.drill("t1", "NVR-HALL", later(began, day_ns), true, 3, "cloud", "dupont");
    const auto at = utc("2027-01-08T00:00:00Z");
    keep(at);
    for (const auto* subject : {"", "NVR-HALL"})
        site.dispense(std::string("d") + subject, "drill", subject, later(at, hour_ns),
                      later(at, 60 * day_ns), "dupont");
    keep(later(at, 2 * hour_ns));
    EXPECT_EQ(only("drill_overdue").evidence, std::vector<std::string>{"rule:drill_overdue"});
    EXPECT_EQ(only("equipment_drill_overdue").evidence,
              std::vector<std::string>{"rule:equipment_drill_overdue"});
}

TEST_F(Anomalies, proc_p3_of_what_is_kept_do_not_end_with_the_contract) {
    capture(later(began, hour_ns));
    site.observe(later(began, 2 * hour_ns), observed::verify_data, "", false, "damaged");
    site.observe(later(began, 2 * hour_ns), observed::clock, "", false, "behind");
    keep(later(began, 2 * hour_ns));
    site.change_site(later(began, 3 * hour_ns), [](auto& record) { record.contract_until = "2026-01-06"; });
    const auto after = utc("2026-01-08T00:00:00Z");
    keep(after);
    EXPECT_FALSE(only("integrity").resolved);
    EXPECT_FALSE(only("clock").resolved);
    site.observe(later(after, hour_ns), observed::verify_data, "", true);
    site.observe(later(after, hour_ns), observed::clock, "", true);
    keep(later(after, hour_ns));
    EXPECT_EQ(only("integrity").evidence, std::vector<std::string>{"rule:integrity"});
    EXPECT_EQ(only("clock").evidence, std::vector<std::string>{"rule:clock"});
}

TEST_F(Anomalies, proc_5_4_one_that_was_opened_again_alerts_anew_as_another_event) {
    const auto full = later(began, hour_ns);
    site.observe(full, observed::space, "", false, "full");
    keep(full);
    const auto id = only("space_low").id;
    ASSERT_EQ(due_alerts(state, full).size(), 1U);
    EXPECT_EQ(due_alerts(state, full)[0].event_id, id + "-0");
    site.say(full, journal::anomaly_alerted_record(id, 0));
    EXPECT_TRUE(due_alerts(state, full).empty());
    const auto again = later(full, 2 * hour_ns);
    site.observe(later(full, hour_ns), observed::space, "", true);
    keep(later(full, hour_ns));
    site.observe(again, observed::space, "", false, "full");
    keep(again);
    ASSERT_EQ(due_alerts(state, again).size(), 1U);
    EXPECT_EQ(due_alerts(state, again)[0].hours, 0);
    EXPECT_EQ(due_alerts(state, again)[0].event_id, id + "-0-1");
}

TEST_F(Anomalies, proc_5_4_what_comes_back_is_the_first_one_and_not_one_that_was_opened_apart) {
    open(missing, "ANO-00000001", "backup_missing", "backup_missing/NVR-HALL", missing);
    open(missing, "ANO-00000002", "backup_missing", "backup_missing/NVR-HALL", later(missing, minute_ns));
    // Two machines that had not heard of each other.
    site.say(later(missing, 2 * hour_ns),
             journal::anomaly_resolved_record("ANO-00000001", true, {"rule:backup_missing"}, ""));
    site.say(later(missing, 3 * hour_ns),
             journal::anomaly_resolved_record("ANO-00000002", true, {"anomaly:ANO-00000001"}, ""));
    keep(later(missing, 4 * hour_ns));
    EXPECT_FALSE(state.procedure.anomalies.at("ANO-00000001").resolved);
    EXPECT_TRUE(state.procedure.anomalies.at("ANO-00000002").resolved);
}

}  // namespace
}  // namespace coffre::rules
