#include "store/rules/standard_name.hpp"

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "store/rules/civil_time.hpp"

namespace coffre::rules {

namespace {

constexpr std::size_t name_max = 512;  // bytes as typed: several times what the fields can fill
constexpr int year_min = 1970, year_max = 9999;
constexpr std::string_view export_suffix = ".bak";

struct CodeRule {
    std::string_view name;
    std::size_t least;
    std::size_t most;
};

CodeRule rule_of(Code which) {
    switch (which) {
        case Code::client:
            return {"client", 2, 16};
        case Code::site:
            return {"site", 2, 24};
        case Code::type:
            return {"type", 2, 8};
        case Code::equipment:
            break;
    }
    return {"equipment", 1, 48};
}

Error refuse(Message why) { return {Errc::usage, std::move(why), say<Msg::hint_code>()}; }

bool is_device_name(std::string_view text) {
    for (const auto* name : {"CON", "PRN", "AUX", "NUL"})
        if (text == name) return true;
    return text.size() == 4 && (text.starts_with("COM") || text.starts_with("LPT")) && text[3] >= '0' &&
           text[3] <= '9';
}

// One character of UTF-8 at `at`, which moves behind it. The text is known to be UTF-8.
char32_t next_character(std::string_view text, std::size_t& at) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const auto lead = byte(at++);
    if (lead < 0x80) return lead;
    const int more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
    char32_t value = lead & (0x3f >> more);
    for (int i = 0; i < more; ++i) value = (value << 6) | (byte(at++) & 0x3f);
    return value;
}

// Latin letters with marks, as their plain letter; both cases (Unicode: Latin-1 Supplement, Latin
// Extended-A).
struct Fold {
    std::u32string_view letters;
    std::string_view plain;
};
constexpr std::array folds{
    Fold{U"ÀÁÂÃÄÅàáâãäåĀāĂăĄą", "A"},
    Fold{U"ÇçĆćĈĉĊċČč", "C"},
    Fold{U"ĎďĐđÐð", "D"},
    Fold{U"ÈÉÊËèéêëĒēĔĕĖėĘęĚě", "E"},
    Fold{U"ĜĝĞğĠġĢģ", "G"},
    Fold{U"ĤĥĦħ", "H"},
    Fold{U"ÌÍÎÏìíîïĨĩĪīĬĭĮįİı", "I"},
    Fold{U"Ĵĵ", "J"},
    Fold{U"Ķķ", "K"},
    Fold{U"ĹĺĻļĽľĿŀŁł", "L"},
    Fold{U"ÑñŃńŅņŇň", "N"},
    Fold{U"ÒÓÔÕÖØòóôõöøŌōŎŏŐő", "O"},
    Fold{U"ŔŕŖŗŘř", "R"},
    Fold{U"ŚśŜŝŞşŠš", "S"},
    Fold{U"ŢţŤťŦŧ", "T"},
    Fold{U"ÙÚÛÜùúûüŨũŪūŬŭŮůŰűŲų", "U"},
    Fold{U"Ŵŵ", "W"},
    Fold{U"ÝýÿŶŷŸ", "Y"},
    Fold{U"ŹźŻżŽž", "Z"},
    Fold{U"Œœ", "OE"},
    Fold{U"Ææ", "AE"},
    Fold{U"ßẞ", "SS"},
    Fold{U"‐‑‒–—", "-"},
};

bool is_combining_mark(char32_t c) { return c >= 0x300 && c <= 0x36f; }

bool is_invisible(char32_t c) {
    return c == 0xad || c == 0x61c || c == 0x180e || (c >= 0x200b && c <= 0x200f) ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
           (c >= 0xe0000 && c <= 0xe007f);
}

bool is_space(char32_t c) {
    return c == ' ' || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x202f ||
           c == 0x205f || c == 0x3000;
}

// What is not a letter, a digit or '-' once folded, refused with its reason.
[[noreturn]] void refuse_character(std::string_view field, char32_t c, std::string_view shown) {
    if (c < 0x20 || (c >= 0x7f && c < 0xa0)) throw refuse(say<Msg::code_control>(field));
    if (is_invisible(c)) throw refuse(say<Msg::code_invisible>(field));
    if (is_space(c)) throw refuse(say<Msg::code_space>(field));
    if (c == '_') throw refuse(say<Msg::code_underscore>(field));
    if (c < 0x80) throw refuse(say<Msg::code_punctuation>(field, std::string(1, static_cast<char>(c))));
    throw refuse(say<Msg::code_not_ascii>(field, shown));
}

// Upper case and ASCII; `allowed` are characters beside letters, digits and '-'.
std::string fold_text(std::string_view field, std::string_view text, std::string_view allowed = "") {
    if (!is_utf8(text)) throw refuse(say<Msg::code_not_utf8>(field));
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        const auto start = at;
        const char32_t c = next_character(text, at);
        if (c < 0x80) {
            const char ascii = static_cast<char>(c);
            if (ascii >= 'a' && ascii <= 'z') {
                out += static_cast<char>(ascii - 'a' + 'A');
                continue;
            }
            const bool plain = (ascii >= 'A' && ascii <= 'Z') || (ascii >= '0' && ascii <= '9') ||
                               ascii == '-' ||
                               (ascii != '\0' && allowed.find(ascii) != std::string_view::npos);
            if (plain) {
                out += ascii;
                continue;
            }
        }
        const auto fold = std::find_if(folds.begin(), folds.end(), [&](const Fold& f) {
            return f.letters.find(c) != std::u32string_view::npos;
        });
        if (fold != folds.end())
            out += fold->plain;
        else if (!is_combining_mark(c) || out.empty())
            refuse_character(field, c, text.substr(start, at - start));
    }
    return out;
}

