#pragma once
// The order in which snapshots are listed: newest first by time, then by when they were recorded, then by
// commit, all descending.

#include <string>
#include <vector>

#include "store/journal/state.hpp"

namespace coffre::rules {

// Is `a` listed before `b`?
bool newer(const journal::Snapshot& a, const journal::Snapshot& b);

// One after the other, newest first; of thousands only those are looked at that come up, and a block of
// others. Keeps `state` by reference: made anew after a change. Not thread-safe.
class NewestFirst {
public:
    // `equipment`: of that one alone; "": of all. `before`: none of this time or later.
    explicit NewestFirst(const journal::State& state, std::string equipment = "",
                         std::optional<Timestamp> before = std::nullopt);

    const journal::Snapshot* next();  // null: no more

private:
    void open(const journal::SnapshotSpan& span);

    const journal::Snapshots& all_;
    std::string equipment_;
    std::optional<Timestamp> before_;
    std::vector<journal::SnapshotSpan> closed_;         // the newest last
    std::vector<const journal::Snapshot*> candidates_;  // a heap
};

std::vector<const journal::Snapshot*> newest_first(const journal::State& state);

}  // namespace coffre::rules
