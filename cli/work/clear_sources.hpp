#pragma once
// Exports that somebody left in clear on a disk (PROC 2.2): remembered on this machine until they are gone.
// The journal says of which equipment, and never where.

#include <string>
#include <vector>

#include "cli/work/session.hpp"

namespace coffre::cli {

// After a capture from files that were exported by hand, and stay on a medium that is not known to be
// encrypted: `source` as it was named, `names` what of it was captured at the top.
void remember_clear_source(Session& session, const std::string& equipment, const std::string& source,
                           const std::vector<std::string>& names);

// Looks whether what is remembered is still there, and observes it (rules::observed::clear_text). A medium
// that was pulled out is not gone. Costs nothing where nothing is remembered.
void check_clear_sources(Session& session);

}  // namespace coffre::cli
