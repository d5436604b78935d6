#pragma once
// One site's repository: what cli/work talks to. Opens with one key, reads snapshots, writes snapshots,
// verifies.
//
// Not thread-safe; any number of processes may use one repository at a time. Errors are coffre::Error with
// the exit codes of docs/cli.md.

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/blob_store.hpp"
#include "base/secret_text.hpp"
#include "store/journal/journal.hpp"
#include "store/odb/git.hpp"
#include "store/repo/bak_snapshot.hpp"
#include "store/repo/gc.hpp"
#include "store/repo/known_files.hpp"
#include "store/repo/open_slots.hpp"
#include "store/repo/tree_files.hpp"
#include "store/rules/names.hpp"

namespace coffre::repo {

// Where this machine keeps what belongs to it and not to the repository. Empty: nothing is kept.
struct LocalFolders {
    std::string cache;  // rebuildable
    std::string state;  // this machine's signing key, sealed under the site key
};

struct CreateOptions {
    journal::Site site;
    std::string_view passphrase;
    crypto::PassphraseCost cost;
    std::string actor_name;  // "user@machine"
    // Called with the text of a key file before the repository comes to be; null: no key-file slot.
    std::function<void(std::string_view)> write_key_file;
};

// Makes a repository in an empty store. Until the last step, coffre.json, there is none: an interrupted call
// leaves remains that the next one clears, and nothing else. Error{failed} when one is there already.
RepositoryId create(BlobStore& store, Environment environment, const LocalFolders& folders,
                    const CreateOptions& options);

struct SnapshotContent {
    odb::Commit commit;
    std::string text;  // of the commit message: what the person wrote
};

struct Origin {
    std::string author;
    std::string message;  // what they wrote
};

struct VerifyError {
    std::string path;
    Message what;
};

struct VerifyReport {
    std::vector<VerifyError> errors;
    std::uint64_t files = 0;
    std::uint64_t objects = 0;
    std::uint64_t orphans = 0;  // packs of interrupted commands: no error

    void add(std::string path, Message what);  // once a path
};

using Progress = std::function<void(std::uint64_t done, std::uint64_t total)>;

// Every file against its name; coffre.json against its checksum. Needs no key.
VerifyReport verify_names(BlobStore& store, const Progress& progress);

struct Stats {
    std::uint64_t stored_bytes = 0, logical_bytes = 0, snapshots = 0, objects = 0, packs = 0;
};

struct SnapshotRequest {
    std::string equipment;
    std::optional<journal::Equipment> new_equipment;  // added to the inventory by the same batch
    std::string kind;
    std::optional<Timestamp> at;  // dated by the operator
    std::string message;
    std::string driver;                                 // "files 1"
    std::string device_model, serial, firmware;         // as journal::Snapshot has them
    std::map<std::string, std::string> fingerprints{};  // likewise
    std::string person;                                 // author's name
    std::string host;                                   // committer
    std::string version;                                // of coffre
};

// What the person wrote, of the message of a snapshot's commit.
std::string person_text(const std::string& message);

class Repository;

// A snapshot in the making. Content is stored as it comes; nothing counts before commit() returns.
class SnapshotWriter {
public:
    void add_file(const std::vector<std::string>& path, bool executable, ByteView content);
    // In pieces, `size` bytes in all (odb::Git::write_blob).
    void add_file(const std::vector<std::string>& path, bool executable, std::uint64_t size,
                  const odb::Git::PiecesFn& next);
    void add_link(const std::vector<std::string>& path, std::string_view target);
    void add_folder(const std::vector<std::string>& path);
    // Regular files so far, by path.
    struct Added {
        std::string path;
        std::uint64_t bytes = 0;
        ObjectId id;
    };
    [[nodiscard]] const std::vector<Added>& added() const { return added_; }
    [[nodiscard]] std::uint64_t files() const { return files_; }
    [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

    journal::Snapshot commit(const SnapshotRequest& request, bool complete);

    // The whole of an exported snapshot, under its own commit and time, as one that an operator dated; `note`
    // is a record beside it. Its equipment comes into the inventory where there is none of that name, with
    // `driver`. Empty: it was there already. Error{damaged} where what was stored is not what was exported.
    std::optional<journal::Snapshot> take_in(BakSnapshot& bak, const std::string& driver,
                                             const journal::Json& note);

private:
    friend class Repository;

    struct Node {
        std::map<std::string, Node> children;
        odb::EntryMode mode = odb::EntryMode::tree;
        ObjectId id;
    };

    SnapshotWriter(Repository& repository, std::unique_ptr<FileLock> lock, std::uint64_t generation)
        : repository_(repository), lock_(std::move(lock)), generation_(generation) {}
    void store_again();
    void add_fed_file(const FileEntry& entry, BakSnapshot& bak);
    void take_tree(journal::Snapshot& snapshot, const ObjectId& tree);
    using RecordsFn = std::function<journal::Json(const journal::State&, journal::Snapshot&)>;
    void publish(journal::Snapshot& snapshot, const RecordsFn& records_of);
    Node& node_at(const std::vector<std::string>& path);
    ObjectId write_tree(const Node& node, const std::string& path);
    [[nodiscard]] std::optional<ObjectId> most_alike(const std::string& path) const;

    Repository& repository_;
    std::unique_ptr<FileLock> lock_;  // keeps gc from publishing; null where the store has no locks
    std::uint64_t generation_;        // of gc, when this began
    KnownFiles known_;                // of the snapshot before, and of this one
    bool deltas_ = false;
    Node root_;
    std::vector<Added> added_;
    std::uint64_t files_ = 0;
    std::uint64_t bytes_ = 0;
};

class Repository {
public:
    struct Options {
        LocalFolders folders;
        std::string actor_name;
        bool tolerate_damage = false;  // for verify: report, go on with what is readable
        bool read_whole_journal = false;
    };

