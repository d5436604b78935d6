#include "cli/command/commands.hpp"
#include "cli/command/run_result.hpp"
#include "cli/texts/run_texts.hpp"

namespace coffre::cli {

namespace {

void print_outcome_json(const RunOutcome& outcome, bool dry_run) {
    Json json;
    json["done"] = items_json(outcome.done);
    json["failed"] = items_json(outcome.failed);
    json["waiting"] = items_json(outcome.waiting);
    json["next_due"] = time_json(outcome.next_due);
    if (outcome.already_running) json["already_running"] = true;
    json["anomalies"] = {{"opened", outcome.kept.opened},
                         {"resolved", outcome.kept.resolved},
                         {"alerts", outcome.kept.alerts},
                         {"alerts_failed", outcome.kept.alerts_failed}};
    if (dry_run) json["due"] = due_json(outcome.due);
    print_json(json);
}

void print_outcome(const Session& session, const RunOutcome& outcome) {
    for (const auto& job : outcome.due)
        print_line(tr<texts::run_would>(job_words(std::string(rules::job_name(job.kind)), job.subject)));
    const bool quiet = session.context().quiet();
    if (!quiet)
        for (const auto& item : outcome.done)
            print_line(tr<texts::run_done>(job_words(item.job, item.subject)));
    for (const auto& item : outcome.waiting)
        note(quiet, tr<texts::run_waits>(job_words(item.job, item.subject), text(item.why)));
    const auto& kept = outcome.kept;
    if (!quiet && kept.opened + kept.resolved + kept.alerts > 0)
        print_line(tr<texts::run_anomalies>(std::to_string(kept.opened), std::to_string(kept.resolved),
                                            std::to_string(kept.alerts)));
    if (kept.alerts_failed > 0) warn(tr<texts::run_alerts_failed>(std::to_string(kept.alerts_failed)));
    if (outcome.due.empty() && outcome.done.empty() && outcome.failed.empty() && outcome.waiting.empty())
        note(quiet, tr<texts::run_nothing>());
    if (!quiet && outcome.next_due)
        print_line(tr<texts::run_next>(zone_time(session.state().site.timezone, *outcome.next_due)));
}

int run_it(Context& context, bool dry_run) {
    ProgressLine progress(context.environment.clock, context.settings.quiet, context.settings.json);
    std::optional<Session> session;
    try {
        session.emplace(context);
    } catch (const Error& error) {
        if (!dry_run) tell_without_session(context, "run-failed", {{"code", status_word(error.code())}});
        throw;
    }
    const auto outcome = run_due(*session, {dry_run}, progress);
    progress.clear();
    for (const auto& item : outcome.failed)
        warn(tr<texts::run_failed>(job_words(item.job, item.subject), text(item.why)));
    if (outcome.waits_for_clock) warn(tr<texts::hint_clock>());
    if (context.settings.json) {
        print_outcome_json(outcome, dry_run);
    } else if (outcome.already_running) {
        note(context.quiet(), tr<texts::run_already>());
    } else {
        print_outcome(*session, outcome);
    }
    return outcome.failed.empty() ? session->status() : static_cast<int>(Errc::partial);
}

}  // namespace

Json items_json(const std::vector<RunItem>& items) {
    Json list = Json::array();
    for (const auto& item : items) {
        Json json{{"job", item.job}, {"subject", item.subject}};
        if (!item.code.empty()) {
            json["code"] = item.code;
            json["error"] = text(item.why);
        }
        list.push_back(std::move(json));
    }
    return list;
}

Json due_json(const std::vector<rules::Job>& jobs) {
    Json list = Json::array();
    for (const auto& job : jobs)
        list.push_back({{"job", std::string(rules::job_name(job.kind))},
                        {"subject", job.subject},
                        {"due", to_rfc3339(job.due)}});
    return list;
}

Json time_json(const std::optional<Timestamp>& time) {
    return time ? Json(to_rfc3339(*time)) : Json(nullptr);
}

std::string job_words(const std::string& job, const std::string& subject) {
    return subject.empty() ? job : job + " " + subject;
}

void register_run(CLI::App& app, Run& run) {
    auto dry_run = std::make_shared<bool>(false);
    app.add_flag("--dry-run", *dry_run);
    run = [dry_run](Context& context) { return run_it(context, *dry_run); };
}

}  // namespace coffre::cli
