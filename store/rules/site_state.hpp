#pragma once
// What several rules ask of a site: its equipments under contract, how each is captured, its newest
// snapshots, the dispensations in force. Pure functions over folded state; not thread-safe, as that is not.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
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

// Every record of the site, oldest first; and the first of them.
std::vector<const journal::Site*> site_history(const journal::State& state);
const journal::Site& first_site(const journal::State& state);

// By what was on record then. One that is yet to begin leaves the one before it, that named its end, as it
// was: so are renewals recorded ahead.
bool contract_holds(const journal::State& state, Timestamp time);
// Since when it holds without a break until `now`, at which it holds.
Timestamp contract_since(const journal::State& state, Timestamp now);
// The contract holds at that time, and the equipment is under it: in the inventory, and its setting
// "contract" is not "no".
bool under_contract(const journal::State& state, const journal::Equipment& equipment, Timestamp now);
// Since when its own record says so, whatever the contract is.
Timestamp counted_since(const journal::State& state, const journal::Equipment& equipment);
// Since when the equipment has been under contract, without a break until `now`.
Timestamp under_contract_since(const journal::State& state, const journal::Equipment& equipment,
                               Timestamp now);
// Since when what its record says is so, without a break.
Timestamp equipment_says_since(const journal::State& state, const journal::Equipment& equipment,
                               const std::function<bool(const journal::Equipment&)>& so);
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
const journal::Snapshot* newest_complete(const journal::State& state, const std::string& equipment,
                                         Timestamp now, std::string_view kind);  // "": any

// What was seen of it by `now`, by each machine that counts where it is of their own; where a clock was ahead
// it is not there yet.
std::vector<const journal::Observation*> seen_by(const journal::State& state, Timestamp now);
std::vector<const journal::Observation*> seen_by(const journal::State& state, Timestamp now,
                                                 std::string_view what, std::string_view subject = "");

// Bytes that came in over the last 90 days, or since there are snapshots, but for the first one of each
// equipment; and the largest that any of them brought.
struct Growth {
    std::int64_t bytes = 0, largest = 0, days = 0;
    // Empty: what there is tells nothing yet.
    [[nodiscard]] std::optional<double> bytes_a_day() const;
};
Growth growth_of(const journal::State& state, Timestamp now);

// When a dispensation ends.
Timestamp end_of(const journal::Dispensation& item);

// In force at that time, signed by a person; null: none. `subject` "" asks for the site's.
const journal::Dispensation* dispensation_for(const journal::State& state, const std::string& kind,
                                              const std::string& subject, Timestamp now);

// The kinds that a dispensation may have: "manual" (1.2, an equipment), "medium" (2.3, a remote that is not
// encrypted), "distance" (2.4, the site), "drill" (3.1, an equipment or the site), "retest" (3.4, an
// equipment), "copy" (2.3, the site has one place alone).
const std::vector<std::string>& dispensation_kinds();

}  // namespace coffre::rules
