#include "store/rules/anomalies.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <unordered_set>

#include "store/rules/drills.hpp"
#include "store/rules/limits.hpp"
#include "store/rules/order.hpp"
#include "store/rules/reviews.hpp"
#include "store/rules/site_state.hpp"
#include "store/rules/windows.hpp"

namespace coffre::texts {

inline constexpr Text cause_still_there{
    "its cause is still there: a compensation may be documented, and it ends when the cause is gone",
    "sa cause est toujours là : une compensation peut être documentée, et elle se termine avec sa cause"};
inline constexpr Text needs_new_snapshot{
    "a new complete snapshot of {0} is missing, later than the failed restore test",
    "il manque une nouvelle sauvegarde complète de {0}, postérieure au test de restauration en échec"};
inline constexpr Text needs_retest{
    "a passed restore test of {0} is missing, later than the failed one, or a dispensation",
    "il manque un test de restauration réussi de {0}, postérieur à celui en échec, ou une dérogation"};

}  // namespace coffre::texts

namespace coffre::rules {

namespace {

using journal::Anomaly;
using journal::Json;

constexpr std::int64_t hour_ns = 3600ll * 1'000'000'000;
constexpr std::int64_t reopened_within_ns = 24 * hour_ns;
constexpr std::array alert_hours{0, 12, 20, 24};

// What is dated after `now`, by a clock that was ahead, has not happened yet.
bool is_resolved(const Anomaly& anomaly, Timestamp now) {
    return anomaly.resolved && anomaly.resolved->time <= now;
}
bool is_open(const Anomaly& anomaly, Timestamp now) {
    return anomaly.known() && anomaly.detected <= now && !is_resolved(anomaly, now);
}

bool is_closed_by_person(const Anomaly& anomaly, Timestamp now) {
    return anomaly.known() && is_resolved(anomaly, now) && !anomaly.resolved_by_rule;
}

bool is_earlier(const Anomaly* a, const Anomaly* b) {
    if (a->opened != b->opened) return a->opened < b->opened;
    if (a->detected != b->detected) return a->detected < b->detected;
    return a->id < b->id;
}

bool is_duplicate(const Anomaly& anomaly) {
    return anomaly.resolved_by_rule &&
           std::any_of(anomaly.evidence.begin(), anomaly.evidence.end(),
                       [](const auto& item) { return item.starts_with("anomaly:"); });
}

std::string commit_of(const journal::Snapshot* snapshot) {
    return snapshot == nullptr ? std::string() : "snapshot:" + snapshot->commit.hex();
}

// The POST that answers for a PRE: the newest one after it.
const journal::Snapshot* post_for(const journal::State& state, const Anomaly& anomaly, Timestamp now) {
    const auto since = anomaly.opened.ns - limit_of(state, limits::post_hours) * hour_ns;
    NewestFirst rest(state, anomaly.equipment);
    while (const auto* snapshot = rest.next()) {
        if (snapshot->recorded_at.ns < since) break;
        if (is_post(*snapshot) && snapshot->recorded_at <= now) return snapshot;
    }
    return nullptr;
}

const journal::Review* review_for(const journal::State& state, const Anomaly& anomaly, Timestamp now) {
    const auto detail = [&](const char* name) {
        const auto found = anomaly.details.find(name);
        return found == anomaly.details.end() ? std::string() : found->second;
    };
    for (const auto& review : reviews(state, now))
        if (review.scope == detail("scope") && review.month.text() == detail("month")) return review.done;
    for (const auto& [id, review] : state.procedure.reviews)
        if (review.scope == detail("scope") && review.month == detail("month") &&
            !review.signature.person.empty())
            return &review;
    return nullptr;
}

// The last test since it was opened.
std::string drill_for(const journal::State& state, const Anomaly& anomaly, Timestamp now) {
    const auto& equipment = anomaly.equipment;
    const journal::Drill* last = nullptr;
    for (const auto& [id, drill] : state.procedure.drills) {
        if (!is_restore_test(drill) || now < drill.ended || drill.ended < anomaly.opened) continue;
        if (!equipment.empty() && drill.equipment != equipment) continue;
        if (last == nullptr || last->ended < drill.ended) last = &drill;
    }
    return last == nullptr ? std::string() : "drill:" + last->id;
}

// What shows that the condition of an anomaly is gone. Empty: that it is not seen any more proves nothing,
// because it lies too far back to be looked for.
std::string evidence_for(const journal::State& state, const Anomaly& anomaly, Timestamp now) {
    const auto& kind = anomaly.kind;
    const bool of_store =
        kind == "integrity" || kind == "encryption_error" || kind == "rollback" || kind == "clock";
    if (!of_store && !contract_holds(state, now)) return "contract:ended";
    if (!anomaly.equipment.empty()) {
        const auto* const equipment = state.find_equipment(anomaly.equipment);
        if (equipment == nullptr || !under_contract(state, *equipment, now))
            return "equipment:" + anomaly.equipment;
    }
    if (kind == "post_missing") return commit_of(post_for(state, anomaly, now));
    if (kind == "review_missing") {
        const auto* const review = review_for(state, anomaly, now);
        return review == nullptr ? std::string() : "review:" + review->id;
    }
    if (kind == "drill_overdue" || kind == "equipment_drill_overdue") {
        if (auto drill = drill_for(state, anomaly, now); !drill.empty()) return drill;
    }
    if (kind == "manual_undispensed") {
        const auto* const item = dispensation_for(state, "manual", anomaly.equipment, now);
        return item == nullptr ? "equipment:" + anomaly.equipment : "dispensation:" + item->id;
    }
    const bool of_backups = kind == "backup_missing" || kind == "backup_partial" || kind == "hebdo_missing" ||
                            kind == "monthly_missing" || kind == "intervention_incomplete";
    if (of_backups) {
        const auto* const wanted = kind == "hebdo_missing"     ? "HEBDO"
                                   : kind == "monthly_missing" ? "MENSUEL"
                                                               : "";
        const auto* const newest = newest_complete(state, anomaly.equipment, now, wanted);
        if (newest != nullptr && anomaly.opened <= newest->recorded_at) return commit_of(newest);
    }
    return "rule:" + kind;
}

class Upkeep {
public:
    Upkeep(const journal::State& state, Timestamp now) : state_(state), now_(now) {}

