#pragma once
// A time zone as the system's database has it (/usr/share/zoneinfo, TZif files, RFC 8536): of one zone one
// file is read, none of the list of all. Behind the last change that the file tells of (2037 in Debian's),
// the last offset goes on.

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"

namespace coffre {

class TimeZone {
public:
    // A stretch of time with one offset: seconds since the epoch, `end` exclusive.
    struct Span {
        std::int64_t begin = std::numeric_limits<std::int64_t>::min();
        std::int64_t end = std::numeric_limits<std::int64_t>::max();
        std::int64_t offset = 0;  // seconds east of UTC
    };

    // By its IANA name. Null: the system knows none. Read once a process. Thread-safe.
    static const TimeZone* find(const std::string& name);
    // The content of a TZif file; empty for what is none, or counts leap seconds.
    static std::optional<TimeZone> parse(ByteView file);

    [[nodiscard]] Span span_at(std::int64_t seconds) const;
    // The instant at which a clock on the wall shows `local` (seconds since 1970-01-01T00:00:00 on that
    // clock): the later one where it shows it twice, the instant of the jump where it skips it.
    [[nodiscard]] std::int64_t latest_instant(std::int64_t local) const;

private:
    struct Change {
        std::int64_t at;
        std::int64_t offset;  // from then on
    };
    std::int64_t first_offset_ = 0;
    std::vector<Change> changes_;  // by time
};

}  // namespace coffre
