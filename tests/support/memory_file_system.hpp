#pragma once
// A FileSystem in memory that also knows what would be left after a power cut.
//
// Each file keeps its durable content and the writes since; each folder keeps its durable names and the
// changes of names since. Only File::sync and Directory::sync move anything from the second to the first, and
// nothing orders one folder's changes, or one file's writes, with any other's: that is all POSIX promises,
// and less than any journaling file system does. Thread-safe. All paths start at its own root, "/a" and "a"
// alike.

#include <memory>
#include <random>

#include "base/file_system.hpp"

namespace coffre::test {

enum class PowerCut : std::uint8_t {
    random,    // each change since the last sync kept or not; writes also torn at 512 bytes or left as zeros
    lose_all,  // nothing but what was synced
    keep_all,  // all that was done
};

class MemoryFileSystem final : public FileSystem {
public:
    MemoryFileSystem();
    MemoryFileSystem(MemoryFileSystem&&) = default;  // moved from: to be destroyed only
    MemoryFileSystem& operator=(MemoryFileSystem&&) = default;

    std::unique_ptr<Directory> open_directory(const std::string& path) override;
    std::unique_ptr<Directory> make_directories(const std::string& path) override;
    std::optional<FileStat> stat(const std::string& path) override;
    MediumKind medium_of(const std::string& path) override;

    // One state that may be found after the power went now. This one is left as it is; nobody holds a lock in
    // the new one.
    //   A write: whole, missing, its first part up to a 512-byte boundary, or zeros as long as it was.
    //   A name: as it was synced, or as any one change since then left it, whatever the other names show. So
    //   a file renamed from one folder into another may be found in either, in both, or in none.
    [[nodiscard]] MemoryFileSystem power_cut(std::mt19937_64& rng, PowerCut policy = PowerCut::random) const;

    void set_medium(MediumKind kind);               // memory until told otherwise
    void set_directory_sync_supported(bool works);  // false: Directory::sync answers false and syncs nothing
    void set_locks_supported(bool works);           // false: every attempt says that there are none
    void make_special(const std::string& path);     // something like a fifo; its folder must be there

    struct World;

private:
    std::shared_ptr<World> world_;
};

}  // namespace coffre::test
