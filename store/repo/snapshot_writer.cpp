// A snapshot in the making, from its first file to the batch that makes it count.

#include <algorithm>

#include "base/error.hpp"
#include "store/odb/names.hpp"
#include "store/pack/large_blob.hpp"
#include "store/repo/repository.hpp"
#include "store/repo/retired_list.hpp"
#include "store/rules/civil_time.hpp"

namespace coffre::repo {

namespace {

struct GcRan {};  // beside a capture that was about to be published

constexpr int captures_lock_timeout_ms = 60'000;  // gc holds it while it removes files

// Git's person fields hold no angle brackets, line breaks or NUL.
std::string person_field(const std::string& text, const char* fallback) {
    std::string out;
    for (const char c : text)
        if (static_cast<unsigned char>(c) >= 0x20 && c != '<' && c != '>') out += c;
    // libgit2 takes these off both ends, and refuses what is then empty.
    return out.find_first_not_of(" .,:;\"\\'") == std::string::npos ? fallback : out;
}

// Commit message: the standard name, what the person wrote, and a last paragraph of trailers.
// The nonce keeps apart two captures of one equipment that are equal in everything, second included.
std::string commit_message(const std::string& name, const SnapshotRequest& request, bool complete,
                           Timestamp recorded_at, ByteView nonce) {
    std::string message = name + "\n\n";
    if (!request.message.empty()) message += request.message + "\n\n";
    message += "Coffre-Version: " + request.version + "\n";
    message += "Coffre-Driver: " + request.driver + "\n";
    for (const auto& [trailer, value] :
         {std::pair("Coffre-Model: ", &request.device_model), std::pair("Coffre-Serial: ", &request.serial),
          std::pair("Coffre-Firmware: ", &request.firmware)})
        if (!value->empty()) message += trailer + person_field(*value, "unknown") + "\n";
    message += "Coffre-Complete: " + std::string(complete ? "yes" : "no") + "\n";
    message += "Coffre-Recorded: " + to_rfc3339(recorded_at) + "\n";
    message += "Coffre-Nonce: " + to_hex(nonce) + "\n";
    return message;
}

}  // namespace

SnapshotWriter Repository::begin_snapshot(const std::string& equipment) {
    auto lock = store_.lock(std::string(captures_lock_name), LockMode::shared, captures_lock_timeout_ms);
    objects_.add_packs(state().packs);
    forget_retired();
    objects_.watch_reliance();
    SnapshotWriter writer(*this, std::move(lock), state().gc_generation);
    // Deltas are made against what can be read.
    writer.deltas_ = ring_.content.has_value();
    if (writer.deltas_ && !equipment.empty()) writer.known_ = known_files(equipment);
    return writer;
}

// gc ran beside this capture: what it put out of use and this snapshot needs is stored once more.
void SnapshotWriter::store_again() {
    auto& repository = repository_;
    auto& objects = repository.objects_;
    const auto& state = repository.state();
    generation_ = state.gc_generation;
    objects.add_packs(state.packs);
    objects.fall_back_to(repository.packs_out_of_use());
    for (const auto& id : objects.lost_reliance()) {
        const auto stored = objects.read_stored(id);
        if (!stored) throw Error(Errc::damaged, say<Msg::object_missing>(), say<Msg::hint_capture_again>());
        objects.put_again(id, *stored, std::nullopt);
    }
}

// What a new file is told apart from: the version before, a file that is probably alike, one that another
// equipment's snapshot of this session holds.
std::optional<ObjectId> SnapshotWriter::most_alike(const std::string& path) const {
    if (!deltas_) return std::nullopt;
    const auto own = known_.most_alike(path);
    return own ? own : repository_.captured_.most_alike(path);
}

SnapshotWriter::Node& SnapshotWriter::node_at(const std::vector<std::string>& path) {
    Node* node = &root_;
    for (const auto& name : path) node = &node->children[name];
    return *node;
}

void SnapshotWriter::add_file(const std::vector<std::string>& path, bool executable, ByteView content) {
    Node& node = node_at(path);
    const auto name = join_names(path);
    node.id = repository_.git_.write_blob(content, most_alike(name));
    known_.add_file(name, node.id);
    repository_.captured_.add_file(name, node.id);
    added_.push_back({name, content.size(), node.id});
    node.mode = executable ? odb::EntryMode::executable : odb::EntryMode::file;
    ++files_;
    bytes_ += content.size();
}

void SnapshotWriter::add_file(const std::vector<std::string>& path, bool executable, std::uint64_t size,
                              const odb::Git::PiecesFn& next) {
    const auto id = repository_.git_.write_blob(size, next, known_.at(join_names(path)));
    Node& node = node_at(path);
    node.id = id;
    added_.push_back({join_names(path), size, id});
    node.mode = executable ? odb::EntryMode::executable : odb::EntryMode::file;
    ++files_;
    bytes_ += size;
}

void SnapshotWriter::add_link(const std::vector<std::string>& path, std::string_view target) {
    Node& node = node_at(path);
    node.id = repository_.git_.write_blob(as_bytes(target));
    node.mode = odb::EntryMode::link;
    ++files_;
    bytes_ += target.size();
}

void SnapshotWriter::add_folder(const std::vector<std::string>& path) { node_at(path); }

ObjectId SnapshotWriter::write_tree(const Node& node, const std::string& path) {
    std::vector<odb::TreeEntry> entries;
    for (const auto& [name, child] : node.children) {
        const bool folder = child.mode == odb::EntryMode::tree;
        const auto below = path.empty() ? name : path + "/" + name;
        entries.push_back({odb::encode_name(name), child.mode, folder ? write_tree(child, below) : child.id});
    }
    if (entries.empty())
        entries.push_back(
            {std::string(odb::empty_folder_name), odb::EntryMode::file, repository_.git_.write_blob({})});
    return repository_.git_.write_tree(entries, known_.at(path));
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
    snapshot.timezone = state.site.timezone;
    snapshot.policy = state.policies.size() - 1;
    snapshot.driver = request.driver;
    snapshot.device_model = request.device_model;
    snapshot.serial = request.serial;
    snapshot.firmware = request.firmware;
    snapshot.fingerprints = request.fingerprints;

    odb::Commit commit;
    commit.tree = write_tree(root_, "");
    if (const auto* previous = repository_.newest_kept(request.equipment))
        commit.parents = {previous->commit};
    take_tree(snapshot, commit.tree);
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
    snapshot.author = commit.author.name;
    snapshot.message = person_text(commit.message);

    publish(snapshot, [&](const journal::State& newest, journal::Snapshot& made) {
        const bool mensuel = made.complete && request.kind != "MENSUEL" &&
                             rules::mensuel_applies(newest, made.equipment, made.time, request.kind);
        if (mensuel) made.kinds.emplace_back("MENSUEL");
        auto records = journal::Json::array();
        if (request.new_equipment && newest.find_equipment(request.equipment) == nullptr)
            records.push_back(journal::equipment_record(*request.new_equipment));
        records.push_back(journal::snapshot_record(made));
        return records;
    });
    return snapshot;
}

// Is it other than the newest one's?
void SnapshotWriter::take_tree(journal::Snapshot& snapshot, const ObjectId& tree) {
    const auto* previous = repository_.newest_kept(snapshot.equipment);
    if (previous == nullptr) return;
    try {
        snapshot.changed = repository_.content(*previous).commit.tree != tree;
    } catch (const Error& error) {
        // What was lost cannot be compared; it is no reason not to capture.
        if (error.code() != Errc::damaged) throw;
    }
}

// Under the lock it is seen whether gc ran since this began; then what it took away is stored again first.
void SnapshotWriter::publish(journal::Snapshot& snapshot, const RecordsFn& records_of) {
    for (bool published = false; !published;) {
        snapshot.packs = repository_.objects_.flush();
        snapshot.added_bytes = 0;
        for (const auto& pack : snapshot.packs) snapshot.added_bytes += pack.size;
        try {
            repository_.append(snapshot.packs, [&](const journal::State& newest) {
                if (newest.gc_generation != generation_) throw GcRan();
                return records_of(newest, snapshot);
            });
            published = true;
        } catch (const GcRan&) {
            store_again();
        }
    }
    repository_.objects_.named();
    lock_.reset();
}

void SnapshotWriter::add_fed_file(const FileEntry& entry, BakSnapshot& bak) {
    const auto path = split_names(entry.path);
    const bool executable = entry.mode == odb::EntryMode::executable;
    if (entry.bytes < pack::large_blob_min) {
        add_file(path, executable, bak.read_file(entry));
        return;
    }
    pack::LargeBlobWriter writer(repository_.objects_, entry.bytes, known_.at(entry.path));
    bak.read_file(entry, [&](ByteView piece) { writer.add(piece); });
    Node& node = node_at(path);
    node.id = writer.finish();
    node.mode = entry.mode;
    ++files_;
    bytes_ += entry.bytes;
}

std::optional<journal::Snapshot> SnapshotWriter::take_in(BakSnapshot& bak, const std::string& driver,
                                                         const journal::Json& note) {
    for (const auto& entry : bak.list()) {
        if (entry.empty_folder)
            add_folder(split_names(entry.path));
        else if (entry.mode == odb::EntryMode::link)
            add_link(split_names(entry.path), as_text(bak.read_file(entry)));
        else
            add_fed_file(entry, bak);
    }
    const auto& state = repository_.state();
    journal::Snapshot snapshot = bak.snapshot();
    snapshot.recorded_at = repository_.environment_.clock.now();
    snapshot.dated_by_operator = true;
    snapshot.timezone = state.site.timezone;
    snapshot.policy = state.policies.size() - 1;
    snapshot.changed = true;
    take_tree(snapshot, bak.commit().tree);
    const auto raw = bak.commit_bytes();
    const bool same = write_tree(root_, "") == bak.commit().tree && files_ == snapshot.files &&
                      bytes_ == snapshot.bytes &&
                      odb::Git::hash(pack::ObjectType::commit, raw) == snapshot.commit;
    if (!same) {
        repository_.objects_.discard();
        throw bak_damage(bak.file().what(), say<Msg::bak_claim>(bak.file().header().name));
    }
    repository_.objects_.put(snapshot.commit, pack::ObjectType::commit, raw);

    struct IsThere {};
    try {
        publish(snapshot, [&](const journal::State& newest, journal::Snapshot& made) {
            for (const auto& other : newest.snapshots)
                if (other.commit == made.commit) throw IsThere();
            const bool has_mensuel =
                std::find(made.kinds.begin(), made.kinds.end(), "MENSUEL") != made.kinds.end();
            if (made.complete && !has_mensuel &&
                rules::mensuel_applies(newest, made.equipment, made.time, made.kind()))
                made.kinds.emplace_back("MENSUEL");
            auto records = journal::Json::array();
            if (newest.find_equipment(made.equipment) == nullptr) {
                journal::Equipment equipment;
                equipment.name = made.equipment;
                equipment.type = made.type;
                equipment.driver = driver;
                records.push_back(journal::equipment_record(equipment));
            }
            records.push_back(journal::snapshot_record(made));
            records.push_back(note);
            return records;
        });
    } catch (const IsThere&) {
        repository_.objects_.discard();
        return std::nullopt;
    }
    return snapshot;
}

}  // namespace coffre::repo
