#include "store/rules/month_figures.hpp"

#include <algorithm>
#include <set>

#include "store/rules/copies.hpp"
#include "store/rules/limits.hpp"
#include "store/rules/order.hpp"
#include "store/rules/windows.hpp"

namespace coffre::rules {

namespace {

using journal::Json;
using journal::Snapshot;

constexpr std::int64_t hour_ns = 3600ll * 1'000'000'000;
constexpr int week_hours = 7 * 24;

bool is_within(Timestamp time, Timestamp from, Timestamp to) { return from <= time && time < to; }

// Of which equipments a month speaks: also of one that left the inventory in it.
bool is_of_month(const journal::State& state, const journal::Equipment& equipment, Timestamp from,
                 Timestamp to) {
    if (!(added_at(state, equipment.name) < to)) return false;
    if (!equipment.removed) return under_contract(state, equipment, {to.ns - 1});
    auto then = equipment;
    then.removed = false;
    return from <= equipment.version.time && under_contract(state, then, from);
}

class Maker {
public:
    Maker(const journal::State& state, const Month& month, Timestamp now)
        : state_(state), zone_(state.site.timezone), now_(now) {
        figures_.month = month;
        figures_.from = month_begin(zone_, month);
        const auto end = month_begin(zone_, month.plus(1));
        figures_.over = end <= now;
        figures_.to = std::max(figures_.from, std::min(end, now));
        figures_.made = now;
        slot_ = parse_weekly_slot(state.site.schedule).value_or(WeeklySlot{});
        grace_ns_ = std::max(0, limit_of(state, limits::complete_hours) - week_hours) * hour_ns;
        find_weeks();
        sort_snapshots();
    }

    MonthFigures make() {
        const Timestamp last{figures_.to.ns - 1};
        figures_.responsible = responsible_at(state_, last);
        figures_.policy = state_.policy().reference;
        for (const auto& [name, equipment] : state_.equipment)
            if (is_of_month(state_, equipment, figures_.from, figures_.to)) add_equipment(equipment);
        add_interventions();
        add_windows();
        add_remotes();
        for (const auto* seen : seen_by(state_, now_))
            if (seen->what != "capture") figures_.checks.push_back(seen);
        figures_.anomalies = anomaly_figures(state_, figures_.from, figures_.to, now_);
        figures_.open = open_anomalies(state_, now_);
        add_keys();
        add_dispensations();
        add_drills();
        return std::move(figures_);
    }

private:
    struct Week {
        std::string name;
        Timestamp begin, slot, end;
    };

    void find_weeks() {
        for (auto begin = week_begin(zone_, figures_.from);;) {
            if (month_of(zone_, days_later(zone_, begin, 6)) != figures_.month) return;
            const auto end = days_later(zone_, begin, 7);
            weeks_.push_back({iso_week(zone_, begin), begin, next_slot(zone_, slot_, {begin.ns - 1}), end});
            begin = end;
        }
    }

    // Those recorded from the first of these weeks on.
    void sort_snapshots() {
        const auto first = std::min(weeks_.front().begin, figures_.from);
        for (const auto& snapshot : state_.snapshots) {
            if (is_within(snapshot.recorded_at, first, figures_.to))
                snapshots_[snapshot.equipment].push_back(&snapshot);
            if (snapshot.expired && is_within(*snapshot.expired, figures_.from, figures_.to))
                ++figures_.expired;
        }
        for (auto& [name, list] : snapshots_)
            std::stable_sort(list.begin(), list.end(),
                             [](const auto* a, const auto* b) { return a->recorded_at < b->recorded_at; });
    }

    void add_equipment(const journal::Equipment& equipment) {
        EquipmentFigures item;
        item.name = equipment.name;
        item.type = equipment.type;
        item.manual = capture_mode(equipment) == CaptureMode::manual;
        item.dispensed =
            dispensation_for(state_, "manual", item.name, {figures_.to.ns - 1}) != nullptr && item.manual;
        for (const auto& week : weeks_) item.weeks.push_back({week.name, state_of(equipment, item, week)});
        for (const auto* snapshot : snapshots_[item.name])
            if (is_within(snapshot->recorded_at, figures_.from, figures_.to)) count(item, *snapshot);
        if (const auto* newest = newest_complete(state_, item.name, {figures_.to.ns - 1}))
            item.last_complete = newest->recorded_at;
        add_undeclared(item);
        figures_.equipment.push_back(std::move(item));
    }

    [[nodiscard]] bool is_expected(const journal::Equipment& equipment, const Week& week) const {
        const Timestamp last{week.end.ns - 1};
        const bool there = counted_since(state_, equipment) <= week.slot &&
                           !(equipment.removed && equipment.version.time < week.end);
        return there && contract_holds(state_, last);
    }

