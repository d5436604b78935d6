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
#include "store/repo/stored_names.hpp"

namespace coffre::repo {

namespace {

constexpr std::uint64_t read_step = 4 << 20;  // bytes

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
    for (const auto view : repository_folders) {
        const std::string folder(view);
        for (auto& file : store.list(folder)) {
            total += file.size;
            if (!digest_in(folder + "/" + file.name))
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

// One run with a key; made for it and gone with it.
class Repository::Verifier {
public:
    Verifier(Repository& repository, VerifyReport& report)
        : repository_(repository),
          objects_(repository.objects_),
          report_(report),
          fingerprint_key_(repository.ring_.subkey("fingerprint")) {}

    void check_journal();
    void check_slots();
    void check_retired();
    // Every pack's seals, and where data is read every object in them.
    void check_packs(bool read_data, const Progress& progress);
    // After that: every snapshot that has not expired, down to its files, and the large ones of these.
    void check_snapshots();

private:
    using Ids = std::unordered_set<ObjectId, FixedBytesHash>;

    void check_entries(pack::PackReader& reader);
    void check_entry(pack::PackReader& reader, const pack::TableEntry& entry);
    [[nodiscard]] bool tree_is_whole(const ObjectId& tree);
    [[nodiscard]] bool blob_is_whole(const ObjectId& blob);
    void check_lists();

    Repository& repository_;
    pack::ObjectStore& objects_;
    VerifyReport& report_;
    crypto::Key fingerprint_key_;
    Ids damaged_;                                                       // objects that cannot be read
    std::vector<std::pair<std::string, pack::TableEntry>> lists_;       // with their packs' names
    std::unordered_map<ObjectId, bool, FixedBytesHash> trees_, blobs_;  // that snapshots hold: whole or not
};

VerifyReport Repository::verify(bool read_data, const Progress& progress) {
    VerifyReport report = verify_names(store_, progress);
    Verifier verifier(*this, report);
    verifier.check_journal();
    verifier.check_slots();
    verifier.check_retired();
    verifier.check_packs(read_data, progress);
    if (read_data) verifier.check_snapshots();
    return report;
}

void Repository::Verifier::check_journal() {
    auto& journal = repository_.journal_;
    journal.refresh(false);
    objects_.on_search({});  // a cache may not speak for the packs
    objects_.add_packs(repository_.state().packs);
    for (const auto& damage : journal.damage()) report_.add(damage.path, damage.what);
    for (const auto& batch : journal.ignored())
        report_.add("journal/" + batch.batch.hex(),
                    say<Msg::stranger_batch>(batch.actor.hex().substr(0, 16)));
}

void Repository::Verifier::check_slots() {
    std::set<std::string> listed;
    for (const auto& slot : repository_.state().slots) {
        const std::string path = slot_blob_name(slot.file);
        listed.insert(path);
        if (!slot.removed && !repository_.store_.size(path)) report_.add(path, say<Msg::file_missing>(path));
    }
    for (const auto& file : repository_.store_.list("keys")) {
        const std::string path = "keys/" + file.name;
        if (!listed.contains(path)) report_.add(path, say<Msg::slot_unlisted>(path));
    }
}

void Repository::Verifier::check_retired() {
    for (const auto& file : repository_.store_.list("retired")) {
        const std::string path = "retired/" + file.name;
        collect(report_, path, [&] {
            if (const auto bytes = repository_.store_.get(path, retired_list_max))
                (void)check_retired_list(*bytes, repository_.id(), repository_.state(), path);
        });
    }
}

void Repository::Verifier::check_packs(bool read_data, const Progress& progress) {
    std::map<std::string, std::uint64_t> there;
    for (const auto& file : repository_.store_.list("packs")) there.emplace("packs/" + file.name, file.size);
    std::uint64_t total = 0;
    std::uint64_t done = 0;
    std::set<std::string> named;
    const auto packs = repository_.state().packs.all();
    for (const auto& pack : packs) total += pack.size;
    for (const auto& pack : packs) {
        const std::string path = pack::pack_blob_name(pack.name);
        if (!named.insert(path).second) continue;
        done += pack.size;
        const auto found = there.find(path);
        if (found == there.end()) {
            report_.add(path, say<Msg::file_missing>(path));
            continue;
        }
        if (found->second != pack.size) {
            report_.add(path, say<Msg::name_mismatch>(path));
            continue;
        }
        // A reader of its own: neither caches nor what this process wrote may speak for the file.
        pack::PackReader reader(repository_.store_, path, pack.size, repository_.ring_);
        collect(report_, path, [&] { reader.check_segments(); });
        collect(report_, path, [&] {
            report_.objects += reader.table().entries.size();
            if (read_data) check_entries(reader);
        });
        if (progress) progress(done, total);
    }
    for (const auto& file : repository_.state().retired) named.insert(file.name);
    for (const auto& [path, size] : there)
        if (!named.contains(path)) ++report_.orphans;
}

void Repository::Verifier::check_entries(pack::PackReader& reader) {
    auto entries = reader.table().entries;
    std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
        return std::tie(a.segment, a.offset, a.at) < std::tie(b.segment, b.offset, b.at);
    });
    for (const auto& entry : entries) {
        bool good = false;
        collect(report_, reader.name(), [&] {
            check_entry(reader, entry);
            good = true;
        });
        if (!good) damaged_.insert(entry.id);
    }
}

void Repository::Verifier::check_entry(pack::PackReader& reader, const pack::TableEntry& entry) {
    const pack::BaseOf base_of = [&](const ObjectId& id, pack::BaseKind kind) {
        return objects_.base_of(id, kind);
    };
    auto object = reader.read(entry, base_of);
    bool good = false;
    if (object.type == pack::ObjectType::chunk) {
        const auto identity = pack::identity_of_chunk(fingerprint_key_, object.data);
        good = identity.id == entry.id && identity.fingerprint == entry.fingerprint;
    } else {
        good = pack::fingerprint_of(fingerprint_key_, object.type, object.data) == entry.fingerprint;
        if (object.chunk_list)
            lists_.emplace_back(reader.name(), entry);
        else
            good = good && odb::Git::hash(object.type, object.data) == entry.id;
    }
    if (!good) throw Error(Errc::damaged, say<Msg::object_mismatch>());
    objects_.keep_at_hand(entry.id, std::move(object));
}

// Whatever a snapshot shares with others that are damaged, each is told.
void Repository::Verifier::check_snapshots() {
    const rules::NameBook names(repository_.state());
    for (const auto& snapshot : repository_.state().snapshots) {
        if (snapshot.expired) continue;
        bool whole = false;
        try {
            whole = tree_is_whole(repository_.content(snapshot).commit.tree);
        } catch (const Error& error) {
            if (error.code() != Errc::damaged && error.code() != Errc::failed) throw;
        }
        if (!whole) report_.add(names.name(snapshot), say<Msg::snapshot_touched>());
    }
    check_lists();
}

bool Repository::Verifier::tree_is_whole(const ObjectId& tree) {
    const auto [known, fresh] = trees_.try_emplace(tree, false);
    if (!fresh) return known->second;
    bool whole = true;
    try {
        for (const auto& entry : repository_.git_.read_tree(tree)) {
            if (entry.name != odb::empty_folder_name && !odb::decode_name(entry.name)) whole = false;
            const bool below =
                entry.mode == odb::EntryMode::tree ? tree_is_whole(entry.id) : blob_is_whole(entry.id);
            whole = whole && below;
        }
    } catch (const Error& error) {
        if (error.code() != Errc::damaged && error.code() != Errc::failed) throw;
        whole = false;
    }
    return trees_[tree] = whole;
}

bool Repository::Verifier::blob_is_whole(const ObjectId& blob) {
    const auto [known, fresh] = blobs_.try_emplace(blob, false);
    if (!fresh) return known->second;
    const auto is_there = [&](const ObjectId& id) { return !damaged_.contains(id) && objects_.entry(id); };
    if (!is_there(blob)) return false;
    const auto rows = objects_.chunks_of(blob);
    return blobs_[blob] =
               std::all_of(rows.begin(), rows.end(), [&](const auto& row) { return is_there(row.id); });
}

// A list that no snapshot holds any more may outlive its chunks, as the base of another.
void Repository::Verifier::check_lists() {
    for (const auto i : by_lineage(lists_)) {
        const auto& [path, entry] = lists_[i];
        const auto held = blobs_.find(entry.id);
        if (held == blobs_.end() || !held->second) continue;  // told with its snapshots, where there are any
        collect(report_, path, [&] {
            crypto::Sha1 hash = odb::blob_hash(entry.size);
            const bool found = objects_.stream(
                entry.id, [&](ByteView piece) { hash.update(piece); }, pack::ObjectStore::Check::none);
            if (!found || hash.finish() != entry.id) throw Error(Errc::damaged, say<Msg::object_mismatch>());
        });
    }
}

}  // namespace coffre::repo
