#include "store/pack/chunker.hpp"

#include <algorithm>

namespace coffre::pack {

namespace {

// The high bits, which every one of the last 64 bytes reached.
constexpr std::uint64_t cut_mask = std::uint64_t{chunk_mean - 1} << 44;

}  // namespace

Chunker::Chunker(const crypto::Key& key) {
    for (std::size_t i = 0; i < gear_.size(); ++i) {
        const std::array<std::uint8_t, 1> byte{static_cast<std::uint8_t>(i)};
        std::array<std::uint8_t, 16> value;
        crypto::keyed_hash(key, byte, value);
        gear_[i] = load_u64(value.data());
    }
}

std::size_t Chunker::cut(ByteView data, bool last) const {
    const auto end = std::min(data.size(), chunk_max);
    if (end <= chunk_min) return last ? end : 0;
    std::uint64_t hash = 0;
    // What lies more than 64 bytes back is shifted out: no need to hash the minimum.
    for (std::size_t i = chunk_min - 64; i < chunk_min; ++i) hash = (hash << 1) + gear_[data[i]];
    // Two bytes a step: each hash waits for one shift and one sum less.
    std::size_t i = chunk_min;
    for (; i + 1 < end; i += 2) {
        const auto first = gear_[data[i]];
        const auto both = (first << 1) + gear_[data[i + 1]];
        if ((((hash << 1) + first) & cut_mask) == 0) return i + 1;
        hash = (hash << 2) + both;
        if ((hash & cut_mask) == 0) return i + 2;
    }
    if (i < end && (((hash << 1) + gear_[data[i]]) & cut_mask) == 0) return end;
    return last || end == chunk_max ? end : 0;
}

}  // namespace coffre::pack
