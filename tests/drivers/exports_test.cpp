// Files that people export by hand: how they are read, and what is told of those that nobody reads.

#include <random>

#include <gtest/gtest.h>

#include "drivers/equipment/drivers.hpp"
#include "drivers/equipment/item_fields.hpp"
#include "drivers/equipment/memory_files.hpp"
#include "drivers/equipment/opaque.hpp"
#include "drivers/equipment/recognise.hpp"
#include "drivers/model/compare.hpp"
#include "drivers/model/formats.hpp"

namespace coffre::drivers {
namespace {

MemoryFiles files_of(const std::map<std::string, std::string>& texts) {
    MemoryFiles files;
    for (const auto& [path, content] : texts) {
        const auto bytes = as_bytes(content);
        files.put(path, Bytes(bytes.begin(), bytes.end()));
    }
    return files;
}

Model model_of_files(const std::map<std::string, std::string>& texts) {
    return model_of("files 1", files_of(texts));
}

std::string utf16(const std::string& ascii) {
    std::string out = "\xff\xfe";
    for (const char c : ascii) {
        out += c;
        out += '\0';
    }
    return out;
}

const std::string header = "Windows Registry Editor Version 5.00\r\n\r\n";

TEST(Registry, values_of_all_sorts_are_read) {
    const auto keys = model::parse_registry(header +
                                            "[HKEY_LOCAL_MACHINE\\SOFTWARE\\X]\r\n"
                                            "@=\"own\"\r\n"
                                            "\"text\"=\"a \\\"b\\\" c:\\\\d\"\r\n"
                                            "; a comment\r\n"
                                            "\"number\"=dword:000000ff\r\n"
                                            "\"large\"=hex(b):00,01,00,00,00,00,00,00\r\n"
                                            "\"list\"=hex(7):61,00,00,00,62,00,\\\r\n  00,00,00,00\r\n"
                                            "\"bytes\"=hex:01,ff\r\n"
                                            "\"gone\"=-\r\n"
                                            "\"lines\"=\"one\r\ntwo\"\r\n\r\n"
                                            "[-HKEY_LOCAL_MACHINE\\SOFTWARE\\Y]\r\n");
    ASSERT_EQ(keys.size(), 2U);
    using Kind = model::RegistryValue::Kind;
    const std::map<std::string, model::RegistryValue> expected{
        {"", {Kind::text, "own"}},         {"text", {Kind::text, "a \"b\" c:\\d"}},
        {"number", {Kind::number, "255"}}, {"large", {Kind::number, "256"}},
        {"list", {Kind::text, "a\nb"}},    {"bytes", {Kind::bytes, "\x01\xff"}},
        {"gone", {Kind::removed, ""}},     {"lines", {Kind::text, "one\r\ntwo"}},
    };
    EXPECT_EQ(keys[0].values, expected);
    EXPECT_EQ(keys[1].path, "-HKEY_LOCAL_MACHINE\\SOFTWARE\\Y");
}

TEST(Registry, what_does_not_hold_is_malformed) {
    for (const std::string text : {"\"early\"=\"x\"", "[X", "[X]\n\"a\"=dword:xyz", "[X]\n\"a\"=\"open",
                                   "[X]\nnothing", "[X]\n\"a\"=hex:1ff", "[X]\n\"a\""})
        EXPECT_THROW((void)model::parse_registry(header + text), model::Malformed) << text;
    EXPECT_THROW((void)model::parse_registry("REGEDIT"), model::Malformed);
}

TEST(Registry, one_file_in_two_encodings_is_one_model) {
    const std::string text = header + "[HKEY_CURRENT_USER\\Software\\Vendor]\r\n\"Password\"=\"pas-vu\"\r\n";
    const auto wide = model_of_files({{"a.reg", utf16(text)}});
    const auto narrow = model_of_files({{"a.reg", text}});
    EXPECT_TRUE(model::compare(wide, narrow).empty());
    const auto* const key = wide.find(Category::other, "HKEY_CURRENT_USER\\Software\\Vendor");
    ASSERT_NE(key, nullptr);
    EXPECT_TRUE(key->fields.at("Password").secret);
}

std::vector<model::SqlTable> tables_of(const std::string& text) { return model::parse_sql(text).tables; }

TEST(Sql, both_ways_to_write_a_text_are_read) {
    const auto mysql = tables_of(
        "-- MySQL dump\nCREATE TABLE `t` (`id` int, `a` text, PRIMARY KEY (`id`));\n"
        "INSERT INTO `t` VALUES (1,'l\\'eau\\n'),(2,NULL),(3,_binary 'x''y');");
    ASSERT_EQ(mysql.size(), 1U);
    EXPECT_EQ(mysql[0].key, std::vector<std::string>{"id"});
    ASSERT_EQ(mysql[0].rows.size(), 3U);
    EXPECT_EQ(mysql[0].rows[0].at("a"), "l'eau\n");
    EXPECT_EQ(mysql[0].rows[1].at("a"), std::nullopt);
    EXPECT_EQ(mysql[0].rows[2].at("a"), "x'y");
    const auto postgres = tables_of(
        "--\n-- PostgreSQL database dump\n--\n\\restrict abc\nSET standard_conforming_strings = on;\n"
        "CREATE FUNCTION public.f() RETURNS trigger LANGUAGE plpgsql AS $_$ begin insert into x values (1); "
        "end $_$;\n"
        "CREATE TABLE public.\"User\" (\n    id integer NOT NULL,\n    name text DEFAULT 'a,b'::text,\n"
        "    CONSTRAINT c CHECK ((id > 0))\n);\n"
        "INSERT INTO public.\"User\" VALUES (1, 'C:\\dir\\');\n"
        "INSERT INTO public.\"User\" (id, name) VALUES (2, E'a\\tb');\n"
        "COPY public.\"User\" (id, name) FROM stdin;\n3\tx\\ty\n4\t\\N\n\\.\n"
        "ALTER TABLE ONLY public.\"User\" ADD CONSTRAINT \"User_pkey\" PRIMARY KEY (id);\n");
    ASSERT_EQ(postgres.size(), 1U);
    EXPECT_EQ(postgres[0].name, "User");
    EXPECT_EQ(postgres[0].key, std::vector<std::string>{"id"});
    ASSERT_EQ(postgres[0].rows.size(), 4U);
    EXPECT_EQ(postgres[0].rows[0].at("name"), "C:\\dir\\");
    EXPECT_EQ(postgres[0].rows[1].at("name"), "a\tb");
    EXPECT_EQ(postgres[0].rows[2].at("name"), "x\ty");
    EXPECT_EQ(postgres[0].rows[3].at("name"), std::nullopt);
}

TEST(Sql, rows_of_any_database_are_told_by_their_key) {
    const std::string start =
        "-- MariaDB dump\nCREATE TABLE cameras (id int PRIMARY KEY, name text, password text);\n";
    const auto before = model_of_files(
        {{"vms.sql", start + "INSERT INTO cameras VALUES (1,'HALL','pas-vu'),(2,'QUAI','pas-vu');"}});
    const auto after = model_of_files(
        {{"vms.sql",
          start + "INSERT INTO cameras VALUES (2,'QUAI','change');\nINSERT INTO cameras VALUES (1,'HALL',"
                  "'pas-vu');\n-- Dump completed on 2026-11-23"}});
    const auto changes = model::compare(before, after);
    ASSERT_EQ(changes.size(), 1U);
    EXPECT_EQ(changes[0].category, Category::other);
    EXPECT_EQ(changes[0].key, "cameras/2");
    ASSERT_EQ(changes[0].fields.size(), 1U);
    EXPECT_TRUE(changes[0].fields[0].secret);
}

TEST(Sql, rows_without_a_key_are_told_by_what_they_say) {
    const std::string start = "-- MySQL dump\nCREATE TABLE t (a int, b text);\n";
    const auto before = model_of_files({{"t.sql", start + "INSERT INTO t VALUES (1,'x'),(1,'y');"}});
    const auto after = model_of_files({{"t.sql", start + "INSERT INTO t VALUES (1,'y'),(1,'z');"}});
    const auto changes = model::compare(before, after);
    ASSERT_EQ(changes.size(), 2U);
    EXPECT_NE(changes[0].kind, changes[1].kind);
}

TEST(Sql, what_a_database_does_by_itself_is_told_and_is_no_row) {
    const auto dump = model::parse_sql(
        "-- MySQL dump\nDELIMITER ;;\nCREATE TRIGGER t BEFORE DELETE ON a FOR EACH ROW BEGIN INSERT INTO b "
        "VALUES (OLD.id); END ;;\n/*!50003 CREATE*/ /*!50017 DEFINER=`x`@`y`*/ /*!50003 TRIGGER u BEFORE "
        "INSERT ON a FOR EACH ROW SET NEW.x = 1 */;;\nDELIMITER ;\n/*!40101 SET NAMES utf8 */;\n");
    EXPECT_TRUE(dump.tables.empty());
    ASSERT_EQ(dump.programs.size(), 2U);
    EXPECT_TRUE(dump.programs[0].starts_with("CREATE TRIGGER t"));
    EXPECT_TRUE(dump.programs[1].starts_with("TRIGGER u"));
}

std::string milestone_cameras(const std::string& name) {
    return R"({"array":[{"id":"1","name":")" + name +
           R"(","relations":{"self":{"type":"cameras","id":"1"}}}]})";
}

