// Differences: applied to the first tree they give the second, whatever the two are.

#include "store/repo/diff.hpp"

#include <random>

#include <gtest/gtest.h>

#include "tests/support/repository_fixture.hpp"

namespace coffre {
namespace {

using odb::EntryMode;
using repo::Change;
using repo::ChangeKind;
using test::Item;
using test::Machine;
using test::MemoryFileSystem;
using test::Tree;

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = text.find('\n', at);
        lines.push_back(text.substr(at, end == std::string::npos ? end : end + 1 - at));
        at += lines.back().size();
    }
    return lines;
}

// What `patch` would do: hunks against the lines of `before`.
std::string apply(const std::string& before, const odb::TextDiff& diff) {
    const auto old_lines = lines_of(before);
    std::string out;
    std::size_t at = 0;
    for (const auto& hunk : diff.hunks) {
        // An empty range stands behind the line that it names.
        const auto start = static_cast<std::size_t>(hunk.before_start) - (hunk.before_lines > 0 ? 1 : 0);
        while (at < start) out += old_lines.at(at++);
        for (const auto& line : hunk.lines) {
            if (line.origin != '+') {
                EXPECT_EQ(old_lines.at(at), line.text);
                ++at;
            }
            if (line.origin != '-') out += line.text;
            EXPECT_EQ(line.without_end, line.text.empty() || line.text.back() != '\n');
        }
    }
    while (at < old_lines.size()) out += old_lines[at++];
    return out;
}

class Maker {
public:
    explicit Maker(unsigned seed) : random_(seed) {}

    Tree tree() {
        Tree tree;
        const auto count = 1 + pick(12);
        for (std::size_t i = 0; i < count; ++i) put(tree, path(), item());
        return tree;
    }

    Tree changed(const Tree& from) {
        Tree tree = from;
        for (auto steps = pick(6); steps > 0 && !tree.empty(); --steps) {
            const auto at = std::next(tree.begin(), static_cast<std::ptrdiff_t>(pick(tree.size())));
            const auto [old_path, old_item] = *at;
            switch (pick(5)) {
                case 0:
                    tree.erase(at);
                    break;
                case 1:
                    tree.erase(at);
                    put(tree, path(), old_item);  // renamed
                    break;
                case 2:
                    if (old_item.mode != EntryMode::tree) at->second.content = edited(old_item.content);
                    break;
                case 3:
                    at->second = item();
                    break;
                default:
                    put(tree, path(), item());
            }
        }
        if (tree.empty()) put(tree, path(), item());
        return tree;
    }

private:
    std::size_t pick(std::size_t count) { return random_() % count; }

    std::string path() {
        static const std::vector<std::string> names{"a", "b.xml", "c d", ".git", "é", "\xff", "%=x", "users"};
        std::string path = names[pick(names.size())];
        for (auto depth = pick(3); depth > 0; --depth) path += "/" + names[pick(names.size())];
        return path;
    }

    Item item() {
        const auto kind = pick(10);
        if (kind == 0) return {EntryMode::tree, ""};
        if (kind == 1) return {EntryMode::link, path()};
        return {kind == 2 ? EntryMode::executable : EntryMode::file, content()};
    }

    std::string content() {
        std::string text;
        const bool binary = pick(6) == 0;
        for (auto lines = pick(30); lines > 0; --lines)
            text += "line " + std::to_string(pick(40)) + (binary ? std::string(1, '\0') : "") + "\n";
        if (pick(3) == 0) text += "no end";
        return text;
    }

    std::string edited(const std::string& text) {
        auto lines = lines_of(text);
        if (lines.empty()) return content();
        const auto at = static_cast<std::ptrdiff_t>(pick(lines.size()));
        if (pick(2) == 0)
            lines.erase(lines.begin() + at);
        else
            lines.insert(lines.begin() + at, "new " + std::to_string(pick(1000)) + "\n");
        std::string out;
        for (const auto& line : lines) out += line;
        return out;
    }

    // A file and a folder do not share a name.
    static void put(Tree& tree, const std::string& path, const Item& item) {
        for (const auto& [other, there] : tree)
            if (other != path && (other.starts_with(path + "/") || path.starts_with(other + "/"))) return;
        tree[path] = item;
    }

    std::mt19937 random_;
};

class Differences : public ::testing::Test {
protected:
    Differences() { machine.create_with_equipment(); }

    std::vector<Change> changes(const journal::Snapshot& a, const journal::Snapshot& b,
                                const std::vector<std::string>& paths = {}) {
        return repo::changes_between(machine.repository(), &a, b, paths);
    }

