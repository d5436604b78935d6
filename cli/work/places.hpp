#pragma once
// Remotes as cli/work meets them: from a record or a URL to an opened store, held against the residency rule,
// with what this machine remembers of it.

#include <memory>
#include <optional>
#include <string>

#include "base/remote_store.hpp"
#include "cli/settings.hpp"
#include "drivers/remote/remotes.hpp"
#include "store/repo/remote_memory.hpp"

namespace coffre::cli {

// "URL?key=value&…": a place that no record tells of. Error{usage} for what is no URL.
journal::Remote place_of_url(const std::string& text);

// Error{usage} for a name that no remote can bear.
void check_remote_name(const std::string& name);

// What one place is remembered by: two media may be plugged in at one path, one after the other.
std::string memory_key(const journal::Remote& place);

// What this machine remembers of the repository's other copies.
repo::Memory memory_of(const Context& context, const RepositoryId& repository);

// Opens it. `repository`: the one that is to be there, where it is known. `residency`: the policy's list; a
// cloud remote outside of it is refused (16) before a byte goes there.
std::unique_ptr<RemoteStore> open_place(const Context& context, const journal::Remote& place,
                                        const std::optional<RepositoryId>& repository,
                                        const std::vector<std::string>& residency, remote::Open how);

// The same for reading alone: what would write there is refused (16).
std::unique_ptr<BlobStore> open_for_reading(const Context& context, const journal::Remote& place,
                                            const std::optional<RepositoryId>& repository,
                                            const std::vector<std::string>& residency);

// The store at a URL, for reading alone: what writes is told to clone.
std::unique_ptr<BlobStore> open_directly(const Context& context, const std::string& url);

// Was anything there before that is neither there nor retired now? Error{damaged} unless the user says
// --despite-damage. What is seen is remembered.
void check_not_set_back(const Context& context, const std::string& url, BlobStore& store,
                        const repo::Repository& repository);

}  // namespace coffre::cli
