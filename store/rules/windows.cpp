#include "store/rules/windows.hpp"

#include <algorithm>
#include <array>
#include <optional>
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

bool is_pre(const Snapshot& snapshot) {
    return snapshot.kind() == "PRE" && snapshot.complete && !snapshot.dated_by_operator;
}

const std::string& fingerprint(const Snapshot& snapshot, const char* category) {
    static const std::string none;
    const auto found = snapshot.fingerprints.find(category);
    return found == snapshot.fingerprints.end() ? none : found->second;
}

// Whole, and with a model.
bool is_comparable(const Snapshot& snapshot) {
    return snapshot.complete && !fingerprint(snapshot, "version").empty();
}

// Snapshots of one equipment that the clock dated, newest first, as far as a comparable one before `since`;
// no further than `since` where none since then is.
std::vector<const Snapshot*> by_clock(const journal::State& state, const std::string& equipment,
                                      Timestamp since) {
    std::vector<const Snapshot*> found;
    bool any = false;
    NewestFirst rest(state, equipment);
    while (const auto* snapshot = rest.next()) {
        if (snapshot->dated_by_operator) continue;
        const bool comparable = is_comparable(*snapshot);
        any = any || comparable;
        found.push_back(snapshot);
        if (snapshot->recorded_at < since && (comparable || !any)) break;
    }
    return found;
}

// Every record of one equipment, oldest first.
std::vector<const journal::Equipment*> versions_of(const journal::State& state,
                                                   const std::string& equipment) {
    std::vector<const journal::Equipment*> versions;
    for (const auto& version : state.past_equipment)
        if (version.name == equipment) versions.push_back(&version);
    if (const auto now = state.equipment.find(equipment); now != state.equipment.end())
        versions.push_back(&now->second);
    return versions;
}

// Which paths of the model were passed over at that time.
std::string ignored_at(const std::vector<const journal::Equipment*>& versions, Timestamp time) {
    const journal::Equipment* in_force = nullptr;
    for (const auto* version : versions)
        if (in_force == nullptr || version->version.time <= time) in_force = version;
    if (in_force == nullptr) return "";
    const auto found = in_force->settings.find("volatile");
    return found == in_force->settings.end() ? "" : found->second;
}

// Were both made the same way, so that another fingerprint means another content?
bool are_alike(const std::vector<const journal::Equipment*>& versions, const Snapshot& before,
               const Snapshot& after) {
    return is_comparable(before) && before.driver == after.driver &&
           fingerprint(before, "version") == fingerprint(after, "version") &&
           ignored_at(versions, before.recorded_at) == ignored_at(versions, after.recorded_at);
}

std::vector<std::string> differing(const Snapshot& before, const Snapshot& after) {
    std::vector<std::string> categories;
    if (before.fingerprints == after.fingerprints) return categories;
    for (const auto& [model, name] : significant)
        if (fingerprint(before, model) != fingerprint(after, model)) categories.emplace_back(name);
    return categories;
}

// When the PRE or POST of a window was recorded. Empty: it has none, or an older one than these.
std::optional<Timestamp> recorded_at(const std::vector<const Snapshot*>& snapshots,
                                     const std::map<std::string, ObjectId>& commits,
                                     const std::string& equipment) {
    const auto commit = commits.find(equipment);
    if (commit == commits.end()) return std::nullopt;
    for (const auto* snapshot : snapshots)
        if (snapshot->commit == commit->second) return snapshot->recorded_at;
    return std::nullopt;
}

// Until when a window tells of what changed in that equipment: its POST, the first one taken by itself since
// it was begun, else its end. Empty: it is open.
std::optional<Timestamp> covered_until(const std::vector<const Snapshot*>& snapshots,
                                       const ChangeWindow& window, const std::string& equipment) {
    auto until = recorded_at(snapshots, window.post, equipment);
    if (!until && window.ended)
        until = window.post.contains(equipment) ? window.begun.time : window.ended->time;
    for (const auto* snapshot : snapshots)  // the newest first
        if (is_post(*snapshot) && window.begun.time < snapshot->recorded_at &&
            (!until || snapshot->recorded_at < *until))
            until = snapshot->recorded_at;
    return until;
}

std::vector<const ChangeWindow*> windows_of(const journal::State& state, const std::string& equipment) {
    std::vector<const ChangeWindow*> windows;
    for (const auto& [id, window] : state.procedure.changes)
        if (is_of(window, equipment)) windows.push_back(&window);
    return windows;
}

// Does a window tell of what changed between the two? From its PRE, or where it has none from when it was
// begun.
bool declared_by_window(const std::vector<const ChangeWindow*>& windows,
                        const std::vector<const Snapshot*>& snapshots, const Snapshot& before,
                        const Snapshot& after) {
    return std::any_of(windows.begin(), windows.end(), [&](const auto* window) {
        const auto from = recorded_at(snapshots, window->pre, after.equipment).value_or(window->begun.time);
        if (after.recorded_at <= from) return false;
        const auto until = covered_until(snapshots, *window, after.equipment);
        return !until || before.recorded_at < *until;
    });
}

// Is it behind a PRE that a person took without a window, within the time for its POST, and no POST between?
bool declared_by_pair(const std::vector<const Snapshot*>& snapshots, std::size_t at, std::int64_t limit_ns) {
    for (std::size_t i = at + 1; i < snapshots.size(); ++i) {
        if (is_post(*snapshots[i])) return false;
        if (is_pre(*snapshots[i]))
            return snapshots[at]->recorded_at.ns - snapshots[i]->recorded_at.ns <= limit_ns;
    }
    return false;
}

