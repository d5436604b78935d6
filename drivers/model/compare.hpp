#pragma once
// What changed between two models, and which of a model's paths a pattern names. Pure, thread-safe.

#include <optional>
#include <string>
#include <vector>

#include "base/equipment_model.hpp"

namespace coffre::model {

enum class ChangeKind : std::uint8_t { added, removed, changed };

struct FieldChange {
    std::string field;
    std::optional<std::string> before, after;  // empty: there was or is none
    bool secret = false;
};

// One item. Of an added or removed one, `fields` are all that it has.
struct ItemChange {
    ChangeKind kind = ChangeKind::changed;
    Category category = Category::other;
    std::string key;
    std::string label;                // what it is called now; "" for its key
    std::vector<FieldChange> fields;  // by name
};

// "users/*/level", "recording/**", "cameras/3": '*' is any run of characters within a part, "**" (as the last
// part) any rest. Matches the path itself and, without "**", nothing below it.
bool path_matches(std::string_view pattern, std::string_view path);

// The whole text; '*' is any run of characters, also none.
bool text_matches(std::string_view pattern, std::string_view text);

// By category, then key. Fields that either side knows to be volatile, and those that one of `ignored`
// matches, are passed over; so is an item whose fields are all passed over.
std::vector<ItemChange> compare(const Model& before, const Model& after,
                                const std::vector<std::string>& ignored = {});

// The four kinds of change that call for a snapshot before and after, and the rest.
enum class SignificantKind : std::uint8_t { cameras, recording, firmware, rights, other };
std::string_view significant_name(SignificantKind kind);  // "cameras"…
// Of one change: what it touches. A device's firmware is `firmware`, its other fields are `other`.
std::vector<SignificantKind> significant_kinds(const ItemChange& change);

}  // namespace coffre::model
