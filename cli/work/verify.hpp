#pragma once
// Verification with or without a key, as one report.

#include "cli/work/session.hpp"

namespace coffre::cli {

struct VerifyRequest {
    bool no_key = false;
    bool read_data = false;
};

// Names first, always. Damage that keeps a key from opening the repository is a line of the report, not the
// end of it.
repo::VerifyReport verify(const Context& context, const VerifyRequest& request, ProgressLine& progress);

}  // namespace coffre::cli
