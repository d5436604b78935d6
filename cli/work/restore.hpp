#pragma once
// Brings a snapshot's files back into a folder.

#include "cli/work/session.hpp"

namespace coffre::cli {

struct RestoreRequest {
    std::string snapshot;
    std::string to;
    std::vector<std::string> paths;    // empty: all
    std::string allow_plaintext;       // the reason; "": only to an encrypted or memory file system
    bool dry_run = false;              // everything is checked, nothing is written or journaled
    repo::Repository* from = nullptr;  // where the snapshot is read, if not in this copy
};

struct RestoreResult {
    std::string name;
    std::string to;
    std::uint64_t files = 0;
    std::uint64_t bytes = 0;
    bool verified = false;  // every byte written was read back and compared
};

// Refuses (16) a folder whose medium would keep clear text, and (1) to write over anything: both before the
// first byte. A clear-text override is journaled first, and refused where it cannot be.
RestoreResult restore(Session& session, const RestoreRequest& request, ProgressLine& progress);

// The same from an export (bak.hpp), by its own slots: needs no repository. Clear text on a clear medium is
// journaled in the repository that the export comes from, and refused (16) where that is not at hand.
RestoreResult restore_bak(const Context& context, const RestoreRequest& request, ProgressLine& progress);

// Every equipment of the inventory, each into a folder of its name below `request.to`: its newest snapshot,
// or the last one at or before `at` ("2025-05-10", "" for the newest), of those that have not expired. One
// that fails does not stop the others.
struct RestoreAllResult {
    std::vector<RestoreResult> restored;
    std::vector<std::pair<std::string, Message>> failed;       // equipment, why
    std::vector<std::pair<std::string, Message>> skipped;      // no snapshot (so early), or none that is kept
    std::vector<std::pair<std::string, Message>> passed_over;  // what expired before the one that was taken
};
RestoreAllResult restore_all(Session& session, const RestoreRequest& request, const std::string& at,
                             ProgressLine& progress);

}  // namespace coffre::cli
