#pragma once
// Runs a program that a person asked for, on their terminal: by its list of arguments, found as a shell finds
// it, with this process's environment and standard streams. See run_program.hpp for programs that are
// nobody's.

#include <string>
#include <vector>

namespace coffre {

struct ForegroundEnd {
    bool signalled = false;
    int number = 0;  // the exit status, or the signal's number

    [[nodiscard]] bool succeeded() const { return !signalled && number == 0; }
};

// Waits for its end. Interrupts from the terminal are the program's alone meanwhile: whoever called goes on
// after them. `output_to_error`: what it prints goes to standard error. Error{failed} where it cannot be
// started. Not thread-safe.
ForegroundEnd run_in_foreground(const std::vector<std::string>& arguments, bool output_to_error);

}  // namespace coffre
