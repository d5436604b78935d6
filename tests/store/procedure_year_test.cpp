// A year of many sites under a clock that is not real: equipments, copies and people that fail, and one run
// an hour. What must hold all the while is checked against what this file knows of the world itself, by
// calendars of its own. COFFRE_PROCEDURE_SEED=N replays one seed.

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <random>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "store/rules/anomalies.hpp"
#include "store/rules/copies.hpp"
#include "store/rules/drills.hpp"
#include "store/rules/due.hpp"
#include "store/rules/names.hpp"
#include "store/rules/retention.hpp"
#include "store/rules/site_state.hpp"
#include "store/rules/windows.hpp"
#include "tests/support/procedure_state.hpp"
#include "tests/support/wall_clock.hpp"

namespace coffre::rules {
namespace {

using journal::Snapshot;
using test::day_ns;
using test::hour_ns;
using test::later;
using test::minute_ns;
using test::second_ns;
using test::utc;

constexpr std::int64_t week_limit_ns = (7 * 24 + 6) * hour_ns;

// Times in which something is so.
class Spells {
public:
    void add(Timestamp from, Timestamp to) { spells_.emplace_back(from, to); }
    [[nodiscard]] bool holds(Timestamp time) const {
        return std::any_of(spells_.begin(), spells_.end(),
                           [&](const auto& spell) { return spell.first <= time && time < spell.second; });
    }

private:
    std::vector<std::pair<Timestamp, Timestamp>> spells_;
};

struct Plan {
    Timestamp begin, end;
    int equipments = 8;
    std::int64_t longest_jump_ns = 3 * day_ns;
    int trouble = 1;  // how often things fail: the more, the oftener
    bool jumps = true;
};

// What went against a promise, by the promise's name; and how often each was looked at.
struct Findings {
    std::map<std::string, std::vector<std::string>> broken;
    std::map<std::string, std::uint64_t> looked;

    void add(const Findings& other) {
        for (const auto& [promise, all] : other.broken)
            broken[promise].insert(broken[promise].end(), all.begin(), all.end());
        for (const auto& [promise, count] : other.looked) looked[promise] += count;
    }
};

class SimulatedSite {
public:
    SimulatedSite(unsigned seed, const Plan& plan, const std::string& zone)
        : seed_(seed), plan_(plan), rng_(seed), site_(plan.begin), state_(site_.state), now_(plan.begin) {
        set_up(zone);
        draw_weather();
    }

    Findings run() {
        const auto offset = pick(60) * minute_ns;
        int hour = 0;
        for (auto time = later(plan_.begin, offset); time < plan_.end; time = later(time, hour_ns), ++hour) {
            now_ = time;
            people(hour);
            const auto after_people = later(time, minute_ns);
            if (!down_.holds(time)) machine(after_people);
            if (hour % 24 == 23 && is_right(after_people) && !down_.holds(time)) look_daily(ended_);
            if (hour % (24 * 30) == 24 * 29) collect(time);
        }
        look_back();
        return std::move(findings_);
    }

private:
    struct Device {
        int users = 1, cameras = 1;
        bool manual = false, dispensed = false;
        Spells out_of_reach;
        Timestamp failed;  // the last attempt that did
        std::optional<Timestamp> post_at;
        std::string window;
    };

    // ---- chance
    int pick(int count) { return static_cast<int>(rng_() % static_cast<unsigned>(count)); }
    bool chance(int per_mille) { return pick(1000) < per_mille; }

    // ---- what is promised
    void check(const std::string& promise, bool kept, const std::string& what) {
        ++findings_.looked[promise];
        if (kept || findings_.broken[promise].size() > 3) return;
        findings_.broken[promise].push_back("seed " + std::to_string(seed_) + ", " + to_rfc3339(now_) + ": " +
                                            what);
    }

    void set_up(const std::string& zone) {
        state_.site.timezone = zone;
        state_.site.schedule = pick(3) == 0 ? "sun 02:30" : "sat 03:00";
        const int contract = pick(10);
        state_.site.contract = contract < 5 ? "standard" : contract < 9 ? "renforce" : "unknown";
        site_.add_person("dupont", plan_.begin);
        site_.add_person("martin", plan_.begin);
        state_.site.responsible = "dupont";
        state_.site.deputy = "martin";
        site_.put_remote("cloud", "cloud", plan_.begin, "50.6292,3.0573");
        site_.put_remote("disk", "physical", plan_.begin, "48.8014,2.1301");
        for (int i = 0; i < plan_.equipments; ++i) {
            const auto name = "NVR-" + std::to_string(i);
            auto& device = devices_[name];
            device.manual = pick(8) == 0;
            site_.put_equipment(name, plan_.begin,
                                device.manual ? std::map<std::string, std::string>{{"mode", "manual"}}
                                              : std::map<std::string, std::string>{{"address", "192.0.2.1"}});
            device.dispensed = device.manual && pick(4) != 0;
            if (device.dispensed)
                site_.dispense("d-" + name, "manual", name, plan_.begin, later(plan_.begin, 330 * day_ns),
                               "dupont", 90);
        }
    }

