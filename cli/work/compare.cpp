#include "cli/work/compare.hpp"

#include <algorithm>

#include "drivers/equipment/secrets.hpp"

namespace coffre::cli {

namespace {

std::string octal_mode(odb::EntryMode mode) {
    switch (mode) {
        case odb::EntryMode::executable:
            return "100755";
        case odb::EntryMode::link:
            return "120000";
        default:
            return "100644";
    }
}

bool is_file(const std::optional<repo::FileEntry>& entry) { return entry && !entry->empty_folder; }

// Behind "--- " and "+++ ": git ends a name that holds blanks with a tab.
std::string header_path(const char* side, const std::string& path) {
    return quote_path(side + path) + (path.find(' ') == std::string::npos ? "" : "\t");
}

// One file's patch; a change of type (file to link) is written as two.
class PatchWriter {
public:
    PatchWriter(const repo::Change& change, const PatchOptions& options)
        : change_(change), options_(options) {}

    void write(const std::optional<repo::Sides>& sides, const FileDiff& diff) {
        header();
        if (!content_differs()) return;
        lines.push_back("index " + id(change_.before) + ".." + id(change_.after) +
                        (change_.before && change_.after && change_.before->mode == change_.after->mode
                             ? " " + octal_mode(change_.after->mode)
                             : ""));
        if (!sides || (diff.binary && !options_.binary)) {
            lines.push_back("Binary files " + (change_.before ? quote_path("a/" + old_path()) : "/dev/null") +
                            " and " + (change_.after ? quote_path("b/" + change_.path) : "/dev/null") +
                            " differ");
        } else if (diff.binary) {
            for (auto& line : split_lines(odb::binary_patch(sides->before, sides->after)))
                lines.push_back(std::move(line));
            lines.emplace_back();
        } else {
            hunks(*sides);
        }
    }

    std::vector<std::string> lines;

private:
    [[nodiscard]] const std::string& old_path() const {
        return change_.from.empty() ? change_.path : change_.from;
    }

    static std::string id(const std::optional<repo::FileEntry>& entry) {
        return entry ? entry->id.hex() : std::string(40, '0');
    }

    [[nodiscard]] bool content_differs() const {
        return !change_.before || !change_.after || change_.before->id != change_.after->id;
    }

    void header() {
        lines.push_back("diff --git " + quote_path("a/" + old_path()) + " " +
                        quote_path("b/" + change_.path));
        if (!change_.before) {
            lines.push_back("new file mode " + octal_mode(change_.after->mode));
        } else if (!change_.after) {
            lines.push_back("deleted file mode " + octal_mode(change_.before->mode));
        } else if (change_.before->mode != change_.after->mode) {
            lines.push_back("old mode " + octal_mode(change_.before->mode));
            lines.push_back("new mode " + octal_mode(change_.after->mode));
        }
        if (change_.kind == repo::ChangeKind::renamed) {
            lines.push_back("similarity index " + std::to_string(change_.likeness) + "%");
            lines.push_back("rename from " + quote_path(change_.from));
            lines.push_back("rename to " + quote_path(change_.path));
        }
    }

    void hunks(const repo::Sides& sides) {
        const auto diff = odb::diff_text(sides.before, sides.after, options_.context);
        if (diff.hunks.empty()) return;
        lines.push_back("--- " + (change_.before ? header_path("a/", old_path()) : "/dev/null"));
        lines.push_back("+++ " + (change_.after ? header_path("b/", change_.path) : "/dev/null"));
        // Masked as a whole, so that a secret of several lines is known for one.
        std::vector<std::string> before, after;
        if (!options_.show_secrets) {
            before = split_lines(drivers::mask_secrets(as_text(sides.before)));
            after = split_lines(drivers::mask_secrets(as_text(sides.after)));
        }
        for (const auto& hunk : diff.hunks) {
            lines.push_back("@@ -" + range(hunk.before_start, hunk.before_lines) + " +" +
                            range(hunk.after_start, hunk.after_lines) + " @@");
            for (const auto& line : hunk.lines) {
                const auto& masked = line.origin == '-' ? before : after;
                const auto number =
                    static_cast<std::size_t>(line.origin == '-' ? line.before : line.after) - 1;
                std::string text = line.text.substr(0, line.text.find('\n'));
                if (!options_.show_secrets && number < masked.size()) text = masked[number];
                lines.push_back(line.origin + text);
                if (line.without_end) lines.emplace_back("\\ No newline at end of file");
            }
        }
    }

