#include "store/pack/pack_writer.hpp"

#include <algorithm>
#include <array>
#include <unordered_set>

#include "base/error.hpp"
#include "store/pack/byte_cache.hpp"

namespace coffre::pack {

namespace {

constexpr std::uint64_t repack_step_max = 64 << 10;  // bytes between padded sizes
constexpr int repack_level = 9;
constexpr std::size_t grown_pack = 4 << 20;       // bytes
constexpr std::size_t check_cache_max = 8 << 20;  // bytes of decoded bases

// Collects `record_size` bytes that begin at `offset` of segment `segment`, of an entry or a group;
// `plain_of(i)` is the plaintext of segment i.
template <class Placed, class PlainOf>
Bytes gather(const Placed& entry, PlainOf plain_of) {
    Bytes record;
    record.reserve(entry.record_size);
    std::size_t offset = entry.offset;
    for (std::size_t i = entry.segment; record.size() < entry.record_size; ++i) {
        const Bytes& plain = plain_of(i);
        const auto size = std::min<std::uint64_t>(plain.size() - offset, entry.record_size - record.size());
        append(record, ByteView(plain).subspan(offset, size));
        offset = 0;
    }
    return record;
}

std::uint64_t segment_start(const std::vector<std::uint32_t>& segments, std::size_t index) {
    std::uint64_t at = crypto::pack_header_size;
    for (std::size_t i = 0; i < index; ++i) at += segments[i] + crypto::Aead::tag_size;
    return at;
}

}  // namespace

ChunkIdentity identity_of_chunk(const crypto::Key& key, ByteView data) {
    std::array<std::uint8_t, ObjectId::size + Fingerprint::size> hash;
    crypto::keyed_hash(key, data, hash);
    return {ObjectId::from(hash), Fingerprint::from(ByteView(hash).subspan(ObjectId::size))};
}

Fingerprint fingerprint_of(const crypto::Key& key, ObjectType type, ByteView data) {
    if (type == ObjectType::chunk) return identity_of_chunk(key, data).fingerprint;
    Bytes head{static_cast<std::uint8_t>(type)};
    append_u64(head, data.size());
    return crypto::keyed_fingerprint(key, {head, data});
}

PackWriter::PackWriter(crypto::PackKind kind, const crypto::KeyRing& ring, crypto::Hedge& hedge,
                       Packing packing)
    : packing_(packing),
      keys_(crypto::make_pack_keys(kind, ring, hedge)),
      sealer_(keys_.segments, crypto::sha256(keys_.header), crypto::Domain::pack_segment,
              static_cast<std::uint8_t>(kind)),
      kind_(static_cast<std::uint8_t>(kind)),
      file_(keys_.header) {}

int PackWriter::level() const { return packing_ == Packing::repack ? repack_level : codec::capture_level; }

void PackWriter::seal_pending(std::size_t size, bool last) {
    sealer_.seal(segments_.size(), last, ByteView(pending_).first(size), file_);
    segments_.push_back(static_cast<std::uint32_t>(size));
    pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(size));
}

PackWriter::Place PackWriter::append_record(ByteView record) {
    // A full segment is sealed only when more follows: finish() must always have a last one to mark.
    if (pending_.size() >= segment_target) seal_pending(pending_.size(), false);
    // A pack that has grown may well grow to the full: no doubling of memory, step by step, until it is.
    const auto full = packing_ == Packing::repack ? repack_size_max : pack_size_max;
    if (file_.size() > grown_pack && file_.capacity() < full) file_.reserve(full);
    const Place place{static_cast<std::uint32_t>(segments_.size()),
                      static_cast<std::uint32_t>(pending_.size())};
    append(pending_, record);
    while (pending_.size() > segment_size_max) seal_pending(segment_size_max, false);
    return place;
}

void PackWriter::append_entry(TableEntry entry, ByteView record, const DeltaBase* base) {
    entry.codec = static_cast<Codec>(record[1]);
    entry.depth = record[2];
    if (entry.depth > 0) entry.base = base->id;
    const auto [segment, offset] = append_record(record);
    entry.segment = segment;
    entry.offset = offset;
    entry.record_size = record.size();
    note_entry(entry);
}

void PackWriter::note_entry(const TableEntry& entry) {
    positions_.emplace(entry.id, entries_.size());
    entries_.push_back(entry);
}

void PackWriter::add_group(const std::vector<Member>& members, const std::vector<DeltaBase>& bases) {
    Group group;
    for (const auto& base : bases) {
        group.bases.push_back(base.id);
        group.depth = std::max(group.depth, static_cast<std::uint8_t>(base.depth + 1));
    }
    Bytes plain;
    for (const auto& member : members) {
        TableEntry entry;
        entry.id = member.id;
        entry.fingerprint = member.fingerprint;
        entry.type = member.type;
        entry.codec = member.list ? Codec::group_list : Codec::group;
        entry.depth = group.depth;
        entry.size = member.size;
        entry.group = static_cast<std::uint32_t>(groups_.size());
        entry.at = plain.size();
        entry.length = member.data.size();
        note_entry(entry);
        append(plain, member.data);
    }
    group.size = plain.size();
    const Bytes record = encode_group_record(plain, bases, group.depth, level());
    const auto [segment, offset] = append_record(record);
    group.segment = segment;
    group.offset = offset;
    group.record_size = record.size();
    groups_.push_back(std::move(group));
}

