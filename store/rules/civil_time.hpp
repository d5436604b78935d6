#pragma once
// Instants as a site's clock on the wall shows them, by the IANA time zone database of the system, or the one
// that TZDIR names (a restore kit brings its own). Pure functions of their arguments and of that database.
// Thread-safe.

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace coffre::rules {

struct CivilTime {
    int year = 1970;
    unsigned month = 1;  // 1 to 12
    unsigned day = 1;    // 1 to 31
    unsigned hour = 0;   // 0 to 23
    unsigned minute = 0;
    unsigned second = 0;
    int offset_minutes = 0;  // east of UTC
};

bool zone_exists(const std::string& zone);

// Is there such a day in the calendar?
bool is_date(int year, unsigned month, unsigned day);

// Error{failed} where the system does not know the zone.
CivilTime to_civil(const std::string& zone, Timestamp time);

// A wall-clock time as an instant. In the hour that is repeated: the later of the two, so that "at or before"
// takes in both. In the hour that is skipped: the instant of the jump. Empty when there is no such date.
std::optional<Timestamp> from_civil(const std::string& zone, const CivilTime& civil);

// What DATE, DATETHH:MM or DATETHH:MM:SS ("2025-05-10T03:00") covers on that zone's clock: a whole day, or
// the one second. Empty when it is none of these.
struct TimeSpan {
    Timestamp first;
    Timestamp end;  // exclusive
};
std::optional<TimeSpan> parse_civil(const std::string& zone, std::string_view text);

// The first instant of the day after `time` + `months` calendar months in that zone; the day is clamped to
// the end of its month (30 November + 3 is 28 or 29 February), and the whole of it is kept.
Timestamp months_later(const std::string& zone, Timestamp time, int months);

}  // namespace coffre::rules
