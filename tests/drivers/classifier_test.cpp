// What changes when somebody changes something, for each driver and each export that is understood: stored
// files before and after, in tests/fixtures/<name>/pairs/<case>/. <name> is a driver's or a reader's; <case>
// is cameras, recording, firmware, rights or noise, with "-word" behind it where there are several. A file
// `absent` in place of both says in one line why there is no such thing.
//
// docs/drivers/changes.md is the table of what these files give; COFFRE_WRITE_TABLES=1 writes it.

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "drivers/equipment/drivers.hpp"
#include "drivers/equipment/memory_files.hpp"
#include "drivers/model/compare.hpp"

namespace coffre::drivers {
namespace {

namespace fs = std::filesystem;

const fs::path source = COFFRE_SOURCE_DIR;
constexpr std::array<const char*, 5> kinds{"cameras", "recording", "firmware", "rights", "noise"};

struct Pair {
    std::string driver, name;
    fs::path path;
    std::string absent;  // why there is none

    [[nodiscard]] std::string kind() const { return name.substr(0, name.find('-')); }
    [[nodiscard]] std::string title() const { return driver + ": " + name; }
    [[nodiscard]] bool is_absent() const { return fs::exists(path / "absent"); }
};

std::string text_of(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<fs::path> folders_in(const fs::path& path) {
    std::vector<fs::path> found;
    if (fs::exists(path))
        for (const auto& entry : fs::directory_iterator(path))
            if (entry.is_directory()) found.push_back(entry.path());
    std::sort(found.begin(), found.end());
    return found;
}

// All of them, by driver and name.
std::vector<Pair> pairs() {
    std::vector<Pair> found;
    for (const auto& driver : folders_in(source / "tests/fixtures"))
        for (const auto& path : folders_in(driver / "pairs")) {
            Pair pair{driver.filename(), path.filename(), path, {}};
            if (pair.is_absent()) {
                pair.absent = text_of(path / "absent");
                while (pair.absent.ends_with('\n')) pair.absent.pop_back();
            }
            found.push_back(std::move(pair));
        }
    return found;
}

MemoryFiles stored(const fs::path& folder) {
    MemoryFiles files;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        if (!entry.is_regular_file()) continue;
        const auto text = text_of(entry.path());
        const auto bytes = as_bytes(text);
        files.put(entry.path().lexically_relative(folder).generic_string(),
                  Bytes(bytes.begin(), bytes.end()));
    }
    return files;
}

struct Sides {
    explicit Sides(const Pair& pair)
        : files_before(stored(pair.path / "before")),
          files_after(stored(pair.path / "after")),
          before(model_of(pair.driver + " 1", files_before)),
          after(model_of(pair.driver + " 1", files_after)) {}

    // Files that are not the same and that no item tells of: people would be shown that they changed.
    [[nodiscard]] std::vector<std::string> untold() const {
        std::set<std::string> names;
        for (const auto* side : {&files_before, &files_after})
            for (const auto& file : side->files()) names.insert(file.path);
        std::vector<std::string> found;
        for (const auto& name : names) {
            const auto* const a = files_before.content(name);
            const auto* const b = files_after.content(name);
            if (a != nullptr && b != nullptr && *a == *b) continue;
            if (!(a == nullptr || before.explained(name)) || !(b == nullptr || after.explained(name)))
                found.push_back(name);
        }
        return found;
    }

