#pragma once
// Visits of technicians, and what must be captured while they are there (docs/cli/intervention.md).

#include <optional>
#include <string>
#include <vector>

#include "cli/work/session.hpp"
#include "store/rules/windows.hpp"

namespace coffre::cli {

struct InterventionRequest {
    std::string technician;              // "": who runs this
    std::optional<Timestamp> planned;    // empty: now
    std::vector<std::string> equipment;  // empty: all that are captured by hand
    std::string message;
};
// Error{failed} for an equipment that is not there.
journal::Intervention open_intervention(Session& session, const InterventionRequest& request);

struct ClosedIntervention {
    journal::Intervention intervention;
    std::vector<std::string> missing;  // equipments without a complete snapshot since it was opened
};
// Error{failed} where there is none of that id, or it is closed already.
ClosedIntervention close_intervention(Session& session, const std::string& id, const std::string& message);

}  // namespace coffre::cli
