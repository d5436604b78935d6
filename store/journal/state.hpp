#pragma once
// What the journal says, folded: a pure function of the set of batches, equal in whatever order they came.

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/message.hpp"
#include "store/journal/batch.hpp"
#include "store/journal/procedure.hpp"
#include "store/journal/snapshots.hpp"

namespace coffre::journal {

struct Site {
    std::string client;  // client and site never change: they are what the repository is for
    std::string site;
    std::string timezone = "Europe/Paris";
    std::string contract = "standard";          // or "renforce", or "unknown", which counts as "renforce"
    std::string contract_from, contract_until;  // dates, "2026-11-26", both included; "": none said
    std::string responsible;
    std::string deputy;
    std::string schedule = "sat 03:00";  // when the week's captures are due, on the site's clock
    std::string place;                   // of the premises: "48.8789,2.3158", or ""
    bool simulated = false;              // for tests and training, for ever
    Version version;
};

// The retention policy: calendar months by kind. The procedure is data, never a constant of the code.
struct Policy {
    std::string reference;
    std::string profile;
    std::map<std::string, int> months;
    // Where a cloud copy may lie (rules/residency.hpp): countries, regions, ends of host names.
    std::vector<std::string> residency = default_residency();
    // How long things may take, and how many of them there must be: rules/limits.hpp. What is not named here
    // has the procedure's value.
    std::map<std::string, int> limits{};
    Version version{};

    static std::vector<std::string> default_residency();

    static Policy standard();
    static Policy strict();  // everything as long as the longest-lived kind
};

struct Equipment {
    std::string name;
    std::string type;
    std::string driver;
    std::map<std::string, std::string> settings;
    // By name: the password, a token… sealed (crypto/text_seal.hpp), as hexadecimal digits.
    std::map<std::string, std::string> secrets{};
    bool removed = false;  // its snapshots stay
    Version version{};
};

// A snapshot that is kept whatever the policy says, until the hold is removed.
struct Hold {
    Version version;  // its message says why
};

struct Slot {
    SlotId id;
    Sha256Digest file;
    std::string type;
    Timestamp created;
    bool removed = false;
    Timestamp removed_at{};
};

struct Actor {
    ActorId id;
    std::string name;
    std::vector<std::string> rights;

    [[nodiscard]] bool may(std::string_view right) const;
    friend bool operator==(const Actor&, const Actor&) = default;
};

// An actor that was put out: what it wrote after that number of its stream does not count.
struct Removal {
    std::uint64_t last = 0;
    Version version{};
};

// Another place that holds this repository.
struct Remote {
    std::string name;
    std::string url;
    std::string role;  // "cloud" or "physical"
    std::map<std::string, std::string> settings;
    std::string place;  // where it is kept, in words
    bool removed = false;
    Version version{};
};

// How far each actor's stream reaches: of a batch that it covers, everything before it is covered too.
using StreamNumbers = std::map<ActorId, std::uint64_t>;

// What is known to be at a remote.
struct Copies {
    StreamNumbers sent, verified;    // verified: read back there, with every file that it needs
    Timestamp sent_at, verified_at;  // when that was recorded last
};

// A file that gc put out of use: it goes after a while, unless a batch published since needs it. Forgotten
// by a gc of 30 days later, or the next one of a simulated repository.
struct Retired {
    std::string name;  // a blob's name: "packs/….pack", "journal/….jrn"
    std::uint64_t size = 0;
    Timestamp time;
};

struct StreamHead {
    std::uint64_t number = 0;
    BatchId id;
    Timestamp time{};  // of that batch
};

struct PublicKeys {
    std::string access, meta, content;  // hexadecimal
    std::uint32_t epoch = 1;
};

struct State {
    RepositoryId repository;
    Site site;
    std::vector<Site> past_sites;            // superseded records, oldest first
    std::vector<Policy> policies{Policy{}};  // all that ever were in force, the last one is
    PublicKeys public_keys;
    ActorId admission;
    std::map<ActorId, Actor> actors;             // those put out too
    std::map<ActorId, Removal> removals;         // of these
    std::map<std::string, Equipment> equipment;  // removed ones too
    std::vector<Equipment> past_equipment;       // superseded records, oldest first
    Snapshots snapshots;                         // as folded; see rules/ for orders and names
    std::map<ObjectId, Hold> holds;              // in force, by commit
    std::vector<Slot> slots;
    std::map<std::string, Remote> remotes;  // removed ones too
    std::vector<Remote> past_remotes;       // superseded records, oldest first: also where they were kept
    std::map<std::string, Copies> copies;   // by remote
    pack::PackSet packs;                    // all that batches name, less the retired
    std::vector<Retired> retired;           // by gc, and not named anew since
    std::uint64_t gc_generation = 0;        // of the last gc
    std::optional<Timestamp> gc_time;       // of the last gc
    Procedure procedure;
    std::map<ActorId, StreamHead> streams;
    std::uint64_t batches = 0;
    Timestamp last_time;     // newest batch folded
    Timestamp last_written;  // the same, by the clock of who wrote it
    BatchId last_id;         // the same: ties are broken by id
    bool unplaced = false;   // a kind or an expiry is for a snapshot that is not here (yet)

