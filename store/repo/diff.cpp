#include "store/repo/diff.hpp"

#include <algorithm>
#include <map>

namespace coffre::repo {

namespace {

constexpr int alike_enough = 50;                     // percent, as git decides it
constexpr std::uint64_t likeness_max = 1ull << 20;   // bytes of a file whose likeness is looked at
constexpr std::size_t likeness_pairs_max = 250'000;  // removed × added

bool inside(const std::string& path, const std::vector<std::string>& wanted) {
    return wanted.empty() || std::any_of(wanted.begin(), wanted.end(), [&](const auto& name) {
               return path == name || name.empty() || path.starts_with(name + "/");
           });
}

ChangeKind kind_of(const FileEntry& before, const FileEntry& after) {
    const bool link_before = before.mode == odb::EntryMode::link;
    const bool link_after = after.mode == odb::EntryMode::link;
    if (before.empty_folder != after.empty_folder || link_before != link_after) return ChangeKind::retyped;
    return ChangeKind::modified;
}

bool same(const FileEntry& a, const FileEntry& b) {
    return a.mode == b.mode && a.empty_folder == b.empty_folder && a.id == b.id;
}

bool may_be_renamed(const FileEntry& file) {
    return !file.empty_folder && file.mode != odb::EntryMode::link && file.bytes > 0;
}

// Pairs removed files with added ones.
class Renames {
public:
    Renames(Repository& repository, std::vector<Change>& changes)
        : repository_(repository), changes_(changes) {
        for (std::size_t i = 0; i < changes.size(); ++i) {
            if (changes[i].kind == ChangeKind::removed && may_be_renamed(*changes[i].before))
                removed_.push_back(i);
            if (changes[i].kind == ChangeKind::added && may_be_renamed(*changes[i].after))
                added_.push_back(i);
        }
    }

    void find() {
        if (removed_.empty() || added_.empty()) return;
        find_equal();
        if (removed_.size() * added_.size() <= likeness_pairs_max) find_alike();
        std::erase_if(changes_, [](const Change& change) { return !change.before && !change.after; });
    }

private:
    void find_equal() {
        std::multimap<ObjectId, std::size_t> by_id;
        for (const auto i : removed_) by_id.emplace(changes_[i].before->id, i);
        for (auto& i : added_) {
            const auto found = by_id.find(changes_[i].after->id);
            if (found == by_id.end()) continue;
            pair(found->second, i, 100);
            by_id.erase(found);
        }
        drop_paired();
    }

    void find_alike() {
        struct Score {
            int likeness;
            std::size_t removed, added;
        };
        const auto gone =
            likenesses(removed_, [&](std::size_t i) -> const FileEntry& { return *changes_[i].before; });
        const auto come =
            likenesses(added_, [&](std::size_t i) -> const FileEntry& { return *changes_[i].after; });
        std::vector<Score> scores;
        for (const auto& [a, removed] : gone)
            for (const auto& [b, added] : come)
                if (const int likeness = removed.to(added); likeness >= alike_enough)
                    scores.push_back({likeness, a, b});
        std::stable_sort(scores.begin(), scores.end(),
                         [](const Score& a, const Score& b) { return a.likeness > b.likeness; });
        for (const auto& score : scores)
            if (changes_[score.removed].before && changes_[score.added].kind == ChangeKind::added)
                pair(score.removed, score.added, std::min(score.likeness, 99));
    }

    template <class EntryOf>
    std::vector<std::pair<std::size_t, odb::Likeness>> likenesses(const std::vector<std::size_t>& indices,
                                                                  EntryOf&& entry_of) {
        std::vector<std::pair<std::size_t, odb::Likeness>> out;
        for (const auto i : indices)
            if (entry_of(i).bytes <= likeness_max)
                out.emplace_back(i, odb::Likeness(repository_.read_file(entry_of(i))));
        return out;
    }

    void pair(std::size_t removed, std::size_t added, int likeness) {
        auto& gone = changes_[removed];
        auto& come = changes_[added];
        come.kind = ChangeKind::renamed;
        come.from = gone.path;
        come.likeness = likeness;
        come.before = std::exchange(gone.before, std::nullopt);
    }

    void drop_paired() {
        std::erase_if(removed_, [&](std::size_t i) { return !changes_[i].before; });
        std::erase_if(added_, [&](std::size_t i) { return changes_[i].kind != ChangeKind::added; });
    }

    Repository& repository_;
    std::vector<Change>& changes_;
    std::vector<std::size_t> removed_, added_;
};

}  // namespace

std::vector<Change> changes_between(Repository& repository, const journal::Snapshot* before,
                                    const journal::Snapshot& after, const std::vector<std::string>& paths) {
    std::vector<std::string> wanted;
    for (const auto& path : paths) wanted.push_back(join_names(split_names(path)));
    std::map<std::string, Change> by_path;
    const auto collect = [&](const FileEntry* old_entry, const FileEntry* new_entry) {
        const auto& path = (new_entry != nullptr ? new_entry : old_entry)->path;
        if (!inside(path, wanted)) return;
        auto& change = by_path[path];
        if (old_entry != nullptr) change.before = *old_entry;
        if (new_entry != nullptr) change.after = *new_entry;
    };
    repository.walk_differences(before, after, collect);

    std::vector<Change> changes;
    for (auto& [path, change] : by_path) {
        if (change.before && change.after && same(*change.before, *change.after)) continue;
        change.path = path;
        change.kind = !change.before  ? ChangeKind::added
                      : !change.after ? ChangeKind::removed
                                      : kind_of(*change.before, *change.after);
        changes.push_back(std::move(change));
    }
    Renames(repository, changes).find();
    return changes;
}

std::optional<Sides> read_sides(Repository& repository, const Change& change) {
    const auto fits = [](const std::optional<FileEntry>& entry) {
        return !entry || entry->bytes <= compare_max;
    };
    if (!fits(change.before) || !fits(change.after)) return std::nullopt;
    Sides sides;
    if (change.before && !change.before->empty_folder) sides.before = repository.read_file(*change.before);
    if (change.after && !change.after->empty_folder) sides.after = repository.read_file(*change.after);
    return sides;
}

}  // namespace coffre::repo
