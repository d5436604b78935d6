#pragma once
// A clock that a test sets. It moves by 1 ms at each now(), so that two events never share an instant, and by
// the whole duration at each sleep, so that nobody waits.

#include <mutex>

#include "base/clock.hpp"

namespace coffre::test {

class FakeClock final : public Clock {
public:
    explicit FakeClock(Timestamp start = Timestamp::from_seconds(1'800'000'000)) : now_(start) {}

    Timestamp now() override {
        const std::scoped_lock guard(mutex_);
        const Timestamp current = now_;
        now_.ns += 1'000'000;
        monotonic_ns_ += 1'000'000;
        return current;
    }

    std::int64_t monotonic_ns() override {
        const std::scoped_lock guard(mutex_);
        return monotonic_ns_;
    }

    void sleep_ms(int ms) override { advance_ms(ms); }

    void advance_ms(std::int64_t ms) {
        const std::scoped_lock guard(mutex_);
        now_.ns += ms * 1'000'000;
        monotonic_ns_ += ms * 1'000'000;
    }

    // The wall clock alone: it may jump, also backwards.
    void set(Timestamp now) {
        const std::scoped_lock guard(mutex_);
        now_ = now;
    }

private:
    std::mutex mutex_;
    Timestamp now_;
    std::int64_t monotonic_ns_ = 0;
};

}  // namespace coffre::test
