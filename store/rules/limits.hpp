#pragma once
// The procedure's durations and numbers, as the policy in force has them. Pure.

#include <string>
#include <vector>

#include "store/journal/state.hpp"

namespace coffre::rules {

struct Limit {
    const char* name;  // of the policy's table "limits"
    int standard;      // what holds where the policy says nothing
    int least, most;   // what a policy may say
};

namespace limits {

inline constexpr Limit complete_hours{"complete_hours", 7 * 24 + 6, 24, 24 * 31};  // 1.1, age of the last one
inline constexpr Limit post_hours{"post_hours", 12, 1, 24 * 7};                    // 1.3, after a PRE
inline constexpr Limit cloud_hours{"cloud_hours", 1, 1, 24 * 7};                   // 2.3
inline constexpr Limit physical_days{"physical_days", 7, 1, 31};                   // 2.3
inline constexpr Limit distance_km{"distance_km", 50, 0, 20000};                   // 2.4
inline constexpr Limit drill_months{"drill_months", 12, 1, 12};                    // 3.1
inline constexpr Limit drill_months_renforce{"drill_months_renforce", 3, 1, 12};
inline constexpr Limit equipment_drill_months{"equipment_drill_months", 12, 1, 24};  // 3.1, each equipment
inline constexpr Limit recovery_minutes{"recovery_minutes", 30, 1, 24 * 60};         // 3.3, what is aimed at
inline constexpr Limit monthly_by_day{"monthly_by_day", 8, 1, 28};                   // 4.2, of the month
inline constexpr Limit review_days{"review_days", 5, 1, 27};                   // 5.2, after the month's end
inline constexpr Limit treat_hours{"treat_hours", 24, 1, 24 * 7};              // 5.4
inline constexpr Limit dispensation_months{"dispensation_months", 12, 1, 12};  // 1.2, at most
inline constexpr Limit verify_days{"verify_days", 7, 1, 31};                   // names of all files
inline constexpr Limit read_data_days{"read_data_days", 31, 1, 366};           // all data, and each remote
inline constexpr Limit retry_minutes{"retry_minutes", 60, 1, 24 * 60};         // after a failure
inline constexpr Limit space_percent{"space_percent", 10, 0, 90};              // 5.4, free at least
inline constexpr Limit space_days{"space_days", 30, 0, 366};                   // 5.4, of growth ahead
inline constexpr Limit stale_hours{"stale_hours", 24, 1, 24 * 7};              // 5.3, a figure is grey after

}  // namespace limits

const std::vector<Limit>& all_limits();
int limit_of(const journal::Policy& policy, const Limit& limit);
inline int limit_of(const journal::State& state, const Limit& limit) {
    return limit_of(state.policy(), limit);
}

}  // namespace coffre::rules
