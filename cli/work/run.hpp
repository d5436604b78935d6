#pragma once
// Everything that is due now, once (docs/cli/run.md). What is due comes from the last success and the site's
// calendar (rules::due_jobs), so that a machine that slept catches up once, and running twice is as once.

#include "cli/work/dashboard.hpp"
#include "cli/work/supervise.hpp"
#include "store/rules/due.hpp"

namespace coffre::cli {

struct RunItem {
    std::string job;  // rules::job_name, "repository", "clock", "anomalies", "dashboard", "metrics"
    std::string subject;
    std::string code;  // the exit status' word; "": done
    Message why;       // where it failed
};

struct RunOutcome {
    std::vector<RunItem> done, failed;
    std::vector<RunItem> waiting;  // for a medium that is not plugged in, which is no failure
    std::vector<rules::Job> due;   // of a dry run, in place of these
    bool already_running = false;  // another process of this machine does it
    bool waits_for_clock = false;  // nothing was captured or sent
    KeptUp kept;
    std::optional<Timestamp> next_due;
};

struct RunRequest {
    bool dry_run = false;
    bool pages = true;  // false: whoever calls it writes those of several sites (write_pages)
};
// What fails is an answer and stops nothing else.
RunOutcome run_due(Session& session, const RunRequest& request, ProgressLine& progress);

// Whether the settings files name files that `run` writes.
bool wants_pages(const Context& context);
// Writes them, of those sites. What fails is an answer.
std::vector<RunItem> write_pages(const Context& context, const std::vector<rules::SiteOverview>& sites,
                                 const std::vector<UnopenedSite>& unopened = {});

// Equipments whose capture is due now.
std::vector<std::string> due_captures(Session& session);

}  // namespace coffre::cli
