// What grows with history in this machine's cache: pages opened one by one, the history that a state stands
// on, and the order of snapshots over its blocks.

#include "store/journal/history.hpp"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

#include "store/journal/state.hpp"
#include "store/pack/folded_index.hpp"
#include "store/rules/order.hpp"
#include "store/rules/retention.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/memory_file_system.hpp"
#include "tests/support/test_keys.hpp"

namespace coffre {
namespace {

using crypto::SealedKind;
using crypto::SealedPages;
using crypto::SealedRows;
using journal::History;
using journal::Snapshot;
using journal::State;
using test::error_of;

constexpr std::size_t page = 4 << 10;

Bytes noise(std::size_t size, std::uint64_t seed = 1) {
    std::mt19937_64 rng(seed);
    Bytes out(size);
    for (auto& byte : out) byte = static_cast<std::uint8_t>(rng());
    return out;
}

class Pages : public testing::Test {
protected:
    Bytes sealed(ByteView plain) {
        return crypto::seal_pages(SealedKind::state_cache, keys_.ring, keys_.hedge, plain);
    }
    std::unique_ptr<SealedPages> open(ByteView file, SealedKind kind = SealedKind::state_cache) {
        const auto folder = files_.make_directories("/cache");
        folder->remove_file("pages");
        folder->create_file("pages", 0600)->write(file);
        return std::make_unique<SealedPages>(kind, keys_.ring, folder->open_file("pages"), "pages");
    }

    test::TestKeys keys_;
    test::MemoryFileSystem files_;
};

TEST_F(Pages, give_back_any_range_of_what_was_sealed) {
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, page, page + 1, 3 * page + 100}) {
        const Bytes plain = noise(size);
        const Bytes file = sealed(plain);
        const auto pages = open(file);
        EXPECT_EQ(pages->id(), crypto::pages_id(file));
        EXPECT_EQ(pages->size() % page, 0U);
        const std::vector<std::pair<std::size_t, std::size_t>> ranges{
            {0, size}, {size / 3, size / 2}, {size, size}};
        for (const auto& [from, to] : ranges) {
            const auto view = pages->range(from, to - from);
            EXPECT_TRUE(
                std::equal(view.begin(), view.end(), plain.begin() + static_cast<std::ptrdiff_t>(from)));
        }
        EXPECT_EQ(error_of([&] { pages->range(pages->size(), 1); }), Errc::damaged);
    }
}

TEST_F(Pages, refuse_a_page_that_was_turned_moved_or_cut_and_give_the_others) {
    const Bytes plain = noise(3 * page);
    const Bytes file = sealed(plain);
    const auto page_at = [&](Bytes& bytes, std::size_t i) {
        return bytes.begin() + static_cast<std::ptrdiff_t>(crypto::sealed_header_size + i * (page + 16));
    };
    Bytes turned = file;
    *page_at(turned, 1) ^= 1;
    Bytes moved = file;
    std::swap_ranges(page_at(moved, 0), page_at(moved, 1), page_at(moved, 1));
    const Bytes cut(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(file.size() - page - 16));
    Bytes foreign = sealed(plain);
    std::copy(page_at(foreign, 1), page_at(foreign, 2), page_at(turned, 1));
    for (const auto& bytes : {turned, moved, cut})
        EXPECT_EQ(error_of([&, pages = open(bytes)] { pages->range(page, page); }), Errc::damaged);
    EXPECT_EQ(error_of([&, pages = open(turned)] { pages->range(0, page); }), std::nullopt);
    EXPECT_EQ(error_of([&, pages = open(turned)] { pages->range(2 * page, 10); }), std::nullopt);
}

TEST_F(Pages, of_another_kind_site_or_form_are_refused) {
    const Bytes file = sealed(noise(100));
    EXPECT_EQ(error_of([&] { open(file, SealedKind::table_cache); }), Errc::damaged);
    EXPECT_EQ(error_of([&] { open(ByteView(file).first(file.size() - 1)); }), Errc::damaged);
    EXPECT_EQ(error_of([&] { open({}); }), Errc::damaged);
    for (std::size_t i = 0; i < crypto::sealed_header_size; ++i) {
        Bytes turned = file;
        turned[i] ^= 1;
        EXPECT_EQ(error_of([&] { open(turned)->range(0, 1); }), Errc::damaged) << i;
    }
}

