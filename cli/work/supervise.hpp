#pragma once
// What commands tell the journal and the outside of how things go: observations, anomalies, events.

#include "cli/work/session.hpp"

namespace coffre::cli {

// Records what was seen of one thing, unless the journal knows it (rules::is_known). Where it cannot be
// recorded (a full disk, a lock) the command that saw it goes on: the next one sees it too.
void observe(Session& session, const journal::Observation& seen);
// The same of several at once; with `records` they are put there in place of being recorded.
void observe_all(Session& session, const std::vector<journal::Observation>& all);
void add_observations(Session& session, const journal::State& state,
                      const std::vector<journal::Observation>& all, Json& records);
journal::Observation seen_of(const char* what, const std::string& subject, bool ok,
                             const std::string& code = "");
// What a check of this copy found. Where the journal itself is damaged nothing can be recorded.
void observe_verified(Session& session, const repo::VerifyReport& report, bool read_data);
// The exit status as a word: "unreachable", "no-space"…
std::string_view status_word(Errc code);
// The same of an error; `not_plugged_in` of a medium that is away, which is no failure of it.
std::string code_of(const Error& error);
inline constexpr const char* not_plugged_in = "not-plugged-in";

// Brings the journal's anomalies up to now (rules::upkeep), tells of each and sends the alerts that are due.
// Quiet where nothing is to be said. Never fails for a hook.
void keep_up(Session& session);

// The same after a command's own work, where that can have changed anything: it met trouble, or anomalies are
// open.
void keep_up_after(Session& session, bool trouble);
// The same; Error where the journal cannot be written. An alert that no hook wants is nobody's, and is due
// until one does.
void bring_up(Session& session);
// What came of all of these in this process.
KeptUp kept_up(const Session& session);

// There was no room to write: recorded, where that much room is left.
void observe_no_space(Session& session);
// Of the repository's file system; empty where the system does not tell.
std::optional<SpaceInfo> space_here(const Context& context);

// An event for hooks: "after-capture", "anomaly-opened"… `data` bears no configuration text. Failures are
// told on standard error and observed, and are never fatal.
void tell(Session& session, const std::string& event, Json data);

// For a command that tells hooks of several things: that one works is observed by settle_hooks alone, where
// all went well. Otherwise one that fails on one event and not on another would be news each time.
void settle_hooks_later(Session& session);
// Also what this machine saw of hooks that its settings do not name any more. Brings anomalies up to now
// where that changes anything.
void settle_hooks(Session& session);

// "anomaly-resolved" or "anomaly-reopened", of that one.
void tell_of_turn(Session& session, const std::string& turn, const std::string& id);
// Where the repository does not even open: "run-failed" and the like. Names in it are for hooks that may have
// them alone.
void tell_without_session(const Context& context, const std::string& event, const Json& data);

}  // namespace coffre::cli
