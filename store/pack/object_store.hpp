#pragma once
// All objects of a repository: those in published packs, and those being written. Not thread-safe.
//
// Knows only the packs that it is told of; the journal says which those are (an unlisted pack is an orphan of
// an interrupted command and never read). Tables are opened when first needed: the packs named to prefer()
// first, so that a look-up whose pack is known costs one pack and not all of them. A pack whose table does
// not open hides what is in it and nothing else: what is then not found is Error{damaged}, and stored again
// by put().

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <unordered_set>

#include "base/error.hpp"
#include "store/pack/byte_cache.hpp"
#include "store/pack/folded_index.hpp"
#include "store/pack/pack_reader.hpp"
#include "store/pack/pack_set.hpp"
#include "store/pack/pack_writer.hpp"

namespace coffre::pack {

std::string pack_blob_name(const Sha256Digest& name);  // "packs/<hex>.pack"
// The inverse; empty for what is no pack's name.
std::optional<PackInfo> pack_info(const std::string& blob_name, std::uint64_t size);

class ObjectStore {
public:
    ObjectStore(BlobStore& store, const crypto::KeyRing& ring, crypto::Hedge& hedge);

    // Packs named by the journal. Those already known are skipped.
    void add_packs(const std::vector<PackInfo>& packs);
    // The same of all that are in a set, which outlives this and is looked into when there is need. Said
    // again after each change of it.
    void add_packs(const PackSet& packs);
    void prefer(const std::vector<PackInfo>& packs);
    // Packs for which `gone` is true are known no longer: neither read nor relied on.
    void forget_packs(const std::function<bool(const PackInfo&)>& gone);
    // Packs that are about to go: read where nothing else has the object, never relied on. What only they
    // hold is stored again by put(), and no delta is made against it.
    void fall_back_to(const std::vector<PackInfo>& packs);

    [[nodiscard]] std::optional<ObjectHeader> header(const ObjectId& id);
    // Empty: no such object. Error{damaged}: it is there and its bytes are not what was stored.
    // A large blob comes whole; Error{failed} above object_size_max.
    [[nodiscard]] std::optional<Object> read(const ObjectId& id);
    // The same in pieces, in memory that does not grow with the object. False: no such object. Unchecked: for
    // one who has held each chunk against its fingerprint already, and holds the whole against its id.
    enum class Check : std::uint8_t { chunks, none };
    [[nodiscard]] bool stream(const ObjectId& id, const std::function<void(ByteView)>& fn,
                              Check check = Check::chunks);
    // What the record holds, without resolving a chunk list.
    [[nodiscard]] std::optional<Object> read_stored(const ObjectId& id);
    // The base of a delta, for whoever checks each object by itself: not held against its own fingerprint.
    Bytes base_of(const ObjectId& id, BaseKind kind);
    // Keeps at hand what was read and checked elsewhere: it is probably the base of what comes next.
    void keep_at_hand(const ObjectId& id, Object object);
    // The chunks of a blob that is kept as a list and can be read; none for anything else.
    std::vector<ChunkRow> chunks_of(const ObjectId& id);
    [[nodiscard]] std::optional<TableEntry> entry(const ObjectId& id);
    // What it is told apart from, where it lies now.
    [[nodiscard]] std::vector<ObjectId> bases_of(const ObjectId& id);

    // In a pack that may be relied on, or being written.
    [[nodiscard]] bool holds(const ObjectId& id);
    // The same, and what is written now needs it.
    bool rely_on(const ObjectId& id);

    // Stores an object unless it is there; true when it was new. A colliding id (same id, other fingerprint)
    // is Error{damaged}. `like`: an object that it is probably a new version of; it is stored as a delta
    // against that where this is smaller. A base that is not there, or damaged, is none.
    bool put(const ObjectId& id, ObjectType type, ByteView data,
             const std::optional<ObjectId>& like = std::nullopt);
    // For LargeBlobWriter: a chunk, and the list in place of a blob of `size` bytes.
    bool put_chunk(const ChunkIdentity& identity, ByteView data, const std::optional<ObjectId>& like);
    bool put_chunk_list(const ObjectId& id, std::uint64_t size, ByteView list,
                        const std::optional<ObjectId>& like);
    [[nodiscard]] ChunkIdentity chunk_identity(ByteView data) const {
        return identity_of_chunk(fingerprint_key_, data);
    }
    [[nodiscard]] const crypto::Key& chunker_key() const { return chunker_key_; }

    // Stores what read_stored gave, in a pack that may be relied on, unless one has it.
    void put_again(const ObjectId& id, const Object& stored, const std::optional<ObjectId>& like);

    // The same of many at once, all of one kind of pack, as one group that is told apart from `bases`. None
    // is in a pack that may be relied on; each base is. Together at most group_size_max.
    struct Stored {
        ObjectId id;
        Object object;
    };
    void put_group(const std::vector<Stored>& members, const std::vector<ObjectId>& bases);

    // For what is put from now on.
    void set_packing(Packing packing) { packing_ = packing; }

    // Objects in published packs that what was put since the last call of watch_reliance() needs: found there
    // instead of stored, or bases of deltas. Those that packs relied on no longer hold:
    void watch_reliance() { relied_.clear(); }
    [[nodiscard]] std::vector<ObjectId> lost_reliance();

