#pragma once
// Cuts a large blob where its content says so, so that an insertion moves no cut but those beside it.
//
// Gear hash with a minimum and a maximum (Xia et al., "FastCDC", USENIX ATC 2016). The table is made from the
// repository's chunker key: whoever knows a file cannot tell from sizes of chunks that it is kept here.

#include <array>

#include "store/crypto/primitives.hpp"

namespace coffre::pack {

constexpr std::size_t chunk_min = 16 << 10;   // bytes
constexpr std::size_t chunk_mean = 64 << 10;  // beyond the minimum, where nothing else ends a chunk
constexpr std::size_t chunk_max = 256 << 10;

class Chunker {
public:
    explicit Chunker(const crypto::Key& key);

    // Bytes of the first chunk of `data`; 0 where only more data can tell (never when `last`).
    [[nodiscard]] std::size_t cut(ByteView data, bool last) const;

private:
    std::array<std::uint64_t, 256> gear_;
};

}  // namespace coffre::pack
