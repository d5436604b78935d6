// Compression: what it gives back, and what it makes of content of two kinds.

#include "store/codec/codec.hpp"

#include <random>

#include <gtest/gtest.h>

#include "store/codec/spread.hpp"
#include "tests/support/error_of.hpp"

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

TEST(FrameDecoder, gives_what_is_asked_for_and_goes_on_from_there) {
    const Bytes base = text(300'000, 1),
                plain = joined({text(200'000, 1), text(400'000, 2), noise(50'000, 3)});
    for (const auto& prefix : {Bytes(), base}) {
        FrameDecoder decoder(compress_delta(prefix, plain), prefix, plain.size(), "frame");
        for (const std::size_t count : {std::size_t{1}, std::size_t{10}, std::size_t{131'073}, std::size_t{5},
                                        std::size_t{500'000}, plain.size(), std::size_t{7}}) {
            const auto first = decoder.first(count);
            ASSERT_TRUE(std::equal(first.begin(), first.end(), plain.begin())) << count;
        }
    }
}

TEST(FrameDecoder, refuses_what_is_cut_followed_by_more_or_of_another_size) {
    const Bytes plain = text(300'000, 1);
    const Bytes frame = compress_delta({}, plain);
    const auto refused = [](const Bytes& bytes, std::size_t size, std::size_t count) {
        return test::error_of([&] { (void)FrameDecoder(bytes, {}, size, "frame").first(count); }) ==
               Errc::damaged;
    };
    EXPECT_FALSE(refused(frame, plain.size(), plain.size()));
    EXPECT_TRUE(refused(frame, plain.size() + 1, 1));
    EXPECT_TRUE(refused(frame, plain.size(), plain.size() + 1));
    EXPECT_TRUE(refused(joined({frame, {0}}), plain.size(), plain.size()));
    for (std::size_t size = 0; size < frame.size(); size += 97)
        ASSERT_TRUE(refused({frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(size)}, plain.size(),
                            plain.size()))
            << size;
}

TEST(FrameDecoder, of_another_base_gives_other_bytes_or_refuses) {
    const Bytes base = text(100'000, 1), plain = text(100'000, 1);
    const Bytes frame = compress_delta(base, plain);
    Bytes got;
    const auto error = test::error_of([&] {
        FrameDecoder decoder(frame, text(100'000, 2), plain.size(), "frame");
        const auto first = decoder.first(plain.size());
        got.assign(first.begin(), first.end());
    });
    EXPECT_TRUE(error == Errc::damaged || got != plain);
}

}  // namespace
}  // namespace coffre::codec
