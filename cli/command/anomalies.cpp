#include "cli/work/anomalies.hpp"

#include <algorithm>

#include "cli/command/commands.hpp"
#include "cli/texts/anomaly_texts.hpp"
#include "cli/texts/dashboard_texts.hpp"
#include "cli/texts/run_texts.hpp"
#include "cli/work/status.hpp"

namespace coffre::cli {

namespace {

constexpr std::size_t label_width = 18;

struct Options {
    std::string id, message, person;
    std::vector<std::string> evidence;
    bool all = false;
};

std::string subject_of(const journal::Anomaly& anomaly) {
    return !anomaly.equipment.empty() ? anomaly.equipment : anomaly.remote;
}

Json view_json(const Listing& listing, const rules::AnomalyView& view) {
    const auto& anomaly = *view.anomaly;
    const auto* kind = rules::find_anomaly_kind(anomaly.kind);
    const auto time_json = [](const std::optional<Timestamp>& time) {
        return time ? Json(to_rfc3339(*time)) : Json(nullptr);
    };
    Json json{{"id", anomaly.id},
              {"kind", anomaly.kind},
              {"title", text(texts::anomaly_title(anomaly.kind))},
              {"way_out", text(texts::anomaly_way_out(anomaly.kind))},
              {"sentence", kind == nullptr ? "" : kind->sentence},
              {"severity", anomaly.severity},
              {"equipment", anomaly.equipment},
              {"remote", anomaly.remote},
              {"state", std::string(rules::anomaly_state_name(view.state))},
              {"opened", to_rfc3339(anomaly.opened)},
              {"detected", to_rfc3339(anomaly.detected)},
              {"due", to_rfc3339(view.due)},
              {"breached", view.breached},
              {"ended", time_json(view.ended)},
              {"reopened", anomaly.times_reopened}};
    json["snapshots"] = Json::array();
    for (const auto& commit : anomaly.snapshots) json["snapshots"].push_back(commit.hex());
    json["details"] = Json::object();
    for (const auto& [name, value] : anomaly.details) json["details"][name] = value;
    json["acknowledged"] = listing.version(anomaly.acknowledged);
    json["treated"] = listing.version(anomaly.treated);
    if (anomaly.treated) json["treated"]["person"] = anomaly.treated_by;
    json["resolved"] = listing.version(anomaly.resolved);
    if (anomaly.resolved) {
        json["resolved"]["by_rule"] = anomaly.resolved_by_rule;
        json["resolved"]["evidence"] = anomaly.evidence;
    }
    json["alerts"] = Json::array();
    for (const auto& [hours, time] : anomaly.alerts)
        json["alerts"].push_back({{"hours", hours}, {"time", to_rfc3339(time)}});
    return json;
}

std::string severity_word(const std::string& severity) {
    if (severity == "critical") return coloured(Colour::red, tr<texts::severity_critical>());
    if (severity == "major") return coloured(Colour::yellow, tr<texts::severity_major>());
    return tr<texts::severity_minor>();
}

std::string state_word(rules::AnomalyState state) {
    switch (state) {
        case rules::AnomalyState::acknowledged:
            return tr<texts::state_acknowledged>();
        case rules::AnomalyState::treated:
            return tr<texts::state_treated>();
        case rules::AnomalyState::resolved:
            return tr<texts::state_resolved>();
        case rules::AnomalyState::open:
            break;
    }
    return tr<texts::state_open>();
}

std::string clock_word(const rules::AnomalyView& view, Timestamp now) {
    if (view.ended) return state_word(view.state);
    const auto words = countdown(view.due, now);
    return now < view.due ? words : coloured(Colour::red, words);
}

std::vector<rules::AnomalyView> chosen(const journal::State& state, bool all, Timestamp now) {
    auto views = rules::open_anomalies(state, now);
    if (!all) return views;
    std::vector<const journal::Anomaly*> over;
    for (const auto& [id, anomaly] : state.procedure.anomalies)
        if (anomaly.known() && anomaly.resolved) over.push_back(&anomaly);
    std::stable_sort(over.begin(), over.end(),
                     [](const auto* a, const auto* b) { return a->opened > b->opened; });
    for (const auto* anomaly : over) views.push_back(rules::view_of(state, *anomaly, now));
    return views;
}

int list(Session& session, bool all) {
    const auto& state = session.state();
    const auto now = session.context().environment.clock.now();
    const auto views = chosen(state, all, now);
    if (session.context().settings.json) {
        const Listing listing(state);
        Json list = Json::array();
        for (const auto& view : views) list.push_back(view_json(listing, view));
        print_json({{"anomalies", std::move(list)}});
        return session.status();
    }
    for (const auto& view : views) {
        const auto& anomaly = *view.anomaly;
        print_line(coloured(Colour::yellow, anomaly.id) + "  " + pad(severity_word(anomaly.severity), 9) +
                   "  " + pad(subject_of(anomaly), 20) + "  " + pad(clock_word(view, now), 20) + "  " +
                   text(texts::anomaly_title(anomaly.kind)));
    }
    if (views.empty()) note(session.context().quiet(), tr<texts::anomalies_none>());
    return session.status();
}

void print_field(const std::string& label, const std::string& value) {
    print_line(pad(label, label_width) + value);
}

void print_version(const Session& session, const Listing& listing, const std::string& label,
                   const std::optional<journal::Version>& version, const std::string& by) {
    if (!version) return;
    print_field(label, zone_time(session.state().site.timezone, version->time) + "  " +
                           printable(by.empty() ? listing.actor(version->actor) : by) + "  " +
                           printable(version->message.substr(0, version->message.find('\n'))));
}

int show(Session& session, const std::string& id) {
    const auto& state = session.state();
    const Listing listing(state);
    const auto now = session.context().environment.clock.now();
    const auto view = rules::view_of(state, find_anomaly(state, id), now);
    if (session.context().settings.json) {
        print_json({{"anomaly", view_json(listing, view)}});
        return session.status();
    }
    const auto& anomaly = *view.anomaly;
    const auto* kind = rules::find_anomaly_kind(anomaly.kind);
    const auto& zone = state.site.timezone;
    print_line(coloured(Colour::yellow, anomaly.id) + "  " + text(texts::anomaly_title(anomaly.kind)));
    print_field(tr<texts::label_kind>(), anomaly.kind);
    if (kind != nullptr) print_field(tr<texts::label_sentence>(), kind->sentence);
    print_field(tr<texts::label_severity>(), severity_word(anomaly.severity));
    if (!subject_of(anomaly).empty()) print_field(tr<texts::label_subject>(), printable(subject_of(anomaly)));
    print_field(tr<texts::label_state>(), state_word(view.state));
    print_field(tr<texts::label_opened>(), zone_time(zone, anomaly.opened));
    print_field(tr<texts::label_detected>(), zone_time(zone, anomaly.detected));
    print_field(tr<texts::label_due>(), zone_time(zone, view.due) + "  " + clock_word(view, now));
    for (const auto& commit : anomaly.snapshots) print_field(tr<texts::label_snapshots>(), commit.hex());
    for (const auto& [name, value] : anomaly.details) print_field(printable(name), printable(value));
    print_version(session, listing, tr<texts::label_acknowledged>(), anomaly.acknowledged, "");
    print_version(session, listing, tr<texts::label_treated>(), anomaly.treated, anomaly.treated_by);
    print_version(session, listing, tr<texts::label_resolved>(), anomaly.resolved, "");
    for (const auto& evidence : anomaly.evidence)
        print_field(tr<texts::label_evidence>(), printable(evidence));
    std::string hours;
    for (const auto& [level, time] : anomaly.alerts)
        hours += (hours.empty() ? "" : ", ") + std::to_string(level) + " h";
    if (!hours.empty()) print_field(tr<texts::label_alerts>(), hours);
    if (!view.ended) print_field(tr<texts::label_way_out>(), text(texts::anomaly_way_out(anomaly.kind)));
    return session.status();
}

// What was done, and the anomaly as it is now.
int tell_done(Session& session, const std::string& id, const char* what, const std::string& line) {
    if (session.context().settings.json) {
        const Listing listing(session.state());
        const auto now = session.context().environment.clock.now();
        const auto view = rules::view_of(session.state(), find_anomaly(session.state(), id), now);
        print_json({{what, id}, {"anomaly", view_json(listing, view)}});
    } else {
        print_line(line);
    }
    return session.status();
}

int acknowledge(Session& session, const Options& options) {
    const auto id = acknowledge_anomaly(session, options.id, options.message);
    const auto now = session.context().environment.clock.now();
    const auto view = rules::view_of(session.state(), find_anomaly(session.state(), id), now);
    const auto due = zone_time(session.state().site.timezone, view.due);
    return tell_done(session, id, "acknowledged",
                     view.breached ? tr<texts::anomaly_late_acknowledged>(id, due)
                                   : tr<texts::anomaly_now_acknowledged>(id, due));
}

int treat(Session& session, const Options& options) {
    const auto id = treat_anomaly(session, options.id, options.person, options.message);
    const auto& anomaly = find_anomaly(session.state(), id);
    return tell_done(session, id, "treated", tr<texts::anomaly_now_treated>(id, anomaly.treated_by));
}

int resolve(Session& session, const Options& options) {
    const auto id = resolve_anomaly(session, options.id, options.evidence, options.message);
    return tell_done(session, id, "resolved", tr<texts::anomaly_resolved>(id));
}

}  // namespace

void register_anomalies(CLI::App& app, Run& run) {
    auto options = std::make_shared<Options>();
    app.add_flag("--all", options->all);
    auto* list_command = app.add_subcommand("list");
    auto* show_command = app.add_subcommand("show");
    auto* ack_command = app.add_subcommand("ack");
    auto* treat_command = app.add_subcommand("treat");
    auto* resolve_command = app.add_subcommand("resolve");
    app.require_subcommand(0, 1);
    list_command->add_flag("--all", options->all);
    for (auto* command : {list_command, show_command, ack_command, treat_command, resolve_command})
        command->fallthrough();
    for (auto* command : {show_command, ack_command, treat_command, resolve_command})
        command->add_option("ID", options->id)->required();
    ack_command->add_option("-m,--message", options->message);
    treat_command->add_option("-m,--message", options->message)->required();
    treat_command->add_option("--person", options->person);
    resolve_command->add_option("-m,--message", options->message)->required();
    resolve_command->add_option("--evidence", options->evidence);
    run = [=](Context& context) {
        Session session(context);
        if (show_command->parsed()) return show(session, options->id);
        if (ack_command->parsed()) return acknowledge(session, *options);
        if (treat_command->parsed()) return treat(session, *options);
        if (resolve_command->parsed()) return resolve(session, *options);
        return list(session, options->all);
    };
}

}  // namespace coffre::cli
