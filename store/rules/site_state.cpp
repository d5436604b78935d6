#include "store/rules/site_state.hpp"

#include <algorithm>
#include <charconv>
#include <unordered_set>

#include "store/rules/calendar.hpp"
#include "store/rules/order.hpp"

namespace coffre::rules {

namespace {

std::string setting(const journal::Equipment& equipment, const std::string& name) {
    const auto found = equipment.settings.find(name);
    return found == equipment.settings.end() ? std::string() : found->second;
}

// General settings that say nothing of where a configuration is.
bool says_where(const std::string& name) {
    return name != "mode" && name != "contract" && name != "stage" && name != "volatile";
}

bool is_counted(const journal::Equipment& equipment) {
    return !equipment.removed && setting(equipment, "contract") != "no";
}

// The first day of a record's contract, as an instant; empty: it says none.
std::optional<Timestamp> begin_of(const journal::Site& site) {
    return day_begin(site.timezone, site.contract_from);
}

// The record that says of that time whether a contract holds: the last one by then; where its contract was
// yet to begin, the one before it, if that named its own end. Null: none had begun.
const journal::Site* in_force(const journal::State& state, Timestamp time) {
    const auto history = site_history(state);
    bool is_renewal = false;
    for (auto at = history.rbegin(); at != history.rend(); ++at) {
        const bool is_first = std::next(at) == history.rend();
        if (time < (*at)->version.time && !is_first) continue;
        if (is_renewal && (*at)->contract_until.empty()) return nullptr;
        const auto from = begin_of(**at);
        if (!from || *from <= time) return *at;
        is_renewal = true;
    }
    return nullptr;
}

// A decimal number within `most` of zero.
std::optional<double> degrees(std::string_view text, double most) {
    double value = 0;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    if (!(value >= -most && value <= most)) return std::nullopt;
    return value;
}

}  // namespace

CaptureMode capture_mode(const journal::Equipment& equipment) {
    const auto mode = setting(equipment, "mode");
    if (mode == "manual") return CaptureMode::manual;
    if (mode == "auto") return CaptureMode::automatic;
    const auto& settings = equipment.settings;
    const bool has_source = std::any_of(settings.begin(), settings.end(),
                                        [](const auto& item) { return says_where(item.first); });
    return has_source ? CaptureMode::automatic : CaptureMode::manual;
}

std::vector<const journal::Site*> site_history(const journal::State& state) {
    std::vector<const journal::Site*> history;
    history.reserve(state.past_sites.size() + 1);
    for (const auto& site : state.past_sites) history.push_back(&site);
    history.push_back(&state.site);
    return history;
}

const journal::Site& first_site(const journal::State& state) {
    return state.past_sites.empty() ? state.site : state.past_sites.front();
}

bool contract_holds(const journal::State& state, Timestamp time) {
    const auto* const site = in_force(state, time);
    if (site == nullptr) return false;
    const auto last = day_begin(site->timezone, site->contract_until);
    return !last || time < days_later(site->timezone, *last, 1);
}

Timestamp contract_since(const journal::State& state, Timestamp now) {
    for (;;) {
        const auto* const in_force_then = in_force(state, now);
        if (in_force_then == nullptr) return now;
        const auto& site = *in_force_then;
        const auto since = std::max(begin_of(site).value_or(site.version.time), site.version.time);
        const Timestamp before{since.ns - 1};
        if (now < since || !contract_holds(state, before)) return since;
        now = before;
    }
}

bool under_contract(const journal::State& state, const journal::Equipment& equipment, Timestamp now) {
    return is_counted(equipment) && contract_holds(state, now);
}

Timestamp equipment_says_since(const journal::State& state, const journal::Equipment& equipment,
                               const std::function<bool(const journal::Equipment&)>& so) {
    auto since = equipment.version.time;
    const auto& past = state.past_equipment;
    for (auto at = past.rbegin(); at != past.rend(); ++at) {
        if (at->name != equipment.name) continue;
        if (!so(*at)) break;
        since = at->version.time;
    }
    return since;
}

Timestamp counted_since(const journal::State& state, const journal::Equipment& equipment) {
    return equipment_says_since(state, equipment, is_counted);
}

Timestamp under_contract_since(const journal::State& state, const journal::Equipment& equipment,
                               Timestamp now) {
    return std::max(counted_since(state, equipment), contract_since(state, now));
}

bool is_renforce(const journal::Site& site) { return site.contract != "standard"; }

std::vector<const journal::Equipment*> equipments_under_contract(const journal::State& state, Timestamp now) {
    std::vector<const journal::Equipment*> found;
    if (!contract_holds(state, now)) return found;
    for (const auto& [name, equipment] : state.equipment)
        if (is_counted(equipment)) found.push_back(&equipment);
    return found;
}

std::optional<Place> parse_place(const std::string& text) {
    constexpr double latitude_most = 90, longitude_most = 180;
    const auto comma = text.find(',');
    if (comma == std::string::npos) return std::nullopt;
    const std::string_view view = text;
    const auto latitude = degrees(view.substr(0, comma), latitude_most);
    const auto longitude = degrees(view.substr(comma + 1), longitude_most);
    if (!latitude || !longitude) return std::nullopt;
    return Place{*latitude, *longitude};
}

Timestamp added_at(const journal::State& state, const std::string& equipment) {
    for (const auto& item : state.past_equipment)  // oldest first
        if (item.name == equipment) return item.version.time;
    const auto found = state.equipment.find(equipment);
    return found == state.equipment.end() ? Timestamp{} : found->second.version.time;
}

const journal::Snapshot* newest_complete(const journal::State& state, const std::string& equipment,
                                         Timestamp now) {
    return newest_complete(state, equipment, now, "");
}

const journal::Snapshot* newest_complete(const journal::State& state, const std::string& equipment,
                                         Timestamp now, std::string_view kind) {
    NewestFirst rest(state, equipment);
    while (const auto* snapshot = rest.next())
        if (snapshot->complete && !snapshot->dated_by_operator && snapshot->recorded_at <= now &&
            (kind.empty() || snapshot->has_kind(kind)))
            return snapshot;
    return nullptr;
}

std::vector<const journal::Observation*> seen_by(const journal::State& state, Timestamp now) {
    std::vector<const journal::Observation*> found;
    for (const auto& [key, seen] : state.procedure.observations)
        if (seen.since <= now && !(seen.own && state.removals.contains(seen.actor))) found.push_back(&seen);
    return found;
}

std::vector<const journal::Observation*> seen_by(const journal::State& state, Timestamp now,
                                                 std::string_view what, std::string_view subject) {
    auto found = seen_by(state, now);
    std::erase_if(found, [&](const auto* seen) { return seen->what != what || seen->subject != subject; });
    return found;
}

std::optional<double> Growth::bytes_a_day() const {
    constexpr int days_min = 7;  // fewer tell nothing
    if (days < days_min || bytes <= 0) return std::nullopt;
    return static_cast<double>(bytes) / static_cast<double>(days);
}

Growth growth_of(const journal::State& state, Timestamp now) {
    constexpr std::int64_t day_ns = 24ll * 3600 * 1'000'000'000;
    constexpr std::int64_t back_ns = 90 * day_ns;
    Growth growth;
    auto first = now;
    std::unordered_set<std::string_view> known;
    for (const auto& snapshot : state.snapshots) {
        if (now < snapshot.recorded_at) continue;
        first = std::min(first, snapshot.recorded_at);
        const auto added = static_cast<std::int64_t>(snapshot.added_bytes);
        const bool is_first = known.insert(snapshot.equipment).second;
        if (snapshot.recorded_at.ns <= now.ns - back_ns) continue;
        growth.largest = std::max(growth.largest, added);
        if (!is_first) growth.bytes += added;
    }
    growth.days = (now.ns - std::max(first.ns, now.ns - back_ns)) / day_ns;
    return growth;
}

Timestamp end_of(const journal::Dispensation& item) {
    return item.ended ? std::min(item.ended->time, item.expires) : item.expires;
}

const journal::Dispensation* dispensation_for(const journal::State& state, const std::string& kind,
                                              const std::string& subject, Timestamp now) {
    for (const auto& [id, item] : state.procedure.dispensations) {
        const bool ended = item.ended && item.ended->time <= now;
        if (item.kind == kind && item.subject == subject && !item.signature.person.empty() && !ended &&
            item.version.time <= now && now < item.expires)
            return &item;
    }
    return nullptr;
}

const std::vector<std::string>& dispensation_kinds() {
    static const std::vector<std::string> kinds{"copy", "distance", "drill", "manual", "medium", "retest"};
    return kinds;
}

}  // namespace coffre::rules
