#include "cli/command/commands.hpp"
#include "cli/work/mirror.hpp"

namespace coffre::cli {

namespace {

struct Options {
    std::string from;
    bool dry_run = false;
};

void print_repair_json(const RepairOutcome& outcome, bool dry_run) {
    Json json{{"remote", ""},          {"uploaded_files", 0}, {"uploaded_bytes", 0},
              {"downloaded_files", 0}, {"deleted_files", 0},  {"recorded", false}};
    json["downloaded_files"] = dry_run ? 0 : outcome.repaired.size();
    json["ok"] = outcome.left.empty();
    json["dry_run"] = dry_run;
    json["repaired"] = Json::array();
    for (const auto& one : outcome.repaired)
        json["repaired"].push_back({{"path", one.path}, {"remote", one.remote}});
    json["left"] = outcome.left;
    json["touched"] = outcome.touched;
    json["failed"] = Json::array();
    for (const auto& [name, error] : outcome.unreachable)
        json["failed"].push_back({{"remote", name}, {"error", text(error.message())}});
    print_json(json);
}

}  // namespace

void register_repair(CLI::App& app, Run& run) {
    auto options = std::make_shared<Options>();
    app.add_option("--from", options->from);
    app.add_flag("--dry-run", options->dry_run);
    run = [options](Context& context) {
        ProgressLine progress(context.environment.clock, context.settings.quiet, context.settings.json);
        const auto outcome = repair(context, options->from, options->dry_run, progress);
        progress.clear();
        for (const auto& [name, error] : outcome.unreachable)
            warn(tr<Msg::remote_failed>(name, text(error.message())));
        for (const auto& path : outcome.left) warn(tr<Msg::repair_left>(path));
        for (const auto& name : outcome.touched) warn(tr<Msg::repair_touched>(name));
        if (!outcome.left.empty()) note(false, tr<Msg::hint_repair_left>());
        if (context.settings.json) {
            print_repair_json(outcome, options->dry_run);
        } else {
            for (const auto& one : outcome.repaired) print_line(tr<Msg::repair_line>(one.path, one.remote));
            if (outcome.repaired.empty() && outcome.left.empty()) print_line(tr<Msg::repair_nothing>());
        }
        return outcome.left.empty() ? 0 : static_cast<int>(Errc::damaged);
    };
}

}  // namespace coffre::cli