    std::vector<Json> records() {
        const auto now_true = conditions(state_, now_);
        const auto passed = passed_conditions(state_, now_);
        std::unordered_set<std::string_view> keys;
        for (const auto& condition : now_true) keys.insert(condition.key);
        look_up(keys, passed);
        for (const auto& [key, all] : by_key_) end(all, keys.contains(key));
        for (const auto& condition : now_true) begin(condition);
        for (const auto& item : passed) pass(item);
        return std::move(records_);
    }

private:
    // Those that are open, and all of the keys that are asked for: of years of them, few.
    void look_up(std::unordered_set<std::string_view> keys, const std::vector<PassedCondition>& passed) {
        const auto& all = state_.procedure.anomalies;
        for (const auto& item : passed) keys.insert(item.condition.key);
        for (const auto& [id, anomaly] : all)
            if (is_open(anomaly, now_)) keys.insert(anomaly.key);
        for (const auto& [id, anomaly] : all)
            if (anomaly.known() && keys.contains(anomaly.key)) by_key_[anomaly.key].push_back(&anomaly);
        for (auto& [key, of_key] : by_key_) std::sort(of_key.begin(), of_key.end(), is_earlier);
    }

    // Of one key, all but the earliest that is open; and that one where its condition is gone.
    void end(const std::vector<const Anomaly*>& all, bool still_true) {
        const Anomaly* first = nullptr;
        for (const auto* anomaly : all)
            if (first == nullptr && is_closed_by_person(*anomaly, now_) && !is_by_rule(*anomaly))
                first = anomaly;
        for (const auto* anomaly : all) {
            if (!is_open(*anomaly, now_)) continue;
            if (first != nullptr) {
                resolve(*anomaly, "anomaly:" + first->id);
                continue;
            }
            first = anomaly;
            if (still_true || !is_by_rule(*anomaly)) continue;
            if (auto evidence = evidence_for(state_, *anomaly, now_); !evidence.empty())
                resolve(*anomaly, std::move(evidence));
        }
    }

