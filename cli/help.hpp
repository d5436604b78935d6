#pragma once
// The pages of docs/cli, compiled in: the one source of --help, of the manual pages and of the site.

#include <string>
#include <string_view>
#include <vector>

#include "base/message.hpp"

namespace coffre::cli {

// "coffre" and every command, as there are pages.
std::vector<std::string> help_commands();

// The page's second paragraph: what the command does, in a few words.
std::string_view help_summary(Lang lang, std::string_view command);

// The page as plain text for a terminal of that width. Pages are a small part of Markdown: one heading line,
// paragraphs, "## " headings, "- `option`: text" items, blocks indented by four. std::out_of_range for a
// command that has no page.
std::string render_help(Lang lang, std::string_view command, int width, bool colour);

}  // namespace coffre::cli
