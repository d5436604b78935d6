#pragma once
// What a file would lie on, as far as the kernel tells: memory, an encrypted device, a clear one; and which.
//
// Read from the mount table, the swap table, the block device tree and udev's records; nothing is written.
// Whatever cannot be read makes the answer `unknown`, never `encrypted` or `memory`.

#include <cstdint>
#include <string>

#include "base/file_system.hpp"

namespace coffre {

struct MediumRoots {
    std::string proc = "/proc";
    std::string sys = "/sys";
    std::string udev = "/run/udev/data";
};

// `path` is absolute and without links; major:minor is the device number that stat gives for it.
MediumKind medium_of_mount(const std::string& path, unsigned major, unsigned minor, const MediumRoots& roots);

// Which device that is. The name is that of what the mount lies on ("sdb1", "dm-3", "nas:/export"), the
// serial that of the one disk beneath all layers: none where there are several.
DeviceInfo device_of_mount(const std::string& path, unsigned major, unsigned minor, const MediumRoots& roots);

// "memory", "encrypted", "clear", "unknown".
std::string medium_name(MediumKind kind);

}  // namespace coffre
