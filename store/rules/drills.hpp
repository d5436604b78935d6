#pragma once
// When restore tests are due, of what and from where (PROC 3.1 to 3.4). Pure functions over folded state.

#include <optional>
#include <string>
#include <vector>

#include "store/journal/state.hpp"

namespace coffre::rules {

// A success that was applied to an equipment and read back: level 2 at least.
bool is_applied(const journal::Drill& drill);
// Does it satisfy PROC 3.2: applied, read back, and the checklist signed by a person (level 3)? From these
// alone what is due next is counted.
bool is_restore_test(const journal::Drill& drill);

struct DrillPlan {
    std::string equipment;    // the one tested least recently, of these the one tried least recently
    std::string source_role;  // "cloud" or "physical": not the one of the last success
    std::string source;       // the remote's name; "" where there is none of that role
    ObjectId commit;  // which snapshot: the newest complete one, or one of another kind than last time
    Timestamp due;    // of the site: last success + 3 or 12 calendar months; the contract's begin
                      // (or the site's) where there was none
    bool overdue = false;
};
// The next one of the site. Empty: no equipment has a snapshot, or the contract does not hold.
std::optional<DrillPlan> next_drill(const journal::State& state, Timestamp now);

// Equipments whose own yearly test is overdue, and since when.
struct EquipmentDrill {
    std::string equipment;
    std::optional<Timestamp> last;  // success
    Timestamp due;
};
std::vector<EquipmentDrill> equipment_drills(const journal::State& state, Timestamp now);

// A failed one is settled by a new complete snapshot and a test of the same equipment that passed what it
// failed at (or a dispensation "retest"), both later than it; or where the equipment left the inventory.
struct FailedDrill {
    const journal::Drill* drill;
    const journal::Snapshot* new_snapshot;  // null: not yet
    const journal::Drill* retest;           // null: not yet
    bool dispensed = false;
    bool gone = false;  // the equipment left the inventory: nothing is left to be tried
    [[nodiscard]] bool settled() const {
        return gone || (new_snapshot != nullptr && (retest != nullptr || dispensed));
    }
};
std::vector<FailedDrill> failed_drills(const journal::State& state, Timestamp now);

}  // namespace coffre::rules
