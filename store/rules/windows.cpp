#include "store/rules/windows.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "store/rules/limits.hpp"
#include "store/rules/order.hpp"
#include "store/rules/site_state.hpp"

namespace coffre::rules {

namespace {

constexpr std::int64_t hour_ns = 3600ll * 1'000'000'000;

using journal::ChangeWindow;
using journal::Snapshot;

// What the model calls a category, and the procedure.
constexpr std::array<std::pair<const char*, const char*>, 4> significant{
    {{"cameras", "cameras"}, {"recording", "recording"}, {"firmware", "firmware"}, {"users", "rights"}}};

bool is_of(const ChangeWindow& window, const std::string& equipment) {
    return std::find(window.equipment.begin(), window.equipment.end(), equipment) != window.equipment.end();
}

bool has_kind(const Snapshot& snapshot, const char* kind) { return snapshot.kind() == kind; }

// Snapshots of one equipment that the clock dated, newest first, as far as one before `since` and one more.
std::vector<const Snapshot*> by_clock(const journal::State& state, const std::string& equipment,
                                      Timestamp since) {
    std::vector<const Snapshot*> found;
    NewestFirst rest(state, equipment);
    while (const auto* snapshot = rest.next()) {
        if (snapshot->equipment != equipment || snapshot->dated_by_operator) continue;
        found.push_back(snapshot);
        if (snapshot->recorded_at < since) break;
    }
    return found;
}

std::vector<std::string> differing(const Snapshot& before, const Snapshot& after) {
    std::vector<std::string> categories;
    const auto of = [](const Snapshot& snapshot, const char* category) -> const std::string* {
        const auto found = snapshot.fingerprints.find(category);
        return found == snapshot.fingerprints.end() ? nullptr : &found->second;
    };
    const auto* const version = of(before, "version");
    const auto* const other = of(after, "version");
    if (version == nullptr || other == nullptr || *version != *other) return categories;
    for (const auto& [model, name] : significant) {
        const auto* const was = of(before, model);
        const auto* const is = of(after, model);
        const bool same = was == nullptr || is == nullptr ? was == is : *was == *is;
        if (!same) categories.emplace_back(name);
    }
    return categories;
}

// Does a window tell of what changed between the two? One that was open at some moment between them: it began
// before the newer one, and had not ended before the older one.
bool declared_by_window(const journal::State& state, const Snapshot& before, const Snapshot& after) {
    const auto& windows = state.procedure.changes;
    return std::any_of(windows.begin(), windows.end(), [&](const auto& item) {
        const ChangeWindow& window = item.second;
        return is_of(window, after.equipment) && window.begun.time <= after.recorded_at &&
               (!window.ended || before.recorded_at <= window.ended->time);
    });
}

// The last PRE before it, of those given newest first from `at` on, with no POST between.
bool declared_by_pair(const std::vector<const Snapshot*>& snapshots, std::size_t at, std::int64_t limit_ns) {
    if (!has_kind(*snapshots[at], "POST")) return false;
    for (std::size_t i = at + 1; i < snapshots.size(); ++i) {
        if (has_kind(*snapshots[i], "POST")) return false;
        if (has_kind(*snapshots[i], "PRE"))
            return snapshots[at]->recorded_at.ns - snapshots[i]->recorded_at.ns <= limit_ns;
    }
    return false;
}

std::int64_t post_limit_ns(const journal::State& state) {
    return limit_of(state, limits::post_hours) * hour_ns;
}

}  // namespace

const std::vector<std::string>& change_categories() {
    static const std::vector<std::string> categories{"cameras", "recording", "firmware", "rights", "other"};
    return categories;
}

const ChangeWindow* open_window(const journal::State& state, const std::string& equipment) {
    for (const auto& [id, window] : state.procedure.changes)
        if (!window.ended && !window.id.empty() && is_of(window, equipment)) return &window;
    return nullptr;
}

std::vector<UndeclaredChange> undeclared_changes(const journal::State& state, const std::string& equipment,
                                                 Timestamp since) {
    std::vector<UndeclaredChange> found;
    const auto limit = post_limit_ns(state);
    const auto snapshots = by_clock(state, equipment, {since.ns - limit});
    for (std::size_t i = 0; i + 1 < snapshots.size() && !(snapshots[i]->recorded_at < since); ++i) {
        const auto& after = *snapshots[i];
        const auto& before = *snapshots[i + 1];
        auto categories = differing(before, after);
        if (categories.empty() || declared_by_window(state, before, after) ||
            declared_by_pair(snapshots, i, limit))
            continue;
        found.push_back({equipment, before.commit, after.commit, after.recorded_at, std::move(categories)});
    }
    std::reverse(found.begin(), found.end());
    return found;
}

std::vector<MissingPost> missing_posts(const journal::State& state, Timestamp now) {
    std::vector<MissingPost> found;
    const auto limit = post_limit_ns(state);
    for (const auto& [id, window] : state.procedure.changes) {
        if (window.id.empty()) continue;
        const Timestamp due{window.begun.time.ns + limit};
        if (now < due) continue;
        for (const auto& name : window.equipment) {
            if (window.post.contains(name)) continue;
            const auto pre = window.pre.find(name);
            found.push_back({name, pre == window.pre.end() ? ObjectId{} : pre->second, id, due});
        }
    }
    // A PRE by itself, the newest of its equipment: anything but a POST behind it leaves it unanswered.
    for (const auto* equipment : equipments_under_contract(state, now)) {
        const auto snapshots = by_clock(state, equipment->name, {now.ns - 35 * 24 * hour_ns});
        for (const auto* snapshot : snapshots) {
            if (has_kind(*snapshot, "POST")) break;
            if (!has_kind(*snapshot, "PRE")) continue;
            const bool of_window = std::any_of(state.procedure.changes.begin(), state.procedure.changes.end(),
                                               [&](const auto& item) {
                                                   const auto& pre = item.second.pre;
                                                   const auto at = pre.find(equipment->name);
                                                   return at != pre.end() && at->second == snapshot->commit;
                                               });
            const Timestamp due{snapshot->recorded_at.ns + limit};
            if (!of_window && due <= now) found.push_back({equipment->name, snapshot->commit, "", due});
            break;
        }
    }
    return found;
}

}  // namespace coffre::rules
