// Several at once on one repository, also where there are no locks.

#include <mutex>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "tests/support/repository_fixture.hpp"

namespace coffre {
namespace {

using test::Machine;
using test::MemoryFileSystem;
using test::Tree;

Tree tree_of(int number) {
    return {{"config.xml", {odb::EntryMode::file, "<n>" + std::to_string(number) + "</n>"}}};
}

void expect_whole(MemoryFileSystem& files, const std::set<ObjectId>& reported) {
    Machine fresh(files, "fresh");
    auto& repository = fresh.open();
    EXPECT_EQ(test::described(repository.verify(true, {})), "");
    std::set<ObjectId> there;
    for (const auto& snapshot : repository.state().snapshots) there.insert(snapshot.commit);
    EXPECT_EQ(there, reported);
}

class Several : public ::testing::TestWithParam<bool> {
protected:
    Several() {
        Machine machine(files);
        machine.create_with_equipment();
        files.set_locks_supported(GetParam());
    }
    MemoryFileSystem files;
};

TEST_P(Several, processes_of_one_machine_that_opened_at_the_same_time_all_commit) {
    std::vector<std::unique_ptr<Machine>> processes;
    std::set<ObjectId> reported;
    for (int i = 0; i < 8; ++i) {
        processes.push_back(std::make_unique<Machine>(files));
        processes.back()->open();  // all before the first commits
    }
    int number = 0;
    for (int round = 0; round < 3; ++round)
        for (auto& process : processes) {
            auto& repository = process->repository();
            reported.insert(test::capture(repository, tree_of(++number)).commit);
        }
    expect_whole(files, reported);
}

TEST_P(Several, captures_side_by_side_lose_nothing_and_fork_nothing) {
    std::mutex mutex;
    std::set<ObjectId> reported;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&, i] {
            Machine machine(files);
            for (int n = 0; n < 5;) {
                try {
                    const auto snapshot = test::capture(machine.open(), tree_of(100 * i + n));
                    const std::scoped_lock guard(mutex);
                    reported.insert(snapshot.commit);
                    ++n;
                } catch (const Error& error) {
                    // The ten seconds that a lock is waited for pass at once on a clock that is not real.
                    if (error.code() != Errc::locked) throw;
                }
            }
        });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(reported.size(), 20U);
    expect_whole(files, reported);
}

INSTANTIATE_TEST_SUITE_P(Store, Several, ::testing::Values(true, false),
                         [](const auto& locks) { return locks.param ? "with_locks" : "without_locks"; });

TEST(WithoutLocks, each_process_signs_a_stream_of_its_own) {
    MemoryFileSystem files;
    Machine machine(files);
    machine.create_with_equipment();
    files.set_locks_supported(false);
    test::capture(machine.open(), tree_of(1));
    test::capture(machine.open(), tree_of(2));
    // The founder, and one for each of the two processes; one process goes on with its own.
    EXPECT_EQ(machine.open().state().streams.size(), 3U);
    auto& repository = machine.open();
    test::capture(repository, tree_of(3));
    test::capture(repository, tree_of(4));
    EXPECT_EQ(machine.open().state().streams.size(), 4U);
}

}  // namespace
}  // namespace coffre