void check_shape(const CodeRule& rule, const std::string& code) {
    if (code.empty()) throw refuse(say<Msg::code_empty>(rule.name));
    if (code.size() < rule.least || code.size() > rule.most)
        throw refuse(say<Msg::code_length>(rule.name, code.substr(0, rule.most + 1),
                                           std::to_string(rule.least), std::to_string(rule.most)));
    if (code.front() == '-') throw refuse(say<Msg::code_hyphen>(rule.name, code));
    if (is_device_name(code)) throw refuse(say<Msg::code_device>(rule.name, code));
}

struct KindWord {
    std::string_view word;
    std::string_view kind;
};
constexpr std::array<KindWord, 10> kind_words{{{"HEBDO", "HEBDO"},
                                               {"MENSUEL", "MENSUEL"},
                                               {"PRE", "PRE"},
                                               {"POST", "POST"},
                                               {"PREMODIF", "PRE"},
                                               {"PREMODIFICATION", "PRE"},
                                               {"PRE-MODIFICATION", "PRE"},
                                               {"POSTMODIF", "POST"},
                                               {"POSTMODIFICATION", "POST"},
                                               {"POST-MODIFICATION", "POST"}}};

Error no_kind(std::string_view text) {
    return {Errc::usage, say<Msg::kind_unknown>(printable(text.substr(0, 32))), say<Msg::hint_kinds>()};
}

Error no_name(Message why) { return {Errc::usage, std::move(why), say<Msg::hint_standard_name>()}; }

std::vector<std::string_view> split_fields(std::string_view text) {
    std::vector<std::string_view> fields;
    for (std::size_t at = 0;;) {
        const auto end = text.find('_', at);
        fields.push_back(text.substr(at, end == std::string_view::npos ? end : end - at));
        if (end == std::string_view::npos) return fields;
        at = end + 1;
    }
}