    // Seals, checks and publishes what is being written; afterwards nothing is. The new packs, in the order
    // published: the caller makes them count by naming them in a journal batch, and then says so by named().
    // Until that, they come again from the next call: objects in them are taken for stored.
    std::vector<PackInfo> flush();
    void named() { published_.clear(); }
    // Lets go of what is being written, and gives what was published and not named: nobody will need it.
    std::vector<PackInfo> discard();

    [[nodiscard]] std::uint64_t reads() const { return reads_; }
    [[nodiscard]] std::uint64_t objects();  // in all known packs, each counted once

    // Called before tables are opened one by one to find something: what is known of them without that.
    void on_search(std::function<FoldedIndex()> fn) { search_hook_ = std::move(fn); }
    // What on_search gave, without packs that are gone and with those opened since: the head of a
    // FoldedIndex; empty where that is not worth writing. `write_base` seals a base, and gives its id where
    // it could.
    using WriteBase = std::function<std::optional<Sha256Digest>(ByteView base)>;
    [[nodiscard]] Bytes fold_index(const WriteBase& write_base) const;
    // Called once, when something is read that no known pack holds: packs to fall back to.
    void on_missing(std::function<std::vector<PackInfo>()> fn) { missing_hook_ = std::move(fn); }
    // Every known pack that opens, with its table.
    void each_table(const std::function<void(const PackInfo&, const Table&)>& fn);

private:
    struct Location {
        std::size_t pack;
        std::size_t entry;
    };

    [[nodiscard]] std::optional<Location> find_open(const ObjectId& id) const;
    std::optional<Location> find(const ObjectId& id);
    std::optional<Location> find_somewhere(const ObjectId& id);
    // What a look-up that found nothing gives: "no such object" is only said where all tables were read.
    [[nodiscard]] std::nullopt_t missing() const;
    [[nodiscard]] const TableEntry* entry_of(const ObjectId& id);
    using Held = std::shared_ptr<const Object>;  // null: no such object
    Held decode(const ObjectId& id);
    Held checked(const ObjectId& id);
    const TableEntry* base_for(const ObjectId& like, ObjectType type, std::uint64_t size, bool list);
    bool put_with(const ObjectId& id, const Fingerprint& fingerprint, ObjectType type, std::uint64_t size,
                  ByteView data, const std::optional<ObjectId>& like, bool list);
    void index(std::size_t pack);
    template <class Answer, class Ask>
    Answer ask_index(const Ask& ask, Answer otherwise);
    std::optional<std::size_t> position_of(const Sha256Digest& name);
    void register_all();
    [[nodiscard]] std::vector<PackObjects> opened_packs() const;
    PackReader& reader(std::size_t pack);
    void note_use(std::size_t pack);
    [[nodiscard]] bool is_there(std::size_t pack);
    std::optional<Location> find_there(const ObjectId& id);
    void open_uncovered();
    void open_all();
    void publish(std::unique_ptr<PackWriter>& writer);
    PackWriter* writer_with(const ObjectId& id);
    PackWriter& writer_for(ObjectType type, std::uint64_t size);

    BlobStore& store_;
    const crypto::KeyRing& ring_;
    crypto::Hedge& hedge_;
    crypto::Key fingerprint_key_;
    crypto::Key chunker_key_;
    Packing packing_ = Packing::capture;
    struct Recent {
        Held object;
        bool checked = false;  // against its fingerprint
    };
    ByteCache<ObjectId, Recent> recent_;
    std::unordered_set<ObjectId, FixedBytesHash> relied_;
    std::vector<std::unique_ptr<PackReader>> readers_;
    struct Use {
        std::list<std::size_t>::iterator at;
        std::size_t bytes;
    };
    std::list<std::size_t> used_;  // packs whose bytes are held, most recent first
    std::unordered_map<std::size_t, Use> uses_;
    std::size_t held_bytes_ = 0;
    std::vector<PackInfo> infos_;
    std::vector<bool> indexed_;
    std::vector<bool> fallback_;
    std::unordered_map<Sha256Digest, std::size_t, FixedBytesHash> by_name_;
    std::unordered_map<ObjectId, Location, FixedBytesHash> index_;  // of packs with few objects
    std::vector<std::size_t> large_;                                // the others whose tables are open
    const PackSet* set_ = nullptr;  // beside infos_, which has those of it that there was need for
    std::unordered_set<Sha256Digest, FixedBytesHash> forgotten_;  // of set_
    bool set_registered_ = true;                                  // all of set_ are in infos_
    Sha256Digest searched_base_;   // the base of set_ of which folded_ covers all, or what not is open
    std::size_t unindexed_ = 0;    // of infos_: those whose table was not asked for yet
    bool uncovered_open_ = false;  // all known packs but those that folded_ covers were
    std::optional<Error> damage_;  // of a pack whose table does not open
    std::unique_ptr<PackWriter> meta_;
    std::unique_ptr<PackWriter> content_;
    std::vector<PackInfo> published_;  // and not named yet
    std::function<FoldedIndex()> search_hook_;
    FoldedIndex folded_;
    bool index_broke_ = false;                                    // and nothing is covered since
    std::unordered_set<Sha256Digest, FixedBytesHash> uncovered_;  // known packs, as far as they were met
    std::unordered_set<Sha256Digest, FixedBytesHash>
        there_;  // packs that were looked for and lie there whole
    std::function<std::vector<PackInfo>()> missing_hook_;
    std::uint64_t reads_ = 0;
    int steps_ = 0;           // of the chain that is being decoded
    bool keep_steps_ = true;  // in recent_
};

}  // namespace coffre::pack
