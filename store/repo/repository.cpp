#include "store/repo/repository.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "store/odb/names.hpp"
#include "store/repo/format_file.hpp"
#include "store/repo/machine.hpp"
#include "store/repo/remote_memory.hpp"
#include "store/repo/repository_texts.hpp"
#include "store/repo/retired_list.hpp"
#include "store/repo/slot_file.hpp"

namespace coffre::repo {

namespace {

const std::string index_cache_name = "index";
const std::string index_base_prefix = "objects-";

}  // namespace

std::string person_text(const std::string& message) {
    const auto head = message.find("\n\n");
    const auto tail = message.rfind("\n\n");
    if (head == std::string::npos || tail == head) return "";
    return message.substr(head + 2, tail - head - 2);
}

Repository::Repository(BlobStore& store, Environment environment, const Credentials& credentials,
                       Options options)
    : store_(store),
      environment_(environment),
      options_(std::move(options)),
      ring_(open_slots(credentials)),
      hedge_(ring_.site, environment),
      cache_(environment.files, cache_folder(options_.folders, ring_.repository)),
      machine_(environment.files, machine_folder(options_.folders, ring_.repository)),
      journal_(store, ring_, hedge_, environment, cache_),
      objects_(store, ring_, hedge_),
      git_(objects_) {
    journal_.refresh(!options_.read_whole_journal);
    check_opened();
    objects_.on_search([this] { return load_index(); });
    objects_.on_missing([this] { return packs_out_of_use(); });
    objects_.add_packs(state().packs);
    known_generation_ = state().gc_generation;
}

Repository::~Repository() {
    try {
        save_index();
    } catch (...) {  // NOLINT: a cache that is not written costs time next time, nothing else
    }
}

crypto::KeyRing Repository::open_slots(const Credentials& credentials) {
    auto opened = repo::open_slots(store_, read_format_file(store_).id, credentials);
    slot_ = opened.header;
    slot_file_ = opened.file;
    return std::move(opened.ring);
}

void Repository::check_opened() {
    if (!journal_.damage().empty() && !options_.tolerate_damage) {
        const auto& damage = journal_.damage().front();
        throw Error(Errc::damaged, say<Msg::journal_damaged>(damage.path, text(damage.what)),
                    say<Msg::hint_despite_damage>());
    }
    const auto& keys = state().public_keys;
    const bool keys_agree = (!ring_.meta || ring_.meta_public.hex() == keys.meta) &&
                            (!ring_.content || ring_.content_public.hex() == keys.content) &&
                            (!ring_.access || ring_.access_public.hex() == keys.access);
    if (journal_.damage().empty() && !keys_agree) {
        const std::string path = slot_blob_name(slot_file_);
        throw Error(Errc::damaged, say<Msg::foreign_slot>(path), say<Msg::hint_other_slot>());
    }
    if (journal_.damage().empty() && site().simulated != read_format_file(store_).simulated)
        throw Error(Errc::damaged, say<Msg::malformed>(std::string(format_file_name)),
                    say<Msg::hint_verify>());
    const auto& slots = state().slots;
    const auto listed =
        std::find_if(slots.begin(), slots.end(), [&](const auto& slot) { return slot.file == slot_file_; });
    if (listed != slots.end() && listed->removed)
        throw Error(Errc::no_key, say<Msg::slot_removed>(to_rfc3339(listed->removed_at)),
                    say<Msg::hint_slot_removed>());
    if (listed == slots.end()) {
        warnings_.push_back(say<Msg::slot_unlisted>(slot_blob_name(slot_file_)));
        may_write_ = false;
    }
    for (const auto& batch : journal_.ignored()) {
        const auto key = batch.actor.hex().substr(0, 16);
        const auto known = state().actors.find(batch.actor);
        warnings_.push_back(known == state().actors.end()
                                ? say<Msg::stranger_batch>(key)
                                : say<texts::batch_of_removed>(printable(known->second.name), key));
    }
}

pack::FoldedIndex Repository::load_index() {
    const auto open_base = [&](const Sha256Digest& base) {
        return cache_.open_pages(index_base_prefix + base.hex(), crypto::SealedKind::table_cache, ring_);
    };
    const auto head = cache_.read(index_cache_name, crypto::SealedKind::table_cache, ring_);
    if (!head) return {};
    try {
        return {*head, open_base};
    } catch (const Error&) {
        return {};  // of another version: the packs themselves are read
    }
}

void Repository::save_index() {
    const auto write_base = [&](ByteView plain) {
        return cache_.write_pages(index_base_prefix, crypto::SealedKind::table_cache, ring_, hedge_, plain);
    };
    try {
        const auto head = objects_.fold_index(write_base);
        if (head.empty()) return;
        // Another process may have put a new base in its place.
        const auto name = index_base_prefix + Sha256Digest::from(head).hex();
        if (!cache_.open_pages(name, crypto::SealedKind::table_cache, ring_)) return;
        cache_.write(index_cache_name, crypto::SealedKind::table_cache, ring_, hedge_, head);
        cache_.remove_others(index_base_prefix, name);
    } catch (const Error&) {
        cache_.remove_others(index_cache_name, "");  // it does not open: made anew next time
    }
}

const crypto::SigningKey& Repository::signing_key(bool locked) {
    if (!locked) {
        if (!process_key_) process_key_.emplace(hedge_.seed().view());
        return *process_key_;
    }
    if (!machine_key_) machine_key_ = load_machine_key(machine_, ring_);
    if (machine_key_) return *machine_key_;
    const crypto::Key seed = hedge_.seed();
    if (!save_machine_seed(environment_.files, options_.folders, ring_, hedge_, seed.view()))
        machine_key_ = load_machine_key(machine_, ring_);  // another process was first
    if (!machine_key_) machine_key_.emplace(seed.view());
    return *machine_key_;
}

std::vector<pack::PackInfo> Repository::packs_out_of_use() {
    std::map<std::string, std::uint64_t> there;
    for (const auto& file : store_.list("packs")) there.emplace("packs/" + file.name, file.size);
    std::vector<pack::PackInfo> packs;
    for (const auto& file : state().retired)
        if (const auto info = pack::pack_info(file.name, file.size); info && there.contains(file.name))
            packs.push_back(*info);
    return packs;
}

std::optional<ActorId> Repository::own_actor() {
    if (!machine_key_) machine_key_ = load_machine_key(machine_, ring_);
    return machine_key_ ? std::optional(machine_key_->id()) : std::nullopt;
}

BatchId Repository::append(const std::vector<pack::PackInfo>& packs,
                           const std::function<journal::Json(const journal::State&)>& prepare) {
    if (!may_write_)
        throw Error(Errc::damaged, say<Msg::slot_unlisted>(slot_blob_name(slot_file_)),
                    say<Msg::hint_other_slot>());
    const auto key_of = [&](bool locked) -> const crypto::SigningKey& {
        return *(last_signer_ = &signing_key(locked));
    };
    const BatchId id =
        journal_.append(key_of, packs, [&](const journal::State& newest, const ActorId& signer) {
            check_not_put_out(newest, signer);
            check_not_set_back(newest, signer);
            const auto stream = newest.streams.find(signer);
            hedge_.set_actor(signer, stream == newest.streams.end() ? 1 : stream->second.number + 1);
            journal::Json records = journal::Json::array();
            if (!newest.actors.contains(signer)) {
                if (!ring_.admission) throw Error(Errc::no_key, say<Msg::not_admitted>());
                const crypto::SigningKey admission(ring_.admission->view());
                const journal::Actor actor{signer, options_.actor_name, {"gc", "write"}};
                records.push_back(
                    journal::actor_record(actor, admission.id(),
                                          journal::sign_admission(admission, ring_.repository, actor.id,
                                                                  actor.name, actor.rights)));
            }
            for (auto& record : prepare(newest)) records.push_back(std::move(record));
            return records;
        });
    objects_.add_packs(state().packs);  // other processes' too: the state names their snapshots now
    return id;
}

// What such a machine writes counts nowhere: better that it is told than that it believes to have backups.
void Repository::check_not_put_out(const journal::State& state, const ActorId& signer) {
    if (!state.removals.contains(signer)) return;
    throw Error(Errc::refused, say<texts::machine_put_out>(printable(state.actors.at(signer).name)),
                say<Msg::hint_actor_put_out>());
}

// A number that is given a second time makes a fork: where this machine knows that it wrote more than lies
// here, it does not go on.
void Repository::check_not_set_back(const journal::State& newest, const ActorId& signer) const {
    const Memory memory(environment_, machine_folder(options_.folders, ring_.repository));
    const auto mirrored = memory.of_machine().mirrored;
    const auto own = mirrored.find(signer);
    if (own == mirrored.end()) return;
    const auto stream = newest.streams.find(signer);
    if (stream == newest.streams.end() || stream->second.number < own->second)
        throw Error(Errc::damaged, say<Msg::copy_older>(), say<Msg::hint_copy_older>());
}

void Repository::refresh() {
    journal_.refresh();
    objects_.add_packs(state().packs);
    check_opened();
}

void Repository::admit_actor(const ActorId& actor, const std::string& name,
                             const std::vector<std::string>& rights) {
    if (!ring_.admission) throw Error(Errc::no_key, say<Msg::not_admitted>());
    const crypto::SigningKey admission(ring_.admission->view());
    change([&](const journal::State& newest) {
        if (newest.removals.contains(actor))
            throw Error(Errc::failed, say<Msg::actor_put_out>(actor.hex().substr(0, 16)),
                        say<Msg::hint_actor_put_out>());
        const auto certificate = journal::sign_admission(admission, ring_.repository, actor, name, rights);
        return journal::Json::array(
            {journal::actor_record({actor, name, rights}, admission.id(), certificate)});
    });
}

void Repository::remove_actor(const ActorId& actor, const std::string& message) {
    if (!ring_.admission) throw Error(Errc::no_key, say<Msg::not_admitted>());
    const crypto::SigningKey admission(ring_.admission->view());
    change([&](const journal::State& newest) {
        if (!newest.actors.contains(actor) || newest.removals.contains(actor))
            throw Error(Errc::failed, say<Msg::actor_unknown>(actor.hex().substr(0, 16)),
                        say<Msg::hint_actor_list>());
        const auto stream = newest.streams.find(actor);
        journal::Removal removal;
        removal.last = stream == newest.streams.end() ? 0 : stream->second.number;
        removal.version.message = message;
        const auto certificate = journal::sign_removal(admission, ring_.repository, actor, removal.last);
        return journal::Json::array(
            {journal::actor_removed_record(actor, removal, admission.id(), certificate)});
    });
}

void Repository::record(const std::vector<journal::Json>& records) {
    change([&](const journal::State&) { return journal::Json(records); });
}

void Repository::change(const std::function<journal::Json(const journal::State&)>& prepare) {
    append({}, prepare);
}

journal::Json Repository::machine_statement(journal::Json record) {
    const auto& key = last_signer_ != nullptr ? *last_signer_ : signing_key(true);
    const auto known = state().actors.find(key.id());
    const auto& name = known == state().actors.end() ? options_.actor_name : known->second.name;
    record["by"] = name;
    return journal::sign_statement(std::move(record), name, key, ring_.repository);
}

Origin Repository::origin(const journal::Snapshot& snapshot) {
    if (!snapshot.author.empty()) return {snapshot.author, snapshot.message};
    auto old = content(snapshot);
    return {std::move(old.commit.author.name), std::move(old.text)};
}

SnapshotContent Repository::content(const journal::Snapshot& snapshot) {
    objects_.prefer(snapshot.packs);
    SnapshotContent content;
    content.commit = git_.read_commit(snapshot.commit);
    content.text = person_text(content.commit.message);
    return content;
}

std::vector<FileEntry> Repository::list(const journal::Snapshot& snapshot, const std::string& path) {
    return list_files(git_, content(snapshot).commit.tree, path);
}

std::optional<FileEntry> Repository::file_at(const journal::Snapshot& snapshot, const std::string& path) {
    const auto names = split_names(path);
    ObjectId tree = content(snapshot).commit.tree;
    std::string folder;
    for (std::size_t i = 0; i < names.size(); ++i) {
        const auto entries = git_.read_tree(tree);
        const auto wanted = odb::encode_name(names[i]);
        const auto found = std::find_if(entries.begin(), entries.end(),
                                        [&](const auto& entry) { return entry.name == wanted; });
        if (found == entries.end()) return std::nullopt;
        const bool is_tree = found->mode == odb::EntryMode::tree;
        const bool last = i + 1 == names.size();
        if (last && !is_tree) return file_entry(git_, *found, folder);
        if (last || !is_tree) return std::nullopt;
        tree = found->id;
        folder = folder.empty() ? names[i] : folder + "/" + names[i];
    }
    return std::nullopt;
}

void Repository::walk_differences(const journal::Snapshot* before, const journal::Snapshot& after,
                                  const DifferenceFn& fn) {
    std::optional<ObjectId> before_tree;
    if (before != nullptr) before_tree = content(*before).commit.tree;
    walk_trees(before_tree, content(after).commit.tree, "", fn);
}

void Repository::walk_trees(const std::optional<ObjectId>& before, const std::optional<ObjectId>& after,
                            const std::string& folder, const DifferenceFn& fn) {
    if (before == after) return;
    using Entries = std::map<std::string, odb::TreeEntry>;
    const auto read = [&](const std::optional<ObjectId>& tree) {
        Entries entries;
        if (tree)
            for (auto& entry : git_.read_tree(*tree)) entries.emplace(entry.name, entry);
        return entries;
    };
    const Entries old_entries = read(before);
    const Entries new_entries = read(after);
    const auto find = [](const Entries& entries, const std::string& name) {
        const auto found = entries.find(name);
        return found == entries.end() ? nullptr : &found->second;
    };
    const auto visit = [&](const odb::TreeEntry* was, const odb::TreeEntry* is) {
        const auto tree_of = [](const odb::TreeEntry* entry) {
            return entry != nullptr && entry->mode == odb::EntryMode::tree ? std::optional(entry->id)
                                                                           : std::nullopt;
        };
        const auto was_tree = tree_of(was), is_tree = tree_of(is);
        if (was_tree || is_tree)
            walk_trees(was_tree, is_tree, path_below(folder, (is != nullptr ? is : was)->name), fn);
        if (was != nullptr && is != nullptr && was->id == is->id && was->mode == is->mode) return;
        if (was != nullptr && !was_tree) {
            const auto entry = file_entry(git_, *was, folder);
            fn(&entry, nullptr);
        }
        if (is != nullptr && !is_tree) {
            const auto entry = file_entry(git_, *is, folder);
            fn(nullptr, &entry);
        }
    };
    for (const auto& [name, entry] : old_entries) visit(&entry, find(new_entries, name));
    for (const auto& [name, entry] : new_entries)
        if (find(old_entries, name) == nullptr) visit(nullptr, &entry);
}

Bytes Repository::read_file(const FileEntry& file) { return git_.read_blob(file.id); }

void Repository::read_file(const FileEntry& file, const std::function<void(ByteView)>& fn) {
    git_.read_blob(file.id, fn);
}

const journal::Snapshot* Repository::newest_kept(const std::string& equipment) const {
    rules::NewestFirst order(state(), equipment);
    while (const auto* snapshot = order.next())
        if (!snapshot->expired) return snapshot;
    return nullptr;
}

KnownFiles Repository::known_files(const std::string& equipment) {
    KnownFiles known;
    const auto* newest = newest_kept(equipment);
    if (newest == nullptr) return known;
    const auto walk = [&](const auto& self, const ObjectId& tree, const std::string& folder) -> void {
        known.add_folder(folder, tree);
        for (const auto& entry : git_.read_tree(tree)) {
            if (entry.name == odb::empty_folder_name) continue;
            const auto path = path_below(folder, entry.name);
            if (entry.mode == odb::EntryMode::tree)
                self(self, entry.id, path);
            else
                known.add_file(path, entry.id);
        }
    };
    try {
        walk(walk, content(*newest).commit.tree, "");
    } catch (const Error& error) {
        // What was lost is no base, and no reason not to capture.
        if (error.code() != Errc::damaged) throw;
    }
    return known;
}

// What gc put out of use since the last time is not relied on.
void Repository::forget_retired() {
    if (known_generation_ == state().gc_generation) return;
    objects_.forget_packs([&](const pack::PackInfo& pack) { return state().packs.find(pack.name) != pack; });
    known_generation_ = state().gc_generation;
}

Stats Repository::stats() {
    Stats stats;
    for (const auto* folder : {"keys", "packs", "index", "journal", "retired"})
        for (const auto& file : store_.list(folder)) stats.stored_bytes += file.size;
    stats.stored_bytes += store_.size(std::string(format_file_name)).value_or(0);
    for (const auto& snapshot : state().snapshots) stats.logical_bytes += snapshot.bytes;
    stats.snapshots = state().snapshots.size();
    stats.objects = objects_.objects();
    stats.packs = state().packs.size();
    return stats;
}

}  // namespace coffre::repo
