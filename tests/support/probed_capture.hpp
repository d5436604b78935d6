#pragma once
// One capture in a process of its own (coffre_capture_probe), to see what it costs and how it ends.

#include <string>
#include <vector>

#include "drivers/equipment/drivers.hpp"

namespace coffre::test {

struct ProbedCapture {
    int code = -1;       // of the error; 0: captured; -1: the process did not end well
    long peak_kib = -1;  // of memory
    bool complete = false;
    std::string message, whole;  // whole: all that it printed
    std::vector<std::string> files, cameras;

    [[nodiscard]] bool says(const std::string& part) const { return message.find(part) != std::string::npos; }
};

// `secrets` as arguments: those of tests are none.
ProbedCapture probed_capture(const std::string& driver, const drivers::DriverSettings& settings);

}  // namespace coffre::test
