// Making a repository and capturing into it, with the power cut, the disk full or broken at every operation.

#include <algorithm>

#include <gtest/gtest.h>

#include "store/repo/format_file.hpp"
#include "tests/support/faulty.hpp"
#include "tests/support/repository_fixture.hpp"

namespace coffre {
namespace {

using test::add_equipment;
using test::capture;
using test::described;
using test::equipment_name;
using test::FaultyFileSystem;
using test::Machine;
using test::MemoryFileSystem;
using test::PowerCut;
using test::read_back;
using test::SimulatedCrash;
using test::Tree;

constexpr std::uint64_t operations_max = 400;

PowerCut policy_of(int state) {
    if (state == 0) return PowerCut::lose_all;
    return state == 1 ? PowerCut::keep_all : PowerCut::random;
}

bool repository_there(Machine& machine) {
    return machine.store()->size(std::string(repo::format_file_name)).has_value();
}

// Everything in it opens and agrees.
void expect_whole(repo::Repository& repository) {
    const auto report = repository.verify(true, nullptr);
    ASSERT_TRUE(report.errors.empty()) << described(report);
}

const Tree& first_tree() {
    static const Tree tree{{"config.xml", {odb::EntryMode::file, "<camera id='1'/>"}},
                           {"users/admin", {odb::EntryMode::file, "rights=all\n"}},
                           {"empty", {odb::EntryMode::tree, ""}}};
    return tree;
}

const Tree& second_tree() {
    static const Tree tree = [] {
        Tree made = first_tree();
        made["config.xml"].content = "<camera id='1'/><camera id='2'/>";
        made["run.sh"] = {odb::EntryMode::executable, "#!/bin/sh\n"};
        made["latest"] = {odb::EntryMode::link, "config.xml"};
        // Larger than a sector, so that a torn write shows.
        std::mt19937_64 rng(5);
        std::string noise(9000, ' ');
        std::generate(noise.begin(), noise.end(), [&] { return static_cast<char>(rng()); });
        made["firmware.bin"] = {odb::EntryMode::file, noise};
        return made;
    }();
    return tree;
}

TEST(CrashOfCreate, leaves_a_whole_repository_or_none_and_a_place_for_one) {
    constexpr int states = 25;
    constexpr int states_made_again = 4;  // each derives a passphrase's key, which is slow by design
    std::mt19937_64 rng(20261123);
    bool completed = false;
    int whole = 0;
    for (std::uint64_t n = 1; !completed; ++n) {
        ASSERT_LT(n, operations_max);
        MemoryFileSystem memory;
        FaultyFileSystem faulty(memory);
        faulty.crash_at(n);
        try {
            Machine(faulty).create();
            completed = true;
        } catch (const SimulatedCrash&) {
        }
        for (int state = 0; state < states; ++state) {
            SCOPED_TRACE("operation " + std::to_string(n) + ", state " + std::to_string(state));
            MemoryFileSystem after = memory.power_cut(rng, policy_of(state));
            Machine survivor(after);
            const bool there = repository_there(survivor);
            if (completed) {
                ASSERT_TRUE(there);
            }
            if (!there) {
                if (state >= states_made_again) continue;
                survivor.create();
            }
            whole += there ? 1 : 0;
            auto& repository = survivor.open();
            ASSERT_EQ(repository.state().slots.size(), 2U);
            ASSERT_NO_FATAL_FAILURE(expect_whole(repository));
            add_equipment(repository);
            const auto snapshot = capture(repository, first_tree());
            ASSERT_EQ(read_back(survivor.open(), snapshot), first_tree());
        }
    }
    EXPECT_GT(whole, states);  // the last operations were reached too
}

struct Capture {
    const char* machine;  // that captures; "one" made the repository
};

class CrashOfCapture : public testing::TestWithParam<Capture> {};

TEST_P(CrashOfCapture, keeps_what_was_committed_and_leaves_the_rest_absent_or_whole) {
    constexpr int states = 30;
    std::mt19937_64 rng(7);
    MemoryFileSystem base;
    Machine founder(base);
    founder.create_with_equipment();
    const auto first = capture(founder.open(), first_tree());
    founder.close();

    bool completed = false;
    int absent = 0;
    int present = 0;
    for (std::uint64_t n = 1; !completed; ++n) {
        ASSERT_LT(n, operations_max);
        MemoryFileSystem memory = base.power_cut(rng, PowerCut::keep_all);
        FaultyFileSystem faulty(memory);
        faulty.crash_at(n);
        bool committed = false;
        try {
            Machine machine(faulty, GetParam().machine);
            machine.clock.advance_ms(60'000);
            capture(machine.open(), second_tree());
            committed = true;
            machine.close();
            completed = faulty.operations() < n;
        } catch (const SimulatedCrash&) {
        }
        for (int state = 0; state < states; ++state) {
            SCOPED_TRACE("operation " + std::to_string(n) + ", state " + std::to_string(state));
            MemoryFileSystem after = memory.power_cut(rng, policy_of(state));
            Machine survivor(after, GetParam().machine);
            survivor.clock.advance_ms(120'000);
            auto& repository = survivor.open();
            ASSERT_TRUE(repository.warnings().empty());
            const auto& snapshots = repository.state().snapshots;
            ASSERT_LE(snapshots.size(), 2U);
            if (committed) {
                ASSERT_EQ(snapshots.size(), 2U);
            }
            ++(snapshots.size() == 2 ? present : absent);
            ASSERT_EQ(snapshots.front().commit, first.commit);
            ASSERT_EQ(read_back(repository, snapshots.front()), first_tree());
            if (snapshots.size() == 2) {
                ASSERT_EQ(read_back(repository, snapshots.back()), second_tree());
            }
            ASSERT_NO_FATAL_FAILURE(expect_whole(repository));

            const auto again = capture(repository, second_tree());
            auto& reopened = survivor.open();
            ASSERT_EQ(read_back(reopened, again), second_tree());
            ASSERT_NO_FATAL_FAILURE(expect_whole(reopened));
        }
    }
    EXPECT_GT(absent, states);
    EXPECT_GT(present, states);
}

INSTANTIATE_TEST_SUITE_P(By, CrashOfCapture, testing::Values(Capture{"one"}, Capture{"two"}),
                         [](const auto& one) { return std::string("machine_") + one.param.machine; });

struct Fault {
    const char* name;
    bool no_space;
    bool short_write;
    FaultyFileSystem::Lasting lasting;
};

void arm(FaultyFileSystem& faulty, const Fault& fault, std::uint64_t n) {
    const Error error = fault.no_space ? test::no_space_error() : test::io_error();
    if (fault.short_write)
        faulty.short_write_at(n, error);
    else
        faulty.fail_at(n, error, fault.lasting);
}

class DiskFault : public testing::TestWithParam<Fault> {
protected:
    [[nodiscard]] Errc expected() const { return GetParam().no_space ? Errc::no_space : Errc::failed; }
};

TEST_P(DiskFault, while_creating_is_told_and_the_next_attempt_works) {
    bool completed = false;
    int failures = 0;
    for (std::uint64_t n = 1; !completed; ++n) {
        ASSERT_LT(n, operations_max);
        SCOPED_TRACE("operation " + std::to_string(n));
        MemoryFileSystem memory;
        FaultyFileSystem faulty(memory);
        Machine machine(faulty);
        arm(faulty, GetParam(), n);
        const auto error = test::error_of([&] { machine.create(); });
        completed = faulty.operations() < n;
        faulty.reset();
        if (error) {
            ASSERT_EQ(*error, expected());
            ++failures;
        } else {
            ASSERT_TRUE(repository_there(machine));
        }
        if (!repository_there(machine)) machine.create();
        auto& repository = machine.open();
        ASSERT_EQ(repository.state().slots.size(), 2U);
        ASSERT_NO_FATAL_FAILURE(expect_whole(repository));
    }
    EXPECT_GT(failures, 10);
}

TEST_P(DiskFault, while_capturing_is_told_and_the_next_attempt_works) {
    std::mt19937_64 rng(9);
    MemoryFileSystem base;
    Machine founder(base);
    founder.create_with_equipment();
    const auto first = capture(founder.open(), first_tree());
    founder.close();

    bool completed = false;
    int failures = 0;
    for (std::uint64_t n = 1; !completed; ++n) {
        ASSERT_LT(n, operations_max);
        SCOPED_TRACE("operation " + std::to_string(n));
        MemoryFileSystem memory = base.power_cut(rng, PowerCut::keep_all);
        FaultyFileSystem faulty(memory);
        Machine machine(faulty);
        machine.clock.advance_ms(60'000);
        std::optional<Errc> error;
        repo::Repository* repository = nullptr;
        // make_directories("/repo") counts too: opening may be what fails.
        arm(faulty, GetParam(), n);
        error = test::error_of([&] {
            repository = &machine.open();
            capture(*repository, second_tree());
        });
        completed = faulty.operations() < n;
        faulty.reset();
        if (error) {
            ASSERT_EQ(*error, expected());
            ++failures;
        }
        if (!repository) repository = &machine.open();

        // In the same process, which still holds what the failed attempt left in its memory…
        const auto again = capture(*repository, second_tree());
        ASSERT_EQ(read_back(*repository, again), second_tree());
        // …and for the next one, which knows only what lies there.
        auto& reopened = machine.open();
        for (const auto& snapshot : reopened.state().snapshots) {
            ASSERT_EQ(read_back(reopened, snapshot),
                      snapshot.commit == first.commit ? first_tree() : second_tree());
        }
        ASSERT_GE(reopened.state().snapshots.size(), 2U);
        ASSERT_NO_FATAL_FAILURE(expect_whole(reopened));
    }
    EXPECT_GT(failures, 10);
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, DiskFault,
    testing::Values(Fault{"full_once", true, false, FaultyFileSystem::Lasting::once},
                    Fault{"full_from_then_on", true, false, FaultyFileSystem::Lasting::from_then_on},
                    Fault{"broken_once", false, false, FaultyFileSystem::Lasting::once},
                    Fault{"broken_from_then_on", false, false, FaultyFileSystem::Lasting::from_then_on},
                    Fault{"full_in_the_middle_of_a_write", true, true, FaultyFileSystem::Lasting::once}),
    [](const auto& one) { return std::string(one.param.name); });

TEST(FailedCapture, leaves_nothing_that_a_later_one_could_rely_on_unseen) {
    // The packs are there, the batch that should name them is not: the next capture of the same process finds
    // the same content and must name those packs itself.
    MemoryFileSystem memory;
    FaultyFileSystem faulty(memory);
    Machine machine(faulty);
    machine.create_with_equipment();
    auto& repository = machine.open();
    add_equipment(repository, "CAM-1");
    bool failed = false;
    faulty.reset();
    faulty.observe([&](test::Operation operation, const std::string&) {
        // The first name that is given after those of the two packs is the batch's.
        if (!failed && operation == test::Operation::rename) {
            const auto packs = memory.open_directory("/repo/packs");
            if (packs && packs->entries().size() == 2) {
                failed = true;
                throw test::io_error();
            }
        }
    });
    EXPECT_EQ(test::error_of([&] { capture(repository, second_tree()); }), Errc::failed);
    faulty.observe(nullptr);
    ASSERT_TRUE(failed);
    const auto other = capture(repository, second_tree(), test::request_for("CAM-1"));
    auto& reopened = machine.open();
    EXPECT_EQ(read_back(reopened, other), second_tree());
    expect_whole(reopened);
}

}  // namespace
}  // namespace coffre