std::int64_t post_limit_ns(const journal::State& state) {
    return limit_of(state, limits::post_hours) * hour_ns;
}

}  // namespace

bool is_post(const Snapshot& snapshot) {
    return snapshot.kind() == "POST" && snapshot.complete && !snapshot.dated_by_operator;
}

const std::vector<std::string>& change_categories() {
    static const std::vector<std::string> categories{"cameras", "recording", "firmware", "rights", "other"};
    return categories;
}

const ChangeWindow* open_window(const journal::State& state, const std::string& equipment) {
    for (const auto& [id, window] : state.procedure.changes)
        if (!window.ended && is_of(window, equipment)) return &window;
    return nullptr;
}

std::vector<UndeclaredChange> undeclared_changes(const journal::State& state, const std::string& equipment,
                                                 Timestamp since) {
    std::vector<UndeclaredChange> found;
    const auto limit = post_limit_ns(state);
    const auto versions = versions_of(state, equipment);
    std::optional<std::vector<const ChangeWindow*>> windows;  // looked for where something changed
    const auto snapshots = by_clock(state, equipment, {since.ns - limit});
    for (std::size_t i = 0; i < snapshots.size() && !(snapshots[i]->recorded_at < since); ++i) {
        const auto& after = *snapshots[i];
        // Mostly the one before it is just the same: nothing is to be looked for.
        const auto* const next = i + 1 < snapshots.size() ? snapshots[i + 1] : nullptr;
        if (next != nullptr && next->complete && versions.size() < 2 && next->driver == after.driver &&
            next->fingerprints == after.fingerprints)
            continue;
        if (!is_comparable(after)) continue;
        const auto before =
            std::find_if(snapshots.begin() + static_cast<std::ptrdiff_t>(i) + 1, snapshots.end(),
                         [&](const auto* snapshot) { return are_alike(versions, *snapshot, after); });
        if (before == snapshots.end()) continue;
        auto categories = differing(**before, after);
        if (categories.empty()) continue;
        if (!windows) windows = windows_of(state, equipment);
        if (declared_by_window(*windows, snapshots, **before, after) || declared_by_pair(snapshots, i, limit))
            continue;
        found.push_back(
            {equipment, (*before)->commit, after.commit, after.recorded_at, std::move(categories)});
    }
    std::reverse(found.begin(), found.end());
    return found;
}

namespace {

void add_posts_of_windows(const journal::State& state, Timestamp now, std::vector<MissingPost>& found) {
    const auto limit = post_limit_ns(state);
    for (const auto& [id, window] : state.procedure.changes) {
        const Timestamp due{window.begun.time.ns + limit};
        if (now < due) continue;
        for (const auto& name : window.equipment) {
            const bool left = state.find_equipment(name) == nullptr;  // the inventory
            if (window.ended && (left || window.post.contains(name))) continue;
            const auto pre = window.pre.find(name);
            found.push_back({name, pre == window.pre.end() ? ObjectId{} : pre->second, id, due});
        }
    }
}

bool is_of_a_window(const journal::State& state, const Snapshot& snapshot) {
    const auto& windows = state.procedure.changes;
    return std::any_of(windows.begin(), windows.end(), [&](const auto& item) {
        const auto pre = item.second.pre.find(snapshot.equipment);
        return pre != item.second.pre.end() && pre->second == snapshot.commit;
    });
}

// The first PRE of each equipment since its last POST that no window bears: anything but a POST leaves it
// unanswered.
void add_posts_of_pairs(const journal::State& state, Timestamp now, std::vector<MissingPost>& found) {
    constexpr std::int64_t looked_back_ns = 186 * 24 * hour_ns;  // as long as a PRE is kept
    for (const auto* equipment : equipments_under_contract(state, now)) {
        const Snapshot* first = nullptr;
        NewestFirst rest(state, equipment->name);
        while (const auto* snapshot = rest.next()) {
            if (snapshot->recorded_at.ns < now.ns - looked_back_ns) break;
            if (now < snapshot->recorded_at) continue;
            if (is_post(*snapshot)) break;
            if (is_pre(*snapshot) && !is_of_a_window(state, *snapshot)) first = snapshot;
        }
        if (first == nullptr) continue;
        const Timestamp due{first->recorded_at.ns + post_limit_ns(state)};
        if (due <= now) found.push_back({equipment->name, first->commit, "", due});
    }
}

}  // namespace

std::vector<MissingPost> missing_posts(const journal::State& state, Timestamp now) {
    std::vector<MissingPost> found;
    add_posts_of_windows(state, now, found);
    add_posts_of_pairs(state, now, found);
    return found;
}

std::vector<std::string> missing_captures(const journal::State& state,
                                          const journal::Intervention& intervention, Timestamp now) {
    std::vector<std::string> names;
    const auto& named = intervention.equipment;
    for (const auto* equipment : equipments_under_contract(state, now)) {
        const bool meant = capture_mode(*equipment) == CaptureMode::manual &&
                           added_at(state, equipment->name) <= intervention.opened.time;
        const bool is_of =
            named.empty() ? meant : std::find(named.begin(), named.end(), equipment->name) != named.end();
        if (!is_of) continue;
        const auto* newest = newest_complete(state, equipment->name, now);
        if (newest == nullptr || newest->recorded_at < intervention.opened.time)
            names.push_back(equipment->name);
    }
    return names;
}

}  // namespace coffre::rules
