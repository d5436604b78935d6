#include "cli/work/change.hpp"

#include <algorithm>

#include "base/foreground.hpp"
#include "cli/command/capture_result.hpp"
#include "cli/command/commands.hpp"
#include "cli/command/model_changes.hpp"
#include "cli/texts/change_texts.hpp"
#include "store/rules/limits.hpp"

namespace coffre::cli {

namespace {

constexpr std::int64_t hour_ns = 3600ll * 1'000'000'000;

struct Options {
    ChangeRequest request;
    bool all = false;
};

Json snapshots_of(const Listing& listing, const std::map<std::string, ObjectId>& commits) {
    Json list = Json::array();
    for (const auto& [equipment, commit] : commits) {
        try {
            list.push_back(listing.json(listing.names().find(commit.hex())));
        } catch (const Error&) {  // of a batch that is not here yet
            list.push_back({{"equipment", equipment}, {"commit", commit.hex()}});
        }
    }
    return list;
}

Timestamp post_due(const journal::State& state, const journal::ChangeWindow& window) {
    return {window.begun.time.ns + rules::limit_of(state, rules::limits::post_hours) * hour_ns};
}

Json window_json(const Session& session, const journal::ChangeWindow& window) {
    const auto& state = session.state();
    const Listing listing(state);
    Json json{{"id", window.id},
              {"equipment", window.equipment},
              {"categories", window.categories},
              {"open", !window.ended.has_value()},
              {"begun", listing.version(window.begun)},
              {"ended", listing.version(window.ended)},
              {"post_due", to_rfc3339(post_due(state, window))},
              {"without_pre", window.without_pre},
              {"without_post", window.without_post}};
    json["pre"] = snapshots_of(listing, window.pre);
    json["post"] = snapshots_of(listing, window.post);
    return json;
}

Json diffs_json(const Session& session, const std::vector<WindowDiff>& diffs) {
    const Listing listing(session.state());
    Json list = Json::array();
    for (const auto& item : diffs)
        list.push_back({{"equipment", item.after->equipment},
                        {"a", listing.name(*item.before)},
                        {"b", listing.name(*item.after)},
                        {"a_commit", item.before->commit.hex()},
                        {"b_commit", item.after->commit.hex()},
                        {"beyond", item.beyond},
                        {"changes", model_diff_changes_json(item.diff, false)},
                        {"stat", model_diff_stat_json(item.diff)}});
    return list;
}

int status_of(const Session& session, const ChangeStep& step) {
    const bool whole = !step.short_of && step.captured.failed.empty();
    return whole ? session.status() : static_cast<int>(Errc::partial);
}

Json step_json(const Session& session, const ChangeStep& step, const std::vector<WindowDiff>& diffs) {
    auto json = window_json(session, step.window);
    json["ok"] = !step.short_of && step.captured.failed.empty();
    json["failed"] = problems_json(step.captured.failed);
    json["skipped"] = problems_json(step.captured.skipped);
    json["diff"] = diffs_json(session, diffs);
    return json;
}

void print_diffs(const Session& session, const std::vector<WindowDiff>& diffs) {
    const Listing listing(session.state());
    for (const auto& item : diffs) {
        print_line(coloured(Colour::bold, listing.name(*item.before) + " -> " + listing.name(*item.after)));
        print_model_diff(item.diff, false);
        if (!item.beyond.empty()) warn(tr<texts::change_beyond>(item.after->equipment, joined(item.beyond)));
    }
}

ProgressLine progress_of(const Context& context) {
    return {context.environment.clock, context.settings.quiet, context.settings.json};
}

ChangeStep begin(Session& session, const ChangeRequest& request) {
    const auto& context = session.context();
    ProgressLine progress = progress_of(context);
    auto step = begin_change(session, request, progress);
    progress.clear();
    print_problems(context, step.captured);
    if (context.settings.json) return step;
    print_snapshots(session, step.captured.snapshots);
    print_line(tr<texts::change_begun>(step.window.id, joined(step.window.equipment)));
    return step;
}

// Prints all but the JSON.
std::pair<ChangeStep, std::vector<WindowDiff>> end(Session& session, const ChangeRequest& request) {
    const auto& context = session.context();
    ProgressLine progress = progress_of(context);
    auto step = end_change(session, request, progress);
    progress.clear();
    print_problems(context, step.captured);
    auto diffs = window_diffs(session, step.window);
    if (!context.settings.json) {
        print_snapshots(session, step.captured.snapshots);
        print_diffs(session, diffs);
        print_line(tr<texts::change_ended>(step.window.id));
    }
    return {std::move(step), std::move(diffs)};
}

int run_begin(Session& session, const ChangeRequest& request) {
    const auto step = begin(session, request);
    if (session.context().settings.json)
        print_json(step_json(session, step, {}));
    else
        note(session.context().quiet(), tr<texts::change_begun_hint>(step.window.id));
    return status_of(session, step);
}

int run_end(Session& session, const ChangeRequest& request) {
    const auto [step, diffs] = end(session, request);
    if (session.context().settings.json) print_json(step_json(session, step, diffs));
    return status_of(session, step);
}

// PRE, the command on this terminal, and POST whatever became of it.
int run_command(Session& session, ChangeRequest request) {
    const auto& context = session.context();
    const auto begun = begin(session, request);
    flush_output();
    std::optional<ForegroundEnd> ended;
    try {
        ended = run_in_foreground(context.rest, context.settings.json);
    } catch (const Error& error) {
        warn(tr<texts::change_command_lost>(text(error.message())));
    }
    // Of a signal what a shell would say.
    constexpr int of_signals = 128, not_started = 127;
    const int number = !ended ? not_started : ended->signalled ? of_signals + ended->number : ended->number;
    request.id = begun.window.id;
    request.message = number == 0 ? "" : tr<texts::change_command_status>(std::to_string(number));
    const auto [step, diffs] = [&] {
        try {
            return end(session, request);
        } catch (const Error&) {
            if (number != 0) note(false, tr<texts::change_command_status>(std::to_string(number)));
            throw;
        }
    }();
    if (context.settings.json) {
        auto json = step_json(session, step, diffs);
        json["ok"] = json.at("ok").get<bool>() && number == 0;
        json["command"] = {{"status", number}};
        print_json(json);
    }
    if (number != 0) {
        warn(tr<texts::change_command_failed>(std::to_string(number)));
        return static_cast<int>(Errc::failed);
    }
    const int before = status_of(session, begun);
    return before != 0 ? before : status_of(session, step);
}

std::string window_state(const Session& session, const journal::ChangeWindow& window) {
    const auto& zone = session.state().site.timezone;
    if (window.ended) return tr<texts::change_is_ended>(zone_time(zone, window.ended->time));
    const auto due = post_due(session.state(), window);
    const auto when = zone_time(zone, due);
    if (session.context().environment.clock.now() < due) return tr<texts::change_is_open>(when);
    return coloured(Colour::red, tr<texts::change_is_late>(when));
}

// The newest first.
int list(Session& session, bool all) {
    std::vector<const journal::ChangeWindow*> windows;
    for (const auto& [id, window] : session.state().procedure.changes)
        if (!window.equipment.empty() && (all || !window.ended)) windows.push_back(&window);
    std::stable_sort(windows.begin(), windows.end(),
                     [](const auto* a, const auto* b) { return b->begun.time < a->begun.time; });
    if (session.context().settings.json) {
        Json json;
        json["changes"] = Json::array();
        for (const auto* window : windows) json["changes"].push_back(window_json(session, *window));
        print_json(json);
        return session.status();
    }
    for (const auto* window : windows)
        print_line(coloured(Colour::yellow, window->id) + "  " +
                   zone_time(session.state().site.timezone, window->begun.time) + "  " +
                   pad(joined(window->equipment), 24) + "  " + pad(joined(window->categories), 20) + "  " +
                   window_state(session, *window) + "  " +
                   printable(window->begun.message.substr(0, window->begun.message.find('\n'))));
    if (windows.empty()) note(session.context().quiet(), tr<texts::changes_empty>());
    return session.status();
}

}  // namespace

void register_change(CLI::App& app, Run& run) {
    auto options = std::make_shared<Options>();
    auto& request = options->request;
    auto* begin_command = add_subcommand(app, "begin");
    auto* end_command = add_subcommand(app, "end");
    auto* run_command_ = add_subcommand(app, "run");
    auto* list_command = add_subcommand(app, "list");
    for (auto* command : {begin_command, run_command_, end_command}) {
        auto* names = command->add_option("NAME", request.names);
        auto* message = command->add_option("-m,--message", request.message);
        command->add_option("--despite", request.despite);
        if (command == end_command) continue;
        names->required();
        message->required();
        command->add_option("--category", request.categories)
            ->required()
            ->delimiter(',')
            ->allow_extra_args(false)
            ->check(CLI::IsMember(rules::change_categories()));
    }
    for (auto* command : {begin_command, end_command}) {
        auto* from = command->add_option("--from", request.from);
        command->add_flag("--remove-source", request.remove_source)->needs(from);
    }
    end_command->add_option("--id", request.id);
    list_command->add_flag("--all", options->all);
    run = [=](Context& context) {
        if (run_command_->parsed() && context.rest.empty())
            throw Error(Errc::usage, say<texts::change_command_missing>(), say<texts::hint_change_command>());
        if (!run_command_->parsed() && !context.rest.empty())
            throw Error(Errc::usage, say<texts::change_command_unwanted>(),
                        say<texts::hint_change_command>());
        Session session(context);
        if (list_command->parsed()) return list(session, options->all);
        if (begin_command->parsed()) return run_begin(session, options->request);
        if (end_command->parsed()) return run_end(session, options->request);
        return run_command(session, options->request);
    };
}

}  // namespace coffre::cli
