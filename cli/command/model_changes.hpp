#pragma once
// How changes in the equipment's own words are shown, for people and in JSON. Secrets never, unless asked
// for.

#include "cli/work/model.hpp"
#include "cli/work/words.hpp"

namespace coffre::cli {

// In the user's language where it is one that all makes share.
std::string field_label(const std::string& field);

// A heading for each category, a line for each item, a line for each field of a changed one.
void print_model_changes(const std::vector<model::ItemChange>& changes, bool show_secrets);

// All on one line, at most `width` columns: "Cameras: + Quai Nord; Users and rights: ~ joe (level)".
std::string changes_in_short(const std::vector<model::ItemChange>& changes, std::size_t width);

// "kind", "path", "category", "item", "label", "before", "after", "significant"; an added or removed item is
// one change, with all its fields in "after" or "before"; a changed one is a change for each field.
Json model_changes_json(const std::vector<model::ItemChange>& changes, bool show_secrets);

// Items in the equipment's words, and as files what nothing is known of.
void print_model_diff(const ModelDiff& diff, bool show_secrets);
// All of it: changes of items, then of files.
Json model_diff_changes_json(const ModelDiff& diff, bool show_secrets);
// Numbers of files as stat_json() has them, and "items": "added", "removed", "changed".
Json model_diff_stat_json(const ModelDiff& diff);

}  // namespace coffre::cli
