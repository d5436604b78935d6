// A physical medium: told apart from an empty one, from another one and from another site's; full, read-only
// and pulled out at every call; and nothing half-written, nothing lost.

#include "drivers/remote/medium.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/fake_random.hpp"
#include "tests/support/faulty.hpp"
#include "tests/support/memory_file_system.hpp"
#include "tests/support/removable_file_system.hpp"

namespace coffre::remote {
namespace {

using test::error_of;
using test::MemoryFileSystem;
using test::message_of;
using test::RemovableFileSystem;

const std::string ours(64, 'a');
const std::string theirs(64, 'b');
constexpr std::uint64_t limit = 1 << 20;
const Bytes some_bytes(3000, 0x5a);

std::string format_file(const std::string& repository) {
    return R"({"format":1,"id":")" + repository + R"(","suite":1,"features":[],"checksum":")" + ours +
           "\"}\n";
}

void write(FileSystem& files, const std::string& path, const std::string& text) {
    const auto [folder, name] = split_path(path);
    const auto in = files.make_directories(folder);
    const auto file = in->create_file(name, 0600);
    file->write(as_bytes(text));
    file->sync();
    in->sync();
}

std::string read(FileSystem& files, const std::string& path) {
    const auto [folder, name] = split_path(path);
    const auto in = files.open_directory(folder);
    const auto bytes = in ? read_file(*in, name, limit) : std::nullopt;
    return bytes ? std::string(as_text(*bytes)) : "(not there)";
}

// Every file and folder below, with what the files hold.
std::map<std::string, std::string> tree(FileSystem& files, const std::string& path) {
    std::map<std::string, std::string> found;
    const auto folder = files.open_directory(path);
    if (!folder) return found;
    for (const auto& entry : folder->entries()) {
        const std::string below = (path == "/" ? "" : path) + "/" + entry.name;
        if (entry.type == FileType::directory) {
            found[below] = "(folder)";
            found.merge(tree(files, below));
        } else {
            found[below] = read(files, below);
        }
    }
    return found;
}

class MediumStoreTest : public ::testing::Test {
protected:
    MediumStoreTest() : files("/media/usb") {
        files.system().make_directories("/etc");
        files.plug(disk);
    }

    std::unique_ptr<RemoteStore> open(FileSystem& on, Open how, RemoteSettings settings = {},
                                      const std::string& url = "file:///media/usb/coffre") {
        settings.emplace("repository", ours);
        const RemoteHost host{{on, clock, random, 1}, nullptr, ""};
        return open_remote({"usb1", url, std::move(settings)}, host, how);
    }
    std::unique_ptr<RemoteStore> create(const std::string& url = "file:///media/usb/coffre") {
        return open(files, Open::create, {}, url);
    }
    std::unique_ptr<RemoteStore> existing(const RemoteSettings& settings = {}) {
        return open(files, Open::existing, settings);
    }

    // A medium of this site with one pack; its id.
    std::string make(MemoryFileSystem& medium) {
        files.plug(medium);
        const auto store = create();
        store->put("packs/old", some_bytes);
        return store->facts().at("medium_id");
    }

    // The store refuses in this way, whatever is asked of it, and what there is stays as it is.
    void expect_refusal(const std::function<std::unique_ptr<RemoteStore>()>& made, Errc code, Msg message) {
        const auto medium_before = tree(disk, "/");
        const auto system_before = tree(files.system(), "/");
        const auto expect = [&](const std::function<void(RemoteStore&)>& call) {
            const auto store = made();
            EXPECT_EQ(error_of([&] { call(*store); }), code);
            EXPECT_EQ(message_of([&] { call(*store); }), message);
        };
        expect([](RemoteStore& store) { store.list("packs"); });
        expect([](RemoteStore& store) { store.list_all(); });
        expect([](RemoteStore& store) { store.each_name("packs", [](std::string_view) {}); });
        expect([](RemoteStore& store) { store.size("packs/old"); });
        expect([](RemoteStore& store) { store.get("packs/old", limit); });
        expect([](RemoteStore& store) { store.get_range("packs/old", 0, 1); });
        expect([](RemoteStore& store) { store.put("packs/new", some_bytes); });
        expect([](RemoteStore& store) { store.remove("packs/old"); });
        expect([](RemoteStore& store) { store.lock("lock", LockMode::shared, 0); });
        expect([](RemoteStore& store) { store.free_bytes(); });
        expect([](RemoteStore& store) { store.facts(); });
        EXPECT_EQ(tree(disk, "/"), medium_before);
        EXPECT_EQ(tree(files.system(), "/"), system_before);
    }

