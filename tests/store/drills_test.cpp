// When restore tests are due, of what and from where, and what settles one that failed (PROC 3.1 to 3.4).

#include "store/rules/drills.hpp"

#include <gtest/gtest.h>

#include "store/rules/limits.hpp"
#include "tests/support/procedure_state.hpp"

namespace coffre::rules {
namespace {

using test::day_ns;
using test::hour_ns;
using test::later;
using test::utc;

constexpr const char* person = "dupont";

class Drills : public testing::Test {
protected:
    Drills() {
        site.add_person(person, utc("2026-01-05T09:00:00Z"));
        site.put_equipment("NVR-HALL", utc("2026-01-05T09:00:00Z"));
        site.put_remote("disk", "physical", utc("2026-01-05T09:00:00Z"));
        site.put_remote("ovh", "cloud", utc("2026-01-05T09:00:00Z"));
        site.capture("NVR-HALL", utc("2026-01-10T02:00:00Z"));
    }

    void renforce() {
        site.change_site(utc("2026-01-06T08:00:00Z"), [](auto& record) { record.contract = "renforce"; });
    }
    // One that is all that the procedure asks for.
    void passed(const std::string& id, Timestamp ended, const std::string& equipment = "NVR-HALL",
                const std::string& role = "cloud") {
        site.drill(id, equipment, ended, true, 3, role, person);
    }
    [[nodiscard]] Timestamp due(Timestamp now) const { return next_drill(site.state, now).value().due; }
    [[nodiscard]] FailedDrill failed(Timestamp now) const { return failed_drills(site.state, now).at(0); }

