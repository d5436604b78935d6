#include "store/pack/object_store.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace coffre::pack {

namespace {

constexpr std::size_t recent_max = 32 << 20;  // bytes of decoded objects kept at hand

// A chain of deltas grows to chain_top; then the next version goes back to the ancestor at chain_foot, and
// the chain grows again from there (docs/benchmarks.md, "Chain policy").
constexpr std::uint8_t chain_top = 16;
constexpr std::uint8_t chain_foot = 8;

bool fits(const crypto::Key& fingerprint_key, const Object& object, const TableEntry& entry) {
    return fingerprint_of(fingerprint_key, object.type, object.data) == entry.fingerprint;
}

}  // namespace

std::string pack_blob_name(const Sha256Digest& name) { return "packs/" + name.hex() + ".pack"; }

std::optional<PackInfo> pack_info(const std::string& blob_name, std::uint64_t size) {
    constexpr std::string_view folder = "packs/";
    if (blob_name.size() != folder.size() + 2 * Sha256Digest::size + 5) return std::nullopt;
    const auto name = Sha256Digest::parse(blob_name.substr(folder.size(), 2 * Sha256Digest::size));
    if (!name || pack_blob_name(*name) != blob_name) return std::nullopt;
    return PackInfo{*name, size};
}

ObjectStore::ObjectStore(BlobStore& store, const crypto::KeyRing& ring, crypto::Hedge& hedge)
    : store_(store),
      ring_(ring),
      hedge_(hedge),
      fingerprint_key_(ring.subkey("fingerprint")),
      chunker_key_(ring.subkey("chunker")),
      recent_(recent_max) {}

std::nullopt_t ObjectStore::missing() const {
    if (damage_) throw Error(*damage_);
    return std::nullopt;
}

PackWriter* ObjectStore::writer_with(const ObjectId& id) {
    for (auto* writer : {meta_.get(), content_.get()})
        if (writer != nullptr && writer->find(id) != nullptr) return writer;
    return nullptr;
}

std::optional<ObjectHeader> ObjectStore::header(const ObjectId& id) {
    if (auto* writer = writer_with(id)) {
        const auto* entry = writer->find(id);
        return ObjectHeader{entry->type, entry->size};
    }
    const auto location = find_somewhere(id);
    if (!location) return missing();
    const auto& entry = reader(location->pack).table().entries[location->entry];
    return ObjectHeader{entry.type, entry.size};
}

std::optional<Object> ObjectStore::read_stored(const ObjectId& id) {
    ++reads_;
    const auto object = checked(id);
    if (!object) return missing();
    return *object;
}

ObjectStore::Held ObjectStore::checked(const ObjectId& id) {
    if (const auto* known = recent_.find(id); known != nullptr && known->checked) return known->object;
    auto object = decode(id);
    if (!object) return nullptr;
    if (!fits(fingerprint_key_, *object, *entry_of(id))) {
        recent_.clear();
        const bool here = writer_with(id) != nullptr;
        throw Error(Errc::damaged, say<Msg::seal_broken>(here ? "pack" : reader(find(id)->pack).name()),
                    say<Msg::hint_verify>());
    }
    recent_.put(id, {object, true}, object->data.size());
    return object;
}

// Of the steps of a chain only the last is held against its fingerprint: it fits only where all the others
// do.
ObjectStore::Held ObjectStore::decode(const ObjectId& id) {
    if (const auto* known = recent_.find(id)) return known->object;
    const BaseOf base_of = [this](const ObjectId& base, BaseKind kind) { return this->base_of(base, kind); };
    if (auto* writer = writer_with(id))
        return std::make_shared<const Object>(writer->read(*writer->find(id), base_of));
    const auto location = find_somewhere(id);
    if (!location) return nullptr;
    auto& pack = reader(location->pack);
    const TableEntry entry = pack.table().entries[location->entry];
    const auto position = location->pack;
    auto object = std::make_shared<const Object>(pack.read(entry, base_of));
    note_use(position);
    return object;
}

bool ObjectStore::stream(const ObjectId& id, const std::function<void(ByteView)>& fn, Check check) {
    ++reads_;
    const auto stored = checked(id);
    if (!stored) {
        (void)missing();
        return false;
    }
    if (!stored->chunk_list) {
        fn(stored->data);
        return true;
    }
    for (const auto& row : parse_chunk_list(stored->data, header(id)->size, "chunk list")) {
        auto chunk = decode(row.id);
        if (!chunk) (void)missing();
        // Not kept at hand: the next one lies in the same memory.
        if (chunk && check == Check::chunks && !fits(fingerprint_key_, *chunk, *entry_of(row.id)))
            chunk = checked(row.id);
        if (!chunk || chunk->type != ObjectType::chunk || chunk->data.size() != row.size)
            throw Error(Errc::damaged, say<Msg::object_missing>(), say<Msg::hint_verify>());
        if (check == Check::none && recent_.find(row.id) == nullptr)
            recent_.put(row.id, {chunk, false}, chunk->data.size());
        fn(chunk->data);
    }
    return true;
}

