#include "store/rules/conditions.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>
#include <set>

#include "store/rules/calendar.hpp"
#include "store/rules/copies.hpp"
#include "store/rules/drills.hpp"
#include "store/rules/due.hpp"
#include "store/rules/limits.hpp"
#include "store/rules/order.hpp"
#include "store/rules/reviews.hpp"
#include "store/rules/site_state.hpp"
#include "store/rules/windows.hpp"

namespace coffre::rules {

namespace {

using journal::Equipment;
using journal::Observation;
using journal::Remote;
using journal::Snapshot;

constexpr std::int64_t hour_ns = 3600ll * 1'000'000'000;
constexpr std::int64_t day_ns = 24 * hour_ns;
constexpr std::int64_t changes_back_ns = 35 * day_ns;  // older ones are anomalies already
constexpr std::int64_t tried_within_ns = 3 * day_ns;   // else nobody tries it any more

Timestamp later(Timestamp time, std::int64_t ns) { return {time.ns + ns}; }

std::string setting(const std::map<std::string, std::string>& settings, const char* name) {
    const auto found = settings.find(name);
    return found == settings.end() ? std::string() : found->second;
}

// Since when is what the site's record says so, without a break until now?
Timestamp site_says_since(const journal::State& state, const std::function<bool(const journal::Site&)>& so) {
    const auto history = site_history(state);
    auto since = state.site.version.time;
    for (auto at = history.rbegin(); at != history.rend() && so(**at); ++at) since = (*at)->version.time;
    return since;
}

std::int64_t hours(const journal::State& state, const Limit& limit) {
    return limit_of(state, limit) * hour_ns;
}

// The last one of that kind and subject that a person signed and that held before `now`.
const journal::Dispensation* last_expired(const journal::State& state, const std::string& kind,
                                          const std::string& subject, Timestamp now) {
    const journal::Dispensation* last = nullptr;
    for (const auto& [id, item] : state.procedure.dispensations) {
        if (item.kind != kind || item.subject != subject || item.signature.person.empty()) continue;
        if (now < item.expires || (item.ended && item.ended->time < item.expires)) continue;
        if (last == nullptr || last->expires < item.expires) last = &item;
    }
    return last;
}

// The last end of a dispensation of that kind that a person had signed, at or before `now`.
Timestamp dispensed_until(const journal::State& state, const std::string& kind, const std::string& subject,
                          Timestamp now) {
    Timestamp last;
    for (const auto& [id, item] : state.procedure.dispensations)
        if (item.kind == kind && item.subject == subject && !item.signature.person.empty() &&
            item.version.time < end_of(item) && end_of(item) <= now)
            last = std::max(last, end_of(item));
    return last;
}

// What the newest snapshots of one equipment tell, by the clock.
struct Newest {
    const Snapshot* any = nullptr;
    const Snapshot* complete = nullptr;
    const Snapshot* partial_since = nullptr;  // the oldest after the newest complete one
    const Snapshot* hebdo = nullptr;          // complete
    const Snapshot* monthly = nullptr;        // complete, MENSUEL; dated by an operator too
};

Newest newest_of(const journal::State& state, const std::string& equipment, Timestamp now) {
    Newest newest;
    NewestFirst rest(state, equipment);
    const auto keep = [](const Snapshot*& known, const Snapshot* snapshot, bool wanted) {
        if (known == nullptr && wanted) known = snapshot;
    };
    while (const auto* snapshot = rest.next()) {
        if (now < snapshot->recorded_at || now < snapshot->time) continue;
        keep(newest.monthly, snapshot, snapshot->complete && snapshot->has_kind("MENSUEL"));
        if (!snapshot->dated_by_operator) {
            keep(newest.any, snapshot, true);
            if (newest.complete == nullptr && !snapshot->complete) newest.partial_since = snapshot;
            keep(newest.complete, snapshot, snapshot->complete);
            keep(newest.hebdo, snapshot, snapshot->complete && snapshot->has_kind("HEBDO"));
        }
        if (newest.complete != nullptr && newest.hebdo != nullptr && newest.monthly != nullptr) break;
    }
    return newest;
}

// By the haversine formula, on a sphere.
double distance_km(const Place& a, const Place& b) {
    constexpr double earth_radius_km = 6371, degree = std::numbers::pi / 180;
    const double north = (b.latitude - a.latitude) * degree, east = (b.longitude - a.longitude) * degree;
    const double half = std::pow(std::sin(north / 2), 2) + std::cos(a.latitude * degree) *
                                                               std::cos(b.latitude * degree) *
                                                               std::pow(std::sin(east / 2), 2);
    return 2 * earth_radius_km * std::asin(std::sqrt(std::min(1.0, half)));
}

class Finder {
public:
    Finder(const journal::State& state, Timestamp now) : state_(state), now_(now) {}

