#pragma once
// The texts that equipments answer and export, parsed: limits on size, depth and number hold before anything
// is built, and what does not hold throws Malformed and nothing else. Parsers are pure and thread-safe. All
// texts that come out are UTF-8, but for those of parse_key_values.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>
#include <pugixml.hpp>

namespace coffre::model {

// The text is not what it should be. Says where at most, never what: texts of equipments are secret.
struct Malformed {
    std::string what;  // "XML", "JSON", "YAML"…
};

constexpr std::size_t text_size_max = 16 << 20;  // bytes
constexpr int depth_max = 64;                    // nested elements, objects, lists
constexpr std::size_t values_max = 1 << 19;      // elements, members, entries, lines of one text
constexpr std::size_t leaves_max = 64 << 20;     // bytes of all paths and texts of leaves(), else Malformed

// XML without a document type: no entity but the five that XML has, nothing fetched, nothing expanded. UTF-8,
// UTF-16 with its mark, or ISO 8859-1 where it says so. Names are looked up without their namespace prefix,
// because devices mix them.
class Xml {
public:
    explicit Xml(std::string_view text);
    [[nodiscard]] pugi::xml_node root() const { return document_.document_element(); }

private:
    pugi::xml_document document_;
};

// "Name" of "ns:Name".
std::string_view local_name(pugi::xml_node node);
// The first child of that local name; a null node where there is none.
pugi::xml_node child(pugi::xml_node node, std::string_view name);
// All children of that local name, in order; "" for every element.
std::vector<pugi::xml_node> children(pugi::xml_node node, std::string_view name = "");
// The text of the descendant at "a/b/c" (local names), trimmed; "" where there is none.
std::string text_at(pugi::xml_node node, std::string_view path);
// The elements below `node` without children, as "a/b/c" and text. Elements of one name beside each other
// are numbered from the second one on: "a/b", "a/b[2]". Attributes are left out.
std::vector<std::pair<std::string, std::string>> leaves(pugi::xml_node node);

using Json = nlohmann::json;
// A name that comes twice in one object is malformed, as are texts that are not UTF-8.
Json parse_json(std::string_view text);
// Leaves as "a.b[0].c" and text: strings as they are, true/false, numbers as written shortest, null as "".
std::vector<std::pair<std::string, std::string>> leaves(const Json& json);
// The member's text, number or truth value as text; "" where there is none.
std::string text_of(const Json& object, const std::string& member);

// YAML as Json: scalars become texts, numbers and truth values by the core schema; anchors and aliases are
// followed up to text_size_max bytes of what they expand to; one document, no tags of programs.
Json parse_yaml(std::string_view text);

// "name=value" lines (CR LF or LF), in order; blanks around the name are cut off, empty lines and those that
// begin with '#' or ';' are passed over. A line without '=' is malformed.
std::vector<std::pair<std::string, std::string>> parse_key_values(std::string_view text);

// What Windows' `reg export` writes, in UTF-16 or UTF-8.
constexpr std::string_view registry_header = "Windows Registry Editor Version 5.00";
struct RegistryValue {
    // `removed`: an import takes the value away.
    enum class Kind : std::uint8_t { text, number, bytes, removed };
    Kind kind = Kind::text;
    std::string text;  // a number in decimal; a list's texts with line breaks between them; or the bytes

    friend bool operator==(const RegistryValue&, const RegistryValue&) = default;
};
struct RegistryKey {
    std::string path;                             // "HKEY_LOCAL_MACHINE\\SOFTWARE\\…", as written
    std::map<std::string, RegistryValue> values;  // "" is the key's own value
};
bool looks_like_registry(std::string_view text);
std::vector<RegistryKey> parse_registry(std::string_view text);

// What mysqldump, mariadb-dump and pg_dump write: the rows of each table. Rows of a table that the dump does
// not create have the columns that their INSERT names, or column1, column2…
using SqlRow = std::map<std::string, std::optional<std::string>>;  // by column; empty: NULL
struct SqlTable {
    std::string name;                                // without its schema
    std::vector<std::string> columns;                // as created
    std::map<std::string, std::string> definitions;  // of these: "int(10) NOT NULL"
    std::vector<std::string> key;                    // the primary key's columns
    std::vector<SqlRow> rows;
};
struct SqlDump {
    std::vector<SqlTable> tables;
    std::vector<std::string> programs;  // what else it creates: views, triggers, functions…, as written
};
bool looks_like_sql(std::string_view text);
SqlDump parse_sql(std::string_view text);

std::string_view trimmed(std::string_view text);
std::string lower(std::string_view text);

}  // namespace coffre::model
