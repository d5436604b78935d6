#pragma once
// Everything that is due now, once (docs/cli/run.md). What is due comes from the last success and the site's
// calendar (rules::due_jobs), so that a machine that slept catches up once, and running twice is as once.

#include "cli/work/supervise.hpp"
#include "store/rules/due.hpp"

namespace coffre::cli {

struct RunItem {
    std::string job;  // rules::job_name, "anomalies", "dashboard", "metrics"
    std::string subject;
    std::string code;  // the exit status' word; "": done
    Message why;       // where it failed
};

struct RunOutcome {
    std::vector<RunItem> done, failed;
    std::vector<rules::Job> due;   // of a dry run, in place of these
    bool already_running = false;  // another process of this machine does it
    bool clock_behind = false;     // nothing was captured or sent
    KeptUp kept;
    std::optional<Timestamp> next_due;
};

// What fails is an answer and stops nothing else. Error where the repository cannot be opened at all.
RunOutcome run_due(Session& session, bool dry_run, ProgressLine& progress);

// Equipments whose capture is due now.
std::vector<std::string> due_captures(const Session& session);

}  // namespace coffre::cli