bool all_digits(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

unsigned number(std::string_view digits) {
    unsigned value = 0;
    for (const char c : digits) value = value * 10 + static_cast<unsigned>(c - '0');
    return value;
}

std::string two_digits(unsigned value) {
    return {static_cast<char>('0' + value / 10 % 10), static_cast<char>('0' + value % 10)};
}

void read_date(std::string_view text, StandardName& name) {
    if ((text.size() != 8 && text.size() != 6) || !all_digits(text))
        throw no_name(say<Msg::name_date>(printable(text.substr(0, 16))));
    name.year = static_cast<int>(number(text.substr(0, 4)));
    name.month = number(text.substr(4, 2));
    if (text.size() == 8)
        name.day = number(text.substr(6, 2));
    else
        name.legacy.push_back(Legacy::month_only);
    if (name.year < year_min || name.year > year_max || !is_date(name.year, name.month, name.day.value_or(1)))
        throw no_name(say<Msg::name_no_such_date>(std::string(text)));
}

void read_time(std::string_view text, StandardName& name) {
    if (text.size() != 4 || !all_digits(text))
        throw no_name(say<Msg::name_time>(printable(text.substr(0, 16))));
    name.hour = number(text.substr(0, 2));
    name.minute = number(text.substr(2, 2));
    if (name.hour > 23 || name.minute > 59) throw no_name(say<Msg::name_no_such_time>(std::string(text)));
}

bool ends_in_suffix(std::string_view text) {
    if (text.size() < export_suffix.size()) return false;
    const auto end = text.substr(text.size() - export_suffix.size());
    return std::equal(end.begin(), end.end(), export_suffix.begin(),
                      [](char a, char b) { return a == b || (a >= 'A' && a <= 'Z' && a - 'A' + 'a' == b); });
}

// "~1a2b3c4d" at the end.
std::string_view take_commit_digits(std::string_view text, StandardName& name) {
    const auto tilde = text.find('~');
    if (tilde == std::string_view::npos) return text;
    const auto digits = text.substr(tilde + 1);
    const bool good = digits.size() == 8 && std::all_of(digits.begin(), digits.end(), [](char c) {
                          return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
                      });
    if (!good) throw no_name(say<Msg::name_tilde>());
    name.commit_digits = std::string(digits);
    return text.substr(0, tilde);
}

}  // namespace

std::string fold_code(Code which, std::string_view text) {
    const auto rule = rule_of(which);
    if (text.size() > name_max) throw refuse(say<Msg::name_too_long>());
    auto code = fold_text(rule.name, text);
    check_shape(rule, code);
    return code;
}

std::string fold_kind(std::string_view text) {
    std::string folded;
    try {
        folded = text.size() > name_max ? "" : fold_text("kind", text);
    } catch (const Error&) {
        throw no_kind(text);
    }
    for (const auto& [word, kind] : kind_words)
        if (folded == word) return std::string(kind);
    throw no_kind(text);
}

StandardName parse_standard_name(std::string_view text) {
    if (text.size() > name_max) throw no_name(say<Msg::name_too_long>());
    StandardName name;
    if (ends_in_suffix(text)) text.remove_suffix(export_suffix.size());
    text = take_commit_digits(text, name);
    // A '.' that is left is another file's ending, or a path's: told as such before any field is looked at.
    if (text.find('/') != std::string_view::npos || text.find('\\') != std::string_view::npos)
        throw no_name(say<Msg::name_path>());
    if (text.find('.') != std::string_view::npos) throw no_name(say<Msg::name_suffix>());

    const auto fields = split_fields(text);
    constexpr std::size_t before = 3, behind = 3;
    if (fields.size() < before + 1 + behind)
        throw no_name(say<Msg::name_fields>(std::to_string(fields.size())));
    if (std::any_of(fields.begin(), fields.end(), [](auto field) { return field.empty(); }))
        throw no_name(say<Msg::name_empty_field>());
    name.client = fold_code(Code::client, fields[0]);
    name.site = fold_code(Code::site, fields[1]);
    name.type = fold_code(Code::type, fields[2]);
    std::string equipment;
    for (std::size_t i = before; i + behind < fields.size(); ++i)
        equipment += (equipment.empty() ? "" : "-") + std::string(fields[i]);
    name.equipment = fold_code(Code::equipment, equipment);
    read_date(fields[fields.size() - 3], name);
    read_time(fields[fields.size() - 2], name);
    name.kind = fold_kind(fields.back());

    if (fields.size() > before + 1 + behind) name.legacy.push_back(Legacy::equipment_field);
    if (fields[0] != name.client || fields[1] != name.site || fields[2] != name.type ||
        equipment != name.equipment)
        name.legacy.push_back(Legacy::folded);
    if (fields.back() != name.kind) name.legacy.push_back(Legacy::kind_word);
    return name;
}

std::string format_standard_name(const StandardName& name) {
    std::string year = std::to_string(name.year);
    year.insert(0, year.size() < 4 ? 4 - year.size() : 0, '0');
    return name.client + "_" + name.site + "_" + name.type + "_" + name.equipment + "_" + year +
           two_digits(name.month) + (name.day ? two_digits(*name.day) : "") + "_" + two_digits(name.hour) +
           two_digits(name.minute) + "_" + name.kind +
           (name.commit_digits.empty() ? "" : "~" + name.commit_digits);
}

}  // namespace coffre::rules
