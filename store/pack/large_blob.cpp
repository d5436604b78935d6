#include "store/pack/large_blob.hpp"

#include "base/error.hpp"

namespace coffre::pack {

namespace {

constexpr std::size_t pending_max = 8 * chunk_max;  // bytes: some two dozen chunks

}  // namespace

ChunkPairing::ChunkPairing(const std::vector<ChunkRow>& before) {
    for (const auto& row : before) {
        position_.emplace(row.id, before_.size());
        before_.push_back(row.id);
    }
}

LargeBlobWriter::LargeBlobWriter(ObjectStore& objects, std::uint64_t size,
                                 const std::optional<ObjectId>& like)
    : objects_(objects),
      chunker_(objects.chunker_key()),
      size_(size),
      like_(like),
      pairing_(like ? objects.chunks_of(*like) : std::vector<ChunkRow>()) {
    pending_.reserve(std::min<std::uint64_t>(size, pending_max));
    hash_.update(as_bytes("blob " + std::to_string(size) + '\0'));  // git's header
}

void LargeBlobWriter::add(ByteView bytes) {
    added_ += bytes.size();
    if (added_ > size_) throw Error(Errc::failed, say<Msg::file_changed>());
    hash_.update(bytes);
    while (!bytes.empty()) {
        const auto part = bytes.first(std::min(bytes.size(), pending_max - pending_.size()));
        pending_.insert(pending_.end(), part.begin(), part.end());
        bytes = bytes.subspan(part.size());
        if (pending_.size() == pending_max) take_chunks(false);
    }
}

std::optional<ObjectId> ChunkPairing::replaced(const ObjectId& id) {
    const auto known = position_.find(id);
    if (known != position_.end()) {
        next_ = known->second + 1;
        return std::nullopt;
    }
    if (next_ >= before_.size()) return std::nullopt;
    return before_[next_++];
}

void LargeBlobWriter::take_chunks(bool last) {
    std::vector<ByteView> chunks;
    ByteView rest = pending_;
    while (const auto size = chunker_.cut(rest, last)) {
        chunks.push_back(rest.first(size));
        rest = rest.subspan(size);
    }
    const auto identities = objects_.chunk_identities(chunks);
    for (std::size_t i = 0; i < chunks.size(); ++i) {
        objects_.put_chunk(identities[i], chunks[i], pairing_.replaced(identities[i].id));
        append_row(list_, {identities[i].id, chunks[i].size()});
    }
    pending_.erase(pending_.begin(), pending_.end() - static_cast<std::ptrdiff_t>(rest.size()));
}

ObjectId LargeBlobWriter::finish() {
    if (added_ != size_) throw Error(Errc::failed, say<Msg::file_changed>());
    take_chunks(true);
    const ObjectId id = hash_.finish();
    objects_.put_chunk_list(id, size_, list_, like_);
    return id;
}

}  // namespace coffre::pack
