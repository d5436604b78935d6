// Two copies made one: what is copied, in which order, what never is, and what is noticed.

#include "store/repo/mirror.hpp"

#include <gtest/gtest.h>

#include "store/repo/retired_list.hpp"
#include "store/repo/stored_names.hpp"
#include "tests/support/faulty.hpp"
#include "tests/support/memory_remote.hpp"
#include "tests/support/repository_fixture.hpp"

namespace coffre::repo {
namespace {

using test::error_of;
using test::MemoryRemote;
using test::Tree;

// A repository with a few snapshots, and an empty place elsewhere.
class MirrorTest : public testing::Test {
protected:
    MirrorTest() : machine_(files_) {
        id_ = machine_.create(true);
        test::add_equipment(machine_.open());
        for (int i = 0; i < 3; ++i) {
            auto& repository = machine_.open();
            capture(repository,
                    Tree{{"config.xml", {odb::EntryMode::file, std::string(400, 'a') + std::to_string(i)}}});
        }
        machine_.close();
        local_ = machine_.store();
    }

    Mirror mirror(MirrorOptions options = {}) {
        options.jobs = 1;
        return {*local_, remote_, id_, memory_, signers_, std::move(options)};
    }

    // What a whole run does.
    MirrorReport run(MirrorOptions options = {}) {
        const bool reads = options.read_back;
        auto all = mirror(std::move(options));
        all.look();
        all.download();
        all.look_here();
        all.upload();
        if (reads) all.read_back();
        return all.report();
    }

    [[nodiscard]] std::map<std::string, Bytes> here() const {
        std::map<std::string, Bytes> files;
        for (const auto& file : local_->list_all())
            if (is_repository_file(file.name)) files[file.name] = *local_->get(file.name, 1 << 30);
        return files;
    }

    [[nodiscard]] std::string one_of(const std::string& folder) const {
        return folder + "/" + local_->list(folder).front().name;
    }

    void rot(BlobStore& store, const std::string& name) {
        auto bytes = *store.get(name, 1 << 30);
        bytes[bytes.size() / 2] ^= 1;
        store.remove(name);
        store.put(name, bytes);
    }

