#include "cli/work/restore.hpp"

#include "cli/command/commands.hpp"
#include "cli/work/bak.hpp"

namespace coffre::cli {

namespace {

struct Options {
    RestoreRequest request;
    std::string all;  // "true", or "@T"
};

std::string line_of(const RestoreResult& result, bool dry_run) {
    const auto files = count_files(result.files);
    const auto bytes = human_bytes(result.bytes);
    return dry_run ? tr<Msg::restore_would>(result.name, files, bytes, result.to)
                   : tr<Msg::restore_done>(result.name, files, bytes, result.to);
}

void print_one(const Context& context, const RestoreRequest& request, const RestoreResult& result) {
    if (context.settings.json)
        print_json({{"snapshot", result.name},
                    {"files", result.files},
                    {"bytes", result.bytes},
                    {"verified", result.verified},
                    {"dry_run", request.dry_run}});
    else
        print_line(line_of(result, request.dry_run));
}

int restore_one(Session& session, const RestoreRequest& request, ProgressLine& progress) {
    const auto result = restore(session, request, progress);
    progress.clear();
    print_one(session.context(), request, result);
    return session.status();
}

int restore_every(Session& session, const Options& options, ProgressLine& progress) {
    const auto& request = options.request;
    const auto result =
        restore_all(session, request, options.all == "true" ? "" : options.all.substr(1), progress);
    progress.clear();
    for (const auto& [name, why] : result.skipped)
        note(session.context().quiet(), tr<Msg::capture_skipped>(name, text(why)));
    for (const auto& [name, why] : result.passed_over) warn(text(why));
    for (const auto& [name, why] : result.failed) warn(tr<Msg::restore_failed>(name, text(why)));
    if (session.context().settings.json) {
        Json json{{"files", 0}, {"bytes", 0}, {"verified", !request.dry_run && result.failed.empty()}};
        std::uint64_t files = 0, bytes = 0;
        json["restored"] = Json::array();
        for (const auto& one : result.restored) {
            files += one.files;
            bytes += one.bytes;
            json["restored"].push_back(
                {{"snapshot", one.name}, {"to", one.to}, {"files", one.files}, {"bytes", one.bytes}});
        }
        json["files"] = files;
        json["bytes"] = bytes;
        json["failed"] = Json::array();
        for (const auto& [name, why] : result.failed)
            json["failed"].push_back({{"equipment", name}, {"error", text(why)}});
        json["skipped"] = Json::array();
        for (const auto& [name, why] : result.skipped)
            json["skipped"].push_back({{"equipment", name}, {"error", text(why)}});
        json["passed_over"] = Json::array();
        for (const auto& [name, why] : result.passed_over)
            json["passed_over"].push_back({{"equipment", name}, {"error", text(why)}});
        print_json(json);
    } else {
        for (const auto& one : result.restored) print_line(line_of(one, request.dry_run));
    }
    return result.failed.empty() ? session.status() : static_cast<int>(Errc::partial);
}

}  // namespace

void register_restore(CLI::App& app, Run& run) {
    auto options = std::make_shared<Options>();
    auto& request = options->request;
    auto* snapshot = app.add_option("SNAPSHOT", request.snapshot);
    app.add_flag("--all", options->all)->excludes(snapshot);
    app.add_option("--to", request.to)->required();
    app.add_option("--path", request.paths)->allow_extra_args(false);
    app.add_option("--allow-plaintext", request.allow_plaintext);
    app.add_flag("--dry-run", request.dry_run);
    run = [options](Context& context) {
        if (options->request.snapshot.empty() && options->all.empty())
            throw Error(Errc::usage, say<Msg::usage_required>("SNAPSHOT"), say<Msg::hint_help>());
        ProgressLine progress(context.environment.clock, context.settings.quiet, context.settings.json);
        if (options->all.empty() && names_bak_file(context, options->request.snapshot)) {
            const auto result = restore_bak(context, options->request, progress);
            progress.clear();
            print_one(context, options->request, result);
            return 0;
        }
        Session session(context);
        return options->all.empty() ? restore_one(session, options->request, progress)
                                    : restore_every(session, *options, progress);
    };
}

}  // namespace coffre::cli
