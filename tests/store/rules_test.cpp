// Names, kinds, the site's time and how long snapshots are kept.

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "store/rules/civil_time.hpp"
#include "store/rules/names.hpp"
#include "store/rules/retention.hpp"
#include "tests/support/error_of.hpp"

namespace coffre::rules {
namespace {

using test::error_of;

const std::string paris = "Europe/Paris";

Timestamp utc(const std::string& text) { return parse_rfc3339(text).value(); }

// A state with one equipment and the snapshots that are added.
class State {
public:
    State() {
        state.site.client = "CLIEXEMP";
        state.site.site = "SIEGEPARIS";
        state.policies = {journal::Policy::standard()};
        state.equipment["NVR-HALL"] = {"NVR-HALL", "NVR", "files", {}};
    }

    // `time` in UTC; recorded then too.
    journal::Snapshot& add(const std::string& time, std::vector<std::string> kinds = {"HEBDO"},
                           const std::string& equipment = "NVR-HALL") {
        journal::Snapshot snapshot;
        snapshot.commit.bytes[0] = static_cast<std::uint8_t>(0xc0 + state.snapshots.size());
        snapshot.commit.bytes[19] = 0xff;
        snapshot.equipment = equipment;
        snapshot.type = "NVR";
        snapshot.kinds = std::move(kinds);
        snapshot.time = utc(time);
        snapshot.recorded_at = snapshot.time;
        state.snapshots.push_back(snapshot);
        return state.snapshots.all().back();
    }

    // The position, in the order added, of what `text` names.
    [[nodiscard]] long found(const std::string& text) const {
        return &NameBook(state).find(text) - &state.snapshots[0];
    }
    [[nodiscard]] std::optional<Errc> refusal(const std::string& text) const {
        return error_of([&] { (void)NameBook(state).find(text); });
    }

