#pragma once
// What a command says: results on standard output, everything else on standard error. With --json one
// document on standard output and nothing else there.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "store/journal/state.hpp"

namespace coffre::cli {

using Json = nlohmann::ordered_json;

// A line of the result. Write errors (a closed pipe, a full disk) throw Error.
void print_line(std::string_view text);
void print_bytes(ByteView bytes);
void print_json(const Json& json);
void flush_output();
// Whoever read standard output has closed it ("coffre log | head"): nothing more needs to be said.
bool reader_gone();

// Lines on standard error, "coffre: …". note() is silent with --quiet.
void note(bool quiet, const std::string& text);
void warn(const std::string& text);

// "coffre: what — hint" on standard error; with `json` also the error document on standard output.
void print_error(const Error& error, bool json);

// "path", and "path_base64" beside it where it is not UTF-8.
void put_path(Json& object, const std::string& path);

// "12.3 MB", in French "12,3 Mo": powers of ten.
std::string human_bytes(std::uint64_t bytes);
// "1 file", "12 files".
std::string count_files(std::uint64_t count);
// "2026-11-23 03:00" on that zone's clock.
std::string zone_time(const std::string& zone, Timestamp time);
// "a, b, c".
std::string joined(const std::vector<std::string>& words);
// Columns, so that UTF-8 text lines up.
std::string pad(std::string text, std::size_t width);

// Colours on a terminal, unless NO_COLOR says no.
enum class Colour : std::uint8_t { none, red, green, yellow, cyan, bold };
bool colours_wanted();
std::string coloured(Colour colour, const std::string& text);

// Without their line ends; nothing behind the last one.
std::vector<std::string> split_lines(std::string_view text);

// Text of a configuration as one line of the terminal: control characters visible, tabs kept.
std::string shown_line(const std::string& text);

// Progress of long work: a line redrawn on a terminal; with --json and no terminal, a line every ten seconds.
class ProgressLine {
public:
    ProgressLine(Clock& clock, bool quiet, bool json);
    ~ProgressLine();
    ProgressLine(const ProgressLine&) = delete;
    ProgressLine& operator=(const ProgressLine&) = delete;
    void show(const std::string& text);
    void clear();

private:
    Clock& clock_;
    bool terminal_;
    bool lines_;
    bool drawn_ = false;
    std::int64_t last_ns_;
};

}  // namespace coffre::cli
