#pragma once
// Where a repository lies: named immutable byte sequences in a few folders. store/ works on this and never
// knows which one it is; a folder on disk, an object store and a test's memory look alike.
//
// Names are "folder/file" ("packs/9f…e1.pack") or a bare file ("coffre.json"). Thread-safe.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/file_system.hpp"
#include "base/random.hpp"

namespace coffre {

// The folders of a repository, in the order in which a copy is written: what names others comes after them.
inline constexpr std::string_view repository_folders[] = {"packs", "index", "keys", "retired", "journal"};

struct BlobInfo {
    std::string name;        // without its folder
    std::uint64_t size = 0;  // bytes
    // When it was written, nanoseconds since the epoch by the clock of where it lies; 0: unknown. A hint for
    // the order in which to copy, never more.
    std::int64_t written_ns = 0;
};

class BlobStore {
public:
    virtual ~BlobStore() = default;

    // Sorted by name; empty when the folder does not exist. Only regular files.
    virtual std::vector<BlobInfo> list(const std::string& folder) = 0;
    // The names alone, in no order, which is cheaper where there are thousands. `fn`'s view lives as long as
    // its call.
    virtual void each_name(const std::string& folder, const std::function<void(std::string_view)>& fn) {
        for (const auto& blob : list(folder)) fn(blob.name);
    }

    // Everything of a repository with its size: coffre.json and the files of repository_folders, each with
    // its folder ("packs/9f…e1.pack"), sorted. One request where the store can.
    virtual std::vector<BlobInfo> list_all();

    virtual std::optional<std::uint64_t> size(const std::string& name) = 0;
    // The whole; empty when it is not there; Error{damaged} when it is larger than `limit` bytes.
    virtual std::optional<Bytes> get(const std::string& name, std::uint64_t limit) = 0;
    // Exactly `count` bytes from `offset`; Error{damaged} when they are not all there.
    virtual Bytes get_range(const std::string& name, std::uint64_t offset, std::uint64_t count) = 0;

    // Durable and whole when it returns; whatever happens before leaves nothing under that name. False when
    // the name was there already: it is left as it is.
    virtual bool put(const std::string& name, ByteView bytes) = 0;

    virtual void remove(const std::string& name) = 0;  // silent when not there

    // The named lock, waited for at most `timeout_ms`. Error{locked} when it stays taken. Null: this store
    // has no locks.
    virtual std::unique_ptr<FileLock> lock(const std::string& name, LockMode mode, int timeout_ms) = 0;

    // For messages: a path or URL without credentials.
    [[nodiscard]] virtual std::string location() const = 0;
};

// A folder below a FileSystem. `root` is kept. Files are written in tmp/, synced, renamed, their folder
// synced. Folders are made when first written to.
enum class ReadFrom : std::uint8_t {
    memory,  // where the system has the bytes at hand
    medium,  // each read asks the medium itself, as far as the system lets it: for reading back
};
std::unique_ptr<BlobStore> directory_blob_store(std::unique_ptr<Directory> root, Clock& clock, Random& random,
                                                ReadFrom read_from = ReadFrom::memory);

}  // namespace coffre
