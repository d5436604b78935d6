#include "drivers/equipment/zoneminder_rows.hpp"

#include <algorithm>
#include <array>

#include "drivers/equipment/url_credentials.hpp"
#include "drivers/model/formats.hpp"

namespace coffre::drivers {

namespace {

struct Table {
    std::string_view name;
    Category category;
    std::string_view prefix;  // of the keys of its items
    std::string_view key;     // its column
    std::string_view label;   // likewise; "" for none
};

// Each after those that it refers to. What has no line here and is no record of what happened is taken by
// `table_of` all the same, so that tables of other versions are not lost.
constexpr std::array<Table, 22> tables{{
    {"Config", Category::other, "", "Name", ""},
    {"Servers", Category::other, "server-", "Id", "Name"},
    {"Storage", Category::recording, "storage-", "Id", "Name"},
    {"Manufacturers", Category::other, "manufacturer-", "Id", "Name"},
    {"Models", Category::other, "model-", "Id", "Name"},
    {"Controls", Category::other, "control-", "Id", "Name"},
    {"MonitorPresets", Category::other, "monitor-preset-", "Id", "Name"},
    {"ZonePresets", Category::other, "zone-preset-", "Id", "Name"},
    {"Monitors", Category::cameras, "", "Id", "Name"},
    {"Zones", Category::events, "zone-", "Id", "Name"},
    {"ControlPresets", Category::other, "preset-", "", "Label"},
    {"TriggersX10", Category::events, "x10-", "MonitorId", ""},
    {"Devices", Category::other, "device-", "Id", "Name"},
    {"Groups", Category::other, "group-", "Id", "Name"},
    {"Groups_Monitors", Category::other, "group-", "GroupId", ""},
    {"Users", Category::users, "", "Username", ""},
    {"User_Roles", Category::users, "role-", "Id", "Name"},
    {"Groups_Permissions", Category::users, "group-right-", "Id", ""},
    {"Monitors_Permissions", Category::users, "monitor-right-", "Id", ""},
    {"States", Category::recording, "state-", "Id", "Name"},
    {"Filters", Category::recording, "filter-", "Id", "Name"},
    {"Maps", Category::other, "map-", "Id", "Name"},
}};
constexpr Table layouts{"MontageLayouts", Category::other, "montage-", "Id", "Name"};

// What happened, what is being done, and what a browser session left.
bool is_record(std::string_view table) {
    constexpr std::array<std::string_view, 14> records{
        "Frames",          "Stats",        "Logs",         "Sessions",
        "Monitor_Status",  "Server_Stats", "Snapshots",    "Snapshots_Events",
        "Snapshot_Events", "Tags",         "Object_Types", "Reports",
        "Menu_Items",      "Notifications"};
    return table.starts_with("Event") || std::find(records.begin(), records.end(), table) != records.end();
}

const Table* table_of(std::string_view name) {
    if (name == layouts.name) return &layouts;
    const auto found =
        std::find_if(tables.begin(), tables.end(), [&](const Table& table) { return table.name == name; });
    return found == tables.end() ? nullptr : &*found;
}

template <std::size_t N>
bool is_among(const std::array<std::string_view, N>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

const std::string& value_of(const ZoneMinderRow& row, std::string_view column) {
    static const std::string none;
    const auto found = row.find(std::string(column));
    return found == row.end() ? none : found->second;
}

// Columns of a monitor that say when and how it records.
bool is_recording(std::string_view column) {
    constexpr std::array<std::string_view, 30> columns{"Function",
                                                       "Enabled",
                                                       "Capturing",
                                                       "Analysing",
                                                       "Recording",
                                                       "RecordingSource",
                                                       "AnalysisSource",
                                                       "StorageId",
                                                       "SaveJPEGs",
                                                       "VideoWriter",
                                                       "OutputCodec",
                                                       "OutputCodecName",
                                                       "Encoder",
                                                       "OutputContainer",
                                                       "EncoderParameters",
                                                       "RecordAudio",
                                                       "PreEventCount",
                                                       "PostEventCount",
                                                       "SectionLength",
                                                       "SectionLengthWarn",
                                                       "MinSectionLength",
                                                       "EventPrefix",
                                                       "EventStartCommand",
                                                       "EventEndCommand",
                                                       "StreamReplayBuffer",
                                                       "AlarmFrameCount",
                                                       "ImageBufferCount",
                                                       "MaxImageBufferCount",
                                                       "WarmupCount",
                                                       "LinkedMonitors"};
    return is_among(columns, column);
}

using Names = std::map<std::string_view, std::string_view>;

std::string_view neutral_name(std::string_view table, std::string_view column) {
    static const Names monitors{
        {"Name", "name"},
        {"Host", "address"},
        {"Port", "port"},
        {"Protocol", "protocol"},
        {"Path", "path"},
        {"User", "user"},
        {"Pass", "password"},
        {"MaxFPS", "frame_rate"},
        {"Function", "mode"},
        {"Recording", "mode"},
        {"Enabled", "enabled"},
        {"PreEventCount", "pre_record"},
        {"PostEventCount", "post_record"},
        {"StorageId", "storage"},
        {"RecordAudio", "audio"},
    };
    static const Names others{{"Name", "name"},   {"Enabled", "enabled"},   {"Path", "path"},
                              {"Port", "port"},   {"Protocol", "protocol"}, {"Hostname", "hostname"},
                              {"Value", "value"}, {"Username", "name"},     {"Password", "password"}};
    const auto& names = table == "Monitors" ? monitors : others;
    const auto found = names.find(column);
    return found == names.end() ? column : found->second;
}

// Names of settings and columns whose values let somebody in.
bool is_secret_name(std::string_view name) {
    constexpr std::array<std::string_view, 6> words{"pass", "secret", "token",
                                                    "_key", "apikey", "credential"};
    constexpr std::array<std::string_view, 3> harmless{"passive", "tokenminexpiry", "shm_key"};
    const auto lower = model::lower(name);
    const auto holds = [&](std::string_view word) { return lower.find(word) != std::string::npos; };
    return std::any_of(words.begin(), words.end(), holds) &&
           std::none_of(harmless.begin(), harmless.end(), holds);
}

// A setting's section tells what it is about.
Category setting_category(const ZoneMinderRow& row) {
    const auto& name = value_of(row, "Name");
    const auto& section = value_of(row, "Category");
    if (name.find("TIMEZONE") != std::string::npos) return Category::time;
    if (name.starts_with("ZM_AUTH_") || name.starts_with("ZM_OPT_USE_AUTH") || name == "ZM_USER_SELF_EDIT" ||
        section == "auth")
        return Category::users;
    if (section == "network" || section == "servers") return Category::network;
    if (section == "mail" || section == "upload" || section == "x10") return Category::events;
    return Category::other;
}

// Changes without anyone's doing.
bool changes_by_itself(std::string_view table, std::string_view column, const ZoneMinderRow& row) {
    constexpr std::array<std::string_view, 8> of_servers{
        "Status", "CpuLoad", "TotalMem", "FreeMem", "TotalSwap", "FreeSwap", "State_Id", "CpuUserPercent"};
    if (table == "Config")
        return value_of(row, "Category") == "dynamic" || value_of(row, "Name").starts_with("ZM_DYN_");
    if (table == "Servers") return is_among(of_servers, column) || column.starts_with("Cpu");
    if (table == "Storage") return column == "DiskSpace";
    if (table == "Monitors") return column == "ZoneCount";
    return table == "Users" && (column == "TokenMinExpiry" || column == "Id");
}

// Ids and numbers in the order of numbers, for lists that the database keeps in none.
std::string with_number(const std::string& list, const std::string& number) {
    std::set<std::pair<std::size_t, std::string>> numbers{{number.size(), number}};
    for (std::size_t at = 0; at < list.size();) {
        const auto end = std::min(list.find(',', at), list.size());
        numbers.insert({end - at, list.substr(at, end - at)});
        at = end + 1;
    }
    std::string joined;
    for (const auto& [size, text] : numbers) joined += (joined.empty() ? "" : ",") + text;
    return joined;
}

void set_field(Item& item, const ZoneMinderColumn& column, const std::string& value) {
    item.fields[column.field] = {value, column.secret, column.is_volatile};
}

// An address that may hold who logs in: in fields of their own.
void set_address(Item& item, const std::string& field, const std::string& value) {
    const auto split = split_url(value);
    item.set(field, split.address);
    if (!split.user.empty()) item.set(field + "_user", split.user);
    if (!split.password.empty()) item.set_secret(field + "_password", split.password);
    if (!split.query.empty()) item.set_secret(field + "_query", split.query);
}

bool is_address(std::string_view table, std::string_view column) {
    constexpr std::array<std::string_view, 8> of_monitors{
        "Path", "SecondPath", "Host", "SubPath", "Options", "ControlAddress", "ControlDevice", "ONVIF_URL"};
    if (table == "Monitors" || table == "MonitorPresets") return is_among(of_monitors, column);
    return table == "Storage" && column == "Url";
}

void read_device(const ZoneMinderRow& row, Model& model) {
    if (value_of(row, "Name") != "ZM_DYN_DB_VERSION" || value_of(row, "Value").empty()) return;
    auto& device = model.device();
    device.set("manufacturer", "ZoneMinder");
    if (device.value("firmware").empty()) device.set("firmware", value_of(row, "Value"));
}

}  // namespace

const std::vector<std::string>& zoneminder_tables() {
    static const auto names = [] {
        std::vector<std::string> all;
        for (const auto& table : tables) all.emplace_back(table.name);
        all.emplace_back(layouts.name);
        return all;
    }();
    return names;
}

bool is_zoneminder(const std::set<std::string>& tables_there) {
    return tables_there.contains("Monitors") && tables_there.contains("Config") &&
           tables_there.contains("States") && tables_there.contains("Zones");
}

std::string zoneminder_key(const std::string& table, const ZoneMinderRow& row) {
    const auto* known = table_of(table);
    if (known == nullptr) {
        const auto& id = value_of(row, "Id");
        return id.empty() ? std::string() : table + "-" + id;
    }
    if (table == "ControlPresets")
        return std::string(known->prefix) + value_of(row, "MonitorId") + "-" + value_of(row, "Preset");
    const auto& key = value_of(row, known->key);
    return key.empty() ? std::string() : std::string(known->prefix) + key;
}

std::string zoneminder_label(const std::string& table, const ZoneMinderRow& row) {
    const auto* known = table_of(table);
    const auto& label = known == nullptr ? value_of(row, "Name") : value_of(row, known->label);
    return label.empty() ? zoneminder_key(table, row) : label;
}

ZoneMinderColumn zoneminder_column(const std::string& table, const std::string& column,
                                   const ZoneMinderRow& row) {
    const auto* known = table_of(table);
    ZoneMinderColumn meaning;
    meaning.category = known == nullptr ? Category::other : known->category;
    meaning.field = neutral_name(table, column);
    meaning.is_volatile = changes_by_itself(table, column, row);
    meaning.secret = is_secret_name(column);
    if (table == "Config") {
        if (column != "Value") return {};
        meaning.category = setting_category(row);
        meaning.secret = is_secret_name(value_of(row, "Name")) || value_of(row, "Private") == "1";
    } else if (table == "Monitors" && is_recording(column)) {
        meaning.category = Category::recording;
    } else if (table == "Groups_Monitors") {
        if (column != "MonitorId") return {};
        meaning.field = "monitors";
    }
    if (column == "Id" && table != "Users") meaning.field.clear();
    return meaning;
}

bool read_zoneminder_row(const std::string& table, const ZoneMinderRow& row, Model& model) {
    if (is_record(table)) return false;
    const auto key = zoneminder_key(table, row);
    if (key.empty()) return false;
    const auto label = zoneminder_label(table, row);
    for (const auto& [column, value] : row) {
        const auto meaning = zoneminder_column(table, column, row);
        if (meaning.field.empty()) continue;
        auto& item = model.item(meaning.category, key);
        if (table != "Groups_Monitors" && label != key) item.label = label;
        if (table == "Groups_Monitors")
            item.set("monitors", with_number(item.value("monitors"), value));
        else if (is_address(table, column))
            set_address(item, meaning.field, value);
        else
            set_field(item, meaning, value);
    }
    if (table == "Config") read_device(row, model);
    if (table == "Monitors" && row.contains("Width") && row.contains("Height")) {
        auto& camera = model.item(Category::cameras, key);
        camera.fields.erase("Width");
        camera.fields.erase("Height");
        camera.set("resolution", value_of(row, "Width") + "x" + value_of(row, "Height"));
    }
    return true;
}

}  // namespace coffre::drivers
