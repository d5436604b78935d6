#pragma once
// Reads one pack: its table with the site key, its objects with the secret of its kind. Not thread-safe.

#include <list>
#include <memory>

#include "base/blob_store.hpp"
#include "store/crypto/pack_seal.hpp"
#include "store/pack/open_groups.hpp"

namespace coffre::pack {

class PackReader {
public:
    // `name` is the blob's name in `store`; `size` its size as the journal recorded it. Nothing is read yet.
    PackReader(BlobStore& store, std::string name, std::uint64_t size, const crypto::KeyRing& ring);

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] std::uint64_t size() const { return size_; }

    // Opens the table on first use. Error{damaged} names the file.
    const Table& table();
    // Of a pack that was just written: the file is then not read for it.
    void set_table(Table table) { table_ = std::make_unique<Table>(std::move(table)); }
    // What table() opened or set_table gave; only where one did.
    [[nodiscard]] const Table& known_table() const { return *table_; }
    [[nodiscard]] bool has_table() const { return table_ != nullptr; }

    // What it holds of the file, the table apart; and to let go of that: it is read again when asked for.
    [[nodiscard]] std::size_t held_bytes() const;
    void let_go();

    crypto::PackKind kind();

    // The object of an entry of table(). Its fingerprint is checked by the caller.
    Object read(const TableEntry& entry, const BaseOf& base_of);

    // Opens every segment and checks that the table covers them: Error{damaged} when one does not open.
    void check_segments();

private:
    Bytes range(std::uint64_t offset, std::uint64_t count);
    const Bytes& header();
    const Bytes& segment(std::size_t index);
    Bytes record(std::size_t segment_index, std::size_t offset, std::uint64_t size);
    crypto::ChunkSealer& sealer();

    BlobStore& store_;
    std::string name_;
    std::uint64_t size_;
    const crypto::KeyRing& ring_;
    Bytes header_;
    Bytes whole_;  // small packs are read at once
    std::unique_ptr<Table> table_;
    std::vector<std::uint64_t> starts_;  // of each segment in the file
    std::unique_ptr<crypto::ChunkSealer> sealer_;
    std::list<std::pair<std::size_t, Bytes>> opened_;  // most recent first
    OpenGroups groups_;
};

}  // namespace coffre::pack
