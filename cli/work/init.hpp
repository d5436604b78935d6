#pragma once
// Makes the repository of one site.

#include "cli/settings.hpp"

namespace coffre::cli {

struct InitRequest {
    journal::Site site;
    std::string key_file_out;  // "": no key-file slot
};

// Codes are folded (upper case, ASCII). Codes and time zone are checked before anything is touched. An
// existing file at key_file_out is never replaced.
RepositoryId init_repository(const Context& context, InitRequest& request);

}  // namespace coffre::cli