    RemovableFileSystem files;
    MemoryFileSystem disk;
    test::FakeClock clock;
    test::FakeRandom random;
};

TEST_F(MediumStoreTest, a_new_medium_bears_an_identity_and_no_name) {
    const auto store = create();
    EXPECT_TRUE(tree(disk, "/").empty()) << "nothing is met before the first call";
    EXPECT_TRUE(store->list("packs").empty());
    const auto identity = parse_medium_identity(read(disk, "/coffre/medium.json"));
    ASSERT_TRUE(identity);
    EXPECT_EQ(identity->repository.hex(), ours);
    EXPECT_EQ(identity->id.hex(), store->facts().at("medium_id"));
    EXPECT_EQ(to_rfc3339(identity->made), "2027-01-15T08:00:00Z");
    EXPECT_EQ(read(disk, "/coffre/medium.json"), R"({"format":1,"medium":")" + identity->id.hex() +
                                                     R"(","repository":")" + ours +
                                                     "\",\"made\":\"2027-01-15T08:00:00Z\"}\n");
}

TEST_F(MediumStoreTest, two_media_have_two_identities) {
    MemoryFileSystem second;
    EXPECT_NE(make(disk), make(second));
}

TEST_F(MediumStoreTest, holds_the_files_of_a_repository_and_lists_nothing_else) {
    const auto store = create();
    EXPECT_TRUE(store->put("packs/one", some_bytes));
    EXPECT_FALSE(store->put("packs/one", Bytes(1, 0x11)));
    EXPECT_TRUE(store->put("coffre.json", as_bytes("{}")));
    write(disk, "/coffre/restore-kit/README.txt", "a stranger to the repository");
    write(disk, "/coffre/photos/holidays", "a stranger");
    std::vector<std::string> names;
    for (const auto& blob : store->list_all()) names.push_back(blob.name);
    EXPECT_EQ(names, (std::vector<std::string>{"coffre.json", "packs/one"}));
    EXPECT_EQ(store->get("packs/one", limit), some_bytes);
    EXPECT_EQ(store->get_range("packs/one", 1000, 5), Bytes(5, 0x5a));
    EXPECT_EQ(store->size("packs/one"), some_bytes.size());
    EXPECT_EQ(store->size("packs/two"), std::nullopt);
    store->each_name("packs", [](std::string_view name) { EXPECT_EQ(name, "one"); });
    EXPECT_TRUE(store->lock("lock", LockMode::exclusive, 0));
    store->remove("packs/one");
    EXPECT_EQ(store->get("packs/one", limit), std::nullopt);
    EXPECT_EQ(error_of([&] { store->get_range("packs/one", 0, 1); }), Errc::damaged);
}

TEST_F(MediumStoreTest, what_is_read_comes_from_the_medium_and_not_from_memory) {
    const auto store = create();
    store->put("packs/one", some_bytes);
    const auto before = files.forgotten_bytes();
    store->get("packs/one", limit);
    EXPECT_EQ(files.forgotten_bytes(), before + some_bytes.size());
    store->get_range("packs/one", 10, 20);
    EXPECT_EQ(files.forgotten_bytes(), before + some_bytes.size() + 20);
}