    // So often on average, at most so long.
    Spells draw(int every_days, std::int64_t longest_ns) {
        Spells spells;
        for (auto at = plan_.begin; at < plan_.end;) {
            at = later(at, pick(2 * every_days * 24 / plan_.trouble) * hour_ns);
            const auto minutes = static_cast<int>(longest_ns / minute_ns);
            // Most are short.
            const auto end = later(at, (pick(2) == 0 ? pick(minutes) : pick(minutes / 10 + 1)) * minute_ns);
            spells.add(at, end);
            at = later(end, hour_ns);
        }
        return spells;
    }

    void draw_weather() {
        for (auto& [name, device] : devices_) device.out_of_reach = draw(60, 12 * day_ns);
        down_ = draw(70, 25 * day_ns);
        full_ = draw(150, 4 * day_ns);
        cloud_away_ = draw(40, 2 * day_ns);
        damaged_ = draw(200, 2 * day_ns);
        for (auto at = plan_.begin; at < plan_.end; at = later(at, 7 * day_ns))
            if (pick(5) != 0) plugged_.add(later(at, pick(3) * day_ns), later(at, 4 * day_ns));
        if (!plan_.jumps) return;
        for (auto at = later(plan_.begin, 20 * day_ns + pick(40 * 24) * hour_ns); at < plan_.end;
             at = later(at, 30 * day_ns + pick(60 * 24) * hour_ns)) {
            const auto minutes = static_cast<int>(plan_.longest_jump_ns / minute_ns);
            jumps_.push_back({at, later(at, (2 + pick(20)) * hour_ns),
                              (pick(3) == 0 ? -1 : 1) * pick(minutes) * minute_ns});
        }
    }

    struct Jump {
        Timestamp from, to;
        std::int64_t by_ns;
    };
    [[nodiscard]] std::int64_t clock_error(Timestamp time) const {
        for (const auto& jump : jumps_)
            if (jump.from <= time && time < jump.to) return jump.by_ns;
        return 0;
    }
    // The clock is right, and nothing that it said when it was not lies ahead.
    [[nodiscard]] bool is_right(Timestamp time) const {
        return std::all_of(jumps_.begin(), jumps_.end(), [&](const auto& jump) {
            return time < jump.from || later(jump.to, std::max<std::int64_t>(jump.by_ns, 0) + day_ns) <= time;
        });
    }
    [[nodiscard]] bool never_jumped_between(Timestamp from, Timestamp to) const {
        return std::none_of(jumps_.begin(), jumps_.end(), [&](const auto& jump) {
            const auto reach = std::abs(jump.by_ns);
            return jump.from.ns - reach < to.ns && from.ns < jump.to.ns + reach;
        });
    }

    // ---- the machine's hour
    void machine(Timestamp time) {
        const auto now = later(time, clock_error(time));
        last_run_ = now;
        if (runs_.empty() || runs_.back() < now) runs_.push_back(now);
        const auto before = chance(5) ? std::optional(state_) : std::nullopt;
        keep(now);
        if (before) {  // another one, a second later, that had seen the same
            site_.say(later(now, second_ns), upkeep(*before, later(now, second_ns)));
            keep(later(now, 2 * second_ns));
        }
        const auto jobs = due_jobs(state_, now, site_.machine);
        for (const auto& job : jobs) perform(job, time, now);
        ended_ = jobs.empty() ? now : later(now, minute_ns);
        if (!jobs.empty()) keep(ended_);
        alert(ended_);
        if (is_right(time)) look_hourly(time, ended_);
    }

    void keep(Timestamp now) {
        const auto records = upkeep(state_, now);
        site_.say(now, records);
        if (!records.empty() || chance(3)) {
            check("idempotent", upkeep(state_, now).empty(), "upkeep says something twice");
            look_at_anomalies(now);
        }
    }

    void observe(Timestamp now, const std::string& what, const std::string& subject, bool ok,
                 const std::string& code = "", std::map<std::string, std::int64_t> numbers = {}) {
        journal::Observation seen;
        seen.what = what;
        seen.subject = subject;
        seen.own = is_own(what, subject);
        seen.actor = site_.machine;
        seen.ok = ok;
        seen.code = code;
        if (!is_known(state_, seen, now)) site_.observe(now, what, subject, ok, code, std::move(numbers));
    }

