#pragma once
// Change windows, and changes outside of them (PROC 1.3). Pure functions over folded state.

#include <string>
#include <vector>

#include "store/journal/state.hpp"

namespace coffre::rules {

// "cameras", "recording", "firmware", "rights", "other".
const std::vector<std::string>& change_categories();

// A complete one that the clock dated.
bool is_post(const journal::Snapshot& snapshot);

// Of that equipment, the one that is open; null: none.
const journal::ChangeWindow* open_window(const journal::State& state, const std::string& equipment);

// Two snapshots of one equipment, one after the other, that differ in one of the four categories of the
// procedure, and no window nor pair of PRE and POST tells of it.
struct UndeclaredChange {
    std::string equipment;
    ObjectId before, after;
    Timestamp time;                       // recorded_at of `after`
    std::vector<std::string> categories;  // of the four
};
// Those whose newer snapshot was recorded at or after `since`. By fingerprints alone; where one of the two
// has none, or another version of the model made it, nothing is known and nothing is said. Snapshots that an
// operator dated are passed over.
std::vector<UndeclaredChange> undeclared_changes(const journal::State& state, const std::string& equipment,
                                                 Timestamp since);

// A PRE, of a window or by itself, whose POST is not there: since when it is overdue.
struct MissingPost {
    std::string equipment;
    ObjectId pre;
    std::string window;  // its id; "" where there is none
    Timestamp due;
};
std::vector<MissingPost> missing_posts(const journal::State& state, Timestamp now);

// Of an intervention, those that should have been captured by hand and have no complete snapshot since it was
// opened: the equipments that it names, else all under contract that are captured by hand.
std::vector<std::string> missing_captures(const journal::State& state,
                                          const journal::Intervention& intervention, Timestamp now);

}  // namespace coffre::rules
