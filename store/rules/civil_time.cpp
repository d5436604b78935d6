#include "store/rules/civil_time.hpp"

#include <chrono>
#include <tuple>

#include "base/error.hpp"
#include "base/time_zone.hpp"

namespace coffre::rules {

namespace {

const TimeZone& zone_named(const std::string& zone) {
    const auto* found = TimeZone::find(zone);
    if (found == nullptr) throw Error(Errc::failed, say<Msg::unknown_zone>(zone), say<Msg::hint_zone>());
    return *found;
}

// Seconds of a wall clock since 1970-01-01T00:00:00 on it.
std::chrono::local_seconds wall_time(std::int64_t seconds) {
    return std::chrono::local_seconds{std::chrono::seconds{seconds}};
}

std::chrono::year_month_day day_of(int year, unsigned month, unsigned day) {
    return {std::chrono::year{year}, std::chrono::month{month}, std::chrono::day{day}};
}

Timestamp latest_instant(const std::string& zone, std::chrono::local_seconds local) {
    return Timestamp::from_seconds(zone_named(zone).latest_instant(local.time_since_epoch().count()));
}

}  // namespace

bool is_date(int year, unsigned month, unsigned day) { return day_of(year, month, day).ok(); }

bool zone_exists(const std::string& zone) { return TimeZone::find(zone) != nullptr; }

CivilTime to_civil(const std::string& zone, Timestamp time) {
    const auto offset = zone_named(zone).span_at(time.seconds()).offset;
    const auto local = wall_time(time.seconds() + offset);
    const auto day = std::chrono::floor<std::chrono::days>(local);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss clock{local - day};
    return {static_cast<int>(date.year()),
            static_cast<unsigned>(date.month()),
            static_cast<unsigned>(date.day()),
            static_cast<unsigned>(clock.hours().count()),
            static_cast<unsigned>(clock.minutes().count()),
            static_cast<unsigned>(clock.seconds().count()),
            static_cast<int>(offset / 60)};
}

std::optional<Timestamp> from_civil(const std::string& zone, const CivilTime& civil) {
    const auto date = day_of(civil.year, civil.month, civil.day);
    if (!date.ok() || civil.hour > 23 || civil.minute > 59 || civil.second > 59) return std::nullopt;
    const auto local = std::chrono::local_days{date} + std::chrono::hours{civil.hour} +
                       std::chrono::minutes{civil.minute} + std::chrono::seconds{civil.second};
    return latest_instant(zone, local);
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
    auto date = day_of(civil.year, civil.month, civil.day) + std::chrono::months{months};
    if (!date.ok()) date = date.year() / date.month() / std::chrono::last;
    return latest_instant(zone, std::chrono::local_days{date} + std::chrono::days{1});
}

}  // namespace coffre::rules