    void perform(const Job& job, Timestamp time, Timestamp now) {
        if (job.kind == JobKind::capture) return capture_job(job, time, now);
        if (job.kind == JobKind::mirror) return mirror(job.subject, time, now);
        if (job.kind == JobKind::space) {
            const bool full = full_.holds(time);
            const std::int64_t free = full ? 1'000'000 : 800'000'000'000;
            return observe(now, observed::space, "", !full, full ? "full" : "",
                           {{"free", free}, {"total", 1'000'000'000'000}});
        }
        const bool damaged = damaged_.holds(time);
        const auto* const what = job.kind == JobKind::verify        ? observed::verify
                                 : job.kind == JobKind::verify_data ? observed::verify_data
                                                                    : observed::verify_remote;
        const bool away = job.kind == JobKind::verify_remote && is_away(job.subject, time);
        observe(now, what, job.subject, !damaged && !away, away ? "unreachable" : damaged ? "damaged" : "");
    }

    void capture_job(const Job& job, Timestamp time, Timestamp now) {
        auto& device = devices_.at(job.subject);
        const auto* const last = newest_complete(state_, job.subject, now, "HEBDO");
        check("repeated_hour", !test::is_shown_twice(now), job.subject + " in an hour that comes twice");
        if (is_right(time) && last != nullptr && last->recorded_at >= slot_before(now) &&
            never_jumped_between(last->recorded_at, now)) {
            const auto failed = failed_drills(state_, now);
            check("once",
                  std::any_of(failed.begin(), failed.end(),
                              [&](const auto& test) {
                                  return test.drill->equipment == job.subject && test.new_snapshot == nullptr;
                              }),
                  job.subject + " once more since " + to_rfc3339(slot_before(now)));
        }
        const bool full = full_.holds(time);
        if (full || device.out_of_reach.holds(time)) {
            device.failed = now;
            return observe(now, observed::capture, job.subject, false, full ? "no-space" : "unreachable");
        }
        const bool complete = !chance(15);
        if (!complete) device.failed = now;
        capture(job.subject, now, "HEBDO", complete);
        observe(now, observed::capture, job.subject, complete, complete ? "" : "partial");
    }

    ObjectId capture(const std::string& name, Timestamp now, const std::string& kind, bool complete = true) {
        const auto& device = devices_.at(name);
        std::vector<std::string> kinds{kind};
        if (complete && mensuel_applies(state_, name, now, kind)) kinds.emplace_back("MENSUEL");
        auto& snapshot = site_.capture(name, now, kinds, complete);
        snapshot.added_bytes = 4000;
        snapshot.fingerprints = {{"version", "1"},
                                 {"users", std::to_string(device.users)},
                                 {"cameras", std::to_string(device.cameras)}};
        return snapshot.commit;
    }

    [[nodiscard]] bool is_away(const std::string& remote, Timestamp time) const {
        return remote == "cloud" ? cloud_away_.holds(time) : !plugged_.holds(time);
    }

    void mirror(const std::string& remote, Timestamp time, Timestamp now) {
        if (is_away(remote, time))
            return observe(now, observed::mirror, remote, false,
                           remote == "cloud" ? "unreachable" : "not-plugged-in");
        site_.verify_copies(remote, now);
        observe(now, observed::mirror, remote, true);
    }

    // ---- alerts: one in ten does not get through
    void alert(Timestamp now) {
        std::set<std::string> expected;
        for (const auto& [id, anomaly] : state_.procedure.anomalies) {
            if (!anomaly.known() || now < anomaly.detected) continue;
            if ((anomaly.resolved && anomaly.resolved->time <= now) ||
                (anomaly.treated && anomaly.treated->time <= now))
                continue;
            const auto age = now.ns - anomaly.opened.ns;
            const int hours = age >= 24 * hour_ns   ? 24
                              : age >= 20 * hour_ns ? 20
                              : age >= 12 * hour_ns ? 12
                                                    : 0;
            const auto event =
                id + "-" + std::to_string(hours) +
                (anomaly.times_reopened > 0 ? "-" + std::to_string(anomaly.times_reopened) : "");
            if (!delivered_.contains(event)) expected.insert(event);
        }
        const auto alerts = due_alerts(state_, now);
        std::set<std::string> due;
        for (const auto& item : alerts) due.insert(item.event_id);
        check("alerts", due == expected,
              std::to_string(due.size()) + " alerts are due, and not " + std::to_string(expected.size()));
        std::vector<journal::Json> records;
        for (const auto& item : alerts) {
            if (chance(100)) continue;
            delivered_.insert(item.event_id);
            records.push_back(journal::anomaly_alerted_record(item.anomaly->id, item.hours));
        }
        site_.say(now, records);
    }

    // ---- people, whose clocks are right
    void people(int hour) {
        for (auto& [name, device] : devices_) {
            if (chance(2)) change(name, device);
            if (chance(1)) ++(pick(2) == 0 ? device.users : device.cameras);  // and tells nobody
            if (device.post_at && *device.post_at <= now_) end_change(name, device);
            if (device.manual && chance(1)) capture(name, now_, "HEBDO");
        }
        if (hour % 24 == 10) {
            drill();
            review();
        }
        if (!state_.procedure.anomalies.empty() && chance(60)) see_to_anomalies();
    }

