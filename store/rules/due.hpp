#pragma once
// What is to be done at one moment. Due times come from the last success and the site's calendar. Pure.

#include <string>
#include <vector>

#include "store/journal/state.hpp"

namespace coffre::rules {

enum class JobKind : std::uint8_t {  // in the order in which they are best done
    capture,                         // of the equipment `subject`
    mirror,                          // with the remote `subject`, with read-back
    space,                           // how much is left, here
    verify,                          // names of this copy
    verify_remote,                   // the remote `subject`
    verify_data,                     // all of this copy
};
std::string_view job_name(JobKind kind);  // "capture", "verify-data"…

struct Job {
    JobKind kind;
    std::string subject;
    Timestamp due;
};
// By kind, then by when they are due. One that failed comes back retry_minutes later. No capture in an hour
// that the clock shows twice.
// `self`: the machine that asks, of whose own copy checks and room are; none yet: all zeros.
std::vector<Job> due_jobs(const journal::State& state, Timestamp now, const ActorId& self);
// When the next one will be due if nothing happens meanwhile; empty: never.
std::optional<Timestamp> next_due(const journal::State& state, Timestamp now, const ActorId& self);

// What is observed, by `what` of journal::Observation. Recorded when it changes from ok to not or back;
// otherwise once in 18 hours at most, and a job that goes on failing at most every retry_minutes.
namespace observed {
inline constexpr const char* capture = "capture";  // subject: equipment; code: the exit status' word
inline constexpr const char* mirror = "mirror";    // subject: remote
inline constexpr const char* verify = "verify";    // names of all files here
inline constexpr const char* verify_data = "verify-data";
inline constexpr const char* verify_remote = "verify-remote";  // subject: remote
inline constexpr const char* space = "space";    // subject: "" or remote; numbers: free, total, used
inline constexpr const char* medium = "medium";  // subject: remote; ok: encrypted; code: kind of medium
inline constexpr const char* certificate = "certificate";  // subject: equipment; ok false: it changed
inline constexpr const char* encryption = "encryption";    // self-test; code
inline constexpr const char* clear_text = "clear-text";    // subject: equipment; ok false: a source is left
inline constexpr const char* rollback = "rollback";        // subject: remote
inline constexpr const char* clock = "clock";              // ok false: behind the newest batch
inline constexpr const char* hook = "hook";                // subject: its name
inline constexpr const char* dashboard = "dashboard";      // written
}  // namespace observed

// Does it concern the machine alone that sees it: its copy, its room, its clock?
bool is_own(const std::string& what, const std::string& subject);

// So much may two machines' clocks differ: what is dated no further ahead was done.
inline constexpr std::int64_t clock_slack_ns = 10ll * 60 * 1'000'000'000;

// May this observation, whose `actor` is set, be left out, because the last one says the same and is young?
bool is_known(const journal::State& state, const journal::Observation& seen, Timestamp now);

}  // namespace coffre::rules