    static std::string range(int start, int count) {
        return std::to_string(start) + "," + std::to_string(count);
    }

    const repo::Change& change_;
    const PatchOptions& options_;
};

std::uint64_t count_lines(ByteView bytes) {
    if (bytes.empty()) return 0;
    return static_cast<std::uint64_t>(std::count(bytes.begin(), bytes.end(), '\n')) +
           (bytes.back() == '\n' ? 0 : 1);
}

// Whom each line of `next` is owed to, given that of `previous`.
std::vector<const journal::Snapshot*> inherit(const std::vector<const journal::Snapshot*>& owners,
                                              ByteView previous, ByteView next,
                                              const journal::Snapshot* setter) {
    const auto diff = odb::diff_text(previous, next, 0);
    std::vector<bool> gone(owners.size(), false);
    std::vector<bool> fresh(count_lines(next), false);
    for (const auto& hunk : diff.hunks)
        for (const auto& line : hunk.lines) {
            if (line.origin == '-') gone.at(static_cast<std::size_t>(line.before) - 1) = true;
            if (line.origin == '+') fresh.at(static_cast<std::size_t>(line.after) - 1) = true;
        }
    std::vector<const journal::Snapshot*> out;
    std::size_t old_line = 0;
    for (const bool is_fresh : fresh) {
        if (is_fresh) {
            out.push_back(setter);
            continue;
        }
        while (old_line < gone.size() && gone[old_line]) ++old_line;
        out.push_back(old_line < owners.size() ? owners[old_line++] : setter);
    }
    return out;
}

}  // namespace

Comparison::Comparison(repo::Repository& repository, const journal::Snapshot* before,
                       const journal::Snapshot& after, const std::vector<std::string>& paths)
    : Comparison(repository, repo::changes_between(repository, before, after, paths)) {}

Comparison::Comparison(repo::Repository& repository, std::vector<repo::Change> found) {
    for (auto& change : found) {
        FileDiff diff;
        const auto sides = repo::read_sides(repository, change);
        diff.large = !sides;
        const bool equal = change.before && change.after && change.before->id == change.after->id;
        if (sides && !equal) {
            const auto text = odb::diff_text(sides->before, sides->after, 0);
            diff.binary = text.binary;
            diff.lines_added = text.added;
            diff.lines_removed = text.removed;
        }
        diff.binary = diff.binary || (diff.large && !equal);
        diff.change = std::move(change);
        lines_added += diff.lines_added;
        lines_removed += diff.lines_removed;
        changes.push_back(std::move(diff));
    }
}

const journal::Snapshot* snapshot_before(const journal::State& state, const journal::Snapshot& snapshot) {
    rules::NewestFirst order(state, snapshot.equipment, Timestamp{snapshot.time.ns + 1});
    while (const auto* other = order.next())
        if (!other->expired && rules::newer(snapshot, *other)) return other;
    return nullptr;
}

std::vector<const journal::Snapshot*> snapshots_until(const journal::State& state,
                                                      const journal::Snapshot& last) {
    std::vector<const journal::Snapshot*> line;
    rules::NewestFirst order(state, last.equipment, Timestamp{last.time.ns + 1});
    while (const auto* snapshot = order.next())
        if (!snapshot->expired && !rules::newer(*snapshot, last)) line.push_back(snapshot);
    std::reverse(line.begin(), line.end());
    return line;
}

std::vector<std::string> patch_lines(repo::Repository& repository, const FileDiff& diff,
                                     const PatchOptions& options) {
    const auto& change = diff.change;
    const auto sides = repo::read_sides(repository, change);
    const bool folder_side =
        (change.before && change.before->empty_folder) || (change.after && change.after->empty_folder);
    const bool two = change.kind == repo::ChangeKind::retyped || folder_side;
    if (!two) {
        PatchWriter writer(change, options);
        writer.write(sides, diff);
        return std::move(writer.lines);
    }
    std::vector<std::string> lines;
    const auto half = [&](const std::optional<repo::FileEntry>& before,
                          const std::optional<repo::FileEntry>& after) {
        if (!before && !after) return;
        const auto& entry = before ? *before : *after;
        if (entry.empty_folder) {
            lines.push_back(std::string(before ? "# - " : "# + ") + quote_path(entry.path + "/"));
            return;
        }
        repo::Change part;
        part.kind = before ? repo::ChangeKind::removed : repo::ChangeKind::added;
        part.path = entry.path;
        part.before = before;
        part.after = after;
        FileDiff part_diff;
        part_diff.binary = diff.binary;
        PatchWriter writer(part, options);
        std::optional<repo::Sides> part_sides;
        if (sides) part_sides = repo::Sides{before ? sides->before : Bytes(), after ? sides->after : Bytes()};
        part_diff.change = part;
        writer.write(part_sides, part_diff);
        for (auto& line : writer.lines) lines.push_back(std::move(line));
    };
    half(change.before, std::nullopt);
    half(std::nullopt, change.after);
    return lines;
}

std::string quote_path(const std::string& path) {
    std::string out;
    bool quoted = false;
    for (const char raw : path) {
        const auto c = static_cast<unsigned char>(raw);
        static const std::string_view named = "\a\b\t\n\v\f\r\"\\";
        static const std::string_view letters = "abtnvfr\"\\";
        const auto at = raw == '\0' ? std::string_view::npos : named.find(raw);
        if (at != std::string_view::npos) {
            out += '\\';
            out += letters[at];
            quoted = true;
        } else if (c < 0x20 || c >= 0x7f) {
            out += '\\';
            out += static_cast<char>('0' + (c >> 6));
            out += static_cast<char>('0' + ((c >> 3) & 7));
            out += static_cast<char>('0' + (c & 7));
            quoted = true;
        } else {
            out += raw;
        }
    }
    return quoted ? "\"" + out + "\"" : out;
}

std::vector<FileVersion> file_history(Session& session, const journal::Snapshot& last,
                                      const std::string& path) {
    auto& repository = session.repository();
    std::vector<FileVersion> versions;
    std::optional<repo::FileEntry> before;
    std::optional<ObjectId> tree;
    for (const auto* snapshot : snapshots_until(session.state(), last)) {
        const auto now = repository.content(*snapshot).commit.tree;
        if (tree == now) continue;
        tree = now;
        auto after = repository.file_at(*snapshot, path);
        const bool same = before.has_value() == after.has_value() &&
                          (!before || (before->id == after->id && before->mode == after->mode));
        if (!same) versions.push_back({snapshot, before, after});
        before = std::move(after);
    }
    if (versions.empty()) throw Error(Errc::failed, say<Msg::path_unknown>(path), say<Msg::hint_ls>());
    return versions;
}

std::vector<BlameLine> blame_file(Session& session, const journal::Snapshot& last, const std::string& path,
                                  bool show_secrets) {
    auto& repository = session.repository();
    const auto versions = file_history(session, last, path);
    if (!is_file(versions.back().after))
        throw Error(Errc::failed, say<Msg::path_unknown>(path), say<Msg::hint_ls>());
    std::vector<const journal::Snapshot*> owners;
    Bytes current;
    for (const auto& version : versions) {
        Bytes next;
        const bool large = version.after && version.after->bytes > repo::compare_max;
        if (version.after && !large) next = repository.read_file(*version.after);
        // A version that is not text starts anew: all its lines are its own.
        const bool text = !large && !odb::diff_text({}, next, 0).binary;
        if (!text && version.snapshot == versions.back().snapshot)
            throw Error(Errc::failed, say<Msg::blame_binary>(path), say<Msg::hint_history>());
        if (!text) next.clear();
        owners = inherit(owners, current, next, version.snapshot);
        current = std::move(next);
    }
    const auto shown = show_secrets ? std::string(as_text(current)) : drivers::mask_secrets(as_text(current));
    std::vector<BlameLine> lines;
    std::size_t number = 0;
    for (auto& text : split_lines(shown)) {
        lines.push_back(
            {number < owners.size() ? owners[number] : versions.back().snapshot, std::move(text)});
        ++number;
    }
    return lines;
}

void record_secrets_shown(Session& session, const std::vector<const journal::Snapshot*>& snapshots) {
    journal::Json record{{"type", "secrets_shown"}, {"commits", journal::Json::array()}};
    for (const auto* snapshot : snapshots)
        if (snapshot != nullptr) record["commits"].push_back(snapshot->commit.hex());
    session.repository().record({record});
}

}  // namespace coffre::cli
