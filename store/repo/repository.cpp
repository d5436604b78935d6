#include "store/repo/repository.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "store/odb/names.hpp"
#include "store/repo/format_file.hpp"
#include "store/repo/machine.hpp"
#include "store/rules/civil_time.hpp"

namespace coffre::repo {

namespace {

constexpr std::uint64_t slot_file_max = 64 << 10;
constexpr std::size_t table_cache_worth_it = 16;  // tables opened one by one before the cache is written anew
const std::string table_cache_name = "tables";

// Commit message: the standard name, what the person wrote, and a last paragraph of trailers.
// The nonce keeps apart two captures of one equipment that are equal in everything, second included.
std::string commit_message(const std::string& name, const SnapshotRequest& request, bool complete,
                           Timestamp recorded_at, ByteView nonce) {
    std::string message = name + "\n\n";
    if (!request.message.empty()) message += request.message + "\n\n";
    message += "Coffre-Version: " + request.version + "\n";
    message += "Coffre-Driver: " + request.driver + "\n";
    message += "Coffre-Complete: " + std::string(complete ? "yes" : "no") + "\n";
    message += "Coffre-Recorded: " + to_rfc3339(recorded_at) + "\n";
    message += "Coffre-Nonce: " + to_hex(nonce) + "\n";
    return message;
}

std::string person_text(const std::string& message) {
    const auto head = message.find("\n\n");
    const auto tail = message.rfind("\n\n");
    if (head == std::string::npos || tail == head) return "";
    return message.substr(head + 2, tail - head - 2);
}

// Git's person fields hold no angle brackets, line breaks or NUL.
std::string person_field(const std::string& text, const char* fallback) {
    std::string out;
    for (const char c : text)
        if (static_cast<unsigned char>(c) >= 0x20 && c != '<' && c != '>') out += c;
    // libgit2 takes these off both ends, and refuses what is then empty.
    return out.find_first_not_of(" .,:;\"\\'") == std::string::npos ? fallback : out;
}

}  // namespace

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
    objects_.on_open_all([this] { load_table_cache(); });
    objects_.add_packs(state().packs);
}

Repository::~Repository() {
    try {
        save_table_cache();
    } catch (...) {  // NOLINT: a cache that is not written costs time next time, nothing else
    }
}

crypto::KeyRing Repository::open_slots(const Credentials& credentials) {
    const FormatFile format = read_format_file(store_);
    std::optional<crypto::KeyFile> key_file;
    if (credentials.key_file)
        key_file = crypto::parse_key_file(*credentials.key_file, credentials.key_file_path);
    std::optional<std::string> passphrase;
    std::optional<Message> damage;
    bool tried = false;
    for (const auto& file : store_.list("keys")) {
        const std::string name = "keys/" + file.name;
        try {
            const auto bytes = store_.get(name, slot_file_max);
            if (!bytes) continue;
            const auto digest = crypto::sha256(*bytes);
            if (digest.hex() + ".slot" != file.name)
                throw Error(Errc::damaged, say<Msg::name_mismatch>(name), say<Msg::hint_verify>());
            const auto header = crypto::parse_slot(*bytes, name);
            if (header.repository != format.id) throw Error(Errc::damaged, say<Msg::foreign_slot>(name));
            std::optional<crypto::KeyRing> ring;
            if (key_file) {
                if (header.id != key_file->slot) continue;
                ring = crypto::open_slot(*bytes, *key_file, name);
            } else if (credentials.passphrase && header.type == crypto::SlotType::passphrase) {
                if (!passphrase) passphrase = credentials.passphrase();
                ring = crypto::open_slot(*bytes, *passphrase, name);
            } else {
                continue;
            }
            tried = true;
            if (!ring) continue;
            slot_ = header;
            slot_file_ = digest;
            if (passphrase)
                crypto::wipe({reinterpret_cast<std::uint8_t*>(passphrase->data()), passphrase->size()});
            return std::move(*ring);
        } catch (const Error& error) {
            if (error.code() != Errc::damaged) throw;
            damage = error.message();
        }
    }
    // A damaged slot may have been the right one: that is told before "wrong passphrase" is.
    if (damage) throw Error(Errc::damaged, *damage, say<Msg::hint_other_slot>());
    if (key_file && !tried)
        throw Error(Errc::no_key, say<Msg::key_file_unlisted>(credentials.key_file_path),
                    say<Msg::hint_key_file>());
    if (!key_file && !credentials.passphrase)
        throw Error(Errc::no_key, say<Msg::no_key_given>(), say<Msg::hint_give_key>());
    throw Error(Errc::no_key, say<Msg::wrong_passphrase>(), say<Msg::hint_passphrase>());
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
        const std::string path = "keys/" + slot_file_.hex() + ".slot";
        throw Error(Errc::damaged, say<Msg::foreign_slot>(path), say<Msg::hint_other_slot>());
    }
    if (journal_.damage().empty() && site().simulated != read_format_file(store_).simulated)
        throw Error(Errc::damaged, say<Msg::malformed>(std::string(format_file_name)),
                    say<Msg::hint_verify>());
    const auto& slots = state().slots;
    const auto listed =
        std::find_if(slots.begin(), slots.end(), [&](const auto& slot) { return slot.file == slot_file_; });
    if (listed == slots.end() || listed->removed) {
        warnings_.push_back(say<Msg::slot_unlisted>("keys/" + slot_file_.hex() + ".slot"));
        may_write_ = false;
    }
    for (const auto& batch : journal_.ignored())
        warnings_.push_back(say<Msg::stranger_batch>(batch.actor.hex().substr(0, 16)));
}