    [[nodiscard]] WeekState state_of(const journal::Equipment& equipment, const EquipmentFigures& item,
                                     const Week& week) {
        bool partial = false, other = false;
        for (const auto* snapshot : snapshots_[item.name]) {
            if (!is_within(snapshot->recorded_at, week.begin, week.end) || snapshot->dated_by_operator)
                continue;
            if (!snapshot->complete) {
                partial = true;
            } else if (!snapshot->has_kind("HEBDO")) {
                other = true;
            } else {
                const bool in_time = snapshot->recorded_at.ns <= week.slot.ns + grace_ns_;
                return in_time ? WeekState::done : WeekState::late;
            }
        }
        if (!is_expected(equipment, week)) return WeekState::not_expected;
        if (now_ < week.end) return WeekState::pending;
        if (other) return WeekState::other_kind;
        if (partial) return WeekState::partial;
        const bool dispensed = item.manual && dispensation_for(state_, "manual", item.name,
                                                               Timestamp{week.end.ns - 1}) != nullptr;
        return dispensed ? WeekState::dispensed : WeekState::missed;
    }

    void count(EquipmentFigures& item, const Snapshot& snapshot) const {
        if (snapshot.dated_by_operator) ++item.imported;
        if (!snapshot.complete) {
            ++item.partial;
            return;
        }
        ++item.complete;
        for (const auto& kind : snapshot.kinds) ++item.kinds[kind];
        item.monthly = item.monthly || snapshot.has_kind("MENSUEL");
        if (!snapshot.expired) {
            ++item.kept;
            if (is_protected(state_, snapshot)) ++item.protected_kept;
        }
        if (!item.manual || snapshot.dated_by_operator) return;
        const auto& interventions = state_.procedure.interventions;
        const bool inside = std::any_of(interventions.begin(), interventions.end(), [&](const auto& entry) {
            return is_meant(entry.second, item.name, item.manual) && is_during(entry.second, snapshot);
        });
        ++(inside ? item.in_intervention : item.by_itself);
    }

    void add_undeclared(EquipmentFigures& item) const {
        std::set<std::string> categories;
        for (const auto& change : undeclared_changes(state_, item.name, figures_.from)) {
            if (!(change.time < figures_.to)) continue;
            ++item.undeclared;
            categories.insert(change.categories.begin(), change.categories.end());
        }
        item.undeclared_categories.assign(categories.begin(), categories.end());
    }

    [[nodiscard]] bool is_meant(const journal::Intervention& intervention, const std::string& name,
                                bool manual) const {
        const auto& named = intervention.equipment;
        if (!named.empty()) return std::find(named.begin(), named.end(), name) != named.end();
        return manual && added_at(state_, name) <= intervention.opened.time;
    }

    static bool is_during(const journal::Intervention& intervention, const Snapshot& snapshot) {
        return intervention.opened.time <= snapshot.recorded_at &&
               (!intervention.closed || snapshot.recorded_at <= intervention.closed->time);
    }

    void add_interventions() {
        for (const auto& [id, intervention] : state_.procedure.interventions) {
            const bool begun = !intervention.id.empty() && intervention.opened.time < figures_.to;
            if (!begun || (intervention.closed && intervention.closed->time < figures_.from)) continue;
            InterventionFigures item{&intervention, {}, {}};
            for (const auto& equipment : figures_.equipment)
                if (is_meant(intervention, equipment.name, equipment.manual))
                    (is_captured(intervention, equipment.name) ? item.captured : item.missing)
                        .push_back(equipment.name);
            figures_.interventions.push_back(std::move(item));
        }
        std::stable_sort(figures_.interventions.begin(), figures_.interventions.end(),
                         [](const auto& a, const auto& b) {
                             return a.intervention->opened.time < b.intervention->opened.time;
                         });
    }

    // One that began before the month may have its captures there.
    [[nodiscard]] bool is_captured(const journal::Intervention& intervention, const std::string& name) const {
        NewestFirst rest(state_, name);
        while (const auto* snapshot = rest.next()) {
            if (snapshot->recorded_at < intervention.opened.time && !snapshot->dated_by_operator) break;
            if (now_ < snapshot->recorded_at) continue;
            if (snapshot->complete && !snapshot->dated_by_operator && is_during(intervention, *snapshot))
                return true;
        }
        return false;
    }

