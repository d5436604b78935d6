#include "base/message.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace coffre {
namespace {

std::vector<Msg> all_messages() {
    std::vector<Msg> all;
    for (int id = 0; id < static_cast<int>(Msg::count_); ++id) all.push_back(static_cast<Msg>(id));
    return all;
}

std::set<std::string> placeholders(std::string_view cell) {
    static const std::regex pattern(R"(\{[^{}]*\})");
    const std::string text(cell);
    return {std::sregex_token_iterator(text.begin(), text.end(), pattern), std::sregex_token_iterator()};
}

class MessageTest : public ::testing::Test {
protected:
    void TearDown() override { set_language(Lang::en); }
};

TEST_F(MessageTest, no_cell_of_the_table_is_empty) {
    for (const Msg id : all_messages()) {
        EXPECT_FALSE(message_cell(Lang::en, id).empty()) << message_name(id);
        EXPECT_FALSE(message_cell(Lang::fr, id).empty()) << message_name(id);
    }
}

TEST_F(MessageTest, both_languages_name_the_same_placeholders) {
    for (const Msg id : all_messages()) {
        const auto en = placeholders(message_cell(Lang::en, id));
        EXPECT_EQ(en, placeholders(message_cell(Lang::fr, id))) << message_name(id);
        // Numbered from 0 without a gap, or say<> would ask for arguments that nobody sees.
        for (std::size_t i = 0; i < en.size(); ++i) {
            EXPECT_TRUE(en.contains("{" + std::to_string(i) + "}")) << message_name(id);
        }
    }
}

TEST_F(MessageTest, no_id_is_there_twice) {
    std::set<std::string_view> seen;
    for (const Msg id : all_messages()) EXPECT_TRUE(seen.insert(message_name(id)).second) << message_name(id);
}

TEST_F(MessageTest, french_uses_the_typographic_apostrophe) {
    for (const Msg id : all_messages()) {
        EXPECT_EQ(message_cell(Lang::fr, id).find('\''), std::string_view::npos) << message_name(id);
    }
}

TEST_F(MessageTest, every_message_is_said_somewhere) {
    namespace fs = std::filesystem;
    std::set<std::string> words;
    for (const char* layer : {"base", "store", "drivers", "hooks", "cli"}) {
        const fs::path folder = fs::path(COFFRE_SOURCE_DIR) / layer;
        if (!fs::exists(folder)) continue;
        for (const auto& entry : fs::recursive_directory_iterator(folder)) {
            const fs::path extension = entry.path().extension();
            if (extension != ".cpp" && extension != ".hpp") continue;
            std::ifstream in(entry.path());
            std::string word;
            for (std::istreambuf_iterator<char> at(in), end; at != end; ++at) {
                if (std::isalnum(static_cast<unsigned char>(*at)) || *at == '_') {
                    word.push_back(*at);
                } else if (!word.empty()) {
                    words.insert(std::exchange(word, {}));
                }
            }
        }
    }
    ASSERT_FALSE(words.empty());
    for (const Msg id : all_messages()) {
        EXPECT_TRUE(words.contains(std::string(message_name(id)))) << message_name(id);
    }
}

TEST_F(MessageTest, is_rendered_in_the_language_that_is_set) {
    const Message message = say<Msg::too_large>("pack", "12");
    EXPECT_EQ(text(message), "pack is larger than 12 bytes");
    set_language(Lang::fr);
    EXPECT_EQ(text(message), "pack dépasse 12 octets");
    EXPECT_EQ(tr<Msg::os_exists>(), "existe déjà");
}

TEST_F(MessageTest, no_message_renders_as_nothing) {
    EXPECT_TRUE(Message{}.empty());
    EXPECT_EQ(text(Message{}), "");
}

TEST_F(MessageTest, arguments_are_put_in_once_and_cannot_drive_the_terminal) {
    EXPECT_EQ(text(say<Msg::file_error>("{1}", "{0}")), "{1}: {0}");
    EXPECT_EQ(text(say<Msg::malformed>("a\x1b[31m\n\xe2\x80\xae")), "malformed a\\x1b[31m\\x0a\\u202e");
}

TEST_F(MessageTest, an_argument_that_is_missing_leaves_its_placeholder) {
    EXPECT_EQ(text(Lang::en, Msg::file_error, {"x"}), "x: {1}");
}

TEST_F(MessageTest, an_error_says_english_to_developers_whatever_the_language) {
    set_language(Lang::fr);
    const Error error(Errc::locked, say<Msg::locked>("vault"), say<Msg::hint_locked>());
    EXPECT_STREQ(error.what(), "vault is locked by another process");
    EXPECT_EQ(error.hint().id, Msg::hint_locked);
    EXPECT_EQ(text(error.message()), "vault est verrouillé par un autre processus");
    const Error other = Error(Errc::failed, say<Msg::os_io>()).with_hint(say<Msg::hint_free_space>());
    EXPECT_EQ(other.hint().id, Msg::hint_free_space);
    EXPECT_STREQ(other.what(), "input/output error");
}

TEST(Printable, keeps_text_of_every_script) {
    for (const char* text :
         {"", "plain", "éà ’", "日本語", "\xf0\x9f\x94\x90", "עברית", "back\\slash", "\xf4\x8f\xbf\xbf"}) {
        EXPECT_EQ(printable(text), text);
    }
}

TEST(Printable, shows_control_characters) {
    EXPECT_EQ(printable(std::string_view("\0\t\n\r\x1b\x7f", 6)), "\\x00\\x09\\x0a\\x0d\\x1b\\x7f");
    EXPECT_EQ(printable("\xc2\x80\xc2\x9b\xc2\x9f\xc2\xa0"), "\\x80\\x9b\\x9f\xc2\xa0");
}

TEST(Printable, shows_everything_that_turns_the_direction_of_text) {
    EXPECT_EQ(printable("\xe2\x80\xaa\xe2\x80\xab\xe2\x80\xac\xe2\x80\xad\xe2\x80\xae"),
              "\\u202a\\u202b\\u202c\\u202d\\u202e");
    EXPECT_EQ(printable("\xe2\x81\xa6\xe2\x81\xa7\xe2\x81\xa8\xe2\x81\xa9"), "\\u2066\\u2067\\u2068\\u2069");
    EXPECT_EQ(printable("\xe2\x80\x8e\xe2\x80\x8f\xd8\x9c"), "\\u200e\\u200f\\u061c");
}

TEST(Printable, replaces_each_byte_that_is_not_utf_8) {
    const std::string mark = "\xef\xbf\xbd";
    EXPECT_EQ(printable("a\xff"
                        "b"),
              "a" + mark + "b");
    EXPECT_EQ(printable("\xc3"), mark);                                   // cut
    EXPECT_EQ(printable("\xe2\x80"), mark + mark);                        // cut
    EXPECT_EQ(printable("\xc0\x9b"), mark + mark);                        // over-long escape
    EXPECT_EQ(printable("\xe0\x80\x9b"), mark + mark + mark);             // over-long escape
    EXPECT_EQ(printable("\xed\xa0\x80"), mark + mark + mark);             // surrogate
    EXPECT_EQ(printable("\xf4\x90\x80\x80"), mark + mark + mark + mark);  // above U+10FFFF
    EXPECT_EQ(printable("\x9b"
                        "31m"),
              mark + "31m");
    EXPECT_EQ(printable("\xc3\x1b"), mark + "\\x1b");
}

TEST(Printable, printing_twice_changes_nothing) {
    const std::string once = printable("\x1b\xff\xe2\x80\xae");
    EXPECT_EQ(printable(once), once);
}

}  // namespace
}  // namespace coffre