    void change(const std::string& name, Device& device) {
        if (!device.window.empty() || open_window(state_, name) != nullptr) return;
        device.window = "c" + std::to_string(++windows_);
        const bool reached = !device.out_of_reach.holds(now_);
        std::map<std::string, ObjectId> pre;
        if (reached) pre[name] = capture(name, now_, "PRE");
        site_.begin_change(device.window, {name}, now_, pre, reached ? "" : "out of reach");
        begun_[device.window] = {name, now_, std::nullopt, reached};
        ++device.cameras;
        device.post_at = later(now_, (1 + pick(20)) * hour_ns);
        if (chance(150)) device.post_at = later(now_, (40 + pick(200)) * hour_ns);
    }

    void end_change(const std::string& name, Device& device) {
        std::map<std::string, ObjectId> post;
        const bool reached = !device.out_of_reach.holds(now_);
        if (reached) post[name] = capture(name, now_, "POST");
        if (!reached && !chance(100)) return;  // somebody tries again, most of the time
        site_.end_change(device.window, now_, post, reached ? "" : "it is gone");
        auto& window = begun_.at(device.window);
        window.ended = now_;
        window.post = reached;
        device.window.clear();
        device.post_at.reset();
    }

    void see_to_anomalies() {
        const auto open = open_anomalies(state_, now_);
        if (open.empty()) return;
        const auto* const anomaly =
            open[static_cast<std::size_t>(pick(static_cast<int>(open.size())))].anomaly;
        const int what = pick(4);
        if (what == 0) site_.say(now_, journal::anomaly_acknowledged_record(anomaly->id, "seen"));
        if (what == 1) site_.say(now_, journal::anomaly_treated_record(anomaly->id, "dupont", "by hand"));
        if (what < 2) return;
        // Some close what they may not: upkeep brings it back.
        const auto* const kind = find_anomaly_kind(anomaly->kind);
        const bool refused = closing_refused(state_, *anomaly, now_).has_value();
        if (refused && (kind->closing == Closing::drill || what == 2)) return;
        if (kind->closing != Closing::by_rule) closed_.insert(anomaly->key);
        site_.say(now_, journal::anomaly_resolved_record(anomaly->id, false, {}, "looked at"));
    }

    void drill() {
        const auto failed = failed_drills(state_, now_);
        const auto unsettled = std::find_if(failed.begin(), failed.end(),
                                            [](const auto& test) { return test.retest == nullptr; });
        const auto plan = next_drill(state_, now_);
        if (!plan || newest_complete(state_, plan->equipment, now_) == nullptr) return;
        const bool near = plan->due < later(now_, 10 * day_ns);
        const bool again = unsettled != failed.end() && chance(300);
        if (!again && !(near && chance(100)) && !chance(4)) return;
        const auto name = again ? unsettled->drill->equipment : plan->equipment;
        const bool success = chance(800);
        const int level = chance(100) ? 1 : 3;
        const auto commit = again ? unsettled->drill->commit : plan->commit;
        site_.drill("t" + std::to_string(++drills_), name, now_, success, level, plan->source_role, "dupont",
                    commit);
        if (success) tested_[name] = commit;
        if (success && level >= 2) last_test_ = now_;
    }

    void review() {
        const auto today = test::wall_clock(now_);
        const auto before =
            test::wall_clock({test::midnight(today.tm_year + 1900, today.tm_mon + 1, 1).ns - hour_ns});
        const auto month = journal_month(before.tm_year + 1900, before.tm_mon + 1);
        for (const auto* scope : {"site", "internal"}) {
            if (!chance(180) || reviewed_.contains(scope + month)) continue;
            site_.review(scope + month, scope, month, now_, pick(2) == 0 ? "dupont" : "martin");
            reviewed_.insert(scope + month);
        }
    }

    static std::string journal_month(int year, int month) {
        return std::to_string(year) + (month < 10 ? "-0" : "-") + std::to_string(month);
    }

    // ---- what must hold
    // The last instant at or before `now` at which the site's captures are due, walked to in quarter hours.
    Timestamp slot_before(Timestamp now) {
        const bool sunday = state_.site.schedule == "sun 02:30";
        const auto reached = [&](Timestamp time) {
            const auto clock = test::wall_clock(time);
            const int minutes = clock.tm_hour * 60 + clock.tm_min;
            return clock.tm_wday == (sunday ? 0 : 6) && minutes >= (sunday ? 150 : 180) &&
                   !test::is_shown_twice(time);
        };
        constexpr std::int64_t quarter_ns = 15 * minute_ns;
        constexpr std::int64_t week_ns = 7 * day_ns;
        const bool near = last_slot_.ns != 0 && last_slot_ <= now && now < later(last_slot_, week_ns);
        Timestamp slot = near ? last_slot_ : Timestamp{};
        for (auto at = near ? later(slot, 6 * day_ns) : Timestamp{(now.ns / day_ns - 8) * day_ns}; at <= now;
             at = later(at, quarter_ns)) {
            if (!reached(at)) continue;
            slot = at;
            at = later(at, day_ns);  // past the rest of that day
        }
        return last_slot_ = slot;
    }