void Repository::load_table_cache() {
    const auto plain = cache_.read(table_cache_name, crypto::SealedKind::table_cache, ring_);
    if (!plain) return;
    try {
        ByteReader reader(*plain, table_cache_name);
        while (!reader.empty()) {
            const auto name = Sha256Digest::from(reader.take(Sha256Digest::size));
            const auto size = reader.u64();
            const auto table = reader.take(reader.varint());
            objects_.set_table(name, size, pack::decode_table(table, table_cache_name));
        }
    } catch (const Error&) {
        // Of another version: the packs themselves are read.
    }
}

void Repository::save_table_cache() {
    if (objects_.tables_opened() < table_cache_worth_it) return;
    Bytes out;
    objects_.each_table([&](const pack::PackInfo& info, const pack::Table& table) {
        coffre::append(out, info.name.view());
        append_u64(out, info.size);
        const Bytes encoded = pack::encode_table(table);
        append_varint(out, encoded.size());
        coffre::append(out, encoded);
    });
    cache_.write(table_cache_name, crypto::SealedKind::table_cache, ring_, hedge_, out);
}

crypto::SigningKey Repository::machine_key() {
    if (auto key = load_machine_key(machine_, ring_)) return std::move(*key);
    const crypto::Key seed = hedge_.seed();
    if (!save_machine_seed(environment_.files, options_.folders, ring_, hedge_, seed.view()))
        if (auto key = load_machine_key(machine_, ring_))
            return std::move(*key);  // another process was first
    return crypto::SigningKey(seed.view());
}

BatchId Repository::append(const std::vector<pack::PackInfo>& packs,
                           const std::function<journal::Json(const journal::State&)>& prepare) {
    if (!may_write_)
        throw Error(Errc::damaged, say<Msg::slot_unlisted>("keys/" + slot_file_.hex() + ".slot"),
                    say<Msg::hint_other_slot>());
    const crypto::SigningKey key = machine_key();
    const auto stream = state().streams.find(key.id());
    hedge_.set_actor(key.id(), stream == state().streams.end() ? 1 : stream->second.number + 1);
    const BatchId id = journal_.append(key, packs, [&](const journal::State& newest) {
        journal::Json records = journal::Json::array();
        if (!newest.actors.contains(key.id())) {
            if (!ring_.admission) throw Error(Errc::no_key, say<Msg::not_admitted>());
            const crypto::SigningKey admission(ring_.admission->view());
            const journal::Actor actor{key.id(), options_.actor_name, {"gc", "write"}};
            records.push_back(journal::actor_record(
                actor, admission.id(),
                journal::sign_admission(admission, ring_.repository, actor.id, actor.name, actor.rights)));
        }
        for (auto& record : prepare(newest)) records.push_back(std::move(record));
        return records;
    });
    objects_.add_packs(state().packs);  // other processes' too: the state names their snapshots now
    return id;
}

void Repository::record(const std::vector<journal::Json>& records) {
    append({}, [&](const journal::State&) { return journal::Json(records); });
}

SnapshotContent Repository::content(const journal::Snapshot& snapshot) {
    objects_.prefer(snapshot.packs);
    SnapshotContent content;
    content.commit = git_.read_commit(snapshot.commit);
    content.text = person_text(content.commit.message);
    return content;
}

std::vector<FileEntry> Repository::list(const journal::Snapshot& snapshot, const std::string& named) {
    const std::string path = join_names(split_names(named));
    std::vector<FileEntry> files;
    bool found = path.empty();
    const auto walk = [&](const auto& self, const ObjectId& tree, const std::string& folder) -> void {
        for (const auto& entry : git_.read_tree(tree)) {
            if (entry.name == odb::empty_folder_name) {
                const bool wanted = path.empty() || folder == path || folder.starts_with(path + "/");
                if (wanted) files.push_back({folder, odb::EntryMode::tree, 0, entry.id, true});
                continue;
            }
            const auto name = odb::decode_name(entry.name);
            if (!name) throw Error(Errc::damaged, say<Msg::malformed>("tree"), say<Msg::hint_verify>());
            const std::string full = folder.empty() ? *name : folder + "/" + *name;
            const bool inside = path.empty() || full == path || full.starts_with(path + "/");
            const bool on_the_way = path.starts_with(full + "/");
            if (!inside && !on_the_way) continue;
            found = found || inside;
            if (entry.mode == odb::EntryMode::tree)
                self(self, entry.id, full);
            else if (inside)
                files.push_back({full, entry.mode, git_.blob_size(entry.id), entry.id, false});
        }
    };
    walk(walk, content(snapshot).commit.tree, "");
    if (!found) throw Error(Errc::failed, say<Msg::path_unknown>(path), say<Msg::hint_ls>());
    return files;
}

