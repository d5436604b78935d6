// What rows of ZoneMinder's tables say, and what of it is secret or changes by itself.

#include "drivers/equipment/zoneminder_rows.hpp"

#include <gtest/gtest.h>

#include "drivers/equipment/url_credentials.hpp"
#include "drivers/model/compare.hpp"

namespace coffre::drivers {
namespace {

const Field& field(const Model& model, Category category, const std::string& key, const std::string& name) {
    static const Field none{"(none)", false, false};
    const auto* item = model.find(category, key);
    if (item == nullptr) return none;
    const auto found = item->fields.find(name);
    return found == item->fields.end() ? none : found->second;
}

TEST(ZoneMinderRows, a_monitor_is_a_camera_and_how_it_is_recorded) {
    Model model;
    EXPECT_TRUE(read_zoneminder_row("Monitors",
                                    {{"Id", "3"},
                                     {"Name", "QUAI-NORD"},
                                     {"Function", "Modect"},
                                     {"Path", "rtsp://viewer:pa:ss@192.0.2.7:554/live"},
                                     {"Pass", "hidden"},
                                     {"Width", "1920"},
                                     {"Height", "1080"},
                                     {"PreEventCount", "5"},
                                     {"ZoneCount", "2"}},
                                    model));
    EXPECT_EQ(model.find(Category::cameras, "3")->label, "QUAI-NORD");
    EXPECT_EQ(field(model, Category::cameras, "3", "path"), (Field{"rtsp://192.0.2.7:554/live"}));
    EXPECT_EQ(field(model, Category::cameras, "3", "path_user"), (Field{"viewer"}));
    EXPECT_EQ(field(model, Category::cameras, "3", "path_password"), (Field{"pa:ss", true}));
    EXPECT_EQ(field(model, Category::cameras, "3", "password"), (Field{"hidden", true}));
    EXPECT_EQ(field(model, Category::cameras, "3", "resolution"), (Field{"1920x1080"}));
    EXPECT_EQ(field(model, Category::cameras, "3", "ZoneCount"), (Field{"2", false, true}));
    EXPECT_EQ(model.find(Category::recording, "3")->label, "QUAI-NORD");
    EXPECT_EQ(field(model, Category::recording, "3", "mode"), (Field{"Modect"}));
    EXPECT_EQ(field(model, Category::recording, "3", "pre_record"), (Field{"5"}));
}

TEST(ZoneMinderRows, an_account_is_known_by_its_name_and_its_hash_is_secret) {
    Model model;
    EXPECT_TRUE(read_zoneminder_row("Users",
                                    {{"Id", "2"},
                                     {"Username", "gardien"},
                                     {"Password", "$2y$10$x"},
                                     {"Monitors", "View"},
                                     {"TokenMinExpiry", "1700000000"}},
                                    model));
    EXPECT_EQ(field(model, Category::users, "gardien", "password"), (Field{"$2y$10$x", true}));
    EXPECT_EQ(field(model, Category::users, "gardien", "Monitors"), (Field{"View"}));
    EXPECT_TRUE(field(model, Category::users, "gardien", "TokenMinExpiry").is_volatile);
    EXPECT_FALSE(field(model, Category::users, "gardien", "TokenMinExpiry").secret);
    EXPECT_TRUE(field(model, Category::users, "gardien", "Id").is_volatile);
}

TEST(ZoneMinderRows, a_setting_goes_where_its_section_belongs_and_keeps_its_secret) {
    Model model;
    const auto setting = [&](const char* name, const char* value, const char* section) {
        read_zoneminder_row(
            "Config", {{"Id", "1"}, {"Name", name}, {"Value", value}, {"Category", section}, {"Help", "…"}},
            model);
    };
    setting("ZM_TIMEZONE", "Europe/Paris", "system");
    setting("ZM_AUTH_HASH_SECRET", "s", "system");
    setting("ZM_MIN_RTP_PORT", "40200", "network");
    setting("ZM_UPLOAD_PASS", "s", "upload");
    setting("ZM_UPLOAD_FTP_PASSIVE", "1", "upload");
    setting("ZM_WEB_TITLE", "SIEGEPARIS", "web");
    setting("ZM_DYN_DB_VERSION", "1.36.33", "dynamic");
    EXPECT_EQ(field(model, Category::time, "ZM_TIMEZONE", "value"), (Field{"Europe/Paris"}));
    EXPECT_EQ(field(model, Category::users, "ZM_AUTH_HASH_SECRET", "value"), (Field{"s", true}));
    EXPECT_EQ(field(model, Category::network, "ZM_MIN_RTP_PORT", "value"), (Field{"40200"}));
    EXPECT_EQ(field(model, Category::events, "ZM_UPLOAD_PASS", "value"), (Field{"s", true}));
    EXPECT_EQ(field(model, Category::events, "ZM_UPLOAD_FTP_PASSIVE", "value"), (Field{"1"}));
    EXPECT_EQ(model.find(Category::other, "ZM_WEB_TITLE")->fields.size(), 1U);
    EXPECT_TRUE(field(model, Category::other, "ZM_DYN_DB_VERSION", "value").is_volatile);
    EXPECT_EQ(model.device_field("firmware"), "1.36.33");
}

TEST(ZoneMinderRows, the_order_of_a_groups_members_is_no_change) {
    Model one, other;
    for (const char* member : {"2", "10", "1"})
        read_zoneminder_row("Groups_Monitors", {{"Id", member}, {"GroupId", "1"}, {"MonitorId", member}},
                            one);
    for (const char* member : {"10", "1", "2", "2"})
        read_zoneminder_row("Groups_Monitors", {{"Id", "7"}, {"GroupId", "1"}, {"MonitorId", member}}, other);
    EXPECT_EQ(field(one, Category::other, "group-1", "monitors"), (Field{"1,2,10"}));
    EXPECT_TRUE(model::compare(one, other).empty());
}

TEST(ZoneMinderRows, what_happened_is_no_configuration) {
    Model model;
    for (const char* table : {"Events", "Events_Hour", "Event_Summaries", "Frames", "Logs", "Sessions",
                              "Stats", "Monitor_Status"})
        EXPECT_FALSE(read_zoneminder_row(table, {{"Id", "1"}, {"MonitorId", "1"}}, model)) << table;
    EXPECT_FALSE(read_zoneminder_row("Monitors", {{"Name", "no key"}}, model));
    EXPECT_TRUE(model.items().empty());
}

TEST(ZoneMinderRows, a_table_that_a_later_version_has_is_kept) {
    Model model;
    EXPECT_TRUE(
        read_zoneminder_row("Encoder_Templates", {{"Id", "4"}, {"Name", "h265"}, {"Rate", "9"}}, model));
    EXPECT_EQ(field(model, Category::other, "Encoder_Templates-4", "Rate"), (Field{"9"}));
}

TEST(SplitUrl, takes_out_who_logs_in) {
    const auto check = [](const char* url, const char* address, const char* user, const char* password,
                          const char* query = "") {
        const auto split = split_url(url);
        EXPECT_EQ(split.address, address) << url;
        EXPECT_EQ(split.user, user) << url;
        EXPECT_EQ(split.password, password) << url;
        EXPECT_EQ(split.query, query) << url;
    };
    check("", "", "", "");
    check("rtsp://192.0.2.1/live", "rtsp://192.0.2.1/live", "", "");
    check("rtsp://u:p@192.0.2.1:554/live", "rtsp://192.0.2.1:554/live", "u", "p");
    check("rtsp://u@192.0.2.1/live", "rtsp://192.0.2.1/live", "u", "");
    check("u:p@192.0.2.1", "192.0.2.1", "u", "p");
    check("rtsp://u:p@ss@192.0.2.1/a", "rtsp://192.0.2.1/a", "u", "p@ss");
    check("rtsp://u:p/w@192.0.2.1/a", "rtsp://192.0.2.1/a", "u", "p/w");
    check("http://192.0.2.1:80/a@b", "http://192.0.2.1:80/a@b", "", "");
    check("http://192.0.2.1/cgi?user=u&password=p", "http://192.0.2.1/cgi", "", "", "user=u&password=p");
    check("http://192.0.2.1/cgi?channel=1", "http://192.0.2.1/cgi?channel=1", "", "");
    check("/dev/video0", "/dev/video0", "", "");
}

}  // namespace
}  // namespace coffre::drivers
