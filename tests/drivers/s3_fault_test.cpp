// The S3 store over a real socket against a server that fails in every way it knows, at every kind of
// request. What must hold whatever happens: a put that says true left the bytes there; a read gives the right
// bytes or none; a listing names everything or is an Error.

#include <algorithm>
#include <map>

#include <gtest/gtest.h>

#include "drivers/http/curl_client.hpp"
#include "drivers/remote/s3.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/fake_s3.hpp"

namespace coffre::remote {
namespace {

constexpr std::uint64_t part_size = 1000;

// Waits between attempts pass at once; requests are dated by the real clock, which the server checks.
class HastyClock final : public Clock {
public:
    Timestamp now() override { return system_clock().now(); }
    std::int64_t monotonic_ns() override { return system_clock().monotonic_ns() + slept_ns_; }
    void sleep_ms(int ms) override { slept_ns_ += std::int64_t{ms} * 1'000'000; }

private:
    std::int64_t slept_ns_ = 0;
};

Bytes content(std::size_t size, std::uint8_t seed) {
    Bytes bytes(size);
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(seed + i * i % 251);
    return bytes;
}

struct Remote {
    explicit Remote(const std::vector<std::string>& arguments, RemoteSettings more = {}) : server(arguments) {
        open(std::move(more));
    }

    // Another store of the same bucket, which knows nothing of what the one before saw.
    void open(RemoteSettings more = {}) {
        auto spec = server.spec();
        spec.settings.merge(more);
        http::ClientOptions options;
        options.stall_seconds = 20;  // a busy machine is not a slow server
        store = s3_store(spec, {{system_files(), clock, system_random(), 1}, {}, ""},
                         http::curl_client(options), {.part = part_size, .most_pages = 50});
    }

