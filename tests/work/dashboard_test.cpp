// The dashboard of a fleet: its size, its order, and that a page and metrics tell the same of each site.

#include "cli/work/dashboard.hpp"

#include <gtest/gtest.h>

#include "cli/work/metrics.hpp"
#include "cli/work/status.hpp"
#include "tests/support/procedure_state.hpp"

namespace coffre::cli {
namespace {

using test::day_ns;
using test::later;
using test::utc;

const Timestamp began = utc("2025-10-01T08:00:00Z");
const Timestamp now = utc("2026-11-26T12:00:00Z");

// A site with `equipments` and a year behind it.
rules::SiteOverview site_of(const std::string& name, int equipments) {
    test::ProcedureState site(began);
    site.state.site.site = name;
    site.put_remote("cloud", "cloud", began);
    for (int i = 0; i < equipments; ++i) {
        const auto equipment = "NVR-" + std::to_string(i);
        site.put_equipment(equipment, began);
        for (auto at = later(began, day_ns); at < now; at = later(at, 7 * day_ns)) {
            auto& snapshot = site.capture(equipment, at, {"HEBDO", "MENSUEL"});
            snapshot.bytes = 4'000'000;
            if (at < later(now, -120 * day_ns)) snapshot.expired = later(at, 92 * day_ns);
        }
    }
    return rules::overview(site.state, now);
}

std::size_t count(const std::string& text, const std::string& what) {
    std::size_t found = 0;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++found;
    return found;
}

TEST(FleetDashboard, proc_5_3_of_three_hundred_sites_stays_below_three_megabytes_and_names_each) {
    std::vector<rules::SiteOverview> sites;
    const auto some = site_of("SITE", 3);
    for (int i = 0; i < 300; ++i) {
        sites.push_back(some);
        sites.back().site = "SITE-" + std::to_string(i);
    }
    const auto page = dashboard_page(sites, Lang::fr, now);
    EXPECT_LT(page.size(), 3'000'000u);
    EXPECT_EQ(count(page, "<tr class=r "), 300u);
    EXPECT_EQ(count(page, "<details class=site"), 300u);
    EXPECT_EQ(count(page, " data-check="), 300u * rules::check_count);
    EXPECT_NE(page.find("CLIEXEMP · SITE-299"), std::string::npos);
}

TEST(FleetDashboard, proc_5_3_never_shows_unknown_or_stale_in_the_colour_of_ok) {
    auto site = site_of("SIEGEPARIS", 1);
    for (auto& check : site.checks) {
        check.mark = rules::Mark::ok;
        check.stale = true;
    }
    site.checks[0].mark = rules::Mark::unknown;
    site.checks[0].as_of.reset();
    const auto page = dashboard_page({site, site}, Lang::en, now);
    EXPECT_EQ(count(page, "\"m ok\" data-check="), 0u);
    EXPECT_EQ(count(page, "class=\"m ok stale\""), 2 * (rules::check_count - 1));
    EXPECT_EQ(site.mark(), rules::Mark::unknown);
}

TEST(FleetDashboard, puts_what_is_not_ok_first) {
    auto fine = site_of("ANVERS", 1);
    fine.anomalies.clear();
    for (auto& check : fine.checks) {
        check.mark = rules::Mark::ok;
        check.stale = check.dispensed = false;
    }
    ASSERT_EQ(fine.mark(), rules::Mark::ok);
    const auto page = dashboard_page({fine, site_of("ZURICH", 1)}, Lang::en, now);
    EXPECT_LT(page.find("ZURICH"), page.find("ANVERS"));
}

TEST(FleetDashboard, proc_5_3_page_and_metrics_hold_the_same_of_each_site) {
    const std::vector<rules::SiteOverview> sites{site_of("SIEGEPARIS", 2), site_of("AUTRE", 1)};
    const auto page = dashboard_page(sites, Lang::fr, now);
    const auto metrics = metrics_text(sites, now, true);
    EXPECT_TRUE(metrics.ends_with("# EOF\n"));
    for (const auto& site : sites) {
        EXPECT_NE(page.find(figures_json(site).dump()), std::string::npos);
        for (const auto& check : site.checks) {
            const auto labels = "coffre_check{client=\"CLIEXEMP\",site=\"" + site.site + "\",check=\"" +
                                std::string(rules::check_name(check.id)) + "\",coffre_check=\"" +
                                std::string(rules::mark_name(check.mark)) + "\"} 1\n";
            EXPECT_NE(metrics.find(labels), std::string::npos) << labels;
        }
    }
}

TEST(FleetDashboard, proc_p3_shows_a_site_under_contract_without_an_equipment) {
    const auto page = dashboard_page({site_of("VIDE", 0), site_of("AUTRE", 1)}, Lang::fr, now);
    EXPECT_NE(page.find("VIDE"), std::string::npos);
    EXPECT_NE(page.find("Aucun équipement sous contrat"), std::string::npos);
    EXPECT_NE(page.find("Aucun équipement à l’inventaire"), std::string::npos);
}

TEST(FleetDashboard, leaves_the_language_of_the_program_as_it_was) {
    set_language(Lang::en);
    EXPECT_NE(dashboard_page({site_of("A", 1)}, Lang::fr, now).find("lang=fr"), std::string::npos);
    EXPECT_EQ(language(), Lang::en);
}

}  // namespace
}  // namespace coffre::cli