    std::vector<Condition> find() {
        store();
        if (contract_holds(state_, now_)) {
            contract_since_ = contract_since(state_, now_);
            for (const auto* equipment : equipments_under_contract(state_, now_)) of_equipment(*equipment);
            change_windows();
            interventions();
            copies();
            places();
            media();
            drills();
            people();
            dispensations();
            space();
            machine();
        }
        std::stable_sort(found_.begin(), found_.end(), [](const Condition& a, const Condition& b) {
            return std::tie(a.kind, a.key, a.since) < std::tie(b.kind, b.key, b.since);
        });
        // What several machines see of their own is one, since the first of them saw it.
        const auto is_same = [](const Condition& a, const Condition& b) { return a.key == b.key; };
        found_.erase(std::unique(found_.begin(), found_.end(), is_same), found_.end());
        return std::move(found_);
    }

    std::vector<PassedCondition> passed() {
        std::vector<PassedCondition> passed;
        contract_since_ = contract_since(state_, now_);
        late_backups(passed);
        late_posts(passed);
        return passed;
    }

private:
    // Complete snapshots of the last weeks that came too late after the one before.
    void late_backups(std::vector<PassedCondition>& passed) {
        for (const auto* equipment : equipments_under_contract(state_, now_)) {
            const auto counted = std::max(counted_since(state_, *equipment), contract_since_);
            const Snapshot* after = nullptr;
            NewestFirst rest(state_, equipment->name);
            while (after == nullptr || later(now_, -changes_back_ns) < after->recorded_at) {
                const auto* snapshot = rest.next();
                if (snapshot != nullptr &&
                    (!snapshot->complete || snapshot->dated_by_operator || now_ < snapshot->recorded_at))
                    continue;
                if (after != nullptr) {
                    const auto from =
                        snapshot == nullptr ? counted : std::max(counted, snapshot->recorded_at);
                    const auto due = backup_due(*equipment, from);
                    // What a later policy asks for was not asked for then.
                    if (due < after->recorded_at && state_.policy().version.time <= due)
                        if (const auto* condition = add_of("backup_missing", *equipment, due))
                            passed.push_back({*condition, after->commit});
                }
                after = snapshot;
                if (snapshot == nullptr) break;
            }
        }
    }

    // POSTs of the last weeks that came too late.
    void late_posts(std::vector<PassedCondition>& passed) {
        const auto allowed_ns = hours(state_, limits::post_hours);
        for (const auto& [id, window] : state_.procedure.changes) {
            const auto due = later(window.begun.time, allowed_ns);
            if (due.ns < now_.ns - changes_back_ns) continue;
            if (due < state_.policy().version.time) continue;
            for (const auto& name : window.equipment) {
                const auto* const equipment = state_.find_equipment(name);
                if (equipment == nullptr || !under_contract(state_, *equipment, now_)) continue;
                const Snapshot* first = nullptr;
                NewestFirst rest(state_, name);
                while (const auto* snapshot = rest.next()) {
                    if (snapshot->recorded_at < window.begun.time) break;
                    if (is_post(*snapshot) && snapshot->recorded_at <= now_) first = snapshot;
                }
                if (first == nullptr || !(due < first->recorded_at)) continue;
                if (const auto* found = add("post_missing", id + "/" + name, due)) {
                    auto condition = *found;
                    condition.equipment = name;
                    condition.details["window"] = id;
                    if (const auto pre = window.pre.find(name); pre != window.pre.end())
                        condition.snapshots = {pre->second};
                    passed.push_back({std::move(condition), first->commit});
                }
            }
        }
    }

    // One that became true at `since`, or when the contract began; not there where that is yet to come.
    Condition* add(const char* kind, const std::string& instance, Timestamp since) {
        since = std::max(since, contract_since_);
        if (now_ < since) return nullptr;
        Condition condition{};
        condition.kind = find_anomaly_kind(kind);
        condition.key = instance.empty() ? kind : kind + ("/" + instance);
        condition.since = since;
        found_.push_back(std::move(condition));
        return &found_.back();
    }
    Condition* add_of(const char* kind, const Equipment& equipment, Timestamp since) {
        auto* condition = add(kind, equipment.name, since);
        if (condition != nullptr) condition->equipment = equipment.name;
        return condition;
    }

