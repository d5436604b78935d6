#include "store/repo/machine.hpp"

namespace coffre::repo {

namespace {

const std::string machine_file = "machine";

std::string below(const std::string& folder, const RepositoryId& repository) {
    return folder.empty() ? "" : folder + "/" + repository.hex();
}

}  // namespace

std::string machine_folder(const LocalFolders& folders, const RepositoryId& repository) {
    return below(folders.state, repository);
}

std::string cache_folder(const LocalFolders& folders, const RepositoryId& repository) {
    return below(folders.cache, repository);
}

bool save_machine_seed(FileSystem& files, const LocalFolders& folders, const crypto::KeyRing& ring,
                       crypto::Hedge& hedge, ByteView seed) {
    journal::SealedFolder folder(files, machine_folder(folders, ring.repository));
    return folder.write_new(machine_file, crypto::SealedKind::machine, ring, hedge, seed);
}

std::optional<crypto::SigningKey> load_machine_key(journal::SealedFolder& folder,
                                                   const crypto::KeyRing& ring) {
    auto seed = folder.read(machine_file, crypto::SealedKind::machine, ring);
    if (!seed || seed->size() != 32) return std::nullopt;
    crypto::SigningKey key(*seed);
    crypto::wipe(*seed);
    return key;
}

}  // namespace coffre::repo
