#pragma once
// The system's error numbers as ours: the one place that knows both.

#include <string>

#include "base/error.hpp"

namespace coffre {

// Error{no_space} with a hint for ENOSPC and EDQUOT, Error{failed} for all others; says `path` and the
// reason.
Error os_error(const std::string& path, int number);

}  // namespace coffre
