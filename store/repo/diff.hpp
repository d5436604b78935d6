#pragma once
// What changed between two snapshots, file by file. Sizes are asked before anything is loaded: only files of
// up to `compare_max` bytes are ever read to be compared.

#include <string>
#include <vector>

#include "store/odb/text_diff.hpp"
#include "store/repo/repository.hpp"

namespace coffre::repo {

inline constexpr std::uint64_t compare_max = 16ull << 20;  // bytes

enum class ChangeKind : std::uint8_t { added, removed, modified, renamed, retyped };

struct Change {
    ChangeKind kind = ChangeKind::modified;
    std::string path;    // after; before where it was removed
    std::string from;    // of a renamed file
    int likeness = 100;  // percent, of a renamed file
    std::optional<FileEntry> before, after;
};

// `before` null: against nothing. Only what lies at or below one of `paths` (all when there are none). Sorted
// by path. A file that went and one that came are a rename where they are equal or at least half alike.
std::vector<Change> changes_between(Repository& repository, const journal::Snapshot* before,
                                    const journal::Snapshot& after,
                                    const std::vector<std::string>& paths = {});

// Both sides of a change as bytes, empty for a side that is not there. Empty optional: too large to be loaded
// for this.
struct Sides {
    Bytes before, after;
};
std::optional<Sides> read_sides(Repository& repository, const Change& change);

}  // namespace coffre::repo
