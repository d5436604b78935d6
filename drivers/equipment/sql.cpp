#include "drivers/equipment/sql.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>

#include "base/error.hpp"
#include "base/host.hpp"
#include "drivers/equipment/tool.hpp"

namespace coffre::drivers {

namespace {

constexpr int time_limit_default = 1800;  // seconds
constexpr int size_limit_default = 256;   // MiB
constexpr const char* dump_name = "database.sql";
constexpr const char* connect_seconds = "15";

enum class Engine : std::uint8_t { postgresql, mariadb };

Engine engine_of(const DriverContext& context) {
    const auto word = context.setting("engine");
    if (word == "postgresql") return Engine::postgresql;
    if (word == "mariadb") return Engine::mariadb;
    throw Error(Errc::usage,
                say<Msg::device_setting_words>(context.equipment, "engine", "postgresql, mariadb"),
                say<Msg::hint_equipment_edit_set>());
}

// "a, b" -> "a", "b".
std::vector<std::string> names_in(const std::string& list) {
    std::vector<std::string> names;
    for (std::size_t at = 0; at <= list.size();) {
        const auto end = std::min(list.find(',', at), list.size());
        auto name = list.substr(at, end - at);
        name.erase(0, name.find_first_not_of(' '));
        name.erase(name.find_last_not_of(' ') + 1);
        if (!name.empty()) names.push_back(std::move(name));
        at = end + 1;
    }
    return names;
}

// One database: what its programs are told.
class Database {
public:
    explicit Database(const DriverContext& context)
        : context_(context),
          engine_(engine_of(context)),
          tool_(context, time_limit_default, size_limit_default) {
        const auto host = context.setting("host");
        if (host.empty() == context.setting("socket").empty())
            throw Error(Errc::usage, say<Msg::device_setting_either>(context.equipment, "host", "socket"),
                        say<Msg::hint_equipment_edit_set>());
        for (const char* name : {"host", "socket", "port", "database", "user", "tables", "exclude-tables"}) {
            const auto value = context.setting(name);
            const bool clean =
                std::none_of(value.begin(), value.end(), [](char c) { return c >= 0 && c < ' '; });
            // A list of hosts would be tried one after the other, each with the password.
            const bool one = std::string_view(name) != "host" || value.find(',') == std::string::npos;
            if (!clean || !one || value.starts_with('-'))
                throw Error(Errc::usage, say<Msg::device_setting_name>(context.equipment, name, value),
                            say<Msg::hint_equipment_edit_set>());
        }
        port_ =
            static_cast<int>(context.number("port", engine_ == Engine::postgresql ? 5432 : 3306, 1, 65'535));
        encrypted_ = !context.setting("ca-file").empty() && !host.empty();
        if (!host.empty() && !encrypted_ && !is_loopback(host) && context.setting("clear-reason").empty())
            throw Error(Errc::refused, say<Msg::device_clear>(context.equipment, place()),
                        say<Msg::hint_sql_clear>());
    }

    [[nodiscard]] const DriverContext& context() const { return context_; }
    [[nodiscard]] Engine engine() const { return engine_; }
    [[nodiscard]] std::uint64_t size_limit() const { return tool_.size_limit(); }
    [[nodiscard]] std::string name() const { return context_.setting("database"); }
    [[nodiscard]] std::string place() const {
        const auto host = context_.setting("host");
        return host.empty() ? context_.setting("socket") : host + ":" + std::to_string(port_);
    }

    // `more` are further arguments; the connection's are put in.
    Bytes run(const std::string& program, const std::vector<std::string>& more, ByteView input = {}) {
        if (refused_) throw Error(*refused_);
        Program call;
        call.arguments = {program};
        if (engine_ == Engine::postgresql)
            connect_postgresql(call);
        else
            connect_mariadb(call);
        call.arguments.insert(call.arguments.end(), more.begin(), more.end());
        call.input = input;
        Bytes output;
        const auto result = tool_.run(std::move(call), output);
        if (result.succeeded()) return output;
        // The one thing that is worth knowing of its words; they are English in the locale C.
        const std::string_view words = result.last_words.text();
        if (words.find("authentication failed for user") == std::string_view::npos &&
            words.find("Access denied for user") == std::string_view::npos)
            throw tool_.error_of(program, result);
        refused_ =
            Error(Errc::unreachable,
                  say<Msg::device_login_refused>(context_.equipment, place(), context_.setting("user")),
                  say<Msg::hint_device_login>());
        throw Error(*refused_);
    }

private:
    // All by variables: an argument that holds a database's name may be taken for a whole address.
    void connect_postgresql(Program& call) const {
        auto& variables = call.environment;
        const auto host = context_.setting("host");
        variables["PGHOST"] = host.empty() ? context_.setting("socket") : host;
        variables["PGPORT"] = std::to_string(port_);
        variables["PGDATABASE"] = name();
        if (!context_.setting("user").empty()) variables["PGUSER"] = context_.setting("user");
        // Neither `prefer`: each would try the password twice.
        variables["PGSSLMODE"] = encrypted_ ? "verify-full" : "disable";
        variables["PGGSSENCMODE"] = "disable";
        if (encrypted_) variables["PGSSLROOTCERT"] = context_.setting("ca-file");
        variables["PGCONNECT_TIMEOUT"] = connect_seconds;
        variables["PGTZ"] = "UTC";
        variables["PGDATESTYLE"] = "ISO";
        variables["PGPASSFILE"] = "/nonexistent";
        call.arguments.emplace_back("--no-password");  // never asked for
        const auto& password = context_.secret("password");
        if (password.empty()) return;
        std::string line = "*:*:*:*:";
        for (const char c : password) {
            if (c == ':' || c == '\\') line += '\\';
            line += c;
        }
        line += '\n';
        call.secrets["pgpass"] = SecretText(line);
        wipe_text(line);
        variables["PGPASSFILE"] = "{secret:pgpass}";
    }

    // The options' file is the only one that is read, and has to be named first.
    void connect_mariadb(Program& call) const {
        std::string file = "[client]\n";
        if (const auto& password = context_.secret("password"); !password.empty()) {
            file += "password=\"";
            for (const char c : password) {
                if (c == '\\' || c == '"') file += '\\';
                if (c == '\n')
                    file += "\\n";
                else
                    file += c;
            }
            file += "\"\n";
        }
        call.secrets["options"] = SecretText(file);
        wipe_text(file);
        auto& arguments = call.arguments;
        arguments.emplace_back("--defaults-file={secret:options}");
        const auto host = context_.setting("host");
        if (host.empty()) {
            arguments.push_back("--protocol=socket");
            arguments.push_back("--socket=" + context_.setting("socket"));
        } else {
            arguments.push_back("--protocol=tcp");
            arguments.push_back("--host=" + host);
            arguments.push_back("--port=" + std::to_string(port_));
        }
        if (!context_.setting("user").empty()) arguments.push_back("--user=" + context_.setting("user"));
        if (encrypted_) {
            arguments.push_back("--ssl-ca=" + context_.setting("ca-file"));
            arguments.push_back("--ssl-verify-server-cert");
        } else {
            arguments.push_back("--skip-ssl");
        }
        arguments.push_back("--default-character-set=utf8mb4");
    }

    const DriverContext& context_;
    Engine engine_;
    Tool tool_;
    int port_ = 0;
    bool encrypted_ = false;
    std::optional<Error> refused_;  // the login: nothing is sent any more
};

// The same rows give the same text; names of columns in each row, no owners, which another server may lack.
Bytes dump_postgresql(Database& database) {
    std::vector<std::string> more = {"--format=plain",  "--encoding=UTF8",  "--no-owner",
                                     "--no-privileges", "--clean",          "--if-exists",
                                     "--inserts",       "--column-inserts", "--no-tablespaces"};
    for (const auto& table : names_in(database.context().setting("tables")))
        more.push_back("--table=" + table);
    for (const auto& table : names_in(database.context().setting("exclude-tables")))
        more.push_back("--exclude-table=" + table);
    const auto dump = database.run("pg_dump", more);
    const auto text = without_restrict(as_text(dump));
    if (!text) return {};
    return Bytes(text->begin(), text->end());
}

Bytes dump_mariadb(Database& database) {
    std::vector<std::string> more = {
        "--single-transaction", "--skip-dump-date", "--order-by-primary", "--skip-extended-insert",
        "--complete-insert",    "--no-tablespaces", "--hex-blob",         "--quote-names"};
    for (const auto& table : names_in(database.context().setting("exclude-tables")))
        more.push_back("--ignore-table=" + database.name() + "." + table);
    more.emplace_back("--");
    more.push_back(database.name());
    for (const auto& table : names_in(database.context().setting("tables"))) more.push_back(table);
    auto dump = database.run("mariadb-dump", more);
    auto end = as_text(dump);
    end = end.substr(0, end.find_last_not_of('\n') + 1);
    if (!end.ends_with("-- Dump completed")) return {};
    return dump;
}

class SqlRestore final : public WholeRestore {
public:
    SqlRestore(const FileSource& wanted, const FileSource& now, const RestoreOptions& options,
               Database& database)
        : WholeRestore(wanted, now, dump_name, database.size_limit(), options), database_(database) {
        if (!plan_.steps.empty())
            plan_.gaps.push_back({Category::other, database.name(), say<Msg::gap_database_emptied>()});
    }

private:
    void upload(ByteView content) override {
        if (database_.engine() == Engine::mariadb) {
            // Commands of the client that are hidden in the dump reach no file and no program.
            database_.run("mariadb", {"--sandbox", "--batch", "--", database_.name()}, content);
            return;
        }
        check_psql();
        std::array<std::uint8_t, 24> draw{};
        database_.context().environment.random.fill(draw);
        const auto word = to_hex(draw);
        Bytes wrapped;
        append(wrapped, as_bytes("\\restrict " + word + "\n"));
        append(wrapped, content);
        append(wrapped, as_bytes("\n\\unrestrict " + word + "\n"));
        database_.run("psql",
                      {"--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1",
                       "--output=/dev/null", "--file=-"},
                      wrapped);
    }

    // Without \restrict, psql would obey whatever command a hostile server wrote into its dump.
    void check_psql() const {
        Program call;
        call.arguments = {"psql", "--no-psqlrc", "--version"};
        std::string said;
        run_program(call, [&](ByteView piece) { said += as_text(piece); });
        int major = 0, minor = 0;
        const auto digits = said.find_first_of("0123456789");
        if (digits != std::string::npos)
            std::sscanf(said.c_str() + digits, "%d.%d", &major, &minor);  // NOLINT: at most two numbers
        const std::map<int, int> first = {{13, 22}, {14, 19}, {15, 14}, {16, 10}, {17, 6}};
        const auto found = first.find(major);
        if (major > 17 || (found != first.end() && minor >= found->second)) return;
        throw Error(Errc::refused, say<Msg::sql_client_old>(database_.context().equipment),
                    say<Msg::hint_sql_client_old>());
    }

    Database& database_;
};

class SqlDriver final : public EquipmentDriver {
public:
    explicit SqlDriver(const DriverContext& context) : database_(context) {}

    [[nodiscard]] std::string id() const override { return "sql 1"; }

    DeviceIdentity identify() override {
        const bool is_postgresql = database_.engine() == Engine::postgresql;
        const auto answer =
            is_postgresql ? database_.run("psql", {"--no-psqlrc", "--tuples-only", "--no-align",
                                                   "--command=SHOW server_version"})
                          : database_.run("mariadb", {"--batch", "--skip-column-names",
                                                      "--execute=SELECT VERSION()", "--", database_.name()});
        const auto text = as_text(answer);
        DeviceIdentity identity;
        identity.manufacturer = is_postgresql ? "PostgreSQL" : "MariaDB";
        identity.firmware = text.substr(0, std::min<std::size_t>(text.find('\n'), 100));
        identity.name = database_.name();
        return identity;
    }

    void capture(CaptureSink& sink) override {
        const auto dump =
            database_.engine() == Engine::postgresql ? dump_postgresql(database_) : dump_mariadb(database_);
        if (dump.empty())
            throw Error(Errc::unreachable,
                        say<Msg::sql_dump_cut>(database_.context().equipment, database_.name()));
        deliver_file(sink, dump_name, dump);
    }

    std::unique_ptr<RestoreJob> prepare_restore(const FileSource& wanted, const FileSource& now,
                                                const RestoreOptions& options) override {
        return std::make_unique<SqlRestore>(wanted, now, options, database_);
    }

private:
    Database database_;
};

// The line that begins with `word` and nothing but one word after it, between `from` and the next '\n'.
bool is_guard(std::string_view line, std::string_view word) {
    if (!line.starts_with(word)) return false;
    line.remove_prefix(word.size());
    return !line.empty() && std::all_of(line.begin(), line.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    });
}

}  // namespace

std::optional<std::string> without_restrict(std::string_view dump) {
    // Looked for among the comments that it begins and ends with, never among the rows.
    std::string text(dump.substr(0, dump.find_last_not_of('\n') + 1));
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find('\n', at), text.size());
        const auto line = std::string_view(text).substr(at, end - at);
        if (is_guard(line, "\\restrict ")) {
            text.erase(at, end - at + 1);
            break;
        }
        if (!line.empty() && !line.starts_with("--")) break;
        at = end + 1;
    }
    auto last = text.rfind('\n') + 1;
    if (is_guard(std::string_view(text).substr(last), "\\unrestrict "))
        text.resize(text.find_last_not_of('\n', last - 1) + 1);
    constexpr std::string_view end = "--\n-- PostgreSQL database dump complete\n--";
    if (!text.ends_with(end)) return std::nullopt;
    return text + "\n";
}

DriverInfo sql_driver_info() {
    DriverInfo info;
    info.name = "sql";
    info.evidence = Evidence::real_product;
    info.settings = {{"engine", true},
                     {"host"},
                     {"port"},
                     {"socket", false, true},
                     {"database", true},
                     {"user"},
                     {"tables"},
                     {"exclude-tables"},
                     {"ca-file", false, true},
                     {"clear-reason"},
                     {"time-limit"},
                     {"size-limit"},
                     {"password", false, false, true}};
    info.is_remote = true;
    info.restores = true;
    info.make = [](const DriverContext& context) -> std::unique_ptr<EquipmentDriver> {
        return std::make_unique<SqlDriver>(context);
    };
    return info;
}

}  // namespace coffre::drivers
