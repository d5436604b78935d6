#include "cli/work/drill.hpp"

#include <algorithm>

#include "base/process.hpp"
#include "cli/command/commands.hpp"
#include "cli/texts/drill_texts.hpp"
#include "cli/texts/words_texts.hpp"
#include "cli/work/drill_report.hpp"
#include "cli/work/person.hpp"
#include "cli/work/words.hpp"
#include "store/rules/calendar.hpp"
#include "store/rules/drills.hpp"

namespace coffre::cli {

namespace {

struct Options {
    DrillRequest run;
    std::string level;
    Checklist checklist;
    std::string answers;
    std::string report, output;
};

Json or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

// Nothing is what people say in their own language, as they read it.
std::string observations_of(const journal::Drill& drill) {
    return drill.observations.empty() ? tr<texts::drill_nothing_to_say>() : drill.observations;
}

Json json_of(const journal::Drill& drill) {
    Json json{{"id", drill.id},
              {"equipment", drill.equipment},
              {"snapshot", drill.snapshot},
              {"commit", drill.commit.hex()},
              {"source", or_null(drill.source)},
              {"source_role", drill.source_role},
              {"level", drill.level},
              {"target", or_null(drill.target)},
              {"started", to_rfc3339(drill.started)},
              {"ended", to_rfc3339(drill.ended)},
              {"recovery_ms", drill.recovery_ms},
              {"success", drill.success},
              {"observations", observations_of(drill)},
              {"checks", drill.checks},
              {"retest_of", or_null(drill.retest_of)},
              {"signed_by", or_null(drill.signature.person)},
              {"restore_test", rules::is_restore_test(drill)}};
    return json;
}

Json json_of(const DrillResult& result, const journal::Drill& recorded) {
    auto json = json_of(recorded);
    json["failure"] = result.failure ? Json(text(*result.failure)) : Json(nullptr);
    json["new_snapshot"] = or_null(result.new_snapshot);
    json["task"] = result.no_new ? Json(text(*result.no_new)) : Json(nullptr);
    return json;
}

std::string outcome(const journal::Drill& drill) {
    return drill.success ? coloured(Colour::green, tr<texts::drill_success>())
                         : coloured(Colour::red, tr<texts::drill_failed>());
}

std::string source_of(const journal::Drill& drill) {
    return drill.source.empty() ? tr<texts::drill_here>() : drill.source;
}

std::string line_of(const journal::State& state, const journal::Drill& drill) {
    return tr<texts::drill_line>(drill.id, zone_time(state.site.timezone, drill.ended),
                                 std::to_string(drill.level), drill.snapshot, source_of(drill)) +
           tr<texts::colon>() + outcome(drill);
}

// What came of it, and what is to do next.
int tell_result(Session& session, const DrillResult& result) {
    const auto& state = session.state();
    const auto& drill = find_drill(state, result.drill.id);
    if (session.context().settings.json) {
        print_json({{"drills", Json::array({json_of(result, drill)})}});
    } else {
        print_line(line_of(state, drill));
        // Of a test that failed nothing was recovered.
        const auto recovered =
            drill.success ? tr<texts::drill_recovery>(recovery_text(drill.recovery_ms)) : std::string();
        const auto target = drill.target.empty() ? std::string() : "→ " + drill.target;
        if (!recovered.empty() || !target.empty())
            print_line("  " + recovered + (recovered.empty() || target.empty() ? "" : " ") + target);
        for (const auto& line : split_lines(observations_of(drill))) print_line("  " + printable(line));
        if (!result.new_snapshot.empty())
            print_line("  " + tr<texts::drill_new_snapshot>(result.new_snapshot));
        if (rules::is_applied(drill) && !rules::is_restore_test(drill))
            print_line("  " + tr<texts::drill_checklist_next>(drill.id));
        else if (result.so_already)
            print_line("  " + tr<texts::drill_so_already_next>());
        else if (drill.success && !rules::is_restore_test(drill))
            print_line("  " + tr<texts::drill_not_a_test>());
    }
    if (result.no_new) warn(text(*result.no_new));
    return drill.success ? session.status() : static_cast<int>(Errc::partial);
}

int run_one(Session& session, const Options& options, ProgressLine& progress) {
    auto request = options.run;
    if (!options.level.empty()) {
        if (options.level.size() != 1 || options.level < "0" || options.level > "2")
            throw Error(Errc::usage, say<texts::drill_level>(), say<texts::hint_drill_level>());
        request.level = options.level.front() - '0';
    }
    const auto result = run_drill(session, request, progress);
    progress.clear();
    return tell_result(session, result);
}

// Answers that a file gives: {"cameras": "14/16", "recording": "yes", …}.
std::map<std::string, std::string> answers_in(const Context& context, const std::string& path) {
    constexpr std::uint64_t size_max = 64 << 10;
    const auto [folder_path, name] = split_path(context.environment.files.resolve(path));
    const auto folder = context.environment.files.open_directory(folder_path);
    const auto bytes = folder ? read_file(*folder, name, size_max) : std::nullopt;
    if (!bytes)
        throw Error(Errc::failed, say<Msg::file_error>(path, tr<Msg::os_not_found>()), say<Msg::hint_help>());
    std::map<std::string, std::string> answers;
    try {
        const auto given = Json::parse(as_text(*bytes));
        for (const auto& [item, answer] : given.items()) answers[item] = answer.get<std::string>();
    } catch (const Json::exception&) {
        throw Error(Errc::usage, say<texts::drill_answers_file>(path), say<texts::hint_drill_answer>());
    }
    return answers;
}

// What the checklist lacks, of who stands in front of the equipment: told first which one it is, and asked
// for nothing that could not be signed.
void ask(Session& session, const journal::Drill& drill, Checklist& checklist) {
    check_can_sign(session);
    note(false, tr<texts::drill_asked>(drill.id, drill.snapshot, drill.equipment, drill.target));
    for (const auto& item : checklist_items())
        while (!checklist.answers.contains(item)) {
            note(false, checklist_question(item) + (item == "cameras" ? " (14/16)" : " (yes, no, none)"));
            const auto answer = read_input_line();
            if (!answer) return;
            if (is_answer(item, *answer))
                checklist.answers[item] = *answer;
            else
                note(false, tr<texts::drill_answer>(printable(*answer), item));
        }
}

int record_one(Session& session, const Options& options, ProgressLine& progress) {
    auto checklist = options.checklist;
    std::erase_if(checklist.answers, [](const auto& given) { return given.second.empty(); });
    if (!options.answers.empty()) checklist.answers.merge(answers_in(session.context(), options.answers));
    const auto drill = drill_to_complete(session.state(), checklist.id);
    checklist.id = drill.id;
    if (standard_input_is_terminal() && !session.context().settings.json) ask(session, drill, checklist);
    return tell_result(session, record_checklist(session, checklist, progress));
}

int due(Session& session) {
    const auto& state = session.state();
    const auto now = session.context().environment.clock.now();
    const auto plan = rules::next_drill(state, now);
    const auto overdue = rules::equipment_drills(state, now);
    const Listing listing(state);
    const auto name = plan ? listing.name(listing.names().find(plan->commit.hex())) : "";
    const auto date = [&](Timestamp time) { return due_date(state.site.timezone, time); };
    if (session.context().settings.json) {
        Json json{{"drills", Json::array()}, {"equipment", Json::array()}};
        if (plan)
            json["drills"].push_back({{"equipment", plan->equipment},
                                      {"snapshot", name},
                                      {"commit", plan->commit.hex()},
                                      {"source", or_null(plan->source)},
                                      {"source_role", plan->source_role},
                                      {"due", to_rfc3339(plan->due)},
                                      {"overdue", plan->overdue}});
        for (const auto& one : overdue)
            json["equipment"].push_back({{"equipment", one.equipment},
                                         {"last", one.last ? Json(to_rfc3339(*one.last)) : Json(nullptr)},
                                         {"due", to_rfc3339(one.due)}});
        print_json(json);
        return session.status();
    }
    if (!plan) note(session.context().quiet(), tr<texts::drill_due_none>());
    if (plan)
        print_line(tr<texts::drill_due_line>(
                       plan->equipment, name,
                       plan->source.empty() ? tr<texts::drill_due_no_place>(role_label(plan->source_role))
                                            : plan->source + " (" + role_label(plan->source_role) + ")",
                       date(plan->due)) +
                   (plan->overdue ? "  " + coloured(Colour::red, tr<texts::drill_due_overdue>()) : ""));
    for (const auto& one : overdue) print_line(tr<texts::drill_due_equipment>(one.equipment, date(one.due)));
    return session.status();
}

int list(Session& session) {
    const auto& state = session.state();
    const auto drills = drills_newest_first(state);
    if (session.context().settings.json) {
        Json json{{"drills", Json::array()}};
        for (const auto* drill : drills) json["drills"].push_back(json_of(*drill));
        print_json(json);
        return session.status();
    }
    for (const auto* drill : drills)
        print_line(line_of(state, *drill) + ", " +
                   (drill->signature.person.empty() ? tr<texts::drill_unsigned>()
                                                    : tr<texts::drill_signed_by>(drill->signature.person)));
    if (drills.empty()) note(session.context().quiet(), tr<texts::drill_list_none>());
    return session.status();
}

int report(Session& session, const Options& options) {
    const auto& drill = find_drill(session.state(), options.report);
    const auto html = drill_report(session.state(), drill);
    if (!options.output.empty()) write_report(session.context(), options.output, html);
    if (session.context().settings.json) {
        print_json({{"drills", Json::array({json_of(drill)})}, {"file", or_null(options.output)}});
    } else if (options.output.empty()) {
        print_bytes(as_bytes(html));
    } else {
        print_line(tr<texts::drill_report_written>(options.output, drill.id));
    }
    return session.status();
}

}  // namespace

void register_drill(CLI::App& app, Run& run) {
    auto options = std::make_shared<Options>();
    auto* due_command = add_subcommand(app, "due");
    auto* run_command = add_subcommand(app, "run");
    auto* record_command = add_subcommand(app, "record");
    auto* list_command = add_subcommand(app, "list");
    auto* report_command = add_subcommand(app, "report");
    (void)report_command;
    auto& request = options->run;
    run_command->add_option("NAME", request.equipment);
    run_command->add_option("--snapshot", request.snapshot);
    run_command->add_option("--source", request.source);
    run_command->add_option("--level", options->level);
    run_command->add_option("--target-equipment", request.target);
    run_command->add_option("--to", request.to);
    run_command->add_option("--confirm-serial", request.confirm_serial);
    run_command->add_option("--other-model", request.other_model);
    run_command->add_option("--other-firmware", request.other_firmware);
    run_command->add_option("--retest-of", request.retest_of);
    run_command->add_option("-m,--message", request.observations);
    record_command->add_option("ID", options->checklist.id);
    for (const auto& item : checklist_items())
        record_command->add_option("--" + item, options->checklist.answers[item]);
    record_command->add_option("--answers", options->answers);
    record_command->add_option("-m,--message", options->checklist.observations);
    report_command->add_option("ID", options->report)->required();
    report_command->add_option("-o,--output", options->output);
    run = [=](Context& context) {
        Session session(context);
        ProgressLine progress(context.environment.clock, context.settings.quiet, context.settings.json);
        if (due_command->parsed()) return due(session);
        if (run_command->parsed()) return run_one(session, *options, progress);
        if (record_command->parsed()) return record_one(session, *options, progress);
        return list_command->parsed() ? list(session) : report(session, *options);
    };
}

}  // namespace coffre::cli
