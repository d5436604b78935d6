#pragma once
// What this process did with hooks, so that none hears one thing twice, or is waited for again and again.

#include <cstddef>
#include <map>
#include <set>
#include <string>

#include "base/ids.hpp"

namespace coffre::cli {

// What became of anomalies and their alerts.
struct KeptUp {
    std::size_t opened = 0, resolved = 0;
    std::size_t alerts = 0, alerts_failed = 0;  // that all who want them took, and that somebody did not
};

// Shared by all that opens a repository in this process. Not thread-safe: what tells hooks is one thread.
struct HookLog {
    struct Site {
        KeptUp kept;                        // in all
        std::map<std::string, bool> works;  // by hook: all that it was told went well
        std::set<std::string> alerts;       // ids of those that were tried
        bool settles_later = false;         // that a hook works is observed once, at the end (settle_hooks)
    };
    std::map<RepositoryId, Site> sites;
    std::set<std::string> hung;  // hooks that ran into their time limit: left out from then on
};

}  // namespace coffre::cli
