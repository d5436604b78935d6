// Of the object store: which packs there are, and which of them holds an object.

#include <algorithm>

#include "base/error.hpp"
#include "store/pack/object_store.hpp"

namespace coffre::pack {

namespace {

constexpr std::size_t searched_from = 512;  // entries: of larger tables no map is made, they are searched

}  // namespace

void ObjectStore::add_packs(const std::vector<PackInfo>& packs) {
    for (const auto& pack : packs) {
        if (!by_name_.emplace(pack.name, readers_.size()).second) continue;
        readers_.emplace_back();  // thousands of packs, of which few are read
        infos_.push_back(pack);
        indexed_.push_back(false);
        fallback_.push_back(false);
        ++unindexed_;
        uncovered_open_ = false;
    }
}

void ObjectStore::add_packs(const PackSet& packs) {
    set_ = &packs;
    forgotten_.clear();
    set_registered_ = false;
    uncovered_open_ = false;
}

std::optional<std::size_t> ObjectStore::position_of(const Sha256Digest& name) {
    if (const auto known = by_name_.find(name); known != by_name_.end()) return known->second;
    if (set_ == nullptr || forgotten_.contains(name)) return std::nullopt;
    const auto info = set_->find(name);
    if (!info) return std::nullopt;
    const bool all_open = uncovered_open_;
    add_packs(std::vector{*info});
    uncovered_open_ = all_open;
    return infos_.size() - 1;
}

void ObjectStore::register_all() {
    if (set_registered_) return;
    for (const auto& pack : set_->all())
        if (!forgotten_.contains(pack.name)) add_packs(std::vector{pack});
    set_registered_ = true;
}

PackReader& ObjectStore::reader(std::size_t pack) {
    auto& reader = readers_[pack];
    if (!reader)
        reader =
            std::make_unique<PackReader>(store_, pack_blob_name(infos_[pack].name), infos_[pack].size, ring_);
    return *reader;
}

// Of thousands of packs few stay in memory.
void ObjectStore::note_use(std::size_t pack) {
    constexpr std::size_t held_max = 16 << 20;  // bytes
    const auto [use, fresh] = uses_.try_emplace(pack);
    if (fresh)
        use->second = {used_.insert(used_.begin(), pack), 0};
    else
        used_.splice(used_.begin(), used_, use->second.at);
    const auto bytes = readers_[pack]->held_bytes();
    held_bytes_ += bytes - use->second.bytes;
    use->second.bytes = bytes;
    while (held_bytes_ > held_max && used_.size() > 1) {
        const auto oldest = uses_.find(used_.back());
        readers_[used_.back()]->let_go();
        held_bytes_ -= oldest->second.bytes;
        uses_.erase(oldest);
        used_.pop_back();
    }
}

void ObjectStore::index(std::size_t pack) {
    if (indexed_[pack]) return;
    try {
        const auto& entries = reader(pack).table().entries;
        note_use(pack);
        if (entries.size() >= searched_from) large_.push_back(pack);
        for (std::size_t i = 0; i < entries.size() && entries.size() < searched_from; ++i) {
            const auto [at, fresh] = index_.try_emplace(entries[i].id, Location{pack, i});
            if (!fresh && fallback_[at->second.pack] && !fallback_[pack]) at->second = {pack, i};
        }
    } catch (const Error& error) {
        if (error.code() != Errc::damaged) throw;
        damage_ = error;
    }
    indexed_[pack] = true;
    --unindexed_;
}

void ObjectStore::prefer(const std::vector<PackInfo>& packs) {
    for (const auto& pack : packs)
        if (const auto position = position_of(pack.name)) index(*position);
}

void ObjectStore::forget_packs(const std::function<bool(const PackInfo&)>& gone) {
    if (std::none_of(infos_.begin(), infos_.end(), gone)) return;
    std::erase_if(published_, gone);
    std::vector<PackInfo> kept, fallback;
    for (std::size_t i = 0; i < infos_.size(); ++i)
        if (gone(infos_[i]))
            forgotten_.insert(infos_[i].name);
        else
            (fallback_[i] ? fallback : kept).push_back(infos_[i]);
    readers_.clear();
    used_.clear();
    uses_.clear();
    held_bytes_ = 0;
    infos_.clear();
    indexed_.clear();
    fallback_.clear();
    recent_.clear();
    by_name_.clear();
    index_.clear();
    large_.clear();
    unindexed_ = 0;
    uncovered_open_ = false;
    damage_.reset();
    add_packs(kept);
    fall_back_to(fallback);
}

void ObjectStore::fall_back_to(const std::vector<PackInfo>& packs) {
    add_packs(packs);
    for (const auto& pack : packs) fallback_[by_name_.at(pack.name)] = true;
    // What another pack holds too is found there from now on.
    index_.clear();
    large_.clear();
    for (std::size_t pack = 0; pack < readers_.size(); ++pack) {
        if (indexed_[pack]) ++unindexed_;
        indexed_[pack] = false;
    }
    uncovered_open_ = false;
}

void ObjectStore::open_all() {
    register_all();
    for (std::size_t pack = 0; pack < readers_.size(); ++pack) index(pack);
    uncovered_open_ = true;
}

// What the index says; `otherwise` where a seal of it does not fit, and then it covers nothing any more.
template <class Answer, class Ask>
Answer ObjectStore::ask_index(const Ask& ask, Answer otherwise) {
    try {
        return ask(folded_);
    } catch (const Error&) {
        folded_ = {};
        searched_base_ = {};
        uncovered_open_ = false;
        index_broke_ = true;
        return otherwise;
    }
}

void ObjectStore::open_uncovered() {
    if (uncovered_open_) return;
    if (search_hook_) folded_ = std::exchange(search_hook_, nullptr)();
    const auto base = set_ == nullptr ? nullptr : set_->base();
    const auto open = [&](const PackInfo& pack, const auto& covers) {
        if (!uncovered_.contains(pack.name) && ask_index(covers, false)) return;
        uncovered_.insert(pack.name);
        prefer({pack});
    };
    do {
        index_broke_ = false;
        const bool whole = base && folded_.covers_all_of(base->id());
        const auto check = [&](const PackInfo& pack) {
            open(pack, [&](const FoldedIndex& known) { return known.covers(pack.name); });
        };
        for (std::size_t i = 0; i < infos_.size(); ++i)
            if (!indexed_[i]) check(PackInfo(infos_[i]));
        if (set_ == nullptr) continue;
        for (const auto& pack : set_->since())
            open(pack, [&](const FoldedIndex& known) {
                return whole ? known.covers_since(pack.name) : known.covers(pack.name);
            });
        if (!base || base->id() == searched_base_) continue;
        if (!whole)
            for (const auto& pack : base->all_packs()) check(pack);
        searched_base_ = base->id();
    } while (index_broke_);
    uncovered_open_ = true;
}

// Those whose tables were read and that folded_ does not cover.
std::vector<PackObjects> ObjectStore::opened_packs() const {
    std::vector<PackObjects> opened;
    for (const auto& name : uncovered_) {
        const auto known = by_name_.find(name);
        if (known == by_name_.end() || fallback_[known->second]) continue;
        const auto& reader = readers_[known->second];
        if (!reader || !reader->has_table()) continue;
        opened.push_back({name, {}});
        for (const auto& entry : reader->known_table().entries) opened.back().objects.push_back(entry.id);
    }
    return opened;
}

Bytes ObjectStore::fold_index(const WriteBase& write_base) const {
    const auto few = [](const std::vector<PackObjects>& packs) {
        std::size_t objects = 0;
        for (const auto& pack : packs) objects += pack.objects.size();
        return packs.size() < 16 && objects < 1000;
    };
    const auto base = set_ == nullptr ? nullptr : set_->base();
    if (!base || base->id() != searched_base_) return {};
    const auto opened = opened_packs();
    if (folded_.covers_all_of(base->id())) {
        if (few(opened)) return {};
        auto recent = folded_.recent();
        recent.insert(recent.end(), opened.begin(), opened.end());
        return FoldedIndex::encode_head(folded_.base(), folded_.source(), recent);
    }
    auto packs = folded_.all();
    packs.insert(packs.end(), opened.begin(), opened.end());
    const auto recent = std::partition(
        packs.begin(), packs.end(), [&](const auto& pack) { return base->find_pack(pack.pack).has_value(); });
    const auto in_base = static_cast<std::size_t>(recent - packs.begin());
    packs.erase(std::remove_if(recent, packs.end(), [&](const auto& pack) { return !set_->find(pack.pack); }),
                packs.end());
    // A table that does not open hides what is in it: it is asked for again each time.
    if (few(packs) || in_base != base->pack_count()) return {};
    const auto id = write_base(FoldedIndex::encode_base({packs.begin(), recent}));
    return id ? FoldedIndex::encode_head(*id, base->id(), {recent, packs.end()}) : Bytes();
}

void ObjectStore::each_table(const std::function<void(const PackInfo&, const Table&)>& fn) {
    open_all();
    for (std::size_t i = 0; i < readers_.size(); ++i)
        if (readers_[i]->has_table()) fn(infos_[i], readers_[i]->known_table());
}

// In the tables that are open. What is out of use may lack the bases of its deltas by now: a pack in use
// comes first.
std::optional<ObjectStore::Location> ObjectStore::find_open(const ObjectId& id) const {
    std::optional<Location> found;
    if (const auto at = index_.find(id); at != index_.end()) found = at->second;
    for (const auto pack : large_) {
        if (found && (!fallback_[found->pack] || fallback_[pack])) continue;
        const auto& entries = readers_[pack]->known_table().entries;
        const auto at = std::lower_bound(
            entries.begin(), entries.end(), id,
            [](const TableEntry& entry, const ObjectId& wanted) { return entry.id < wanted; });
        if (at != entries.end() && at->id == id)
            found = {pack, static_cast<std::size_t>(at - entries.begin())};
    }
    return found;
}

std::optional<ObjectStore::Location> ObjectStore::find(const ObjectId& id) {
    const auto found = find_open(id);
    const bool good = found && !fallback_[found->pack];
    if (good || (unindexed_ == 0 && set_registered_)) return found;
    open_uncovered();
    bool covered = false;
    const auto with = [&](const FoldedIndex& known) { return known.packs_with(id); };
    for (const auto& name : ask_index(with, std::vector<Sha256Digest>())) {
        const auto pack = position_of(name);
        if (!pack) continue;
        index(*pack);
        covered = true;
    }
    open_uncovered();
    const auto known = find_open(id);
    if (known || !covered) return known;
    open_all();  // a table that does not open, or a cache that does not fit
    return find_open(id);
}

// Whether the pack lies there as the journal recorded it. Looked for once a session.
bool ObjectStore::is_there(std::size_t pack) {
    const auto& info = infos_[pack];
    if (there_.contains(info.name)) return true;
    if (store_.size(pack_blob_name(info.name)) != info.size) return false;
    there_.insert(info.name);
    return true;
}

// In a pack that may be relied on. One that is lost is known no longer.
std::optional<ObjectStore::Location> ObjectStore::find_there(const ObjectId& id) {
    auto location = find(id);
    while (location && !fallback_[location->pack] && !is_there(location->pack)) {
        const auto lost = infos_[location->pack];
        forget_packs([&](const PackInfo& pack) { return pack == lost; });
        location = find(id);
    }
    return location;
}

// For reading: also what is out of use.
std::optional<ObjectStore::Location> ObjectStore::find_somewhere(const ObjectId& id) {
    const auto location = find(id);
    if (location || !missing_hook_) return location;
    fall_back_to(std::exchange(missing_hook_, nullptr)());
    return find(id);
}

std::uint64_t ObjectStore::objects() {
    open_all();
    std::size_t count = index_.size();
    for (std::size_t i = 0; i < large_.size(); ++i)
        for (const auto& entry : readers_[large_[i]]->known_table().entries)
            if (!index_.contains(entry.id) && find_open(entry.id)->pack == large_[i]) ++count;
    return count;
}

}  // namespace coffre::pack
