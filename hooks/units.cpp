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
    // The manager reads the secret and hands over a copy that is in memory alone.
    if (!request.key_file.empty())
        text += "LoadCredential=" + unit_word("key:" + request.key_file, false) +
                "\nEnvironment=\"COFFRE_KEY_FILE=%d/key\"\n";
    if (!request.password_file.empty())
        text += "LoadCredential=" + unit_word("password:" + request.password_file, false) +
                "\nEnvironment=\"COFFRE_PASSWORD_FILE=%d/password\"\n";
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

bool can_be_written(const std::string& text) {
    return std::none_of(text.begin(), text.end(),
                        [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
}

}  // namespace coffre::hooks