TEST(Exports, of_two_equipments_in_two_folders_none_takes_the_place_of_the_other) {
    const auto model = model_of_files(
        {{"hall/cameras.json", milestone_cameras("HALL")}, {"quai/cameras.json", milestone_cameras("QUAI")}});
    EXPECT_EQ(model.find(Category::cameras, "1"), nullptr);
    ASSERT_NE(model.find(Category::cameras, "hall/1"), nullptr);
    ASSERT_NE(model.find(Category::cameras, "quai/1"), nullptr);
    EXPECT_EQ(model.find(Category::cameras, "hall/1")->value("name"), "HALL");
    EXPECT_EQ(model.find(Category::cameras, "quai/1")->label, "quai: QUAI");
}

TEST(Exports, of_two_equipments_in_one_folder_none_takes_the_place_of_the_other) {
    const auto model =
        model_of_files({{"hall.json", milestone_cameras("HALL")}, {"quai.json", milestone_cameras("QUAI")}});
    ASSERT_NE(model.find(Category::cameras, "hall.json/1"), nullptr);
    ASSERT_NE(model.find(Category::cameras, "quai.json/1"), nullptr);
}

TEST(Exports, parts_of_one_equipment_are_put_together) {
    const auto model = model_of_files(
        {{"cameras.json", milestone_cameras("HALL")},
         {"roles.json",
          R"({"array":[{"id":"2","name":"Gardes","relations":{"self":{"type":"roles","id":"2"}}}]})"}});
    EXPECT_NE(model.find(Category::cameras, "1"), nullptr);
    EXPECT_NE(model.find(Category::users, "role-2"), nullptr);
    EXPECT_EQ(model.device_field("manufacturer"), "Milestone");
}