TEST_F(MediumStoreTest, facts_are_what_was_found) {
    disk.set_medium(MediumKind::encrypted);
    disk.set_directory_sync_supported(false);
    files.set_device({"sdx1", "SERIAL-42"});
    files.set_room(54321);
    create()->list("packs");
    files.set_read_only(true);
    auto facts = existing()->facts();
    EXPECT_EQ(facts.at("medium"), "encrypted");
    EXPECT_EQ(facts.at("folder_sync"), "no");
    EXPECT_EQ(facts.at("device"), "sdx1");
    EXPECT_EQ(facts.at("serial"), "SERIAL-42");
    EXPECT_EQ(facts.at("read_only"), "yes");
    EXPECT_EQ(facts.at("system_disk"), "no");
    EXPECT_EQ(facts.at("free_bytes"), std::to_string(*existing()->free_bytes()));
    disk.set_medium(MediumKind::clear);
    files.set_device({});
    facts = existing()->facts();
    EXPECT_EQ(facts.at("medium"), "clear");
    EXPECT_EQ(facts.at("serial"), "unknown");
}

TEST_F(MediumStoreTest, a_folder_of_the_systems_disk_is_said_to_be_one) {
    const auto store = create("file:///etc/coffre");
    EXPECT_EQ(store->facts().at("system_disk"), "yes");
}

TEST_F(MediumStoreTest, what_is_not_plugged_in_is_told_from_what_is_empty) {
    const auto id = make(disk);
    files.pull();
    // The folder is missing, for both ways of opening: nothing is made on the disk beneath the mount point.
    expect_refusal([&] { return existing({{"medium", id}}); }, Errc::unreachable, Msg::medium_not_plugged_in);
    expect_refusal([&] { return open(files, Open::create, {}, "/media/usb/a/coffre"); }, Errc::unreachable,
                   Msg::medium_not_plugged_in);
    // The folder is the mount point itself, and empty.
    expect_refusal(
        [&] {
            return open(files, Open::existing, {{"medium", id}}, "/media/usb");
        },
        Errc::unreachable, Msg::medium_not_plugged_in);
    // An empty medium is plugged in.
    MemoryFileSystem empty;
    files.plug(empty);
    expect_refusal(
        [&] {
            return open(files, Open::existing, {{"medium", id}}, "/media/usb");
        },
        Errc::unreachable, Msg::medium_not_plugged_in);
    EXPECT_TRUE(tree(empty, "/").empty());
    files.plug(disk);
    EXPECT_EQ(existing({{"medium", id}})->get("packs/old", limit), some_bytes);
}

TEST_F(MediumStoreTest, another_medium_of_this_site_is_not_taken_for_this_one) {
    MemoryFileSystem second;
    const auto wanted = make(second);
    const auto other = make(disk);
    expect_refusal([&] { return existing({{"medium", wanted}}); }, Errc::unreachable, Msg::medium_other);
    expect_refusal(
        [&] {
            return open(files, Open::create, {{"medium", wanted}});
        },
        Errc::unreachable, Msg::medium_other);
    try {
        existing({{"medium", wanted}})->list("packs");
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.message().args, (std::vector<std::string>{other, "/media/usb/coffre"}));
        EXPECT_EQ(error.hint().args, (std::vector<std::string>{"usb1", wanted}));
    }
}

TEST_F(MediumStoreTest, the_medium_of_another_site_is_refused) {
    const auto id = make(disk);
    for (const auto how : {Open::existing, Open::create})
        expect_refusal(
            [&] {
                return open(files, how, {{"repository", theirs}, {"medium", id}});
            },
            Errc::refused, Msg::medium_foreign);
}

