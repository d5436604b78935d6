#include "cli/settings_file.hpp"

#include <algorithm>

#include <toml++/toml.h>

#include "base/error.hpp"
#include "base/process.hpp"
#include "cli/run_settings.hpp"
#include "cli/texts/run_texts.hpp"

namespace coffre::cli {

namespace {

constexpr std::uint64_t settings_file_max = 64 << 10;
constexpr std::uint32_t writable_by_others = 0022;

constexpr std::int64_t hook_seconds_max = 600;
constexpr std::size_t hook_name_max = 40;

constexpr std::string_view below_config = "/coffre/config.toml";

std::optional<std::string> user_place() {
    if (const auto config = environment_variable("XDG_CONFIG_HOME"); config && config->front() == '/')
        return *config + std::string(below_config);
    if (const auto home = environment_variable("HOME")) return *home + "/.config" + std::string(below_config);
    return std::nullopt;
}

std::vector<std::string> machine_places() {
    const auto folders = environment_variable("XDG_CONFIG_DIRS");
    if (!folders) return {"/etc" + std::string(below_config)};
    std::vector<std::string> paths;
    for (std::size_t at = 0; at <= folders->size();) {
        const auto end = std::min(folders->find(':', at), folders->size());
        if (end > at && (*folders)[at] == '/')
            paths.push_back(folders->substr(at, end - at) + std::string(below_config));
        at = end + 1;
    }
    return paths;
}

std::string in_home(const std::string& path) {
    if (!path.starts_with("~/")) return path;
    return environment_variable("HOME").value_or("") + path.substr(1);
}

class Reader {
public:
    explicit Reader(std::string path) : path_(std::move(path)) {}

    // What read() met of these.
    [[nodiscard]] RunSettings beside() const {
        auto out = beside_;
        out.dashboard = dashboard_.value_or("");
        out.metrics = metrics_.value_or("");
        return out;
    }

    SettingsFile read(std::string_view text) {
        toml::table table;
        try {
            table = toml::parse(text, path_);
        } catch (const toml::parse_error& error) {
            // The library's description may quote the file.
            throw refuse<Msg::settings_not_toml>(error.source());
        }
        SettingsFile out;
        for (const auto& [key, node] : table) set(out, std::string(key.str()), node);
        return out;
    }

private:
    void set(SettingsFile& out, const std::string& key, const toml::node& node) {
        if (key == "quiet") {
            const auto value = node.value_exact<bool>();
            if (!value) throw refuse<Msg::settings_value>(node.source(), key);
            out.quiet = *value;
            return;
        }
        if (key == "hook") return set_hooks(node);
        if (key == "password") throw refuse<Msg::settings_password>(node.source());
        std::optional<std::string>* const place = key == "repo"               ? &out.repo
                                                  : key == "key-file"         ? &out.key_file
                                                  : key == "identity"         ? &out.identity
                                                  : key == "password-file"    ? &out.password_file
                                                  : key == "password-command" ? &out.password_command
                                                  : key == "lang"             ? &out.lang
                                                  : key == "cache-dir"        ? &out.cache_dir
                                                  : key == "fleet"            ? &out.fleet
                                                  : key == "dashboard"        ? &dashboard_
                                                  : key == "metrics"          ? &metrics_
                                                                              : nullptr;
        if (place == nullptr) throw refuse<Msg::settings_key>(node.source(), printable(key));
        const auto value = node.value_exact<std::string>();
        const bool fits = value && !value->empty() && (key != "lang" || *value == "fr" || *value == "en");
        if (!fits) throw refuse<Msg::settings_value>(node.source(), key);
        // `run` writes them, from whatever folder it is started in.
        if ((place == &dashboard_ || place == &metrics_) && !in_home(*value).starts_with('/'))
            throw refuse<texts::settings_relative>(node.source(), key);
        *place = key == "password-command" || key == "lang" ? *value : in_home(*value);
    }

    void set_hooks(const toml::node& node) {
        auto& hooks = beside_.hooks;
        const auto* list = node.as_array();
        if (list == nullptr) throw refuse<Msg::settings_value>(node.source(), "hook");
        for (const auto& item : *list) {
            const auto* table = item.as_table();
            if (table == nullptr) throw refuse<Msg::settings_value>(item.source(), "hook");
            hooks.push_back(hook_of(*table));
            const auto& name = hooks.back().name;
            if (std::count_if(hooks.begin(), hooks.end(),
                              [&](const auto& other) { return other.name == name; }) > 1)
                throw refuse<texts::hook_twice>(item.source(), printable(name));
        }
    }

    hooks::Hook hook_of(const toml::table& table) {
        hooks::Hook hook;
        for (const auto& [key, node] : table) set_hook(hook, std::string(key.str()), node);
        for (const auto& [key, there] :
             {std::pair{"name", !hook.name.empty()}, std::pair{"command", !hook.command.empty()}})
            if (!there) throw refuse<texts::hook_lacks>(table.source(), key);
        return hook;
    }

