#include "cli/output.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "base/process.hpp"
#include "store/rules/civil_time.hpp"

namespace coffre::cli {

namespace {

bool pipe_closed = false;

Error output_error() {
    pipe_closed = pipe_closed || errno == EPIPE;
    return {Errc::failed, say<Msg::output_failed>()};
}

void write_all(std::FILE* stream, std::string_view text) {
    if (std::fwrite(text.data(), 1, text.size(), stream) != text.size() && stream == stdout)
        throw output_error();
}

std::size_t display_width(std::string_view text) {
    std::size_t width = 0;
    for (const char c : text)
        if ((static_cast<unsigned char>(c) & 0xc0) != 0x80) ++width;
    return width;
}

std::string two(unsigned value) { return (value < 10 ? "0" : "") + std::to_string(value); }

// What to do next: the thrower's own hint, else what is true of every error of that code.
Message way_out(const Error& error) {
    if (!error.hint().empty()) return error.hint();
    switch (error.code()) {
        case Errc::damaged:
            return say<Msg::hint_verify>();
        case Errc::no_space:
            return say<Msg::hint_free_space>();
        case Errc::locked:
            return say<Msg::hint_locked>();
        case Errc::no_key:
            return say<Msg::hint_give_key>();
        case Errc::no_repository:
            return say<Msg::hint_init>();
        case Errc::unreachable:
            return say<Msg::hint_reach>();
        case Errc::usage:
        case Errc::refused:
            return say<Msg::hint_help>();
        case Errc::failed:
        case Errc::partial:
        case Errc::trouble:
            break;
    }
    return say<Msg::hint_failed>();
}

constexpr std::int64_t redraw_ns = 200'000'000;
constexpr std::int64_t line_every_ns = 10'000'000'000;

}  // namespace

void print_line(std::string_view text) {
    write_all(stdout, text);
    write_all(stdout, "\n");
}

void print_bytes(ByteView bytes) { write_all(stdout, as_text(bytes)); }

void print_json(const Json& json) { print_line(json.dump(2, ' ', false, Json::error_handler_t::replace)); }

void flush_output() {
    if (std::fflush(stdout) != 0) throw output_error();
}

bool reader_gone() { return pipe_closed; }

void note(bool quiet, const std::string& text) {
    if (!quiet) write_all(stderr, "coffre: " + text + "\n");
}

void warn(const std::string& text) { write_all(stderr, "coffre: " + tr<Msg::warning>(text) + "\n"); }

void print_error(const Error& error, bool json) {
    write_all(stderr, "coffre: " + text(error.message()) + " — " + text(way_out(error)) + "\n");
    if (!json) return;
    Json document{{"code", static_cast<int>(error.code())},
                  {"message", text(error.message())},
                  {"hint", text(way_out(error))}};
    const auto id = error.message().id;
    if (id == Msg::snapshot_expired || id == Msg::snapshot_expired_alone) document["expired"] = true;
    print_json({{"error", std::move(document)}});
}

void put_path(Json& object, const std::string& path) {
    // What JSON cannot hold shows as U+FFFD: the dump does the same to "path".
    object["path"] = path;
    if (!is_utf8(path)) object["path_base64"] = to_base64(as_bytes(path));
}

std::string human_bytes(std::uint64_t bytes) {
    const bool french = language() == Lang::fr;
    const std::string unit = french ? "o" : "B";
    if (bytes < 1000) return std::to_string(bytes) + " " + unit;
    double value = static_cast<double>(bytes);
    const char* power = "";
    for (const char* next : {"k", "M", "G", "T"}) {
        if (value < 999.95) break;
        value /= 1000;
        power = next;
    }
    char digits[32];
    std::snprintf(digits, sizeof digits, value < 99.95 ? "%.1f" : "%.0f", value);
    std::string text = digits;
    if (const auto point = text.find('.'); french && point != std::string::npos) text[point] = ',';
    return text + " " + power + unit;
}

std::string count_files(std::uint64_t count) {
    return count == 1 ? tr<Msg::one_file>() : tr<Msg::many_files>(std::to_string(count));
}

std::string zone_time(const std::string& zone, Timestamp time) {
    const auto civil = rules::to_civil(zone, time);
    return std::to_string(civil.year) + "-" + two(civil.month) + "-" + two(civil.day) + " " +
           two(civil.hour) + ":" + two(civil.minute);
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
    return text;
}

std::string pad(std::string text, std::size_t width) {
    const auto shown = display_width(text);
    if (shown < width) text.append(width - shown, ' ');
    return text;
}

bool colours_wanted() {
    static const bool wanted = standard_output_is_terminal() && !environment_variable("NO_COLOR");
    return wanted;
}

std::vector<std::string> split_lines(std::string_view text) {
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find('\n', at), text.size());
        lines.emplace_back(text.substr(at, end - at));
        at = end + 1;
    }
    return lines;
}

std::string shown_line(const std::string& text) {
    std::string out;
    for (std::size_t at = 0;;) {
        const auto tab = text.find('\t', at);
        out += printable(std::string_view(text).substr(at, tab == std::string::npos ? tab : tab - at));
        if (tab == std::string::npos) return out;
        out += '\t';
        at = tab + 1;
    }
}

std::string coloured(Colour colour, const std::string& text) {
    if (!colours_wanted() || text.empty()) return text;
    switch (colour) {
        case Colour::red:
            return "\x1b[31m" + text + "\x1b[m";
        case Colour::green:
            return "\x1b[32m" + text + "\x1b[m";
        case Colour::yellow:
            return "\x1b[33m" + text + "\x1b[m";
        case Colour::cyan:
            return "\x1b[36m" + text + "\x1b[m";
        case Colour::bold:
            return "\x1b[1m" + text + "\x1b[m";
        case Colour::none:
            break;
    }
    return text;
}

ProgressLine::ProgressLine(Clock& clock, bool quiet, bool json)
    : clock_(clock),
      terminal_(!quiet && standard_error_is_terminal()),
      lines_(!quiet && json && !terminal_),
      last_ns_(clock.monotonic_ns()) {}

ProgressLine::~ProgressLine() { clear(); }

void ProgressLine::show(const std::string& text) {
    if (!terminal_ && !lines_) return;
    const auto now = clock_.monotonic_ns();
    if (now - last_ns_ < (terminal_ ? redraw_ns : line_every_ns)) return;
    last_ns_ = now;
    write_all(stderr, terminal_ ? "\r\x1b[K" + text : text + "\n");
    drawn_ = terminal_;
}

void ProgressLine::clear() {
    if (drawn_) write_all(stderr, "\r\x1b[K");
    drawn_ = false;
}

}  // namespace coffre::cli
