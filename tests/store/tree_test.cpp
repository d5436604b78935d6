// What is captured comes back byte for byte, whatever it is called, and costs what changed.

#include <cstdlib>
#include <fstream>
#include <random>

#include <gtest/gtest.h>
#include <sys/wait.h>

#include "store/odb/names.hpp"
#include "tests/support/repository_fixture.hpp"
#include "tests/support/scoped_temp_dir.hpp"

namespace coffre {
namespace {

using odb::EntryMode;
using test::capture;
using test::described;
using test::equipment_name;
using test::Machine;
using test::MemoryFileSystem;
using test::read_back;
using test::Tree;

// Names that git refuses, looks hard at, or that are merely unusual.
const std::vector<std::string>& nasty_names() {
    static const std::vector<std::string> names{".git",
                                                ".GIT",
                                                ".Git",
                                                ".git ",
                                                ".git.",
                                                ".git::$INDEX_ALLOCATION",
                                                ".gitmodules",
                                                ".gitattributes",
                                                ".gitignore",
                                                ".mailmap",
                                                ".GITMODULES",
                                                "git~1",
                                                "GIT~1",
                                                "gitmod~1",
                                                "GI7EBA~1",
                                                "GI7D29~2",
                                                "a\\.git",
                                                "a\\b",
                                                "\\.git",
                                                ".g\xe2\x80\x8cit",
                                                "\xe2\x80\x8c.git",
                                                "%=",
                                                "%=x",
                                                "%=%2e",
                                                "%",
                                                "100%",
                                                " leading and trailing ",
                                                "tab\tand\nline",
                                                "\x01\x7f",
                                                "r\xc3\xa9seau \xe2\x82\xac",
                                                "latin1 r\xe9seau",
                                                "\xff\xfe",
                                                "-rf",
                                                "...",
                                                "con.txt",
                                                ":stream",
                                                "\"quoted\"",
                                                std::string(200, 'n'),
                                                ".git" + std::string(240, '~'),
                                                std::string(255, '\xff')};
    return names;
}

Tree nasty_tree() {
    Tree tree;
    for (const auto& name : nasty_names()) {
        tree["as-file/" + name] = {EntryMode::file, "content of " + name};
        tree["as-folder/" + name + "/inside"] = {EntryMode::executable, "x"};
        tree["as-empty/" + name] = {EntryMode::tree, ""};
        tree["as-link/" + name] = {EntryMode::link, "../as-file/" + name};
    }
    tree["empty file"] = {EntryMode::file, ""};
    tree["zeros"] = {EntryMode::file, std::string(3, '\0')};
    tree["a"] = {EntryMode::file, "sorts before a/"};
    tree["a.b/c"] = {EntryMode::file, "git sorts folders as if they ended in '/'"};
    tree["a-b"] = {EntryMode::tree, ""};
    tree["dangling"] = {EntryMode::link, "/nowhere/\xff"};
    return tree;
}

class CapturedTree : public testing::Test {
protected:
    void SetUp() override { machine_.create_with_equipment(); }

    // By another process than the one that captured.
    void expect_comes_back(const Tree& tree) {
        const auto snapshot = capture(machine_.open(), tree);
        auto& repository = machine_.open();
        EXPECT_EQ(read_back(repository, snapshot), tree);
        const auto report = repository.verify(true, nullptr);
        EXPECT_TRUE(report.errors.empty()) << described(report);
    }

