#include "store/pack/pack_format.hpp"

#include <algorithm>
#include <limits>

#include "base/error.hpp"
#include "store/codec/codec.hpp"

namespace coffre::pack {

namespace {

constexpr std::size_t compress_min = 64;  // below this a frame's own header eats the gain

ObjectType checked_type(std::uint8_t value, const ByteReader& reader) {
    if (value < 1 || value > 4) reader.fail();
    return static_cast<ObjectType>(value);
}

std::uint32_t narrow(std::uint64_t value, const ByteReader& reader) {
    if (value > std::numeric_limits<std::uint32_t>::max()) reader.fail();
    return static_cast<std::uint32_t>(value);
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
        out.push_back(entry.depth);
        append_varint(out, entry.segment);
        append_varint(out, entry.offset);
        append_varint(out, entry.record_size);
        append_varint(out, entry.size);
        if (entry.base) append(out, entry.base->view());
    }
    return out;
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
        if (codec > static_cast<std::uint8_t>(Codec::chunk_list))
            throw Error(Errc::failed, say<Msg::newer_format>(what), say<Msg::hint_newer_format>());
        entry.codec = static_cast<Codec>(codec);
        entry.depth = reader.u8();
        entry.segment = narrow(reader.varint(), reader);
        entry.offset = narrow(reader.varint(), reader);
        entry.record_size = reader.varint();
        entry.size = reader.varint();
        if (entry.codec == Codec::zstd_delta) entry.base = ObjectId::from(reader.take(ObjectId::size));
        if (entry.segment >= segment_count || entry.offset >= table.segments[entry.segment] ||
            entry.record_size > plain_total)
            reader.fail();
        if (!table.entries.empty() && table.entries.back().id >= entry.id) reader.fail();
        table.entries.push_back(entry);
    }
    for (const auto byte : reader.rest())
        if (byte != 0) reader.fail();
    return table;
}

Bytes encode_record(ObjectType type, ByteView data) {
    Bytes frame;
    if (data.size() >= compress_min) frame = codec::compress(data);
    const bool compressed = !frame.empty() && frame.size() < data.size();
    Bytes record;
    record.reserve((compressed ? frame.size() : data.size()) + 16);
    record.push_back(static_cast<std::uint8_t>(type));
    record.push_back(static_cast<std::uint8_t>(compressed ? Codec::zstd : Codec::raw));
    record.push_back(0);
    append_varint(record, data.size());
    append(record, compressed ? ByteView(frame) : data);
    return record;
}

Object decode_record(ByteView record, const TableEntry& entry, std::string_view what) {
    ByteReader reader(record, what);
    Object object;
    object.type = checked_type(reader.u8(), reader);
    const auto codec = reader.u8();
    const auto depth = reader.u8();
    const auto size = reader.varint();
    if (object.type != entry.type || codec != static_cast<std::uint8_t>(entry.codec) ||
        depth != entry.depth || size != entry.size || size > object_size_max)
        reader.fail();
    switch (entry.codec) {
        case Codec::raw:
            if (reader.remaining() != size) reader.fail();
            object.data.assign(reader.rest().begin(), reader.rest().end());
            return object;
        case Codec::zstd:
            object.data = codec::decompress(reader.rest(), size, what);
            return object;
        case Codec::zstd_delta:
        case Codec::chunk_list:
            break;
    }
    throw Error(Errc::failed, say<Msg::newer_format>(what), say<Msg::hint_newer_format>());
}

}  // namespace coffre::pack
