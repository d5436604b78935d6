#include "store/rules/overview.hpp"

#include <algorithm>
#include <limits>
#include <set>

#include "store/rules/anomalies.hpp"
#include "store/rules/copies.hpp"
#include "store/rules/drills.hpp"
#include "store/rules/due.hpp"
#include "store/rules/limits.hpp"
#include "store/rules/names.hpp"
#include "store/rules/retention.hpp"
#include "store/rules/reviews.hpp"
#include "store/rules/site_state.hpp"
#include "store/rules/windows.hpp"

namespace coffre::rules {

namespace {

using journal::Snapshot;

constexpr std::int64_t hour_ns = 3600ll * 1'000'000'000;
constexpr std::int64_t day_ns = 24 * hour_ns;
constexpr std::int64_t grace_hours = 6;  // of complete_hours, behind the week
constexpr int soon_days = 30;            // a test is near

std::int64_t hours_between(Timestamp from, Timestamp to) {
    return from < to ? (to.ns - from.ns) / hour_ns : 0;
}
std::int64_t days_between(Timestamp from, Timestamp to) { return hours_between(from, to) / 24; }

// One equipment, and what one pass over the snapshots gathers of it.
struct Gathered {
    const journal::Equipment* record = nullptr;
    const Snapshot* complete = nullptr;  // the newest by the clock
    const Snapshot* protected_one = nullptr;
    std::map<std::string, const Snapshot*> unverified;  // by role: the oldest that is not there
    std::array<const Snapshot*, 12> last_of_month{};
    EquipmentView view;
};

class Maker {
public:
    Maker(const journal::State& state, Timestamp now) : state_(state), now_(now) {}

    SiteOverview make() {
        head();
        gather();
        backup();
        copies(CheckId::cloud, "cloud", limits::cloud_hours, 1);
        copies(CheckId::physical, "physical", limits::physical_days, 24);
        integrity();
        drills();
        reviewed();
        responsible();
        space();
        keys();
        raise();
        lists();
        protection();
        return std::move(out_);
    }

private:
    // `as_of` empty: of the journal.
    Check& set(CheckId id, Mark mark, std::string code, std::string subject = "",
               std::map<std::string, std::int64_t> numbers = {},
               std::optional<Timestamp> as_of = std::nullopt) {
        auto& check = out_.checks[static_cast<std::size_t>(id)];
        check = {id,
                 mark,
                 as_of ? as_of : state_.last_written,
                 false,
                 false,
                 std::move(code),
                 std::move(subject),
                 std::move(numbers)};
        check.stale = *check.as_of < now_ && now_.ns - check.as_of->ns > out_.stale_hours * hour_ns;
        return check;
    }
    void set_never(CheckId id, std::string subject = "") {
        auto& check = out_.checks[static_cast<std::size_t>(id)];
        check = {};
        check.id = id;
        check.code = "never";
        check.subject = std::move(subject);
    }
    void dispense(Check& check) {
        check.mark = Mark::watch;
        check.dispensed = true;
    }

    void head() {
        const auto& site = state_.site;
        const auto who = responsible_at(state_, now_);
        out_.repository = state_.repository.hex();
        out_.client = site.client;
        out_.site = site.site;
        out_.timezone = site.timezone;
        out_.contract = site.contract;
        out_.contract_from = site.contract_from;
        out_.contract_until = site.contract_until;
        out_.contract_holds = contract_holds(state_, now_);
        out_.responsible = who.person;
        out_.deputy = who.deputy;
        out_.simulated = site.simulated;
        out_.policy = state_.policy().reference;
        out_.profile = state_.policy().profile;
        out_.batches = state_.batches;
        out_.head = state_.last_id.hex();
        out_.head_time = state_.last_written;
        out_.now = now_;
        out_.stale_hours = limit_of(state_, limits::stale_hours);
        for (std::size_t i = 0; i < check_count; ++i) out_.checks[i].id = static_cast<CheckId>(i);
    }

