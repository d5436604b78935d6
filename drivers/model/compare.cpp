#include "drivers/model/compare.hpp"

#include <algorithm>
#include <array>

namespace coffre::model {

namespace {

std::string_view take_part(std::string_view& path) {
    const auto slash = path.find('/');
    const auto part = path.substr(0, slash);
    path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
    return part;
}

class Comparer {
public:
    explicit Comparer(const std::vector<std::string>& ignored) : ignored_(ignored) {}

    void item(const Model::Key& key, const Item* before, const Item* after) {
        ItemChange change;
        change.category = key.first;
        change.key = key.second;
        change.label = (after != nullptr ? after : before)->label;
        change.kind = before == nullptr  ? ChangeKind::added
                      : after == nullptr ? ChangeKind::removed
                                         : ChangeKind::changed;
        std::set<std::string> names;
        for (const auto* side : {before, after})
            if (side != nullptr)
                for (const auto& [name, field] : side->fields) names.insert(name);
        for (const auto& name : names) field(change, name, before, after);
        const bool whole = change.kind != ChangeKind::changed;
        if (!change.fields.empty() || (whole && names.empty())) changes.push_back(std::move(change));
    }

    std::vector<ItemChange> changes;

private:
    void field(ItemChange& change, const std::string& name, const Item* before, const Item* after) {
        const auto side = [&](const Item* item) -> const Field* {
            if (item == nullptr) return nullptr;
            const auto found = item->fields.find(name);
            return found == item->fields.end() ? nullptr : &found->second;
        };
        const Field* const old = side(before);
        const Field* const now = side(after);
        if ((old != nullptr && old->is_volatile) || (now != nullptr && now->is_volatile)) return;
        if (old != nullptr && now != nullptr && old->value == now->value) return;
        if (!ignored_.empty() && is_ignored(model_path(change.category, change.key, name))) return;
        FieldChange out;
        out.field = name;
        if (old != nullptr) out.before = old->value;
        if (now != nullptr) out.after = now->value;
        out.secret = (old != nullptr && old->secret) || (now != nullptr && now->secret);
        change.fields.push_back(std::move(out));
    }

    [[nodiscard]] bool is_ignored(const std::string& path) const {
        return std::any_of(ignored_.begin(), ignored_.end(),
                           [&](const auto& pattern) { return path_matches(pattern, path); });
    }

    const std::vector<std::string>& ignored_;
};

}  // namespace

bool text_matches(std::string_view pattern, std::string_view part) {
    std::size_t p = 0, t = 0;
    std::size_t star = std::string_view::npos, retry = 0;
    while (t < part.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            retry = t;
        } else if (p < pattern.size() && pattern[p] == part[t]) {
            ++p;
            ++t;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            t = ++retry;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*') ++p;
    return p == pattern.size();
}

bool path_matches(std::string_view pattern, std::string_view path) {
    for (;;) {
        if (pattern == "**") return true;
        // A part may be empty; that there is none left is something else.
        const bool last_of_pattern = pattern.find('/') == std::string_view::npos;
        const bool last_of_path = path.find('/') == std::string_view::npos;
        if (!text_matches(take_part(pattern), take_part(path))) return false;
        if (last_of_path) return last_of_pattern || pattern == "**";
        if (last_of_pattern) return false;
    }
}

std::vector<ItemChange> compare(const Model& before, const Model& after,
                                const std::vector<std::string>& ignored) {
    Comparer comparer(ignored);
    auto a = before.items().begin();
    auto b = after.items().begin();
    while (a != before.items().end() || b != after.items().end()) {
        const bool only_a = b == after.items().end() || (a != before.items().end() && a->first < b->first);
        const bool only_b = a == before.items().end() || (b != after.items().end() && b->first < a->first);
        const auto& key = only_b ? b->first : a->first;
        comparer.item(key, only_b ? nullptr : &a->second, only_a ? nullptr : &b->second);
        if (!only_b) ++a;
        if (!only_a) ++b;
    }
    return std::move(comparer.changes);
}

std::string_view significant_name(SignificantKind kind) {
    constexpr std::array<std::string_view, 5> names{"cameras", "recording", "firmware", "rights", "other"};
    return names.at(static_cast<std::size_t>(kind));
}

std::vector<SignificantKind> significant_kinds(const ItemChange& change) {
    switch (change.category) {
        case Category::cameras:
            return {SignificantKind::cameras};
        case Category::recording:
            return {SignificantKind::recording};
        case Category::users:
            return {SignificantKind::rights};
        case Category::identity:
            break;
        default:
            return {SignificantKind::other};
    }
    std::vector<SignificantKind> kinds;
    const auto is_firmware = [](const FieldChange& field) { return field.field == "firmware"; };
    if (std::any_of(change.fields.begin(), change.fields.end(), is_firmware))
        kinds.push_back(SignificantKind::firmware);
    if (kinds.empty() || !std::all_of(change.fields.begin(), change.fields.end(), is_firmware))
        kinds.push_back(SignificantKind::other);
    return kinds;
}

}  // namespace coffre::model