    [[nodiscard]] const Policy& policy() const { return policies.back(); }
    // In the inventory and not removed; null otherwise.
    [[nodiscard]] const Equipment* find_equipment(const std::string& name) const;
    [[nodiscard]] const Remote* find_remote(const std::string& name) const;
    // A batch of that actor, of that number, is one that counts.
    [[nodiscard]] bool counts(const ActorId& actor, std::uint64_t number) const;
    // How far every stream reaches that is folded.
    [[nodiscard]] StreamNumbers heads() const;
    // Slots in force.
    [[nodiscard]] std::vector<const Slot*> ways_in() const;
};

// A batch that is there and does not count, and why.
struct Ignored {
    BatchId batch;
    ActorId actor;
};

struct Damage {
    std::string path;  // a blob's name
    Message what;
};

// Folds all batches. Gaps and forks in a stream are added to `damage` under the name of the file that shows
// them (`file_of` a batch), batches of strangers to `ignored`.
State fold(std::vector<std::pair<std::string, Batch>> batches, const RepositoryId& repository,
           std::vector<Damage>& damage, std::vector<Ignored>& ignored);

// Folds more batches onto a state. False, and the state untouched, where only a fold of everything is sure to
// be right: an older batch, a gap, a stranger.
bool fold_more(State& state, std::vector<std::pair<std::string, Batch>> batches);

// For the state cache: what lies in `history` too is left out and taken from there. decode_state throws some
// std::exception for what is no such form.
class History;
Bytes encode_state(const State& state, const std::shared_ptr<History>& history = nullptr);
State decode_state(ByteView bytes, const std::shared_ptr<History>& history = nullptr);

// Records, as they stand in batches.
Json genesis_record(const Site& site, const Policy& policy, const PublicKeys& keys, const ActorId& admission,
                    ByteView nonce);
Json actor_record(const Actor& actor, const std::optional<ActorId>& admitter,
                  const std::optional<crypto::Signature>& certificate);
Json site_record(const Site& site);
Json policy_record(const Policy& policy);
Json equipment_record(const Equipment& equipment);
Json snapshot_record(const Snapshot& snapshot);
Json kind_record(const ObjectId& commit, const std::string& kind);
Json slot_record(const Slot& slot);
// `force`: why refusals were passed over; "" when none was.
Json gc_record(std::uint64_t generation, const std::vector<Retired>& retired, const std::string& force);
Json hold_record(const ObjectId& commit, const std::string& message);
Json hold_removed_record(const ObjectId& commit);
// Counts from an actor with the right "gc" alone.
Json expiry_record(const ObjectId& commit, const std::string& why);
Json remote_record(const Remote& remote);
// `reset`: what was known before counts no more.
Json copied_record(const std::string& remote, const StreamNumbers& sent, const StreamNumbers& verified,
                   bool reset);
Json actor_removed_record(const ActorId& actor, const Removal& removal, const ActorId& remover,
                          const crypto::Signature& certificate);

}  // namespace coffre::journal
