#include "cli/work/gc.hpp"

#include "cli/command/commands.hpp"

namespace coffre::cli {

namespace {

struct Options {
    GcWish wish;
    std::string now;
};

void print_report_json(const GcOutcome& outcome, std::uint64_t freed) {
    Json expired = Json::array(), kept = Json::array();
    for (const auto& item : outcome.expired) expired.push_back(item.name);
    for (const auto& item : outcome.kept) kept.push_back({{"name", item.name}, {"why", text(item.why)}});
    print_json({{"expired", std::move(expired)},
                {"kept", std::move(kept)},
                {"freed_bytes", freed},
                {"retired_files", outcome.report.retired_files},
                {"deleted_files", outcome.report.deleted_files},
                {"waiting_files", outcome.report.waiting_files}});
}

void print_report(const Context& context, const GcOutcome& outcome, bool dry_run, std::uint64_t freed) {
    for (const auto& item : outcome.expired)
        print_line(dry_run ? tr<Msg::gc_would_expire>(item.name, text(item.why))
                           : tr<Msg::gc_expired>(item.name, text(item.why)));
    if (dry_run)
        for (const auto& item : outcome.kept) print_line(tr<Msg::gc_keeps>(item.name, text(item.why)));
    const auto going = std::to_string(outcome.expired.size()), kept = std::to_string(outcome.kept.size());
    print_line(dry_run ? tr<Msg::gc_would>(going, kept, human_bytes(freed))
                       : tr<Msg::gc_done>(going, kept, human_bytes(freed)));
    const auto waiting = outcome.report.waiting_files;
    if (waiting > 0) note(context.quiet(), tr<Msg::gc_later>(std::to_string(waiting)));
}

}  // namespace

void register_gc(CLI::App& app, Run& run) {
    auto options = std::make_shared<Options>();
    app.add_flag("--dry-run", options->wish.dry_run);
    app.add_flag("--no-expire", options->wish.no_expire);
    app.add_option("--now", options->now);
    app.add_option("--force", options->wish.force);
    auto* force = app.get_option("--force");
    run = [options, force](Context& context) {
        auto& wish = options->wish;
        if (!options->now.empty()) wish.now = parse_time_option("--now", options->now);
        if (force->count() > 0) check_reason("--force", wish.force);
        Session session(context);
        const auto outcome = collect_garbage(session, wish);
        const auto freed = wish.dry_run ? outcome.report.dead_bytes : outcome.report.freed_bytes;
        if (context.settings.json)
            print_report_json(outcome, freed);
        else
            print_report(context, outcome, wish.dry_run, freed);
        return session.status();
    };
}

}  // namespace coffre::cli
