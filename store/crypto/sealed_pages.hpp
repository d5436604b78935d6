#pragma once
// A sealed file of which parts are read: pages of 4 KiB, each sealed as a chunk of its own (seal.hpp), not
// compressed. For this machine's caches, which grow with history while a command needs little of them.
// Not thread-safe.

#include <memory>
#include <vector>

#include "base/file_system.hpp"
#include "store/crypto/seal.hpp"

namespace coffre::crypto {

// The bytes of the file. The plaintext is padded with zeros to whole pages; one page at least.
Bytes seal_pages(SealedKind kind, const KeyRing& ring, Hedge& hedge, ByteView plain);
// What the file is known by: the SHA-256 of its header, which holds 32 random bytes.
Sha256Digest pages_id(ByteView file);

class SealedPages {
public:
    // Reads the header alone. Error{damaged} naming `what` for what is no such file.
    SealedPages(SealedKind kind, const KeyRing& ring, std::unique_ptr<File> file, std::string_view what);

    [[nodiscard]] const Sha256Digest& id() const { return id_; }
    [[nodiscard]] std::uint64_t size() const { return size_; }  // bytes, padding included

    // Opens the pages that these bytes lie in, once each. The view lives as long as this. Error{damaged} when
    // a seal does not fit or the file is shorter.
    ByteView range(std::uint64_t offset, std::uint64_t count);

private:
    void open(std::uint64_t first, std::uint64_t last);  // and not `last`

    std::unique_ptr<File> file_;
    std::string what_;
    Sha256Digest id_;
    std::unique_ptr<ChunkSealer> sealer_;
    std::uint64_t size_ = 0;
    std::unique_ptr<std::uint8_t[]> plain_;  // what no page was opened for is memory never touched
    std::vector<bool> open_;
};

// Rows of one size in such a file, sorted by the bytes that they begin with, which are evenly spread: hashes.
class SealedRows {
public:
    SealedRows() = default;
    // `pages` outlives this. Error{damaged} where the file does not hold so many.
    SealedRows(SealedPages& pages, std::uint64_t offset, std::uint64_t count, std::size_t row_size);

    [[nodiscard]] std::uint64_t count() const { return count_; }
    [[nodiscard]] ByteView row(std::uint64_t index) const {
        return pages_->range(offset_ + index * row_size_, row_size_);
    }
    [[nodiscard]] ByteView all() const;
    // The first row that does not begin with less than `key`; count() when there is none.
    [[nodiscard]] std::uint64_t first_from(ByteView key) const;

private:
    [[nodiscard]] bool is_below(std::uint64_t index, ByteView key) const;

    SealedPages* pages_ = nullptr;
    std::uint64_t offset_ = 0, count_ = 0;
    std::size_t row_size_ = 0;
};

}  // namespace coffre::crypto