    HastyClock clock;
    test::FakeS3 server;
    std::unique_ptr<RemoteStore> store;
};

// What may be thrown whatever the server does: never a crash, never "failed" or "usage".
template <class Fn>
bool succeeds(Fn&& fn, const std::string& context) {
    try {
        fn();
        return true;
    } catch (const Error& error) {
        EXPECT_TRUE(error.code() == Errc::unreachable || error.code() == Errc::damaged ||
                    error.code() == Errc::refused || error.code() == Errc::no_space)
            << context << ": " << error.what();
        EXPECT_EQ(std::string(error.what()).find("secret"), std::string::npos) << error.what();
        return false;
    }
}

const std::vector<std::string> answers{"500",     "502",       "503",          "429",       "403",
                                       "404",     "409",       "412",          "skew",      "error-200",
                                       "short",   "truncated", "wrong-length", "endless",   "reset-before",
                                       "reset@0", "reset@1",   "reset@40",     "reset@150", "drop"};

// The first or second request of a kind fails, once or from then on.
class Faults : public ::testing::TestWithParam<std::string> {};

TEST_P(Faults, hold_what_is_promised) {
    const std::string kind = GetParam();
    auto faults = answers;
    if (kind == "list") faults.insert(faults.end(), {"stale", "repeat", "reset@400"});
    if (kind == "get") faults.insert(faults.end(), {"reset@300", "reset@1000"});
    Remote remote({"--page", "2"});
    for (const auto& fault : faults) {
        for (const std::string when : {"1:1", "2:1", "1:0", "2:0"}) {
            const std::string plan = kind + ":" + fault + ":" + when;
            SCOPED_TRACE(plan);
            remote.server.start_anew(plan);
            remote.open();
            auto& store = *remote.store;
            std::map<std::string, Bytes> kept;

            const std::map<std::string, Bytes> wanted{{"coffre.json", content(20, 1)},
                                                      {"packs/a.pack", content(900, 2)},
                                                      {"packs/b.pack", content(3500, 3)},
                                                      {"packs/c.pack", content(2500, 4)},
                                                      {"journal/d.jrn", content(0, 5)}};
            for (const auto& [name, bytes] : wanted) {
                bool is_new = false;
                const bool done = succeeds([&] { is_new = store.put(name, bytes); }, plan);
                if (done && is_new) {
                    EXPECT_EQ(remote.server.object(name), bytes) << "put said true: " << name;
                    kept[name] = bytes;
                }
            }
            for (const auto& [name, bytes] : wanted) {
                std::optional<Bytes> got;
                if (succeeds([&] { got = store.get(name, 10'000); }, plan) && got) {
                    EXPECT_EQ(*got, bytes) << name;
                }
                Bytes part;
                if (bytes.size() > 200 && succeeds([&] { part = store.get_range(name, 100, 50); }, plan)) {
                    EXPECT_EQ(part, Bytes(bytes.begin() + 100, bytes.begin() + 150)) << name;
                }
            }
            std::vector<BlobInfo> all;
            if (succeeds([&] { all = store.list_all(); }, plan)) {
                for (const auto& [name, bytes] : kept) {
                    const auto found = std::find_if(all.begin(), all.end(),
                                                    [&](const auto& blob) { return blob.name == name; });
                    ASSERT_TRUE(found != all.end()) << "left out: " << name;
                    EXPECT_EQ(found->size, bytes.size());
                }
            }
            if (succeeds([&] { store.remove("packs/a.pack"); }, plan)) {
                EXPECT_FALSE(remote.server.object("packs/a.pack")) << "removed, they said";
            }
        }
    }
}

INSTANTIATE_TEST_SUITE_P(S3, Faults,
                         ::testing::Values("list", "head", "get", "put", "create-multipart", "upload-part",
                                           "complete", "abort", "delete"),
                         [](const auto& one) {
                             std::string name = one.param;
                             std::replace(name.begin(), name.end(), '-', '_');
                             return name;
                         });

TEST(S3OverSockets, every_third_connection_breaks_off_and_all_arrives) {
    Remote remote({"--drop-every", "3", "--page", "3"});
    std::map<std::string, Bytes> wanted;
    for (int i = 0; i < 20; ++i)
        wanted["packs/" + std::to_string(100 + i) + ".pack"] =
            content(static_cast<std::size_t>(100 + 200 * i), static_cast<std::uint8_t>(i));
    for (const auto& [name, bytes] : wanted) EXPECT_TRUE(remote.store->put(name, bytes)) << name;
    for (const auto& [name, bytes] : wanted) {
        EXPECT_EQ(remote.server.object(name), bytes);
        EXPECT_EQ(remote.store->get(name, 10'000), bytes);
    }
    const auto all = remote.store->list_all();
    ASSERT_EQ(all.size(), wanted.size());
    auto at = wanted.begin();
    for (const auto& blob : all) EXPECT_EQ(blob.name, (at++)->first);
}

TEST(S3OverSockets, a_put_whose_answer_was_lost_is_ours) {
    Remote remote({"--fault", "put:reset@0:1"});
    EXPECT_TRUE(remote.store->put("packs/a.pack", content(500, 1)));  // 412 to the second attempt
    EXPECT_EQ(remote.server.object("packs/a.pack"), content(500, 1));
}

TEST(S3OverSockets, a_put_of_what_somebody_else_put_is_not) {
    Remote remote({});
    EXPECT_TRUE(remote.store->put("packs/a.pack", content(500, 1)));
    EXPECT_FALSE(remote.store->put("packs/a.pack", content(500, 2)));
    EXPECT_EQ(remote.server.object("packs/a.pack"), content(500, 1));
}

TEST(S3OverSockets, a_server_without_conditions_is_asked_first) {
    for (const std::string kind : {"no", "ignore"}) {
        Remote remote({"--conditional", kind});
        EXPECT_TRUE(remote.store->put("packs/a.pack", content(500, 1)));
        EXPECT_FALSE(remote.store->put("packs/a.pack", content(500, 2))) << kind;
        EXPECT_TRUE(remote.store->put("packs/b.pack", content(5000, 1)));
        EXPECT_FALSE(remote.store->put("packs/b.pack", content(5000, 2))) << kind;
        EXPECT_EQ(remote.server.object("packs/a.pack"), content(500, 1));
        EXPECT_EQ(remote.server.object("packs/b.pack"), content(5000, 1));
        EXPECT_EQ(remote.store->facts()["conditional_put"], "no");
    }
}

TEST(S3OverSockets, a_multipart_upload_that_fails_leaves_no_parts) {
    Remote remote({"--fault", "upload-part:403:2:0"});
    EXPECT_EQ(test::error_of([&] { remote.store->put("packs/a.pack", content(5000, 1)); }),
              Errc::unreachable);
    EXPECT_NE(remote.server.log().back().find("\"type\": \"abort\""), std::string::npos);
}

// It may tell what it held once: what it holds is known by reading.
TEST(S3OverSockets, a_checksum_of_a_server_that_is_not_documented_counts_for_nothing) {
    {
        Remote honest({});
        honest.store->put("packs/a.pack", content(500, 1));
        EXPECT_FALSE(honest.store->server_checksum("packs/a.pack"));
        EXPECT_EQ(honest.store->facts()["checksum"], "yes");
    }
    Remote echo({"--checksums", "echo"});
    echo.store->put("packs/a.pack", content(500, 1));
    EXPECT_FALSE(echo.store->server_checksum("packs/a.pack"));
    EXPECT_EQ(echo.store->facts()["checksum"], "no");
    EXPECT_EQ(echo.store->list_all().size(), 1U);  // what was tried is gone, or not ours to see
}

TEST(S3OverSockets, a_locked_object_stays_and_says_until_when) {
    Remote remote({"--object-lock"}, {{"lock-days", "2"}});
    EXPECT_TRUE(remote.store->put("packs/a.pack", content(500, 1)));
    EXPECT_TRUE(remote.store->put("packs/b.pack", content(5000, 1)));
    for (const std::string name : {"packs/a.pack", "packs/b.pack"}) {
        const auto until = remote.store->protected_until(name);
        ASSERT_TRUE(until) << name;
        EXPECT_GT(*until, Timestamp::from_seconds(system_clock().now().seconds() + 86'400));
        EXPECT_EQ(test::message_of([&] { remote.store->remove(name); }), Msg::s3_locked);
        EXPECT_TRUE(remote.store->size(name));
    }
    EXPECT_EQ(remote.store->facts()["object_lock"], "yes");
}

TEST(S3OverSockets, a_lock_is_made_longer_and_never_shorter) {
    Remote remote({"--object-lock"});
    remote.store->put("packs/a.pack", content(500, 1));
    EXPECT_FALSE(remote.store->protected_until("packs/a.pack"));
    const auto in_days = [](int days) {
        return Timestamp::from_seconds(system_clock().now().seconds() + days * 86'400);
    };
    EXPECT_TRUE(remote.store->protect("packs/a.pack", in_days(2)));
    const auto until = remote.store->protected_until("packs/a.pack");
    EXPECT_TRUE(remote.store->protect("packs/a.pack", in_days(1)));
    EXPECT_EQ(remote.store->protected_until("packs/a.pack"), until);
    EXPECT_TRUE(remote.store->protect("packs/a.pack", in_days(3)));
    EXPECT_GT(remote.store->protected_until("packs/a.pack"), until);
}

TEST(S3OverSockets, a_bucket_without_locks_says_so) {
    Remote plain({});
    plain.store->put("packs/a.pack", content(500, 1));
    EXPECT_FALSE(plain.store->protect("packs/a.pack", Timestamp::from_seconds(4'000'000'000)));
    EXPECT_FALSE(plain.store->protected_until("packs/a.pack"));
    EXPECT_EQ(plain.store->facts()["object_lock"], "no");
    Remote wanting({}, {{"lock-days", "2"}});
    EXPECT_EQ(test::message_of([&] { wanting.store->put("packs/a.pack", content(500, 1)); }),
              Msg::s3_lock_missing);
}

TEST(S3OverSockets, a_removal_from_a_versioned_bucket_leaves_no_version) {
    Remote remote({"--versioned", "--conditional", "ignore", "--page", "1"});
    remote.store->put("packs/a.pack",
                      content(500, 1));  // twice: the trial of conditions makes a second version
    remote.store->put("packs/a.pack2", content(500, 1));
    remote.store->remove("packs/a.pack");
    EXPECT_FALSE(remote.store->size("packs/a.pack"));
    EXPECT_TRUE(remote.store->size("packs/a.pack2"));
    EXPECT_EQ(remote.store->list_all().size(), 1U);
    remote.store->remove("packs/a.pack");  // silent
}

TEST(S3OverSockets, a_bucket_elsewhere_is_followed_once_after_the_place_was_asked) {
    test::FakeS3 elsewhere;
    const auto target = elsewhere.spec().url;
    const std::string url = "http://" + target.substr(10, target.find("/bucket") - 10) + "/";
    test::FakeS3 server({"--fault", "any:redirect@" + url + ":1:0"});
    std::vector<std::string> asked;
    HastyClock clock;
    const auto store = s3_store(
        server.spec(),
        {{system_files(), clock, system_random(), 1},
         [&](const std::string& host, const std::string& region) { asked.push_back(host + " " + region); },
         ""},
        http::curl_client({}));
    EXPECT_TRUE(store->put("packs/a.pack", content(500, 1)));
    EXPECT_EQ(elsewhere.object("packs/a.pack"), content(500, 1));
    EXPECT_FALSE(server.object("packs/a.pack"));
    EXPECT_EQ(asked, std::vector<std::string>{"127.0.0.1 test-1"});
}

TEST(S3OverSockets, the_clock_of_the_server_is_heard) {
    Remote remote({});
    EXPECT_FALSE(remote.store->server_time());
    remote.store->size("coffre.json");
    ASSERT_TRUE(remote.store->server_time());
    EXPECT_NEAR(static_cast<double>(remote.store->server_time()->seconds()),
                static_cast<double>(system_clock().now().seconds()), 60);
}

TEST(S3OverSockets, wrong_credentials_and_a_missing_bucket_are_told_apart) {
    test::FakeS3 server({"--secret-key", "another"});
    HastyClock clock;
    const auto open = [&](const RemoteSpec& spec) {
        return s3_store(spec, {{system_files(), clock, system_random(), 1}, {}, ""}, http::curl_client({}));
    };
    auto spec = server.spec();
    EXPECT_EQ(test::message_of([&] { open(spec)->list_all(); }), Msg::remote_refuses);
    spec.url.replace(spec.url.find("/bucket"), 7, "/nobody");
    EXPECT_EQ(test::message_of([&] { open(spec)->list_all(); }), Msg::s3_no_bucket);
}

}  // namespace
}  // namespace coffre::remote
