// The grammar of names: what is read, what is written, and why the rest is refused.

#include "store/rules/standard_name.hpp"

#include <random>

#include <gtest/gtest.h>

#include "tests/support/error_of.hpp"

namespace coffre::rules {
namespace {

using test::error_of;
using test::message_of;

const std::string example = "CLIEXEMP_SIEGEPARIS_NVR_NVR-HALL_20250510_0300_HEBDO";

TEST(StandardName, proc_4_4_example_of_the_document_has_its_seven_fields) {
    const auto name = parse_standard_name(example + ".bak");
    EXPECT_EQ(name.client, "CLIEXEMP");
    EXPECT_EQ(name.site, "SIEGEPARIS");
    EXPECT_EQ(name.type, "NVR");
    EXPECT_EQ(name.equipment, "NVR-HALL");
    EXPECT_EQ(name.year, 2025);
    EXPECT_EQ(name.month, 5U);
    EXPECT_EQ(name.day, 10U);
    EXPECT_EQ(name.hour, 3U);
    EXPECT_EQ(name.minute, 0U);
    EXPECT_EQ(name.kind, "HEBDO");
    EXPECT_TRUE(name.legacy.empty());
    EXPECT_EQ(format_standard_name(name), example);
}

class Maker {
public:
    std::string code(std::size_t least, std::size_t most) {
        static const std::string first = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
        static const std::string all = first + "-";
        std::string text(1, first[pick(first.size())]);
        const auto size = least + pick(most - least + 1);
        while (text.size() < size) text += all[pick(all.size())];
        return text;
    }
    std::size_t pick(std::size_t count) { return random_() % count; }

private:
    std::mt19937 random_{20261124};
};

bool is_device(const std::string& text) {
    for (const auto* name : {"CON", "PRN", "AUX", "NUL"})
        if (text == name) return true;
    return text.size() == 4 && (text.starts_with("COM") || text.starts_with("LPT")) &&
           std::isdigit(text[3]) != 0;
}

TEST(StandardName, proc_4_3_a_million_random_names_make_the_round_trip) {
    Maker maker;
    static const std::vector<std::string> kinds{"HEBDO", "MENSUEL", "PRE", "POST"};
    static const char* const hex = "0123456789abcdef";
    for (int i = 0; i < 1'000'000; ++i) {
        StandardName name;
        name.client = maker.code(2, 16);
        name.site = maker.code(2, 24);
        name.type = maker.code(2, 8);
        name.equipment = maker.code(1, 48);
        if (is_device(name.client) || is_device(name.site) || is_device(name.type) ||
            is_device(name.equipment))
            continue;
        name.year = 1970 + static_cast<int>(maker.pick(8030));
        name.month = 1 + static_cast<unsigned>(maker.pick(12));
        name.day = 1 + static_cast<unsigned>(maker.pick(28));
        name.hour = static_cast<unsigned>(maker.pick(24));
        name.minute = static_cast<unsigned>(maker.pick(60));
        name.kind = kinds[maker.pick(4)];
        if (maker.pick(4) == 0)
            for (int digit = 0; digit < 8; ++digit) name.commit_digits += hex[maker.pick(16)];
        const auto text = format_standard_name(name);
        const auto back = parse_standard_name(text);
        ASSERT_EQ(format_standard_name(back), text);
        ASSERT_TRUE(back.legacy.empty()) << text;
        ASSERT_TRUE(back.client == name.client && back.site == name.site && back.type == name.type &&
                    back.equipment == name.equipment && back.year == name.year && back.month == name.month &&
                    back.day == name.day && back.hour == name.hour && back.minute == name.minute &&
                    back.kind == name.kind && back.commit_digits == name.commit_digits)
            << text;
    }
}

TEST(StandardName, proc_1_4_words_for_pre_and_post_are_read_in_every_form) {
    for (const auto* word : {"PRE", "pre", "Pré", "PREMODIF", "premodif", "PRÉMODIF", "PRE-MODIFICATION",
                             "Pré-modification", "pre\u0301-modification", "PREMODIFICATION"})
        EXPECT_EQ(fold_kind(word), "PRE") << word;
    for (const auto* word : {"POST", "Post", "POSTMODIF", "post-modification", "POSTMODIFICATION"})
        EXPECT_EQ(fold_kind(word), "POST") << word;
    EXPECT_EQ(fold_kind("hebdo"), "HEBDO");
    EXPECT_EQ(fold_kind("mensuel"), "MENSUEL");
    for (const auto* word : {"", "HEBDOMADAIRE", "PRE ", "PRE_MODIF", "P", "JOURNALIER", "\xff"})
        EXPECT_EQ(message_of([&] { (void)fold_kind(word); }), Msg::kind_unknown) << word;
}

TEST(StandardName, older_forms_are_read_and_flagged) {
    const auto flags = [](const std::string& text) { return parse_standard_name(text).legacy; };
    using Flags = std::vector<Legacy>;
    EXPECT_EQ(flags("CLIEXEMP_SIEGEPARIS_NVR_NVR-HALL_202505_0300_HEBDO"), Flags{Legacy::month_only});
    EXPECT_EQ(flags("CLIEXEMP_SIEGEPARIS_NVR_NVR_HALL_SUD_20250510_0300_HEBDO"),
              Flags{Legacy::equipment_field});
    EXPECT_EQ(flags("cliexemp_SiègeParis_nvr_nvr-hall_20250510_0300_HEBDO"), Flags{Legacy::folded});
    EXPECT_EQ(flags("CLIEXEMP_SIEGEPARIS_NVR_NVR-HALL_20250510_0300_PRE-MODIFICATION"),
              Flags{Legacy::kind_word});
    const auto name = parse_standard_name("CLIEXEMP_SIEGEPARIS_NVR_NVR_HALL_SUD_202505_0300_PREMODIF.BAK");
    EXPECT_EQ(name.equipment, "NVR-HALL-SUD");
    EXPECT_FALSE(name.day);  // never invented
    EXPECT_EQ(name.kind, "PRE");
}

TEST(Codes, what_people_type_is_folded_to_capitals_without_accents) {
    const std::vector<std::pair<std::string, std::string>> table{{"nvr-hall", "NVR-HALL"},
                                                                 {"Évry", "EVRY"},
                                                                 {"Œuvre", "OEUVRE"},
                                                                 {"œuvre", "OEUVRE"},
                                                                 {"Ægir", "AEGIR"},
                                                                 {"façade", "FACADE"},
                                                                 {"Noël", "NOEL"},
                                                                 {"E\u0301vry", "EVRY"},
                                                                 {"Straße", "STRASSE"},
                                                                 {"hall\u2013sud", "HALL-SUD"},
                                                                 {"à-é-è-ê-ë-ï-ô-ù-ÿ", "A-E-E-E-E-I-O-U-Y"}};
    for (const auto& [typed, code] : table) EXPECT_EQ(fold_code(Code::equipment, typed), code);
}

TEST(Codes, keep_to_their_lengths) {
    const std::vector<std::tuple<Code, std::size_t, std::size_t>> table{
        {Code::client, 2, 16}, {Code::site, 2, 24}, {Code::type, 2, 8}, {Code::equipment, 1, 48}};
    for (const auto& [code, least, most] : table) {
        EXPECT_NO_THROW(fold_code(code, std::string(least, 'A')));
        EXPECT_NO_THROW(fold_code(code, std::string(most, 'A')));
        EXPECT_EQ(message_of([&, c = code, n = most] { (void)fold_code(c, std::string(n + 1, 'A')); }),
                  Msg::code_length);
        if (least > 1) {
            EXPECT_EQ(message_of([&, c = code, n = least] { (void)fold_code(c, std::string(n - 1, 'A')); }),
                      Msg::code_length);
        }
        EXPECT_EQ(message_of([&, c = code] { (void)fold_code(c, ""); }), Msg::code_empty);
    }
}

struct Hostile {
    std::string text;
    Msg why;
};

// The example with one field replaced.
std::string with(std::size_t field, const std::string& text) {
    std::vector<std::string> fields{"CLIEXEMP", "SIEGEPARIS", "NVR", "NVR-HALL", "20250510", "0300", "HEBDO"};
    fields.at(field) = text;
    std::string name = fields.front();
    for (std::size_t i = 1; i < fields.size(); ++i) name += "_" + fields[i];
    return name;
}

std::vector<Hostile> hostile_names() {
    std::vector<Hostile> names;
    const auto add = [&](const std::string& text, Msg why) { names.push_back({text, why}); };
    // In each code, by its own reason.
    for (std::size_t field = 0; field < 4; ++field) {
        for (const auto* device : {"CON", "prn", "Aux", "NUL", "COM1", "com9", "LPT1", "lpt0", "CÔN"})
            add(with(field, device), Msg::code_device);
        for (const auto* text : {"-A", "--", "-NVR"}) add(with(field, text), Msg::code_hyphen);
        for (const auto* text : {"A B", " AB", "AB ", "A\u00a0B", "A\u2003B", "A\u3000B"})
            add(with(field, text), Msg::code_space);
        for (const auto* text : {"A\tB", "A\nB", "A\rB", "A\x1b[31mB",
                                 "A\x7f"
                                 "B",
                                 "A\u0085B"})
            add(with(field, text), Msg::code_control);
        add(with(field, std::string("A\0B", 3)), Msg::code_control);
        for (const auto* text : {"A\u200bB", "A\u200dB", "A\u202eB", "A\u2066B",
                                 "\ufeff"
                                 "AB",
                                 "A\u00adB", "A\u2060B"})
            add(with(field, text), Msg::code_invisible);
        for (const auto* text : {"A$B", "A;B", "A|B", "A&B", "A`B", "A'B", "A\"B", "A<B", "A*B", "A?B", "A:B",
                                 "A%B", "A@B", "A{B", "A=B", "A+B", "A!B", "A#B", "A,B"})
            add(with(field, text), Msg::code_punctuation);
        for (const auto* text : {"АВ", "NVR-НALL", "ΝVR", "日本", "A\u0660B", "Ａ1", "A😀", "A²", "Aª"})
            add(with(field, text), Msg::code_not_ascii);
        for (const auto* text : {"A\xff", "\xc0\xaf", "A\xed\xa0\x80", "\xf5\x80\x80\x80"})
            add(with(field, text), Msg::code_not_utf8);
        add(with(field, std::string(49, 'A')), Msg::code_length);
        add(with(field, ""), Msg::name_empty_field);
    }
    // Dates, times, kinds.
    for (const auto* text : {"20250230", "20251301", "20250001", "20250500", "20250532", "20230229",
                             "00000101", "19691231", "202513", "202500"})
        add(with(4, text), Msg::name_no_such_date);
    for (const auto* text :
         {"2025", "2025051", "202505100", "2025-5-1", "2025051O", "+2025051", "２０２５０５１０"})
        add(with(4, text), Msg::name_date);
    for (const auto* text : {"2400", "0060", "9999"}) add(with(5, text), Msg::name_no_such_time);
    for (const auto* text : {"030", "03000", "3:00", "O300", "-300"}) add(with(5, text), Msg::name_time);
    for (const auto* text : {"HEBD", "DAILY", "HEBDO-", "PRE POST", "HEBDO;", "ΗEBDO"})
        add(with(6, text), Msg::kind_unknown);
    // The whole.
    add("", Msg::name_fields);
    add("HEBDO", Msg::name_fields);
    add("CLIEXEMP_SIEGEPARIS_NVR_20250510_0300_HEBDO", Msg::name_fields);
    add("CLIEXEMP SIEGEPARIS NVR NVR-HALL 20250510 0300 HEBDO", Msg::name_fields);
    add("_" + example, Msg::name_empty_field);
    add(example + "_", Msg::name_empty_field);
    add("CLIEXEMP_SIEGEPARIS_NVR__NVR-HALL_20250510_0300_HEBDO", Msg::name_empty_field);
    for (const auto* ending : {"~", "~1234567", "~123456789", "~1234567G", "~ABCDEF01", "~12345678~12345678"})
        add(example + ending, Msg::name_tilde);
    for (const auto* ending : {".zip", ".bak.exe", ".bak.bak", ".", ".b", " .bak.gz"})
        add(example + ending, Msg::name_suffix);
    for (const auto* prefix : {"/", "../", "C:\\", "\\\\host\\share\\", "./"})
        add(prefix + example, Msg::name_path);
    add(std::string(513, 'A'), Msg::name_too_long);
    add(example + std::string(1000, '_'), Msg::name_too_long);
    return names;
}

TEST(StandardName, proc_4_3_hostile_names_are_refused_each_with_its_reason) {
    const auto names = hostile_names();
    EXPECT_GE(names.size(), 200U);
    for (const auto& [text, why] : names) {
        EXPECT_EQ(error_of([&, &t = text] { (void)parse_standard_name(t); }), Errc::usage) << text;
        const auto told = message_of([&, &t = text] { (void)parse_standard_name(t); });
        EXPECT_EQ(told, why) << text << " was refused as " << (told ? message_name(*told) : "nothing");
    }
}

TEST(StandardName, no_prefix_of_a_name_is_a_name) {
    for (std::size_t size = 0; size < example.size(); ++size)
        EXPECT_EQ(error_of([&] { (void)parse_standard_name(example.substr(0, size)); }), Errc::usage) << size;
}

}  // namespace
}  // namespace coffre::rules
