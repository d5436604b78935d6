#include "store/repo/repack.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "store/pack/large_blob.hpp"

namespace coffre::repo {

namespace {

constexpr std::uint64_t group_size = 4 << 20;   // bytes
constexpr std::uint64_t chunks_size = 1 << 20;  // bytes: of newest neighbours that are written together
constexpr std::uint64_t group_size_large = 8 << 20;
constexpr std::size_t group_versions_min = 4;                        // of one large file, where that fits
constexpr std::uint64_t bases_size = chunks_size + chunks_size / 2;  // bytes
constexpr std::uint8_t staying_depth_max = 6;
constexpr std::uint8_t base_depth_max = 40;          // leaves room for the chains of captures
constexpr std::uint64_t opaque_min = 4 << 10;        // bytes: what capture found incompressible
constexpr std::uint64_t list_bytes_per_chunk = 23;   // about
constexpr std::uint64_t bytes_per_chunk = 64 << 10;  // about

}  // namespace

bool is_opaque(const pack::TableEntry& entry) {
    return entry.codec == pack::Codec::raw && entry.size >= opaque_min;
}

void Repacker::write_opaque(const std::vector<Lineage>& lineages) {
    const auto write = [&](const ObjectId& id) {
        const auto entry = objects_.entry(id);
        if (entry && is_opaque(*entry) && !objects_.holds(id)) write_alone(id);
    };
    for (const auto& lineage : lineages)
        for (const auto& id : lineage.versions) {
            for (const auto& row : objects_.chunks_of(id)) write(row.id);
            write(id);
        }
}

void Repacker::write(std::vector<Lineage> lineages, const Ids* only) {
    only_ = only;
    std::stable_sort(lineages.begin(), lineages.end(),
                     [](const Lineage& a, const Lineage& b) { return a.likeness < b.likeness; });
    for (const auto& lineage : lineages) add_chunks(lineage.versions);
    write_region();
    for (const auto& lineage : lineages) add_versions(lineage.versions);
    write_region();
}

// The newest version that is to be written is told apart from an older one that stays where it is, if there
// is one, each other from the next newer.
void Repacker::add_versions(const std::vector<ObjectId>& versions) {
    const auto stays = std::find_if(versions.begin(), versions.end(),
                                    [&](const ObjectId& id) { return objects_.holds(id); });
    auto newer = stays == versions.end() ? std::nullopt : std::optional(*stays);
    for (std::size_t age = 0; age < versions.size(); ++age) {
        add(versions[age], age, newer);
        newer = versions[age];
    }
    std::uint64_t bytes = 0;
    for (const auto& item : family_) bytes += item.bytes;
    end_family(bytes, group_size);
}

// The same of chunks: each with what it replaced, and what that had replaced.
void Repacker::add_chunks(const std::vector<ObjectId>& versions) {
    struct Older {
        ObjectId id;
        std::size_t age;
    };
    Ids met;
    std::vector<Older> first;  // chunks that nothing replaced, from the newest version on
    std::unordered_map<ObjectId, std::vector<Older>, FixedBytesHash> older;
    std::vector<pack::ChunkRow> newer;
    for (std::size_t age = 0; age < versions.size(); ++age) {
        const auto rows = objects_.chunks_of(versions[age]);
        pack::ChunkPairing pairing(newer);
        for (const auto& row : rows) {
            const auto like = pairing.replaced(row.id);
            if (met.insert(row.id).second) (like ? older[*like] : first).push_back({row.id, age});
        }
        newer = rows;
    }
    for (const auto& chunk : first) {
        std::vector<Older> family{chunk};
        for (std::size_t i = 0; i < family.size(); ++i) {
            const auto found = older.find(family[i].id);
            if (found != older.end()) family.insert(family.end(), found->second.begin(), found->second.end());
        }
        const auto stays = std::find_if(family.begin(), family.end(),
                                        [&](const Older& one) { return objects_.holds(one.id); });
        add(chunk.id, chunk.age, stays == family.end() ? std::nullopt : std::optional(stays->id));
        for (const auto& one : family)
            for (const auto& next : older[one.id]) add(next.id, next.age, one.id);
        end_family(family_.empty() ? 0 : family_.front().bytes, chunks_size);
    }
}

void Repacker::add(const ObjectId& id, std::size_t age, std::optional<ObjectId> newer) {
    if (only_ != nullptr && newer && !only_->contains(*newer)) newer.reset();
    if (only_ != nullptr && !only_->contains(id)) return;
    if (objects_.holds(id) || !seen_.insert(id).second) return;
    const auto entry = objects_.entry(id);
    if (!entry) throw Error(Errc::damaged, say<Msg::object_missing>(), say<Msg::hint_verify>());
    if (is_opaque(*entry)) {
        write_alone(id);
        return;
    }
    const auto bytes = entry->is_list() ? entry->size / bytes_per_chunk * list_bytes_per_chunk : entry->size;
    family_.push_back({id, age, bytes, newer});
}

// Into the region, unless that would then be above the limit: it is written first.
void Repacker::end_family(std::uint64_t bytes, std::uint64_t limit) {
    if (region_bytes_ + bytes > limit) write_region();
    region_.insert(region_.end(), family_.begin(), family_.end());
    region_bytes_ += bytes;
    family_.clear();
}

void Repacker::write_alone(const ObjectId& id) {
    const auto stored = objects_.read_stored(id);
    if (!stored) throw Error(Errc::damaged, say<Msg::object_missing>(), say<Msg::hint_verify>());
    objects_.put_again(id, *stored, std::nullopt);
    ++written_;
}

void Repacker::write_region() {
    auto items = std::exchange(region_, {});
    region_bytes_ = 0;
    std::stable_sort(items.begin(), items.end(), [](const Item& a, const Item& b) { return a.age < b.age; });
    std::uint64_t largest = 0;
    for (const auto& item : items) largest = std::max(largest, item.bytes);
    const auto full = std::clamp(largest * group_versions_min, group_size, group_size_large);
    std::vector<Item> group;
    std::uint64_t bytes = 0;
    for (auto& item : items) {
        if (bytes + item.bytes > full && !group.empty()) {
            write_group(group);
            group.clear();
            bytes = 0;
        }
        bytes += item.bytes;
        group.push_back(std::move(item));
    }
    if (!group.empty()) write_group(group);
}

std::vector<ObjectId> Repacker::bases_of(const std::vector<Item>& members) {
    Ids known;
    for (const auto& member : members) known.insert(member.id);
    std::vector<ObjectId> bases;
    std::uint64_t bytes = 0;
    for (const auto& member : members) {
        if (!member.newer || !known.insert(*member.newer).second || !objects_.holds(*member.newer)) continue;
        const auto entry = objects_.entry(*member.newer);
        const auto size = entry->is_member() ? entry->length : entry->size;
        // What stays is older: chains that lead to it would grow with every run, and no capture could build
        // on them.
        const auto deepest = grouped_.contains(*member.newer) ? base_depth_max : staying_depth_max;
        if (entry->depth > deepest || (!bases.empty() && bytes + size > bases_size)) continue;
        bases.push_back(*member.newer);
        bytes += size;
    }
    return bases;
}

// Captures keep each version as what differs from the one before: the oldest is read first.
void Repacker::write_group(const std::vector<Item>& members) {
    std::vector<pack::ObjectStore::Stored> stored(members.size());
    for (std::size_t i = members.size(); i-- > 0;) {
        auto object = objects_.read_stored(members[i].id);
        if (!object) throw Error(Errc::damaged, say<Msg::object_missing>(), say<Msg::hint_verify>());
        stored[i] = {members[i].id, std::move(*object)};
    }
    objects_.put_group(stored, bases_of(members));
    for (const auto& member : members) grouped_.insert(member.id);
    written_ += members.size();
}

}  // namespace coffre::repo
