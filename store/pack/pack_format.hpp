#pragma once
// What lies inside a pack (docs/format.md, "Packs"): segments of records, then a table that says where each
// object is. Encoding and decoding only; no keys, no files.

#include <optional>

#include "base/ids.hpp"

namespace coffre::pack {

// Git's own numbers.
enum class ObjectType : std::uint8_t { commit = 1, tree = 2, blob = 3, tag = 4 };

// How a record's payload becomes the object. The numbers of the last two are taken, and refused when read by
// a version that does not know them.
enum class Codec : std::uint8_t { raw = 0, zstd = 1, zstd_delta = 2, chunk_list = 3 };

struct ObjectHeader {
    ObjectType type = ObjectType::blob;
    std::uint64_t size = 0;  // bytes of the object itself
};

struct Object {
    ObjectType type = ObjectType::blob;
    Bytes data;
};

constexpr std::size_t segment_target = 64 << 10;       // bytes of records
constexpr std::size_t segment_size_max = 1 << 20;      // bytes of records
constexpr std::uint64_t pack_size_max = 64ull << 20;   // bytes of the file
constexpr std::uint64_t object_size_max = 1ull << 30;  // bytes of one object, until chunk lists
constexpr std::uint32_t segments_max = 65'536;
constexpr std::size_t pack_footer_size = 8;

struct TableEntry {
    ObjectId id;
    Fingerprint fingerprint;
    ObjectType type = ObjectType::blob;
    Codec codec = Codec::raw;
    std::uint8_t depth = 0;         // deltas below it
    std::uint32_t segment = 0;      // where its record begins; it may run on into the next ones
    std::uint32_t offset = 0;       // in that segment's plaintext
    std::uint64_t record_size = 0;  // bytes of the record, header and payload
    std::uint64_t size = 0;         // bytes of the object
    std::optional<ObjectId> base;   // deltas only
};

struct Table {
    std::vector<std::uint32_t> segments;  // bytes of plaintext of each
    std::vector<TableEntry> entries;      // sorted by id, no id twice
};

Bytes encode_table(const Table& table);
// The inverse; trailing zero bytes are padding. Error{damaged} for anything that is not exactly a table.
Table decode_table(ByteView bytes, std::string_view what);

// A record: type8 ‖ codec8 ‖ depth8 ‖ size varint ‖ [base id 20 when codec is zstd_delta] ‖ payload to its
// end.
Bytes encode_record(ObjectType type, ByteView data);
// The object of a record, held against what the table says of it; Error{damaged} when they differ.
Object decode_record(ByteView record, const TableEntry& entry, std::string_view what);

}  // namespace coffre::pack