    Repository(BlobStore& store, Environment environment, const Credentials& credentials, Options options);
    ~Repository();
    Repository(const Repository&) = delete;
    Repository& operator=(const Repository&) = delete;

    [[nodiscard]] const RepositoryId& id() const { return ring_.repository; }
    [[nodiscard]] const journal::State& state() const { return journal_.state(); }
    [[nodiscard]] const journal::Site& site() const { return state().site; }
    // As the journal told it at that time (journal::Journal::state_until).
    journal::State state_until(Timestamp time) { return journal_.state_until(time); }
    // A secret of an equipment, sealed as its record holds it; and back.
    std::string seal_secret(const std::string& equipment, const std::string& name, std::string_view text);
    SecretText open_secret(const journal::Equipment& equipment, const std::string& name) const;
    // 16 hexadecimal digits that tell equal texts from others and nothing else, for who has not the site key.
    [[nodiscard]] std::string text_fingerprint(std::string_view category, std::string_view text) const;
    // What the user should know: an unlisted slot was used, batches of strangers lie there.
    [[nodiscard]] const std::vector<Message>& warnings() const { return warnings_; }
    // Empty unless Options::tolerate_damage let a damaged journal pass.
    [[nodiscard]] const std::vector<journal::Damage>& journal_damage() const { return journal_.damage(); }

    // Who made it, and why: of the journal's record, of the commit where that is of 0.2.0.
    Origin origin(const journal::Snapshot& snapshot);

    // Reading. All of it comes through libgit2 objects served by the odb backend.
    SnapshotContent content(const journal::Snapshot& snapshot);
    // Files below `path` ("" for all), in git's tree order, links and empty folders too. Error{failed} when
    // nothing bears that path.
    std::vector<FileEntry> list(const journal::Snapshot& snapshot, const std::string& path = "");
    // The file or link at `path`; empty when the snapshot holds none there.
    std::optional<FileEntry> file_at(const journal::Snapshot& snapshot, const std::string& path);
    // Calls fn for each file, link and empty folder of either snapshot that is not equal in both; equal
    // folders are passed over unread. One side of a call is null; a path may come once for each side.
    using DifferenceFn = std::function<void(const FileEntry* before, const FileEntry* after)>;
    void walk_differences(const journal::Snapshot* before, const journal::Snapshot& after,
                          const DifferenceFn& fn);
    Bytes read_file(const FileEntry& file);
    // In pieces; Error{damaged} may come after the last of them.
    void read_file(const FileEntry& file, const std::function<void(ByteView)>& fn);
    [[nodiscard]] std::uint64_t backend_reads() const { return git_.backend_reads(); }

    // Writing. Error{refused} where this machine was removed: nothing that it writes counts any more.
    // `equipment`: whose versions the new ones are probably like; "" for none.
    SnapshotWriter begin_snapshot(const std::string& equipment = "");
    // The snapshot as one file, a .bak of `name`, signed by this machine; at the end of `file`, which is not
    // synced yet. `what`: of messages. Gives the file's id. Error{no_key} where the key used may admit
    // nobody.
    Sha256Digest write_bak(const journal::Snapshot& snapshot, const std::string& name, File& file,
                           const std::string& what);
    // One of this repository, by the secrets at hand.
    std::unique_ptr<BakSnapshot> open_bak(BakFile& file);
    void record(const std::vector<journal::Json>& records);
    // The same, with records that depend on the newest state: `prepare` is called under the lock. What it
    // throws leaves everything as it was; no records: nothing is written.
    void change(const std::function<journal::Json(const journal::State&)>& prepare);

