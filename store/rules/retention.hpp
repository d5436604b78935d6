#pragma once
// How long snapshots are kept: pure functions of folded state (docs/architecture.md, "Retention").
// Thread-safe.

#include <map>
#include <optional>

#include "store/journal/state.hpp"

namespace coffre::rules {

// Calendar months for which `snapshot` is kept as `kind`: the longest of the policies that were in force
// since it was recorded, because a shortened duration never applies to what is there already. 0 for a kind
// without a duration.
int months_kept(const journal::State& state, const journal::Snapshot& snapshot, const std::string& kind);

// Looks at all snapshots once, then answers for each at once. `state` is kept by reference.
class Retention {
public:
    explicit Retention(const journal::State& state);

    // The first instant at which the policy lets it expire: the longest of its kinds, by calendar months in
    // the zone that the site had then, and not before 30 days after it was recorded (a simulated repository
    // is free of that). Empty while a floor keeps it: the last complete snapshot of its equipment never
    // expires.
    [[nodiscard]] std::optional<Timestamp> expires_at(const journal::Snapshot& snapshot) const;

private:
    const journal::State& state_;
    std::map<std::string, ObjectId> last_complete_;  // by equipment
};

}  // namespace coffre::rules
