#pragma once
// Brings a snapshot's files back into a folder.

#include "cli/work/session.hpp"

namespace coffre::cli {

struct RestoreRequest {
    std::string snapshot;
    std::string to;
    std::vector<std::string> paths;  // empty: all
    std::string allow_plaintext;     // the reason; "": only to an encrypted or memory file system
};

struct RestoreResult {
    std::string name;
    std::uint64_t files = 0;
    std::uint64_t bytes = 0;
    bool verified = false;  // every byte written was read back and compared
};

// Refuses (16) a folder whose medium would keep clear text, and (1) to write over anything: both before the
// first byte. A clear-text override is journaled first, and refused where it cannot be.
RestoreResult restore(Session& session, const RestoreRequest& request, ProgressLine& progress);

}  // namespace coffre::cli
