#include "base/clock.hpp"

#include <array>
#include <limits>

#include <gtest/gtest.h>

#include "base/random.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/fake_random.hpp"

namespace coffre {
namespace {

constexpr std::int64_t second = 1'000'000'000;

TEST(Rfc3339, prints_whole_seconds_in_utc) {
    EXPECT_EQ(to_rfc3339({0}), "1970-01-01T00:00:00Z");
    EXPECT_EQ(to_rfc3339({1'795'468'020 * second + 999'999'999}), "2026-11-23T21:07:00Z");
    EXPECT_EQ(to_rfc3339({-1}), "1969-12-31T23:59:59Z");
    EXPECT_EQ(to_rfc3339({std::numeric_limits<std::int64_t>::min()}), "1677-09-21T00:12:43Z");
    EXPECT_EQ(to_rfc3339({std::numeric_limits<std::int64_t>::max()}), "2262-04-11T23:47:16Z");
}

TEST(Rfc3339, reads_back_what_it_prints) {
    for (const std::int64_t at : {0L, 951'782'400L, 1'709'164'800L, 4'102'444'799L, -2'208'988'800L}) {
        const Timestamp time = Timestamp::from_seconds(at);
        EXPECT_EQ(parse_rfc3339(to_rfc3339(time)), time) << at;
    }
}

TEST(Rfc3339, reads_every_offset_as_the_same_instant) {
    const auto expected = parse_rfc3339("2026-11-23T21:07:00Z");
    ASSERT_TRUE(expected);
    EXPECT_EQ(expected->seconds(), 1'795'468'020);
    EXPECT_EQ(parse_rfc3339("2026-11-23T22:07:00+01:00"), expected);
    EXPECT_EQ(parse_rfc3339("2026-11-24T02:52:00+05:45"), expected);
    EXPECT_EQ(parse_rfc3339("2026-11-23T13:07:00-08:00"), expected);
    EXPECT_EQ(parse_rfc3339("2026-11-23t21:07:00z"), expected);
    EXPECT_EQ(parse_rfc3339("2026-11-23T21:07:00-00:00"), expected);
}

TEST(Rfc3339, keeps_fractions_to_the_nanosecond) {
    EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00.5Z")->ns, 500'000'000);
    EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00.000000001Z")->ns, 1);
    EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00.1234567899Z")->ns, 123'456'789);
    EXPECT_EQ(parse_rfc3339("1969-12-31T23:59:59.25Z")->ns, -750'000'000);
}

TEST(Rfc3339, counts_a_leap_second_as_the_second_after_it) {
    EXPECT_EQ(parse_rfc3339("2016-12-31T23:59:60Z"), parse_rfc3339("2017-01-01T00:00:00Z"));
    EXPECT_EQ(parse_rfc3339("2016-12-31T15:59:60-08:00"), parse_rfc3339("2017-01-01T00:00:00Z"));
    EXPECT_FALSE(parse_rfc3339("2016-12-31T22:59:60Z"));
}

TEST(Rfc3339, refuses_what_is_not_one) {
    for (const char* text : {"",
                             "2026",
                             "2026-11-23",
                             "2026-11-23T21:07Z",
                             "2026-11-23T21:07:00",
                             "2026-11-23 21:07:00Z",
                             "2026-11-23T21:07:00.Z",
                             "2026-11-23T21:07:00Zx",
                             " 2026-11-23T21:07:00Z",
                             "2026-13-01T00:00:00Z",
                             "2026-00-01T00:00:00Z",
                             "2026-02-29T00:00:00Z",
                             "2024-02-30T00:00:00Z",
                             "2026-11-23T24:00:00Z",
                             "2026-11-23T21:60:00Z",
                             "2026-11-23T21:07:61Z",
                             "2026-11-23T21:07:00+24:00",
                             "2026-11-23T21:07:00+01:60",
                             "2026-11-23T21:07:00+0100",
                             "2026-11-23T21:07:00+",
                             "+026-11-23T21:07:00Z",
                             "26-11-23T21:07:00Z",
                             "9999-12-31T23:59:59Z",
                             "0000-01-01T00:00:00Z"}) {
        EXPECT_FALSE(parse_rfc3339(text)) << text;
    }
}

TEST(Timestamp, seconds_are_floored) {
    EXPECT_EQ(Timestamp{second - 1}.seconds(), 0);
    EXPECT_EQ(Timestamp{-1}.seconds(), -1);
    EXPECT_EQ(Timestamp{-second}.seconds(), -1);
    EXPECT_EQ(Timestamp{-second - 1}.seconds(), -2);
}

TEST(SystemClock, does_not_run_backwards) {
    Clock& clock = system_clock();
    const std::int64_t before = clock.monotonic_ns();
    clock.sleep_ms(2);
    EXPECT_GE(clock.monotonic_ns(), before + 2'000'000);
    EXPECT_GT(clock.now(), Timestamp::from_seconds(1'700'000'000));
}

TEST(SystemRandom, does_not_repeat_itself) {
    std::array<std::uint8_t, 32> first{};
    std::array<std::uint8_t, 32> again{};
    system_random().fill(first);
    system_random().fill(again);
    EXPECT_NE(first, again);
    system_random().fill({});
}

TEST(FakeClock, moves_with_each_look_and_each_sleep_only) {
    test::FakeClock clock({0});
    EXPECT_EQ(clock.now().ns, 0);
    EXPECT_EQ(clock.now().ns, 1'000'000);
    clock.sleep_ms(10);
    EXPECT_EQ(clock.monotonic_ns(), 12'000'000);
    clock.set({5});
    EXPECT_EQ(clock.now().ns, 5);
}

TEST(FakeRandom, repeats_for_a_seed_and_can_be_stuck) {
    std::array<std::uint8_t, 16> a{}, b{}, c{};
    test::FakeRandom(7).fill(a);
    test::FakeRandom random(7);
    random.fill(b);
    EXPECT_EQ(a, b);
    random.fill(c);
    EXPECT_NE(b, c);
    random.stick(0x55);
    random.fill(c);
    EXPECT_EQ(c[0], 0x55);
    EXPECT_EQ(c[15], 0x55);
}

}  // namespace
}  // namespace coffre
