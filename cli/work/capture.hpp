#pragma once
// Takes snapshots: from an equipment through its driver into the repository.

#include "base/equipment_driver.hpp"
#include "cli/work/session.hpp"

namespace coffre::cli {

struct CaptureRequest {
    std::vector<std::string> names;
    std::string type;  // of an equipment that is not in the inventory yet
    std::string kind = "HEBDO";
    std::string from;  // files exported by hand; "" for what the inventory says
    std::optional<Timestamp> at;
    std::string message;
};

struct CaptureProblem {
    std::string equipment;
    std::string path;  // "" for the whole equipment
    Message why;
};

struct CaptureResult {
    std::vector<journal::Snapshot> snapshots;
    std::vector<CaptureProblem> failed;
    std::vector<CaptureProblem> skipped;
};

// Everything that can be checked without reading a file is checked first. One equipment that fails does not
// stop the others; when nothing was stored at all, the first failure is thrown with its own code.
CaptureResult capture(Session& session, const CaptureRequest& request, ProgressLine& progress);

}  // namespace coffre::cli
