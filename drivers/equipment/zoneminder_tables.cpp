#include "drivers/equipment/zoneminder_tables.hpp"

#include "drivers/equipment/recognise.hpp"
#include "drivers/model/formats.hpp"
#include "drivers/model/sql_rows.hpp"

namespace coffre::drivers {

namespace {

constexpr int pages_max = 1000;

std::optional<std::string> value_of(const model::Json& json) {
    if (json.is_null()) return std::nullopt;
    if (json.is_boolean()) return json.get<bool>() ? "1" : "0";  // as the database has it
    if (json.is_string()) return json.get<std::string>();
    return json.dump();
}

void put_row(const std::string& table, ZoneMinderValues values, ZoneMinderTables& tables) {
    const auto row = row_of(values);
    auto key = zoneminder_key(table, row);
    if (key.empty()) return;
    if (table == "Groups_Monitors") {
        const auto member = row.find("MonitorId");
        key += member == row.end() ? "" : "-" + member->second;
    }
    tables.tables[table][key] = std::move(values);
}

void read_members(const model::Json& entry, ZoneMinderTables& tables) {
    const auto group = model::text_of(entry.at("Group"), "Id");
    const auto members = entry.find("Monitor");
    if (members == entry.end() || !members->is_array()) return;
    for (const auto& member : *members)
        if (member.is_object())
            put_row("Groups_Monitors", {{"GroupId", group}, {"MonitorId", model::text_of(member, "Id")}},
                    tables);
}

// Reads one file; false where it is not there or does not hold.
template <class Fn>
bool read_file(const FileSource& files, const std::string& path, ZoneMinderTables& tables, Fn&& read) {
    const auto content = files.read(path, model_file_max);
    if (!content) return false;
    auto tried = tables;
    try {
        read(as_text(*content), tried);
    } catch (const model::Malformed&) {
        return false;
    }
    tried.files.push_back(path);
    tables = std::move(tried);
    return true;
}

}  // namespace

const std::vector<ZoneMinderSection>& zoneminder_sections() {
    static const std::vector<ZoneMinderSection> sections{
        {"monitors.json", "/api/monitors.json", "monitors", "Monitor", "Monitors"},
        {"zones.json", "/api/zones.json", "zones", "Zone", "Zones"},
        {"groups.json", "/api/groups.json", "groups", "Group", "Groups"},
        {"storage.json", "/api/storage.json", "storage", "Storage", "Storage"},
        {"servers.json", "/api/servers.json", "servers", "Server", "Servers", false},
        {"controls.json", "/api/controls.json", "controls", "Control", "Controls", false},
        {"zone-presets.json", "/api/zonePresets.json", "zonePresets", "ZonePreset", "ZonePresets", false},
        {"states.json", "/api/states.json", "states", "State", "States"},
        {"configs.json", "/api/configs.json", "configs", "Config", "Config"},
        {"users.json", "/api/users/index/limit:100/page:1.json", "users", "User", "Users"},
    };
    return sections;
}

std::string zoneminder_page(const ZoneMinderSection& section, int page) {
    if (page == 1) return section.file;
    return section.file.substr(0, section.file.rfind('.')) + "-" + std::to_string(page) + ".json";
}

const ZoneMinderTable& ZoneMinderTables::table(const std::string& name) const {
    static const ZoneMinderTable none;
    const auto found = tables.find(name);
    return found == tables.end() ? none : found->second;
}

ZoneMinderRow row_of(const ZoneMinderValues& values) {
    ZoneMinderRow row;
    for (const auto& [column, value] : values) row[column] = value.value_or("");
    return row;
}

void read_zoneminder_answer(const ZoneMinderSection& section, std::string_view text,
                            ZoneMinderTables& tables) {
    const auto json = model::parse_json(text);
    if (!json.is_object() || !json.contains(section.list) || !json.at(section.list).is_array())
        throw model::Malformed{"JSON"};
    for (const auto& entry : json.at(section.list)) {
        if (!entry.is_object() || !entry.contains(section.object) || !entry.at(section.object).is_object())
            throw model::Malformed{"JSON"};
        ZoneMinderValues values;
        for (const auto& [column, value] : entry.at(section.object).items()) values[column] = value_of(value);
        // Settings of its files come along without an id, also those that its database has too.
        if (const auto name = values.find("Name"); section.table == "Config" && name != values.end() &&
                                                   name->second && !values.contains("Id") &&
                                                   tables.table("Config").contains(*name->second))
            *name->second += " (zm.conf)";
        put_row(section.table, std::move(values), tables);
        if (section.table == "Groups") read_members(entry, tables);
    }
}

ZoneMinderTables api_tables(const FileSource& files) {
    ZoneMinderTables tables;
    read_file(files, zoneminder_version_file, tables, [](std::string_view text, ZoneMinderTables& found) {
        const auto json = model::parse_json(text);
        if (!json.is_object()) throw model::Malformed{"JSON"};
        found.version = model::text_of(json, "version");
    });
    for (const auto& section : zoneminder_sections())
        for (int page = 1; page <= pages_max; ++page)
            if (!read_file(files, zoneminder_page(section, page), tables,
                           [&](std::string_view text, ZoneMinderTables& found) {
                               read_zoneminder_answer(section, text, found);
                           }))
                break;
    return tables;
}

std::optional<ZoneMinderTables> database_tables(const FileSource& files) {
    ZoneMinderTables tables;
    const bool read =
        read_file(files, zoneminder_dump_file, tables, [](std::string_view text, ZoneMinderTables& found) {
            model::each_inserted_row(text, [&](const model::InsertedRow& row) {
                ZoneMinderValues values;
                for (std::size_t i = 0; i < row.columns.size(); ++i) {
                    std::optional<std::string> value;
                    if (row.literals[i] != "NULL") value = model::sql_value(row.literals[i]);
                    values[row.columns[i]] = std::move(value);
                }
                put_row(row.table, std::move(values), found);
            });
        });
    if (!read) return std::nullopt;
    return tables;
}

}  // namespace coffre::drivers
