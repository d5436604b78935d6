#pragma once
// Months, weeks and nights of a site's calendar. Pure; see civil_time.hpp for zones.

#include <compare>

#include "store/rules/civil_time.hpp"

namespace coffre::rules {

struct Month {
    int year = 1970;
    unsigned month = 1;  // 1 to 12
    friend auto operator<=>(const Month&, const Month&) = default;

    [[nodiscard]] std::string text() const;  // "2026-11"
    [[nodiscard]] Month plus(int months) const;
};
std::optional<Month> parse_month(const std::string& text);  // "2026-11"
Month month_of(const std::string& zone, Timestamp time);
Timestamp month_begin(const std::string& zone, const Month& month);  // its first instant

// The first instant of the Monday of that ISO week (ISO 8601).
Timestamp week_begin(const std::string& zone, Timestamp time);
// "2026-W48": that week, by the year in which its Thursday lies.
std::string iso_week(const std::string& zone, Timestamp time);

// The first instant of the day that is `days` calendar days after the day of `time`.
Timestamp days_later(const std::string& zone, Timestamp time, int days);

// The first instant of the day "2026-11-26". Empty when it is none.
std::optional<Timestamp> day_begin(const std::string& zone, const std::string& date);

// "sat 03:00": a day of the week (mon to sun) and a time of the day.
struct WeeklySlot {
    int weekday = 6;  // 1 Monday to 7 Sunday
    unsigned hour = 3, minute = 0;
};
std::optional<WeeklySlot> parse_weekly_slot(const std::string& text);
// The last slot at or before `time`. On a night when the clock changes, one that falls into the hour that is
// repeated or skipped is moved to the first instant after it.
Timestamp last_slot(const std::string& zone, const WeeklySlot& slot, Timestamp time);
Timestamp next_slot(const std::string& zone, const WeeklySlot& slot, Timestamp time);  // the first one after

}  // namespace coffre::rules
