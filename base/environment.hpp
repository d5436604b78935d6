#pragma once
// What the world outside is to the code that runs: passed in, never fetched.

#include <cstdint>

#include "base/clock.hpp"
#include "base/file_system.hpp"
#include "base/random.hpp"

namespace coffre {

struct Environment {
    FileSystem& files;
    Clock& clock;
    Random& random;
    std::uint64_t process_id = 0;
};

}  // namespace coffre
