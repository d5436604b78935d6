#pragma once
// A blob too large to be held in memory: stored as a list of chunks, each an object of its own and a delta
// against the chunk that it replaces in the version before (docs/format.md, "Large blobs"). Not thread-safe.

#include "store/pack/chunker.hpp"
#include "store/pack/object_store.hpp"

namespace coffre::pack {

// Which chunk of the version before a new one replaces: unknown chunks between two known ones replace, in
// order, what lay between these two before.
class ChunkPairing {
public:
    explicit ChunkPairing(const std::vector<ChunkRow>& before);

    // To be asked for each chunk of the new version in turn. Empty: it was there already, or replaces none.
    std::optional<ObjectId> replaced(const ObjectId& id);

private:
    std::vector<ObjectId> before_;
    std::unordered_map<ObjectId, std::size_t, FixedBytesHash> position_;
    std::size_t next_ = 0;  // of before_
};

// Takes in one blob of a size known beforehand.
class LargeBlobWriter {
public:
    // `like`: what it is probably a new version of.
    LargeBlobWriter(ObjectStore& objects, std::uint64_t size, const std::optional<ObjectId>& like);

    void add(ByteView bytes);
    // The blob's git id. Error{failed} unless exactly `size` bytes were added.
    ObjectId finish();

private:
    void take(std::size_t size);

    ObjectStore& objects_;
    Chunker chunker_;
    std::uint64_t size_;
    std::uint64_t added_ = 0;
    std::optional<ObjectId> like_;
    ChunkPairing pairing_;
    crypto::Sha1 hash_;
    Bytes pending_;  // read from `start_`
    std::size_t start_ = 0;
    Bytes list_;
};

}  // namespace coffre::pack
