#include "drivers/equipment/secrets.hpp"

#include <algorithm>
#include <array>

namespace coffre::drivers {

namespace {

constexpr std::string_view mask = "••••••";

// Parts of names, in lower case without '_', '-', '.' and blanks.
constexpr std::array<std::string_view, 17> secret_words{
    "password",   "passwd",     "passphrase", "pwd",           "secret",  "token",
    "apikey",     "privatekey", "psk",        "sharedkey",     "authkey", "accesskey",
    "credential", "community",  "motdepasse", "encryptionkey", "wpakey"};
constexpr std::array<std::string_view, 2> whole_words{"pass", "pin"};
// What stands beside a secret and is none: its rules, its date, whether there is one.
constexpr std::array<std::string_view, 12> harmless_endings{"length",   "policy", "enabled", "enable",
                                                            "expiry",   "age",    "type",    "days",
                                                            "strength", "id",     "changed", "required"};

bool is_name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
}

bool is_blank(char c) { return c == ' ' || c == '\t'; }

}  // namespace

bool is_secret_name(std::string_view name) {
    std::string folded;
    for (const char c : name) {
        if (c == '_' || c == '-' || c == '.' || c == ' ') continue;
        folded += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    const auto holds = [&](std::string_view word) { return folded.find(word) != std::string::npos; };
    const auto ends = [&](std::string_view word) { return folded.ends_with(word); };
    if (std::any_of(harmless_endings.begin(), harmless_endings.end(), ends)) return false;
    const auto last = name.find_last_of("._-");
    std::string last_part(last == std::string_view::npos ? name : name.substr(last + 1));
    for (auto& c : last_part)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return std::any_of(secret_words.begin(), secret_words.end(), holds) ||
           std::find(whole_words.begin(), whole_words.end(), last_part) != whole_words.end();
}

namespace {

class Masker {
public:
    explicit Masker(std::string_view text) : text_(text), last_close_(text.rfind("</")) {
        if (last_close_ == std::string_view::npos) last_close_ = 0;
    }

    std::string run() {
        out_.reserve(text_.size());
        while (at_ < text_.size()) {
            if (text_.substr(at_).starts_with("-----BEGIN ")) {
                private_key();
            } else if (text_.substr(at_).starts_with("://")) {
                user_info();
            } else if (is_name_character(text_[at_]) && (at_ == 0 || !is_name_character(text_[at_ - 1]))) {
                name();
            } else {
                out_ += text_[at_++];
            }
        }
        return std::move(out_);
    }

private:
    void copy_to(std::size_t end) {
        out_ += text_.substr(at_, end - at_);
        at_ = end;
    }

    // Dots instead of [at_, end); line ends stay.
    void mask_to(std::size_t end) {
        bool shown = false;
        for (; at_ < end; ++at_) {
            if (text_[at_] == '\n') {
                out_ += '\n';
                shown = false;
            } else if (!shown) {
                out_ += mask;
                shown = true;
            }
        }
    }

    // -----BEGIN … PRIVATE KEY----- to its END line.
    void private_key() {
        const auto line_end = std::min(text_.find('\n', at_), text_.size());
        const auto heading = text_.substr(at_, line_end - at_);
        copy_to(line_end);
        if (heading.find("PRIVATE KEY") == std::string_view::npos) return;
        mask_to(std::min(text_.find("-----END ", at_), text_.size()));
    }

    // scheme://user:password@host
    void user_info() {
        copy_to(at_ + 3);
        const auto end = std::min(text_.find_first_of(" \t\r\n\"'<>/?#", at_), text_.size());
        const auto whole = text_.substr(at_, end - at_);
        const auto sign = whole.rfind('@');
        const auto colon = whole.find(':');
        if (sign == std::string_view::npos || colon == std::string_view::npos || colon > sign) return;
        const auto stop = at_ + sign;
        copy_to(at_ + colon + 1);
        mask_to(stop);
    }

    void name() {
        const auto start = at_;
        auto end = at_;
        while (end < text_.size() && is_name_character(text_[end])) ++end;
        copy_to(end);
        if (!is_secret_name(text_.substr(start, end - start))) return;
        if (opens_element(start) && element_content()) return;
        value(start > 0 ? text_[start - 1] : ' ');
    }

    // <name or <prefix:name
    [[nodiscard]] bool opens_element(std::size_t start) const {
        if (start == 0) return false;
        if (text_[start - 1] == '<') return true;
        if (text_[start - 1] != ':') return false;
        auto prefix = start - 1;
        while (prefix > 0 && is_name_character(text_[prefix - 1])) --prefix;
        return prefix > 0 && text_[prefix - 1] == '<';
    }

    // attributes…>content</: the content, whatever is in it.
    bool element_content() {
        const auto close = text_.find_first_of("<>", at_);
        if (close == std::string_view::npos || text_[close] != '>' || text_[close - 1] == '/') return false;
        if (close > last_close_) return false;
        const auto end = text_.find("</", close);
        out_ += mask_secrets(text_.substr(at_, close + 1 - at_));
        at_ = close + 1;
        mask_to(end);
        return true;
    }

    // Behind a name: [quote] blanks (= or :) blanks value. Rather too much is masked than too little: a value
    // without quotes goes to the end of its line, but for a number in JSON and a parameter of an URL.
    void value(char before) {
        auto at = at_;
        const bool quoted_name =
            at < text_.size() && (text_[at] == '"' || text_[at] == '\'' || text_[at] == '`');
        if (quoted_name) ++at;
        while (at < text_.size() && is_blank(text_[at])) ++at;
        if (at >= text_.size() || (text_[at] != '=' && text_[at] != ':')) return;
        ++at;
        while (at < text_.size() && is_blank(text_[at])) ++at;
        if (at >= text_.size()) return;
        const char first = text_[at];
        if (first == '\n' || first == '\r' || first == '{' || first == '[') return;
        const bool quoted = first == '"' || first == '\'';
        copy_to(quoted ? at + 1 : at);
        const char* stops = quoted_name                      ? ",}] \t\r\n"
                            : before == '?' || before == '&' ? "& \t\r\n\"'<>"
                                                             : "\r\n";
        mask_to(quoted ? end_of_quoted(first) : std::min(text_.find_first_of(stops, at_), text_.size()));
    }

    [[nodiscard]] std::size_t end_of_quoted(char quote) const {
        for (auto at = at_; at < text_.size(); ++at) {
            if (text_[at] == '\\') {
                ++at;
            } else if (text_[at] == quote) {
                return at;
            }
        }
        return text_.size();
    }

    std::string_view text_;
    std::size_t last_close_;
    std::size_t at_ = 0;
    std::string out_;
};

}  // namespace

std::string mask_secrets(std::string_view text) { return Masker(text).run(); }

}  // namespace coffre::drivers
