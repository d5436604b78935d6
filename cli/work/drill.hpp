#pragma once
// Restore tests (PROC 3.1 to 3.4): a snapshot is read where another copy lies, held against its record, put
// into an equipment and read back, looked at by a person; the journal keeps what came of it.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/work/session.hpp"

namespace coffre::cli {

struct DrillRequest {
    std::string equipment;  // "": the one whose turn it is
    std::string snapshot;   // "": as planned, else the newest complete one that the source holds
    std::string source;     // a remote, or "local"; "": the places take turns
    std::optional<int> level;
    std::string target;  // the equipment that it is put into
    std::string to;      // a folder in its place, for drivers that cannot restore
    std::string confirm_serial, other_model, other_firmware;  // as for a restore
    std::string observations;
    std::string retest_of;
};

struct DrillResult {
    journal::Drill drill;
    std::optional<Message> failure;
    std::string new_snapshot;       // after a failure: the name of the equipment's new snapshot,
    std::optional<Message> no_new;  // or why somebody has to take it
    bool so_already = false;        // the target was as in the snapshot: nothing was put into it
};

// Error where the test could not begin, and then nothing is recorded: nothing to test, a source or a target
// that cannot be reached (15), an equipment in production outside of a change window (16). What fails later
// is a failed test: it is recorded, and a new snapshot is taken.
DrillResult run_drill(Session& session, const DrillRequest& request, ProgressLine& progress);

// What a person looks at (level 3). "cameras" is answered by "14/16", the others by yes or no; "none" is for
// what the equipment does not have.
const std::vector<std::string>& checklist_items();

struct Checklist {
    std::string id;  // of a test that was applied and read back; "": the last of them
    std::map<std::string, std::string> answers;
    std::string observations;
};
// The test that the checklist is about. Error{refused} where it was not applied to an equipment, or has its
// checklist already.
const journal::Drill& drill_to_complete(const journal::State& state, const std::string& id);
// Does it make sense as an answer to that item? What does not is refused before anything else is asked.
bool is_answer(const std::string& item, const std::string& answer);
// Signed by the identity at hand. Error{usage} for answers that are missing or make no sense, Error{refused}
// where another checklist of this test came before it.
DrillResult record_checklist(Session& session, const Checklist& checklist, ProgressLine& progress);

// The record of an equipment that was in force at that time; the first one, where it came later. Null: there
// is none.
const journal::Equipment* equipment_at(const journal::State& state, const std::string& name, Timestamp time);

// By id, or the beginning of one, or an equipment's name for its last test. Error{failed}: there is none.
const journal::Drill& find_drill(const journal::State& state, const std::string& text);
std::vector<const journal::Drill*> drills_newest_first(const journal::State& state);

}  // namespace coffre::cli
