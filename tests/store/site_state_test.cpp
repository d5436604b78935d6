// What several rules ask of a site.

#include "store/rules/site_state.hpp"

#include <gtest/gtest.h>

#include "tests/support/procedure_state.hpp"

namespace coffre::rules {
namespace {

using test::day_ns;
using test::hour_ns;
using test::later;
using test::utc;

class SiteState : public testing::Test {
protected:
    [[nodiscard]] std::vector<std::string> counted(Timestamp now) const {
        std::vector<std::string> names;
        for (const auto* equipment : equipments_under_contract(site.state, now))
            names.push_back(equipment->name);
        return names;
    }
    [[nodiscard]] CaptureMode mode_with(const std::map<std::string, std::string>& settings) {
        return capture_mode(site.put_equipment("NVR-HALL", began, settings));
    }

    Timestamp began = utc("2026-03-02T08:00:00Z");
    test::ProcedureState site{began};
};

TEST_F(SiteState, proc_1_2_what_has_a_source_is_automatic_and_what_has_none_is_manual) {
    EXPECT_EQ(mode_with({{"path", "/srv/export"}}), CaptureMode::automatic);
    EXPECT_EQ(mode_with({}), CaptureMode::manual);
    EXPECT_EQ(mode_with({{"stage", "test"}, {"volatile", "x"}, {"contract", "yes"}}), CaptureMode::manual);
}

TEST_F(SiteState, proc_1_2_the_record_may_say_how_it_is_captured) {
    EXPECT_EQ(mode_with({{"path", "/srv/export"}, {"mode", "manual"}}), CaptureMode::manual);
    EXPECT_EQ(mode_with({{"mode", "auto"}}), CaptureMode::automatic);
}

TEST_F(SiteState, proc_p3_every_equipment_is_under_contract_unless_its_record_says_no) {
    site.put_equipment("NVR-A", began);
    site.put_equipment("NVR-B", began, {{"contract", "no"}});
    site.put_equipment("NVR-C", began, {{"contract", "yes"}});
    site.put_equipment("NVR-D", began, {}, true);
    EXPECT_EQ(counted(began), (std::vector<std::string>{"NVR-A", "NVR-C"}));
    EXPECT_TRUE(under_contract(site.state, site.state.equipment.at("NVR-A"), began));
    EXPECT_FALSE(under_contract(site.state, site.state.equipment.at("NVR-B"), began));
    EXPECT_FALSE(under_contract(site.state, site.state.equipment.at("NVR-D"), began));
}

TEST_F(SiteState, proc_p3_a_contract_holds_from_its_first_day_through_its_last_one) {
    site.put_equipment("NVR-A", began);
    site.state.site.contract_from = "2026-04-01";
    site.state.site.contract_until = "2027-03-31";
    // Midnight in Paris: in summer time two hours before that of UTC.
    EXPECT_TRUE(counted(utc("2026-03-31T21:59:59Z")).empty());
    EXPECT_EQ(counted(utc("2026-03-31T22:00:00Z")).size(), 1U);
    EXPECT_EQ(counted(utc("2027-03-31T21:59:59Z")).size(), 1U);
    EXPECT_TRUE(counted(utc("2027-03-31T22:00:00Z")).empty());
    EXPECT_FALSE(under_contract(site.state, site.state.equipment.at("NVR-A"), utc("2027-04-01T12:00:00Z")));
}

TEST_F(SiteState, proc_3_1_a_level_that_nobody_said_counts_as_renforce) {
    journal::Site record;
    for (const auto& [level, renforce] :
         std::map<std::string, bool>{{"standard", false}, {"renforce", true}, {"unknown", true}}) {
        record.contract = level;
        EXPECT_EQ(is_renforce(record), renforce) << level;
    }
}

TEST_F(SiteState, an_equipment_came_when_its_first_record_was_made) {
    site.put_equipment("NVR-A", began);
    site.put_equipment("NVR-A", later(began, day_ns), {}, true);
    site.put_equipment("NVR-A", later(began, 2 * day_ns));
    EXPECT_EQ(added_at(site.state, "NVR-A"), began);
    EXPECT_EQ(added_at(site.state, "NVR-Z"), Timestamp{});
}

TEST_F(SiteState, proc_1_1_the_newest_complete_one_is_whole_and_dated_by_the_clock) {
    site.put_equipment("NVR-A", began);
    EXPECT_EQ(newest_complete(site.state, "NVR-A", later(began, day_ns)), nullptr);
    const auto whole = site.capture("NVR-A", later(began, hour_ns)).commit;
    site.capture("NVR-A", later(began, 2 * hour_ns), {"HEBDO"}, false);
    site.capture("NVR-A", later(began, 3 * hour_ns)).dated_by_operator = true;
    site.capture("NVR-B", later(began, 4 * hour_ns));
    const auto* newest = newest_complete(site.state, "NVR-A", later(began, day_ns));
    ASSERT_NE(newest, nullptr);
    EXPECT_EQ(newest->commit, whole);
    EXPECT_EQ(newest_complete(site.state, "NVR-A", later(began, hour_ns - 1)), nullptr);
}

TEST_F(SiteState, proc_1_2_a_dispensation_holds_from_when_it_was_made_until_its_day_is_over) {
    site.add_person("dupont", began);
    const auto from = later(began, day_ns), until = later(began, 30 * day_ns);
    site.dispense("d1", "manual", "NVR-A", from, until, "dupont");
    EXPECT_EQ(dispensation_for(site.state, "manual", "NVR-A", {from.ns - 1}), nullptr);
    ASSERT_NE(dispensation_for(site.state, "manual", "NVR-A", from), nullptr);
    EXPECT_EQ(dispensation_for(site.state, "manual", "NVR-A", from)->id, "d1");
    EXPECT_NE(dispensation_for(site.state, "manual", "NVR-A", {until.ns - 1}), nullptr);
    EXPECT_EQ(dispensation_for(site.state, "manual", "NVR-A", until), nullptr);
}

TEST_F(SiteState, proc_1_2_a_dispensation_is_of_one_kind_and_one_subject) {
    site.add_person("dupont", began);
    site.dispense("d1", "manual", "NVR-A", began, later(began, 30 * day_ns), "dupont");
    const auto now = later(began, day_ns);
    EXPECT_EQ(dispensation_for(site.state, "drill", "NVR-A", now), nullptr);
    EXPECT_EQ(dispensation_for(site.state, "manual", "NVR-B", now), nullptr);
    EXPECT_EQ(dispensation_for(site.state, "manual", "", now), nullptr);
}

TEST_F(SiteState, proc_1_2_a_dispensation_that_no_person_of_the_site_signed_does_not_count) {
    site.add_person("dupont", began);
    const auto now = later(began, day_ns), until = later(began, 30 * day_ns);
    site.dispense("d1", "manual", "NVR-A", began, until, "");
    site.dispense("d2", "manual", "NVR-A", began, until, "a stranger");
    EXPECT_EQ(dispensation_for(site.state, "manual", "NVR-A", now), nullptr);
    site.dispense("d3", "manual", "NVR-A", began, until, "dupont");
    EXPECT_NE(dispensation_for(site.state, "manual", "NVR-A", now), nullptr);
}

TEST_F(SiteState, proc_1_2_a_dispensation_can_be_taken_back) {
    site.add_person("dupont", began);
    site.dispense("d1", "manual", "NVR-A", began, later(began, 30 * day_ns), "dupont");
    site.say(later(began, 2 * day_ns), journal::dispensation_ended_record("d1", "replaced"));
    EXPECT_NE(dispensation_for(site.state, "manual", "NVR-A", later(began, 2 * day_ns - 1)), nullptr);
    EXPECT_EQ(dispensation_for(site.state, "manual", "NVR-A", later(began, 2 * day_ns)), nullptr);
}

TEST_F(SiteState, proc_2_4_a_place_is_two_numbers_of_degrees) {
    const auto place = parse_place("48.8789,2.3158");
    ASSERT_TRUE(place);
    EXPECT_DOUBLE_EQ(place->latitude, 48.8789);
    EXPECT_DOUBLE_EQ(place->longitude, 2.3158);
    EXPECT_TRUE(parse_place("-33.9,-180"));
    EXPECT_TRUE(parse_place("90,180"));
    for (const auto* text : {"", ",", "48.8", "48.8,", "91,0", "0,181", "48.8, 2.3", "nan,0", "1e1,0", "a,b",
                             "48.8,2.3,1", "inf,0"})
        EXPECT_FALSE(parse_place(text)) << text;
}

}  // namespace
}  // namespace coffre::rules
