#include "drivers/equipment/item_fields.hpp"

#include <algorithm>
#include <vector>

#include "drivers/equipment/secrets.hpp"
#include "drivers/equipment/url_credentials.hpp"

namespace coffre::drivers {

namespace {

std::string scalar_text(const model::Json& json) {
    if (json.is_string()) return json.get<std::string>();
    return json.is_null() ? std::string() : json.dump();
}

std::string below(const std::string& prefix, const std::string& name) {
    return prefix.empty() ? name : prefix + "." + name;
}

// What tells an element of a list from the others, wherever it stands; "" for none.
std::string name_of(const model::Json& element) {
    for (const char* const member : {"id", "name"})
        if (auto text = model::text_of(element, member); !text.empty()) return text;
    return {};
}

void set_list(Item& item, const model::Json& list, const std::string& prefix, Lists lists) {
    const bool plain =
        std::none_of(list.begin(), list.end(), [](const auto& e) { return e.is_structured(); });
    if (plain) {
        std::vector<std::string> texts;
        for (const auto& element : list) texts.push_back(scalar_text(element));
        if (lists == Lists::as_sets) std::sort(texts.begin(), texts.end());
        std::string text;
        for (const auto& each : texts) text += (text.empty() ? "" : ", ") + each;
        set_told(item, prefix, text);
        return;
    }
    std::set<std::string> names;
    for (const auto& element : list) names.insert(name_of(element));
    const bool named = lists == Lists::as_sets && names.size() == list.size() && !names.contains("");
    std::size_t position = 0;
    for (const auto& element : list) {
        const auto mark = named ? name_of(element) : std::to_string(position);
        set_leaves(item, element, prefix + "[" + mark + "]", lists);
        ++position;
    }
}

}  // namespace

void set_told(Item& item, const std::string& field, const std::string& value) {
    if (is_secret_name(field) || mask_secrets(value) != value)
        item.set_secret(field, value);
    else
        item.set(field, value);
}

void set_url(Item& item, const std::string& field, std::string_view url, const std::string& user_field,
             const std::string& password_field) {
    const auto split = split_url(url);
    set_told(item, field, split.address);
    if (!split.user.empty()) item.set(user_field, split.user);
    if (!split.password.empty()) item.set_secret(password_field, split.password);
    if (!split.query.empty()) item.set_secret(field + "_query", split.query);
}

void set_leaves(Item& item, const model::Json& json, const std::string& prefix, Lists lists,
                const std::set<std::string>& taken) {
    if (json.is_object()) {
        for (const auto& [name, value] : json.items())
            if (!taken.contains(name)) set_leaves(item, value, below(prefix, name), lists);
    } else if (json.is_array()) {
        set_list(item, json, prefix, lists);
    } else {
        set_told(item, prefix, scalar_text(json));
    }
}

}  // namespace coffre::drivers
