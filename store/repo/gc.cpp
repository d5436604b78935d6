// Garbage collection. Correctness rests on no lock: everything that is still needed is read and written anew,
// sealed, opened again and compared, before the batch that puts the old files out of use; these go only when
// a later gc (72 hours later, unless the repository is simulated) has found that nothing needs them.

#include <algorithm>

#include "base/error.hpp"
#include "store/repo/known_files.hpp"
#include "store/repo/repack.hpp"
#include "store/repo/repository.hpp"
#include "store/repo/reserve.hpp"
#include "store/repo/retired_list.hpp"
#include "store/repo/slot_file.hpp"
#include "store/rules/names.hpp"

namespace coffre::repo {

namespace {

constexpr std::int64_t quarantine_ns = 72ll * 3600 * 1'000'000'000;
constexpr std::size_t peers_max = 12;               // packs of one size class, or of captures, are too many
constexpr std::size_t mixed_packs_max = 24;         // of captures that hold more opaque content than other
constexpr std::size_t opaque_packs_max = 32;        // of opaque content
constexpr std::uint64_t young_bytes_max = 8 << 20;  // the same of what captures packed and gc packs better
constexpr int lock_timeout_ms = 10'000;
constexpr int attempts_max = 5;

struct Overtaken {};  // something was published while this run read and wrote

using Ids = Repacker::Ids;

struct Live {
    Ids ids;
    std::vector<Lineage> commits, trees, blobs;
};

// Sizes from 4 KiB on, each class eight times the one before.
int size_class(std::uint64_t size) {
    int result = 0;
    for (size >>= 12; size > 0; size >>= 3) ++result;
    return result;
}

std::string name_of(const pack::PackInfo& pack) { return pack::pack_blob_name(pack.name); }

}  // namespace

// One run; made for it and gone with it.
class Repository::Collector {
public:
    using Paths = std::map<std::string, std::vector<ObjectId>>;  // a folder's ends in "/"

    Collector(Repository& repository, const GcRequest& request)
        : repository_(repository), objects_(repository.objects_), request_(request) {}

    GcReport run();

private:
    void plan();
    Live find_live();
    void walk(const ObjectId& tree, const std::string& path, Live& live, Paths& paths);
    [[nodiscard]] Ids bases_of_what_stays();
    [[nodiscard]] bool all_held(const Live& live);
    void choose_packs(const Live& live);
    void spare_bases(const Live& live, std::set<pack::PackInfo> mostly_dead);
    void rewrite(const Live& live);
    void fold_journal();
    void make_room();
    void leave_dead_packs_only(const Live& live);
    void publish();
    void publish_records(const std::vector<pack::PackInfo>& packs,
                         const std::vector<journal::Retired>& retired);
    void remove_files();
    [[nodiscard]] std::uint64_t stored_bytes();

