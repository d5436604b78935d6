// What is masked when a configuration is shown, and what is not.

#include "drivers/equipment/secrets.hpp"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

namespace coffre::drivers {
namespace {

const std::string dots = "••••••";

struct Case {
    std::string text;
    std::string shown;
};

TEST(Secrets, are_masked_by_the_name_that_they_bear) {
    const std::vector<Case> cases{
        {"password=hunter2", "password=" + dots},
        {"user.Password = ab,c;d e", "user.Password = " + dots},
        {"snmp_community: public\nport: 161", "snmp_community: " + dots + "\nport: 161"},
        {"<password>x&amp;y</password>", "<password>" + dots + "</password>"},
        {"<tt:Password opt=\"1\">x</tt:Password>", "<tt:Password opt=\"1\">" + dots + "</tt:Password>"},
        {"<user password='x' name='y'/>", "<user password='" + dots + "' name='y'/>"},
        {R"({"user":"bob","password":"a\"b","pin":1234,"x":1})",
         R"({"user":"bob","password":")" + dots + R"(","pin":)" + dots + R"(,"x":1})"},
        {"rtsp://admin:pw@10.0.0.1/live", "rtsp://admin:" + dots + "@10.0.0.1/live"},
        {"http://h/?user=a&pwd=zz&x=1", "http://h/?user=a&pwd=" + dots + "&x=1"},
        {"-----BEGIN RSA PRIVATE KEY-----\nMII\nabc\n-----END RSA PRIVATE KEY-----\n",
         "-----BEGIN RSA PRIVATE KEY-----\n" + dots + "\n" + dots + "\n-----END RSA PRIVATE KEY-----\n"},
        {"wifi-psk \"x\"", "wifi-psk \"x\""},  // no '=' and no ':': no value is known
        {"mot_de_passe: x", "mot_de_passe: " + dots},
    };
    for (const auto& [text, shown] : cases) EXPECT_EQ(mask_secrets(text), shown);
}

TEST(Secrets, rules_about_passwords_are_no_secrets) {
    for (const std::string text :
         {"passwordPolicy=strong", "minPasswordLength: 8", "<passwordExpiry>90</passwordExpiry>",
          "compass: north", "token_type = bearer",
          "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n", "http://host:80/", "spinning: yes",
          "password:", "password=\nnext"})
        EXPECT_EQ(mask_secrets(text), text);
}

TEST(Secrets, masking_keeps_the_lines_of_any_text) {
    static const std::vector<std::string> parts{
        "password",  "<",   ">", "</", "=", ":", "\"", "'", "\n", "\r\n",   "://",
        "@",         "a",   "&", "?",  "{", "}", ",",  " ", "\\", "secret", "-----BEGIN PRIVATE KEY-----",
        "-----END ", "\xff"};
    std::mt19937 random(7);
    for (int i = 0; i < 20'000; ++i) {
        std::string text;
        for (auto n = random() % 30; n > 0; --n) text += parts[random() % parts.size()];
        const auto shown = mask_secrets(text);
        ASSERT_EQ(std::ranges::count(shown, '\n'), std::ranges::count(text, '\n')) << text;
    }
}

TEST(Secrets, masking_is_linear_in_hostile_texts) {
    // Each of these would take minutes where the rest of the text was searched anew at every step.
    for (const std::string part :
         {"<password>", "password=\"", "://a:", "password:", "-----BEGIN PRIVATE KEY", "<<"}) {
        std::string text;
        while (text.size() < 4'000'000) text += part;
        EXPECT_FALSE(mask_secrets(text).empty());
    }
}

}  // namespace
}  // namespace coffre::drivers