    const journal::Anomaly* open_with(const std::string& key, Timestamp now) const {
        for (const auto& [id, anomaly] : state_.procedure.anomalies)
            if (!(anomaly.resolved && anomaly.resolved->time <= now) && anomaly.key == key &&
                anomaly.known() && anomaly.detected <= now)
                return &anomaly;
        return nullptr;
    }

    void look_at_anomalies(Timestamp now) {
        std::map<std::string, int> open;
        for (const auto& [id, anomaly] : state_.procedure.anomalies) {
            if (!anomaly.known()) continue;
            const auto [known, fresh] = opened_.try_emplace(id, anomaly.opened);
            check("clock_kept", known->second == anomaly.opened, id + " has another clock");
            const auto view = view_of(state_, anomaly, now);
            check("due_a_day_later", view.due == later(anomaly.opened, 24 * hour_ns), id);
            if (anomaly.detected <= now && view.state != AnomalyState::resolved) ++open[anomaly.key];
        }
        check("none_lost", opened_.size() <= state_.procedure.anomalies.size(), "one is gone");
        for (const auto& [key, count] : open) check("none_twice", count == 1, key + " is open twice");
        for (const auto& condition : conditions(state_, now)) {
            const bool closed =
                condition.kind->closing != Closing::by_rule && closed_.contains(condition.key);
            check("none_lost", open.contains(condition.key) || closed, condition.key + " is not open");
            check("since", condition.since <= now, condition.key + " is yet to come");
        }
    }

    void look_hourly(Timestamp time, Timestamp now) {
        const bool works = !full_.holds(time) && !test::is_shown_twice(time);
        for (const auto& [name, device] : devices_) {
            const auto* const last = newest_complete(state_, name, now);
            const auto* const weekly = newest_complete(state_, name, now, "HEBDO");
            if (!device.manual && works && !device.out_of_reach.holds(time) &&
                later(device.failed, hour_ns + 2 * minute_ns) <= now)
                check("caught_up", weekly != nullptr && slot_before(time) <= weekly->recorded_at,
                      name + " was not captured");
            const bool ninety = device.dispensed && now < later(plan_.begin, 330 * day_ns);
            if (device.manual && !ninety) continue;
            const auto from = last == nullptr ? plan_.begin : last->recorded_at;
            const auto due = later(from, ninety ? 90 * day_ns : week_limit_ns);
            const auto* const open = open_with("backup_missing/" + name, now);
            check("one_week", (due <= now) == (open != nullptr), name + " and its last complete snapshot");
        }
    }

    void look_daily(Timestamp now) {
        // Restore tests.
        const int months = state_.site.contract == "standard" ? 12 : 3;
        const auto due = test::end_of_day_months_later(last_test_.value_or(plan_.begin), months);
        if (const auto plan = next_drill(state_, now)) {
            check("drills_due", plan->due == due,
                  "a test is due " + to_rfc3339(plan->due) + ", and not " + to_rfc3339(due));
            const auto* const open = open_with("drill_overdue", now);
            check("drills_due", (due <= now) == (open != nullptr), "an overdue test");
            if (open != nullptr && open->opened != due)
                check("drills_due", open->detected < due, "since " + to_rfc3339(open->opened));
        }
        // Reviews of the months that are over.
        const auto began = test::wall_clock(plan_.begin), today = test::wall_clock(now);
        for (int month = began.tm_year * 12 + began.tm_mon; month < today.tm_year * 12 + today.tm_mon;
             ++month) {
            const int year = month / 12 + 1900, of_year = month % 12 + 1;
            const auto owed = test::midnight(year, of_year + 1, 6);
            for (const std::string scope : {"site", "internal"}) {
                const auto name = journal_month(year, of_year);
                const auto* const open = open_with("review_missing/" + scope + "/" + name, now);
                const bool missing = owed <= now && !reviewed_.contains(scope + name);
                if (missing) {
                    check("reviews_due", open != nullptr && open->opened == owed,
                          "the review of " + name + ", owed " + to_rfc3339(owed));
                } else {
                    check("reviews_due", open == nullptr, "the review of " + name + " is not missing");
                }
            }
        }
        for (const auto& [id, window] : begun_) {
            const auto due_post = later(window.begun, 12 * hour_ns);
            const bool answered = std::any_of(begun_.begin(), begun_.end(), [&](const auto& other) {
                return other.second.equipment == window.equipment && other.second.post &&
                       window.begun <= *other.second.ended;
            });
            const auto* const open = open_with("post_missing/" + id + "/" + window.equipment, now);
            const bool missing = due_post <= now && !answered;
            check("posts", missing == (open != nullptr), id + " of " + window.equipment);
            if (open != nullptr) check("posts", open->opened == due_post, id + " since another time");
        }
    }