TEST_F(Pages, hold_sorted_rows_in_which_each_is_found_and_no_other) {
    std::mt19937_64 rng(5);
    for (const std::size_t count : std::vector<std::size_t>{0, 1, 2, 50, 5000}) {
        std::vector<Sha256Digest> names(count);
        for (auto& name : names) {
            name = Sha256Digest::from(noise(32, rng()));
            if (rng() % 4 == 0) name.bytes[0] = name.bytes[1] = 0x77;  // not spread evenly at all
        }
        std::sort(names.begin(), names.end());
        Bytes plain(11);
        for (const auto& name : names) append(plain, name.view());
        const auto pages = open(sealed(plain));
        const SealedRows rows(*pages, 11, count, 32);
        const auto expected = [&](const Sha256Digest& key) {
            return static_cast<std::uint64_t>(std::lower_bound(names.begin(), names.end(), key) -
                                              names.begin());
        };
        for (std::size_t i = 0; i < count; i += 1 + count / 300) {
            EXPECT_EQ(rows.first_from(names[i].view()), expected(names[i]));
            const auto other = Sha256Digest::from(noise(32, rng()));
            EXPECT_EQ(rows.first_from(other.view()), expected(other));
        }
        EXPECT_EQ(error_of([&] { SealedRows(*pages, 11, pages->size(), 32); }), Errc::damaged);
    }
}

