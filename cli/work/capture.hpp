#pragma once
// Takes snapshots: from an equipment through its driver into the repository.

#include "base/equipment_driver.hpp"
#include "cli/work/inventory.hpp"

namespace coffre::cli {

struct CaptureRequest {
    std::vector<std::string> names;
    bool all = false;  // every equipment of the inventory that says where its configuration is
    std::string type;  // of an equipment that is not in the inventory yet
    std::string kind = "HEBDO";
    std::string from;  // files exported by hand; "" for what the inventory says
    std::optional<Timestamp> at;
    std::string message;
    bool imported = false;       // the kind is that of a file's name, and may be MENSUEL
    bool remove_source = false;  // what --from named, once it is stored and read back
    bool dry_run = false;
    bool kind_chosen = true;      // false: what is in an open change window is refused
    bool tells_failures = false;  // also where nothing at all was stored: in `failed`, not thrown
};

struct CaptureProblem {
    std::string equipment;
    std::string path;  // "" for the whole equipment
    Message why;
    Errc code = Errc::failed;  // of a whole equipment: what a capture of it alone would have ended with
    Message hint{};
};

struct CaptureResult {
    std::vector<journal::Snapshot> snapshots;
    std::vector<CaptureProblem> failed;
    std::vector<CaptureProblem> skipped;
    std::vector<EquipmentTest> would;  // of a dry run, in place of snapshots
    std::uint64_t removed = 0;         // source files
    bool clear_copy_left = false;  // what --from named stays on a medium that is not known to be encrypted
};

// Everything that can be checked without reading a file is checked first. One equipment that fails does not
// stop the others; when nothing was stored at all, the first failure is thrown with its own code, unless the
// request says otherwise.
CaptureResult capture(Session& session, CaptureRequest request, ProgressLine& progress);

}  // namespace coffre::cli