TEST_F(MediumStoreTest, a_medium_is_used_again_with_the_identity_that_it_has) {
    const auto id = make(disk);
    EXPECT_EQ(create()->facts().at("medium_id"), id);
    EXPECT_EQ(existing({{"medium", id}})->facts().at("medium_id"), id);
    // Where nothing is known yet, the first copy that is found will do.
    const RemoteHost host{{files, clock, random, 1}, nullptr, ""};
    EXPECT_EQ(open_remote({"", "/media/usb/coffre/", {}}, host, Open::existing)->get("packs/old", limit),
              some_bytes);
}

TEST_F(MediumStoreTest, a_folder_with_something_else_in_it_is_refused) {
    for (const auto* path : {"/coffre/letter.odt", "/coffre/tmp/letter.odt", "/coffre/packs/x"}) {
        SCOPED_TRACE(path);
        MemoryFileSystem used;
        write(used, path, "somebody's");
        files.plug(used);
        const auto before = tree(used, "/");
        EXPECT_EQ(error_of([&] { create()->put("packs/new", some_bytes); }), Errc::refused);
        EXPECT_EQ(message_of([&] { create()->list("packs"); }), Msg::medium_holds_other);
        EXPECT_EQ(tree(used, "/"), before);
    }
    MemoryFileSystem formatted;  // what making and using a file system leaves is nobody's
    formatted.make_directories("/coffre/lost+found");
    write(formatted, "/coffre/System Volume Information/IndexerVolumeGuid", "x");
    files.plug(formatted);
    EXPECT_TRUE(create()->put("packs/new", some_bytes));
}

TEST_F(MediumStoreTest, a_plain_copy_of_this_repository_is_adopted_and_no_other) {
    write(disk, "/coffre/coffre.json", format_file(ours));
    write(disk, "/coffre/packs/old", "a pack");
    EXPECT_EQ(message_of([&] { existing()->list("packs"); }), Msg::medium_not_plugged_in);
    EXPECT_EQ(create()->list("packs").size(), 1U);
    EXPECT_TRUE(parse_medium_identity(read(disk, "/coffre/medium.json")));

    MemoryFileSystem foreign;
    write(foreign, "/coffre/coffre.json", format_file(theirs));
    files.plug(foreign);
    EXPECT_EQ(message_of([&] { create()->list("packs"); }), Msg::medium_foreign);
    EXPECT_EQ(read(foreign, "/coffre/medium.json"), "(not there)");

    for (const auto* text : {"", "{", "[]", "{}", R"({"id":3})", R"({"id":"abc"})"}) {
        MemoryFileSystem broken;
        write(broken, "/coffre/coffre.json", text);
        files.plug(broken);
        EXPECT_EQ(error_of([&] { create()->list("packs"); }), Errc::damaged) << text;
        EXPECT_EQ(read(broken, "/coffre/medium.json"), "(not there)");
    }
}

TEST_F(MediumStoreTest, an_identity_that_is_cut_or_not_exactly_one_is_damage) {
    make(disk);
    const auto text = read(disk, "/coffre/medium.json");
    std::vector<std::string> broken{text + " ", " " + text, text + text, std::string(5000, ' ')};
    for (std::size_t length = 0; length < text.size(); ++length) broken.push_back(text.substr(0, length));
    std::string upper = text;
    upper[upper.find("aaaa")] = 'A';
    broken.push_back(upper);
    for (const auto& one : broken) {
        MemoryFileSystem medium;
        write(medium, "/coffre/medium.json", one);
        files.plug(medium);
        for (const auto how : {Open::existing, Open::create})
            EXPECT_EQ(error_of([&] { open(files, how)->put("packs/new", some_bytes); }), Errc::damaged)
                << one;
        EXPECT_EQ(read(medium, "/coffre/packs/new"), "(not there)");
    }
    MemoryFileSystem medium;
    medium.make_directories("/coffre/medium.json");
    files.plug(medium);
    EXPECT_EQ(error_of([&] { existing()->list("packs"); }), Errc::damaged);
}

