#include "store/rules/names.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <set>

#include "base/error.hpp"
#include "store/rules/civil_time.hpp"
#include "store/rules/standard_name.hpp"

namespace coffre::rules {

namespace {

using journal::Snapshot;

constexpr std::int64_t zones_apart_ns = 27ll * 3600 * 1'000'000'000;  // of the clocks of any two, at most

bool same_month(const CivilTime& a, const CivilTime& b) { return a.year == b.year && a.month == b.month; }

std::string tilde_name(const std::string& name, const Snapshot& snapshot) {
    return name + "~" + snapshot.commit.hex().substr(0, 8);
}

std::size_t minute_key(const journal::Site& site, const Snapshot& snapshot) {
    const auto at = to_civil(zone_of(site, snapshot), snapshot.time);
    const auto day = (static_cast<std::size_t>(at.year) * 12 + at.month) * 31 + at.day;
    const auto minute = (day * 24 + at.hour) * 60 + at.minute;
    return std::hash<std::string>()(snapshot.equipment) ^ minute * 0x9e3779b97f4a7c15;
}

std::optional<unsigned> digits(std::string_view text) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

// A full name in one of the forms that people and older files use, in the one that is stored. A name without
// a day could be any of a month's: it stays a prefix.
std::optional<StandardName> canonical(const std::string& text) {
    try {
        auto name = parse_standard_name(text);
        if (name.day) return name;
    } catch (const Error&) {  // NOLINT: then it is no name
    }
    return std::nullopt;
}

[[noreturn]] void ambiguous(const std::string& text, const std::set<std::string>& candidates) {
    std::string list;
    std::size_t shown = 0;
    for (const auto& name : candidates) {
        if (++shown > 8) {
            list += " …";
            break;
        }
        list += (list.empty() ? "" : " ") + name;
    }
    throw Error(Errc::usage, say<Msg::name_ambiguous>(text, std::to_string(candidates.size())),
                say<Msg::hint_candidates>(list));
}

}  // namespace

void check_captured_kind(const std::string& kind) {
    if (kind == "HEBDO" || kind == "PRE" || kind == "POST") return;
    if (kind == "MENSUEL")
        throw Error(Errc::usage, say<Msg::kind_mensuel_refused>(), say<Msg::hint_mensuel>());
    throw Error(Errc::usage, say<Msg::kind_unknown>(kind), say<Msg::hint_kinds>());
}

std::string standard_name(const journal::Site& site, const Snapshot& snapshot, const std::string& kind) {
    const auto civil = to_civil(zone_of(site, snapshot), snapshot.time);
    StandardName name;
    name.client = site.client;
    name.site = site.site;
    name.type = snapshot.type;
    name.equipment = snapshot.equipment;
    name.year = civil.year;
    name.month = civil.month;
    name.day = civil.day;
    name.hour = civil.hour;
    name.minute = civil.minute;
    name.kind = kind;
    return format_standard_name(name);
}

bool mensuel_applies(const journal::State& state, const std::string& equipment, Timestamp time,
                     const std::string& kind) {
    const auto& zone = state.site.timezone;
    const auto month = to_civil(zone, time);
    bool first = true;
    bool first_hebdo = true;
    constexpr std::int64_t month_max_ns = 32ll * 24 * 3600 * 1'000'000'000;
    NewestFirst order(state, equipment, Timestamp{time.ns + 1});
    while (const auto* other = order.next()) {
        if (other->time.ns < time.ns - month_max_ns) break;
        if (!other->complete || !same_month(to_civil(zone, other->time), month)) continue;
        first = false;
        if (other->kind() == "HEBDO") first_hebdo = false;
    }
    return first || (kind == "HEBDO" && first_hebdo);
}

const std::string& zone_of(const journal::Site& site, const Snapshot& snapshot) {
    return snapshot.timezone.empty() ? site.timezone : snapshot.timezone;
}

NameBook::NameBook(const journal::State& state) : state_(state), rest_(state) {}

const std::vector<const Snapshot*>& NameBook::order_until(std::int64_t oldest_ns) const {
    while (order_.empty() || order_.back()->time.ns >= oldest_ns) {
        const auto* snapshot = rest_.next();
        if (snapshot == nullptr) break;
        order_.push_back(snapshot);
        by_minute_.emplace(minute_key(state_.site, *snapshot), snapshot);
    }
    return order_;
}

const NameBook::Names& NameBook::names() const {
    if (names_.empty())
        for (const auto* snapshot : order_until(std::numeric_limits<std::int64_t>::min()))
            for (const auto& kind : snapshot->kinds)
                names_.emplace(standard_name(state_.site, *snapshot, kind), snapshot);
    return names_;
}

// Whether another one bears that name. Only one of the same minute can, on the clock of whatever zone.
bool NameBook::is_shared(const std::string& name, const Snapshot& snapshot) const {
    order_until(snapshot.time.ns - zones_apart_ns);
    const auto [first, last] = by_minute_.equal_range(minute_key(state_.site, snapshot));
    for (auto at = first; at != last; ++at) {
        const auto& other = *at->second;
        if (other.commit == snapshot.commit || other.equipment != snapshot.equipment) continue;
        for (const auto& kind : other.kinds)
            if (standard_name(state_.site, other, kind) == name) return true;
    }
    return false;
}

std::string NameBook::name(const Snapshot& snapshot) const {
    auto name = standard_name(state_.site, snapshot, snapshot.kind());
    return is_shared(name, snapshot) ? tilde_name(name, snapshot) : name;
}

// A canonical name tells equipment and minute; for any other text all names are made.
std::vector<const Snapshot*> NameBook::bearing(const std::string& text) const {
    std::vector<const Snapshot*> found;
    if (const auto parsed = canonical(text); parsed && format_standard_name(*parsed) == text) {
        const CivilTime civil{parsed->year, parsed->month, *parsed->day, parsed->hour, parsed->minute, 0, 0};
        if (const auto about = from_civil(state_.site.timezone, civil)) {
            NewestFirst order(state_, parsed->equipment, Timestamp{about->ns + zones_apart_ns});
            while (const auto* snapshot = order.next()) {
                if (snapshot->time.ns < about->ns - zones_apart_ns) break;
                for (const auto& kind : snapshot->kinds)
                    if (standard_name(state_.site, *snapshot, kind) == text) found.push_back(snapshot);
            }
            return found;
        }
    }
    const auto [first, last] = names().equal_range(text);
    for (auto it = first; it != last; ++it) found.push_back(it->second);
    return found;
}

const Snapshot* NameBook::by_full_name(const std::string& text) const {
    if (const auto found = bearing(text); !found.empty()) {
        if (found.size() == 1) return found.front();
        std::set<std::string> candidates;
        for (const auto* snapshot : found) candidates.insert(tilde_name(text, *snapshot));
        ambiguous(text, candidates);
    }
    const auto tilde = text.rfind('~');
    if (tilde == std::string::npos) return nullptr;
    const auto name = text.substr(0, tilde);
    for (const auto* snapshot : bearing(name))
        if (tilde_name(name, *snapshot) == text) return snapshot;
    return nullptr;
}

const Snapshot* NameBook::by_equipment(const std::string& text) const {
    const auto at = text.find('@');
    const auto equipment = text.substr(0, at);
    NewestFirst own(state_, equipment);
    const auto* newest = own.next();
    if (newest == nullptr) {
        if (state_.equipment.contains(equipment))
            throw Error(Errc::failed, say<Msg::no_snapshot_yet>(equipment), say<Msg::hint_capture>());
        return nullptr;
    }
    if (at == std::string::npos) return newest;
    const auto which = std::string_view(text).substr(at + 1);
    if (which == "latest") return newest;
    if (which.starts_with("{") && which.ends_with("}")) {
        if (const auto back = digits(which.substr(1, which.size() - 2))) {
            std::size_t passed = 0;
            for (const auto* snapshot = newest; snapshot != nullptr; snapshot = own.next())
                if (passed++ == *back) return snapshot;
            throw Error(Errc::failed, say<Msg::not_so_many>(equipment, std::to_string(passed)),
                        say<Msg::hint_log>());
        }
    }
    if (const auto span = parse_civil(state_.site.timezone, which)) {
        if (const auto* snapshot = NewestFirst(state_, equipment, span->end).next()) return snapshot;
        throw Error(Errc::failed, say<Msg::none_so_early>(equipment, std::string(which)),
                    say<Msg::hint_log>());
    }
    throw Error(Errc::usage, say<Msg::bad_at>(text), say<Msg::hint_at>());
}

const Snapshot* NameBook::by_prefix(const std::string& text) const {
    std::map<const Snapshot*, std::string> hits;
    for (auto it = names().lower_bound(text); it != names().end() && it->first.starts_with(text); ++it)
        hits.emplace(it->second, it->first);
    const bool hexadecimal =
        text.size() >= 7 && text.size() <= 40 && std::all_of(text.begin(), text.end(), [](char c) {
            return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
        });
    if (hits.empty() && hexadecimal)
        for (const auto* snapshot : order_until(std::numeric_limits<std::int64_t>::min()))
            if (snapshot->commit.hex().starts_with(text)) hits.emplace(snapshot, snapshot->commit.hex());
    if (hits.empty()) return nullptr;
    if (hits.size() == 1) return hits.begin()->first;
    std::set<std::string> candidates;
    for (const auto& [snapshot, hit] : hits) candidates.insert(name(*snapshot));
    ambiguous(text, candidates);
}

const Snapshot& NameBook::find(const std::string& text) const {
    if (text.empty()) throw Error(Errc::usage, say<Msg::bad_at>(text), say<Msg::hint_at>());
    // What bears none of a full name's separators is no full name; then the names need not be made.
    if (text.find('_') == std::string::npos || text.find('@') != std::string::npos)
        if (const auto* found = by_equipment(text)) return *found;
    if (const auto* found = by_full_name(text)) return *found;
    if (const auto* found = by_equipment(text)) return *found;
    if (const auto* found = by_prefix(text)) return *found;
    if (const auto name = canonical(text))
        if (const auto* found = by_full_name(format_standard_name(*name))) return *found;
    throw Error(Errc::failed, say<Msg::snapshot_unknown>(text), say<Msg::hint_log>());
}

NameBook::Target NameBook::find_with_path(const std::string& text) const {
    // A time behind '@' holds colons of its own: the longest reading of the snapshot counts.
    for (auto colon = text.size(); colon != std::string::npos && colon > 0;
         colon = text.rfind(':', colon - 1)) {
        const auto head = text.substr(0, colon);
        const auto at = head.find('@');
        const auto first = head.find(':');
        const bool time = at != std::string::npos && first != std::string::npos && first > at;
        if (first != std::string::npos && !(time && parse_civil(state_.site.timezone, head.substr(at + 1))))
            continue;
        return {&find(head), colon < text.size() ? text.substr(colon + 1) : ""};
    }
    return {&find(text), ""};
}

}  // namespace coffre::rules
