#include "base/time_zone.hpp"

#include <gtest/gtest.h>

namespace coffre {
namespace {

constexpr std::int64_t hour = 3600;

// 2026: Paris goes from +1 to +2 on 29 March at 01:00 UTC, and back on 25 October at 01:00 UTC.
constexpr std::int64_t spring = 1'774'746'000;
constexpr std::int64_t autumn = 1'792'890'000;

const TimeZone& paris() { return *TimeZone::find("Europe/Paris"); }

std::string number(std::uint64_t value, int bytes) {
    std::string out;
    for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(value >> (8 * i));
    return out;
}

std::string header(std::uint32_t leaps, std::uint32_t changes, std::uint32_t types) {
    return "TZif2" + std::string(15, '\0') + number(0, 4) + number(0, 4) + number(leaps, 4) +
           number(changes, 4) + number(types, 4) + number(4, 4);
}

// From `first` to `second` seconds east of UTC at the epoch, and no old block.
std::string file(std::int32_t first, std::int32_t second, const std::string& index = {'\1'},
                 std::uint32_t leaps = 0) {
    const auto type = [](std::int32_t offset) {
        return number(static_cast<std::uint32_t>(offset), 4) + std::string(2, '\0');
    };
    return header(0, 0, 0) + std::string("XX\0\0", 4) + header(leaps, 1, 2) + number(0, 8) + index +
           type(first) + type(second) + std::string("XX\0\0", 4) + std::string(12 * leaps, '\0') + "\n\n";
}

TEST(TimeZone, an_offset_lasts_from_one_change_to_the_next) {
    const auto span = paris().span_at(spring);
    EXPECT_EQ(span.begin, spring);
    EXPECT_EQ(span.end, autumn);
    EXPECT_EQ(span.offset, 2 * hour);
    EXPECT_EQ(paris().span_at(spring - 1).offset, hour);
    EXPECT_EQ(paris().span_at(autumn).offset, hour);
}

TEST(TimeZone, a_time_shown_twice_is_the_later_one) {
    EXPECT_EQ(paris().latest_instant(autumn + hour + 1800), autumn + 1800);
}

TEST(TimeZone, a_time_that_is_skipped_is_the_jump) {
    EXPECT_EQ(paris().latest_instant(spring + hour + 1800), spring);
}

TEST(TimeZone, a_time_shown_once_is_that_one) {
    EXPECT_EQ(paris().latest_instant(spring + hour - 1), spring - 1);
    EXPECT_EQ(paris().latest_instant(spring + 2 * hour), spring);
    EXPECT_EQ(paris().latest_instant(autumn + 2 * hour), autumn + hour);
}

TEST(TimeZone, an_alias_is_the_zone_that_it_stands_for) {
    ASSERT_NE(TimeZone::find("Asia/Calcutta"), nullptr);
    EXPECT_EQ(TimeZone::find("Asia/Calcutta")->span_at(spring).offset, 5 * hour + 1800);
}

TEST(TimeZone, what_is_no_zone_is_not_found) {
    for (const char* name :
         {"", "Europe", "Europe/", "Mars/Base", "../etc/passwd", "Europe/../Europe/Paris", "/etc",
          "tzdata.zi", "zone.tab", "posixrules", "localtime", "right/Europe/Paris"})
        EXPECT_EQ(TimeZone::find(name), nullptr) << name;
}

TEST(TimeZone, a_change_parts_the_offset_before_from_the_one_behind) {
    const auto zone = TimeZone::parse(as_bytes(file(-2 * 3600, 3600)));
    ASSERT_TRUE(zone);
    EXPECT_EQ(zone->span_at(-1).offset, -2 * hour);
    EXPECT_EQ(zone->span_at(0).offset, hour);
    EXPECT_EQ(zone->latest_instant(0), 0);  // skipped
    EXPECT_EQ(zone->latest_instant(-3 * hour), -hour);
}

TEST(TimeZone, a_file_cut_anywhere_before_its_end_is_refused) {
    const auto whole = file(0, 3600);
    for (std::size_t size = 0; size + 2 < whole.size(); ++size)
        EXPECT_FALSE(TimeZone::parse(as_bytes(whole).first(size))) << size;
}

TEST(TimeZone, a_file_of_another_kind_or_version_is_refused) {
    auto other = file(0, 3600);
    other[0] = 'X';
    EXPECT_FALSE(TimeZone::parse(as_bytes(other)));
    other = file(0, 3600);
    other[4] = '\0';  // version 1: times of four bytes alone
    EXPECT_FALSE(TimeZone::parse(as_bytes(other)));
}

TEST(TimeZone, a_change_to_an_offset_that_is_not_there_is_refused) {
    EXPECT_FALSE(TimeZone::parse(as_bytes(file(0, 3600, {'\2'}))));
}

TEST(TimeZone, a_file_that_counts_leap_seconds_is_refused) {
    EXPECT_FALSE(TimeZone::parse(as_bytes(file(0, 3600, {'\1'}, 1))));
}

}  // namespace
}  // namespace coffre