TEST_F(MediumStoreTest, a_read_only_medium_is_read_and_says_why_it_is_not_written) {
    const auto id = make(disk);
    files.set_read_only(true);
    const auto store = existing({{"medium", id}});
    EXPECT_EQ(store->get("packs/old", limit), some_bytes);
    for (const auto& call : std::vector<std::function<void()>>{
             [&] { store->put("packs/new", some_bytes); }, [&] { store->remove("packs/old"); },
             [&] { store->lock("lock", LockMode::exclusive, 0); }}) {
        EXPECT_EQ(error_of(call), Errc::unreachable);
        EXPECT_EQ(message_of(call), Msg::medium_read_only);
    }
    EXPECT_EQ(store->get("packs/old", limit), some_bytes);
    MemoryFileSystem empty;
    files.plug(empty);
    EXPECT_EQ(message_of([&] { create()->list("packs"); }), Msg::medium_read_only);
}

TEST_F(MediumStoreTest, a_full_medium_keeps_what_it_has_and_nothing_half_written) {
    bool completed = false;
    for (std::uint64_t room = 0; !completed; ++room) {
        ASSERT_LT(room, 8000U);
        if (room == 10)
            room = some_bytes.size() - 20;  // between the names and the end of the bytes all is alike
        MemoryFileSystem medium;
        files.set_room(std::nullopt);
        make(medium);
        files.set_room(room);
        const auto store = existing();
        try {
            completed = store->put("index/new", some_bytes);
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), Errc::no_space);
            EXPECT_EQ(error.message().id, Msg::medium_full);
            EXPECT_EQ(read(medium, "/coffre/index/new"), "(not there)") << room;
            EXPECT_TRUE(tree(medium, "/coffre/tmp").empty()) << room;
        }
        EXPECT_EQ(store->get("packs/old", limit), some_bytes);
    }
}

// One round of work on a medium that is there: every answer must be the true one.
void use(RemoteStore& store) {
    EXPECT_EQ(store.size("packs/old"), some_bytes.size());
    EXPECT_EQ(store.list("packs").at(0).name, "old");
    EXPECT_FALSE(store.list_all().empty());
    EXPECT_EQ(store.get("packs/old", limit), some_bytes);
    EXPECT_EQ(store.get_range("packs/old", 0, 3), Bytes(3, 0x5a));
    EXPECT_FALSE(store.put("packs/old", some_bytes));
    store.put("index/new", some_bytes);
    EXPECT_EQ(store.get("index/new", limit), some_bytes);
    EXPECT_EQ(store.size("index/none"), std::nullopt);
    store.remove("index/new");
    store.put("index/new", some_bytes);
}

TEST_F(MediumStoreTest, pulled_out_at_every_call_nothing_is_lost_and_nothing_is_believed) {
    bool completed = false;
    int told = 0;
    for (std::uint64_t n = 1; !completed; ++n) {
        ASSERT_LT(n, 2000U);
        SCOPED_TRACE(n);
        MemoryFileSystem medium;
        const auto id = make(medium);
        const auto system_before = tree(files.system(), "/");
        const auto store = existing({{"medium", id}});
        files.pull_at(n);
        try {
            use(*store);
            completed = true;
        } catch (const Error& error) {
            ++told;
            EXPECT_EQ(error.code(), Errc::unreachable) << error.what();
            EXPECT_TRUE(error.message().id == Msg::medium_pulled_out ||
                        error.message().id == Msg::medium_not_plugged_in)
                << error.what();
        }
        files.pull_at(0);
        EXPECT_EQ(tree(files.system(), "/"), system_before) << "written beneath the mount point";
        EXPECT_EQ(read(medium, "/coffre/packs/old"), as_text(some_bytes));
        const auto left = read(medium, "/coffre/index/new");
        EXPECT_TRUE(left == "(not there)" || left == as_text(some_bytes));
        if (completed) break;
        // Plugged in again, the same store goes on.
        files.plug(medium);
        use(*store);
    }
    EXPECT_GT(told, 20);
}