    MemoryFileSystem files_;
    Machine machine_{files_};
};

TEST_F(CapturedTree, with_names_that_git_refuses_comes_back_exactly) { expect_comes_back(nasty_tree()); }

TEST_F(CapturedTree, without_anything_in_it_comes_back_empty) {
    const auto snapshot = capture(machine_.open(), {});
    auto& repository = machine_.open();
    const auto files = repository.list(snapshot);
    ASSERT_EQ(files.size(), 1U);
    EXPECT_TRUE(files[0].empty_folder);
    EXPECT_EQ(files[0].path, "");
    EXPECT_EQ(snapshot.files, 0U);
}

TEST_F(CapturedTree, of_empty_folders_only_comes_back) {
    expect_comes_back({{"one", {EntryMode::tree, ""}}, {"two/three", {EntryMode::tree, ""}}});
}

TEST_F(CapturedTree, of_links_only_comes_back) {
    expect_comes_back({{"loop", {EntryMode::link, "loop"}}, {"up", {EntryMode::link, ".."}}});
}

TEST_F(CapturedTree, with_files_of_all_sizes_comes_back) {
    std::mt19937_64 rng(3);
    Tree tree;
    for (const std::size_t size :
         {0, 1, 63, 64, 65, 65'535, 65'536, 65'537, 1'048'576, 1'048'577, 3'145'728}) {
        std::string noise(size, ' ');
        for (char& c : noise) c = static_cast<char>(rng());
        tree["noise " + std::to_string(size)] = {EntryMode::file, noise};
        tree["same " + std::to_string(size)] = {EntryMode::file, std::string(size, 'z')};
    }
    expect_comes_back(tree);
}

TEST_F(CapturedTree, of_depth_200_comes_back) {
    std::string path = "d";
    for (int i = 0; i < 200; ++i) path += "/d";
    expect_comes_back({{path, {EntryMode::file, "deep"}}});
}

TEST_F(CapturedTree, is_listed_below_a_path_only) {
    const Tree tree{{"a/b/c", {EntryMode::file, "1"}},
                    {"a/bc", {EntryMode::file, "2"}},
                    {"a/e", {EntryMode::tree, ""}},
                    {"z", {EntryMode::file, "3"}}};
    const auto snapshot = capture(machine_.open(), tree);
    auto& repository = machine_.open();
    const auto paths = [&](const std::string& below) {
        std::vector<std::string> found;
        for (const auto& file : repository.list(snapshot, below)) found.push_back(file.path);
        return found;
    };
    EXPECT_EQ(paths("a"), (std::vector<std::string>{"a/b/c", "a/bc", "a/e"}));
    EXPECT_EQ(paths("a/b"), (std::vector<std::string>{"a/b/c"}));
    EXPECT_EQ(paths("a/bc"), (std::vector<std::string>{"a/bc"}));
    EXPECT_EQ(paths("a/e"), (std::vector<std::string>{"a/e"}));
    EXPECT_EQ(test::error_of([&] { paths("a/b/c/d"); }), Errc::failed);
    EXPECT_EQ(test::error_of([&] { paths("nothing"); }), Errc::failed);
}

TEST_F(CapturedTree, is_read_through_the_backend_only) {
    const auto snapshot = capture(machine_.open(), {{"folder/file", {EntryMode::file, "x"}}});
    auto& repository = machine_.open();
    const auto start = repository.backend_reads();
    const auto content = repository.content(snapshot);
    const auto after_content = repository.backend_reads();
    EXPECT_GT(after_content, start);
    const auto files = repository.list(snapshot);
    const auto after_list = repository.backend_reads();
    EXPECT_GT(after_list, after_content);
    repository.read_file(files.at(0));
    EXPECT_GT(repository.backend_reads(), after_list);
    // No cache of libgit2 answers in its place.
    const auto before_again = repository.backend_reads();
    repository.read_file(files.at(0));
    EXPECT_GT(repository.backend_reads(), before_again);
    EXPECT_EQ(content.text, "weekly round");
}

TEST_F(CapturedTree, of_ten_thousand_files_costs_one_commit_when_nothing_changed) {
    Tree tree;
    for (int i = 0; i < 10'000; ++i)
        tree["camera-" + std::to_string(i % 100) + "/" + std::to_string(i) + ".conf"] = {
            EntryMode::file, "id=" + std::to_string(i) + "\nbitrate=4096\n"};
    auto& repository = machine_.open();
    const auto first = capture(repository, tree);
    EXPECT_TRUE(first.changed);
    const auto objects = repository.stats().objects;
    EXPECT_EQ(objects, 10'000U + 100U + 1U + 1U);

    auto& again = machine_.open();
    const auto second = capture(again, tree);
    EXPECT_FALSE(second.changed);
    EXPECT_EQ(second.files, 10'000U);
    ASSERT_EQ(second.packs.size(), 1U);
    EXPECT_LE(second.added_bytes, 1024U);
    EXPECT_EQ(again.stats().objects, objects + 1);

    // And one changed file: its blob, its folder, the root, the commit.
    tree["camera-7/107.conf"].content = "id=107\nbitrate=8192\n";
    const auto third = capture(again, tree);
    EXPECT_TRUE(third.changed);
    EXPECT_EQ(again.stats().objects, objects + 1 + 4);
    EXPECT_EQ(read_back(machine_.open(), third), tree);
}

TEST_F(CapturedTree, keeps_what_the_person_wrote_and_who_it_was) {
    auto request = test::request_for(equipment_name);
    for (const std::string message :
         {"", "one line", "two\n\nparagraphs", "ends\n\n", "Coffre-Version: no", "\nbegins"}) {
        request.message = message;
        const auto snapshot = capture(machine_.open(), {}, request);
        EXPECT_EQ(machine_.open().content(snapshot).text, message);
    }
    request.person = "Zo\xc3\xab <x> O'Brien\n";
    const auto snapshot = capture(machine_.open(), {}, request);
    EXPECT_EQ(machine_.open().content(snapshot).commit.author.name, "Zo\xc3\xab x O'Brien");
}

TEST_F(CapturedTree, is_stored_whatever_the_person_is_called) {
    // libgit2 takes some characters off both ends of a name and refuses what is then empty.
    for (const std::string person : {"", " ", "...", "<>", "\"'", "a", "\xff"}) {
        auto request = test::request_for(equipment_name);
        request.person = person;
        request.host = person;
        const auto snapshot = capture(machine_.open(), {}, request);
        EXPECT_FALSE(machine_.open().content(snapshot).commit.author.name.empty());
    }
}

// A plain git repository that gets everything of ours as it lies in the packs, past libgit2; there stock git
// checks names, modes, orders, dates and ids.
class StockGit {
public:
    StockGit() { run("init -q ."); }

    int run(const std::string& command) {
        return std::system(("cd " + folder_.path() + " && git -c gc.auto=0 " + command).c_str());
    }

    // What has expired has lost its trees: its commits go into a pack of which git is told that the rest is
    // elsewhere.
    void take(Machine& machine) {
        auto& repository = machine.open();
        const auto at = machine.store();
        const auto key = crypto::parse_key_file(*machine.key_file().key_file, "site.key");
        std::optional<crypto::KeyRing> ring;
        for (const auto& slot : at->list("keys"))
            if (auto opened = crypto::open_slot(*at->get("keys/" + slot.name, 65536), key, slot.name))
                ring = std::move(opened);
        ASSERT_TRUE(ring);
        crypto::Hedge hedge(ring->site, machine.environment());
        pack::ObjectStore store(*at, *ring, hedge);
        store.add_packs(repository.state().packs);
        std::map<ObjectId, pack::ObjectType> ids;
        store.each_table([&](const pack::PackInfo&, const pack::Table& table) {
            for (const auto& entry : table.entries) ids.emplace(entry.id, entry.type);
        });
        const char* const types[] = {"", "commit", "tree", "blob"};
        for (const auto& [id, type] : ids) {
            if (type == pack::ObjectType::chunk) continue;
            ASSERT_NO_FATAL_FAILURE(write(types[static_cast<int>(type)], id.hex(), store.read(id)->data));
        }
        std::ofstream expired(folder_ / "expired");
        int refs = 0, gone = 0;
        for (const auto& snapshot : repository.state().snapshots) {
            const auto name = "refs/heads/s" + std::to_string(++refs);
            ASSERT_EQ(run("update-ref " + name + " " + snapshot.commit.hex()), 0);
            if (!snapshot.expired) continue;
            expired << snapshot.commit.hex() << "\n";
            ++gone;
        }
        expired.close();
        if (gone == 0) return;
        ASSERT_EQ(run("pack-objects -q .git/objects/pack/pack < expired > name"), 0);
        ASSERT_EQ(run("config core.repositoryformatversion 1"), 0);
        ASSERT_EQ(run("config extensions.partialclone origin"), 0);
        std::string name;
        std::ifstream(folder_ / "name") >> name;
        std::ofstream(folder_ / (".git/objects/pack/pack-" + name + ".promisor"));
    }

    void expect_clean() {
        const int status = run("fsck --strict --no-dangling --no-progress > report 2>&1");
        std::ifstream in(folder_ / "report");
        const std::string report{std::istreambuf_iterator<char>(in), {}};
        EXPECT_EQ(WEXITSTATUS(status), 0);
        for (const auto* word : {"warning", "error", "missing", "dangling"})
            EXPECT_EQ(report.find(word), std::string::npos) << report;
    }

    [[nodiscard]] int objects() const { return objects_; }

private:
    void write(const char* type, const std::string& id, ByteView data) {
        std::ofstream(folder_ / "object", std::ios::binary) << as_text(data);
        const std::string command = std::string("hash-object -w -t ") + type + " --literally object > id";
        ASSERT_EQ(run(command), 0) << id;
        std::string printed;
        std::ifstream(folder_ / "id") >> printed;
        ASSERT_EQ(printed, id);
        ++objects_;
    }

    test::ScopedTempDir folder_;
    int objects_ = 0;
};

TEST_F(CapturedTree, passes_git_s_own_strict_check) {
    auto request = test::request_for(equipment_name);
    request.person = "Zo\xc3\xab <x> O'Brien";
    capture(machine_.open(), nasty_tree(), request);
    capture(machine_.open(), {}, request);
    StockGit git;
    ASSERT_NO_FATAL_FAILURE(git.take(machine_));
    EXPECT_GT(git.objects(), 50);
    git.expect_clean();
}

TEST_F(CapturedTree, passes_git_s_own_strict_check_after_gc) {
    std::vector<journal::Snapshot> snapshots;
    for (int i = 0; i < 12; ++i) {
        auto tree = nasty_tree();
        tree["config.xml"] = {odb::EntryMode::file, "<n>" + std::to_string(i) + "</n>"};
        snapshots.push_back(capture(machine_.open(), tree));
    }
    repo::GcRequest request;
    request.plan = [&](const journal::State&) {
        std::vector<repo::Expiry> expiries;
        for (int i = 0; i < 8; ++i)
            expiries.push_back({snapshots[static_cast<std::size_t>(i)].commit, "test"});
        return expiries;
    };
    EXPECT_GT(machine_.open().gc(request).rewritten_objects, 0U);
    StockGit git;
    ASSERT_NO_FATAL_FAILURE(git.take(machine_));
    EXPECT_GT(git.objects(), 50);
    git.expect_clean();
}

// --- the names alone

bool looks_like_dot_git(std::string name) {
    for (char& c : name)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    return name.starts_with(".git");
}

TEST(StoredName, comes_back_and_is_never_taken_for_git_s_own) {
    for (const auto& name : nasty_names()) {
        const auto stored = odb::encode_name(name);
        EXPECT_EQ(odb::decode_name(stored), name);
        EXPECT_FALSE(looks_like_dot_git(stored)) << stored;
        EXPECT_NE(stored, odb::empty_folder_name);
    }
}

TEST(StoredName, of_an_ordinary_file_is_the_name_itself) {
    for (const std::string name :
         {"config.xml", "git", "gitea.conf", "a~b", "Kamera 1", "100%", "x.git", "...."})
        EXPECT_EQ(odb::encode_name(name), name);
}

TEST(StoredName, of_random_bytes_comes_back_and_no_two_names_share_one) {
    // Random names made of what is dangerous, so that many of them need the reserved form.
    static const std::vector<std::string> pieces{".",
                                                 "g",
                                                 "i",
                                                 "t",
                                                 "G",
                                                 "I",
                                                 "T",
                                                 "~",
                                                 "1",
                                                 "%",
                                                 "=",
                                                 "\\",
                                                 ":",
                                                 " ",
                                                 "2e",
                                                 "a",
                                                 "m",
                                                 "M",
                                                 ".git",
                                                 "%=",
                                                 "gi",
                                                 "ma",
                                                 "\xe2\x80\x8c",
                                                 "\xff",
                                                 "\x01",
                                                 "7",
                                                 "\n",
                                                 "."};
    std::mt19937_64 rng(11);
    std::map<std::string, std::string> by_stored;
    for (int i = 0; i < 200'000; ++i) {
        std::string name;
        for (auto n = 1 + rng() % 8; n > 0; --n) {
            if (rng() % 8 != 0) {
                name += pieces[rng() % pieces.size()];
            } else if (const char c = static_cast<char>(rng()); c != '\0' && c != '/') {
                name += c;
            }
        }
        if (name.empty() || name == "." || name == "..") continue;
        const auto stored = odb::encode_name(name);
        ASSERT_EQ(odb::decode_name(stored), name) << to_hex(as_bytes(name));
        ASSERT_FALSE(looks_like_dot_git(stored)) << stored;
        ASSERT_NE(stored, odb::empty_folder_name);
        ASSERT_EQ(stored.find('/'), std::string::npos);
        const auto [known, fresh] = by_stored.emplace(stored, name);
        ASSERT_TRUE(fresh || known->second == name) << stored;
    }
    EXPECT_GT(by_stored.size(), 50'000U);
}

TEST(StoredName, that_coffre_does_not_write_is_refused) {
    for (const std::string stored : {"", ".", "..", ".git", ".gitmodules", "%=", "%=abc", "%=%", "%=%2",
                                     "%=%zz", "%=%2E%67it", "%=.git", "%=%2egit%2", "%=%00", "%=%2f", "a/b"})
        EXPECT_FALSE(odb::decode_name(stored)) << stored;
    EXPECT_FALSE(odb::decode_name(std::string("a\0b", 3)));
}

TEST(StoredName, is_refused_or_the_one_form_of_what_it_gives) {
    static const std::vector<std::string> pieces{"%2e", "%67", "git", "%", "2e", ".", "%2E", "~"};
    std::mt19937_64 rng(12);
    for (int i = 0; i < 100'000; ++i) {
        std::string stored = "%=";
        for (auto n = rng() % 6; n > 0; --n) stored += pieces[rng() % pieces.size()];
        if (const auto name = odb::decode_name(stored)) {
            ASSERT_EQ(odb::encode_name(*name), stored);
        }
    }
}

}  // namespace
}  // namespace coffre
