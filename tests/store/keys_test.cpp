// Ways into a repository: wrong, damaged, unlisted and removed slots are told apart, and the last way stays.

#include <gtest/gtest.h>

#include "tests/support/repository_fixture.hpp"

namespace coffre {
namespace {

using test::Machine;
using test::MemoryFileSystem;

class Keys : public ::testing::Test {
protected:
    Keys() { machine.create(); }

    Errc opening(const repo::Credentials& credentials) {
        return test::error_of([&] { machine.open(credentials); }).value();
    }

    SlotId slot_of_type(const std::string& type) {
        for (const auto* slot : machine.open().state().ways_in())
            if (slot->type == type) return slot->id;
        throw std::logic_error("no such slot");
    }

    std::unique_ptr<Directory> keys() { return files.open_directory("/repo/keys"); }

    MemoryFileSystem files;
    Machine machine{files};
};

TEST_F(Keys, a_passphrase_that_was_added_opens) {
    machine.open().add_passphrase("une autre phrase", test::cheap_cost);
    EXPECT_EQ(machine.open(Machine::passphrase("une autre phrase")).state().ways_in().size(), 3U);
    EXPECT_EQ(opening(Machine::passphrase("une autre phrase!")), Errc::no_key);
}

TEST_F(Keys, a_key_file_that_was_added_opens) {
    repo::Credentials credentials;
    machine.open().add_key_file([&](std::string_view text) { credentials.key_file = std::string(text); });
    const auto& opened = machine.open(credentials);
    EXPECT_EQ(opened.opened_by(), opened.state().ways_in().back()->id);
}

TEST_F(Keys, recovery_words_that_were_typed_back_open) {
    std::string words;
    const auto slot = machine.open().add_recovery_words([&](std::string_view text) {
        words = std::string(text);
        return true;
    });
    ASSERT_TRUE(slot);
    EXPECT_EQ(machine.open(Machine::passphrase(words)).opened_by(), slot->id);
}

TEST_F(Keys, recovery_words_that_were_not_typed_back_leave_nothing) {
    std::string words;
    const auto files_before = keys()->entries().size();
    EXPECT_FALSE(machine.open().add_recovery_words([&](std::string_view text) {
        words = std::string(text);
        return false;
    }));
    EXPECT_EQ(keys()->entries().size(), files_before);
    EXPECT_EQ(opening(Machine::passphrase(words)), Errc::no_key);
}

TEST_F(Keys, a_removed_slot_opens_no_more_even_where_its_file_comes_back) {
    const auto id = slot_of_type("passphrase");
    std::string name;
    for (const auto& slot : machine.open().state().slots)
        if (slot.id == id) name = slot.file.hex() + ".slot";
    const auto kept = read_file(*keys(), name, 1 << 20).value();
    machine.open().remove_slot(id);
    EXPECT_EQ(opening(Machine::passphrase()), Errc::no_key);
    EXPECT_FALSE(keys()->stat(name));

    keys()->create_file(name, 0600)->write(kept);
    EXPECT_EQ(test::message_of([&] { machine.open(Machine::passphrase()); }), Msg::slot_removed);
    EXPECT_TRUE(machine.open().verify(false, {}).errors.empty());
}

TEST_F(Keys, the_last_way_in_is_not_removed) {
    const auto first = slot_of_type("passphrase");
    machine.open().remove_slot(first);
    const auto last = slot_of_type("key-file");
    EXPECT_EQ(test::error_of([&] { machine.open().remove_slot(last); }), Errc::refused);
    EXPECT_EQ(machine.open().state().ways_in().size(), 1U);
}

TEST_F(Keys, a_slot_whose_record_could_not_be_written_does_not_stay) {
    auto& repository = machine.open();
    const auto count = keys()->entries().size();
    const auto held = files.open_directory("/repo")->try_lock("lock", LockMode::exclusive);
    EXPECT_EQ(test::error_of([&] { repository.add_key_file([](std::string_view) {}); }), Errc::locked);
    EXPECT_EQ(keys()->entries().size(), count);
}

TEST_F(Keys, a_slot_that_is_not_there_is_not_removed) {
    EXPECT_EQ(test::error_of([&] { machine.open().remove_slot(SlotId{}); }), Errc::failed);
}

TEST_F(Keys, an_unlisted_slot_reads_and_never_writes) {
    // The slot is stored, its record is not: as after a kill, or as an intruder would plant it.
    auto& repository = machine.open();
    repo::Credentials credentials;
    const auto lock_out = [&] {
        repository.add_key_file([&](std::string_view text) {
            credentials.key_file = std::string(text);
            files.make_directories("/repo/journal");
        });
    };
    lock_out();
    std::string journal_name;
    const auto folder = files.open_directory("/repo/journal");
    for (const auto& entry : folder->entries()) {
        const auto stat = folder->stat(entry.name);
        static std::int64_t newest = 0;
        if (stat->modified_ns > newest) {
            newest = stat->modified_ns;
            journal_name = entry.name;
        }
    }
    folder->remove_file(journal_name);
    machine.close();
    Machine other(files, "other");
    auto& opened = other.open(credentials);
    ASSERT_EQ(opened.warnings().size(), 1U);
    EXPECT_EQ(opened.warnings()[0].id, Msg::slot_unlisted);
    EXPECT_EQ(test::error_of([&] { opened.record({{{"type", "note"}}}); }), Errc::damaged);
    EXPECT_FALSE(other.open().verify(false, {}).errors.empty());
}

TEST_F(Keys, a_damaged_slot_is_not_taken_for_a_wrong_passphrase) {
    const auto folder = keys();
    for (const auto& entry : folder->entries()) {
        auto bytes = read_file(*folder, entry.name, 1 << 20).value();
        bytes[bytes.size() / 2] ^= 1;
        folder->remove_file(entry.name);
        folder->create_file(entry.name, 0600)->write(bytes);
    }
    EXPECT_EQ(opening(Machine::passphrase()), Errc::damaged);
    EXPECT_EQ(opening(Machine::passphrase("wrong")), Errc::damaged);
    EXPECT_EQ(opening(machine.key_file()), Errc::damaged);
}

}  // namespace
}  // namespace coffre
