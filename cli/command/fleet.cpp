#include "cli/work/fleet.hpp"

#include <algorithm>

#include "cli/command/commands.hpp"
#include "cli/command/run_result.hpp"
#include "cli/texts/dashboard_texts.hpp"
#include "cli/texts/fleet_texts.hpp"
#include "cli/texts/run_texts.hpp"
#include "cli/work/dashboard.hpp"
#include "cli/work/status.hpp"

namespace coffre::cli {

namespace {

struct Options {
    std::string folder, output;
    bool dry_run = false;
};

// How each site stands, in the order of the vault; empty where it could not be opened.
struct Standing {
    std::vector<std::optional<rules::SiteOverview>> sites;
    std::vector<FleetFailure> failures;

    [[nodiscard]] std::size_t done() const {
        return static_cast<std::size_t>(
            std::count_if(sites.begin(), sites.end(), [](const auto& site) { return site.has_value(); }));
    }
};

Standing standing_of(const Context& context, const Vault& vault) {
    Standing standing;
    standing.sites.resize(vault.sites.size());
    standing.failures = each_site(context, vault, reading_jobs, [&](Session& session, std::size_t i) {
        standing.sites[i] = site_overview(session);
    });
    return standing;
}

// What of a site is not as it must be, in a line.
std::string concerns(const rules::SiteOverview& site) {
    std::string words;
    for (const auto& check : site.checks)
        if (!check.green())
            words += (words.empty() ? "" : ", ") +
                     tr<texts::about>(check_short_label(check.id), state_label(check));
    return words;
}

Json standing_json(const Vault& vault, const Standing& standing) {
    Json sites = Json::array();
    std::map<std::string, std::size_t> marks;
    for (const auto mark : {rules::Mark::ok, rules::Mark::watch, rules::Mark::bad, rules::Mark::unknown})
        marks[std::string(rules::mark_name(mark))] = 0;
    marks[std::string(rules::mark_name(rules::Mark::unknown))] = standing.failures.size();
    std::size_t protected_sites = 0, anomalies = 0, late = 0;
    for (std::size_t i = 0; i < vault.sites.size(); ++i) {
        const auto& site = standing.sites[i];
        if (!site) continue;
        Json json{{"folder", printable(vault.sites[i])}};
        json.update(figures_json(*site));
        sites.push_back(std::move(json));
        ++marks[std::string(rules::mark_name(site->mark()))];
        protected_sites += site->is_protected ? 1 : 0;
        anomalies += site->anomalies.size();
        late += site->anomalies_late;
    }
    return {{"folder", printable(vault.folder)},
            {"sites", std::move(sites)},
            {"failed", failures_json(standing.failures)},
            {"marks", marks},
            {"protected", protected_sites},
            {"anomalies", anomalies},
            {"anomalies_late", late},
            {"ok", standing.failures.empty()}};
}

int status(const Context& context, const Vault& vault) {
    const auto standing = standing_of(context, vault);
    const int code = fleet_status(standing.failures, standing.done());
    if (context.settings.json) {
        print_json(standing_json(vault, standing));
        return code;
    }
    for (std::size_t i = 0; i < vault.sites.size(); ++i) {
        const auto& site = standing.sites[i];
        if (!site) continue;
        print_line(pad(site->client + "_" + site->site, 28) + "  " +
                   coloured(colour_of(site->mark()), pad(mark_label(site->mark()), 10)) + "  " +
                   concerns(*site));
    }
    tell_failures(standing.failures);
    note(context.quiet(),
         tr<texts::fleet_counts>(std::to_string(standing.done()), std::to_string(standing.failures.size())));
    return code;
}

// For the pages of a fleet: nothing is known of those.
std::vector<UnopenedSite> unopened_of(const std::vector<FleetFailure>& failures) {
    std::vector<UnopenedSite> sites;
    for (const auto& failure : failures)
        sites.push_back({printable(failure.folder), std::string(status_word(failure.error.code()))});
    return sites;
}

// What was done at one site.
Json outcome_json(const std::string& folder, const RunOutcome& outcome) {
    return {{"folder", printable(folder)},
            {"done", items_json(outcome.done)},
            {"failed", items_json(outcome.failed)},
            {"waiting", items_json(outcome.waiting)},
            {"due", due_json(outcome.due)},
            {"next_due", time_json(outcome.next_due)},
            {"already_running", outcome.already_running},
            {"anomalies_opened", outcome.kept.opened}};
}

void print_outcome(const Context& context, const std::string& folder, const RunOutcome& outcome) {
    const auto at = [&](const std::string& words) { return tr<texts::site_failed>(folder, words); };
    for (const auto& job : outcome.due)
        print_line(at(tr<texts::run_would>(job_words(std::string(rules::job_name(job.kind)), job.subject))));
    for (const auto& item : outcome.done)
        if (!context.quiet()) print_line(at(tr<texts::run_done>(job_words(item.job, item.subject))));
    for (const auto& item : outcome.waiting)
        note(context.quiet(), at(tr<texts::run_waits>(job_words(item.job, item.subject), text(item.why))));
    for (const auto& item : outcome.failed)
        warn(at(tr<texts::run_failed>(job_words(item.job, item.subject), text(item.why))));
    if (outcome.already_running) note(context.quiet(), at(tr<texts::run_already>()));
}

// One site after the other: each captures side by side by itself, and credentials of remotes are taken out of
// the environment meanwhile.
int run_all(const Context& context, const Vault& vault, bool dry_run) {
    std::vector<std::optional<RunOutcome>> outcomes(vault.sites.size());
    const bool pages = !dry_run && wants_pages(context);
    std::vector<rules::SiteOverview> overviews;
    const auto failures = each_site(context, vault, 1, [&](Session& session, std::size_t i) {
        ProgressLine progress(context.environment.clock, true, false);
        outcomes[i] = run_due(session, {dry_run, false}, progress);
        if (!context.settings.json) print_outcome(context, vault.sites[i], *outcomes[i]);
        if (pages) overviews.push_back(site_overview(session));
    });
    if (!dry_run)
        for (const auto& failure : failures)
            tell_without_session(context, "run-failed",
                                 {{"folder", printable(failure.folder)}, {"code", code_of(failure.error)}});
    std::size_t done = 0;
    bool all_done = failures.empty();
    Json unwritten = Json::array();
    if (pages) {
        const auto failed = write_pages(context, overviews, unopened_of(failures));
        all_done = all_done && failed.empty();
        unwritten = items_json(failed);
        for (const auto& item : failed) warn(tr<texts::run_failed>(item.job, text(item.why)));
    }
    Json sites = Json::array();
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
        if (!outcomes[i]) continue;
        ++done;
        all_done = all_done && outcomes[i]->failed.empty();
        sites.push_back(outcome_json(vault.sites[i], *outcomes[i]));
    }
    if (context.settings.json) {
        print_json({{"folder", printable(vault.folder)},
                    {"sites", std::move(sites)},
                    {"failed", failures_json(failures)},
                    {"unwritten", std::move(unwritten)},
                    {"ok", all_done}});
    } else {
        tell_failures(failures);
        note(context.quiet(), tr<texts::fleet_counts>(std::to_string(done), std::to_string(failures.size())));
    }
    const int code = fleet_status(failures, done);
    return code == 0 && !all_done ? static_cast<int>(Errc::partial) : code;
}

int dashboard(const Context& context, const Vault& vault, const std::string& output) {
    auto standing = standing_of(context, vault);
    std::vector<rules::SiteOverview> sites;
    for (auto& site : standing.sites)
        if (site) sites.push_back(std::move(*site));
    const int code = fleet_status(standing.failures, sites.size());
    if (sites.empty()) {
        const auto& first = standing.failures.front();
        throw Error(first.error);
    }
    if (output == "-") {
        print_bytes(as_bytes(dashboard_page(sites, language(), context.environment.clock.now(),
                                            unopened_of(standing.failures))));
        if (!context.settings.json) tell_failures(standing.failures);
        return code;
    }
    const auto file = write_dashboard(context, sites, output, unopened_of(standing.failures));
    if (context.settings.json) {
        print_json({{"file", file.file},
                    {"bytes", file.bytes},
                    {"sha256", file.sha256.hex()},
                    {"sites", sites.size()},
                    {"failed", failures_json(standing.failures)},
                    {"ok", standing.failures.empty()}});
        return code;
    }
    print_line(file.file);
    tell_failures(standing.failures);
    return code;
}

}  // namespace

void register_fleet(CLI::App& app, Run& run) {
    auto options = std::make_shared<Options>();
    auto* status_command = add_subcommand(app, "status");
    auto* run_command = add_subcommand(app, "run");
    auto* dashboard_command = add_subcommand(app, "dashboard");
    for (auto* command : {status_command, run_command, dashboard_command})
        command->add_option("FOLDER", options->folder);
    run_command->add_flag("--dry-run", options->dry_run);
    dashboard_command->add_option("-o,--output", options->output);
    run = [=](Context& context) {
        const auto vault = find_sites(context, fleet_folder(context, options->folder));
        if (status_command->parsed()) return status(context, vault);
        return run_command->parsed() ? run_all(context, vault, options->dry_run)
                                     : dashboard(context, vault, options->output);
    };
}

}  // namespace coffre::cli