    void set_hook(hooks::Hook& hook, const std::string& key, const toml::node& node) {
        const auto check = [&](bool fits) {
            if (!fits) throw refuse<Msg::settings_value>(node.source(), "hook." + printable(key));
        };
        if (key == "name") {
            hook.name = node.value_exact<std::string>().value_or("");
            check(is_hook_name(hook.name));
        } else if (key == "command") {
            hook.command = texts_of(node);
            check(!hook.command.empty() && !hook.command.front().empty());
            auto& program = hook.command.front();
            program = in_home(program);
            if (!program.starts_with('/') && program.find('/') != std::string::npos)
                throw refuse<texts::settings_relative>(node.source(), "hook.command");
        } else if (key == "events") {
            hook.events = texts_of(node);
            const auto& known = hooks::event_names();
            check(!hook.events.empty());
            for (const auto& event : hook.events)
                if (std::find(known.begin(), known.end(), event) == known.end())
                    throw refuse<texts::hook_event>(node.source(), printable(event));
        } else if (key == "time_limit") {
            const auto seconds = node.value_exact<std::int64_t>().value_or(0);
            check(seconds >= 1 && seconds <= hook_seconds_max);
            hook.time_limit_s = static_cast<int>(seconds);
        } else if (key == "names") {
            const auto value = node.value_exact<bool>();
            check(value.has_value());
            hook.names = value.value_or(false);
        } else {
            throw refuse<Msg::settings_key>(node.source(), "hook." + printable(key));
        }
    }

    static bool is_hook_name(const std::string& name) {
        return !name.empty() && name.size() <= hook_name_max &&
               std::all_of(name.begin(), name.end(), [](char c) {
                   return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
               });
    }

    // Empty where it is no list of texts.
    static std::vector<std::string> texts_of(const toml::node& node) {
        std::vector<std::string> out;
        const auto* list = node.as_array();
        if (list == nullptr) return out;
        for (const auto& item : *list) {
            const auto text = item.value_exact<std::string>();
            if (!text || text->find('\0') != std::string::npos) return {};
            out.push_back(*text);
        }
        return out;
    }

    template <const Text& own, class... Args>
    Error refuse(const toml::source_region& where, Args&&... args) const {
        const auto place = path_ + ":" + std::to_string(where.begin.line);
        return {Errc::usage, say<own>(place, std::forward<Args>(args)...), say<texts::hint_hooks>()};
    }

    template <Msg id, class... Args>
    Error refuse(const toml::source_region& where, Args&&... args) const {
        const auto place = path_ + ":" + std::to_string(where.begin.line);
        return {Errc::usage, say<id>(place, std::forward<Args>(args)...), say<Msg::hint_settings>()};
    }

    std::string path_;
    RunSettings beside_;
    std::optional<std::string> dashboard_, metrics_;
};

struct FileRead {
    SettingsFile settings;
    RunSettings beside;
};

std::optional<FileRead> read_one(FileSystem& files, const std::string& path) {
    const auto stat = files.stat(path);
    if (!stat) return std::nullopt;
    const auto [parent, name] = split_path(files.resolve(path));
    const auto folder = files.open_directory(parent);
    const auto bytes = folder ? read_file(*folder, name, settings_file_max) : std::nullopt;
    if (!bytes) return std::nullopt;
    if ((stat->mode & writable_by_others) != 0)
        throw Error(Errc::usage, say<Msg::settings_writable>(path), say<Msg::hint_settings_writable>());
    Reader reader(path);
    FileRead out{reader.read(as_text(*bytes)), {}};
    out.beside = reader.beside();
    return out;
}

// The user's before the machine's.
std::vector<FileRead> read_all(FileSystem& files) {
    std::vector<FileRead> found;
    if (const auto user = user_place())
        if (auto read = read_one(files, *user)) found.push_back(std::move(*read));
    for (const auto& path : machine_places()) {
        auto read = read_one(files, path);
        if (!read) continue;
        found.push_back(std::move(*read));
        break;
    }
    return found;
}

}  // namespace

std::vector<SettingsFile> read_settings_files(FileSystem& files) {
    std::vector<SettingsFile> found;
    for (auto& read : read_all(files)) found.push_back(std::move(read.settings));
    return found;
}

RunSettings read_run_settings(FileSystem& files) {
    RunSettings out;
    for (const auto& [settings, beside] : read_all(files)) {
        for (const auto& hook : beside.hooks)
            if (std::none_of(out.hooks.begin(), out.hooks.end(),
                             [&](const auto& one) { return one.name == hook.name; }))
                out.hooks.push_back(hook);
        if (out.dashboard.empty()) out.dashboard = beside.dashboard;
        if (out.metrics.empty()) out.metrics = beside.metrics;
    }
    return out;
}

}  // namespace coffre::cli
