#pragma once
// How things are named: codes of clients, sites, types and equipments, kinds, and the standard name of a
// snapshot,
//   CLIENT_SITE_TYPE_EQUIPMENT_YYYYMMDD_HHMM_KIND
// in the site's time zone. Pure functions over folded state, thread-safe.

#include <string>
#include <vector>

#include "store/journal/state.hpp"

namespace coffre::rules {

enum class Code : std::uint8_t { client, site, type, equipment };

// [A-Z0-9][A-Z0-9-]*, 2–16, 2–24, 2–8 and 1–48 characters. Error{usage} says which rule is broken.
void check_code(Code which, const std::string& text);

// The kinds that a capture may be given: HEBDO, PRE, POST. Error{usage} otherwise; MENSUEL is given by the
// rule of mensuel_applies and never asked for.
void check_captured_kind(const std::string& kind);

// The name that a snapshot has by one of its kinds, without "~".
std::string standard_name(const journal::Site& site, const journal::Snapshot& snapshot,
                          const std::string& kind);

// Does a new complete snapshot of `equipment`, taken at `time` as `kind`, also get MENSUEL? The first
// complete one of its calendar month does; where that is PRE or POST, the first HEBDO of the month does too.
bool mensuel_applies(const journal::State& state, const std::string& equipment, Timestamp time,
                     const std::string& kind);

// Newest first: by time, then by when they were recorded, then by commit.
std::vector<const journal::Snapshot*> newest_first(const journal::State& state);

// Printed names: standard_name of the kind captured as, with "~" and 8 digits of the commit where several
// share it.
class NameBook {
public:
    explicit NameBook(const journal::State& state);

    [[nodiscard]] std::string name(const journal::Snapshot& snapshot) const;

    // The snapshot that `text` names, by the rules of "Where a snapshot may be named" (docs/cli.md).
    // Error{failed} when there is none, Error{usage} with the candidates when it names several.
    [[nodiscard]] const journal::Snapshot& find(const std::string& text) const;

    struct Target {
        const journal::Snapshot* snapshot;
        std::string path;  // behind the ':', "" when there was none
    };
    [[nodiscard]] Target find_with_path(const std::string& text) const;

private:
    [[nodiscard]] const journal::Snapshot* by_full_name(const std::string& text) const;
    [[nodiscard]] const journal::Snapshot* by_equipment(const std::string& text) const;
    [[nodiscard]] const journal::Snapshot* by_prefix(const std::string& text) const;

    const journal::State& state_;
    std::vector<const journal::Snapshot*> order_;
    std::multimap<std::string, const journal::Snapshot*> names_;  // every name by every kind
};

}  // namespace coffre::rules