    // What concerns what is kept, under contract or not.
    void store() {
        for (const auto* seen : seen_by(state_, now_)) {
            const auto& observation = *seen;
            const auto& what = observation.what;
            if (observation.ok) continue;
            if (what == observed::encryption) add_seen("encryption_error", observation, observation.subject);
            if (what == observed::clock) add_seen("clock", observation, observation.subject);
            if (what == observed::rollback) add_seen("rollback", observation, instance_of(observation));
            if (what == observed::verify || what == observed::verify_data ||
                (what == observed::verify_remote && !observation.is_out_of_reach()))
                add_seen("integrity", observation,
                         observation.subject.empty() ? what : what + "/" + observation.subject);
        }
    }

    // What happened once and then again is two: of these the instant is a part of the key.
    static std::string instance_of(const Observation& observation) {
        const auto since = to_rfc3339(observation.since);
        return observation.subject.empty() ? since : observation.subject + "/" + since;
    }

    Condition* add_seen(const char* kind, const Observation& observation, const std::string& instance,
                        Timestamp not_before = {}) {
        auto* condition = add(kind, instance, std::max(observation.since, not_before));
        if (condition == nullptr) return condition;
        if (!observation.code.empty()) condition->details["code"] = observation.code;
        for (const auto& [name, number] : observation.numbers)
            condition->details[name] = std::to_string(number);
        if (observation.own)
            if (const auto actor = state_.actors.find(observation.actor); actor != state_.actors.end())
                condition->details["machine"] = actor->second.name;
        if (state_.remotes.contains(observation.subject)) condition->remote = observation.subject;
        if (state_.equipment.contains(observation.subject)) condition->equipment = observation.subject;
        return condition;
    }

    void of_equipment(const Equipment& equipment) {
        const auto newest = newest_of(state_, equipment.name, now_);
        const bool manual = capture_mode(equipment) == CaptureMode::manual;
        const bool dispensed = manual && dispensation_for(state_, "manual", equipment.name, now_) != nullptr;
        const auto counted = std::max(counted_since(state_, equipment), contract_since_);

        backup_missing(equipment, newest, counted);
        if (newest.any != nullptr && !newest.any->complete)
            if (auto* found =
                    add_of("backup_partial", equipment, std::max(newest.partial_since->recorded_at, counted)))
                found->snapshots = {newest.any->commit};
        if (!manual) hebdo_missing(equipment, newest, counted);
        if (!dispensed) monthly_missing(equipment, newest, counted);
        if (manual && !dispensed) manual_undispensed(equipment, counted);
        undeclared(equipment);
        counted_.insert(equipment.name);
    }

    // A captured one is allowed `complete_hours`; one by hand what a dispensation in force promises.
    [[nodiscard]] Timestamp backup_due(const Equipment& equipment, Timestamp from) const {
        auto due = later(from, hours(state_, limits::complete_hours));
        while (capture_mode(equipment) == CaptureMode::manual) {
            const auto* const dispensation = dispensation_for(state_, "manual", equipment.name, due);
            if (dispensation == nullptr || dispensation->interval_days == 0) break;
            const auto promised = std::max(due, later(from, dispensation->interval_days * day_ns));
            const auto end = end_of(*dispensation);
            const bool goes_on = due < end && end < promised;
            due = std::min(promised, end);
            if (!goes_on) break;
        }
        return due;
    }

    void backup_missing(const Equipment& equipment, const Newest& newest, Timestamp counted) {
        const auto due = backup_due(equipment, newest.complete == nullptr
                                                   ? counted
                                                   : std::max(newest.complete->recorded_at, counted));
        auto* found = add_of("backup_missing", equipment, due);
        if (found == nullptr) return;
        if (newest.complete != nullptr) {
            found->snapshots = {newest.complete->commit};
            found->details["last_complete"] = to_rfc3339(newest.complete->recorded_at);
        }
        const auto* const seen = state_.procedure.observed(observed::capture, equipment.name);
        if (seen != nullptr && !seen->ok && !seen->code.empty()) found->details["code"] = seen->code;
    }