    void gather() {
        const auto this_month = month_of(state_.site.timezone, now_);
        std::array<Timestamp, 13> begins;
        for (int i = 0; i < 13; ++i)
            begins[static_cast<std::size_t>(i)] = month_begin(state_.site.timezone, this_month.plus(i - 11));
        for (const auto* record : equipments_under_contract(state_, now_)) {
            auto& one = all_[record->name];
            one.record = record;
            one.view.name = record->name;
            one.view.type = record->type;
            one.view.mode = capture_mode(*record) == CaptureMode::manual ? "manual" : "auto";
            one.complete = newest_complete(state_, record->name, now_);
            const auto since = counted_since(state_, *record);
            for (std::size_t i = 0; i < 12; ++i) {
                auto& month = one.view.months[i];
                month.month = this_month.plus(static_cast<int>(i) - 11);
                month.expected = i < 11 && since <= begins[i] && contract_holds(state_, begins[i]);
            }
        }
        for (const auto& snapshot : state_.snapshots) {
            const auto found = all_.find(snapshot.equipment);
            if (found == all_.end()) continue;
            count_month(found->second, snapshot, begins);
            if (snapshot.complete && !snapshot.expired) look_at_copies(found->second, snapshot);
        }
        // The newest first, so that retention walks once.
        const Retention retention(state_);
        NewestFirst order(state_);
        while (const auto* snapshot = order.next()) {
            const auto found = all_.find(snapshot->equipment);
            if (found == all_.end() || snapshot->expired) continue;
            const auto end = retention.expires_at(*snapshot);
            if (!end) continue;
            auto& next = found->second.view.next_expiry;
            if (!next || *end < *next) next = *end;
            if (*end <= Timestamp{now_.ns + expiry_days * day_ns})
                out_.expiries.push_back(
                    {snapshot->equipment, standard_name(state_.site, *snapshot, snapshot->kind()), *end});
        }
        std::stable_sort(out_.expiries.begin(), out_.expiries.end(),
                         [](const auto& a, const auto& b) { return a.at < b.at; });
    }

    static void count_month(Gathered& one, const Snapshot& snapshot,
                            const std::array<Timestamp, 13>& begins) {
        const auto after = std::upper_bound(begins.begin(), begins.end(), snapshot.time);
        if (after == begins.begin() || after == begins.end()) return;
        const auto i = static_cast<std::size_t>(after - begins.begin()) - 1;
        auto& month = one.view.months[i];
        for (const auto& kind : snapshot.kinds) {
            auto* count = kind == "HEBDO"     ? &month.hebdo
                          : kind == "MENSUEL" ? &month.mensuel
                          : kind == "PRE"     ? &month.pre
                          : kind == "POST"    ? &month.post
                                              : nullptr;
            if (count != nullptr)
                ++(!snapshot.complete ? count->partial : snapshot.expired ? count->expired : count->kept);
        }
        if (!snapshot.complete) return;
        auto& last = one.last_of_month[i];
        if (last == nullptr || newer(snapshot, *last)) last = &snapshot;
        one.view.bytes[i] = last->bytes;
    }

    void look_at_copies(Gathered& one, const Snapshot& snapshot) {
        std::map<std::string, bool> there;
        for (const auto& [remote, at] : locations(state_, snapshot))
            there[remote->role] = there[remote->role] || at == CopyState::verified;
        for (const auto* role : {"cloud", "physical"}) {
            if (there[role]) continue;
            auto& oldest = one.unverified[role];
            if (oldest == nullptr || snapshot.recorded_at < oldest->recorded_at) oldest = &snapshot;
        }
        if (there["cloud"] && there["physical"] &&
            (one.protected_one == nullptr || newer(snapshot, *one.protected_one)))
            one.protected_one = &snapshot;
    }

