#include "cli/work/restore.hpp"

#include <algorithm>
#include <set>

#include "base/medium.hpp"
#include "cli/work/bak.hpp"

namespace coffre::cli {

namespace {

constexpr std::size_t read_back_step = 64 << 10;  // bytes: as much as stays near the processor

// Folders below the target, opened or made one by one without following links. Keeps the last one's chain
// open.
class TargetTree {
public:
    explicit TargetTree(std::unique_ptr<Directory> root) { chain_.emplace_back("", std::move(root)); }

    Directory& make(const std::vector<std::string>& folders) {
        std::size_t same = 0;
        while (same < folders.size() && same + 1 < chain_.size() && chain_[same + 1].first == folders[same])
            ++same;
        chain_.erase(chain_.begin() + static_cast<std::ptrdiff_t>(same) + 1, chain_.end());
        for (std::size_t i = same; i < folders.size(); ++i)
            chain_.emplace_back(folders[i], chain_.back().second->make_directory(folders[i]));
        return *chain_.back().second;
    }

private:
    std::vector<std::pair<std::string, std::unique_ptr<Directory>>> chain_;
};

// Would writing `path` meet something? A folder in the place of a folder is fine.
bool in_the_way(Directory& root, const std::vector<std::string>& names, bool is_folder) {
    std::unique_ptr<Directory> opened;
    Directory* folder = &root;
    for (std::size_t i = 0; i < names.size(); ++i) {
        const auto stat = folder->stat(names[i]);
        if (!stat) return false;
        const bool last = i + 1 == names.size();
        if (stat->type != FileType::directory) return true;
        if (last) return !is_folder;
        auto below = folder->open_directory(names[i]);
        if (!below) return false;
        opened = std::move(below);
        folder = opened.get();
    }
    return false;
}

// What files come from.
class Source {
public:
    virtual ~Source() = default;
    virtual std::vector<repo::FileEntry> list(const std::string& path) = 0;
    virtual Bytes read(const repo::FileEntry& file) = 0;
    virtual void read(const repo::FileEntry& file, const std::function<void(ByteView)>& fn) = 0;
};

class RepositorySource final : public Source {
public:
    RepositorySource(repo::Repository& repository, const journal::Snapshot& snapshot)
        : repository_(repository), snapshot_(snapshot) {}
    std::vector<repo::FileEntry> list(const std::string& path) override {
        return repository_.list(snapshot_, path);
    }
    Bytes read(const repo::FileEntry& file) override { return repository_.read_file(file); }
    void read(const repo::FileEntry& file, const std::function<void(ByteView)>& fn) override {
        repository_.read_file(file, fn);
    }

private:
    repo::Repository& repository_;
    const journal::Snapshot& snapshot_;
};

class BakSource final : public Source {
public:
    explicit BakSource(repo::BakSnapshot& bak) : bak_(bak) {}
    std::vector<repo::FileEntry> list(const std::string& path) override { return bak_.list(path); }
    Bytes read(const repo::FileEntry& file) override { return bak_.read_file(file); }
    void read(const repo::FileEntry& file, const std::function<void(ByteView)>& fn) override {
        bak_.read_file(file, fn);
    }

private:
    repo::BakSnapshot& bak_;
};

std::vector<repo::FileEntry> wanted_files(Source& source, const std::vector<std::string>& paths) {
    if (paths.empty()) return source.list("");
    std::vector<repo::FileEntry> files;
    std::set<std::string> seen;
    for (const auto& path : paths)
        for (auto& file : source.list(path))
            if (seen.insert(file.path).second) files.push_back(std::move(file));
    return files;
}

bool is_safe(MediumKind medium) { return medium == MediumKind::memory || medium == MediumKind::encrypted; }

void check_plaintext(const RestoreRequest& request, MediumKind medium) {
    if (!is_safe(medium) && request.allow_plaintext.empty())
        throw Error(Errc::refused, say<Msg::restore_plaintext_refused>(request.to),
                    say<Msg::hint_restore_plaintext>());
}

void check_medium(Session& session, const RestoreRequest& request, const journal::Snapshot& snapshot,
                  MediumKind medium) {
    const bool safe = is_safe(medium);
    check_plaintext(request, medium);
    if (request.dry_run) return;
    journal::Json record{
        {"type", "restore"}, {"commit", snapshot.commit.hex()}, {"medium", medium_name(medium)}};
    if (!safe) record["override"] = request.allow_plaintext;
    try {
        session.repository().record({record});
    } catch (const Error& error) {
        // A repository that cannot be written must still give back what it holds; what may not go unrecorded
        // is clear text on a clear medium.
        if (!safe) throw;
        warn(tr<Msg::restore_not_journaled>(text(error.message())));
    }
}

class Writer {
public:
    Writer(Source& source, TargetTree& tree, RestoreResult& result)
        : source_(source), tree_(tree), result_(result) {}

