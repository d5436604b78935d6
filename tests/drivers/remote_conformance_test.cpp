// What every store of a repository promises, asked of each of them: two that are no remotes, for reference,
// and the remote ones on real servers. A new store is one line in `stores` below.

#include <algorithm>
#include <atomic>
#include <functional>
#include <ostream>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "drivers/remote/remotes.hpp"
#include "tests/drivers/servers.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/memory_blob_store.hpp"
#include "tests/support/scoped_temp_dir.hpp"
#include "tests/support/tcp_proxy.hpp"

namespace coffre {
namespace {

using remote::Open;
using remote::RemoteSpec;
using test::error_of;
using test::server_value;
using test::TcpProxy;

struct Store {
    const char* name;
    // A remote: how to reach the place `area`, new or not, on its server.
    std::function<RemoteSpec(const std::string& area)> spec;
    bool exclusive = true;  // of two that put one name at once, one alone is told that it did
    std::size_t small_files = 1200;
    // No remote: a store in that folder.
    std::function<std::unique_ptr<BlobStore>(const std::string& folder)> local = {};
    // How to reach a place that is not there, where another area of the same server would not be one.
    std::function<RemoteSpec(const std::string& area)> gone = {};
};

std::ostream& operator<<(std::ostream& out, const Store& store) { return out << store.name; }

std::unique_ptr<BlobStore> directory_store(const std::string& folder) {
    return directory_blob_store(system_files().make_directories(folder), system_clock(), system_random());
}

std::unique_ptr<BlobStore> medium_store(const std::string& folder) {
    const RemoteSpec spec{"", folder, {{"repository", std::string(64, 'a')}}};
    return remote::open_remote(spec, test::host_of_tests(), Open::create);
}

std::unique_ptr<BlobStore> memory_store(const std::string&) {
    return std::make_unique<test::MemoryBlobStore>();
}

RemoteSpec ceph(const std::string& area) {
    return {"",
            server_value("CEPH_URL") + "/" + area,
            {{"credentials-file", server_value("CEPH_WORK") + "/credentials"},
             {"region", server_value("CEPH_REGION")}}};
}

// A prefix is nothing that could be missing: a bucket is.
RemoteSpec ceph_without_bucket(const std::string& area) {
    auto spec = ceph(area);
    spec.url = spec.url.substr(0, spec.url.find("/coffre/")) + "/" + area;
    return spec;
}

RemoteSpec openssh(const std::string& area) {
    return {
        "",
        server_value("OPENSSH_URL") + "/" + area,
        {{"identity", server_value("OPENSSH_WORK") + "/id"}, {"host-key", server_value("OPENSSH_HOST_KEY")}}};
}

RemoteSpec rclone_sftp(const std::string& area) {
    return {"",
            server_value("RCLONE_SFTP_URL") + "/" + area,
            {{"credentials-file", server_value("RCLONE_SFTP_WORK") + "/credentials"},
             {"host-key", server_value("RCLONE_SFTP_HOST_KEY")}}};
}

RemoteSpec webdav(const std::string& server, const std::string& area) {
    return {"",
            server_value(server + "_URL") + "/" + area,
            {{"credentials-file", server_value(server + "_WORK") + "/credentials"},
             {"ca-file", server_value(server + "_CA")}}};
}
RemoteSpec apache(const std::string& area) { return webdav("APACHE", area); }
RemoteSpec nginx(const std::string& area) { return webdav("NGINX", area); }
RemoteSpec rclone_dav(const std::string& area) { return webdav("RCLONE_DAV", area); }

const Store stores[] = {
    {"memory", {}, true, 1200, memory_store},
    {"directory", {}, false, 1200, directory_store},
    {"medium", {}, false, 1200, medium_store},
    {"s3_ceph", ceph, true, 1200, {}, ceph_without_bucket},
    {"sftp_openssh", openssh},
    {"sftp_rclone", rclone_sftp, false, 150},
    {"webdav_apache", apache, false},
    {"webdav_nginx", nginx, false},
    {"webdav_rclone", rclone_dav, false, 150},
};

std::vector<Store> all_stores() { return {std::begin(stores), std::end(stores)}; }
std::vector<Store> remote_stores() {
    auto found = all_stores();
    std::erase_if(found, [](const Store& store) { return !store.spec; });
    return found;
}
// A thread whose failure is the test's, and not the end of the process.
template <class Work>
std::thread tested(Work work) {
    return std::thread([work] {
        try {
            work();
        } catch (const std::exception& error) {
            ADD_FAILURE() << error.what();
        }
    });
}

std::string name_of(const ::testing::TestParamInfo<Store>& info) { return info.param.name; }

Bytes pattern(std::size_t size, std::uint32_t seed = 1) {
    Bytes bytes(size);
    std::uint32_t state = seed * 2654435761U + 1;
    for (auto& byte : bytes) {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        byte = static_cast<std::uint8_t>(state);
    }
    return bytes;
}

std::vector<std::string> names_of(const std::vector<BlobInfo>& blobs) {
    std::vector<std::string> names;
    for (const auto& blob : blobs) names.push_back(blob.name);
    return names;
}

class AnyStore : public ::testing::TestWithParam<Store> {
protected:
    // The same place each time, by an instance of its own where the store is elsewhere.
    std::unique_ptr<BlobStore> open(Open how = Open::create) {
        if (GetParam().local) return GetParam().local(folder_ / "store");
        return remote::open_remote(GetParam().spec(area_), test::host_of_tests(), how);
    }