TEST_F(MediumStoreTest, what_was_unmounted_is_noticed_though_its_handles_still_answer) {
    make(disk);
    files.set_handles_survive(true);
    const auto write_after = existing();
    EXPECT_EQ(write_after->list("packs").size(), 1U);
    files.pull();
    EXPECT_EQ(message_of([&] { write_after->put("packs/new", some_bytes); }), Msg::medium_pulled_out);
    EXPECT_EQ(read(disk, "/coffre/packs/new"), "(not there)");
    // Another medium of the same site in its place: what is still open belongs to neither.
    MemoryFileSystem second;
    make(second);
    files.plug(disk);
    const auto opened = existing();
    EXPECT_EQ(opened->list("packs").size(), 1U);
    files.plug(second);
    EXPECT_EQ(message_of([&] { opened->put("packs/new", some_bytes); }), Msg::medium_pulled_out);
    EXPECT_EQ(read(disk, "/coffre/packs/new"), "(not there)");
    EXPECT_EQ(read(second, "/coffre/packs/new"), "(not there)");
    // Between the look and the answer: "not there" and "empty" count no more.
    const std::vector<std::function<void(RemoteStore&)>> questions{
        [](RemoteStore& store) { store.size("packs/none"); },
        [](RemoteStore& store) { store.get("packs/none", limit); },
        [](RemoteStore& store) { store.list("index"); },
        [](RemoteStore& store) { store.list_all(); },
    };
    for (const auto& ask : questions) {
        files.plug(disk);
        const auto asked = existing();
        asked->list("packs");
        files.pull_at(2);
        EXPECT_EQ(message_of([&] { ask(*asked); }), Msg::medium_pulled_out);
        files.pull_at(0);
    }
}

TEST_F(MediumStoreTest, another_medium_plugged_in_meanwhile_is_noticed) {
    MemoryFileSystem second;
    make(second);
    const auto id = make(disk);
    const auto store = existing({{"medium", id}});
    EXPECT_EQ(store->list("packs").size(), 1U);
    files.plug(second);
    EXPECT_EQ(error_of([&] { store->put("packs/new", some_bytes); }), Errc::unreachable);
    EXPECT_EQ(message_of([&] { store->put("packs/new", some_bytes); }), Msg::medium_other);
    EXPECT_EQ(read(second, "/coffre/packs/new"), "(not there)");
    files.plug(disk);
    EXPECT_TRUE(store->put("packs/new", some_bytes));
}

TEST_F(MediumStoreTest, an_identity_that_goes_away_ends_the_work) {
    make(disk);
    const auto store = existing();
    EXPECT_EQ(store->list("packs").size(), 1U);
    disk.open_directory("/coffre")->remove_file("medium.json");
    EXPECT_EQ(message_of([&] { store->size("packs/none"); }), Msg::medium_pulled_out);
    EXPECT_EQ(message_of([&] { store->size("packs/none"); }), Msg::medium_not_plugged_in);
}

TEST_F(MediumStoreTest, a_failing_device_at_every_operation_leaves_nothing_under_a_final_name) {
    for (const auto& fault : {test::io_error(), test::no_space_error()}) {
        bool completed = false;
        for (std::uint64_t n = 1; !completed; ++n) {
            ASSERT_LT(n, 100U);
            SCOPED_TRACE(n);
            MemoryFileSystem medium;
            make(medium);
            test::FaultyFileSystem faulty(files);
            const auto store = open(faulty, Open::existing);
            store->list("packs");
            faulty.reset();
            faulty.fail_at(n, fault, test::FaultyFileSystem::Lasting::from_then_on);
            try {
                store->put("index/new", some_bytes);
                completed = true;
            } catch (const Error& error) {
                EXPECT_EQ(error.code(), fault.code() == Errc::no_space ? Errc::no_space : Errc::unreachable);
            }
            const auto left = read(medium, "/coffre/index/new");
            EXPECT_TRUE(left == "(not there)" || left == as_text(some_bytes));
            EXPECT_EQ(read(medium, "/coffre/packs/old"), as_text(some_bytes));
        }
    }
}

