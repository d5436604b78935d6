#include "store/rules/civil_time.hpp"

#include <algorithm>
#include <tuple>

#include <cctz/civil_time.h>
#include <cctz/time_zone.h>

#include "base/error.hpp"

namespace coffre::rules {

namespace {

using Instant = cctz::time_point<cctz::seconds>;
using Lookup = cctz::time_zone::civil_lookup;

Instant instant_of(Timestamp time) { return Instant{cctz::seconds{time.seconds()}}; }
Timestamp timestamp_of(Instant instant) {
    return Timestamp::from_seconds(instant.time_since_epoch().count());
}

// A name of the database and nothing else: the library would also open any file that is named.
bool is_zone_name(const std::string& zone) {
    constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-_/";
    return !zone.empty() && zone.front() != '/' && zone.find_first_not_of(allowed) == std::string::npos &&
           !zone.starts_with("Fixed/");
}

std::optional<cctz::time_zone> find_zone(const std::string& zone) {
    cctz::time_zone found;
    if (!is_zone_name(zone) || !cctz::load_time_zone(zone, &found)) return std::nullopt;
    return found;
}

// Listings ask for times of one zone one after the other.
const cctz::time_zone& zone_named(const std::string& zone) {
    struct Last {
        std::string name;
        cctz::time_zone zone;
    };
    thread_local Last last;
    if (last.name != zone) {
        const auto found = find_zone(zone);
        if (!found) throw Error(Errc::failed, say<Msg::unknown_zone>(zone), say<Msg::hint_zone>());
        last = {zone, *found};
    }
    return last.zone;
}

// The later of two answers, and for a time that no clock showed the instant of the jump.
Instant latest_instant(const Lookup& lookup) {
    return lookup.kind == Lookup::SKIPPED ? lookup.trans : lookup.post;
}

}  // namespace

bool is_date(int year, unsigned month, unsigned day) {
    const cctz::civil_day date(year, static_cast<int>(month), static_cast<int>(day));
    return date.year() == year && date.month() == static_cast<int>(month) &&
           date.day() == static_cast<int>(day);
}

bool zone_exists(const std::string& zone) { return find_zone(zone).has_value(); }

CivilTime to_civil(const std::string& zone, Timestamp time) {
    const auto found = zone_named(zone).lookup(instant_of(time));
    return {static_cast<int>(found.cs.year()),
            static_cast<unsigned>(found.cs.month()),
            static_cast<unsigned>(found.cs.day()),
            static_cast<unsigned>(found.cs.hour()),
            static_cast<unsigned>(found.cs.minute()),
            static_cast<unsigned>(found.cs.second()),
            found.offset / 60};
}

std::optional<Timestamp> from_civil(const std::string& zone, const CivilTime& civil) {
    if (!is_date(civil.year, civil.month, civil.day)) return std::nullopt;
    if (civil.hour > 23 || civil.minute > 59 || civil.second > 59) return std::nullopt;
    const cctz::civil_second shown(civil.year, static_cast<int>(civil.month), static_cast<int>(civil.day),
                                   static_cast<int>(civil.hour), static_cast<int>(civil.minute),
                                   static_cast<int>(civil.second));
    return timestamp_of(latest_instant(zone_named(zone).lookup(shown)));
}

std::optional<TimeSpan> parse_civil(const std::string& zone, std::string_view text) {
    const auto length = text.size();
    if (length != 10 && length != 16 && length != 19) return std::nullopt;
    constexpr std::string_view form = "0000-00-00T00:00:00";
    for (std::size_t i = 0; i < length; ++i) {
        const bool digit = text[i] >= '0' && text[i] <= '9';
        if (form[i] == '0' ? !digit : text[i] != form[i]) return std::nullopt;
    }
    const auto number = [&](std::size_t from, std::size_t count, unsigned otherwise) {
        if (from >= length) return otherwise;
        unsigned value = 0;
        for (const char c : text.substr(from, count)) value = value * 10 + static_cast<unsigned>(c - '0');
        return value;
    };
    const int year = static_cast<int>(number(0, 4, 0));
    const unsigned month = number(5, 2, 0), day = number(8, 2, 0);
    const CivilTime from{year, month, day, number(11, 2, 0), number(14, 2, 0), number(17, 2, 0), 0};
    const CivilTime to{
        year, month, day, number(11, 2, 23), number(14, 2, 59), number(17, 2, length == 10 ? 59 : 0), 0};
    const auto first = from_civil(zone, from);
    const auto last = from_civil(zone, to);
    if (!first || !last) return std::nullopt;
    // A time that no clock showed stands for the jump, and covers nothing behind it.
    const auto shown = to_civil(zone, *last);
    const bool skipped = std::tie(shown.day, shown.hour, shown.minute, shown.second) !=
                         std::tie(to.day, to.hour, to.minute, to.second);
    return TimeSpan{*first, skipped ? *last : Timestamp{last->ns + 1'000'000'000}};
}

Timestamp months_later(const std::string& zone, Timestamp time, int months) {
    const auto& place = zone_named(zone);
    const cctz::civil_day today(place.lookup(instant_of(time)).cs);
    const auto month = cctz::civil_month(today) + months;
    const auto last = cctz::civil_day(month + 1) - 1;
    const cctz::civil_day day(month.year(), month.month(), std::min(today.day(), last.day()));
    return timestamp_of(latest_instant(place.lookup(cctz::civil_second(day + 1))));
}

}  // namespace coffre::rules