    // Of one equipment: the mark of its last complete snapshot.
    void judge_backup(Gathered& one) {
        auto& view = one.view;
        const auto limit = limit_of(state_, limits::complete_hours);
        const bool manual = capture_mode(*one.record) == CaptureMode::manual;
        const auto* dispensation = manual ? dispensation_for(state_, "manual", view.name, now_) : nullptr;
        view.dispensed = dispensation != nullptr;
        if (one.complete == nullptr) {
            view.mark = Mark::bad;
            view.code = "none";
            return;
        }
        view.commit = one.complete->commit;
        view.snapshot = standard_name(state_.site, *one.complete, one.complete->kind());
        view.captured = one.complete->recorded_at;
        view.hours = hours_between(*view.captured, now_);
        const auto allowed = dispensation != nullptr && dispensation->interval_days > 0
                                 ? dispensation->interval_days * 24
                                 : limit;
        if (now_.ns - view.captured->ns > allowed * hour_ns) {
            view.mark = Mark::bad;
            view.code = "late";
        } else if (manual && dispensation == nullptr) {
            view.mark = Mark::bad;
            view.code = "undispensed";
        } else if (manual) {
            view.mark = Mark::watch;
            view.code = "manual";
        } else {
            const bool grace = view.hours > limit - grace_hours;
            view.mark = grace ? Mark::watch : Mark::ok;
            view.code = grace ? "grace" : "fresh";
        }
    }

    void backup() {
        const Gathered* worst = nullptr;
        std::int64_t bad = 0;
        for (auto& [name, one] : all_) {
            judge_backup(one);
            if (one.view.mark == Mark::bad) ++bad;
            const auto weight = [](const Gathered& g) {
                return std::pair(
                    worse(g.view.mark, Mark::ok) == Mark::bad ? 2
                    : g.view.mark == Mark::ok                 ? 0
                                                              : 1,
                    g.complete == nullptr ? std::numeric_limits<std::int64_t>::max() : g.view.hours);
            };
            if (worst == nullptr || weight(one) > weight(*worst)) worst = &one;
        }
        const auto count = static_cast<std::int64_t>(all_.size());
        if (worst == nullptr) {
            if (out_.contract_holds)
                set(CheckId::backup, Mark::bad, "no-equipment");
            else
                set(CheckId::backup, Mark::unknown, "no-contract");
            return;
        }
        auto& check = set(CheckId::backup, worst->view.mark, worst->view.code, worst->view.name,
                          {{"equipments", count}, {"bad", bad}, {"hours", worst->view.hours}});
        if (worst->view.code == "none") check.numbers.erase("hours");
        check.dispensed = worst->view.code == "manual";
    }

    void copies(CheckId id, const std::string& role, const Limit& limit, std::int64_t hours_each) {
        const auto allowed = limit_of(state_, limit) * hours_each;
        const journal::Remote* place = nullptr;
        const journal::Remote* clear = nullptr;  // a medium that is not encrypted
        for (const auto& [name, remote] : state_.remotes) {
            if (remote.removed || remote.role != role) continue;
            if (place == nullptr) place = &remote;
            for (const auto* medium : seen_by(state_, now_, observed::medium, name))
                if (role == "physical" && !medium->ok) clear = &remote;
        }
        std::int64_t waiting = 0, late = 0, worst_hours = 0, covered = 0;
        std::string subject;
        for (const auto& [name, one] : all_) {
            if (one.complete != nullptr) ++covered;
            const auto found = one.unverified.find(role);
            if (found == one.unverified.end()) continue;
            ++waiting;
            const auto age = now_.ns - found->second->recorded_at.ns;
            if (age > allowed * hour_ns) ++late;
            if (subject.empty() || age / hour_ns > worst_hours) {
                subject = name;
                worst_hours = std::max<std::int64_t>(age / hour_ns, 0);
            }
        }
        const bool one_place = role == "cloud" && dispensation_for(state_, "copy", "", now_) != nullptr;
        if (place == nullptr) {
            auto& check = set(id, Mark::bad, "no-remote");
            if (one_place) dispense(check);
            return;
        }
        if (covered == 0) {
            set(id, Mark::unknown, "no-snapshot", place->name);
            return;
        }
        const std::map<std::string, std::int64_t> numbers{
            {"waiting", waiting}, {"late", late}, {"hours", worst_hours}};
        if (late > 0) {
            auto& check = set(id, Mark::bad, "late", subject, numbers);
            if (one_place) dispense(check);
        } else if (clear != nullptr) {
            auto& check = set(id, Mark::bad, "unencrypted", clear->name, numbers);
            if (dispensation_for(state_, "medium", clear->name, now_) != nullptr) dispense(check);
        } else if (waiting > 0) {
            set(id, Mark::watch, "waiting", subject, numbers);
        } else {
            set(id, Mark::ok, "verified", place->name, numbers);
        }
    }

