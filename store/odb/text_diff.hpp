#pragma once
// Line differences of two byte sequences, by the diff that git itself uses (libgit2's xdiff).
// Pure functions, thread-safe. Both sides are held in memory: whoever calls looks at the sizes first.

#include <string>
#include <vector>

#include "base/bytes.hpp"

namespace coffre::odb {

struct DiffLine {
    char origin = ' ';  // ' ', '+' or '-'
    int before = -1;    // line number from 1; -1: not on that side
    int after = -1;
    std::string text;          // with its line end
    bool without_end = false;  // the last line of its side, and no line end is there
};

struct DiffHunk {
    int before_start = 0, before_lines = 0;
    int after_start = 0, after_lines = 0;
    std::vector<DiffLine> lines;
};

struct TextDiff {
    bool binary = false;  // either side holds a NUL among its first 8000 bytes, as git decides it
    std::vector<DiffHunk> hunks;
    std::uint64_t added = 0, removed = 0;  // lines
};

// `context` lines are kept around each change.
TextDiff diff_text(ByteView before, ByteView after, unsigned context);

// "GIT binary patch" and what follows it, as `git apply` reads it.
std::string binary_patch(ByteView before, ByteView after);

// What is needed to say how alike two contents are, from 0 to 100 (libgit2's hash signature of lines). Empty
// contents are alike to nothing.
class Likeness {
public:
    explicit Likeness(ByteView content);
    ~Likeness();
    Likeness(Likeness&& other) noexcept;
    Likeness& operator=(Likeness&&) = delete;
    [[nodiscard]] int to(const Likeness& other) const;

private:
    void* signature_ = nullptr;
};

}  // namespace coffre::odb
