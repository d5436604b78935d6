#pragma once
// Makes `run` start by itself: units of systemd, or lines of cron (hooks/units.hpp), where they belong.

#include "cli/settings.hpp"

namespace coffre::cli {

struct ScheduleOptions {
    bool system = false, cron = false, dry_run = false;
    std::string every = "15min";
    std::string fleet;   // a folder of sites, in place of one repository
    std::string run_as;  // system: whose account
    std::string root;    // written below it, and nothing is started: an image in the making
};

struct ScheduledFile {
    std::string path;  // "crontab" for a user's table
    std::string content;
    enum class State : std::uint8_t { absent, other, same } state = State::absent;  // what is there now
    bool changed = false;                                                           // by this command
};

struct ScheduleOutcome {
    std::vector<ScheduledFile> files;
    std::vector<std::string> commands;  // that make it so: run where systemd runs, else the user's to run
    bool ran = false;                   // these
    std::optional<Message> not_run;     // why one of them failed
};

// What would be written, and what is there.
ScheduleOutcome show_schedule(const Context& context, const ScheduleOptions& options);
// Twice is as once. Error{usage} where nothing opens the repository without being asked for, and where it is
// only read.
ScheduleOutcome install_schedule(const Context& context, const ScheduleOptions& options);
// Also of a repository that is not there any more, by its path.
ScheduleOutcome remove_schedule(const Context& context, const ScheduleOptions& options);

}  // namespace coffre::cli