    void integrity() {
        struct Part {
            const char* what;
            std::string subject;
            std::int64_t days;
        };
        const std::int64_t all_days = limit_of(state_, limits::read_data_days);
        std::vector<Part> parts{{observed::verify, "", limit_of(state_, limits::verify_days)},
                                {observed::verify_data, "", all_days}};
        for (const auto& [name, remote] : state_.remotes)
            if (!remote.removed) parts.push_back({observed::verify_remote, name, all_days});
        std::string never, late;
        bool any_never = false, any_late = false;
        std::int64_t oldest = 0;
        for (const auto& part : parts) {
            std::optional<Timestamp> last;  // by whichever machine
            for (const auto* seen : seen_by(state_, now_, part.what, part.subject)) {
                if (!seen->ok && !seen->is_out_of_reach()) {
                    set(CheckId::integrity, Mark::bad, "damaged", part.subject, {});
                    return;
                }
                if (seen->last_ok && *seen->last_ok <= now_ && (!last || *last < *seen->last_ok))
                    last = seen->last_ok;
            }
            if (!last) {
                if (!any_never) never = part.subject;
                any_never = true;
                continue;
            }
            const auto days = days_between(*last, now_);
            oldest = std::max(oldest, days);
            if (now_.ns - last->ns > part.days * day_ns + day_ns) {
                any_late = true;
                late = part.subject;
            }
        }
        if (any_never)
            set_never(CheckId::integrity, never);
        else
            set(CheckId::integrity, any_late ? Mark::watch : Mark::ok, any_late ? "late" : "verified",
                any_late ? late : "", {{"days", oldest}});
    }

    void drills() {
        std::optional<Timestamp> last;
        for (const auto& [id, drill] : state_.procedure.drills) {
            if (drill.ended > now_) continue;
            if (is_restore_test(drill)) {
                if (!last || drill.ended > *last) last = drill.ended;
                const auto found = all_.find(drill.equipment);
                if (found != all_.end()) {
                    auto& tested = found->second.view.last_test;
                    if (!tested || *tested < drill.ended) tested = drill.ended;
                }
            }
            if (drill.ended.ns > now_.ns - 366 * day_ns)
                out_.drills.push_back({drill.id, drill.equipment, drill.source_role, drill.ended, drill.level,
                                       drill.success, drill.recovery_ms});
        }
        std::stable_sort(out_.drills.begin(), out_.drills.end(),
                         [](const auto& a, const auto& b) { return a.ended > b.ended; });
        const auto of_equipments = equipment_drills(state_, now_);
        const auto plan = next_drill(state_, now_);
        if (plan) {
            out_.drill_due = plan->due;
            out_.drill_next = plan->equipment;
            out_.drill_source = plan->source_role;
        }
        const bool overdue = plan && plan->overdue;
        out_.tests_late = overdue || !of_equipments.empty();
        for (const auto& failed : failed_drills(state_, now_))
            if (!failed.settled()) {
                set(CheckId::restore_test, Mark::bad, "failed", failed.drill->equipment);
                return;
            }
        if (!plan) {
            set_never(CheckId::restore_test);
            return;
        }
        const std::int64_t days = overdue ? -days_between(plan->due, now_) : days_between(now_, plan->due);
        const std::map<std::string, std::int64_t> numbers{{"days", days}};
        if (overdue) {
            auto& check = set(CheckId::restore_test, Mark::bad, "overdue", plan->equipment, numbers);
            if (dispensation_for(state_, "drill", "", now_) != nullptr) dispense(check);
        } else if (!last) {
            auto& check = set(CheckId::restore_test, Mark::unknown, "untested", plan->equipment, numbers);
            check.as_of.reset();
            check.stale = true;
        } else if (!of_equipments.empty()) {
            auto& check =
                set(CheckId::restore_test, Mark::watch, "equipment-overdue", of_equipments.front().equipment,
                    {{"days", days}, {"equipments", static_cast<std::int64_t>(of_equipments.size())}});
            check.dispensed =
                dispensation_for(state_, "drill", of_equipments.front().equipment, now_) != nullptr;
        } else {
            const bool soon = days < soon_days;
            set(CheckId::restore_test, soon ? Mark::watch : Mark::ok, soon ? "soon" : "tested",
                plan->equipment, numbers);
        }
    }