    // A whole week passed without one, and none came since.
    void hebdo_missing(const Equipment& equipment, const Newest& newest, Timestamp counted) {
        const auto& zone = state_.site.timezone;
        const auto from = newest.hebdo == nullptr ? counted : std::max(newest.hebdo->recorded_at, counted);
        const bool whole = from == counted && week_begin(zone, from) == from;
        add_of("hebdo_missing", equipment, days_later(zone, week_begin(zone, from), whole ? 7 : 14));
    }

    // The first complete one of a month is its MENSUEL: one that has none by that day, and none since.
    void monthly_missing(const Equipment& equipment, const Newest& newest, Timestamp counted) {
        const auto& zone = state_.site.timezone;
        auto next = month_of(zone, counted);
        if (month_begin(zone, next) < counted) next = next.plus(1);
        if (newest.monthly != nullptr) next = std::max(next, month_of(zone, newest.monthly->time).plus(1));
        const auto due = days_later(zone, month_begin(zone, next), limit_of(state_, limits::monthly_by_day));
        if (auto* found = add_of("monthly_missing", equipment, due)) found->details["month"] = next.text();
    }

    void manual_undispensed(const Equipment& equipment, Timestamp counted) {
        const auto by_hand = equipment_says_since(state_, equipment, [](const Equipment& then) {
            return capture_mode(then) == CaptureMode::manual;
        });
        const auto dispensed = dispensed_until(state_, "manual", equipment.name, now_);
        add_of("manual_undispensed", equipment, std::max({by_hand, dispensed, counted}));
    }

    void undeclared(const Equipment& equipment) {
        for (const auto& change : undeclared_changes(state_, equipment.name, later(now_, -changes_back_ns))) {
            auto* found = add("undeclared_change", equipment.name + "/" + change.after.hex(), change.time);
            if (found == nullptr) continue;
            found->equipment = equipment.name;
            found->snapshots = {change.before, change.after};
            for (const auto& category : change.categories) {
                auto& list = found->details["categories"];
                list += (list.empty() ? "" : ",") + category;
            }
        }
    }

    void change_windows() {
        for (const auto& [id, window] : state_.procedure.changes) {
            for (const auto& name : window.equipment) {
                if (window.pre.contains(name) || !is_under_contract(name)) continue;
                auto* found = add("pre_missing", id + "/" + name, window.begun.time);
                if (found != nullptr) found->equipment = name;
            }
        }
        for (const auto& missing : missing_posts(state_, now_)) {
            if (!is_under_contract(missing.equipment) || has_post_by_itself(missing)) continue;
            const auto instance = missing.window.empty() ? missing.pre.hex() : missing.window;
            auto* found = add("post_missing", instance + "/" + missing.equipment, missing.due);
            if (found == nullptr) continue;
            found->equipment = missing.equipment;
            if (missing.pre != ObjectId{}) found->snapshots = {missing.pre};
            if (!missing.window.empty()) found->details["window"] = missing.window;
        }
    }

    [[nodiscard]] bool is_under_contract(const std::string& name) const { return counted_.contains(name); }

    // One that was captured for no window answers for the one that was begun before.
    [[nodiscard]] bool has_post_by_itself(const MissingPost& missing) const {
        if (missing.window.empty()) return false;
        const auto begun = state_.procedure.changes.at(missing.window).begun.time;
        NewestFirst rest(state_, missing.equipment);
        while (const auto* snapshot = rest.next()) {
            if (snapshot->recorded_at < begun) return false;
            if (is_post(*snapshot) && snapshot->recorded_at <= now_) return true;
        }
        return false;
    }

    // Closed, and of what was to be captured something was not since it was opened.
    void interventions() {
        for (const auto& [id, intervention] : state_.procedure.interventions) {
            if (!intervention.closed || intervention.technician.empty()) continue;
            for (const auto& name : missing_captures(state_, intervention, now_)) {
                auto* found = add("intervention_incomplete", id + "/" + name, intervention.closed->time);
                if (found != nullptr) found->equipment = name;
            }
        }
    }

    void copies() {
        copy_missing("cloud", hours(state_, limits::cloud_hours));
        copy_missing("physical", limit_of(state_, limits::physical_days) * day_ns);
    }

