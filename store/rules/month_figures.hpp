#pragma once
// What a month was like: the figures that its reviews show and freeze (PROC 5.2, 5.3). Pure functions over
// folded state: the same state, month and time give the same figures.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "store/rules/anomalies.hpp"
#include "store/rules/calendar.hpp"
#include "store/rules/drills.hpp"
#include "store/rules/reviews.hpp"
#include "store/rules/site_state.hpp"

namespace coffre::rules {

// How the weekly capture of one equipment went.
enum class WeekState : std::uint8_t {
    not_expected,  // not in the inventory, or not under contract, when it was due
    pending,       // the week is not over
    done,
    late,        // later than the slot of the site's schedule, and what complete_hours gives beyond a week
    partial,     // nothing complete
    other_kind,  // complete, but no HEBDO
    missed,
    dispensed,  // nothing, and a dispensation says that it is captured by hand, less often
};
std::string_view week_state_name(WeekState state);  // "not-expected", "done"…

struct WeekFigures {
    std::string week;  // "2026-W41"
    WeekState state = WeekState::not_expected;
};

struct EquipmentFigures {
    std::string name, type;
    bool manual = false;  // captured by hand
    bool dispensed = false;
    std::vector<WeekFigures> weeks;            // those whose Sunday lies in the month
    std::size_t complete = 0, partial = 0;     // captures recorded in the month
    std::size_t imported = 0;                  // of them, dated by an operator: no proof of the week
    std::map<std::string, std::size_t> kinds;  // of the complete ones
    bool monthly = false;                      // one of them is MENSUEL
    std::optional<Timestamp> last_complete;    // until the month's end
    std::size_t kept = 0, protected_kept = 0;  // of the complete ones, not expired; in both places
    std::size_t in_intervention = 0;           // captured by hand while one was open
    std::size_t by_itself = 0;                 // captured by hand, and nobody had opened one
    std::size_t undeclared = 0;                // changes outside of any window
    std::vector<std::string> undeclared_categories;

    [[nodiscard]] std::size_t count(WeekState state) const;
    [[nodiscard]] std::size_t expected() const;  // weeks in which one was due, and that are over
};

struct InterventionFigures {
    const journal::Intervention* intervention;
    std::vector<std::string> captured, missing;  // equipments
};

struct RemoteFigures {
    std::string name, role;
    std::optional<Timestamp> verified;  // when it was read back last
    std::size_t covered = 0;            // of the month's complete snapshots that are kept
};

struct MonthFigures {
    Month month;
    Timestamp from, to;  // exclusive; `now` where the month is not over
    Timestamp made;      // now
    bool over = false;
    Responsible responsible;  // at the end
    std::string policy;       // its reference
    std::vector<EquipmentFigures> equipment;
    std::vector<InterventionFigures> interventions;  // open at some moment of the month
    std::size_t windows = 0, windows_open = 0;       // change windows begun; open still
    std::vector<RemoteFigures> remotes;
    std::vector<const journal::Observation*> checks;  // integrity, encryption, space: the last of each
    AnomalyFigures anomalies;
    std::vector<AnomalyView> open;
    std::map<std::string, std::size_t> ways_in;               // key slots, by type
    std::size_t actors = 0;                                   // machines that may write
    std::vector<const journal::Dispensation*> dispensations;  // in force, or ended in the month
    std::vector<const journal::Drill*> drills;                // ended in the month
    std::optional<DrillPlan> next_drill;
    std::size_t expired = 0;  // snapshots that the policy let go
};

// Of equipments that were under contract at its end, or left in it. Points into `state`.
MonthFigures month_figures(const journal::State& state, const Month& month, Timestamp now);

// As a review freezes them: codes, counts and times (RFC 3339), no configuration text.
journal::Json to_json(const MonthFigures& figures);

}  // namespace coffre::rules
