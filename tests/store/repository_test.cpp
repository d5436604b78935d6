// A repository and its machines: keys, journal, caches, packs that are lost, and what verification says of it
// all.

#include <algorithm>

#include <gtest/gtest.h>

#include "store/repo/format_file.hpp"
#include "tests/support/repository_fixture.hpp"

namespace coffre {
namespace {

using odb::EntryMode;
using test::add_equipment;
using test::capture;
using test::described;
using test::equipment_name;
using test::error_of;
using test::Machine;
using test::MemoryFileSystem;
using test::read_back;
using test::Tree;

const Tree tree_a{{"config.xml", {EntryMode::file, "<camera id='1'/>"}},
                  {"folder/x", {EntryMode::file, "x"}}};
const Tree tree_b{{"config.xml", {EntryMode::file, "<camera id='2'/>"}},
                  {"folder/x", {EntryMode::file, "x"}}};

class RepositoryTest : public testing::Test {
protected:
    void SetUp() override { one_.create_with_equipment(); }

    Machine& two() {
        if (!two_) {
            two_ = std::make_unique<Machine>(files_, "two");
            two_->clock.advance_ms(3'600'000);
        }
        return *two_;
    }

    // The secrets, as a holder of the key file gets them.
    crypto::KeyRing ring() {
        const auto at = one_.store();
        const auto key = crypto::parse_key_file(*one_.key_file().key_file, "site.key");
        for (const auto& file : at->list("keys"))
            if (auto ring = crypto::open_slot(*at->get("keys/" + file.name, 65'536), key, file.name))
                return std::move(*ring);
        throw std::logic_error("no slot opens");
    }

    std::vector<std::string> names_in(const std::string& folder) {
        std::vector<std::string> names;
        for (const auto& entry : files_.open_directory(folder)->entries()) names.push_back(entry.name);
        return names;
    }

    Bytes content_of(const std::string& folder, const std::string& name) {
        return read_file(*files_.open_directory(folder), name, 1 << 30).value();
    }

    void replace(const std::string& folder, const std::string& name, ByteView bytes) {
        const auto in = files_.open_directory(folder);
        write_file_durably(*in, "replacement", *in, name, bytes);
    }

    std::string cache_of(const std::string& machine) {
        return "/" + machine + "/cache/" + names_in("/" + machine + "/cache").at(0);
    }

    static std::string text_of(const journal::State& state) {
        return std::string(as_text(journal::encode_state(state)));
    }

    MemoryFileSystem files_;
    Machine one_{files_};
    std::unique_ptr<Machine> two_;
};

// --- making and opening

TEST_F(RepositoryTest, is_not_made_twice_nor_beside_other_things) {
    EXPECT_EQ(error_of([&] { one_.create(); }), Errc::failed);
    EXPECT_EQ(one_.open().state().equipment.size(), 1U);
    one_.close();
    // Without its coffre.json it is no repository, and nothing that a new one may clear away.
    files_.open_directory("/repo")->remove_file("coffre.json");
    EXPECT_EQ(error_of([&] { one_.open(); }), Errc::no_repository);
    EXPECT_EQ(error_of([&] { one_.create(); }), Errc::failed);
    EXPECT_FALSE(names_in("/repo/journal").empty());
}

TEST_F(RepositoryTest, keeps_no_name_in_clear) {
    capture(one_.open(), tree_a);
    one_.close();
    const std::vector<std::string> folders{"/repo",         "/repo/keys",
                                           "/repo/journal", "/repo/packs",
                                           "/repo/tmp",     "/one/state/" + names_in("/one/state").at(0),
                                           cache_of("one")};
    for (const auto& folder : folders) {
        const auto opened = files_.open_directory(folder);
        for (const auto& entry : opened->entries()) {
            if (entry.type != FileType::regular) continue;
            const Bytes bytes = content_of(folder, entry.name);
            for (const std::string secret :
                 {"CLIEXEMP", "SIEGEPARIS", "NVR", "config.xml", "camera", "tester", "HEBDO"})
                EXPECT_EQ(as_text(bytes).find(secret), std::string_view::npos) << folder << "/" << entry.name;
        }
    }
}

TEST_F(RepositoryTest, opens_with_the_passphrase_and_tells_a_wrong_one_from_none) {
    EXPECT_NO_THROW(one_.open(Machine::passphrase()));
    EXPECT_EQ(error_of([&] { one_.open(Machine::passphrase("wrong")); }), Errc::no_key);
    EXPECT_EQ(error_of([&] { one_.open(repo::Credentials{}); }), Errc::no_key);
    repo::Credentials other;
    other.key_file = "not a key file";
    EXPECT_EQ(error_of([&] { one_.open(other); }), Errc::no_key);
}

TEST_F(RepositoryTest, does_not_open_with_the_key_file_of_another_one) {
    MemoryFileSystem elsewhere;
    Machine stranger(elsewhere);
    stranger.create();
    EXPECT_EQ(error_of([&] { one_.open(stranger.key_file()); }), Errc::no_key);
}

TEST_F(RepositoryTest, asks_for_the_passphrase_once) {
    int asked = 0;
    repo::Credentials credentials;
    credentials.passphrase = [&] {
        ++asked;
        return std::string("wrong");
    };
    EXPECT_EQ(error_of([&] { one_.open(credentials); }), Errc::no_key);
    EXPECT_EQ(asked, 1);
}

TEST_F(RepositoryTest, made_for_training_says_so_for_ever) {
    MemoryFileSystem files;
    Machine machine(files);
    machine.create(true);
    EXPECT_TRUE(machine.open().site().simulated);
    EXPECT_TRUE(machine.open().site().simulated);  // from the cache
    EXPECT_TRUE(repo::read_format_file(*machine.store()).simulated);
    EXPECT_FALSE(one_.open().site().simulated);
    // Nor can it lose the flag: coffre.json is clear, the first batch is not.
    const auto plain = repo::encode_format_file({machine.open().id(), false});
    machine.close();
    const auto root = files.open_directory("/repo");
    write_file_durably(*root, "new", *root, "coffre.json", as_bytes(plain));
    EXPECT_EQ(error_of([&] { machine.open(); }), Errc::damaged);
}

// --- machines

TEST_F(RepositoryTest, lets_a_new_machine_in_by_a_full_key_alone) {
    const auto first = capture(one_.open(), tree_a);
    const auto second = capture(two().open(Machine::passphrase()), tree_b);
    auto& repository = one_.open();
    EXPECT_TRUE(repository.warnings().empty());
    EXPECT_EQ(repository.state().actors.size(), 2U);
    EXPECT_EQ(repository.state().streams.size(), 2U);
    EXPECT_EQ(read_back(repository, first), tree_a);
    EXPECT_EQ(read_back(repository, second), tree_b);
    // Once let in, it stays itself.
    capture(two().open(), tree_a);
    EXPECT_EQ(one_.open().state().actors.size(), 2U);
    const auto report = one_.open().verify(true, nullptr);
    EXPECT_TRUE(report.errors.empty()) << described(report);
}

TEST_F(RepositoryTest, serves_two_processes_that_have_it_open_at_once) {
    auto& ours = one_.open();
    auto& theirs = two().open();
    capture(ours, tree_a);
    const auto newer = capture(theirs, tree_b);
    // Ours learns of theirs when it captures, and follows it the next time.
    capture(ours, tree_a);
    one_.clock.advance_ms(7'200'000);
    const auto last = capture(ours, tree_b);
    EXPECT_EQ(ours.content(last).commit.parents.size(), 1U);
    EXPECT_EQ(read_back(ours, newer), tree_b);
    const auto report = theirs.verify(true, nullptr);
    EXPECT_TRUE(report.errors.empty()) << described(report);
    EXPECT_EQ(theirs.state().snapshots.size(), 4U);
    EXPECT_EQ(read_back(theirs, last), tree_b);
}

TEST_F(RepositoryTest, is_locked_while_another_process_writes) {
    auto& repository = one_.open();
    const auto held = files_.open_directory("/repo")->try_lock("lock", LockMode::exclusive);
    ASSERT_TRUE(held);
    EXPECT_EQ(error_of([&] { capture(repository, tree_a); }), Errc::locked);
}

TEST_F(RepositoryTest, captures_after_a_lock_that_stayed_taken_name_what_was_stored_before_it) {
    auto& repository = one_.open();
    {
        const auto held = files_.open_directory("/repo")->try_lock("lock", LockMode::exclusive);
        EXPECT_EQ(error_of([&] { capture(repository, tree_a); }), Errc::locked);
    }
    const auto snapshot = capture(repository, tree_a);
    EXPECT_EQ(read_back(one_.open(), snapshot), tree_a);
}

TEST_F(RepositoryTest, orders_its_batches_by_time_though_the_clock_goes_back) {
    capture(one_.open(), tree_a);
    one_.clock.set(Timestamp::from_seconds(1'000'000'000));
    auto& repository = one_.open();
    const auto before = repository.state().last_time;
    const auto late = capture(repository, tree_b);
    EXPECT_GT(repository.state().last_time, before);
    EXPECT_EQ(late.recorded_at.seconds(), 1'000'000'000);
    const auto report = one_.open().verify(true, nullptr);
    EXPECT_TRUE(report.errors.empty()) << described(report);
}

TEST_F(RepositoryTest, gives_mensuel_by_the_rule_when_the_batch_is_written) {
    EXPECT_EQ(capture(one_.open(), tree_a).kinds, (std::vector<std::string>{"HEBDO", "MENSUEL"}));
    EXPECT_EQ(capture(one_.open(), tree_a).kinds, (std::vector<std::string>{"HEBDO"}));
    add_equipment(one_.open(), "CAM-1");
    auto& repository = one_.open();
    auto partial = repository.begin_snapshot();
    add_tree(partial, tree_a);
    EXPECT_EQ(partial.commit(test::request_for("CAM-1"), false).kinds, (std::vector<std::string>{"HEBDO"}));
}

// --- caches

TEST_F(RepositoryTest, opens_alike_whatever_happened_to_the_state_cache) {
    capture(one_.open(), tree_a);
    one_.open();
    const auto folder = cache_of("one");
    const Bytes old = content_of(folder, "state");
    capture(one_.open(), tree_b);
    const auto expected = text_of(one_.open().state());
    const Bytes fresh = content_of(folder, "state");
    const auto opens_alike = [&](ByteView cache) {
        one_.close();
        replace(folder, "state", cache);
        return text_of(one_.open().state()) == expected && one_.open().warnings().empty();
    };
    EXPECT_TRUE(opens_alike(old));
    EXPECT_TRUE(opens_alike({}));
    for (std::size_t i = 0; i < fresh.size(); i += 5) {
        Bytes turned = fresh;
        turned[i] ^= 0x20;
        ASSERT_TRUE(opens_alike(turned)) << i;
        ASSERT_TRUE(opens_alike(ByteView(fresh).first(i))) << i;
    }
    EXPECT_TRUE(opens_alike(fresh));
}

TEST_F(RepositoryTest, opens_alike_whatever_happened_to_the_history_beside_the_state_cache) {
    for (const auto& tree : {tree_a, tree_b, tree_a}) capture(one_.open(), tree);
    one_.close();
    const auto folder = cache_of("one");
    const auto expected = text_of(one_.open().state());
    std::string name;
    for (const auto& entry : names_in(folder))
        if (entry.starts_with("history-")) name = entry;
    const Bytes state = content_of(folder, "state");
    const Bytes history = content_of(folder, name);
    const auto opens_alike = [&](ByteView bytes) {
        one_.close();
        replace(folder, "state", state);
        replace(folder, name, bytes);
        return text_of(one_.open().state()) == expected && one_.open().warnings().empty();
    };
    EXPECT_TRUE(opens_alike(history));
    EXPECT_TRUE(opens_alike({}));
    for (std::size_t i = 0; i < history.size(); i += 331) {
        Bytes turned = history;
        turned[i] ^= 0x20;
        ASSERT_TRUE(opens_alike(turned)) << i;
        ASSERT_TRUE(opens_alike(ByteView(history).first(i))) << i;
    }
    one_.close();
    replace(folder, "state", state);
    files_.open_directory(folder)->remove_file(name);
    EXPECT_EQ(text_of(one_.open().state()), expected);
}

TEST_F(RepositoryTest, captures_go_on_over_many_histories_and_keep_one) {
    for (int i = 0; i < 300; ++i) {
        Tree tree = tree_a;
        tree["counter"] = {EntryMode::file, std::to_string(i)};
        capture(one_.open(), tree);
        if (i % 50 == 0) one_.close();
    }
    one_.close();
    auto& again = one_.open();
    EXPECT_EQ(again.state().snapshots.size(), 300U);
    EXPECT_NE(again.state().snapshots.base(), nullptr);
    EXPECT_EQ(read_back(again, again.state().snapshots[7]).at("counter").content, "7");
    const auto names = names_in(cache_of("one"));
    EXPECT_EQ(
        std::count_if(names.begin(), names.end(), [](const auto& n) { return n.starts_with("history-"); }),
        1);
    EXPECT_LE(
        std::count_if(names.begin(), names.end(), [](const auto& n) { return n.starts_with("objects-"); }),
        1);
    EXPECT_EQ(text_of(two().open().state()), text_of(again.state()));
}

TEST_F(RepositoryTest, tells_who_and_why_from_the_journal_and_of_an_old_record_from_the_commit) {
    auto snapshot = capture(one_.open(), tree_a);
    auto& repository = one_.open();
    EXPECT_EQ(snapshot.author, "A. Technician");
    EXPECT_EQ(repository.state().snapshots.back().message, "weekly round");
    auto old = snapshot;
    old.author = old.message = "";
    for (const auto& one : {snapshot, old}) {
        EXPECT_EQ(repository.origin(one).author, "A. Technician");
        EXPECT_EQ(repository.origin(one).message, "weekly round");
    }
    one_.close();
    for (const auto& pack : snapshot.packs)
        files_.open_directory("/repo/packs")->remove_file(pack.name.hex() + ".pack");
    EXPECT_EQ(one_.open().origin(snapshot).message, "weekly round");
    EXPECT_EQ(error_of([&] { (void)one_.open().origin(old); }), Errc::damaged);
}

TEST_F(RepositoryTest, believes_no_cache_that_a_key_holder_forged_into_nonsense) {
    capture(one_.open(), tree_a);
    const auto expected = text_of(one_.open().state());
    const auto folder = cache_of("one");
    const auto keys = ring();
    crypto::Hedge hedge(keys.site, one_.environment());
    for (const std::string text :
         {"", "{}", "[]", "null", "{\"files\":[],\"state\":{}}", "{\"files\":[\"x\"]}", "\xff"}) {
        one_.close();
        replace(folder, "state",
                crypto::seal_file(crypto::SealedKind::state_cache, keys, hedge, as_bytes(text)));
        EXPECT_EQ(text_of(one_.open().state()), expected) << text;
    }
}

TEST_F(RepositoryTest, reads_alike_whatever_happened_to_the_index) {
    std::vector<journal::Snapshot> snapshots;
    for (int i = 0; i < 20; ++i) {
        Tree tree = tree_a;
        tree["counter"] = {EntryMode::file, std::to_string(i)};
        snapshots.push_back(capture(one_.open(), tree));
    }
    one_.open().stats();  // opens all tables, and keeps them when it closes
    one_.close();
    const auto folder = cache_of("one");
    const Bytes index = content_of(folder, "index");
    const auto reads = [&] {
        auto& repository = one_.open();
        return read_back(repository, snapshots[3]).at("counter").content == "3" &&
               repository.stats().objects > 60;
    };
    EXPECT_TRUE(reads());
    for (std::size_t i = 0; i < index.size(); i += 97) {
        Bytes turned = index;
        turned[i] ^= 1;
        one_.close();
        replace(folder, "index", turned);
        ASSERT_TRUE(reads()) << i;
    }
}

TEST_F(RepositoryTest, works_without_any_place_of_its_own) {
    const auto store = one_.store();
    repo::Repository::Options options;
    options.actor_name = "nobody@nowhere";
    journal::Snapshot snapshot;
    {
        repo::Repository repository(*store, one_.environment(), one_.key_file(), options);
        snapshot = capture(repository, tree_a);
    }
    repo::Repository repository(*store, one_.environment(), one_.key_file(), options);
    EXPECT_EQ(read_back(repository, snapshot), tree_a);
}

// --- a journal that was tampered with

TEST_F(RepositoryTest, tells_of_any_batch_that_is_missing_before_another_one) {
    capture(one_.open(), tree_a);
    capture(two().open(), tree_b);
    capture(one_.open(), tree_b);
    capture(two().open(), tree_a);
    const auto whole = one_.open().state();
    one_.close();
    two().close();
    int told = 0;
    for (const auto& name : names_in("/repo/journal")) {
        const Bytes bytes = content_of("/repo/journal", name);
        files_.open_directory("/repo/journal")->remove_file(name);
        const auto error = error_of([&] { one_.open(); });
        if (error) {
            EXPECT_EQ(*error, Errc::damaged);
            const auto report = one_.open(one_.key_file(), true).verify(true, nullptr);
            EXPECT_FALSE(report.errors.empty());
            ++told;
        } else if (!one_.open().warnings().empty()) {
            ++told;  // without its admission, the second machine is a stranger
        } else {
            EXPECT_EQ(one_.open().state().batches + 1, whole.batches);
        }
        one_.close();
        replace("/repo/journal", name, bytes);
    }
    // All but the newest of each of the two streams.
    EXPECT_EQ(told + 2, static_cast<int>(whole.batches));
    EXPECT_EQ(text_of(one_.open().state()), text_of(whole));
}

TEST_F(RepositoryTest, warns_of_a_stranger_s_batch_and_works_on) {
    const auto first = capture(one_.open(), tree_a);
    const auto before = one_.open().state();
    const auto keys = ring();
    crypto::Hedge hedge(keys.site, one_.environment());
    const crypto::SigningKey stranger(Bytes(32, 66));
    journal::Batch batch;
    batch.time = Timestamp{before.last_time.ns + 5};
    batch.records.push_back(journal::equipment_record({"EVIL", "NVR", "files", {}}));
    journal::sign_batch(batch, stranger, keys.repository);
    journal::Journal::publish(*one_.store(), keys, hedge, batch);

    for (int i = 0; i < 2; ++i) {
        auto& repository = one_.open();
        ASSERT_EQ(repository.warnings().size(), 1U);
        EXPECT_EQ(repository.warnings()[0].id, Msg::stranger_batch);
        EXPECT_FALSE(repository.state().equipment.contains("EVIL"));
        const auto report = repository.verify(true, nullptr);
        EXPECT_EQ(report.errors.size(), 1U) << described(report);
        const auto next = capture(repository, tree_b);
        EXPECT_EQ(read_back(one_.open(), next), tree_b);
    }
    EXPECT_EQ(read_back(one_.open(), first), tree_a);
}

TEST_F(RepositoryTest, is_not_stopped_by_a_stray_file_and_reports_it) {
    capture(one_.open(), tree_a);
    one_.close();
    for (const std::string folder : {"/repo/journal", "/repo/keys", "/repo/packs"})
        replace(folder, "stray", as_bytes("x"));
    const auto report = one_.open().verify(true, nullptr);
    EXPECT_GE(report.errors.size(), 3U) << described(report);
    EXPECT_NO_THROW(capture(one_.open(), tree_b));
}

TEST_F(RepositoryTest, lets_an_unlisted_slot_read_and_never_write) {
    const auto snapshot = capture(one_.open(), tree_a);
    const auto keys = ring();
    crypto::Hedge hedge(keys.site, one_.environment());
    const auto made = crypto::make_key_file_slot(keys, hedge);
    const std::string name = "keys/" + crypto::sha256(made.slot).hex() + ".slot";
    one_.store()->put(name, made.slot);

    repo::Credentials credentials;
    credentials.key_file = made.key_file;
    auto& repository = one_.open(credentials);
    ASSERT_EQ(repository.warnings().size(), 1U);
    EXPECT_EQ(repository.warnings()[0].id, Msg::slot_unlisted);
    EXPECT_EQ(read_back(repository, snapshot), tree_a);
    EXPECT_EQ(error_of([&] { capture(repository, tree_b); }), Errc::damaged);
    EXPECT_EQ(one_.open().state().snapshots.size(), 1U);
    const auto report = one_.open().verify(false, nullptr);
    ASSERT_EQ(report.errors.size(), 1U) << described(report);
    EXPECT_EQ(report.errors[0].path, name);
}

TEST_F(RepositoryTest, does_not_let_a_key_without_the_admission_secret_bring_a_new_machine_in) {
    auto keys = ring();
    crypto::Hedge hedge(keys.site, one_.environment());
    keys.admission.reset();
    const auto made = crypto::make_key_file_slot(keys, hedge);
    const auto file = crypto::sha256(made.slot);
    one_.store()->put("keys/" + file.hex() + ".slot", made.slot);
    const auto header = crypto::parse_slot(made.slot, "slot");
    one_.open().record({journal::slot_record({header.id, file, "key-file", one_.clock.now(), false})});

    repo::Credentials credentials;
    credentials.key_file = made.key_file;
    EXPECT_EQ(error_of([&] { capture(two().open(credentials), tree_a); }), Errc::no_key);
    EXPECT_NO_THROW(capture(one_.open(credentials), tree_a));  // a machine that is in stays in
}

// --- packs

TEST_F(RepositoryTest, counts_packs_of_interrupted_commands_as_no_error) {
    capture(one_.open(), tree_a);
    const auto keys = ring();
    crypto::Hedge hedge(keys.site, one_.environment());
    const auto store = one_.store();
    pack::ObjectStore objects(*store, keys, hedge);
    objects.put(odb::Git::hash(pack::ObjectType::blob, as_bytes("orphan")), pack::ObjectType::blob,
                as_bytes("orphan"));
    objects.flush();
    const auto report = one_.open().verify(true, nullptr);
    EXPECT_TRUE(report.errors.empty()) << described(report);
    EXPECT_EQ(report.orphans, 1U);
}

TEST_F(RepositoryTest, stores_again_what_lay_in_a_pack_that_is_lost) {
    const auto first = capture(one_.open(), tree_a);
    one_.close();
    const auto packs = files_.open_directory("/repo/packs");
    for (const auto& pack : first.packs) packs->remove_file(pack.name.hex() + ".pack");
    auto& repository = one_.open();
    EXPECT_EQ(error_of([&] { read_back(repository, first); }), Errc::damaged);
    const auto again = capture(repository, tree_a);
    EXPECT_TRUE(again.changed);  // what was lost cannot be compared
    auto& reopened = one_.open();
    EXPECT_EQ(read_back(reopened, again), tree_a);
    const auto report = reopened.verify(true, nullptr);
    for (const auto& pack : first.packs) {
        const auto path = pack::pack_blob_name(pack.name);
        EXPECT_TRUE(std::any_of(report.errors.begin(), report.errors.end(), [&](const auto& error) {
            return error.path == path;
        })) << described(report);
    }
}

TEST_F(RepositoryTest, does_not_rely_on_a_pack_that_is_cut_short) {
    const auto first = capture(one_.open(), tree_a);
    one_.close();
    const auto name = first.packs.front().name.hex() + ".pack";
    const Bytes bytes = content_of("/repo/packs", name);
    replace("/repo/packs", name, ByteView(bytes).first(bytes.size() / 2));
    const auto again = capture(one_.open(), tree_a);
    EXPECT_EQ(read_back(one_.open(), again), tree_a);
}

TEST_F(RepositoryTest, verifies_only_what_was_asked_for) {
    capture(one_.open(), tree_a);
    const auto quick = one_.open().verify(false, nullptr);
    EXPECT_TRUE(quick.errors.empty()) << described(quick);
    EXPECT_EQ(quick.objects, one_.open().stats().objects);
    std::uint64_t calls = 0;
    const auto thorough = one_.open().verify(true, [&](std::uint64_t done, std::uint64_t total) {
        EXPECT_LE(done, total);
        ++calls;
    });
    EXPECT_TRUE(thorough.errors.empty()) << described(thorough);
    EXPECT_GT(calls, 0U);
}

TEST_F(RepositoryTest, counts_what_it_holds) {
    const auto first = capture(one_.open(), tree_a);
    const auto second = capture(one_.open(), tree_b);
    const auto stats = one_.open().stats();
    EXPECT_EQ(stats.snapshots, 2U);
    EXPECT_EQ(stats.logical_bytes, first.bytes + second.bytes);
    EXPECT_EQ(stats.packs, first.packs.size() + second.packs.size());
    // Two commits, two roots, one folder, three contents.
    EXPECT_EQ(stats.objects, 8U);
    std::uint64_t bytes = 0;
    for (const std::string folder : {"/repo/keys", "/repo/journal", "/repo/packs"})
        for (const auto& name : names_in(folder)) bytes += content_of(folder, name).size();
    EXPECT_EQ(stats.stored_bytes, bytes + content_of("/repo", "coffre.json").size());
}

// Of a chain of versions the first is damaged: what is made out of it cannot be read, what is not can.
TEST(DamagedBase, is_told_with_every_snapshot_that_it_touches_and_the_others_restore) {
    MemoryFileSystem files;
    Machine machine(files);
    machine.create();
    test::add_equipment(machine.open());
    test::add_equipment(machine.open(), "CAM-2");
    const auto text = [](int changed) {
        std::mt19937_64 rng(5);
        std::string out;
        for (int i = 0; i < 500; ++i) out += std::to_string(i == changed ? 0 : rng()) + "\n";
        return Tree{{"config.txt", {odb::EntryMode::file, out}}};
    };
    std::vector<journal::Snapshot> touched;
    for (int i = 0; i < 3; ++i) {
        machine.clock.advance_ms(3'600'000);
        touched.push_back(capture(machine.open(), text(i)));
    }
    const Tree other{{"other.ini", {odb::EntryMode::file, "a=1\n"}}};
    const auto apart = capture(machine.open(), other, test::request_for("CAM-2"));

    const auto content = std::max_element(touched[0].packs.begin(), touched[0].packs.end(),
                                          [](const auto& a, const auto& b) { return a.size < b.size; });
    const auto name = pack::pack_blob_name(content->name);
    const auto store = machine.store();
    auto bytes = store->get(name, 1 << 20).value();
    bytes[bytes.size() / 2] ^= 1;
    store->remove(name);
    store->put(name, bytes);

    auto& repository = machine.open();
    const auto report = repository.verify(true, nullptr);
    const rules::NameBook names(repository.state());
    const auto told = [&](const std::string& path) {
        return std::any_of(report.errors.begin(), report.errors.end(),
                           [&](const auto& error) { return error.path == path; });
    };
    EXPECT_TRUE(told(name));
    for (const auto& snapshot : touched) {
        EXPECT_TRUE(told(names.name(snapshot))) << names.name(snapshot);
        EXPECT_EQ(test::error_of([&] { (void)read_back(repository, snapshot); }), Errc::damaged);
    }
    EXPECT_FALSE(told(names.name(apart)));
    EXPECT_EQ(read_back(repository, apart), other);
}

}  // namespace
}  // namespace coffre