    test::ScopedTempDir folder_;
    std::string area_ = test::fresh_name();
};

INSTANTIATE_TEST_SUITE_P(Remote, AnyStore, ::testing::ValuesIn(all_stores()), name_of);

TEST_P(AnyStore, gives_back_what_was_put) {
    const auto store = open();
    for (const std::size_t size : {0, 1, 64 << 10, 17 << 20}) {
        SCOPED_TRACE(size);
        const std::string name = "packs/of" + std::to_string(size) + ".pack";
        const Bytes bytes = pattern(size);
        EXPECT_TRUE(store->put(name, bytes));
        EXPECT_EQ(store->size(name), size);
        EXPECT_TRUE(store->get(name, size) == bytes);
    }
    EXPECT_TRUE(store->put("coffre.json", as_bytes("{}")));
    EXPECT_EQ(store->get("coffre.json", 2), Bytes({'{', '}'}));
}

TEST_P(AnyStore, an_empty_place_holds_nothing) {
    const auto store = open();
    EXPECT_TRUE(store->list("packs").empty());
    EXPECT_TRUE(store->list_all().empty());
    EXPECT_FALSE(store->size("packs/a"));
    EXPECT_FALSE(store->get("coffre.json", 10));
    store->remove("packs/a");
}

TEST_P(AnyStore, a_second_put_is_false_and_changes_nothing) {
    const auto store = open();
    EXPECT_TRUE(store->put("packs/a.pack", as_bytes("the first")));
    EXPECT_FALSE(store->put("packs/a.pack", as_bytes("another, longer")));
    EXPECT_FALSE(store->put("packs/a.pack", {}));
    EXPECT_EQ(as_text(*store->get("packs/a.pack", 100)), "the first");
    EXPECT_TRUE(store->list("tmp").empty());
}

TEST_P(AnyStore, of_two_that_put_one_name_at_once_one_wins_whole) {
    const auto first = open();
    const auto own = GetParam().local ? nullptr : open();
    BlobStore& second = own ? *own : *first;
    first->put("coffre.json", as_bytes("{}"));  // both are connected, so that they meet
    second.size("coffre.json");
    for (int round = 0; round < 12; ++round) {
        SCOPED_TRACE(round);
        const std::string name = "packs/round" + std::to_string(round);
        const Bytes bytes[] = {pattern(200'000, 1), pattern(200'000, 2)};
        bool won[] = {false, false};
        std::atomic<int> ready = 0;
        const auto put = [&](BlobStore& store, int which) {
            ++ready;
            while (ready < 2) std::this_thread::yield();
            won[which] = store.put(name, bytes[which]);
        };
        std::thread other = tested([&] { put(second, 1); });
        put(*first, 0);
        other.join();
        const auto stored = first->get(name, 1 << 20);
        ASSERT_TRUE(stored);
        EXPECT_TRUE(won[0] || won[1]);
        EXPECT_TRUE((won[0] && *stored == bytes[0]) || (won[1] && *stored == bytes[1]));
        if (GetParam().exclusive) {
            EXPECT_NE(won[0], won[1]);
        }
    }
}

TEST_P(AnyStore, lists_what_was_put_with_its_size) {
    const auto store = open();
    const std::map<std::string, std::size_t> put{{"coffre.json", 2},
                                                 {"index/b.idx", 5},
                                                 {"journal/0123abcd.jrn", 0},
                                                 {"packs/1.pack", 70'000},
                                                 {"packs/a.pack", 1}};
    for (const auto& [name, size] : put) EXPECT_TRUE(store->put(name, pattern(size)));
    const auto all = store->list_all();
    std::map<std::string, std::size_t> listed;
    for (const auto& blob : all) listed[blob.name] = blob.size;
    EXPECT_EQ(listed, put);
    EXPECT_TRUE(
        std::is_sorted(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.name < b.name; }));
    EXPECT_EQ(names_of(store->list("packs")), (std::vector<std::string>{"1.pack", "a.pack"}));
    EXPECT_EQ(store->list("packs")[0].size, 70'000U);
    EXPECT_TRUE(store->list("retired").empty());
    std::set<std::string> names;
    store->each_name("packs", [&](std::string_view name) { names.emplace(name); });
    EXPECT_EQ(names, (std::set<std::string>{"1.pack", "a.pack"}));
}

TEST_P(AnyStore, lists_many_files_each_once_and_takes_them_from_several_threads) {
    const auto store = open();
    const std::size_t count = GetParam().small_files;
    std::atomic<std::size_t> next = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.push_back(tested([&] {
            for (std::size_t i = next++; i < count; i = next++)
                EXPECT_TRUE(store->put("journal/" + std::to_string(100'000 + i), pattern(i % 7)));
        }));
    for (auto& thread : threads) thread.join();
    const auto listed = store->list("journal");
    ASSERT_EQ(listed.size(), count);
    for (std::size_t i = 0; i < count; ++i) {
        EXPECT_EQ(listed[i].name, std::to_string(100'000 + i));
        EXPECT_EQ(listed[i].size, i % 7);
    }
    EXPECT_EQ(store->list_all().size(), count);
    EXPECT_TRUE(store->list("tmp").empty());
}

TEST_P(AnyStore, refuses_to_give_more_than_asked_for) {
    const auto store = open();
    store->put("packs/a", pattern(1000));
    EXPECT_TRUE(store->get("packs/a", 1000));
    EXPECT_EQ(error_of([&] { store->get("packs/a", 999); }), Errc::damaged);
    EXPECT_EQ(error_of([&] { store->get("packs/a", 0); }), Errc::damaged);
}

TEST_P(AnyStore, gives_a_part_exactly_or_not_at_all) {
    const auto store = open();
    const Bytes bytes = pattern(1 << 20);
    store->put("packs/a", bytes);
    const auto part = [&](std::size_t at, std::size_t count) {
        return Bytes(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                     bytes.begin() + static_cast<std::ptrdiff_t>(at + count));
    };
    const std::size_t last = bytes.size() - 1;
    EXPECT_EQ(store->get_range("packs/a", 0, 1), part(0, 1));
    EXPECT_EQ(store->get_range("packs/a", 12'345, 777), part(12'345, 777));
    EXPECT_EQ(store->get_range("packs/a", last, 1), part(last, 1));
    EXPECT_TRUE(store->get_range("packs/a", 0, bytes.size()) == bytes);
    EXPECT_TRUE(store->get_range("packs/a", 300'000, 600'000) == part(300'000, 600'000));
    EXPECT_TRUE(store->get_range("packs/a", 5, 0).empty());
    EXPECT_EQ(error_of([&] { store->get_range("packs/a", last, 2); }), Errc::damaged);
    EXPECT_EQ(error_of([&] { store->get_range("packs/a", bytes.size(), 1); }), Errc::damaged);
    EXPECT_EQ(error_of([&] { store->get_range("packs/a", 1ULL << 40, 1); }), Errc::damaged);
    EXPECT_EQ(error_of([&] { store->get_range("packs/none", 0, 1); }), Errc::damaged);
}

TEST_P(AnyStore, what_is_removed_is_gone_and_may_be_put_again) {
    const auto store = open();
    store->put("packs/a", as_bytes("1"));
    store->put("packs/b", as_bytes("2"));
    store->remove("packs/a");
    EXPECT_FALSE(store->size("packs/a"));
    EXPECT_FALSE(store->get("packs/a", 10));
    EXPECT_EQ(names_of(store->list("packs")), std::vector<std::string>{"b"});
    store->remove("packs/a");
    store->remove("nowhere/a");
    EXPECT_TRUE(store->put("packs/a", as_bytes("33")));
    EXPECT_EQ(store->size("packs/a"), 2U);
}

TEST_P(AnyStore, serves_several_threads) {
    const auto store = open();
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.push_back(tested([&, t] {
            for (int i = 0; i < 6; ++i) {
                const std::string name = "packs/of" + std::to_string(10 * t + i);
                const Bytes bytes = pattern(50'000, static_cast<std::uint32_t>(10 * t + i));
                EXPECT_TRUE(store->put(name, bytes));
                EXPECT_TRUE(store->get(name, bytes.size()) == bytes);
                EXPECT_EQ(store->get_range(name, 100, 3), Bytes(bytes.begin() + 100, bytes.begin() + 103));
                if (i % 2 == 0) store->remove(name);
            }
        }));
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(store->list("packs").size(), 12U);
}

// What is asked of the remote ones alone.
class RemotePlace : public ::testing::TestWithParam<Store> {
protected:
    // `proxy`: through it, whatever it does.
    std::unique_ptr<RemoteStore> open(const TcpProxy* proxy = nullptr, Open how = Open::create,
                                      remote::RemoteSettings more = {}) {
        auto spec = GetParam().spec(area_);
        if (proxy) spec.url = test::with_port(spec.url, proxy->port());
        for (const auto& [word, value] : more) spec.settings[word] = value;
        return remote::open_remote(spec, test::host_of_tests(), how);
    }
    [[nodiscard]] int server_port() const { return remote::parse_url(GetParam().spec(area_).url).port; }

    std::string area_ = test::fresh_name();
};

INSTANTIATE_TEST_SUITE_P(Remote, RemotePlace, ::testing::ValuesIn(remote_stores()), name_of);

TEST_P(RemotePlace, keeps_what_another_instance_put) {
    open()->put("packs/a", as_bytes("1"));
    const auto again = open(nullptr, Open::existing);
    EXPECT_EQ(again->list_all().size(), 1U);
    EXPECT_TRUE(again->put("journal/b", as_bytes("2")));
}

TEST_P(RemotePlace, a_place_that_is_gone_is_not_an_empty_one) {
    for (const auto& ask : std::vector<std::function<void(BlobStore&)>>{
             [](BlobStore& store) { store.list("packs"); },
             [](BlobStore& store) { store.list_all(); },
             [](BlobStore& store) { store.put("packs/a", {}); },
         }) {
        const auto& gone = GetParam().gone;
        const auto store = remote::open_remote(gone ? gone(area_) : GetParam().spec(area_),
                                               test::host_of_tests(), Open::existing);
        EXPECT_EQ(error_of([&] { ask(*store); }), Errc::unreachable);
    }
}

TEST_P(RemotePlace, asks_about_the_place_before_it_sends_a_byte) {
    TcpProxy proxy(server_port());
    auto spec = GetParam().spec(area_);
    spec.url = test::with_port(spec.url, proxy.port());
    spec.settings["country"] = "XX";
    const auto region = spec.settings.find("region");  // says more, where there is one
    const std::string expected = region == spec.settings.end() ? "XX" : region->second;
    auto host = test::host_of_tests();
    std::string asked;
    host.check_place = [&](const std::string& name, const std::string& told) {
        asked += name + " " + told + "\n";
        throw Error(Errc::refused, say<Msg::remote_refuses>(name, told));
    };
    EXPECT_EQ(error_of([&] { remote::open_remote(spec, host, Open::create)->put("packs/a", {}); }),
              Errc::refused);
    EXPECT_EQ(asked, "127.0.0.1 " + expected + "\n");
    EXPECT_EQ(proxy.passed(TcpProxy::Direction::to_server), 0U);
}

TEST_P(RemotePlace, a_put_cut_in_the_middle_leaves_nothing_under_its_name) {
    const Bytes bytes = pattern(4 << 20);
    {
        TcpProxy proxy(server_port());
        const auto store = open(&proxy, Open::create, {{"retries", "1"}});
        EXPECT_TRUE(store->put("packs/before", as_bytes("1")));
        proxy.break_after(TcpProxy::Fault::cut_for_good, TcpProxy::Direction::to_server, 2 << 20);
        EXPECT_EQ(error_of([&] { store->put("packs/a", bytes); }), Errc::unreachable);
        EXPECT_TRUE(proxy.broke());
    }
    const auto store = open();
    EXPECT_FALSE(store->size("packs/a"));
    EXPECT_EQ(names_of(store->list("packs")), std::vector<std::string>{"before"});
    EXPECT_TRUE(store->put("packs/a", bytes));
    EXPECT_TRUE(store->get("packs/a", bytes.size()) == bytes);
}

TEST_P(RemotePlace, a_put_cut_once_is_done_all_the_same) {
    const Bytes bytes = pattern(3 << 20);
    TcpProxy proxy(server_port());
    const auto store = open(&proxy);
    store->put("packs/before", as_bytes("1"));
    proxy.break_after(TcpProxy::Fault::cut, TcpProxy::Direction::to_server, 1 << 20);
    EXPECT_TRUE(store->put("packs/a", bytes));
    EXPECT_TRUE(proxy.broke());
    EXPECT_TRUE(store->get("packs/a", bytes.size()) == bytes);
    EXPECT_EQ(store->list("packs").size(), 2U);
}

TEST_P(RemotePlace, a_get_cut_once_gives_the_whole_all_the_same) {
    const Bytes bytes = pattern(3 << 20);
    TcpProxy proxy(server_port());
    const auto store = open(&proxy);
    store->put("packs/a", bytes);
    proxy.break_after(TcpProxy::Fault::cut, TcpProxy::Direction::to_client, 1 << 20);
    EXPECT_TRUE(store->get("packs/a", bytes.size()) == bytes);
    EXPECT_TRUE(proxy.broke());
}

// Wherever an answer is lost: afterwards the file is there once, whole, and whoever put it knows.
TEST_P(RemotePlace, a_put_whose_answer_was_lost_is_decided_by_looking) {
    const Bytes bytes = pattern(2000);
    int broken = 0;
    bool reached_end = false;
    for (std::uint64_t answered = 1; !reached_end; answered += answered < 2000 ? 97 : 397) {
        SCOPED_TRACE(answered);
        ASSERT_LT(answered, 100'000U);
        TcpProxy proxy(server_port());
        const auto store = open(&proxy, Open::create, {{"retries", "3"}});
        store->put("packs/before", as_bytes("1"));
        proxy.break_after(TcpProxy::Fault::cut, TcpProxy::Direction::to_client, answered);
        const std::string name = "packs/at" + std::to_string(answered);
        EXPECT_FALSE(error_of([&] { store->put(name, bytes); }));
        reached_end = !proxy.broke();
        broken += proxy.broke() ? 1 : 0;
        EXPECT_EQ(store->get(name, 10'000), bytes);
        EXPECT_FALSE(store->put(name, as_bytes("another")));
    }
    EXPECT_GE(broken, 2);
}

TEST_P(RemotePlace, a_server_that_dies_is_unreachable) {
    TcpProxy proxy(server_port());
    const auto store = open(&proxy, Open::create, {{"retries", "1"}});
    store->put("packs/a", pattern(100));
    proxy.break_after(TcpProxy::Fault::cut_for_good, TcpProxy::Direction::to_server, 0);
    EXPECT_EQ(error_of([&] { store->get("packs/a", 100); }), Errc::unreachable);
    EXPECT_EQ(error_of([&] { store->list("packs"); }), Errc::unreachable);
    EXPECT_EQ(error_of([&] { store->put("packs/b", pattern(10)); }), Errc::unreachable);
    EXPECT_EQ(error_of([&] { store->remove("packs/a"); }), Errc::unreachable);
}

// That these end at all is the promise: CTest stops a test that hangs.
TEST_P(RemotePlace, a_server_that_says_nothing_any_more_is_given_up) {
    for (const auto direction : {TcpProxy::Direction::to_server, TcpProxy::Direction::to_client}) {
        TcpProxy proxy(server_port());
        const auto store = open(&proxy, Open::create, {{"retries", "0"}, {"timeout", "2"}});
        store->put("packs/a", pattern(1 << 20));
        proxy.break_after(TcpProxy::Fault::freeze, direction, 100);
        EXPECT_EQ(error_of([&] { store->get("packs/a", 1 << 20); }), Errc::unreachable);
        EXPECT_TRUE(proxy.broke());
    }
    TcpProxy silent(server_port());
    silent.break_after(TcpProxy::Fault::freeze, TcpProxy::Direction::to_server, 0);
    const auto store = open(&silent, Open::create, {{"retries", "0"}, {"timeout", "2"}});
    EXPECT_EQ(error_of([&] { store->list("packs"); }), Errc::unreachable);
}

TEST_P(RemotePlace, nobody_listens) {
    int port = 0;
    { port = TcpProxy(server_port()).port(); }
    auto spec = GetParam().spec(area_);
    spec.url = test::with_port(spec.url, port);
    spec.settings["retries"] = "1";
    const auto store = remote::open_remote(spec, test::host_of_tests(), Open::create);
    EXPECT_EQ(error_of([&] { store->list("packs"); }), Errc::unreachable);
}

TEST_P(RemotePlace, a_wrong_number_in_the_settings_is_refused_at_once) {
    EXPECT_EQ(error_of([&] { open(nullptr, Open::create, {{"timeout", "soon"}}); }), Errc::usage);
    EXPECT_EQ(error_of([&] { open(nullptr, Open::create, {{"retries", "-1"}}); }), Errc::usage);
}

TEST_P(RemotePlace, tells_what_it_found_by_trying) {
    const auto facts = open()->facts();
    ASSERT_TRUE(facts.contains("conditional_put"));
    EXPECT_EQ(facts.at("conditional_put"), GetParam().exclusive ? "yes" : "no");
    for (const auto& [word, value] : facts) {
        EXPECT_EQ(word.find_first_not_of("abcdefghijklmnopqrstuvwxyz_0123456789"), std::string::npos) << word;
        EXPECT_EQ(value.find("not a secret"), std::string::npos) << word;
    }
    EXPECT_TRUE(open(nullptr, Open::existing)->list("tmp").empty());
}

}  // namespace
}  // namespace coffre
