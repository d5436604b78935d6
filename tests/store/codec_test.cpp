// Compression: what it gives back, and what it makes of content of two kinds.

#include "store/codec/codec.hpp"

#include <random>

#include <gtest/gtest.h>

#include "store/codec/spread.hpp"

namespace coffre::codec {
namespace {

Bytes noise(std::size_t size, std::uint64_t seed) {
    std::mt19937_64 rng(seed);
    Bytes out;
    while (out.size() < size) append_u64(out, rng());
    out.resize(size);
    return out;
}

Bytes text(std::size_t size, std::uint64_t seed) {
    std::mt19937_64 rng(seed);
    std::string out;
    while (out.size() < size) out += "camera=" + std::to_string(rng()) + ";";
    out.resize(size);
    return {out.begin(), out.end()};
}

Bytes joined(const std::vector<Bytes>& parts) {
    Bytes out;
    for (const auto& part : parts) append(out, part);
    return out;
}

TEST(Compression, gives_back_text_and_noise_that_change_places_anywhere) {
    std::mt19937_64 rng(1);
    for (int round = 0; round < 40; ++round) {
        std::vector<Bytes> parts;
        for (auto count = rng() % 12; count > 0; --count)
            parts.push_back(rng() % 2 == 0 ? noise(rng() % 20'000, rng()) : text(rng() % 20'000, rng()));
        const Bytes plain = joined(parts);
        for (const int level : {capture_level, 9}) {
            const Bytes frame = compress(plain, level);
            EXPECT_EQ(decompress(frame, plain.size(), "frame"), plain);
        }
    }
}

TEST(Compression, of_text_between_noise_is_not_spoilt_by_the_noise) {
    const Bytes first = text(32'768, 1), second = text(32'768, 2);
    const Bytes plain = joined({noise(32'768, 3), first, noise(32'768, 4), second});
    const auto alone = compress(joined({first, second})).size();
    EXPECT_LT(compress(plain).size(), std::size_t{2} * 32'768 + alone + alone / 10);
}

TEST(Compression, tells_random_bytes_from_those_that_compress) {
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        EXPECT_TRUE(looks_random(noise(4096, seed), 1024)) << seed;
        EXPECT_TRUE(looks_random(noise(70'000, seed))) << seed;
        EXPECT_FALSE(looks_random(text(4096, seed), 1024)) << seed;
        EXPECT_FALSE(looks_random(text(70'000, seed))) << seed;
    }
    EXPECT_FALSE(looks_random(noise(4095, 1))) << "too little to tell";
}

}  // namespace
}  // namespace coffre::codec
