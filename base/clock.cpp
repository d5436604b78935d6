#include "base/clock.hpp"

#include <chrono>
#include <cstdio>
#include <thread>

namespace coffre {

namespace {

class SystemClock final : public Clock {
public:
    Timestamp now() override {
        using namespace std::chrono;
        return {duration_cast<nanoseconds>(system_clock::now().time_since_epoch()).count()};
    }

    std::int64_t monotonic_ns() override {
        using namespace std::chrono;
        return duration_cast<nanoseconds>(steady_clock::now().time_since_epoch()).count();
    }

    void sleep_ms(int ms) override { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); }
};

// Reads a text front to back; once something did not fit, everything after fails too.
class Cursor {
public:
    explicit Cursor(std::string_view text) : rest_(text) {}

    int digits(int count) {
        int value = 0;
        for (int i = 0; i < count; ++i) {
            if (!next_is_digit()) {
                ok_ = false;
                return 0;
            }
            value = value * 10 + (rest_.front() - '0');
            rest_.remove_prefix(1);
        }
        return value;
    }

    bool accept(std::string_view any_of) {
        if (rest_.empty() || any_of.find(rest_.front()) == std::string_view::npos) return false;
        rest_.remove_prefix(1);
        return true;
    }

    void expect(std::string_view any_of) {
        if (!accept(any_of)) ok_ = false;
    }

    [[nodiscard]] bool next_is_digit() const {
        return !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9';
    }
    [[nodiscard]] bool next_is(char c) const { return !rest_.empty() && rest_.front() == c; }
    [[nodiscard]] bool complete() const { return ok_ && rest_.empty(); }

private:
    std::string_view rest_;
    bool ok_ = true;
};

}  // namespace

std::int64_t Timestamp::seconds() const {
    constexpr std::int64_t second = 1'000'000'000;
    return ns / second - (ns % second < 0 ? 1 : 0);
}

std::string to_rfc3339(Timestamp time) {
    using namespace std::chrono;
    const sys_seconds at{seconds{time.seconds()}};
    const sys_days day = floor<days>(at);
    const year_month_day date{day};
    const hh_mm_ss clock{at - day};
    char text[48];
    std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                  static_cast<int>(clock.seconds().count()));
    return text;
}

std::optional<Timestamp> parse_rfc3339(std::string_view text) {
    Cursor in(text);
    const int year = in.digits(4);
    in.expect("-");
    const int month = in.digits(2);
    in.expect("-");
    const int day = in.digits(2);
    in.expect("Tt");
    const int hour = in.digits(2);
    in.expect(":");
    const int minute = in.digits(2);
    in.expect(":");
    const int second = in.digits(2);

    std::int64_t fraction = 0;
    if (in.accept(".")) {
        if (!in.next_is_digit()) return std::nullopt;
        for (std::int64_t weight = 100'000'000; in.next_is_digit(); weight /= 10) {
            fraction += in.digits(1) * weight;  // from the tenth digit on, the weight is 0
        }
    }

    int offset_minutes = 0;
    if (!in.accept("Zz")) {
        const int sign = in.next_is('-') ? -1 : 1;
        in.expect("+-");
        const int hours = in.digits(2);
        in.expect(":");
        const int minutes = in.digits(2);
        if (hours > 23 || minutes > 59) return std::nullopt;
        offset_minutes = sign * (hours * 60 + minutes);
    }
    if (!in.complete() || hour > 23 || minute > 59 || second > 60) return std::nullopt;

    const std::chrono::year_month_day date{std::chrono::year{year},
                                           std::chrono::month{static_cast<unsigned>(month)},
                                           std::chrono::day{static_cast<unsigned>(day)}};
    if (!date.ok()) return std::nullopt;
    const std::int64_t days = std::chrono::sys_days{date}.time_since_epoch().count();
    const std::int64_t utc_minutes = days * 1440 + std::int64_t{hour} * 60 + minute - offset_minutes;
    // A leap second ends a UTC day; it counts as the second after it, as in Timestamp.
    if (second == 60 && ((utc_minutes % 1440) + 1440) % 1440 != 1439) return std::nullopt;

    Timestamp time;
    if (__builtin_mul_overflow(utc_minutes * 60 + second, std::int64_t{1'000'000'000}, &time.ns) ||
        __builtin_add_overflow(time.ns, fraction, &time.ns)) {
        return std::nullopt;
    }
    return time;
}

Clock& system_clock() {
    static SystemClock clock;
    return clock;
}

}  // namespace coffre