    void write(const repo::FileEntry& entry) {
        auto names = split_names(entry.path);
        const std::string name = names.back();
        names.pop_back();
        Directory& folder = tree_.make(names);
        if (entry.mode == odb::EntryMode::link)
            write_link(folder, name, std::string(as_text(source_.read(entry))));
        else
            write_file(folder, name, entry);
        ++result_.files;
        result_.bytes += entry.bytes;
    }

private:
    // Under another name until it is whole and compared: a full disk or a kill leaves no file that looks
    // restored.
    void write_file(Directory& folder, const std::string& name, const repo::FileEntry& entry) {
        const std::string scratch = ".coffre-partial-" + entry.id.hex().substr(0, 16);
        folder.remove_file(scratch);  // of a restore that was killed
        try {
            {
                const auto file =
                    folder.create_file(scratch, entry.mode == odb::EntryMode::executable ? 0700 : 0600);
                std::uint64_t size = 0;
                source_.read(entry, [&](ByteView piece) {
                    file->write(piece);
                    if (!reads_back(*file, size, piece)) throw mismatch(folder, name);
                    size += piece.size();
                });
                if (file->stat().size != size) throw mismatch(folder, name);
            }
            folder.rename(scratch, folder, name);
        } catch (const Error&) {
            folder.remove_file(scratch);
            throw;
        }
    }

    // Whether these bytes lie at `at`, and no others.
    bool reads_back(File& file, std::uint64_t at, ByteView bytes) {
        for (ByteView rest = bytes; !rest.empty();) {
            const auto step = std::span(back_).first(std::min(rest.size(), back_.size()));
            if (file.read_at(at, step) != step.size()) return false;
            if (!std::equal(step.begin(), step.end(), rest.begin())) return false;
            at += step.size();
            rest = rest.subspan(step.size());
        }
        return true;
    }

    static void write_link(Directory& folder, const std::string& name, const std::string& target) {
        folder.make_link(name, target);
        if (folder.read_link(name) != target) throw mismatch(folder, name);
    }

    static Error mismatch(const Directory& folder, const std::string& name) {
        return {Errc::damaged, say<Msg::restore_mismatch>(folder.path() + "/" + name)};
    }