    // At the end, over the whole year, by what was recorded.
    void look_back() {
        std::map<std::string, std::vector<const Snapshot*>> of;
        for (const auto& snapshot : state_.snapshots) of[snapshot.equipment].push_back(&snapshot);
        for (auto& [name, all] : of) {
            std::sort(all.begin(), all.end(),
                      [](const auto* a, const auto* b) { return a->recorded_at < b->recorded_at; });
            if (!devices_.at(name).manual) look_for_weeks(name, all);
            look_for_changes(name, all);
        }
    }

    // By the rule, or by somebody who closed it though it was refused, and a machine ran since and let it be.
    [[nodiscard]] bool is_closed_before(const journal::Anomaly& anomaly, Timestamp time) const {
        if (!anomaly.resolved || time <= anomaly.resolved->time) return false;
        const auto run = std::upper_bound(runs_.begin(), runs_.end(), anomaly.resolved->time);
        return anomaly.resolved_by_rule || (run != runs_.end() && *run < time);
    }

    // No pair of complete snapshots further apart than a week without an anomaly between them.
    void look_for_weeks(const std::string& name, const std::vector<const Snapshot*>& all) {
        auto last = plan_.begin;
        for (const auto* snapshot : all) {
            if (!snapshot->complete) continue;
            if (last_run_ < snapshot->recorded_at) break;  // nobody looked since
            const auto due = later(last, week_limit_ns);
            if (due < snapshot->recorded_at && never_jumped_between(last, snapshot->recorded_at)) {
                const bool told = std::any_of(state_.procedure.anomalies.begin(),
                                              state_.procedure.anomalies.end(), [&](const auto& item) {
                                                  const auto& anomaly = item.second;
                                                  return anomaly.key == "backup_missing/" + name &&
                                                         anomaly.opened == due &&
                                                         !is_closed_before(anomaly, snapshot->recorded_at);
                                              });
                check("one_week", told, name + " without one since " + to_rfc3339(last));
            }
            last = snapshot->recorded_at;
        }
    }

    // Every change of two snapshots that no window tells of.
    // Of what is not whole nothing is known.
    void look_for_changes(const std::string& name, std::vector<const Snapshot*> all) {
        std::erase_if(all, [](const auto* snapshot) { return !snapshot->complete; });
        for (std::size_t i = 1; i < all.size(); ++i) {
            const auto &before = *all[i - 1], &after = *all[i];
            if (!never_jumped_between(before.recorded_at, after.recorded_at)) continue;
            if (later(plan_.end, -26 * day_ns) < after.recorded_at) continue;  // the machine may be down
            const bool declared = std::any_of(begun_.begin(), begun_.end(), [&](const auto& item) {
                const auto& window = item.second;
                if (window.equipment != name || after.recorded_at <= window.begun) return false;
                // A PRE whose POST never came tells of what follows it for as long as that may take.
                if (window.pre && !window.post && after.recorded_at <= later(window.begun, 12 * hour_ns))
                    return true;
                return !window.ended || before.recorded_at < *window.ended;
            });
            const bool changed = before.fingerprints != after.fingerprints;
            const auto key = "undeclared_change/" + name + "/" + after.commit.hex();
            const auto count =
                std::count_if(state_.procedure.anomalies.begin(), state_.procedure.anomalies.end(),
                              [&](const auto& item) { return item.second.key == key; });
            check("changes", count == (changed && !declared ? 1 : 0),
                  name + " at " + to_rfc3339(after.recorded_at) + (declared ? ", declared" : "") +
                      (changed ? ", changed" : "") + ", told " + std::to_string(count) + " times");
        }
    }

    // ---- retention
    void collect(Timestamp time) {
        if (!is_right(time)) return;
        GcOptions options;
        options.clock = time;
        options.self = &site_.machine;
        std::set<ObjectId> going, expected;
        for (const auto& item : plan_gc(state_, time, options).expire) going.insert(item.snapshot->commit);
        const auto better = [](const Snapshot& a, const Snapshot& b) {
            return std::tuple(a.time.ns, a.recorded_at.ns, a.commit) >
                   std::tuple(b.time.ns, b.recorded_at.ns, b.commit);
        };
        std::set<ObjectId> kept;  // by a restore test or an anomaly
        for (const auto& [name, commit] : tested_) kept.insert(commit);
        for (const auto& [id, anomaly] : state_.procedure.anomalies)
            if (anomaly.known() && !anomaly.resolved)
                kept.insert(anomaly.snapshots.begin(), anomaly.snapshots.end());
        for (const auto& snapshot : state_.snapshots) {
            if (snapshot.expired || kept.contains(snapshot.commit)) continue;
            Timestamp end;
            for (const auto& kind : snapshot.kinds) {
                const int months = kind == "HEBDO" ? 3 : kind == "MENSUEL" ? 12 : 6;
                end = std::max(end, test::end_of_day_months_later(snapshot.time, months));
            }
            const bool last =
                snapshot.complete &&
                std::none_of(state_.snapshots.begin(), state_.snapshots.end(), [&](const auto& o) {
                    return o.equipment == snapshot.equipment && o.complete && !o.expired &&
                           better(o, snapshot);
                });
            if (end <= time && later(snapshot.recorded_at, 30 * day_ns) <= time && !last)
                expected.insert(snapshot.commit);
        }
        check("retention", going == expected,
              std::to_string(going.size()) + " would go, and not " + std::to_string(expected.size()));
        for (auto& snapshot : state_.snapshots.all())
            if (going.contains(snapshot.commit)) snapshot.expired = time;
    }

