// What several rules ask of a site.

#include "store/rules/site_state.hpp"

#include <gtest/gtest.h>

#include "store/rules/due.hpp"
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

TEST_F(SiteState, proc_p3_a_renewal_recorded_ahead_leaves_the_running_contract_as_it_is) {
    site.change_site(later(began, hour_ns), [](auto& record) { record.contract_until = "2027-03-01"; });
    site.change_site(utc("2027-02-01T09:00:00Z"), [](auto& record) {
        record.contract_from = "2027-03-02";
        record.contract_until = "2028-03-01";
    });
    for (const auto* at : {"2026-12-01T12:00:00Z", "2027-02-15T12:00:00Z", "2027-03-01T12:00:00Z",
                           "2027-03-02T12:00:00Z", "2028-03-01T12:00:00Z"}) {
        EXPECT_TRUE(contract_holds(site.state, utc(at))) << at;
        EXPECT_EQ(contract_since(site.state, utc(at)), began) << at;
    }
    EXPECT_FALSE(contract_holds(site.state, utc("2028-03-02T12:00:00Z")));
}

TEST_F(SiteState, proc_p3_between_the_end_of_a_contract_and_its_renewal_none_holds) {
    site.change_site(later(began, hour_ns), [](auto& record) { record.contract_until = "2026-03-08"; });
    site.change_site(utc("2026-03-05T10:00:00Z"), [](auto& record) {
        record.contract_from = "2026-04-01";
        record.contract_until = "2027-03-31";
    });
    EXPECT_TRUE(contract_holds(site.state, utc("2026-03-08T12:00:00Z")));
    EXPECT_FALSE(contract_holds(site.state, utc("2026-03-09T12:00:00Z")));
    EXPECT_TRUE(contract_holds(site.state, utc("2026-04-01T12:00:00Z")));
    EXPECT_EQ(contract_since(site.state, utc("2026-05-01T12:00:00Z")), utc("2026-03-31T22:00:00Z"));
    EXPECT_EQ(contract_since(site.state, utc("2026-03-08T12:00:00Z")), began);
}

TEST_F(SiteState, proc_p3_a_contract_that_named_no_end_is_over_once_a_later_beginning_is_recorded) {
    site.change_site(later(began, hour_ns), [](auto& record) { record.contract_from = "2026-04-01"; });
    const auto before = utc("2026-03-20T12:00:00Z");
    EXPECT_FALSE(contract_holds(site.state, before));
    EXPECT_EQ(contract_since(site.state, before), before) << "none has begun";
    EXPECT_TRUE(contract_holds(site.state, utc("2026-04-01T12:00:00Z")));
}

TEST_F(SiteState, proc_p3_what_is_recorded_later_does_not_change_what_held_before) {
    site.change_site(later(began, 10 * day_ns), [](auto& record) { record.contract_until = "2026-03-05"; });
    EXPECT_TRUE(contract_holds(site.state, later(began, 9 * day_ns)));
    EXPECT_FALSE(contract_holds(site.state, later(began, 11 * day_ns)));
    EXPECT_TRUE(contract_holds(site.state, later(began, -day_ns)))
        << "before its first record that one speaks";
}

TEST_F(SiteState, proc_p3_a_contract_holds_since_its_last_break_and_since_the_site_was_recorded_at_the_most) {
    site.state.site.contract_from = "2020-01-01";
    EXPECT_EQ(contract_since(site.state, later(began, day_ns)), began);
    site.change_site(later(began, day_ns), [](auto& record) { record.contract_until = "2026-03-08"; });
    EXPECT_EQ(contract_since(site.state, later(began, 2 * day_ns)), began);
    const auto renewed = utc("2026-04-10T10:00:00Z");
    site.change_site(renewed, [](auto& record) { record.contract_until = "2027-03-31"; });
    site.change_site(later(renewed, day_ns), [](auto& record) { record.place = "here"; });
    EXPECT_EQ(contract_since(site.state, utc("2026-05-01T12:00:00Z")), renewed);
    EXPECT_EQ(contract_since(site.state, later(began, 2 * day_ns)), began);
}

TEST_F(SiteState, proc_p3_an_equipment_is_counted_since_its_record_last_said_so) {
    site.put_equipment("NVR-A", began);
    site.put_equipment("NVR-A", later(began, 5 * day_ns), {{"contract", "no"}});
    site.put_equipment("NVR-A", later(began, 10 * day_ns));
    site.put_equipment("NVR-B", later(began, 11 * day_ns), {{"contract", "no"}});
    site.put_equipment("NVR-A", later(began, 12 * day_ns), {{"address", "192.0.2.2"}});
    site.put_equipment("NVR-B", later(began, 13 * day_ns));
    const auto& equipment = site.state.equipment;
    EXPECT_EQ(counted_since(site.state, equipment.at("NVR-A")), later(began, 10 * day_ns));
    EXPECT_EQ(counted_since(site.state, equipment.at("NVR-B")), later(began, 13 * day_ns));
    site.put_equipment("NVR-A", later(began, 14 * day_ns), {}, true);
    site.put_equipment("NVR-A", later(began, 15 * day_ns));
    EXPECT_EQ(counted_since(site.state, equipment.at("NVR-A")), later(began, 15 * day_ns));
}

TEST_F(SiteState, proc_p3_an_equipment_is_under_contract_since_both_it_and_the_site_are) {
    site.change_site(later(began, hour_ns), [](auto& record) { record.contract_from = "2026-04-01"; });
    site.put_equipment("NVR-A", later(began, 2 * hour_ns));
    site.put_equipment("NVR-B", utc("2026-05-01T09:00:00Z"));
    const auto now = utc("2026-06-01T12:00:00Z");
    const auto& equipment = site.state.equipment;
    EXPECT_EQ(under_contract_since(site.state, equipment.at("NVR-A"), now), utc("2026-03-31T22:00:00Z"));
    EXPECT_EQ(under_contract_since(site.state, equipment.at("NVR-B"), now), utc("2026-05-01T09:00:00Z"));
}