Bytes Repository::read_file(const FileEntry& file) { return git_.read_blob(file.id); }

SnapshotWriter Repository::begin_snapshot() {
    // What a dedup hit relies on must lie there as the journal recorded it.
    std::map<std::string, std::uint64_t> there;
    for (const auto& file : store_.list("packs")) there.emplace("packs/" + file.name, file.size);
    objects_.forget_packs([&](const pack::PackInfo& pack) {
        const auto found = there.find(pack::pack_blob_name(pack.name));
        return found == there.end() || found->second != pack.size;
    });
    return SnapshotWriter(*this);
}

SnapshotWriter::Node& SnapshotWriter::node_at(const std::vector<std::string>& path) {
    Node* node = &root_;
    for (const auto& name : path) node = &node->children[name];
    return *node;
}

void SnapshotWriter::add_file(const std::vector<std::string>& path, bool executable, ByteView content) {
    Node& node = node_at(path);
    node.id = repository_.git_.write_blob(content);
    node.mode = executable ? odb::EntryMode::executable : odb::EntryMode::file;
    ++files_;
    bytes_ += content.size();
}

void SnapshotWriter::add_link(const std::vector<std::string>& path, std::string_view target) {
    Node& node = node_at(path);
    node.id = repository_.git_.write_blob(as_bytes(target));
    node.mode = odb::EntryMode::link;
    ++files_;
    bytes_ += target.size();
}

void SnapshotWriter::add_folder(const std::vector<std::string>& path) { node_at(path); }

ObjectId SnapshotWriter::write_tree(const Node& node) {
    std::vector<odb::TreeEntry> entries;
    for (const auto& [name, child] : node.children) {
        const bool folder = child.mode == odb::EntryMode::tree;
        entries.push_back({odb::encode_name(name), child.mode, folder ? write_tree(child) : child.id});
    }
    if (entries.empty())
        entries.push_back(
            {std::string(odb::empty_folder_name), odb::EntryMode::file, repository_.git_.write_blob({})});
    return repository_.git_.write_tree(entries);
}

journal::Snapshot SnapshotWriter::commit(const SnapshotRequest& request, bool complete) {
    auto& git = repository_.git_;
    const auto& state = repository_.state();
    const auto& equipment =
        request.new_equipment ? *request.new_equipment : state.equipment.at(request.equipment);

    journal::Snapshot snapshot;
    snapshot.equipment = request.equipment;
    snapshot.type = equipment.type;
    snapshot.kinds = {request.kind};
    snapshot.recorded_at = repository_.environment_.clock.now();
    snapshot.time = request.at.value_or(snapshot.recorded_at);
    snapshot.dated_by_operator = request.at.has_value();
    snapshot.complete = complete;
    snapshot.files = files_;
    snapshot.bytes = bytes_;

    odb::Commit commit;
    commit.tree = write_tree(root_);
    for (const auto* previous : rules::newest_first(state)) {
        if (previous->equipment != request.equipment) continue;
        commit.parents = {previous->commit};
        try {
            snapshot.changed = repository_.content(*previous).commit.tree != commit.tree;
        } catch (const Error& error) {
            // What was lost cannot be compared; it is no reason not to capture.
            if (error.code() != Errc::damaged) throw;
        }
        break;
    }
    const int offset = rules::to_civil(state.site.timezone, snapshot.time).offset_minutes;
    const auto host = person_field(request.host, "localhost");
    commit.author = {person_field(request.person, "unknown"),
                     person_field(request.person, "unknown") + "@" + host, snapshot.time, offset};
    commit.committer = {host, "coffre@" + host, snapshot.recorded_at,
                        rules::to_civil(state.site.timezone, snapshot.recorded_at).offset_minutes};
    commit.message =
        commit_message(rules::standard_name(state.site, snapshot, request.kind), request, complete,
                       snapshot.recorded_at, repository_.hedge_.seed().view().first(8));
    snapshot.commit = git.write_commit(commit);

    snapshot.packs = repository_.objects_.flush();
    for (const auto& pack : snapshot.packs) snapshot.added_bytes += pack.size;
    repository_.append(snapshot.packs, [&](const journal::State& newest) {
        if (snapshot.complete &&
            rules::mensuel_applies(newest, snapshot.equipment, snapshot.time, request.kind))
            snapshot.kinds.emplace_back("MENSUEL");
        auto records = journal::Json::array();
        if (request.new_equipment && !newest.equipment.contains(request.equipment))
            records.push_back(journal::equipment_record(*request.new_equipment));
        records.push_back(journal::snapshot_record(snapshot));
        return records;
    });
    repository_.objects_.named();
    return snapshot;
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
