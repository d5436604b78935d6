#include "store/rules/due.hpp"

#include <algorithm>

#include "store/rules/calendar.hpp"
#include "store/rules/copies.hpp"
#include "store/rules/drills.hpp"
#include "store/rules/limits.hpp"
#include "store/rules/site_state.hpp"

namespace coffre::rules {

namespace {

using journal::Observation;

constexpr std::int64_t minute_ns = 60ll * 1'000'000'000;
constexpr std::int64_t hour_ns = 60 * minute_ns;
constexpr std::int64_t day_ns = 24 * hour_ns;
// What is seen again and again is recorded so often that no figure of it grows older than stale_hours, also
// where run starts once in six hours.
constexpr std::int64_t again_ns = 18 * hour_ns;

Timestamp later(Timestamp time, std::int64_t ns) { return {time.ns + ns}; }

// Does the clock on the wall show this minute once more, an hour (or half of one) before or after?
bool is_shown_twice(const std::string& zone, Timestamp time) {
    const auto shown = to_civil(zone, time);
    for (const std::int64_t minutes : {-60, -30, 30, 60}) {
        const auto other = to_civil(zone, later(time, minutes * minute_ns));
        if (other.day == shown.day && other.hour == shown.hour && other.minute == shown.minute) return true;
    }
    return false;
}

// Nothing is captured in an hour that comes twice: two snapshots of one minute would seem one. The first
// instant after it.
Timestamp after_repeated_hour(const std::string& zone, Timestamp time) {
    while (is_shown_twice(zone, time)) time = {(time.ns / minute_ns + 1) * minute_ns};
    return time;
}

class Calendar {
public:
    Calendar(const journal::State& state, Timestamp now, const ActorId& self)
        : state_(state), now_(now), self_(self) {}

    // All that will be due, at whatever time, if nothing happens meanwhile.
    std::vector<Job> all() {
        captures();
        mirrors();
        jobs_.push_back({JobKind::space, "", space_due()});
        if (!state_.snapshots.empty()) {
            check(JobKind::verify, observed::verify, limits::verify_days);
            for (const auto& [name, remote] : state_.remotes) {
                const auto copies = state_.copies.find(name);
                if (remote.removed || copies == state_.copies.end() || copies->second.verified.empty())
                    continue;
                check(JobKind::verify_remote, observed::verify_remote, limits::read_data_days, name);
            }
            check(JobKind::verify_data, observed::verify_data, limits::read_data_days);
        }
        std::stable_sort(jobs_.begin(), jobs_.end(), [](const Job& a, const Job& b) {
            return a.kind != b.kind ? a.kind < b.kind : a.due < b.due;
        });
        return std::move(jobs_);
    }

private:
    // An observation that is dated later than now, by a clock that was ahead, says nothing.
    [[nodiscard]] const Observation* seen(const char* what, const std::string& subject) const {
        const auto* const found =
            state_.procedure.observed(what, subject, is_own(what, subject) ? self_ : ActorId{});
        return found == nullptr || later(now_, clock_slack_ns) < found->time ? nullptr : found;
    }
    [[nodiscard]] std::int64_t retry_ns() const {
        return limit_of(state_, limits::retry_minutes) * minute_ns;
    }
    [[nodiscard]] Timestamp site_began() const { return first_site(state_).version.time; }

    void captures() {
        const auto& zone = state_.site.timezone;
        const auto slot = parse_weekly_slot(state_.site.schedule).value_or(WeeklySlot{});
        const auto last = last_slot(zone, slot, now_);
        // After a failed restore test a new snapshot is owed at once (PROC 3.4).
        std::map<std::string, Timestamp> untested;
        for (const auto& test : failed_drills(state_, now_))
            if (test.new_snapshot == nullptr) untested.emplace(test.drill->equipment, test.drill->ended);
        for (const auto* equipment : equipments_under_contract(state_, now_)) {
            if (capture_mode(*equipment) != CaptureMode::automatic) continue;
            const auto until = later(now_, clock_slack_ns);
            const auto* const newest = newest_complete(state_, equipment->name, until);
            // A PRE or a POST is not the week's.
            const auto* const weekly = newest_complete(state_, equipment->name, until, "HEBDO");
            auto due = weekly == nullptr            ? added_at(state_, equipment->name)
                       : weekly->recorded_at < last ? last
                                                    : next_slot(zone, slot, now_);
            if (const auto test = untested.find(equipment->name); test != untested.end())
                due = std::min(due, test->second);
            const auto* const failed = seen(observed::capture, equipment->name);
            if (failed != nullptr && !failed->ok && (newest == nullptr || newest->recorded_at < failed->time))
                due = std::max(due, later(failed->time, retry_ns()));
            due = after_repeated_hour(zone, due);
            if (due <= now_ && is_shown_twice(zone, now_)) due = after_repeated_hour(zone, now_);
            jobs_.push_back({JobKind::capture, equipment->name, due});
        }
    }

