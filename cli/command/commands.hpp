#pragma once
// The table of commands: each file of this folder registers one. What a command and its options are for is
// said in docs/cli/<command>.md, the source of --help; here stand the names alone.

#include <functional>

#include <CLI/CLI.hpp>

#include "cli/settings.hpp"
#include "store/rules/civil_time.hpp"

namespace coffre::cli {

// Registers options on `app`, and sets `run` to what the command does; run returns the exit status.
using Run = std::function<int(Context&)>;
using Register = void (*)(CLI::App& app, Run& run);

void register_init(CLI::App& app, Run& run);
void register_site(CLI::App& app, Run& run);
void register_policy(CLI::App& app, Run& run);
void register_equipment(CLI::App& app, Run& run);
void register_capture(CLI::App& app, Run& run);
void register_change(CLI::App& app, Run& run);
void register_intervention(CLI::App& app, Run& run);
void register_dispensation(CLI::App& app, Run& run);
void register_log(CLI::App& app, Run& run);
void register_show(CLI::App& app, Run& run);
void register_ls(CLI::App& app, Run& run);
void register_cat(CLI::App& app, Run& run);
void register_diff(CLI::App& app, Run& run);
void register_history(CLI::App& app, Run& run);
void register_blame(CLI::App& app, Run& run);
void register_search(CLI::App& app, Run& run);
void register_restore(CLI::App& app, Run& run);
void register_export(CLI::App& app, Run& run);
void register_import(CLI::App& app, Run& run);
void register_identify(CLI::App& app, Run& run);
void register_verify(CLI::App& app, Run& run);
void register_stats(CLI::App& app, Run& run);
void register_gc(CLI::App& app, Run& run);
void register_hold(CLI::App& app, Run& run);
void register_review(CLI::App& app, Run& run);
void register_evidence(CLI::App& app, Run& run);
void register_key(CLI::App& app, Run& run);
void register_actor(CLI::App& app, Run& run);
void register_identity(CLI::App& app, Run& run);
void register_people(CLI::App& app, Run& run);
void register_fleet(CLI::App& app, Run& run);
void register_status(CLI::App& app, Run& run);
void register_dashboard(CLI::App& app, Run& run);
void register_metrics(CLI::App& app, Run& run);
void register_remote(CLI::App& app, Run& run);
void register_mirror(CLI::App& app, Run& run);
void register_clone(CLI::App& app, Run& run);
void register_repair(CLI::App& app, Run& run);
void register_run(CLI::App& app, Run& run);
void register_schedule(CLI::App& app, Run& run);
void register_anomalies(CLI::App& app, Run& run);
void register_drill(CLI::App& app, Run& run);
void register_completion(CLI::App& app, Run& run);
void register_help(CLI::App& app, Run& run);
void register_version(CLI::App& app, Run& run);

struct Command {
    const char* name;
    Register add;
    bool takes_rest = false;         // what stands behind "--" is its own: Context::rest
    bool needs_no_settings = false;  // runs even where a settings file is malformed
};

inline constexpr Command commands[] = {
    {"init", register_init},
    {"site", register_site},
    {"policy", register_policy},
    {"equipment", register_equipment},
    {"capture", register_capture},
    {"change", register_change, true},
    {"intervention", register_intervention},
    {"dispensation", register_dispensation},
    {"log", register_log},
    {"show", register_show},
    {"ls", register_ls},
    {"cat", register_cat},
    {"diff", register_diff, true},
    {"history", register_history},
    {"blame", register_blame},
    {"search", register_search},
    {"restore", register_restore},
    {"export", register_export},
    {"import", register_import},
    {"identify", register_identify},
    {"verify", register_verify},
    {"stats", register_stats},
    {"gc", register_gc},
    {"hold", register_hold},
    {"review", register_review},
    {"evidence", register_evidence},
    {"key", register_key},
    {"actor", register_actor},
    {"identity", register_identity},
    {"people", register_people},
    {"fleet", register_fleet},
    {"status", register_status},
    {"dashboard", register_dashboard},
    {"metrics", register_metrics},
    {"remote", register_remote},
    {"mirror", register_mirror},
    {"clone", register_clone},
    {"repair", register_repair},
    {"run", register_run},
    {"schedule", register_schedule},
    {"anomalies", register_anomalies},
    {"drill", register_drill},
    {"completion", register_completion, false, true},
    {"help", register_help, false, true},
    {"version", register_version, false, true},
};

// A sub-command of a command ("equipment add"), with the settings' options let through to the top.
CLI::App* add_subcommand(CLI::App& app, const char* name);

// The page of a command, "coffre" for the whole; Error{usage} when there is none.
void print_help(const std::string& command);

// "2026-11-23T03:00:00Z" given to an option; Error{usage} naming the option when it is none.
Timestamp parse_time_option(const std::string& option, const std::string& text);
// The same, and DATE or DATETHH:MM[:SS] on the site's clock: what it covers.
rules::TimeSpan parse_site_time_option(const std::string& zone, const std::string& option,
                                       const std::string& text);

}  // namespace coffre::cli