std::optional<Object> ObjectStore::read(const ObjectId& id) {
    auto object = read_stored(id);
    if (!object || !object->chunk_list) return object;
    const auto size = header(id)->size;
    if (size > object_size_max) throw Error(Errc::failed, say<Msg::object_too_large>());
    Object whole{object->type, {}};
    whole.data.reserve(size);
    (void)stream(id, [&](ByteView piece) { append(whole.data, piece); });
    return whole;
}

std::vector<ChunkRow> ObjectStore::chunks_of(const ObjectId& id) {
    const auto* entry = entry_of(id);
    if (entry == nullptr || !entry->is_list()) return {};
    const auto size = entry->size;
    try {
        return parse_chunk_list(read_stored(id)->data, size, "chunk list");
    } catch (const Error& error) {
        if (error.code() != Errc::damaged) throw;
        return {};
    }
}

const TableEntry* ObjectStore::entry_of(const ObjectId& id) {
    if (auto* writer = writer_with(id)) return writer->find(id);
    const auto location = find(id);
    return !location ? nullptr : &reader(location->pack).table().entries[location->entry];
}

bool ObjectStore::holds(const ObjectId& id) {
    if (writer_with(id) != nullptr) return true;
    const auto location = find_there(id);
    return location && !fallback_[location->pack];
}

bool ObjectStore::rely_on(const ObjectId& id) {
    if (!holds(id)) return false;
    if (writer_with(id) == nullptr) relied_.insert(id);
    return true;
}

std::optional<TableEntry> ObjectStore::entry(const ObjectId& id) {
    const auto* found = entry_of(id);
    return found == nullptr ? std::nullopt : std::optional(*found);
}

std::vector<ObjectId> ObjectStore::bases_of(const ObjectId& id) {
    const auto* entry = entry_of(id);
    if (entry == nullptr) return {};
    if (entry->base) return {*entry->base};
    if (!entry->is_member()) return {};
    const auto* writer = writer_with(id);
    return (writer != nullptr ? writer->groups() : reader(find(id)->pack).table().groups)[entry->group].bases;
}

Bytes ObjectStore::base_of(const ObjectId& id, BaseKind kind) {
    // A base may be found in another pack, at another depth than when the delta was made; a circle is damage.
    struct Step {
        explicit Step(int& steps) : count(++steps) {}
        ~Step() { --count; }
        Step(const Step&) = delete;
        Step& operator=(const Step&) = delete;
        int& count;
    };
    const Step step(steps_);
    Held object;
    if (steps_ <= 2 * depth_max) object = decode(id);
    if (!object) throw Error(Errc::damaged, say<Msg::object_missing>(), say<Msg::hint_verify>());
    if (keep_steps_ && recent_.find(id) == nullptr) recent_.put(id, {object, false}, object->data.size());
    if (kind != BaseKind::either && object->chunk_list != (kind == BaseKind::list))
        throw Error(Errc::damaged, say<Msg::object_missing>(), say<Msg::hint_verify>());
    return object->data;
}

// What a new version of `like` is told apart from: `like` itself or, where that would make the chain too
// long, an ancestor. Null: nothing that may be relied on.
const TableEntry* ObjectStore::base_for(const ObjectId& like, ObjectType type, std::uint64_t size,
                                        bool list) {
    const auto usable = [&](const ObjectId& id) -> const TableEntry* {
        const auto* entry = entry_of(id);
        if (entry == nullptr || (writer_with(id) == nullptr && fallback_[find(id)->pack])) return nullptr;
        return entry;
    };
    const auto* entry = usable(like);
    if (entry == nullptr || entry->type != type || entry->size == 0 || size == 0 || entry->is_list() != list)
        return nullptr;
    if (entry->depth >= chain_top)
        while (entry != nullptr && entry->depth > chain_foot) {
            if (!entry->base) return nullptr;  // deep in a group, far from the newest
            entry = usable(*entry->base);
        }
    return entry;
}

bool ObjectStore::put(const ObjectId& id, ObjectType type, ByteView data,
                      const std::optional<ObjectId>& like) {
    if (data.size() > object_size_max) throw Error(Errc::failed, say<Msg::object_too_large>());
    return put_with(id, fingerprint_of(fingerprint_key_, type, data), type, data.size(), data, like, false);
}

void ObjectStore::put_again(const ObjectId& id, const Object& stored, const std::optional<ObjectId>& like) {
    const TableEntry entry = *entry_of(id);
    put_with(id, entry.fingerprint, entry.type, entry.size, stored.data, like, stored.chunk_list);
}

void ObjectStore::keep_at_hand(const ObjectId& id, Object object) {
    const auto bytes = object.data.size();
    recent_.put(id, {std::make_shared<const Object>(std::move(object)), true}, bytes);
}

bool ObjectStore::put_chunk(const ChunkIdentity& identity, ByteView data,
                            const std::optional<ObjectId>& like) {
    return put_with(identity.id, identity.fingerprint, ObjectType::chunk, data.size(), data, like, false);
}

