#include "store/rules/retention.hpp"

#include <algorithm>

#include "store/rules/civil_time.hpp"
#include "store/rules/names.hpp"

namespace coffre::rules {

namespace {

constexpr std::int64_t recorded_floor_ns = 30ll * 24 * 3600 * 1'000'000'000;

bool newer(const journal::Snapshot& a, const journal::Snapshot& b) {
    if (a.time != b.time) return a.time > b.time;
    if (a.recorded_at != b.recorded_at) return a.recorded_at > b.recorded_at;
    return a.commit > b.commit;
}

bool is_last_complete(const journal::State& state, const journal::Snapshot& snapshot) {
    if (!snapshot.complete) return false;
    return std::none_of(state.snapshots.begin(), state.snapshots.end(), [&](const auto& other) {
        return other.equipment == snapshot.equipment && other.complete && newer(other, snapshot);
    });
}

}  // namespace

std::optional<Timestamp> expires_at(const journal::State& state, const journal::Snapshot& snapshot) {
    if (is_last_complete(state, snapshot)) return std::nullopt;
    Timestamp latest = snapshot.time;
    for (const auto& kind : snapshot.kinds) {
        const auto months = state.policy.months.find(kind);
        if (months != state.policy.months.end())
            latest = std::max(latest, months_later(state.site.timezone, snapshot.time, months->second));
    }
    if (!state.site.simulated)
        latest = std::max(latest, Timestamp{snapshot.recorded_at.ns + recorded_floor_ns});
    return latest;
}

}  // namespace coffre::rules
