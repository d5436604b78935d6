#pragma once
// Writes objects anew for gc, in groups: the newest versions of some paths that are probably alike, then what
// these paths held before them, older and older, all in one frame. So each version is told apart from every
// later one at hand, reading the newest reads no further than these, and a group that is full is the base of
// the next (docs/architecture.md, "Retention and gc"). Not thread-safe.

#include <string>
#include <unordered_set>
#include <vector>

#include "store/pack/object_store.hpp"

namespace coffre::repo {

// Versions of one path of one equipment, newest first, no version twice in a row. Paths whose `likeness` sort
// together probably hold content that is alike.
struct Lineage {
    std::string likeness;
    std::vector<ObjectId> versions;
};

// What capture found to be compressed or encrypted already: it stands in packs as it is.
bool is_opaque(const pack::TableEntry& entry);

class Repacker {
public:
    explicit Repacker(pack::ObjectStore& objects) : objects_(objects) {}

    using Ids = std::unordered_set<ObjectId, FixedBytesHash>;

    // Writes what of them no pack holds that may be relied on; the chunks of large blobs too. All of one kind
    // of pack. Error{damaged} for an object that is not there. `only`: nothing but these, and told apart from
    // nothing but one another.
    void write(std::vector<Lineage> lineages, const Ids* only = nullptr);
    // Of these what cannot be compressed, each by itself: to be published apart, so that it is not written
    // again with what can.
    void write_opaque(const std::vector<Lineage>& lineages);
    // One by itself, whole.
    void write_alone(const ObjectId& id);

    [[nodiscard]] std::uint64_t written() const { return written_; }  // objects

private:
    struct Item {
        ObjectId id;
        std::size_t age = 0;            // versions of its path that are newer
        std::uint64_t bytes = 0;        // of what its record holds; of a list, about
        std::optional<ObjectId> newer;  // what replaced it, or what else it is told apart from
    };

    void add_chunks(const std::vector<ObjectId>& versions);
    void add_versions(const std::vector<ObjectId>& versions);
    void add(const ObjectId& id, std::size_t age, std::optional<ObjectId> newer);
    void end_family(std::uint64_t bytes, std::uint64_t limit);
    void write_region();
    void write_group(const std::vector<Item>& members);
    [[nodiscard]] std::vector<ObjectId> bases_of(const std::vector<Item>& members);

    pack::ObjectStore& objects_;
    const Ids* only_ = nullptr;
    Ids seen_;
    Ids grouped_;               // written by this run, in groups
    std::vector<Item> family_;  // what is being added, with what it replaced
    std::vector<Item> region_;  // families that are written together
    std::uint64_t region_bytes_ = 0;
    std::uint64_t written_ = 0;
};

}  // namespace coffre::repo
