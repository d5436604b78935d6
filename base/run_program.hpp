#pragma once
// Runs one program, by its list of arguments: no shell, no search but in a fixed list of folders, a small
// environment, and nothing of it on any disk. What it is given to read and its secrets are files in memory.
// It runs in a session of its own, without a terminal, and neither it nor what it starts outlives the call
// (but for what puts itself into yet another session).

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/secret_text.hpp"

namespace coffre {

// Where a bare name is looked for, and the PATH of what runs.
constexpr const char* program_folders = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

struct Program {
    // The first is the program: an absolute path, or a name in one of `program_folders`. "{secret:NAME}"
    // within an argument or within a value of `environment` becomes the path of a file that holds the secret
    // of that name: readable by this user alone, in memory alone, and gone with the program. Only the program
    // itself can open it, and what it starts with its descriptors kept.
    std::vector<std::string> arguments;
    SecretTexts secrets;
    // Beside PATH, LC_ALL=C, HOME, USER and LOGNAME, which it may replace. No secrets in here: others of this
    // machine may be able to read it.
    std::map<std::string, std::string> environment;
    ByteView input;  // all that its standard input holds
    int time_limit_s = 600;
    std::uint64_t output_limit = 64ull << 20;  // bytes
};

enum class ProgramEnd : std::uint8_t {
    exited,
    signalled,
    too_long,  // killed at the time limit
    too_much,  // killed at the output limit
};

struct ProgramResult {
    ProgramEnd end = ProgramEnd::exited;
    int number = 0;  // the exit status, or the signal's number
    // The last bytes that it wrote to standard error. May hold parts of a configuration: never shown unasked.
    SecretText last_words;

    [[nodiscard]] bool succeeded() const { return end == ProgramEnd::exited && number == 0; }
};

// Its standard output goes to `output` in pieces, while it runs, and never more than `output_limit` bytes in
// all; what `output` throws ends the program and comes through. Error{failed} where there is no such program
// or it cannot be started. Thread-safe.
ProgramResult run_program(const Program& program, const std::function<void(ByteView)>& output);

}  // namespace coffre