    // A kind that only a newer version knows is left alone.
    static bool is_by_rule(const Anomaly& anomaly) {
        const auto* const kind = find_anomaly_kind(anomaly.kind);
        return kind != nullptr && kind->closing == Closing::by_rule;
    }

    void resolve(const Anomaly& anomaly, std::string evidence) {
        records_.push_back(journal::anomaly_resolved_record(anomaly.id, true, {std::move(evidence)}, ""));
    }

    void begin(const Condition& condition) {
        const auto known = by_key_.find(condition.key);
        if (known != by_key_.end())
            for (const auto* anomaly : known->second)
                if (is_open(*anomaly, now_)) return;
        const auto id = anomaly_id(condition);
        const Anomaly* last = nullptr;  // the one that ended last
        if (known != by_key_.end()) {
            for (const auto* anomaly : known->second) {
                if (!is_resolved(*anomaly, now_) || anomaly->detected > now_) continue;
                if (is_closed_by_person(*anomaly, now_) && condition.kind->closing != Closing::by_rule)
                    return;
                const bool later =
                    last == nullptr || last->resolved->time < anomaly->resolved->time ||
                    (last->resolved->time == anomaly->resolved->time && is_earlier(anomaly, last));
                if (!is_duplicate(*anomaly) && later) last = anomaly;
                if (anomaly->id == id) return reopen(*anomaly);
            }
        }
        if (last != nullptr) {
            const auto back = last->resolved->time < condition.since ? condition.since : now_;
            if (back.ns - last->resolved->time.ns < reopened_within_ns) return reopen(*last);
        }
        open(condition, id);
    }

    // Nobody looked while it was true: it is told all the same.
    void pass(const PassedCondition& item) {
        if (const auto known = by_key_.find(item.condition.key); known != by_key_.end())
            for (const auto* anomaly : known->second)
                if (anomaly->detected <= now_ && anomaly->opened == item.condition.since) return;
        const auto id = anomaly_id(item.condition);
        open(item.condition, id);
        records_.push_back(
            journal::anomaly_resolved_record(id, true, {"snapshot:" + item.ended_by.hex()}, ""));
    }

    void reopen(const Anomaly& anomaly) { records_.push_back(journal::anomaly_reopened_record(anomaly.id)); }

    void open(const Condition& condition, const std::string& id) {
        Anomaly anomaly;
        anomaly.id = id;
        anomaly.kind = condition.kind->name;
        anomaly.key = condition.key;
        anomaly.severity = condition.kind->severity;
        anomaly.equipment = condition.equipment;
        anomaly.remote = condition.remote;
        anomaly.snapshots = condition.snapshots;
        anomaly.details = condition.details;
        anomaly.opened = condition.since;
        records_.push_back(journal::anomaly_opened_record(anomaly));
    }

