#pragma once
// What lies inside a pack (docs/format.md, "Packs"): segments of records, then a table that says where each
// object is. Encoding and decoding only; no keys, no files.

#include <functional>
#include <optional>

#include "base/ids.hpp"
#include "store/codec/codec.hpp"

namespace coffre::pack {

// Git's own numbers, and ours for a part of a large blob: git gives 5 to nothing.
enum class ObjectType : std::uint8_t { commit = 1, tree = 2, blob = 3, tag = 4, chunk = 5 };

// How a record's payload becomes the object. A chunk list is stored in place of a large blob: what the record
// then holds is the list's text, itself raw, compressed or a delta against another list's.
enum class Codec : std::uint8_t { raw = 0, zstd = 1, zstd_delta = 2, chunk_list = 3 };

struct ObjectHeader {
    ObjectType type = ObjectType::blob;
    std::uint64_t size = 0;  // bytes of the object itself
};

// What a record holds: the object itself, or the text of its chunk list.
struct Object {
    ObjectType type = ObjectType::blob;
    Bytes data;
    bool chunk_list = false;
};

constexpr std::size_t segment_target = 64 << 10;       // bytes of records
constexpr std::size_t segment_size_max = 1 << 20;      // bytes of records
constexpr std::uint64_t pack_size_max = 64ull << 20;   // bytes of the file
constexpr std::uint64_t object_size_max = 1ull << 30;  // bytes of one object that is held in memory
constexpr std::uint64_t large_blob_min = 4ull << 20;   // bytes: from here on, chunk lists
constexpr std::uint32_t segments_max = 65'536;
constexpr std::size_t pack_footer_size = 8;
constexpr std::uint8_t depth_max = 64;  // deltas below one another

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
    std::optional<ObjectId> base;   // deltas only; of a list, the blob that the other list stands for
};

struct Table {
    std::vector<std::uint32_t> segments;  // bytes of plaintext of each
    std::vector<TableEntry> entries;      // sorted by id, no id twice
};

Bytes encode_table(const Table& table);
// The inverse; trailing zero bytes are padding. Error{damaged} for anything that is not exactly a table.
Table decode_table(ByteView bytes, std::string_view what);

// What a new version is told apart from: an object that the reader will have too.
struct DeltaBase {
    ObjectId id;
    std::uint8_t depth = 0;  // deltas below it
    ByteView data;
};

// A chunk list's text, row by row: the chunk's id ‖ its size as a varint.
struct ChunkRow {
    ObjectId id;
    std::uint64_t size = 0;  // bytes
};

void append_row(Bytes& list, const ChunkRow& row);
// Error{damaged} for what is no list of a blob of `size` bytes.
std::vector<ChunkRow> parse_chunk_list(ByteView list, std::uint64_t size, std::string_view what);

// Gives the content of the base of a delta; throws where it is not there.
using BaseOf = std::function<Bytes(const TableEntry& entry)>;

// A record: type8 ‖ codec8 ‖ depth8 ‖ size varint ‖ payload to its end. The smallest of plain, compressed
// and, with a base, delta.
Bytes encode_record(ObjectType type, ByteView data, const DeltaBase* base = nullptr,
                    int level = codec::capture_level);
// The record of a chunk list: codec chunk_list, the blob's size, then codec8 ‖ size varint ‖ payload of the
// list's text.
Bytes encode_list_record(std::uint64_t blob_size, ByteView list, const DeltaBase* base = nullptr,
                         int level = codec::capture_level);
// The object of a record, held against what the table says of it; Error{damaged} when they differ.
Object decode_record(ByteView record, const TableEntry& entry, std::string_view what, const BaseOf& base_of);

}  // namespace coffre::pack