void PackWriter::add(const ObjectId& id, const Fingerprint& fingerprint, ObjectType type, ByteView data,
                     const DeltaBase* base) {
    TableEntry entry;
    entry.id = id;
    entry.fingerprint = fingerprint;
    entry.type = type;
    entry.size = data.size();
    append_entry(entry, encode_record(type, data, base, level()), base);
}

void PackWriter::add_list(const ObjectId& id, const Fingerprint& fingerprint, std::uint64_t size,
                          ByteView list, const DeltaBase* base) {
    TableEntry entry;
    entry.id = id;
    entry.fingerprint = fingerprint;
    entry.type = ObjectType::blob;
    entry.size = size;
    append_entry(entry, encode_list_record(size, list, base, level()), base);
}

std::uint64_t PackWriter::size_estimate() const {
    return file_.size() + pending_.size() + 2 * crypto::Aead::tag_size + entries_.size() * 96 +
           pack_footer_size + 4096;
}

const TableEntry* PackWriter::find(const ObjectId& id) const {
    const auto found = positions_.find(id);
    return found == positions_.end() ? nullptr : &entries_[found->second];
}

Object PackWriter::read(const TableEntry& entry, const BaseOf& base_of) {
    Bytes opened;
    const auto plain_of = [&](std::size_t i) -> const Bytes& {
        if (i >= segments_.size()) return pending_;
        opened.clear();
        const auto sealed =
            ByteView(file_).subspan(segment_start(segments_, i), segments_[i] + crypto::Aead::tag_size);
        if (!sealer_.open(i, false, sealed, opened)) throw Error(Errc::damaged, say<Msg::memory_fault>());
        return opened;
    };
    if (!entry.is_member()) return decode_record(gather(entry, plain_of), entry, "pack", base_of);
    const auto& group = groups_[entry.group];
    return open_.read(
        entry, group, "pack", [&] { return gather(group, plain_of); }, base_of);
}

void PackWriter::check_sealed(const crypto::Key& fingerprint_key, const BaseOf& base_of) {
    Bytes opened;
    std::size_t opened_index = segments_.size();
    const auto plain_of = [&](std::size_t i) -> const Bytes& {
        if (i == opened_index) return opened;
        opened.clear();
        const auto sealed =
            ByteView(file_).subspan(segment_start(segments_, i), segments_[i] + crypto::Aead::tag_size);
        if (!sealer_.open(i, i + 1 == segments_.size(), sealed, opened))
            throw Error(Errc::damaged, say<Msg::memory_fault>());
        opened_index = i;
        return opened;
    };
    // What is the base of something here is decoded once more for each of those, unless it is still at hand.
    std::unordered_set<ObjectId, FixedBytesHash> wanted;
    each_base(entries_, groups_, [&](const ObjectId& base) {
        if (positions_.contains(base)) wanted.insert(base);
    });
    ByteCache<ObjectId, Bytes> bases(check_cache_max);
    OpenGroups groups;
    const auto decode = [&](const auto& self, const TableEntry& entry) -> Object {
        const BaseOf own_base = [&](const ObjectId& id, BaseKind kind) {
            const auto position = positions_.find(id);
            if (position == positions_.end()) return base_of(id, kind);
            if (const auto* kept = bases.find(id)) return *kept;
            return self(self, entries_[position->second]).data;
        };
        const auto read_member = [&] {
            const auto& group = groups_[entry.group];
            return groups.read(
                entry, group, "pack", [&] { return gather(group, plain_of); }, own_base);
        };
        Object object = entry.is_member() ? read_member()
                                          : decode_record(gather(entry, plain_of), entry, "pack", own_base);
        if (fingerprint_of(fingerprint_key, object.type, object.data) != entry.fingerprint)
            throw Error(Errc::damaged, say<Msg::memory_fault>());
        if (wanted.contains(entry.id)) bases.put(entry.id, object.data, object.data.size());
        return object;
    };
    for (const auto& entry : entries_) decode(decode, entry);
}

FinishedPack PackWriter::finish(const crypto::Key& fingerprint_key, const BaseOf& base_of) {
    open_.let_go();
    seal_pending(pending_.size(), true);
    if (segments_.size() > segments_max) throw Error(Errc::failed, say<Msg::object_too_large>());
    check_sealed(fingerprint_key, base_of);

    FinishedPack pack;
    pack.table.segments = segments_;
    pack.table.entries = std::move(entries_);
    pack.table.groups = std::move(groups_);
    std::sort(pack.table.entries.begin(), pack.table.entries.end(),
              [](const TableEntry& a, const TableEntry& b) { return a.id < b.id; });

    Bytes table = encode_table(pack.table);
    const auto step = packing_ == Packing::repack ? repack_step_max : crypto::any_step;
    table.resize(table.size() + crypto::padding_for(file_.size() + pack_footer_size, table.size(), step));
    crypto::ChunkSealer table_sealer(keys_.table, crypto::sha256(keys_.header), crypto::Domain::pack_table,
                                     kind_);
    const std::size_t table_at = file_.size();
    crypto::seal_row(table_sealer, table, file_);
    append_u64(file_, file_.size() - table_at);
    pack.name = crypto::sha256(file_);
    pack.file = std::move(file_);
    return pack;
}

}  // namespace coffre::pack
