#include "store/pack/large_blob.hpp"

#include "base/error.hpp"

namespace coffre::pack {

namespace {

constexpr std::size_t pending_max = 4 * chunk_max;

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
    hash_.update(as_bytes("blob " + std::to_string(size) + '\0'));  // git's header
}

void LargeBlobWriter::add(ByteView bytes) {
    added_ += bytes.size();
    if (added_ > size_) throw Error(Errc::failed, say<Msg::file_changed>());
    hash_.update(bytes);
    while (!bytes.empty()) {
        if (start_ > 0 && pending_.size() + bytes.size() > pending_max) {
            pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(start_));
            start_ = 0;
        }
        const auto part = bytes.first(std::min(bytes.size(), pending_max - pending_.size()));
        append(pending_, part);
        bytes = bytes.subspan(part.size());
        while (const auto size = chunker_.cut(ByteView(pending_).subspan(start_), false)) take(size);
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

void LargeBlobWriter::take(std::size_t size) {
    const auto data = ByteView(pending_).subspan(start_, size);
    const auto identity = objects_.chunk_identity(data);
    objects_.put_chunk(identity, data, pairing_.replaced(identity.id));
    append_row(list_, {identity.id, size});
    start_ += size;
}

ObjectId LargeBlobWriter::finish() {
    if (added_ != size_) throw Error(Errc::failed, say<Msg::file_changed>());
    while (start_ < pending_.size()) take(chunker_.cut(ByteView(pending_).subspan(start_), true));
    const ObjectId id = hash_.finish();
    objects_.put_chunk_list(id, size_, list_, like_);
    return id;
}

}  // namespace coffre::pack
