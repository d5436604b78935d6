// Verification: first what anybody can check, then what a key can.

#include <algorithm>
#include <set>
#include <tuple>

#include "base/error.hpp"
#include "store/odb/names.hpp"
#include "store/repo/format_file.hpp"
#include "store/repo/repository.hpp"
#include "store/repo/retired_list.hpp"
#include "store/repo/slot_file.hpp"

namespace coffre::repo {

namespace {

struct NamedFolder {
    std::string folder;
    std::string suffix;
};

const std::vector<NamedFolder>& named_folders() {
    static const std::vector<NamedFolder> folders{
        {"keys", ".slot"}, {"packs", ".pack"}, {"index", ".idx"}, {"journal", ".jrn"}, {"retired", ".json"}};
    return folders;
}

constexpr std::uint64_t read_step = 4 << 20;          // bytes
constexpr std::uint64_t retired_list_max = 64 << 20;  // bytes

Sha256Digest hash_of(BlobStore& store, const std::string& path, std::uint64_t size) {
    crypto::Sha256 hash;
    for (std::uint64_t at = 0; at < size; at += read_step)
        hash.update(store.get_range(path, at, std::min(read_step, size - at)));
    return hash.finish();
}

// Runs fn; damage becomes a line of the report under `path`.
template <class Fn>
void collect(VerifyReport& report, const std::string& path, Fn&& fn) {
    try {
        fn();
    } catch (const Error& error) {
        if (error.code() != Errc::damaged && error.code() != Errc::failed) throw;
        report.add(path, error.message());
    }
}

// Positions in `lists`: the versions of one blob one after the other. They share most of their chunks, which
// are then still at hand.
std::vector<std::size_t> by_lineage(const std::vector<std::pair<std::string, pack::TableEntry>>& lists) {
    std::map<ObjectId, std::size_t> position;
    for (std::size_t i = 0; i < lists.size(); ++i) position.emplace(lists[i].second.id, i);
    std::vector<std::pair<std::size_t, std::size_t>> order;  // whole one that it goes back to, itself
    for (std::size_t i = 0; i < lists.size(); ++i) {
        auto whole = i;
        for (std::size_t steps = 0; lists[whole].second.base && steps < lists.size(); ++steps) {
            const auto base = position.find(*lists[whole].second.base);
            if (base == position.end()) break;
            whole = base->second;
        }
        order.emplace_back(whole, i);
    }
    std::sort(order.begin(), order.end());
    std::vector<std::size_t> positions;
    for (const auto& [whole, i] : order) positions.push_back(i);
    return positions;
}

}  // namespace

void VerifyReport::add(std::string path, Message what) {
    const bool known =
        std::any_of(errors.begin(), errors.end(), [&](const auto& e) { return e.path == path; });
    if (!known) errors.push_back({std::move(path), std::move(what)});
}

VerifyReport verify_names(BlobStore& store, const Progress& progress) {
    VerifyReport report;
    collect(report, std::string(format_file_name), [&] { read_format_file(store); });
    ++report.files;
    std::vector<std::pair<std::string, BlobInfo>> files;
    std::uint64_t total = 0;
    for (const auto& [folder, suffix] : named_folders()) {
        for (auto& file : store.list(folder)) {
            total += file.size;
            if (!file.name.ends_with(suffix) || file.name.size() != 64 + suffix.size())
                report.add(folder + "/" + file.name, say<Msg::stray_file>(folder + "/" + file.name));
            else
                files.emplace_back(folder, std::move(file));
        }
    }
    std::uint64_t done = 0;
    for (const auto& [folder, file] : files) {
        const std::string path = folder + "/" + file.name;
        ++report.files;
        collect(report, path, [&] {
            if (hash_of(store, path, file.size).hex() != file.name.substr(0, 64))
                throw Error(Errc::damaged, say<Msg::name_mismatch>(path));
        });
        done += file.size;
        if (progress) progress(done, total);
    }
    return report;
}

VerifyReport Repository::verify(bool read_data, const Progress& progress) {
    VerifyReport report = verify_names(store_, progress);
    journal_.refresh(false);
    objects_.on_search({});  // a cache may not speak for the packs
    objects_.add_packs(state().packs);
    for (const auto& damage : journal_.damage()) report.add(damage.path, damage.what);
    for (const auto& batch : journal_.ignored())
        report.add("journal/" + batch.batch.hex(), say<Msg::stranger_batch>(batch.actor.hex().substr(0, 16)));
    verify_slots(report);
    verify_retired(report);
    const auto lists = verify_objects(report, read_data, progress);
    if (read_data) verify_lists(report, lists, verify_reachable(report));
    return report;
}

void Repository::verify_slots(VerifyReport& report) {
    std::set<std::string> listed;
    for (const auto& slot : state().slots) {
        const std::string path = slot_blob_name(slot.file);
        listed.insert(path);
        if (!slot.removed && !store_.size(path)) report.add(path, say<Msg::file_missing>(path));
    }
    for (const auto& file : store_.list("keys")) {
        const std::string path = "keys/" + file.name;
        if (!listed.contains(path)) report.add(path, say<Msg::slot_unlisted>(path));
    }
}

void Repository::verify_retired(VerifyReport& report) {
    for (const auto& file : store_.list("retired")) {
        const std::string path = "retired/" + file.name;
        collect(report, path, [&] {
            if (const auto bytes = store_.get(path, retired_list_max))
                (void)check_retired_list(*bytes, id(), state(), path);
        });
    }
}

std::vector<std::pair<std::string, pack::TableEntry>> Repository::verify_objects(VerifyReport& report,
                                                                                 bool read_data,
                                                                                 const Progress& progress) {
    std::map<std::string, std::uint64_t> there;
    for (const auto& file : store_.list("packs")) there.emplace("packs/" + file.name, file.size);
    std::uint64_t total = 0;
    std::uint64_t done = 0;
    std::set<std::string> named;
    for (const auto& pack : state().packs.all()) total += pack.size;
    std::vector<std::pair<std::string, pack::TableEntry>> lists;
    for (const auto& pack : state().packs.all()) {
        const std::string path = pack::pack_blob_name(pack.name);
        if (!named.insert(path).second) continue;
        done += pack.size;
        const auto found = there.find(path);
        if (found == there.end()) {
            report.add(path, say<Msg::file_missing>(path));
            continue;
        }
        if (found->second != pack.size) {
            report.add(path, say<Msg::name_mismatch>(path));
            continue;
        }
        collect(report, path, [&] {
            // A reader of its own: neither caches nor what this process wrote may speak for the file.
            pack::PackReader reader(store_, path, pack.size, ring_);
            reader.check_segments();
            report.objects += reader.table().entries.size();
            if (read_data) verify_entries(reader, lists);
        });
        if (progress) progress(done, total);
    }
    for (const auto& file : state().retired) named.insert(file.name);
    for (const auto& [path, size] : there)
        if (!named.contains(path)) ++report.orphans;
    return lists;
}

// A list that no snapshot holds any more may outlive its chunks, as the base of another.
void Repository::verify_lists(VerifyReport& report,
                              const std::vector<std::pair<std::string, pack::TableEntry>>& lists,
                              const std::set<ObjectId>& reachable) {
    for (const auto i : by_lineage(lists)) {
        const auto& [path, entry] = lists[i];
        if (!reachable.contains(entry.id)) continue;
        collect(report, path, [&] {
            crypto::Sha1 hash = odb::blob_hash(entry.size);
            const bool found = objects_.stream(
                entry.id, [&](ByteView piece) { hash.update(piece); }, pack::ObjectStore::Check::none);
            if (!found || hash.finish() != entry.id) throw Error(Errc::damaged, say<Msg::object_mismatch>());
        });
    }
}

void Repository::verify_entries(pack::PackReader& reader,
                                std::vector<std::pair<std::string, pack::TableEntry>>& lists) {
    const crypto::Key fingerprint_key = ring_.subkey("fingerprint");
    const pack::BaseOf base_of = [&](const ObjectId& id, pack::BaseKind kind) {
        return objects_.base_of(id, kind);
    };
    auto entries = reader.table().entries;
    std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
        return std::tie(a.segment, a.offset, a.at) < std::tie(b.segment, b.offset, b.at);
    });
    for (const auto& entry : entries) {
        auto object = reader.read(entry, base_of);
        bool good = false;
        if (object.type == pack::ObjectType::chunk) {
            const auto identity = pack::identity_of_chunk(fingerprint_key, object.data);
            good = identity.id == entry.id && identity.fingerprint == entry.fingerprint;
        } else {
            good = pack::fingerprint_of(fingerprint_key, object.type, object.data) == entry.fingerprint;
            if (object.chunk_list)
                lists.emplace_back(reader.name(), entry);
            else
                good = good && odb::Git::hash(object.type, object.data) == entry.id;
        }
        if (!good) throw Error(Errc::damaged, say<Msg::object_mismatch>());
        objects_.keep_at_hand(entry.id, std::move(object));
    }
}

std::set<ObjectId> Repository::verify_reachable(VerifyReport& report) {
    std::set<ObjectId> seen;
    const auto walk = [&](const auto& self, const ObjectId& tree) -> void {
        if (!seen.insert(tree).second) return;
        for (const auto& entry : git_.read_tree(tree)) {
            if (entry.name != odb::empty_folder_name && !odb::decode_name(entry.name))
                throw Error(Errc::damaged, say<Msg::malformed>("tree"));
            if (entry.mode == odb::EntryMode::tree)
                self(self, entry.id);
            else if (seen.insert(entry.id).second)
                git_.blob_size(entry.id);
        }
    };
    const rules::NameBook names(state());
    for (const auto& snapshot : state().snapshots) {
        if (snapshot.expired) continue;
        collect(report, names.name(snapshot), [&] { walk(walk, content(snapshot).commit.tree); });
    }
    return seen;
}

}  // namespace coffre::repo
