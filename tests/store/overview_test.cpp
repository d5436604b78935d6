// How a site stands: the one query of status, dashboard and metrics.

#include "store/rules/overview.hpp"

#include <gtest/gtest.h>

#include "store/rules/anomalies.hpp"
#include "tests/support/procedure_state.hpp"

namespace coffre::rules {
namespace {

using test::day_ns;
using test::hour_ns;
using test::later;
using test::utc;

const Timestamp began = utc("2026-09-01T08:00:00Z");
const Timestamp now = utc("2026-11-26T12:00:00Z");

// A site where everything is as it must be at `now`.
class Overview : public testing::Test {
protected:
    Overview() : site(began) {
        site.add_person("martin", began);
        site.add_person("durand", began);
        site.change_site(began, [](auto& record) {
            record.responsible = "martin";
            record.deputy = "durand";
        });
        site.put_equipment("NVR-HALL", began);
        site.put_remote("cloud", "cloud", began);
        site.put_remote("disk", "physical", began);
        for (auto at = later(began, hour_ns); at < now; at = later(at, 7 * day_ns))
            site.capture("NVR-HALL", at, {"HEBDO", "MENSUEL"});
        site.capture("NVR-HALL", later(now, -day_ns), {"HEBDO", "MENSUEL"});
        site.drill("d1", "NVR-HALL", utc("2026-10-01T10:00:00Z"), true, 3, "cloud", "martin");
        for (const auto* month : {"2026-09", "2026-10"})
            for (const auto* scope : {"site", "internal"})
                site.review(std::string(month) + scope, scope, month,
                            later(*day_begin("Europe/Paris", std::string(month) + "-28"), 4 * day_ns),
                            "martin");
        seen(later(now, -hour_ns));
        site.verify_copies("cloud", later(now, -hour_ns));
        site.verify_copies("disk", later(now, -hour_ns));
    }
    // What the collector observes each day.
    void seen(Timestamp at) {
        for (const auto* what : {"verify", "verify-data"}) site.observe(at, what, "", true);
        for (const auto* remote : {"cloud", "disk"}) site.observe(at, "verify-remote", remote, true);
        space(at, 60);
    }
    void space(Timestamp at, std::int64_t percent, const std::string& where = "") {
        constexpr std::int64_t hundredth = 10'000'000'000;
        site.observe(at, "space", where, true, "",
                     {{"free", percent * hundredth}, {"total", 100 * hundredth}});
    }
    [[nodiscard]] SiteOverview at(Timestamp time) const { return overview(site.state, time); }
    [[nodiscard]] Check check(CheckId id, Timestamp time = now) const { return at(time).check(id); }

