#pragma once
// The one seam to files. Everything goes through a handle on a folder, by single names below it, and never
// follows a symbolic link there: a hostile tree cannot lead out of the folder that was opened.
//
// Errors: every call throws Error with Errc::no_space (no room or quota), Errc::failed (anything else, with
// Msg::file_error naming the path and the reason). "Not there" is an answer where the signature says
// optional. Thread-safety: one handle is used by one thread at a time; different handles are independent.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"

namespace coffre {

enum class FileType : std::uint8_t { regular, directory, link, other };

struct FileStat {
    FileType type = FileType::other;
    std::uint64_t size = 0;        // bytes
    std::uint32_t mode = 0;        // permission bits, 07777
    std::int64_t modified_ns = 0;  // since the epoch
    std::int64_t changed_ns = 0;   // since the epoch: the inode's own change time
    std::uint64_t device = 0;
    std::uint64_t inode = 0;

    friend bool operator==(const FileStat&, const FileStat&) = default;
};

struct DirectoryEntry {
    std::string name;  // any bytes but '/' and NUL
    FileType type = FileType::other;
};

// An open regular file. Closed by the destructor, which reports nothing: whoever wrote calls sync() first.
class File {
public:
    virtual ~File() = default;
    // Fewer bytes than asked only at the end of the file.
    virtual std::size_t read_at(std::uint64_t offset, std::span<std::uint8_t> out) = 0;
    virtual void write(ByteView bytes) = 0;  // all of them, at the end
    virtual void sync() = 0;                 // on stable storage when it returns; a failure is final
    virtual FileStat stat() = 0;
    // Its permission bits, whatever the process takes from new files; nothing happens where there are none.
    virtual void set_mode(std::uint32_t mode) { (void)mode; }
    // What the system keeps in memory of these bytes (`count` 0: to the end) is dropped: the next read asks
    // the medium. Only what was synced can go; where the system cannot, nothing happens.
    virtual void forget_cached(std::uint64_t offset, std::uint64_t count) {
        (void)offset;
        (void)count;
    }
};

// Holds until destroyed or until the process dies.
class FileLock {
public:
    virtual ~FileLock() = default;
};

enum class LockMode : std::uint8_t { shared, exclusive };

struct LockAttempt {
    std::unique_ptr<FileLock> lock;  // null: somebody else holds it, or there are no locks here
    bool supported = true;           // false: this file system has no locks

    explicit operator bool() const { return lock != nullptr; }
};

class Directory {
public:
    virtual ~Directory() = default;

    virtual std::vector<DirectoryEntry> entries() = 0;  // without "." and "..", sorted by bytes
    // The same in no order, where there are thousands. `name` lives as long as the call.
    virtual void each_entry(const std::function<void(std::string_view name, FileType type)>& fn) {
        for (const auto& entry : entries()) fn(entry.name, entry.type);
    }
    virtual std::optional<FileStat> stat(const std::string& name) = 0;

    // Regular files only; a link, a folder or a device in that place throws. Empty when nothing is there.
    virtual std::unique_ptr<File> open_file(const std::string& name) = 0;
    // Fails when the name exists in any form.
    virtual std::unique_ptr<File> create_file(const std::string& name, std::uint32_t mode) = 0;

    virtual std::unique_ptr<Directory> open_directory(const std::string& name) = 0;  // null: not there
    virtual std::unique_ptr<Directory> make_directory(const std::string& name) = 0;  // or opens it

    virtual std::string read_link(const std::string& name) = 0;
    virtual void make_link(const std::string& name, const std::string& target) = 0;

    // Atomic; replaces what is there. `target` is a folder of the same FileSystem.
    virtual void rename(const std::string& name, Directory& target, const std::string& target_name) = 0;
    virtual void remove_file(const std::string& name) = 0;       // also links; silent when not there
    virtual void remove_directory(const std::string& name) = 0;  // must be empty
    // Names made, renamed or removed in it are on stable storage when it returns. False: this file system
    // cannot say (EINVAL), noted by the caller as a property of the medium.
    virtual bool sync() = 0;

    // The file is made when it is not there.
    virtual LockAttempt try_lock(const std::string& name, LockMode mode) = 0;

    // For messages only.
    [[nodiscard]] virtual std::string path() const = 0;
};

// How a file system keeps what is written to it.
enum class MediumKind : std::uint8_t { memory, encrypted, clear, unknown };

// Room of a file system, for an unprivileged user.
struct SpaceInfo {
    std::uint64_t free_bytes = 0;
    std::uint64_t total_bytes = 0;
    bool read_only = false;  // mounted so
};

// The device that a file system lies on, as people know it. "" where the system does not tell.
struct DeviceInfo {
    std::string name;    // "sdb1", "nas:/export"
    std::string serial;  // the maker's, of the whole disk
};

class FileSystem {
public:
    virtual ~FileSystem() = default;

    // The folder at `path`, links on the way followed (the user named it). Null when nothing is there;
    // throws when it is not a folder.
    virtual std::unique_ptr<Directory> open_directory(const std::string& path) = 0;
    // Makes what is missing on the way, mode 0700.
    virtual std::unique_ptr<Directory> make_directories(const std::string& path) = 0;
    // What `path` is, a link at its end followed. Empty when nothing is there.
    virtual std::optional<FileStat> stat(const std::string& path) = 0;

    // The same place without a link on the way or at the end, for a path that the user named; unchanged where
    // nothing is there.
    virtual std::string resolve(const std::string& path) { return path; }

    // What a clear file written at `path` (or at its nearest existing parent) would lie on. Memory counts as
    // such only where the system has no clear swap.
    virtual MediumKind medium_of(const std::string& path) = 0;
    // Of what `path` lies on, which must be there; empty where the system does not tell.
    virtual std::optional<SpaceInfo> space_of(const std::string& path) {
        (void)path;
        return std::nullopt;
    }
    virtual DeviceInfo device_of(const std::string& path) {
        (void)path;
        return {};
    }
};

FileSystem& system_files();

// Reads a whole file of at most `limit` bytes; empty when it is not there, Error when it is larger.
std::optional<Bytes> read_file(Directory& folder, const std::string& name, std::uint64_t limit);

// Writes name + sync + rename over + folder sync: afterwards the file is there whole, or was not touched.
// `scratch` (a folder of the same file system) holds it until then. A `mode` other than the usual one
// is given to it also where the process' umask would take some of it away: others are meant to read it.
void write_file_durably(Directory& scratch, const std::string& scratch_name, Directory& folder,
                        const std::string& name, ByteView bytes, std::uint32_t mode = 0600);

// "a/b/c" -> {"a/b", "c"}; "c" -> {".", "c"}. Trailing slashes are dropped.
std::pair<std::string, std::string> split_path(std::string_view path);

// {"a", "b"} <-> "a/b"; split_names drops empty names, so slashes in front, behind and doubled do not matter.
std::string join_names(const std::vector<std::string>& names);
std::vector<std::string> split_names(const std::string& path);

}  // namespace coffre
