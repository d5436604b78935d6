#pragma once
// Holds: snapshots that are kept whatever the policy says.

#include "cli/work/session.hpp"

namespace coffre::cli {

struct HeldSnapshot {
    ObjectId commit;
    const journal::Snapshot* snapshot = nullptr;  // null: its batch is not in this copy
    const journal::Hold* hold = nullptr;
};

// Newest first. Points into `state`.
std::vector<HeldSnapshot> held_snapshots(const journal::State& state);

// Both give the commit. A second hold replaces the reason. Error{failed} for a snapshot that has expired, and
// for the end of a hold that is not there.
ObjectId add_hold(Session& session, const std::string& snapshot, const std::string& message);
ObjectId remove_hold(Session& session, const std::string& snapshot);

}  // namespace coffre::cli
