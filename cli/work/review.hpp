#pragma once
// Monthly reviews (PROC 5.2, 5.3): the figures of a month, signed by a person and frozen in the journal.

#include "cli/work/session.hpp"
#include "store/rules/month_figures.hpp"

namespace coffre::cli {

struct ReviewWish {
    bool internal = false;               // the month's internal review; else that of the site's responsible
    std::optional<rules::Month> month;   // the last whole one otherwise
    std::optional<std::string> refusal;  // why the responsible refuses what the figures show
    std::string message;                 // observations
    std::vector<std::string> participants, decisions;  // of an internal one
    bool dry_run = false;                              // shown, and not signed
};

// What was signed, or would be: without an id then.
journal::Review review_month(Session& session, const ReviewWish& wish);

// All that were signed, the newest month first. Points into `state`.
std::vector<const journal::Review*> all_reviews(const journal::State& state);
// Error{failed} where there is none of that id.
const journal::Review& find_review(const journal::State& state, const std::string& id);

}  // namespace coffre::cli
