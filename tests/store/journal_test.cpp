// Batches and their fold: equal in any order, told where something is missing, deaf to strangers.

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

#include "store/journal/state.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/test_keys.hpp"

namespace coffre::journal {
namespace {

using test::error_of;
using Batches = std::vector<std::pair<std::string, Batch>>;

crypto::SigningKey signing_key(std::uint8_t number) {
    crypto::start();
    return crypto::SigningKey(Bytes(32, number));
}

// Writes batches as machines do: numbered and chained by stream.
class History {
public:
    History() : founder(signing_key(1)), admission(signing_key(2)) {
        Site site;
        site.client = "CLIEXEMP";
        site.site = "SIEGEPARIS";
        Batch genesis;
        genesis.time = Timestamp::from_seconds(1'800'000'000);
        genesis.records.push_back(
            genesis_record(site, Policy::standard(), {"aa", "bb", "cc", 1}, admission.id(), Bytes(32, 9)));
        genesis.records.push_back(
            actor_record({founder.id(), "founder", {"admit", "gc", "write"}}, std::nullopt, std::nullopt));
        sign_batch(genesis, founder, std::nullopt);
        repository = RepositoryId::from(genesis.id.view());
        keep(genesis);
    }

    // `minutes` after the genesis; its writer's clock shows `clock`.
    Batch& add(const crypto::SigningKey& key, int minutes, Json records,
               std::vector<pack::PackInfo> packs = {}, std::optional<int> clock = {}) {
        Batch batch;
        if (clock) batch.clock = Timestamp::from_seconds(1'800'000'000 + 60 * *clock);
        const auto head = heads_.find(key.id());
        if (head != heads_.end()) {
            batch.number = head->second.number + 1;
            batch.previous = head->second.id;
        }
        batch.time = Timestamp::from_seconds(1'800'000'000 + 60 * minutes);
        batch.packs = std::move(packs);
        batch.records = std::move(records);
        sign_batch(batch, key, repository);
        return keep(batch);
    }

    [[nodiscard]] Json admitted(const crypto::SigningKey& key, const std::string& name,
                                std::vector<std::string> rights, const crypto::SigningKey& by) const {
        const auto certificate = sign_admission(by, repository, key.id(), name, rights);
        return actor_record({key.id(), name, std::move(rights)}, by.id(), certificate);
    }

    [[nodiscard]] Json put_out(const crypto::SigningKey& key, std::uint64_t last,
                               const crypto::SigningKey& by) const {
        return actor_removed_record(key.id(), {last, {}}, by.id(),
                                    sign_removal(by, repository, key.id(), last));
    }

    State folded() {
        damage.clear();
        ignored.clear();
        return fold(batches, repository, damage, ignored);
    }

    crypto::SigningKey founder;
    crypto::SigningKey admission;
    RepositoryId repository;
    Batches batches;
    std::vector<Damage> damage;
    std::vector<Ignored> ignored;

private:
    Batch& keep(const Batch& batch) {
        heads_[batch.actor] = {batch.number, batch.id};
        batches.emplace_back("journal/" + std::to_string(batches.size()), batch);
        return batches.back().second;
    }

    std::map<ActorId, StreamHead> heads_;
};

Snapshot snapshot_of(std::uint8_t commit, int minutes) {
    Snapshot snapshot;
    snapshot.commit.bytes[0] = commit;
    snapshot.equipment = "NVR-HALL";
    snapshot.type = "NVR";
    snapshot.kinds = {"HEBDO"};
    snapshot.time = snapshot.recorded_at = Timestamp::from_seconds(1'800'000'000 + 60 * minutes);
    snapshot.files = 3;
    return snapshot;
}

pack::PackInfo pack_of(std::uint8_t number) {
    pack::PackInfo info;
    info.name.bytes[0] = number;
    info.size = 100U + number;
    return info;
}

Slot slot_of(std::uint8_t number, bool removed = false) {
    Slot slot;
    slot.id.bytes[0] = number;
    slot.file.bytes[0] = number;
    slot.type = "key-file";
    slot.removed = removed;
    return slot;
}

Remote remote_of(const std::string& name, const std::string& url = "s3://vault.example/site") {
    Remote remote;
    remote.name = name;
    remote.url = url;
    remote.role = "cloud";
    return remote;
}

std::string text_of(const State& state) { return std::string(as_text(encode_state(state))); }

// Two machines, every sort of record, and a clock that is behind.
History rich_history() {
    History h;
    const auto second = signing_key(3);
    h.add(h.founder, 1, Json::array({slot_record(slot_of(1)), slot_record(slot_of(2))}));
    h.add(h.founder, 2, Json::array({equipment_record({"NVR-HALL", "NVR", "files", {{"path", "/a"}}})}));
    h.add(h.founder, 3, Json::array({snapshot_record(snapshot_of(1, 3))}), {pack_of(1), pack_of(2)});
    h.add(second, 4,
          Json::array({h.admitted(second, "second", {"gc", "write"}, h.admission),
                       kind_record(snapshot_of(1, 3).commit, "MENSUEL")}));
    h.add(second, 6, Json::array({snapshot_record(snapshot_of(2, 6))}), {pack_of(3)});
    h.add(h.founder, 5, Json::array({equipment_record({"NVR-HALL", "NVR", "files", {{"path", "/b"}}})}));
    h.add(h.founder, 7, Json::array({slot_record(slot_of(2, true)), snapshot_record(snapshot_of(3, 7))}),
          {pack_of(2), pack_of(4)});
    h.add(second, 8,
          Json::array(
              {kind_record(snapshot_of(3, 7).commit, "PRE"), kind_record(snapshot_of(1, 3).commit, "POST")}));
    h.add(second, 9, Json::array({Json{{"type", "of a later version"}, {"anything", 1}}}));
    const auto of = [](std::uint8_t number) { return snapshot_of(number, 0).commit; };
    h.add(h.founder, 10, Json::array({hold_record(of(1), "claim 17"), hold_record(of(2), "audit")}));
    h.add(second, 11, Json::array({hold_removed_record(of(2)), expiry_record(of(3), "HEBDO")}));
    h.add(h.founder, 12, Json::array({remote_record(remote_of("cloud"))}));
    h.add(second, 13,
          Json::array({copied_record("cloud", {{h.founder.id(), 4}}, {{second.id(), 2}}, false)}));
    const auto third = signing_key(5);
    h.add(third, 14,
          Json::array(
              {h.admitted(third, "third", {"write"}, h.admission), snapshot_record(snapshot_of(4, 14))}));
    h.add(h.founder, 15, Json::array({h.put_out(third, 1, h.admission)}));
    return h;
}

TEST(Fold, says_what_the_batches_say) {
    auto h = rich_history();
    const auto state = h.folded();
    EXPECT_TRUE(h.damage.empty());
    EXPECT_TRUE(h.ignored.empty());
    EXPECT_EQ(state.site.client, "CLIEXEMP");
    EXPECT_EQ(state.policy().months.at("MENSUEL"), 12);
    EXPECT_EQ(state.actors.size(), 3U);
    EXPECT_EQ(state.equipment.at("NVR-HALL").settings.at("path"), "/b");
    ASSERT_EQ(state.snapshots.size(), 4U);
    EXPECT_EQ(state.snapshots[0].kinds, (std::vector<std::string>{"HEBDO", "MENSUEL", "POST"}));
    EXPECT_EQ(state.snapshots[0].packs, (std::vector<pack::PackInfo>{pack_of(1), pack_of(2)}));
    EXPECT_EQ(state.snapshots[2].kinds, (std::vector<std::string>{"HEBDO", "PRE"}));
    ASSERT_EQ(state.slots.size(), 2U);
    EXPECT_FALSE(state.slots[0].removed);
    EXPECT_TRUE(state.slots[1].removed);
    EXPECT_EQ(state.batches, h.batches.size());
    EXPECT_EQ(state.streams.at(h.founder.id()).number, 9U);
    EXPECT_EQ(state.streams.at(h.founder.id()).time, Timestamp::from_seconds(1'800'000'900));
    EXPECT_EQ(state.snapshots[0].number, 4U);
    EXPECT_EQ(state.remotes.at("cloud").url, "s3://vault.example/site");
    EXPECT_EQ(state.copies.at("cloud").sent.at(h.founder.id()), 4U);
    ASSERT_EQ(state.holds.size(), 1U);
    const auto& hold = state.holds.at(snapshot_of(1, 3).commit).version;
    EXPECT_EQ(hold.message, "claim 17");
    EXPECT_EQ(hold.actor, h.founder.id());
    EXPECT_EQ(hold.time, Timestamp::from_seconds(1'800'000'600));
    EXPECT_EQ(state.snapshots[2].expired, Timestamp::from_seconds(1'800'000'660));
    EXPECT_FALSE(state.snapshots[0].expired);
}

TEST(Fold, what_is_known_of_copies_is_the_most_that_anybody_said_until_one_says_that_it_is_not_so) {
    History h;
    const auto a = h.founder.id();
    const auto b = signing_key(3).id();
    h.add(h.founder, 1, Json::array({remote_record(remote_of("cloud"))}));
    h.add(h.founder, 2, Json::array({copied_record("cloud", {}, {{a, 5}, {b, 2}}, false)}));
    h.add(h.founder, 3, Json::array({copied_record("cloud", {}, {{a, 3}, {b, 7}}, false)}));
    EXPECT_EQ(h.folded().copies.at("cloud").verified, (StreamNumbers{{a, 5}, {b, 7}}));
    EXPECT_EQ(h.folded().copies.at("cloud").sent, (StreamNumbers{{a, 5}, {b, 7}}));
    h.add(h.founder, 4, Json::array({copied_record("cloud", {}, {}, true)}));
    EXPECT_TRUE(h.folded().copies.at("cloud").verified.empty());
    h.add(h.founder, 5, Json::array({copied_record("cloud", {{a, 1}}, {}, false)}));
    EXPECT_TRUE(h.folded().copies.at("cloud").verified.empty());
    EXPECT_EQ(h.folded().copies.at("cloud").sent, (StreamNumbers{{a, 1}}));
    EXPECT_TRUE(h.damage.empty());
}

TEST(Fold, copies_at_one_address_say_nothing_of_another) {
    History h;
    h.add(h.founder, 1, Json::array({remote_record(remote_of("cloud"))}));
    h.add(h.founder, 2, Json::array({copied_record("cloud", {}, {{h.founder.id(), 2}}, false)}));
    h.add(h.founder, 3, Json::array({copied_record("nowhere", {}, {{h.founder.id(), 2}}, false)}));
    EXPECT_FALSE(h.folded().copies.contains("nowhere"));
    auto moved = remote_of("cloud");
    moved.place = "another room";
    h.add(h.founder, 4, Json::array({remote_record(moved)}));
    EXPECT_TRUE(h.folded().copies.contains("cloud"));
    h.add(h.founder, 5, Json::array({remote_record(remote_of("cloud", "s3://other.example/site"))}));
    EXPECT_FALSE(h.folded().copies.contains("cloud"));
    EXPECT_EQ(h.folded().past_remotes.size(), 2U);
}

TEST(Fold, one_that_was_put_out_counts_up_to_that_number_for_ever) {
    History h;
    const auto second = signing_key(3);
    h.add(second, 1,
          Json::array(
              {h.admitted(second, "second", {"write"}, h.admission), snapshot_record(snapshot_of(1, 1))}));
    h.add(second, 2, Json::array({snapshot_record(snapshot_of(2, 2))}));
    h.add(h.founder, 3, Json::array({h.put_out(second, 1, h.admission)}));
    EXPECT_EQ(h.folded().snapshots.size(), 1U);
    EXPECT_EQ(h.ignored.size(), 1U);
    h.add(second, 4, Json::array({snapshot_record(snapshot_of(3, 4))}));
    h.add(h.founder, 5, Json::array({h.put_out(second, 9, h.admission)}));
    h.add(h.founder, 6, Json::array({h.admitted(second, "again", {"write"}, h.admission)}));
    EXPECT_EQ(h.folded().snapshots.size(), 1U) << "the lowest number counts, and no admission comes after";
    EXPECT_TRUE(h.damage.empty());
}

TEST(Fold, nobody_is_put_out_by_one_without_the_right) {
    History h;
    const auto second = signing_key(3), third = signing_key(4);
    h.add(second, 1, Json::array({h.admitted(second, "second", {"write"}, h.admission)}));
    h.add(second, 2, Json::array({h.put_out(h.founder, 1, second)}));
    auto forged = h.put_out(h.founder, 1, third);
    forged["removed_by"] = h.admission.id().hex();
    h.add(second, 3, Json::array({forged}));
    h.add(h.founder, 4, Json::array({snapshot_record(snapshot_of(1, 4))}));
    EXPECT_EQ(h.folded().snapshots.size(), 1U);
    EXPECT_TRUE(h.folded().removals.empty());
}

TEST(Fold, is_equal_in_whatever_order_the_batches_come) {
    auto h = rich_history();
    const auto expected = text_of(h.folded());
    std::mt19937_64 rng(1);
    for (int i = 0; i < 300; ++i) {
        std::shuffle(h.batches.begin(), h.batches.end(), rng);
        ASSERT_EQ(text_of(h.folded()), expected);
        ASSERT_TRUE(h.damage.empty());
    }
}

TEST(Fold, dates_what_was_written_behind_a_clock_that_was_ahead_by_the_writer_s_own) {
    History h;
    const auto second = signing_key(3);
    constexpr int ahead = 2 * 365 * 24 * 60, now = 10;
    const auto at = [](int minutes) { return Timestamp::from_seconds(1'800'000'000 + 60 * minutes); };
    h.add(h.founder, ahead, Json::array({slot_record(slot_of(1))}));
    h.add(second, ahead + 1,
          Json::array({h.admitted(second, "second", {"write"}, h.admission),
                       equipment_record({"NVR-HALL", "NVR", "files", {{"path", "/a"}}})}),
          {}, now);
    const auto state = h.folded();
    EXPECT_EQ(state.streams.at(h.founder.id()).time, at(ahead));
    EXPECT_EQ(state.streams.at(second.id()).time, at(now)) << "it witnesses no time to come";
    EXPECT_EQ(state.equipment.at("NVR-HALL").version.time, at(now));
    EXPECT_EQ(state.last_time, at(ahead + 1));
    EXPECT_EQ(state.last_written, at(now));
    EXPECT_EQ(decode_state(encode_state(state)).last_written, at(now));
}

TEST(Fold, counts_a_batch_once_however_many_files_hold_it) {
    auto h = rich_history();
    const auto expected = text_of(h.folded());
    const auto copies = h.batches;
    h.batches.insert(h.batches.end(), copies.begin(), copies.end());
    EXPECT_EQ(text_of(h.folded()), expected);
    EXPECT_TRUE(h.damage.empty());
}

TEST(Fold, reports_a_fork_under_the_name_of_a_file_that_shows_it) {
    auto h = rich_history();
    Batch other = h.batches[3].second;
    other.records = Json::array();
    sign_batch(other, h.founder, h.repository);
    h.batches.emplace_back("journal/fork", other);
    h.folded();
    ASSERT_FALSE(h.damage.empty());
    const bool named = std::any_of(h.damage.begin(), h.damage.end(), [](const Damage& damage) {
        return damage.what.id == Msg::journal_fork &&
               (damage.path == "journal/fork" || damage.path == "journal/3");
    });
    EXPECT_TRUE(named);
}

TEST(Fold, reports_each_batch_that_is_missing_before_another_one) {
    const auto whole = rich_history();
    for (std::size_t gone = 1; gone < whole.batches.size(); ++gone) {
        auto h = rich_history();
        h.batches.erase(h.batches.begin() + static_cast<std::ptrdiff_t>(gone));
        const auto& lost = whole.batches[gone].second;
        const bool last = std::none_of(h.batches.begin(), h.batches.end(),
                                       [&](const auto& item) { return item.second.previous == lost.id; });
        h.folded();
        // Without the batch that let it in, the second machine is a stranger.
        const bool told = !h.damage.empty() || !h.ignored.empty();
        EXPECT_EQ(told, !last) << gone;
    }
}

TEST(Fold, ignores_strangers_and_says_so) {
    auto h = rich_history();
    const auto expected = text_of(h.folded());
    const auto stranger = signing_key(66);
    const auto& batch = h.add(
        stranger, 20, Json::array({equipment_record({"EVIL", "NVR", "files", {}}), slot_record(slot_of(9))}));
    const auto id = batch.id;
    EXPECT_EQ(text_of(h.folded()), expected);
    ASSERT_EQ(h.ignored.size(), 1U);
    EXPECT_EQ(h.ignored[0].batch, id);
    EXPECT_EQ(h.ignored[0].actor, stranger.id());
    EXPECT_TRUE(h.damage.empty());
}

TEST(Fold, lets_nobody_in_without_a_certificate_for_just_that) {
    const auto stranger = signing_key(66);
    const auto second = signing_key(3);
    const std::vector<std::string> rights{"write"};
    const auto stays_out = [&](const std::function<Json(History&)>& record) {
        auto h = rich_history();
        h.add(stranger, 20, Json::array({record(h)}));
        return !h.folded().actors.contains(stranger.id()) && h.ignored.size() == 1;
    };
    const auto with = [&](History& h, const crypto::SigningKey& by, const ActorId& said_by) {
        const auto certificate = sign_admission(by, h.repository, stranger.id(), "evil", rights);
        return actor_record({stranger.id(), "evil", rights}, said_by, certificate);
    };
    EXPECT_FALSE(stays_out([&](History& h) { return with(h, h.admission, h.admission.id()); }));
    EXPECT_FALSE(stays_out([&](History& h) { return with(h, h.founder, h.founder.id()); }));
    // By himself, by one without the right, under another's name.
    EXPECT_TRUE(stays_out([&](History& h) { return with(h, stranger, stranger.id()); }));
    EXPECT_TRUE(stays_out([&](History& h) { return with(h, second, second.id()); }));
    EXPECT_TRUE(stays_out([&](History& h) { return with(h, stranger, h.admission.id()); }));
    // For another name, other rights, another key, another repository.
    const auto changed = [&](const std::string& name, const std::vector<std::string>& signed_rights,
                             const ActorId& key, bool other_repository) {
        return stays_out([&](History& h) {
            auto repository = h.repository;
            if (other_repository) repository.bytes[0] ^= 1;
            const auto certificate = sign_admission(h.admission, repository, key, name, signed_rights);
            return actor_record({stranger.id(), "evil", rights}, h.admission.id(), certificate);
        });
    };
    EXPECT_FALSE(changed("evil", rights, stranger.id(), false));
    EXPECT_TRUE(changed("good", rights, stranger.id(), false));
    EXPECT_TRUE(changed("evil", {"read"}, stranger.id(), false));
    EXPECT_TRUE(changed("evil", rights, second.id(), false));
    EXPECT_TRUE(changed("evil", rights, stranger.id(), true));
}

TEST(Fold, takes_an_admission_that_is_dated_after_what_it_admits) {
    History h;
    const auto second = signing_key(3);
    h.add(second, 1, Json::array({snapshot_record(snapshot_of(1, 1))}));
    h.add(h.founder, 2, Json::array({h.admitted(second, "second", {"write"}, h.founder)}));
    EXPECT_EQ(h.folded().snapshots.size(), 1U);
    EXPECT_TRUE(h.ignored.empty());
}

TEST(Fold, survives_any_nonsense_of_a_stranger) {
    const auto stranger = signing_key(66);
    const Json nonsense[] = {Json("text"),
                             Json(1),
                             Json(nullptr),
                             Json::array({1}),
                             Json{{"type", 5}},
                             Json{{"type", "actor"}},
                             Json{{"type", "actor"}, {"key", 1}},
                             Json{{"type", "actor"}, {"key", "zz"}, {"name", "x"}, {"rights", Json::array()}},
                             Json{{"type", "genesis"}},
                             Json{{"type", "snapshot"}}};
    for (const auto& record : nonsense) {
        auto h = rich_history();
        const auto expected = text_of(h.folded());
        h.add(stranger, 20, Json::array({record}));
        EXPECT_EQ(text_of(h.folded()), expected) << record;
        EXPECT_EQ(h.ignored.size(), 1U);
        EXPECT_TRUE(h.damage.empty());
    }
}

TEST(Fold, reports_nonsense_of_an_admitted_one_as_damage_of_its_file) {
    const Json nonsense[] = {Json("text"),
                             Json{{"type", 5}},
                             Json{{"type", "actor"}},
                             Json{{"type", "snapshot"}},
                             Json{{"type", "kind"}, {"commit", "zz"}, {"kind", "PRE"}},
                             Json{{"type", "hold"}, {"message", "of what"}},
                             Json{{"type", "expiry"}, {"commit", 7}},
                             Json{{"type", "genesis"}, {"site", 1}}};
    for (const auto& record : nonsense) {
        auto h = rich_history();
        auto state = h.folded();
        const auto before = text_of(state);
        const auto batch = h.add(h.founder, 20, Json::array({record}));
        h.folded();
        ASSERT_FALSE(h.damage.empty()) << record;
        EXPECT_EQ(h.damage[0].path, h.batches.back().first);
        EXPECT_FALSE(fold_more(state, {h.batches.back()})) << record;
        EXPECT_EQ(text_of(state), before);
    }
}

TEST(Fold, ends_though_admitters_take_each_other_s_rights_away) {
    History h;
    const auto a = signing_key(10);
    const auto b = signing_key(11);
    h.add(h.founder, 1, Json::array({h.admitted(b, "b", {}, h.founder)}));
    h.add(a, 2, Json::array({h.admitted(b, "b", {"admit"}, a)}));
    h.add(h.founder, 3, Json::array({h.admitted(a, "a", {"admit"}, h.founder)}));
    h.add(b, 4, Json::array({h.admitted(a, "a", {}, b)}));
    const auto expected = text_of(h.folded());
    std::reverse(h.batches.begin(), h.batches.end());
    EXPECT_EQ(text_of(h.folded()), expected);
}

TEST(Fold, gives_a_kind_whether_it_comes_before_or_after_its_snapshot) {
    for (const int kind_at : {2, 4}) {
        History h;
        const auto second = signing_key(3);
        h.add(second, 1, Json::array({h.admitted(second, "second", {"write"}, h.admission)}));
        h.add(h.founder, 3, Json::array({snapshot_record(snapshot_of(1, 3))}));
        h.add(second, kind_at,
              Json::array({kind_record(snapshot_of(1, 3).commit, "MENSUEL"),
                           kind_record(snapshot_of(1, 3).commit, "MENSUEL")}));
        EXPECT_EQ(h.folded().snapshots[0].kinds, (std::vector<std::string>{"HEBDO", "MENSUEL"}));
    }
}

TEST(Fold, lets_a_snapshot_go_whether_that_is_said_before_or_after_it) {
    for (const int expiry_at : {2, 4}) {
        History h;
        const auto second = signing_key(3);
        h.add(second, 1, Json::array({h.admitted(second, "second", {"gc"}, h.admission)}));
        h.add(h.founder, 3, Json::array({snapshot_record(snapshot_of(1, 3))}));
        h.add(second, expiry_at, Json::array({expiry_record(snapshot_of(1, 3).commit, "HEBDO")}));
        h.add(second, 5, Json::array({expiry_record(snapshot_of(1, 3).commit, "HEBDO")}));  // once is enough
        const auto at = Timestamp::from_seconds(1'800'000'000 + 60 * expiry_at);
        EXPECT_EQ(h.folded().snapshots[0].expired, at);
        EXPECT_FALSE(h.folded().unplaced);
    }
}

TEST(Fold, ignores_an_expiry_by_one_without_the_right) {
    History h;
    const auto second = signing_key(3);
    h.add(second, 1, Json::array({h.admitted(second, "second", {"admit", "write"}, h.admission)}));
    h.add(h.founder, 2, Json::array({snapshot_record(snapshot_of(1, 2))}));
    h.add(second, 3,
          Json::array({expiry_record(snapshot_of(1, 2).commit, "HEBDO"),
                       expiry_record(snapshot_of(2, 9).commit, "of what is not there")}));
    EXPECT_FALSE(h.folded().snapshots[0].expired);
    EXPECT_FALSE(h.folded().unplaced);
    EXPECT_TRUE(h.damage.empty());
}

TEST(Fold, takes_the_last_word_on_a_hold) {
    for (const int removed_at : {2, 4}) {
        History h;
        const auto second = signing_key(3);
        h.add(second, 1, Json::array({h.admitted(second, "second", {"write"}, h.admission)}));
        h.add(h.founder, 3, Json::array({hold_record(snapshot_of(1, 0).commit, "claim 17")}));
        h.add(second, removed_at, Json::array({hold_removed_record(snapshot_of(1, 0).commit)}));
        EXPECT_EQ(h.folded().holds.size(), removed_at == 2 ? 1U : 0U);
    }
}

TEST(Fold, keeps_a_slot_removed_in_whatever_order_it_is_said) {
    for (const int removed_at : {1, 3}) {
        History h;
        const auto second = signing_key(3);
        h.add(h.founder, 2, Json::array({slot_record(slot_of(1))}));
        h.add(second, removed_at,
              Json::array(
                  {h.admitted(second, "second", {"write"}, h.admission), slot_record(slot_of(1, true))}));
        EXPECT_TRUE(h.folded().slots.at(0).removed);
    }
}

void expect_more_equals_all(History h) {
    const auto expected = text_of(h.folded());
    std::sort(h.batches.begin(), h.batches.end(), [](const auto& a, const auto& b) {
        return a.second.time != b.second.time ? a.second.time < b.second.time : a.second.id < b.second.id;
    });
    int folded_on = 0;
    for (std::size_t split = 1; split <= h.batches.size(); ++split) {
        const auto middle = h.batches.begin() + static_cast<std::ptrdiff_t>(split);
        std::vector<Damage> damage;
        std::vector<Ignored> ignored;
        auto state = fold({h.batches.begin(), middle}, h.repository, damage, ignored);
        if (!damage.empty() || !ignored.empty()) continue;
        state = decode_state(encode_state(state));  // as the cache hands it on
        const auto before = text_of(state);
        if (fold_more(state, {middle, h.batches.end()})) {
            EXPECT_EQ(text_of(state), expected) << split;
            ++folded_on;
        } else {
            EXPECT_EQ(text_of(state), before) << split;
        }
    }
    EXPECT_GT(folded_on, 0);
}

TEST(FoldMore, equals_the_fold_of_everything_or_declines) { expect_more_equals_all(rich_history()); }

TEST(FoldMore, equals_the_fold_of_everything_after_a_clock_that_was_ahead) {
    auto h = rich_history();
    for (int i = 0; i < 4; ++i)
        h.add(h.founder, 90'000 + i, Json::array({kind_record(snapshot_of(1, 3).commit, "PRE")}), {}, 30 + i);
    expect_more_equals_all(std::move(h));
}

TEST(FoldMore, equals_the_fold_of_everything_where_a_kind_came_before_its_snapshot) {
    History h;
    const auto second = signing_key(3);
    h.add(second, 1, Json::array({h.admitted(second, "second", {"write"}, h.admission)}));
    h.add(second, 2, Json::array({kind_record(snapshot_of(1, 3).commit, "MENSUEL")}));
    h.add(h.founder, 3, Json::array({snapshot_record(snapshot_of(1, 3))}));
    h.add(h.founder, 4, Json::array({snapshot_record(snapshot_of(2, 4))}));
    expect_more_equals_all(std::move(h));
}

TEST(FoldMore, equals_the_fold_of_everything_where_an_expiry_came_before_its_snapshot) {
    History h;
    const auto second = signing_key(3);
    h.add(second, 1, Json::array({h.admitted(second, "second", {"gc"}, h.admission)}));
    h.add(second, 2, Json::array({expiry_record(snapshot_of(1, 3).commit, "HEBDO")}));
    h.add(h.founder, 3, Json::array({snapshot_record(snapshot_of(1, 3))}));
    h.add(h.founder, 4, Json::array({snapshot_record(snapshot_of(2, 4))}));
    expect_more_equals_all(std::move(h));
}

TEST(FoldMore, declines_what_only_a_fold_of_everything_can_judge) {
    auto h = rich_history();
    const auto state = h.folded();
    const auto declines = [&](const std::function<void(History&)>& add) {
        auto more = rich_history();
        add(more);
        auto copy = state;
        const bool folded = fold_more(copy, {more.batches.back()});
        EXPECT_TRUE(folded || text_of(copy) == text_of(state));
        return !folded;
    };
    EXPECT_FALSE(declines([](History& m) { m.add(m.founder, 20, Json::array()); }));
    EXPECT_TRUE(declines([](History& m) { m.add(m.founder, 1, Json::array()); }));         // older
    EXPECT_TRUE(declines([](History& m) { m.add(signing_key(66), 20, Json::array()); }));  // a stranger
    EXPECT_TRUE(declines([](History& m) {                                                  // a gap
        m.add(m.founder, 20, Json::array());
        m.add(m.founder, 21, Json::array());
    }));
    EXPECT_TRUE(declines([](History& m) {
        m.add(m.founder, 20, Json::array({m.admitted(signing_key(7), "seventh", {"write"}, m.founder)}));
    }));
}

TEST(StateCache, text_comes_back_as_the_same_state) {
    auto h = rich_history();
    auto state = h.folded();
    state.site.simulated = true;
    state.snapshots.all()[1].complete = false;
    state.snapshots.all()[1].changed = false;
    state.snapshots.all()[1].dated_by_operator = true;
    EXPECT_EQ(text_of(decode_state(as_bytes(text_of(state)))), text_of(state));
    // And what is not in the text stays what it was.
    const auto back = decode_state(as_bytes(text_of(state)));
    EXPECT_EQ(back.snapshots[2].packs, state.snapshots[2].packs);
    EXPECT_EQ(back.snapshots[1].actor, state.snapshots[1].actor);
    EXPECT_TRUE(back.site.simulated);
}

// --- batches alone

Bytes row_of(const Batches& batches) {
    Bytes row;
    for (const auto& [file, batch] : batches) append_batch(row, batch);
    return row;
}

TEST(Batch, rows_come_back_whole) {
    const auto h = rich_history();
    const auto back = parse_batches(row_of(h.batches), h.repository, "file");
    ASSERT_EQ(back.size(), h.batches.size());
    for (std::size_t i = 0; i < back.size(); ++i) {
        const auto& batch = h.batches[i].second;
        EXPECT_EQ(back[i].id, batch.id);
        EXPECT_EQ(back[i].number, batch.number);
        EXPECT_EQ(back[i].previous, batch.previous);
        EXPECT_EQ(back[i].time, batch.time);
        EXPECT_EQ(back[i].packs, batch.packs);
        EXPECT_EQ(back[i].records, batch.records);
        EXPECT_EQ(back[i].genesis, i == 0);
    }
    EXPECT_TRUE(parse_batches({}, h.repository, "file").empty());
}

TEST(Batch, comes_back_with_what_its_writer_s_clock_showed) {
    History h;
    h.add(h.founder, 20, Json::array({slot_record(slot_of(1))}), {}, 5);
    const auto back = parse_batches(row_of(h.batches), h.repository, "file");
    EXPECT_EQ(back[0].clock, std::nullopt);
    EXPECT_EQ(back[0].written_at(), back[0].time);
    EXPECT_EQ(back[1].clock, Timestamp::from_seconds(1'800'000'000 + 60 * 5));
    EXPECT_EQ(back[1].written_at(), *back[1].clock);
    EXPECT_LT(back[1].written_at(), back[1].time);
}

TEST(Batch, rows_with_any_bit_turned_or_cut_are_refused) {
    const auto h = rich_history();
    const Bytes row = row_of({h.batches[0], h.batches[3]});
    for (std::size_t i = 0; i < row.size() * 8; ++i) {
        Bytes turned = row;
        turned[i / 8] = static_cast<std::uint8_t>(turned[i / 8] ^ (1U << (i % 8)));
        ASSERT_EQ(error_of([&] { parse_batches(turned, h.repository, "file"); }), Errc::damaged) << i;
    }
    Bytes first;
    append_batch(first, h.batches[0].second);
    for (std::size_t size = 1; size < row.size(); ++size) {
        if (size == first.size()) continue;  // a row of one
        ASSERT_EQ(error_of([&] { parse_batches(ByteView(row).first(size), h.repository, "file"); }),
                  Errc::damaged);
    }
}

TEST(Batch, of_another_repository_is_refused) {
    const auto h = rich_history();
    auto other = h.repository;
    other.bytes[0] ^= 1;
    for (const auto& item : {h.batches[0], h.batches[1]}) {
        const Bytes row = row_of({item});
        EXPECT_EQ(error_of([&] { parse_batches(row, other, "file"); }), Errc::damaged);
    }
}

TEST(Batch, of_a_later_format_says_so_if_its_signature_fits) {
    const auto h = rich_history();
    const std::string text = R"({"format":2,"repository":")" + h.repository.hex() + R"(","actor":")" +
                             h.founder.id().hex() + R"(","new":true})";
    Bytes message;
    append(message, as_bytes("coffre/1/batch"));
    append(message, h.repository.view());
    append(message, as_bytes(text));
    Batch batch;
    batch.signed_bytes.assign(text.begin(), text.end());
    batch.signature = h.founder.sign(message);
    EXPECT_EQ(error_of([&] { parse_batches(row_of({{"", batch}}), h.repository, "file"); }), Errc::failed);
    batch.signature.bytes[0] ^= 1;
    EXPECT_EQ(error_of([&] { parse_batches(row_of({{"", batch}}), h.repository, "file"); }), Errc::damaged);
}

TEST(Batch, with_text_that_is_no_utf8_is_signed_and_read_all_the_same) {
    History h;
    Json record{{"type", "x"}, {"name", "r\xe9seau"}};
    const Bytes row = row_of({{"", h.add(h.founder, 1, Json::array({record}))}});
    EXPECT_EQ(parse_batches(row, h.repository, "file").size(), 1U);
}

}  // namespace
}  // namespace coffre::journal
