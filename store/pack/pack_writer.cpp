#include "store/pack/pack_writer.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace coffre::pack {

namespace {

// Collects `record_size` bytes that begin at `offset` of segment `segment`; `plain_of(i, out)` appends the
// plaintext of segment i.
template <class PlainOf>
Bytes gather(const TableEntry& entry, PlainOf plain_of) {
    Bytes record;
    Bytes plain;
    std::size_t offset = entry.offset;
    for (std::size_t i = entry.segment; record.size() < entry.record_size; ++i) {
        plain.clear();
        plain_of(i, plain);
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

Fingerprint fingerprint_of(const crypto::Key& key, ObjectType type, ByteView data) {
    Bytes head{static_cast<std::uint8_t>(type)};
    append_u64(head, data.size());
    return crypto::keyed_fingerprint(key, {head, data});
}

PackWriter::PackWriter(crypto::PackKind kind, const crypto::KeyRing& ring, crypto::Hedge& hedge)
    : keys_(crypto::make_pack_keys(kind, ring, hedge)),
      sealer_(keys_.segments, crypto::sha256(keys_.header), crypto::Domain::pack_segment,
              static_cast<std::uint8_t>(kind)),
      kind_(static_cast<std::uint8_t>(kind)),
      file_(keys_.header) {}

void PackWriter::seal_pending(std::size_t size, bool last) {
    sealer_.seal(segments_.size(), last, ByteView(pending_).first(size), file_);
    segments_.push_back(static_cast<std::uint32_t>(size));
    pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(size));
}

void PackWriter::add(const ObjectId& id, const Fingerprint& fingerprint, ObjectType type, ByteView data) {
    // A full segment is sealed only when more follows: finish() must always have a last one to mark.
    if (pending_.size() >= segment_target) seal_pending(pending_.size(), false);
    const Bytes record = encode_record(type, data);
    TableEntry entry;
    entry.id = id;
    entry.fingerprint = fingerprint;
    entry.type = type;
    entry.codec = static_cast<Codec>(record[1]);
    entry.segment = static_cast<std::uint32_t>(segments_.size());
    entry.offset = static_cast<std::uint32_t>(pending_.size());
    entry.record_size = record.size();
    entry.size = data.size();
    append(pending_, record);
    while (pending_.size() > segment_size_max) seal_pending(segment_size_max, false);
    positions_.emplace(id, entries_.size());
    entries_.push_back(entry);
}

std::uint64_t PackWriter::size_estimate() const {
    return file_.size() + pending_.size() + 2 * crypto::Aead::tag_size + entries_.size() * 96 +
           pack_footer_size + 4096;
}

const TableEntry* PackWriter::find(const ObjectId& id) const {
    const auto found = positions_.find(id);
    return found == positions_.end() ? nullptr : &entries_[found->second];
}

Object PackWriter::read(const TableEntry& entry) {
    const Bytes record = gather(entry, [&](std::size_t i, Bytes& out) {
        if (i >= segments_.size()) {
            out = pending_;
            return;
        }
        const auto sealed =
            ByteView(file_).subspan(segment_start(segments_, i), segments_[i] + crypto::Aead::tag_size);
        if (!sealer_.open(i, false, sealed, out)) throw Error(Errc::damaged, say<Msg::memory_fault>());
    });
    return decode_record(record, entry, "pack");
}

FinishedPack PackWriter::finish(const crypto::Key& fingerprint_key) {
    seal_pending(pending_.size(), true);
    if (segments_.size() > segments_max) throw Error(Errc::failed, say<Msg::object_too_large>());

    // What was sealed must open again and give what was put in.
    Bytes opened;
    std::size_t opened_index = segments_.size();
    for (const auto& entry : entries_) {
        const Bytes record = gather(entry, [&](std::size_t i, Bytes& out) {
            if (i != opened_index) {
                opened.clear();
                const auto sealed = ByteView(file_).subspan(segment_start(segments_, i),
                                                            segments_[i] + crypto::Aead::tag_size);
                if (!sealer_.open(i, i + 1 == segments_.size(), sealed, opened))
                    throw Error(Errc::damaged, say<Msg::memory_fault>());
                opened_index = i;
            }
            out = opened;
        });
        const Object object = decode_record(record, entry, "pack");
        if (fingerprint_of(fingerprint_key, object.type, object.data) != entry.fingerprint)
            throw Error(Errc::damaged, say<Msg::memory_fault>());
    }

    FinishedPack pack;
    pack.table.segments = segments_;
    pack.table.entries = std::move(entries_);
    std::sort(pack.table.entries.begin(), pack.table.entries.end(),
              [](const TableEntry& a, const TableEntry& b) { return a.id < b.id; });

    Bytes table = encode_table(pack.table);
    table.resize(table.size() + crypto::padding_for(file_.size() + pack_footer_size, table.size()));
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
