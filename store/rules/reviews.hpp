#pragma once
// Monthly reviews (PROC 5.2, 5.3) and who is responsible (5.1). Pure functions over folded state.

#include <optional>
#include <string>
#include <vector>

#include "store/journal/state.hpp"
#include "store/rules/calendar.hpp"

namespace coffre::rules {

// The months that ended at or before `now` within the contract, from the one in which the site began, at most
// the last 13.
struct ReviewDue {
    std::string scope;  // "site" or "internal"
    Month month;
    Timestamp due;  // the month's end + review_days
    const journal::Review* done =
        nullptr;  // the one that counts: signed by the responsible or deputy of then
                  // ("site"), by any person ("internal"); null: none
};
std::vector<ReviewDue> reviews(const journal::State& state, Timestamp now);

// Who is responsible at that time, from the versions of the site's record.
struct Responsible {
    std::string person, deputy;  // as the record names them
    bool known = false;          // `person` is one of the site's people, and not removed
    Timestamp since;             // the record that named them
};
Responsible responsible_at(const journal::State& state, Timestamp time);
// Each, oldest first.
std::vector<Responsible> responsible_history(const journal::State& state);

}  // namespace coffre::rules
