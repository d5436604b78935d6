#pragma once
// What this machine keeps outside the repository: caches that make opening cheap, and its own signing key.
// Everything in it is sealed under the site key; a cache that is missing, old or damaged costs time and
// nothing else, because it is never believed over the repository.

#include <memory>
#include <string>

#include "base/environment.hpp"
#include "store/crypto/sealed_pages.hpp"

namespace coffre::journal {

// One folder of sealed files by name. Failures to read or write it are answers, never errors. Not
// thread-safe.
class SealedFolder {
public:
    // `path` is made when first written to. An empty path: nothing is kept.
    SealedFolder(FileSystem& files, std::string path) : files_(files), path_(std::move(path)) {}

    std::optional<Bytes> read(const std::string& name, crypto::SealedKind kind, const crypto::KeyRing& ring);
    // Replaces what was there; false when it could not be written.
    bool write(const std::string& name, crypto::SealedKind kind, const crypto::KeyRing& ring,
               crypto::Hedge& hedge, ByteView plain);
    // A file of which parts are read (crypto::SealedPages); null where it does not open.
    std::unique_ptr<crypto::SealedPages> open_pages(const std::string& name, crypto::SealedKind kind,
                                                    const crypto::KeyRing& ring);
    // Writes one under `prefix` and its id in hex: that id, empty when it could not be written.
    std::optional<Sha256Digest> write_pages(const std::string& prefix, crypto::SealedKind kind,
                                            const crypto::KeyRing& ring, crypto::Hedge& hedge,
                                            ByteView plain);
    // What bears that prefix goes, but for `kept`.
    void remove_others(const std::string& prefix, const std::string& kept);
    // Writes only where nothing is, durably; false when something was there or it could not be written.
    bool write_new(const std::string& name, crypto::SealedKind kind, const crypto::KeyRing& ring,
                   crypto::Hedge& hedge, ByteView plain);
    [[nodiscard]] const std::string& path() const { return path_; }

private:
    bool replace(const std::string& name, ByteView sealed, crypto::Hedge& hedge);

    FileSystem& files_;
    std::string path_;
};

}  // namespace coffre::journal
