// Dumps of databases. What a row is called is its primary key; where a table has none, what it says.

#include "base/message.hpp"
#include "drivers/equipment/item_fields.hpp"
#include "drivers/equipment/recognise_exports.hpp"
#include "drivers/equipment/zoneminder_rows.hpp"

namespace coffre::drivers {

namespace {

using model::SqlRow;
using model::SqlTable;

std::string text_of(const std::optional<std::string>& value) {
    if (!value) return {};
    return is_utf8(*value) ? *value : "hex:" + to_hex(as_bytes(*value));
}

std::string key_of(const SqlTable& table, const SqlRow& row) {
    std::string key;
    for (const auto& column : table.key) {
        const auto found = row.find(column);
        if (found == row.end()) return {};
        key += (key.empty() ? "" : "/") + text_of(found->second);
    }
    return key;
}

// FNV-1a: a name for a row that has none, not a check of it.
std::string name_of(const std::vector<std::string_view>& texts) {
    std::uint64_t sum = 0xcbf29ce484222325;
    for (const auto text : texts) {
        for (const char c : text) sum = (sum ^ static_cast<unsigned char>(c)) * 0x100000001b3;
        sum = (sum ^ 0xff) * 0x100000001b3;
    }
    Bytes bytes;
    append_u64(bytes, sum);
    return to_hex(bytes);
}

std::string name_of(const SqlRow& row) {
    std::vector<std::string_view> texts;
    for (const auto& [column, value] : row) {
        texts.push_back(column);
        texts.push_back(value ? std::string_view(*value) : std::string_view("\0", 1));
    }
    return name_of(texts);
}

void read_rows(const SqlTable& table, Model& model) {
    if (!table.columns.empty()) {
        auto& item = model.item(Category::other, table.name);
        for (const auto& column : table.columns) {
            const auto definition = table.definitions.find(column);
            item.set(column, definition == table.definitions.end() ? "" : definition->second);
        }
    }
    for (const auto& row : table.rows) {
        auto key = key_of(table, row);
        if (key.empty()) key = name_of(row);
        auto& item = model.item(Category::other, table.name + "/" + key);
        const auto name = row.find("name");
        if (name != row.end()) item.label = table.name + ": " + text_of(name->second);
        for (const auto& [column, value] : row) set_told(item, column, text_of(value));
    }
}

void read_sql(const std::string&, std::string_view content, Model& model) {
    const auto dump = model::parse_sql(content);
    const auto& tables = dump.tables;
    if (tables.empty() && dump.programs.empty()) throw model::Malformed{"an SQL dump"};
    for (const auto& program : dump.programs) {
        auto& item = model.item(Category::other, "program " + name_of({program}));
        const auto shown = text_of(program);
        item.label = shown.substr(0, std::min(shown.find_first_of("\r\n("), shown.size()));
        item.set("text", text_of(program));
    }
    std::set<std::string> names;
    for (const auto& table : tables) names.insert(table.name);
    const bool zoneminder = is_zoneminder(names);
    if (zoneminder) model.device().set("manufacturer", "ZoneMinder");
    for (const auto& table : tables) {
        if (!zoneminder) {
            read_rows(table, model);
            continue;
        }
        for (const auto& row : table.rows) {
            ZoneMinderRow texts;
            for (const auto& [column, value] : row) texts[column] = text_of(value);
            read_zoneminder_row(table.name, texts, model);
        }
    }
}

}  // namespace

FileReader sql_reader() {
    return {"sql",
            [](const std::string&, std::string_view content) { return model::looks_like_sql(content); },
            read_sql};
}

}  // namespace coffre::drivers
