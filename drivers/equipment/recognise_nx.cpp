// What servers of the Nx Witness family answer: the whole of their database as JSON (databaseData,
// getFullInfo) or one list of it (devices, users, rules…). Ids are written with braces or without them.

#include <algorithm>
#include <array>
#include <map>

#include "drivers/equipment/item_fields.hpp"
#include "drivers/equipment/recognise_exports.hpp"

namespace coffre::drivers {

namespace {

using model::Json;
using model::text_of;

template <std::size_t N>
bool is_among(const std::array<std::string_view, N>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

std::string bare(std::string id) {
    if (id.starts_with('{') && id.ends_with('}')) id = id.substr(1, id.size() - 2);
    return model::lower(id);
}

std::string id_of(const Json& object, const char* member = "id") { return bare(text_of(object, member)); }

bool is_null_id(const std::string& id) { return id.find_first_not_of("0-") == std::string::npos; }

// What a server changes without anyone's doing.
bool is_volatile(const std::string& member) {
    constexpr std::array<std::string_view, 15> members{
        "status",      "statusFlags", "flags",       "ticksMs",          "transactionLogTime",
        "sequence",    "runtimeId",   "authKey",     "networkAddresses", "systemInfo",
        "lastLoginMs", "attributes",  "licenseUsed", "osInfo",           "isOnline"};
    return is_among(members, member) || member.ends_with("TimeMs");
}

bool is_secret(const std::string& member) {
    constexpr std::array<std::string_view, 8> members{
        "hash", "digest", "cryptSha512Hash", "key", "licenseBlock", "credentials", "authKey", "realm"};
    return is_among(members, member);
}

void set_member(Item& item, const std::string& member, const Json& value, const std::string& field) {
    for (const auto& [leaf, text] : value.is_structured() ? model::leaves(value) : model::leaves(Json()))
        if (is_volatile(member)) item.set_volatile(field + "." + leaf, text);
    if (!value.is_structured()) {
        const auto text = value.is_string() ? value.get<std::string>() : value.is_null() ? "" : value.dump();
        if (is_volatile(member))
            item.set_volatile(field, text);
        else if (is_secret(member))
            item.set_secret(field, text);
        else
            set_told(item, field, text);
    } else if (!is_volatile(member)) {
        set_leaves(item, value, field, Lists::as_sets);
        if (is_secret(member))
            for (auto& [name, told] : item.fields)
                if (name == field || name.starts_with(field + "."))
                    told.secret = told.secret || !told.value.empty();
    }
}

void set_members(Item& item, const Json& object, const std::set<std::string>& taken,
                 const std::map<std::string, std::string>& names = {}) {
    for (const auto& [member, value] : object.items()) {
        if (member == "id" || member == "typeId" || taken.contains(member)) continue;
        const auto found = names.find(member);
        set_member(item, member, value, found == names.end() ? member : found->second);
    }
}

// "1 0-86400 always high 15": days and seconds of a day.
std::string schedule_text(const Json& tasks) {
    std::vector<std::string> lines;
    for (const auto& task : tasks) {
        if (!task.is_object()) continue;
        auto line =
            text_of(task, "dayOfWeek") + " " + text_of(task, "startTime") + "-" + text_of(task, "endTime");
        for (const auto& [member, value] : task.items())
            if (member != "dayOfWeek" && member != "startTime" && member != "endTime" &&
                !value.is_structured())
                line += " " + member + "=" + text_of(task, member);
        lines.push_back(std::move(line));
    }
    std::sort(lines.begin(), lines.end());
    std::string text;
    for (const auto& line : lines) text += (text.empty() ? "" : "; ") + line;
    return text;
}

void set_schedule(Item& recording, const Json& schedule) {
    if (!schedule.is_object()) return;
    recording.set("enabled", text_of(schedule, "isEnabled"));
    if (const auto tasks = schedule.find("tasks"); tasks != schedule.end() && tasks->is_array())
        recording.set("schedule", schedule_text(*tasks));
    for (const auto& [member, value] : schedule.items())
        if (member != "isEnabled" && member != "tasks") set_member(recording, member, value, member);
}

void read_camera(const Json& object, Model& model) {
    const auto id = id_of(object);
    auto& camera = model.item(Category::cameras, id);
    const auto name = text_of(object, "name");
    if (camera.label.empty()) camera.label = name;
    if (camera.value("name").empty()) camera.set("name", name);
    if (const auto url = text_of(object, "url"); !url.empty()) set_url(camera, "address", url);
    for (const auto& [member, value] : object.items()) {
        if (member == "id" || member == "typeId" || member == "name" || member == "url") continue;
        if (member == "schedule") {
            auto& recording = model.item(Category::recording, id);
            recording.label = camera.label;
            set_schedule(recording, value);
        } else if (member == "parameters" && value.is_object()) {
            // Mostly what the server found out about the camera.
            for (const auto& [leaf, text] : model::leaves(value))
                camera.set_volatile(leaf == "firmware" ? leaf : "parameters." + leaf, text);
        } else if (member == "credentials" && value.is_object()) {
            camera.set("user", text_of(value, "user"));
            camera.set_secret("password", text_of(value, "password"));
        } else {
            set_member(camera, member, value, member);
        }
    }
}

// What users set of a camera, in a list of its own.
void read_camera_attributes(const Json& object, Model& model) {
    constexpr std::array<std::string_view, 14> of_recording{
        "scheduleEnabled",       "scheduleTasks",       "minArchiveDays",
        "maxArchiveDays",        "minArchivePeriodS",   "maxArchivePeriodS",
        "preferredServerId",     "failoverPriority",    "backupType",
        "backupQuality",         "backupPolicy",        "backupContentType",
        "recordBeforeMotionSec", "recordAfterMotionSec"};
    constexpr std::array<std::string_view, 3> of_events{"motionType", "motionMask", "motionStream"};
    const auto id = id_of(object, object.contains("cameraId") ? "cameraId" : "cameraID");
    if (id.empty()) return;
    const auto given = text_of(object, "cameraName");
    for (const auto& [member, value] : object.items()) {
        if (member == "cameraId" || member == "cameraID") continue;
        if (member == "cameraName") {
            if (given.empty()) continue;
            auto& camera = model.item(Category::cameras, id);
            camera.set("name", given).label = given;
        } else if (is_among(of_recording, member)) {
            auto& recording = model.item(Category::recording, id);
            if (!given.empty()) recording.label = given;
            if (member == "scheduleTasks" && value.is_array())
                recording.set("schedule", schedule_text(value));
            else
                set_member(recording, member, value,
                           member == "scheduleEnabled"         ? "enabled"
                           : member == "recordBeforeMotionSec" ? "pre_record"
                           : member == "recordAfterMotionSec"  ? "post_record"
                                                               : member);
        } else {
            set_member(model.item(is_among(of_events, member) ? Category::events : Category::cameras, id),
                       member, value, member);
        }
    }
}

void read_user(const Json& object, Model& model) {
    auto& user = model.item(Category::users, id_of(object));
    user.label = text_of(object, "name");
    set_members(user, object, {},
                {{"isEnabled", "enabled"}, {"permissions", "rights"}, {"groupIds", "groups"}});
}

void read_group(const Json& object, Model& model) {
    auto& group = model.item(Category::users, "group-" + id_of(object));
    group.label = text_of(object, "name");
    set_members(group, object, {}, {{"permissions", "rights"}});
}

void read_rights(const Json& object, Model& model) {
    const auto id = id_of(object, "userId");
    if (!id.empty()) set_members(model.item(Category::users, "rights-" + id), object, {"userId"});
}

void read_rule(const Json& object, Model& model) {
    auto& rule = model.item(Category::events, "rule-" + id_of(object));
    rule.label = text_of(object, "comment");
    set_members(rule, object, {}, {{"isEnabled", "enabled"}});
}

void read_server(const Json& object, Model& model) {
    const auto id = id_of(object);
    auto& server = model.item(Category::identity, "server-" + id);
    server.label = text_of(object, "name");
    server.set("name", server.label);
    const auto version = text_of(object, "version");
    if (!version.empty()) {
        server.set("firmware", version);
        // All servers of a site have one version; what is shown while they are upgraded is the lowest.
        auto& device = model.device();
        if (device.value("firmware").empty() || version < device.value("firmware"))
            device.set("firmware", version);
    }
    const auto url = text_of(object, "url");
    if (!url.empty()) set_url(model.item(Category::network, "server-" + id), "address", url);
    set_members(server, object, {"name", "version", "url"});
}

void read_server_attributes(const Json& object, Model& model) {
    const auto id = id_of(object, object.contains("serverId") ? "serverId" : "serverID");
    if (!id.empty())
        set_members(model.item(Category::recording, "server-" + id), object, {"serverId", "serverID"});
}

void read_storage(const Json& object, Model& model) {
    auto& storage = model.item(Category::recording, "storage-" + id_of(object));
    storage.label = text_of(object, "name");
    if (object.contains("url")) set_url(storage, "path", text_of(object, "url"));
    set_members(storage, object, {"url"});
}

void read_licence(const Json& object, Model& model) {
    const auto key = text_of(object, "key");
    if (key.empty()) return;
    // The key itself is what was paid for: only its end names it.
    auto& licence =
        model.item(Category::licences, "…" + key.substr(key.size() - std::min<std::size_t>(4, key.size())));
    licence.set_secret("key", key);
    set_members(licence, object, {"key"});
}

// Settings of whatever has that id. What a server finds out about a camera is among them.
void read_property(const Json& object, Model& model) {
    constexpr std::array<std::string_view, 9> found_out{
        "firmware",   "mediaStreams",       "bitrateInfos",     "streamUrls", "mediaCapabilities",
        "ioSettings", "cameraCapabilities", "hasDualStreaming", "DeviceUrl"};
    const auto id = id_of(object, "resourceId");
    const auto name = text_of(object, "name");
    if (id.empty() || name.empty()) return;
    const bool camera = model.find(Category::cameras, id) != nullptr;
    auto& item = camera ? model.item(Category::cameras, id) : model.item(Category::other, "settings-" + id);
    const auto value = text_of(object, "value");
    const auto low = model::lower(name);
    if (camera && is_among(found_out, name))
        item.set_volatile(name, value);
    else if (low.find("credentials") != std::string::npos || low.find("password") != std::string::npos)
        item.set_secret(name, value);
    else
        set_told(item, name, value);
}

void read_any(const std::string& list, const Json& object, Model& model) {
    const auto id = id_of(object);
    if (id.empty()) return;
    auto& item = model.item(Category::other, list + "-" + id);
    item.label = text_of(object, "name");
    set_members(item, object, {});
}

void read_site(const Json& object, Model& model) {
    auto& device = model.device();
    device.set("name", text_of(object, "name"));
    if (const auto version = text_of(object, "version"); !version.empty()) device.set("firmware", version);
}

struct List {
    std::string_view name;
    void (*read)(const Json&, Model&);
};
// As the whole database names them; attributes behind what they belong to.
constexpr std::array<List, 16> lists{{
    {"cameras", read_camera},
    {"devices", read_camera},
    {"cameraUserAttributesList", read_camera_attributes},
    {"users", read_user},
    {"userGroups", read_group},
    {"userRoles", read_group},
    {"accessRights", read_rights},
    {"rules", read_rule},
    {"vmsRules", read_rule},
    {"servers", read_server},
    {"serversUserAttributesList", read_server_attributes},
    {"mediaServersUserAttributesList", read_server_attributes},
    {"storages", read_storage},
    {"licenses", read_licence},
    {"allProperties", read_property},
    {"properties", read_property},
}};

// Of the moment, or of the product.
constexpr std::array<std::string_view, 5> passed_over{"resourceTypes", "resStatusList", "cameraHistory",
                                                      "discoveryData", "miscData"};

void read_list(const List& list, const Json& objects, Model& model) {
    if (!objects.is_array()) return;
    for (const auto& object : objects) {
        if (!object.is_object()) throw model::Malformed{"JSON"};
        const auto id = id_of(object);
        if (object.contains("id") && (id.empty() || is_null_id(id))) continue;
        list.read(object, model);
    }
}

void read_whole(const Json& whole, Model& model) {
    for (const auto& list : lists)
        if (const auto found = whole.find(std::string(list.name)); found != whole.end())
            read_list(list, *found, model);
    for (const auto& [name, objects] : whole.items()) {
        const bool known =
            std::any_of(lists.begin(), lists.end(), [&](const auto& l) { return l.name == name; });
        if (known || is_among(passed_over, name) || !objects.is_array()) continue;
        for (const auto& object : objects)
            if (object.is_object()) read_any(name, object, model);
    }
}

// Of which list such an object is; null for none that is known.
const List* list_of(const Json& object) {
    if (!object.is_object()) return nullptr;
    const auto has = [&](const char* member) { return object.contains(member); };
    const auto named = [&](std::string_view name) {
        return &*std::find_if(lists.begin(), lists.end(),
                              [&](const List& list) { return list.name == name; });
    };
    if (has("cameraId") && has("scheduleTasks")) return named("cameraUserAttributesList");
    if (!has("id")) return nullptr;
    if (has("physicalId") && (has("vendor") || has("serverId") || has("parentId"))) return named("devices");
    if (has("permissions") && (has("parentGroupIds") || has("externalId"))) return named("userGroups");
    if (has("name") && has("permissions") && (has("groupIds") || has("isEnabled") || has("fullName")))
        return named("users");
    if ((has("event") && has("action")) || (has("eventType") && has("actionType"))) return named("rules");
    if (has("spaceLimitB") || (has("spaceLimit") && has("usedForWriting"))) return named("storages");
    if (has("version") && has("endpoints")) return named("servers");
    return nullptr;
}

bool is_whole(const Json& json) {
    return json.is_object() && json.contains("cameras") && json.contains("users") &&
           (json.contains("cameraUserAttributesList") || json.contains("allProperties"));
}

bool is_site(const Json& json) {
    return json.is_object() && json.contains("name") && json.contains("version") &&
           (json.contains("localId") || json.contains("protoVersion")) &&
           (json.contains("customization") || json.contains("cloudHost") || json.contains("servers"));
}

bool looks_like_nx(const std::string&, std::string_view content) {
    const auto start = model::trimmed(content.substr(0, 64));
    if (!start.starts_with('{') && !start.starts_with('[')) return false;
    const auto holds = [&](std::string_view what) { return content.find(what) != std::string_view::npos; };
    return holds("\"physicalId\"") || holds("\"cameraUserAttributesList\"") || holds("\"permissions\"") ||
           holds("\"parentGroupIds\"") || holds("\"actionType\"") || holds("\"action\"") ||
           holds("\"spaceLimit") || holds("\"endpoints\"") || holds("\"localId\"") ||
           holds("\"protoVersion\"") || holds("\"scheduleTasks\"");
}

void read_nx(const std::string&, std::string_view content, Model& model) {
    auto json = model::parse_json(content);
    // Older answers wrap what was asked for.
    if (json.is_object() && json.contains("reply") && json.contains("error")) json = Json(json["reply"]);
    const auto* list = json.is_array() && !json.empty() ? list_of(json.front()) : nullptr;
    if (!is_whole(json) && !is_site(json) && list == nullptr) throw model::Malformed{"JSON"};
    model.device().set("manufacturer", "Network Optix");
    if (list != nullptr)
        read_list(*list, json, model);
    else if (is_whole(json))
        read_whole(json, model);
    else
        read_site(json, model);
}

}  // namespace

FileReader nx_reader() { return {"nx", looks_like_nx, read_nx}; }

}  // namespace coffre::drivers
