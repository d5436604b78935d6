#include "store/rules/site_state.hpp"

#include <algorithm>
#include <charconv>

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

bool contract_holds(const journal::Site& site, Timestamp now) {
    if (!site.contract_from.empty()) {
        const auto from = day_begin(site.timezone, site.contract_from);
        if (from && now < *from) return false;
    }
    if (!site.contract_until.empty()) {
        const auto last = day_begin(site.timezone, site.contract_until);
        if (last && !(now < days_later(site.timezone, *last, 1))) return false;
    }
    return true;
}

bool under_contract(const journal::State& state, const journal::Equipment& equipment, Timestamp now) {
    return !equipment.removed && setting(equipment, "contract") != "no" && contract_holds(state.site, now);
}

bool is_renforce(const journal::Site& site) { return site.contract != "standard"; }

std::vector<const journal::Equipment*> equipments_under_contract(const journal::State& state, Timestamp now) {
    std::vector<const journal::Equipment*> found;
    if (!contract_holds(state.site, now)) return found;
    for (const auto& [name, equipment] : state.equipment)
        if (!equipment.removed && setting(equipment, "contract") != "no") found.push_back(&equipment);
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
    NewestFirst rest(state, equipment);
    while (const auto* snapshot = rest.next())
        if (snapshot->equipment == equipment && snapshot->complete && !snapshot->dated_by_operator &&
            snapshot->recorded_at <= now)
            return snapshot;
    return nullptr;
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
