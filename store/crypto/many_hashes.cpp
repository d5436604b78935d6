#include "store/crypto/many_hashes.hpp"

#include <algorithm>
#include <numeric>

namespace coffre::crypto {

namespace {

constexpr std::size_t lanes = 8;
constexpr std::size_t block_size = 128;  // bytes

// One word of each lane.
using Words = std::uint64_t __attribute__((vector_size(8 * lanes)));

// The best that the processor has is chosen when the program starts.
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__)
#define COFFRE_VECTOR_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define COFFRE_VECTOR_CLONES
#endif

constexpr std::array<std::uint64_t, 8> iv{0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b,
                                          0xa54ff53a5f1d36f1, 0x510e527fade682d1, 0x9b05688c2b3e6c1f,
                                          0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};

constexpr std::uint8_t sigma[10][16] = {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
                                        {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
                                        {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
                                        {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
                                        {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
                                        {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
                                        {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
                                        {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
                                        {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
                                        {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0}};

struct Lanes {
    std::array<Words, 8> h;
    Words count;  // bytes, this block's included
    Words last;   // all ones: this block is the message's last
    std::array<const std::uint8_t*, lanes> block;
};

#define COFFRE_ROTATE(x, n) (((x) >> (n)) | ((x) << (64 - (n))))
#define COFFRE_MIX(a, b, c, d, x, y)       \
    v[a] += v[b] + m[x];                   \
    v[d] = COFFRE_ROTATE(v[d] ^ v[a], 32); \
    v[c] += v[d];                          \
    v[b] = COFFRE_ROTATE(v[b] ^ v[c], 24); \
    v[a] += v[b] + m[y];                   \
    v[d] = COFFRE_ROTATE(v[d] ^ v[a], 16); \
    v[c] += v[d];                          \
    v[b] = COFFRE_ROTATE(v[b] ^ v[c], 63);

COFFRE_VECTOR_CLONES void compress_block(Lanes& state) {
    Words m[16], v[16];
    for (std::size_t i = 0; i < 16; ++i)
        for (std::size_t lane = 0; lane < lanes; ++lane) {
            std::uint64_t word;
            std::memcpy(&word, state.block[lane] + 8 * i, 8);
            m[i][lane] = word;
        }
    for (std::size_t i = 0; i < 8; ++i) {
        v[i] = state.h[i];
        v[8 + i] = Words{} + iv[i];
    }
    v[12] ^= state.count;
    v[14] ^= state.last;
#pragma GCC unroll 12
    for (std::size_t round = 0; round < 12; ++round) {
        const auto& s = sigma[round % 10];
        COFFRE_MIX(0, 4, 8, 12, s[0], s[1])
        COFFRE_MIX(1, 5, 9, 13, s[2], s[3])
        COFFRE_MIX(2, 6, 10, 14, s[4], s[5])
        COFFRE_MIX(3, 7, 11, 15, s[6], s[7])
        COFFRE_MIX(0, 5, 10, 15, s[8], s[9])
        COFFRE_MIX(1, 6, 11, 12, s[10], s[11])
        COFFRE_MIX(2, 7, 8, 13, s[12], s[13])
        COFFRE_MIX(3, 4, 9, 14, s[14], s[15])
    }
    for (std::size_t i = 0; i < 8; ++i) state.h[i] ^= v[i] ^ v[8 + i];
}

#undef COFFRE_MIX
#undef COFFRE_ROTATE

// Without vectors of 256 bits at least, libsodium's one after the other is faster.
bool lanes_are_worth_it(std::size_t messages) {
    constexpr std::size_t few = 3;
#if defined(__x86_64__)
    static const bool wide = __builtin_cpu_supports("avx2") != 0;
#else
    constexpr bool wide = false;
#endif
    return wide && messages > few;
}

// What one lane works on: the padded key, then the message, the last block of it padded.
struct Work {
    std::size_t message = 0;
    ByteView rest;
    std::uint64_t count = 0;
    bool busy = false;
};

std::vector<Bytes> hashes_in_lanes(const Key& key, const std::vector<ByteView>& messages, std::size_t size) {
    std::vector<Bytes> hashes(messages.size());
    // The longest first: the lanes end together then.
    std::vector<std::size_t> order(messages.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return messages[a].size() > messages[b].size(); });

    alignas(64) std::array<std::array<std::uint8_t, block_size>, lanes> padded{};
    std::array<std::uint8_t, block_size> key_block{};
    std::memcpy(key_block.data(), key.view().data(), Key::size);
    Lanes state{};
    std::array<Work, lanes> work;
    std::size_t next = 0, busy = 0;
    const auto begin = [&](std::size_t lane) {
        if (next == order.size()) {
            state.block[lane] = padded[lane].data();
            return;
        }
        auto& own = work[lane];
        own = {order[next], messages[order[next]], 0, true};
        ++next;
        ++busy;
        for (std::size_t i = 0; i < 8; ++i) state.h[i][lane] = iv[i];
        state.h[0][lane] ^= 0x01010000 ^ (Key::size << 8) ^ size;
        state.block[lane] = key_block.data();
    };
    for (std::size_t lane = 0; lane < lanes; ++lane) begin(lane);
    while (busy > 0) {
        for (std::size_t lane = 0; lane < lanes; ++lane) {
            auto& own = work[lane];
            if (!own.busy) continue;
            if (own.count > 0) {
                const auto part = std::min(own.rest.size(), block_size);
                state.block[lane] = own.rest.data();
                if (part < block_size) {
                    padded[lane] = {};
                    std::memcpy(padded[lane].data(), own.rest.data(), part);
                    state.block[lane] = padded[lane].data();
                }
                own.rest = own.rest.subspan(part);
                own.count += part;
            } else {
                own.count = block_size;
            }
            state.count[lane] = own.count;
            state.last[lane] = own.rest.empty() ? ~std::uint64_t{0} : 0;
        }
        compress_block(state);
        for (std::size_t lane = 0; lane < lanes; ++lane) {
            auto& own = work[lane];
            if (!own.busy || !own.rest.empty()) continue;
            Bytes& hash = hashes[own.message];
            for (std::size_t i = 0; i < 8; ++i) append_u64(hash, state.h[i][lane]);
            hash.resize(size);
            own.busy = false;
            --busy;
            begin(lane);
        }
    }
    wipe(key_block);
    return hashes;
}

}  // namespace

std::vector<Bytes> keyed_hashes(const Key& key, const std::vector<ByteView>& messages, std::size_t size) {
    if (lanes_are_worth_it(messages.size())) return hashes_in_lanes(key, messages, size);
    std::vector<Bytes> hashes;
    for (const auto message : messages) keyed_hash(key, message, hashes.emplace_back(size));
    return hashes;
}

}  // namespace coffre::crypto
