#pragma once
// Retention and garbage collection, as `coffre gc` asks for them.

#include "cli/work/session.hpp"

namespace coffre::cli {

struct GcWish {
    bool dry_run = false;
    bool no_expire = false;
    std::optional<Timestamp> now;  // by which expiry goes; the clock otherwise
    std::string force;             // why refusals are passed over; "": they are not
};

struct GcOutcome {
    struct Item {
        std::string name;  // of a snapshot
        Message why;
    };
    std::vector<Item> expired, kept;  // newest first
    repo::GcReport report;
};

// Error{refused} for a plan that a rule refuses, unless it is forced.
GcOutcome collect_garbage(Session& session, const GcWish& wish);

}  // namespace coffre::cli
