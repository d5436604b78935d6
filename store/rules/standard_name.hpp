#pragma once
// The grammar of names: codes of clients, sites, types and equipments, kinds, and the standard name of a
// snapshot with its seven fields,
//   CLIENT_SITE_TYPE_EQUIPMENT_YYYYMMDD_HHMM_KIND
// Written in one canonical form; read in the forms that people and older files use. Pure functions,
// thread-safe. Every refusal is an Error{usage} with a reason of its own.
//
// An equipment cannot be mistaken for the beginning of a commit: those are lower case, codes are upper case.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coffre::rules {

enum class Code : std::uint8_t { client, site, type, equipment };

// The code that a person typed (UTF-8): upper-cased, folded to ASCII (É to E, Œ to OE), and checked:
// [A-Z0-9][A-Z0-9-]*, 2–16, 2–24, 2–8 and 1–48 characters, no name that Windows keeps for a device.
std::string fold_code(Code which, std::string_view text);

// HEBDO, MENSUEL, PRE or POST, from any case and with accents, also as PREMODIF, PRE-MODIFICATION,
// POST-MODIFICATION…
std::string fold_kind(std::string_view text);

// What of a name that was read is not in the canonical form.
enum class Legacy : std::uint8_t {
    folded,           // lower case, accents
    kind_word,        // PREMODIF…
    equipment_field,  // '_' inside the equipment's name, read as '-'
    month_only,       // a date of six digits: the day is not known
};

struct StandardName {
    std::string client, site, type, equipment;
    int year = 1970;
    unsigned month = 1;
    std::optional<unsigned> day;  // empty: Legacy::month_only
    unsigned hour = 0, minute = 0;
    std::string kind;
    std::string commit_digits;  // the 8 behind '~', "" where there are none
    std::vector<Legacy> legacy;
};

// Reads a name, or the name of a file: ".bak" at its end is dropped. Three fields from the left, three from
// the right, what is between is the equipment.
StandardName parse_standard_name(std::string_view text);

// The canonical text, with "~" where commit_digits are there. The inverse of parse_standard_name.
std::string format_standard_name(const StandardName& name);

}  // namespace coffre::rules
