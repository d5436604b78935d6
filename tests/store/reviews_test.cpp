// Monthly reviews: when they are due, whose signature counts, and the figures that they freeze.

#include "store/rules/reviews.hpp"

#include <gtest/gtest.h>

#include "store/rules/conditions.hpp"
#include "store/rules/month_figures.hpp"
#include "tests/support/procedure_state.hpp"

namespace coffre::rules {
namespace {

using test::day_ns;
using test::hour_ns;
using test::later;
using test::minute_ns;
using test::ProcedureState;
using test::utc;

const Month january{2026, 1}, february{2026, 2}, march{2026, 3};

// Alice is responsible, Bruno her deputy, Carole another technician.
ProcedureState with_people() {
    ProcedureState site;
    const auto at = utc("2026-01-05T08:10:00Z");
    for (const char* name : {"alice", "bruno", "carole"}) site.add_person(name, at);
    site.change_site(utc("2026-01-05T08:20:00Z"), [](journal::Site& record) {
        record.responsible = "alice";
        record.deputy = "bruno";
    });
    return site;
}

const ReviewDue* find(const std::vector<ReviewDue>& reviews, const std::string& scope, const Month& month) {
    for (const auto& item : reviews)
        if (item.scope == scope && item.month == month) return &item;
    return nullptr;
}

const journal::Review* done(const ProcedureState& site, const std::string& scope, const Month& month,
                            const char* now) {
    const auto all = reviews(site.state, utc(now));
    const auto* item = find(all, scope, month);
    return item == nullptr ? nullptr : item->done;
}

bool is_missing(const ProcedureState& site, Timestamp now, const std::string& month) {
    const auto all = conditions(site.state, now);
    return std::any_of(all.begin(), all.end(), [&](const auto& condition) {
        return std::string(condition.kind->name) == "review_missing" &&
               condition.key.find(month) != std::string::npos &&
               condition.key.find("site") != std::string::npos;
    });
}

// Saturdays at 03:00 in Paris, from the first one of the site on.
std::vector<Timestamp> saturdays(int count) {
    std::vector<Timestamp> slots;
    auto slot = next_slot("Europe/Paris", WeeklySlot{}, utc("2026-01-05T08:00:00Z"));
    for (; count > 0; --count) {
        slots.push_back(slot);
        slot = next_slot("Europe/Paris", WeeklySlot{}, slot);
    }
    return slots;
}

const EquipmentFigures& of(const MonthFigures& figures, const std::string& name) {
    for (const auto& item : figures.equipment)
        if (item.name == name) return item;
    throw std::out_of_range(name);
}

WeekState week(const MonthFigures& figures, const std::string& name, const std::string& number) {
    for (const auto& item : of(figures, name).weeks)
        if (item.week == number) return item.state;
    throw std::out_of_range(number);
}

TEST(Reviews, proc_5_2_review_is_due_five_days_after_the_month) {
    const auto site = with_people();
    const auto due = utc("2026-03-05T23:00:00Z");  // 6 March 00:00 in Paris: five whole days
    const auto all = reviews(site.state, utc("2026-03-02T12:00:00Z"));
    ASSERT_NE(find(all, "site", february), nullptr);
    EXPECT_EQ(find(all, "site", february)->due, due);
    EXPECT_EQ(find(all, "internal", february)->due, due);
    EXPECT_EQ(find(all, "site", march), nullptr) << "it is not over";
    EXPECT_FALSE(is_missing(site, {due.ns - 1}, "2026-02"));
    EXPECT_TRUE(is_missing(site, due, "2026-02"));
}

TEST(Reviews, proc_5_2_review_due_days_are_counted_on_the_wall_over_a_change_of_hour) {
    const auto site = with_people();
    const auto all = reviews(site.state, utc("2026-11-02T12:00:00Z"));
    EXPECT_EQ(find(all, "site", Month{2026, 3})->due, utc("2026-04-05T22:00:00Z"));
    EXPECT_EQ(find(all, "site", Month{2026, 10})->due, utc("2026-11-05T23:00:00Z"));
}

TEST(Reviews, proc_5_2_a_signed_review_ends_what_was_missing) {
    auto site = with_people();
    const auto now = utc("2026-03-10T12:00:00Z");
    EXPECT_TRUE(is_missing(site, now, "2026-02"));
    site.review("r1", "site", "2026-02", utc("2026-03-09T12:00:00Z"), "alice");
    EXPECT_FALSE(is_missing(site, now, "2026-02"));
    EXPECT_TRUE(is_missing(site, now, "2026-01")) << "each month has one of its own";
}

TEST(Reviews, proc_5_2_only_the_responsible_or_deputy_signs) {
    auto site = with_people();
    const char* now = "2026-03-04T12:00:00Z";
    site.review("r1", "site", "2026-02", utc("2026-03-02T08:00:00Z"), "carole");
    EXPECT_EQ(done(site, "site", february, now), nullptr) << "a technician of the site, and not responsible";
    site.review("r2", "site", "2026-02", utc("2026-03-02T09:00:00Z"), "mallory");
    EXPECT_EQ(done(site, "site", february, now), nullptr) << "nobody of this site";
    site.review("r3", "site", "2026-02", utc("2026-03-03T08:00:00Z"), "bruno");
    ASSERT_NE(done(site, "site", february, now), nullptr);
    EXPECT_EQ(done(site, "site", february, now)->id, "r3");
}

TEST(Reviews, proc_5_2_responsible_is_who_was_so_when_it_was_signed) {
    auto site = with_people();
    site.change_site(utc("2026-03-02T00:00:00Z"), [](journal::Site& record) {
        record.responsible = "carole";
        record.deputy = "";
    });
    site.review("r1", "site", "2026-02", utc("2026-03-03T08:00:00Z"), "alice");
    EXPECT_EQ(done(site, "site", february, "2026-03-04T12:00:00Z"), nullptr);
    site.review("r2", "site", "2026-02", utc("2026-03-03T09:00:00Z"), "carole");
    EXPECT_EQ(done(site, "site", february, "2026-03-04T12:00:00Z")->id, "r2");
    // What counted then still counts after the next change.
    site.change_site(utc("2026-03-05T00:00:00Z"),
                     [](journal::Site& record) { record.responsible = "bruno"; });
    EXPECT_EQ(done(site, "site", february, "2026-03-06T12:00:00Z")->id, "r2");
}

TEST(Reviews, proc_5_2_a_statement_without_its_signature_does_not_count) {
    auto site = with_people();
    journal::Review review;
    review.id = "r1";
    review.scope = "site";
    review.month = "2026-02";
    review.figures = journal::Json::object();
    review.signature = {"", "alice"};
    site.say(utc("2026-03-02T08:00:00Z"), journal::review_record(review));
    EXPECT_EQ(done(site, "site", february, "2026-03-04T12:00:00Z"), nullptr);
    auto record = site.signed_by("alice", journal::review_record(review));
    record["month"] = "2026-01";  // after it was signed
    record["id"] = "r2";
    site.say(utc("2026-03-02T09:00:00Z"), record);
    EXPECT_EQ(done(site, "site", january, "2026-03-04T12:00:00Z"), nullptr);
}

TEST(Reviews, one_that_was_accepted_goes_before_one_that_was_refused) {
    auto site = with_people();
    journal::Review review;
    review.id = "r1";
    review.scope = "site";
    review.month = "2026-02";
    review.accepted = false;
    review.figures = journal::Json::object();
    site.say(utc("2026-03-02T08:00:00Z"), site.signed_by("alice", journal::review_record(review)));
    EXPECT_EQ(done(site, "site", february, "2026-03-04T12:00:00Z")->id, "r1");
    site.review("r2", "site", "2026-02", utc("2026-03-03T08:00:00Z"), "bruno");
    EXPECT_EQ(done(site, "site", february, "2026-03-04T12:00:00Z")->id, "r2");
}

TEST(Reviews, proc_5_3_any_person_of_the_site_signs_the_internal_review) {
    auto site = with_people();
    site.review("r1", "internal", "2026-02", utc("2026-03-02T08:00:00Z"), "carole");
    EXPECT_EQ(done(site, "internal", february, "2026-03-04T12:00:00Z")->id, "r1");
    EXPECT_EQ(done(site, "site", february, "2026-03-04T12:00:00Z"), nullptr) << "it is another one";
}

TEST(Reviews, proc_5_3_internal_review_freezes_its_figures) {
    auto site = with_people();
    site.put_equipment("NVR-HALL", utc("2026-01-05T09:00:00Z"));
    for (const auto slot : saturdays(8)) site.capture("NVR-HALL", later(slot, minute_ns));
    const auto figures = to_json(month_figures(site.state, february, utc("2026-03-02T08:00:00Z")));
    journal::Review review;
    review.id = "r1";
    review.scope = "internal";
    review.month = "2026-02";
    review.figures = figures;
    site.say(utc("2026-03-02T08:00:00Z"), site.signed_by("alice", journal::review_record(review)));
    // The inventory, the copies and the anomalies of today are others.
    site.put_equipment("NVR-HALL", utc("2026-03-03T09:00:00Z"), {}, true);
    site.put_remote("cloud", "cloud", utc("2026-03-03T10:00:00Z"));
    site.verify_copies("cloud", utc("2026-03-03T11:00:00Z"));
    const auto& kept = site.state.procedure.reviews.at("r1");
    EXPECT_EQ(kept.figures.dump(), figures.dump());
    EXPECT_EQ(kept.signature.person, "alice");
    EXPECT_NE(to_json(month_figures(site.state, february, utc("2026-03-04T08:00:00Z"))).dump(),
              figures.dump());
}

TEST(Reviews, every_week_belongs_to_one_month) {
    auto site = with_people();
    site.put_equipment("NVR-HALL", utc("2026-01-05T09:00:00Z"));
    std::map<std::string, std::string> seen;
    for (int i = 0; i < 36; ++i) {
        const auto month = january.plus(i);
        const auto figures = month_figures(site.state, month, utc("2030-01-01T00:00:00Z"));
        EXPECT_GE(of(figures, "NVR-HALL").weeks.size(), 4u);
        for (const auto& item : of(figures, "NVR-HALL").weeks)
            EXPECT_TRUE(seen.emplace(item.week, month.text()).second) << item.week;
    }
    EXPECT_EQ(seen.size(), 157u) << "three years of weeks: none left out";
    EXPECT_EQ(seen.at("2026-W09"), "2026-03") << "its Sunday is 1 March";
}

TEST(Reviews, proc_5_2_weeks_are_done_late_partial_or_missed) {
    auto site = with_people();
    site.put_equipment("NVR-HALL", utc("2026-01-05T09:00:00Z"));
    const auto slots = saturdays(10);                                        // of W02 to W11
    site.capture("NVR-HALL", later(slots[4], 6 * hour_ns));                  // W06: six hours are in time
    site.capture("NVR-HALL", later(slots[5], 6 * hour_ns + minute_ns));      // W07
    site.capture("NVR-HALL", later(slots[6], minute_ns), {"HEBDO"}, false);  // W08
    site.capture("NVR-HALL", later(slots[7], -3 * day_ns), {"PRE"});         // W09
    site.capture("NVR-HALL", later(slots[8], -3 * day_ns));                  // W10: before its slot
    const auto figures = month_figures(site.state, february, utc("2026-03-31T22:00:00Z"));
    EXPECT_EQ(week(figures, "NVR-HALL", "2026-W05"), WeekState::missed);
    EXPECT_EQ(week(figures, "NVR-HALL", "2026-W06"), WeekState::done);
    EXPECT_EQ(week(figures, "NVR-HALL", "2026-W07"), WeekState::late);
    EXPECT_EQ(week(figures, "NVR-HALL", "2026-W08"), WeekState::partial);
    const auto next = month_figures(site.state, march, utc("2026-03-12T12:00:00Z"));
    EXPECT_EQ(week(next, "NVR-HALL", "2026-W09"), WeekState::other_kind);
    EXPECT_EQ(week(next, "NVR-HALL", "2026-W10"), WeekState::done);
    EXPECT_EQ(week(next, "NVR-HALL", "2026-W11"), WeekState::pending);
    EXPECT_FALSE(next.over);
    const auto& counts = of(figures, "NVR-HALL");
    EXPECT_EQ(counts.expected(), 4u);
    EXPECT_EQ(counts.count(WeekState::done), 1u);
    EXPECT_EQ(counts.complete, 3u) << "recorded in February, of whatever kind";
    EXPECT_EQ(counts.partial, 1u);
}

TEST(Reviews, a_week_is_judged_alike_whenever_it_is_looked_at) {
    auto site = with_people();
    site.put_equipment("NVR-HALL", utc("2026-01-05T09:00:00Z"));
    for (const auto slot : saturdays(5)) site.capture("NVR-HALL", later(slot, minute_ns));
    const auto states = [&](const char* now) {
        std::vector<WeekState> found;
        for (const auto& item : of(month_figures(site.state, january, utc(now)), "NVR-HALL").weeks)
            found.push_back(item.state);
        return found;
    };
    const auto before = states("2026-02-02T12:00:00Z");
    const std::vector<WeekState> expected{WeekState::not_expected, WeekState::done, WeekState::done,
                                          WeekState::done};
    EXPECT_EQ(before, expected) << "W01 was before the site";
    for (const auto slot : saturdays(30)) site.capture("NVR-HALL", later(slot, 2 * day_ns));
    EXPECT_EQ(states("2026-09-02T12:00:00Z"), before);
}

TEST(Reviews, proc_5_2_a_week_dated_by_an_operator_proves_nothing) {
    auto site = with_people();
    site.put_equipment("NVR-HALL", utc("2026-01-05T09:00:00Z"));
    const auto slots = saturdays(6);
    site.capture("NVR-HALL", later(slots[4], minute_ns)).dated_by_operator = true;
    const auto figures = month_figures(site.state, february, utc("2026-03-02T12:00:00Z"));
    EXPECT_EQ(week(figures, "NVR-HALL", "2026-W06"), WeekState::missed);
    EXPECT_EQ(of(figures, "NVR-HALL").imported, 1u);
}

TEST(Reviews, nothing_is_expected_of_what_was_not_there) {
    auto site = with_people();
    site.put_equipment("NVR-LATER", utc("2026-02-18T09:00:00Z"));
    site.put_equipment("NVR-GONE", utc("2026-01-05T09:00:00Z"));
    site.put_equipment("NVR-GONE", utc("2026-02-10T09:00:00Z"), {{"address", "192.0.2.1"}}, true);
    site.put_equipment("NVR-OLD", utc("2026-01-05T09:00:00Z"));
    site.put_equipment("NVR-OLD", utc("2026-01-20T09:00:00Z"), {{"address", "192.0.2.1"}}, true);
    site.put_equipment("NVR-OUTSIDE", utc("2026-01-05T09:00:00Z"), {{"contract", "no"}});
    const auto figures = month_figures(site.state, february, utc("2026-03-02T12:00:00Z"));
    EXPECT_EQ(week(figures, "NVR-LATER", "2026-W07"), WeekState::not_expected);
    EXPECT_EQ(week(figures, "NVR-LATER", "2026-W08"), WeekState::missed);
    EXPECT_EQ(week(figures, "NVR-GONE", "2026-W06"), WeekState::missed);
    EXPECT_EQ(week(figures, "NVR-GONE", "2026-W07"), WeekState::not_expected);
    EXPECT_THROW(of(figures, "NVR-OLD"), std::out_of_range);
    EXPECT_THROW(of(figures, "NVR-OUTSIDE"), std::out_of_range);
}

TEST(Reviews, proc_5_2_manual_captures_against_interventions) {
    auto site = with_people();
    site.put_equipment("NVR-CAVE", utc("2026-01-05T09:00:00Z"), {});
    site.put_equipment("NVR-QUAI", utc("2026-01-05T09:00:00Z"), {});
    site.put_equipment("NVR-HALL", utc("2026-01-05T09:00:00Z"));
    site.open_intervention("i1", {}, utc("2026-02-10T08:00:00Z"));
    site.capture("NVR-CAVE", utc("2026-02-10T09:00:00Z"));
    site.say(utc("2026-02-10T12:00:00Z"), journal::intervention_closed_record("i1", "done"));
    site.capture("NVR-CAVE", utc("2026-02-12T09:00:00Z"));
    site.capture("NVR-HALL", utc("2026-02-10T09:30:00Z"));
    site.open_intervention("i2", {"NVR-HALL"}, utc("2026-02-20T08:00:00Z"));
    site.open_intervention("i3", {}, utc("2026-03-01T08:00:00Z"));
    const auto figures = month_figures(site.state, february, utc("2026-03-02T12:00:00Z"));
    EXPECT_EQ(of(figures, "NVR-CAVE").in_intervention, 1u);
    EXPECT_EQ(of(figures, "NVR-CAVE").by_itself, 1u);
    EXPECT_EQ(of(figures, "NVR-HALL").in_intervention + of(figures, "NVR-HALL").by_itself, 0u);
    ASSERT_EQ(figures.interventions.size(), 2u) << "the third began after the month";
    EXPECT_EQ(figures.interventions[0].intervention->id, "i1");
    EXPECT_EQ(figures.interventions[0].captured, std::vector<std::string>{"NVR-CAVE"});
    EXPECT_EQ(figures.interventions[0].missing, std::vector<std::string>{"NVR-QUAI"});
    EXPECT_EQ(figures.interventions[1].missing, std::vector<std::string>{"NVR-HALL"});
    const auto json = to_json(figures);
    EXPECT_EQ(json.at("interventions").at(0).at("missing").dump(), R"(["NVR-QUAI"])");
}

TEST(Reviews, proc_1_2_a_dispensed_equipment_is_shown_apart) {
    auto site = with_people();
    site.put_equipment("NVR-CAVE", utc("2026-01-05T09:00:00Z"), {});
    site.dispense("d1", "manual", "NVR-CAVE", utc("2026-02-05T09:00:00Z"), utc("2026-06-05T00:00:00Z"),
                  "alice", 90);
    site.dispense("d2", "manual", "NVR-CAVE", utc("2026-01-05T10:00:00Z"), utc("2026-12-05T00:00:00Z"), "");
    const auto figures = month_figures(site.state, february, utc("2026-03-02T12:00:00Z"));
    EXPECT_EQ(week(figures, "NVR-CAVE", "2026-W05"), WeekState::missed) << "before it, and d2 nobody signed";
    EXPECT_EQ(week(figures, "NVR-CAVE", "2026-W07"), WeekState::dispensed);
    EXPECT_TRUE(of(figures, "NVR-CAVE").dispensed);
    ASSERT_EQ(figures.dispensations.size(), 1u);
    EXPECT_EQ(figures.dispensations[0]->id, "d1");
}

TEST(Reviews, proc_5_2_figures_tell_of_copies_drills_anomalies_and_space) {
    auto site = with_people();
    site.put_equipment("NVR-HALL", utc("2026-01-05T09:00:00Z"));
    site.put_remote("cloud", "cloud", utc("2026-01-05T09:10:00Z"));
    site.put_remote("disk", "physical", utc("2026-01-05T09:20:00Z"));
    const auto slots = saturdays(7);
    site.capture("NVR-HALL", later(slots[4], minute_ns), {"HEBDO", "MENSUEL"});
    site.verify_copies("cloud", later(slots[4], hour_ns));
    site.verify_copies("disk", later(slots[4], day_ns));
    site.capture("NVR-HALL", later(slots[5], minute_ns));
    site.verify_copies("cloud", later(slots[5], hour_ns));
    site.capture("NVR-HALL", later(slots[6], minute_ns)).expired = utc("2026-02-25T10:00:00Z");
    site.drill("t1", "NVR-HALL", utc("2026-02-11T10:00:00Z"), false, 2, "cloud", "alice");
    site.drill("t2", "NVR-HALL", utc("2026-03-01T10:00:00Z"), true, 3, "physical", "alice");
    site.observe(utc("2026-02-20T10:00:00Z"), "space", "", true, "", {{"free", 1000}, {"total", 4000}});
    site.observe(utc("2026-02-20T11:00:00Z"), "verify", "", false, "damaged");
    site.observe(utc("2026-02-20T11:00:00Z"), "capture", "NVR-HALL", true);
    const auto figures = month_figures(site.state, february, utc("2026-03-02T12:00:00Z"));
    const auto& item = of(figures, "NVR-HALL");
    EXPECT_TRUE(item.monthly);
    EXPECT_EQ(item.kept, 2u);
    EXPECT_EQ(item.protected_kept, 1u) << "the second is in one place alone";
    EXPECT_EQ(figures.expired, 1u);
    ASSERT_EQ(figures.remotes.size(), 2u);
    EXPECT_EQ(figures.remotes[0].covered, 2u);
    EXPECT_EQ(figures.remotes[1].covered, 1u);
    ASSERT_EQ(figures.drills.size(), 1u) << "the other one ended in March";
    EXPECT_EQ(figures.drills[0]->id, "t1");
    ASSERT_EQ(figures.checks.size(), 2u) << "captures have their own lines";
    EXPECT_EQ(figures.ways_in.at("passphrase"), 2u);
    const auto json = to_json(figures);
    EXPECT_EQ(json.at("checks").at(0).at("numbers").at("free"), 1000);
    EXPECT_EQ(json.at("checks").at(1).at("ok"), false);
    EXPECT_EQ(json.at("responsible"), "alice");
    EXPECT_EQ(json.at("policy"), "PROC-CYB-003 v1.0");
}

TEST(Reviews, proc_5_2_undeclared_changes_are_counted_by_category) {
    auto site = with_people();
    site.put_equipment("NVR-HALL", utc("2026-01-05T09:00:00Z"));
    const auto slots = saturdays(7);
    const auto print = [&](Timestamp at, const char* cameras, const char* users) {
        site.capture("NVR-HALL", at).fingerprints = {
            {"version", "1"}, {"cameras", cameras}, {"users", users}, {"time", "0"}};
    };
    print(later(slots[3], minute_ns), "1", "1");
    print(later(slots[4], minute_ns), "2", "1");
    print(later(slots[5], minute_ns), "3", "2");
    print(later(slots[6], minute_ns), "3", "2");
    const auto figures = month_figures(site.state, february, utc("2026-03-02T12:00:00Z"));
    EXPECT_EQ(of(figures, "NVR-HALL").undeclared, 2u);
    EXPECT_EQ(of(figures, "NVR-HALL").undeclared_categories, (std::vector<std::string>{"cameras", "rights"}));
}

TEST(Reviews, the_same_state_gives_the_same_figures) {
    auto site = with_people();
    for (const char* name : {"NVR-A", "NVR-B", "NVR-C"})
        site.put_equipment(name, utc("2026-01-05T09:00:00Z"));
    for (const auto slot : saturdays(9))
        for (const char* name : {"NVR-C", "NVR-A", "NVR-B"}) site.capture(name, later(slot, minute_ns));
    const auto now = utc("2026-03-02T12:00:00Z");
    EXPECT_EQ(to_json(month_figures(site.state, february, now)).dump(),
              to_json(month_figures(site.state, february, now)).dump());
}

TEST(Reviews, proc_5_2_as_of_an_earlier_day_a_later_review_is_not_there_yet) {
    auto site = with_people();
    site.review("r1", "site", "2026-02", utc("2026-03-03T08:00:00Z"), "alice");
    EXPECT_EQ(done(site, "site", february, "2026-03-03T07:59:59Z"), nullptr);
    EXPECT_NE(done(site, "site", february, "2026-03-03T08:00:00Z"), nullptr);
}

TEST(Reviews, proc_5_3_an_internal_review_that_nobody_signed_does_not_count) {
    auto site = with_people();
    journal::Review review;
    review.id = "r1";
    review.scope = "internal";
    review.month = "2026-02";
    review.figures = journal::Json::object();
    site.say(utc("2026-03-02T08:00:00Z"), journal::review_record(review));
    EXPECT_EQ(done(site, "internal", february, "2026-03-04T12:00:00Z"), nullptr);
}

TEST(Reviews, proc_5_2_where_nobody_is_responsible_what_nobody_signed_does_not_count) {
    ProcedureState site;
    journal::Review review;
    review.id = "r1";
    review.scope = "site";
    review.month = "2026-02";
    review.figures = journal::Json::object();
    site.say(utc("2026-03-02T08:00:00Z"), journal::review_record(review));
    EXPECT_EQ(done(site, "site", february, "2026-03-04T12:00:00Z"), nullptr);
}

TEST(Reviews, proc_5_2_a_month_without_a_contract_owes_no_review) {
    auto site = with_people();
    site.change_site(utc("2026-01-05T09:00:00Z"),
                     [](journal::Site& record) { record.contract_from = "2026-03-15"; });
    const auto all = reviews(site.state, utc("2026-04-02T12:00:00Z"));
    EXPECT_EQ(find(all, "site", february), nullptr);
    EXPECT_NE(find(all, "site", march), nullptr) << "it holds for a part of it";
}

TEST(Reviews, proc_p3_of_the_weeks_before_an_equipment_came_under_contract_none_is_expected) {
    auto site = with_people();
    site.put_equipment("NVR-HALL", utc("2026-01-05T09:00:00Z"), {{"address", "a"}, {"contract", "no"}});
    site.put_equipment("NVR-HALL", utc("2026-02-10T09:00:00Z"));
    const auto figures = month_figures(site.state, february, utc("2026-03-02T08:00:00Z"));
    EXPECT_EQ(week(figures, "NVR-HALL", "2026-W06"), WeekState::not_expected);
    EXPECT_EQ(week(figures, "NVR-HALL", "2026-W07"), WeekState::missed);
}

TEST(Reviews, of_checks_each_attempt_to_capture_is_none) {
    auto site = with_people();
    site.observe(utc("2026-02-10T08:00:00Z"), "capture", "NVR-HALL", false, "unreachable");
    site.observe(utc("2026-02-10T09:00:00Z"), "verify", "", true);
    const auto figures = month_figures(site.state, february, utc("2026-03-02T08:00:00Z"));
    ASSERT_EQ(figures.checks.size(), 1U);
    EXPECT_EQ(figures.checks[0]->what, "verify");
}

TEST(Reviews, proc_p3_of_the_weeks_before_the_contract_none_is_expected) {
    auto site = with_people();
    site.put_equipment("NVR-HALL", utc("2026-01-05T09:00:00Z"));
    site.change_site(utc("2026-01-05T10:00:00Z"),
                     [](journal::Site& record) { record.contract_from = "2026-02-16"; });
    const auto figures = month_figures(site.state, february, utc("2026-03-02T08:00:00Z"));
    EXPECT_EQ(week(figures, "NVR-HALL", "2026-W07"), WeekState::not_expected);
    EXPECT_EQ(week(figures, "NVR-HALL", "2026-W08"), WeekState::missed);
}

TEST(Reviews, proc_5_3_what_comes_with_the_first_instant_of_the_next_month_is_that_month_s) {
    auto site = with_people();
    site.put_equipment("NVR-HALL", utc("2026-01-05T09:00:00Z"));
    site.capture("NVR-HALL", utc("2026-02-28T22:59:59Z"));
    site.capture("NVR-HALL", utc("2026-02-28T23:00:00Z"));  // midnight in Paris
    const auto now = utc("2026-04-02T08:00:00Z");
    EXPECT_EQ(of(month_figures(site.state, february, now), "NVR-HALL").complete, 1U);
    EXPECT_EQ(of(month_figures(site.state, march, now), "NVR-HALL").complete, 1U);
}

TEST(Reviews, proc_5_3_an_undeclared_change_is_of_the_month_in_which_it_was_seen) {
    auto site = with_people();
    site.put_equipment("NVR-HALL", utc("2026-01-05T09:00:00Z"));
    for (const auto* at : {"2026-02-10T02:00:00Z", "2026-02-17T02:00:00Z", "2026-03-10T02:00:00Z"})
        site.capture("NVR-HALL", utc(at)).fingerprints = {{"version", "1"}, {"cameras", at}};
    const auto now = utc("2026-04-02T08:00:00Z");
    EXPECT_EQ(of(month_figures(site.state, february, now), "NVR-HALL").undeclared, 1U);
    EXPECT_EQ(of(month_figures(site.state, march, now), "NVR-HALL").undeclared, 1U);
}

TEST(Reviews, proc_5_3_windows_that_were_ended_are_not_counted_as_open) {
    auto site = with_people();
    site.put_equipment("NVR-HALL", utc("2026-01-05T09:00:00Z"));
    site.begin_change("c1", {"NVR-HALL"}, utc("2026-02-10T08:00:00Z"), {});
    site.begin_change("c2", {"NVR-HALL"}, utc("2026-02-12T08:00:00Z"), {});
    site.end_change("c1", utc("2026-02-10T09:00:00Z"), {}, "taken away");
    const auto figures = month_figures(site.state, february, utc("2026-03-02T08:00:00Z"));
    EXPECT_EQ(figures.windows, 2U);
    EXPECT_EQ(figures.windows_open, 1U);
}

TEST(Reviews, proc_2_3_what_was_sent_and_not_read_back_is_not_covered) {
    auto site = with_people();
    site.put_equipment("NVR-HALL", utc("2026-01-05T09:00:00Z"));
    site.put_remote("cloud", "cloud", utc("2026-01-05T09:00:00Z"));
    site.capture("NVR-HALL", utc("2026-02-10T02:00:00Z"));
    site.verify_copies("cloud", utc("2026-02-10T03:00:00Z"));
    site.capture("NVR-HALL", utc("2026-02-17T02:00:00Z"));
    site.state.copies["cloud"].sent = site.state.heads();
    const auto figures = month_figures(site.state, february, utc("2026-03-02T08:00:00Z"));
    ASSERT_EQ(figures.remotes.size(), 1U);
    EXPECT_EQ(figures.remotes[0].covered, 1U);
}

TEST(Reviews, proc_1_2_a_dispensation_that_ended_before_the_month_is_not_listed) {
    auto site = with_people();
    const auto begun = utc("2026-01-06T09:00:00Z"), later_on = utc("2026-06-01T00:00:00Z");
    site.dispense("d1", "manual", "CAM-1", begun, utc("2026-01-20T00:00:00Z"), "alice");
    site.dispense("d2", "manual", "CAM-2", begun, later_on, "alice");
    site.dispense("d3", "manual", "CAM-3", begun, later_on, "alice");
    site.say(utc("2026-01-20T00:00:00Z"), journal::dispensation_ended_record("d3", "replaced"));
    const auto figures = month_figures(site.state, february, utc("2026-03-02T08:00:00Z"));
    ASSERT_EQ(figures.dispensations.size(), 1U);
    EXPECT_EQ(figures.dispensations[0]->id, "d2");
}

}  // namespace
}  // namespace coffre::rules
