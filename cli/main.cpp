#include "cli/main.hpp"

#include <algorithm>
#include <csignal>
#include <sstream>

#include "base/process.hpp"
#include "cli/command/commands.hpp"
#include "cli/help.hpp"
#include "cli/output.hpp"
#include "store/crypto/primitives.hpp"

namespace coffre::cli {

namespace {

// The settings files' word, where they can be read: what is wrong with them is said by the command.
std::string language_of_files() {
    try {
        for (const auto& file : read_settings_files(system_files()))
            if (file.lang) return *file.lang;
    } catch (const Error&) {  // NOLINT: said later
    }
    return "";
}

// --lang, else COFFRE_LANG, else the settings files, else the system's. Wanted before anything is said.
Lang wanted_language(int argc, char** argv) {
    std::string wanted = environment_variable("COFFRE_LANG").value_or("");
    if (wanted.empty()) wanted = language_of_files();
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
    app.add_option("-r,--repo", settings.repo);
    app.add_option("--password-file", settings.password_file);
    app.add_option("--password-command", settings.password_command);
    app.add_option("--key-file", settings.key_file);
    app.add_option("--identity", settings.identity);
    app.add_flag("--json", settings.json);
    app.add_flag("-q,--quiet", settings.quiet);
    app.add_flag("-v,--verbose", settings.verbose);
    app.add_flag("--despite-damage", settings.despite_damage);
    app.add_option("--lang", settings.lang)->check(CLI::IsMember({"fr", "en"}));
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
Error usage_error(const CLI::ParseError& error, bool command_given) {
    const Message hint = say<Msg::hint_help>();
    const std::string what = error.what();
    if (what.starts_with("A subcommand")) return {Errc::usage, say<Msg::usage_no_command>(), hint};
    if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr)
        return {Errc::usage, say<Msg::usage_required>(what.substr(0, what.find(' '))), hint};
    if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) {
        const auto options = unknown_options(error.what());
        if (options.empty() && !command_given) return {Errc::usage, say<Msg::usage_no_such_command>(), hint};
        return {Errc::usage,
                options.empty() ? say<Msg::usage_unknown>() : say<Msg::usage_unknown_option>(options), hint};
    }
    if (dynamic_cast<const CLI::ExcludesError*>(&error) != nullptr) {
        const auto middle = what.find(" excludes ");
        if (middle != std::string::npos)
            return {Errc::usage, say<Msg::usage_excludes>(what.substr(0, middle), what.substr(middle + 10)),
                    hint};
    }
    if (dynamic_cast<const CLI::ValidationError*>(&error) != nullptr ||
        dynamic_cast<const CLI::ConversionError*>(&error) != nullptr ||
        dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr)
        return {Errc::usage, say<Msg::usage_value>(what.substr(0, what.find(':'))), hint};
    return {Errc::usage, say<Msg::usage_wrong>(), hint};
}

// Splits off what stands behind the first "--".
std::vector<std::string> take_rest(std::vector<std::string>& arguments) {
    const auto dashes = std::find(arguments.begin(), arguments.end(), "--");
    if (dashes == arguments.end()) return {};
    std::vector<std::string> rest(std::next(dashes), arguments.end());
    arguments.erase(dashes, arguments.end());
    return rest;
}

// Only the commands that the arguments name are made ready, for making all takes longer than most of them
// run. All where none is named (what is wrong is then said as always), and for the one that tells of all.
std::vector<const Command*> wanted_commands(const std::vector<std::string>& arguments) {
    std::vector<const Command*> named, all;
    bool tells_of_all = false;
    for (const auto& command : commands) {
        all.push_back(&command);
        if (std::find(arguments.begin(), arguments.end(), command.name) == arguments.end()) continue;
        named.push_back(&command);
        tells_of_all = tells_of_all || command.add == register_completion;
    }
    return named.empty() || tells_of_all ? all : named;
}

const Command* command_in(const std::vector<std::string>& arguments) {
    for (const auto& command : commands)
        if (std::find(arguments.begin(), arguments.end(), command.name) != arguments.end() &&
            command.takes_rest)
            return &command;
    return nullptr;
}

void use_settings_files(Context& context) {
    context.files = read_settings_files(context.environment.files);
    for (const auto& file : context.files) {
        if (!file.quiet) continue;
        context.settings.quiet = context.settings.quiet || *file.quiet;
        break;
    }
}

int run_command(int argc, char** argv, Context& context, bool& json) {
    CLI::App app("", "coffre");
    app.set_help_flag("-h,--help");
    add_settings(app, context.settings);
    app.require_subcommand(0, 1);
    std::vector<std::string> arguments(argv + 1, argv + argc);
    const auto wanted = wanted_commands(arguments);
    std::vector<std::pair<CLI::App*, Run>> runs;
    runs.reserve(wanted.size());
    for (const auto* command : wanted) {
        auto* sub = app.add_subcommand(command->name);
        sub->fallthrough();
        runs.emplace_back(sub, Run{});
        command->add(*sub, runs.back().second);
    }
    // "--all@2025-05-10" is one word to the user, and "--all=" to the library.
    if (std::find(arguments.begin(), arguments.end(), "restore") != arguments.end())
        for (auto& argument : arguments)
            if (argument.starts_with("--all@")) argument.replace(5, 1, "=@");
    if (command_in(arguments) != nullptr) context.rest = take_rest(arguments);
    std::reverse(arguments.begin(), arguments.end());  // as the library wants them
    try {
        app.parse(arguments);
    } catch (const CLI::CallForHelp&) {
        const auto chosen = app.get_subcommands();
        print_help(chosen.empty() ? "coffre" : chosen.front()->get_name());
        return 0;
    } catch (const CLI::ParseError& error) {
        throw usage_error(error, !app.get_subcommands().empty());
    }
    json = context.settings.json;
    for (std::size_t i = 0; i < runs.size(); ++i) {
        if (!runs[i].first->parsed()) continue;
        if (!wanted[i]->needs_no_settings) use_settings_files(context);
        const int status = runs[i].second(context);
        for (const auto& words : context.parting_words) warn(words);
        return status;
    }
    throw Error(Errc::usage, say<Msg::usage_no_command>(), say<Msg::hint_help>());
}

}  // namespace

