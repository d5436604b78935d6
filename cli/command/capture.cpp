#include "cli/work/capture.hpp"

#include "cli/command/capture_result.hpp"
#include "cli/command/commands.hpp"
#include "cli/texts/run_texts.hpp"
#include "cli/work/run.hpp"

namespace coffre::cli {

namespace {

struct Options {
    CaptureRequest request;
    std::string at;
    bool due = false;
};

Json problem_json(const CaptureProblem& problem) {
    Json json{{"equipment", problem.equipment}};
    put_path(json, problem.path);
    json["error"] = text(problem.why);
    return json;
}

void print_result_json(const Session& session, const CaptureRequest& request, const CaptureResult& result) {
    Json json;
    json["snapshots"] = snapshots_json(session, result.snapshots);
    json["failed"] = problems_json(result.failed);
    json["skipped"] = problems_json(result.skipped);
    json["removed_source_files"] = result.removed;
    json["clear_copy_left"] = result.clear_copy_left;
    if (request.dry_run) {
        json["would_capture"] = Json::array();
        for (const auto& test : result.would)
            if (!test.unreachable)
                json["would_capture"].push_back(
                    {{"equipment", test.name}, {"files", test.files}, {"bytes", test.bytes}});
    }
    print_json(json);
}

std::string where(const CaptureProblem& problem) {
    return problem.path.empty() ? problem.equipment : problem.equipment + ":" + problem.path;
}

void print_result(const Session& session, const CaptureResult& result) {
    for (const auto& test : result.would)
        if (!test.unreachable)
            print_line(tr<Msg::capture_would>(test.name, count_files(test.files), human_bytes(test.bytes)));
    print_snapshots(session, result.snapshots);
}

// --due names them itself.
void name_due(Session& session, CaptureRequest& request) {
    if (!request.names.empty() || request.all || !request.from.empty())
        throw Error(Errc::usage, say<texts::due_stands_alone>(), say<Msg::hint_capture_usage>());
    request.names = due_captures(session);
}

}  // namespace

Json problems_json(const std::vector<CaptureProblem>& problems) {
    Json list = Json::array();
    for (const auto& problem : problems) list.push_back(problem_json(problem));
    return list;
}

Json snapshots_json(const Session& session, const std::vector<journal::Snapshot>& snapshots) {
    const Listing listing(session.state());
    Json list = Json::array();
    for (const auto& snapshot : snapshots) list.push_back(listing.json(snapshot));
    return list;
}

void print_snapshots(const Session& session, const std::vector<journal::Snapshot>& snapshots) {
    const Listing listing(session.state());
    for (const auto& snapshot : snapshots)
        print_line(tr<Msg::capture_done>(listing.name(snapshot), count_files(snapshot.files),
                                         human_bytes(snapshot.bytes), human_bytes(snapshot.added_bytes)) +
                   (snapshot.changed ? "" : " " + tr<Msg::capture_unchanged>()) +
                   (snapshot.complete ? "" : " " + tr<Msg::capture_partial>()));
}

void print_problems(const Context& context, const CaptureResult& result) {
    // What such an equipment may have and this one has not is no news each week: `equipment test` tells it.
    for (const auto& problem : result.skipped)
        if (problem.why.id != Msg::device_section_absent || context.settings.verbose > 0)
            note(context.settings.quiet, tr<Msg::capture_skipped>(where(problem), text(problem.why)));
    for (const auto& problem : result.failed)
        warn(tr<Msg::capture_failed>(where(problem), text(problem.why)));
    if (result.removed > 0)
        note(context.settings.quiet, tr<Msg::source_removed>(count_files(result.removed)));
    if (result.clear_copy_left) warn(tr<Msg::clear_copy_left>() + " — " + tr<Msg::hint_remove_source>());
}

void register_capture(CLI::App& app, Run& run) {
    auto options = std::make_shared<Options>();
    auto& request = options->request;
    app.add_option("NAME", request.names);
    app.add_option("--type", request.type);
    auto* kind = app.add_option("--kind", request.kind);
    app.add_option("--from", request.from);
    app.add_option("--at", options->at);
    app.add_option("-m,--message", request.message);
    app.add_flag("--all", request.all);
    app.add_flag("--due", options->due);
    app.add_flag("--remove-source", request.remove_source);
    app.add_flag("--dry-run", request.dry_run);
    run = [options, kind](Context& context) {
        auto& request_ = options->request;
        request_.kind_chosen = kind->count() > 0 || options->due;
        if (!options->at.empty()) request_.at = parse_time_option("--at", options->at);
        Session session(context);
        ProgressLine progress(context.environment.clock, context.settings.quiet, context.settings.json);
        if (options->due) name_due(session, request_);
        const bool none = options->due && request_.names.empty();
        const auto result = none ? CaptureResult{} : capture(session, request_, progress);
        if (none) note(context.settings.quiet, tr<texts::nothing_due>());
        progress.clear();
        print_problems(context, result);
        if (context.settings.json)
            print_result_json(session, request_, result);
        else
            print_result(session, result);
        return result.failed.empty() ? 0 : static_cast<int>(Errc::partial);
    };
}

}  // namespace coffre::cli
