#include "base/equipment_model.hpp"

#include <array>

namespace coffre {

namespace {

constexpr std::array<std::string_view, category_count> names{
    "identity", "cameras", "users", "recording", "network", "time", "events", "licences", "other"};

void append_encoded(std::string& out, std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c != '%' && c != '/' && byte >= 0x20 && byte != 0x7f) {
            out += c;
            continue;
        }
        out += '%';
        out += digits[byte >> 4];
        out += digits[byte & 15];
    }
}

}  // namespace

std::string_view category_name(Category category) { return names.at(static_cast<std::size_t>(category)); }

std::optional<Category> category_named(std::string_view name) {
    for (std::size_t i = 0; i < names.size(); ++i)
        if (names[i] == name) return static_cast<Category>(i);
    return std::nullopt;
}

Item& Item::set(std::string field, std::string value) {
    fields[std::move(field)].value = std::move(value);
    return *this;
}

Item& Item::set_secret(std::string field, std::string value) {
    auto& there = fields[std::move(field)];
    there.value = std::move(value);
    there.secret = true;
    return *this;
}

Item& Item::set_volatile(std::string field, std::string value) {
    auto& there = fields[std::move(field)];
    there.value = std::move(value);
    there.is_volatile = true;
    return *this;
}

const std::string& Item::value(const std::string& field) const {
    static const std::string none;
    const auto found = fields.find(field);
    return found == fields.end() ? none : found->second.value;
}

Item& Model::item(Category category, const std::string& key) { return items_[{category, key}]; }

const Item* Model::find(Category category, const std::string& key) const {
    const auto found = items_.find({category, key});
    return found == items_.end() ? nullptr : &found->second;
}

std::string Model::device_field(const std::string& field) const {
    const auto* device = find(Category::identity, device_key);
    return device == nullptr ? std::string() : device->value(field);
}

std::string model_path(Category category, const std::string& key, const std::string& field) {
    std::string path(category_name(category));
    path += '/';
    append_encoded(path, key);
    if (field.empty()) return path;
    path += '/';
    append_encoded(path, field);
    return path;
}

}  // namespace coffre