    void reviewed() {
        std::int64_t overdue = 0, open = 0;
        std::optional<Timestamp> due;
        bool refused = false;
        for (const auto& review : reviews(state_, now_)) {
            ReviewRow row{review.scope, review.month.text(), review.due, review.done != nullptr};
            if (review.done != nullptr) {
                row.accepted = review.done->accepted;
                row.person = review.done->signature.person;
            }
            row.overdue = !row.done && review.due <= now_;
            overdue += row.overdue ? 1 : 0;
            if (!row.done && !row.overdue) {
                ++open;
                if (!due || review.due < *due) due = review.due;
            }
            out_.reviews.push_back(std::move(row));
        }
        std::stable_sort(out_.reviews.begin(), out_.reviews.end(), [](const auto& a, const auto& b) {
            return a.month != b.month ? a.month > b.month : a.scope > b.scope;
        });
        if (!out_.reviews.empty())
            for (const auto& row : out_.reviews)
                refused = refused || (row.month == out_.reviews.front().month && row.done && !row.accepted);
        if (out_.reviews.empty())
            set_never(CheckId::review);
        else if (overdue > 0)
            set(CheckId::review, Mark::bad, "overdue", "", {{"reviews", overdue}});
        else if (refused)
            set(CheckId::review, Mark::bad, "refused", "", {});
        else if (open > 0)
            set(CheckId::review, Mark::watch, "due", "",
                {{"reviews", open}, {"days", days_between(now_, *due)}});
        else
            set(CheckId::review, Mark::ok, "done", out_.reviews.front().month, {});
    }

    void responsible() {
        const auto who = responsible_at(state_, now_);
        if (who.person.empty())
            set(CheckId::responsible, Mark::bad, "vacant");
        else if (!who.known)
            set(CheckId::responsible, Mark::watch, "not-enrolled", who.person);
        else if (who.deputy.empty())
            set(CheckId::responsible, Mark::watch, "no-deputy", who.person);
        else
            set(CheckId::responsible, Mark::ok, "named", who.person);
    }

