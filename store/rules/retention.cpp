#include "store/rules/retention.hpp"

#include <algorithm>
#include <map>

#include "store/rules/civil_time.hpp"
#include "store/rules/names.hpp"
#include "store/rules/retention_texts.hpp"

namespace coffre::rules {

namespace {

constexpr std::int64_t day_ns = 24ll * 3600 * 1'000'000'000;
constexpr std::int64_t recorded_floor_ns = 30 * day_ns;
constexpr std::int64_t witness_ns = 35 * day_ns;  // a machine that captures each month is heard of within

using journal::Snapshot;

// Has another machine been heard of shortly before `now`? A machine that is alone with a wrong clock has no
// such witness.
bool witnessed(const journal::State& state, Timestamp now, const ActorId* self) {
    return std::any_of(state.streams.begin(), state.streams.end(), [&](const auto& stream) {
        const auto& [actor, head] = stream;
        return (self == nullptr || actor != *self) && head.time <= now && head.time.ns >= now.ns - witness_ns;
    });
}

std::optional<GcPlan::Refusal> refusal_of(const journal::State& state, const GcPlan& plan, Timestamp now,
                                          const GcOptions& options) {
    if (!options.expire) return std::nullopt;
    if (now > options.clock && !options.dry_run && !state.site.simulated)
        return GcPlan::Refusal{say<Msg::gc_now_ahead>(to_rfc3339(now)), say<Msg::hint_gc_now>()};
    if (options.clock < state.last_time)
        return GcPlan::Refusal{
            say<Msg::gc_clock_behind>(to_rfc3339(options.clock), to_rfc3339(state.last_time)),
            say<Msg::hint_gc_clock>()};
    if (witnessed(state, now, options.self)) return std::nullopt;
    std::map<std::string, std::size_t> going, all;
    for (const auto& item : plan.expire) ++going[item.snapshot->equipment], ++all[item.snapshot->equipment];
    for (const auto& item : plan.keep) ++all[item.snapshot->equipment];
    for (const auto& [equipment, count] : going)
        if (2 * count > all.at(equipment))
            return GcPlan::Refusal{say<Msg::gc_most_would_go>(std::to_string(count),
                                                              std::to_string(all.at(equipment)), equipment),
                                   say<Msg::hint_gc_witness>()};
    return std::nullopt;
}

}  // namespace

int months_kept(const journal::State& state, const journal::Snapshot& snapshot, const std::string& kind) {
    int months = 0;
    for (auto i = snapshot.policy; i < state.policies.size(); ++i) {
        const auto found = state.policies[i].months.find(kind);
        if (found != state.policies[i].months.end()) months = std::max(months, found->second);
    }
    return months;
}

Retention::Retention(const journal::State& state) : state_(state), rest_(state) {
    std::map<std::string, const journal::Drill*> last;
    for (const auto& [id, drill] : state.procedure.drills) {
        if (!drill.success) continue;
        auto& known = last[drill.equipment];
        if (known == nullptr || known->ended < drill.ended) known = &drill;
    }
    for (const auto& [equipment, drill] : last) drilled_.insert(drill->commit);
    for (const auto& [id, anomaly] : state.procedure.anomalies)
        if (anomaly.is_open()) in_anomaly_.insert(anomaly.snapshots.begin(), anomaly.snapshots.end());
}

// What is newer than `snapshot`, and itself, is in the answer; that suffices to say whether it is the newest.
const Retention::Newest& Retention::newest_until(const Snapshot& snapshot) const {
    while (last_seen_ == nullptr || newer(*last_seen_, snapshot)) {
        const auto* next = rest_.next();
        if (next == nullptr) break;
        last_seen_ = next;
        if (!next->complete || next->expired) continue;
        auto& known = newest_[next->equipment];
        if (known.complete == nullptr) known.complete = next;
        if (known.by_clock == nullptr && !next->dated_by_operator) known.by_clock = next;
    }
    return newest_[snapshot.equipment];
}

Retention::Floor Retention::floor(const Snapshot& snapshot) const {
    if (snapshot.expired) return Floor::none;
    if (state_.holds.contains(snapshot.commit)) return Floor::held;
    const auto& newest = newest_until(snapshot);
    const auto is = [&](const Snapshot* one) { return one != nullptr && one->commit == snapshot.commit; };
    if (is(newest.complete)) return Floor::last_complete;
    if (is(newest.by_clock)) return Floor::last_by_clock;
    if (drilled_.contains(snapshot.commit)) return Floor::drilled;
    if (in_anomaly_.contains(snapshot.commit)) return Floor::in_anomaly;
    return Floor::none;
}

Retention::Term Retention::term(const Snapshot& snapshot) const {
    Term term{snapshot.kind(), snapshot.time, snapshot.time};
    for (const auto& kind : snapshot.kinds) {
        const int months = months_kept(state_, snapshot, kind);
        if (months == 0) continue;
        const auto end = months_later(zone_of(state_.site, snapshot), snapshot.time, months);
        if (end > term.end) term = {kind, end, snapshot.time};
    }
    if (!state_.site.simulated) term.recent = {snapshot.recorded_at.ns + recorded_floor_ns};
    return term;
}

std::optional<Timestamp> Retention::expires_at(const Snapshot& snapshot) const {
    if (floor(snapshot) != Floor::none) return std::nullopt;
    return term(snapshot).expires();
}

GcPlan plan_gc(const journal::State& state, Timestamp now, const GcOptions& options) {
    const Retention retention(state);
    GcPlan plan;
    const auto keep = [&](const Snapshot* snapshot, Message why) {
        plan.keep.push_back({snapshot, std::move(why)});
    };
    for (const auto* snapshot : newest_first(state)) {
        if (snapshot->expired) continue;
        const auto term = retention.term(*snapshot);
        switch (retention.floor(*snapshot)) {
            case Retention::Floor::held:
                keep(snapshot, say<Msg::keep_held>(state.holds.at(snapshot->commit).version.message));
                continue;
            case Retention::Floor::last_complete:
                keep(snapshot, say<Msg::keep_last>(snapshot->equipment));
                continue;
            case Retention::Floor::last_by_clock:
                keep(snapshot, say<Msg::keep_last_by_clock>(snapshot->equipment));
                continue;
            case Retention::Floor::drilled:
                keep(snapshot, say<texts::keep_drilled>(snapshot->equipment));
                continue;
            case Retention::Floor::in_anomaly:
                keep(snapshot, say<texts::keep_in_anomaly>());
                continue;
            case Retention::Floor::none:
                break;
        }
        if (now < term.expires() && term.end < term.recent)
            keep(snapshot, say<Msg::keep_recent>());
        else if (now < term.expires())
            keep(snapshot, say<Msg::keep_until>(term.kind, to_rfc3339(term.end)));
        else if (!options.expire)
            keep(snapshot, say<Msg::keep_no_expire>());
        else
            plan.expire.push_back({snapshot, say<Msg::expired_on>(term.kind, to_rfc3339(term.expires()))});
    }
    plan.refusal = refusal_of(state, plan, now, options);
    return plan;
}

}  // namespace coffre::rules
