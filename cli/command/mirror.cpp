#include "cli/work/mirror.hpp"

#include <algorithm>

#include "cli/command/commands.hpp"

namespace coffre::cli {

namespace {

constexpr int jobs_max = 32;
constexpr std::int64_t day_ns = 24ll * 3600 * 1'000'000'000;

Json names_json(const std::vector<std::string>& names) {
    Json list = Json::array();
    for (const auto& name : names) list.push_back(name);
    return list;
}

Json outcome_json(const RemoteOutcome& outcome) {
    const auto& report = outcome.report;
    Json json{{"remote", outcome.name},
              {"uploaded_files", report.uploaded_files},
              {"uploaded_bytes", report.uploaded_bytes},
              {"downloaded_files", report.downloaded_files},
              {"downloaded_bytes", report.downloaded_bytes},
              {"deleted_files", report.deleted_files},
              {"verified_files", report.verified_files},
              {"whole", report.whole},
              {"verified", report.verified},
              {"missing", names_json(report.missing)}};
    json["damaged"] = Json::array();
    for (const auto& damage : report.damaged)
        json["damaged"].push_back({{"path", damage.path}, {"what", text(damage.what)}});
    json["error"] = outcome.error ? Json{{"code", static_cast<int>(outcome.error->code())},
                                         {"message", text(outcome.error->message())}}
                                  : Json(nullptr);
    return json;
}

// The contract's fields over all remotes, and each of them.
void print_outcome_json(const MirrorOutcome& outcome, int status) {
    Json json{{"remote", ""}};
    std::string names;
    repo::MirrorReport sum;
    auto list = Json::array();
    for (const auto& one : outcome.remotes) {
        names += (names.empty() ? "" : ",") + one.name;
        sum.uploaded_files += one.report.uploaded_files;
        sum.uploaded_bytes += one.report.uploaded_bytes;
        sum.downloaded_files += one.report.downloaded_files;
        sum.downloaded_bytes += one.report.downloaded_bytes;
        sum.deleted_files += one.report.deleted_files;
        sum.verified_files += one.report.verified_files;
        list.push_back(outcome_json(one));
    }
    json["remote"] = names;
    json["uploaded_files"] = sum.uploaded_files;
    json["uploaded_bytes"] = sum.uploaded_bytes;
    json["downloaded_files"] = sum.downloaded_files;
    json["downloaded_bytes"] = sum.downloaded_bytes;
    json["deleted_files"] = sum.deleted_files;
    json["verified_files"] = sum.verified_files;
    json["recorded"] = outcome.recorded;
    json["ok"] = status == 0;
    json["remotes"] = std::move(list);
    auto failed = Json::array();
    for (const auto& one : outcome.remotes)
        if (one.error) failed.push_back({{"remote", one.name}, {"error", text(one.error->message())}});
    json["failed"] = std::move(failed);
    print_json(json);
}

void print_outcome(const RemoteOutcome& outcome) {
    const auto& report = outcome.report;
    if (!outcome.error)
        print_line(tr<Msg::mirror_line>(
            outcome.name, count_files(report.uploaded_files), human_bytes(report.uploaded_bytes),
            count_files(report.downloaded_files), count_files(report.verified_files)));
    if (report.deleted_files > 0)
        print_line(tr<Msg::mirror_pruned>(outcome.name, count_files(report.deleted_files)));
}

void tell_trouble(const RemoteOutcome& outcome) {
    const auto& report = outcome.report;
    for (const auto& what : report.warnings) warn(tr<Msg::remote_failed>(outcome.name, text(what)));
    if (outcome.no_kit) warn(tr<Msg::mirror_no_kit>(outcome.name, text(*outcome.no_kit)));
    if (!report.missing.empty())
        warn(tr<Msg::set_back>(outcome.name, count_files(report.missing.size()),
                               report.missing.front().substr(0, 24)) +
             " — " + tr<Msg::hint_set_back>());
    if (outcome.set_back)
        warn(tr<Msg::mirror_streams_back>(outcome.name, outcome.set_back->hex().substr(0, 16)) + " — " +
             tr<Msg::hint_set_back>());
    for (const auto& damage : report.damaged)
        warn(tr<Msg::remote_failed>(outcome.name, text(damage.what)) + " — " + tr<Msg::hint_mirror_damage>());
}

// 13 before anything else: an alarm is not drowned by an unplugged disk.
int status_of(const MirrorOutcome& outcome) {
    bool alarm = false, failed = false;
    for (const auto& one : outcome.remotes) {
        alarm =
            alarm || !one.report.fine() || one.set_back || (one.error && one.error->code() == Errc::damaged);
        failed = failed || one.error;
    }
    return static_cast<int>(alarm ? Errc::damaged : failed ? Errc::partial : Errc{});
}

int run_mirror(Context& context, const MirrorRequest& request) {
    ProgressLine progress(context.environment.clock, context.settings.quiet, context.settings.json);
    Copy copy(context);
    const auto outcome = mirror(copy, request, progress);
    progress.clear();
    for (const auto& one : outcome.remotes) tell_trouble(one);
    const int status = status_of(outcome);
    // Nothing worked at all: that remote's own failure, as any other command would tell it.
    const bool none = std::all_of(outcome.remotes.begin(), outcome.remotes.end(),
                                  [](const auto& one) { return one.error.has_value(); });
    if (none && status != static_cast<int>(Errc::damaged)) {
        for (std::size_t i = 1; i < outcome.remotes.size(); ++i)
            warn(tr<Msg::remote_failed>(outcome.remotes[i].name, text(outcome.remotes[i].error->message())));
        throw *outcome.remotes.front().error;
    }
    for (const auto& one : outcome.remotes)
        if (one.error)
            warn(tr<Msg::remote_failed>(one.name, text(one.error->message())) +
                 (one.error->hint().empty() ? "" : " — " + text(one.error->hint())));
    if (context.settings.json) {
        print_outcome_json(outcome, status);
    } else {
        for (const auto& one : outcome.remotes) print_outcome(one);
        if (outcome.recorded) print_line(tr<Msg::mirror_recorded>());
        if (!outcome.keyed) print_line(tr<Msg::mirror_not_recorded>());
    }
    return status != 0 || copy.session() == nullptr ? status : copy.session()->status();
}

void print_clone(const Context& context, const CloneRequest& request, const repo::MirrorReport& report) {
    Json newest = Json::array();
    std::vector<std::string> lines;
    if (context.any_credentials()) {
        Context here = context;
        here.settings.repo = request.path;
        const Session session(here);
        const auto& state = session.state();
        const Listing listing(state);
        const auto now = context.environment.clock.now();
        for (const auto& [name, equipment] : state.equipment) {
            if (equipment.removed) continue;
            const auto* snapshot = rules::NewestFirst(state, name).next();
            Json one{{"equipment", name}, {"name", nullptr}, {"age_days", nullptr}};
            if (snapshot == nullptr) {
                lines.push_back(tr<Msg::clone_none>(pad(name, 24)));
            } else {
                const auto days = (now.ns - snapshot->recorded_at.ns) / day_ns;
                one["name"] = listing.name(*snapshot);
                one["age_days"] = days;
                lines.push_back(
                    tr<Msg::clone_newest>(pad(name, 24), listing.time(*snapshot), std::to_string(days)));
            }
            newest.push_back(std::move(one));
        }
    }
    if (context.settings.json) {
        print_json({{"remote", request.url.substr(0, request.url.find('?'))},
                    {"path", request.path},
                    {"uploaded_files", 0},
                    {"uploaded_bytes", 0},
                    {"downloaded_files", report.downloaded_files},
                    {"downloaded_bytes", report.downloaded_bytes},
                    {"deleted_files", 0},
                    {"recorded", false},
                    {"newest", std::move(newest)}});
        return;
    }
    print_line(tr<Msg::clone_done>(request.path, count_files(report.downloaded_files),
                                   human_bytes(report.downloaded_bytes)));
    for (const auto& line : lines) print_line(line);
}

}  // namespace

void register_mirror(CLI::App& app, Run& run) {
    auto request = std::make_shared<MirrorRequest>();
    app.add_option("REMOTE", request->names);
    app.add_flag("--prune", request->prune);
    auto* unread = app.add_flag("--no-read-back", request->no_read_back);
    app.add_flag("--read-all", request->read_all)->excludes(unread);
    app.add_option("--jobs", request->jobs)->check(CLI::Range(1, jobs_max));
    run = [request](Context& context) { return run_mirror(context, *request); };
}

void register_clone(CLI::App& app, Run& run) {
    auto request = std::make_shared<CloneRequest>();
    app.add_option("URL", request->url)->required();
    app.add_option("PATH", request->path)->required();
    app.add_option("--expect", request->expect);
    run = [request](Context& context) {
        ProgressLine progress(context.environment.clock, context.settings.quiet, context.settings.json);
        const auto report = clone(context, *request, progress);
        progress.clear();
        for (const auto& damage : report.damaged) warn(text(damage.what));
        for (const auto& what : report.warnings) warn(text(what));
        print_clone(context, *request, report);
        return report.damaged.empty() ? 0 : static_cast<int>(Errc::damaged);
    };
}

}  // namespace coffre::cli
