// Garbage collection: what goes, what stays, and that nothing is lost whatever happens beside it or to it.

#include <algorithm>

#include <gtest/gtest.h>

#include "store/repo/retired_list.hpp"
#include "tests/support/faulty.hpp"
#include "tests/support/repository_fixture.hpp"

namespace coffre {
namespace {

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

constexpr std::int64_t hour_ms = 3600 * 1000;

std::string noise(std::uint64_t seed, std::size_t size) {
    std::mt19937_64 rng(seed);
    std::string text(size, ' ');
    std::generate(text.begin(), text.end(), [&] { return static_cast<char>(rng()); });
    return text;
}

// Version `number` of a configuration: one file that never changes, one that grows a line each time, one
// that is new each time and takes room.
Tree version(int number) {
    std::string users = "user,rights\n";
    for (int i = 0; i <= number; ++i) users += "user" + std::to_string(i) + ",all\n";
    return {{"fixed/logo.bin", {odb::EntryMode::file, noise(1, 3000)}},
            {"users.csv", {odb::EntryMode::file, users}},
            {"export.bin", {odb::EntryMode::file, noise(1000 + static_cast<std::uint64_t>(number), 9000)}}};
}

repo::GcRequest expiring(std::vector<ObjectId> commits) {
    repo::GcRequest request;
    request.plan = [commits = std::move(commits)](const journal::State& state) {
        std::vector<repo::Expiry> expiries;
        for (const auto& snapshot : state.snapshots)
            if (!snapshot.expired && std::count(commits.begin(), commits.end(), snapshot.commit) > 0)
                expiries.push_back({snapshot.commit, "test"});
        return expiries;
    };
    return request;
}

void expect_whole(repo::Repository& repository) {
    const auto report = repository.verify(true, nullptr);
    EXPECT_TRUE(report.errors.empty()) << described(report);
}

// What was captured, by commit: what must still be there.
struct History {
    std::vector<journal::Snapshot> snapshots;
    std::map<ObjectId, Tree> trees;

    void add(repo::Repository& repository, int number, const std::string& equipment = equipment_name) {
        snapshots.push_back(capture(repository, version(number), test::request_for(equipment)));
        trees[snapshots.back().commit] = version(number);
    }
    [[nodiscard]] std::vector<ObjectId> commits(std::size_t from, std::size_t to) const {
        std::vector<ObjectId> result;
        for (std::size_t i = from; i < to; ++i) result.push_back(snapshots[i].commit);
        return result;
    }
    void expect_there(repo::Repository& repository) const {
        ASSERT_EQ(repository.state().snapshots.size(), snapshots.size());
        for (const auto& snapshot : repository.state().snapshots) {
            if (snapshot.expired) continue;
            ASSERT_EQ(read_back(repository, snapshot), trees.at(snapshot.commit)) << snapshot.commit.hex();
        }
        for (const auto& snapshot : snapshots) (void)repository.content(snapshot);  // commits for ever
    }
};

std::size_t files_in(Machine& machine, const std::string& folder) {
    return machine.store()->list(folder).size();
}

std::uint64_t bytes_in(Machine& machine, const std::string& folder) {
    std::uint64_t bytes = 0;
    for (const auto& file : machine.store()->list(folder)) bytes += file.size;
    return bytes;
}

std::vector<std::string> names_in(Machine& machine) {
    std::vector<std::string> names;
    for (const auto* folder : {"packs", "journal", "retired", "keys", "tmp"})
        for (const auto& file : machine.store()->list(folder)) names.push_back(file.name);
    return names;
}

class Gc : public ::testing::Test {
protected:
    explicit Gc(bool simulated = false) {
        machine.create(simulated);
        test::add_equipment(machine.open());
    }
    void fill(int captures) {
        for (int i = 0; i < captures; ++i) {
            machine.clock.advance_ms(hour_ms);
            history.add(machine.repository(), i);
        }
    }
    // By a process of its own.
    repo::GcReport gc(const repo::GcRequest& request = {}) { return machine.open().gc(request); }

