#include "base/time_zone.hpp"

#include <algorithm>
#include <map>
#include <mutex>

#include "base/error.hpp"
#include "base/file_system.hpp"

namespace coffre {

namespace {

constexpr std::string_view zones_folder = "/usr/share/zoneinfo/";
constexpr std::uint64_t zone_file_max = 256 << 10;  // bytes
constexpr std::size_t header_size = 44;

std::uint64_t big_endian(ByteView bytes) {
    std::uint64_t value = 0;
    for (const auto byte : bytes) value = value << 8 | byte;
    return value;
}

struct Counts {
    std::uint64_t utc, standard, leaps, changes, types, characters;

    explicit Counts(ByteView header) {
        const auto count = [&](std::size_t i) { return big_endian(header.subspan(20 + 4 * i, 4)); };
        utc = count(0), standard = count(1), leaps = count(2);
        changes = count(3), types = count(4), characters = count(5);
    }
    // Bytes behind the header, where a time takes `time` bytes.
    [[nodiscard]] std::uint64_t size(std::uint64_t time) const {
        return changes * (time + 1) + types * 6 + characters + leaps * (time + 4) + standard + utc;
    }
};

bool is_header(ByteView bytes) {
    return bytes.size() >= header_size && as_text(bytes.first(4)) == "TZif" && bytes[4] >= '2';
}

// "Europe/Paris": nothing that leads out of the folder, nor to what is no zone ("posixrules", "tzdata.zi").
bool is_name(const std::string& name) {
    const auto fits = [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '/' ||
               c == '_' || c == '-' || c == '+';
    };
    return !name.empty() && name[0] >= 'A' && name[0] <= 'Z' && std::all_of(name.begin(), name.end(), fits);
}

std::optional<TimeZone> read(const std::string& name) {
    if (!is_name(name)) return std::nullopt;
    auto& files = system_files();
    // An alias is a link to the zone that it stands for.
    const auto [folder, file] = split_path(files.resolve(std::string(zones_folder) + name));
    try {
        const auto opened = files.open_directory(folder);
        const auto bytes = opened ? read_file(*opened, file, zone_file_max) : std::nullopt;
        return bytes ? TimeZone::parse(*bytes) : std::nullopt;
    } catch (const Error&) {  // a folder, or what cannot be read
        return std::nullopt;
    }
}

}  // namespace

const TimeZone* TimeZone::find(const std::string& name) {
    static std::mutex mutex;
    static std::map<std::string, std::optional<TimeZone>> known;
    const std::scoped_lock lock(mutex);
    auto found = known.find(name);
    if (found == known.end()) found = known.emplace(name, read(name)).first;
    return found->second ? &*found->second : nullptr;
}

std::optional<TimeZone> TimeZone::parse(ByteView file) {
    // A first block with times of four bytes, for old readers, then the one that counts.
    if (!is_header(file)) return std::nullopt;
    const auto old = header_size + Counts(file).size(4);
    if (old > file.size() || !is_header(file.subspan(old))) return std::nullopt;
    file = file.subspan(old);
    const Counts counts(file);
    file = file.subspan(header_size);
    if (counts.size(8) > file.size() || counts.types == 0 || counts.leaps != 0) return std::nullopt;

    const auto indices = file.subspan(8 * counts.changes);
    const auto types = indices.subspan(counts.changes);
    const auto offset = [&](std::size_t type) {
        return static_cast<std::int32_t>(big_endian(types.subspan(6 * type, 4)));
    };
    TimeZone zone;
    zone.first_offset_ = offset(0);
    for (std::size_t i = 0; i < counts.changes; ++i) {
        const auto at = static_cast<std::int64_t>(big_endian(file.subspan(8 * i, 8)));
        if (indices[i] >= counts.types || (i > 0 && at <= zone.changes_.back().at)) return std::nullopt;
        zone.changes_.push_back({at, offset(indices[i])});
    }
    return zone;
}

TimeZone::Span TimeZone::span_at(std::int64_t seconds) const {
    const auto next =
        std::upper_bound(changes_.begin(), changes_.end(), seconds,
                         [](std::int64_t time, const Change& change) { return time < change.at; });
    Span span;
    span.offset = first_offset_;
    if (next != changes_.begin()) {
        span.begin = std::prev(next)->at;
        span.offset = std::prev(next)->offset;
    }
    if (next != changes_.end()) span.end = next->at;
    return span;
}

std::int64_t TimeZone::latest_instant(std::int64_t local) const {
    constexpr std::int64_t day = 86'400;  // no offset is as much
    for (auto span = span_at(local + day);; span = span_at(span.begin - 1)) {
        const auto instant = local - span.offset;
        if (instant >= span.end) return span.end;
        if (instant >= span.begin) return instant;
    }
}

}  // namespace coffre
