#pragma once
// What changed: between two snapshots, and in one file through all snapshots of its equipment.

#include "cli/work/session.hpp"
#include "store/repo/diff.hpp"

namespace coffre::cli {

struct FileDiff {
    repo::Change change;
    bool large = false;   // not loaded: more than repo::compare_max
    bool binary = false;  // not compared line by line
    std::uint64_t lines_added = 0, lines_removed = 0;
};

struct Comparison {
    // `before` null: against nothing.
    Comparison(repo::Repository& repository, const journal::Snapshot* before, const journal::Snapshot& after,
               const std::vector<std::string>& paths);
    Comparison(repo::Repository& repository, std::vector<repo::Change> found);

    std::vector<FileDiff> changes;
    std::uint64_t lines_added = 0, lines_removed = 0;
};

// The kept snapshot of the same equipment that is listed next after it; null where there is none.
const journal::Snapshot* snapshot_before(const journal::State& state, const journal::Snapshot& snapshot);

// Kept snapshots of its equipment up to `last`, oldest first.
std::vector<const journal::Snapshot*> snapshots_until(const journal::State& state,
                                                      const journal::Snapshot& last);

struct PatchOptions {
    unsigned context = 3;       // lines
    bool binary = false;        // binary content too, so that git can apply it
    bool show_secrets = false;  // else values that are known to be secrets are masked
};

// One file's change as git writes it ("diff --git …"), a line an element, without line ends.
std::vector<std::string> patch_lines(repo::Repository& repository, const FileDiff& diff,
                                     const PatchOptions& options);

// A path as git quotes it in patches.
std::string quote_path(const std::string& path);

// The kept snapshots of `last`'s equipment that changed `path`, oldest first, up to `last`.
struct FileVersion {
    const journal::Snapshot* snapshot = nullptr;
    std::optional<repo::FileEntry> before, after;  // one of them, or both
};
std::vector<FileVersion> file_history(Session& session, const journal::Snapshot& last,
                                      const std::string& path);

// The lines of `path` in `last`, each with the snapshot that last set it. Error{failed} for what is not text.
struct BlameLine {
    const journal::Snapshot* snapshot = nullptr;
    std::string text;  // without its line end
};
std::vector<BlameLine> blame_file(Session& session, const journal::Snapshot& last, const std::string& path,
                                  bool show_secrets);

// Journals that somebody looked at secrets of these snapshots. Error where it cannot be.
void record_secrets_shown(Session& session, const std::vector<const journal::Snapshot*>& snapshots);

}  // namespace coffre::cli
