#pragma once
// The table of commands: each file of this folder registers one.

#include <functional>

#include <CLI/CLI.hpp>

#include "cli/settings.hpp"

namespace coffre::cli {

// Registers options on `app`, and sets `run` to what the command does; run returns the exit status.
using Run = std::function<int(Context&)>;
using Register = void (*)(CLI::App& app, Run& run);

void register_init(CLI::App& app, Run& run);
void register_capture(CLI::App& app, Run& run);
void register_log(CLI::App& app, Run& run);
void register_ls(CLI::App& app, Run& run);
void register_cat(CLI::App& app, Run& run);
void register_restore(CLI::App& app, Run& run);
void register_verify(CLI::App& app, Run& run);
void register_stats(CLI::App& app, Run& run);
void register_version(CLI::App& app, Run& run);

struct Command {
    const char* name;
    Msg summary;
    Register add;
};

inline constexpr Command commands[] = {
    {"init", Msg::help_init, register_init},
    {"capture", Msg::help_capture, register_capture},
    {"log", Msg::help_log, register_log},
    {"ls", Msg::help_ls, register_ls},
    {"cat", Msg::help_cat, register_cat},
    {"restore", Msg::help_restore, register_restore},
    {"verify", Msg::help_verify, register_verify},
    {"stats", Msg::help_stats, register_stats},
    {"version", Msg::help_version, register_version},
};

// "2026-11-23T03:00:00Z" given to an option; Error{usage} naming the option when it is none.
Timestamp parse_time_option(const std::string& option, const std::string& text);

}  // namespace coffre::cli
