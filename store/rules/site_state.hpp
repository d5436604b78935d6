#pragma once
// What several rules ask of a site: its equipments under contract, how each is captured, its newest
// snapshots, the dispensations in force. Pure functions over folded state; not thread-safe, as that is not.

#include <optional>
#include <string>
#include <vector>

#include "store/journal/state.hpp"

namespace coffre::rules {

// How a configuration comes in (PROC 1.2).
enum class CaptureMode : std::uint8_t {
    automatic,  // a driver takes it
    manual,     // somebody exports it, and captures it with --from
};
// The setting "mode" (auto, manual); without it, what has no settings is captured by hand.
CaptureMode capture_mode(const journal::Equipment& equipment);

// The contract holds at that time, and the equipment is under it: in the inventory, and its setting
// "contract" is not "no".
bool under_contract(const journal::State& state, const journal::Equipment& equipment, Timestamp now);
bool contract_holds(const journal::Site& site, Timestamp now);
// "unknown" counts as this.
bool is_renforce(const journal::Site& site);

// By name; of these alone the procedure speaks.
std::vector<const journal::Equipment*> equipments_under_contract(const journal::State& state, Timestamp now);

// "48.8789,2.3158": degrees north and east. Empty: it is none.
struct Place {
    double latitude = 0, longitude = 0;
};
std::optional<Place> parse_place(const std::string& text);

// When it came into the inventory the first time.
Timestamp added_at(const journal::State& state, const std::string& equipment);

// The newest complete snapshot by `recorded_at` that the clock dated, at or before `now`; null: none. Expired
// ones count: they were there.
const journal::Snapshot* newest_complete(const journal::State& state, const std::string& equipment,
                                         Timestamp now);

// In force at that time, signed by a person; null: none. `subject` "" asks for the site's.
const journal::Dispensation* dispensation_for(const journal::State& state, const std::string& kind,
                                              const std::string& subject, Timestamp now);

// The kinds that a dispensation may have: "manual" (1.2, an equipment), "medium" (2.3, a remote that is not
// encrypted), "distance" (2.4, the site), "drill" (3.1, an equipment or the site), "retest" (3.4, an
// equipment), "copy" (2.3, the site has one place alone).
const std::vector<std::string>& dispensation_kinds();

}  // namespace coffre::rules
