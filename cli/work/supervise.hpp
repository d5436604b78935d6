#pragma once
// What commands tell the journal and the outside of how things go: observations, anomalies, events.

#include "cli/work/session.hpp"

namespace coffre::cli {

// Records what was seen of one thing, unless the journal knows it (rules::is_known). Where it cannot be
// recorded (a full disk, a lock) the command that saw it goes on: the next one sees it too.
void observe(Session& session, const journal::Observation& seen);

// Brings the journal's anomalies up to now (rules::upkeep), tells of each and sends the alerts that are due.
// Quiet where nothing is to be said. Never fails for a hook.
void keep_up(Session& session);

// An event for hooks: "after-capture", "anomaly-opened"… `data` bears no configuration text. Failures are
// told on standard error and observed, and are never fatal.
void tell(Session& session, const std::string& event, Json data);

}  // namespace coffre::cli
