#include "cli/work/schedule.hpp"

#include <algorithm>

#include "base/process.hpp"
#include "base/run_program.hpp"
#include "cli/run_settings.hpp"
#include "cli/texts/run_texts.hpp"
#include "cli/work/fleet.hpp"
#include "cli/work/places.hpp"
#include "hooks/units.hpp"
#include "store/crypto/primitives.hpp"
#include "store/repo/format_file.hpp"

namespace coffre::cli {

namespace {

constexpr std::uint64_t file_max = 1 << 20;  // bytes
constexpr std::size_t id_digits = 8;
constexpr std::uint32_t unit_mode = 0644;
constexpr const char* user_table = "crontab";

std::string absolute(const Context& context, const std::string& path) {
    return path.empty() ? path : context.environment.files.resolve(path);
}

// "coffre-1a2b3c4d"; of a fleet by its folder's name, in letters that units and files of cron.d take, and by
// the whole path: there may be another folder of that name.
std::string name_of(const Context& context, const ScheduleOptions& options) {
    if (options.fleet.empty())
        return "coffre-" + repo::read_format_file(*context.open_store()).id.hex().substr(0, id_digits);
    std::string name = "coffre-fleet-";
    const auto path = absolute(context, options.fleet);
    for (const char c : split_path(path).second) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        name += plain ? c : '-';
    }
    return name + "-" + crypto::sha256(as_bytes(path)).hex().substr(0, id_digits);
}

// Media that a repository is mirrored to, as this machine knows them.
std::vector<std::string> media_of(const Context& context, const std::string& repository) {
    std::vector<std::string> media;
    const auto folder = context.environment.files.open_directory(repository);
    if (!folder) return media;
    const auto store = directory_blob_store(context.environment.files.open_directory(repository),
                                            context.environment.clock, context.environment.random);
    const auto id = repo::read_format_file(*store).id;
    for (const auto& [name, remote] : memory_of(context, id).of_machine().remotes)
        if (const auto url = remote::parse_url(remote.url); url.scheme == "file") media.push_back(url.path);
    return media;
}

// Repositories that a run is of. Error where there is none.
std::vector<std::string> repositories_of(const Context& context, const ScheduleOptions& options) {
    if (options.fleet.empty()) {
        (void)context.open_store();
        return {context.repository_path()};
    }
    std::vector<std::string> paths;
    for (const auto& site : find_sites(context, options.fleet).sites)
        paths.push_back(site == "." ? options.fleet : options.fleet + "/" + site);
    return paths;
}

// Folders that a run writes into, beside those that the manager makes.
std::vector<std::string> writable_folders(const Context& context, const ScheduleOptions& options) {
    std::vector<std::string> folders;
    const auto add = [&](const std::string& path) {
        const auto at = absolute(context, path);
        if (at.starts_with('/') && std::find(folders.begin(), folders.end(), at) == folders.end())
            folders.push_back(at);
    };
    add(options.fleet.empty() ? context.repository_path() : options.fleet);
    for (const auto& repository : repositories_of(context, options)) {
        try {
            for (const auto& medium : media_of(context, repository)) add(medium);
        } catch (const Error&) {  // a site that cannot be read is told of by each run
            if (options.fleet.empty()) throw;
        }
    }
    if (options.run_as.empty()) {
        const auto local = context.local_folders();
        add(local.state);
        add(local.cache);
    }
    const auto settings = read_run_settings(context.environment.files);
    for (const auto& file : {settings.dashboard, settings.metrics})
        if (!file.empty()) add(split_path(file).first);
    return folders;
}

void check(const ScheduleOptions& options, const hooks::ScheduleRequest& request) {
    if (!options.run_as.empty() && !options.system)
        throw Error(Errc::usage, say<texts::run_as_system>(), say<texts::hint_run_as>());
    if (!options.run_as.empty() && !hooks::is_account_name(options.run_as))
        throw Error(Errc::usage, say<texts::run_as_name>(options.run_as), say<texts::hint_run_as_name>());
    auto all = request.command;
    all.insert(all.end(), request.writable.begin(), request.writable.end());
    for (const auto& text :
         {request.key_file, request.password_file, request.identity_file, request.description})
        all.push_back(text);
    for (const auto& [name, value] : request.environment) all.push_back(value);
    for (const auto& text : all)
        if (!hooks::can_be_written(text))
            throw Error(Errc::usage, say<texts::schedule_path>(text), say<texts::hint_schedule_path>());
}

// The identity that a run is to open with. What lies at its own place is found by who runs it, unless that is
// somebody else.
std::string identity_for(const Context& context, const ScheduleOptions& options,
                         const CredentialSource& source) {
    if (!source.identity.empty() || options.run_as.empty() || !source.key_file.empty())
        return source.identity;
    const auto path = context.identity_path();
    return !path.empty() && context.environment.files.stat(path) ? path : "";
}

hooks::ScheduleRequest request_of(const Context& context, const ScheduleOptions& options) {
    hooks::ScheduleRequest request;
    const auto every = hooks::parse_interval(options.every);
    if (!every) throw Error(Errc::usage, say<texts::every_form>(options.every), say<texts::hint_every>());
    if (options.fleet.empty() && remote::is_url(context.repository_path()))
        throw Error(Errc::usage, say<texts::schedule_url>(context.repository_path()),
                    say<texts::hint_schedule_url>());
    request.every_minutes = *every;
    request.name = name_of(context, options);
    request.system = options.system;
    request.run_as = options.system && options.run_as.empty() ? "root" : options.run_as;
    const auto subject = absolute(context, options.fleet.empty() ? context.repository_path() : options.fleet);
    request.description = tr<texts::run_of>(subject);
    request.command = {loaded_program().executable};
    if (options.fleet.empty())
        request.command.insert(request.command.end(), {"--quiet", "run"});
    else
        request.command.insert(request.command.end(), {"--quiet", "fleet", "run", subject});
    const auto source = credential_source(context);
    request.key_file = absolute(context, source.key_file);
    request.password_file = absolute(context, source.password_file);
    request.identity_file = absolute(context, identity_for(context, options, source));
    request.own_folders = !options.run_as.empty();
    // Another account reads another settings file.
    const bool asks = source.command && source.settings_file && options.run_as.empty();
    if (source.key_file.empty() && source.password_file.empty() && !asks)
        throw Error(Errc::usage, say<texts::schedule_key>(), say<texts::hint_schedule_key>());
    if (options.fleet.empty()) request.environment.emplace_back("COFFRE_REPO", subject);
    request.environment.emplace_back("COFFRE_LANG", language() == Lang::fr ? "fr" : "en");
    // Another account has folders of its own.
    if (options.run_as.empty())
        for (const char* name : {"XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "COFFRE_CACHE_DIR"})
            if (const auto value = environment_variable(name)) request.environment.emplace_back(name, *value);
    request.writable = writable_folders(context, options);
    check(options, request);
    return request;
}

std::string unit_folder(const ScheduleOptions& options) {
    if (options.system) return options.root + (options.cron ? "/etc/cron.d" : "/etc/systemd/system");
    if (const auto config = environment_variable("XDG_CONFIG_HOME"); config && config->front() == '/')
        return options.root + *config + "/systemd/user";
    const auto home = environment_variable("HOME");
    if (!home) throw Error(Errc::usage, say<texts::schedule_home>(), say<texts::hint_schedule_home>());
    return options.root + *home + "/.config/systemd/user";
}

std::string read_user_table() {
    std::string table;
    Program program;
    program.arguments = {user_table, "-l"};
    program.output_limit = file_max;
    const auto result = run_program(program, [&](ByteView piece) { table += as_text(piece); });
    if (result.succeeded()) return table;
    // It says so, and by the status alone an empty one and one that cannot be read look alike.
    if (result.last_words.text().find("no crontab for") != std::string::npos) return "";
    throw Error(Errc::failed, say<texts::crontab_unread>(), say<texts::hint_crontab>());
}

void write_user_table(const std::string& table) {
    Program program;
    program.arguments = {user_table, "-"};
    program.input = as_bytes(table);
    const auto result = run_program(program, [](ByteView) {});
    if (!result.succeeded())
        throw Error(Errc::failed, say<texts::command_failed>("crontab -", std::to_string(result.number)),
                    say<texts::hint_crontab>());
}

bool is_user_cron(const ScheduleOptions& options) { return options.cron && !options.system; }

// What is to stand where.
std::vector<ScheduledFile> files_of(const Context& context, const ScheduleOptions& options,
                                    const hooks::ScheduleRequest& request) {
    std::vector<ScheduledFile> files;
    if (is_user_cron(options)) {
        files.push_back({user_table, hooks::cron_lines(request)});
        const auto table = read_user_table();
        if (hooks::with_cron_lines(table, request.name, files.back().content) == table)
            files.back().state = ScheduledFile::State::same;
        else if (hooks::with_cron_lines(table, request.name, "") != table)
            files.back().state = ScheduledFile::State::other;
        return files;
    }
    const auto at = unit_folder(options);
    if (options.cron)
        files.push_back({at + "/" + request.name, hooks::cron_lines(request)});
    else
        for (auto& unit : hooks::systemd_units(request))
            files.push_back({at + "/" + unit.name, std::move(unit.content)});
    const auto folder = context.environment.files.open_directory(at);
    for (auto& file : files) {
        const auto there = folder ? read_file(*folder, split_path(file.path).second, file_max) : std::nullopt;
        if (there)
            file.state =
                as_text(*there) == file.content ? ScheduledFile::State::same : ScheduledFile::State::other;
    }
    return files;
}

// Of a repository that is not there any more: found by its path in what was written. "": nothing is there.
std::string name_of_lost(const Context& context, const ScheduleOptions& options) {
    const auto path = absolute(context, context.repository_path());
    if (is_user_cron(options)) {
        const auto table = read_user_table();
        for (const auto& name : hooks::names_in_table(table))
            if (hooks::names_repository(hooks::lines_in_table(table, name), path)) return name;
        return "";
    }
    const auto folder = context.environment.files.open_directory(unit_folder(options));
    if (!folder) return "";
    const std::string ending = options.cron ? "" : ".service";
    for (const auto& entry : folder->entries()) {
        if (entry.type != FileType::regular || !entry.name.starts_with("coffre-") ||
            !entry.name.ends_with(ending))
            continue;
        const auto content = read_file(*folder, entry.name, file_max);
        if (content && hooks::names_repository(std::string(as_text(*content)), path))
            return entry.name.substr(0, entry.name.size() - ending.size());
    }
    return "";
}

std::vector<std::vector<std::string>> systemd_commands(const ScheduleOptions& options,
                                                       const std::string& name, bool install) {
    if (options.cron) return {};
    std::vector<std::string> manager{"systemctl"};
    if (!options.system) manager.emplace_back("--user");
    const auto with = [&](std::vector<std::string> words) {
        words.insert(words.begin(), manager.begin(), manager.end());
        return words;
    };
    const auto timer = name + ".timer";
    if (install) return {with({"daemon-reload"}), with({"enable", "--now", timer})};
    return {with({"disable", "--now", timer}), with({"daemon-reload"})};
}

std::string line_of(const std::vector<std::string>& words) {
    std::string line;
    for (const auto& word : words) line += (line.empty() ? "" : " ") + word;
    return line;
}

// Where systemd runs. What fails is told, with the commands: the files are there.
void run_commands(const Context& context, const ScheduleOptions& options,
                  const std::vector<std::vector<std::string>>& commands, ScheduleOutcome& outcome) {
    if (!options.root.empty() || !context.environment.files.stat("/run/systemd/system")) return;
    for (const auto& words : commands) {
        Program program;
        program.arguments = words;
        for (const char* name : {"XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS"})
            if (const auto value = environment_variable(name)) program.environment[name] = *value;
        try {
            const auto result = run_program(program, [](ByteView) {});
            if (!result.succeeded())
                outcome.not_run = say<texts::command_failed>(line_of(words), std::to_string(result.number));
        } catch (const Error& error) {
            outcome.not_run = error.message();
        }
        if (outcome.not_run) return;
    }
    outcome.ran = true;
}

}  // namespace

ScheduleOutcome show_schedule(const Context& context, const ScheduleOptions& options) {
    ScheduleOutcome outcome;
    const auto request = request_of(context, options);
    outcome.files = files_of(context, options, request);
    for (const auto& words : systemd_commands(options, request.name, true))
        outcome.commands.push_back(line_of(words));
    return outcome;
}

ScheduleOutcome install_schedule(const Context& context, const ScheduleOptions& options) {
    auto outcome = show_schedule(context, options);
    if (options.dry_run) return outcome;
    const auto name = name_of(context, options);
    // A folder that is not there when the service starts cannot be written.
    if (options.system && !options.cron && options.run_as.empty() && options.root.empty()) {
        const auto local = context.local_folders();
        for (const auto& folder : {local.state, local.cache})
            if (!folder.empty()) context.environment.files.make_directories(folder);
    }
    for (auto& file : outcome.files) {
        if (file.state == ScheduledFile::State::same) continue;
        if (is_user_cron(options)) {
            write_user_table(hooks::with_cron_lines(read_user_table(), name, file.content));
        } else {
            const auto [parent, own] = split_path(file.path);
            const auto folder = context.environment.files.make_directories(parent);
            // Cron reads no file with a dot in its name, and systemd none without a known ending.
            const auto scratch = "." + own + ".tmp";
            folder->remove_file(scratch);
            write_file_durably(*folder, scratch, *folder, own, as_bytes(file.content), unit_mode);
        }
        file.state = ScheduledFile::State::same;
        file.changed = true;
    }
    run_commands(context, options, systemd_commands(options, name, true), outcome);
    return outcome;
}

ScheduleOutcome remove_schedule(const Context& context, const ScheduleOptions& options) {
    ScheduleOutcome outcome;
    hooks::ScheduleRequest request;
    try {
        request.name = name_of(context, options);
    } catch (const Error& error) {
        // Gone or moved: its timer is what is to be taken out.
        if (error.code() != Errc::no_repository) throw;
        request.name = name_of_lost(context, options);
        if (request.name.empty()) throw;
    }
    request.command = {""};
    outcome.files = files_of(context, options, request);
    const auto commands = systemd_commands(options, request.name, false);
    for (const auto& words : commands) outcome.commands.push_back(line_of(words));
    const bool there = std::any_of(outcome.files.begin(), outcome.files.end(), [](const auto& file) {
        return file.state != ScheduledFile::State::absent;
    });
    if (options.dry_run || !there) return outcome;
    if (!commands.empty()) run_commands(context, options, {commands.front()}, outcome);
    for (auto& file : outcome.files) {
        if (file.state == ScheduledFile::State::absent) continue;
        if (is_user_cron(options)) {
            write_user_table(hooks::with_cron_lines(read_user_table(), request.name, ""));
        } else {
            const auto [parent, own] = split_path(file.path);
            if (const auto folder = context.environment.files.open_directory(parent)) {
                folder->remove_file(own);
                folder->sync();
            }
        }
        file.state = ScheduledFile::State::absent;
        file.changed = true;
    }
    if (!commands.empty() && !outcome.not_run) run_commands(context, options, {commands.back()}, outcome);
    return outcome;
}

}  // namespace coffre::cli