    test::ProcedureState site;
};

TEST_F(Overview, of_a_site_where_all_is_done_is_ok_throughout) {
    const auto all = at(now);
    for (const auto& one : all.checks)
        EXPECT_TRUE(one.green()) << check_name(one.id) << ": " << mark_name(one.mark) << " " << one.code;
    EXPECT_EQ(all.mark(), Mark::ok);
    EXPECT_TRUE(all.is_protected);
    EXPECT_TRUE(all.equipments.at(0).is_protected);
    EXPECT_EQ(all.client, "CLIEXEMP");
    EXPECT_EQ(all.responsible, "martin");
}

TEST_F(Overview, proc_5_3_a_figure_older_than_a_day_is_stale_whatever_its_mark) {
    const auto day_later = at(later(now, 23 * hour_ns - 1));
    EXPECT_FALSE(day_later.check(CheckId::keys).stale);
    const auto old = at(later(now, 23 * hour_ns + 1));
    for (const auto& one : old.checks) {
        EXPECT_TRUE(one.stale) << check_name(one.id);
        EXPECT_FALSE(one.green()) << check_name(one.id);
    }
    EXPECT_EQ(old.mark(), Mark::unknown);
    EXPECT_FALSE(old.is_protected) << "nobody has heard of it";
}

TEST_F(Overview, proc_5_3_what_is_measured_ages_with_its_measure) {
    site.observe(later(now, 30 * hour_ns), "verify", "", true);
    const auto later_on = at(later(now, 31 * hour_ns));
    EXPECT_FALSE(later_on.check(CheckId::keys).stale) << "the journal is young";
    EXPECT_TRUE(later_on.check(CheckId::space).stale) << "the measure is not";
    EXPECT_EQ(*later_on.check(CheckId::space).as_of, later(now, -hour_ns));
}

TEST_F(Overview, proc_5_3_stale_hours_are_the_policys) {
    site.state.policies.back().limits["stale_hours"] = 48;
    EXPECT_FALSE(check(CheckId::keys, later(now, 40 * hour_ns)).stale);
    EXPECT_EQ(at(now).stale_hours, 48);
}

TEST(OverviewOfLittle, proc_5_3_what_was_never_observed_is_unknown_and_never_ok) {
    test::ProcedureState site(began);
    site.put_equipment("NVR-HALL", began);
    site.capture("NVR-HALL", later(began, hour_ns));
    const auto all = overview(site.state, later(began, 2 * hour_ns));
    for (const auto id : {CheckId::integrity, CheckId::restore_test, CheckId::review, CheckId::space}) {
        EXPECT_EQ(all.check(id).mark, Mark::unknown) << check_name(id);
        EXPECT_FALSE(all.check(id).green());
        EXPECT_FALSE(all.check(id).as_of) << check_name(id);
    }
    EXPECT_NE(all.mark(), Mark::ok);
    EXPECT_FALSE(all.is_protected);
}

TEST(OverviewOfLittle, proc_5_3_of_an_empty_state_nothing_is_green) {
    const auto all = overview(test::ProcedureState(began).state, later(began, hour_ns));
    for (const auto& one : all.checks) {
        if (one.id != CheckId::keys) {
            EXPECT_FALSE(one.green()) << check_name(one.id);
        }
    }
    EXPECT_EQ(all.mark(), Mark::bad);
}

TEST_F(Overview, proc_p3_an_equipment_under_contract_without_a_snapshot_is_a_row_of_its_own) {
    site.put_equipment("NVR-NEW", later(now, -hour_ns));
    const auto all = at(now);
    ASSERT_EQ(all.equipments.size(), 2u);
    EXPECT_EQ(all.equipments[1].name, "NVR-NEW");
    EXPECT_EQ(all.equipments[1].mark, Mark::bad);
    EXPECT_EQ(all.equipments[1].code, "none");
    EXPECT_FALSE(all.equipments[1].is_protected);
    EXPECT_EQ(all.check(CheckId::backup).subject, "NVR-NEW");
    EXPECT_EQ(all.check(CheckId::backup).mark, Mark::bad);
    EXPECT_FALSE(all.is_protected);
}

TEST(OverviewOfLittle, proc_p3_a_site_under_contract_without_an_equipment_is_not_ok) {
    const auto all = overview(test::ProcedureState(began).state, later(began, hour_ns));
    EXPECT_EQ(all.check(CheckId::backup).mark, Mark::bad);
    EXPECT_EQ(all.check(CheckId::backup).code, "no-equipment");
}

TEST_F(Overview, proc_1_1_a_backup_older_than_a_week_and_six_hours_is_not_ok) {
    const auto captured = later(now, -day_ns);
    EXPECT_EQ(check(CheckId::backup, later(captured, 7 * day_ns)).mark, Mark::ok);
    EXPECT_EQ(check(CheckId::backup, later(captured, 7 * day_ns + 4 * hour_ns)).mark, Mark::watch);
    const auto late = check(CheckId::backup, later(captured, 7 * day_ns + 7 * hour_ns));
    EXPECT_EQ(late.mark, Mark::bad);
    EXPECT_EQ(late.code, "late");
    EXPECT_EQ(late.subject, "NVR-HALL");
}

TEST_F(Overview, proc_1_2_an_equipment_captured_by_hand_is_shown_apart_and_never_ok) {
    site.put_equipment("CAM-YARD", later(now, -3 * day_ns), {{"mode", "manual"}});
    site.capture("CAM-YARD", later(now, -2 * hour_ns), {"HEBDO", "MENSUEL"});
    site.verify_copies("cloud", later(now, -hour_ns));
    site.verify_copies("disk", later(now, -hour_ns));
    EXPECT_EQ(check(CheckId::backup).mark, Mark::bad) << "nobody answers for it";
    EXPECT_EQ(check(CheckId::backup).code, "undispensed");
    site.dispense("x1", "manual", "CAM-YARD", later(now, -hour_ns), later(now, 30 * day_ns), "martin", 90);
    const auto all = at(now);
    EXPECT_TRUE(all.equipments[0].dispensed);
    EXPECT_EQ(all.equipments[0].mark, Mark::watch);
    EXPECT_TRUE(all.check(CheckId::backup).dispensed);
    EXPECT_FALSE(all.check(CheckId::backup).green());
    ASSERT_EQ(all.dispensations.size(), 1u);
    EXPECT_EQ(all.dispensations[0].person, "martin");
}

TEST_F(Overview, proc_2_3_a_copy_that_waits_is_watched_and_then_late) {
    site.capture("NVR-HALL", now);
    site.state.copies["cloud"].sent = site.state.heads();
    EXPECT_EQ(check(CheckId::cloud, later(now, hour_ns / 2)).mark, Mark::watch) << "sent is not read back";
    EXPECT_EQ(check(CheckId::cloud, later(now, 2 * hour_ns)).mark, Mark::bad);
    EXPECT_EQ(check(CheckId::cloud, later(now, 2 * hour_ns)).code, "late");
    EXPECT_EQ(check(CheckId::physical, later(now, 2 * hour_ns)).mark, Mark::watch);
    EXPECT_EQ(check(CheckId::physical, later(now, 8 * day_ns)).mark, Mark::bad);
    EXPECT_TRUE(at(later(now, hour_ns / 2)).is_protected) << "one before it is at both places";
    EXPECT_FALSE(at(later(now, 2 * hour_ns)).is_protected);
    site.verify_copies("cloud", later(now, 2 * hour_ns));
    EXPECT_TRUE(at(later(now, 3 * hour_ns)).equipments[0].is_protected);
    EXPECT_FALSE(at(later(now, 7 * day_ns + hour_ns)).equipments[0].is_protected) << "late on the medium";
}

TEST(OverviewOfLittle, proc_2_3_one_place_alone_protects_nothing) {
    test::ProcedureState site(began);
    site.put_equipment("NVR-HALL", began);
    site.put_remote("cloud", "cloud", began);
    site.put_remote("disk", "physical", began);
    site.capture("NVR-HALL", later(began, hour_ns), {"HEBDO", "MENSUEL"});
    site.verify_copies("cloud", later(began, hour_ns));
    EXPECT_FALSE(overview(site.state, later(began, 2 * hour_ns)).equipments.at(0).is_protected);
    site.verify_copies("disk", later(began, hour_ns));
    EXPECT_TRUE(overview(site.state, later(began, 2 * hour_ns)).equipments.at(0).is_protected);
}

TEST_F(Overview, proc_2_3_a_medium_that_is_not_encrypted_is_not_ok_unless_somebody_answers_for_it) {
    site.observe(later(now, -hour_ns), "medium", "disk", false, "clear");
    EXPECT_EQ(check(CheckId::physical).mark, Mark::bad);
    EXPECT_EQ(check(CheckId::physical).code, "unencrypted");
    EXPECT_EQ(check(CheckId::cloud).mark, Mark::ok);
    site.dispense("x1", "medium", "disk", later(now, -hour_ns), later(now, 30 * day_ns), "martin");
    EXPECT_EQ(check(CheckId::physical).mark, Mark::watch);
    EXPECT_TRUE(check(CheckId::physical).dispensed);
}

TEST_F(Overview, proc_2_3_without_a_place_of_a_role_there_is_no_copy) {
    site.remove_remote("cloud", now);
    EXPECT_EQ(check(CheckId::cloud).mark, Mark::bad);
    EXPECT_EQ(check(CheckId::cloud).code, "no-remote");
    site.dispense("x1", "copy", "", now, later(now, 30 * day_ns), "martin");
    EXPECT_EQ(check(CheckId::cloud).mark, Mark::watch);
    EXPECT_TRUE(check(CheckId::cloud).dispensed);
}

TEST_F(Overview, integrity_is_bad_where_damage_was_seen_and_unknown_where_nobody_looked) {
    EXPECT_EQ(check(CheckId::integrity, now).mark, Mark::ok);
    EXPECT_EQ(check(CheckId::integrity, later(now, 9 * day_ns)).code, "late");
    EXPECT_EQ(check(CheckId::integrity, later(now, 9 * day_ns)).mark, Mark::watch);
    site.put_remote("second", "cloud", now);
    EXPECT_EQ(check(CheckId::integrity).mark, Mark::unknown);
    EXPECT_EQ(check(CheckId::integrity).subject, "second");
    site.observe(now, "verify-remote", "disk", false, "damaged");
    EXPECT_EQ(check(CheckId::integrity).mark, Mark::bad);
    EXPECT_EQ(check(CheckId::integrity).subject, "disk");
}

TEST_F(Overview, proc_3_1_a_restore_test_that_is_overdue_is_not_ok) {
    const auto due = *at(now).drill_due;
    EXPECT_EQ(at(now).drill_next, "NVR-HALL");
    EXPECT_EQ(check(CheckId::restore_test, later(due, -10 * day_ns)).code, "soon");
    EXPECT_EQ(check(CheckId::restore_test, later(due, hour_ns)).mark, Mark::bad);
    EXPECT_TRUE(at(later(due, hour_ns)).tests_late);
}

TEST_F(Overview, proc_3_4_a_failed_test_is_not_ok_until_it_is_settled) {
    site.drill("d2", "NVR-HALL", later(now, -hour_ns), false);
    EXPECT_EQ(check(CheckId::restore_test).mark, Mark::bad);
    EXPECT_EQ(check(CheckId::restore_test).code, "failed");
    site.capture("NVR-HALL", later(now, -hour_ns / 2));
    site.drill("d3", "NVR-HALL", now, true);
    EXPECT_NE(check(CheckId::restore_test, later(now, 1)).mark, Mark::bad);
}

TEST_F(Overview, proc_5_1_nobody_responsible_is_not_ok) {
    site.change_site(now, [](auto& record) { record.responsible.clear(); });
    EXPECT_EQ(check(CheckId::responsible).mark, Mark::bad);
    EXPECT_EQ(check(CheckId::responsible).code, "vacant");
}

TEST_F(Overview, proc_5_1_one_without_an_identity_here_is_watched_and_so_is_one_without_a_deputy) {
    site.change_site(now, [](auto& record) { record.responsible = "stranger"; });
    EXPECT_NE(check(CheckId::responsible).mark, Mark::ok);
    site.change_site(now, [](auto& record) {
        record.responsible = "martin";
        record.deputy.clear();
    });
    EXPECT_EQ(check(CheckId::responsible).mark, Mark::watch);
    EXPECT_EQ(check(CheckId::responsible).code, "no-deputy");
}

TEST_F(Overview, proc_5_2_a_month_without_its_review_is_not_ok_after_five_days) {
    EXPECT_EQ(check(CheckId::review, utc("2026-12-03T12:00:00Z")).mark, Mark::watch);
    const auto late = check(CheckId::review, utc("2026-12-08T12:00:00Z"));
    EXPECT_EQ(late.mark, Mark::bad);
    EXPECT_EQ(late.code, "overdue");
    EXPECT_EQ(late.numbers.at("reviews"), 2);
}

TEST_F(Overview, proc_5_2_a_review_that_refuses_what_it_saw_is_not_ok) {
    for (auto& [id, review] : site.state.procedure.reviews)
        if (review.month == "2026-10" && review.scope == "site") review.accepted = false;
    EXPECT_EQ(check(CheckId::review).mark, Mark::bad);
    EXPECT_EQ(check(CheckId::review).code, "refused");
}

TEST_F(Overview, proc_5_4_space_tells_what_is_left_and_for_how_long) {
    site.state.snapshots.all().back().added_bytes = 90'000'000'000;  // a gigabyte a day, or a little more
    const auto enough = check(CheckId::space);
    EXPECT_EQ(enough.numbers.at("percent"), 60);
    EXPECT_GT(enough.numbers.at("days"), 300);
    space(now, 15);
    EXPECT_EQ(check(CheckId::space).mark, Mark::bad) << "two of the largest backup do not fit";
    space(now, 5);
    EXPECT_EQ(check(CheckId::space).code, "low");
}

TEST_F(Overview, proc_5_4_space_that_is_full_in_thirty_days_is_not_ok) {
    for (auto& snapshot : site.state.snapshots.all()) snapshot.added_bytes = 300'000'000'000;
    const auto filling = check(CheckId::space);
    EXPECT_EQ(filling.mark, Mark::bad);
    EXPECT_EQ(filling.code, "filling");
    EXPECT_LT(filling.numbers.at("days"), 30);
}

TEST_F(Overview, of_space_a_remote_counts_too) {
    space(now, 3, "disk");
    EXPECT_EQ(check(CheckId::space).mark, Mark::bad);
    EXPECT_EQ(check(CheckId::space).subject, "disk");
}

TEST_F(Overview, of_twelve_months_counts_each_kind_and_what_has_expired) {
    auto& first = site.state.snapshots.all().front();
    first.expired = later(now, -day_ns);
    const auto all = at(now);
    const auto& months = all.equipments[0].months;
    EXPECT_EQ(months[11].month.text(), "2026-11");
    EXPECT_EQ(months[9].month.text(), "2026-09");
    EXPECT_EQ(months[9].hebdo.expired, 1);
    EXPECT_EQ(months[9].hebdo.kept, 4);
    EXPECT_EQ(months[8].hebdo.kept, 0);
    EXPECT_FALSE(months[8].expected) << "it was not there yet";
    EXPECT_TRUE(months[10].expected);
    EXPECT_FALSE(months[11].expected) << "the month is not over";
}

TEST_F(Overview, proc_1_1_a_month_of_partial_backups_is_a_month_without_one) {
    for (auto& snapshot : site.state.snapshots.all())
        if (snapshot.time < utc("2026-10-31T00:00:00Z") && utc("2026-10-01T00:00:00Z") < snapshot.time) {
            snapshot.complete = false;
            snapshot.bytes = 213'000;
        }
    const auto all = at(now);
    const auto& october = all.equipments[0].months[10];
    EXPECT_EQ(october.hebdo.kept, 0);
    EXPECT_GT(october.hebdo.partial, 0);
    EXPECT_EQ(all.equipments[0].bytes[10], 0u);
}

TEST_F(Overview, proc_5_3_nothing_is_protected_by_figures_that_are_old) {
    EXPECT_TRUE(at(later(now, 20 * hour_ns)).equipments[0].is_protected);
    const auto old = at(later(now, 30 * hour_ns));
    EXPECT_FALSE(old.equipments[0].is_protected);
    EXPECT_FALSE(old.is_protected);
}

TEST(OverviewOfLittle, of_expiries_tells_those_of_the_next_thirty_days_the_first_one_first) {
    test::ProcedureState site(began);
    site.put_equipment("NVR-HALL", began);
    for (auto at = later(began, hour_ns); at < now; at = later(at, 7 * day_ns)) site.capture("NVR-HALL", at);
    const auto all = overview(site.state, now);
    std::vector<std::pair<std::string, std::string>> rows;
    for (const auto& row : all.expiries) {
        EXPECT_EQ(row.equipment, "NVR-HALL");
        rows.emplace_back(to_rfc3339(row.at), row.snapshot);
    }
    const auto name = [](const std::string& day) {
        return "CLIEXEMP_SIEGEPARIS_NVR_NVR-HALL_" + day + "_1100_HEBDO";
    };
    EXPECT_EQ(rows,
              (std::vector<std::pair<std::string, std::string>>{{"2026-12-01T23:00:00Z", name("20260901")},
                                                                {"2026-12-08T23:00:00Z", name("20260908")},
                                                                {"2026-12-15T23:00:00Z", name("20260915")},
                                                                {"2026-12-22T23:00:00Z", name("20260922")}}));
    EXPECT_EQ(all.equipments[0].next_expiry, utc("2026-12-01T23:00:00Z"));
}

TEST_F(Overview, proc_5_4_anomalies_come_with_their_time_and_the_late_are_counted) {
    site.observe(now, "verify", "", false, "damaged");
    site.say(now, upkeep(site.state, now));
    EXPECT_EQ(at(now).anomalies_late, 0u);
    const auto all = at(later(now, 30 * hour_ns));
    ASSERT_FALSE(all.anomalies.empty());
    EXPECT_EQ(all.anomalies[0].kind, "integrity");
    EXPECT_EQ(all.anomalies[0].due, later(now, 24 * hour_ns));
    EXPECT_TRUE(all.anomalies[0].breached);
    EXPECT_GE(all.anomalies_late, 1u);
    EXPECT_EQ(all.mark(), Mark::bad);
}

TEST_F(Overview, proc_5_4_a_critical_anomaly_that_no_check_tells_of_makes_a_site_not_ok) {
    const auto seen = later(now, -hour_ns);
    site.observe(seen, "clear-text", "NVR-HALL", false, "left");
    site.say(seen, upkeep(site.state, seen));
    const auto all = at(now);
    ASSERT_EQ(all.anomalies.size(), 1u);
    EXPECT_FALSE(all.anomalies[0].breached);
    for (const auto& one : all.checks) EXPECT_EQ(one.mark, Mark::ok) << check_name(one.id);
    EXPECT_EQ(all.mark(), Mark::bad);
}

TEST_F(Overview, proc_1_1_what_another_rule_calls_an_anomaly_is_not_ok_here_either) {
    site.capture("NVR-HALL", later(now, -hour_ns / 2), {"HEBDO"}, false);
    const auto all = at(now);
    EXPECT_EQ(all.check(CheckId::backup).mark, Mark::bad);
    EXPECT_EQ(all.check(CheckId::backup).code, "backup_partial");
    EXPECT_EQ(all.equipments[0].mark, Mark::bad);
    EXPECT_EQ(all.check(CheckId::cloud).mark, Mark::ok) << "what is not complete is not waited for";
}

TEST_F(Overview, proc_1_3_undeclared_changes_are_categories_and_counts_and_no_value) {
    for (int i = 0; i < 3; ++i) {
        auto& snapshot = site.capture("NVR-HALL", later(now, (i - 3) * hour_ns), {"HEBDO"});
        snapshot.fingerprints = {
            {"version", "1"}, {"rights", std::to_string(i)}, {"users", std::to_string(i)}};
    }
    const auto all = at(now);
    ASSERT_EQ(all.undeclared.size(), 1u);
    EXPECT_EQ(all.undeclared[0].category, "rights");
    EXPECT_EQ(all.undeclared[0].count, 2);
}

TEST_F(Overview, one_key_alone_is_not_ok) {
    site.state.slots.back().removed = true;
    EXPECT_EQ(check(CheckId::keys).mark, Mark::bad);
    EXPECT_EQ(check(CheckId::keys).code, "one");
    EXPECT_EQ(check(CheckId::keys).numbers.at("ways"), 1);
}

TEST_F(Overview, proc_2_1_a_machine_whose_encryption_fails_its_test_is_not_ok) {
    site.observe(now, "encryption", "", false, "mismatch");
    EXPECT_EQ(check(CheckId::keys).mark, Mark::bad);
    EXPECT_EQ(check(CheckId::keys).code, "encryption");
}

TEST_F(Overview, proc_2_3_a_place_that_is_out_of_reach_is_not_damaged) {
    for (const auto* code : {"unreachable", "not-plugged-in"}) {
        site.observe(now, "verify-remote", "disk", false, code);
        EXPECT_EQ(check(CheckId::integrity).mark, Mark::ok) << code;
        EXPECT_EQ(check(CheckId::integrity).code, "verified") << code;
    }
}

TEST_F(Overview, proc_2_3_what_is_damaged_is_told_with_where_it_lies) {
    site.observe(now, "verify-remote", "disk", false, "damaged");
    EXPECT_EQ(check(CheckId::integrity).mark, Mark::bad);
    EXPECT_EQ(check(CheckId::integrity).code, "damaged");
    EXPECT_EQ(check(CheckId::integrity).subject, "disk");
}

TEST_F(Overview, proc_5_1_also_without_a_contract_a_responsible_person_is_one_of_the_site) {
    site.change_site(later(now, -hour_ns), [](auto& record) {
        record.contract_until = "2026-11-01";
        record.responsible = "nobody";
    });
    EXPECT_EQ(check(CheckId::responsible).mark, Mark::watch);
    EXPECT_EQ(check(CheckId::responsible).code, "not-enrolled");
}

TEST_F(Overview, proc_1_1_what_is_not_backed_up_as_it_must_be_is_not_protected) {
    site.capture("NVR-HALL", later(now, -hour_ns / 2), {"HEBDO"}, false);
    EXPECT_FALSE(at(now).equipments[0].is_protected);
    EXPECT_FALSE(at(now).is_protected);
}

TEST_F(Overview, proc_2_3_what_is_late_on_a_medium_is_not_protected) {
    const auto capture = [&](Timestamp when) {
        site.capture("NVR-HALL", when, {"HEBDO", "MENSUEL"});
        site.verify_copies("cloud", when);
    };
    capture(now);
    const auto soon = later(now, 6 * day_ns), late = later(now, 7 * day_ns + hour_ns);
    seen(soon);
    EXPECT_TRUE(at(soon).equipments[0].is_protected);
    capture(later(now, 7 * day_ns));
    seen(late);
    EXPECT_EQ(at(late).equipments[0].mark, Mark::ok);
    EXPECT_FALSE(at(late).equipments[0].is_protected);
}

TEST_F(Overview, proc_p3_a_month_that_began_without_a_contract_is_not_expected) {
    EXPECT_TRUE(at(now).equipments[0].months[10].expected);
    site.change_site(later(began, hour_ns), [](auto& record) { record.contract_from = "2026-10-15"; });
    EXPECT_FALSE(at(now).equipments[0].months[10].expected);
}

TEST(OverviewOfLittle, a_site_without_an_equipment_is_not_protected) {
    EXPECT_FALSE(overview(test::ProcedureState(began).state, now).is_protected);
}

TEST(Marks, the_worse_of_two_is_bad_then_unknown_then_watch) {
    EXPECT_EQ(worse(Mark::ok, Mark::watch), Mark::watch);
    EXPECT_EQ(worse(Mark::unknown, Mark::watch), Mark::unknown);
    EXPECT_EQ(worse(Mark::unknown, Mark::bad), Mark::bad);
    EXPECT_EQ(worse(Mark::ok, Mark::ok), Mark::ok);
}

}  // namespace
}  // namespace coffre::rules
