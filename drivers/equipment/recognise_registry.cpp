// Registry exports. Of Blue Iris's keys it is known what they hold; all others are shown as they are, key by
// key: what somebody exported on purpose is a configuration.

#include <array>

#include "drivers/equipment/item_fields.hpp"
#include "drivers/equipment/recognise_exports.hpp"
#include "drivers/equipment/secrets.hpp"

namespace coffre::drivers {

namespace {

using model::RegistryKey;
using model::RegistryValue;

constexpr std::string_view blue_iris = "\\perspective software\\blue iris";

std::string text_of(const RegistryValue& value) {
    switch (value.kind) {
        case RegistryValue::Kind::bytes:
            return "hex:" + to_hex(as_bytes(value.text));
        case RegistryValue::Kind::removed:
            return "-";
        default:
            return value.text;
    }
}

std::vector<std::string> parts_of(std::string_view path) {
    std::vector<std::string> parts;
    while (!path.empty()) {
        const auto end = std::min(path.find('\\'), path.size());
        if (end > 0) parts.emplace_back(path.substr(0, end));
        path.remove_prefix(std::min(end + 1, path.size()));
    }
    return parts;
}

std::string joined(const std::vector<std::string>& parts, std::size_t from) {
    std::string out;
    for (auto i = from; i < parts.size(); ++i) out += (out.empty() ? "" : "\\") + parts[i];
    return out;
}

// The neutral name of a camera's or a user's value.
std::string neutral(const std::string& name) {
    constexpr std::array<std::pair<std::string_view, const char*>, 9> names{{
        {"longname", "name"},
        {"enable", "enabled"},
        {"enabled", "enabled"},
        {"ip", "address"},
        {"port", "port"},
        {"ip_path", "path"},
        {"main_url", "path"},
        {"user", "user"},
        {"pw", "password"},
    }};
    const auto low = model::lower(name);
    for (const auto& [own, shared] : names)
        if (low == own) return shared;
    return name;
}

void set_values(Item& item, const RegistryKey& key, bool all_secret = false) {
    for (const auto& [name, value] : key.values) {
        auto field = name.empty() ? std::string("(default)") : neutral(name);
        if (item.fields.contains(field)) field = name;
        const auto text = text_of(value);
        // "user@address:port/path" is how it writes a source down in one value.
        const bool source = model::lower(name) == "dsname" && text.find('@') != std::string::npos;
        if (all_secret || source)
            item.set_secret(field, text);
        else
            set_told(item, field, text);
    }
}

// 84214787 is 5.5.4.3: a byte for each number.
std::string version_of(const RegistryValue& value) {
    std::uint64_t number = 0;
    for (const char c : value.text) number = number * 10 + static_cast<std::uint64_t>(c - '0');
    return std::to_string(number >> 24 & 0xff) + "." + std::to_string(number >> 16 & 0xff) + "." +
           std::to_string(number >> 8 & 0xff) + "." + std::to_string(number & 0xff);
}

void read_root(const RegistryKey& key, Model& model) {
    auto& device = model.device();
    device.set("manufacturer", "Perspective Software").set("model", "Blue Iris");
    RegistryKey rest = key;
    for (auto value = rest.values.begin(); value != rest.values.end();) {
        if (model::lower(value->first) == "version" && value->second.kind == RegistryValue::Kind::number) {
            device.set("firmware", version_of(value->second));
            value = rest.values.erase(value);
        } else {
            ++value;
        }
    }
    if (!rest.values.empty()) set_values(model.item(Category::other, "Blue Iris"), rest);
}

void read_camera(const std::vector<std::string>& parts, const RegistryKey& key, Model& model) {
    const auto& id = parts[1];
    if (parts.size() == 2) {
        auto& camera = model.item(Category::cameras, id);
        set_values(camera, key);
        if (camera.value("name").empty() && !camera.value("shortname").empty())
            camera.set("name", camera.value("shortname"));
        camera.label = camera.value("name");
        return;
    }
    const auto part = model::lower(parts[2]);
    auto category = Category::cameras;
    if (part == "clips") category = Category::recording;
    if (part == "motion" || part == "alerts") category = Category::events;
    set_values(model.item(category, id + "\\" + joined(parts, 2)), key);
}

void read_blue_iris(const std::vector<std::string>& parts, const RegistryKey& key, Model& model) {
    if (parts.empty()) return read_root(key, model);
    const auto top = model::lower(parts[0]);
    if (top == "cameras" && parts.size() > 1) return read_camera(parts, key, model);
    if (key.values.empty()) return;
    // Users stand below "users", wherever that is.
    if (parts.size() > 1 && model::lower(parts[parts.size() - 2]) == "users") {
        auto& user = model.item(Category::users, parts.back());
        user.label = parts.back();
        return set_values(user, key);
    }
    auto category = Category::other;
    if (top == "clips") category = Category::recording;
    if (top == "server") category = Category::network;
    if (top == "registration") category = Category::licences;
    set_values(model.item(category, joined(parts, 0)), key, category == Category::licences);
}

void read_registry(const std::string&, std::string_view content, Model& model) {
    for (const auto& key : model::parse_registry(content)) {
        const auto low = model::lower(key.path);
        const auto at = low.find(blue_iris);
        const auto end = at == std::string::npos ? at : at + blue_iris.size();
        if (at != std::string::npos && (end == low.size() || low[end] == '\\') && !low.starts_with('-')) {
            read_blue_iris(parts_of(std::string_view(key.path).substr(end)), key, model);
        } else if (!key.values.empty() || low.starts_with('-')) {
            set_values(model.item(Category::other, key.path), key);
        }
    }
}

}  // namespace

FileReader registry_reader() {
    return {"reg",
            [](const std::string&, std::string_view content) { return model::looks_like_registry(content); },
            read_registry};
}

}  // namespace coffre::drivers
