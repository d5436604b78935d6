#include "store/codec/spread.hpp"

#include <array>

namespace coffre::codec {

// Pearson's chi-squared over the 256 values: evenly spread bytes give about 255, however many are looked at,
// and 400 is more than six deviations off.
bool looks_random(ByteView data, std::size_t sample) {
    constexpr double limit = 400;
    if (data.size() < sample) return false;
    std::array<std::uint32_t, 256> counts{};
    const auto step = data.size() / sample;
    for (std::size_t i = 0; i < sample; ++i) ++counts[data[i * step]];
    std::uint64_t squares = 0;
    for (const std::uint64_t count : counts) squares += count * count;
    const auto samples = static_cast<double>(sample);
    return 256 * static_cast<double>(squares) / samples - samples < limit;
}

}  // namespace coffre::codec
