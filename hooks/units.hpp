#pragma once
// What makes `coffre run` start by itself: a systemd timer with its service, or a line of cron. Texts alone.
//
// Times are UTC. A timer on the site's clock would have to say what it does in the hour that a change of
// the clock repeats or skips; UTC has no such hour, and what is due when is the business of `run`, which asks
// the site's calendar.

#include <optional>
#include <string>
#include <vector>

namespace coffre::hooks {

struct ScheduleRequest {
    std::string name;                  // of the units: "coffre-1a2b3c4d"
    std::string description;           // one line
    std::vector<std::string> command;  // the program and its arguments: absolute path, no secret
    int every_minutes = 15;            // one of schedule_intervals()
    bool system = false;               // the machine's manager, else the user's
    std::string run_as;                // system: whose account; "" for root
    // Read by the manager, handed over as credentials; "" for none.
    std::string key_file, password_file, identity_file;
    bool own_folders = false;  // the manager makes the folders for state and caches, for whatever account
    std::vector<std::string> writable;  // folders, absolute paths
    std::vector<std::pair<std::string, std::string>> environment;
};

// What divides an hour or a day, in minutes.
const std::vector<int>& schedule_intervals();
// "15min", "2h": empty for anything else, and for what is not one of them.
std::optional<int> parse_interval(const std::string& text);

struct UnitFile {
    std::string name;
    std::string content;
};
// The service, then the timer.
std::vector<UnitFile> systemd_units(const ScheduleRequest& request);

// A file of /etc/cron.d (`system`), or lines of a user's table.
std::string cron_lines(const ScheduleRequest& request);

// A user's table with those lines between marks of that name: what was between them before goes. "" takes
// them out.
std::string with_cron_lines(const std::string& table, const std::string& name, const std::string& lines);

// Whether a service, or lines of cron, are those of the repository in that folder.
bool names_repository(const std::string& text, const std::string& path);
// What with_cron_lines put into a user's table: the names, and the lines of one of them ("": none).
std::vector<std::string> names_in_table(const std::string& table);
std::string lines_in_table(const std::string& table, const std::string& name);

// What useradd takes for a name.
bool is_account_name(const std::string& name);

// False for what one of the two forms cannot bear: control characters, and a space or \ at the end.
bool can_be_written(const std::string& text);

}  // namespace coffre::hooks
