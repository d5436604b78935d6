#include "cli/command/changes.hpp"

#include <algorithm>

namespace coffre::cli {

namespace {

constexpr std::size_t bar_width = 40;  // columns of the longest bar of --stat

char letter_of(const FileDiff& diff) {
    switch (diff.change.kind) {
        case repo::ChangeKind::added:
            return 'A';
        case repo::ChangeKind::removed:
            return 'D';
        case repo::ChangeKind::renamed:
            return 'R';
        case repo::ChangeKind::retyped:
            return 'T';
        case repo::ChangeKind::modified:
            break;
    }
    const auto& change = diff.change;
    return change.before->id == change.after->id ? 'T' : 'M';
}

const char* kind_word(const FileDiff& diff) {
    switch (letter_of(diff)) {
        case 'A':
            return "added";
        case 'D':
            return "removed";
        case 'R':
            return "renamed";
        case 'T':
            return "type";
        default:
            return "modified";
    }
}

Colour colour_of(char letter) {
    return letter == 'A'   ? Colour::green
           : letter == 'D' ? Colour::red
           : letter == 'M' ? Colour::yellow
                           : Colour::cyan;
}

std::string shown_path(const repo::Change& change) {
    const bool folder = (change.after ? change.after : change.before)->empty_folder;
    const auto path = printable(change.path) + (folder ? "/" : "");
    return change.from.empty() ? path : printable(change.from) + " -> " + path;
}

std::string lines_text(const FileDiff& diff) {
    std::string text;
    if (diff.lines_added > 0) text += coloured(Colour::green, "+" + std::to_string(diff.lines_added));
    if (diff.lines_removed > 0)
        text += (text.empty() ? "" : " ") + coloured(Colour::red, "-" + std::to_string(diff.lines_removed));
    return text;
}

std::string sizes_text(const repo::Change& change) {
    const auto size = [](const std::optional<repo::FileEntry>& entry) {
        return entry ? human_bytes(entry->bytes) : std::string("-");
    };
    return size(change.before) + " -> " + size(change.after);
}

}  // namespace

std::string change_letter(const FileDiff& diff) {
    const char letter = letter_of(diff);
    return coloured(colour_of(letter), std::string(1, letter));
}

std::string change_line(const FileDiff& diff) {
    std::string line = change_letter(diff) + "  " + pad(shown_path(diff.change), 40);
    if (diff.binary)
        line += "  " + tr<Msg::binary_change>(sizes_text(diff.change)) +
                (diff.content.empty() ? "" : " (" + diff.content + ")");
    else
        line += "  " + lines_text(diff);
    if (diff.change.kind == repo::ChangeKind::renamed)
        line += "  " + std::to_string(diff.change.likeness) + " %";
    while (line.ends_with(' ')) line.pop_back();
    return line;
}

std::string summary_line(const Comparison& comparison) {
    if (comparison.changes.empty()) return tr<Msg::no_difference>();
    return tr<Msg::diff_summary>(count_files(comparison.changes.size()),
                                 std::to_string(comparison.lines_added),
                                 std::to_string(comparison.lines_removed));
}

std::string stat_line(const FileDiff& diff, std::size_t path_width, std::uint64_t most_lines) {
    const auto lines = diff.lines_added + diff.lines_removed;
    std::string line = " " + pad(shown_path(diff.change), path_width) + " | ";
    if (diff.binary) return line + tr<Msg::binary_change>(sizes_text(diff.change));
    const auto scaled = [&](std::uint64_t count) -> std::size_t {
        if (count == 0) return 0;
        if (most_lines <= bar_width) return count;
        return std::max<std::size_t>(1, static_cast<std::size_t>(count * bar_width / most_lines));
    };
    line += std::to_string(lines) + " " +
            coloured(Colour::green, std::string(scaled(diff.lines_added), '+')) +
            coloured(Colour::red, std::string(scaled(diff.lines_removed), '-'));
    while (line.ends_with(' ')) line.pop_back();
    return line;
}

Json file_json(const repo::FileEntry& file) {
    Json json;
    put_path(json, file.path);
    json["bytes"] = file.bytes;
    json["oid"] = file.id.hex();
    if (file.mode == odb::EntryMode::link) json["link"] = true;
    if (file.mode == odb::EntryMode::executable) json["executable"] = true;
    return json;
}

Json change_json(const FileDiff& diff) {
    const auto side = [](const std::optional<repo::FileEntry>& entry) -> Json {
        if (!entry) return nullptr;
        auto json = file_json(*entry);
        if (entry->empty_folder) json["empty_folder"] = true;
        return json;
    };
    Json json{{"kind", kind_word(diff)}};
    put_path(json, diff.change.path);
    json["before"] = side(diff.change.before);
    json["after"] = side(diff.change.after);
    if (diff.change.kind == repo::ChangeKind::renamed) json["likeness"] = diff.change.likeness;
    json["binary"] = diff.binary;
    if (!diff.content.empty()) json["content"] = diff.content;
    json["lines_added"] = diff.lines_added;
    json["lines_removed"] = diff.lines_removed;
    return json;
}

Json changes_json(const Comparison& comparison) {
    Json list = Json::array();
    for (const auto& diff : comparison.changes) list.push_back(change_json(diff));
    return list;
}

Json stat_json(const Comparison& comparison) {
    std::map<std::string, std::uint64_t> kinds{
        {"added", 0}, {"removed", 0}, {"modified", 0}, {"renamed", 0}, {"type", 0}};
    for (const auto& diff : comparison.changes) ++kinds[kind_word(diff)];
    Json json{{"files", comparison.changes.size()}};
    for (const auto& [kind, count] : kinds) json[kind] = count;
    json["lines_added"] = comparison.lines_added;
    json["lines_removed"] = comparison.lines_removed;
    return json;
}

}  // namespace coffre::cli
