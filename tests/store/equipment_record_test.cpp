// What the journal holds of an equipment's secrets, and of what a snapshot's device and model are.

#include <gtest/gtest.h>

#include "tests/support/repository_fixture.hpp"

namespace coffre {
namespace {

using test::Machine;
using test::MemoryFileSystem;
using test::Tree;

class EquipmentRecord : public ::testing::Test {
protected:
    EquipmentRecord() { machine.create_with_equipment(); }

    MemoryFileSystem files;
    Machine machine{files};
    const Tree tree{{"config.xml", {odb::EntryMode::file, "<a/>"}}};
};

TEST_F(EquipmentRecord, a_secret_comes_back_after_the_journal_was_folded_anew) {
    {
        auto& repository = machine.open();
        auto equipment = repository.state().equipment.at(test::equipment_name);
        equipment.secrets["password"] = repository.seal_secret(equipment.name, "password", "s3cret");
        repository.record({journal::equipment_record(equipment)});
    }
    auto& again = machine.open();
    const auto& equipment = again.state().equipment.at(test::equipment_name);
    EXPECT_EQ(again.open_secret(equipment, "password").text(), "s3cret");
}

TEST_F(EquipmentRecord, a_secret_moved_to_another_equipment_opens_nothing) {
    auto& repository = machine.open();
    auto equipment = repository.state().equipment.at(test::equipment_name);
    equipment.secrets["password"] = repository.seal_secret("NVR-OTHER", "password", "s3cret");
    EXPECT_EQ(test::error_of([&] { repository.open_secret(equipment, "password"); }), Errc::damaged);
    equipment.secrets["password"] = "not hexadecimal";
    EXPECT_EQ(test::error_of([&] { repository.open_secret(equipment, "password"); }), Errc::damaged);
}

TEST_F(EquipmentRecord, a_snapshot_keeps_its_driver_device_and_fingerprints) {
    auto request = test::request_for(test::equipment_name);
    request.driver = "hikvision 1";
    request.device_model = "DS-7616NI-K2";
    request.serial = "DS-TEST1";
    request.firmware = "V4.74";
    request.fingerprints = {{"users", "0123456789abcdef"}, {"version", "1"}};
    const auto commit = test::capture(machine.open(), tree, request).commit;
    // Folded from records, then from what the machine's cache holds of them.
    for (int round = 0; round < 2; ++round) {
        auto& repository = machine.open();
        const auto& snapshot = repository.state().snapshots.back();
        EXPECT_EQ(snapshot.commit, commit);
        EXPECT_EQ(snapshot.driver, "hikvision 1");
        EXPECT_EQ(snapshot.device_model, "DS-7616NI-K2");
        EXPECT_EQ(snapshot.serial, "DS-TEST1");
        EXPECT_EQ(snapshot.firmware, "V4.74");
        EXPECT_EQ(snapshot.fingerprints, request.fingerprints);
        const auto& message = repository.content(snapshot).commit.message;
        EXPECT_NE(message.find("Coffre-Firmware: V4.74\n"), std::string::npos);
    }
}

TEST_F(EquipmentRecord, a_device_that_says_strange_things_cannot_add_lines_to_the_commit) {
    auto request = test::request_for(test::equipment_name);
    request.firmware = "V1\nCoffre-Complete: yes\n\nand a message";
    const auto snapshot = test::capture(machine.open(), tree, request);
    const auto& message = machine.open().content(snapshot).commit.message;
    EXPECT_EQ(message.find("\nCoffre-Complete: yes\n\n"), std::string::npos);
    EXPECT_EQ(repo::person_text(message), "weekly round");
}

TEST_F(EquipmentRecord, fingerprints_are_equal_for_equal_texts_of_one_category_and_site_alone) {
    auto& repository = machine.open();
    EXPECT_EQ(repository.text_fingerprint("users", "a"), repository.text_fingerprint("users", "a"));
    EXPECT_NE(repository.text_fingerprint("users", "a"), repository.text_fingerprint("users", "b"));
    EXPECT_NE(repository.text_fingerprint("users", "a"), repository.text_fingerprint("cameras", "a"));
    EXPECT_EQ(repository.text_fingerprint("users", "a").size(), 16U);
}

}  // namespace
}  // namespace coffre
