#pragma once
// One machine with a repository at /repo of a file system: makes it, opens it with its key file, captures
// trees into it and reads them back.

#include <atomic>
#include <map>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "store/repo/repository.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/fake_random.hpp"
#include "tests/support/memory_file_system.hpp"

namespace coffre::test {

// The least that a passphrase slot may cost: tests open with the key file wherever they can.
inline constexpr crypto::PassphraseCost cheap_cost{64ull << 20, 1};
inline constexpr std::string_view test_passphrase = "correct horse battery staple";
inline const std::string equipment_name = "NVR-HALL";

// A folder's content as a test states it: by path, '/' between names.
struct Item {
    odb::EntryMode mode = odb::EntryMode::file;  // tree: an empty folder
    std::string content;                         // or a link's target

    friend bool operator==(const Item&, const Item&) = default;
};
using Tree = std::map<std::string, Item>;

inline std::vector<std::string> path_of(const std::string& text) {
    std::vector<std::string> path;
    for (std::size_t at = 0; !text.empty() && at <= text.size();) {
        const auto end = std::min(text.find('/', at), text.size());
        path.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return path;
}

inline void add_tree(repo::SnapshotWriter& writer, const Tree& tree) {
    for (const auto& [path, item] : tree) {
        if (item.mode == odb::EntryMode::tree)
            writer.add_folder(path_of(path));
        else if (item.mode == odb::EntryMode::link)
            writer.add_link(path_of(path), item.content);
        else
            writer.add_file(path_of(path), item.mode == odb::EntryMode::executable, as_bytes(item.content));
    }
}

inline repo::SnapshotRequest request_for(const std::string& equipment, const std::string& kind = "HEBDO") {
    repo::SnapshotRequest request;
    request.equipment = equipment;
    request.kind = kind;
    request.message = "weekly round";
    request.driver = "files 1";
    request.person = "A. Technician";
    request.host = "workshop";
    request.version = "0.1.0";
    return request;
}

inline journal::Snapshot capture(repo::Repository& repository, const Tree& tree,
                                 const repo::SnapshotRequest& request = request_for(equipment_name)) {
    auto writer = repository.begin_snapshot(request.equipment);
    add_tree(writer, tree);
    return writer.commit(request, true);
}

inline Tree read_back(repo::Repository& repository, const journal::Snapshot& snapshot) {
    Tree tree;
    for (const auto& file : repository.list(snapshot)) {
        if (file.empty_folder) {
            tree[file.path] = {odb::EntryMode::tree, ""};
            continue;
        }
        const Bytes content = repository.read_file(file);
        EXPECT_EQ(content.size(), file.bytes) << file.path;
        tree[file.path] = {file.mode, std::string(as_text(content))};
    }
    return tree;
}

inline void add_equipment(repo::Repository& repository, const std::string& name = equipment_name) {
    repository.record({journal::equipment_record({name, "NVR", "files", {{"path", "/srv/export"}}})});
}

inline std::string described(const repo::VerifyReport& report) {
    std::string lines;
    for (const auto& error : report.errors)
        lines += error.path + ": " + text(Lang::en, error.what.id, error.what.args) + "\n";
    return lines;
}

class Machine {
public:
    // `files` is kept by reference. Machines of different names share /repo and the key file, and nothing
    // else.
    explicit Machine(FileSystem& files, const std::string& name = "one")
        : random(next_seed()), files_(files), folders_{"/" + name + "/cache", "/" + name + "/state"} {
        crypto::start();
    }

    [[nodiscard]] Environment environment() { return {files_, clock, random, 4711}; }
    [[nodiscard]] const repo::LocalFolders& folders() const { return folders_; }

    std::unique_ptr<BlobStore> store() {
        return directory_blob_store(files_.make_directories("/repo"), clock, random);
    }

    [[nodiscard]] repo::CreateOptions create_options(bool simulated = false) {
        repo::CreateOptions options;
        options.site.client = "CLIEXEMP";
        options.site.site = "SIEGEPARIS";
        options.site.simulated = simulated;
        options.passphrase = test_passphrase;
        options.cost = cheap_cost;
        options.actor_name = "tester@one";
        options.write_key_file = [this](std::string_view text) {
            const auto home = files_.make_directories("/home");
            write_file_durably(*home, "site.key.tmp." + std::to_string(next_seed()), *home, "site.key",
                               as_bytes(text));
        };
        return options;
    }

    RepositoryId create(bool simulated = false) {
        const auto at = store();
        return repo::create(*at, environment(), folders_, create_options(simulated));
    }

    // With an equipment in it.
    void create_with_equipment() {
        create();
        add_equipment(open());
    }

    [[nodiscard]] repo::Credentials key_file() {
        const auto home = files_.open_directory("/home");
        const auto text = home ? read_file(*home, "site.key", 4096) : std::nullopt;
        repo::Credentials credentials;
        credentials.key_file_path = "/home/site.key";
        credentials.key_file = text ? std::string(as_text(*text)) : "";
        return credentials;
    }

    static repo::Credentials passphrase(std::string_view text = test_passphrase) {
        repo::Credentials credentials;
        credentials.passphrase = [text] { return std::string(text); };
        return credentials;
    }

    // One repository at a time: opens it anew over a store of its own.
    repo::Repository& open(const repo::Credentials& credentials, bool tolerate_damage = false) {
        close();
        store_ = store();
        repo::Repository::Options options;
        options.folders = folders_;
        options.actor_name = "tester@one";
        options.tolerate_damage = tolerate_damage;
        repository_ = std::make_unique<repo::Repository>(*store_, environment(), credentials, options);
        return *repository_;
    }
    repo::Repository& open() { return open(key_file()); }

    repo::Repository& repository() { return *repository_; }  // the one that is open

    void close() {
        repository_.reset();
        store_.reset();
    }

    FakeClock clock;
    FakeRandom random;

private:
    // No two machines draw the same: what one of them left behind is never in another's way.
    static std::uint64_t next_seed() {
        static std::atomic<std::uint64_t> seed = 20261123;
        return ++seed;
    }

    FileSystem& files_;
    repo::LocalFolders folders_;
    std::unique_ptr<BlobStore> store_;
    std::unique_ptr<repo::Repository> repository_;
};

}  // namespace coffre::test
