// The dashboard of a fleet: its size, its order, and that a page and metrics tell the same of each site.

#include "cli/work/dashboard.hpp"

#include <gtest/gtest.h>

#include "cli/work/metrics.hpp"
#include "cli/work/status.hpp"
#include "cli/work/words.hpp"
#include "store/crypto/primitives.hpp"
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
    site.checks[3].mark = rules::Mark::unknown;
    site.checks[3].as_of.reset();
    site.is_protected = site.equipments.at(0).is_protected = true;  // whoever says so
    const auto whole = dashboard_page({site, site}, Lang::en, now);
    const auto page = whole.substr(0, whole.find("id=h-legend"));
    for (const auto* green : {"class=ok", "class=\"ok\"", "class=\"m ok\"", " ok\"", "state ok\""})
        EXPECT_EQ(count(page, green), 0u) << green;
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

rules::AnomalyRow anomaly_of(const std::string& id, Timestamp due) {
    return {id,       "copy_missing",      "2.3", "critical", "open", "NVR-0",
            "disque", later(due, -day_ns), due,   due <= now};
}

// What a bad day leaves: three open anomalies, tests and reviews at each site.
std::vector<rules::SiteOverview> sites_of_a_bad_day(int number) {
    std::vector<rules::SiteOverview> sites;
    const auto some = site_of("SITE", 3);
    for (int i = 0; i < number; ++i) {
        auto site = some;
        site.site = "SITE-" + std::to_string(i);
        site.anomalies.clear();
        for (int k = 0; k < 3; ++k)
            site.anomalies.push_back(anomaly_of("anomaly-" + std::to_string(i) + "-" + std::to_string(k),
                                                later(now, (k == 0 ? 1 : -30) * day_ns / 2 + i)));
        site.drills.clear();
        for (int k = 0; k < 2; ++k)
            site.drills.push_back({"DRL-" + std::to_string(i) + "-" + std::to_string(k), "NVR-0", "cloud",
                                   later(now, -30 * day_ns), 3, true, 14'200});
        site.reviews.clear();
        for (const auto* scope : {"site", "internal"})
            site.reviews.push_back({scope, "2026-10", utc("2026-11-05T23:00:00Z"), true, true, false,
                                    "Reviewer " + std::to_string(i)});
        sites.push_back(std::move(site));
    }
    return sites;
}

TEST(FleetDashboard, proc_5_4_hides_no_anomaly_test_or_review_of_three_hundred_sites_below_three_megabytes) {
    const auto sites = sites_of_a_bad_day(300);
    const auto page = dashboard_page(sites, Lang::fr, now);
    EXPECT_LT(page.size(), 3'000'000u);
    std::size_t missing = 0;
    const auto look_for = [&](const std::string& text) { missing += page.find(text) == std::string::npos; };
    for (int i = 0; i < 300; ++i) {
        for (int k = 0; k < 3; ++k) look_for(">anomaly-" + std::to_string(i) + "-" + std::to_string(k) + "<");
        look_for(">DRL-" + std::to_string(i) + "-0<");  // the newest one
        look_for(">Reviewer " + std::to_string(i) + "\n");
    }
    EXPECT_EQ(missing, 0u);
}

TEST(FleetDashboard, proc_5_4_tells_first_of_the_anomalies_whose_time_still_runs) {
    const auto page = dashboard_page(sites_of_a_bad_day(20), Lang::en, now);
    const auto common = page.substr(page.find("id=h-anomalies"), page.find("id=h-equipments"));
    EXPECT_LT(common.find("anomaly-19-0"), common.find("anomaly-0-1"));
}

TEST(Dashboard, counts_each_check_once) {
    auto site = site_of("SIEGEPARIS", 1);
    for (auto& check : site.checks) {
        check.mark = rules::Mark::ok;
        check.stale = check.dispensed = false;
        check.as_of = now;
    }
    site.checks[0].mark = site.checks[1].mark = rules::Mark::bad;
    site.checks[1].stale = true;
    site.checks[2].mark = rules::Mark::watch;
    site.checks[3].mark = rules::Mark::unknown;
    const auto page = dashboard_page({site}, Lang::en, now);
    EXPECT_NE(page.find("<p>1 not ok · 1 unknown · 1 too old · 1 to watch</p>"), std::string::npos);
}

TEST(Dashboard, tells_the_last_day_of_what_ends_at_midnight) {
    auto site = site_of("SIEGEPARIS", 1);
    const auto end = utc("2026-12-27T23:00:00Z");
    site.dispensations = {{"x1", "medium", "disque", "Karim Benali", "on order", end}};
    site.reviews = {{"site", "2026-10", utc("2026-12-05T23:00:00Z")}};
    const auto page = dashboard_page({site}, Lang::fr, now);
    EXPECT_NE(page.find(">27/12/2026<"), std::string::npos);
    EXPECT_EQ(page.find("28/12/2026"), std::string::npos);
    EXPECT_NE(page.find("À signer au plus tard le 05/12/2026"), std::string::npos);
    EXPECT_NE(page.find("support non chiffré"), std::string::npos);
}

TEST(Dashboard, shows_what_is_not_complete_in_brackets_and_a_month_of_it_as_missing) {
    auto site = site_of("SIEGEPARIS", 1);
    auto& month = site.equipments.at(0).months.at(9);
    month.hebdo = {0, 0, 2};
    month.mensuel = {};
    month.expected = true;
    const auto page = dashboard_page({site}, Lang::fr, now);
    EXPECT_NE(page.find("✕<span class=v> un mois entier sans sauvegarde complète</span> (H2)"),
              std::string::npos);
}

TEST(Dashboard, proc_5_3_ages_its_figures_by_the_shortest_time_of_its_sites) {
    auto one = site_of("SIEGEPARIS", 1), other = site_of("AUTRE", 1);
    one.stale_hours = 6;
    EXPECT_NE(dashboard_page({one}, Lang::en, now).find(" data-hours=6 "), std::string::npos);
    const auto page = dashboard_page({other, one}, Lang::en, now);
    EXPECT_NE(page.substr(0, page.find("<head>")).find(" data-hours=6 "), std::string::npos);
    EXPECT_NE(page.find("A figure older than 6\u00a0h is grey"), std::string::npos);
    EXPECT_NE(page.find("<tr class=r data-hours=24 "), std::string::npos);
}

TEST(Dashboard, keeps_names_as_they_are_written) {
    auto site = site_of("SIEGEPARIS", 1);
    auto& check = site.checks[static_cast<std::size_t>(rules::CheckId::physical)];
    check.code = "unencrypted";
    check.subject = "disque";
    EXPECT_NE(dashboard_page({site}, Lang::fr, now).find(">disque n’est pas chiffré"), std::string::npos);
}

TEST(Dashboard, bears_the_hash_of_the_figures_that_it_holds) {
    for (const auto& sites : {std::vector{site_of("SIEGEPARIS", 1)}, sites_of_a_bad_day(2)}) {
        const auto page = dashboard_page(sites, Lang::en, now);
        const std::string begin = "id=figures>";
        const auto at = page.find(begin) + begin.size();
        const auto figures = page.substr(at, page.find("</script>", at) - at);
        EXPECT_NE(page.find(crypto::sha256(as_bytes(figures)).hex()), std::string::npos);
    }
}

TEST(Words, hold_a_number_and_its_unit_together_and_no_other_words) {
    set_language(Lang::fr);
    EXPECT_EQ(html_words("reste 378 j : {0} j, 3 sites"), "reste 378\u00a0j\u00a0: {0}\u00a0j, 3 sites");
    EXPECT_EQ(human_bytes(213'313), "213 ko");
    EXPECT_EQ(human_bytes(78'000'000'000), "78,0 Go");
    set_language(Lang::en);
    EXPECT_EQ(human_bytes(78'000'000'000), "78.0 GB");
    EXPECT_EQ(fitted("caméras en ligne", 8), "caméras…");
    EXPECT_EQ(fitted("caméras", 7), "caméras");
}

TEST(FleetDashboard, leaves_the_language_of_the_program_as_it_was) {
    set_language(Lang::en);
    EXPECT_NE(dashboard_page({site_of("A", 1)}, Lang::fr, now).find("lang=fr"), std::string::npos);
    EXPECT_EQ(language(), Lang::en);
}

}  // namespace
}  // namespace coffre::cli
