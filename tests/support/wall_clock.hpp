#pragma once
// A site's calendar by the system's localtime alone, for tests that hold the rules against it. One zone a
// process: the one that was chosen last.

#include <cstdlib>
#include <ctime>
#include <string>

#include "base/clock.hpp"

namespace coffre::test {

inline void choose_zone(const std::string& zone) {
    ::setenv("TZ", (":" + zone).c_str(), 1);
    ::tzset();
}

inline tm wall_clock(Timestamp time) {
    const std::time_t second = time.seconds();
    tm out{};
    ::localtime_r(&second, &out);
    return out;
}

// The first second of that date; `day` may be past the end of its month.
inline Timestamp midnight(int year, int month, int day) {
    tm time{};
    time.tm_year = year - 1900;
    time.tm_mon = month - 1;
    time.tm_mday = day;
    time.tm_isdst = -1;
    return Timestamp::from_seconds(::mktime(&time));
}

// The end of the same day, so many months later, or of the last day of that month.
inline Timestamp end_of_day_months_later(Timestamp from, int months) {
    const auto date = wall_clock(from);
    const int month = date.tm_year * 12 + date.tm_mon + months;
    const int year = month / 12 + 1900, of_year = month % 12 + 1;
    const auto last = wall_clock({midnight(year, of_year + 1, 1).ns - 1}).tm_mday;
    return midnight(year, of_year, (date.tm_mday < last ? date.tm_mday : last) + 1);
}

// Does the clock show this minute once more?
inline bool is_shown_twice(Timestamp time) {
    const auto shown = wall_clock(time);
    for (int minutes = -120; minutes <= 120; ++minutes) {
        const auto other = wall_clock({time.ns + minutes * 60'000'000'000});
        if (minutes != 0 && other.tm_mday == shown.tm_mday && other.tm_hour == shown.tm_hour &&
            other.tm_min == shown.tm_min)
            return true;
    }
    return false;
}

}  // namespace coffre::test