    void add_windows() {
        for (const auto& [id, window] : state_.procedure.changes) {
            if (!(window.begun.time < figures_.to)) continue;
            if (figures_.from <= window.begun.time) ++figures_.windows;
            if (!window.ended) ++figures_.windows_open;
        }
    }

    void add_remotes() {
        for (const auto& [name, remote] : state_.remotes) {
            if (remote.removed) continue;
            RemoteFigures item;
            item.name = name;
            item.role = remote.role;
            const auto copies = state_.copies.find(name);
            if (copies != state_.copies.end() && !copies->second.verified.empty())
                item.verified = copies->second.verified_at;
            for (const auto& equipment : figures_.equipment)
                for (const auto* snapshot : snapshots_[equipment.name])
                    if (snapshot->complete && !snapshot->expired && figures_.from <= snapshot->recorded_at &&
                        is_verified_at(name, *snapshot))
                        ++item.covered;
            figures_.remotes.push_back(std::move(item));
        }
    }

    [[nodiscard]] bool is_verified_at(const std::string& remote, const Snapshot& snapshot) const {
        for (const auto& location : locations(state_, snapshot))
            if (location.remote->name == remote) return location.state == CopyState::verified;
        return false;
    }

    void add_keys() {
        for (const auto* slot : state_.ways_in()) ++figures_.ways_in[slot->type];
        for (const auto& [id, actor] : state_.actors)
            if (!state_.removals.contains(id)) ++figures_.actors;
    }

    void add_dispensations() {
        for (const auto& [id, item] : state_.procedure.dispensations) {
            if (item.kind.empty() || item.signature.person.empty() || !(item.version.time < figures_.to))
                continue;
            if (figures_.from <= end_of(item)) figures_.dispensations.push_back(&item);
        }
    }

    void add_drills() {
        for (const auto& [id, drill] : state_.procedure.drills)
            if (is_within(drill.ended, figures_.from, figures_.to)) figures_.drills.push_back(&drill);
        std::stable_sort(figures_.drills.begin(), figures_.drills.end(),
                         [](const auto* a, const auto* b) { return a->ended < b->ended; });
        figures_.next_drill = rules::next_drill(state_, now_);
    }

