#pragma once
// Unpredictable bytes. Only base/ asks the system; whoever draws keys hedges them (crypto::Hedge),
// so that a stuck generator repeats nothing.

#include <cstdint>
#include <span>

namespace coffre {

// Thread-safe.
class Random {
public:
    virtual ~Random() = default;
    virtual void fill(std::span<std::uint8_t> out) = 0;  // throws Error{failed} where the system has none
};

Random& system_random();

}  // namespace coffre