TEST(Exports, lists_of_nx_are_known_one_by_one) {
    const auto model = model_of_files(
        {{"devices.json",
          R"([{"id":"{AB-1}","name":"HALL","physicalId":"P","serverId":"S",
                              "url":"rtsp://u:pas-vu@192.0.2.1/x",
                              "credentials":{"user":"u","password":"pas-vu"},"parameters":{"firmware":"1"},
                              "schedule":{"isEnabled":true,
                              "tasks":[{"dayOfWeek":1,"startTime":0,"endTime":3600,"fps":5}]}}])"},
         {"users.json", R"([{"id":"u1","name":"garde","permissions":"viewLogs","isEnabled":false}])"},
         {"info.json",
          R"({"name":"SIEGEPARIS","version":"6.0.1","localId":"x","customization":"default"})"}});
    const auto* const camera = model.find(Category::cameras, "ab-1");
    ASSERT_NE(camera, nullptr);
    EXPECT_EQ(camera->value("address"), "rtsp://192.0.2.1/x");
    EXPECT_TRUE(camera->fields.at("password").secret);
    EXPECT_TRUE(camera->fields.at("firmware").is_volatile);
    EXPECT_EQ(model.find(Category::recording, "ab-1")->value("schedule"), "1 0-3600 fps=5");
    EXPECT_EQ(model.find(Category::users, "u1")->value("enabled"), "false");
    EXPECT_EQ(model.device_field("firmware"), "6.0.1");
}

TEST(Exports, what_only_looks_alike_is_left_to_be_compared_as_a_file) {
    const auto files = std::map<std::string, std::string>{
        {"a.json", R"({"array":[1],"relations":{}})"},
        {"b.json", R"([{"permissions":"x"}])"},
        {"c.yml", "cameras:\n  x: 1\nffmpeg: {inputs: []}\n"},
        {"d.reg", header + "nonsense"},
        {"e.sql", "-- CREATE TABLE (((("},
        {"f.txt", "a text"},
        {"g.json", R"({"array":[{"relations":{"self":{"type":"cameras"}}}]})"}};
    const auto model = model_of_files(files);
    for (const auto& path : {"a.json", "b.json", "c.yml", "d.reg", "e.sql", "f.txt", "g.json"})
        EXPECT_FALSE(model.explained(path)) << path;
    EXPECT_TRUE(std::none_of(model.items().begin(), model.items().end(),
                             [](const auto& entry) { return entry.first.first == Category::cameras; }));
}

