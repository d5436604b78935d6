#include "cli/work/supervise.hpp"

#include <algorithm>

#include "cli/run_settings.hpp"
#include "cli/texts/run_texts.hpp"
#include "cli/work/alert_memory.hpp"
#include "hooks/hooks.hpp"
#include "store/rules/anomalies.hpp"
#include "store/rules/due.hpp"

namespace coffre::cli {

namespace {

// What is done beside a command's own work. What goes wrong there is told with -v, and done by the next one.
template <class Fn>
void beside(const Session& session, Fn&& work) {
    try {
        work();
    } catch (const Error& error) {
        if (session.context().settings.verbose > 0) note(false, text(error.message()));
    }
}

// Of some things only trouble is news, and its end: a snapshot tells by itself that a capture went well.
bool is_no_news(const journal::State& state, const journal::Observation& seen, Timestamp now) {
    static constexpr const char* of_trouble[] = {rules::observed::capture, rules::observed::hook,
                                                 rules::observed::rollback, rules::observed::clock,
                                                 rules::observed::certificate};
    const bool quiet =
        std::find(std::begin(of_trouble), std::end(of_trouble), seen.what) != std::end(of_trouble);
    if (quiet && seen.ok) {
        const auto* known =
            state.procedure.observed(seen.what, seen.subject, seen.own ? seen.actor : ActorId{});
        if (known == nullptr || known->ok) return true;
    }
    return rules::is_known(state, seen, now);
}

Message what_went_wrong(const hooks::Outcome& outcome, const std::string& event) {
    const auto number = std::to_string(outcome.number);
    if (outcome.code == "status") return say<texts::hook_status>(outcome.hook, event, number);
    if (outcome.code == "signal") return say<texts::hook_signal>(outcome.hook, event, number);
    if (outcome.code == "time") return say<texts::hook_time>(outcome.hook, event, number);
    if (outcome.code == "output") return say<texts::hook_output>(outcome.hook, event);
    return say<texts::hook_start>(outcome.hook, event);
}

hooks::Event event_of(const Context& context, const std::string& name, Json data) {
    auto& environment = context.environment;
    hooks::Event event{name, "", environment.clock.now(), Json::object()};
    if (data.contains("id")) {
        event.id = data.at("id").get<std::string>();
        data.erase("id");
    } else {
        Bytes raw(8);
        environment.random.fill(raw);
        event.id = name + "-" + to_hex(raw);
    }
    event.data = std::move(data);
    return event;
}

HookLog::Site& log_of(const Session& session) {
    return session.context().hooks->sites[session.repository().id()];
}

std::vector<hooks::Hook> hooks_of(const Context& context) {
    return read_run_settings(context.environment.files).hooks;
}

bool is_wanted(const std::vector<hooks::Hook>& all, const std::string& event) {
    return std::any_of(all.begin(), all.end(), [&](const auto& hook) { return hook.wants(event); });
}

// That it failed is news at once; that it works may have to wait for what else it is told.
void look_at(Session& session, const hooks::Outcome& outcome, const std::string& event) {
    auto& log = log_of(session);
    const auto known = log.works.find(outcome.hook);
    const bool worked = known == log.works.end() || known->second;
    log.works[outcome.hook] = worked && outcome.ok;
    if (!outcome.ok) warn(text(what_went_wrong(outcome, event)));
    if (outcome.code == "time") session.context().hooks->hung.insert(outcome.hook);
    if (worked && (!outcome.ok || !log.settles_later))
        observe(session, seen_of(rules::observed::hook, outcome.hook, outcome.ok, outcome.code));
}

// All that want it were told. `took`: those that were told before, and are not told again.
bool deliver(Session& session, const std::vector<hooks::Hook>& all, const std::string& name, Json data,
             std::set<std::string>& took) {
    bool fine = true;
    std::vector<hooks::Hook> left;
    for (const auto& hook : all) {
        if (!hook.wants(name) || took.contains(hook.name)) continue;
        if (session.context().hooks->hung.contains(hook.name))
            fine = false;
        else
            left.push_back(hook);
    }
    if (left.empty()) return fine;
    const auto& site = session.state().site;
    Json fields{{"client", site.client}, {"site", site.site}};
    fields.update(data);
    const auto event = event_of(session.context(), name, std::move(fields));
    const auto outcomes = hooks::run_hooks(left, event, [&](const std::string& text) {
        return session.repository().text_fingerprint("event", text);
    });
    for (const auto& outcome : outcomes) {
        fine = fine && outcome.ok;
        if (outcome.ok) took.insert(outcome.hook);
        look_at(session, outcome, name);
    }
    return fine;
}

void deliver(Session& session, const std::string& name, Json data) {
    std::set<std::string> took;
    deliver(session, hooks_of(session.context()), name, std::move(data), took);
}

Json anomaly_data(const journal::State& state, const journal::Anomaly& anomaly, Timestamp now) {
    const auto view = rules::view_of(state, anomaly, now);
    const auto* kind = rules::find_anomaly_kind(anomaly.kind);
    Json data{{"anomaly", anomaly.id},
              {"kind", anomaly.kind},
              {"severity", anomaly.severity},
              {"sentence", kind == nullptr ? "" : kind->sentence},
              {"state", std::string(rules::anomaly_state_name(view.state))},
              {"equipment", anomaly.equipment},
              {"remote", anomaly.remote},
              {"opened", to_rfc3339(anomaly.opened)},
              {"due", to_rfc3339(view.due)},
              {"breached", view.breached}};
    data["commits"] = Json::array();
    for (const auto& commit : anomaly.snapshots) data["commits"].push_back(commit.hex());
    return data;
}

struct Telling {
    std::string anomaly, event;
    int hours;
    Json data;  // its "id" is that of the event, the same however often it is sent
};

// Those that some hook wants and that this process did not try yet.
std::vector<Telling> tellings_of(Session& session, const std::vector<hooks::Hook>& all,
                                 std::set<std::string>& due) {
    std::vector<Telling> tellings;
    // What was opened just now bears the time of its batch.
    const auto now = session.context().environment.clock.now();
    for (const auto& alert : rules::due_alerts(session.state(), now)) {
        auto hours = alert.hours;
        auto id = alert.event_id;
        std::string event = hours == 0 ? "anomaly-opened" : "anomaly-escalated";
        // Whoever wants to hear of it once may have come after its first hours.
        if (hours > 0 && !is_wanted(all, event) && !alert.anomaly->alerts.contains(0)) {
            hours = 0;
            id = alert.anomaly->id + "-0";
            event = "anomaly-opened";
        }
        if (!is_wanted(all, event)) continue;
        due.insert(id);
        if (!log_of(session).alerts.insert(id).second) continue;
        auto data = anomaly_data(session.state(), *alert.anomaly, now);
        data["id"] = id;
        data["hours"] = hours;
        tellings.push_back({alert.anomaly->id, std::move(event), hours, std::move(data)});
    }
    return tellings;
}

// Told first and recorded then: what ends between the two is told again, under the same id.
void send_alerts(Session& session, KeptUp& kept) {
    const auto all = hooks_of(session.context());
    std::set<std::string> due;
    auto tellings = tellings_of(session, all, due);
    if (tellings.empty()) return;
    AlertMemory memory(session);
    auto told = journal::Json::array();
    for (auto& telling : tellings) {
        const auto id = telling.data.at("id").get<std::string>();
        auto took = memory.took(id);
        if (deliver(session, all, telling.event, std::move(telling.data), took)) {
            told.push_back(journal::anomaly_alerted_record(telling.anomaly, telling.hours));
            due.erase(id);
        } else {
            ++kept.alerts_failed;
            memory.remember(id, std::move(took));
        }
    }
    kept.alerts += told.size();
    if (!told.empty()) session.repository().change([&](const journal::State&) { return told; });
    memory.keep_only(due);
}

}  // namespace

std::string_view status_word(Errc code) {
    switch (code) {
        case Errc::usage:
            return "usage";
        case Errc::partial:
            return "partial";
        case Errc::no_repository:
            return "no-repository";
        case Errc::locked:
            return "locked";
        case Errc::no_key:
            return "no-key";
        case Errc::damaged:
            return "damaged";
        case Errc::no_space:
            return "no-space";
        case Errc::unreachable:
            return "unreachable";
        case Errc::refused:
            return "refused";
        case Errc::failed:
        case Errc::trouble:
            break;
    }
    return "failed";
}

std::string code_of(const Error& error) {
    const auto id = error.message().id;
    if (id == Msg::medium_not_plugged_in || id == Msg::medium_pulled_out) return not_plugged_in;
    return std::string(status_word(error.code()));
}

journal::Observation seen_of(const char* what, const std::string& subject, bool ok, const std::string& code) {
    journal::Observation seen;
    seen.what = what;
    seen.subject = subject;
    seen.own = rules::is_own(what, subject);
    seen.ok = ok;
    seen.code = code;
    return seen;
}

void add_observations(Session& session, const journal::State& state,
                      const std::vector<journal::Observation>& all, Json& records) {
    const auto now = session.context().environment.clock.now();
    const auto self = session.repository().own_actor().value_or(ActorId{});
    for (auto seen : all) {
        seen.actor = self;
        if (!is_no_news(state, seen, now)) records.push_back(journal::observed_record(seen));
    }
}

void observe_all(Session& session, const std::vector<journal::Observation>& all) {
    beside(session, [&] {
        if (session.status() != 0) return;
        auto news = journal::Json::array();
        add_observations(session, session.state(), all, news);
        if (news.empty()) return;
        session.repository().change([&](const journal::State& newest) {
            auto records = journal::Json::array();
            add_observations(session, newest, all, records);
            return records;
        });
    });
}

void observe(Session& session, const journal::Observation& seen) { observe_all(session, {seen}); }

KeptUp kept_up(const Session& session) { return log_of(session).kept; }

void bring_up(Session& session) {
    if (session.status() != 0) return;
    auto& kept = log_of(session).kept;
    auto& repository = session.repository();
    const auto now = session.context().environment.clock.now();
    if (!rules::upkeep(repository.state(), now).empty()) {
        auto records = journal::Json::array();
        repository.change([&](const journal::State& newest) {
            records = journal::Json::array();
            for (auto& record : rules::upkeep(newest, now)) records.push_back(std::move(record));
            return records;
        });
        for (const auto& record : records) {
            const auto& event = record.at("event");
            if (event == "opened" || event == "reopened") ++kept.opened;
            if (event == "resolved") ++kept.resolved;
            if (event == "resolved" || event == "reopened") tell_of_turn(session, event, record.at("id"));
        }
    }
    send_alerts(session, kept);
}

void settle_hooks_later(Session& session) { log_of(session).settles_later = true; }

void settle_hooks(Session& session) {
    beside(session, [&] {
        const auto all = hooks_of(session.context());
        const auto& works = log_of(session).works;
        const auto self = session.repository().own_actor();
        std::vector<journal::Observation> seen;
        for (const auto& [key, known] : session.state().procedure.observations) {
            if (known.what != rules::observed::hook || known.ok || !self || known.actor != *self) continue;
            const bool named = std::any_of(all.begin(), all.end(),
                                           [&](const auto& hook) { return hook.name == known.subject; });
            const auto found = works.find(known.subject);
            if (!named || (found != works.end() && found->second))
                seen.push_back(seen_of(rules::observed::hook, known.subject, true));
        }
        if (seen.empty()) return;
        observe_all(session, seen);
        bring_up(session);
    });
}

void keep_up(Session& session) {
    beside(session, [&] { bring_up(session); });
}

void keep_up_after(Session& session, bool trouble) {
    const auto& anomalies = session.state().procedure.anomalies;
    if (trouble ||
        std::any_of(anomalies.begin(), anomalies.end(), [](const auto& one) { return one.second.is_open(); }))
        keep_up(session);
}

void tell(Session& session, const std::string& event, Json data) {
    beside(session, [&] { deliver(session, event, std::move(data)); });
}

void tell_of_turn(Session& session, const std::string& turn, const std::string& id) {
    beside(session, [&] {
        const auto found = session.state().procedure.anomalies.find(id);
        if (found == session.state().procedure.anomalies.end()) return;
        auto data = anomaly_data(session.state(), found->second, session.context().environment.clock.now());
        data["id"] = id + "-" + turn;
        deliver(session, "anomaly-" + turn, std::move(data));
    });
}

void tell_without_session(const Context& context, const std::string& event, const Json& data) {
    auto all = hooks_of(context);
    auto& hung = context.hooks->hung;
    std::erase_if(all, [&](const auto& hook) { return hung.contains(hook.name); });
    const auto outcomes = hooks::run_hooks(all, event_of(context, event, data),
                                           [](const std::string&) { return std::string("-"); });
    for (const auto& outcome : outcomes) {
        if (outcome.code == "time") hung.insert(outcome.hook);
        if (!outcome.ok) warn(text(what_went_wrong(outcome, event)));
    }
}

void observe_no_space(Session& session) {
    auto seen = seen_of(rules::observed::space, "", false, "full");
    if (const auto space = space_here(session.context())) {
        seen.numbers = {{"free", static_cast<std::int64_t>(space->free_bytes)},
                        {"total", static_cast<std::int64_t>(space->total_bytes)}};
    }
    observe(session, seen);
}

std::optional<SpaceInfo> space_here(const Context& context) {
    try {
        return context.environment.files.space_of(context.repository_path());
    } catch (const Error&) {  // a remote's address, or the system does not tell
        return std::nullopt;
    }
}

// Somebody writes to the repository: what only reads does not wait for that.
static bool is_taken(Session& session) {
    try {
        const auto guard = session.context().open_store()->lock("lock", LockMode::exclusive, 0);
        return false;
    } catch (const Error& error) {
        return error.code() == Errc::locked;
    }
}

void observe_verified(Session& session, const repo::VerifyReport& report, bool read_data) {
    if (is_taken(session)) return;
    const bool ok = report.errors.empty();
    const std::string code = ok ? "" : std::string(status_word(Errc::damaged));
    auto names = seen_of(rules::observed::verify, "", ok, code);
    names.numbers = {{"files", static_cast<std::int64_t>(report.files)},
                     {"errors", static_cast<std::int64_t>(report.errors.size())}};
    std::vector<journal::Observation> seen{names};
    if (read_data) {
        names.what = rules::observed::verify_data;
        seen.push_back(names);
    }
    observe_all(session, seen);
    keep_up_after(session, !ok);
}

}  // namespace coffre::cli
