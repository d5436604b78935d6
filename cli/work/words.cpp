#include "cli/work/words.hpp"

#include <algorithm>
#include <iterator>

#include "cli/texts/words_texts.hpp"

namespace coffre::cli {

namespace {

constexpr std::int64_t ms_per_second = 1000, ms_per_minute = 60 * ms_per_second;

void replace_all(std::string& text, std::string_view from, std::string_view to) {
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
}

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

std::string_view word_at(std::string_view text, std::size_t at) {
    auto end = at;
    while (end < text.size() && std::string_view(" ,.;)").find(text[end]) == std::string_view::npos) ++end;
    return text.substr(at, end - at);
}

bool is_unit(std::string_view word) {
    constexpr std::string_view units[] = {"ms", "s",  "min", "h", "d",  "j",  "B",  "kB",
                                          "MB", "GB", "TB",  "o", "ko", "Mo", "Go", "To"};
    return std::find(std::begin(units), std::end(units), word) != std::end(units);
}

std::string_view template_of(const Message& message) {
    if (message.own == nullptr) return message_cell(language(), message.id);
    return language() == Lang::fr ? message.own->fr : message.own->en;
}

}  // namespace

std::string html_text(std::string_view text) {
    std::string out;
    for (const char c : printable(text)) switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\'':
                out += "&#39;";
                break;
            default:
                out += c;
        }
    return out;
}

std::string html_lines(std::string_view text, std::string_view line_end) {
    std::string out;
    for (const auto& line : split_lines(text)) {
        if (!out.empty()) out += line_end;
        out += html_text(line);
    }
    return out;
}

std::string html_words(std::string_view text) {
    auto out = html_text(text);
    // Behind a number, or behind what a number will be put for.
    for (auto at = out.find(' ', 1); at != std::string::npos; at = out.find(' ', at + 1)) {
        const bool number = (out[at - 1] >= '0' && out[at - 1] <= '9') || out[at - 1] == '}';
        if (number && is_unit(word_at(out, at + 1))) out.replace(at, 1, "\u00a0");
    }
    if (language() == Lang::fr) {
        replace_all(out, " :", "\u00a0:");
        for (const char* sign : {";", "?", "!"})
            replace_all(out, std::string(" ") + sign, std::string("\u202f") + sign);
    }
    replace_all(out, " %", "\u202f%");
    return out;
}

std::string with_capital(std::string text) {
    if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
    if (text.starts_with("é")) text.replace(0, 2, "É");
    if (text.starts_with("à")) text.replace(0, 2, "À");
    return text;
}

std::string with_capital(const Message& message) {
    auto words = text(message);
    return template_of(message).starts_with('{') ? words : with_capital(std::move(words));
}

std::size_t columns_of(std::string_view text) {
    std::size_t columns = 0;
    for (const char c : text) columns += is_continuation(c) ? 0 : 1;
    return columns;
}

std::string fitted(const std::string& text, std::size_t columns) {
    if (columns_of(text) <= columns) return text;
    std::size_t at = 0;
    for (std::size_t shown = 0; shown + 1 < columns; ++shown) {
        ++at;
        while (at < text.size() && is_continuation(text[at])) ++at;
    }
    return text.substr(0, at) + "…";
}

std::string recovery_text(std::int64_t milliseconds) {
    if (milliseconds < ms_per_second) return tr<texts::time_milliseconds>(std::to_string(milliseconds));
    if (milliseconds < ms_per_minute)
        return tr<texts::time_seconds>(std::to_string(milliseconds / ms_per_second) + tr<texts::point>() +
                                       std::to_string(milliseconds % ms_per_second / 100));
    const auto minutes = milliseconds / ms_per_minute;
    const auto seconds = milliseconds % ms_per_minute / ms_per_second;
    return seconds == 0 ? tr<texts::time_minutes>(std::to_string(minutes))
                        : tr<texts::time_minutes_seconds>(std::to_string(minutes), std::to_string(seconds));
}

std::string due_date(const std::string& zone, Timestamp due) {
    constexpr std::size_t date_size = 10;
    return zone_time(zone, Timestamp{due.ns - 1}).substr(0, date_size);
}

std::string role_label(const std::string& role) {
    if (role == "cloud") return tr<texts::role_cloud>();
    if (role == "physical") return tr<texts::role_physical>();
    return role == "local" ? tr<texts::role_local>() : role;
}

std::string contract_level(const std::string& contract) {
    if (contract == "standard") return tr<texts::contract_level_standard>();
    if (contract == "renforce") return tr<texts::contract_level_renforce>();
    return tr<texts::contract_level_unknown>();
}

std::string dispensation_label(const std::string& kind) {
    if (kind == "copy") return tr<texts::dispensed_copy>();
    if (kind == "distance") return tr<texts::dispensed_distance>();
    if (kind == "drill") return tr<texts::dispensed_drill>();
    if (kind == "manual") return tr<texts::dispensed_manual>();
    if (kind == "medium") return tr<texts::dispensed_medium>();
    return kind == "retest" ? tr<texts::dispensed_retest>() : kind;
}

std::string observed_label(const std::string& what) {
    if (what == "verify") return tr<texts::observed_verify>();
    if (what == "verify-data") return tr<texts::observed_data>();
    if (what == "verify-remote") return tr<texts::observed_remote>();
    if (what == "space") return tr<texts::observed_space>();
    return what == "medium" ? tr<texts::observed_medium>() : printable(what);
}

std::string found_label(const std::string& code) {
    if (code == "not-plugged-in") return tr<texts::found_absent>();
    if (code == "unreachable") return tr<texts::found_unreachable>();
    return code == "damaged" ? tr<texts::found_damaged>() : printable(code);
}

std::string way_in_label(const std::string& type) {
    if (type == "passphrase") return tr<texts::way_passphrase>();
    if (type == "key-file") return tr<texts::way_key_file>();
    if (type == "recovery-words") return tr<texts::way_words>();
    return type == "recipient" ? tr<texts::way_recipient>() : printable(type);
}

std::string category_label(Category category) {
    switch (category) {
        case Category::identity:
            return tr<Msg::category_identity>();
        case Category::cameras:
            return tr<Msg::category_cameras>();
        case Category::users:
            return tr<Msg::category_users>();
        case Category::recording:
            return tr<Msg::category_recording>();
        case Category::network:
            return tr<Msg::category_network>();
        case Category::time:
            return tr<Msg::category_time>();
        case Category::events:
            return tr<Msg::category_events>();
        case Category::licences:
            return tr<Msg::category_licences>();
        case Category::other:
            break;
    }
    return tr<Msg::category_other>();
}

}  // namespace coffre::cli