// Some hundreds of snapshots of a few equipments, their times a little out of order.
State long_state(std::size_t count) {
    State state;
    state.site.client = "CLI";
    state.site.site = "SITE";
    state.policies = {journal::Policy::standard()};
    std::mt19937_64 rng(7);
    for (std::size_t i = 0; i < count; ++i) {
        Snapshot snapshot;
        snapshot.commit = ObjectId::from(noise(20, rng()));
        snapshot.equipment = "CAM-" + std::to_string(rng() % 5);
        snapshot.type = "CAM";
        snapshot.kinds = {"HEBDO"};
        snapshot.timezone = "Europe/Paris";
        snapshot.time =
            Timestamp::from_seconds(1'700'000'000 + static_cast<std::int64_t>(i * 3600 - rng() % 90'000));
        snapshot.recorded_at = Timestamp::from_seconds(1'700'000'000 + static_cast<std::int64_t>(i) * 3600);
        snapshot.dated_by_operator = rng() % 3 == 0;
        snapshot.complete = rng() % 9 != 0;
        if (rng() % 11 == 0) snapshot.expired = Timestamp::from_seconds(1'900'000'000);
        snapshot.author = rng() % 2 == 0 ? "A. Technician" : "";
        snapshot.message = "round " + std::to_string(i);
        const pack::PackInfo pack{Sha256Digest::from(noise(32, rng())), 256 + i};
        snapshot.packs = {pack};
        state.packs.insert(pack);
        state.snapshots.push_back(std::move(snapshot));
    }
    return state;
}

std::string text_of(const State& state) { return std::string(as_text(journal::encode_state(state))); }

class OnHistory : public Pages {
protected:
    // The state as the cache hands it on: the first `count` snapshots in a history, the others beside it.
    State split(const State& whole, std::size_t count, const std::function<void(Bytes&)>& harm = nullptr) {
        State old = whole;
        old.snapshots.all().resize(count);
        old.packs = {};
        for (const auto& snapshot : old.snapshots)
            for (const auto& pack : snapshot.packs) old.packs.insert(pack);
        Bytes file = sealed(journal::encode_history({Sha256Digest{}}, old));
        if (harm) harm(file);
        history_ = std::make_shared<History>(open(file), [this, old](const auto& files) {
            EXPECT_EQ(files.size(), 1U);
            ++rebuilt_;
            return old;
        });
        State now = whole;
        now.packs = pack::PackSet(history_);
        now.snapshots = journal::Snapshots(history_);
        for (auto i = count; i < whole.snapshots.size(); ++i) {
            now.snapshots.push_back(whole.snapshots[i]);
            now.packs.insert(whole.snapshots[i].packs.front());
        }
        return journal::decode_state(journal::encode_state(now, history_), history_);
    }

    std::shared_ptr<History> history_;
    int rebuilt_ = 0;
};

TEST_F(OnHistory, a_state_is_the_same_as_in_memory) {
    const auto whole = long_state(700);
    for (const std::size_t count : std::vector<std::size_t>{0, 1, 255, 256, 257, 600, 700}) {
        const auto state = split(whole, count);
        EXPECT_EQ(text_of(state), text_of(whole)) << count;
        EXPECT_EQ(state.packs.size(), 700U);
        for (std::size_t i = 0; i < 700; i += 13) {
            const auto& pack = whole.snapshots[i].packs.front();
            EXPECT_EQ(state.packs.find(pack.name), pack);
        }
        EXPECT_FALSE(state.packs.find(Sha256Digest{}));
        EXPECT_EQ(rebuilt_, 0);
    }
}

TEST_F(OnHistory, a_state_that_is_changed_leaves_the_history_behind) {
    const auto whole = long_state(600);
    auto state = split(whole, 500);
    const auto pack = whole.snapshots[3].packs.front();
    state.packs.erase_if([&](const auto& one) { return one == pack; });
    EXPECT_EQ(state.packs.size(), 599U);
    EXPECT_FALSE(state.packs.find(pack.name));
    const auto& before = state.snapshots[3];
    state.snapshots.all()[3].expired = Timestamp::from_seconds(1);
    EXPECT_EQ(before.expired, whole.snapshots[3].expired);
    EXPECT_EQ(state.snapshots.base(), nullptr);
    EXPECT_EQ(state.snapshots[3].expired, Timestamp::from_seconds(1));
}

TEST_F(OnHistory, a_state_of_which_a_page_does_not_open_is_folded_anew) {
    const auto whole = long_state(700);
    const auto pages = sealed(journal::encode_history({Sha256Digest{}}, whole)).size() / page;
    int rebuilt = 0;
    for (std::size_t i = 1; i + 1 < pages; ++i) {
        const auto state = split(
            whole, 700, [&](Bytes& file) { file[crypto::sealed_header_size + i * (page + 16) + 100] ^= 4; });
        EXPECT_EQ(text_of(state), text_of(whole)) << i;
        EXPECT_EQ(state.packs.find(whole.snapshots[5].packs.front().name), whole.snapshots[5].packs.front());
        rebuilt += rebuilt_ > 0 ? 1 : 0;
        rebuilt_ = 0;
    }
    EXPECT_GT(rebuilt, 3);
}

TEST_F(OnHistory, nonsense_of_a_key_holder_is_damage_and_nothing_else) {
    const auto never = [](const auto&) -> State { throw std::logic_error("asked"); };
    for (std::uint64_t seed = 1; seed < 200; ++seed) {
        Bytes plain = journal::encode_history({Sha256Digest{}}, long_state(3));
        std::mt19937_64 rng(seed);
        for (int i = 0; i < 3; ++i) plain[rng() % 40] = static_cast<std::uint8_t>(rng());
        try {
            History history(open(sealed(plain)), never);
            (void)history.snapshot_spans("CAM-1");
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), Errc::damaged);
        }
    }
}

std::vector<ObjectId> commits(const std::vector<const Snapshot*>& order) {
    std::vector<ObjectId> ids;
    for (const auto* snapshot : order) ids.push_back(snapshot->commit);
    return ids;
}

