// Where copies are, and where they may lie.

#include "store/rules/copies.hpp"

#include <gtest/gtest.h>

#include "store/rules/residency.hpp"

namespace coffre::rules {
namespace {

ActorId actor_of(std::uint8_t number) {
    ActorId actor;
    actor.bytes[0] = number;
    return actor;
}

journal::Snapshot snapshot_of(std::uint8_t actor, std::uint64_t number) {
    journal::Snapshot snapshot;
    snapshot.commit.bytes[0] = static_cast<std::uint8_t>(16 * actor + number);
    snapshot.kinds = {"HEBDO"};
    snapshot.actor = actor_of(actor);
    snapshot.number = number;
    return snapshot;
}

class Copies : public testing::Test {
protected:
    Copies() {
        add("cloud", "cloud");
        add("disk", "physical");
    }

    void add(const std::string& name, const std::string& role) {
        journal::Remote remote;
        remote.name = name;
        remote.role = role;
        state.remotes[name] = remote;
    }
    [[nodiscard]] CopyState at(const std::string& name, const journal::Snapshot& snapshot) const {
        for (const auto& [remote, where] : locations(state, snapshot))
            if (remote->name == name) return where;
        return CopyState::absent;
    }

    journal::State state;
};

TEST_F(Copies, are_absent_then_sent_then_verified_by_what_the_actors_stream_reaches) {
    state.copies["cloud"].sent = {{actor_of(1), 5}};
    state.copies["cloud"].verified = {{actor_of(1), 3}};
    EXPECT_EQ(at("cloud", snapshot_of(1, 3)), CopyState::verified);
    EXPECT_EQ(at("cloud", snapshot_of(1, 4)), CopyState::sent);
    EXPECT_EQ(at("cloud", snapshot_of(1, 6)), CopyState::absent);
    EXPECT_EQ(at("cloud", snapshot_of(2, 1)), CopyState::absent);
    EXPECT_EQ(at("disk", snapshot_of(1, 1)), CopyState::absent);
}

TEST_F(Copies, of_a_snapshot_whose_batch_is_not_known_are_absent) {
    state.copies["cloud"].verified = {{actor_of(1), 3}};
    EXPECT_EQ(at("cloud", snapshot_of(1, 0)), CopyState::absent);
}

TEST_F(Copies, proc_2_3_two_distinct_places_a_cloud_and_a_physical_one_both_read_back) {
    const auto snapshot = snapshot_of(1, 2);
    state.copies["cloud"].verified = {{actor_of(1), 2}};
    EXPECT_FALSE(is_protected(state, snapshot));
    state.copies["disk"].sent = {{actor_of(1), 2}};
    EXPECT_FALSE(is_protected(state, snapshot));
    state.copies["disk"].verified = {{actor_of(1), 2}};
    EXPECT_TRUE(is_protected(state, snapshot));
    state.remotes["disk"].role = "cloud";
    EXPECT_FALSE(is_protected(state, snapshot)) << "two clouds";
    state.remotes["cloud"].role = state.remotes["disk"].role = "physical";
    EXPECT_FALSE(is_protected(state, snapshot)) << "two media";
}

TEST_F(Copies, at_a_remote_that_was_removed_do_not_count) {
    state.copies["cloud"].verified = state.copies["disk"].verified = {{actor_of(1), 2}};
    state.remotes["disk"].removed = true;
    EXPECT_FALSE(is_protected(state, snapshot_of(1, 2)));
    EXPECT_EQ(locations(state, snapshot_of(1, 2)).size(), 1U);
}

TEST_F(Copies, leave_uncovered_what_has_not_expired_and_is_not_reached) {
    state.snapshots.push_back(snapshot_of(1, 2));
    state.snapshots.push_back(snapshot_of(1, 4));
    EXPECT_TRUE(leaves_uncovered(state, {{actor_of(1), 3}}));
    EXPECT_FALSE(leaves_uncovered(state, {{actor_of(1), 4}}));
    state.snapshots.all().back().expired = Timestamp{1};
    EXPECT_FALSE(leaves_uncovered(state, {{actor_of(1), 3}}));
}

TEST(Residency, proc_2_3_a_cloud_in_france_by_region_host_or_declared_country) {
    const auto policy = journal::Policy::standard();
    const auto of = [&](const std::string& host, const std::string& region, const std::string& country) {
        return residency_of(policy, host, region, country);
    };
    EXPECT_EQ(of("s3.fr-par.example", "fr-par", ""), Residency::allowed);
    EXPECT_EQ(of("s3.example", "FR-PAR", ""), Residency::allowed);
    EXPECT_EQ(of("s3.example", "us-east-1", ""), Residency::outside);
    EXPECT_EQ(of("s3.example", "us-east-1", "FR"), Residency::outside) << "a region counts more";
    EXPECT_EQ(of("s3.us-east-1.example", "fr-par", ""), Residency::outside) << "the host says another one";
    EXPECT_EQ(of("127.0.0.1", "us-east-1", ""), Residency::outside);
    EXPECT_EQ(of("s3.example", "fr", ""), Residency::outside) << "no region's name";
    EXPECT_EQ(of("vault.example", "", "FR"), Residency::allowed);
    EXPECT_EQ(of("vault.example", "FR", ""), Residency::allowed);
    EXPECT_EQ(of("vault.example", "", "US"), Residency::outside);
    EXPECT_EQ(of("vault.example", "", ""), Residency::unknown);
    EXPECT_EQ(of("127.0.0.1", "", ""), Residency::this_machine);
    EXPECT_EQ(of("localhost", "", "US"), Residency::outside);
    EXPECT_EQ(of("127.0.0.1.example.org", "", ""), Residency::unknown);
    EXPECT_EQ(of("oos.eu-west-2.outscale.com", "eu-west-2", ""), Residency::allowed);
    EXPECT_EQ(of("s3.eu-west-2.example", "eu-west-2", ""), Residency::outside) << "a region of one provider";
}

TEST(Residency, is_what_the_policy_lists) {
    auto policy = journal::Policy::standard();
    policy.residency = {"vault.example.org", "BE"};
    EXPECT_EQ(residency_of(policy, "eu.vault.example.org", "", ""), Residency::allowed);
    EXPECT_EQ(residency_of(policy, "notvault.example.org", "", ""), Residency::unknown);
    EXPECT_EQ(residency_of(policy, "s3.example", "fr-par", ""), Residency::outside);
    EXPECT_EQ(residency_of(policy, "s3.example", "", "BE"), Residency::allowed);
    EXPECT_EQ(residency_of(policy, "s3.example", "", "FR"), Residency::outside);
}

}  // namespace
}  // namespace coffre::rules
