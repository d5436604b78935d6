#pragma once
// Takes away clear exports once the repository holds them.

#include "cli/work/session.hpp"

namespace coffre::cli {

struct SourceRemoval {
    std::uint64_t removed = 0;
    std::vector<std::pair<std::string, Message>> kept;  // paths, and why each stays
};

// Deletes below `source` (a folder or a file that was captured as `snapshot`) each file and link whose bytes
// read back from the repository as they stand there now, and the folders that this leaves empty; `source`
// itself stays where it is a folder. What changed since the capture is not touched.
SourceRemoval remove_source(Session& session, const std::string& source, const journal::Snapshot& snapshot);

}  // namespace coffre::cli
