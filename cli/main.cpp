#include "cli/main.hpp"

#include <csignal>
#include <sstream>

#include "base/process.hpp"
#include "cli/command/commands.hpp"
#include "cli/output.hpp"
#include "store/crypto/primitives.hpp"

namespace coffre::cli {

namespace {

// --lang, else COFFRE_LANG, else LANG. Wanted before the options are described, so before they are parsed.
Lang wanted_language(int argc, char** argv) {
    std::string wanted = environment_variable("COFFRE_LANG").value_or("");
    if (wanted.empty())
        for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"})
            if (wanted.empty()) wanted = environment_variable(name).value_or("");
    for (int i = 1; i < argc; ++i) {
        const std::string_view argument = argv[i];
        if (argument == "--") break;
        if (argument == "--lang" && i + 1 < argc) wanted = argv[i + 1];
        if (argument.starts_with("--lang=")) wanted = argument.substr(7);
    }
    return wanted.starts_with("fr") ? Lang::fr : Lang::en;
}

bool wants_json(int argc, char** argv) {
    for (int i = 1; i < argc && std::string_view(argv[i]) != "--"; ++i)
        if (std::string_view(argv[i]) == "--json") return true;
    return false;
}

void add_settings(CLI::App& app, Settings& settings) {
    app.add_option("-r,--repo", settings.repo, tr<Msg::opt_repo>());
    app.add_option("--password-file", settings.password_file, tr<Msg::opt_password_file>());
    app.add_option("--password-command", settings.password_command, tr<Msg::opt_password_command>());
    app.add_option("--key-file", settings.key_file, tr<Msg::opt_key_file>());
    app.add_flag("--json", settings.json, tr<Msg::opt_json>());
    app.add_flag("-q,--quiet", settings.quiet, tr<Msg::opt_quiet>());
    app.add_flag("-v,--verbose", settings.verbose, tr<Msg::opt_verbose>());
    app.add_flag("--despite-damage", settings.despite_damage, tr<Msg::opt_despite_damage>());
    app.add_option("--lang", settings.lang, tr<Msg::opt_lang>())->check(CLI::IsMember({"fr", "en"}));
}

// The library prints group and type names as they are and takes some of its words from a formatter's labels.
void translate_help(CLI::App& app) {
    for (auto* option : app.get_options()) {
        if (!option->get_positional()) option->group(tr<Msg::help_options>());
        if (option->get_items_expected() > 0) option->type_name(tr<Msg::help_value>());
    }
    auto formatter = app.get_formatter();
    formatter->label("Usage", tr<Msg::help_usage>());
    formatter->label("Positionals", tr<Msg::help_arguments>());
    formatter->label("OPTIONS", tr<Msg::help_options_word>());
    formatter->label("SUBCOMMAND", tr<Msg::help_command_word>());
    formatter->label("REQUIRED", tr<Msg::help_required>());
}

// The options of a refused command line that are not known: an option's name tells nothing, its value might.
std::string unknown_options(const std::string& library_text) {
    std::string names;
    std::istringstream words(library_text);
    for (std::string word; words >> word;)
        if (word.starts_with("-")) names += (names.empty() ? "" : " ") + word.substr(0, word.find('='));
    return names;
}

// The library's own words are English and sometimes quote the argument: ours are neither.
Error usage_error(const CLI::ParseError& error) {
    const Message hint = say<Msg::hint_help>();
    const std::string what = error.what();
    if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr)
        return {Errc::usage, say<Msg::usage_required>(what.substr(0, what.find(' '))), hint};
    if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) {
        const auto options = unknown_options(error.what());
        return {Errc::usage,
                options.empty() ? say<Msg::usage_unknown>() : say<Msg::usage_unknown_option>(options), hint};
    }
    if (dynamic_cast<const CLI::ValidationError*>(&error) != nullptr ||
        dynamic_cast<const CLI::ConversionError*>(&error) != nullptr ||
        dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr)
        return {Errc::usage, say<Msg::usage_value>(what.substr(0, what.find(':'))), hint};
    return {Errc::usage, say<Msg::usage_wrong>(), hint};
}

int run_command(int argc, char** argv, Context& context, bool& json) {
    CLI::App app(tr<Msg::help_coffre>(), "coffre");
    app.set_help_flag("-h,--help", tr<Msg::opt_help>());
    add_settings(app, context.settings);
    app.require_subcommand(0, 1);
    Run run;
    std::vector<std::pair<CLI::App*, Run>> runs;
    runs.reserve(std::size(commands));
    for (const auto& command : commands) {
        auto* sub = app.add_subcommand(command.name, text({command.summary, {}}));
        sub->fallthrough();
        sub->group(tr<Msg::help_commands>());
        sub->footer(tr<Msg::help_footer>());
        runs.emplace_back(sub, Run{});
        command.add(*sub, runs.back().second);
        translate_help(*sub);
    }
    translate_help(app);
    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
        const auto chosen = app.get_subcommands();
        std::string help = chosen.empty() ? app.help() : chosen.front()->help("coffre");
        while (help.ends_with('\n')) help.pop_back();
        print_line(help);
        return 0;
    } catch (const CLI::ParseError& error) {
        throw usage_error(error);
    }
    json = context.settings.json;
    for (auto& [sub, action] : runs)
        if (sub->parsed()) return action(context);
    throw Error(Errc::usage, say<Msg::usage_no_command>(), say<Msg::hint_help>());
}

}  // namespace

Timestamp parse_time_option(const std::string& option, const std::string& value) {
    const auto time = parse_rfc3339(value);
    if (!time) throw Error(Errc::usage, say<Msg::bad_time>(option, value), say<Msg::hint_time>());
    return *time;
}

int run_main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);
    set_language(wanted_language(argc, argv));
    bool json = wants_json(argc, argv);
    int status = 0;
    try {
        harden_process();
        crypto::start();
        Context context{{system_files(), system_clock(), system_random(), process_id()}, {}, {}};
        context.inherited.password = take_environment_variable("COFFRE_PASSWORD");
        status = run_command(argc, argv, context, json);
        flush_output();
    } catch (const Error& error) {
        status = static_cast<int>(error.code());
        try {
            print_error(error, json);
            flush_output();
        } catch (const Error&) {  // NOLINT: nobody is left to tell
        }
    } catch (const std::bad_alloc&) {
        status = static_cast<int>(Errc::failed);
        print_error(Error(Errc::failed, say<Msg::no_memory>()), json);
    } catch (const std::exception& error) {
        status = static_cast<int>(Errc::failed);
        print_error(Error(Errc::failed, say<Msg::internal_error>(), say<Msg::hint_report>()), json);
    }
    return status;
}

}  // namespace coffre::cli
