#include "store/rules/drills.hpp"

#include <algorithm>

#include "store/rules/calendar.hpp"
#include "store/rules/limits.hpp"
#include "store/rules/order.hpp"
#include "store/rules/site_state.hpp"

namespace coffre::rules {

namespace {

using journal::Drill;
using journal::Snapshot;

// By when they ended, oldest first; those that ended at or before `now`.
std::vector<const Drill*> drills_until(const journal::State& state, Timestamp now) {
    std::vector<const Drill*> found;
    for (const auto& [id, drill] : state.procedure.drills)
        if (drill.ended <= now) found.push_back(&drill);
    std::stable_sort(found.begin(), found.end(),
                     [](const auto* a, const auto* b) { return a->ended < b->ended; });
    return found;
}

std::optional<Timestamp> last_test(const std::vector<const Drill*>& drills, const std::string& equipment) {
    std::optional<Timestamp> last;
    for (const auto* drill : drills)
        if (is_restore_test(*drill) && (equipment.empty() || drill->equipment == equipment))
            last = drill->ended;
    return last;
}

std::optional<Timestamp> last_success(const std::vector<const Drill*>& drills, const std::string& equipment) {
    std::optional<Timestamp> last;
    for (const auto* drill : drills)
        if (drill->success && drill->equipment == equipment) last = drill->ended;
    return last;
}

// A checklist that says no comes after the test that it is about.
Timestamp failed_at(const Drill& drill) { return std::max(drill.ended, drill.version.time); }

// Did it pass what the other failed at? That is a level more than that one reached.
bool passes_again(const Drill& later, const Drill& failed) {
    return later.success && later.level > std::min(failed.level, 2) && failed_at(failed) < later.started;
}

std::string remote_of_role(const journal::State& state, const std::string& role) {
    for (const auto& [name, remote] : state.remotes)
        if (!remote.removed && remote.role == role) return name;
    return "";
}

// Of the equipment, the newest complete one; where the last test of it took that kind, the newest of another
// kind that is kept, so that old ones are proven too.
const Snapshot* to_be_tested(const journal::State& state, const std::string& equipment,
                             const std::vector<const Drill*>& drills, Timestamp now) {
    const Snapshot* newest = nullptr;
    const Snapshot* other = nullptr;
    const Drill* last = nullptr;
    for (const auto* drill : drills)
        if (drill->equipment == equipment && drill->success) last = drill;
    std::string last_kind;
    NewestFirst rest(state, equipment);
    while (const auto* snapshot = rest.next()) {
        if (!snapshot->complete || snapshot->expired || now < snapshot->recorded_at) continue;
        if (last != nullptr && snapshot->commit == last->commit) last_kind = snapshot->kinds.back();
        if (newest == nullptr) newest = snapshot;
        if (last == nullptr) break;
        if (other == nullptr && snapshot->kinds.back() != newest->kinds.back()) other = snapshot;
        if (!last_kind.empty() && other != nullptr) break;
    }
    const bool again = newest != nullptr && !last_kind.empty() && newest->kinds.back() == last_kind;
    return again && other != nullptr ? other : newest;
}

}  // namespace

bool is_applied(const Drill& drill) { return drill.success && drill.level >= 2; }

bool is_restore_test(const Drill& drill) {
    return is_applied(drill) && drill.level >= 3 && !drill.signature.person.empty();
}

std::optional<DrillPlan> next_drill(const journal::State& state, Timestamp now) {
    const auto drills = drills_until(state, now);
    DrillPlan plan;
    // Of those never tested, one of which less was proven is not tried for ever.
    std::optional<std::pair<Timestamp, Timestamp>> oldest;
    for (const auto* equipment : equipments_under_contract(state, now)) {
        const auto* const snapshot = to_be_tested(state, equipment->name, drills, now);
        if (snapshot == nullptr) continue;
        const std::pair last{last_test(drills, equipment->name).value_or(Timestamp{}),
                             last_success(drills, equipment->name).value_or(Timestamp{})};
        if (oldest && !(last < *oldest)) continue;
        oldest = last;
        plan.equipment = equipment->name;
        plan.commit = snapshot->commit;
    }
    if (!oldest) return std::nullopt;
    plan.source_role = "cloud";
    for (const auto* drill : drills)
        if (drill->success && drill->source_role != "local")
            plan.source_role = drill->source_role == "cloud" ? "physical" : "cloud";
    plan.source = remote_of_role(state, plan.source_role);
    const auto& limit = is_renforce(state.site) ? limits::drill_months_renforce : limits::drill_months;
    plan.due = months_later(state.site.timezone, last_test(drills, "").value_or(contract_since(state, now)),
                            limit_of(state, limit));
    plan.overdue = plan.due <= now;
    return plan;
}

std::vector<EquipmentDrill> equipment_drills(const journal::State& state, Timestamp now) {
    std::vector<EquipmentDrill> found;
    const auto drills = drills_until(state, now);
    for (const auto* equipment : equipments_under_contract(state, now)) {
        const auto last = last_test(drills, equipment->name);
        const auto from = last.value_or(under_contract_since(state, *equipment, now));
        const auto due =
            months_later(state.site.timezone, from, limit_of(state, limits::equipment_drill_months));
        if (due <= now) found.push_back({equipment->name, last, due});
    }
    return found;
}

std::vector<FailedDrill> failed_drills(const journal::State& state, Timestamp now) {
    std::vector<FailedDrill> found;
    const auto drills = drills_until(state, now);
    for (const auto* drill : drills) {
        if (drill->success) continue;
        FailedDrill failed{drill, nullptr, nullptr};
        const auto* const newest = newest_complete(state, drill->equipment, now);
        if (newest != nullptr && failed_at(*drill) < newest->recorded_at) failed.new_snapshot = newest;
        for (const auto* later : drills)
            if (later->equipment == drill->equipment && passes_again(*later, *drill)) failed.retest = later;
        failed.gone = state.find_equipment(drill->equipment) == nullptr;
        const auto* const dispensation = dispensation_for(state, "retest", drill->equipment, now);
        failed.dispensed = dispensation != nullptr && failed_at(*drill) < dispensation->version.time;
        found.push_back(failed);
    }
    return found;
}

}  // namespace coffre::rules