    // The last time that the site lost a place of that role, or that it began.
    [[nodiscard]] Timestamp place_since(const std::string& role) const {
        auto since = site_history(state_).front()->version.time;
        const auto lost = [&](const Remote& before, const Remote& after) {
            if (before.role != role || before.removed) return;
            if (after.removed || after.url != before.url || after.role != role)
                since = std::max(since, after.version.time);
        };
        std::map<std::string, const Remote*> last;
        const auto next = [&](const Remote& remote) {
            auto& known = last[remote.name];
            if (known != nullptr) lost(*known, remote);
            known = &remote;
        };
        for (const auto& remote : state_.past_remotes) next(remote);
        for (const auto& [name, remote] : state_.remotes) next(remote);
        return since;
    }

    void copy_missing(const std::string& role, std::int64_t delay_ns) {
        if (role == "cloud" && dispensation_for(state_, "copy", "", now_) != nullptr) return;
        journal::StreamNumbers verified;
        bool any = false;
        for (const auto& [name, remote] : state_.remotes) {
            if (remote.removed || remote.role != role) continue;
            any = true;
            const auto copies = state_.copies.find(name);
            if (copies == state_.copies.end()) continue;
            for (const auto& [actor, number] : copies->second.verified)
                verified[actor] = std::max(verified[actor], number);
        }
        const auto* const snapshot = any ? oldest_uncovered(state_, verified) : nullptr;
        if (any && snapshot == nullptr) return;
        auto since = place_since(role);
        if (snapshot != nullptr) since = std::max(since, snapshot->recorded_at);
        since = later(since, delay_ns);
        if (role == "cloud") since = std::max(since, dispensed_until(state_, "copy", "", now_));
        auto* found = add("copy_missing", role, since);
        if (found == nullptr) return;
        found->details["role"] = role;
        if (snapshot != nullptr) found->snapshots = {snapshot->commit};
        for (const auto& [name, remote] : state_.remotes)
            if (!remote.removed && remote.role == role && found->remote.empty()) found->remote = name;
    }

    [[nodiscard]] std::optional<Place> place_of(const Remote& remote) const {
        if (const auto at = parse_place(setting(remote.settings, "place"))) return at;
        if (const auto at = parse_place(remote.place)) return at;
        return remote.role == "physical" ? parse_place(state_.site.place) : std::nullopt;
    }

    // No cloud and no medium are as far apart as they should be. Of a place that nobody told, nothing is
    // said.
    void places() {
        std::optional<double> farthest;
        Timestamp since;
        for (const auto& [name, cloud] : state_.remotes) {
            if (cloud.removed || cloud.role != "cloud") continue;
            for (const auto& [other, physical] : state_.remotes) {
                if (physical.removed || physical.role != "physical") continue;
                const auto here = place_of(cloud), there = place_of(physical);
                if (!here || !there) continue;
                farthest = std::max(farthest.value_or(0), distance_km(*here, *there));
                since = std::max({since, cloud.version.time, physical.version.time});
            }
        }
        near_ = farthest && *farthest < limit_of(state_, limits::distance_km);
        if (!near_ || dispensation_for(state_, "distance", "", now_) != nullptr) return;
        auto* found =
            add("redundancy_weak", "", std::max(since, dispensed_until(state_, "distance", "", now_)));
        if (found != nullptr) found->details["km"] = std::to_string(std::lround(*farthest));
    }

    void media() {
        for (const auto* seen : seen_by(state_, now_)) {
            const auto& subject = seen->subject;
            if (seen->what != observed::medium || seen->ok) continue;
            if (state_.find_remote(subject) == nullptr) continue;
            if (dispensation_for(state_, "medium", subject, now_) != nullptr) continue;
            add_seen("medium_unencrypted", *seen, subject, dispensed_until(state_, "medium", subject, now_));
        }
    }

    void drills() {
        const auto plan = next_drill(state_, now_);
        if (plan && plan->overdue) {
            overdue_ = true;
            const auto dispensed = dispensed_until(state_, "drill", "", now_);
            if (dispensation_for(state_, "drill", "", now_) == nullptr)
                if (auto* found = add("drill_overdue", "", std::max(plan->due, dispensed)))
                    found->details["next"] = plan->equipment;
        }
        for (const auto& drill : equipment_drills(state_, now_)) {
            overdue_equipment_.push_back(drill.equipment);
            if (dispensation_for(state_, "drill", drill.equipment, now_) != nullptr) continue;
            auto* found = add("equipment_drill_overdue", drill.equipment,
                              std::max(drill.due, dispensed_until(state_, "drill", drill.equipment, now_)));
            if (found == nullptr) continue;
            found->equipment = drill.equipment;
            if (drill.last) found->details["last"] = to_rfc3339(*drill.last);
        }
        for (const auto& failed : failed_drills(state_, now_)) {
            auto* found = add("drill_failed", failed.drill->id, failed.drill->ended);
            if (found == nullptr) continue;
            found->equipment = failed.drill->equipment;
            found->snapshots = {failed.drill->commit};
        }
    }

