#pragma once
// Garbage collection of one repository (docs/architecture.md, "Retention and gc"): what it is asked to do,
// and what it did. Which snapshots expire is rules/retention's business.

#include <functional>
#include <string>
#include <vector>

#include "store/journal/state.hpp"

namespace coffre::repo {

struct Expiry {
    ObjectId commit;
    std::string why;  // for the journal
};

struct GcRequest {
    // What expires, by the newest state; called again when that changed meanwhile. What it throws leaves
    // everything as it was. Null: nothing does.
    std::function<std::vector<Expiry>(const journal::State&)> plan;
    std::string force;     // why refusals were passed over; "" when none was
    bool dry_run = false;  // nothing is written; only dead_bytes is told
};

struct GcReport {
    std::uint64_t freed_bytes = 0;    // fewer on the disk than before
    std::uint64_t dead_bytes = 0;     // in packs that are in use: of objects that nothing needs any more
    std::uint64_t deleted_files = 0;  // that had been out of use for long enough, or were left behind
    std::uint64_t retired_files = 0;  // put out of use by this run
    std::uint64_t waiting_files = 0;  // out of use and still there
    std::uint64_t rewritten_objects = 0;
};

}  // namespace coffre::repo
