// Months, weeks, days and weekly slots, in zones that change their clocks by an hour, by half of one, at
// midnight, and not at all; against what the clock on the wall shows, instant by instant.

#include "store/rules/calendar.hpp"

#include <gtest/gtest.h>

namespace coffre::rules {
namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t minute = 60 * second;
constexpr std::int64_t hour = 60 * minute;
constexpr std::int64_t day = 24 * hour;

const char* const zones[] = {
    "Europe/Paris",      "Australia/Lord_Howe", "Atlantic/Azores", "America/Sao_Paulo",
    "America/St_Johns",  "America/Havana",      "Asia/Kathmandu",  "UTC",
    "Pacific/Kiritimati"};

Timestamp at(const char* text) { return *parse_rfc3339(text); }

std::string date_text(const CivilTime& civil) {
    char text[16];
    std::snprintf(text, sizeof text, "%04d-%02u-%02u", civil.year, civil.month, civil.day);
    return text;
}

std::string date_at(const std::string& zone, Timestamp time) { return date_text(to_civil(zone, time)); }

// Monday 1 to Sunday 7, by Zeller's congruence: another way than the calendar's own.
int weekday(const CivilTime& civil) {
    const int month = civil.month < 3 ? static_cast<int>(civil.month) + 12 : static_cast<int>(civil.month);
    const int year = civil.month < 3 ? civil.year - 1 : civil.year;
    const int zeller = (static_cast<int>(civil.day) + 13 * (month + 1) / 5 + year % 100 + year % 100 / 4 +
                        year / 100 / 4 + 5 * (year / 100)) %
                       7;  // 0 Saturday
    return (zeller + 5) % 7 + 1;
}

// Every 11 hours and some of two years in which each of these zones changed its clocks.
template <class Fn>
void each_instant(const Fn& fn) {
    for (const char* zone : zones)
        for (auto time = at("2017-01-01T00:00:00Z"); time < at("2018-12-31T00:00:00Z");
             time.ns += 11 * hour + 7 * minute + 13 * second)
            fn(std::string(zone), time);
}

bool begins(const std::string& zone, Timestamp time, Timestamp begin) {
    return date_at(zone, {begin.ns - second}) != date_at(zone, begin) && begin <= time;
}

TEST(Calendar, months_are_read_and_written_alike) {
    for (const char* text : {"1970-01", "2026-10", "2026-12", "0001-01", "9999-12"})
        EXPECT_EQ(parse_month(text)->text(), text);
    for (const char* text : {"", "2026", "2026-1", "2026-13", "2026-00", "2026-1a", "2026-100", "26-10-01",
                             "+026-10", "2026/10", " 2026-10", "2026-10 "})
        EXPECT_FALSE(parse_month(text)) << text;
}

TEST(Calendar, months_add_up_whatever_the_sign) {
    const Month month{2026, 11};
    EXPECT_EQ(month.plus(2), (Month{2027, 1}));
    EXPECT_EQ(month.plus(-11), (Month{2025, 12}));
    for (int a = -40; a <= 40; ++a) {
        EXPECT_EQ(month.plus(a).plus(-a), month);
        EXPECT_EQ(month.plus(a) < month, a < 0);
        for (int b = -13; b <= 13; ++b) EXPECT_EQ(month.plus(a).plus(b), month.plus(a + b));
    }
}

TEST(Calendar, months_count_on_backwards_before_the_year_0) {
    const Month first{0, 1};
    EXPECT_EQ(first.plus(-1), (Month{-1, 12}));
    EXPECT_EQ(first.plus(-12), (Month{-1, 1}));
    EXPECT_EQ(first.plus(-13), (Month{-2, 12}));
    EXPECT_EQ((Month{-1, 12}).plus(1), first);
}

TEST(Calendar, a_month_begins_with_the_first_instant_of_its_first_day) {
    each_instant([](const std::string& zone, Timestamp time) {
        const auto month = month_of(zone, time);
        const auto begin = month_begin(zone, month), next = month_begin(zone, month.plus(1));
        EXPECT_LE(begin, time);
        EXPECT_LT(time, next);
        EXPECT_EQ(to_civil(zone, begin).day, 1u) << zone;
        EXPECT_EQ(month_of(zone, {begin.ns - second}), month.plus(-1)) << zone << " " << to_rfc3339(begin);
        EXPECT_EQ(month_of(zone, {next.ns - second}), month);
    });
}

TEST(Calendar, a_week_begins_with_the_first_instant_of_its_monday) {
    each_instant([](const std::string& zone, Timestamp time) {
        const auto begin = week_begin(zone, time);
        EXPECT_TRUE(begins(zone, time, begin)) << zone << " " << to_rfc3339(time);
        EXPECT_EQ(weekday(to_civil(zone, begin)), 1) << zone << " " << to_rfc3339(begin);
        EXPECT_EQ(week_begin(zone, begin), begin);
        const auto next = days_later(zone, begin, 7);
        EXPECT_LT(time, next);
        EXPECT_EQ(week_begin(zone, next), next);
        EXPECT_EQ(week_begin(zone, {next.ns - second}), begin);
    });
}

TEST(Calendar, days_are_counted_on_the_wall_and_not_by_hours) {
    each_instant([](const std::string& zone, Timestamp time) {
        const auto today = days_later(zone, time, 0);
        EXPECT_TRUE(begins(zone, time, today));
        EXPECT_EQ(date_at(zone, today), date_at(zone, time));
        EXPECT_EQ(*day_begin(zone, date_at(zone, time)), today);
        EXPECT_EQ(days_later(zone, days_later(zone, time, 9), -9), today);
        const auto tomorrow = days_later(zone, time, 1);
        EXPECT_TRUE(tomorrow.ns - today.ns >= 23 * hour && tomorrow.ns - today.ns <= 25 * hour);
    });
    EXPECT_FALSE(day_begin("Europe/Paris", "2026-02-30"));
    EXPECT_FALSE(day_begin("Europe/Paris", "2026-02-01T00:00"));
    EXPECT_FALSE(day_begin("Europe/Paris", "soon"));
}

TEST(Calendar, a_midnight_that_is_skipped_or_repeated_still_begins_its_day_once) {
    // The Azores change at 01:00 UTC, which is their midnight: skipped in March, repeated in October.
    EXPECT_EQ(*day_begin("Atlantic/Azores", "2026-03-29"), at("2026-03-29T01:00:00Z"));
    EXPECT_EQ(*day_begin("Atlantic/Azores", "2026-10-25"), at("2026-10-25T00:00:00Z"));
    EXPECT_EQ(days_later("Atlantic/Azores", at("2026-10-25T12:00:00Z"), 0), at("2026-10-25T00:00:00Z"));
    // São Paulo changed at its midnight: 00:00 was skipped in spring; in autumn 23:00 to 24:00 came twice.
    EXPECT_EQ(*day_begin("America/Sao_Paulo", "2017-10-15"), at("2017-10-15T03:00:00Z"));
    EXPECT_EQ(*day_begin("America/Sao_Paulo", "2018-02-18"), at("2018-02-18T03:00:00Z"));
    EXPECT_EQ(*day_begin("America/Sao_Paulo", "2018-02-17"), at("2018-02-17T02:00:00Z"));
}

TEST(Calendar, iso_weeks_are_numbered_by_their_thursday) {
    const auto week = [](const char* date) {
        return iso_week("Europe/Paris", at((std::string(date) + "T12:00:00Z").c_str()));
    };
    EXPECT_EQ(week("2026-11-26"), "2026-W48");
    EXPECT_EQ(week("2026-01-01"), "2026-W01");
    EXPECT_EQ(week("2026-12-31"), "2026-W53");
    EXPECT_EQ(week("2027-01-03"), "2026-W53");
    EXPECT_EQ(week("2027-01-04"), "2027-W01");
    EXPECT_EQ(week("2024-12-30"), "2025-W01");
    EXPECT_EQ(week("2023-01-01"), "2022-W52");
}

TEST(Calendar, the_last_slot_and_the_next_one_hold_every_instant_between_them) {
    for (const char* text : {"sat 03:00", "sun 02:30", "sun 01:45", "sun 00:30", "mon 00:00", "sun 23:30"}) {
        const auto slot = *parse_weekly_slot(text);
        each_instant([&](const std::string& zone, Timestamp time) {
            const auto last = last_slot(zone, slot, time), next = next_slot(zone, slot, time);
            EXPECT_LE(last, time);
            EXPECT_LT(time, next);
            EXPECT_EQ(last_slot(zone, slot, last), last);
            EXPECT_EQ(last_slot(zone, slot, {next.ns - 1}), last);
            EXPECT_EQ(next_slot(zone, slot, {last.ns - 1}), last);
            EXPECT_TRUE(next.ns - last.ns >= 7 * day - 2 * hour && next.ns - last.ns <= 7 * day + 2 * hour)
                << zone << " " << text << " " << to_rfc3339(last) << " " << to_rfc3339(next);
        });
    }
}

// An instant is unlike all others of that night: nothing that the clock shows then was or will be shown
// again, and the clock was not just put forward over the time that was asked for.
bool is_unambiguous(const std::string& zone, Timestamp time) {
    const auto shown = to_civil(zone, time);
    for (auto other = time.ns - 3 * hour; other <= time.ns + 3 * hour; other += minute) {
        const auto civil = to_civil(zone, {other});
        if (other != time.ns && civil.hour == shown.hour && civil.minute == shown.minute &&
            civil.day == shown.day)
            return false;
    }
    return true;
}

TEST(Calendar, nothing_is_due_in_an_hour_that_comes_twice) {
    for (const char* zone : zones)
        for (int weekday_number = 1; weekday_number <= 7; ++weekday_number)
            for (unsigned at_minute = 0; at_minute < 24 * 60; at_minute += 15) {
                const WeeklySlot slot{weekday_number, at_minute / 60, at_minute % 60};
                for (auto week = at("2017-02-06T00:00:00Z"); week < at("2018-12-01T00:00:00Z");
                     week.ns += 7 * day) {
                    const auto due = next_slot(zone, slot, week);
                    const auto shown = to_civil(zone, due);
                    const bool as_asked = shown.hour == slot.hour && shown.minute == slot.minute;
                    if (as_asked && to_civil(zone, {due.ns - 4 * hour}).offset_minutes ==
                                        to_civil(zone, {due.ns + 4 * hour}).offset_minutes)
                        continue;  // no change of hour that night
                    EXPECT_TRUE(is_unambiguous(zone, due)) << zone << " " << to_rfc3339(due);
                }
            }
}

TEST(Calendar, a_slot_in_a_skipped_or_repeated_hour_moves_behind_it) {
    const auto slot = [](const char* text) { return *parse_weekly_slot(text); };
    // Paris: 02:00 to 03:00 is skipped on 29 March and comes twice on 25 October 2026.
    const std::string paris = "Europe/Paris";
    EXPECT_EQ(next_slot(paris, slot("sun 02:30"), at("2026-03-28T12:00:00Z")), at("2026-03-29T01:00:00Z"));
    EXPECT_EQ(next_slot(paris, slot("sun 02:30"), at("2026-10-24T12:00:00Z")), at("2026-10-25T02:00:00Z"));
    EXPECT_EQ(next_slot(paris, slot("sun 02:00"), at("2026-10-24T12:00:00Z")), at("2026-10-25T02:00:00Z"));
    EXPECT_EQ(next_slot(paris, slot("sun 03:00"), at("2026-10-24T12:00:00Z")), at("2026-10-25T02:00:00Z"));
    EXPECT_EQ(next_slot(paris, slot("sun 01:59"), at("2026-10-24T12:00:00Z")), at("2026-10-24T23:59:00Z"));
    // Lord Howe: half an hour, 01:30 to 02:00 twice on 5 April, 02:00 to 02:30 skipped on 4 October 2026.
    const std::string howe = "Australia/Lord_Howe";
    EXPECT_EQ(next_slot(howe, slot("sun 01:45"), at("2026-04-04T12:00:00Z")), at("2026-04-04T15:30:00Z"));
    EXPECT_EQ(next_slot(howe, slot("sun 01:29"), at("2026-04-04T12:00:00Z")), at("2026-04-04T14:29:00Z"));
    EXPECT_EQ(next_slot(howe, slot("sun 02:10"), at("2026-10-03T12:00:00Z")), at("2026-10-03T15:30:00Z"));
    // The Azores: their midnight hour.
    EXPECT_EQ(next_slot("Atlantic/Azores", slot("sun 00:30"), at("2026-10-24T12:00:00Z")),
              at("2026-10-25T02:00:00Z"));
    EXPECT_EQ(next_slot("Atlantic/Azores", slot("sun 00:30"), at("2026-03-28T12:00:00Z")),
              at("2026-03-29T01:00:00Z"));
    // São Paulo as it was: Saturday 23:30 came twice.
    EXPECT_EQ(next_slot("America/Sao_Paulo", slot("sat 23:30"), at("2018-02-17T12:00:00Z")),
              at("2018-02-18T03:00:00Z"));
}

TEST(Calendar, what_is_no_slot_is_refused) {
    for (const char* text : {"", "sat", "sat 3:00", "sat 24:00", "sat 03:60", "Sat 03:00", "sam 03:00",
                             "sat 03:00 ", "sat 03-00", "sat -3:00", "satt03:00"})
        EXPECT_FALSE(parse_weekly_slot(text)) << text;
    const auto slot = *parse_weekly_slot("sun 23:59");
    EXPECT_EQ(slot.weekday, 7);
    EXPECT_EQ(slot.hour, 23u);
    EXPECT_EQ(slot.minute, 59u);
}

}  // namespace
}  // namespace coffre::rules
