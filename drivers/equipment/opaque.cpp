#include "drivers/equipment/opaque.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include "base/message.hpp"
#include "drivers/model/formats.hpp"

namespace coffre::drivers {

namespace {

using namespace std::string_view_literals;

struct Mark {
    std::size_t at;
    std::string_view bytes;
    const char* sort;
};

constexpr std::array<Mark, 26> marks{{
    {0, "PK\x03\x04"sv, "zip"},
    {0, "PK\x05\x06"sv, "zip"},
    {0, "\x1f\x8b"sv, "gzip"},
    {0, "BZh"sv, "bzip2"},
    {0,
     "\xfd"
     "7zXZ\0"sv,
     "xz"},
    {0, "\x28\xb5\x2f\xfd"sv, "zstd"},
    {0, "7z\xbc\xaf\x27\x1c"sv, "7z"},
    {0, "Rar!\x1a\x07"sv, "rar"},
    {257, "ustar"sv, "tar"},
    {0, "%PDF-"sv, "pdf"},
    {0, "\x89PNG\r\n\x1a\n"sv, "png"},
    {0, "\xff\xd8\xff"sv, "jpeg"},
    {0, "GIF8"sv, "gif"},
    {0, "BM"sv, "bmp"},
    {0, "SQLite format 3\0"sv, "sqlite"},
    {0,
     "\x7f"
     "ELF"sv,
     "elf"},
    {0, "MZ"sv, "exe"},
    {0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"sv, "ole"},  // .xls, .doc, .msi
    {0, "TAPE\0"sv, "mtf"},                            // backups of SQL Server
    {0, "regf"sv, "registry hive"},
    {0, "Salted__"sv, "openssl encrypted"},
    {0, "age-encryption.org/"sv, "age encrypted"},
    {0, "-----BEGIN PGP MESSAGE-----"sv, "pgp encrypted"},
    {0, "-----BEGIN "sv, "pem"},
    {4, "ftyp"sv, "mp4"},
    {0, "RIFF"sv, "riff"},
}};

// Whole letters, and none of the control characters that texts do not have.
bool is_text(std::string_view content) {
    if (content.starts_with("\xff\xfe"sv) || content.starts_with("\xfe\xff"sv)) return true;
    return is_utf8(content) && std::none_of(content.begin(), content.end(), [](char c) {
               const auto byte = static_cast<unsigned char>(c);
               return byte < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != '\x1b';
           });
}

// Few bytes cannot look random; what is below this is told by its entropy only where it is close to what so
// many random bytes have.
constexpr std::size_t random_least = 256;

bool looks_random(std::string_view content) {
    if (content.size() < random_least) return false;
    // The mean of n random bytes lies about 255 / (2 n ln 2) below 8.
    const double most = 8 - 255 / (2 * 0.6931 * static_cast<double>(content.size()));
    return entropy(content) > most - 0.15;
}

}  // namespace

double entropy(std::string_view content) {
    if (content.empty()) return 0;
    std::array<std::uint64_t, 256> counts{};
    for (const char c : content) ++counts.at(static_cast<unsigned char>(c));
    const auto whole = static_cast<double>(content.size());
    double bits = 0;
    for (const auto count : counts)
        if (count > 0)
            bits -= static_cast<double>(count) / whole * std::log2(static_cast<double>(count) / whole);
    return std::max(bits, 0.0);
}

std::string content_sort(std::string_view content) {
    if (content.empty()) return "empty";
    for (const auto& mark : marks)
        if (content.size() > mark.at && content.substr(mark.at).starts_with(mark.bytes)) {
            // Two letters prove nothing in a text.
            if (mark.bytes.size() == 2 && is_text(content)) continue;
            return mark.sort;
        }
    if (is_text(content)) {
        auto start = content.substr(0, 4096);
        if (start.starts_with("\xef\xbb\xbf"sv)) start.remove_prefix(3);
        start = model::trimmed(start);
        if (start.starts_with("<?xml")) return "xml";
        if (start.starts_with('<') && start.size() > 1 && start[1] != '!' && start.find('>') != start.npos)
            return model::lower(start.substr(0, 5)) == "<html" ? "html" : "xml";
        if (model::lower(start.substr(0, 9)) == "<!doctype") return "html";
        if (start.starts_with('{') || start.starts_with('[')) {
            try {
                model::parse_json(content);
                return "json";
            } catch (const model::Malformed&) {
                return "text";
            }
        }
        return "text";
    }
    return looks_random(content) ? "encrypted or compressed" : "data";
}

std::string describe(std::string_view content) {
    const auto tenths = std::lround(entropy(content) * 10);
    return content_sort(content) + ", " + std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) +
           " bits/byte";
}

}  // namespace coffre::drivers
