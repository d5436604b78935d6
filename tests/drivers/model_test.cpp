// The model of an equipment, its paths, and what differs between two.

#include <gtest/gtest.h>

#include "base/equipment_model.hpp"
#include "base/secret_text.hpp"
#include "drivers/equipment/drivers.hpp"
#include "drivers/equipment/memory_files.hpp"
#include "drivers/model/compare.hpp"

namespace coffre::model {
namespace {

Model sample() {
    Model model;
    model.device().set("model", "NVR-16").set("firmware", "1.0").set("serial", "S1");
    model.item(Category::cameras, "1").set("name", "QUAI").set_secret("password", "a").label = "QUAI";
    model.item(Category::cameras, "2").set("name", "PORTE").set_volatile("online", "yes").label = "PORTE";
    model.item(Category::users, "7").set("name", "garde").set("level", "view").label = "garde";
    model.item(Category::recording, "r1").set("mode", "motion");
    return model;
}

std::string told(const std::vector<ItemChange>& changes) {
    std::string text;
    for (const auto& change : changes) {
        text += model_path(change.category, change.key);
        text += change.kind == ChangeKind::added ? "+" : change.kind == ChangeKind::removed ? "-" : "~";
        for (const auto& field : change.fields)
            text += " " + field.field + (field.secret ? "(secret)" : "") + "=" +
                    field.before.value_or("none") + ">" + field.after.value_or("none");
        text += ";";
    }
    return text;
}

TEST(ModelPath, names_every_part_and_escapes_what_would_divide_it) {
    EXPECT_EQ(model_path(Category::cameras, "3"), "cameras/3");
    EXPECT_EQ(model_path(Category::cameras, "3", "name"), "cameras/3/name");
    EXPECT_EQ(model_path(Category::users, "a/b%c", "x/y"), "users/a%2Fb%25c/x%2Fy");
    EXPECT_EQ(model_path(Category::other, std::string("\x1b[2J\n\x7f\0", 7)), "other/%1B[2J%0A%7F%00");
    EXPECT_EQ(model_path(Category::other, "..", "\xc3\xa9"), "other/../\xc3\xa9");
    EXPECT_EQ(model_path(Category::other, "", "a"), "other//a");
}

TEST(ModelPath, categories_have_one_name_each) {
    for (std::size_t i = 0; i < category_count; ++i) {
        const auto category = static_cast<Category>(i);
        EXPECT_EQ(category_named(category_name(category)), category);
    }
    EXPECT_EQ(category_named("Cameras"), std::nullopt);
    EXPECT_EQ(category_named(""), std::nullopt);
}

TEST(PathMatches, part_by_part) {
    EXPECT_TRUE(path_matches("cameras/3", "cameras/3"));
    EXPECT_FALSE(path_matches("cameras/3", "cameras/3/name"));
    EXPECT_FALSE(path_matches("cameras/3/name", "cameras/3"));
    EXPECT_TRUE(path_matches("users/*/level", "users/7/level"));
    EXPECT_FALSE(path_matches("users/*", "users/7/level"));
    EXPECT_TRUE(path_matches("*/*/na*e", "cameras/3/name"));
    EXPECT_FALSE(path_matches("*/*/na*x", "cameras/3/name"));
    EXPECT_TRUE(path_matches("cameras/a*b*c", "cameras/axxbyybzzc"));
    EXPECT_TRUE(path_matches("recording/**", "recording/r1/mode"));
    EXPECT_TRUE(path_matches("recording/**", "recording/r1"));
    EXPECT_TRUE(path_matches("recording/**", "recording"));
    EXPECT_FALSE(path_matches("recording/**", "recordings/r1"));
    EXPECT_TRUE(path_matches("**", "anything/at/all"));
    EXPECT_FALSE(path_matches("", "cameras"));
    EXPECT_FALSE(path_matches("cameras", ""));
    EXPECT_FALSE(path_matches("camera", "cameras"));
}

TEST(PathMatches, parts_may_be_empty) {
    EXPECT_TRUE(path_matches("other//a", "other//a"));
    EXPECT_TRUE(path_matches("other/*/a", "other//a"));
    EXPECT_TRUE(path_matches("other/*", "other/"));
    EXPECT_FALSE(path_matches("other", "other/"));
    EXPECT_FALSE(path_matches("other/", "other"));
}

TEST(PathMatches, many_stars_do_not_take_for_ever) {
    std::string pattern;
    for (int i = 0; i < 200; ++i) pattern += "*a";
    EXPECT_FALSE(path_matches(pattern + "b", std::string(20'000, 'a')));
}

TEST(CompareModels, equal_ones_differ_in_nothing) { EXPECT_EQ(told(compare(sample(), sample())), ""); }

TEST(CompareModels, the_order_in_which_items_came_is_nothing) {
    Model other;
    other.item(Category::recording, "r1").set("mode", "motion");
    other.item(Category::users, "7").set("level", "view").set("name", "garde");
    other.item(Category::cameras, "2").set_volatile("online", "no").set("name", "PORTE");
    other.item(Category::cameras, "1").set_secret("password", "a").set("name", "QUAI");
    other.device().set("serial", "S1").set("firmware", "1.0").set("model", "NVR-16");
    EXPECT_EQ(told(compare(sample(), other)), "");
}

TEST(CompareModels, says_what_was_added_removed_and_changed_by_category_and_key) {
    auto after = sample();
    after.device().set("firmware", "1.1");
    after.items().erase({Category::cameras, "2"});
    after.item(Category::cameras, "1").set("name", "NORD").set("codec", "h265");
    after.item(Category::cameras, "3").set("name", "COUR");
    EXPECT_EQ(told(compare(sample(), after)),
              "identity/device~ firmware=1.0>1.1;cameras/1~ codec=none>h265 name=QUAI>NORD;"
              "cameras/2- name=PORTE>none;cameras/3+ name=none>COUR;");
}

TEST(CompareModels, secrets_are_marked_on_either_side) {
    auto after = sample();
    after.item(Category::cameras, "1").set_secret("password", "b");
    EXPECT_EQ(told(compare(sample(), after)), "cameras/1~ password(secret)=a>b;");
    after.item(Category::cameras, "1").set("password", "c");
    EXPECT_EQ(told(compare(sample(), after)), "cameras/1~ password(secret)=a>c;");
    EXPECT_EQ(told(compare(after, sample())), "cameras/1~ password(secret)=c>a;");
}

TEST(CompareModels, what_changes_by_itself_is_passed_over_on_either_side) {
    auto after = sample();
    after.item(Category::cameras, "2").set_volatile("online", "no").set_volatile("uptime", "5");
    EXPECT_EQ(told(compare(sample(), after)), "");
    after.item(Category::cameras, "2").set("online", "no");
    EXPECT_EQ(told(compare(sample(), after)), "");
    // An item of nothing else is no news either; one without fields is.
    after.item(Category::other, "clock").set_volatile("now", "12:00");
    EXPECT_EQ(told(compare(sample(), after)), "");
    after.item(Category::other, "bare");
    EXPECT_EQ(told(compare(sample(), after)), "other/bare+;");
}

TEST(CompareModels, what_is_ignored_is_passed_over) {
    auto after = sample();
    after.item(Category::cameras, "1").set("name", "NORD");
    after.item(Category::users, "7").set("level", "admin");
    after.item(Category::users, "8").set("level", "view");
    EXPECT_EQ(told(compare(sample(), after, {"cameras/*/name"})),
              "users/7~ level=view>admin;users/8+ level=none>view;");
    EXPECT_EQ(told(compare(sample(), after, {"cameras/**", "users/*/level"})), "");
    EXPECT_NE(told(compare(sample(), after, {"cameras", "users"})), "");
}

TEST(SignificantKinds, follow_the_category_and_the_firmware) {
    const auto kinds = [](Category category, const std::vector<std::string>& fields) {
        ItemChange change;
        change.category = category;
        for (const auto& field : fields) change.fields.push_back({field, "a", "b", false});
        std::string text;
        for (const auto kind : significant_kinds(change)) text += std::string(significant_name(kind)) + " ";
        return text;
    };
    EXPECT_EQ(kinds(Category::cameras, {"name"}), "cameras ");
    EXPECT_EQ(kinds(Category::recording, {"mode"}), "recording ");
    EXPECT_EQ(kinds(Category::users, {"password"}), "rights ");
    EXPECT_EQ(kinds(Category::identity, {"firmware"}), "firmware ");
    EXPECT_EQ(kinds(Category::identity, {"firmware", "name"}), "firmware other ");
    EXPECT_EQ(kinds(Category::identity, {"name"}), "other ");
    EXPECT_EQ(kinds(Category::identity, {}), "other ");
    for (const auto category :
         {Category::network, Category::time, Category::events, Category::licences, Category::other})
        EXPECT_EQ(kinds(category, {"firmware"}), "other ");
}

TEST(ModelOf, files_that_nobody_understands_stay_unexplained) {
    drivers::MemoryFiles files;
    files.put("a.xml", Bytes{'<', 'a'});
    const auto model = drivers::model_of("files 1", files);
    EXPECT_FALSE(model.explained("a.xml"));
    EXPECT_FALSE(drivers::model_of("nobody 7", files).explained("a.xml"));
    EXPECT_FALSE(drivers::model_of("", files).explained("a.xml"));
}

TEST(SecretTextOf, is_moved_whole_and_leaves_nothing_behind) {
    for (const std::string text : {"short", "a text that is too long to lie within the string itself"}) {
        SecretText one(text);
        SecretText other(std::move(one));
        EXPECT_EQ(other.text(), text);
        EXPECT_TRUE(one.empty());  // NOLINT: what is left is the point
        EXPECT_EQ(std::string(one.text().data(), 1), std::string(1, '\0'));
        SecretText third("before");
        third = std::move(other);
        EXPECT_EQ(third.text(), text);
        EXPECT_TRUE(other.empty());  // NOLINT
    }
}

TEST(SecretTextOf, wiping_reaches_beyond_the_end) {
    std::string text = "password-1";
    const char* const data = text.data();
    text.resize(2);
    wipe_text(text);
    EXPECT_EQ(std::string(data, 10), std::string(10, '\0'));
}

}  // namespace
}  // namespace coffre::model
