// The site's record, its policy and its inventory: versions, and what they mean for what is there already.

#include <gtest/gtest.h>

#include "store/rules/retention.hpp"
#include "tests/support/repository_fixture.hpp"

namespace coffre {
namespace {

using test::Machine;
using test::MemoryFileSystem;
using test::Tree;

const Tree tree{{"config.xml", {odb::EntryMode::file, "<a/>"}}};

class Inventory : public ::testing::Test {
protected:
    Inventory() { machine.create_with_equipment(); }

    // Opens anew: what an earlier call gave is gone then.
    const journal::State& state() { return machine.open().state(); }

    int months(const journal::Snapshot& snapshot, const std::string& kind) {
        const auto& now = state();
        return rules::months_kept(now, rules::NameBook(now).find(snapshot.commit.hex()), kind);
    }

    void set_policy(const std::string& kind, int months) {
        auto policy = journal::Policy::standard();
        policy.months[kind] = months;
        machine.open().record({journal::policy_record(policy)});
    }

    MemoryFileSystem files;
    Machine machine{files};
};

TEST_F(Inventory, a_site_record_replaces_the_one_before_and_keeps_it) {
    auto site = state().site;
    site.contract = "renforce";
    site.deputy = "B. Deputy";
    site.version.message = "new contract";
    machine.open().record({journal::site_record(site)});
    EXPECT_EQ(state().site.contract, "renforce");
    EXPECT_EQ(state().site.deputy, "B. Deputy");
    EXPECT_EQ(state().site.version.message, "new contract");
    ASSERT_EQ(state().past_sites.size(), 1U);
    EXPECT_EQ(state().past_sites[0].contract, "standard");
}

TEST_F(Inventory, client_and_site_codes_cannot_be_changed_by_a_record) {
    auto site = state().site;
    site.client = "OTHER";
    site.site = "PLACE";
    site.simulated = true;
    machine.open().record({journal::site_record(site)});
    EXPECT_EQ(state().site.client, "CLIEXEMP");
    EXPECT_EQ(state().site.site, "SIEGEPARIS");
    EXPECT_FALSE(state().site.simulated);
}

TEST_F(Inventory, a_name_stays_as_it_was_when_the_site_moves_to_another_zone) {
    const auto before = test::capture(machine.open(), tree);
    const auto name = rules::standard_name(state().site, before, "HEBDO");
    auto site = state().site;
    site.timezone = "Pacific/Auckland";
    machine.open().record({journal::site_record(site)});
    const auto after = test::capture(machine.open(), tree);
    const auto& now = state();
    const rules::NameBook names(now);
    EXPECT_EQ(names.find(name).commit, before.commit);
    EXPECT_EQ(rules::zone_of(now.site, names.find(after.commit.hex())), "Pacific/Auckland");
}

TEST_F(Inventory, an_equipment_has_a_history_of_records) {
    test::add_equipment(machine.open());
    machine.open().record(
        {journal::equipment_record({"NVR-HALL", "VMS", "files", {{"path", "/x"}}, {}, true, {}})});
    EXPECT_EQ(state().find_equipment("NVR-HALL"), nullptr);
    EXPECT_TRUE(state().equipment.at("NVR-HALL").removed);
    ASSERT_EQ(state().past_equipment.size(), 2U);
    EXPECT_EQ(state().past_equipment[1].type, "NVR");
}

TEST_F(Inventory, versions_survive_the_state_cache_and_a_fold_of_everything_alike) {
    set_policy("HEBDO", 5);
    auto site = state().site;
    site.responsible = "A. Technician";
    machine.open().record({journal::site_record(site)});
    test::capture(machine.open(), tree);
    const auto cached = std::string(as_text(journal::encode_state(state())));
    Machine fresh(files, "two");
    EXPECT_EQ(std::string(as_text(journal::encode_state(fresh.open().state()))), cached);
}

TEST_F(Inventory, a_shortened_duration_does_not_apply_to_what_was_recorded_before) {
    const auto old = test::capture(machine.open(), tree);
    set_policy("HEBDO", 1);
    const auto later = test::capture(machine.open(), tree);
    EXPECT_EQ(months(old, "HEBDO"), 3);
    EXPECT_EQ(months(later, "HEBDO"), 1);
}

TEST_F(Inventory, a_lengthened_duration_applies_to_everything_and_is_not_taken_back) {
    const auto old = test::capture(machine.open(), tree);
    set_policy("HEBDO", 9);
    set_policy("HEBDO", 2);
    EXPECT_EQ(months(old, "HEBDO"), 9);
}

}  // namespace
}  // namespace coffre
