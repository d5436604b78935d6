#include "drivers/remote/credentials.hpp"

#include <algorithm>
#include <map>
#include <mutex>

#include <string.h>

#include "base/error.hpp"
#include "base/process.hpp"

namespace coffre::remote {

namespace {

constexpr std::uint64_t file_limit = 1 << 20;  // bytes
constexpr std::uint32_t others = 077;          // permission bits of everybody but the owner

void wipe(std::string& text) noexcept {
    // All of its room: where a text moved out or became shorter, its bytes still lie there.
    text.resize(text.capacity());
    ::explicit_bzero(text.data(), text.size());
    text.clear();
}

// Names and values that wipe themselves.
struct Fields {
    std::map<std::string, std::string, std::less<>> values;

    Fields() = default;
    Fields(Fields&&) = default;
    Fields& operator=(Fields&&) = delete;
    Fields(const Fields&) = delete;
    Fields& operator=(const Fields&) = delete;
    ~Fields() {
        for (auto& [name, value] : values) wipe(value);
    }

    [[nodiscard]] std::string take(std::string_view name) {
        const auto found = values.find(name);
        return found == values.end() ? std::string() : std::move(found->second);
    }
};

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

// "name=value" lines. `section` empty: those before any "[section]", values as they stand. Otherwise those of
// that section, as AWS's tools write them: blanks around '=' do not count, '#' and ';' begin a comment line.
Fields parse_fields(std::string_view text, std::string_view section) {
    Fields fields;
    bool inside = section.empty();
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.ends_with('\r')) line.remove_suffix(1);
        const auto bare = trimmed(line);
        if (bare.empty() || bare.front() == '#' || bare.front() == ';') continue;
        if (bare.front() == '[') {
            inside =
                !section.empty() && bare.back() == ']' && trimmed(bare.substr(1, bare.size() - 2)) == section;
            continue;
        }
        const auto mark = line.find('=');
        if (!inside || mark == std::string_view::npos) continue;
        const auto value = line.substr(mark + 1);
        fields.values[std::string(trimmed(line.substr(0, mark)))] = section.empty() ? value : trimmed(value);
    }
    return fields;
}

std::optional<Credentials> from_plain(std::string_view text) {
    auto fields = parse_fields(text, "");
    if (fields.values["user"].empty() || fields.values["password"].empty()) return std::nullopt;
    return Credentials(fields.take("user"), fields.take("password"), fields.take("session-token"));
}

std::optional<Credentials> from_profile(std::string_view text, const std::string& profile) {
    auto fields = parse_fields(text, profile);
    if (fields.values["aws_access_key_id"].empty() || fields.values["aws_secret_access_key"].empty())
        return std::nullopt;
    return Credentials(fields.take("aws_access_key_id"), fields.take("aws_secret_access_key"),
                       fields.take("aws_session_token"));
}

std::string home() { return environment_variable("HOME").value_or("/nonexistent"); }

std::string expanded(const std::string& path) {
    return path.starts_with("~/") ? home() + path.substr(1) : path;
}

std::string profile_of(const RemoteSpec& spec) {
    if (const auto set = setting_of(spec, "profile")) return *set;
    return environment_variable("AWS_PROFILE").value_or("default");
}

// The file's bytes, wiped. Empty: not there. Error{refused} when others may read it and it holds secrets.
class SecretFile {
public:
    SecretFile(const std::string& path, bool is_secret, FileSystem& files) {
        const auto [folder_path, name] = split_path(files.resolve(path));
        const auto folder = files.open_directory(folder_path);
        if (!folder) return;
        const auto file = folder->open_file(name);
        if (!file) return;
        const auto stat = file->stat();
        if (is_secret && (stat.mode & others) != 0)
            throw Error(Errc::refused, say<Msg::credentials_file_open>(path),
                        say<Msg::hint_credentials_file_open>(path));
        if (stat.size > file_limit)
            throw Error(Errc::unreachable, say<Msg::too_large>(path, std::to_string(file_limit)));
        bytes_.resize(static_cast<std::size_t>(stat.size));
        bytes_.resize(file->read_at(0, bytes_));
        there_ = true;
    }
    ~SecretFile() {
        if (!bytes_.empty()) ::explicit_bzero(bytes_.data(), bytes_.size());
    }
    SecretFile(const SecretFile&) = delete;
    SecretFile& operator=(const SecretFile&) = delete;

