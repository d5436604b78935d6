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
// then holds is the list's text, itself raw, compressed or a delta against another list's. What gc packs are
// groups: many objects in one frame, so that each is told apart from all that lie before it.
enum class Codec : std::uint8_t {
    raw = 0,
    zstd = 1,
    zstd_delta = 2,
    chunk_list = 3,
    group = 4,
    group_list = 5  // a chunk list in a group
};

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

constexpr std::size_t segment_target = 64 << 10;        // bytes of records
constexpr std::size_t segment_size_max = 1 << 20;       // bytes of records
constexpr std::uint64_t pack_size_max = 64ull << 20;    // bytes of the file
constexpr std::uint64_t repack_size_max = 32ull << 20;  // the same, of what gc writes
constexpr std::uint64_t object_size_max = 1ull << 30;   // bytes of one object that is held in memory
constexpr std::uint64_t large_blob_min = 4ull << 20;    // bytes: from here on, chunk lists
constexpr std::uint32_t segments_max = 65'536;
constexpr std::size_t pack_footer_size = 8;
constexpr std::uint8_t depth_max = 64;                 // deltas and groups below one another
constexpr std::uint64_t group_size_max = 32ull << 20;  // bytes of plaintext

struct TableEntry {
    ObjectId id;
    Fingerprint fingerprint;
    ObjectType type = ObjectType::blob;
    Codec codec = Codec::raw;
    std::uint8_t depth = 0;         // deltas below it
    std::uint32_t segment = 0;      // where its record begins; it may run on into the next ones
    std::uint32_t offset = 0;       // in that segment's plaintext
    std::uint64_t record_size = 0;  // bytes of the record, header and payload; of a member, its share of it
    std::uint64_t size = 0;         // bytes of the object
    std::optional<ObjectId> base;   // deltas only; of a list, the blob that the other list stands for
    // Members of a group only; segment and offset are then the group's.
    std::uint32_t group = 0;   // number in the table
    std::uint64_t at = 0;      // where it begins in the group's plaintext
    std::uint64_t length = 0;  // bytes of it there: of the object, or of its list

    [[nodiscard]] bool is_member() const { return codec == Codec::group || codec == Codec::group_list; }
    [[nodiscard]] bool is_list() const { return codec == Codec::chunk_list || codec == Codec::group_list; }
};

// Objects one after another in one frame, told apart from others that lie elsewhere.
struct Group {
    std::uint8_t depth = 0;         // deltas and groups below it
    std::uint32_t segment = 0;      // as of an entry
    std::uint32_t offset = 0;       // as of an entry
    std::uint64_t record_size = 0;  // bytes of the record, header and frame
    std::uint64_t size = 0;         // bytes of plaintext
    std::vector<ObjectId> bases;    // what their records hold, one after another, is the frame's prefix
};

struct Table {
    std::vector<std::uint32_t> segments;  // bytes of plaintext of each
    std::vector<TableEntry> entries;      // sorted by id, no id twice
    std::vector<Group> groups;
};

// Every object that something in a table is told apart from; some come more than once.
void each_base(const std::vector<TableEntry>& entries, const std::vector<Group>& groups,
               const std::function<void(const ObjectId&)>& fn);

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

// Gives what the record of a base holds; throws where it is not there, or is no list and should be, or the
// other way round.
enum class BaseKind : std::uint8_t { object, list, either };
using BaseOf = std::function<Bytes(const ObjectId& id, BaseKind kind)>;

// A record: type8 ‖ codec8 ‖ depth8 ‖ size varint ‖ payload to its end. The smallest of plain, compressed
// and, with a base, delta.
Bytes encode_record(ObjectType type, ByteView data, const DeltaBase* base = nullptr,
                    int level = codec::capture_level);
// The record of a chunk list: codec chunk_list, the blob's size, then codec8 ‖ size varint ‖ payload of the
// list's text.
Bytes encode_list_record(std::uint64_t blob_size, ByteView list, const DeltaBase* base = nullptr,
                         int level = codec::capture_level);
// The record of a group: the members' bytes one after another; `bases` are the prefix, in that order.
Bytes encode_group_record(ByteView members, const std::vector<DeltaBase>& bases, std::uint8_t depth,
                          int level);
// Its frame, held against what the table says of it; Error{damaged} when they differ.
Bytes group_frame(ByteView record, const Group& group, std::string_view what);
// The prefix of that frame.
Bytes group_prefix(const Group& group, const BaseOf& base_of);

// The object of a record, held against what the table says of it; Error{damaged} when they differ.
Object decode_record(ByteView record, const TableEntry& entry, std::string_view what, const BaseOf& base_of);

}  // namespace coffre::pack
