// Recovery words: the list, what is made of a secret, what is read of what was typed, and the slots they
// open.

#include "store/crypto/recovery.hpp"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "store/crypto/slot.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/test_keys.hpp"

namespace coffre::crypto {
namespace {

using test::error_of;

// The worked example of docs/format.md, made by another program.
constexpr std::string_view known_value = "16545833d75bc8ce74839833e9477d64e62ec598d24a1e4f33846233c60f9c90";
constexpr std::string_view known_words =
    "bague nourrice antique papyrus poney gluant sachet hockey chignon drapeau souhait renifler "
    "gamme gamin garage dossier biologie jalon stage ragondin corvette algue hippique ranger";
constexpr std::string_view known_site = "57b84de148f52a79f4061f7c03f93c44900990115c1b3f075ec96b531237e4f0";
constexpr std::string_view known_slot =
    "434f46534c4f54310303010001000000a56145270ce6b3bebd1dd012b739486763479ad69a090b258277ec8fba6f9941"
    "0000000000000000000000000000000055149df5f1b6a682ab90453202bdbc71236358bb1a80161d3e881aad2beaab8f"
    "1882c8f451bc685c154fce9794d331acbd7fcea85004ea880da99c933ebf4ad008e0edd9ac271a4f5a73bebcd2080443"
    "2d147dc5712a26c4acc28d0c16a5135d8145e96d703cd015d5b4c2aad9d8a657aed3bda199f582a349085a035f9f67bf"
    "f55ae5148972c4102c319599c98e38c4029c6261df7e48260f5ab4d92422ef33b0275b820b93220a4c2d6d107497e8b1"
    "24e232cfa7aab9e0f9e7401fa146729cdbdac7333ae7281263072757e12ba4eb98c36fe9327ce584e471e805c1d3fdad"
    "4bb823c52d11d2f9b58247c21ab9f40e8321782299a3d2fb89aeccbf0bf41b376017a258cec115a4a1f8ef6784b021a7"
    "3a78463de1b251d4";

using Words = std::vector<std::string>;

Words split(std::string_view text) {
    Words words(1);
    for (const char c : text) {
        if (c == ' ')
            words.emplace_back();
        else
            words.back().push_back(c);
    }
    return words;
}

std::string join(const Words& words, std::string_view between = " ") {
    std::string text;
    for (const auto& word : words) {
        if (!text.empty()) text += between;
        text += word;
    }
    return text;
}

RecoverySecret secret_of(ByteView bytes) {
    Key key;
    std::memcpy(key.writable().data(), bytes.data(), Key::size);
    return recovery_secret(std::move(key));
}

// The value of what was typed in hex; "" where it is taken for a passphrase.
std::string value_of(std::string_view typed) {
    const auto secret = parse_recovery_words(typed);
    return secret ? to_hex(secret->value.view()) : "";
}

// What is said of what was typed, in English; "" when nothing is.
std::string said_of(std::string_view typed) {
    try {
        (void)parse_recovery_words(typed);
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Errc::no_key);
        EXPECT_FALSE(error.hint().empty());
        return text(Lang::en, error.message().id, error.message().args);
    }
    return "";
}

TEST(RecoveryList, has_2048_sorted_words_that_four_letters_tell_apart) {
    const auto list = recovery_word_list();
    ASSERT_EQ(list.size(), 2048U);
    std::set<std::string_view> beginnings;
    for (const auto word : list) {
        EXPECT_TRUE(word.size() >= 4 && word.size() <= 8) << word;
        EXPECT_EQ(word.find_first_not_of("abcdefghijklmnopqrstuvwxyz"), std::string_view::npos) << word;
        EXPECT_TRUE(beginnings.insert(word.substr(0, 4)).second) << word;
    }
    EXPECT_TRUE(std::ranges::is_sorted(list));
}

TEST(RecoveryList, is_the_one_of_the_format) {
    std::string lines;
    for (const auto word : recovery_word_list()) (lines += word) += '\n';
    EXPECT_EQ(sha256(as_bytes(lines)).hex(),
              "ee81bf25d7de2d1af3530b2c80903c97e35b48d97dae908e0a30eca21dcb8cc1");
}

TEST(RecoveryWords, of_known_values_do_not_change) {
    EXPECT_EQ(recovery_words(secret_of(*from_hex(known_value))), known_words);
    EXPECT_EQ(value_of(known_words), known_value);
    std::string zeros;
    std::string ones;
    for (int n = 0; n < 23; ++n) {
        zeros += "abandon ";
        ones += "zoom ";
    }
    EXPECT_EQ(recovery_words(secret_of(Bytes(32, 0))), zeros + "biais");
    EXPECT_EQ(recovery_words(secret_of(Bytes(32, 0xff))), ones + "majorer");
    EXPECT_EQ(value_of(ones + "majorer"), std::string(62, 'f') + "f8");
}

TEST(RecoveryWords, give_back_the_secret_whatever_it_is) {
    test::FakeRandom random(5);
    for (int round = 0; round < 500; ++round) {
        Bytes drawn(32);
        random.fill(drawn);
        const auto secret = secret_of(drawn);
        drawn[31] &= 0xf8;
        ASSERT_EQ(to_hex(secret.value.view()), to_hex(drawn));
        ASSERT_EQ(value_of(recovery_words(secret)), to_hex(drawn));
    }
}

TEST(RecoveryWords, are_read_however_they_are_typed) {
    auto words = split(known_words);
    for (const auto* between :
         {"\n", "\r\n", "\t", ", ", ",", "  \n ", "; ", " - ", "\u00a0", "\u202f", " 12 "})
        EXPECT_EQ(value_of(join(words, between)), known_value) << between;
    std::string numbered = "\ufeff\n";
    std::string bracketed;
    for (std::size_t n = 0; n < words.size(); ++n) {
        numbered += " " + std::to_string(n + 1) + ". " + words[n] + "\r\n";
        bracketed += std::to_string(n + 1) + ")" + words[n] + " ";
    }
    EXPECT_EQ(value_of(numbered), known_value);
    EXPECT_EQ(value_of(bracketed), known_value);
    for (std::size_t letters = 4; letters <= 8; ++letters) {
        Words cut = words;
        for (auto& word : cut) word.resize(std::min(word.size(), letters));
        EXPECT_EQ(value_of(join(cut)), known_value) << letters;
    }
    std::string upper(known_words);
    for (auto& c : upper) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    EXPECT_EQ(value_of(upper), known_value);
}

TEST(RecoveryWords, are_read_with_accents_in_one_part_or_two) {
    auto words = split(known_words);
    words[0] = "BÀGÛÉ";
    words[2] = "a\u0302ntiqu\u0065\u0301";
    words[20] = "\u00c7orvètte";
    EXPECT_EQ(value_of(join(words)), known_value);
    std::string plain;
    for (int n = 0; n < 23; ++n) plain += "oeillet ";
    const auto value = [&](std::string_view first) {
        for (const auto last : recovery_word_list())
            if (said_of(plain + std::string(last)).empty())
                return value_of(std::string(first) + plain.substr(7) + std::string(last));
        return std::string();
    };
    const auto expected = value("oeillet");
    EXPECT_EQ(expected.size(), 64U);
    EXPECT_EQ(value("œillet"), expected);
    EXPECT_EQ(value("ŒILLET"), expected);
    EXPECT_EQ(value("œille"), expected);
}

TEST(RecoveryWords, that_are_too_many_or_too_few_are_counted) {
    auto words = split(known_words);
    words.emplace_back("zoom");
    EXPECT_EQ(said_of(join(words)), "there are 25 recovery words instead of 24");
    words.resize(23);
    EXPECT_EQ(said_of(join(words)), "there are 23 recovery words instead of 24");
    words.resize(20);
    EXPECT_EQ(said_of(join(words)), "there are 20 recovery words instead of 24");
    words.resize(19);
    EXPECT_EQ(said_of(join(words)), "");
    EXPECT_EQ(value_of(join(words)), "");
    EXPECT_EQ(value_of(join(split(known_words)) + " zoom zoom zoom zoom zoom"), "");
}

TEST(RecoveryWords, that_are_not_in_the_list_are_named_by_their_number_alone) {
    for (const std::size_t at : {0, 6, 23}) {
        for (const auto* wrong : {"mystereux", "zzzz", "bag", "poneys", "o"}) {
            auto words = split(known_words);
            words[at] = wrong;
            EXPECT_EQ(said_of(join(words)),
                      "recovery word number " + std::to_string(at + 1) + " is not in the list of words");
        }
    }
    auto words = split(known_words);
    for (const std::size_t at : {9, 4, 17, 12}) words[at] = "inconnu";
    EXPECT_EQ(said_of(join(words)), "recovery word number 5 is not in the list of words");
    words[20] = "inconnu";
    EXPECT_EQ(value_of(join(words)), "");
}

TEST(RecoveryWords, with_one_replaced_fit_once_in_2048) {
    std::size_t fit = 0;
    std::size_t tried = 0;
    for (const std::size_t at : {0, 11, 22}) {
        auto words = split(known_words);
        for (const auto other : recovery_word_list()) {
            words[at] = other;
            const auto said = said_of(join(words));
            if (split(known_words)[at] == other) {
                ASSERT_EQ(said, "");
                continue;
            }
            ++tried;
            fit += said.empty() ? 1U : 0U;
            ASSERT_TRUE(said.empty() || said.starts_with("the last recovery word does not fit")) << said;
        }
    }
    EXPECT_EQ(tried, 3 * 2047U);
    EXPECT_LE(fit, 9U);  // 3 expected
}

TEST(RecoveryWords, with_another_last_word_never_fit) {
    auto words = split(known_words);
    std::size_t fit = 0;
    for (const auto other : recovery_word_list()) {
        words.back() = other;
        fit += said_of(join(words)).empty() ? 1U : 0U;
    }
    EXPECT_EQ(fit, 1U);
}

TEST(RecoveryWords, with_two_swapped_do_not_fit) {
    std::size_t fit = 0;
    for (std::size_t a = 0; a < 24; ++a) {
        for (std::size_t b = a + 1; b < 24; ++b) {
            auto words = split(known_words);
            std::swap(words[a], words[b]);
            fit += said_of(join(words)).empty() ? 1U : 0U;
        }
    }
    EXPECT_EQ(fit, 0U);  // of 276
}

TEST(RecoveryWords, are_not_seen_in_passphrases) {
    for (const auto* passphrase :
         {"", " ", "secret", "12345678", "correct horse battery staple", "maison jardin voiture",
          "Le cheval blanc de mon voisin mange des carottes dans le jardin.",
          "Il était une fois, dans un petit village au bord de la mer, un vieux marin qui racontait chaque "
          "soir des histoires de tempêtes et de navires perdus aux enfants du port.",
          "La clé du local technique est dans le tiroir de gauche du bureau, sous les câbles, avec la liste "
          "des caméras et le plan du bâtiment que Jeanne a signé en avril.",
          "abandon abaque abbaye abdomen abeille aborder abricot absence abside acacia acajou accent",
          "a b c d e f g h i j k l m n o p q r s t u v w x", "\xff\xfe\xc3", "\xc3", "\xcc\x81\xcc\x81"})
        EXPECT_EQ(value_of(passphrase), "") << passphrase;
}

class RecoverySlot : public testing::Test {
protected:
    test::TestKeys keys_;
    RecoveryWordsSlot made_ = make_recovery_words_slot(keys_.ring, keys_.hedge);
};

TEST_F(RecoverySlot, opens_with_its_words) {
    const auto ring = open_slot(made_.slot, *parse_recovery_words(made_.words), "slot");
    ASSERT_TRUE(ring);
    EXPECT_EQ(ring->repository, keys_.ring.repository);
    EXPECT_EQ(to_hex(ring->site.view()), to_hex(keys_.ring.site.view()));
    EXPECT_EQ(to_hex(ring->content->view()), to_hex(keys_.ring.content->view()));
    EXPECT_EQ(to_hex(ring->admission->view()), to_hex(keys_.ring.admission->view()));
    const auto header = parse_slot(made_.slot, "slot");
    EXPECT_EQ(header.type, SlotType::recovery_words);
    EXPECT_EQ(header.cost.memory_bytes, 0U);
    EXPECT_EQ(header.cost.passes, 0U);
    EXPECT_EQ(split(made_.words).size(), 24U);
}

TEST_F(RecoverySlot, of_the_format_opens) {
    const auto ring = open_slot(*from_hex(known_slot), *parse_recovery_words(known_words), "slot");
    ASSERT_TRUE(ring);
    EXPECT_EQ(to_hex(ring->site.view()), known_site);
}

TEST_F(RecoverySlot, opens_with_nothing_else) {
    const auto other = make_recovery_words_slot(keys_.ring, keys_.hedge);
    EXPECT_NE(other.words, made_.words);
    EXPECT_FALSE(open_slot(made_.slot, *parse_recovery_words(other.words), "slot"));
    EXPECT_FALSE(open_slot(made_.slot, made_.words, "slot"));
    const auto key_file = make_key_file_slot(keys_.ring, keys_.hedge);
    auto key = parse_key_file(key_file.key_file, "key");
    EXPECT_FALSE(open_slot(key_file.slot, *parse_recovery_words(made_.words), "slot"));
    // Not even with its very bits, given as a key file's.
    key.slot = parse_slot(made_.slot, "slot").id;
    key.secret = std::move(parse_recovery_words(made_.words)->value);
    EXPECT_FALSE(open_slot(made_.slot, key, "slot"));
    Bytes retyped = made_.slot;
    retyped[8] = static_cast<std::uint8_t>(SlotType::key_file);
    EXPECT_FALSE(open_slot(retyped, key, "slot"));
}

TEST_F(RecoverySlot, with_any_bit_turned_or_cut_never_opens) {
    const auto secret = *parse_recovery_words(made_.words);
    for (std::size_t i = 0; i < made_.slot.size() * 8; ++i) {
        Bytes turned = made_.slot;
        turned[i / 8] = static_cast<std::uint8_t>(turned[i / 8] ^ (1U << (i % 8)));
        bool opened = false;
        const auto error = error_of([&] { opened = open_slot(turned, secret, "slot").has_value(); });
        ASSERT_FALSE(opened) << i;
        ASSERT_TRUE(!error || *error == Errc::damaged) << i;
        if (i / 8 >= 128) {
            ASSERT_EQ(error, Errc::damaged) << i;
        }
    }
    for (std::size_t size = 0; size < made_.slot.size(); ++size)
        ASSERT_EQ(error_of([&] { (void)open_slot(ByteView(made_.slot).first(size), secret, "slot"); }),
                  Errc::damaged);
}

TEST_F(RecoverySlot, that_asks_for_work_is_refused) {
    const auto secret = *parse_recovery_words(made_.words);
    for (std::size_t at = 48; at < 64; ++at) {
        Bytes bomb = made_.slot;
        bomb[at] = 1;
        EXPECT_EQ(error_of([&] { parse_slot(bomb, "slot"); }), Errc::damaged) << at;
        EXPECT_EQ(error_of([&] { (void)open_slot(bomb, secret, "slot"); }), Errc::damaged) << at;
    }
}

TEST_F(RecoverySlot, made_twice_has_other_words_though_the_generator_is_stuck) {
    keys_.random.stick(0x55);
    const auto one = make_recovery_words_slot(keys_.ring, keys_.hedge);
    const auto two = make_recovery_words_slot(keys_.ring, keys_.hedge);
    EXPECT_NE(one.words, two.words);
    EXPECT_NE(parse_slot(one.slot, "").id, parse_slot(two.slot, "").id);
}

}  // namespace
}  // namespace coffre::crypto
