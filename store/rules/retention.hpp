#pragma once
// How long snapshots are kept: pure functions of folded state (docs/architecture.md, "Retention").
// Not thread-safe, as that is not.

#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include "store/rules/order.hpp"

namespace coffre::rules {

// Calendar months for which `snapshot` is kept as `kind`: the longest of the policies that were in force
// since it was recorded, because a shortened duration never applies to what is there already. 0 for a kind
// without a duration.
int months_kept(const journal::State& state, const journal::Snapshot& snapshot, const std::string& kind);

// Looks at snapshots once, newest first, as far as the one asked for at most. `state` is kept by reference.
class Retention {
public:
    explicit Retention(const journal::State& state);

    // What keeps a snapshot whatever its kinds. Of one equipment: its newest complete snapshot, the newest
    // complete one that the clock dated, so that no time that somebody chose makes a good one go, and the one
    // of its last restore test that succeeded. And what an anomaly shows, until that is resolved.
    enum class Floor : std::uint8_t { none, last_complete, last_by_clock, held, drilled, in_anomaly };
    [[nodiscard]] Floor floor(const journal::Snapshot& snapshot) const;

    // The first instant at which the policy lets it expire: the longest of its kinds, by calendar months in
    // the zone that the site had then, and not before 30 days after it was recorded (a simulated repository
    // is free of that). Empty while a floor keeps it. Of one that has expired: when the policy let it.
    [[nodiscard]] std::optional<Timestamp> expires_at(const journal::Snapshot& snapshot) const;

    // The same without floors, in its parts.
    struct Term {
        std::string kind;  // the longest-lived
        Timestamp end;     // of that kind
        Timestamp recent;  // 30 days after it was recorded; not after `end` where that does not count
        [[nodiscard]] Timestamp expires() const { return end < recent ? recent : end; }
    };
    [[nodiscard]] Term term(const journal::Snapshot& snapshot) const;

private:
    // Of one equipment: of those that are there, the newest complete one, and the newest that the clock
    // dated.
    struct Newest {
        const journal::Snapshot* complete = nullptr;
        const journal::Snapshot* by_clock = nullptr;
    };
    const Newest& newest_until(const journal::Snapshot& snapshot) const;

    const journal::State& state_;
    std::set<ObjectId> drilled_, in_anomaly_;
    mutable NewestFirst rest_;
    mutable const journal::Snapshot* last_seen_ = nullptr;  // of those that rest_ gave
    mutable std::unordered_map<std::string, Newest> newest_;
};

struct GcOptions {
    bool expire = true;             // false: nothing goes, and nothing is refused
    bool dry_run = false;           // true: `now` may be a time to come
    Timestamp clock;                // of this machine, whatever `now` is asked for
    const ActorId* self = nullptr;  // this machine's key; null: it has none yet
};

// What would go at `now` and what stays, of the snapshots that are there; newest first.
struct GcPlan {
    struct Expire {
        const journal::Snapshot* snapshot;
        Message why;
    };
    struct Keep {
        const journal::Snapshot* snapshot;
        Message why;
    };
    // Why nothing may go all the same, unless somebody insists: time is not to be trusted, or a single
    // machine would make most of an equipment's snapshots go.
    struct Refusal {
        Message what;
        Message hint;
    };
    std::vector<Expire> expire;
    std::vector<Keep> keep;
    std::optional<Refusal> refusal;
};
GcPlan plan_gc(const journal::State& state, Timestamp now, const GcOptions& options);

}  // namespace coffre::rules
