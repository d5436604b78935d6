#include "cli/work/restore.hpp"

#include "cli/command/commands.hpp"
#include "cli/command/model_changes.hpp"
#include "cli/work/bak.hpp"
#include "cli/work/restore_equipment.hpp"

namespace coffre::cli {

namespace {

struct Options {
    RestoreRequest request;
    std::string all;  // "true", or "@T"
    EquipmentRestoreRequest equipment;
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

std::string action_text(PlanAction action) {
    switch (action) {
        case PlanAction::add:
            return tr<Msg::plan_add>();
        case PlanAction::change:
            return tr<Msg::plan_change>();
        case PlanAction::remove:
            return tr<Msg::plan_remove>();
        case PlanAction::upload:
            return tr<Msg::plan_upload>();
        case PlanAction::command:
            break;
    }
    return tr<Msg::plan_command>();
}

const char* action_word(PlanAction action) {
    switch (action) {
        case PlanAction::add:
            return "add";
        case PlanAction::change:
            return "change";
        case PlanAction::remove:
            return "remove";
        case PlanAction::upload:
            return "upload";
        case PlanAction::command:
            break;
    }
    return "command";
}

void print_plan(const EquipmentRestoreResult& result) {
    print_line(coloured(Colour::bold, tr<Msg::restore_plan>(result.snapshot, result.equipment)));
    const auto& device = result.device;
    if (!device.model.empty() || !device.serial.empty())
        print_line("  " + tr<Msg::test_identity>(printable(device.manufacturer), printable(device.model),
                                                 printable(device.serial), printable(device.firmware)));
    if (!result.other_serial.empty())
        print_line("  " +
                   coloured(Colour::yellow, tr<Msg::restore_plan_other_serial>(
                                                printable(device.serial), printable(result.other_serial))));
    std::optional<Category> heading;
    for (const auto& step : result.plan.steps) {
        if (heading != step.part) print_line("  " + category_label(step.part));
        heading = step.part;
        print_line("    " + pad(action_text(step.action), 10) + " " + printable(step.what));
    }
    if (result.plan.steps.empty()) print_line("  " + tr<Msg::restore_plan_empty>());
    if (!result.plan.gaps.empty()) print_line("  " + tr<Msg::restore_plan_gaps>());
    for (const auto& gap : result.plan.gaps)
        print_line("    " + category_label(gap.part) + (gap.what.empty() ? "" : ": " + printable(gap.what)) +
                   " — " + text(gap.why));
    if (result.plan.reboots) print_line("  " + coloured(Colour::yellow, tr<Msg::restore_plan_reboot>()));
}

Json plan_json(const RestorePlan& plan) {
    Json json{{"steps", Json::array()}, {"gaps", Json::array()}, {"reboots", plan.reboots}};
    for (const auto& step : plan.steps)
        json["steps"].push_back({{"part", category_name(step.part)},
                                 {"action", action_word(step.action)},
                                 {"what", printable(step.what)}});
    for (const auto& gap : plan.gaps)
        json["gaps"].push_back(
            {{"part", category_name(gap.part)}, {"what", printable(gap.what)}, {"why", text(gap.why)}});
    return json;
}

Json json_of(const EquipmentRestoreResult& result, bool dry_run) {
    const auto or_null = [](const std::string& text_) { return text_.empty() ? Json(nullptr) : Json(text_); };
    Json json{{"snapshot", result.snapshot}, {"commit", result.commit.hex()}, {"equipment", result.equipment},
              {"files", result.files},       {"bytes", result.bytes},         {"verified", result.verified},
              {"dry_run", dry_run}};
    json["device"] = {{"manufacturer", printable(result.device.manufacturer)},
                      {"model", printable(result.device.model)},
                      {"serial", printable(result.device.serial)},
                      {"firmware", printable(result.device.firmware)}};
    json["other_serial"] = or_null(printable(result.other_serial));
    json["plan"] = plan_json(result.plan);
    json["done"] = result.done;
    json["stopped"] = result.stopped ? Json(text(*result.stopped)) : Json(nullptr);
    json["not_read_back"] = result.unread ? Json(text(*result.unread)) : Json(nullptr);
    json["pre"] = or_null(result.pre);
    json["post"] = or_null(result.post);
    json["differences"] = Json::array();
    for (const auto& [change, planned] : result.remaining)
        for (auto& one : model_changes_json({change}, false)) {
            one["planned"] = planned;
            json["differences"].push_back(std::move(one));
        }
    json["seconds"] = result.seconds;
    return json;
}

std::string seconds_text(double seconds) {
    constexpr double tenth = 10;
    const auto tenths = static_cast<std::int64_t>(seconds * tenth + 0.5);
    return tr<Msg::seconds_text>(std::to_string(tenths / 10) + "." + std::to_string(tenths % 10));
}

void print_outcome(const EquipmentRestoreResult& result) {
    std::size_t unplanned = 0;
    for (const auto& [change, planned] : result.remaining) {
        print_line(tr<Msg::restore_differs>(changes_in_short({change}, 100)) +
                   (planned ? " " + tr<Msg::restore_as_planned>() : ""));
        if (!planned) ++unplanned;
    }
    if (result.verified)
        print_line(
            tr<Msg::restore_verified>(result.equipment, result.snapshot, seconds_text(result.seconds)));
    else if (!result.unread)
        print_line(tr<Msg::restore_unverified>(result.equipment, result.snapshot, std::to_string(unplanned)));
    if (!result.pre.empty()) print_line("PRE  " + result.pre);
    if (!result.post.empty()) print_line("POST " + result.post);
}

int restore_into(Session& session, const EquipmentRestoreRequest& request, ProgressLine& progress) {
    const auto& context = session.context();
    const auto result = restore_equipment(session, request, progress, [&](const auto& planned) {
        progress.clear();
        if (!context.settings.json) print_plan(planned);
    });
    progress.clear();
    if (result.stopped)
        warn(tr<Msg::restore_step_failed>(std::to_string(result.done + 1),
                                          std::to_string(result.plan.steps.size()), text(*result.stopped)));
    if (result.unread)
        warn(tr<Msg::restore_not_read_back>(result.equipment, text(*result.unread)) + " — " +
             tr<Msg::hint_restore_not_read_back>(result.equipment));
    if (context.settings.json)
        print_json(json_of(result, request.dry_run));
    else if (!request.dry_run)
        print_outcome(result);
    if (request.dry_run || result.verified) return session.status();
    return static_cast<int>(Errc::partial);
}

// Error{usage} for options of one way beside the other.
void check_target(const Options& options) {
    const auto& into = options.equipment;
    if (options.request.to.empty() == into.equipment.empty())
        throw Error(Errc::usage, say<Msg::restore_needs_target>(), say<Msg::hint_restore_target>());
    const std::vector<std::pair<const char*, bool>> given{{"--only", !into.only.empty()},
                                                          {"--keep-network", into.keep_network},
                                                          {"--confirm-serial", !into.confirm_serial.empty()},
                                                          {"--other-model", !into.other_model.empty()},
                                                          {"--other-firmware", !into.other_firmware.empty()},
                                                          {"-m", !into.message.empty()}};
    for (const auto& [option, is_given] : given)
        if (is_given && into.equipment.empty())
            throw Error(Errc::usage, say<Msg::restore_option_alone>(option), say<Msg::hint_restore_target>());
    if (!into.equipment.empty() &&
        (!options.all.empty() || !options.request.paths.empty() || !options.request.allow_plaintext.empty()))
        throw Error(Errc::usage, say<Msg::restore_needs_target>(), say<Msg::hint_restore_target>());
}

}  // namespace

void register_restore(CLI::App& app, Run& run) {
    auto options = std::make_shared<Options>();
    auto& request = options->request;
    auto* snapshot = app.add_option("SNAPSHOT", request.snapshot);
    app.add_flag("--all", options->all)->excludes(snapshot);
    auto& into = options->equipment;
    app.add_option("--to", request.to);
    app.add_option("--to-equipment", into.equipment);
    app.add_option("--only", into.only)->delimiter(',')->allow_extra_args(false);
    app.add_flag("--keep-network", into.keep_network);
    app.add_option("--confirm-serial", into.confirm_serial);
    app.add_option("--other-model", into.other_model);
    app.add_option("--other-firmware", into.other_firmware);
    app.add_option("-m,--message", into.message);
    app.add_option("--path", request.paths)->allow_extra_args(false);
    app.add_option("--allow-plaintext", request.allow_plaintext);
    app.add_flag("--dry-run", request.dry_run);
    run = [options](Context& context) {
        if (options->request.snapshot.empty() && options->all.empty())
            throw Error(Errc::usage, say<Msg::usage_required>("SNAPSHOT"), say<Msg::hint_help>());
        check_target(*options);
        ProgressLine progress(context.environment.clock, context.settings.quiet, context.settings.json);
        if (options->all.empty() && names_bak_file(context, options->request.snapshot)) {
            const auto result = restore_bak(context, options->request, progress);
            progress.clear();
            print_one(context, options->request, result);
            return 0;
        }
        Session session(context);
        if (!options->equipment.equipment.empty()) {
            options->equipment.snapshot = options->request.snapshot;
            options->equipment.dry_run = options->request.dry_run;
            return restore_into(session, options->equipment, progress);
        }
        return options->all.empty() ? restore_one(session, options->request, progress)
                                    : restore_every(session, *options, progress);
    };
}

}  // namespace coffre::cli