    test::ProcedureState site;
};

TEST_F(Drills, proc_3_1_three_months_with_the_renforce_contract_and_a_year_with_the_standard_one) {
    passed("DRL-1", utc("2026-02-10T10:00:00Z"));
    EXPECT_EQ(due(utc("2026-02-11T00:00:00Z")), utc("2027-02-10T23:00:00Z"));
    renforce();
    EXPECT_EQ(due(utc("2026-02-11T00:00:00Z")), utc("2026-05-10T22:00:00Z"));
}

TEST_F(Drills, proc_3_1_an_unknown_contract_counts_as_renforce) {
    passed("DRL-1", utc("2026-02-10T10:00:00Z"));
    site.change_site(utc("2026-02-10T11:00:00Z"), [](auto& record) { record.contract = "unknown"; });
    EXPECT_EQ(due(utc("2026-02-11T00:00:00Z")), utc("2026-05-10T22:00:00Z"));
}

TEST_F(Drills, proc_3_1_three_months_after_the_31st_of_january_end_with_the_30th_of_april) {
    renforce();
    passed("DRL-1", utc("2026-01-31T10:00:00Z"));
    EXPECT_EQ(due(utc("2026-02-01T00:00:00Z")), utc("2026-04-30T22:00:00Z"));
}

TEST_F(Drills, proc_3_1_three_months_after_the_end_of_november_end_with_february_leap_or_not) {
    renforce();
    passed("DRL-1", utc("2026-11-30T10:00:00Z"));
    EXPECT_EQ(due(utc("2026-12-01T00:00:00Z")), utc("2027-02-28T23:00:00Z"));
    passed("DRL-2", utc("2027-11-30T10:00:00Z"));
    EXPECT_EQ(due(utc("2027-12-01T00:00:00Z")), utc("2028-02-29T23:00:00Z"));
}

TEST_F(Drills, proc_3_1_a_year_after_the_29th_of_february_ends_with_the_28th) {
    passed("DRL-1", utc("2028-02-29T10:00:00Z"));
    EXPECT_EQ(due(utc("2028-03-01T00:00:00Z")), utc("2029-02-28T23:00:00Z"));
}

TEST_F(Drills, proc_3_1_the_whole_of_the_last_day_is_in_time) {
    renforce();
    passed("DRL-1", utc("2026-01-31T10:00:00Z"));
    EXPECT_FALSE(next_drill(site.state, utc("2026-04-30T21:59:59Z")).value().overdue);
    EXPECT_TRUE(next_drill(site.state, utc("2026-04-30T22:00:00Z")).value().overdue);
}

TEST_F(Drills, proc_3_1_a_test_that_failed_moves_nothing) {
    renforce();
    passed("DRL-1", utc("2026-01-31T10:00:00Z"));
    const auto before = due(utc("2026-03-02T00:00:00Z"));
    site.drill("DRL-2", "NVR-HALL", utc("2026-03-01T10:00:00Z"), false, 3, "physical", person);
    EXPECT_EQ(due(utc("2026-03-02T00:00:00Z")), before);
}

TEST_F(Drills, proc_3_1_as_of_an_earlier_day_a_later_test_is_not_there_yet) {
    renforce();
    passed("DRL-1", utc("2026-01-31T10:00:00Z"));
    passed("DRL-2", utc("2026-03-01T10:00:00Z"));
    EXPECT_EQ(due(utc("2026-02-28T00:00:00Z")), utc("2026-04-30T22:00:00Z"));
}

TEST_F(Drills, proc_3_1_without_any_test_it_counts_from_the_sites_first_record) {
    renforce();
    EXPECT_EQ(due(utc("2026-01-11T00:00:00Z")), utc("2026-04-05T22:00:00Z"));
}

TEST_F(Drills, proc_3_1_without_any_test_it_counts_from_the_first_day_of_a_later_contract) {
    site.change_site(utc("2026-01-06T08:00:00Z"), [](auto& record) {
        record.contract = "renforce";
        record.contract_from = "2026-02-01";
    });
    EXPECT_EQ(due(utc("2026-02-02T00:00:00Z")), utc("2026-05-01T22:00:00Z"));
}

TEST_F(Drills, proc_3_1_a_contract_of_before_the_site_was_recorded_makes_nothing_due_in_the_past) {
    site.change_site(utc("2026-01-06T08:00:00Z"), [](auto& record) {
        record.contract = "renforce";
        record.contract_from = "2020-01-01";
    });
    EXPECT_EQ(due(utc("2026-02-02T00:00:00Z")), utc("2026-04-05T22:00:00Z"));
}

TEST_F(Drills, proc_3_1_a_policy_may_ask_for_more_often) {
    passed("DRL-1", utc("2026-02-10T10:00:00Z"));
    site.state.policies.back().limits["drill_months"] = 6;
    EXPECT_EQ(due(utc("2026-02-11T00:00:00Z")), utc("2026-08-10T22:00:00Z"));
}

TEST_F(Drills, proc_3_1_nothing_is_due_where_nothing_was_captured_or_no_contract_holds) {
    site.change_site(utc("2026-01-06T08:00:00Z"), [](auto& record) { record.contract_until = "2026-01-31"; });
    EXPECT_TRUE(next_drill(site.state, utc("2026-01-31T12:00:00Z")));
    EXPECT_FALSE(next_drill(site.state, utc("2026-02-01T00:00:00Z")));
    test::ProcedureState empty;
    empty.put_equipment("NVR-HALL", utc("2026-01-05T09:00:00Z"));
    EXPECT_FALSE(next_drill(empty.state, utc("2026-01-11T00:00:00Z")));
}

TEST_F(Drills, proc_3_1_the_equipment_tested_least_recently_is_next) {
    site.put_equipment("NVR-QUAI", utc("2026-01-05T09:00:00Z"));
    site.capture("NVR-QUAI", utc("2026-01-10T03:00:00Z"));
    passed("DRL-1", utc("2026-02-10T10:00:00Z"), "NVR-HALL");
    EXPECT_EQ(next_drill(site.state, utc("2026-02-11T00:00:00Z")).value().equipment, "NVR-QUAI");
    passed("DRL-2", utc("2026-02-12T10:00:00Z"), "NVR-QUAI");
    EXPECT_EQ(next_drill(site.state, utc("2026-02-13T00:00:00Z")).value().equipment, "NVR-HALL");
}

TEST_F(Drills, proc_3_1_one_of_which_less_was_proven_gives_way_to_one_that_was_not_tried) {
    site.put_equipment("NVR-QUAI", utc("2026-01-05T09:00:00Z"));
    site.capture("NVR-QUAI", utc("2026-01-10T03:00:00Z"));
    site.drill("DRL-1", "NVR-HALL", utc("2026-02-10T10:00:00Z"), true, 1);
    EXPECT_EQ(next_drill(site.state, utc("2026-02-11T00:00:00Z")).value().equipment, "NVR-QUAI");
}

TEST_F(Drills, proc_3_1_each_equipment_has_its_own_year) {
    site.put_equipment("NVR-QUAI", utc("2026-03-01T09:00:00Z"));
    passed("DRL-1", utc("2026-02-10T10:00:00Z"), "NVR-HALL");
    EXPECT_TRUE(equipment_drills(site.state, utc("2027-02-10T22:59:59Z")).empty());
    const auto first = equipment_drills(site.state, utc("2027-02-10T23:00:00Z"));
    ASSERT_EQ(first.size(), 1u);
    EXPECT_EQ(first[0].equipment, "NVR-HALL");
    EXPECT_EQ(first[0].last, utc("2026-02-10T10:00:00Z"));
    const auto both = equipment_drills(site.state, utc("2027-03-01T23:00:00Z"));
    ASSERT_EQ(both.size(), 2u);
    EXPECT_EQ(both[1].equipment, "NVR-QUAI");
    EXPECT_FALSE(both[1].last);
}

TEST_F(Drills, proc_3_1_cloud_and_physical_take_turns) {
    const auto role = [&](Timestamp now) { return next_drill(site.state, now).value().source_role; };
    EXPECT_EQ(role(utc("2026-02-01T00:00:00Z")), "cloud");
    EXPECT_EQ(next_drill(site.state, utc("2026-02-01T00:00:00Z")).value().source, "ovh");
    passed("DRL-1", utc("2026-02-10T10:00:00Z"), "NVR-HALL", "cloud");
    EXPECT_EQ(role(utc("2026-02-11T00:00:00Z")), "physical");
    EXPECT_EQ(next_drill(site.state, utc("2026-02-11T00:00:00Z")).value().source, "disk");
    passed("DRL-2", utc("2026-02-12T10:00:00Z"), "NVR-HALL", "physical");
    EXPECT_EQ(role(utc("2026-02-13T00:00:00Z")), "cloud");
}

TEST_F(Drills, proc_3_1_a_failure_and_a_test_of_this_copy_take_no_turn) {
    passed("DRL-1", utc("2026-02-10T10:00:00Z"), "NVR-HALL", "cloud");
    site.drill("DRL-2", "NVR-HALL", utc("2026-02-11T10:00:00Z"), false, 1, "physical");
    site.drill("DRL-3", "NVR-HALL", utc("2026-02-12T10:00:00Z"), true, 1, "local");
    EXPECT_EQ(next_drill(site.state, utc("2026-02-13T00:00:00Z")).value().source_role, "physical");
}

TEST_F(Drills, proc_3_1_a_role_without_a_remote_is_said_and_not_passed_over) {
    site.remove_remote("ovh", utc("2026-01-20T00:00:00Z"));
    const auto plan = next_drill(site.state, utc("2026-02-01T00:00:00Z")).value();
    EXPECT_EQ(plan.source_role, "cloud");
    EXPECT_EQ(plan.source, "");
}

TEST_F(Drills, proc_3_1_the_newest_complete_snapshot_is_tested_then_one_of_another_kind) {
    const auto partial = site.capture("NVR-HALL", utc("2026-02-20T02:00:00Z"), {"HEBDO"}, false).commit;
    const auto pre = site.capture("NVR-HALL", utc("2026-01-15T02:00:00Z"), {"PRE"}).commit;
    const auto hebdo = site.capture("NVR-HALL", utc("2026-02-15T02:00:00Z")).commit;
    site.capture("NVR-HALL", utc("2026-02-18T02:00:00Z")).expired = utc("2026-02-19T02:00:00Z");
    const auto now = utc("2026-03-01T00:00:00Z");
    EXPECT_EQ(next_drill(site.state, now).value().commit, hebdo);
    EXPECT_NE(next_drill(site.state, now).value().commit, partial);
    journal::Drill last;
    last.id = "DRL-1";
    last.equipment = "NVR-HALL";
    last.commit = hebdo;
    last.success = true;
    last.level = 3;
    last.source_role = "cloud";
    last.started = last.ended = utc("2026-03-02T10:00:00Z");
    site.say(last.ended, journal::drill_record(last));
    EXPECT_EQ(next_drill(site.state, utc("2026-03-03T00:00:00Z")).value().commit, pre);
}

TEST_F(Drills, proc_3_2_only_one_that_was_applied_and_whose_checklist_a_person_signed_counts) {
    const auto before = due(utc("2026-02-01T00:00:00Z"));
    const auto at = utc("2026-02-10T10:00:00Z");
    site.drill("DRL-0", "NVR-HALL", at, true, 0, "cloud", person);
    site.drill("DRL-1", "NVR-HALL", at, true, 1, "cloud", person);
    site.drill("DRL-2", "NVR-HALL", at, true, 2, "cloud", person);
    site.drill("DRL-3", "NVR-HALL", at, true, 3, "cloud");
    site.drill("DRL-4", "NVR-HALL", at, true, 3, "cloud", "nobody");
    EXPECT_EQ(due(utc("2026-02-11T00:00:00Z")), before);
    EXPECT_TRUE(is_applied(site.state.procedure.drills.at("DRL-2")));
    EXPECT_FALSE(is_applied(site.state.procedure.drills.at("DRL-1")));
    passed("DRL-5", at);
    EXPECT_NE(due(utc("2026-02-11T00:00:00Z")), before);
}

TEST_F(Drills, proc_3_3_a_checklist_completes_the_record_of_its_test) {
    const auto at = utc("2026-02-10T10:00:00Z");
    site.drill("DRL-1", "NVR-HALL", at, true, 2);
    site.drill("DRL-1", "NVR-HALL", at, true, 3, "cloud", person);
    EXPECT_EQ(site.state.procedure.drills.size(), 1u);
    EXPECT_TRUE(is_restore_test(site.state.procedure.drills.at("DRL-1")));
}

TEST_F(Drills, proc_3_3_a_record_is_never_written_over) {
    const auto at = utc("2026-02-10T10:00:00Z");
    site.drill("DRL-1", "NVR-HALL", at, false, 1);
    site.drill("DRL-1", "NVR-HALL", at, true, 3, "cloud", person);
    EXPECT_FALSE(site.state.procedure.drills.at("DRL-1").success);
    site.drill("DRL-2", "NVR-HALL", at, true, 3, "cloud", person);
    site.drill("DRL-2", "NVR-HALL", at, false, 0);
    EXPECT_TRUE(is_restore_test(site.state.procedure.drills.at("DRL-2")));
    site.drill("DRL-3", "NVR-HALL", at, true, 2);
    site.drill("DRL-3", "NVR-HALL", later(at, hour_ns), true, 3, "cloud", person);
    EXPECT_EQ(site.state.procedure.drills.at("DRL-3").level, 2);
}

TEST_F(Drills, proc_3_1_a_snapshot_that_is_yet_to_come_by_this_clock_is_not_tested) {
    const auto now = utc("2026-02-01T00:00:00Z");
    const auto there = next_drill(site.state, now).value().commit;
    site.capture("NVR-HALL", utc("2026-02-07T02:00:00Z"));
    EXPECT_EQ(next_drill(site.state, now).value().commit, there);
}

class FailedDrills : public Drills {
protected:
    FailedDrills() { site.drill("DRL-1", "NVR-HALL", at, false, 1); }

