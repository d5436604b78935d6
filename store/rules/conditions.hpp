#pragma once
// What is not as the procedure wants it, at one moment (PROC 5.4). Pure functions over folded state: the same
// state and time give the same list, in the same order.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "store/journal/state.hpp"

namespace coffre::rules {

// How an anomaly of a kind can end.
enum class Closing : std::uint8_t {
    by_rule,    // when the condition is gone, and not before; a person may only document a compensation
    by_person,  // what happened stays; a person says why, and what was done
    drill,      // a failed restore test: FailedDrill::settled, and a person says the cause
};

struct AnomalyKind {
    const char* name;      // "backup_missing"
    const char* sentence;  // of the procedure: "1.1"
    const char* severity;  // "critical", "major", "minor"
    Closing closing;
};
// backup_missing (critical: the last complete one is too old, or there is none), hebdo_missing (minor: none
// in the last whole ISO week), backup_partial (major: the newest one is not complete), monthly_missing
// (major), manual_undispensed (major), intervention_incomplete (major), pre_missing (major, by_person: a
// window was begun without), post_missing (major), undeclared_change (major, by_person), copy_missing
// (critical: verified too late at a place, or there is no such place), encryption_error (critical), integrity
// (critical), clear_text (critical), medium_unencrypted (major), redundancy_weak (minor), drill_overdue
// (major), drill_failed (critical, drill), equipment_drill_overdue (minor), review_missing (major),
// responsible_missing (major), contract_unknown (minor), dispensation_expired (minor), space_low (critical),
// certificate_changed (major, by_person), rollback (critical, by_person), clock (major), keys (major: one way
// in alone), hook_failed (minor: one that was tried of late), dashboard_stale (minor: it
// could not be written).
const std::vector<AnomalyKind>& anomaly_kinds();
const AnomalyKind* find_anomaly_kind(std::string_view name);

struct Condition {
    const AnomalyKind* kind;
    std::string key;  // "backup_missing/NVR-HALL": one anomaly of it can be open at a time
    std::string equipment, remote;
    std::vector<ObjectId> snapshots;
    Timestamp since;  // when it became true
    std::map<std::string, std::string> details;
};
std::vector<Condition> conditions(const journal::State& state, Timestamp now);

// What was true and is not any more, whether anybody looked meanwhile or not: a snapshot that came too late.
struct PassedCondition {
    Condition condition;
    ObjectId ended_by;
};
std::vector<PassedCondition> passed_conditions(const journal::State& state, Timestamp now);

}  // namespace coffre::rules