    test::MemoryFileSystem files_;
    test::Machine machine_;
    RepositoryId id_;
    std::unique_ptr<BlobStore> local_;
    MemoryRemote remote_;
    RemoteMemory memory_;
    std::set<ActorId> signers_;
};

TEST_F(MirrorTest, makes_both_sides_equal_in_either_direction) {
    auto report = run();
    EXPECT_TRUE(report.fine());
    EXPECT_TRUE(report.whole && report.verified);
    EXPECT_EQ(remote_.blobs.blobs(), here());
    const auto whole = here();
    for (const auto& name : {one_of("packs"), one_of("journal")}) local_->remove(name);
    report = run();
    EXPECT_EQ(report.downloaded_files, 2U);
    EXPECT_EQ(here(), whole);
}

TEST_F(MirrorTest, costs_one_listing_where_nothing_is_new) {
    run();
    std::vector<std::string> asked;
    remote_.before = [&](MemoryRemote::Request, const std::string& name) { asked.push_back(name); };
    const auto report = run();
    EXPECT_EQ(asked, std::vector<std::string>{""});
    EXPECT_TRUE(report.verified);
}

TEST_F(MirrorTest, shows_no_batch_there_before_everything_else_was_read_back) {
    std::set<std::string> read;
    std::size_t journal = 0;
    remote_.before = [&](MemoryRemote::Request request, const std::string& name) {
        if (request == MemoryRemote::Request::get) read.insert(name);
        if (request != MemoryRemote::Request::put || folder_of(name) != "journal") return;
        ++journal;
        for (const auto& [other, bytes] : here()) {
            if (folder_of(other) == "journal") continue;
            EXPECT_TRUE(read.contains(other)) << other;
        }
    };
    run();
    EXPECT_GT(journal, 3U);
}

TEST_F(MirrorTest, sends_the_journal_in_the_order_in_which_it_was_written) {
    std::vector<std::string> sent;
    remote_.before = [&](MemoryRemote::Request request, const std::string& name) {
        if (request == MemoryRemote::Request::put && folder_of(name) == "journal") sent.push_back(name);
    };
    std::map<std::string, std::int64_t> written;
    for (const auto& file : local_->list_all()) written[file.name] = file.written_ns;
    run();
    for (std::size_t i = 1; i < sent.size(); ++i) EXPECT_LE(written.at(sent[i - 1]), written.at(sent[i]));
}

// The connection breaks at the n-th request, for every n: nothing there that should not be, and the next run
// ends as if nothing had happened.
TEST_F(MirrorTest, goes_on_after_a_break_at_any_request) {
    for (std::size_t n = 1;; ++n) {
        std::size_t count = 0;
        for (const auto& [name, bytes] : remote_.blobs.blobs()) remote_.blobs.remove(name);
        memory_ = {};
        bool broke = false;
        remote_.before = [&](MemoryRemote::Request, const std::string& name) {
            if (++count < n) return;
            broke = true;
            throw Error(Errc::unreachable, say<Msg::remote_unreachable>("there", name));
        };
        const auto code = error_of([&] { run(); });
        EXPECT_EQ(code, broke ? std::optional(Errc::unreachable) : std::nullopt);
        const auto there = remote_.blobs.blobs();
        const bool shown = std::any_of(there.begin(), there.end(),
                                       [](const auto& one) { return folder_of(one.first) == "journal"; });
        if (shown)
            for (const auto& [name, bytes] : here()) {
                if (folder_of(name) != "packs" && folder_of(name) != "keys") continue;
                EXPECT_TRUE(there.contains(name)) << n << " " << name;
            }
        remote_.before = nullptr;
        const auto report = run();
        ASSERT_TRUE(report.fine() && report.verified) << n;
        ASSERT_EQ(remote_.blobs.blobs(), here()) << n;
        if (!broke) break;
    }
}

TEST_F(MirrorTest, writes_again_what_was_acknowledged_and_dropped_or_cut) {
    int count = 0;
    remote_.stored = [&](const std::string&, ByteView bytes) -> std::optional<Bytes> {
        ++count;
        if (count % 5 == 2) return std::nullopt;
        Bytes kept(bytes.begin(), bytes.end());
        if (count % 5 == 4) kept.resize(kept.size() / 2);
        return kept;
    };
    const auto report = run();
    EXPECT_TRUE(report.fine() && report.verified);
    EXPECT_FALSE(report.warnings.empty());
    EXPECT_EQ(remote_.blobs.blobs(), here());
}

TEST_F(MirrorTest, tells_of_a_server_that_keeps_nothing) {
    remote_.stored = [](const std::string& name, ByteView bytes) -> std::optional<Bytes> {
        if (folder_of(name) == "packs") return std::nullopt;
        return Bytes(bytes.begin(), bytes.end());
    };
    const auto report = run();
    EXPECT_FALSE(report.fine());
    EXPECT_FALSE(report.verified);
    for (const auto& [name, bytes] : remote_.blobs.blobs()) EXPECT_NE(folder_of(name), "journal");
}

TEST_F(MirrorTest, copies_nothing_that_is_damaged) {
    run();
    const auto name = one_of("packs");
    rot(remote_.blobs, name);
    local_->remove(name);
    auto report = run();
    EXPECT_FALSE(report.fine());
    EXPECT_FALSE(local_->size(name));
    remote_.blobs.remove(name);
    report = run();
    EXPECT_EQ(report.missing, std::vector<std::string>{name});
}

TEST_F(MirrorTest, puts_right_there_what_rotted_there) {
    run();
    const auto name = one_of("packs");
    rot(remote_.blobs, name);
    for (auto& [seen, verified] : memory_.seen) verified = false;
    const auto report = run();
    EXPECT_TRUE(report.fine() && report.verified);
    EXPECT_EQ(remote_.blobs.blobs(), here());
}

TEST_F(MirrorTest, never_takes_a_damaged_file_here_for_a_reason_to_replace_the_good_one_there) {
    run();
    const auto name = one_of("packs");
    const auto good = *remote_.blobs.get(name, 1 << 30);
    auto longer = good;
    longer.push_back(0);
    local_->remove(name);
    local_->put(name, longer);
    const auto report = run();
    EXPECT_FALSE(report.fine());
    EXPECT_EQ(*remote_.blobs.get(name, 1 << 30), good);
}

TEST_F(MirrorTest, brings_no_retired_file_back_and_prunes_it_only_when_asked) {
    run();
    auto& repository = machine_.open();
    GcRequest request;
    request.plan = [](const journal::State& state) {
        return std::vector<Expiry>{{state.snapshots[0].commit, "test"}, {state.snapshots[1].commit, "test"}};
    };
    ASSERT_GT(repository.gc(request).retired_files, 0U);
    machine_.close();
    const auto kept = here();
    for (int turn = 0; turn < 10; ++turn) {
        const auto report = run();
        EXPECT_TRUE(report.fine() && report.verified);
        EXPECT_EQ(here(), kept);
    }
    EXPECT_GT(remote_.blobs.blobs().size(), kept.size());
    auto pruning = mirror();
    pruning.look();
    pruning.prune();
    EXPECT_GT(pruning.report().deleted_files, 0U);
    EXPECT_EQ(remote_.blobs.blobs(), kept);
}

TEST_F(MirrorTest, leaves_what_is_locked_there_and_says_so) {
    run();
    auto& repository = machine_.open();
    GcRequest request;
    request.plan = [](const journal::State& state) {
        return std::vector<Expiry>{{state.snapshots[0].commit, "test"}};
    };
    repository.gc(request);
    machine_.close();
    run();
    auto locking = mirror();
    locking.look();
    for (const auto& [name, bytes] : remote_.blobs.blobs()) remote_.locked[name] = Timestamp{1};
    locking.prune();
    EXPECT_EQ(locking.report().deleted_files, 0U);
    EXPECT_FALSE(locking.report().warnings.empty());
}

TEST_F(MirrorTest, extends_the_lock_of_what_is_live_and_of_nothing_else) {
    run();
    auto protecting = mirror();
    protecting.look();
    const Timestamp until{400ll * 24 * 3600 * 1'000'000'000};
    protecting.protect(until);
    EXPECT_EQ(remote_.locked.size(), remote_.blobs.blobs().size());
    std::size_t asked = 0;
    remote_.before = [&](MemoryRemote::Request request, const std::string&) {
        asked += request == MemoryRemote::Request::protect;
    };
    auto again = mirror();
    again.look();
    again.protect(until);
    EXPECT_EQ(asked, 0U) << "as long as that they are protected already";
    again.protect(Timestamp{until.ns + 30ll * 24 * 3600 * 1'000'000'000});
    EXPECT_EQ(asked, remote_.blobs.blobs().size());
}

TEST_F(MirrorTest, a_list_of_an_unknown_signer_retires_nothing) {
    run();
    auto& repository = machine_.open();
    const crypto::SigningKey stranger(Bytes(32, 7));
    const auto victim = one_of("packs");
    publish_retired_list(remote_.blobs, id_, stranger, repository.state(), {{victim, 1, {}}});
    const auto founder = repository.state().actors.begin()->first;
    machine_.close();
    signers_ = {founder};
    local_->remove(victim);
    const auto report = run();
    EXPECT_FALSE(report.warnings.empty());
    EXPECT_TRUE(local_->size(victim));
    EXPECT_TRUE(report.missing.empty());
}

TEST_F(MirrorTest, what_was_seen_there_and_is_gone_is_told_once_where_it_can_be_sent_again) {
    run();
    const auto name = one_of("journal");
    remote_.blobs.remove(name);
    EXPECT_EQ(run().missing, std::vector<std::string>{name});
    EXPECT_TRUE(run().fine());
    remote_.blobs.remove(name);
    local_->remove(name);
    EXPECT_EQ(run().missing, std::vector<std::string>{name});
    EXPECT_EQ(run().missing, std::vector<std::string>{name}) << "lost on both sides: told every time";
}

TEST_F(MirrorTest, refuses_the_place_of_another_repository) {
    test::MemoryFileSystem other_files;
    test::Machine other(other_files, "two");
    other.create(true);
    for (const auto& file : other.store()->list_all())
        remote_.blobs.put(file.name, *other.store()->get(file.name, 1 << 30));
    const auto before = remote_.blobs.blobs();
    EXPECT_EQ(error_of([&] { run(); }), Errc::refused);
    EXPECT_EQ(remote_.blobs.blobs(), before);
}

TEST_F(MirrorTest, leaves_alone_what_is_no_file_of_a_repository) {
    remote_.blobs.put("restore-kit/coffre", as_bytes("a program"));
    remote_.blobs.put("packs/readme.txt", as_bytes("no pack"));
    EXPECT_TRUE(run().fine());
    EXPECT_FALSE(here().contains("packs/readme.txt"));
    EXPECT_TRUE(remote_.blobs.size("packs/readme.txt"));
}

TEST_F(MirrorTest, several_files_at_a_time_end_like_one_after_the_other) {
    MirrorOptions options;
    options.jobs = 8;
    Mirror all(*local_, remote_, id_, memory_, signers_, options);
    all.look();
    all.upload();
    all.read_back();
    EXPECT_TRUE(all.report().verified);
    EXPECT_EQ(remote_.blobs.blobs(), here());
}

TEST(StoredNames, are_a_folder_a_hash_and_its_ending) {
    const std::string hash(64, 'a');
    EXPECT_TRUE(is_repository_file("coffre.json"));
    EXPECT_TRUE(is_repository_file("packs/" + hash + ".pack"));
    for (const auto& name : {"packs/" + hash + ".jrn", "packs/" + hash.substr(1) + ".pack", "tmp/" + hash,
                             "restore-kit/" + hash + ".pack", "packs/../" + hash + ".pack", hash + ".pack",
                             "packs/" + std::string(64, 'A') + ".pack", std::string("lock"), std::string()})
        EXPECT_FALSE(is_repository_file(name)) << name;
}

class MemoryTest : public testing::Test {
protected:
    test::MemoryFileSystem files_;
    test::FakeClock clock_;
    test::FakeRandom random_{1};
    Memory memory_{{files_, clock_, random_, 1}, "/state/site"};
};

TEST_F(MemoryTest, gives_back_what_was_kept_for_each_place) {
    RemoteMemory one;
    one.seen = {{"packs/a", true}, {"packs/b", false}};
    one.streams[ActorId{}] = 7;
    one.locked_until["packs/a"] = 99;
    memory_.keep("s3://one", one);
    const auto back = memory_.of_remote("s3://one");
    EXPECT_EQ(back.seen, one.seen);
    EXPECT_EQ(back.streams, one.streams);
    EXPECT_EQ(back.locked_until, one.locked_until);
    EXPECT_TRUE(memory_.of_remote("s3://two").seen.empty());
    memory_.forget("s3://one");
    EXPECT_TRUE(memory_.of_remote("s3://one").seen.empty());
}

TEST_F(MemoryTest, that_is_damaged_is_an_error_and_not_an_empty_one) {
    memory_.keep("s3://one", {});
    memory_.keep(MachineMemory{});
    const auto folder = files_.open_directory("/state/site");
    for (const auto& entry : folder->entries()) {
        folder->remove_file(entry.name);
        folder->create_file(entry.name, 0600)->write(as_bytes("{\"format\":1,"));
    }
    EXPECT_EQ(error_of([&] { (void)memory_.of_remote("s3://one"); }), Errc::damaged);
    EXPECT_EQ(error_of([&] { (void)memory_.of_machine(); }), Errc::damaged);
}

}  // namespace
}  // namespace coffre::repo
