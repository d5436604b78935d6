#pragma once
// How changes of files are shown, in words and in JSON.

#include "cli/work/compare.hpp"

namespace coffre::cli {

std::string change_letter(const FileDiff& diff);  // A, M, D, R or T, in its colour
std::string change_line(const FileDiff& diff);    // "M  path  +3 -1"
std::string summary_line(const Comparison& comparison);
std::string stat_line(const FileDiff& diff, std::size_t path_width, std::uint64_t most_lines);

Json file_json(const repo::FileEntry& file);
Json change_json(const FileDiff& diff);
Json changes_json(const Comparison& comparison);
Json stat_json(const Comparison& comparison);

}  // namespace coffre::cli
