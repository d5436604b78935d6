#include "store/pack/pack_format.hpp"

#include <algorithm>
#include <limits>

#include "base/error.hpp"
#include "store/codec/spread.hpp"
#include "store/pack/chunker.hpp"

namespace coffre::pack {

namespace {

constexpr std::size_t delta_cost = ObjectId::size;  // the base's id in the table
constexpr std::size_t compress_min = 64;            // below this a frame's own header eats the gain

ObjectType checked_type(std::uint8_t value, const ByteReader& reader) {
    if (value < 1 || value > 5) reader.fail();
    return static_cast<ObjectType>(value);
}

std::uint32_t narrow(std::uint64_t value, const ByteReader& reader) {
    if (value > std::numeric_limits<std::uint32_t>::max()) reader.fail();
    return static_cast<std::uint32_t>(value);
}

// A base that the same table names costs its number there instead of its id.
void append_base(Bytes& out, const Table& table, const ObjectId& base) {
    const auto found =
        std::lower_bound(table.entries.begin(), table.entries.end(), base,
                         [](const TableEntry& entry, const ObjectId& id) { return entry.id < id; });
    const bool here = found != table.entries.end() && found->id == base;
    append_varint(out, here ? static_cast<std::uint64_t>(found - table.entries.begin()) + 1 : 0);
    if (!here) append(out, base.view());
}

TableEntry take_member(ByteReader& reader, TableEntry entry) {
    entry.group = narrow(reader.varint(), reader);
    entry.at = reader.varint();
    entry.size = reader.varint();
    entry.length = entry.codec == Codec::group_list ? reader.varint() : entry.size;
    if (entry.codec == Codec::group_list && entry.type != ObjectType::blob) reader.fail();
    return entry;
}

Group take_group(ByteReader& reader, const Table& table, std::uint64_t plain_total) {
    Group group;
    group.depth = reader.u8();
    group.segment = narrow(reader.varint(), reader);
    group.offset = narrow(reader.varint(), reader);
    group.record_size = reader.varint();
    group.size = reader.varint();
    const auto bases = reader.varint();
    if (group.segment >= table.segments.size() || group.offset >= table.segments[group.segment] ||
        group.record_size > plain_total || group.size > group_size_max || group.depth > depth_max ||
        (bases == 0) != (group.depth == 0) || bases > reader.remaining())
        reader.fail();
    for (std::uint64_t i = 0; i < bases; ++i) {
        const auto number = reader.varint();
        if (number > table.entries.size()) reader.fail();
        group.bases.push_back(number == 0 ? ObjectId::from(reader.take(ObjectId::size))
                                          : table.entries[number - 1].id);
    }
    return group;
}

// What the groups say of their members.
void place_members(Table& table, const ByteReader& reader) {
    for (auto& entry : table.entries) {
        if (!entry.is_member()) continue;
        if (entry.group >= table.groups.size()) reader.fail();
        const auto& group = table.groups[entry.group];
        if (entry.length > group.size || entry.at > group.size - entry.length) reader.fail();
        entry.depth = group.depth;
        entry.segment = group.segment;
        entry.offset = group.offset;
        entry.record_size = group.size == 0 ? 0 : group.record_size * entry.length / group.size;
    }
}

}  // namespace

Bytes encode_table(const Table& table) {
    Bytes out;
    append_varint(out, table.segments.size());
    for (const auto size : table.segments) append_varint(out, size);
    append_varint(out, table.entries.size());
    for (const auto& entry : table.entries) {
        append(out, entry.id.view());
        append(out, entry.fingerprint.view());
        out.push_back(static_cast<std::uint8_t>(entry.type));
        out.push_back(static_cast<std::uint8_t>(entry.codec));
        if (entry.is_member()) {
            append_varint(out, entry.group);
            append_varint(out, entry.at);
            append_varint(out, entry.size);
            if (entry.codec == Codec::group_list) append_varint(out, entry.length);
            continue;
        }
        out.push_back(entry.depth);
        append_varint(out, entry.segment);
        append_varint(out, entry.offset);
        append_varint(out, entry.record_size);
        append_varint(out, entry.size);
        if (entry.base) append(out, entry.base->view());
    }
    if (!table.groups.empty()) append_varint(out, table.groups.size());
    for (const auto& group : table.groups) {
        out.push_back(group.depth);
        append_varint(out, group.segment);
        append_varint(out, group.offset);
        append_varint(out, group.record_size);
        append_varint(out, group.size);
        append_varint(out, group.bases.size());
        for (const auto& base : group.bases) append_base(out, table, base);
    }
    return out;
}

void each_base(const std::vector<TableEntry>& entries, const std::vector<Group>& groups,
               const std::function<void(const ObjectId&)>& fn) {
    for (const auto& entry : entries)
        if (entry.base) fn(*entry.base);
    for (const auto& group : groups)
        for (const auto& base : group.bases) fn(base);
}

Table decode_table(ByteView bytes, std::string_view what) {
    ByteReader reader(bytes, what);
    Table table;
    const auto segment_count = reader.varint();
    if (segment_count > segments_max) reader.fail();
    std::uint64_t plain_total = 0;
    for (std::uint64_t i = 0; i < segment_count; ++i) {
        const auto size = reader.varint();
        if (size == 0 || size > segment_size_max) reader.fail();
        table.segments.push_back(static_cast<std::uint32_t>(size));
        plain_total += table.segments.back();
    }
    const auto entry_count = reader.varint();
    if (entry_count > reader.remaining() / 40) reader.fail();
    table.entries.reserve(entry_count);
    for (std::uint64_t i = 0; i < entry_count; ++i) {
        TableEntry entry;
        entry.id = ObjectId::from(reader.take(ObjectId::size));
        entry.fingerprint = Fingerprint::from(reader.take(Fingerprint::size));
        entry.type = checked_type(reader.u8(), reader);
        const auto codec = reader.u8();
        if (codec > static_cast<std::uint8_t>(Codec::group_list))
            throw Error(Errc::failed, say<Msg::newer_format>(what), say<Msg::hint_newer_format>());
        entry.codec = static_cast<Codec>(codec);
        if (!table.entries.empty() && table.entries.back().id >= entry.id) reader.fail();
        if (entry.is_member()) {
            table.entries.push_back(take_member(reader, entry));
            continue;
        }
        entry.depth = reader.u8();
        entry.segment = narrow(reader.varint(), reader);
        entry.offset = narrow(reader.varint(), reader);
        entry.record_size = reader.varint();
        entry.size = reader.varint();
        if (entry.codec == Codec::zstd_delta || (entry.codec == Codec::chunk_list && entry.depth > 0))
            entry.base = ObjectId::from(reader.take(ObjectId::size));
        const bool depth_fits = entry.base ? entry.depth >= 1 && entry.depth <= depth_max : entry.depth == 0;
        if (!depth_fits) reader.fail();
        if (entry.segment >= segment_count || entry.offset >= table.segments[entry.segment] ||
            entry.record_size > plain_total)
            reader.fail();
        table.entries.push_back(entry);
    }
    // No groups and no padding: nothing follows; no groups and padding: a zero byte does.
    const auto groups = reader.empty() ? 0 : reader.varint();
    if (groups > reader.remaining() / 6) reader.fail();
    for (std::uint64_t i = 0; i < groups; ++i) table.groups.push_back(take_group(reader, table, plain_total));
    place_members(table, reader);
    for (const auto byte : reader.rest())
        if (byte != 0) reader.fail();
    return table;
}

void append_row(Bytes& list, const ChunkRow& row) {
    append(list, row.id.view());
    append_varint(list, row.size);
}

std::vector<ChunkRow> parse_chunk_list(ByteView list, std::uint64_t size, std::string_view what) {
    ByteReader reader(list, what);
    std::vector<ChunkRow> rows;
    std::uint64_t total = 0;
    while (reader.remaining() > 0) {
        ChunkRow row;
        row.id = ObjectId::from(reader.take(ObjectId::size));
        row.size = reader.varint();
        if (row.size == 0 || row.size > chunk_max || row.size > size - total) reader.fail();
        total += row.size;
        rows.push_back(row);
    }
    if (total != size) reader.fail();
    return rows;
}

namespace {

struct Encoded {
    Codec codec = Codec::raw;
    Bytes bytes;  // of a delta or a frame; raw: none
};

Encoded encode(ByteView data, const DeltaBase* base, int level) {
    Encoded best;
    auto size = data.size();
    if (base != nullptr && !data.empty()) {
        Bytes delta = codec::compress_delta(base->data, data, level);
        if (delta.size() + delta_cost < size) {
            size = delta.size() + delta_cost;
            best = {Codec::zstd_delta, std::move(delta)};
        }
    }
    // A delta of a small part of the whole is not beaten by what knows nothing of the base.
    const bool good_delta = best.codec == Codec::zstd_delta && size <= data.size() / 20;
    if (data.size() < compress_min || good_delta || codec::looks_random(data)) return best;
    Bytes frame = codec::compress(data, level);
    if (frame.size() < size) best = {Codec::zstd, std::move(frame)};
    return best;
}

void append_payload(Bytes& record, const Encoded& encoded, ByteView data) {
    if (encoded.codec == Codec::raw)
        append(record, data);
    else
        append(record, encoded.bytes);
}

Bytes decode(Codec codec, ByteView payload, std::uint64_t size, const TableEntry& entry,
             const BaseOf& base_of, ByteReader& reader, std::string_view what) {
    switch (codec) {
        case Codec::raw:
            if (payload.size() != size) reader.fail();
            return {payload.begin(), payload.end()};
        case Codec::zstd:
            return codec::decompress(payload, size, what);
        case Codec::zstd_delta:
            if (!entry.base) reader.fail();
            return codec::decompress_delta(
                base_of(*entry.base, entry.is_list() ? BaseKind::list : BaseKind::object), payload, size,
                what);
        case Codec::chunk_list:
        case Codec::group:
        case Codec::group_list:
            break;
    }
    reader.fail();
}

}  // namespace

Bytes encode_record(ObjectType type, ByteView data, const DeltaBase* base, int level) {
    const Encoded encoded = encode(data, base, level);
    Bytes record;
    record.reserve(encoded.bytes.size() + 16);
    record.push_back(static_cast<std::uint8_t>(type));
    record.push_back(static_cast<std::uint8_t>(encoded.codec));
    record.push_back(encoded.codec == Codec::zstd_delta ? static_cast<std::uint8_t>(base->depth + 1)
                                                        : std::uint8_t{0});
    append_varint(record, data.size());
    append_payload(record, encoded, data);
    return record;
}

Bytes encode_list_record(std::uint64_t blob_size, ByteView list, const DeltaBase* base, int level) {
    const Encoded encoded = encode(list, base, level);
    Bytes record;
    record.push_back(static_cast<std::uint8_t>(ObjectType::blob));
    record.push_back(static_cast<std::uint8_t>(Codec::chunk_list));
    record.push_back(encoded.codec == Codec::zstd_delta ? static_cast<std::uint8_t>(base->depth + 1)
                                                        : std::uint8_t{0});
    append_varint(record, blob_size);
    record.push_back(static_cast<std::uint8_t>(encoded.codec));
    append_varint(record, list.size());
    append_payload(record, encoded, list);
    return record;
}

Bytes encode_group_record(ByteView members, const std::vector<DeltaBase>& bases, std::uint8_t depth,
                          int level) {
    Bytes prefix;
    for (const auto& base : bases) append(prefix, base.data);
    Bytes record{0, static_cast<std::uint8_t>(Codec::group), depth};
    append_varint(record, members.size());
    append(record, codec::compress_delta(prefix, members, level));
    return record;
}

Bytes group_frame(ByteView record, const Group& group, std::string_view what) {
    ByteReader reader(record, what);
    if (reader.u8() != 0 || reader.u8() != static_cast<std::uint8_t>(Codec::group) ||
        reader.u8() != group.depth || reader.varint() != group.size)
        reader.fail();
    const auto frame = reader.rest();
    return {frame.begin(), frame.end()};
}

Bytes group_prefix(const Group& group, const BaseOf& base_of) {
    Bytes prefix;
    for (const auto& base : group.bases) append(prefix, base_of(base, BaseKind::either));
    return prefix;
}

Object decode_record(ByteView record, const TableEntry& entry, std::string_view what, const BaseOf& base_of) {
    ByteReader reader(record, what);
    Object object;
    object.type = checked_type(reader.u8(), reader);
    const auto codec = reader.u8();
    const auto depth = reader.u8();
    auto size = reader.varint();
    object.chunk_list = entry.codec == Codec::chunk_list;
    if (object.type != entry.type || codec != static_cast<std::uint8_t>(entry.codec) ||
        depth != entry.depth || size != entry.size)
        reader.fail();
    auto payload_codec = entry.codec;
    if (object.chunk_list) {
        const auto inner = reader.u8();
        size = reader.varint();
        if (inner > static_cast<std::uint8_t>(Codec::zstd_delta) || object.type != ObjectType::blob ||
            (inner == static_cast<std::uint8_t>(Codec::zstd_delta)) != entry.base.has_value())
            reader.fail();
        payload_codec = static_cast<Codec>(inner);
    }
    if (size > object_size_max) reader.fail();
    object.data = decode(payload_codec, reader.rest(), size, entry, base_of, reader, what);
    return object;
}

}  // namespace coffre::pack
