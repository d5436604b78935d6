#include "store/rules/copies.hpp"

#include <algorithm>

namespace coffre::rules {

namespace {

bool covers(const journal::StreamNumbers& numbers, const journal::Snapshot& snapshot) {
    const auto reached = numbers.find(snapshot.actor);
    return snapshot.number > 0 && reached != numbers.end() && snapshot.number <= reached->second;
}

CopyState state_at(const journal::State& state, const journal::Remote& remote,
                   const journal::Snapshot& snapshot) {
    const auto copies = state.copies.find(remote.name);
    if (copies == state.copies.end()) return CopyState::absent;
    if (covers(copies->second.verified, snapshot)) return CopyState::verified;
    return covers(copies->second.sent, snapshot) ? CopyState::sent : CopyState::absent;
}

}  // namespace

std::string_view copy_state_name(CopyState state) {
    switch (state) {
        case CopyState::absent:
            return "absent";
        case CopyState::sent:
            return "sent";
        case CopyState::verified:
            break;
    }
    return "verified";
}

std::vector<Location> locations(const journal::State& state, const journal::Snapshot& snapshot) {
    std::vector<Location> found;
    for (const auto& [name, remote] : state.remotes)
        if (!remote.removed) found.push_back({&remote, state_at(state, remote, snapshot)});
    return found;
}

bool is_protected(const journal::State& state, const journal::Snapshot& snapshot) {
    bool cloud = false, physical = false;
    for (const auto& [remote, at] : locations(state, snapshot)) {
        if (at != CopyState::verified) continue;
        cloud = cloud || remote->role == "cloud";
        physical = physical || remote->role == "physical";
    }
    return cloud && physical;
}

bool leaves_uncovered(const journal::State& state, const journal::StreamNumbers& numbers) {
    for (const auto& snapshot : state.snapshots)
        if (!snapshot.expired && !covers(numbers, snapshot)) return true;
    return false;
}

const journal::Snapshot* oldest_uncovered(const journal::State& state,
                                          const journal::StreamNumbers& numbers) {
    constexpr int enough = 300;
    const bool all = std::all_of(state.streams.begin(), state.streams.end(), [&](const auto& stream) {
        const auto reached = numbers.find(stream.first);
        return reached != numbers.end() && stream.second.number <= reached->second;
    });
    if (all) return nullptr;
    const journal::Snapshot* oldest = nullptr;
    int in_a_row = 0;
    for (auto i = state.snapshots.size(); i-- > 0;) {  // the last folded first, whatever they are dated
        const auto& snapshot = state.snapshots[i];
        if (covers(numbers, snapshot)) {
            if (++in_a_row == enough) break;
            continue;
        }
        in_a_row = 0;
        if (snapshot.expired) continue;
        if (oldest == nullptr || snapshot.recorded_at < oldest->recorded_at) oldest = &snapshot;
    }
    return oldest;
}

}  // namespace coffre::rules
