#pragma once
// The dashboard: one HTML file of one site or of many, that needs nothing beside itself: no network, and no
// script to be read. It says what rules::overview says, and no value of any configuration.

#include "cli/work/session.hpp"
#include "store/rules/overview.hpp"

namespace coffre::cli {

// A site of a fleet that nothing is known of: it could not be opened.
struct UnopenedSite {
    std::string folder;
    std::string code;  // the exit status' word
};

// The whole page. With several sites a matrix of sites and checks comes first, and at its top those that
// could not be opened. `now`: when it is made, which script counts ages from.
std::string dashboard_page(const std::vector<rules::SiteOverview>& sites, Lang lang, Timestamp now,
                           const std::vector<UnopenedSite>& unopened = {});

struct DashboardFile {
    std::string file;
    std::uint64_t bytes = 0;
    Sha256Digest sha256;  // of the file
};
// Written whole or not at all, in place of what was there, readable by its owner alone. `path` "" is
// "coffre-CLIENT-SITE.html" here, or "coffre-fleet.html".
DashboardFile write_dashboard(const Context& context, const std::vector<rules::SiteOverview>& sites,
                              const std::string& path, const std::vector<UnopenedSite>& unopened = {});

}  // namespace coffre::cli
