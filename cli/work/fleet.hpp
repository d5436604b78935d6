#pragma once
// Many sites by one command: the repositories of a vault folder, each opened with the identity or the key at
// hand, which is derived once.

#include <functional>

#include "cli/work/session.hpp"

namespace coffre::cli {

// What could not be done of one site.
struct FleetFailure {
    std::string folder;  // below the vault
    Error error;
};

struct Vault {
    std::string folder;
    // Folders below it that hold a repository, at most two deep and sorted; "." where it is one itself.
    std::vector<std::string> sites;
    std::vector<FleetFailure> unreadable;  // folders that may hold some
};
// Links are not followed, what begins with a dot is passed over. Error{failed} where the folder is not there,
// Error{no_repository} where none is below it.
Vault find_sites(const Context& context, const std::string& folder);

// The folder that was named, else the setting `fleet`. Error{usage} where neither says one.
std::string fleet_folder(const Context& context, const std::string& named);

// Opens each site of the vault and calls fn with it and its place in the list, `jobs` at once: what it does
// for one site is for that alone. What it throws as an Error is that site's failure and ends nothing else.
// The failures, those of the vault among them, are sorted by folder.
std::vector<FleetFailure> each_site(const Context& context, const Vault& vault, int jobs,
                                    const std::function<void(Session&, std::size_t)>& fn);
// For what only reads: more would wait for each other's disk.
inline constexpr int reading_jobs = 2;

// {"folder", "code", "message", "hint"} of each.
Json failures_json(const std::vector<FleetFailure>& failures);
// A line on standard error for each.
void tell_failures(const std::vector<FleetFailure>& failures);
// 0, 3 where some failed, the code that all have where nothing else was done.
int fleet_status(const std::vector<FleetFailure>& failures, std::size_t done);

}  // namespace coffre::cli
