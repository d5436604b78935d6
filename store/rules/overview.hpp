#pragma once
// Supervision's one query (PROC 5.3): how a site stands at one moment, from its journal alone. What `status`,
// `dashboard`, `metrics` and the reviews show is this and nothing else. Pure; the answer holds no reference
// to the state, so that a fleet's sites are asked one after the other.

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "store/journal/state.hpp"
#include "store/rules/calendar.hpp"

namespace coffre::rules {

// What nobody looked at is unknown, which is never ok.
enum class Mark : std::uint8_t { ok, watch, bad, unknown };
std::string_view mark_name(Mark mark);  // "ok", "watch", "bad", "unknown"
// Of the two the one that matters more: bad, then unknown, then watch.
Mark worse(Mark a, Mark b);

enum class CheckId : std::uint8_t {
    backup,        // 1.1: each equipment has a young complete snapshot
    cloud,         // 2.3: and it is verified there
    physical,      // 2.3
    integrity,     // what is kept was read and fits
    restore_test,  // 3.1
    review,        // 5.2, 5.3
    responsible,   // 5.1
    space,         // 5.4: what is left, and for how long
    keys,          // ways in, and that the machine encrypts as it must
};
inline constexpr std::size_t check_count = 9;
std::string_view check_name(CheckId id);  // "backup", "restore-test"…

struct Check {
    CheckId id = CheckId::backup;
    Mark mark = Mark::unknown;
    // When what it is made of was last known to be so: of what is measured, the measure; of what the journal
    // records, the newest batch. Empty: nothing was ever seen.
    std::optional<Timestamp> as_of{};
    bool stale = true;       // as_of is older than stale_hours: grey, whatever the mark
    bool dispensed = false;  // a person answers for the departure: shown apart, never ok
    std::string code;        // why, in one word: "late", "no-remote"…
    std::string subject;     // the equipment, remote or person that it is about; ""
    std::map<std::string, std::int64_t> numbers{};

    [[nodiscard]] bool green() const { return mark == Mark::ok && !stale && !dispensed; }
};

struct KindCount {
    int kept = 0, expired = 0;
    int partial = 0;  // not complete: no backup of its month
};

// What of one equipment was captured in one month of the site's calendar.
struct MonthView {
    Month month;
    KindCount hebdo, mensuel, pre, post;
    bool expected = false;  // a whole month, ended, with the equipment in the inventory under contract
};

struct EquipmentView {
    std::string name, type, mode;  // "auto", "manual"
    bool dispensed = false;        // its captures by hand are
    Mark mark = Mark::unknown;     // of its last complete snapshot
    std::string code;              // as those of CheckId::backup
    std::optional<ObjectId> commit;
    std::string snapshot;  // the standard name of that one; "" where there is none
    std::optional<Timestamp> captured;
    std::int64_t hours = 0;  // since then
    // One is verified in the cloud and on a medium, none is late at either, and the figures are not stale.
    bool is_protected = false;
    std::array<MonthView, 12> months;       // the oldest first, this month last
    std::array<std::uint64_t, 12> bytes{};  // of the newest complete snapshot of each; 0: none
    std::optional<Timestamp> next_expiry;
    std::optional<Timestamp> last_test;  // restored with success
};

struct AnomalyRow {
    std::string id, kind, sentence, severity, state;  // "open", "acknowledged", "treated"
    std::string equipment, remote;
    Timestamp opened, due;
    bool breached = false;
};

// Of one equipment and category: how often it changed outside a window. Never what.
struct UndeclaredRow {
    std::string equipment, category;
    int count = 0;
    Timestamp last;
};

struct ExpiryRow {
    std::string equipment, snapshot;
    Timestamp at;
};

struct DispensationRow {
    std::string id, kind, subject, person, why;
    Timestamp expires;
};

struct DrillRow {
    std::string id, equipment, source_role;
    Timestamp ended;
    int level = 0;
    bool success = false;
    std::int64_t recovery_ms = 0;
};

struct ReviewRow {
    std::string scope, month;
    Timestamp due;
    bool done = false, accepted = false, overdue = false;
    std::string person{};
};

struct SiteOverview {
    std::string repository, client, site, timezone, contract, contract_from, contract_until, responsible,
        deputy;
    bool contract_holds = true, simulated = false;
    std::string policy, profile;  // its reference, its profile
    std::uint64_t batches = 0;
    std::string head;  // the newest batch's id
    Timestamp head_time, now;
    int stale_hours = 24;

    std::array<Check, check_count> checks;
    std::vector<EquipmentView> equipments;  // under contract, by name
    bool is_protected = false;              // all of them are, and there is one
    std::vector<AnomalyRow> anomalies;      // not resolved, the most urgent first
    std::size_t anomalies_late = 0;         // neither treated nor resolved in time
    std::vector<UndeclaredRow> undeclared;  // of the last `undeclared_days`
    std::vector<ExpiryRow> expiries;        // of the next `expiry_days`, the first one first
    std::vector<DispensationRow> dispensations;
    std::vector<DrillRow> drills;  // of the last twelve months, the newest first
    std::optional<Timestamp> drill_due;
    std::string drill_next, drill_source;  // the equipment and the role of the place
    bool tests_late = false;               // the site's, or one of its equipments'
    std::vector<ReviewRow> reviews;        // the newest month first

    [[nodiscard]] const Check& check(CheckId id) const { return checks[static_cast<std::size_t>(id)]; }
    [[nodiscard]] Mark mark() const;  // of all checks and anomalies; stale or dispensed is not ok
};

inline constexpr int undeclared_days = 31, expiry_days = 30;

SiteOverview overview(const journal::State& state, Timestamp now);

}  // namespace coffre::rules
