#include "store/pack/folded_index.hpp"

#include <algorithm>
#include <cstring>

#include "base/error.hpp"

namespace coffre::pack {

FoldedIndex::FoldedIndex(Bytes encoded) : encoded_(std::move(encoded)) {
    ByteReader reader(encoded_, "index");
    for (auto packs = reader.varint(); packs > 0; --packs) {
        packs_.push_back(Sha256Digest::from(reader.take(Sha256Digest::size)));
        covered_.insert(packs_.back());
    }
    rows_at_ = encoded_.size() - reader.remaining();
    if (reader.remaining() % row_size != 0) reader.fail();
    rows_ = reader.remaining() / row_size;
}

std::vector<Sha256Digest> FoldedIndex::packs_with(const ObjectId& id) const {
    std::size_t low = 0, high = rows_;
    while (low < high) {
        const auto middle = low + (high - low) / 2;
        if (std::memcmp(row(middle).data(), id.view().data(), ObjectId::size) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    std::vector<Sha256Digest> found;
    for (; low < rows_ && std::memcmp(row(low).data(), id.view().data(), ObjectId::size) == 0; ++low) {
        const auto pack = load_u32(row(low).data() + ObjectId::size);
        if (pack < packs_.size()) found.push_back(packs_[pack]);
    }
    return found;
}

Bytes FoldedIndex::encode(const std::function<bool(const Sha256Digest&)>& gone,
                          const std::vector<PackObjects>& more) const {
    std::vector<Sha256Digest> packs;
    std::vector<std::pair<ObjectId, std::uint32_t>> rows;
    rows.reserve(rows_);
    std::vector<std::optional<std::uint32_t>> kept(packs_.size());
    for (std::size_t i = 0; i < packs_.size(); ++i) {
        if (gone(packs_[i])) continue;
        kept[i] = static_cast<std::uint32_t>(packs.size());
        packs.push_back(packs_[i]);
    }
    for (std::size_t i = 0; i < rows_; ++i) {
        const auto pack = load_u32(row(i).data() + ObjectId::size);
        if (pack < kept.size() && kept[pack])
            rows.emplace_back(ObjectId::from(row(i).first(ObjectId::size)), *kept[pack]);
    }
    for (const auto& one : more) {
        for (const auto& id : one.objects) rows.emplace_back(id, static_cast<std::uint32_t>(packs.size()));
        packs.push_back(one.pack);
    }
    std::sort(rows.begin(), rows.end());
    Bytes out;
    append_varint(out, packs.size());
    for (const auto& pack : packs) append(out, pack.view());
    for (const auto& [id, pack] : rows) {
        append(out, id.view());
        append_u32(out, pack);
    }
    return out;
}

}  // namespace coffre::pack
