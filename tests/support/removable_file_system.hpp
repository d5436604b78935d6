#pragma once
// A system's file system with a mount point on which media are plugged in and pulled out, all in memory.
//
// Below the mount point lies the medium that is plugged in, or else the empty folder of the system's disk.
// A handle on a medium answers EIO from the moment that it is pulled, also after it is plugged in again;
// or goes on (set_handles_survive).
// Every call that asks or changes something counts, reading ones too, so that a test can pull at each.
// Not thread-safe.

#include <memory>
#include <optional>
#include <string>

#include "base/file_system.hpp"
#include "tests/support/memory_file_system.hpp"

namespace coffre::test {

class RemovableFileSystem final : public FileSystem {
public:
    // `mount_point`: an absolute path without a slash at its end. It is there, and empty.
    explicit RemovableFileSystem(std::string mount_point);

    void plug(MemoryFileSystem& medium);  // kept by reference until pulled
    void pull();
    void pull_at(std::uint64_t n);  // just before the n-th call from now on; 0: never
    void set_read_only(bool read_only);
    void set_handles_survive(bool survive);  // as after a lazy unmount: they go on as if nothing were
    void set_room(std::optional<std::uint64_t> bytes);  // what can still be written to media; empty: no end
    void set_device(DeviceInfo device);

    [[nodiscard]] std::uint64_t calls() const;
    [[nodiscard]] std::uint64_t forgotten_bytes() const;  // dropped from memory before they were read
    MemoryFileSystem& system();                           // the disk beneath

    std::unique_ptr<Directory> open_directory(const std::string& path) override;
    std::unique_ptr<Directory> make_directories(const std::string& path) override;
    std::optional<FileStat> stat(const std::string& path) override;
    MediumKind medium_of(const std::string& path) override;
    std::optional<SpaceInfo> space_of(const std::string& path) override;
    DeviceInfo device_of(const std::string& path) override;

    struct State;  // shared with the handles

private:
    // Where `path` leads now, and the path there.
    std::pair<FileSystem*, std::string> route(const std::string& path);
    std::unique_ptr<Directory> wrap(std::unique_ptr<Directory> folder, const FileSystem* of,
                                    const std::string& path);

    std::string mount_point_;
    MemoryFileSystem system_;
    DeviceInfo device_;
    std::shared_ptr<State> state_;
};

}  // namespace coffre::test
