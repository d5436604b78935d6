#pragma once
// Which packs hold which objects: what a session needs to know of thousands of packs without opening their
// tables. It lies in this machine's cache, sealed; packs never change, so what it says of one stays true.
// Most of it is a base of which pages are read; what came since is a small head, which alone is written
// often. Not thread-safe.

#include <functional>
#include <memory>
#include <unordered_set>
#include <vector>

#include "base/bytes.hpp"
#include "base/ids.hpp"
#include "store/crypto/sealed_pages.hpp"

namespace coffre::pack {

struct PackObjects {
    Sha256Digest pack;
    std::vector<ObjectId> objects;
};

class FoldedIndex {
public:
    FoldedIndex() = default;
    // What encode_head gave, and the base that it names. Error{damaged} for anything else, as far as it is
    // looked at yet; later calls throw it where a seal of the base does not fit.
    FoldedIndex(
        ByteView head,
        const std::function<std::unique_ptr<crypto::SealedPages>(const Sha256Digest& base)>& open_base);

    [[nodiscard]] bool covers(const Sha256Digest& pack) const {
        return recent_set_.contains(pack) || in_base(pack);
    }
    // The same of one that the base does not cover: no look there.
    [[nodiscard]] bool covers_since(const Sha256Digest& pack) const { return recent_set_.contains(pack); }
    // Does the base cover all packs of that source, and none of others?
    [[nodiscard]] bool covers_all_of(const Sha256Digest& source) const { return source == source_; }
    // The packs that hold it; none of others than those covered.
    [[nodiscard]] std::vector<Sha256Digest> packs_with(const ObjectId& id) const;

    // All covered, with their objects. Reads the whole base.
    [[nodiscard]] std::vector<PackObjects> all() const;
    [[nodiscard]] std::vector<PackObjects> recent() const;
    [[nodiscard]] const Sha256Digest& base() const { return base_id_; }
    [[nodiscard]] const Sha256Digest& source() const { return source_; }

    // `base`: the id of the sealed base; `source`: which packs that covers all of. `recent` is not in it.
    static Bytes encode_head(const Sha256Digest& base, const Sha256Digest& source,
                             const std::vector<PackObjects>& recent);
    static Bytes encode_base(std::vector<PackObjects> packs);

private:
    // An object's id, then the number of its pack in 4 bytes, least first.
    static constexpr std::size_t row_size = ObjectId::size + 4;

    [[nodiscard]] bool in_base(const Sha256Digest& pack) const;

    Sha256Digest base_id_, source_;
    std::unique_ptr<crypto::SealedPages> pages_;
    crypto::SealedRows base_packs_, base_rows_;
    std::vector<Sha256Digest> recent_packs_;
    std::unordered_set<Sha256Digest, FixedBytesHash> recent_set_;
    std::vector<std::pair<ObjectId, std::uint32_t>> recent_rows_;  // sorted
};

}  // namespace coffre::pack