    void people() {
        for (const auto& review : reviews(state_, now_)) {
            if (review.done != nullptr || now_ < review.due) continue;
            auto* found = add("review_missing", review.scope + "/" + review.month.text(), review.due);
            if (found == nullptr) continue;
            found->details["scope"] = review.scope;
            found->details["month"] = review.month.text();
        }
        const auto responsible = responsible_at(state_, now_);
        if (!responsible.known) {
            const auto named = site_says_since(
                state_, [&](const journal::Site& site) { return site.responsible == responsible.person; });
            const auto person = state_.procedure.people.find(responsible.person);
            const bool removed = person != state_.procedure.people.end() && person->second.removed;
            add("responsible_missing", "", removed ? std::max(named, person->second.version.time) : named);
        }
        if (state_.site.contract != "standard" && state_.site.contract != "renforce")
            add("contract_unknown", "", site_says_since(state_, [](const journal::Site& site) {
                    return site.contract != "standard" && site.contract != "renforce";
                }));
    }

    // Is what it excused still so?
    [[nodiscard]] bool is_needed(const journal::Dispensation& item) const {
        const auto& subject = item.subject;
        if (item.kind == "manual")
            return is_under_contract(subject) &&
                   capture_mode(state_.equipment.at(subject)) == CaptureMode::manual;
        if (item.kind == "medium") {
            const auto* const seen = state_.procedure.observed(observed::medium, subject);
            return state_.find_remote(subject) != nullptr && seen != nullptr && !seen->ok;
        }
        if (item.kind == "distance") return near_;
        if (item.kind == "drill") {
            const auto& all = overdue_equipment_;
            return subject.empty() ? overdue_ : std::find(all.begin(), all.end(), subject) != all.end();
        }
        if (item.kind == "copy")
            return std::none_of(state_.remotes.begin(), state_.remotes.end(), [](const auto& remote) {
                return !remote.second.removed && remote.second.role == "cloud";
            });
        const auto failed = failed_drills(state_, now_);
        return item.kind == "retest" && std::any_of(failed.begin(), failed.end(), [&](const auto& drill) {
                   return drill.drill->equipment == subject && !drill.settled();
               });
    }

    void dispensations() {
        for (const auto& [id, item] : state_.procedure.dispensations) {
            if (item.id.empty() || last_expired(state_, item.kind, item.subject, now_) != &item) continue;
            if (dispensation_for(state_, item.kind, item.subject, now_) != nullptr || !is_needed(item))
                continue;
            auto* found = add("dispensation_expired", id, item.expires);
            if (found == nullptr) continue;
            found->details["kind"] = item.kind;
            if (state_.equipment.contains(item.subject)) found->equipment = item.subject;
            if (state_.remotes.contains(item.subject)) found->remote = item.subject;
        }
    }

    void space() {
        std::optional<Growth> measured;
        for (const auto* seen : seen_by(state_, now_)) {
            const auto& subject = seen->subject;
            if (seen->what != observed::space) continue;
            if (!subject.empty() && state_.find_remote(subject) == nullptr) continue;
            const auto free = seen->numbers.find("free");
            const auto total = seen->numbers.find("total");
            if (!measured) measured = growth_of(state_, now_);
            const auto a_day = measured->bytes_a_day();
            auto needed = 2 * measured->largest;
            if (a_day)
                needed = std::max(needed,
                                  static_cast<std::int64_t>(*a_day * limit_of(state_, limits::space_days)));
            if (total != seen->numbers.end())
                needed = std::max(needed, total->second / 100 * limit_of(state_, limits::space_percent));
            const bool low = free != seen->numbers.end() && free->second < needed;
            if (seen->ok && !low) continue;
            auto* found = add_seen("space_low", *seen, subject.empty() ? "here" : subject,
                                   seen->ok ? seen->time : Timestamp{});
            if (found == nullptr) continue;
            found->details["needed"] = std::to_string(needed);
            if (free != seen->numbers.end() && a_day)
                found->details["forecast_days"] = std::to_string(
                    static_cast<std::int64_t>(static_cast<double>(free->second) / std::max(*a_day, 1.0)));
        }
    }

