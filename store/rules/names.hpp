#pragma once
// How snapshots are named among those of one site, and found by what a person wrote. The grammar of a name
// is in standard_name.hpp. Pure functions over folded state; not thread-safe, as that is not.

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "store/rules/order.hpp"

namespace coffre::rules {

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

// The time zone of a snapshot's name: the site's when it was recorded, so that a name never changes.
const std::string& zone_of(const journal::Site& site, const journal::Snapshot& snapshot);

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
    [[nodiscard]] std::vector<const journal::Snapshot*> bearing(const std::string& text) const;
    [[nodiscard]] const journal::Snapshot* by_full_name(const std::string& text) const;
    [[nodiscard]] const journal::Snapshot* by_equipment(const std::string& text) const;
    [[nodiscard]] const journal::Snapshot* by_prefix(const std::string& text) const;

    using Names = std::multimap<std::string, const journal::Snapshot*>;
    [[nodiscard]] const Names& names() const;
    [[nodiscard]] bool is_shared(const std::string& name, const journal::Snapshot& snapshot) const;

    // Newest first, as far as one of that time at least, or all.
    const std::vector<const journal::Snapshot*>& order_until(std::int64_t oldest_ns) const;

    const journal::State& state_;
    mutable NewestFirst rest_;
    mutable std::vector<const journal::Snapshot*> order_;  // those that rest_ gave
    // The same by equipment and minute on the clock of their zone: only equal ones can share a name.
    mutable std::unordered_multimap<std::size_t, const journal::Snapshot*> by_minute_;
    mutable Names names_;  // every name by every kind, made when first asked for
};

}  // namespace coffre::rules
