#pragma once
// Puts a snapshot's configuration back into an equipment: the one that it came from, or another in its place.

#include <set>

#include "base/equipment_driver.hpp"
#include "cli/work/session.hpp"
#include "drivers/model/compare.hpp"

namespace coffre::cli {

struct EquipmentRestoreRequest {
    std::string snapshot;
    std::string equipment;
    std::vector<std::string> only;  // categories; empty: all
    bool keep_network = false;
    bool dry_run = false;        // the plan, and nothing else
    std::string confirm_serial;  // of the equipment; needed where it is in production
    std::string other_model;     // why another model will do; "" : it will not
    std::string other_firmware;
    std::string message;
    repo::Repository* from = nullptr;  // where the snapshot is read, if not in this copy
};

// A difference that is there after the restore.
struct Remaining {
    model::ItemChange change;  // before: as in the snapshot; after: as in the equipment
    bool planned = false;      // the plan said that it would not come back
};

struct EquipmentRestoreResult {
    std::string snapshot;  // its name, before those of its minute that this makes
    ObjectId commit;
    std::string equipment;
    DeviceIdentity device;     // of the equipment
    std::string other_serial;  // the snapshot's, where it is another device
    RestorePlan plan;
    std::size_t done = 0;            // steps
    std::optional<Message> stopped;  // why the steps after those were not done
    std::optional<Message> unread;   // why it could not be read back
    std::string pre, post;           // names of the snapshots before and after; "" where there is none
    std::vector<Remaining> remaining;
    bool verified = false;               // read back, and nothing differs but what the plan said
    double seconds = 0;                  // from the first question to the last comparison
    std::uint64_t files = 0, bytes = 0;  // of the snapshot
};

// Calls `told` with the result so far once the plan is made, before anything is changed. Refuses (16) another
// model or firmware, and an equipment in production without its serial number; a driver that cannot restore
// is Error{usage}. What was begun is always read back and journaled.
EquipmentRestoreResult restore_equipment(Session& session, const EquipmentRestoreRequest& request,
                                         ProgressLine& progress,
                                         const std::function<void(const EquipmentRestoreResult&)>& told);

}  // namespace coffre::cli
