#include "hooks/units.hpp"

#include <algorithm>

namespace coffre::hooks {

namespace {

constexpr int minutes_of_hour = 60;

// systemd's specifiers begin with %.
std::string plain(const std::string& text) {
    std::string out;
    for (const char c : text) out += c == '%' ? "%%" : std::string(1, c);
    return out;
}

// One word of a unit's line, whatever is in it. `expanded`: of a command, where $ begins a variable.
std::string unit_word(const std::string& text, bool expanded) {
    std::string out = "\"";
    for (const char c : plain(text)) {
        if (c == '"' || c == '\\') out += '\\';
        if (c == '$' && expanded) out += '$';
        out += c;
    }
    return out + "\"";
}

std::string shell_word(const std::string& text) {
    std::string out = "'";
    for (const char c : text) out += c == '\'' ? "'\\''" : std::string(1, c);
    return out + "'";
}

// In a line of cron, % ends the command.
std::string cron_word(const std::string& text) {
    std::string out;
    for (const char c : shell_word(text)) out += c == '%' ? "\\%" : std::string(1, c);
    return out;
}

std::string utc_calendar(int every_minutes) {
    const auto number = [](int value) { return std::string(value < 10 ? "0" : "") + std::to_string(value); };
    if (every_minutes < minutes_of_hour) return "*-*-* *:00/" + number(every_minutes) + ":00 UTC";
    if (every_minutes == minutes_of_hour) return "*-*-* *:00:00 UTC";
    const int hours = every_minutes / minutes_of_hour;
    return "*-*-* 00/" + number(hours) + ":00:00 UTC";
}

// What a manager of the machine can deny. Left open: the network (equipments and remotes), /proc/swaps and
// /sys (is a medium encrypted?), reading of files (sources of equipments).
constexpr const char* denied_by_the_machine = R"(CapabilityBoundingSet=
AmbientCapabilities=
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=yes
PrivateDevices=yes
PrivateIPC=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
RemoveIPC=yes
KeyringMode=private
)";

// What any manager can.
constexpr const char* denied_to_all = R"(NoNewPrivileges=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
UMask=0077
LimitCORE=0
)";

std::string service_of(const ScheduleRequest& request) {
    std::string text = "# Written by coffre schedule install: what is changed here goes with the next one.\n";
    text += "[Unit]\nDescription=" + plain(request.description) + "\n";
    text += "Documentation=man:coffre(1)\n";
    if (request.system) text += "Wants=network-online.target\nAfter=network-online.target\n";
    text += "\n[Service]\nType=oneshot\nExecStart=";
    for (std::size_t i = 0; i < request.command.size(); ++i)
        text += (i == 0 ? "" : " ") + unit_word(request.command[i], i > 0);
    text += "\n";
    if (request.system && !request.run_as.empty()) text += "User=" + plain(request.run_as) + "\n";
    // The manager reads the secret and hands over a copy that is in memory alone. It takes quotes in this
    // line for a part of the name and of the path.
    const auto hand_over = [&](const std::string& name, const std::string& file,
                               const std::string& variable) {
        if (!file.empty())
            text += "LoadCredential=" + name + ":" + plain(file) + "\nEnvironment=\"" + variable + "=%d/" +
                    name + "\"\n";
    };
    hand_over("key", request.key_file, "COFFRE_KEY_FILE");
    hand_over("password", request.password_file, "COFFRE_PASSWORD_FILE");
    hand_over("identity", request.identity_file, "COFFRE_IDENTITY");
    if (request.own_folders)
        text +=
            "StateDirectory=coffre\nCacheDirectory=coffre\nStateDirectoryMode=0700\n"
            "CacheDirectoryMode=0700\nEnvironment=\"XDG_STATE_HOME=%S\"\n"
            "Environment=\"XDG_CACHE_HOME=%C\"\n";
    for (const auto& [name, value] : request.environment)
        text += "Environment=" + unit_word(name + "=" + value, false) + "\n";
    text += "Nice=10\nIOSchedulingClass=idle\nTimeoutStartSec=12h\nMemorySwapMax=0\n";
    text += denied_to_all;
    if (request.system) {
        text += denied_by_the_machine;
        for (const auto& folder : request.writable)
            text += "ReadWritePaths=" + unit_word("-" + folder, false) + "\n";
    }
    return text;
}

std::string timer_of(const ScheduleRequest& request) {
    const int spread_s = std::min(request.every_minutes * 60 / 5, 300);
    return "# Written by coffre schedule install: what is changed here goes with the next one.\n"
           "[Unit]\nDescription=" +
           plain(request.description) +
           "\nDocumentation=man:coffre(1)\n\n[Timer]\n"
           "# UTC: no hour of it is repeated or skipped. What is due, run asks the site's calendar.\n"
           "OnCalendar=" +
           utc_calendar(request.every_minutes) +
           "\n# What the machine slept through is caught up once.\nPersistent=yes\nRandomizedDelaySec=" +
           std::to_string(spread_s) + "s\nFixedRandomDelay=yes\nAccuracySec=30s\nUnit=" + request.name +
           ".service\n\n[Install]\nWantedBy=timers.target\n";
}

