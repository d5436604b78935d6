#pragma once
// The rows that a dump of a MariaDB or MySQL database holds, one by one. Statements other than INSERT and
// CREATE TABLE are passed over; nothing is executed. Pure.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/model/formats.hpp"

namespace coffre::model {

struct InsertedRow {
    std::string table;
    std::vector<std::string> columns;
    // As written in the dump ("'it\'s'", "5.00", "NULL", "0x1F"): nothing but one literal each, so that they
    // can be put into a statement as they are. As many as columns.
    std::vector<std::string_view> literals;
};

// In the order of the dump. The columns' names are those of the INSERT, or of the table's CREATE TABLE where
// it has none. Malformed: the text is no such dump, or is cut off.
void each_inserted_row(std::string_view dump, const std::function<void(const InsertedRow&)>& row);

// What a literal stands for; "" for NULL.
std::string sql_value(std::string_view literal);
// As a literal, `text` quoted.
std::string sql_literal(std::string_view text);

}  // namespace coffre::model