TEST(Exports, whatever_they_hold_nothing_is_thrown) {
    const std::vector<std::string> seeds{
        header +
            "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Perspective Software\\Blue Iris\\Cameras\\A]\n\"ip\"=\"x\"\n"
            "\"port\"=dword:00000050\n\"b\"=hex(7):61,00,\\\n  00,00\n",
        "-- MySQL dump\nCREATE TABLE `t` (`id` int(1) NOT NULL, `n` text, PRIMARY KEY (`id`));\nINSERT "
        "INTO `t` VALUES (1,'a\\'b'),(2,NULL);\nCOPY x (a) FROM stdin;\n1\n\\.\n",
        milestone_cameras("HALL"),
        R"({"cameras":[{"id":"1","name":"a","url":"x"}],"users":[],
            "allProperties":[{"resourceId":"1","name":"n","value":"v"}],"licenses":[{"key":"ab"}],
            "cameraUserAttributesList":[{"cameraId":"1","scheduleTasks":[{"dayOfWeek":1}]}]})",
        "cameras:\n  a:\n    ffmpeg:\n      inputs:\n        - path: rtsp://u:p@h/1\n          roles: "
        "[detect]\ngo2rtc:\n  streams:\n    a: [x, y]\nauth:\n  roles: {a: [b]}\n"};
    static const std::vector<std::string> parts{"[",  "]", "{",  "}",  "\"",   "'",    ",",     ":",  "\\",
                                                "\n", "(", ")",  ";",  "null", "\xff", "--",    "/*", "$$",
                                                "=",  "-", "[]", "{}", "1",    "id",   "array", "\0"};
    std::mt19937 random(11);
    for (int i = 0; i < 4'000; ++i) {
        auto text = seeds[random() % seeds.size()];
        for (auto n = 1 + random() % 4; n > 0; --n) {
            const auto at = random() % (text.size() + 1);
            if (random() % 2 == 0)
                text.insert(at, parts[random() % parts.size()]);
            else
                text.erase(at, random() % 8);
        }
        EXPECT_NO_THROW((void)model_of_files({{"x", text}})) << text;
    }
}

TEST(Fields, what_belongs_together_without_an_order_reads_alike_in_any) {
    Item one, other, ordered;
    set_leaves(one, model::parse_json(R"({"a":["y","x"],"b":[{"id":"2","v":1},{"id":"1","v":2}]})"), "",
               Lists::as_sets);
    set_leaves(other, model::parse_json(R"({"b":[{"id":"1","v":2},{"id":"2","v":1}],"a":["x","y"]})"), "",
               Lists::as_sets);
    EXPECT_EQ(one.fields, other.fields);
    EXPECT_EQ(one.value("b[1].v"), "2");
    set_leaves(ordered, model::parse_json(R"({"a":["y","x"]})"), "", Lists::in_order);
    EXPECT_EQ(ordered.value("a"), "y, x");
}

TEST(Opaque, contents_are_told_by_their_first_bytes) {
    const std::vector<std::pair<std::string, std::string>> cases{
        {std::string("PK\x03\x04") + "rest", "zip"},
        {"\x1f\x8b\x08 rest", "gzip"},
        {"%PDF-1.7\n", "pdf"},
        {"\x89PNG\r\n\x1a\n....", "png"},
        {std::string("SQLite format 3\0page", 20), "sqlite"},
        {"<?xml version='1.0'?><a/>", "xml"},
        {"  <a:b/>", "xml"},
        {"<!DOCTYPE html><p>", "html"},
        {"{\"a\": [1]}", "json"},
        {"{ not json", "text"},
        {"a = b\n", "text"},
        {"MZ is no program here\n", "text"},
        {"", "empty"},
        {std::string("\0\1\2\0\0\0", 6), "data"},
    };
    for (const auto& [content, sort] : cases) EXPECT_EQ(content_sort(content), sort) << content;
}

TEST(Opaque, what_looks_random_is_told_from_what_does_not) {
    std::mt19937 random(3);
    std::string noise, zeros(100'000, '\0');
    for (int i = 0; i < 100'000; ++i) noise += static_cast<char>(random() & 0xff);
    EXPECT_EQ(describe(noise), "encrypted or compressed, 8.0 bits/byte");
    EXPECT_EQ(content_sort(noise.substr(0, 400)), "encrypted or compressed");
    EXPECT_EQ(describe(zeros), "data, 0.0 bits/byte");
    EXPECT_EQ(describe("abab"), "text, 1.0 bits/byte");
    EXPECT_EQ(entropy(""), 0.0);
    // Half of it random, half of it not: no blob of a cipher.
    EXPECT_EQ(content_sort(noise.substr(0, 50'000) + zeros.substr(0, 50'000)), "data");
}

}  // namespace
}  // namespace coffre::drivers
