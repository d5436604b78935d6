#pragma once
// What the configuration of an equipment says, in words that hold for every make: items (a camera, a user, a
// recording rule…) in categories, each with named fields. Plain data; a driver makes it of stored files,
// comparing and showing are other people's business.
//
// A path names a part of it: "cameras", "cameras/3", "cameras/3/name". Keys and field names in a path have
// '%', '/' and control characters written as %XX.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coffre {

// In the order in which they are shown.
enum class Category : std::uint8_t {
    identity,   // make, model, serial number, firmware
    cameras,    // what is watched: sources, channels, streams
    users,      // accounts, roles, rights
    recording,  // rules, schedules, durations, storage
    network,
    time,
    events,  // detections, alarms, notifications
    licences,
    other,
};
constexpr std::size_t category_count = 9;

// The word of paths, of `--only` and of JSON: "identity", "cameras"… Never translated.
std::string_view category_name(Category category);
std::optional<Category> category_named(std::string_view name);

struct Field {
    std::string value;
    bool secret = false;       // shown as "changed", never its value
    bool is_volatile = false;  // changes by itself: kept, never compared

    friend bool operator==(const Field&, const Field&) = default;
};

struct Item {
    std::string label;  // what people call it; "" for its key
    std::map<std::string, Field> fields;

    // Each returns the item, so that calls can be chained. An empty value is a value. What a field was once
    // said to be it stays: a secret that is set again as anything else is still one.
    Item& set(std::string field, std::string value);
    Item& set_secret(std::string field, std::string value);
    Item& set_volatile(std::string field, std::string value);
    // "" where there is none of that name.
    [[nodiscard]] const std::string& value(const std::string& field) const;
};

class Model {
public:
    using Key = std::pair<Category, std::string>;

    // The item of that key, made where there is none. The key is what stays when everything else changes: the
    // equipment's own identifier, never a position in a list that may be re-ordered.
    Item& item(Category category, const std::string& key);
    [[nodiscard]] const Item* find(Category category, const std::string& key) const;
    [[nodiscard]] const std::map<Key, Item>& items() const { return items_; }
    [[nodiscard]] std::map<Key, Item>& items() { return items_; }

    // The equipment as a whole: Category::identity, key "device". Its fields are named manufacturer, model,
    // serial, firmware, name, mac, hardware.
    Item& device() { return item(Category::identity, device_key); }
    // "" where the files do not tell.
    [[nodiscard]] std::string device_field(const std::string& field) const;

    // That stored file is told by the items: its own change is no news. Others are compared as files.
    void explains(const std::string& file) { explained_.insert(file); }
    [[nodiscard]] bool explained(const std::string& file) const { return explained_.contains(file); }

    static constexpr const char* device_key = "device";

private:
    std::map<Key, Item> items_;
    std::set<std::string> explained_;
};

// "cameras/3/name"; `field` may be "".
std::string model_path(Category category, const std::string& key, const std::string& field = "");

}  // namespace coffre