    // Text goes by its hunks, the rest by its bytes.
    void apply_to(Tree& tree, const Change& change) {
        const std::string before = change.before && !change.before->empty_folder
                                       ? tree.at(change.from.empty() ? change.path : change.from).content
                                       : "";
        if (change.before) tree.erase(change.from.empty() ? change.path : change.from);
        if (!change.after) return;
        const auto sides = repo::read_sides(machine.repository(), change).value();
        EXPECT_EQ(as_text(sides.before), before);
        const auto diff = odb::diff_text(sides.before, sides.after, 3);
        const std::string content = diff.binary ? std::string(as_text(sides.after)) : apply(before, diff);
        tree[change.path] = {change.after->empty_folder ? EntryMode::tree : change.after->mode, content};
    }

    MemoryFileSystem files;
    Machine machine{files};
};

TEST_F(Differences, of_any_two_trees_applied_give_the_second_from_the_first) {
    machine.open();
    for (unsigned seed = 1; seed <= 150; ++seed) {
        SCOPED_TRACE(seed);
        Maker maker(seed);
        const Tree first = maker.tree();
        const Tree second = seed % 3 == 0 ? maker.tree() : maker.changed(first);
        const auto a = test::capture(machine.repository(), first);
        const auto b = test::capture(machine.repository(), second);
        Tree patched = test::read_back(machine.repository(), a);
        const auto all = changes(a, b);
        // Everything goes before anything comes: a folder may take a file's place.
        for (const auto& change : all)
            if (!change.after) apply_to(patched, change);
        for (const auto& change : all)
            if (change.after) apply_to(patched, change);
        ASSERT_EQ(patched, test::read_back(machine.repository(), b));
        ASSERT_TRUE(changes(a, a).empty());
    }
}

TEST_F(Differences, tell_renames_from_removals_and_additions) {
    std::string text;
    for (int i = 0; i < 50; ++i) text += "line " + std::to_string(i) + "\n";
    machine.open();
    const auto a =
        test::capture(machine.repository(), {{"old.xml", {EntryMode::file, text}},
                                             {"same.bin", {EntryMode::file, std::string("\0x", 2)}},
                                             {"gone.txt", {EntryMode::file, "nothing like it"}}});
    const auto b =
        test::capture(machine.repository(), {{"new.xml", {EntryMode::file, text + "one more\n"}},
                                             {"moved.bin", {EntryMode::file, std::string("\0x", 2)}},
                                             {"come.txt", {EntryMode::file, "12345\n6789\n"}}});
    std::map<std::string, ChangeKind> kinds;
    for (const auto& change : changes(a, b)) kinds[change.from + ">" + change.path] = change.kind;
    const std::map<std::string, ChangeKind> expected{{"old.xml>new.xml", ChangeKind::renamed},
                                                     {"same.bin>moved.bin", ChangeKind::renamed},
                                                     {">gone.txt", ChangeKind::removed},
                                                     {">come.txt", ChangeKind::added}};
    EXPECT_EQ(kinds, expected);
}

TEST_F(Differences, keep_to_the_paths_that_were_asked_for) {
    machine.open();
    const auto a = test::capture(machine.repository(), {{"x/1", {EntryMode::file, "1"}}});
    const auto b = test::capture(
        machine.repository(),
        {{"x/2", {EntryMode::file, "2"}}, {"xy", {EntryMode::file, "3"}}, {"z", {EntryMode::file, "4"}}});
    const auto chosen = changes(a, b, {"x"});
    ASSERT_EQ(chosen.size(), 2U);
    EXPECT_EQ(chosen[0].path, "x/1");
    EXPECT_EQ(chosen[1].path, "x/2");
}

TEST_F(Differences, of_a_large_file_are_told_without_loading_it) {
    machine.open();
    const std::string large(repo::compare_max + 1, 'x');
    const auto a = test::capture(machine.repository(), {{"big", {EntryMode::file, large}}});
    const auto b = test::capture(machine.repository(), {{"big", {EntryMode::file, large + "y"}},
                                                        {"other", {EntryMode::file, large + "z"}}});
    machine.open();
    const auto reads = machine.repository().backend_reads();
    const auto found = changes(a, b);
    ASSERT_EQ(found.size(), 2U);
    for (const auto& change : found) EXPECT_FALSE(repo::read_sides(machine.repository(), change));
    // Two commits and two trees, no blob.
    EXPECT_EQ(machine.repository().backend_reads() - reads, 4U);
}

}  // namespace
}  // namespace coffre
