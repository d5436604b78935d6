#include "store/rules/calendar.hpp"

#include <array>

namespace coffre::rules {

namespace {

constexpr std::int64_t hour_ns = 3600ll * 1'000'000'000;
constexpr std::array weekdays{"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

// Days since 1970-01-01, of the proleptic Gregorian calendar, and back.
std::int64_t day_number(const CivilTime& civil) {
    const std::int64_t year = civil.month <= 2 ? civil.year - 1 : civil.year;
    const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
    const std::int64_t of_era = year - era * 400;
    const std::int64_t month = (civil.month + 9) % 12;  // from March
    const std::int64_t of_year = (153 * month + 2) / 5 + civil.day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

CivilTime day_of(std::int64_t number) {
    const std::int64_t shifted = number + 719468;
    const std::int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    const std::int64_t of_era = shifted - era * 146097;
    const std::int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    const std::int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    const std::int64_t month = (5 * of_year + 2) / 153;
    CivilTime civil;
    civil.day = static_cast<unsigned>(of_year - (153 * month + 2) / 5 + 1);
    civil.month = static_cast<unsigned>(month < 10 ? month + 3 : month - 9);
    civil.year = static_cast<int>(year + era * 400 + (civil.month <= 2 ? 1 : 0));
    return civil;
}

int weekday_of(std::int64_t day) {  // 1 Monday to 7 Sunday; day 0 was a Thursday
    return static_cast<int>(((day + 3) % 7 + 7) % 7) + 1;
}

// A stretch of the clock that a change of it repeats.
struct Repetition {
    Timestamp earlier;  // when the clock showed the same the first time
    Timestamp end;      // the first instant after the second time
};

// Of `time`, where the clock shows for the second time what it shows then.
std::optional<Repetition> repetition(const std::string& zone, Timestamp time) {
    constexpr std::int64_t minute_ns = 60ll * 1'000'000'000;
    constexpr std::int64_t longest_ns = 3 * hour_ns;  // that clocks are put back
    const auto after = to_civil(zone, time).offset_minutes;
    const auto before = to_civil(zone, {time.ns - longest_ns}).offset_minutes;
    const auto back_ns = (before - after) * minute_ns;
    if (back_ns <= 0) return std::nullopt;
    Timestamp low{time.ns - back_ns}, high = time;
    if (to_civil(zone, low).offset_minutes != before) return std::nullopt;
    const auto earlier = low;
    while (high.ns - low.ns > 1'000'000'000) {  // clocks change at whole seconds
        const auto middle = Timestamp::from_seconds(Timestamp{(low.ns + high.ns) / 2}.seconds());
        (to_civil(zone, middle).offset_minutes == before ? low : high) = middle;
    }
    return Repetition{earlier, {high.ns + back_ns}};
}

// The first instant of a day: where midnight is repeated, the earlier one.
Timestamp begin_of(const std::string& zone, std::int64_t day) {
    const auto midnight = *from_civil(zone, day_of(day));
    const auto repeated = repetition(zone, midnight);
    return repeated ? repeated->earlier : midnight;
}

Timestamp slot_on(const std::string& zone, const WeeklySlot& slot, std::int64_t day) {
    CivilTime civil = day_of(day);
    civil.hour = slot.hour;
    civil.minute = slot.minute;
    const auto time = *from_civil(zone, civil);  // the later one, or the jump
    const auto repeated = repetition(zone, time);
    return repeated ? repeated->end : time;
}

}  // namespace

std::string Month::text() const {
    auto text = std::to_string(year) + (month < 10 ? "-0" : "-") + std::to_string(month);
    return year < 1000 ? std::string(4 - std::to_string(year).size(), '0') + text : text;
}

Month Month::plus(int months) const {
    const int all = year * 12 + static_cast<int>(month) - 1 + months;
    const int years = all >= 0 ? all / 12 : (all - 11) / 12;
    return {years, static_cast<unsigned>(all - years * 12) + 1};
}

std::optional<Month> parse_month(const std::string& text) {
    if (text.size() != 7 || text[4] != '-') return std::nullopt;
    for (const std::size_t i : {0, 1, 2, 3, 5, 6})
        if (text[i] < '0' || text[i] > '9') return std::nullopt;
    const Month month{std::stoi(text.substr(0, 4)), static_cast<unsigned>(std::stoi(text.substr(5)))};
    if (month.month < 1 || month.month > 12) return std::nullopt;
    return month;
}

Month month_of(const std::string& zone, Timestamp time) {
    const auto civil = to_civil(zone, time);
    return {civil.year, civil.month};
}

Timestamp month_begin(const std::string& zone, const Month& month) {
    CivilTime first;
    first.year = month.year;
    first.month = month.month;
    return begin_of(zone, day_number(first));
}

Timestamp week_begin(const std::string& zone, Timestamp time) {
    const auto day = day_number(to_civil(zone, time));
    return begin_of(zone, day - (weekday_of(day) - 1));
}

std::string iso_week(const std::string& zone, Timestamp time) {
    const auto day = day_number(to_civil(zone, time));
    const auto thursday = day - weekday_of(day) + 4;
    CivilTime first;
    first.year = day_of(thursday).year;
    const auto week = (thursday - day_number(first)) / 7 + 1;
    return Month{first.year, 1}.text().substr(0, 4) + (week < 10 ? "-W0" : "-W") + std::to_string(week);
}

Timestamp days_later(const std::string& zone, Timestamp time, int days) {
    return begin_of(zone, day_number(to_civil(zone, time)) + days);
}

std::optional<Timestamp> day_begin(const std::string& zone, const std::string& date) {
    if (date.size() != 10) return std::nullopt;
    const auto span = parse_civil(zone, date);
    if (!span) return std::nullopt;
    return days_later(zone, span->first, 0);
}

std::optional<WeeklySlot> parse_weekly_slot(const std::string& text) {
    if (text.size() != 9 || text[3] != ' ' || text[6] != ':') return std::nullopt;
    for (const std::size_t i : {4, 5, 7, 8})
        if (text[i] < '0' || text[i] > '9') return std::nullopt;
    WeeklySlot slot{0, static_cast<unsigned>(std::stoi(text.substr(4, 2))),
                    static_cast<unsigned>(std::stoi(text.substr(7, 2)))};
    if (slot.hour > 23 || slot.minute > 59) return std::nullopt;
    for (std::size_t i = 0; i < weekdays.size(); ++i)
        if (text.starts_with(weekdays[i])) slot.weekday = static_cast<int>(i) + 1;
    if (slot.weekday == 0) return std::nullopt;
    return slot;
}

Timestamp last_slot(const std::string& zone, const WeeklySlot& slot, Timestamp time) {
    const auto today = day_number(to_civil(zone, time));
    const auto back = (weekday_of(today) - slot.weekday + 7) % 7;
    const auto at = slot_on(zone, slot, today - back);
    return time < at ? slot_on(zone, slot, today - back - 7) : at;
}

Timestamp next_slot(const std::string& zone, const WeeklySlot& slot, Timestamp time) {
    const auto today = day_number(to_civil(zone, time));
    const auto ahead = (slot.weekday - weekday_of(today) + 7) % 7;
    const auto at = slot_on(zone, slot, today + ahead);
    return time < at ? at : slot_on(zone, slot, today + ahead + 7);
}

}  // namespace coffre::rules
