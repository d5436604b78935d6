// What a new file is told apart from when it is stored: names and places say what is probably alike.

#include "store/repo/known_files.hpp"

#include <random>

#include <gtest/gtest.h>

#include "tests/support/repository_fixture.hpp"

namespace coffre {
namespace {

using repo::KnownFiles;

ObjectId object(std::uint8_t number) {
    ObjectId id{};
    id.bytes[0] = number;
    return id;
}

TEST(KnownFiles, tell_the_version_before_of_a_path_first) {
    KnownFiles known;
    known.add_folder("", object(1));
    known.add_file("a/camera.xml", object(2));
    known.add_file("b/camera.xml", object(3));
    EXPECT_EQ(known.at(""), object(1));
    EXPECT_EQ(known.most_alike("b/camera.xml"), object(3));
}

TEST(KnownFiles, tell_a_file_of_the_same_name_elsewhere) {
    KnownFiles known;
    known.add_file("old/camera.xml", object(1));
    known.add_file("old/recording.xml", object(2));
    EXPECT_EQ(known.most_alike("new/camera.xml"), object(1));
    EXPECT_EQ(known.most_alike("new/recording.xml"), object(2));
}

TEST(KnownFiles, tell_a_file_of_nearly_the_same_name) {
    KnownFiles known;
    known.add_file("export_20260105.cfg", object(1));
    known.add_file("users.cfg", object(2));
    EXPECT_EQ(known.most_alike("export_20260112.cfg"), object(1));
}

TEST(KnownFiles, tell_nothing_of_another_kind_or_name) {
    KnownFiles known;
    known.add_folder("export", object(1));
    known.add_file("export_20260105.bin", object(2));
    known.add_file("users.cfg", object(3));
    EXPECT_EQ(known.most_alike("export_20260105.cfg"), std::nullopt);
    EXPECT_EQ(known.most_alike("export"), object(1));  // what lay there, whatever it was
    EXPECT_EQ(known.most_alike("elsewhere"), std::nullopt);
    EXPECT_EQ(KnownFiles().most_alike("a"), std::nullopt);
    EXPECT_EQ(known.most_alike(""), std::nullopt);
}

// 400 lines that no two equipments share by chance.
std::string configuration(int changed) {
    std::mt19937_64 rng(11);
    std::string text;
    for (int i = 0; i < 400; ++i)
        text += "channel" + std::to_string(i) + "=" + std::to_string(i == changed ? 0 : rng()) + "\n";
    return text;
}

class AlikeFiles : public ::testing::Test {
protected:
    AlikeFiles() {
        machine.create();
        test::add_equipment(machine.open());
        test::add_equipment(machine.open(), "CAM-2");
        first = test::capture(machine.repository(),
                              {{"export_0105.cfg", {odb::EntryMode::file, configuration(1)}}});
    }

    test::MemoryFileSystem files;
    test::Machine machine{files};
    journal::Snapshot first;
};

TEST_F(AlikeFiles, under_another_name_cost_what_changed) {
    machine.open();
    const test::Tree renamed{{"export_0112.cfg", {odb::EntryMode::file, configuration(2)}}};
    const auto second = test::capture(machine.repository(), renamed);
    EXPECT_LE(second.added_bytes * 2, first.added_bytes);
    EXPECT_EQ(test::read_back(machine.open(), second), renamed);
}

TEST_F(AlikeFiles, of_another_equipment_cost_what_differs) {
    const test::Tree alike{{"export_0105.cfg", {odb::EntryMode::file, configuration(3)}}};
    const auto second = test::capture(machine.repository(), alike, test::request_for("CAM-2"));
    EXPECT_LE(second.added_bytes * 2, first.added_bytes);
    EXPECT_EQ(test::read_back(machine.open(), second), alike);
}

}  // namespace
}  // namespace coffre
