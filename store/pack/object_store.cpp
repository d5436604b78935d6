#include "store/pack/object_store.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace coffre::pack {

std::string pack_blob_name(const Sha256Digest& name) { return "packs/" + name.hex() + ".pack"; }

ObjectStore::ObjectStore(BlobStore& store, const crypto::KeyRing& ring, crypto::Hedge& hedge)
    : store_(store), ring_(ring), hedge_(hedge), fingerprint_key_(ring.subkey("fingerprint")) {}

void ObjectStore::add_packs(const std::vector<PackInfo>& packs) {
    for (const auto& pack : packs) {
        if (!by_name_.emplace(pack.name, readers_.size()).second) continue;
        readers_.push_back(std::make_unique<PackReader>(store_, pack_blob_name(pack.name), pack.size, ring_));
        infos_.push_back(pack);
        indexed_.push_back(false);
        ++unindexed_;
    }
}

void ObjectStore::index(std::size_t pack) {
    if (indexed_[pack]) return;
    if (!readers_[pack]->has_table()) ++tables_opened_;
    try {
        const auto& entries = readers_[pack]->table().entries;
        for (std::size_t i = 0; i < entries.size(); ++i) index_.try_emplace(entries[i].id, Location{pack, i});
    } catch (const Error& error) {
        if (error.code() != Errc::damaged) throw;
        damage_ = error;
    }
    indexed_[pack] = true;
    --unindexed_;
}

void ObjectStore::prefer(const std::vector<PackInfo>& packs) {
    for (const auto& pack : packs) {
        const auto known = by_name_.find(pack.name);
        if (known != by_name_.end()) index(known->second);
    }
}

void ObjectStore::forget_packs(const std::function<bool(const PackInfo&)>& gone) {
    if (std::none_of(infos_.begin(), infos_.end(), gone)) return;
    std::erase_if(published_, gone);
    std::vector<PackInfo> kept;
    std::copy_if(infos_.begin(), infos_.end(), std::back_inserter(kept),
                 [&](const auto& p) { return !gone(p); });
    readers_.clear();
    infos_.clear();
    indexed_.clear();
    by_name_.clear();
    index_.clear();
    unindexed_ = 0;
    damage_.reset();
    add_packs(kept);
}

void ObjectStore::open_all() {
    if (unindexed_ == 0) return;
    if (open_all_hook_) open_all_hook_();
    for (std::size_t pack = 0; pack < readers_.size(); ++pack) index(pack);
}

bool ObjectStore::set_table(const Sha256Digest& name, std::uint64_t size, Table table) {
    const auto known = by_name_.find(name);
    if (known == by_name_.end() || readers_[known->second]->size() != size) return false;
    if (!readers_[known->second]->has_table()) readers_[known->second]->set_table(std::move(table));
    return true;
}

void ObjectStore::each_table(const std::function<void(const PackInfo&, const Table&)>& fn) {
    open_all();
    for (std::size_t i = 0; i < readers_.size(); ++i)
        if (readers_[i]->has_table()) fn(infos_[i], readers_[i]->table());
}

const ObjectStore::Location* ObjectStore::find(const ObjectId& id) {
    auto found = index_.find(id);
    if (found == index_.end() && unindexed_ > 0) {
        open_all();
        found = index_.find(id);
    }
    return found == index_.end() ? nullptr : &found->second;
}

std::nullopt_t ObjectStore::missing() const {
    if (damage_) throw Error(*damage_);
    return std::nullopt;
}

PackWriter* ObjectStore::writer_with(const ObjectId& id) {
    for (auto* writer : {meta_.get(), content_.get()})
        if (writer != nullptr && writer->find(id) != nullptr) return writer;
    return nullptr;
}

std::optional<ObjectHeader> ObjectStore::header(const ObjectId& id) {
    if (auto* writer = writer_with(id)) {
        const auto* entry = writer->find(id);
        return ObjectHeader{entry->type, entry->size};
    }
    const auto* location = find(id);
    if (location == nullptr) return missing();
    const auto& entry = readers_[location->pack]->table().entries[location->entry];
    return ObjectHeader{entry.type, entry.size};
}

std::optional<Object> ObjectStore::read(const ObjectId& id) {
    ++reads_;
    if (auto* writer = writer_with(id)) return writer->read(*writer->find(id));
    const auto* location = find(id);
    if (location == nullptr) return missing();
    auto& reader = *readers_[location->pack];
    const auto& entry = reader.table().entries[location->entry];
    Object object = reader.read(entry);
    if (fingerprint_of(fingerprint_key_, object.type, object.data) != entry.fingerprint)
        throw Error(Errc::damaged, say<Msg::seal_broken>(reader.name()), say<Msg::hint_verify>());
    return object;
}

bool ObjectStore::put(const ObjectId& id, ObjectType type, ByteView data) {
    if (data.size() > object_size_max) throw Error(Errc::failed, say<Msg::object_too_large>());
    const Fingerprint fingerprint = fingerprint_of(fingerprint_key_, type, data);
    const TableEntry* known = nullptr;
    if (auto* writer = writer_with(id)) {
        known = writer->find(id);
    } else if (const auto* location = find(id)) {
        known = &readers_[location->pack]->table().entries[location->entry];
    }
    if (known != nullptr) {
        if (known->fingerprint != fingerprint) throw Error(Errc::damaged, say<Msg::colliding_id>());
        return false;
    }
    const bool content = type == ObjectType::blob;
    auto& writer = content ? content_ : meta_;
    const auto bound = data.size() + data.size() / 128 + 1024;  // zstd's own bound, record and table entry
    if (writer && writer->size_estimate() + bound > pack_size_max) publish(writer);
    if (!writer)
        writer = std::make_unique<PackWriter>(content ? crypto::PackKind::content : crypto::PackKind::meta,
                                              ring_, hedge_);
    writer->add(id, fingerprint, type, data);
    return true;
}

void ObjectStore::publish(std::unique_ptr<PackWriter>& writer) {
    // Whatever goes wrong, a writer that was finished is not written to again.
    FinishedPack pack = std::exchange(writer, nullptr)->finish(fingerprint_key_);
    store_.put(pack_blob_name(pack.name), pack.file);
    const PackInfo info{pack.name, pack.file.size()};
    published_.push_back(info);
    add_packs({info});
    set_table(info.name, info.size, std::move(pack.table));
    index(by_name_.at(info.name));
}

std::vector<PackInfo> ObjectStore::flush() {
    // Content before meta: what a commit leads to is there before the commit is.
    if (content_) publish(content_);
    if (meta_) publish(meta_);
    return published_;
}

std::uint64_t ObjectStore::objects() {
    open_all();
    return index_.size();
}

}  // namespace coffre::pack
