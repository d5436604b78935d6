#include "store/rules/civil_time.hpp"

#include <chrono>
#include <stdexcept>
#include <tuple>

#include <date/tz.h>

#include "base/error.hpp"

namespace coffre::rules {

namespace {

const date::time_zone* find_zone(const std::string& zone) {
    try {
        return date::locate_zone(zone);
    } catch (const std::runtime_error&) {
        return nullptr;
    }
}

const date::time_zone& zone_named(const std::string& zone) {
    const auto* found = find_zone(zone);
    if (found == nullptr) throw Error(Errc::failed, say<Msg::unknown_zone>(zone), say<Msg::hint_zone>());
    return *found;
}

date::sys_seconds sys_time(Timestamp time) { return date::sys_seconds{std::chrono::seconds{time.seconds()}}; }

// Both answers of an ambiguous time, or the jump of a time that does not exist, as from_civil says.
Timestamp latest_instant(const date::time_zone& zone, date::local_seconds local) {
    const auto info = zone.get_info(local);
    if (info.result == date::local_info::nonexistent)
        return Timestamp::from_seconds(info.first.end.time_since_epoch().count());
    const auto offset = info.result == date::local_info::ambiguous ? info.second.offset : info.first.offset;
    return Timestamp::from_seconds((local.time_since_epoch() - offset).count());
}

}  // namespace

bool is_date(int year, unsigned month, unsigned day) {
    return date::year_month_day{date::year{year}, date::month{month}, date::day{day}}.ok();
}

bool zone_exists(const std::string& zone) { return find_zone(zone) != nullptr; }

CivilTime to_civil(const std::string& zone, Timestamp time) {
    const auto info = zone_named(zone).get_info(sys_time(time));
    const auto local = sys_time(time) + info.offset;
    const auto day = date::floor<date::days>(local);
    const date::year_month_day date{day};
    const date::hh_mm_ss clock{local - day};
    return {static_cast<int>(date.year()),
            static_cast<unsigned>(date.month()),
            static_cast<unsigned>(date.day()),
            static_cast<unsigned>(clock.hours().count()),
            static_cast<unsigned>(clock.minutes().count()),
            static_cast<unsigned>(clock.seconds().count()),
            static_cast<int>(info.offset.count() / 60)};
}

std::optional<Timestamp> from_civil(const std::string& zone, const CivilTime& civil) {
    const date::year_month_day date{date::year{civil.year}, date::month{civil.month}, date::day{civil.day}};
    if (!date.ok() || civil.hour > 23 || civil.minute > 59 || civil.second > 59) return std::nullopt;
    const auto local = date::local_days{date} + std::chrono::hours{civil.hour} +
                       std::chrono::minutes{civil.minute} + std::chrono::seconds{civil.second};
    return latest_instant(zone_named(zone), local);
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
    const auto civil = to_civil(zone, time);
    date::year_month_day date{date::year{civil.year}, date::month{civil.month}, date::day{civil.day}};
    date += date::months{months};
    if (!date.ok()) date = date.year() / date.month() / date::last;
    const date::local_seconds next_day = date::local_days{date} + date::days{1};
    return latest_instant(zone_named(zone), next_day);
}

}  // namespace coffre::rules
