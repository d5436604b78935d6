#pragma once
// This process and the ones that it starts: environment variables, the terminal, child commands.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace coffre {

std::uint64_t process_id();
std::string host_name();
std::string user_name();  // login name, "unknown" where there is none

// No core dumps, no tracing by others of this user: secrets and configurations are in this process's memory.
void harden_process();

// Buffers of megabytes come and go: freed ones are used again, and not given back to the system, which would
// clear each page of the next one.
void keep_freed_memory();

// What this process runs, as files.
struct LoadedFile {
    std::string name;  // that it is asked for by: "libzstd.so.1"
    std::string path;  // of the file itself, links resolved
};
struct LoadedProgram {
    std::string executable;             // path; the program itself, also where a loader was told to run it
    LoadedFile loader;                  // the dynamic loader; no name: a static program
    std::vector<LoadedFile> libraries;  // all shared objects that are loaded now, without the loader
};
// Error{failed} where the system does not tell (no /proc).
LoadedProgram loaded_program();

// Empty when unset or set to nothing.
std::optional<std::string> environment_variable(const char* name);
// Reads it, then overwrites the bytes where the system shows them (/proc/…/environ) and unsets it.
std::optional<std::string> take_environment_variable(const char* name);

bool standard_output_is_terminal();
bool standard_error_is_terminal();
bool standard_input_is_terminal();
int terminal_width();  // columns of standard output, 80 where it is no terminal; at most 100

// The next line of standard input, without its end; empty when nothing comes any more.
std::optional<std::string> read_input_line();

// Asks on the controlling terminal without echo; empty when there is none. The answer has no line end.
std::optional<std::string> ask_secret(const std::string& prompt);

// Runs `command` by /bin/sh with a small allow-listed environment, standard error passed on, and returns what
// it prints (the first 64 KiB), which the caller wipes. Empty when it cannot run or fails.
std::optional<std::string> output_of_command(const std::string& command);
// The first line of that. Error{failed} when it cannot run, fails, or prints nothing.
std::string first_line_of_command(const std::string& command);

}  // namespace coffre
