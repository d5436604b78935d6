#pragma once
// What the settings files say beside the defaults of options: hooks, and the files that `run` writes.

#include "cli/settings.hpp"
#include "hooks/hooks.hpp"

namespace coffre::cli {

struct RunSettings {
    std::vector<hooks::Hook> hooks;  // the user's, then those of the machine that bear other names
    std::string dashboard, metrics;  // files that `run` writes; "": none
};

// As read_settings_files, which checks them too.
RunSettings read_run_settings(FileSystem& files);

// Where the credentials come from, by the precedence of Context::credentials; nothing is read.
struct CredentialSource {
    std::string key_file, password_file;  // one of them, or ""
    std::string identity;                 // that an option or a variable names
    bool command = false;                 // a program prints the passphrase
    bool settings_file = false;           // it is a settings file that says so
};
CredentialSource credential_source(const Context& context);

}  // namespace coffre::cli
