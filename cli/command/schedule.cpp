#include "cli/work/schedule.hpp"

#include "cli/command/commands.hpp"
#include "cli/output.hpp"
#include "cli/texts/run_texts.hpp"

namespace coffre::cli {

namespace {

const char* state_word(ScheduledFile::State state) {
    switch (state) {
        case ScheduledFile::State::same:
            return "same";
        case ScheduledFile::State::other:
            return "other";
        case ScheduledFile::State::absent:
            break;
    }
    return "absent";
}

void print_outcome_json(const ScheduleOutcome& outcome) {
    Json json;
    json["files"] = Json::array();
    for (const auto& file : outcome.files)
        json["files"].push_back({{"path", file.path},
                                 {"state", state_word(file.state)},
                                 {"changed", file.changed},
                                 {"content", file.content}});
    json["commands"] = outcome.commands;
    json["ran"] = outcome.ran;
    print_json(json);
}

std::string state_line(const ScheduledFile& file) {
    switch (file.state) {
        case ScheduledFile::State::same:
            return tr<texts::schedule_same>(file.path);
        case ScheduledFile::State::other:
            return tr<texts::schedule_other>(file.path);
        case ScheduledFile::State::absent:
            break;
    }
    return tr<texts::schedule_absent>(file.path);
}

void print_commands(const Context& context, const ScheduleOutcome& outcome) {
    if (outcome.not_run) warn(text(*outcome.not_run));
    for (const auto& command : outcome.commands)
        note(context.quiet(),
             outcome.ran ? tr<texts::schedule_ran>(command) : tr<texts::schedule_then>(command));
}

void print_show(const ScheduleOutcome& outcome) {
    for (const auto& file : outcome.files) {
        print_line("# " + state_line(file));
        auto content = file.content;
        if (content.ends_with('\n')) content.pop_back();
        print_line(content);
    }
}

void print_install(const Context& context, const ScheduleOutcome& outcome) {
    for (const auto& file : outcome.files)
        print_line(file.changed ? tr<texts::schedule_written>(file.path) : state_line(file));
    print_commands(context, outcome);
}

void print_removal(const Context& context, const ScheduleOutcome& outcome) {
    bool any = false;
    for (const auto& file : outcome.files) {
        if (file.changed) print_line(tr<texts::schedule_removed>(file.path));
        any = any || file.changed || file.state != ScheduledFile::State::absent;
        if (!file.changed && file.state != ScheduledFile::State::absent) print_line(state_line(file));
    }
    if (any)
        print_commands(context, outcome);
    else
        note(context.quiet(), tr<texts::schedule_none>());
}

}  // namespace

void register_schedule(CLI::App& app, Run& run) {
    auto options = std::make_shared<ScheduleOptions>();
    auto* install = add_subcommand(app, "install");
    auto* show = add_subcommand(app, "show");
    auto* remove = add_subcommand(app, "remove");
    for (auto* command : {install, show, remove}) {
        auto* system = command->add_flag("--system", options->system);
        command->add_flag("--user")->excludes(system);
        command->add_flag("--cron", options->cron);
        command->add_option("--fleet", options->fleet);
        command->add_option("--root", options->root);
    }
    for (auto* command : {install, show}) {
        command->add_option("--every", options->every);
        command->add_option("--run-as", options->run_as);
    }
    for (auto* command : {install, remove}) command->add_flag("--dry-run", options->dry_run);
    run = [=](Context& context) {
        const bool prints = show->parsed() || (install->parsed() && options->dry_run);
        const auto outcome = remove->parsed()    ? remove_schedule(context, *options)
                             : install->parsed() ? install_schedule(context, *options)
                                                 : show_schedule(context, *options);
        if (context.settings.json)
            print_outcome_json(outcome);
        else if (prints)
            print_show(outcome);
        else if (install->parsed())
            print_install(context, outcome);
        else
            print_removal(context, outcome);
        return 0;
    };
}

}  // namespace coffre::cli
