#include "cli/work/source_removal.hpp"

#include <algorithm>
#include <set>

namespace coffre::cli {

namespace {

class Remover {
public:
    Remover(repo::Repository& repository, std::unique_ptr<Directory> root)
        : repository_(repository), root_(std::move(root)) {}

    void remove(const repo::FileEntry& entry) {
        auto names = split_names(entry.path);
        const auto name = names.back();
        names.pop_back();
        std::vector<std::unique_ptr<Directory>> chain;
        Directory* folder = descend(names, chain);
        if (folder == nullptr || !folder->stat(name)) return;  // gone already
        if (!equal(*folder, name, entry)) {
            result.kept.emplace_back(entry.path, say<Msg::source_changed>());
            return;
        }
        folder->remove_file(name);
        ++result.removed;
        for (; !names.empty(); names.pop_back()) folders_.insert(names);
    }

    // Deepest first; a folder that still holds something stays.
    void remove_emptied_folders() {
        for (auto at = folders_.rbegin(); at != folders_.rend(); ++at) {
            auto names = *at;
            const auto name = names.back();
            names.pop_back();
            std::vector<std::unique_ptr<Directory>> chain;
            Directory* parent = descend(names, chain);
            const auto folder = parent == nullptr ? nullptr : parent->open_directory(name);
            if (folder && folder->entries().empty()) parent->remove_directory(name);
        }
    }

    SourceRemoval result;

private:
    Directory* descend(const std::vector<std::string>& names,
                       std::vector<std::unique_ptr<Directory>>& chain) {
        Directory* folder = root_.get();
        for (const auto& name : names) {
            chain.push_back(folder->open_directory(name));
            folder = chain.back().get();
            if (folder == nullptr) return nullptr;
        }
        return folder;
    }

    bool equal(Directory& folder, const std::string& name, const repo::FileEntry& entry) {
        if (entry.mode == odb::EntryMode::link)
            return folder.read_link(name) == as_text(repository_.read_file(entry));
        const auto there = folder.open_file(name);
        if (!there || there->stat().size != entry.bytes) return false;
        bool same = true;
        std::uint64_t at = 0;
        Bytes piece;
        repository_.read_file(entry, [&](ByteView stored) {
            piece.resize(stored.size());
            same = same && there->read_at(at, piece) == stored.size() &&
                   std::equal(piece.begin(), piece.end(), stored.begin());
            at += stored.size();
        });
        return same;
    }

    repo::Repository& repository_;
    std::unique_ptr<Directory> root_;
    std::set<std::vector<std::string>> folders_;
};

}  // namespace

SourceRemoval remove_source(Session& session, const std::string& source, const journal::Snapshot& snapshot) {
    auto& files = session.context().environment.files;
    const auto stat = files.stat(source);
    if (!stat) return {};
    const bool folder = stat->type == FileType::directory;
    // A single file is taken where it really lies: the link that was named, if it is one, stays and says so.
    auto root = files.open_directory(folder ? source : split_path(source).first);
    if (!root) return {};
    Remover remover(session.repository(), std::move(root));
    for (const auto& entry : session.repository().list(snapshot)) {
        if (entry.empty_folder) continue;
        try {
            remover.remove(entry);
        } catch (const Error& error) {
            remover.result.kept.emplace_back(entry.path, error.message());
        }
    }
    remover.remove_emptied_folders();
    return std::move(remover.result);
}

}  // namespace coffre::cli
