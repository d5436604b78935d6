#pragma once
// The same figures as OpenMetrics text, for a Prometheus of one's own.

#include "cli/work/session.hpp"
#include "store/rules/overview.hpp"

namespace coffre::cli {

// Ends with "# EOF". `names` false: client, site, equipment and remote are told by hashes that are stable and
// say nothing to who has not the repository's id.
std::string metrics_text(const std::vector<rules::SiteOverview>& sites, Timestamp now, bool names);

}  // namespace coffre::cli