    // Every batch of the journal that counts, oldest first (journal::Journal::each_batch).
    void for_each_batch(const std::function<void(const journal::Batch&)>& fn) { journal_.each_batch(fn); }
    // A record with this machine's name and signature (journal::sign_statement), for what leaves the
    // repository: who reads it needs no key.
    journal::Json machine_statement(journal::Json record);

    // Ways in. A slot counts once its record is in the journal; before that nothing lists it.
    journal::Slot add_passphrase(std::string_view passphrase, const crypto::PassphraseCost& cost);
    // `write` gets the text of the key file before the slot comes to be.
    journal::Slot add_key_file(const std::function<void(std::string_view)>& write);
    // `confirm` gets the words; false: nothing is added and nothing returned.
    std::optional<journal::Slot> add_recovery_words(const std::function<bool(std::string_view)>& confirm);
    // `also`: records of the same batch, or an error that keeps all from happening; null: none.
    using RecordsOf = std::function<journal::Json(const journal::State&)>;
    journal::Slot add_recipient(const crypto::RecipientPublic& recipient, const RecordsOf& also);
    // Error{refused} for the last way in. The file goes too, here; whoever kept a copy of it and its secret
    // still opens what it held.
    void remove_slot(const SlotId& id, const RecordsOf& also = nullptr);
    // The slot that opened this session.
    [[nodiscard]] const SlotId& opened_by() const { return slot_.id; }

    // Reads what other processes, or a mirror, brought since.
    void refresh();

    // Lets one in, or puts one out for ever: with the admission key that a slot of every right carries.
    // Error{failed} where that is not at hand, or there is no such actor.
    void admit_actor(const ActorId& actor, const std::string& name, const std::vector<std::string>& rights);
    void remove_actor(const ActorId& actor, const std::string& message);

    // This machine's own key, where it has one already.
    [[nodiscard]] std::optional<ActorId> own_actor();

    // Puts out of use what nothing needs any more, and packs anew. Captures beside it are safe.
    GcReport gc(const GcRequest& request);

    VerifyReport verify(bool read_data, const Progress& progress);
    Stats stats();

private:
    friend class SnapshotWriter;
    class Collector;
    class Verifier;

    crypto::KeyRing open_slots(const Credentials& credentials);
    const crypto::SigningKey& signing_key(bool locked);
    [[nodiscard]] const crypto::SigningKey& last_signer() const { return *last_signer_; }
    void check_opened();
    pack::FoldedIndex load_index();
    void save_index();
    static void check_not_put_out(const journal::State& state, const ActorId& signer);
    void check_not_set_back(const journal::State& newest, const ActorId& signer) const;
    BatchId append(const std::vector<pack::PackInfo>& packs,
                   const std::function<journal::Json(const journal::State&)>& prepare);
    journal::Slot publish_slot(ByteView file, const RecordsOf& also = nullptr);
    // The newest of an equipment that has not expired; null: none.
    [[nodiscard]] const journal::Snapshot* newest_kept(const std::string& equipment) const;
    KnownFiles known_files(const std::string& equipment);
    void walk_trees(const std::optional<ObjectId>& before, const std::optional<ObjectId>& after,
                    const std::string& folder, const DifferenceFn& fn);
    void forget_retired();
    // Those that gc put out of use and that lie here still. That their bytes are what the names say is
    // checked as they are read.
    std::vector<pack::PackInfo> packs_out_of_use();

    BlobStore& store_;
    Environment environment_;
    Options options_;
    crypto::SlotHeader slot_;  // the one that opened
    Sha256Digest slot_file_;
    crypto::KeyRing ring_;
    crypto::Hedge hedge_;
    journal::SealedFolder cache_;
    journal::SealedFolder machine_;
    journal::Journal journal_;
    pack::ObjectStore objects_;
    odb::Git git_;
    KnownFiles captured_;  // in this session
    std::vector<Message> warnings_;
    std::optional<crypto::SigningKey> machine_key_;
    std::optional<crypto::SigningKey> process_key_;    // where the store has no locks
    const crypto::SigningKey* last_signer_ = nullptr;  // of a batch
    bool may_write_ = true;
    std::uint64_t known_generation_ = 0;  // of gc, when objects_ was told of all packs
};

}  // namespace coffre::repo
