// Rows of dumps: what counts, what is passed over, what is malformed.

#include "drivers/model/sql_rows.hpp"

#include <gtest/gtest.h>

namespace coffre::model {
namespace {

std::vector<std::string> rows_of(std::string_view dump) {
    std::vector<std::string> rows;
    each_inserted_row(dump, [&](const InsertedRow& row) {
        auto text = row.table + ":";
        for (std::size_t i = 0; i < row.columns.size(); ++i)
            text += " " + row.columns[i] + "=" + sql_value(row.literals[i]);
        rows.push_back(text);
    });
    return rows;
}

bool malformed(std::string_view dump) {
    try {
        rows_of(dump);
        return false;
    } catch (const Malformed&) {
        return true;
    }
}

TEST(SqlRows, are_those_of_complete_inserts) {
    const auto rows = rows_of(
        "/*M!999999\\- enable the sandbox mode */ \n-- MariaDB dump; it's one\n"
        "/*!40101 SET NAMES utf8mb4 */;\n"
        "INSERT INTO `Users` (`Id`, `Name`) VALUES (1,'it\\'s; a \\\\ \\n''x'''),(-2,NULL);\n"
        "INSERT INTO zm.`B` (A,b) VALUES (0x4142, _binary 'x');\n# end\n");
    ASSERT_EQ(rows.size(), 3U);
    EXPECT_EQ(rows[0], "Users: Id=1 Name=it's; a \\ \n'x'");
    EXPECT_EQ(rows[1], "Users: Id=-2 Name=");
    EXPECT_EQ(rows[2], "B: A=AB b=x");
}

TEST(SqlRows, take_their_columns_from_the_table_where_they_name_none) {
    const auto rows = rows_of(
        "DROP TABLE IF EXISTS `M`;\nCREATE TABLE IF NOT EXISTS `M` (\n  `Id` int(10) NOT NULL,\n"
        "  `Type` enum('a,b',')') DEFAULT 'a,b' COMMENT 'x',\n  `Key` decimal(5,2),\n"
        "  PRIMARY KEY (`Id`),\n  KEY `k` (`Type`,`Key`),\n"
        "  CONSTRAINT `f` FOREIGN KEY (`Id`) REFERENCES `N` (`Id`)\n) ENGINE=InnoDB;\n"
        "LOCK TABLES `M` WRITE;\nINSERT INTO `M` VALUES (1,')',1.50e-3);\nUNLOCK TABLES;\n");
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0], "M: Id=1 Type=) Key=1.50e-3");
}

TEST(SqlRows, that_do_not_hold_are_malformed) {
    EXPECT_TRUE(malformed("INSERT INTO `A` (`a`) VALUES (1"));
    EXPECT_TRUE(malformed("INSERT INTO `A` (`a`) VALUES ('x"));
    EXPECT_TRUE(malformed("INSERT INTO `A` (`a`,`b`) VALUES (1);"));
    EXPECT_TRUE(malformed("INSERT INTO `A` VALUES (1);"));
    EXPECT_TRUE(malformed("INSERT INTO `A` (`a`) VALUES (SLEEP(5));"));
    EXPECT_TRUE(malformed("INSERT INTO `A` (`a`) VALUES (1) ON DUPLICATE KEY UPDATE a=2;"));
    EXPECT_TRUE(malformed("/* never ends"));
    EXPECT_FALSE(malformed(""));
}

TEST(SqlRows, a_literal_says_what_it_was_made_of) {
    for (const std::string text :
         {"", "it's", "a\\b", "line\nline\r", std::string("\0\x1a", 2).c_str(), "é'\"`"})
        EXPECT_EQ(sql_value(sql_literal(text)), text);
}

}  // namespace
}  // namespace coffre::model
