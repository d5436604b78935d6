#pragma once
// The tables of a stored capture of ZoneMinder: what its API told and what its database's dump holds. Pure.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/equipment_driver.hpp"
#include "drivers/equipment/zoneminder_rows.hpp"

namespace coffre::drivers {

// A part of the API, the file that keeps what it answers, and the table that it tells of.
struct ZoneMinderSection {
    std::string file;    // "monitors.json"
    std::string path;    // "/api/monitors.json"
    std::string list;    // "monitors"
    std::string object;  // "Monitor"
    std::string table;   // "Monitors"
    bool required = true;
};
const std::vector<ZoneMinderSection>& zoneminder_sections();

// Column and value; empty: NULL.
using ZoneMinderValues = std::map<std::string, std::optional<std::string>>;
// By what tells one row from another: the key of its items, and both ends of a link.
using ZoneMinderTable = std::map<std::string, ZoneMinderValues>;

struct ZoneMinderTables {
    std::string version;  // "" where it is not told
    std::map<std::string, ZoneMinderTable> tables;
    std::vector<std::string> files;  // that this was read from

    [[nodiscard]] const ZoneMinderTable& table(const std::string& name) const;
};

// Users come in pages: "users.json", "users-2.json"…
std::string zoneminder_page(const ZoneMinderSection& section, int page);

// The text of one answer; model::Malformed where it is not of that section.
void read_zoneminder_answer(const ZoneMinderSection& section, std::string_view text,
                            ZoneMinderTables& tables);
// What the API told. What cannot be read is passed over.
ZoneMinderTables api_tables(const FileSource& files);
// What the database's dump holds; empty: the capture has none that can be read.
std::optional<ZoneMinderTables> database_tables(const FileSource& files);

// NULL as "".
ZoneMinderRow row_of(const ZoneMinderValues& values);

constexpr const char* zoneminder_dump_file = "database.sql";
constexpr const char* zoneminder_version_file = "version.json";

}  // namespace coffre::drivers