    Repository& repository_;
    pack::ObjectStore& objects_;
    const GcRequest& request_;
    std::vector<Expiry> expiries_;
    Ids expiring_;
    std::set<pack::PackInfo> out_of_use_;   // packs that earlier runs put out of use and that lie here
    std::set<pack::PackInfo> leaving_;      // packs that this run does
    std::vector<journal::Retired> folded_;  // files of the journal whose batches lie in another now
    std::uint64_t batches_ = 0;             // of the state that was planned from
    bool no_room_ = false;                  // to write anything anew
    GcReport report_;
};

void Repository::Collector::plan() {
    batches_ = repository_.state().batches;
    if (!request_.plan) return;
    expiries_ = request_.plan(repository_.state());
    expiring_.clear();
    for (const auto& expiry : expiries_) expiring_.insert(expiry.commit);
}

Live Repository::Collector::find_live() {
    Live live;
    std::map<std::string, Paths> paths;
    std::map<std::string, std::vector<ObjectId>> commits;
    for (const auto* snapshot : rules::newest_first(repository_.state())) {
        // A commit is kept for ever: the history of who captured what and when goes on through it.
        live.ids.insert(snapshot->commit);
        commits[snapshot->equipment].push_back(snapshot->commit);
        if (snapshot->expired || expiring_.contains(snapshot->commit)) continue;
        const auto tree = repository_.git_.read_commit(snapshot->commit).tree;
        walk(tree, "", live, paths[snapshot->equipment]);
    }
    for (auto& [equipment, versions] : commits) live.commits.push_back({equipment, std::move(versions)});
    for (auto& [equipment, of] : paths)
        for (auto& [path, versions] : of)
            (path.ends_with("/") ? live.trees : live.blobs)
                .push_back({likeness_of(path, equipment), std::move(versions)});
    return live;
}

void Repository::Collector::walk(const ObjectId& tree, const std::string& path, Live& live, Paths& paths) {
    auto& versions = paths[path + "/"];
    if (!versions.empty() && versions.back() == tree) return;
    versions.push_back(tree);
    live.ids.insert(tree);
    for (const auto& entry : repository_.git_.read_tree(tree)) {
        const auto below = path + "/" + entry.name;
        if (entry.mode == odb::EntryMode::tree) {
            walk(entry.id, below, live, paths);
            continue;
        }
        auto& files = paths[below];
        if (!files.empty() && files.back() == entry.id) continue;
        files.push_back(entry.id);
        if (live.ids.insert(entry.id).second)
            for (const auto& row : objects_.chunks_of(entry.id)) live.ids.insert(row.id);
    }
}

// More than half dead, one of many of its size, or of captures: a byte is written again a few times in
// its life, not at every run. What cannot be packed better is not written again for that.
void Repository::Collector::choose_packs(const Live& live) {
    std::map<std::pair<bool, int>, std::vector<pack::PackInfo>> peers;
    std::vector<pack::PackInfo> young, mixed, opaque_packs;
    std::set<pack::PackInfo> mostly_dead;
    std::uint64_t young_bytes = 0;
    objects_.each_table([&](const pack::PackInfo& info, const pack::Table& table) {
        if (out_of_use_.contains(info)) return;
        std::uint64_t all = 0, dead = 0, opaque = 0;
        bool content = false;
        for (const auto& entry : table.entries) {
            all += entry.record_size;
            if (!live.ids.contains(entry.id)) dead += entry.record_size;
            if (is_opaque(entry)) opaque += entry.record_size;
            content =
                content || entry.type == pack::ObjectType::blob || entry.type == pack::ObjectType::chunk;
        }
        report_.dead_bytes += dead;
        // Nothing but opaque content (to a sixteenth) is written again to get rid of what is dead, and for
        // nothing else: most of it comes from one capture, and goes with that one, whole.
        const bool opaque_alone = (all - opaque) * 16 < all;
        if (dead * 2 > all) {
            leaving_.insert(info);
            mostly_dead.insert(info);
            return;
        }
        if (opaque_alone) {
            if (info.size < pack::repack_size_max / 2) opaque_packs.push_back(info);
            return;
        }
        if (opaque * 2 > all) {
            mixed.push_back(info);
            return;
        }
        peers[{content, size_class(info.size)}].push_back(info);
        if (!table.groups.empty()) return;
        young.push_back(info);
        young_bytes += all - opaque;
    });
    for (const auto& [key, packs] : peers)
        if (packs.size() >= peers_max && packs.front().size * 2 < pack::repack_size_max)
            leaving_.insert(packs.begin(), packs.end());
    if (mixed.size() >= mixed_packs_max) leaving_.insert(mixed.begin(), mixed.end());
    if (opaque_packs.size() >= opaque_packs_max) leaving_.insert(opaque_packs.begin(), opaque_packs.end());
    if (young.size() >= peers_max || young_bytes > young_bytes_max)
        leaving_.insert(young.begin(), young.end());
    spare_bases(live, mostly_dead);
}

// What no snapshot needs and packs that stay have deltas against would be written again with the rest, and be
// as much as before: a pack that is dead in that way alone stays as well.
void Repository::Collector::spare_bases(const Live& live, std::set<pack::PackInfo> mostly_dead) {
    for (bool settled = false; !settled;) {
        settled = true;
        const auto bases = bases_of_what_stays();
        objects_.each_table([&](const pack::PackInfo& info, const pack::Table& table) {
            if (!mostly_dead.contains(info)) return;
            std::uint64_t all = 0, dead = 0;
            for (const auto& entry : table.entries) {
                all += entry.record_size;
                if (!live.ids.contains(entry.id) && !bases.contains(entry.id)) dead += entry.record_size;
            }
            if (dead * 2 > all) return;
            leaving_.erase(info);
            mostly_dead.erase(info);
            settled = false;
        });
    }
}

// What packs that stay have deltas against.
Ids Repository::Collector::bases_of_what_stays() {
    Ids bases;
    objects_.each_table([&](const pack::PackInfo& info, const pack::Table& table) {
        if (leaving_.contains(info) || out_of_use_.contains(info)) return;
        pack::each_base(table.entries, table.groups, [&](const ObjectId& base) { bases.insert(base); });
    });
    return bases;
}

// Can everything that is needed be read from packs that are in use?
bool Repository::Collector::all_held(const Live& live) {
    Ids held, on_the_way;
    const auto holds = [&](const auto& self, const ObjectId& id) -> bool {
        if (held.contains(id)) return true;
        if (!objects_.holds(id) || !on_the_way.insert(id).second) return false;
        const auto bases = objects_.bases_of(id);
        if (!std::all_of(bases.begin(), bases.end(), [&](const auto& base) { return self(self, base); }))
            return false;
        on_the_way.erase(id);
        held.insert(id);
        return true;
    };
    const auto all = [&](const Ids& ids) {
        return std::all_of(ids.begin(), ids.end(), [&](const auto& id) { return holds(holds, id); });
    };
    return all(live.ids) && all(bases_of_what_stays());
}

// First what packs that stay need: told apart from nothing in them, or it would be known by itself alone.
void Repository::Collector::rewrite(const Live& live) {
    objects_.set_packing(pack::Packing::repack);
    Repacker repacker(objects_);
    repacker.write_opaque(live.blobs);
    objects_.flush();
    Ids bases = bases_of_what_stays();
    std::erase_if(bases, [&](const ObjectId& id) { return objects_.holds(id); });
    for (const Ids* only : {&std::as_const(bases), static_cast<const Ids*>(nullptr)})
        for (const auto* lineages : {&live.blobs, &live.trees, &live.commits}) {
            if (only == nullptr || !only->empty()) repacker.write(*lineages, only);
        }
    // What no snapshot needs any more, and its bases.
    for (const auto& id : bases)
        if (!objects_.holds(id)) repacker.write_alone(id);
    report_.rewritten_objects += repacker.written();
    objects_.set_packing(pack::Packing::capture);
    objects_.flush();
    if (!all_held(live)) throw Error(Errc::damaged, say<Msg::object_missing>(), say<Msg::hint_verify>());
}

GcReport Repository::Collector::run() {
    auto& repository = repository_;
    const auto alone = request_.dry_run ? nullptr
                                        : repository.store_.lock(std::string(gc_lock_name),
                                                                 LockMode::exclusive, lock_timeout_ms);
    repository.journal_.refresh();
    objects_.add_packs(repository.state().packs);
    // What lies in packs that are out of use is read where something published since needs it.
    const auto out_of_use = repository.packs_out_of_use();
    out_of_use_.insert(out_of_use.begin(), out_of_use.end());
    objects_.fall_back_to(out_of_use);
    const auto before = stored_bytes();
    plan();
    Live live = find_live();
    if (request_.dry_run) {
        choose_packs(live);
        return report_;
    }
    if (all_held(live)) remove_files();  // before anything is written: that may need the room
    fold_journal();
    for (int attempt = 0;; ++attempt) {
        if (attempt > 0) {
            plan();
            live = find_live();
        }
        if (attempt == 0) {
            choose_packs(live);
            objects_.fall_back_to({leaving_.begin(), leaving_.end()});
        }
        try {
            if (!no_room_) {
                rewrite(live);
            }
        } catch (const Error& error) {
            if (error.code() != Errc::no_space) throw;
            make_room();
        }
        if (no_room_) leave_dead_packs_only(live);
        try {
            publish();
            break;
        } catch (const Overtaken&) {
            if (attempt == attempts_max)
                throw Error(Errc::locked, say<Msg::gc_overtaken>(), say<Msg::hint_locked>());
            objects_.add_packs(repository.state().packs);
        }
    }
    remove_files();
    keep_reserve(repository.store_, repository.environment_.random);
    report_.freed_bytes = before - std::min(before, stored_bytes());
    return report_;
}

std::uint64_t Repository::Collector::stored_bytes() {
    auto& store = repository_.store_;
    std::uint64_t bytes = store.size(reserve_name).value_or(0);
    for (const auto* folder : {"packs", "journal", "retired", "tmp"})
        for (const auto& file : store.list(folder)) bytes += file.size;
    return bytes;
}

void Repository::Collector::fold_journal() {
    try {
        for (const auto& file : repository_.journal_.fold_files())
            folded_.push_back({"journal/" + file.name, file.size, {}});
    } catch (const Error& error) {
        if (error.code() != Errc::no_space) throw;
        make_room();
    }
}

// The disk is full: what this run wrote goes again, and what was kept for this moment.
void Repository::Collector::make_room() {
    no_room_ = true;
    for (const auto& pack : objects_.discard()) repository_.store_.remove(name_of(pack));
    repository_.store_.remove(reserve_name);
}

// Without room for new packs, what goes is what no byte of is needed: neither by a snapshot nor as a base by
// what stays, which is found by letting all go that no snapshot needs and taking back until nothing changes.
void Repository::Collector::leave_dead_packs_only(const Live& live) {
    std::set<pack::PackInfo> dead;
    const auto holds_any = [](const pack::Table& table, const auto& ids) {
        return std::any_of(table.entries.begin(), table.entries.end(),
                           [&](const auto& entry) { return ids.contains(entry.id); });
    };
    objects_.each_table([&](const pack::PackInfo& info, const pack::Table& table) {
        if (leaving_.contains(info) && !holds_any(table, live.ids)) dead.insert(info);
    });
    for (bool settled = false; !settled;) {
        leaving_ = dead;
        const auto bases = bases_of_what_stays();
        objects_.each_table([&](const pack::PackInfo& info, const pack::Table& table) {
            if (dead.contains(info) && holds_any(table, bases)) dead.erase(info);
        });
        settled = dead == leaving_;
    }
}

void Repository::Collector::publish() {
    auto& repository = repository_;
    const auto packs = no_room_ ? std::vector<pack::PackInfo>() : objects_.flush();
    auto retired = folded_;
    for (const auto& pack : leaving_) retired.push_back({name_of(pack), pack.size, {}});
    if (expiries_.empty() && retired.empty()) return;
    try {
        publish_records(packs, retired);
    } catch (const Error& error) {
        if (error.code() != Errc::no_space || no_room_) throw;
        repository.store_.remove(reserve_name);
        publish_records(packs, retired);
    }
    objects_.named();
    batches_ = repository.state().batches;
    out_of_use_.insert(leaving_.begin(), leaving_.end());
    report_.retired_files = retired.size();
}

void Repository::Collector::publish_records(const std::vector<pack::PackInfo>& packs,
                                            const std::vector<journal::Retired>& retired) {
    auto& repository = repository_;
    const auto since = repository.state().gc_generation;
    repository.append(packs, [&](const journal::State& newest) {
        if (newest.batches != batches_) throw Overtaken();
        auto records = journal::Json::array();
        for (const auto& expiry : expiries_)
            records.push_back(journal::expiry_record(expiry.commit, expiry.why));
        records.push_back(journal::gc_record(newest.gc_generation + 1, retired, request_.force));
        return records;
    });
    if (repository.state().gc_generation == since) throw Error(Errc::refused, say<Msg::gc_no_right>());
    publish_retired_list(repository.store_, repository.id(), repository.last_signer(), repository.state(),
                         retired);
}

// What has been out of use for long enough. Where locks say that no capture is at work also what one that was
// cut off left, and in a simulated repository what is out of use since just now.
void Repository::Collector::remove_files() {
    auto& repository = repository_;
    const auto& state = repository.state();
    std::unique_ptr<FileLock> quiet, journal_quiet;
    bool busy = false;
    try {
        quiet = repository.store_.lock(std::string(captures_lock_name), LockMode::exclusive,
                                       state.site.simulated ? lock_timeout_ms : 0);
        if (quiet) journal_quiet = repository.store_.lock("lock", LockMode::exclusive, lock_timeout_ms);
    } catch (const Error& error) {
        if (error.code() != Errc::locked) throw;
        busy = true;
    }
    if (journal_quiet) {
        repository.journal_.refresh();
        if (state.batches != batches_) return;  // what was published since may need them
    }
    const auto now = repository.environment_.clock.now();
    std::set<std::string> wanted, going, waiting;
    report_.waiting_files = 0;
    for (const auto& pack : state.packs.all()) wanted.insert(name_of(pack));
    for (const auto& file : state.retired) {
        const bool due = (state.site.simulated && !busy) || file.time.ns + quarantine_ns <= now.ns;
        (due ? going : waiting).insert(file.name);
    }
    wanted.insert(waiting.begin(), waiting.end());
    for (const auto* folder : {"packs", "journal", "tmp"}) {
        const bool left_here = std::string_view(folder) != "journal" && journal_quiet != nullptr;
        for (const auto& file : repository.store_.list(folder)) {
            const auto name = std::string(folder) + "/" + file.name;
            if (waiting.contains(name)) ++report_.waiting_files;
            if (!going.contains(name) && (!left_here || wanted.contains(name))) continue;
            repository.store_.remove(name);
            ++report_.deleted_files;
        }
    }
    objects_.forget_packs([&](const auto& pack) { return going.contains(name_of(pack)); });
    std::erase_if(out_of_use_, [&](const auto& pack) { return going.contains(name_of(pack)); });
}

GcReport Repository::gc(const GcRequest& request) {
    if (!may_write_)
        throw Error(Errc::damaged, say<Msg::slot_unlisted>(slot_blob_name(slot_file_)),
                    say<Msg::hint_other_slot>());
    return Collector(*this, request).run();
}

}  // namespace coffre::repo
