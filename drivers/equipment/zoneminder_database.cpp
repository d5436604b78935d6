#include "drivers/equipment/zoneminder_database.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/run_program.hpp"
#include "drivers/equipment/zoneminder_rows.hpp"

namespace coffre::drivers {

namespace {

constexpr std::uint64_t dump_limit = 16 << 20;  // what a model is read from

// A value of an option file: in quotes, so that '#', ' ' and ';' are themselves.
std::string option(const std::string& name, const std::string& value) {
    std::string text = name + "=\"";
    for (const char c : value) {
        if (c == '\\' || c == '"') text += '\\';
        if (c == '\n')
            text += "\\n";
        else
            text += c;
    }
    return text + "\"\n";
}

bool is_this_machine(const std::string& host) {
    return host == "localhost" || host == "::1" || host.starts_with("127.");
}

}  // namespace

struct ZoneMinderDatabase::Run {
    std::vector<std::string> names;  // of the program: today's and the one of older systems
    std::vector<std::string> options;
    std::string_view input;
};

std::vector<DriverSetting> zoneminder_database_settings() {
    return {{"database-socket", false, true},
            {"database-host"},
            {"database-name"},
            {"database-user"},
            {"database-ca-file", false, true},
            {"database-password", false, false, true}};
}

ZoneMinderDatabase::ZoneMinderDatabase(const DriverContext& context)
    : context_(context), name_(context.setting("database-name")), user_(context.setting("database-user")) {
    const auto socket = context.setting("database-socket");
    const auto host = context.setting("database-host");
    place_ = socket.empty() ? host : socket;
    if (place_.empty()) return;
    if (user_.empty())
        throw Error(Errc::usage, say<Msg::driver_setting_missing>("zoneminder", "database-user"),
                    say<Msg::hint_equipment_edit_set>());
    if (name_.empty()) name_ = "zm";
    if (name_.starts_with('-'))  // the tools would take it for an option
        throw Error(Errc::usage, say<Msg::device_setting_name>(context.equipment, "database-name", name_),
                    say<Msg::hint_equipment_edit_set>());
    if (socket.empty() && !is_this_machine(host) && context.setting("database-ca-file").empty() &&
        context.setting("clear-reason").empty())
        throw Error(Errc::refused, say<Msg::zoneminder_database_clear>(context.equipment, host),
                    say<Msg::hint_zoneminder_database>());
}

std::string ZoneMinderDatabase::run(const Run& run) {
    auto defaults = "[client]\n" + option("user", user_);
    if (context_.setting("database-socket").empty()) {
        const auto colon = place_.find(':') == place_.rfind(':') ? place_.find(':') : std::string::npos;
        defaults += option("host", place_.substr(0, colon)) + "protocol=tcp\n";
        if (colon != std::string::npos) defaults += option("port", place_.substr(colon + 1));
        if (const auto authority = context_.setting("database-ca-file"); !authority.empty())
            defaults += option("ssl-ca", authority) + "ssl-verify-server-cert\n";
    } else {
        defaults += option("socket", place_) + "protocol=socket\n";
    }
    defaults += option("password", context_.secret("database-password"));

    const auto seconds = context_.number("time-limit", 300, 1, 86'400);
    std::string output;
    ProgramResult result;
    for (const auto& name : run.names) {
        Program program;
        program.arguments = {name, "--defaults-file={secret:defaults}"};
        program.arguments.insert(program.arguments.end(), run.options.begin(), run.options.end());
        program.secrets.emplace("defaults", SecretText(defaults));
        program.input = as_bytes(run.input);
        program.time_limit_s = static_cast<int>(seconds);
        program.output_limit = dump_limit;
        try {
            result = run_program(program, [&](ByteView piece) { output += as_text(piece); });
        } catch (const Error& error) {
            if (error.message().id == Msg::program_missing && name != run.names.back()) continue;
            wipe_text(defaults);
            throw;
        }
        break;
    }
    wipe_text(defaults);
    const auto& name = run.names.front();
    switch (result.end) {
        case ProgramEnd::too_long:
            throw Error(Errc::unreachable,
                        say<Msg::device_too_long>(context_.equipment, std::to_string(seconds)),
                        say<Msg::hint_device_limits>());
        case ProgramEnd::too_much:
            throw Error(Errc::unreachable,
                        say<Msg::device_too_much>(context_.equipment, std::to_string(dump_limit)),
                        say<Msg::hint_device_limits>());
        case ProgramEnd::signalled:
            throw Error(Errc::unreachable,
                        say<Msg::program_signal>(context_.equipment, name, std::to_string(result.number)));
        case ProgramEnd::exited:
            break;
    }
    if (result.number != 0)
        throw Error(Errc::unreachable,
                    say<Msg::program_status>(context_.equipment, name, std::to_string(result.number)),
                    say<Msg::hint_program_failed>());
    return output;
}

std::string ZoneMinderDatabase::dump() {
    // Versions have different tables, and a dump of one that is not there fails as a whole.
    Run tables;
    tables.names = {"mariadb", "mysql"};
    tables.options = {"--batch", "--skip-column-names", "--default-character-set=utf8mb4", name_};
    tables.input = "SHOW TABLES;\n";
    const auto listed = "\n" + run(tables);

    Run dump;
    dump.names = {"mariadb-dump", "mysqldump"};
    dump.options = {"--single-transaction",
                    "--skip-dump-date",
                    "--order-by-primary",
                    "--skip-extended-insert",
                    "--complete-insert",
                    "--no-create-info",
                    "--no-tablespaces",
                    "--skip-add-locks",
                    "--skip-lock-tables",
                    "--skip-disable-keys",
                    "--skip-triggers",
                    "--hex-blob",
                    "--default-character-set=utf8mb4",
                    name_};
    bool any = false;
    for (const auto& table : zoneminder_tables())
        if (listed.find("\n" + table + "\n") != std::string::npos) {
            dump.options.push_back(table);
            any = true;
        }
    if (!any)
        throw Error(Errc::unreachable, say<Msg::device_other_kind>(context_.equipment, name_, "ZoneMinder"));
    auto text = run(dump);
    if (text.find("\n-- Dump completed") == std::string::npos)
        throw Error(Errc::unreachable, say<Msg::zoneminder_dump>());
    return text;
}

void ZoneMinderDatabase::execute(const std::string& statements) {
    Run client;
    client.names = {"mariadb", "mysql"};
    // Binary mode: nothing in the text is a command to the client itself.
    client.options = {"--batch", "--binary-mode", "--default-character-set=utf8mb4", name_};
    client.input = statements;
    run(client);
}

}  // namespace coffre::drivers