    const journal::State& state_;
    Timestamp now_;
    std::map<std::string_view, std::vector<const Anomaly*>> by_key_;  // the earliest first
    std::vector<Json> records_;
};

int severity_rank(const std::string& severity) {
    return severity == "critical" ? 0 : severity == "major" ? 1 : 2;
}

}  // namespace

std::string anomaly_id(const Condition& condition) {
    const auto since = std::to_string(condition.since.ns);
    const std::string_view kind = condition.kind->name;
    constexpr std::array<std::uint8_t, 1> nul{0};
    const auto digest = crypto::sha256(
        {as_bytes(kind), ByteView(nul), as_bytes(condition.key), ByteView(nul), as_bytes(since)});
    return "ANO-" + digest.hex().substr(0, 8);
}

std::vector<Json> upkeep(const journal::State& state, Timestamp now) { return Upkeep(state, now).records(); }

std::string_view anomaly_state_name(AnomalyState state) {
    switch (state) {
        case AnomalyState::open:
            return "open";
        case AnomalyState::acknowledged:
            return "acknowledged";
        case AnomalyState::treated:
            return "treated";
        case AnomalyState::resolved:
            break;
    }
    return "resolved";
}

AnomalyView view_of(const journal::State& state, const Anomaly& anomaly, Timestamp now) {
    const auto happened = [&](const std::optional<journal::Version>& version) {
        return version && version->time <= now;
    };
    AnomalyView view{&anomaly, AnomalyState::open, {}, false, std::nullopt};
    if (happened(anomaly.acknowledged)) view.state = AnomalyState::acknowledged;
    if (happened(anomaly.treated)) {
        view.state = AnomalyState::treated;
        view.ended = anomaly.treated->time;
    }
    if (happened(anomaly.resolved)) {
        view.state = AnomalyState::resolved;
        view.ended = view.ended ? std::min(*view.ended, anomaly.resolved->time) : anomaly.resolved->time;
    }
    view.due = {anomaly.opened.ns + limit_of(state, limits::treat_hours) * hour_ns};
    view.breached = view.due < view.ended.value_or(now);
    return view;
}

std::vector<AnomalyView> open_anomalies(const journal::State& state, Timestamp now) {
    std::vector<AnomalyView> found;
    for (const auto& [id, anomaly] : state.procedure.anomalies)
        if (is_open(anomaly, now)) found.push_back(view_of(state, anomaly, now));
    std::sort(found.begin(), found.end(), [](const AnomalyView& a, const AnomalyView& b) {
        const auto rank = [](const AnomalyView& view) {
            return std::tuple(view.ended.has_value(), severity_rank(view.anomaly->severity), view.due,
                              std::string_view(view.anomaly->id));
        };
        return rank(a) < rank(b);
    });
    return found;
}

std::vector<Alert> due_alerts(const journal::State& state, Timestamp now) {
    std::vector<Alert> found;
    for (const auto& view : open_anomalies(state, now)) {
        if (view.ended) continue;
        int due = -1;
        for (const int hours : alert_hours)
            if (view.anomaly->opened.ns + hours * hour_ns <= now.ns) due = hours;
        if (due < 0 || view.anomaly->alerts.contains(due)) continue;
        auto event_id = view.anomaly->id + "-" + std::to_string(due);
        if (view.anomaly->times_reopened > 0) event_id += "-" + std::to_string(view.anomaly->times_reopened);
        found.push_back({view.anomaly, due, std::move(event_id)});
    }
    return found;
}

std::optional<Message> closing_refused(const journal::State& state, const Anomaly& anomaly, Timestamp now) {
    const auto* const kind = find_anomaly_kind(anomaly.kind);
    if (kind == nullptr || kind->closing == Closing::by_person) return std::nullopt;
    if (kind->closing == Closing::by_rule) {
        for (const auto& condition : conditions(state, now))
            if (condition.key == anomaly.key) return say<texts::cause_still_there>();
        if (evidence_for(state, anomaly, now).empty()) return say<texts::cause_still_there>();
        return std::nullopt;
    }
    for (const auto& failed : failed_drills(state, now)) {
        if (anomaly.key != anomaly.kind + "/" + failed.drill->id || failed.settled()) continue;
        if (failed.new_snapshot == nullptr) return say<texts::needs_new_snapshot>(anomaly.equipment);
        return say<texts::needs_retest>(anomaly.equipment);
    }
    return std::nullopt;
}

AnomalyFigures anomaly_figures(const journal::State& state, Timestamp from, Timestamp to, Timestamp now) {
    AnomalyFigures figures;
    std::int64_t hours = 0, ended = 0;
    for (const auto& [id, anomaly] : state.procedure.anomalies) {
        if (!anomaly.known() || now < anomaly.detected || is_duplicate(anomaly)) continue;
        if (anomaly.opened < from || !(anomaly.opened < to)) continue;
        const auto view = view_of(state, anomaly, now);
        ++figures.opened;
        if (!view.ended) {
            ++figures.still_open;
            continue;
        }
        ++(view.breached ? figures.late : figures.in_time);
        hours += (view.ended->ns - anomaly.opened.ns) / hour_ns;
        ++ended;
    }
    if (ended > 0) figures.mean_hours = hours / ended;
    return figures;
}

}  // namespace coffre::rules