    MemoryFileSystem files;
    Machine machine{files};
    History history;
};

class SimulatedGc : public Gc {
protected:
    SimulatedGc() : Gc(true) {}
};

TEST_F(SimulatedGc, lets_go_of_what_expired_and_keeps_the_rest_readable) {
    fill(30);
    const auto before = bytes_in(machine, "packs");
    const auto report = gc(expiring(history.commits(0, 20)));
    EXPECT_GT(report.freed_bytes, before / 3);  // less what says that they went, and the reserve
    EXPECT_LT(bytes_in(machine, "packs"), before / 2);
    auto& repository = machine.open();
    const auto& snapshots = repository.state().snapshots;
    EXPECT_EQ(std::count_if(snapshots.begin(), snapshots.end(), [](const auto& s) { return s.expired; }), 20);
    history.expect_there(repository);
    expect_whole(repository);
}

TEST_F(SimulatedGc, folds_many_files_into_few) {
    fill(40);
    EXPECT_GE(files_in(machine, "packs") + files_in(machine, "journal"), 100U);
    gc();
    EXPECT_LE(files_in(machine, "packs"), 6U);
    EXPECT_LE(files_in(machine, "journal"), 2U);
    history.expect_there(machine.open());
    expect_whole(machine.open());
}

TEST_F(SimulatedGc, has_nothing_to_do_the_second_time) {
    fill(20);
    gc();
    const auto before = names_in(machine);
    const auto report = gc();
    EXPECT_EQ(names_in(machine), before);
    EXPECT_EQ(report.retired_files, 0U);
    EXPECT_EQ(report.freed_bytes, 0U);
}

TEST_F(Gc, what_it_put_out_of_use_stays_for_72_hours) {
    fill(20);
    const auto before = files_in(machine, "packs");
    const auto report = gc(expiring(history.commits(0, 15)));
    EXPECT_GT(report.retired_files, 0U);
    EXPECT_GE(files_in(machine, "packs"), before);
    machine.clock.advance_ms(71 * hour_ms);
    gc();
    EXPECT_GE(files_in(machine, "packs"), before);
    expect_whole(machine.open());
    machine.clock.advance_ms(2 * hour_ms);
    const auto later = gc();
    EXPECT_GT(later.freed_bytes, 0U);
    EXPECT_LT(files_in(machine, "packs"), 8U);
    history.expect_there(machine.open());
    expect_whole(machine.open());
}

TEST_F(Gc, a_dry_run_changes_nothing) {
    fill(12);
    const auto before = names_in(machine);
    auto request = expiring(history.commits(0, 9));
    request.dry_run = true;
    const auto report = gc(request);
    EXPECT_GT(report.dead_bytes, 9 * 9000U);
    EXPECT_EQ(names_in(machine), before);
}

TEST_F(Gc, a_plan_that_refuses_leaves_everything_as_it_was) {
    fill(12);
    const auto before = names_in(machine);
    repo::GcRequest request;
    request.plan = [](const journal::State&) -> std::vector<repo::Expiry> {
        throw Error(Errc::refused, say<Msg::gc_overtaken>());
    };
    EXPECT_EQ(test::error_of([&] { gc(request); }), Errc::refused);
    EXPECT_EQ(names_in(machine), before);
}

TEST_F(Gc, plans_anew_when_something_is_published_meanwhile) {
    fill(12);
    Machine other(files, "other");
    other.clock.advance_ms(200 * hour_ms);
    other.open();
    int plans = 0;
    auto request = expiring({});
    request.plan = [&, plan = request.plan](const journal::State& state) {
        // The first plan is overtaken by a capture that takes back what would else be dead.
        if (++plans == 1) history.add(other.repository(), 3);
        return expiring(history.commits(3, 4)).plan(state);
    };
    gc(request);
    EXPECT_EQ(plans, 2);
    history.expect_there(machine.open());
    expect_whole(machine.open());
}

// Where there are no locks too.
class GcBesideCaptures : public ::testing::TestWithParam<bool> {};

TEST_P(GcBesideCaptures, a_capture_begun_before_and_published_after_is_whole) {
    MemoryFileSystem files;
    Machine machine(files);
    machine.create();
    test::add_equipment(machine.open());
    files.set_locks_supported(GetParam());
    History history;
    for (int i = 0; i < 12; ++i) {
        machine.clock.advance_ms(hour_ms);
        history.add(machine.repository(), i);
    }
    Machine other(files, "other");
    other.clock.advance_ms(13 * hour_ms);
    // It finds objects of the fourth version there, which expires meanwhile, and is published days later,
    // when the files that they lay in are due.
    auto writer = other.open().begin_snapshot(equipment_name);
    test::add_tree(writer, version(3));
    machine.open().gc(expiring(history.commits(0, 11)));
    machine.clock.advance_ms(71 * hour_ms);
    other.clock.advance_ms(71 * hour_ms);
    history.snapshots.push_back(writer.commit(test::request_for(equipment_name), true));
    history.trees[history.snapshots.back().commit] = version(3);
    for (int i = 0; i < 2; ++i) {
        machine.clock.advance_ms(100 * hour_ms);
        machine.open().gc({});
        history.expect_there(machine.repository());
        expect_whole(machine.repository());
    }
    Machine fresh(files, "fresh");
    history.expect_there(fresh.open());
}

INSTANTIATE_TEST_SUITE_P(Locks, GcBesideCaptures, ::testing::Bool(),
                         [](const auto& one) { return std::string(one.param ? "with" : "without"); });

TEST_F(SimulatedGc, leaves_what_a_running_capture_relies_on) {
    fill(12);
    Machine other(files, "other");
    other.clock.advance_ms(13 * hour_ms);
    auto writer = other.open().begin_snapshot(equipment_name);
    test::add_tree(writer, version(3));
    gc(expiring(history.commits(0, 11)));
    history.snapshots.push_back(writer.commit(test::request_for(equipment_name), true));
    history.trees[history.snapshots.back().commit] = version(3);
    history.expect_there(other.open());
    expect_whole(other.open());
    gc();
    history.expect_there(machine.open());
    expect_whole(machine.open());
    EXPECT_LE(files_in(machine, "packs"), 8U);
}

TEST_F(Gc, a_capture_of_another_copy_that_needs_what_goes_gets_it_back) {
    fill(12);
    std::mt19937_64 rng(1);
    MemoryFileSystem copied = files.power_cut(rng, PowerCut::keep_all);
    gc(expiring(history.commits(0, 11)));
    machine.clock.advance_ms(73 * hour_ms);
    // The other copy knows nothing of it, and relies on what expired here. Then the two are united.
    Machine other(copied, "other");
    other.clock.advance_ms(14 * hour_ms);
    other.open();
    history.add(other.repository(), 3);
    const auto from = other.store();
    const auto to = machine.store();
    for (const auto* folder : {"packs", "journal"})
        for (const auto& file : from->list(folder)) {
            const auto name = std::string(folder) + "/" + file.name;
            to->put(name, from->get(name, 64 << 20).value());
        }
    history.expect_there(machine.open());
    for (int i = 0; i < 3; ++i) {
        gc();
        history.expect_there(machine.open());
        expect_whole(machine.open());
        machine.clock.advance_ms(73 * hour_ms);
    }
}

TEST_F(SimulatedGc, removes_what_interrupted_commands_left) {
    fill(3);
    const auto store = machine.store();
    store->put("packs/" + std::string(64, 'a') + ".pack", as_bytes("left behind"));
    store->put("tmp/left", as_bytes("left behind"));
    gc();
    EXPECT_FALSE(store->size("packs/" + std::string(64, 'a') + ".pack"));
    EXPECT_FALSE(store->size("tmp/left"));
    history.expect_there(machine.open());
}

TEST_F(SimulatedGc, counts_nothing_of_a_retired_list_that_a_stranger_signed) {
    fill(12);
    gc();
    const auto store = machine.store();
    const auto lists = store->list("retired");
    ASSERT_EQ(lists.size(), 1U);
    const auto genuine = store->get("retired/" + lists.front().name, 1 << 20).value();
    const auto json = journal::Json::parse(genuine.begin(), genuine.end());
    std::vector<std::string> forged;
    const auto forge = [&](const journal::Json& document) {
        const auto text = document.dump() + "\n";
        const auto name = "retired/" + crypto::sha256(as_bytes(text)).hex() + ".json";
        store->put(name, as_bytes(text));
        forged.push_back(name);
    };
    auto changed = json;
    auto list = journal::Json::parse(json.at("list").get<std::string>());
    list["generation"] = 1000;
    changed["list"] = list.dump();
    forge(changed);  // the signature is of another text
    const crypto::SigningKey stranger(Bytes(32, 7));
    auto signed_by_stranger = changed;
    signed_by_stranger["actor"] = stranger.id().hex();
    Bytes message;
    append(message, as_bytes("coffre/1/retired"));
    append(message, machine.repository().id().view());
    append(message, as_bytes(changed["list"].get<std::string>()));
    signed_by_stranger["signature"] = stranger.sign(message).hex();
    forge(signed_by_stranger);
    forge(journal::Json::array());
    for (const auto& name : forged) {
        const auto report = machine.open().verify(false, nullptr);
        EXPECT_NE(described(report).find(name), std::string::npos) << name;
    }
    fill(12);
    gc();
    for (const auto& file : store->list("retired")) {
        const auto bytes = store->get("retired/" + file.name, 1 << 20).value();
        const auto document = journal::Json::parse(bytes.begin(), bytes.end());
        if (std::count(forged.begin(), forged.end(), "retired/" + file.name) > 0 || bytes == genuine)
            continue;
        const auto newest = journal::Json::parse(document.at("list").get<std::string>());
        EXPECT_EQ(newest.at("generation"), 2);
        EXPECT_EQ(newest.at("previous"), lists.front().name.substr(0, 64));
    }
}

// Whatever is left by a gc that was cut off at any point: nothing is lost, and the next one does the rest.
TEST(CrashOfGc, loses_nothing_at_any_operation) {
    constexpr int states = 6;
    std::mt19937_64 rng(11);
    for (const bool simulated : {true, false}) {
        MemoryFileSystem base;
        Machine founder(base);
        founder.create(simulated);
        test::add_equipment(founder.open());
        History history;
        for (int i = 0; i < 10; ++i) {
            founder.clock.advance_ms(hour_ms);
            history.add(founder.repository(), i);
        }
        if (!simulated) {  // so that this run removes files as well
            founder.open().gc(expiring(history.commits(0, 2)));
            for (int i = 10; i < 18; ++i) {
                founder.clock.advance_ms(10 * hour_ms);
                history.add(founder.repository(), i);
            }
        }
        founder.close();
        std::size_t undisturbed = 0;  // packs after it
        {
            MemoryFileSystem memory = base.power_cut(rng, PowerCut::keep_all);
            Machine machine(memory);
            machine.clock.advance_ms(101 * hour_ms);
            machine.open().gc(expiring(history.commits(0, 7)));
            machine.clock.advance_ms(73 * hour_ms);
            machine.open().gc({});
            undisturbed = files_in(machine, "packs");
        }
        bool completed = false;
        int reached = 0;
        for (std::uint64_t n = 1; !completed; ++n) {
            ASSERT_LT(n, 400U);
            MemoryFileSystem memory = base.power_cut(rng, PowerCut::keep_all);
            FaultyFileSystem faulty(memory);
            faulty.crash_at(n);
            try {
                Machine machine(faulty);
                machine.clock.advance_ms(100 * hour_ms);
                machine.open().gc(expiring(history.commits(0, 7)));
                machine.close();
                completed = faulty.operations() < n;
            } catch (const SimulatedCrash&) {
                ++reached;
            }
            for (int state = 0; state < states; ++state) {
                SCOPED_TRACE("operation " + std::to_string(n) + ", state " + std::to_string(state));
                const auto policy = state == 0   ? PowerCut::lose_all
                                    : state == 1 ? PowerCut::keep_all
                                                 : PowerCut::random;
                MemoryFileSystem after = memory.power_cut(rng, policy);
                Machine survivor(after);
                survivor.clock.advance_ms(101 * hour_ms);
                ASSERT_NO_THROW(history.expect_there(survivor.open()));
                ASSERT_NO_THROW(expect_whole(survivor.repository()));
                ASSERT_FALSE(testing::Test::HasFailure());
                ASSERT_NO_THROW(survivor.open().gc(expiring(history.commits(0, 7))));
                survivor.clock.advance_ms(73 * hour_ms);
                ASSERT_NO_THROW(survivor.open().gc({}));
                ASSERT_NO_THROW(history.expect_there(survivor.open()));
                ASSERT_NO_THROW(expect_whole(survivor.repository()));
                ASSERT_FALSE(testing::Test::HasFailure());
                ASSERT_LE(files_in(survivor, "packs"), undisturbed + 1);
            }
        }
        EXPECT_GT(reached, 30);
    }
}

TEST(FullDiskOfGc, at_any_operation_loses_nothing) {
    std::mt19937_64 rng(12);
    MemoryFileSystem base;
    Machine founder(base);
    founder.create(true);
    test::add_equipment(founder.open());
    History history;
    for (int i = 0; i < 10; ++i) {
        founder.clock.advance_ms(hour_ms);
        history.add(founder.repository(), i);
    }
    founder.close();
    for (const auto lasting : {FaultyFileSystem::Lasting::once, FaultyFileSystem::Lasting::from_then_on}) {
        bool completed = false;
        for (std::uint64_t n = 1; !completed; ++n) {
            SCOPED_TRACE("operation " + std::to_string(n));
            ASSERT_LT(n, 400U);
            MemoryFileSystem memory = base.power_cut(rng, PowerCut::keep_all);
            FaultyFileSystem faulty(memory);
            Machine machine(faulty);
            machine.clock.advance_ms(100 * hour_ms);
            faulty.fail_at(n, test::no_space_error(), lasting);
            const auto error = test::error_of([&] { machine.open().gc(expiring(history.commits(0, 7))); });
            completed = faulty.operations() < n;
            faulty.reset();
            if (error) {
                ASSERT_EQ(*error, Errc::no_space);
            }
            history.expect_there(machine.open());
            expect_whole(machine.repository());
            machine.open().gc(expiring(history.commits(0, 7)));
            history.expect_there(machine.open());
            expect_whole(machine.repository());
            ASSERT_FALSE(testing::Test::HasFailure());
        }
    }
}

// Chance decides what is captured, what expires and when gc runs.
TEST_F(SimulatedGc, after_any_history_every_chain_decodes) {
    std::mt19937_64 rng(20261124);
    const std::vector<std::string> names{equipment_name, "CAM-1", "CAM-2"};
    test::add_equipment(machine.open(), names[1]);
    test::add_equipment(machine.open(), names[2]);
    int number = 0;
    for (int round = 0; round < 12; ++round) {
        machine.open();
        for (auto captures = rng() % 14; captures > 0; --captures) {
            machine.clock.advance_ms(hour_ms);
            number = rng() % 4 == 0 ? static_cast<int>(rng() % 100) : number + 1;
            history.add(machine.repository(), number, names[rng() % names.size()]);
        }
        std::vector<ObjectId> going;
        for (const auto& snapshot : history.snapshots)
            if (rng() % 5 == 0) going.push_back(snapshot.commit);
        gc(rng() % 3 == 0 ? repo::GcRequest{} : expiring(going));
        history.expect_there(machine.open());
        expect_whole(machine.repository());
        ASSERT_FALSE(HasFailure()) << "round " << round;
    }
}

TEST_F(SimulatedGc, large_blobs_keep_the_pieces_that_they_share) {
    const auto large = [](int version) {
        std::string content = noise(77, 6 << 20);
        content.replace(100'000 * static_cast<std::size_t>(version), 2000, noise(100 + version, 2000));
        return Tree{{"db.sqlite", {odb::EntryMode::file, content}}};
    };
    for (int i = 0; i < 6; ++i) {
        machine.clock.advance_ms(hour_ms);
        history.snapshots.push_back(capture(machine.repository(), large(i)));
        history.trees[history.snapshots.back().commit] = large(i);
    }
    const auto before = bytes_in(machine, "packs");
    gc(expiring(history.commits(1, 4)));
    history.expect_there(machine.open());
    expect_whole(machine.repository());
    EXPECT_LE(bytes_in(machine, "packs"), before + before / 16);  // the bucket of another size
    gc(expiring(history.commits(0, 5)));
    history.expect_there(machine.open());
    expect_whole(machine.repository());
}

TEST_F(SimulatedGc, says_so_when_a_piece_that_is_needed_is_damaged_and_removes_nothing) {
    fill(12);
    const auto store = machine.store();
    const auto packs = store->list("packs");
    const auto largest = std::max_element(packs.begin(), packs.end(),
                                          [](const auto& a, const auto& b) { return a.size < b.size; });
    const auto name = "packs/" + largest->name;
    auto bytes = store->get(name, 1 << 20).value();
    bytes[bytes.size() / 3] ^= 1;
    store->remove(name);
    store->put(name, bytes);
    const auto before = files_in(machine, "packs");
    EXPECT_EQ(test::error_of([&] { gc(expiring(history.commits(0, 3))); }), Errc::damaged);
    EXPECT_GE(files_in(machine, "packs"), before);
}

}  // namespace
}  // namespace coffre
