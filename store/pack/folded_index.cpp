#include "store/pack/folded_index.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace coffre::pack {

namespace {

using Rows = std::vector<std::pair<ObjectId, std::uint32_t>>;

constexpr std::size_t base_head_size = 2 * 8;  // counts of packs and rows

Rows rows_of(const std::vector<PackObjects>& packs) {
    Rows rows;
    for (std::size_t i = 0; i < packs.size(); ++i)
        for (const auto& id : packs[i].objects) rows.emplace_back(id, static_cast<std::uint32_t>(i));
    std::sort(rows.begin(), rows.end());
    return rows;
}

void append_rows(Bytes& out, const std::vector<PackObjects>& packs) {
    for (const auto& pack : packs) append(out, pack.pack.view());
    for (const auto& [id, number] : rows_of(packs)) {
        append(out, id.view());
        append_u32(out, number);
    }
}

std::pair<ObjectId, std::uint32_t> row_from(ByteView row) {
    return {ObjectId::from(row), load_u32(row.data() + ObjectId::size)};
}

}  // namespace

FoldedIndex::FoldedIndex(
    ByteView head,
    const std::function<std::unique_ptr<crypto::SealedPages>(const Sha256Digest& base)>& open_base) {
    ByteReader reader(head, "index");
    base_id_ = Sha256Digest::from(reader.take(Sha256Digest::size));
    source_ = Sha256Digest::from(reader.take(Sha256Digest::size));
    for (auto packs = reader.varint(); packs > 0; --packs)
        recent_packs_.push_back(Sha256Digest::from(reader.take(Sha256Digest::size)));
    recent_set_.insert(recent_packs_.begin(), recent_packs_.end());
    while (!reader.empty()) {
        recent_rows_.push_back(row_from(reader.take(row_size)));
        if (recent_rows_.back().second >= recent_packs_.size()) reader.fail();
    }
    pages_ = open_base(base_id_);
    if (!pages_ || pages_->id() != base_id_) reader.fail();
    ByteReader counts(pages_->range(0, base_head_size), "index");
    const auto packs = counts.u64(), rows = counts.u64();
    base_packs_ = {*pages_, base_head_size, packs, Sha256Digest::size};
    base_rows_ = {*pages_, base_head_size + packs * Sha256Digest::size, rows, row_size};
}

bool FoldedIndex::in_base(const Sha256Digest& pack) const {
    const auto at = base_packs_.first_from(pack.view());
    return at < base_packs_.count() && Sha256Digest::from(base_packs_.row(at)) == pack;
}

std::vector<Sha256Digest> FoldedIndex::packs_with(const ObjectId& id) const {
    std::vector<Sha256Digest> found;
    const auto first = std::lower_bound(recent_rows_.begin(), recent_rows_.end(), std::pair(id, 0U));
    for (auto at = first; at != recent_rows_.end() && at->first == id; ++at)
        found.push_back(recent_packs_[at->second]);
    for (auto at = base_rows_.first_from(id.view()); at < base_rows_.count(); ++at) {
        const auto [object, pack] = row_from(base_rows_.row(at));
        if (object != id) break;
        if (pack < base_packs_.count()) found.push_back(Sha256Digest::from(base_packs_.row(pack)));
    }
    return found;
}

std::vector<PackObjects> FoldedIndex::recent() const {
    std::vector<PackObjects> packs;
    packs.reserve(recent_packs_.size());
    for (const auto& name : recent_packs_) packs.push_back({name, {}});
    for (const auto& [id, number] : recent_rows_) packs[number].objects.push_back(id);
    return packs;
}

std::vector<PackObjects> FoldedIndex::all() const {
    auto packs = recent();
    const auto first = packs.size();
    for (std::uint64_t i = 0; i < base_packs_.count(); ++i)
        packs.push_back({Sha256Digest::from(base_packs_.row(i)), {}});
    for (std::uint64_t i = 0; i < base_rows_.count(); ++i) {
        const auto [id, number] = row_from(base_rows_.row(i));
        if (number < base_packs_.count()) packs[first + number].objects.push_back(id);
    }
    return packs;
}

Bytes FoldedIndex::encode_head(const Sha256Digest& base, const Sha256Digest& source,
                               const std::vector<PackObjects>& recent) {
    Bytes out;
    append(out, base.view());
    append(out, source.view());
    append_varint(out, recent.size());
    append_rows(out, recent);
    return out;
}

Bytes FoldedIndex::encode_base(std::vector<PackObjects> packs) {
    std::sort(packs.begin(), packs.end(), [](const auto& a, const auto& b) { return a.pack < b.pack; });
    std::size_t rows = 0;
    for (const auto& pack : packs) rows += pack.objects.size();
    Bytes out;
    append_u64(out, packs.size());
    append_u64(out, rows);
    append_rows(out, packs);
    return out;
}

}  // namespace coffre::pack
