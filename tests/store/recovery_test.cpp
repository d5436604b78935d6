// Recovery words: what is written on paper comes back, and what was mistyped is told.

#include <algorithm>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

#include "store/crypto/slot.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/test_keys.hpp"

namespace coffre::crypto {
namespace {

using test::error_of;
using test::message_of;

RecoverySecret secret_of(std::uint8_t first) {
    Key key;
    for (std::size_t i = 0; i < Key::size; ++i) key.writable()[i] = static_cast<std::uint8_t>(first + 37 * i);
    return recovery_secret(std::move(key));
}

std::vector<std::string> split(const std::string& text) {
    std::istringstream in(text);
    return {std::istream_iterator<std::string>(in), {}};
}

std::string join(const std::vector<std::string>& words, const std::string& between = " ") {
    std::string text;
    for (const auto& word : words) text += (text.empty() ? "" : between) + word;
    return text;
}

bool same(const std::optional<RecoverySecret>& a, const RecoverySecret& b) {
    return a && std::ranges::equal(a->value.view(), b.value.view());
}

TEST(RecoveryWords, list_has_2048_sorted_plain_words_told_apart_by_four_letters) {
    std::set<std::string> beginnings;
    for (std::size_t i = 0; i < recovery_list_size; ++i) {
        const std::string word(recovery_word(i));
        EXPECT_TRUE(word.size() >= 4 && word.size() <= 8) << word;
        EXPECT_TRUE(std::ranges::all_of(word, [](char c) { return c >= 'a' && c <= 'z'; })) << word;
        EXPECT_TRUE(beginnings.insert(word.substr(0, 4)).second) << word;
        if (i > 0) {
            EXPECT_LT(recovery_word(i - 1), recovery_word(i));
        }
    }
}

TEST(RecoveryWords, of_a_fixed_secret_are_these) {
    Key key;
    for (std::size_t i = 0; i < Key::size; ++i) key.writable()[i] = static_cast<std::uint8_t>(i);
    EXPECT_EQ(
        recovery_words(recovery_secret(std::move(key))),
        "abandon algue jauge algue ennemi admirer blason boeuf amphore fragment cymbale bidon absence larcin "
        "drapeau jonque axiome parler aimer chenal orient arachide humain saccage");
}

TEST(RecoveryWords, come_back_as_they_were) {
    for (int i = 0; i < 256; ++i) {
        const auto secret = secret_of(static_cast<std::uint8_t>(i));
        const auto words = recovery_words(secret);
        EXPECT_EQ(split(words).size(), 24U);
        EXPECT_TRUE(same(parse_recovery_words(words), secret));
    }
}

TEST(RecoveryWords, are_read_however_people_type_them) {
    const auto secret = secret_of(7);
    auto words = split(recovery_words(secret));
    std::string numbered, shortened, capitals;
    for (std::size_t i = 0; i < words.size(); ++i) {
        numbered += std::to_string(i + 1) + ". " + words[i] + (i % 6 == 5 ? "\r\n" : "  ");
        shortened += words[i].substr(0, 4) + ",";
        for (const char c : words[i]) capitals += static_cast<char>(std::toupper(c));
        capitals += "\t";
    }
    EXPECT_TRUE(same(parse_recovery_words(numbered), secret));
    EXPECT_TRUE(same(parse_recovery_words(shortened), secret));
    EXPECT_TRUE(same(parse_recovery_words(capitals), secret));
    std::string accented = join(words);
    for (auto at = accented.find('e'); at != std::string::npos; at = accented.find('e', at + 2))
        accented.replace(at, 1, "é");
    EXPECT_TRUE(same(parse_recovery_words(accented), secret));
    std::string apart = join(words);
    for (auto at = apart.find('e'); at != std::string::npos; at = apart.find('e', at + 3))
        apart.replace(at, 1, "e\u0301");
    EXPECT_TRUE(same(parse_recovery_words(apart), secret));
}

TEST(RecoveryWords, with_a_word_that_is_not_in_the_list_name_its_position_and_never_the_word) {
    auto words = split(recovery_words(secret_of(9)));
    words[16] = "motdepasse";
    try {
        (void)parse_recovery_words(join(words));
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Errc::no_key);
        EXPECT_EQ(error.message().id, Msg::recovery_unknown);
        EXPECT_EQ(error.message().args, std::vector<std::string>{"17"});
    }
}

TEST(RecoveryWords, that_are_swapped_or_replaced_do_not_fit_their_checksum) {
    const auto good = split(recovery_words(secret_of(11)));
    for (std::size_t i = 0; i + 1 < good.size(); ++i) {
        auto words = good;
        if (words[i] == words[i + 1]) continue;
        std::swap(words[i], words[i + 1]);
        EXPECT_EQ(message_of([&] { (void)parse_recovery_words(join(words)); }), Msg::recovery_checksum) << i;
    }
    int passed = 0;
    for (std::size_t number = 0; number < recovery_list_size; ++number) {
        auto words = good;
        words[5] = std::string(recovery_word(number));
        if (words[5] != good[5] && !message_of([&] { (void)parse_recovery_words(join(words)); })) ++passed;
    }
    EXPECT_LE(passed, 6);  // one in 2048 is expected
}

TEST(RecoveryWords, of_another_number_are_told_so) {
    auto words = split(recovery_words(secret_of(13)));
    words.pop_back();
    EXPECT_EQ(message_of([&] { (void)parse_recovery_words(join(words)); }), Msg::recovery_count);
    words.push_back("abandon");
    words.push_back("abandon");
    EXPECT_EQ(message_of([&] { (void)parse_recovery_words(join(words)); }), Msg::recovery_count);
}

TEST(RecoveryWords, are_not_seen_in_passphrases) {
    for (const auto* text :
         {"", "correct horse battery staple", "le chat noir dort sur le toit de la maison bleue",
          "abandon abaque abbaye abdomen abeille"})
        EXPECT_FALSE(parse_recovery_words(text)) << text;
}

class RecoverySlot : public ::testing::Test {
protected:
    test::TestKeys keys;
};

TEST_F(RecoverySlot, opens_with_its_words_and_no_others) {
    auto made = make_recovery_words_slot(keys.ring, keys.hedge);
    const auto ring = open_slot(made.slot, *parse_recovery_words(made.words), "slot");
    ASSERT_TRUE(ring);
    EXPECT_TRUE(std::ranges::equal(ring->site.view(), keys.ring.site.view()));
    EXPECT_FALSE(open_slot(made.slot, secret_of(1), "slot"));
    EXPECT_FALSE(open_slot(made.slot, std::string_view(made.words), "slot"));  // no passphrase slot
    const auto other = make_recovery_words_slot(keys.ring, keys.hedge);
    EXPECT_NE(other.words, made.words);
}

TEST_F(RecoverySlot, never_opens_with_a_bit_flipped) {
    const auto made = make_recovery_words_slot(keys.ring, keys.hedge);
    const auto secret = parse_recovery_words(made.words);
    for (std::size_t bit = 0; bit < made.slot.size() * 8; ++bit) {
        auto slot = made.slot;
        slot[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
        std::optional<KeyRing> ring;
        const auto refusal = error_of([&] { ring = open_slot(slot, *secret, "slot"); });
        EXPECT_TRUE(!ring && (!refusal || *refusal == Errc::damaged)) << bit;
    }
}

TEST_F(RecoverySlot, that_asks_for_a_slow_derivation_is_refused) {
    auto made = make_recovery_words_slot(keys.ring, keys.hedge);
    for (const std::size_t at : {48U, 56U}) {
        auto slot = made.slot;
        slot[at + 3] = 0xff;
        EXPECT_EQ(error_of([&] { (void)parse_slot(slot, "slot"); }), Errc::damaged);
    }
}

}  // namespace
}  // namespace coffre::crypto
