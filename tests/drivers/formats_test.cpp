// The texts of equipments are hostile until parsed: what is read of good ones, and that nothing but Malformed
// comes of the others, within bounds.

#include "drivers/model/formats.hpp"

#include <functional>

#include <gtest/gtest.h>

#include "base/message.hpp"
#include "tests/support/fake_random.hpp"

namespace coffre::model {
namespace {

using Leaves = std::vector<std::pair<std::string, std::string>>;

template <class Fn>
bool malformed(Fn&& fn) {
    try {
        fn();
    } catch (const Malformed&) {
        return true;
    }
    return false;
}
bool bad_xml(const std::string& text) {
    return malformed([&] { Xml{text}; });
}
bool bad_json(const std::string& text) {
    return malformed([&] { parse_json(text); });
}
bool bad_yaml(const std::string& text) {
    return malformed([&] { parse_yaml(text); });
}

std::string repeated(const std::string& text, std::size_t times) {
    std::string out;
    out.reserve(text.size() * times);
    for (std::size_t i = 0; i < times; ++i) out += text;
    return out;
}

// --- XML -----------------------------------------------------------------------------------------------

TEST(Xml, is_read_by_local_names) {
    const Xml xml(
        "\xef\xbb\xbf<?xml version=\"1.0\"?><!-- <x> --><d:Info xmlns:d=\"u\"><d:Name> a &amp; b </d:Name>"
        "<List><id>1</id><id>2</id><Empty/></List><C><![CDATA[<raw>]]></C></d:Info>");
    EXPECT_EQ(local_name(xml.root()), "Info");
    EXPECT_EQ(text_at(xml.root(), "Name"), "a & b");
    EXPECT_EQ(text_at(xml.root(), "List/id"), "1");
    EXPECT_EQ(text_at(xml.root(), "List/none"), "");
    EXPECT_EQ(children(child(xml.root(), "List"), "id").size(), 2U);
    EXPECT_EQ(
        leaves(xml.root()),
        (Leaves{
            {"Name", "a & b"}, {"List/id", "1"}, {"List/id[2]", "2"}, {"List/Empty", ""}, {"C", "<raw>"}}));
}

TEST(Xml, other_encodings_are_read_where_they_are_named) {
    EXPECT_EQ(text_at(Xml("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>\xe9t\xe9</a>").root(), ""),
              "\xc3\xa9t\xc3\xa9");
    EXPECT_TRUE(bad_xml("<a>\xe9t\xe9</a>"));
    const auto wide = [](const std::string& text, bool big) {
        std::string out = big ? "\xfe\xff" : "\xff\xfe";
        for (const char c : text) {
            if (big) out += '\0';
            out += c;
            if (!big) out += '\0';
        }
        return out;
    };
    for (const bool big : {false, true}) {
        EXPECT_EQ(text_at(Xml(wide("<a><b>x</b></a>", big)).root(), "b"), "x");
        EXPECT_TRUE(bad_xml(wide("<!DOCTYPE a><a/>", big)));
        EXPECT_TRUE(bad_xml(wide(repeated("<a>", 100) + repeated("</a>", 100), big)));
    }
    EXPECT_TRUE(bad_xml("\xff\xfe<"));
    EXPECT_TRUE(bad_xml(std::string("\xff\xfe\x00\xd8", 4)));
}

TEST(Xml, the_depth_holds_in_every_encoding) {
    // Without its mark, UTF-16 is no text: nothing else is guessed, so that what was counted is what is read.
    std::string hidden;
    for (const char c : std::string("<a>")) hidden += {c, '\0'};
    hidden += "\x3c\x3f";  // U+3F3C in UTF-16, "<?" to whoever counts bytes
    for (int i = 0; i < 1000; ++i)
        for (const char c : std::string("<a>")) hidden += {c, '\0'};
    EXPECT_TRUE(bad_xml(hidden));
    EXPECT_TRUE(bad_xml("\xff\xfe" + hidden));
}

TEST(Xml, a_document_type_is_malformed_and_so_no_entity_is_expanded) {
    EXPECT_TRUE(bad_xml("<!DOCTYPE a><a/>"));
    std::string bomb = "<?xml version=\"1.0\"?><!DOCTYPE lolz [<!ENTITY lol \"lol\">";
    for (int i = 1; i < 10; ++i)
        bomb += "<!ENTITY lol" + std::to_string(i) + " \"" +
                repeated("&lol" + std::to_string(i - 1) + ";", 10) + "\">";
    EXPECT_TRUE(bad_xml(bomb + "]><lolz>&lol9;</lolz>"));
    EXPECT_TRUE(bad_xml("<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>"));
    EXPECT_TRUE(bad_xml("<a><!ELEMENT b></a>"));
    // An entity that nobody defined stays text.
    EXPECT_EQ(text_at(Xml("<a>&x;</a>").root(), ""), "&x;");
}

TEST(Xml, characters_by_number_are_those_that_there_are) {
    EXPECT_EQ(text_at(Xml("<a>&#233;&#xe9;&#x;&#</a>").root(), ""), "\xc3\xa9\xc3\xa9&#x;&#");
    for (const auto* text : {"&#0;", "&#xD800;", "&#xdfff;", "&#x110000;", "&#x10000D800;", "&#4294967296;"})
        EXPECT_TRUE(bad_xml("<a>" + std::string(text) + "</a>")) << text;
}

TEST(Xml, what_is_too_deep_too_large_too_many_or_broken_is_malformed) {
    EXPECT_FALSE(bad_xml(repeated("<a>", 64) + repeated("</a>", 64)));
    EXPECT_TRUE(bad_xml(repeated("<a>", 65) + repeated("</a>", 65)));
    EXPECT_TRUE(bad_xml(repeated("<a>", 1'000'000)));
    EXPECT_TRUE(bad_xml("<a>" + repeated("<b/>", values_max) + "</a>"));
    EXPECT_TRUE(bad_xml("<a " + repeated("b='' ", values_max) + "/>"));
    EXPECT_TRUE(bad_xml("<a>" + std::string(text_size_max, ' ') + "</a>"));
    for (const auto* text :
         {"", " ", "x", "<", "<a", "<a>", "</a>", "<a></b>", "<a><b></a></b>", "</a><a>", "<a b=>",
          "<a b='></a>", "<!--", "<a><![CDATA[</a>", "<?xml", "{}", "<a/", "<a//>"})
        EXPECT_TRUE(bad_xml(text)) << text;
    EXPECT_TRUE(bad_xml(std::string("<a>\0</a>", 8)));
}

TEST(Xml, leaves_of_long_names_are_bounded) {
    const std::string name(1 << 20, 'n');
    const Xml xml("<r><" + name + ">" + repeated("<b/>", 10'000) + "</" + name + "></r>");
    EXPECT_TRUE(malformed([&] { leaves(xml.root()); }));
}

// --- JSON ----------------------------------------------------------------------------------------------

TEST(JsonText, is_read_with_its_leaves) {
    const auto json = parse_json(R"({"a":{"b":[{"c":1},2.5,true]},"n":null,"s":"x"})");
    EXPECT_EQ(leaves(json),
              (Leaves{{"a.b[0].c", "1"}, {"a.b[1]", "2.5"}, {"a.b[2]", "true"}, {"n", ""}, {"s", "x"}}));
    EXPECT_EQ(text_of(json, "s"), "x");
    EXPECT_EQ(text_of(json, "a"), "");
    EXPECT_EQ(text_of(json, "none"), "");
    EXPECT_EQ(text_of(parse_json("[1]"), "a"), "");
    EXPECT_EQ(text_of(parse_json("1"), "a"), "");
}

TEST(JsonText, what_is_too_deep_too_large_too_many_or_broken_is_malformed) {
    EXPECT_FALSE(bad_json(repeated("[", 64) + repeated("]", 64)));
    EXPECT_TRUE(bad_json(repeated("[", 65) + repeated("]", 65)));
    EXPECT_TRUE(bad_json(repeated("[", 100'000)));
    EXPECT_TRUE(bad_json(repeated("[", 100'000) + repeated("]", 100'000)));
    EXPECT_TRUE(bad_json(repeated("{\"a\":", 100'000)));
    EXPECT_TRUE(bad_json("[" + repeated("[],", values_max) + "0]"));
    EXPECT_TRUE(bad_json("[" + repeated("0,", values_max) + "0]"));
    EXPECT_TRUE(bad_json(std::string(text_size_max + 1, ' ')));
    for (const auto* text :
         {"", " ", "{", "[", "]", "[1,]", "{\"a\"}", "{\"a\":}", "{a:1}", "nul", "1 2", "NaN", "1e999",
          "\"\\u12\"", "\"\xff\"", "\"\xed\xa0\x80\"", "\"\x01\"", "'a'", "<a/>"})
        EXPECT_TRUE(bad_json(text)) << text;
}

TEST(JsonText, a_name_that_comes_twice_is_malformed) {
    EXPECT_TRUE(bad_json(R"({"a":1,"a":2})"));
    EXPECT_TRUE(bad_json(R"([{"b":{"a":1,"\u0061":2}}])"));
    EXPECT_FALSE(bad_json(R"([{"a":1},{"a":2}])"));
}

TEST(JsonText, leaves_of_long_names_are_bounded) {
    const auto json = parse_json("{\"" + std::string(1 << 20, 'n') + "\":[" + repeated("0,", 10'000) + "0]}");
    EXPECT_TRUE(malformed([&] { leaves(json); }));
}

// --- YAML ----------------------------------------------------------------------------------------------

TEST(Yaml, is_read_as_json) {
    const auto json = parse_yaml(
        "base: &base\n  fps: 5\n  on: yes\ncameras:\n  quai:\n    <<: *base\n    fps: 10\n"
        "    name: \"12\"\n  porte: [1, ~, 2.5, text, nan, 123456789012345678901, 'x']\n");
    EXPECT_EQ(json["cameras"]["quai"], Json::parse(R"({"fps":10,"on":true,"name":"12"})"));
    EXPECT_EQ(json["cameras"]["porte"],
              Json::parse(R"([1,null,2.5,"text","nan","123456789012345678901","x"])"));
    EXPECT_EQ(parse_yaml(""), Json::object());
}

TEST(Yaml, alias_bombs_are_malformed) {
    std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
    for (int i = 1; i < 12; ++i) {
        const auto before = "*a" + std::to_string(i - 1);
        bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + repeated(before + ",", 9) +
                before + "]\n";
    }
    EXPECT_TRUE(bad_yaml(bomb));
    // Each level kept for an alias that never comes.
    std::string kept;
    for (int i = 0; i < 60; ++i) kept += "&k" + std::to_string(i) + " [";
    kept += repeated("x,", 100'000) + "x" + std::string(60, ']');
    EXPECT_TRUE(bad_yaml(kept));
    // Deeper by each alias.
    std::string deep = "- &d0 " + std::string(50, '[') + std::string(50, ']') + "\n";
    for (int i = 1; i < 100; ++i)
        deep += "- &d" + std::to_string(i) + " " + std::string(50, '[') + "*d" + std::to_string(i - 1) +
                std::string(50, ']') + "\n";
    EXPECT_TRUE(bad_yaml(deep));
    EXPECT_TRUE(bad_yaml("a: &a [*a]"));  // of itself
    EXPECT_TRUE(bad_yaml("a: *none"));
    EXPECT_FALSE(bad_yaml("a: &a [1,2]\nb: *a\nc: [*a,*a]\n"));
}

TEST(Yaml, what_is_too_deep_too_many_twice_or_broken_is_malformed) {
    EXPECT_TRUE(bad_yaml(std::string(100'000, '[')));
    EXPECT_TRUE(bad_yaml(repeated("- ", 10'000)));
    EXPECT_TRUE(bad_yaml(repeated("{a: ", 1000)));
    EXPECT_TRUE(bad_yaml("[" + repeated("a,", values_max) + "a]"));
    EXPECT_TRUE(bad_yaml(std::string(text_size_max + 1, ' ')));
    for (const auto* text : {"a: 1\na: 2", "[", "{", "a: b: c", "\ta: 1", "? [a]\n: 1", "--- a\n--- b",
                             "\xff", "a: \x01", "%YAML 9", "- a\nb"})
        EXPECT_TRUE(bad_yaml(text)) << text;
}

// --- name=value ----------------------------------------------------------------------------------------

TEST(KeyValues, are_read_in_order) {
    EXPECT_EQ(parse_key_values("# c\r\n a.b = c=d \r\n\n;x\nroot.e=\nlast=1"),
              (Leaves{{"a.b", " c=d "}, {"root.e", ""}, {"last", "1"}}));
    EXPECT_EQ(parse_key_values(""), Leaves{});
    EXPECT_TRUE(malformed([] { parse_key_values("Error\n"); }));
    EXPECT_TRUE(malformed([] { parse_key_values(repeated("a=\n", values_max + 1)); }));
    EXPECT_TRUE(malformed([] { parse_key_values(std::string(text_size_max + 1, '\n')); }));
}

// --- Anything ------------------------------------------------------------------------------------------

// All that is done with a text that was taken.
void read_all(const std::string& text) {
    malformed([&] {
        const Xml xml(text);
        for (const auto& [path, value] : leaves(xml.root())) {
            EXPECT_TRUE(is_utf8(path) && is_utf8(value));
            text_at(xml.root(), path);
        }
    });
    malformed([&] { leaves(parse_json(text)); });
    malformed([&] {
        const auto json = parse_yaml(text);
        leaves(json);
        EXPECT_TRUE(is_utf8(json.dump()));
    });
    malformed([&] { parse_key_values(text); });
}

const std::vector<std::string>& good_texts() {
    static const std::vector<std::string> texts{
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a xmlns=\"u\" b='c'><d>1 &lt; 2 &#233;</d><!-- e -->"
        "<f/><g><![CDATA[h]]></g><d>\xc3\xa9</d></a>",
        R"({"a":[1,-2.5e3,true,false,null,"\u00e9\n\ud83d\ude00"],"b":{"c":{"d":[[],{}]}}})",
        "a: &x\n  b: [1, 2.5, yes, ~]\n  'c d': \"e\\n\"\nf: *x\ng:\n  <<: *x\n  h: |\n    text\n    more\n"
        "i: !!str 5\n",
        "root.Network.Name=NVR-HALL\r\n# comment\nroot.Image.I0.Name=QUAI=1\n",
    };
    return texts;
}

TEST(Formats, random_bytes_never_do_more_than_fail) {
    test::FakeRandom random(7);
    for (int round = 0; round < 3000; ++round) {
        std::array<std::uint8_t, 2> size{};
        random.fill(size);
        std::string text(static_cast<std::size_t>(size[0] + size[1] % 16 * 16), '\0');
        random.fill({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
        // Half of them of the characters that mean something.
        constexpr std::string_view signs = "<>/!?[]{}\"':,&*|-# \n=;aA0.%@`~\\\t\r";
        if (round % 2 == 0)
            for (char& c : text) c = signs[static_cast<unsigned char>(c) % signs.size()];
        read_all(text);
    }
}

TEST(Formats, changed_bytes_of_good_texts_never_do_more_than_fail) {
    test::FakeRandom random(11);
    for (const auto& good : good_texts()) {
        for (std::size_t end = 0; end < good.size(); ++end) read_all(good.substr(0, end));  // truncated
        for (int round = 0; round < 3000; ++round) {
            auto text = good;
            std::array<std::uint8_t, 1> changes{};
            random.fill(changes);
            for (int i = 0; i <= changes[0] % 6; ++i) {
                std::array<std::uint8_t, 4> draw{};
                random.fill(draw);
                const std::size_t at = (draw[0] + std::size_t{draw[1]} * 256) % text.size();
                switch (draw[2] % 4) {
                    case 0:
                        text[at] = static_cast<char>(draw[3]);
                        break;
                    case 1:
                        text.erase(at, 1 + draw[3] % 8);
                        break;
                    case 2:
                        text.insert(at, text.substr(draw[3] % text.size(), draw[2]));
                        break;
                    default:
                        text.insert(at, std::string(1, static_cast<char>(draw[3])));
                }
                if (text.empty()) text = " ";
            }
            read_all(text);
        }
    }
}

}  // namespace
}  // namespace coffre::model
