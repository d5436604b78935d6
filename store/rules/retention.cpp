#include "store/rules/retention.hpp"

#include <algorithm>

#include "store/rules/civil_time.hpp"
#include "store/rules/names.hpp"

namespace coffre::rules {

namespace {

constexpr std::int64_t recorded_floor_ns = 30ll * 24 * 3600 * 1'000'000'000;

}  // namespace

int months_kept(const journal::State& state, const journal::Snapshot& snapshot, const std::string& kind) {
    int months = 0;
    for (auto i = snapshot.policy; i < state.policies.size(); ++i) {
        const auto found = state.policies[i].months.find(kind);
        if (found != state.policies[i].months.end()) months = std::max(months, found->second);
    }
    return months;
}

Retention::Retention(const journal::State& state) : state_(state) {
    std::map<std::string, const journal::Snapshot*> newest;
    for (const auto& snapshot : state.snapshots) {
        if (!snapshot.complete) continue;
        const auto [at, first] = newest.try_emplace(snapshot.equipment, &snapshot);
        if (!first && newer(snapshot, *at->second)) at->second = &snapshot;
    }
    for (const auto& [equipment, snapshot] : newest) last_complete_.emplace(equipment, snapshot->commit);
}

std::optional<Timestamp> Retention::expires_at(const journal::Snapshot& snapshot) const {
    const auto last = last_complete_.find(snapshot.equipment);
    if (last != last_complete_.end() && last->second == snapshot.commit) return std::nullopt;
    Timestamp latest = snapshot.time;
    for (const auto& kind : snapshot.kinds) {
        const int months = months_kept(state_, snapshot, kind);
        if (months > 0)
            latest = std::max(latest, months_later(zone_of(state_.site, snapshot), snapshot.time, months));
    }
    if (!state_.site.simulated)
        latest = std::max(latest, Timestamp{snapshot.recorded_at.ns + recorded_floor_ns});
    return latest;
}

}  // namespace coffre::rules
