#include "store/journal/cache.hpp"

#include "base/error.hpp"

namespace coffre::journal {

namespace {

constexpr std::uint64_t cache_size_max = 1ull << 30;

std::string scratch_name(const std::string& name, crypto::Hedge& hedge) {
    return name + "." + to_hex(hedge.seed().view().first(8));
}

}  // namespace

std::optional<Bytes> SealedFolder::read(const std::string& name, crypto::SealedKind kind,
                                        const crypto::KeyRing& ring) {
    if (path_.empty()) return std::nullopt;
    try {
        const auto folder = files_.open_directory(path_);
        if (!folder) return std::nullopt;
        const auto file = read_file(*folder, name, cache_size_max);
        if (!file) return std::nullopt;
        return crypto::open_file(kind, ring, *file, name);
    } catch (const Error&) {
        return std::nullopt;
    }
}

bool SealedFolder::replace(const std::string& name, ByteView sealed, crypto::Hedge& hedge) {
    if (path_.empty()) return false;
    std::unique_ptr<Directory> folder;
    const std::string scratch = scratch_name(name, hedge);
    try {
        folder = files_.make_directories(path_);
        // Not synced: a cache that a power cut tears does not open, and is made again.
        folder->create_file(scratch, 0600)->write(sealed);
        folder->rename(scratch, *folder, name);
        return true;
    } catch (const Error&) {
        try {
            if (folder) folder->remove_file(scratch);
        } catch (const Error&) {
            // The scratch stays: it is sealed, and there was no room for more.
        }
        return false;
    }
}

bool SealedFolder::write(const std::string& name, crypto::SealedKind kind, const crypto::KeyRing& ring,
                         crypto::Hedge& hedge, ByteView plain) {
    return !path_.empty() && replace(name, crypto::seal_file(kind, ring, hedge, plain), hedge);
}

std::unique_ptr<crypto::SealedPages> SealedFolder::open_pages(const std::string& name,
                                                              crypto::SealedKind kind,
                                                              const crypto::KeyRing& ring) {
    if (path_.empty()) return nullptr;
    try {
        const auto folder = files_.open_directory(path_);
        auto file = folder ? folder->open_file(name) : nullptr;
        return file ? std::make_unique<crypto::SealedPages>(kind, ring, std::move(file), name) : nullptr;
    } catch (const Error&) {
        return nullptr;
    }
}

std::optional<Sha256Digest> SealedFolder::write_pages(const std::string& prefix, crypto::SealedKind kind,
                                                      const crypto::KeyRing& ring, crypto::Hedge& hedge,
                                                      ByteView plain) {
    if (path_.empty()) return std::nullopt;
    const Bytes sealed = crypto::seal_pages(kind, ring, hedge, plain);
    const auto id = crypto::pages_id(sealed);
    return replace(prefix + id.hex(), sealed, hedge) ? std::optional(id) : std::nullopt;
}

void SealedFolder::remove_others(const std::string& prefix, const std::string& kept) {
    if (path_.empty()) return;
    try {
        const auto folder = files_.open_directory(path_);
        if (!folder) return;
        for (const auto& entry : folder->entries())
            if (entry.name.starts_with(prefix) && entry.name != kept) folder->remove_file(entry.name);
    } catch (const Error&) {  // NOLINT: it is in nobody's way
    }
}

bool SealedFolder::write_new(const std::string& name, crypto::SealedKind kind, const crypto::KeyRing& ring,
                             crypto::Hedge& hedge, ByteView plain) {
    if (path_.empty()) return false;
    try {
        const auto folder = files_.make_directories(path_);
        const auto guard = folder->try_lock(name + ".lock", LockMode::exclusive);
        if (!guard || folder->stat(name)) return false;
        write_file_durably(*folder, scratch_name(name, hedge), *folder, name,
                           crypto::seal_file(kind, ring, hedge, plain));
        return true;
    } catch (const Error&) {
        return false;
    }
}

}  // namespace coffre::journal