    [[nodiscard]] bool there() const { return there_; }
    [[nodiscard]] std::string_view text() const { return as_text(bytes_); }

private:
    Bytes bytes_;
    bool there_ = false;
};

Credentials from_file(const RemoteSpec& spec, const std::string& path, Environment environment) {
    const SecretFile file(expanded(path), true, environment.files);
    if (!file.there())
        throw Error(Errc::unreachable, say<Msg::file_error>(path, tr<Msg::os_not_found>()),
                    say<Msg::hint_credentials_file>());
    auto found = from_plain(file.text());
    if (!found) found = from_profile(file.text(), profile_of(spec));
    if (!found)
        throw Error(Errc::unreachable, say<Msg::credentials_file_empty>(path),
                    say<Msg::hint_credentials_file>());
    return std::move(*found);
}

Credentials from_command(const std::string& command) {
    auto output = output_of_command(command);
    std::optional<Credentials> found;
    if (output) {
        found = from_plain(*output);
        wipe(*output);
    }
    if (!found)
        throw Error(Errc::unreachable, say<Msg::credentials_command_failed>(),
                    say<Msg::hint_credentials_command>());
    return std::move(*found);
}

// The password's variable is erased when it is read, and a second remote of this process wants it too.
std::optional<Credentials> from_variables() {
    static std::mutex mutex;
    static Credentials remembered;
    const std::scoped_lock guard(mutex);
    auto user = take_environment_variable("COFFRE_REMOTE_USER");
    auto password = take_environment_variable("COFFRE_REMOTE_PASSWORD");
    if (user && password) remembered = Credentials(std::move(*user), std::move(*password), "");
    if (remembered.user().empty()) return std::nullopt;
    return Credentials(remembered.user(), remembered.password(), "");
}

std::optional<Credentials> from_aws(const RemoteSpec& spec, Environment environment) {
    auto id = environment_variable("AWS_ACCESS_KEY_ID");
    auto secret = environment_variable("AWS_SECRET_ACCESS_KEY");
    // A profile that was named counts for more than variables that happen to be set.
    if (id && secret && !setting_of(spec, "profile"))
        return Credentials(std::move(*id), std::move(*secret),
                           environment_variable("AWS_SESSION_TOKEN").value_or(""));
    if (secret) wipe(*secret);
    const auto path =
        environment_variable("AWS_SHARED_CREDENTIALS_FILE").value_or(home() + "/.aws/credentials");
    const SecretFile file(path, true, environment.files);
    return file.there() ? from_profile(file.text(), profile_of(spec)) : std::nullopt;
}

}  // namespace

Credentials::Credentials(std::string user, std::string password, std::string session_token)
    : user_(std::move(user)), password_(std::move(password)), session_token_(std::move(session_token)) {
    for (std::string* const left : {&user, &password, &session_token}) wipe(*left);
}

Credentials::~Credentials() {
    for (std::string* const text : {&user_, &password_, &session_token_}) wipe(*text);
}

Credentials::Credentials(Credentials&& other) noexcept { *this = std::move(other); }

Credentials& Credentials::operator=(Credentials&& other) noexcept {
    // Swapped, then wiped: an assignment would free the old text as it is.
    user_.swap(other.user_);
    password_.swap(other.password_);
    session_token_.swap(other.session_token_);
    for (std::string* const text : {&other.user_, &other.password_, &other.session_token_}) wipe(*text);
    return *this;
}

std::optional<Credentials> find_credentials(const RemoteSpec& spec, bool is_s3, Environment environment) {
    if (const auto file = setting_of(spec, "credentials-file")) return from_file(spec, *file, environment);
    if (const auto command = setting_of(spec, "credentials-command")) return from_command(*command);
    if (auto found = from_variables()) return found;
    return is_s3 ? from_aws(spec, environment) : std::nullopt;
}

std::optional<std::string> find_aws_region(const RemoteSpec& spec, Environment environment) {
    if (!setting_of(spec, "profile"))
        for (const char* name : {"AWS_REGION", "AWS_DEFAULT_REGION"})
            if (auto region = environment_variable(name)) return region;
    const auto path = environment_variable("AWS_CONFIG_FILE").value_or(home() + "/.aws/config");
    const SecretFile file(path, false, environment.files);
    if (!file.there()) return std::nullopt;
    const auto profile = profile_of(spec);
    auto fields = parse_fields(file.text(), profile == "default" ? profile : "profile " + profile);
    auto region = fields.take("region");
    return region.empty() ? std::nullopt : std::optional(std::move(region));
}

}  // namespace coffre::remote
