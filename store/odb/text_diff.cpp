#include "store/odb/text_diff.hpp"

#include <utility>

#include <git2.h>
#include <git2/sys/hashsig.h>

#include "base/error.hpp"
#include "base/handle.hpp"
#include "store/odb/libgit2.hpp"

namespace coffre::odb {

namespace {

using Patch = Handle<git_patch, git_patch_free>;

void check(int code, const char* what) {
    if (code < 0) throw Error(Errc::failed, say<Msg::git_failed>(what));
}

Patch make_patch(ByteView before, ByteView after, unsigned context, std::uint32_t flags) {
    start_libgit2();
    git_diff_options options = GIT_DIFF_OPTIONS_INIT;
    options.context_lines = context;
    options.flags = flags;
    Patch patch;
    // A null buffer would stand for "no file": both sides are files here, empty ones too.
    static const std::uint8_t nothing = 0;
    const auto data = [](ByteView bytes) -> const void* { return bytes.empty() ? &nothing : bytes.data(); };
    check(git_patch_from_buffers(Out(patch), data(before), before.size(), "a", data(after), after.size(), "a",
                                 &options),
          "diff");
    return patch;
}

DiffHunk hunk_of(git_patch& patch, std::size_t index, TextDiff& diff) {
    const git_diff_hunk* raw = nullptr;
    std::size_t count = 0;
    check(git_patch_get_hunk(&raw, &count, &patch, index), "diff");
    DiffHunk hunk{raw->old_start, raw->old_lines, raw->new_start, raw->new_lines, {}};
    for (std::size_t i = 0; i < count; ++i) {
        const git_diff_line* line = nullptr;
        check(git_patch_get_line_in_hunk(&line, &patch, index, i), "diff");
        switch (line->origin) {
            case GIT_DIFF_LINE_CONTEXT_EOFNL:
            case GIT_DIFF_LINE_ADD_EOFNL:
            case GIT_DIFF_LINE_DEL_EOFNL:
                if (!hunk.lines.empty()) hunk.lines.back().without_end = true;
                continue;
            case GIT_DIFF_LINE_ADDITION:
                ++diff.added;
                break;
            case GIT_DIFF_LINE_DELETION:
                ++diff.removed;
                break;
            default:
                break;
        }
        hunk.lines.push_back(
            {line->origin, line->old_lineno, line->new_lineno, {line->content, line->content_len}, false});
    }
    return hunk;
}

}  // namespace

TextDiff diff_text(ByteView before, ByteView after, unsigned context) {
    const Patch patch = make_patch(before, after, context, GIT_DIFF_NORMAL);
    TextDiff diff;
    diff.binary = (git_patch_get_delta(patch.get())->flags & GIT_DIFF_FLAG_BINARY) != 0;
    if (diff.binary) return diff;
    for (std::size_t i = 0; i < git_patch_num_hunks(patch.get()); ++i)
        diff.hunks.push_back(hunk_of(*patch.get(), i, diff));
    return diff;
}

std::string binary_patch(ByteView before, ByteView after) {
    const Patch patch = make_patch(before, after, 0, GIT_DIFF_SHOW_BINARY | GIT_DIFF_FORCE_BINARY);
    git_buf buffer = GIT_BUF_INIT;
    const int code = git_patch_to_buf(&buffer, patch.get());
    const std::string text = code < 0 ? "" : std::string(buffer.ptr, buffer.size);
    git_buf_dispose(&buffer);
    check(code, "diff");
    const auto start = text.find("GIT binary patch");
    return start == std::string::npos ? "" : text.substr(start);
}

Likeness::Likeness(ByteView content) {
    start_libgit2();
    git_hashsig* signature = nullptr;
    // Fails where there are too few lines to say anything: alike to nothing.
    if (git_hashsig_create(
            &signature, reinterpret_cast<const char*>(content.data()), content.size(),
            static_cast<git_hashsig_option_t>(GIT_HASHSIG_NORMAL | GIT_HASHSIG_ALLOW_SMALL_FILES)) == 0)
        signature_ = signature;
}

Likeness::~Likeness() { git_hashsig_free(static_cast<git_hashsig*>(signature_)); }

Likeness::Likeness(Likeness&& other) noexcept : signature_(std::exchange(other.signature_, nullptr)) {}

int Likeness::to(const Likeness& other) const {
    if (signature_ == nullptr || other.signature_ == nullptr) return 0;
    const int score = git_hashsig_compare(static_cast<const git_hashsig*>(signature_),
                                          static_cast<const git_hashsig*>(other.signature_));
    return score < 0 ? 0 : score;
}

}  // namespace coffre::odb
