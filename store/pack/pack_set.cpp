#include "store/pack/pack_set.hpp"

namespace coffre::pack {

void PackSet::insert(const PackInfo& pack) {
    if (!base_ || !base_->find_pack(pack.name)) insert_since(pack);
}

void PackSet::insert_since(const PackInfo& pack) {
    if (positions_.try_emplace(pack.name, since_.size()).second) since_.push_back(pack);
}

void PackSet::erase_if(const std::function<bool(const PackInfo&)>& gone) {
    PackSet kept;
    for (const auto& pack : all())
        if (!gone(pack)) kept.insert(pack);
    if (kept.size() != size()) *this = std::move(kept);
}

std::optional<PackInfo> PackSet::find(const Sha256Digest& name) const {
    if (const auto at = positions_.find(name); at != positions_.end()) return since_[at->second];
    return base_ ? base_->find_pack(name) : std::nullopt;
}

std::vector<PackInfo> PackSet::all() const {
    auto packs = base_ ? base_->all_packs() : std::vector<PackInfo>();
    packs.insert(packs.end(), since_.begin(), since_.end());
    return packs;
}

}  // namespace coffre::pack
