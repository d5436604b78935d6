#pragma once
// Where a snapshot is, beside here: what the journal says of each remote. Pure functions over folded state.

#include <string>
#include <vector>

#include "store/journal/state.hpp"

namespace coffre::rules {

enum class CopyState : std::uint8_t {
    absent,    // nothing says that it is there
    sent,      // with everything that it needs, but not read back
    verified,  // read back there, with everything that it needs
};

std::string_view copy_state_name(CopyState state);  // "absent", "sent", "verified"

struct Location {
    const journal::Remote* remote;
    CopyState state;
};

// At every remote that is in use, in the order of their names.
std::vector<Location> locations(const journal::State& state, const journal::Snapshot& snapshot);

// Verified at a cloud remote and at a physical one.
bool is_protected(const journal::State& state, const journal::Snapshot& snapshot);

// Is there a snapshot that has not expired, and that `numbers` does not cover?
bool leaves_uncovered(const journal::State& state, const journal::StreamNumbers& numbers);

// The one of those that was recorded first; null: there is none. Looks at the last ones folded, as far as
// some hundreds in a row are covered: cheap at every moment, where a few are not.
const journal::Snapshot* oldest_uncovered(const journal::State& state, const journal::StreamNumbers& numbers);

}  // namespace coffre::rules
