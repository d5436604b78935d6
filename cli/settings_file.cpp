#include "cli/settings_file.hpp"

#include <toml++/toml.h>

#include "base/error.hpp"
#include "base/process.hpp"

namespace coffre::cli {

namespace {

constexpr std::uint64_t settings_file_max = 64 << 10;
constexpr std::uint32_t writable_by_others = 0022;

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
        if (key == "password") throw refuse<Msg::settings_password>(node.source());
        std::optional<std::string>* const place = key == "repo"               ? &out.repo
                                                  : key == "key-file"         ? &out.key_file
                                                  : key == "identity"         ? &out.identity
                                                  : key == "password-file"    ? &out.password_file
                                                  : key == "password-command" ? &out.password_command
                                                  : key == "lang"             ? &out.lang
                                                  : key == "cache-dir"        ? &out.cache_dir
                                                  : key == "fleet"            ? &out.fleet
                                                                              : nullptr;
        if (place == nullptr) throw refuse<Msg::settings_key>(node.source(), printable(key));
        const auto value = node.value_exact<std::string>();
        const bool fits = value && !value->empty() && (key != "lang" || *value == "fr" || *value == "en");
        if (!fits) throw refuse<Msg::settings_value>(node.source(), key);
        *place = key == "password-command" || key == "lang" ? *value : in_home(*value);
    }

    template <Msg id, class... Args>
    Error refuse(const toml::source_region& where, Args&&... args) const {
        const auto place = path_ + ":" + std::to_string(where.begin.line);
        return {Errc::usage, say<id>(place, std::forward<Args>(args)...), say<Msg::hint_settings>()};
    }

    std::string path_;
};

std::optional<SettingsFile> read_one(FileSystem& files, const std::string& path) {
    const auto stat = files.stat(path);
    if (!stat) return std::nullopt;
    const auto [parent, name] = split_path(files.resolve(path));
    const auto folder = files.open_directory(parent);
    const auto bytes = folder ? read_file(*folder, name, settings_file_max) : std::nullopt;
    if (!bytes) return std::nullopt;
    if ((stat->mode & writable_by_others) != 0)
        throw Error(Errc::usage, say<Msg::settings_writable>(path), say<Msg::hint_settings_writable>());
    return Reader(path).read(as_text(*bytes));
}

}  // namespace

std::vector<SettingsFile> read_settings_files(FileSystem& files) {
    std::vector<SettingsFile> found;
    if (const auto user = user_place())
        if (auto settings = read_one(files, *user)) found.push_back(std::move(*settings));
    for (const auto& path : machine_places()) {
        auto settings = read_one(files, path);
        if (!settings) continue;
        found.push_back(std::move(*settings));
        break;
    }
    return found;
}

}  // namespace coffre::cli
