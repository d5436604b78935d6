#pragma once
// Names of machines, as addresses write them.

#include <string>

namespace coffre {

// What never leaves this machine: "localhost", "[::1]", 127.0.0.0/8.
bool is_loopback(const std::string& host);

}  // namespace coffre