bool ObjectStore::put_chunk_list(const ObjectId& id, std::uint64_t size, ByteView list,
                                 const std::optional<ObjectId>& like) {
    return put_with(id, fingerprint_of(fingerprint_key_, ObjectType::blob, list), ObjectType::blob, size,
                    list, like, true);
}

bool ObjectStore::put_with(const ObjectId& id, const Fingerprint& fingerprint, ObjectType type,
                           std::uint64_t size, ByteView data, const std::optional<ObjectId>& like,
                           bool list) {
    const TableEntry* known = nullptr;
    bool relied = false;
    if (auto* writer = writer_with(id)) {
        known = writer->find(id);
        relied = true;
    } else if (const auto location = find_there(id)) {
        known = &reader(location->pack).table().entries[location->entry];
        relied = !fallback_[location->pack];
        if (relied) relied_.insert(id);
    }
    if (known != nullptr && known->fingerprint != fingerprint)
        throw Error(Errc::damaged, say<Msg::colliding_id>());
    if (relied) return false;
    DeltaBase base;
    std::optional<Object> base_object;
    if (like && *like != id) {
        if (const auto* entry = base_for(*like, type, size, list)) {
            base.id = entry->id;
            base.depth = entry->depth;
            keep_steps_ = false;  // what lies below the base is not asked for again
            try {
                base_object = read_stored(base.id);
            } catch (const Error& error) {
                // What was lost is no base, and no reason not to store.
                keep_steps_ = true;
                if (error.code() != Errc::damaged) throw;
            }
            keep_steps_ = true;
        }
    }
    if (base_object) {
        base.data = base_object->data;
        if (writer_with(base.id) == nullptr) relied_.insert(base.id);
    }
    auto& writer = writer_for(type, data.size());
    if (list)
        writer.add_list(id, fingerprint, size, data, base_object ? &base : nullptr);
    else
        writer.add(id, fingerprint, type, data, base_object ? &base : nullptr);
    return true;
}

// Where there is room for `size` bytes more.
PackWriter& ObjectStore::writer_for(ObjectType type, std::uint64_t size) {
    const bool content = type == ObjectType::blob || type == ObjectType::chunk;
    auto& writer = content ? content_ : meta_;
    const auto bound = size + size / 128 + 1024;  // zstd's own bound, record and table entry
    const auto full = packing_ == Packing::repack ? repack_size_max : pack_size_max;
    if (writer && writer->size_estimate() + bound > full) publish(writer);
    if (!writer)
        writer = std::make_unique<PackWriter>(content ? crypto::PackKind::content : crypto::PackKind::meta,
                                              ring_, hedge_, packing_);
    return *writer;
}

void ObjectStore::put_group(const std::vector<Stored>& members, const std::vector<ObjectId>& bases) {
    std::vector<Object> held;
    std::vector<DeltaBase> told_from;
    held.reserve(bases.size());
    for (const auto& id : bases) {
        held.push_back(read_stored(id).value());
        told_from.push_back({id, entry_of(id)->depth, held.back().data});
    }
    std::vector<Member> group;
    std::uint64_t bytes = 0;
    for (const auto& [id, object] : members) {
        const auto* entry = entry_of(id);
        group.push_back({id, entry->fingerprint, entry->type, entry->size, object.data, object.chunk_list});
        bytes += object.data.size();
    }
    writer_for(group.front().type, bytes).add_group(group, told_from);
}

std::vector<ObjectId> ObjectStore::lost_reliance() {
    std::vector<ObjectId> lost;
    for (const auto& id : relied_) {
        if (writer_with(id) != nullptr) continue;
        const auto location = find(id);
        if (!location || fallback_[location->pack]) lost.push_back(id);
    }
    return lost;
}

void ObjectStore::publish(std::unique_ptr<PackWriter>& writer) {
    // Whatever goes wrong, a writer that was finished is not written to again.
    FinishedPack pack =
        std::exchange(writer, nullptr)->finish(fingerprint_key_, [this](const ObjectId& id, BaseKind kind) {
            return base_of(id, kind);
        });
    store_.put(pack_blob_name(pack.name), pack.file);
    const PackInfo info{pack.name, pack.file.size()};
    published_.push_back(info);
    uncovered_.insert(info.name);
    const bool all_open = uncovered_open_;
    add_packs({info});
    const auto position = by_name_.at(info.name);
    reader(position).set_table(std::move(pack.table));
    index(position);
    uncovered_open_ = all_open;
    there_.insert(info.name);
}

std::vector<PackInfo> ObjectStore::flush() {
    // Content before meta: what a commit leads to is there before the commit is.
    if (content_) publish(content_);
    if (meta_) publish(meta_);
    return published_;
}

std::vector<PackInfo> ObjectStore::discard() {
    content_.reset();
    meta_.reset();
    const auto packs = std::exchange(published_, {});
    forget_packs(
        [&](const auto& pack) { return std::find(packs.begin(), packs.end(), pack) != packs.end(); });
    return packs;
}

}  // namespace coffre::pack