    void capture() { site.capture("NVR-HALL", later(at, hour_ns)); }

    Timestamp at = utc("2026-02-10T10:00:00Z");
    Timestamp now = utc("2026-03-01T00:00:00Z");
};

TEST_F(FailedDrills, proc_3_4_a_failure_is_open_until_there_is_a_new_snapshot_and_a_passed_test) {
    EXPECT_FALSE(failed(now).settled());
    EXPECT_EQ(failed(now).new_snapshot, nullptr);
    capture();
    EXPECT_FALSE(failed(now).settled());
    EXPECT_NE(failed(now).new_snapshot, nullptr);
    site.drill("DRL-2", "NVR-HALL", later(at, day_ns), true, 2);
    EXPECT_TRUE(failed(now).settled());
    EXPECT_EQ(failed(now).retest->id, "DRL-2");
}

TEST_F(FailedDrills, proc_3_4_a_passed_test_without_a_new_snapshot_does_not_settle_it) {
    site.drill("DRL-2", "NVR-HALL", later(at, day_ns), true, 2);
    EXPECT_FALSE(failed(now).settled());
}

TEST_F(FailedDrills, proc_3_4_a_partial_new_snapshot_does_not_settle_it) {
    site.capture("NVR-HALL", later(at, hour_ns), {"HEBDO"}, false);
    site.drill("DRL-2", "NVR-HALL", later(at, day_ns), true, 2);
    EXPECT_FALSE(failed(now).settled());
}

TEST_F(FailedDrills, proc_3_4_a_test_of_less_than_what_failed_does_not_settle_it) {
    capture();
    site.drill("DRL-2", "NVR-HALL", later(at, day_ns), true, 1);
    EXPECT_FALSE(failed(now).settled());
}

TEST_F(FailedDrills, proc_3_4_a_test_of_another_equipment_or_an_earlier_one_does_not_settle_it) {
    capture();
    site.put_equipment("NVR-QUAI", utc("2026-01-05T09:00:00Z"));
    site.drill("DRL-2", "NVR-QUAI", later(at, day_ns), true, 3, "cloud", person);
    site.drill("DRL-3", "NVR-HALL", later(at, -day_ns), true, 3, "cloud", person);
    EXPECT_FALSE(failed(now).settled());
}

TEST_F(FailedDrills, proc_3_4_a_signed_dispensation_stands_for_the_test_and_not_for_the_snapshot) {
    site.dispense("D1", "retest", "NVR-HALL", later(at, day_ns), utc("2026-06-01T00:00:00Z"), person);
    EXPECT_FALSE(failed(now).settled());
    capture();
    EXPECT_TRUE(failed(now).settled());
    EXPECT_TRUE(failed(now).dispensed);
}

TEST_F(FailedDrills, proc_3_4_a_dispensation_of_before_the_failure_does_not_stand_for_the_test) {
    test::ProcedureState other;
    other.add_person(person, utc("2026-01-05T09:00:00Z"));
    other.put_equipment("NVR-HALL", utc("2026-01-05T09:00:00Z"));
    other.dispense("D1", "retest", "NVR-HALL", later(at, -day_ns), utc("2026-06-01T00:00:00Z"), person);
    other.drill("DRL-1", "NVR-HALL", at, false, 1);
    other.capture("NVR-HALL", later(at, hour_ns));
    EXPECT_FALSE(failed_drills(other.state, now).at(0).settled());
}

TEST_F(FailedDrills, proc_3_4_a_checklist_that_says_no_fails_the_test_when_it_is_recorded) {
    test::ProcedureState other;
    other.add_person(person, utc("2026-01-05T09:00:00Z"));
    other.put_equipment("NVR-HALL", utc("2026-01-05T09:00:00Z"));
    other.drill("DRL-1", "NVR-HALL", at, true, 2);
    other.capture("NVR-HALL", later(at, hour_ns));
    auto drill = other.state.procedure.drills.at("DRL-1");
    drill.success = false;
    other.say(later(at, day_ns), other.signed_by(person, journal::drill_record(drill)));
    EXPECT_EQ(failed_drills(other.state, now).at(0).new_snapshot, nullptr);
}

TEST_F(Drills, proc_3_1_a_contract_edited_to_begin_today_does_not_set_the_calendar_anew) {
    renforce();
    const auto before = due(utc("2026-01-20T00:00:00Z"));
    site.change_site(utc("2026-03-20T10:00:00Z"), [](auto& record) { record.contract_from = "2026-03-20"; });
    EXPECT_EQ(due(utc("2026-03-21T00:00:00Z")), before);
}

TEST_F(Drills, proc_3_1_an_equipment_newly_put_under_contract_owes_its_first_test_a_year_from_then) {
    site.put_equipment("NVR-QUAI", utc("2026-01-05T09:00:00Z"), {{"address", "a"}, {"contract", "no"}});
    site.put_equipment("NVR-QUAI", utc("2026-06-01T09:00:00Z"), {{"address", "a"}});
    passed("DRL-1", utc("2026-12-10T10:00:00Z"), "NVR-HALL");
    EXPECT_TRUE(equipment_drills(site.state, utc("2027-06-01T21:59:59Z")).empty());
    const auto found = equipment_drills(site.state, utc("2027-06-01T22:00:00Z"));
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].equipment, "NVR-QUAI");
}

TEST_F(Drills, proc_3_1_no_equipment_owes_a_test_for_the_time_before_the_contract) {
    site.change_site(utc("2026-01-06T08:00:00Z"), [](auto& record) { record.contract_from = "2026-04-01"; });
    EXPECT_TRUE(equipment_drills(site.state, utc("2027-04-01T21:59:59Z")).empty());
    EXPECT_EQ(equipment_drills(site.state, utc("2027-04-01T22:00:00Z")).size(), 1u);
}

TEST_F(FailedDrills, proc_3_4_what_left_the_inventory_has_nothing_left_to_be_tried) {
    EXPECT_FALSE(failed(now).settled());
    site.put_equipment("NVR-HALL", later(at, day_ns), {}, true);
    EXPECT_TRUE(failed(now).settled());
}

}  // namespace
}  // namespace coffre::rules
