#include "drivers/equipment/milestone_model.hpp"

#include <algorithm>
#include <array>

#include "drivers/equipment/item_fields.hpp"

namespace coffre::drivers {

namespace {

using model::Json;
using model::text_of;

struct Sort {
    std::string_view resource;
    Category category;
    std::string_view prefix;  // of keys
};

constexpr std::array<Sort, 34> sorts{{
    {"cameras", Category::cameras, ""},
    {"hardware", Category::cameras, "hardware-"},
    {"cameraGroups", Category::cameras, "group-"},
    {"microphones", Category::cameras, "microphone-"},
    {"speakers", Category::cameras, "speaker-"},
    {"metadata", Category::cameras, "metadata-"},
    {"inputEvents", Category::cameras, "input-"},
    {"outputs", Category::cameras, "output-"},
    {"streams", Category::cameras, "stream-"},
    {"ptzPresets", Category::cameras, "preset-"},
    {"patrollingProfiles", Category::cameras, "patrol-"},
    {"hardwareDriverSettings", Category::cameras, "driver-settings-"},
    {"privacyProtections", Category::cameras, "privacy-"},
    {"motionDetections", Category::events, "motion-"},
    {"roles", Category::users, "role-"},
    {"basicUsers", Category::users, "user-"},
    {"users", Category::users, "member-"},
    {"rules", Category::recording, "rule-"},
    {"timeProfiles", Category::recording, "time-profile-"},
    {"recordingServers", Category::recording, "server-"},
    {"storages", Category::recording, "storage-"},
    {"archiveStorages", Category::recording, "archive-"},
    {"failoverGroups", Category::recording, "failover-"},
    {"evidenceLockProfiles", Category::recording, "evidence-"},
    {"userDefinedEvents", Category::events, "user-event-"},
    {"alarmDefinitions", Category::events, "alarm-"},
    {"analyticsEvents", Category::events, "analytics-"},
    {"genericEvents", Category::events, "generic-"},
    {"eventTypes", Category::events, "event-type-"},
    {"webhooks", Category::events, "webhook-"},
    {"mailNotificationProfiles", Category::events, "mail-"},
    {"licenseInformations", Category::licences, "licence-"},
    {"licenseOverviewAll", Category::licences, "overview-"},
    {"licenseDetails", Category::licences, "detail-"},
}};

const Sort* sort_of(std::string_view resource) {
    const auto found =
        std::find_if(sorts.begin(), sorts.end(), [&](const Sort& sort) { return sort.resource == resource; });
    return found == sorts.end() ? nullptr : &*found;
}

std::string self(const Json& object, const char* member) {
    const auto relations = object.is_object() ? object.find("relations") : object.end();
    if (!object.is_object() || relations == object.end() || !relations->is_object()) return {};
    const auto own = relations->find("self");
    return own == relations->end() ? std::string() : text_of(*own, member);
}

std::string parent_of(const Json& object) {
    const auto relations = object.is_object() ? object.find("relations") : object.end();
    if (!object.is_object() || relations == object.end() || !relations->is_object()) return {};
    const auto parent = relations->find("parent");
    return parent == relations->end() ? std::string() : text_of(*parent, "id");
}

// What says of a camera when and how it is recorded.
bool is_recording(std::string_view member) {
    constexpr std::array<std::string_view, 12> members{"recordingEnabled",
                                                       "recordingFramerate",
                                                       "recordKeyframesOnly",
                                                       "recordOnRelatedDevices",
                                                       "prebufferEnabled",
                                                       "prebufferInMemory",
                                                       "prebufferSeconds",
                                                       "recordingStorage",
                                                       "edgeStorageEnabled",
                                                       "edgeStoragePlaybackEnabled",
                                                       "manualRecordingTimeoutEnabled",
                                                       "manualRecordingTimeoutMinutes"};
    return std::find(members.begin(), members.end(), member) != members.end();
}

std::string neutral(const std::string& resource, const std::string& member) {
    if (member == "userName" && resource == "hardware") return "user";
    if (member == "hostName") return "hostname";
    if (member == "portNumber") return "port";
    if (member == "firmwareVersion") return "firmware";
    if (member == "serialNumber") return "serial";
    if (member == "macAddress") return "mac";
    if (resource == "storages" || resource == "archiveStorages") {
        if (member == "retainMinutes") return "retention";
        if (member == "diskPath") return "path";
    }
    if (resource == "cameras") {
        if (member == "recordingEnabled") return "enabled";
        if (member == "prebufferSeconds") return "pre_record";
        if (member == "recordingStorage") return "storage";
        if (member == "recordingFramerate") return "frame_rate";
    }
    return member;
}

// What a server tells of the cameras behind it: an inventory, not its configuration.
bool is_mirrored(const std::string& resource, std::string_view member) {
    return resource == "hardware" &&
           (member == "firmwareVersion" || member == "serialNumber" || member == "macAddress");
}

void set_member(Item& item, const std::string& resource, const std::string& member, const Json& value) {
    const auto field = neutral(resource, member);
    if (is_milestone_volatile(member) || is_mirrored(resource, member) ||
        (resource.starts_with("license") && value.is_number())) {
        for (const auto& [leaf, text] : model::leaves(value))
            item.set_volatile(leaf.empty() ? field : field + "." + leaf, text);
        return;
    }
    // The steps of a rule have an order; what belongs to a group has none.
    set_leaves(item, value, field, resource == "rules" ? Lists::in_order : Lists::as_sets);
}

void read_site(const Json& site, Model& model) {
    auto& device = model.device();
    const auto name =
        text_of(site, "displayName").empty() ? text_of(site, "name") : text_of(site, "displayName");
    device.set("manufacturer", "Milestone").set("model", "XProtect").set("name", name);
    if (const auto version = text_of(site, "version"); !version.empty()) device.set("firmware", version);
    if (const auto zone = text_of(site, "timeZone"); !zone.empty())
        model.item(Category::time, "site").set("zone", zone);
    for (const auto& [member, value] : site.items()) {
        if (member == "displayName" || member == "name" || member == "version" || member == "timeZone" ||
            member == "relations")
            continue;
        set_member(device, "sites", member, value);
    }
}

void read_object(const std::string& resource, const Json& object, Model& model) {
    if (!object.is_object()) throw model::Malformed{"JSON"};
    if (resource == "sites") return read_site(object, model);
    const auto [category, key] = milestone_item(resource, object);
    if (key.empty()) throw model::Malformed{"JSON"};
    auto& item = model.item(category, key);
    item.label = text_of(object, "displayName");
    if (const auto name = text_of(object, "name"); !name.empty()) item.label = name;
    if (const auto parent = parent_of(object); !parent.empty()) item.set("parent", parent);
    for (const auto& [member, value] : object.items()) {
        if (member == "id" || member == "relations") continue;
        // Made of the name, and of nothing else, where there is one.
        if (member == "displayName" && object.contains("name")) continue;
        if (resource == "cameras" && is_recording(member)) {
            auto& recording = model.item(Category::recording, key);
            recording.label = item.label;
            set_member(recording, resource, member, value);
        } else {
            set_member(item, resource, member, value);
        }
    }
}

}  // namespace

std::string milestone_resource(const Json& answer) {
    if (!answer.is_object()) return {};
    if (const auto data = answer.find("data"); data != answer.end()) return self(*data, "type");
    const auto array = answer.find("array");
    if (array == answer.end() || !array->is_array() || array->empty()) return {};
    return self(array->front(), "type");
}

bool is_milestone_volatile(const std::string& member) {
    constexpr std::array<std::string_view, 12> members{
        "lastModified",   "state",      "lastStatusHandshake", "synchronizationStatus",
        "usedSpace",      "freeSpace",  "lastLogin",           "lastLoginTime",
        "physicalMemory", "processors", "createdDate",         "activationStatus"};
    return std::find(members.begin(), members.end(), member) != members.end();
}

std::pair<Category, std::string> milestone_item(const std::string& resource, const Json& object) {
    auto id = text_of(object, "id");
    if (id.empty()) id = self(object, "id");
    if (id.empty()) id = text_of(object, "name");
    if (id.empty()) id = text_of(object, "displayName");
    if (id.empty()) return {Category::other, ""};
    if (resource == "users" || resource == "streams") id = parent_of(object) + "-" + id;
    const auto* sort = sort_of(resource);
    if (sort == nullptr) return {Category::other, resource + "-" + id};
    return {sort->category, std::string(sort->prefix) + id};
}

Category milestone_category(const std::string& resource, const std::string& member) {
    if (resource == "cameras" && is_recording(member)) return Category::recording;
    if (resource == "sites") return member == "timeZone" ? Category::time : Category::identity;
    const auto* sort = sort_of(resource);
    return sort == nullptr ? Category::other : sort->category;
}

std::string milestone_parent(const Json& object) { return parent_of(object); }

void read_milestone(const std::string& resource, const Json& answer, Model& model) {
    if (!answer.is_object()) throw model::Malformed{"JSON"};
    const auto told = milestone_resource(answer);
    const auto& sort = told.empty() ? resource : told;
    if (sort.empty()) throw model::Malformed{"JSON"};
    model.device().set("manufacturer", "Milestone").set("model", "XProtect");
    if (const auto data = answer.find("data"); data != answer.end()) return read_object(sort, *data, model);
    const auto array = answer.find("array");
    if (array == answer.end() || !array->is_array()) throw model::Malformed{"JSON"};
    for (const auto& object : *array) {
        const auto own = self(object, "type");
        read_object(own.empty() ? sort : own, object, model);
    }
}

void read_milestone_uris(const Json& uris, Model& model) {
    auto& device = model.device();
    device.set("manufacturer", "Milestone").set("model", "XProtect");
    const auto version = text_of(uris, "ProductVersion");
    if (!version.empty() && device.value("firmware").empty()) device.set("firmware", version);
    auto& item = model.item(Category::network, "uris");
    set_leaves(item, uris, "", Lists::as_sets, {"ProductVersion"});
}

}  // namespace coffre::drivers
