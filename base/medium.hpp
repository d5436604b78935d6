#pragma once
// What a file would lie on, as far as the kernel tells: memory, an encrypted device, a clear one.
//
// Read from the mount table, the swap table and the block device tree only; nothing is written, and whatever
// cannot be read makes the answer `unknown`, never `encrypted` or `memory`.

#include <cstdint>
#include <string>

#include "base/file_system.hpp"

namespace coffre {

struct MediumRoots {
    std::string proc = "/proc";
    std::string sys = "/sys";
};

// `path` is absolute and without links; major:minor is the device number that stat gives for it.
MediumKind medium_of_mount(const std::string& path, unsigned major, unsigned minor, const MediumRoots& roots);

}  // namespace coffre
