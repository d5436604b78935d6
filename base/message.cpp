#include "base/message.hpp"

#include <array>

namespace coffre {

namespace {

struct Row {
    std::string_view name;
    std::string_view en;
    std::string_view fr;
};

constexpr std::array table{
#define COFFRE_MESSAGE(id, en, fr) Row{#id, en, fr},
#include "base/messages.def"
#undef COFFRE_MESSAGE
};
static_assert(table.size() == static_cast<std::size_t>(Msg::count_));

Lang current_language = Lang::en;

// The character that `text` begins with and its length; length 0 when the first byte begins none (RFC 3629:
// no over-long forms, no surrogates, nothing above U+10FFFF).
struct Decoded {
    char32_t character = 0;
    std::size_t length = 0;
};

Decoded decode(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
    const std::uint8_t first = byte(0);
    if (first < 0x80) return {first, 1};
    std::size_t length = 0;
    char32_t least = 0;
    if (first >= 0xc2 && first <= 0xdf) {
        length = 2;
        least = 0x80;
    } else if (first >= 0xe0 && first <= 0xef) {
        length = 3;
        least = 0x800;
    } else if (first >= 0xf0 && first <= 0xf4) {
        length = 4;
        least = 0x10000;
    }
    if (length == 0 || text.size() < length) return {};
    char32_t character = first & (0x7fU >> length);
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xc0) != 0x80) return {};
        character = (character << 6) | (byte(i) & 0x3fU);
    }
    if (character < least || character > 0x10ffff || (character >= 0xd800 && character <= 0xdfff)) return {};
    return {character, length};
}

bool drives_a_terminal(char32_t c) { return c < 0x20 || (c >= 0x7f && c <= 0x9f); }

bool turns_the_direction(char32_t c) {
    return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0x200e || c == 0x200f ||
           c == 0x061c;
}

void append_hex(std::string& out, char32_t value, int digits) {
    for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4) {
        out.push_back("0123456789abcdef"[(value >> shift) & 15U]);
    }
}

}  // namespace

void set_language(Lang lang) { current_language = lang; }
Lang language() { return current_language; }

std::string_view message_cell(Lang lang, Msg id) {
    const Row& row = table.at(static_cast<std::size_t>(id));
    return lang == Lang::en ? row.en : row.fr;
}

std::string_view message_name(Msg id) { return table.at(static_cast<std::size_t>(id)).name; }

static std::string filled_in(std::string_view cell, const std::vector<std::string>& args) {
    std::string out;
    for (std::size_t i = 0; i < cell.size(); ++i) {
        if (cell[i] == '{' && i + 2 < cell.size() && cell[i + 2] == '}' && cell[i + 1] >= '0' &&
            cell[i + 1] <= '9') {
            const auto index = static_cast<std::size_t>(cell[i + 1] - '0');
            if (index < args.size()) {
                out += printable(args[index]);
                i += 2;
                continue;
            }
        }
        out.push_back(cell[i]);
    }
    return out;
}

std::string text(Lang lang, Msg id, const std::vector<std::string>& args) {
    return id == Msg::none ? std::string() : filled_in(message_cell(lang, id), args);
}

std::string text(Lang lang, const Message& message) {
    if (message.own == nullptr) return text(lang, message.id, message.args);
    return filled_in(lang == Lang::en ? message.own->en : message.own->fr, message.args);
}

std::string printable(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const Decoded next = decode(text);
        if (next.length == 0) {
            out += "\xef\xbf\xbd";  // U+FFFD
            text.remove_prefix(1);
            continue;
        }
        if (drives_a_terminal(next.character)) {
            out += "\\x";
            append_hex(out, next.character, 2);
        } else if (turns_the_direction(next.character)) {
            out += "\\u";
            append_hex(out, next.character, 4);
        } else {
            out += text.substr(0, next.length);
        }
        text.remove_prefix(next.length);
    }
    return out;
}

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const Decoded next = decode(text);
        if (next.length == 0) return false;
        text.remove_prefix(next.length);
    }
    return true;
}

}  // namespace coffre
