#pragma once
// How a capture's result is shown, in words and in JSON: by `capture`, and by what captures on the way.

#include "cli/work/capture.hpp"

namespace coffre::cli {

// "failed" of the JSON: each with its equipment, its path and why.
Json problems_json(const std::vector<CaptureProblem>& problems);
Json snapshots_json(const Session& session, const std::vector<journal::Snapshot>& snapshots);
// A line for each snapshot.
void print_snapshots(const Session& session, const std::vector<journal::Snapshot>& snapshots);
// On standard error: what was skipped, what failed, what is left in clear.
void print_problems(const Context& context, const CaptureResult& result);

}  // namespace coffre::cli