    MemoryFiles files_before, files_after;
    Model before, after;
};

std::string shown(const model::ItemChange& change) {
    auto text = model_path(change.category, change.key);
    for (const auto& field : change.fields) text += " " + field.field;
    return text;
}

std::string all_shown(const std::vector<model::ItemChange>& changes) {
    std::string text;
    for (const auto& change : changes) text += "  " + shown(change) + "\n";
    return text;
}

std::set<std::string> kinds_of(const std::vector<model::ItemChange>& changes) {
    std::set<std::string> found;
    for (const auto& change : changes)
        for (const auto kind : model::significant_kinds(change)) found.emplace(significant_name(kind));
    return found;
}

TEST(Classifier, each_driver_shows_all_kinds_or_says_why_not) {
    std::map<std::string, std::set<std::string>> seen;
    for (const auto& pair : pairs()) {
        SCOPED_TRACE(pair.title());
        seen[pair.driver].insert(pair.kind());
        EXPECT_NE(std::find(kinds.begin(), kinds.end(), pair.kind()), kinds.end());
        if (pair.is_absent()) {
            EXPECT_FALSE(pair.absent.empty());
            EXPECT_EQ(pair.absent.find('\n'), std::string::npos) << "one line";
            EXPECT_NE(pair.kind(), "noise");
        } else {
            EXPECT_FALSE(stored(pair.path / "before").files().empty());
            EXPECT_FALSE(stored(pair.path / "after").files().empty());
        }
    }
    EXPECT_FALSE(seen.empty());
    for (const auto& driver : known_drivers())
        if (driver.model != nullptr) seen[driver.name];
    for (const auto& [driver, cases] : seen)
        for (const std::string kind : kinds) EXPECT_TRUE(cases.contains(kind)) << driver << ": no " << kind;
}

TEST(Classifier, a_change_is_of_its_kind_and_no_other) {
    for (const auto& pair : pairs()) {
        if (pair.is_absent() || pair.kind() == "noise") continue;
        SCOPED_TRACE(pair.title());
        const Sides sides(pair);
        const auto changes = model::compare(sides.before, sides.after);
        EXPECT_EQ(kinds_of(changes), std::set<std::string>{pair.kind()}) << all_shown(changes);
        EXPECT_EQ(kinds_of(model::compare(sides.after, sides.before)), std::set<std::string>{pair.kind()});
        EXPECT_EQ(sides.untold(), std::vector<std::string>{});
    }
}

TEST(Classifier, noise_is_no_change) {
    for (const auto& pair : pairs()) {
        if (pair.is_absent() || pair.kind() != "noise") continue;
        SCOPED_TRACE(pair.title());
        const Sides sides(pair);
        const auto changes = model::compare(sides.before, sides.after);
        EXPECT_TRUE(changes.empty()) << all_shown(changes);
        EXPECT_EQ(sides.untold(), std::vector<std::string>{});
        EXPECT_FALSE(sides.before.items().empty());
        const auto same = [&] {
            if (sides.files_before.files().size() != sides.files_after.files().size()) return false;
            return std::all_of(
                sides.files_before.files().begin(), sides.files_before.files().end(), [&](const auto& file) {
                    const auto* const other = sides.files_after.content(file.path);
                    return other != nullptr && *other == *sides.files_before.content(file.path);
                });
        };
        EXPECT_FALSE(same()) << "nothing differs at all";
    }
}

TEST(Classifier, passwords_are_known_to_be_secret) {
    for (const auto& pair : pairs()) {
        if (pair.is_absent()) continue;
        SCOPED_TRACE(pair.title());
        const Sides sides(pair);
        for (const auto* model : {&sides.before, &sides.after})
            for (const auto& [key, item] : model->items())
                for (const auto& [name, field] : item.fields) {
                    const bool password = name == "password" || name.ends_with(".password");
                    EXPECT_TRUE(!password || field.secret || field.value.empty())
                        << model_path(key.first, key.second, name);
                }
    }
}

// "`cameras/3` name": one item that the pair changes.
std::string example(const std::vector<model::ItemChange>& changes) {
    if (changes.empty()) return "nothing";
    const auto& first = changes.front();
    const auto path = "`" + model_path(first.category, first.key) + "`";
    if (first.kind == model::ChangeKind::added) return path + " added";
    if (first.kind == model::ChangeKind::removed) return path + " removed";
    return path + " " + first.fields.front().field;
}

std::string table() {
    std::map<std::string, std::map<std::string, std::string>> cells;
    std::string absent;
    for (const auto& pair : pairs()) {
        auto& cell = cells[pair.driver][pair.kind()];
        if (!cell.empty()) cell += "<br>";
        if (pair.is_absent()) {
            cell += "none";
            absent += "- " + pair.driver + ", " + pair.name + ": " + pair.absent + "\n";
            continue;
        }
        const Sides sides(pair);
        const auto changes = model::compare(sides.before, sides.after);
        const auto expected =
            pair.kind() == "noise" ? std::set<std::string>{} : std::set<std::string>{pair.kind()};
        if (kinds_of(changes) != expected || !sides.untold().empty())
            cell += "**wrong**";
        else
            cell += pair.kind() == "noise" ? "silent" : example(changes);
    }
    std::string text =
        "# What a change is recognised as\n\n"
        "Each cell is a pair of stored files, before and after, in `tests/fixtures/<driver>/pairs/`: what "
        "the\n"
        "driver, or the reader of that export, says changed, as one example. *silent*: what changes by "
        "itself\n"
        "(clocks, counters, order, secrets that are encrypted anew) gives no change at all. *none*: there "
        "is\n"
        "no such thing, for the reason below. Written by the tests, from the files alone:\n"
        "`COFFRE_WRITE_TABLES=1 ctest -R Classifier`.\n\n"
        "| driver or export | cameras | recording | firmware | rights | noise |\n"
        "|---|---|---|---|---|---|\n";
    for (const auto& [driver, row] : cells) {
        text += "| " + driver;
        for (const std::string kind : kinds) {
            const auto cell = row.find(kind);
            text += " | " + (cell == row.end() ? "not tried" : cell->second);
        }
        text += " |\n";
    }
    if (!absent.empty()) text += "\n" + absent;
    return text;
}

TEST(Classifier, the_table_says_what_the_files_give) {
    const auto path = source / "docs/drivers/changes.md";
    const auto now = table();
    if (std::getenv("COFFRE_WRITE_TABLES") != nullptr)  // NOLINT(concurrency-mt-unsafe)
        std::ofstream(path, std::ios::binary) << now;
    EXPECT_EQ(text_of(path), now) << "COFFRE_WRITE_TABLES=1 writes it";
}

}  // namespace
}  // namespace coffre::drivers
