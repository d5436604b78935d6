#pragma once
// How long a snapshot is kept: a pure function of folded state (docs/architecture.md, "Retention").

#include <optional>

#include "store/journal/state.hpp"

namespace coffre::rules {

// The first instant at which the policy lets it expire: the longest of its kinds, by calendar months in the
// site's zone, and not before 30 days after it was recorded (a simulated repository is free of that). Empty
// while a floor keeps it: the last complete snapshot of its equipment never expires.
std::optional<Timestamp> expires_at(const journal::State& state, const journal::Snapshot& snapshot);

}  // namespace coffre::rules