TEST_F(MediumStoreTest, a_first_use_that_is_cut_off_anywhere_can_be_done_again) {
    std::mt19937_64 rng(20260704);
    bool completed = false;
    for (std::uint64_t n = 1; !completed; ++n) {
        ASSERT_LT(n, 100U);
        MemoryFileSystem medium;
        medium.make_directories("/media/usb");
        test::FaultyFileSystem faulty(medium);
        faulty.crash_at(n);
        bool returned = false;
        try {
            const auto store = open(faulty, Open::create);
            store->put("packs/old", some_bytes);
            returned = completed = true;
        } catch (const test::SimulatedCrash&) {
        }
        for (int state = 0; state < 40; ++state) {
            SCOPED_TRACE("operation " + std::to_string(n) + ", state " + std::to_string(state));
            auto after = medium.power_cut(rng, state == 0   ? test::PowerCut::lose_all
                                               : state == 1 ? test::PowerCut::keep_all
                                                            : test::PowerCut::random);
            const auto store = open(after, Open::create);
            const auto left = store->get("packs/old", limit);
            if (returned) {
                ASSERT_TRUE(left);
            }
            if (left) {
                ASSERT_EQ(*left, some_bytes);
            }
            store->put("packs/old", some_bytes);
            ASSERT_EQ(open(after, Open::existing)->get("packs/old", limit), some_bytes);
        }
    }
}

TEST_F(MediumStoreTest, what_interrupted_puts_left_is_removed_after_three_days) {
    make(disk);
    write(disk, "/coffre/tmp/" + std::string(32, '0'), "half a pack");
    const auto written = disk.stat("/coffre/tmp/" + std::string(32, '0'))->modified_ns;
    constexpr std::int64_t day_ns = std::int64_t{86400} * 1'000'000'000;
    clock.set(Timestamp{written + 3 * day_ns - 1'000'000'000});
    existing()->put("packs/a", some_bytes);
    EXPECT_EQ(tree(disk, "/coffre/tmp").size(), 1U);
    clock.set(Timestamp{written + 3 * day_ns + 1'000'000'000});
    existing()->list("packs");
    EXPECT_EQ(tree(disk, "/coffre/tmp").size(), 1U) << "reading writes nothing";
    existing()->put("packs/b", some_bytes);
    EXPECT_TRUE(tree(disk, "/coffre/tmp").empty());
}

TEST_F(MediumStoreTest, what_else_goes_wrong_is_said_with_its_path_and_a_way_out) {
    write(disk, "/coffre", "a file");
    try {
        create()->list("packs");
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Errc::unreachable);
        EXPECT_EQ(error.message().id, Msg::file_error);
        EXPECT_EQ(error.hint().id, Msg::hint_medium_check);
    }
}

TEST_F(MediumStoreTest, settings_that_it_does_not_know_or_that_make_no_sense_are_refused) {
    EXPECT_EQ(error_of([&] { existing({{"bucket", "x"}}); }), Errc::usage);
    EXPECT_EQ(message_of([&] { existing({{"bucket", "x"}}); }), Msg::remote_setting_unknown);
    EXPECT_EQ(message_of([&] { existing({{"medium", "x"}}); }), Msg::medium_setting);
    EXPECT_EQ(message_of([&] { existing({{"repository", "x"}}); }), Msg::medium_setting);
    existing({{"serial", "S1"}, {"place", "the safe"}, {"unencrypted-reason", "a test"}});
    EXPECT_EQ(known_settings("file"), medium_settings());
    EXPECT_TRUE(known_settings("gopher").empty());
}

}  // namespace
}  // namespace coffre::remote