std::string begin_mark(const std::string& name) { return "# " + name + ": begin\n"; }
std::string end_mark(const std::string& name) { return "# " + name + ": end\n"; }

}  // namespace

const std::vector<int>& schedule_intervals() {
    static const std::vector<int> minutes = {5, 10, 15, 20, 30, 60, 120, 180, 240, 360, 480, 720};
    return minutes;
}

std::optional<int> parse_interval(const std::string& text) {
    const auto digits = text.find_first_not_of("0123456789");
    if (digits == 0 || digits == std::string::npos || digits > 3) return std::nullopt;
    const auto unit = text.substr(digits);
    if (unit != "min" && unit != "h") return std::nullopt;
    const int minutes = std::stoi(text.substr(0, digits)) * (unit == "h" ? minutes_of_hour : 1);
    const auto& known = schedule_intervals();
    if (std::find(known.begin(), known.end(), minutes) == known.end()) return std::nullopt;
    return minutes;
}

std::vector<UnitFile> systemd_units(const ScheduleRequest& request) {
    return {{request.name + ".service", service_of(request)}, {request.name + ".timer", timer_of(request)}};
}

std::string cron_lines(const ScheduleRequest& request) {
    // Cron knows local time alone; an interval has no hour of its own that could be skipped or repeated, and
    // one run too many finds nothing due.
    const auto every = request.every_minutes < minutes_of_hour
                           ? "*/" + std::to_string(request.every_minutes) + " * * * *"
                       : request.every_minutes == minutes_of_hour
                           ? std::string("0 * * * *")
                           : "0 */" + std::to_string(request.every_minutes / minutes_of_hour) + " * * *";
    std::string text = "# " + request.description + "\n" + every + " ";
    if (request.system) text += (request.run_as.empty() ? "root" : request.run_as) + " ";
    auto environment = request.environment;
    if (!request.key_file.empty()) environment.emplace_back("COFFRE_KEY_FILE", request.key_file);
    if (!request.password_file.empty())
        environment.emplace_back("COFFRE_PASSWORD_FILE", request.password_file);
    if (!request.identity_file.empty()) environment.emplace_back("COFFRE_IDENTITY", request.identity_file);
    for (const auto& [name, value] : environment) text += name + "=" + cron_word(value) + " ";
    for (const auto& word : request.command) text += cron_word(word) + " ";
    text.back() = '\n';
    return text;
}

std::string with_cron_lines(const std::string& table, const std::string& name, const std::string& lines) {
    const auto begin = table.find(begin_mark(name));
    auto end = begin == std::string::npos ? begin : table.find(end_mark(name), begin);
    std::string out = table;
    std::size_t at = out.size();
    if (end != std::string::npos) {
        out.erase(begin, end + end_mark(name).size() - begin);
        at = begin;
    } else if (!out.empty() && out.back() != '\n') {
        out += '\n';
        at = out.size();
    }
    if (!lines.empty()) out.insert(at, begin_mark(name) + lines + end_mark(name));
    return out;
}

bool names_repository(const std::string& text, const std::string& path) {
    const auto of_unit = "\nEnvironment=" + unit_word("COFFRE_REPO=" + path, false) + "\n";
    const auto of_cron = " COFFRE_REPO=" + cron_word(path) + " ";
    return text.find(of_unit) != std::string::npos || text.find(of_cron) != std::string::npos;
}

std::vector<std::string> names_in_table(const std::string& table) {
    std::vector<std::string> names;
    const std::string begin = "# coffre-", end = ": begin";
    for (std::size_t at = 0; at < table.size();) {
        const auto line_end = std::min(table.find('\n', at), table.size());
        const auto line = table.substr(at, line_end - at);
        if (line.starts_with(begin) && line.ends_with(end))
            names.push_back(line.substr(2, line.size() - 2 - end.size()));
        at = line_end + 1;
    }
    return names;
}

std::string lines_in_table(const std::string& table, const std::string& name) {
    const auto begin = table.find(begin_mark(name));
    if (begin == std::string::npos) return "";
    const auto from = begin + begin_mark(name).size();
    const auto end = table.find(end_mark(name), from);
    return end == std::string::npos ? "" : table.substr(from, end - from);
}

bool is_account_name(const std::string& name) {
    constexpr std::size_t length_max = 31;  // of useradd and of systemd
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
    return !name.empty() && name.size() <= length_max && letter(name.front()) &&
           std::all_of(name.begin(), name.end(),
                       [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '.'; });
}

bool can_be_written(const std::string& text) {
    // At the end of a line the one would be dropped, and the other would go on with the next line.
    if (text.ends_with(' ') || text.ends_with('\\')) return false;
    return std::none_of(text.begin(), text.end(),
                        [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
}

}  // namespace coffre::hooks
