#pragma once
// Time, as the rest of coffre may ask for it. Only base/ asks the system.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace coffre {

// Nanoseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
struct Timestamp {
    std::int64_t ns = 0;

    friend auto operator<=>(const Timestamp&, const Timestamp&) = default;

    [[nodiscard]] std::int64_t seconds() const;  // floored
    static Timestamp from_seconds(std::int64_t seconds) { return {seconds * 1'000'000'000}; }
};

// "2026-11-23T21:07:00Z"; whole seconds.
std::string to_rfc3339(Timestamp time);

// RFC 3339 with any offset, fractions of a second kept to the nanosecond. Empty when it is not one.
std::optional<Timestamp> parse_rfc3339(std::string_view text);

// Thread-safe.
class Clock {
public:
    virtual ~Clock() = default;
    virtual Timestamp now() = 0;
    virtual std::int64_t monotonic_ns() = 0;  // for time-outs and progress only
    virtual void sleep_ms(int ms) = 0;
};

Clock& system_clock();

}  // namespace coffre
