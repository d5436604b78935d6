#pragma once
// Words and figures as people read them, on a terminal and in a page. Each is said here once, so that two
// pages never differ.

#include <string>
#include <string_view>

#include "base/equipment_model.hpp"
#include "base/message.hpp"
#include "cli/output.hpp"

namespace coffre::cli {

// As text or attribute of a page: nothing in it is markup, nothing drives a terminal or turns the line.
std::string html_text(std::string_view text);
// The same of what a person wrote: its line ends are `line_end`.
std::string html_lines(std::string_view text, std::string_view line_end);
// A text of ours: also with the spaces that are never broken at, before ":" in French and before a unit.
std::string html_words(std::string_view text);

// A capital where it begins a line. Of a message whose first word is an argument nothing changes: it may be
// somebody's name.
std::string with_capital(std::string text);
std::string with_capital(const Message& message);

std::size_t columns_of(std::string_view text);
// Where it would be longer, cut between two characters, with "…" at its end.
std::string fitted(const std::string& text, std::size_t columns);

std::string recovery_text(std::int64_t milliseconds);  // "210 ms", "14.2 s", "3 min 5 s"
// The last day before that moment: the last on which something is in time, or holds.
std::string due_date(const std::string& zone, Timestamp due);
std::string role_label(const std::string& role);  // of a remote, or "local"
std::string contract_level(const std::string& contract);
std::string dispensation_label(const std::string& kind);
std::string category_label(Category category);
std::string observed_label(const std::string& what);
std::string found_label(const std::string& code);
std::string way_in_label(const std::string& type);

}  // namespace coffre::cli
