#pragma once
// This machine's signing key for one repository: kept outside it, sealed under the site key, so that a stolen
// disk signs nothing without also opening a slot.

#include "store/journal/cache.hpp"
#include "store/repo/repository.hpp"

namespace coffre::repo {

// "<state>/<repository id>", "" when nothing is kept.
std::string machine_folder(const LocalFolders& folders, const RepositoryId& repository);
std::string cache_folder(const LocalFolders& folders, const RepositoryId& repository);

// False: there was one, or it could not be kept.
bool save_machine_seed(FileSystem& files, const LocalFolders& folders, const crypto::KeyRing& ring,
                       crypto::Hedge& hedge, ByteView seed);
std::optional<crypto::SigningKey> load_machine_key(journal::SealedFolder& folder,
                                                   const crypto::KeyRing& ring);

}  // namespace coffre::repo
