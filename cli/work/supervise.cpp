#include "cli/work/supervise.hpp"

#include <algorithm>

#include "cli/run_settings.hpp"
#include "cli/texts/run_texts.hpp"
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
        const auto* known = state.procedure.observed(seen.what, seen.subject);
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

// All that want it were told.
bool deliver(Session& session, const std::string& name, Json data) {
    const auto all = read_run_settings(session.context().environment.files).hooks;
    if (std::none_of(all.begin(), all.end(), [&](const auto& hook) { return hook.wants(name); })) return true;
    const auto& site = session.state().site;
    Json fields{{"client", site.client}, {"site", site.site}};
    fields.update(data);
    const auto event = event_of(session.context(), name, std::move(fields));
    const auto outcomes = hooks::run_hooks(all, event, [&](const std::string& text) {
        return session.repository().text_fingerprint("event", text);
    });
    bool fine = true;
    for (const auto& outcome : outcomes) {
        fine = fine && outcome.ok;
        if (!outcome.ok) warn(text(what_went_wrong(outcome, name)));
        observe(session, seen_of(rules::observed::hook, outcome.hook, outcome.ok, outcome.code));
    }
    return fine;
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
    if (id == Msg::medium_not_plugged_in || id == Msg::medium_pulled_out) return "not-plugged-in";
    return std::string(status_word(error.code()));
}

journal::Observation seen_of(const char* what, const std::string& subject, bool ok, const std::string& code) {
    journal::Observation seen;
    seen.what = what;
    seen.subject = subject;
    seen.ok = ok;
    seen.code = code;
    return seen;
}

void add_observations(const journal::State& state, const std::vector<journal::Observation>& all,
                      Timestamp now, Json& records) {
    for (const auto& seen : all)
        if (!is_no_news(state, seen, now)) records.push_back(journal::observed_record(seen));
}

void observe_all(Session& session, const std::vector<journal::Observation>& all) {
    beside(session, [&] {
        const auto now = session.context().environment.clock.now();
        const auto no_news = [&](const auto& seen) { return is_no_news(session.state(), seen, now); };
        if (session.status() != 0 || std::all_of(all.begin(), all.end(), no_news)) return;
        session.repository().change([&](const journal::State& newest) {
            auto records = journal::Json::array();
            add_observations(newest, all, now, records);
            return records;
        });
    });
}

void observe(Session& session, const journal::Observation& seen) { observe_all(session, {seen}); }

KeptUp bring_up(Session& session) {
    KeptUp kept;
    if (session.status() != 0) return kept;
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
    // Told first and recorded then: what ends between the two is told again, under the same id.
    struct Telling {
        std::string id;
        int hours;
        Json data;
    };
    std::vector<Telling> tellings;
    // What was opened just now bears the time of its batch.
    const auto then = session.context().environment.clock.now();
    for (const auto& alert : rules::due_alerts(repository.state(), then)) {
        tellings.push_back(
            {alert.anomaly->id, alert.hours, anomaly_data(repository.state(), *alert.anomaly, then)});
        tellings.back().data["id"] = alert.event_id;
        tellings.back().data["hours"] = alert.hours;
    }
    auto told = journal::Json::array();
    for (auto& telling : tellings) {
        const auto* event = telling.hours == 0 ? "anomaly-opened" : "anomaly-escalated";
        if (deliver(session, event, std::move(telling.data)))
            told.push_back(journal::anomaly_alerted_record(telling.id, telling.hours));
        else
            ++kept.alerts_failed;
    }
    kept.alerts = told.size();
    if (!told.empty()) repository.change([&](const journal::State&) { return told; });
    return kept;
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
    const auto outcomes =
        hooks::run_hooks(read_run_settings(context.environment.files).hooks, event_of(context, event, data),
                         [](const std::string&) { return std::string("-"); });
    for (const auto& outcome : outcomes)
        if (!outcome.ok) warn(text(what_went_wrong(outcome, event)));
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
