// A registry export line by line: a key in brackets, then its values; a string may hold line breaks, bytes go
// on after a backslash at a line's end.

#include <charconv>

#include "base/message.hpp"
#include "drivers/model/formats.hpp"

namespace coffre::model {

namespace {

[[noreturn]] void fail() { throw Malformed{"a registry export"}; }

void append_utf8(std::string& out, std::uint32_t code) {
    const auto byte = [&](std::uint32_t value) { out += static_cast<char>(value); };
    if (code < 0x80) {
        byte(code);
    } else if (code < 0x800) {
        byte(0xc0 | (code >> 6));
        byte(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        byte(0xe0 | (code >> 12));
        byte(0x80 | ((code >> 6) & 0x3f));
        byte(0x80 | (code & 0x3f));
    } else {
        byte(0xf0 | (code >> 18));
        byte(0x80 | ((code >> 12) & 0x3f));
        byte(0x80 | ((code >> 6) & 0x3f));
        byte(0x80 | (code & 0x3f));
    }
}

// Little endian; half a pair becomes the replacement character.
std::string utf8_of_utf16(std::string_view bytes) {
    const auto unit = [&](std::size_t at) -> std::uint32_t {
        return static_cast<unsigned char>(bytes[at]) |
               static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at + 1])) << 8;
    };
    std::string out;
    out.reserve(bytes.size() / 2);
    for (std::size_t at = 0; at + 1 < bytes.size(); at += 2) {
        auto code = unit(at);
        if (code >= 0xd800 && code < 0xe000) {
            const auto low = at + 3 < bytes.size() ? unit(at + 2) : 0;
            if (code < 0xdc00 && low >= 0xdc00 && low < 0xe000) {
                code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
                at += 2;
            } else {
                code = 0xfffd;
            }
        }
        append_utf8(out, code);
    }
    return out;
}

class Reader {
public:
    explicit Reader(std::string_view text) : text_(text) {}

    std::vector<RegistryKey> keys() {
        const auto header = trimmed(line());
        if (header != registry_header && header != "REGEDIT4") fail();
        std::vector<RegistryKey> keys;
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (c == '[') {
                const auto name = trimmed(line());
                if (!name.ends_with(']') || name.size() < 3) fail();
                RegistryKey key;
                key.path = name.substr(1, name.size() - 2);
                keys.push_back(std::move(key));
            } else if (c == '"' || c == '@') {
                if (keys.empty()) fail();
                value(keys.back());
            } else {
                const auto rest = trimmed(line());
                if (!rest.empty() && rest.front() != ';') fail();
            }
        }
        return keys;
    }

private:
    // Up to the next line break, which is passed over.
    std::string_view line() {
        const auto end = std::min(text_.find('\n', at_), text_.size());
        const auto found = text_.substr(at_, end - at_);
        at_ = std::min(end + 1, text_.size());
        return found;
    }

    // At an opening quotation mark; ends behind the closing one.
    std::string quoted() {
        std::string out;
        for (++at_; at_ < text_.size(); ++at_) {
            const char c = text_[at_];
            if (c == '"') {
                ++at_;
                return out;
            }
            if (c == '\\' && at_ + 1 < text_.size()) ++at_;
            out += text_[at_];
        }
        fail();
    }

    void value(RegistryKey& key) {
        std::string name;
        if (text_[at_] == '@')
            ++at_;
        else
            name = quoted();
        if (at_ >= text_.size() || text_[at_] != '=') fail();
        ++at_;
        RegistryValue value;
        if (at_ < text_.size() && text_[at_] == '"') {
            value.text = quoted();
            if (!trimmed(line()).empty()) fail();
        } else {
            auto rest = std::string(trimmed(line()));
            while (rest.ends_with('\\') && at_ < text_.size()) {
                rest.pop_back();
                rest += trimmed(line());
            }
            value = typed(rest);
        }
        key.values.insert_or_assign(std::move(name), std::move(value));
    }

    static std::uint64_t number(std::string_view digits) {
        std::uint64_t out = 0;
        const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), out, 16);
        if (read.ec != std::errc() || read.ptr != digits.data() + digits.size()) fail();
        return out;
    }

    // dword:0000001f, hex:01,ff, hex(2):… and "-", which is a value that an import takes away.
    static RegistryValue typed(std::string_view text) {
        RegistryValue value;
        if (text == "-") {
            value.kind = RegistryValue::Kind::removed;
            return value;
        }
        const auto colon = text.find(':');
        if (colon == std::string_view::npos) fail();
        const auto type = text.substr(0, colon);
        const auto data = text.substr(colon + 1);
        if (type == "dword") {
            value.kind = RegistryValue::Kind::number;
            value.text = std::to_string(number(data));
            return value;
        }
        if (!type.starts_with("hex")) fail();
        std::string bytes;
        for (std::size_t at = 0; at < data.size();) {
            const auto end = std::min(data.find(',', at), data.size());
            const auto byte = number(trimmed(data.substr(at, end - at)));
            if (byte > 0xff) fail();
            bytes += static_cast<char>(byte);
            at = end + 1;
        }
        if (type == "hex(b)" && bytes.size() == 8) {
            std::uint64_t whole = 0;
            for (int i = 7; i >= 0; --i)
                whole = whole << 8 | static_cast<unsigned char>(bytes[static_cast<std::size_t>(i)]);
            value.kind = RegistryValue::Kind::number;
            value.text = std::to_string(whole);
        } else if (type == "hex(1)" || type == "hex(2)" || type == "hex(7)") {
            value.text = utf8_of_utf16(bytes);
            while (value.text.ends_with('\0')) value.text.pop_back();
            for (auto& c : value.text)
                if (c == '\0') c = '\n';  // between the texts of a list
        } else {
            value.kind = RegistryValue::Kind::bytes;
            value.text = std::move(bytes);
        }
        return value;
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

std::string decoded(std::string_view text) {
    if (text.starts_with("\xff\xfe")) return utf8_of_utf16(text.substr(2));
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    if (is_utf8(text)) return std::string(text);
    std::string out;  // of a code page: what is shown of its letters may be wrong, what differs is not
    for (const char c : text) append_utf8(out, static_cast<unsigned char>(c));
    return out;
}

}  // namespace

bool looks_like_registry(std::string_view text) {
    const auto start = decoded(text.substr(0, 2 * registry_header.size() + 2));
    return start.starts_with(registry_header) || start.starts_with("REGEDIT4");
}

std::vector<RegistryKey> parse_registry(std::string_view text) {
    if (text.size() > text_size_max) throw Malformed{"a registry export"};
    const auto whole = decoded(text);
    return Reader(whole).keys();
}

}  // namespace coffre::model