    struct Window {
        std::string equipment;
        Timestamp begun;
        std::optional<Timestamp> ended;
        bool pre = false, post = false;
    };

    unsigned seed_;
    Plan plan_;
    std::mt19937_64 rng_;
    test::ProcedureState site_;
    journal::State& state_;
    Timestamp now_;
    std::map<std::string, Device> devices_;
    Spells down_, full_, cloud_away_, damaged_, plugged_;
    std::vector<Jump> jumps_;
    std::map<std::string, Window> begun_;
    std::set<std::string> delivered_, reviewed_, closed_;
    std::map<std::string, Timestamp> opened_;
    std::optional<Timestamp> last_test_;
    std::map<std::string, ObjectId> tested_;
    Timestamp last_slot_, last_run_, ended_;
    std::vector<Timestamp> runs_;
    int windows_ = 0, drills_ = 0;
    Findings findings_;
};

// ---- the fleet's year, once for all its tests

// A number of the environment, at least 1; a name that says something else is an error, and no fewer tests.
unsigned number_of(const char* variable, unsigned otherwise) {
    const char* const given = std::getenv(variable);
    if (given == nullptr) return otherwise;
    const int number = std::atoi(given);
    if (number < 1) throw std::invalid_argument(std::string(variable) + " is no number above 0");
    return static_cast<unsigned>(number);
}

// Of the forty sites with their 300 equipments all, unless COFFRE_PROCEDURE_SITES says how many.
constexpr int all_sites = 40;
constexpr int equipments_of_all = 300;
int sites() { return std::min(all_sites, static_cast<int>(number_of("COFFRE_PROCEDURE_SITES", all_sites))); }

struct Year {
    Findings findings;
    double seconds = 0;
};

const Year& year() {
    static const Year once = [] {
        test::choose_zone("Europe/Paris");
        const auto start = system_clock().monotonic_ns();
        Plan plan;
        plan.begin = utc("2026-01-05T08:00:00Z");
        plan.end = utc("2027-01-12T08:00:00Z");
        std::vector<Findings> found(static_cast<std::size_t>(sites()));
        std::atomic<int> next{0};
        const auto work = [&] {
            for (int i = next++; i < sites(); i = next++) {
                auto own = plan;
                own.equipments = equipments_of_all / all_sites + (i % 2);  // 7 and 8
                found[static_cast<std::size_t>(i)] =
                    SimulatedSite(static_cast<unsigned>(1000 + i), own, "Europe/Paris").run();
            }
        };
        std::thread other(work);
        work();
        other.join();
        Year result;
        for (const auto& one : found) result.findings.add(one);
        result.seconds = static_cast<double>(system_clock().monotonic_ns() - start) / 1e9;
        return result;
    }();
    return once;
}

void expect_kept(const Findings& findings, const std::string& promise, std::uint64_t looked_at_least) {
    const auto looked = findings.looked.find(promise);
    EXPECT_GE(looked == findings.looked.end() ? 0 : looked->second, looked_at_least) << promise;
    const auto broken = findings.broken.find(promise);
    if (broken == findings.broken.end()) return;
    for (std::size_t i = 0; i < std::min<std::size_t>(broken->second.size(), 5); ++i)
        ADD_FAILURE() << promise << ": " << broken->second[i];
}

// Of fewer sites, half as many as their part: chance gives some more to look at than others.
void expect_of_year(const std::string& promise, std::uint64_t looked_at_least) {
    const auto part = static_cast<std::uint64_t>(sites());
    expect_kept(year().findings, promise,
                part == all_sites ? looked_at_least : looked_at_least * part / (2 * all_sites));
}

TEST(ProcedureYear, proc_1_1_no_week_without_a_complete_snapshot_or_an_open_anomaly) {
    expect_of_year("one_week", 2'000'000);
}
TEST(ProcedureYear, proc_1_1_after_downtime_everything_is_caught_up_with) {
    expect_of_year("caught_up", 1'500'000);
}
TEST(ProcedureYear, proc_1_1_and_once) { expect_of_year("once", 10); }
TEST(ProcedureYear, proc_1_3_a_post_is_missing_from_twelve_hours_after_its_pre_until_it_is_there) {
    expect_of_year("posts", 500'000);
}
TEST(ProcedureYear, proc_1_3_every_change_that_no_window_tells_of_is_told_once) {
    expect_of_year("changes", 15'000);
}
TEST(ProcedureYear, proc_3_1_tests_are_due_as_the_calendar_says) { expect_of_year("drills_due", 20'000); }
TEST(ProcedureYear, proc_4_2_what_goes_is_what_a_search_by_hand_finds) { expect_of_year("retention", 400); }
TEST(ProcedureYear, proc_4_3_nothing_is_captured_in_an_hour_that_comes_twice) {
    expect_of_year("repeated_hour", 50'000);
}
TEST(ProcedureYear, proc_5_2_reviews_are_due_as_the_calendar_says) { expect_of_year("reviews_due", 120'000); }
TEST(ProcedureYear, proc_5_4_no_anomaly_is_lost) { expect_of_year("none_lost", 200'000); }
TEST(ProcedureYear, proc_5_4_no_anomaly_is_there_twice) {
    expect_of_year("none_twice", 60'000);
    expect_of_year("idempotent", 15'000);
}
TEST(ProcedureYear, proc_5_4_no_anomaly_s_clock_is_set_anew) {
    expect_of_year("clock_kept", 2'000'000);
    expect_of_year("since", 180'000);
}
TEST(ProcedureYear, proc_5_4_is_due_a_day_after_it_opened) { expect_of_year("due_a_day_later", 2'000'000); }
TEST(ProcedureYear, proc_5_4_alerts_are_due_until_delivered_and_never_after) {
    expect_of_year("alerts", 300'000);
}
TEST(ProcedureYear, says_how_long_it_took) {
    std::printf("%d sites, %d equipments, a year: %.1f s\n", sites(), sites() * equipments_of_all / all_sites,
                year().seconds);
    for (const auto& [promise, looked] : year().findings.looked)
        std::printf("%12llu times: %s\n", static_cast<unsigned long long>(looked), promise.c_str());
}

// ---- many seeds, each of two small sites over some weeks around a change of the clock

TEST(ProcedureSeeds, keep_every_promise) {
    const auto first = number_of("COFFRE_PROCEDURE_SEED", 1);
    const auto last =
        std::getenv("COFFRE_PROCEDURE_SEED") != nullptr ? first : number_of("COFFRE_PROCEDURE_SEEDS", 200);
    constexpr const char* zones[] = {"Europe/Paris", "UTC", "Australia/Lord_Howe", "America/St_Johns"};
    constexpr const char* begins[] = {"2026-02-16T08:00:00Z", "2026-09-21T08:00:00Z", "2026-03-02T08:00:00Z",
                                      "2027-12-20T08:00:00Z"};
    Findings all;
    for (unsigned seed = first; seed <= last; ++seed) {
        const std::string zone = zones[seed % 4 == 0 ? seed / 4 % 4 : 0];
        test::choose_zone(zone);
        Plan plan;
        plan.begin = later(utc(begins[seed % 3 == 0 ? seed / 3 % 4 : seed % 2]), seed % 7 * day_ns);
        plan.end = later(plan.begin, 49 * day_ns);
        plan.equipments = 4;
        plan.trouble = 3;
        plan.longest_jump_ns = 20 * day_ns;
        for (unsigned site = 0; site < 2; ++site) all.add(SimulatedSite(2 * seed + site, plan, zone).run());
        if (!all.broken.empty()) std::printf("to replay: COFFRE_PROCEDURE_SEED=%u\n", seed);
        if (!all.broken.empty()) break;
    }
    test::choose_zone("Europe/Paris");
    // So often in 200 seeds.
    const std::map<std::string, std::uint64_t> promises{
        {"alerts", 300'000},          {"caught_up", 900'000},  {"changes", 5'000},    {"clock_kept", 250'000},
        {"drills_due", 25'000},       {"idempotent", 15'000},  {"none_lost", 80'000}, {"none_twice", 40'000},
        {"due_a_day_later", 250'000}, {"one_week", 1'200'000}, {"posts", 50'000},     {"once", 8},
        {"repeated_hour", 60'000},    {"reviews_due", 20'000}, {"retention", 250},    {"since", 60'000}};
    const auto seeds = static_cast<std::uint64_t>(last - first + 1);
    for (const auto& [promise, least] : promises)
        expect_kept(all, promise, seeds == 200 ? least : least * seeds / 400);
    for (const auto& [promise, broken] : all.broken) EXPECT_TRUE(promises.contains(promise)) << promise;
}

}  // namespace
}  // namespace coffre::rules
