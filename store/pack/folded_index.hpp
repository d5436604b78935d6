#pragma once
// Which packs hold which objects, in one sorted array: what a session needs to know of thousands of packs
// without opening their tables. It lies in this machine's cache, sealed; packs never change, so what it says
// of one stays true. Const functions are thread-safe.

#include <functional>
#include <unordered_set>
#include <vector>

#include "base/bytes.hpp"
#include "base/ids.hpp"

namespace coffre::pack {

class FoldedIndex {
public:
    FoldedIndex() = default;
    // Error{damaged} for what encode() never gave.
    explicit FoldedIndex(Bytes encoded);

    [[nodiscard]] bool covers(const Sha256Digest& pack) const { return covered_.contains(pack); }
    // The packs that hold it; none of others than those covered.
    [[nodiscard]] std::vector<Sha256Digest> packs_with(const ObjectId& id) const;

    struct PackObjects {
        Sha256Digest pack;
        std::vector<ObjectId> objects;
    };
    // This one, less the packs for which `gone` is true, with `more`.
    [[nodiscard]] Bytes encode(const std::function<bool(const Sha256Digest&)>& gone,
                               const std::vector<PackObjects>& more) const;

private:
    // The rows: an object's id, then the number of its pack in 4 bytes, least first. Sorted by id.
    static constexpr std::size_t row_size = ObjectId::size + 4;

    [[nodiscard]] ByteView row(std::size_t index) const {
        return ByteView(encoded_).subspan(rows_at_ + index * row_size, row_size);
    }

    Bytes encoded_;
    std::size_t rows_at_ = 0, rows_ = 0;
    std::vector<Sha256Digest> packs_;
    std::unordered_set<Sha256Digest, FixedBytesHash> covered_;
};

}  // namespace coffre::pack
