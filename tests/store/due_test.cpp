// What is due, from the last success and the site's calendar.

#include "store/rules/due.hpp"

#include <gtest/gtest.h>

#include "tests/support/procedure_state.hpp"

namespace coffre::rules {
namespace {

using test::day_ns;
using test::hour_ns;
using test::later;
using test::minute_ns;
using test::utc;

const Timestamp began = utc("2026-01-05T08:00:00Z");      // a Monday
const Timestamp saturday = utc("2026-01-10T02:00:00Z");   // 03:00 in Paris
const Timestamp saturday2 = utc("2026-01-17T02:00:00Z");  // the next one

class Due : public ::testing::Test {
protected:
    Due() : site(began), state(site.state) { site.put_equipment("NVR-HALL", began); }

    [[nodiscard]] std::vector<Job> of(JobKind kind, Timestamp now) const {
        auto jobs = due_jobs(state, now, site.machine);
        std::erase_if(jobs, [&](const Job& job) { return job.kind != kind; });
        return jobs;
    }
    void expect_from(JobKind kind, Timestamp instant) const {
        EXPECT_TRUE(of(kind, {instant.ns - 1}).empty()) << job_name(kind);
        const auto jobs = of(kind, instant);
        ASSERT_EQ(jobs.size(), 1U) << job_name(kind);
        EXPECT_EQ(jobs[0].due, instant) << job_name(kind);
    }
    // Everything is done and right at that time.
    void all_done(Timestamp at) {
        site.capture("NVR-HALL", at);
        for (const auto& [name, remote] : state.remotes) site.verify_copies(name, at);
        for (const auto* what : {observed::space, observed::verify, observed::verify_data})
            site.observe(at, what, "", true);
        for (const auto& [name, remote] : state.remotes)
            site.observe(at, observed::verify_remote, name, true);
    }