    Source& source_;
    TargetTree& tree_;
    RestoreResult& result_;
    Bytes back_ = Bytes(read_back_step);
};

// The one that was asked for, or where that has expired the nearest before it that is kept; each that is
// passed over is said.
const journal::Snapshot& kept_at_or_before(const journal::State& state, const rules::NameBook& names,
                                           const journal::Snapshot& wanted, RestoreAllResult& result) {
    const journal::Snapshot* taken = wanted.expired ? nullptr : &wanted;
    std::vector<std::pair<std::string, Message>> passed;
    rules::NewestFirst order(state, wanted.equipment, Timestamp{wanted.time.ns + 1});
    for (const auto* snapshot = order.next(); taken == nullptr && snapshot != nullptr;
         snapshot = order.next()) {
        if (rules::newer(*snapshot, wanted)) continue;
        if (!snapshot->expired)
            taken = snapshot;
        else
            passed.emplace_back(wanted.equipment, say<Msg::expired_passed_over>(
                                                      names.name(*snapshot),
                                                      zone_time(state.site.timezone, *snapshot->expired)));
    }
    if (taken == nullptr) check_kept(state, names, wanted);
    for (auto& one : passed) result.passed_over.push_back(std::move(one));
    return taken == nullptr ? wanted : *taken;
}

// `check` is called before the first byte is written, and throws where the medium is not fit.
void write_out(FileSystem& files, Source& source, const RestoreRequest& request, RestoreResult& result,
               ProgressLine& progress, const std::function<void(MediumKind)>& check) {
    const auto entries = wanted_files(source, request.paths);
    const auto medium = files.medium_of(request.to);
    if (auto root = files.open_directory(request.to))
        for (const auto& entry : entries)
            if (in_the_way(*root, split_names(entry.path), entry.empty_folder))
                throw Error(Errc::failed, say<Msg::restore_in_the_way>(request.to + "/" + entry.path),
                            say<Msg::hint_restore_elsewhere>());
    check(medium);
    if (request.dry_run) {
        for (const auto& entry : entries) {
            result.files += entry.empty_folder ? 0 : 1;
            result.bytes += entry.bytes;
        }
        return;
    }

    TargetTree tree(files.make_directories(request.to));
    Writer writer(source, tree, result);
    const auto total = count_files(entries.size());
    for (const auto& entry : entries) {
        if (entry.empty_folder)
            tree.make(split_names(entry.path));
        else if (entry.mode != odb::EntryMode::link)
            writer.write(entry);
        progress.show(
            tr<Msg::restore_progress>(std::to_string(result.files), total, human_bytes(result.bytes)));
    }
    // Links last: nothing of ours is ever written through one.
    for (const auto& entry : entries)
        if (entry.mode == odb::EntryMode::link) writer.write(entry);
    result.verified = true;  // a byte that did not read back as written has thrown
}

// Clear text on a clear medium is never unrecorded.
void journal_bak_in_clear(const Context& context, repo::BakSnapshot& bak, const RestoreRequest& request,
                          MediumKind medium) {
    const auto refuse = [&] {
        return Error(Errc::refused, say<Msg::bak_clear_unrecorded>(request.to),
                     say<Msg::hint_bak_clear_unrecorded>());
    };
    if (context.settings.repo.empty()) throw refuse();
    Session session(context);
    if (session.repository().id() != bak.file().header().repository) throw refuse();
    check_medium(session, request, bak.snapshot(), medium);
}

}  // namespace

RestoreResult restore(Session& session, const RestoreRequest& request, ProgressLine& progress) {
    auto& repository = request.from == nullptr ? session.repository() : *request.from;
    auto& files = session.context().environment.files;
    const rules::NameBook names(session.state());
    // A copy: journaling this restore folds the state anew.
    const journal::Snapshot snapshot(names.find(request.snapshot));
    check_kept(session.state(), names, snapshot);
    RestoreResult result;
    result.name = names.name(snapshot);
    result.to = request.to;

    RepositorySource source(repository, snapshot);
    write_out(files, source, request, result, progress,
              [&](MediumKind medium) { check_medium(session, request, snapshot, medium); });
    return result;
}

RestoreResult restore_bak(const Context& context, const RestoreRequest& request, ProgressLine& progress) {
    const auto bak = open_bak(context, request.snapshot);
    RestoreResult result;
    result.name = bak.file->header().name;
    result.to = request.to;
    BakSource source(*bak.content);
    write_out(context.environment.files, source, request, result, progress, [&](MediumKind medium) {
        check_plaintext(request, medium);
        if (!is_safe(medium)) journal_bak_in_clear(context, *bak.content, request, medium);
    });
    return result;
}

RestoreAllResult restore_all(Session& session, const RestoreRequest& request, const std::string& at,
                             ProgressLine& progress) {
    RestoreAllResult result;
    std::vector<std::string> equipments;
    for (const auto& [name, equipment] : session.state().equipment)
        if (!equipment.removed) equipments.push_back(name);
    std::optional<Error> first;
    for (const auto& name : equipments) {
        RestoreRequest one = request;
        one.to = request.to + "/" + name;
        try {
            const rules::NameBook names(session.state());
            const auto& wanted = names.find(at.empty() ? name : name + "@" + at);
            one.snapshot = kept_at_or_before(session.state(), names, wanted, result).commit.hex();
        } catch (const Error& error) {
            if (error.code() != Errc::failed) throw;
            result.skipped.emplace_back(name, error.message());
            continue;
        }
        try {
            result.restored.push_back(restore(session, one, progress));
        } catch (const Error& error) {
            if (!first) first = error;
            result.failed.emplace_back(name, error.message());
        }
    }
    if (result.restored.empty() && first) throw *first;
    if (result.restored.empty())
        throw Error(Errc::failed, say<Msg::nothing_to_restore>(), say<Msg::hint_log_all>());
    return result;
}

}  // namespace coffre::cli
