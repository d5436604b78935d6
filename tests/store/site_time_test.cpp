// Names of sites in six time zones, through every clock change of ten years. The system's own localtime is
// the oracle.

#include <cstdlib>
#include <ctime>
#include <map>

#include <gtest/gtest.h>

#include "store/rules/civil_time.hpp"
#include "store/rules/names.hpp"
#include "store/rules/standard_name.hpp"
#include "tests/support/error_of.hpp"

namespace coffre::rules {
namespace {

constexpr std::int64_t quarter = 15 * 60;
constexpr std::int64_t first_second = 1420070400;  // 2015-01-01T00:00:00Z
constexpr std::int64_t last_second = 1735689600;   // 2025-01-01T00:00:00Z

tm wall_clock(const std::string& zone, std::int64_t second) {
    ::setenv("TZ", (":" + zone).c_str(), 1);
    ::tzset();
    const std::time_t time = second;
    tm out{};
    ::localtime_r(&time, &out);
    return out;
}

// Instants at which the offset from UTC changes.
std::vector<std::int64_t> transitions(const std::string& zone) {
    std::vector<std::int64_t> found;
    const auto offset = [&](std::int64_t second) { return wall_clock(zone, second).tm_gmtoff; };
    constexpr std::int64_t day = 86400;
    for (auto at = first_second; at < last_second; at += day) {
        if (offset(at) == offset(at + day)) continue;
        auto low = at, high = at + day;
        while (high - low > 1) {
            const auto middle = (low + high) / 2;
            (offset(middle) == offset(low) ? low : high) = middle;
        }
        found.push_back(high);
    }
    return found;
}

class SiteTime : public ::testing::TestWithParam<const char*> {
protected:
    SiteTime() : zone(GetParam()) {
        state.site.client = "CLIEXEMP";
        state.site.site = "SIEGEPARIS";
        state.site.timezone = zone;
        state.equipment["CAM-1"] = {"CAM-1", "CAM", "files", {}};
    }
    ~SiteTime() override { ::unsetenv("TZ"); }

    journal::Snapshot& capture(std::int64_t second) {
        journal::Snapshot snapshot;
        const auto number = state.snapshots.size() + 1;
        for (int i = 0; i < 4; ++i)
            snapshot.commit.bytes[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(number >> (8 * i));
        snapshot.equipment = "CAM-1";
        snapshot.type = "CAM";
        snapshot.kinds = {"HEBDO"};
        snapshot.time = snapshot.recorded_at = Timestamp::from_seconds(second);
        state.snapshots.push_back(snapshot);
        return state.snapshots.all().back();
    }

    std::string zone;
    journal::State state;
};

TEST_P(SiteTime, names_show_the_wall_clock_around_every_change_of_ten_years) {
    for (const auto transition : transitions(zone)) {
        for (auto second = transition - 8 * quarter; second <= transition + 8 * quarter; second += quarter) {
            const auto& snapshot = capture(second);
            const auto name = parse_standard_name(standard_name(state.site, snapshot, "HEBDO"));
            const auto wall = wall_clock(zone, second);
            EXPECT_EQ(name.year, wall.tm_year + 1900);
            EXPECT_EQ(name.month, static_cast<unsigned>(wall.tm_mon + 1));
            EXPECT_EQ(name.day, static_cast<unsigned>(wall.tm_mday));
            EXPECT_EQ(name.hour, static_cast<unsigned>(wall.tm_hour));
            EXPECT_EQ(name.minute, static_cast<unsigned>(wall.tm_min));
            EXPECT_EQ(to_civil(zone, snapshot.time).offset_minutes, wall.tm_gmtoff / 60);
        }
    }
}

TEST_P(SiteTime, what_shares_a_name_in_the_repeated_hour_is_told_apart_by_its_commit) {
    for (const auto transition : transitions(zone))
        for (auto second = transition - 8 * quarter; second <= transition + 8 * quarter; second += quarter)
            capture(second);
    const NameBook names(state);
    std::map<std::string, std::vector<const journal::Snapshot*>> by_name;
    for (const auto& snapshot : state.snapshots)
        by_name[standard_name(state.site, snapshot, "HEBDO")].push_back(&snapshot);
    std::size_t shared = 0;
    for (const auto& [name, snapshots] : by_name) {
        if (snapshots.size() == 1) {
            EXPECT_EQ(&names.find(name), snapshots[0]);
            continue;
        }
        ++shared;
        EXPECT_EQ(test::error_of([&, &n = name] { (void)names.find(n); }), Errc::usage);
        for (const auto* snapshot : snapshots) {
            EXPECT_EQ(names.name(*snapshot), name + "~" + snapshot->commit.hex().substr(0, 8));
            EXPECT_EQ(&names.find(names.name(*snapshot)), snapshot);
            EXPECT_EQ(&names.find(names.name(*snapshot) + ".bak"), snapshot);
        }
    }
    // Half of the changes repeat time, where there are any: an hour of quarters each, or two on Lord Howe.
    const auto changes = transitions(zone).size();
    if (changes > 2) {
        EXPECT_GE(shared, changes / 2 * 2 - 2);
    }
}

TEST_P(SiteTime, a_time_is_found_at_or_before_even_where_it_was_skipped_or_repeated) {
    for (const auto transition : transitions(zone)) {
        state.snapshots.all().clear();
        std::vector<std::int64_t> seconds;
        for (auto second = transition - 8 * quarter; second <= transition + 8 * quarter; second += quarter) {
            capture(second);
            seconds.push_back(second);
        }
        const NameBook names(state);
        const auto before = wall_clock(zone, transition - 1), after = wall_clock(zone, transition);
        const auto jump = after.tm_gmtoff - before.tm_gmtoff;
        char text[32];
        if (jump > 0) {
            // A minute that no clock showed: what was before the jump, not what is behind it.
            const std::time_t skipped = transition + before.tm_gmtoff + 60;
            tm gap{};
            ::gmtime_r(&skipped, &gap);
            std::strftime(text, sizeof text, "CAM-1@%Y-%m-%dT%H:%M", &gap);
            EXPECT_EQ(names.find(text).time.seconds(), transition - quarter) << text;
        } else {
            // Twice on the clock: the later one.
            std::strftime(text, sizeof text, "CAM-1@%Y-%m-%dT%H:%M", &after);
            EXPECT_EQ(names.find(text).time.seconds(), transition) << text;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Zones, SiteTime,
                         ::testing::Values("Europe/Paris", "America/New_York", "Australia/Lord_Howe",
                                           "Africa/Casablanca", "America/Sao_Paulo", "Asia/Tehran"),
                         [](const auto& zone) {
                             std::string name(zone.param);
                             for (auto& c : name)
                                 if (c == '/') c = '_';
                             return name;
                         });

}  // namespace
}  // namespace coffre::rules
