#pragma once
// The same figures as text for a Prometheus of one's own, in what its older format and OpenMetrics have in
// common: node exporter's textfile collector refuses the whole of a file in which it meets more.

#include "cli/work/session.hpp"
#include "store/rules/overview.hpp"

namespace coffre::cli {

// Ends with "# EOF". `names` false: client, site, equipment and remote are told by hashes that are stable and
// say nothing to who has not the repository's id. `unopened`: sites of the fleet that nothing is known of.
std::string metrics_text(const std::vector<rules::SiteOverview>& sites, Timestamp now, bool names,
                         std::size_t unopened = 0);

}  // namespace coffre::cli
