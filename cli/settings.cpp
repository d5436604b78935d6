#include "cli/settings.hpp"

#include <algorithm>
#include <functional>

#include "base/error.hpp"
#include "base/process.hpp"
#include "cli/run_settings.hpp"
#include "cli/texts/people_texts.hpp"
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

// One level of precedence: options, variables, or a settings file.
struct Level {
    std::string key_file;
    std::string identity;
    std::string password_file;
    std::string password_command;
    std::optional<std::string> password;

    [[nodiscard]] bool passphrase() const {
        return !password_file.empty() || !password_command.empty() || password;
    }
    [[nodiscard]] bool any() const { return !key_file.empty() || passphrase(); }
};

std::vector<Level> levels_of(const Context& context) {
    const auto& settings = context.settings;
    const auto variable = [](const char* name) { return environment_variable(name).value_or(""); };
    std::vector<Level> levels;
    levels.push_back({settings.key_file, settings.identity, settings.password_file, settings.password_command,
                      std::nullopt});
    levels.push_back({variable("COFFRE_KEY_FILE"), variable("COFFRE_IDENTITY"),
                      variable("COFFRE_PASSWORD_FILE"), variable("COFFRE_PASSWORD_COMMAND"),
                      context.inherited.password});
    for (const auto& file : context.files)
        levels.push_back({file.key_file.value_or(""), file.identity.value_or(""),
                          file.password_file.value_or(""), file.password_command.value_or(""), std::nullopt});
    return levels;
}

// The place of the first level that has one; past the last: none has.
template <class Has>
std::size_t first_level(const std::vector<Level>& levels, Has has) {
    return static_cast<std::size_t>(
        std::distance(levels.begin(), std::find_if(levels.begin(), levels.end(), has)));
}

bool names_identity(const Level& level) { return !level.identity.empty(); }

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

// What gives the passphrase, asked for once in a process; null: there is none.
std::function<std::string()> asker(const Context& context) {
    const auto levels = levels_of(context);
    const auto given = first_level(levels, std::mem_fn(&Level::passphrase));
    if (given < levels.size())
        return [level = levels[given], keep = context.keep, &files = context.environment.files] {
            return keep->passphrase([&] { return passphrase_of(level, files); });
        };
    if (!standard_error_is_terminal()) return nullptr;
    return [keep = context.keep] {
        return keep->passphrase([] { return ask_secret(tr<Msg::ask_passphrase>()).value_or(""); });
    };
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

// What lies at the default place, or is named by a settings file, is no wish to open anything.
bool Context::any_credentials() const {
    const auto levels = levels_of(*this);
    return std::any_of(levels.begin(), levels.end(), std::mem_fn(&Level::any)) || names_identity(levels[0]) ||
           names_identity(levels[1]);
}

CredentialSource credential_source(const Context& context) {
    const auto levels = levels_of(context);
    const auto given = first_level(levels, std::mem_fn(&Level::any));
    CredentialSource source;
    // A settings file's own word for it is read again where this is used.
    for (const auto& level : {levels[0], levels[1]})
        if (source.identity.empty()) source.identity = level.identity;
    if (given == levels.size()) return source;
    const auto& level = levels[given];
    source.settings_file = given > 1;
    source.key_file = level.key_file;
    if (!level.key_file.empty()) return source;
    source.password_file = level.password_file;
    source.command = level.password_file.empty() && !level.password_command.empty();
    return source;
}

repo::Credentials Context::credentials() const {
    const auto levels = levels_of(*this);
    const auto given = first_level(levels, std::mem_fn(&Level::any));
    const auto named = first_level(levels, names_identity);
    repo::Credentials out;
    if (given < levels.size() && given <= named && !levels[given].key_file.empty()) {
        out.key_file_path = levels[given].key_file;
        out.key_file = read_text_file(environment.files, levels[given].key_file);
        return out;
    }
    out.passphrase = asker(*this);
    if (const auto* card = identity_card())
        out.identity = {card->recipient, [this]() -> const crypto::Identity& { return identity(); },
                        named < levels.size() && named <= given,
                        say<texts::identity_unlisted>(identity_path()), say<texts::hint_identity_unlisted>()};
    return out;
}

std::string Context::identity_path() const {
    const auto levels = levels_of(*this);
    const auto named = first_level(levels, names_identity);
    if (named < levels.size()) return levels[named].identity;
    const auto folder = folder_from("XDG_CONFIG_HOME", ".config");
    return folder.empty() ? "" : folder + "/identity";
}

bool Context::identity_is_named() const {
    const auto levels = levels_of(*this);
    return first_level(levels, names_identity) < levels.size();
}

const crypto::Card* Context::identity_card() const {
    const auto levels = levels_of(*this);
    const bool named = identity_is_named();
    const auto path = identity_path();
    if (path.empty()) return nullptr;
    try {
        const auto* card = keep->card(environment.files, path);
        if (card == nullptr && named)
            throw Error(Errc::failed, say<texts::identity_missing>(path), say<texts::hint_identity_new>());
        return card;
    } catch (const Error& error) {
        // Nobody asked for the one at the default place.
        if (named || error.code() != Errc::damaged ||
            first_level(levels, std::mem_fn(&Level::any)) == levels.size())
            throw;
        return nullptr;
    }
}

const crypto::Identity& Context::identity() const {
    return keep->open(environment.files, identity_path(), asker(*this));
}

std::string ask_new_passphrase() {
    const auto first = ask_secret(tr<Msg::ask_new_passphrase>());
    const auto second = ask_secret(tr<Msg::ask_passphrase_again>());
    if (first != second) throw Error(Errc::usage, say<Msg::passphrases_differ>(), say<Msg::hint_try_again>());
    return first.value_or("");
}

std::string Context::new_passphrase() const {
    const auto levels = levels_of(*this);
    const auto given = first_level(levels, std::mem_fn(&Level::passphrase));
    std::string passphrase;
    if (given < levels.size()) {
        passphrase = passphrase_of(levels[given], environment.files);
    } else if (standard_error_is_terminal()) {
        passphrase = ask_new_passphrase();
    } else {
        throw Error(Errc::usage, say<Msg::no_new_passphrase>(), say<Msg::hint_new_passphrase>());
    }
    if (passphrase.empty())
        throw Error(Errc::usage, say<Msg::empty_passphrase>(), say<Msg::hint_new_passphrase>());
    return passphrase;
}

}  // namespace coffre::cli
