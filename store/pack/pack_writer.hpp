#pragma once
// Builds one pack in memory: records in, the bytes of the sealed file out. Not thread-safe.

#include <unordered_map>

#include "store/crypto/pack_seal.hpp"
#include "store/pack/open_groups.hpp"

namespace coffre::pack {

struct FinishedPack {
    Sha256Digest name;  // SHA-256 of file
    Bytes file;
    Table table;
};

// What a pack is written for. gc takes more time for smaller records; and what it packs is of many captures,
// so that the size of the file tells nothing of any: it is rounded up by 64 KiB at most.
enum class Packing : std::uint8_t { capture, repack };

// What a group is made of: an object, or the text of a large blob's chunk list.
struct Member {
    ObjectId id;
    Fingerprint fingerprint;
    ObjectType type = ObjectType::blob;
    std::uint64_t size = 0;  // bytes of the object
    ByteView data;
    bool list = false;
};

class PackWriter {
public:
    PackWriter(crypto::PackKind kind, const crypto::KeyRing& ring, crypto::Hedge& hedge,
               Packing packing = Packing::capture);

    // The caller has checked that the id is not in this pack yet.
    void add(const ObjectId& id, const Fingerprint& fingerprint, ObjectType type, ByteView data,
             const DeltaBase* base = nullptr);
    // A large blob of `size` bytes, as the text of its chunk list.
    void add_list(const ObjectId& id, const Fingerprint& fingerprint, std::uint64_t size, ByteView list,
                  const DeltaBase* base = nullptr);

    // None of them is in this pack yet; together at most group_size_max.
    void add_group(const std::vector<Member>& members, const std::vector<DeltaBase>& bases);

    [[nodiscard]] bool empty() const { return entries_.empty(); }
    // An upper bound of the finished file, to decide when to begin another pack.
    [[nodiscard]] std::uint64_t size_estimate() const;
    [[nodiscard]] const TableEntry* find(const ObjectId& id) const;
    [[nodiscard]] const std::vector<Group>& groups() const { return groups_; }
    // Reads back an object that was added; `base_of` gives any base, those in this pack too.
    [[nodiscard]] Object read(const TableEntry& entry, const BaseOf& base_of);

    // Seals what is left and the table. The sealed bytes are opened again with the pack's own keys and every
    // object held against the fingerprint that it was added with: a bit that flipped in memory on the way is
    // found here, before anything is published (Error{damaged, memory_fault}). `base_of` gives the bases that
    // are not in this pack. Nothing may be called after it.
    FinishedPack finish(const crypto::Key& fingerprint_key, const BaseOf& base_of);

private:
    struct Place {
        std::uint32_t segment;
        std::uint32_t offset;
    };

    [[nodiscard]] int level() const;
    Place append_record(ByteView record);
    void append_entry(TableEntry entry, ByteView record, const DeltaBase* base);
    void note_entry(const TableEntry& entry);
    void seal_pending(std::size_t size, bool last);
    void check_sealed(const crypto::Key& fingerprint_key, const BaseOf& base_of);

    Packing packing_;
    crypto::PackKeys keys_;
    crypto::ChunkSealer sealer_;
    std::uint8_t kind_;
    Bytes file_;     // header and the segments sealed so far
    Bytes pending_;  // plaintext of the segment being filled
    std::vector<std::uint32_t> segments_;
    std::vector<TableEntry> entries_;  // in the order added
    std::vector<Group> groups_;
    OpenGroups open_;
    std::unordered_map<ObjectId, std::size_t, FixedBytesHash> positions_;
};

// The fingerprint of an object: keyed BLAKE2b over type8 ‖ size64 ‖ data; of a large blob, data is its list.
// Of a chunk: the last 16 of the 36 bytes whose first 20 are its id.
Fingerprint fingerprint_of(const crypto::Key& key, ObjectType type, ByteView data);

struct ChunkIdentity {
    ObjectId id;
    Fingerprint fingerprint;
};

// Keyed BLAKE2b of the chunk's bytes, 36 of it.
ChunkIdentity identity_of_chunk(const crypto::Key& key, ByteView data);

}  // namespace coffre::pack
