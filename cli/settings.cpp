#include "cli/settings.hpp"

#include "base/error.hpp"
#include "base/process.hpp"
#include "cli/run_settings.hpp"
#include "cli/work/places.hpp"

namespace coffre::cli {

namespace {

constexpr std::uint64_t secret_file_max = 64 << 10;

std::string read_text_file(FileSystem& files, const std::string& path) {
    const auto [folder_path, name] = split_path(files.resolve(path));
    const auto folder = files.open_directory(folder_path);
    // A process substitution or a pipe is not a regular file of a folder: those are what a command is for.
    const auto bytes = folder ? read_file(*folder, name, secret_file_max) : std::nullopt;
    if (!bytes) throw Error(Errc::no_key, say<Msg::secret_file_missing>(path), say<Msg::hint_give_key>());
    return std::string(as_text(*bytes));
}

std::string first_line(std::string text) {
    const auto end = text.find('\n');
    std::string line = text.substr(0, end);
    if (!line.empty() && line.back() == '\r') line.pop_back();
    crypto::wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
    return line;
}

std::string folder_from(const char* xdg, const char* below_home) {
    if (const auto value = environment_variable(xdg); value && value->front() == '/')
        return *value + "/coffre";
    if (const auto home = environment_variable("HOME")) return *home + "/" + below_home + "/coffre";
    return "";
}

// One level of precedence: options, or variables.
struct Level {
    std::string key_file;
    std::string password_file;
    std::string password_command;
    std::optional<std::string> password;
    bool settings_file = false;

    [[nodiscard]] bool passphrase() const {
        return !password_file.empty() || !password_command.empty() || password;
    }
    [[nodiscard]] bool any() const { return !key_file.empty() || passphrase(); }
};

Level level_of(const Context& context) {
    const auto& settings = context.settings;
    Level options{settings.key_file, settings.password_file, settings.password_command, std::nullopt};
    if (options.any()) return options;
    Level variables{environment_variable("COFFRE_KEY_FILE").value_or(""),
                    environment_variable("COFFRE_PASSWORD_FILE").value_or(""),
                    environment_variable("COFFRE_PASSWORD_COMMAND").value_or(""), context.inherited.password};
    if (variables.any()) return variables;
    for (const auto& file : context.files) {
        Level level{file.key_file.value_or(""), file.password_file.value_or(""),
                    file.password_command.value_or(""), std::nullopt, true};
        if (level.any()) return level;
    }
    return {};
}

// The first settings file that says something.
std::string from_files(const Context& context, std::optional<std::string> SettingsFile::*field) {
    for (const auto& file : context.files)
        if (file.*field) return *(file.*field);
    return "";
}

std::string passphrase_of(const Level& level, FileSystem& files) {
    if (!level.password_file.empty()) return read_passphrase_file(files, level.password_file);
    if (!level.password_command.empty()) return first_line(first_line_of_command(level.password_command));
    return level.password.value_or("");
}

}  // namespace

std::string read_passphrase_file(FileSystem& files, const std::string& path) {
    return first_line(read_text_file(files, path));
}

std::string Context::person() const { return user_name(); }
std::string Context::actor_name() const { return user_name() + "@" + host_name(); }

repo::LocalFolders Context::local_folders() const {
    std::string cache = environment_variable("COFFRE_CACHE_DIR").value_or("");
    if (cache.empty()) cache = from_files(*this, &SettingsFile::cache_dir);
    if (cache.empty()) cache = folder_from("XDG_CACHE_HOME", ".cache");
    return {cache, folder_from("XDG_STATE_HOME", ".local/state")};
}

std::string Context::repository_path() const {
    std::string path = settings.repo;
    if (path.empty()) path = environment_variable("COFFRE_REPO").value_or("");
    if (path.empty()) path = from_files(*this, &SettingsFile::repo);
    if (path.empty()) throw Error(Errc::usage, say<Msg::repo_not_given>(), say<Msg::hint_repo>());
    return path;
}

std::unique_ptr<BlobStore> Context::open_store() const {
    const auto path = repository_path();
    if (remote::is_url(path)) return open_directly(*this, path);
    const auto stat = environment.files.stat(path);
    if (!stat || stat->type != FileType::directory)
        throw Error(Errc::no_repository, say<Msg::no_repository>(path), say<Msg::hint_init>());
    return directory_blob_store(environment.files.open_directory(path), environment.clock,
                                environment.random);
}

std::unique_ptr<BlobStore> Context::make_store() const {
    if (remote::is_url(repository_path()))
        throw Error(Errc::usage, say<Msg::repo_url>(repository_path()), say<Msg::hint_repo_url>());
    return directory_blob_store(environment.files.make_directories(repository_path()), environment.clock,
                                environment.random);
}

bool Context::any_credentials() const { return level_of(*this).any(); }

CredentialSource credential_source(const Context& context) {
    const Level level = level_of(context);
    CredentialSource source;
    source.settings_file = level.settings_file;
    source.key_file = level.key_file;
    if (!level.key_file.empty()) return source;
    source.password_file = level.password_file;
    source.command = level.password_file.empty() && !level.password_command.empty();
    return source;
}

repo::Credentials Context::credentials() const {
    const Level level = level_of(*this);
    repo::Credentials out;
    if (!level.key_file.empty()) {
        out.key_file_path = level.key_file;
        out.key_file = read_text_file(environment.files, level.key_file);
    } else if (level.passphrase()) {
        out.passphrase = [level, &files = environment.files] { return passphrase_of(level, files); };
    } else if (standard_error_is_terminal()) {
        out.passphrase = [] { return ask_secret(tr<Msg::ask_passphrase>()).value_or(""); };
    }
    return out;
}

std::string Context::new_passphrase() const {
    Level level = level_of(*this);
    std::string passphrase;
    if (level.passphrase()) {
        passphrase = passphrase_of(level, environment.files);
    } else if (standard_error_is_terminal()) {
        const auto first = ask_secret(tr<Msg::ask_new_passphrase>());
        const auto second = ask_secret(tr<Msg::ask_passphrase_again>());
        if (first != second)
            throw Error(Errc::usage, say<Msg::passphrases_differ>(), say<Msg::hint_try_again>());
        passphrase = first.value_or("");
    } else {
        throw Error(Errc::usage, say<Msg::no_new_passphrase>(), say<Msg::hint_new_passphrase>());
    }
    if (passphrase.empty())
        throw Error(Errc::usage, say<Msg::empty_passphrase>(), say<Msg::hint_new_passphrase>());
    return passphrase;
}

}  // namespace coffre::cli