    void space() {
        const auto percent_least = limit_of(state_, limits::space_percent);
        const auto days_least = limit_of(state_, limits::space_days);
        const auto a_day = growth_of(state_, now_).bytes_a_day();
        const Check before = out_.check(CheckId::space);
        std::optional<Check> worst;
        std::vector<std::string> subjects{""};
        for (const auto& [name, remote] : state_.remotes)
            if (!remote.removed) subjects.push_back(name);
        std::vector<const journal::Observation*> measured;  // a store without a measure tells nothing
        for (const auto& subject : subjects)
            for (const auto* seen : seen_by(state_, now_, observed::space, subject)) measured.push_back(seen);
        for (const auto* seen : measured) {
            const auto& subject = seen->subject;
            const auto number = [&](const char* name) {
                const auto found = seen->numbers.find(name);
                return found == seen->numbers.end() ? std::int64_t{0} : found->second;
            };
            const auto free = number("free"), total = number("total");
            std::map<std::string, std::int64_t> numbers{{"free", free}, {"total", total}};
            const auto percent =
                total > 0
                    ? static_cast<std::int64_t>(static_cast<double>(free) * 100 / static_cast<double>(total))
                    : 0;
            numbers["percent"] = percent;
            std::optional<std::int64_t> days;
            if (a_day) {
                days = static_cast<std::int64_t>(std::min(static_cast<double>(free) / *a_day, 36500.0));
                numbers["days"] = *days;
            }
            const bool filling = days && *days < days_least;
            const bool low = !seen->ok || percent < percent_least;
            const bool tight = percent < 2 * percent_least || (days && *days < 2 * days_least);
            set(CheckId::space,
                low || filling ? Mark::bad
                : tight        ? Mark::watch
                               : Mark::ok,
                low       ? "low"
                : filling ? "filling"
                : tight   ? "tight"
                          : "enough",
                subject, numbers, std::min(seen->time, now_));
            const auto& made = out_.check(CheckId::space);
            if (!worst || (made.mark != worst->mark && worse(made.mark, worst->mark) == made.mark) ||
                (made.mark == worst->mark && made.numbers.at("percent") < worst->numbers.at("percent")))
                worst = made;
        }
        auto& check = out_.checks[static_cast<std::size_t>(CheckId::space)];
        check = before;
        // Here it is always measured; without that nothing is known.
        if (seen_by(state_, now_, observed::space).empty() && (!worst || worst->mark == Mark::ok))
            set_never(CheckId::space);
        else
            check = *worst;
    }

    void keys() {
        const auto ways = static_cast<std::int64_t>(state_.ways_in().size());
        const auto tried = seen_by(state_, now_, observed::encryption);
        const bool fails =
            std::any_of(tried.begin(), tried.end(), [](const auto* seen) { return !seen->ok; });
        const std::map<std::string, std::int64_t> numbers{{"ways", ways}};
        if (fails)
            set(CheckId::keys, Mark::bad, "encryption", "", numbers);
        else if (ways < 2)
            set(CheckId::keys, Mark::bad, ways == 0 ? "none" : "one", "", numbers);
        else
            set(CheckId::keys, Mark::ok, "several", "", numbers);
    }

    // What the procedure calls an anomaly is no better here, whichever rule saw it.
    void raise() {
        for (const auto& condition : conditions(state_, now_)) {
            const auto id = check_of(condition);
            if (!id) continue;
            const auto mark = std::string_view(condition.kind->severity) == "minor" ? Mark::watch : Mark::bad;
            const auto found = all_.find(condition.equipment);
            if (*id == CheckId::backup && found != all_.end() &&
                worse(found->second.view.mark, mark) != found->second.view.mark) {
                found->second.view.mark = mark;
                found->second.view.code = condition.kind->name;
            }
            const auto before = out_.check(*id);
            if (worse(before.mark, mark) == before.mark) continue;
            set(*id, mark, condition.kind->name,
                condition.equipment.empty() ? condition.remote : condition.equipment, before.numbers);
        }
    }

    static std::optional<CheckId> check_of(const Condition& condition) {
        static const std::map<std::string_view, CheckId> kinds{
            {"backup_missing", CheckId::backup},
            {"hebdo_missing", CheckId::backup},
            {"backup_partial", CheckId::backup},
            {"monthly_missing", CheckId::backup},
            {"manual_undispensed", CheckId::backup},
            {"intervention_incomplete", CheckId::backup},
            {"post_missing", CheckId::backup},
            {"medium_unencrypted", CheckId::physical},
            {"redundancy_weak", CheckId::physical},
            {"integrity", CheckId::integrity},
            {"drill_overdue", CheckId::restore_test},
            {"equipment_drill_overdue", CheckId::restore_test},
            {"review_missing", CheckId::review},
            {"responsible_missing", CheckId::responsible},
            {"space_low", CheckId::space},
            {"encryption_error", CheckId::keys},
            {"keys", CheckId::keys},
        };
        const std::string_view name = condition.kind->name;
        if (name == "copy_missing")
            return condition.key.ends_with("/cloud") ? CheckId::cloud : CheckId::physical;
        const auto found = kinds.find(name);
        return found == kinds.end() ? std::nullopt : std::optional(found->second);
    }