CLI::App* add_subcommand(CLI::App& app, const char* name) {
    auto* sub = app.add_subcommand(name);
    sub->fallthrough();
    app.require_subcommand(1);
    return sub;
}

void print_help(const std::string& command) {
    const auto known = help_commands();
    if (std::find(known.begin(), known.end(), command) == known.end())
        throw Error(Errc::usage, say<Msg::usage_no_such_command>(), say<Msg::hint_help>());
    std::string page = render_help(language(), command, terminal_width(), colours_wanted());
    while (page.ends_with('\n')) page.pop_back();
    print_line(page);
}

Timestamp parse_time_option(const std::string& option, const std::string& value) {
    const auto time = parse_rfc3339(value);
    if (!time) throw Error(Errc::usage, say<Msg::bad_time>(option, value), say<Msg::hint_time>());
    return *time;
}

rules::TimeSpan parse_site_time_option(const std::string& zone, const std::string& option,
                                       const std::string& value) {
    if (const auto span = rules::parse_civil(zone, value)) return *span;
    const auto time = parse_rfc3339(value);
    if (!time) throw Error(Errc::usage, say<Msg::bad_time>(option, value), say<Msg::hint_site_time>());
    return {*time, Timestamp{time->ns + 1}};
}

int run_main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);
    // Ignored by some that start programs: the end of what this one starts would be lost.
    std::signal(SIGCHLD, SIG_DFL);
    set_language(wanted_language(argc, argv));
    bool json = wants_json(argc, argv);
    int status = 0;
    try {
        harden_process();
        keep_freed_memory();
        crypto::start();
        Context context{{system_files(), system_clock(), system_random(), process_id()}, {}, {}, {}, {}, {}};
        context.inherited.password = take_environment_variable("COFFRE_PASSWORD");
        status = run_command(argc, argv, context, json);
        flush_output();
    } catch (const Error& error) {
        status = static_cast<int>(error.code());
        try {
            if (!reader_gone()) print_error(error, json);
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