    journal::State state;
};

TEST(CivilTime, follows_paris_through_both_changes_of_2026) {
    // 29 March, 01:00 UTC: from 02:00 to 03:00.
    auto civil = to_civil(paris, utc("2026-03-29T00:59:59Z"));
    EXPECT_EQ(civil.hour, 1U);
    EXPECT_EQ(civil.offset_minutes, 60);
    civil = to_civil(paris, utc("2026-03-29T01:00:00Z"));
    EXPECT_EQ(civil.hour, 3U);
    EXPECT_EQ(civil.offset_minutes, 120);
    // 25 October, 01:00 UTC: from 03:00 back to 02:00.
    civil = to_civil(paris, utc("2026-10-25T00:59:59Z"));
    EXPECT_EQ(civil.hour, 2U);
    EXPECT_EQ(civil.offset_minutes, 120);
    civil = to_civil(paris, utc("2026-10-25T01:00:00Z"));
    EXPECT_EQ(civil.hour, 2U);
    EXPECT_EQ(civil.offset_minutes, 60);
}

TEST(CivilTime, that_is_skipped_is_the_jump_and_that_is_repeated_is_the_later_one) {
    EXPECT_EQ(from_civil(paris, {2026, 3, 29, 2, 30, 0, 0}), utc("2026-03-29T01:00:00Z"));
    EXPECT_EQ(from_civil(paris, {2026, 10, 25, 2, 30, 0, 0}), utc("2026-10-25T01:30:00Z"));
    EXPECT_EQ(from_civil(paris, {2026, 3, 29, 3, 0, 0, 0}), utc("2026-03-29T01:00:00Z"));
    EXPECT_EQ(from_civil(paris, {2026, 10, 25, 3, 0, 0, 0}), utc("2026-10-25T02:00:00Z"));
}

TEST(CivilTime, of_every_hour_of_2026_comes_back) {
    int repeated = 0;
    for (auto at = utc("2026-01-01T00:15:00Z"); at < utc("2027-01-01T00:00:00Z");
         at.ns += 3'600'000'000'000) {
        const auto back = from_civil(paris, to_civil(paris, at));
        ASSERT_TRUE(back);
        if (*back == at) continue;
        ++repeated;
        ASSERT_EQ(back->seconds(), at.seconds() + 3600);
    }
    EXPECT_EQ(repeated, 1);
}

TEST(CivilTime, that_is_no_date_is_none) {
    EXPECT_FALSE(from_civil(paris, {2026, 2, 29, 0, 0, 0, 0}));
    EXPECT_TRUE(from_civil(paris, {2028, 2, 29, 0, 0, 0, 0}));
    EXPECT_FALSE(from_civil(paris, {2026, 13, 1, 0, 0, 0, 0}));
    EXPECT_FALSE(from_civil(paris, {2026, 0, 1, 0, 0, 0, 0}));
    EXPECT_FALSE(from_civil(paris, {2026, 1, 0, 0, 0, 0, 0}));
    EXPECT_FALSE(from_civil(paris, {2026, 1, 1, 24, 0, 0, 0}));
    EXPECT_FALSE(from_civil(paris, {2026, 1, 1, 0, 60, 0, 0}));
}

TEST(CivilTime, needs_a_zone_that_is_known) {
    EXPECT_TRUE(zone_exists(paris));
    EXPECT_TRUE(zone_exists("UTC"));
    EXPECT_FALSE(zone_exists("Europe/Nowhere"));
    EXPECT_FALSE(zone_exists(""));
    EXPECT_EQ(error_of([] { to_civil("Europe/Nowhere", {}); }), Errc::failed);
}

TEST(MonthsLater, proc_4_2_keep_the_whole_of_the_last_day_and_clamp_to_its_month) {
    // 30 November 2025 + 3 is 28 February 2026: gone at midnight in Paris, 23:00 UTC.
    EXPECT_EQ(months_later(paris, utc("2025-11-30T10:00:00Z"), 3), utc("2026-02-28T23:00:00Z"));
    EXPECT_EQ(months_later(paris, utc("2027-11-30T10:00:00Z"), 3), utc("2028-02-29T23:00:00Z"));
    EXPECT_EQ(months_later(paris, utc("2026-01-31T10:00:00Z"), 1), utc("2026-02-28T23:00:00Z"));
    // Into summer time.
    EXPECT_EQ(months_later(paris, utc("2026-01-15T10:00:00Z"), 3), utc("2026-04-15T22:00:00Z"));
    EXPECT_EQ(months_later(paris, utc("2025-12-31T10:00:00Z"), 12), utc("2026-12-31T23:00:00Z"));
    // What the day is, is the site's business: 23:30 UTC on the 14th is the 15th in Paris.
    EXPECT_EQ(months_later(paris, utc("2026-01-14T23:30:00Z"), 1), utc("2026-02-15T23:00:00Z"));
    EXPECT_EQ(months_later("UTC", utc("2026-01-14T23:30:00Z"), 1), utc("2026-02-15T00:00:00Z"));
}

TEST(Kinds, are_three_to_capture_as_and_mensuel_is_not_asked_for) {
    for (const auto* kind : {"HEBDO", "PRE", "POST"}) EXPECT_NO_THROW(check_captured_kind(kind));
    for (const auto* kind : {"MENSUEL", "hebdo", "", "OTHER"})
        EXPECT_EQ(error_of([&] { check_captured_kind(kind); }), Errc::usage) << kind;
}

TEST(StandardName, proc_4_3_is_the_one_of_the_procedure_in_the_site_s_time) {
    State s;
    const auto& snapshot = s.add("2025-05-10T01:00:00Z");
    EXPECT_EQ(standard_name(s.state.site, snapshot, "HEBDO"),
              "CLIEXEMP_SIEGEPARIS_NVR_NVR-HALL_20250510_0300_HEBDO");
    EXPECT_EQ(standard_name(s.state.site, snapshot, "MENSUEL"),
              "CLIEXEMP_SIEGEPARIS_NVR_NVR-HALL_20250510_0300_MENSUEL");
    s.state.site.timezone = "UTC";
    EXPECT_EQ(standard_name(s.state.site, snapshot, "HEBDO"),
              "CLIEXEMP_SIEGEPARIS_NVR_NVR-HALL_20250510_0100_HEBDO");
}

TEST(Mensuel, proc_4_2_goes_to_the_first_complete_snapshot_of_a_month) {
    State s;
    EXPECT_TRUE(mensuel_applies(s.state, "NVR-HALL", utc("2026-05-02T10:00:00Z"), "HEBDO"));
    s.add("2026-05-02T10:00:00Z");
    EXPECT_FALSE(mensuel_applies(s.state, "NVR-HALL", utc("2026-05-09T10:00:00Z"), "HEBDO"));
    EXPECT_TRUE(mensuel_applies(s.state, "CAM-1", utc("2026-05-09T10:00:00Z"), "HEBDO"));
    EXPECT_TRUE(mensuel_applies(s.state, "NVR-HALL", utc("2026-06-01T10:00:00Z"), "PRE"));
}

TEST(Mensuel, proc_4_2_goes_to_the_first_hebdo_too_where_a_pre_was_first) {
    State s;
    s.add("2026-05-02T10:00:00Z", {"PRE", "MENSUEL"});
    EXPECT_FALSE(mensuel_applies(s.state, "NVR-HALL", utc("2026-05-02T11:00:00Z"), "POST"));
    s.add("2026-05-02T11:00:00Z", {"POST"});
    EXPECT_TRUE(mensuel_applies(s.state, "NVR-HALL", utc("2026-05-09T10:00:00Z"), "HEBDO"));
    s.add("2026-05-09T10:00:00Z", {"HEBDO", "MENSUEL"});
    EXPECT_FALSE(mensuel_applies(s.state, "NVR-HALL", utc("2026-05-16T10:00:00Z"), "HEBDO"));
}

TEST(Mensuel, does_not_count_partial_snapshots_and_knows_the_site_s_months) {
    State s;
    s.add("2026-05-02T10:00:00Z").complete = false;
    EXPECT_TRUE(mensuel_applies(s.state, "NVR-HALL", utc("2026-05-09T10:00:00Z"), "HEBDO"));
    // 22:30 UTC on 31 May is June in Paris.
    s.add("2026-05-31T22:30:00Z");
    EXPECT_FALSE(mensuel_applies(s.state, "NVR-HALL", utc("2026-06-05T10:00:00Z"), "HEBDO"));
}

TEST(Mensuel, goes_to_an_earlier_one_that_is_recorded_later_too) {
    State s;
    s.add("2026-05-09T10:00:00Z", {"HEBDO", "MENSUEL"});
    EXPECT_TRUE(mensuel_applies(s.state, "NVR-HALL", utc("2026-05-02T10:00:00Z"), "HEBDO"));
}

TEST(Order, is_by_time_then_by_when_it_was_recorded_then_by_commit) {
    State s;
    s.add("2026-05-01T00:00:00Z").recorded_at = utc("2026-05-09T00:00:00Z");
    s.add("2026-05-02T00:00:00Z");
    s.add("2026-05-01T00:00:00Z").recorded_at = utc("2026-05-08T00:00:00Z");
    s.add("2026-05-01T00:00:00Z").recorded_at = utc("2026-05-08T00:00:00Z");
    std::vector<long> order;
    for (const auto* snapshot : newest_first(s.state)) order.push_back(snapshot - &s.state.snapshots[0]);
    EXPECT_EQ(order, (std::vector<long>{1, 0, 3, 2}));
}

TEST(Naming, finds_by_full_name_of_any_kind) {
    State s;
    s.add("2025-05-03T01:00:00Z", {"HEBDO", "MENSUEL"});
    s.add("2025-05-10T01:00:00Z");
    EXPECT_EQ(s.found("CLIEXEMP_SIEGEPARIS_NVR_NVR-HALL_20250510_0300_HEBDO"), 1);
    EXPECT_EQ(s.found("CLIEXEMP_SIEGEPARIS_NVR_NVR-HALL_20250503_0300_HEBDO"), 0);
    EXPECT_EQ(s.found("CLIEXEMP_SIEGEPARIS_NVR_NVR-HALL_20250503_0300_MENSUEL"), 0);
    EXPECT_EQ(s.refusal("CLIEXEMP_SIEGEPARIS_NVR_NVR-HALL_20250510_0300_MENSUEL"), Errc::failed);
}

TEST(Naming, finds_the_newest_of_an_equipment_and_those_before_it) {
    State s;
    s.add("2025-05-03T01:00:00Z");
    s.add("2025-05-17T01:00:00Z");
    s.add("2025-05-10T01:00:00Z");
    EXPECT_EQ(s.found("NVR-HALL"), 1);
    EXPECT_EQ(s.found("NVR-HALL@latest"), 1);
    EXPECT_EQ(s.found("NVR-HALL@{0}"), 1);
    EXPECT_EQ(s.found("NVR-HALL@{1}"), 2);
    EXPECT_EQ(s.found("NVR-HALL@{2}"), 0);
    EXPECT_EQ(s.refusal("NVR-HALL@{3}"), Errc::failed);
    for (const auto* bad : {"NVR-HALL@", "NVR-HALL@{}", "NVR-HALL@{-1}", "NVR-HALL@{x}", "NVR-HALL@Latest",
                            "NVR-HALL@2025-13-01", "NVR-HALL@2025-05-10T25:00", "NVR-HALL@{", "NVR-HALL@}"})
        EXPECT_EQ(s.refusal(bad), Errc::usage) << bad;
}

TEST(Naming, finds_the_last_one_at_or_before_a_time) {
    State s;
    s.add("2025-05-03T01:00:00Z");
    s.add("2025-05-10T01:00:00Z");  // 03:00 in Paris
    s.add("2025-05-10T21:59:59Z");  // the last second of that day there
    s.add("2025-05-10T22:00:00Z");
    EXPECT_EQ(s.found("NVR-HALL@2025-05-10"), 2);
    EXPECT_EQ(s.found("NVR-HALL@2025-05-09"), 0);
    EXPECT_EQ(s.found("NVR-HALL@2025-05-11"), 3);
    EXPECT_EQ(s.found("NVR-HALL@2025-05-10T03:00"), 1);
    EXPECT_EQ(s.found("NVR-HALL@2025-05-10T02:59"), 0);
    EXPECT_EQ(s.found("NVR-HALL@2025-05-10T02:59:59"), 0);
    EXPECT_EQ(s.found("NVR-HALL@2025-05-10T23:59:59"), 2);
    EXPECT_EQ(s.refusal("NVR-HALL@2025-05-02"), Errc::failed);
}

TEST(Naming, finds_by_a_unique_prefix_of_a_name_or_of_a_commit) {
    State s;
    s.add("2025-05-03T01:00:00Z", {"HEBDO", "MENSUEL"});
    s.add("2025-05-10T01:00:00Z");
    EXPECT_EQ(s.found("CLIEXEMP_SIEGEPARIS_NVR_NVR-HALL_20250510"), 1);
    // Two names of one snapshot are not two snapshots.
    EXPECT_EQ(s.found("CLIEXEMP_SIEGEPARIS_NVR_NVR-HALL_20250503"), 0);
    EXPECT_EQ(s.refusal("CLIEXEMP_"), Errc::usage);
    EXPECT_EQ(s.found(s.state.snapshots[1].commit.hex()), 1);
    EXPECT_EQ(s.found(s.state.snapshots[1].commit.hex().substr(0, 7)), 1);
    EXPECT_EQ(s.refusal(s.state.snapshots[1].commit.hex().substr(0, 6)), Errc::failed);
    EXPECT_EQ(s.refusal("C100000"), Errc::failed);
    EXPECT_EQ(s.refusal("fffffff"), Errc::failed);
    EXPECT_EQ(s.refusal(""), Errc::usage);
}

TEST(Naming, takes_a_full_name_before_a_prefix_and_an_equipment_before_a_commit) {
    State s;
    s.add("2025-05-03T01:00:00Z", {"PRE"}, "NVR");
    s.add("2025-05-03T01:00:00Z", {"PRE"}, "NVR-2");
    EXPECT_EQ(s.found("CLIEXEMP_SIEGEPARIS_NVR_NVR_20250503_0300_PRE"), 0);
    EXPECT_EQ(s.found("NVR"), 0);
    s.state.snapshots.all()[1].commit = *ObjectId::parse("1234567" + std::string(33, '0'));
    s.add("2025-05-03T01:00:00Z", {"PRE"}, "1234567");
    EXPECT_EQ(s.found("1234567"), 2);
    EXPECT_EQ(s.found("12345670"), 1);
}

TEST(Naming, tells_two_snapshots_of_one_minute_apart_by_their_commits) {
    State s;
    s.add("2025-05-10T01:00:00Z");
    s.add("2025-05-10T01:00:30Z");
    const NameBook book(s.state);
    const std::string plain = "CLIEXEMP_SIEGEPARIS_NVR_NVR-HALL_20250510_0300_HEBDO";
    EXPECT_EQ(s.refusal(plain), Errc::usage);
    for (long i = 0; i < 2; ++i) {
        const auto& snapshot = s.state.snapshots[static_cast<std::size_t>(i)];
        const auto name = book.name(snapshot);
        EXPECT_EQ(name, plain + "~" + snapshot.commit.hex().substr(0, 8));
        EXPECT_EQ(s.found(name), i);
    }
    EXPECT_EQ(s.refusal(plain + "~00000000"), Errc::failed);
    // Alone, it also answers to the longer form.
    State one;
    const auto& snapshot = one.add("2025-05-10T01:00:00Z");
    EXPECT_EQ(NameBook(one.state).name(snapshot), plain);
    EXPECT_EQ(one.found(plain + "~" + snapshot.commit.hex().substr(0, 8)), 0);
}

TEST(Naming, of_an_equipment_without_snapshots_says_so) {
    State s;
    EXPECT_EQ(s.refusal("NVR-HALL"), Errc::failed);
    EXPECT_EQ(s.refusal("NVR-HALL@latest"), Errc::failed);
    EXPECT_EQ(s.refusal("UNKNOWN"), Errc::failed);
}

TEST(Naming, splits_off_a_path_behind_the_longest_snapshot) {
    State s;
    s.add("2025-05-03T01:00:00Z");
    s.add("2025-05-10T01:00:00Z");
    const NameBook book(s.state);
    const auto split = [&](const std::string& text) {
        const auto target = book.find_with_path(text);
        return std::pair(target.snapshot - &s.state.snapshots[0], target.path);
    };
    using Found = std::pair<long, std::string>;
    EXPECT_EQ(split("NVR-HALL"), Found(1, ""));
    EXPECT_EQ(split("NVR-HALL:config.xml"), Found(1, "config.xml"));
    EXPECT_EQ(split("NVR-HALL:a/b:c:d"), Found(1, "a/b:c:d"));
    EXPECT_EQ(split("NVR-HALL:"), Found(1, ""));
    EXPECT_EQ(split("NVR-HALL@latest:a:b"), Found(1, "a:b"));
    EXPECT_EQ(split("NVR-HALL@{1}:a"), Found(0, "a"));
    EXPECT_EQ(split("NVR-HALL@2025-05-09:12:30"), Found(0, "12:30"));
    EXPECT_EQ(split("NVR-HALL@2025-05-10T02:59"), Found(0, ""));
    EXPECT_EQ(split("NVR-HALL@2025-05-10T02:59:config.xml"), Found(0, "config.xml"));
    EXPECT_EQ(split("NVR-HALL@2025-05-10T02:59:59"), Found(0, ""));
    EXPECT_EQ(split("NVR-HALL@2025-05-10T02:59:59:59"), Found(0, "59"));
    EXPECT_EQ(split("NVR-HALL@2025-05-10T02:59:59/log"), Found(0, "59/log"));
    EXPECT_EQ(split("CLIEXEMP_SIEGEPARIS_NVR_NVR-HALL_20250503_0300_HEBDO:x"), Found(0, "x"));
    // A path may look like a time.
    EXPECT_EQ(split("NVR-HALL:log@2025-05-10T03:00"), Found(1, "log@2025-05-10T03:00"));
    EXPECT_EQ(split("NVR-HALL:a@b:c"), Found(1, "a@b:c"));
    EXPECT_EQ(error_of([&] { (void)book.find_with_path("OTHER:x"); }), Errc::failed);
}

TEST(Retention, proc_4_2_is_that_of_the_longest_kind_in_calendar_months) {
    State s;
    s.add("2026-01-10T10:00:00Z", {"HEBDO"});
    s.add("2026-01-11T10:00:00Z", {"PRE"});
    s.add("2026-01-12T10:00:00Z", {"POST"});
    s.add("2026-01-13T10:00:00Z", {"HEBDO", "MENSUEL"});
    s.add("2026-01-14T10:00:00Z", {"HEBDO"});
    const auto expires = [&](std::size_t i) { return Retention(s.state).expires_at(s.state.snapshots[i]); };
    EXPECT_EQ(expires(0), utc("2026-04-10T22:00:00Z"));
    EXPECT_EQ(expires(1), utc("2026-07-11T22:00:00Z"));
    EXPECT_EQ(expires(2), utc("2026-07-12T22:00:00Z"));
    EXPECT_EQ(expires(3), utc("2027-01-13T23:00:00Z"));
    EXPECT_FALSE(expires(4));  // the last complete one of its equipment
}

TEST(Retention, never_ends_for_the_last_complete_snapshot_and_does_for_a_partial_one_behind_it) {
    State s;
    s.add("2026-01-10T10:00:00Z");
    s.add("2026-01-11T10:00:00Z").complete = false;
    s.add("2026-01-09T10:00:00Z", {"HEBDO"}, "CAM-1");
    EXPECT_FALSE(Retention(s.state).expires_at(s.state.snapshots[0]));
    EXPECT_EQ(Retention(s.state).expires_at(s.state.snapshots[1]), utc("2026-04-11T22:00:00Z"));
    EXPECT_FALSE(Retention(s.state).expires_at(s.state.snapshots[2]));
}

TEST(Retention, keeps_for_30_days_what_was_recorded_whatever_time_it_claims) {
    State s;
    s.add("2020-01-10T10:00:00Z").recorded_at = utc("2026-01-10T10:00:00Z");
    s.add("2026-01-11T10:00:00Z");
    EXPECT_EQ(Retention(s.state).expires_at(s.state.snapshots[0]), utc("2026-02-09T10:00:00Z"));
    s.state.site.simulated = true;
    EXPECT_EQ(Retention(s.state).expires_at(s.state.snapshots[0]), utc("2020-04-10T22:00:00Z"));
}

TEST(Retention, keeps_the_last_one_of_the_clock_beside_a_later_one_of_the_operator) {
    State s;
    s.add("2026-01-10T10:00:00Z");
    s.add("2026-01-11T10:00:00Z").dated_by_operator = true;
    s.add("2026-01-09T10:00:00Z");
    s.add("2026-01-12T10:00:00Z").complete = false;
    EXPECT_FALSE(Retention(s.state).expires_at(s.state.snapshots[0]));
    EXPECT_FALSE(Retention(s.state).expires_at(s.state.snapshots[1]));
    EXPECT_TRUE(Retention(s.state).expires_at(s.state.snapshots[2]));
    EXPECT_TRUE(Retention(s.state).expires_at(s.state.snapshots[3]));
}

TEST(Retention, has_no_end_while_held_and_does_not_count_what_has_expired) {
    State s;
    s.add("2026-01-10T10:00:00Z");
    s.add("2026-01-11T10:00:00Z");
    s.add("2026-01-12T10:00:00Z").expired = utc("2026-06-01T00:00:00Z");
    s.state.holds[s.state.snapshots[0].commit] = {};
    EXPECT_EQ(Retention(s.state).floor(s.state.snapshots[0]), Retention::Floor::held);
    EXPECT_FALSE(Retention(s.state).expires_at(s.state.snapshots[0]));
    EXPECT_EQ(Retention(s.state).floor(s.state.snapshots[1]), Retention::Floor::last_complete);
    EXPECT_FALSE(Retention(s.state).expires_at(s.state.snapshots[1]));
    EXPECT_EQ(Retention(s.state).expires_at(s.state.snapshots[2]), utc("2026-04-12T22:00:00Z"));
}

// A failed test proves nothing, and of two that succeeded the later one counts.
TEST(Retention, keeps_what_the_last_restore_test_that_succeeded_was_of) {
    State s;
    for (const char* day : {"2026-01-10", "2026-01-11", "2026-01-12", "2026-01-13", "2026-01-14"})
        s.add(day + std::string("T10:00:00Z"));
    const auto drilled = [&](const std::string& id, std::size_t snapshot, const std::string& ended,
                             bool success) {
        auto& drill = s.state.procedure.drills[id];
        drill.equipment = s.state.snapshots[snapshot].equipment;
        drill.commit = s.state.snapshots[snapshot].commit;
        drill.ended = utc(ended);
        drill.success = success;
    };
    drilled("a", 2, "2026-03-01T10:00:00Z", true);
    drilled("b", 1, "2026-02-01T10:00:00Z", true);
    drilled("c", 3, "2026-04-01T10:00:00Z", false);
    const Retention retention(s.state);
    EXPECT_EQ(retention.floor(s.state.snapshots[2]), Retention::Floor::drilled);
    EXPECT_EQ(retention.floor(s.state.snapshots[1]), Retention::Floor::none);
    EXPECT_EQ(retention.floor(s.state.snapshots[3]), Retention::Floor::none);
    EXPECT_FALSE(retention.expires_at(s.state.snapshots[2]));
}

TEST(Retention, keeps_what_an_anomaly_shows_until_that_is_resolved) {
    State s;
    for (const char* day : {"2026-01-10", "2026-01-11", "2026-01-12"}) s.add(day + std::string("T10:00:00Z"));
    auto& anomaly = s.state.procedure.anomalies["ANO-00000001"];
    anomaly.kind = "undeclared_change";
    anomaly.snapshots = {s.state.snapshots[0].commit};
    EXPECT_EQ(Retention(s.state).floor(s.state.snapshots[0]), Retention::Floor::in_anomaly);
    EXPECT_EQ(Retention(s.state).floor(s.state.snapshots[1]), Retention::Floor::none);
    anomaly.resolved = journal::Version{};
    EXPECT_EQ(Retention(s.state).floor(s.state.snapshots[0]), Retention::Floor::none);
}

TEST(Retention, of_a_longer_policy_counts_and_of_a_shorter_one_does_not) {
    State s;
    s.state.policies.push_back(journal::Policy::strict());
    s.state.policies.push_back(journal::Policy::standard());
    s.add("2026-01-10T10:00:00Z").policy = 0;
    s.add("2026-01-11T10:00:00Z").policy = 2;
    s.add("2026-01-12T10:00:00Z").policy = 2;
    EXPECT_EQ(Retention(s.state).expires_at(s.state.snapshots[0]), utc("2027-01-10T23:00:00Z"));
    EXPECT_EQ(Retention(s.state).expires_at(s.state.snapshots[1]), utc("2026-04-11T22:00:00Z"));
}

// --- plans

ActorId actor_of(std::uint8_t number) {
    ActorId id;
    id.bytes[0] = number;
    return id;
}

GcPlan plan_at(const State& s, const std::string& now, bool expire = true) {
    static const ActorId self = actor_of(1);
    GcOptions options;
    options.expire = expire;
    options.clock = utc(now);
    options.self = &self;
    return plan_gc(s.state, utc(now), options);
}

// "-0 +1": what goes and what stays, newest first.
std::string told(const State& s, const GcPlan& plan) {
    std::string text;
    for (const auto* snapshot : newest_first(s.state)) {
        const auto is_it = [&](const auto& item) { return item.snapshot == snapshot; };
        const auto number = std::to_string(snapshot - &s.state.snapshots[0]);
        if (std::any_of(plan.expire.begin(), plan.expire.end(), is_it)) text += " -" + number;
        if (std::any_of(plan.keep.begin(), plan.keep.end(), is_it)) text += " +" + number;
    }
    return text;
}

// A weekly capture for three years, now and then one before a change first in its month; what gc lets go at
// each is gone.
TEST(GcPlan, proc_4_1_each_of_the_last_eleven_whole_months_keeps_a_complete_snapshot) {
    State s;
    constexpr std::int64_t day_ns = 86'400'000'000'000;
    const auto begin = utc("2024-01-04T02:00:00Z");
    std::size_t gone = 0;
    for (int week = 0; week < 3 * 52; ++week) {
        const Timestamp now{begin.ns + week * 7 * day_ns};
        for (const auto& [offset, kind] : {std::pair{-3 * day_ns, "PRE"}, {0 * day_ns, "HEBDO"}}) {
            if (std::string(kind) == "PRE" && week % 5 != 0) continue;
            const Timestamp at{now.ns + offset};
            std::vector<std::string> kinds{kind};
            if (mensuel_applies(s.state, "NVR-HALL", at, kind)) kinds.emplace_back("MENSUEL");
            s.add(to_rfc3339(at), std::move(kinds));
        }
        GcOptions options;
        options.clock = now;
        static const ActorId self = actor_of(1);
        options.self = &self;
        const auto plan = plan_gc(s.state, now, options);
        for (const auto& item : plan.expire) {
            ++gone;
            s.state.snapshots.all()[static_cast<std::size_t>(item.snapshot - &s.state.snapshots[0])].expired =
                now;
        }
        if (week < 57) continue;
        const auto today = to_civil(paris, now);
        const int this_month = today.year * 12 + static_cast<int>(today.month) - 1;
        std::set<int> covered;
        for (const auto& one : s.state.snapshots.all()) {
            if (one.expired) continue;
            const auto day = to_civil(paris, one.time);
            covered.insert(this_month - (day.year * 12 + static_cast<int>(day.month) - 1));
        }
        for (int back = 1; back <= 11; ++back)
            ASSERT_TRUE(covered.contains(back)) << to_rfc3339(now) << ": the month " << back << " before";
    }
    EXPECT_GT(gone, 80U);
}

TEST(Retention, proc_4_1_of_the_strict_profile_is_twelve_months_for_every_kind) {
    State s;
    s.state.policies = {journal::Policy::strict()};
    for (const auto* kind : {"HEBDO", "PRE", "POST"}) s.add("2026-01-10T10:00:00Z", {kind});
    s.add("2026-01-11T10:00:00Z");
    for (std::size_t i = 0; i < 3; ++i)
        EXPECT_EQ(Retention(s.state).expires_at(s.state.snapshots[i]), utc("2027-01-10T23:00:00Z")) << i;
}

TEST(GcPlan, says_why_of_each_snapshot_that_is_there) {
    State s;
    s.add("2026-01-10T10:00:00Z", {"HEBDO", "MENSUEL"});
    s.add("2026-01-17T10:00:00Z");
    s.add("2026-01-24T10:00:00Z");
    s.add("2026-01-25T10:00:00Z").expired = utc("2026-05-01T00:00:00Z");
    s.add("2026-03-07T10:00:00Z");
    s.add("2026-01-05T10:00:00Z").recorded_at = utc("2026-04-20T10:00:00Z");
    s.add("2026-04-11T10:00:00Z");
    s.add("2026-04-18T10:00:00Z").dated_by_operator = true;
    s.state.holds[s.state.snapshots[2].commit].version.message = "claim 17";
    const auto plan = plan_at(s, "2026-05-01T00:00:00Z");
    EXPECT_EQ(told(s, plan), " +7 +6 +4 +2 -1 +0 +5");
    EXPECT_FALSE(plan.refusal);
    ASSERT_EQ(plan.expire.size(), 1U);
    EXPECT_EQ(text(Lang::en, plan.expire[0].why.id, plan.expire[0].why.args),
              "HEBDO expired on 2026-04-17T22:00:00Z");
    std::vector<std::string> kept;
    for (const auto& item : plan.keep) kept.push_back(text(Lang::en, item.why.id, item.why.args));
    EXPECT_EQ(kept, (std::vector<std::string>{
                        "last complete snapshot of NVR-HALL",
                        "last complete snapshot of NVR-HALL that was dated by the clock",
                        "HEBDO until 2026-06-07T22:00:00Z", "held: claim 17",
                        "MENSUEL until 2027-01-10T23:00:00Z", "recorded less than 30 days ago"}));
}

TEST(GcPlan, lets_go_at_the_first_instant_after_the_last_day) {
    State s;
    s.add("2026-01-10T10:00:00Z");
    s.add("2026-04-01T10:00:00Z");
    EXPECT_EQ(told(s, plan_at(s, "2026-04-10T21:59:59Z")), " +1 +0");
    EXPECT_EQ(told(s, plan_at(s, "2026-04-10T22:00:00Z")), " +1 -0");
    EXPECT_EQ(told(s, plan_at(s, "2026-04-10T22:00:00Z", false)), " +1 +0");
}

TEST(GcPlan, is_refused_at_a_time_to_come_except_in_a_simulation) {
    State s;
    s.add("2026-01-10T10:00:00Z");
    const auto refused = [&](const std::string& now, const std::string& clock) {
        GcOptions options;
        options.clock = utc(clock);
        const auto plan = plan_gc(s.state, utc(now), options);
        return plan.refusal ? plan.refusal->what.id : Msg::none;
    };
    EXPECT_EQ(refused("2026-05-01T00:00:00Z", "2026-05-01T00:00:00Z"), Msg::none);
    EXPECT_EQ(refused("2026-05-01T00:00:01Z", "2026-05-01T00:00:00Z"), Msg::gc_now_ahead);
    EXPECT_EQ(refused("2026-04-01T00:00:00Z", "2026-05-01T00:00:00Z"), Msg::none);
    s.state.last_time = utc("2026-05-01T00:00:00Z");
    EXPECT_EQ(refused("2026-05-01T00:00:00Z", "2026-05-01T00:00:00Z"), Msg::none);
    EXPECT_EQ(refused("2026-04-30T23:59:59Z", "2026-04-30T23:59:59Z"), Msg::gc_clock_behind);
    s.state.site.simulated = true;
    EXPECT_EQ(refused("2026-06-01T00:00:00Z", "2026-05-01T00:00:00Z"), Msg::none);
}

TEST(GcPlan, of_a_time_to_come_may_be_looked_at) {
    State s;
    s.add("2026-01-10T10:00:00Z");
    GcOptions options;
    options.clock = utc("2026-05-01T00:00:00Z");
    options.dry_run = true;
    EXPECT_FALSE(plan_gc(s.state, utc("2026-06-01T00:00:00Z"), options).refusal);
}

TEST(GcPlan, that_lets_nothing_go_is_refused_by_no_clock) {
    State s;
    s.add("2026-01-10T10:00:00Z");
    s.add("2026-01-11T10:00:00Z");
    s.state.last_time = utc("2026-05-01T00:00:00Z");
    GcOptions options;
    options.clock = utc("2026-04-01T00:00:00Z");
    options.expire = false;
    const auto plan = plan_gc(s.state, utc("2027-06-01T00:00:00Z"), options);
    EXPECT_FALSE(plan.refusal);
    EXPECT_TRUE(plan.expire.empty());
}

TEST(GcPlan, is_refused_where_more_than_half_would_go_and_no_other_machine_was_heard_of) {
    State s;
    s.add("2026-01-10T10:00:00Z");
    s.add("2026-01-11T10:00:00Z");
    s.add("2026-06-11T10:00:00Z");
    const std::string now = "2026-07-15T00:00:00Z";
    const auto refused = [&] {
        const auto plan = plan_at(s, now);
        return plan.refusal ? plan.refusal->what.id : Msg::none;
    };
    EXPECT_EQ(refused(), Msg::gc_most_would_go);
    // What it says itself is no witness; what another said is, for 35 days.
    s.state.streams[actor_of(1)].time = utc("2026-07-10T00:00:00Z");
    EXPECT_EQ(refused(), Msg::gc_most_would_go);
    for (const auto& [time, witness] : {std::pair("2026-06-09T23:59:59Z", false),
                                        {"2026-06-10T00:00:00Z", true},
                                        {"2026-07-15T00:00:00Z", true},
                                        {"2026-07-15T00:00:01Z", false}}) {
        s.state.streams[actor_of(2)].time = utc(time);
        EXPECT_EQ(refused(), witness ? Msg::none : Msg::gc_most_would_go) << time;
    }
    s.state.site.simulated = true;
    EXPECT_EQ(refused(), Msg::gc_most_would_go);
    // Half of them is not most; what has expired is not there, nor is another equipment's.
    s.add("2026-06-12T10:00:00Z");
    EXPECT_EQ(refused(), Msg::none);
    s.state.snapshots.all()[3].expired = utc("2026-07-01T00:00:00Z");
    s.add("2026-06-12T10:00:00Z", {"HEBDO"}, "CAM-1");
    EXPECT_EQ(refused(), Msg::gc_most_would_go);
    EXPECT_FALSE(plan_at(s, now, false).refusal);
}

TEST(GcPlan, of_a_machine_that_is_years_ahead_is_not_witnessed_by_one_whose_own_clock_is_right) {
    State s;
    s.add("2026-01-10T10:00:00Z");
    s.add("2026-01-11T10:00:00Z");
    s.add("2026-06-11T10:00:00Z");
    // What the other one wrote has its place behind what the first one dated, and its own time beside it.
    s.state.streams[actor_of(1)].time = s.state.last_time = utc("2028-07-14T00:00:00Z");
    s.state.streams[actor_of(2)].time = s.state.last_written = utc("2026-07-14T00:00:00Z");
    const auto plan = plan_at(s, "2028-07-15T00:00:00Z");
    ASSERT_TRUE(plan.refusal);
    EXPECT_EQ(plan.refusal->what.id, Msg::gc_most_would_go);
}

}  // namespace
}  // namespace coffre::rules