    void lists() {
        for (const auto& one : open_anomalies(state_, now_)) {
            const auto& anomaly = *one.anomaly;
            const auto* kind = find_anomaly_kind(anomaly.kind);
            out_.anomalies.push_back({anomaly.id, anomaly.kind, kind == nullptr ? "" : kind->sentence,
                                      anomaly.severity, std::string(anomaly_state_name(one.state)),
                                      anomaly.equipment, anomaly.remote, anomaly.opened, one.due,
                                      one.breached});
            out_.anomalies_late += one.breached ? 1 : 0;
        }
        for (const auto& [name, one] : all_) {
            std::map<std::string, UndeclaredRow> rows;
            for (const auto& change :
                 undeclared_changes(state_, name, Timestamp{now_.ns - undeclared_days * day_ns}))
                for (const auto& category : change.categories) {
                    auto& row = rows[category];
                    row.equipment = name;
                    row.category = category;
                    ++row.count;
                    row.last = std::max(row.last, change.time);
                }
            for (auto& [category, row] : rows) out_.undeclared.push_back(std::move(row));
        }
        for (const auto& [id, one] : state_.procedure.dispensations) {
            // In force, by the same rule that lets it count.
            if (dispensation_for(state_, one.kind, one.subject, now_) == nullptr || one.ended ||
                one.expires <= now_ || one.signature.person.empty())
                continue;
            out_.dispensations.push_back(
                {id, one.kind, one.subject, one.signature.person, one.version.message, one.expires});
        }
        std::stable_sort(out_.dispensations.begin(), out_.dispensations.end(),
                         [](const auto& a, const auto& b) { return a.expires < b.expires; });
    }

    void protection() {
        const auto late = [&](const Gathered& one, const char* role, std::int64_t hours) {
            const auto found = one.unverified.find(role);
            return found != one.unverified.end() && now_.ns - found->second->recorded_at.ns > hours * hour_ns;
        };
        const std::int64_t cloud = limit_of(state_, limits::cloud_hours);
        const std::int64_t physical = limit_of(state_, limits::physical_days) * 24;
        const bool stale = out_.check(CheckId::backup).stale;
        out_.is_protected = !all_.empty();
        for (auto& [name, one] : all_) {
            auto& view = one.view;
            view.is_protected = !stale && view.mark != Mark::bad && one.protected_one != nullptr &&
                                !late(one, "cloud", cloud) && !late(one, "physical", physical);
            out_.is_protected = out_.is_protected && view.is_protected;
            out_.equipments.push_back(std::move(view));
        }
    }

    const journal::State& state_;
    Timestamp now_;
    SiteOverview out_;
    std::map<std::string, Gathered> all_;
};

}  // namespace

std::string_view mark_name(Mark mark) {
    switch (mark) {
        case Mark::ok:
            return "ok";
        case Mark::watch:
            return "watch";
        case Mark::bad:
            return "bad";
        case Mark::unknown:
            break;
    }
    return "unknown";
}

Mark worse(Mark a, Mark b) {
    for (const auto mark : {Mark::bad, Mark::unknown, Mark::watch})
        if (a == mark || b == mark) return mark;
    return Mark::ok;
}

std::string_view check_name(CheckId id) {
    constexpr std::array<std::string_view, check_count> names{
        "backup", "cloud", "physical", "integrity", "restore-test", "review", "responsible", "space", "keys"};
    return names[static_cast<std::size_t>(id)];
}

Mark SiteOverview::mark() const {
    auto all = anomalies.empty() ? Mark::ok : Mark::watch;
    for (const auto& anomaly : anomalies)
        if (anomaly.breached || anomaly.severity == "critical") all = Mark::bad;
    for (const auto& one : checks) {
        all = worse(all, one.mark);
        if (one.mark == Mark::ok && !one.green()) all = worse(all, one.stale ? Mark::unknown : Mark::watch);
    }
    return all;
}

SiteOverview overview(const journal::State& state, Timestamp now) { return Maker(state, now).make(); }

}  // namespace coffre::rules
