#pragma once
// What the rows of ZoneMinder's tables mean, whether its API answered them, a dump of its database holds them
// or a person exported them. Pure.

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/equipment_model.hpp"

namespace coffre::drivers {

// Column and value, as text; NULL is "".
using ZoneMinderRow = std::map<std::string, std::string>;

// The tables that hold configuration, each after those that it refers to. The others (events, frames, logs,
// sessions, statistics) hold what happened.
const std::vector<std::string>& zoneminder_tables();

// Tables of those names are a ZoneMinder database.
bool is_zoneminder(const std::set<std::string>& tables);

// Puts a row into the model. False: the table holds no configuration of ZoneMinder, nothing was put.
// Rows of one table may come in any order; one that comes again (from the API, then from a dump) adds what
// the first one lacked.
bool read_zoneminder_row(const std::string& table, const ZoneMinderRow& row, Model& model);

// Where a column's value goes.
struct ZoneMinderColumn {
    Category category = Category::other;
    std::string field;  // "" for what is no configuration: keys, texts of the product
    bool secret = false;
    bool is_volatile = false;
};
// `row` tells the category where the table alone does not (a setting's section).
ZoneMinderColumn zoneminder_column(const std::string& table, const std::string& column,
                                   const ZoneMinderRow& row);

// The key of the row's items, "" where the row has none.
std::string zoneminder_key(const std::string& table, const ZoneMinderRow& row);
// What people call it: a name, and the key where there is none.
std::string zoneminder_label(const std::string& table, const ZoneMinderRow& row);

}  // namespace coffre::drivers