TEST_F(OnHistory, snapshots_come_newest_first_as_if_all_were_sorted) {
    const auto whole = long_state(800);
    std::vector<const Snapshot*> sorted;
    for (const auto& snapshot : whole.snapshots) sorted.push_back(&snapshot);
    std::sort(sorted.begin(), sorted.end(),
              [](const auto* a, const auto* b) { return rules::newer(*a, *b); });
    for (const std::size_t count : std::vector<std::size_t>{0, 300, 512, 800}) {
        const auto state = split(whole, count);
        EXPECT_EQ(commits(rules::newest_first(state)), commits(sorted));
        for (const auto& before : {std::optional<Timestamp>(), std::optional(sorted[150]->time)}) {
            std::vector<const Snapshot*> expected, got;
            for (const auto* snapshot : sorted)
                if (snapshot->equipment == "CAM-3" && (!before || snapshot->time < *before))
                    expected.push_back(snapshot);
            rules::NewestFirst order(state, "CAM-3", before);
            while (const auto* snapshot = order.next()) got.push_back(snapshot);
            EXPECT_EQ(commits(got), commits(expected));
        }
        EXPECT_EQ(rules::NewestFirst(state, "CAM-9").next(), nullptr);
    }
}

TEST_F(OnHistory, floors_are_the_same_in_whatever_order_they_are_asked_for) {
    const auto whole = long_state(600);
    std::vector<rules::Retention::Floor> expected;
    for (const auto& snapshot : whole.snapshots) expected.push_back(rules::Retention(whole).floor(snapshot));
    const auto state = split(whole, 550);
    const rules::Retention at_once(state);
    std::vector<std::size_t> asked(600);
    for (std::size_t i = 0; i < 600; ++i) asked[i] = i;
    std::shuffle(asked.begin(), asked.end(), std::mt19937_64(3));
    for (const auto i : asked) EXPECT_EQ(at_once.floor(state.snapshots[i]), expected[i]) << i;
    EXPECT_GE(std::count(expected.begin(), expected.end(), rules::Retention::Floor::last_complete), 5);
}

// --- the index of packs

TEST_F(Pages, of_an_index_tell_what_its_packs_hold) {
    std::vector<pack::PackObjects> old, recent;
    for (std::uint64_t i = 0; i < 900; ++i) {
        auto& to = i < 850 ? old : recent;
        to.push_back({Sha256Digest::from(noise(32, i)), {ObjectId::from(noise(20, 1000 + i)), ObjectId{}}});
    }
    const Bytes base = sealed(pack::FoldedIndex::encode_base(old));
    const auto id = crypto::pages_id(base);
    const auto source = Sha256Digest::from(noise(32, 77));
    const Bytes head = pack::FoldedIndex::encode_head(id, source, recent);
    const auto opened = [&](ByteView bytes) {
        return [&, bytes](const Sha256Digest&) { return open(bytes); };
    };
    const pack::FoldedIndex index(head, opened(base));
    EXPECT_TRUE(index.covers_all_of(source));
    EXPECT_FALSE(index.covers_all_of(id));
    for (const auto* packs : {&old, &recent})
        for (const auto& one : *packs) {
            EXPECT_TRUE(index.covers(one.pack));
            EXPECT_EQ(index.packs_with(one.objects.front()), std::vector{one.pack});
        }
    EXPECT_EQ(index.packs_with(ObjectId{}).size(), 900U);
    EXPECT_TRUE(index.packs_with(ObjectId::from(noise(20, 5))).empty());
    EXPECT_FALSE(index.covers(Sha256Digest{}));
    EXPECT_EQ(index.all().size(), 900U);
    // Another base, a head that is cut, a page that does not open.
    EXPECT_EQ(error_of([&] { pack::FoldedIndex(head, opened(sealed(pack::FoldedIndex::encode_base(old)))); }),
              Errc::damaged);
    for (std::size_t size = 0; size < 64; ++size)
        EXPECT_EQ(error_of([&] { pack::FoldedIndex(ByteView(head).first(size), opened(base)); }),
                  Errc::damaged);
    Bytes turned = base;
    turned[crypto::sealed_header_size + page + 16 + 5] ^= 1;
    const pack::FoldedIndex harmed(head, opened(turned));
    EXPECT_EQ(error_of([&] { (void)harmed.all(); }), Errc::damaged);
}

}  // namespace
}  // namespace coffre
