#pragma once
// Repeatable "random" bytes: a seeded xorshift, or a generator that is stuck on one byte.

#include <mutex>
#include <optional>

#include "base/random.hpp"

namespace coffre::test {

class FakeRandom final : public Random {
public:
    explicit FakeRandom(std::uint64_t seed = 1) : state_(seed != 0 ? seed : 1) {}

    void fill(std::span<std::uint8_t> out) override {
        const std::scoped_lock guard(mutex_);
        for (std::uint8_t& byte : out) byte = stuck_ ? *stuck_ : next();
    }

    // From now on every byte is `byte`; empty: works again.
    void stick(std::optional<std::uint8_t> byte) {
        const std::scoped_lock guard(mutex_);
        stuck_ = byte;
    }

private:
    std::uint8_t next() {
        state_ ^= state_ << 13;
        state_ ^= state_ >> 7;
        state_ ^= state_ << 17;
        return static_cast<std::uint8_t>(state_ >> 32);
    }

    std::mutex mutex_;
    std::uint64_t state_;
    std::optional<std::uint8_t> stuck_;
};

}  // namespace coffre::test