    test::ProcedureState site;
    journal::State& state;
};

TEST_F(Due, nothing_is_where_everything_was_just_done) {
    site.put_remote("cloud", "cloud", began);
    all_done(saturday);
    EXPECT_TRUE(due_jobs(state, saturday, site.machine).empty());
    EXPECT_EQ(next_due(state, saturday, site.machine), later(saturday, 18 * hour_ns))
        << "how much space is left";
}

TEST_F(Due, proc_1_2_what_was_never_captured_is_at_once) {
    expect_from(JobKind::capture, began);
    EXPECT_EQ(of(JobKind::capture, began)[0].subject, "NVR-HALL");
}

TEST_F(Due, proc_1_1_a_capture_is_at_the_site_s_weekly_time_until_it_is_complete) {
    site.capture("NVR-HALL", later(began, hour_ns));
    expect_from(JobKind::capture, saturday);
    site.capture("NVR-HALL", later(saturday, minute_ns), {"HEBDO"}, false);
    EXPECT_EQ(of(JobKind::capture, later(saturday, 2 * minute_ns)).size(), 1U);
    site.capture("NVR-HALL", later(saturday, 5 * minute_ns));
    expect_from(JobKind::capture, saturday2);
}

TEST_F(Due, proc_1_1_a_snapshot_that_somebody_dated_is_not_the_week_s) {
    site.capture("NVR-HALL", later(began, hour_ns));
    site.capture("NVR-HALL", later(saturday, hour_ns)).dated_by_operator = true;
    EXPECT_EQ(of(JobKind::capture, later(saturday, 2 * hour_ns)).size(), 1U);
}

TEST_F(Due, proc_1_1_after_weeks_of_downtime_one_capture_catches_up) {
    site.capture("NVR-HALL", later(began, hour_ns));
    const auto back = later(saturday, 30 * day_ns + 5 * hour_ns);
    const auto jobs = of(JobKind::capture, back);
    ASSERT_EQ(jobs.size(), 1U);
    EXPECT_EQ(jobs[0].due, utc("2026-02-07T02:00:00Z")) << "the last one that was missed";
    site.capture("NVR-HALL", back);
    EXPECT_TRUE(of(JobKind::capture, back).empty());
}

TEST_F(Due, proc_1_1_a_capture_is_at_the_time_that_the_site_says) {
    site.capture("NVR-HALL", later(began, hour_ns));
    state.site.schedule = "wed 22:30";
    expect_from(JobKind::capture, utc("2026-01-07T21:30:00Z"));
    state.site.schedule = "whenever";
    expect_from(JobKind::capture, saturday);
}

TEST_F(Due, a_capture_that_failed_is_again_an_hour_later) {
    site.capture("NVR-HALL", later(began, hour_ns));
    site.observe(later(saturday, minute_ns), observed::capture, "NVR-HALL", false, "unreachable");
    expect_from(JobKind::capture, later(saturday, 61 * minute_ns));
    state.policies.back().limits["retry_minutes"] = 10;
    expect_from(JobKind::capture, later(saturday, 11 * minute_ns));
}

TEST_F(Due, a_failure_before_a_success_does_not_hold_back_the_next_capture) {
    site.observe(later(began, hour_ns), observed::capture, "NVR-HALL", false, "unreachable");
    site.capture("NVR-HALL", later(began, 2 * hour_ns));
    state.policies.back().limits["retry_minutes"] = 24 * 60;
    site.put_equipment("NVR-HALL", later(began, 3 * hour_ns));
    state.site.schedule = "mon 12:30";  // 11:30 UTC
    expect_from(JobKind::capture, later(began, 3 * hour_ns + 30 * minute_ns));
}

TEST_F(Due, a_failure_that_a_clock_ahead_dated_holds_nothing_back) {
    site.observe(later(began, 300 * day_ns), observed::capture, "NVR-HALL", false, "unreachable");
    EXPECT_EQ(of(JobKind::capture, later(began, hour_ns)).size(), 1U);
}

TEST_F(Due, proc_1_2_what_is_captured_by_hand_or_not_under_contract_is_never) {
    site.put_equipment("CAM-2", began, {});
    site.put_equipment("CAM-3", began, {{"address", "a"}, {"contract", "no"}});
    site.put_equipment("CAM-4", began, {{"address", "a"}}, true);
    EXPECT_EQ(of(JobKind::capture, later(began, hour_ns)).size(), 1U);
    state.site.contract_until = "2026-01-05";
    EXPECT_TRUE(of(JobKind::capture, later(began, 2 * day_ns)).empty());
}

TEST_F(Due, proc_3_4_a_new_capture_is_at_once_after_a_failed_restore_test) {
    site.capture("NVR-HALL", later(began, hour_ns));
    site.drill("t1", "NVR-HALL", later(began, 2 * hour_ns), false);
    expect_from(JobKind::capture, later(began, 2 * hour_ns));
    site.capture("NVR-HALL", later(began, 3 * hour_ns));
    EXPECT_TRUE(of(JobKind::capture, later(began, 3 * hour_ns)).empty());
}

TEST_F(Due, proc_4_3_nothing_is_captured_in_the_hour_that_comes_twice) {
    // 25 October 2026: 02:00 to 03:00 in Paris comes twice, from 00:00 to 02:00 UTC.
    state.site.schedule = "sun 02:30";
    site.capture("NVR-HALL", utc("2026-10-20T00:00:00Z"));
    expect_from(JobKind::capture, utc("2026-10-25T02:00:00Z"));
    // One that is overdue waits for it to pass.
    state.site.schedule = "sat 03:00";
    EXPECT_EQ(of(JobKind::capture, utc("2026-10-24T23:59:59Z")).size(), 1U);
    for (const auto* at :
         {"2026-10-25T00:00:00Z", "2026-10-25T00:59:59Z", "2026-10-25T01:00:00Z", "2026-10-25T01:59:59Z"})
        EXPECT_TRUE(of(JobKind::capture, utc(at)).empty()) << at;
    EXPECT_EQ(of(JobKind::capture, utc("2026-10-25T02:00:00Z")).size(), 1U);
    // And one that failed is not tried again in it.
    site.observe(utc("2026-10-24T23:30:00Z"), observed::capture, "NVR-HALL", false, "unreachable");
    EXPECT_TRUE(of(JobKind::capture, utc("2026-10-25T01:45:00Z")).empty());
    EXPECT_EQ(next_due(state, utc("2026-10-24T23:45:00Z"), site.machine), began) << "the space";
}

TEST_F(Due, proc_4_3_what_is_in_the_hour_that_is_skipped_is_at_its_end) {
    // 29 March 2026: 02:00 to 03:00 in Paris does not come.
    state.site.schedule = "sun 02:30";
    site.capture("NVR-HALL", utc("2026-03-24T00:00:00Z"));
    expect_from(JobKind::capture, utc("2026-03-29T01:00:00Z"));
}

TEST_F(Due, proc_4_3_half_an_hour_that_comes_twice_is_passed_over_too) {
    // Lord Howe Island, 5 April 2026: 01:30 to 02:00 comes twice, from 14:30 to 15:30 UTC the day before.
    state.site.timezone = "Australia/Lord_Howe";
    state.site.schedule = "sun 01:45";
    site.capture("NVR-HALL", utc("2026-04-01T00:00:00Z"));
    expect_from(JobKind::capture, utc("2026-04-04T15:30:00Z"));
}

TEST_F(Due, proc_2_3_a_mirror_is_at_once_where_something_is_not_read_back) {
    site.put_remote("cloud", "cloud", began);
    site.put_remote("disk", "physical", began);
    EXPECT_TRUE(of(JobKind::mirror, later(began, hour_ns)).empty()) << "there is nothing yet";
    const auto taken = later(began, hour_ns);
    site.capture("NVR-HALL", taken);
    EXPECT_EQ(of(JobKind::mirror, taken).size(), 2U);
    EXPECT_TRUE(of(JobKind::mirror, {taken.ns - 1}).empty());
    state.copies["cloud"].sent = state.heads();
    EXPECT_EQ(of(JobKind::mirror, taken).size(), 2U) << "sent is not read back";
    site.verify_copies("cloud", taken);
    const auto jobs = of(JobKind::mirror, taken);
    ASSERT_EQ(jobs.size(), 1U);
    EXPECT_EQ(jobs[0].subject, "disk");
    EXPECT_EQ(jobs[0].due, taken);
    site.remove_remote("disk", taken);
    EXPECT_TRUE(of(JobKind::mirror, taken).empty());
}

TEST_F(Due, a_mirror_that_failed_is_again_after_a_while_and_one_not_plugged_in_an_hour_later) {
    state.policies.back().limits["retry_minutes"] = 10;
    site.put_remote("disk", "physical", began);
    site.capture("NVR-HALL", later(began, hour_ns));
    site.observe(later(began, 2 * hour_ns), observed::mirror, "disk", false, "unreachable");
    expect_from(JobKind::mirror, later(began, 2 * hour_ns + 10 * minute_ns));
    site.observe(later(began, 3 * hour_ns), observed::mirror, "disk", false, "not-plugged-in");
    expect_from(JobKind::mirror, later(began, 4 * hour_ns));
}

TEST_F(Due, a_mirror_that_went_well_and_left_something_is_not_tried_without_end) {
    site.put_remote("disk", "physical", began);
    site.capture("NVR-HALL", later(began, hour_ns));
    site.observe(later(began, 2 * hour_ns), observed::mirror, "disk", true);
    expect_from(JobKind::mirror, later(began, 3 * hour_ns));
    site.verify_copies("disk", later(began, 3 * hour_ns));
    site.capture("NVR-HALL", later(began, 3 * hour_ns + minute_ns));
    EXPECT_EQ(of(JobKind::mirror, later(began, 3 * hour_ns + minute_ns)).size(), 1U) << "a new one, at once";
}

TEST_F(Due, checks_are_so_many_days_after_they_last_went_well) {
    site.put_remote("disk", "physical", began);
    all_done(saturday);
    expect_from(JobKind::verify, later(saturday, 7 * day_ns));
    expect_from(JobKind::verify_data, later(saturday, 31 * day_ns));
    expect_from(JobKind::verify_remote, later(saturday, 31 * day_ns));
    EXPECT_EQ(of(JobKind::verify_remote, later(saturday, 31 * day_ns))[0].subject, "disk");
    site.observe(later(saturday, 7 * day_ns), observed::verify, "", false, "damaged");
    expect_from(JobKind::verify, later(saturday, 7 * day_ns + hour_ns));
    site.observe(later(saturday, 8 * day_ns), observed::verify, "", true);
    expect_from(JobKind::verify, later(saturday, 15 * day_ns));
}

TEST_F(Due, checks_that_were_never_made_count_from_when_there_was_something) {
    EXPECT_TRUE(of(JobKind::verify, later(began, 90 * day_ns)).empty()) << "nothing to check";
    site.put_remote("disk", "physical", later(began, day_ns));
    site.capture("NVR-HALL", later(began, hour_ns));
    expect_from(JobKind::verify, later(began, 7 * day_ns));
    expect_from(JobKind::verify_data, later(began, 31 * day_ns));
    EXPECT_TRUE(of(JobKind::verify_remote, later(began, 90 * day_ns)).empty()) << "nothing there";
    site.verify_copies("disk", later(began, 2 * day_ns));
    expect_from(JobKind::verify_remote, later(began, 32 * day_ns));
}

TEST_F(Due, space_is_looked_at_every_18_hours) {
    expect_from(JobKind::space, began);
    site.observe(later(began, hour_ns), observed::space, "", false, "full");
    expect_from(JobKind::space, later(began, 19 * hour_ns));
}

TEST_F(Due, captures_come_first_then_copies_then_checks) {
    site.put_remote("disk", "physical", began);
    site.capture("NVR-HALL", later(began, hour_ns));
    site.verify_copies("disk", later(began, hour_ns));
    site.capture("NVR-HALL", later(began, 2 * hour_ns));
    std::vector<std::string> names;
    for (const auto& job : due_jobs(state, later(began, 60 * day_ns), site.machine))
        names.emplace_back(job_name(job.kind));
    EXPECT_EQ(names, (std::vector<std::string>{"capture", "mirror", "space", "verify", "verify-remote",
                                               "verify-data"}));
}

TEST_F(Due, the_next_one_is_the_earliest_of_all) {
    all_done(saturday);
    site.observe(later(saturday, 7 * day_ns - hour_ns), observed::space, "", true);
    site.observe(later(saturday, 6 * day_ns), observed::verify, "", true);
    EXPECT_EQ(next_due(state, later(saturday, 7 * day_ns - hour_ns), site.machine), saturday2);
    EXPECT_EQ(next_due(state, later(saturday2, hour_ns), site.machine), saturday2) << "it is due";
}

TEST_F(Due, what_a_machine_did_whose_clock_is_a_little_ahead_is_done) {
    site.capture("NVR-HALL", later(saturday, 70 * minute_ns));
    EXPECT_EQ(of(JobKind::capture, later(saturday, 60 * minute_ns)).size(), 0U);
    EXPECT_EQ(of(JobKind::capture, later(saturday, 60 * minute_ns - 1)).size(), 1U) << "that clock is wrong";
}

TEST_F(Due, an_observation_that_says_the_same_within_18_hours_is_known) {
    journal::Observation seen;
    seen.what = observed::space;
    seen.own = true;
    seen.actor = site.machine;
    EXPECT_FALSE(is_known(state, seen, began)) << "the first one";
    site.observe(began, observed::space, "", true);
    EXPECT_TRUE(is_known(state, seen, later(began, 18 * hour_ns - 1)));
    EXPECT_FALSE(is_known(state, seen, later(began, 18 * hour_ns)));
    seen.ok = false;
    EXPECT_FALSE(is_known(state, seen, began)) << "it changed";
    site.observe(began, observed::space, "", false, "full");
    EXPECT_FALSE(is_known(state, seen, began)) << "another word";
    seen.code = "full";
    EXPECT_TRUE(is_known(state, seen, later(began, 18 * hour_ns - 1)));
    auto other = seen;
    other.actor.bytes[0] = 9;
    EXPECT_FALSE(is_known(state, other, began)) << "of another machine";
    seen.subject = "disk";
    EXPECT_FALSE(is_known(state, seen, began)) << "of another";
}

TEST_F(Due, each_attempt_that_failed_is_worth_a_record) {
    journal::Observation seen;
    seen.what = observed::capture;
    seen.subject = "NVR-HALL";
    seen.ok = false;
    seen.code = "unreachable";
    site.observe(began, seen.what, seen.subject, false, seen.code);
    EXPECT_TRUE(is_known(state, seen, later(began, hour_ns - 1)));
    EXPECT_FALSE(is_known(state, seen, later(began, hour_ns)));
    EXPECT_FALSE(is_known(state, seen, {began.ns - 1})) << "what a clock that was ahead said is yet to come";
}

TEST_F(Due, proc_1_1_a_pre_or_a_post_after_the_slot_does_not_stand_for_the_week_s) {
    site.capture("NVR-HALL", later(began, hour_ns));
    for (const auto* kind : {"PRE", "POST"}) {
        site.capture("NVR-HALL", later(saturday, minute_ns), {kind});
        EXPECT_EQ(of(JobKind::capture, later(saturday, hour_ns)).size(), 1U) << kind;
    }
    site.capture("NVR-HALL", later(saturday, hour_ns), {"HEBDO", "MENSUEL"});
    expect_from(JobKind::capture, saturday2);
}

TEST_F(Due, checks_of_this_copy_are_asked_of_each_machine_by_itself) {
    all_done(saturday);
    ActorId other;
    other.bytes[0] = 9;
    const auto names = [&](const ActorId& self) {
        std::vector<std::string> found;
        for (const auto& job : due_jobs(state, later(saturday, hour_ns), self))
            found.emplace_back(job_name(job.kind));
        return found;
    };
    EXPECT_TRUE(names(site.machine).empty());
    EXPECT_EQ(names(other), std::vector<std::string>{"space"});
    state.site.version.time = later(saturday, -40 * day_ns);
    EXPECT_EQ(names(other), (std::vector<std::string>{"space", "verify", "verify-data"}));
    EXPECT_TRUE(names(site.machine).empty());
}

TEST_F(Due, a_machine_s_own_are_its_copy_its_room_its_clock_and_what_runs_on_it) {
    for (const auto* what : {observed::verify, observed::verify_data, observed::encryption, observed::clock,
                             observed::hook, observed::clear_text, observed::dashboard, observed::space})
        EXPECT_TRUE(is_own(what, "")) << what;
    for (const auto* what : {observed::capture, observed::mirror, observed::verify_remote, observed::medium,
                             observed::certificate, observed::rollback, observed::space})
        EXPECT_FALSE(is_own(what, "disk")) << what;
}

TEST_F(Due, that_something_damaged_is_out_of_reach_is_no_news) {
    site.observe(began, observed::verify_remote, "disk", false, "damaged");
    journal::Observation seen;
    seen.what = observed::verify_remote;
    seen.subject = "disk";
    seen.ok = false;
    for (const auto* code : {"unreachable", "not-plugged-in"}) {
        seen.code = code;
        EXPECT_TRUE(is_known(state, seen, later(began, minute_ns))) << code;
    }
    seen.code = "other";
    EXPECT_FALSE(is_known(state, seen, later(began, minute_ns)));
}

TEST_F(Due, what_a_clock_a_little_ahead_saw_counts_and_what_one_far_ahead_saw_does_not) {
    const auto now = later(began, hour_ns);
    site.observe(later(now, 10 * minute_ns), observed::space, "", true);
    EXPECT_TRUE(of(JobKind::space, now).empty());
    EXPECT_EQ(of(JobKind::space, {now.ns - 1}).size(), 1U);
}

}  // namespace
}  // namespace coffre::rules
