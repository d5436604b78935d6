#pragma once
// Defaults of a user and of a machine, as TOML (docs/cli/coffre.md, "Settings file").

#include <optional>
#include <string>
#include <vector>

#include "base/file_system.hpp"

namespace coffre::cli {

struct SettingsFile {
    std::optional<std::string> repo, key_file, identity, password_file, password_command, lang, cache_dir,
        fleet;
    std::optional<bool> quiet;
};

// Those that exist, the user's before the machine's. Error{usage} naming file and line for what is not TOML,
// for a key that is not known and for a value of another sort; also for a file that others may write, since
// it can name a command to run. A passphrase has no place in it.
std::vector<SettingsFile> read_settings_files(FileSystem& files);

}  // namespace coffre::cli