    // What this machine saw of itself and of the equipments, and how many ways there are to the keys.
    void machine() {
        for (const auto* found : seen_by(state_, now_)) {
            const auto& seen = *found;
            const auto& [what, subject] = std::tie(seen.what, seen.subject);
            if (seen.ok) continue;
            if (what == observed::clear_text) add_seen("clear_text", seen, subject);
            if (what == observed::certificate && is_under_contract(subject))
                add_seen("certificate_changed", seen, instance_of(seen));
            const bool is_tried = now_.ns - seen.time.ns < tried_within_ns;
            if (what == observed::hook && is_tried)
                if (auto* failed = add_seen("hook_failed", seen, subject)) failed->details["hook"] = subject;
            if (what == observed::dashboard && is_tried) add_seen("dashboard_stale", seen, subject);
        }
        if (state_.ways_in().size() >= 2) return;
        std::vector<std::pair<Timestamp, int>> steps;
        for (const auto& slot : state_.slots) {
            steps.emplace_back(slot.created, 1);
            if (slot.removed) steps.emplace_back(slot.removed_at, -1);
        }
        std::stable_sort(steps.begin(), steps.end(),
                         [](const auto& a, const auto& b) { return a.first < b.first; });
        Timestamp since = site_history(state_).front()->version.time;
        int ways = 0;
        for (const auto& [time, step] : steps) {
            if (ways >= 2 && ways + step < 2) since = time;
            ways += step;
        }
        if (auto* found = add("keys", "", since))
            found->details["ways"] = std::to_string(state_.ways_in().size());
    }

    const journal::State& state_;
    Timestamp now_;
    Timestamp contract_since_;       // of what is asked under contract
    std::set<std::string> counted_;  // equipments under contract
    bool near_ = false, overdue_ = false;
    std::vector<std::string> overdue_equipment_;
    std::vector<Condition> found_;
};

}  // namespace

const std::vector<AnomalyKind>& anomaly_kinds() {
    using enum Closing;
    static const std::vector<AnomalyKind> kinds{
        {"backup_missing", "1.1", "critical", by_rule},
        {"hebdo_missing", "1.1", "minor", by_rule},
        {"backup_partial", "1.1", "major", by_rule},
        {"monthly_missing", "4.2", "major", by_rule},
        {"manual_undispensed", "1.2", "major", by_rule},
        {"intervention_incomplete", "1.2", "major", by_rule},
        {"pre_missing", "1.3", "major", by_person},
        {"post_missing", "1.3", "major", by_rule},
        {"undeclared_change", "1.3", "major", by_person},
        {"copy_missing", "2.3", "critical", by_rule},
        {"encryption_error", "2.1", "critical", by_rule},
        {"integrity", "2.3", "critical", by_rule},
        {"clear_text", "2.2", "critical", by_rule},
        {"medium_unencrypted", "2.3", "major", by_rule},
        {"redundancy_weak", "2.4", "minor", by_rule},
        {"drill_overdue", "3.1", "major", by_rule},
        {"drill_failed", "3.4", "critical", drill},
        {"equipment_drill_overdue", "3.1", "minor", by_rule},
        {"review_missing", "5.2", "major", by_rule},
        {"responsible_missing", "5.1", "major", by_rule},
        {"contract_unknown", "3.1", "minor", by_rule},
        {"dispensation_expired", "1.2", "minor", by_rule},
        {"space_low", "5.4", "critical", by_rule},
        {"certificate_changed", "2.2", "major", by_person},
        {"rollback", "2.3", "critical", by_person},
        {"clock", "5.4", "major", by_rule},
        {"keys", "5.4", "major", by_rule},
        {"hook_failed", "5.4", "minor", by_rule},
        {"dashboard_stale", "5.3", "minor", by_rule},
    };
    return kinds;
}

const AnomalyKind* find_anomaly_kind(std::string_view name) {
    for (const auto& kind : anomaly_kinds())
        if (kind.name == name) return &kind;
    return nullptr;
}

std::vector<Condition> conditions(const journal::State& state, Timestamp now) {
    return Finder(state, now).find();
}

std::vector<PassedCondition> passed_conditions(const journal::State& state, Timestamp now) {
    return Finder(state, now).passed();
}

}  // namespace coffre::rules