    void mirrors() {
        for (const auto& [name, remote] : state_.remotes) {
            if (remote.removed) continue;
            const auto copies = state_.copies.find(name);
            const auto* const oldest = oldest_uncovered(
                state_, copies == state_.copies.end() ? journal::StreamNumbers{} : copies->second.verified);
            if (oldest == nullptr) continue;
            auto due = std::max(oldest->recorded_at, remote.version.time);
            if (const auto* const last = seen(observed::mirror, name); last != nullptr)
                if (!last->ok || oldest->recorded_at < last->time) {
                    const bool away = last->code == "not-plugged-in";
                    due = std::max(due, later(last->time, away ? std::max(retry_ns(), hour_ns) : retry_ns()));
                }
            jobs_.push_back({JobKind::mirror, name, due});
        }
    }

    // Every so many days since it went well the last time.
    void check(JobKind kind, const char* what, const Limit& days, const std::string& subject = "") {
        const auto* const last = seen(what, subject);
        auto from = site_began();
        if (!subject.empty()) from = std::max(from, state_.remotes.at(subject).version.time);
        if (last != nullptr && last->last_ok) from = *last->last_ok;
        auto due = later(from, limit_of(state_, days) * day_ns);
        if (last != nullptr && !last->ok) due = later(last->time, retry_ns());
        jobs_.push_back({kind, subject, due});
    }

    [[nodiscard]] Timestamp space_due() const {
        const auto* const last = seen(observed::space, "");
        return last == nullptr ? site_began() : later(last->time, again_ns);
    }

    const journal::State& state_;
    Timestamp now_;
    ActorId self_;
    std::vector<Job> jobs_;
};

// Those that are tried again after a while: each attempt is known by its time.
bool is_attempt(const std::string& what) {
    return what == observed::capture || what == observed::mirror || what == observed::verify ||
           what == observed::verify_data || what == observed::verify_remote;
}

}  // namespace

std::string_view job_name(JobKind kind) {
    switch (kind) {
        case JobKind::capture:
            return "capture";
        case JobKind::mirror:
            return "mirror";
        case JobKind::space:
            return "space";
        case JobKind::verify:
            return "verify";
        case JobKind::verify_remote:
            return "verify-remote";
        case JobKind::verify_data:
            break;
    }
    return "verify-data";
}

std::vector<Job> due_jobs(const journal::State& state, Timestamp now, const ActorId& self) {
    auto jobs = Calendar(state, now, self).all();
    std::erase_if(jobs, [&](const Job& job) { return now < job.due; });
    return jobs;
}

std::optional<Timestamp> next_due(const journal::State& state, Timestamp now, const ActorId& self) {
    std::optional<Timestamp> next;
    for (const auto& job : Calendar(state, now, self).all())
        if (!next || job.due < *next) next = job.due;
    return next;
}

bool is_own(const std::string& what, const std::string& subject) {
    if (what == observed::space) return subject.empty();
    return what == observed::verify || what == observed::verify_data || what == observed::encryption ||
           what == observed::clock || what == observed::hook || what == observed::clear_text ||
           what == observed::dashboard;
}

bool is_known(const journal::State& state, const journal::Observation& seen, Timestamp now) {
    const auto* const last =
        state.procedure.observed(seen.what, seen.subject, seen.own ? seen.actor : ActorId{});
    // What is damaged stays so while it is out of reach.
    const bool same = last != nullptr && last->ok == seen.ok &&
                      (last->code == seen.code || (last->is_damaged() && seen.is_out_of_reach()));
    if (!same || now < last->time) return false;
    const auto young_ns =
        !seen.ok && is_attempt(seen.what) ? limit_of(state, limits::retry_minutes) * minute_ns : again_ns;
    return now.ns - last->time.ns < young_ns;
}

}  // namespace coffre::rules