TEST_F(SiteState, proc_1_1_the_newest_complete_one_of_a_kind_may_be_older_than_that_of_another) {
    const auto weekly = site.capture("NVR-A", later(began, hour_ns), {"HEBDO", "MENSUEL"}).commit;
    const auto post = site.capture("NVR-A", later(began, 2 * hour_ns), {"POST"}).commit;
    const auto now = later(began, day_ns);
    EXPECT_EQ(newest_complete(site.state, "NVR-A", now)->commit, post);
    EXPECT_EQ(newest_complete(site.state, "NVR-A", now, "")->commit, post);
    EXPECT_EQ(newest_complete(site.state, "NVR-A", now, "HEBDO")->commit, weekly);
    EXPECT_EQ(newest_complete(site.state, "NVR-A", now, "MENSUEL")->commit, weekly);
    EXPECT_EQ(newest_complete(site.state, "NVR-A", now, "PRE"), nullptr);
}

TEST_F(SiteState, a_dispensation_ends_when_it_expires_or_was_taken_back_before) {
    site.add_person("dupont", began);
    const auto expires = later(began, 30 * day_ns);
    for (const auto* id : {"d1", "d2", "d3"}) site.dispense(id, "manual", id, began, expires, "dupont");
    site.say(later(began, 2 * day_ns), journal::dispensation_ended_record("d2", "replaced"));
    site.say(later(began, 40 * day_ns), journal::dispensation_ended_record("d3", "too late"));
    const auto& all = site.state.procedure.dispensations;
    EXPECT_EQ(end_of(all.at("d1")), expires);
    EXPECT_EQ(end_of(all.at("d2")), later(began, 2 * day_ns));
    EXPECT_EQ(end_of(all.at("d3")), expires);
}

TEST_F(SiteState, of_what_a_machine_saw_that_was_put_out_only_what_is_of_the_site_still_counts) {
    site.observe(began, observed::verify, "", true);
    site.observe(began, observed::medium, "disk", true);
    EXPECT_EQ(seen_by(site.state, began).size(), 2U);
    site.state.removals[site.machine] = {};
    const auto found = seen_by(site.state, began);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0]->what, observed::medium);
}

TEST_F(SiteState, what_a_clock_that_is_ahead_saw_is_yet_to_come) {
    site.observe(later(began, day_ns), observed::verify, "", false);
    EXPECT_TRUE(seen_by(site.state, later(began, day_ns - 1)).empty());
    EXPECT_EQ(seen_by(site.state, later(began, day_ns)).size(), 1U);
}

TEST_F(SiteState, what_was_seen_is_asked_for_by_what_it_is_and_its_subject) {
    site.observe(began, observed::space, "", true);
    site.observe(began, observed::space, "disk", true);
    site.observe(began, observed::verify, "", true);
    EXPECT_EQ(seen_by(site.state, began, observed::space).size(), 1U);
    EXPECT_EQ(seen_by(site.state, began, observed::space, "disk").size(), 1U);
    EXPECT_TRUE(seen_by(site.state, began, observed::space, "cloud").empty());
    EXPECT_EQ(seen_by(site.state, began, observed::verify)[0]->what, observed::verify);
}

TEST_F(SiteState, proc_5_4_growth_is_what_came_in_but_for_the_first_snapshot_of_each_equipment) {
    site.capture("NVR-A", later(began, hour_ns)).added_bytes = 7000;
    site.capture("NVR-B", later(began, day_ns)).added_bytes = 5000;
    site.capture("NVR-A", later(began, 2 * day_ns)).added_bytes = 100;
    site.capture("NVR-B", later(began, 3 * day_ns)).added_bytes = 20;
    site.capture("NVR-A", later(began, 30 * day_ns)).added_bytes = 9000;
    const auto growth = growth_of(site.state, later(began, 20 * day_ns + hour_ns));
    EXPECT_EQ(growth.bytes, 120);
    EXPECT_EQ(growth.largest, 7000) << "and what is yet to come by this clock is none";
    EXPECT_EQ(growth.days, 20);
    EXPECT_DOUBLE_EQ(growth.bytes_a_day().value(), 6);
}

TEST_F(SiteState, proc_5_4_growth_is_that_of_ninety_days) {
    site.capture("NVR-A", began).added_bytes = 1;
    const auto old = later(began, day_ns);
    site.capture("NVR-A", old).added_bytes = 4000;
    site.capture("NVR-A", {old.ns + 1}).added_bytes = 300;
    const auto growth = growth_of(site.state, later(old, 90 * day_ns));
    EXPECT_EQ(growth.bytes, 300);
    EXPECT_EQ(growth.largest, 300);
    EXPECT_EQ(growth.days, 90);
}

TEST_F(SiteState, proc_5_4_fewer_than_seven_days_and_no_growth_at_all_tell_nothing) {
    site.capture("NVR-A", began).added_bytes = 7000;
    EXPECT_FALSE(growth_of(site.state, later(began, 30 * day_ns)).bytes_a_day());
    site.capture("NVR-A", later(began, hour_ns)).added_bytes = 700;
    EXPECT_FALSE(growth_of(site.state, later(began, 7 * day_ns - 1)).bytes_a_day());
    EXPECT_DOUBLE_EQ(growth_of(site.state, later(began, 7 * day_ns)).bytes_a_day().value(), 100);
}

}  // namespace
}  // namespace coffre::rules