    const journal::State& state_;
    const std::string zone_;
    Timestamp now_;
    WeeklySlot slot_;
    std::int64_t grace_ns_ = 0;
    std::vector<Week> weeks_;
    std::map<std::string, std::vector<const Snapshot*>> snapshots_;  // by equipment, oldest first
    MonthFigures figures_;
};

Json time_json(const std::optional<Timestamp>& time) {
    return time ? Json(to_rfc3339(*time)) : Json(nullptr);
}

Json equipment_json(const EquipmentFigures& item) {
    Json json{{"name", item.name}, {"type", item.type}, {"mode", item.manual ? "manual" : "auto"}};
    if (item.dispensed) json["dispensed"] = true;
    auto& weeks = json["weeks"] = Json::array();
    for (const auto& week : item.weeks)
        weeks.push_back({{"week", week.week}, {"state", week_state_name(week.state)}});
    json["expected"] = item.expected();
    json["done"] = item.count(WeekState::done);
    json["late"] = item.count(WeekState::late);
    json["partial"] = item.count(WeekState::partial);
    json["missed"] = item.count(WeekState::missed) + item.count(WeekState::other_kind);
    json["captures"] = {{"complete", item.complete}, {"partial", item.partial}, {"imported", item.imported}};
    json["kinds"] = item.kinds;
    json["monthly"] = item.monthly;
    json["last_complete"] = time_json(item.last_complete);
    json["kept"] = item.kept;
    json["protected"] = item.protected_kept;
    if (item.manual)
        json["manual"] = {{"in_intervention", item.in_intervention}, {"by_itself", item.by_itself}};
    json["undeclared_changes"] = {{"count", item.undeclared}, {"categories", item.undeclared_categories}};
    return json;
}

Json intervention_json(const InterventionFigures& item) {
    const auto& intervention = *item.intervention;
    return {{"id", intervention.id},
            {"technician", intervention.technician},
            {"opened", to_rfc3339(intervention.opened.time)},
            {"closed", intervention.closed ? Json(to_rfc3339(intervention.closed->time)) : Json(nullptr)},
            {"captured", item.captured},
            {"missing", item.missing}};
}

Json observation_json(const journal::Observation& seen) {
    Json json{{"what", seen.what}};
    if (!seen.subject.empty()) json["subject"] = seen.subject;
    json["ok"] = seen.ok;
    if (!seen.code.empty()) json["code"] = seen.code;
    json["time"] = to_rfc3339(seen.time);
    json["last_ok"] = time_json(seen.last_ok);
    if (!seen.numbers.empty()) json["numbers"] = seen.numbers;
    return json;
}

Json open_json(const AnomalyView& view) {
    const auto& anomaly = *view.anomaly;
    Json json{{"id", anomaly.id},
              {"kind", anomaly.kind},
              {"severity", anomaly.severity},
              {"state", anomaly_state_name(view.state)},
              {"opened", to_rfc3339(anomaly.opened)},
              {"due", to_rfc3339(view.due)},
              {"breached", view.breached}};
    if (!anomaly.equipment.empty()) json["equipment"] = anomaly.equipment;
    if (!anomaly.remote.empty()) json["remote"] = anomaly.remote;
    return json;
}

Json anomalies_json(const MonthFigures& figures) {
    const auto& counts = figures.anomalies;
    Json json{{"opened", counts.opened},
              {"in_time", counts.in_time},
              {"late", counts.late},
              {"still_open", counts.still_open},
              {"mean_hours", counts.mean_hours}};
    auto& open = json["open"] = Json::array();
    for (const auto& view : figures.open) open.push_back(open_json(view));
    return json;
}

Json dispensation_json(const journal::Dispensation& item) {
    Json json{{"id", item.id}, {"kind", item.kind}};
    if (!item.subject.empty()) json["subject"] = item.subject;
    json["person"] = item.signature.person;
    json["expires"] = to_rfc3339(item.expires);
    if (item.ended) json["ended"] = to_rfc3339(item.ended->time);
    return json;
}

Json drill_json(const journal::Drill& drill) {
    return {{"id", drill.id},
            {"equipment", drill.equipment},
            {"level", drill.level},
            {"success", drill.success},
            {"source_role", drill.source_role},
            {"recovery_ms", drill.recovery_ms},
            {"person", drill.signature.person},
            {"ended", to_rfc3339(drill.ended)}};
}

}  // namespace

std::string_view week_state_name(WeekState state) {
    constexpr std::string_view names[] = {"not-expected", "pending",    "done",   "late",
                                          "partial",      "other-kind", "missed", "dispensed"};
    return names[static_cast<std::size_t>(state)];
}

std::size_t EquipmentFigures::count(WeekState state) const {
    return static_cast<std::size_t>(
        std::count_if(weeks.begin(), weeks.end(), [state](const auto& week) { return week.state == state; }));
}

std::size_t EquipmentFigures::expected() const {
    return count(WeekState::done) + count(WeekState::late) + count(WeekState::partial) +
           count(WeekState::other_kind) + count(WeekState::missed);
}

MonthFigures month_figures(const journal::State& state, const Month& month, Timestamp now) {
    return Maker(state, month, now).make();
}

Json to_json(const MonthFigures& figures) {
    Json json{{"month", figures.month.text()},
              {"from", to_rfc3339(figures.from)},
              {"to", to_rfc3339(figures.to)},
              {"made", to_rfc3339(figures.made)},
              {"over", figures.over},
              {"responsible", figures.responsible.person},
              {"deputy", figures.responsible.deputy},
              {"policy", figures.policy}};
    auto& equipment = json["equipment"] = Json::array();
    for (const auto& item : figures.equipment) equipment.push_back(equipment_json(item));
    auto& interventions = json["interventions"] = Json::array();
    for (const auto& item : figures.interventions) interventions.push_back(intervention_json(item));
    json["changes"] = {{"begun", figures.windows}, {"open", figures.windows_open}};
    auto& remotes = json["remotes"] = Json::array();
    for (const auto& item : figures.remotes)
        remotes.push_back({{"name", item.name},
                           {"role", item.role},
                           {"verified", time_json(item.verified)},
                           {"covered", item.covered}});
    auto& checks = json["checks"] = Json::array();
    for (const auto* seen : figures.checks) checks.push_back(observation_json(*seen));
    json["anomalies"] = anomalies_json(figures);
    json["keys"] = {{"ways_in", figures.ways_in}, {"machines", figures.actors}};
    auto& dispensations = json["dispensations"] = Json::array();
    for (const auto* item : figures.dispensations) dispensations.push_back(dispensation_json(*item));
    auto& drills = json["drills"] = Json::array();
    for (const auto* drill : figures.drills) drills.push_back(drill_json(*drill));
    if (figures.next_drill)
        json["next_drill"] = {{"equipment", figures.next_drill->equipment},
                              {"source_role", figures.next_drill->source_role},
                              {"due", to_rfc3339(figures.next_drill->due)},
                              {"overdue", figures.next_drill->overdue}};
    json["expired"] = figures.expired;
    return json;
}

}  // namespace coffre::rules
