// The S3 store over answers that a test writes: addresses, settings, listings, redirects, and what is asked
// before a byte goes anywhere.

#include "drivers/remote/s3.hpp"

#include <cstdlib>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "drivers/remote/s3_config.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/fake_random.hpp"
#include "tests/support/scoped_temp_dir.hpp"
#include "tests/support/scripted_http.hpp"

namespace coffre::remote {
namespace {

using test::http_answer;
using test::SentRequest;

class S3Test : public ::testing::Test {
protected:
    S3Test() {
        for (const auto* name : {"AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ACCESS_KEY_ID",
                                 "AWS_SECRET_ACCESS_KEY", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"})
            ::unsetenv(name);
        ::setenv("HOME", folder_.path().c_str(), 1);
        std::ofstream(folder_ / "c") << "user=ID\npassword=hunter2\n";
        ::chmod((folder_ / "c").c_str(), 0600);
    }

    RemoteSpec spec(const std::string& url, RemoteSettings more = {{"region", "eu-1"}}) {
        more["credentials-file"] = folder_ / "c";
        return {"cloud", url, std::move(more)};
    }

    RemoteHost host() {
        return {{system_files(), clock_, random_, 1},
                [this](const std::string& name, const std::string& region) {
                    asked_.push_back(name + " " + region);
                    if (!forbidden_.empty() && (forbidden_ == name || forbidden_ == region))
                        throw Error(Errc::refused, say<Msg::remote_refuses>(name, region));
                },
                ""};
    }

    std::unique_ptr<RemoteStore> open(const RemoteSpec& of, test::ScriptedHttp::Script script,
                                      S3Sizes sizes = {}) {
        return s3_store(of, host(), std::make_unique<test::ScriptedHttp>(std::move(script), sent_), sizes);
    }
    std::unique_ptr<RemoteStore> open(test::ScriptedHttp::Script script, S3Sizes sizes = {}) {
        return open(spec("s3://h.example/bucket/site"), std::move(script), sizes);
    }

    // The URL of the first request of a store at `url`.
    std::string first_url(const std::string& url, RemoteSettings settings = {{"region", "eu-1"}}) {
        sent_.clear();
        open(spec(url, std::move(settings)), [](auto&, auto) {
            return http_answer(404);
        })->size("packs/é.pack");
        return sent_.at(0).url;
    }

    test::ScopedTempDir folder_;
    test::FakeClock clock_;
    test::FakeRandom random_;
    std::vector<SentRequest> sent_;
    std::vector<std::string> asked_;
    std::string forbidden_;
};

std::string page(const std::vector<std::pair<std::string, int>>& objects, const std::string& next = "",
                 const std::string& prefix = "site/", int count = -1) {
    std::string text = "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Prefix>" +
                       prefix + "</Prefix><KeyCount>" +
                       std::to_string(count < 0 ? static_cast<int>(objects.size()) : count) +
                       "</KeyCount><IsTruncated>" + (next.empty() ? "false" : "true") + "</IsTruncated>";
    if (!next.empty()) text += "<NextContinuationToken>" + next + "</NextContinuationToken>";
    for (const auto& [key, size] : objects)
        text += "<Contents><Key>" + key + "</Key><Size>" + std::to_string(size) + "</Size></Contents>";
    return text + "</ListBucketResult>";
}

// --- addresses and settings ----------------------------------------------------------------------------

TEST_F(S3Test, addresses_go_by_path_or_by_host) {
    EXPECT_EQ(first_url("s3://h.example:9000/bucket/a/b"),
              "https://h.example:9000/bucket/a/b/packs/%C3%A9.pack");
    EXPECT_EQ(first_url("s3://h.example/bucket", {{"region", "eu-1"}, {"addressing", "host"}}),
              "https://bucket.h.example/packs/%C3%A9.pack");
    EXPECT_EQ(first_url("s3://s3.eu-west-3.amazonaws.com/bucket", {}),
              "https://bucket.s3.eu-west-3.amazonaws.com/packs/%C3%A9.pack");
    // Its name has a dot: no certificate fits.
    EXPECT_EQ(first_url("s3://s3.eu-west-3.amazonaws.com/my.bucket", {}),
              "https://s3.eu-west-3.amazonaws.com/my.bucket/packs/%C3%A9.pack");
    EXPECT_EQ(first_url("s3://bucket/a", {{"region", "eu-1"}, {"endpoint", "h.example:9000"}}),
              "https://h.example:9000/bucket/a/packs/%C3%A9.pack");
    EXPECT_EQ(first_url("s3://bucket", {{"region", "eu-1"}, {"endpoint", "https://h.example"}}),
              "https://h.example/bucket/packs/%C3%A9.pack");
}

TEST_F(S3Test, a_region_is_told_by_settings_variables_or_the_host_and_never_guessed) {
    EXPECT_EQ(region_of_host("s3.fr-par.scw.cloud"), "fr-par");
    EXPECT_EQ(region_of_host("s3.gra.io.cloud.ovh.net"), "gra");
    EXPECT_EQ(region_of_host("s3.eu-west-3.amazonaws.com"), "eu-west-3");
    EXPECT_EQ(region_of_host("s3.dualstack.eu-west-3.amazonaws.com"), "eu-west-3");
    EXPECT_EQ(region_of_host("oos.cloudgouv-eu-west-1.outscale.com"), "cloudgouv-eu-west-1");
    EXPECT_FALSE(region_of_host("s3.amazonaws.com"));
    EXPECT_FALSE(region_of_host("h.example"));
    EXPECT_EQ(test::message_of([&] { first_url("s3://h.example/bucket", {}); }), Msg::s3_region_unknown);
    EXPECT_EQ(test::error_of([&] { first_url("s3://s3.amazonaws.com/bucket", {}); }), Errc::usage);
    ::setenv("AWS_REGION", "eu-9", 1);
    first_url("s3://h.example/bucket", {});
    EXPECT_NE(sent_.at(0).header("Authorization").find("/eu-9/s3/"), std::string::npos);
}

TEST_F(S3Test, a_server_of_this_machine_is_asked_for_its_region) {
    auto store = open(spec("s3+http://127.0.0.1:9000/bucket", {}), [](const SentRequest& request, auto) {
        if (request.url.ends_with("?location="))
            return http_answer(200, "<LocationConstraint>eu-7</LocationConstraint>");
        return http_answer(404);
    });
    EXPECT_FALSE(store->size("coffre.json"));
    EXPECT_NE(sent_.back().header("Authorization").find("/eu-7/s3/"), std::string::npos);
    EXPECT_EQ(asked_, (std::vector<std::string>{"127.0.0.1 ", "127.0.0.1 eu-7"}));
}

TEST_F(S3Test, a_clear_connection_wants_a_reason_but_to_this_machine) {
    for (const auto* url :
         {"s3+http://h.example/bucket", "s3+http://127.evil.example/bucket", "s3+http://128.0.0.1/bucket"})
        EXPECT_EQ(test::error_of([&] { first_url(url); }), Errc::refused) << url;
    EXPECT_EQ(test::error_of([&] {
                  first_url("s3://bucket", {{"region", "eu-1"}, {"endpoint", "http://h.example"}});
              }),
              Errc::refused);
    EXPECT_EQ(first_url("s3+http://h.example/bucket", {{"region", "eu-1"}, {"clear-reason", "VPN"}}),
              "http://h.example/bucket/packs/%C3%A9.pack");
    for (const auto* url :
         {"s3+http://127.0.0.1:1/bucket", "s3+http://localhost/bucket", "s3+http://[::1]/bucket"})
        EXPECT_FALSE(test::error_of([&] { first_url(url); })) << url;
}

TEST_F(S3Test, what_is_malformed_is_wrong_usage) {
    EXPECT_EQ(test::message_of([&] { first_url("s3://h.example"); }), Msg::s3_no_bucket_named);
    for (const auto& [name, value] :
         std::vector<std::pair<std::string, std::string>>{{"addressing", "both"},
                                                          {"lock-days", "0"},
                                                          {"lock-days", "x"},
                                                          {"region", "eu/1"},
                                                          {"retries", "-1"},
                                                          {"timeout", "0"},
                                                          {"storage-class", "A B"},
                                                          {"ca-file", "/nonexistent/ca"}}) {
        RemoteSettings settings{{"region", "eu-1"}};
        settings[name] = value;
        EXPECT_EQ(test::error_of([&] { first_url("s3://h.example/b", settings); }), Errc::usage) << name;
    }
}

TEST_F(S3Test, the_table_of_schemes_knows_it) {
    auto of = spec("s3://h.example/bucket");
    EXPECT_EQ(open_remote(of, host(), Open::existing)->location(), "s3://h.example/bucket");
    of.settings["colour"] = "red";
    EXPECT_EQ(test::message_of([&] { open_remote(of, host(), Open::existing); }),
              Msg::remote_setting_unknown);
    EXPECT_TRUE(known_settings("nothing").empty());
    EXPECT_TRUE(asked_.empty());  // nothing is met before the first call
}

TEST_F(S3Test, without_credentials_nothing_is_opened) {
    EXPECT_EQ(test::message_of([&] {
                  s3_store({"", "s3://h.example/b", {{"region", "eu-1"}}}, host(), nullptr);
              }),
              Msg::credentials_missing);
}

TEST_F(S3Test, its_location_and_its_errors_bear_no_credentials) {
    auto store =
        open([](auto&, auto) { return http_answer(403, "<Error><Code>AccessDenied</Code></Error>"); });
    EXPECT_EQ(store->location(), "s3://h.example/bucket/site");
    try {
        store->list_all();
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Errc::unreachable);
        EXPECT_EQ(std::string(error.what()).find("hunter2"), std::string::npos);
        EXPECT_EQ(std::string(error.what()).find("Signature"), std::string::npos);
    }
}

// --- places --------------------------------------------------------------------------------------------

TEST_F(S3Test, the_place_is_asked_about_before_the_first_byte_and_once) {
    auto store = open([](auto&, auto) { return http_answer(404); });
    forbidden_ = "h.example";
    EXPECT_EQ(test::error_of([&] { store->size("coffre.json"); }), Errc::refused);
    EXPECT_TRUE(sent_.empty());
    forbidden_.clear();
    store->size("coffre.json");
    store->size("coffre.json");
    EXPECT_EQ(asked_, (std::vector<std::string>(2, "h.example eu-1")));
}

TEST_F(S3Test, a_redirect_is_followed_after_its_place_was_asked_about) {
    const auto script = [](const SentRequest& request, auto) {
        if (request.url.starts_with("https://h.example/"))
            return http_answer(307, "",
                               {{"location", "https://bucket.other.example/site/coffre.json"},
                                {"x-amz-bucket-region", "us-2"}});
        return http_answer(200, "", {{"content-length", "5"}});
    };
    auto store = open(script);
    EXPECT_EQ(store->size("coffre.json"), 5U);
    EXPECT_EQ(asked_, (std::vector<std::string>{"h.example eu-1", "other.example us-2"}));
    EXPECT_EQ(sent_.back().url, "https://bucket.other.example/site/coffre.json");
    EXPECT_NE(sent_.back().header("Authorization").find("/us-2/s3/"), std::string::npos);
    store->size("coffre.json");  // for now only: the next one begins where it was told to
    EXPECT_EQ(sent_.size(), 4U);

    sent_.clear();
    forbidden_ = "us-2";
    auto other = open(script);
    EXPECT_EQ(test::error_of([&] { other->size("coffre.json"); }), Errc::refused);
    EXPECT_EQ(sent_.size(), 1U);  // not a byte went there
}

TEST_F(S3Test, a_permanent_redirect_is_remembered) {
    auto store = open([](const SentRequest& request, auto) {
        if (request.header("Authorization").find("/eu-1/") != std::string::npos)
            return http_answer(301, "", {{"x-amz-bucket-region", "eu-2"}});
        return http_answer(404);
    });
    store->size("coffre.json");
    store->size("coffre.json");
    EXPECT_EQ(sent_.size(), 3U);
    EXPECT_EQ(asked_, (std::vector<std::string>{"h.example eu-1", "h.example eu-2"}));
}

TEST_F(S3Test, a_redirect_to_a_clear_connection_to_nowhere_or_for_ever_is_refused) {
    for (const auto* location :
         {"http://other.example/bucket/x", "http://127.0.0.1/bucket/x", "/bucket/x", "",
          "https://user@other.example/", "ftp://other.example/", "https://h.example/x"}) {
        sent_.clear();
        auto store = open([&](auto&, auto) { return http_answer(307, "", {{"location", location}}); });
        EXPECT_EQ(test::error_of([&] { store->size("coffre.json"); }), Errc::refused) << location;
        EXPECT_LE(sent_.size(), 2U);
    }
}

// --- listings ------------------------------------------------------------------------------------------

TEST_F(S3Test, a_listing_is_read_to_its_last_page) {
    auto store = open([](const SentRequest& request, auto) {
        EXPECT_NE(request.url.find("list-type=2"), std::string::npos);
        EXPECT_NE(request.url.find("prefix=site%2F"), std::string::npos);
        if (request.url.find("continuation-token=t%2F1") != std::string::npos)
            return http_answer(200, page({{"site/packs/b.pack", 7}}));
        return http_answer(200, page({{"site/coffre.json", 1}, {"site/packs/a.pack", 5}}, "t/1"));
    });
    const auto all = store->list_all();
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(all[0].name, "coffre.json");
    EXPECT_EQ(all[2].name, "packs/b.pack");
    EXPECT_EQ(all[2].size, 7U);
}

TEST_F(S3Test, names_that_are_not_of_a_repository_are_not_seen) {
    auto store = open([](auto&, auto) {
        return http_answer(200, page({{"site/", 0},
                                      {"site/coffre.json", 1},
                                      {"site/notes.txt", 1},
                                      {"site/packs/", 0},
                                      {"site/packs/a b.pack", 1},
                                      {"site/packs/a.pack", 1},
                                      {"site/packs/deep/a.pack", 1},
                                      {"site/tmp/probe", 1}}));
    });
    const auto all = store->list_all();
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[1].name, "packs/a.pack");
}

TEST_F(S3Test, a_folder_is_listed_by_its_own_prefix) {
    auto store = open([](const SentRequest& request, auto) {
        EXPECT_NE(request.url.find("prefix=site%2Fpacks%2F"), std::string::npos);
        return http_answer(200, page({{"site/packs/a.pack", 3}}, "", "site/packs/"));
    });
    const auto found = store->list("packs");
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].name, "a.pack");
}

TEST_F(S3Test, a_listing_that_makes_no_sense_is_an_error) {
    const std::vector<std::pair<std::string, std::string>> wrong{
        {"out of order", page({{"site/packs/b.pack", 1}, {"site/packs/a.pack", 1}})},
        {"twice", page({{"site/packs/a.pack", 1}, {"site/packs/a.pack", 1}})},
        {"outside", page({{"other/packs/a.pack", 1}})},
        {"another prefix", page({}, "", "other/")},
        {"fewer than announced", page({{"site/packs/a.pack", 1}}, "", "site/", 2)},
        {"empty", ""},
        {"cut", page({{"site/packs/a.pack", 1}}).substr(0, 200)},
        {"no page", "<html><body>Welcome</body></html>"},
        {"error", "<Error><Code>InvalidArgument</Code></Error>"},
        {"no end said", "<ListBucketResult><Prefix>site/</Prefix></ListBucketResult>"},
        {"no size",
         "<ListBucketResult><Prefix>site/</Prefix><IsTruncated>false</IsTruncated><Contents><Key>site/x"
         "</Key></Contents></ListBucketResult>"},
        {"goes on nowhere",
         "<ListBucketResult><Prefix>site/</Prefix><IsTruncated>true</IsTruncated></ListBucketResult>"},
        {"goes in a circle", page({}, "same")},
    };
    for (const auto& [what, body] : wrong) {
        auto store = open([&](auto&, auto) { return http_answer(200, body); });
        EXPECT_EQ(test::error_of([&] { store->list_all(); }), Errc::unreachable) << what;
    }
}

TEST_F(S3Test, a_listing_without_end_is_given_up) {
    auto store = open(
        [](auto&, std::size_t number) {
            return http_answer(200, page({{"site/packs/" + std::to_string(1000 + number) + ".pack", 1}},
                                         "t" + std::to_string(number)));
        },
        {.most_pages = 20});
    EXPECT_EQ(test::error_of([&] { store->list_all(); }), Errc::unreachable);
    EXPECT_EQ(sent_.size(), 20U);
}

// A server of one object, whose listings leave it out `stale` times.
test::ScriptedHttp::Script forgetful(int& stale) {
    return [&stale](const SentRequest& request, auto) {
        if (request.url.find("list-type") != std::string::npos)
            return http_answer(200, stale-- > 0 ? page({}) : page({{"site/packs/a.pack", 1}}));
        if (request.method == "HEAD" && request.url.ends_with("a.pack"))
            return http_answer(200, "", {{"content-length", "1"}, {"etag", "\"x\""}});
        return http_answer(request.method == "PUT" ? 200 : 404, "", {{"etag", "\"x\""}});
    };
}

TEST_F(S3Test, a_listing_that_leaves_out_what_was_put_is_asked_for_again_and_then_an_error) {
    int stale = 0;
    auto amazon = spec("s3://s3.eu-west-3.amazonaws.com/bucket/site", {});  // takes the put at once
    auto store = open(amazon, forgetful(stale));
    const Bytes one(1, 'x');
    ASSERT_TRUE(store->put("packs/a.pack", one));
    stale = 2;
    EXPECT_EQ(store->list_all().size(), 1U);
    stale = 3;
    EXPECT_EQ(test::error_of([&] { store->list_all(); }), Errc::unreachable);
}

// --- reading and writing -------------------------------------------------------------------------------

TEST_F(S3Test, a_name_that_is_not_there_is_no_error_and_a_bucket_that_is_not_is_one) {
    auto missing =
        open([](auto&, auto) { return http_answer(404, "<Error><Code>NoSuchKey</Code></Error>"); });
    EXPECT_FALSE(missing->get("packs/a.pack", 10));
    EXPECT_FALSE(missing->size("packs/a.pack"));
    for (const auto* body : {"<Error><Code>NoSuchBucket</Code></Error>", "<html>not found</html>", ""}) {
        auto store = open([&](auto&, auto) { return http_answer(404, body); });
        EXPECT_EQ(test::error_of([&] { store->get("packs/a.pack", 10); }), Errc::unreachable) << body;
    }
}

TEST_F(S3Test, an_answer_without_length_or_tag_is_no_object) {
    const HttpHeaders tag{{"etag", "\"x\""}}, length{{"content-length", "4"}};
    for (const auto& headers : {tag, length, HttpHeaders{}}) {
        auto store = open([&](auto&, auto) { return http_answer(200, "body", headers); });
        EXPECT_TRUE(test::error_of([&] { store->get("packs/a.pack", 10); }));
    }
}

TEST_F(S3Test, a_range_is_exactly_what_was_asked_for) {
    const auto ranged = [&](int status, const std::string& body, const std::string& range) {
        auto store = open([=](auto&, auto) {
            return http_answer(status, body, {{"etag", "\"x\""}, {"content-range", range}});
        });
        return test::error_of([&] { EXPECT_EQ(as_text(store->get_range("packs/a.pack", 2, 4)), body); });
    };
    EXPECT_FALSE(ranged(206, "body", "bytes 2-5/100"));
    EXPECT_EQ(ranged(206, "bod", "bytes 2-4/5"), Errc::damaged);
    EXPECT_EQ(ranged(416, "", ""), Errc::damaged);
    EXPECT_EQ(ranged(206, "body", "bytes 3-6/100"), Errc::unreachable);
    EXPECT_EQ(ranged(200, "body", ""), Errc::unreachable);
    EXPECT_EQ(sent_.at(0).header("Range"), "bytes=2-5");
}

TEST_F(S3Test, a_put_says_what_it_is_and_who_may_not_replace_it) {
    auto settings = RemoteSettings{{"region", "eu-1"}, {"storage-class", "STANDARD_IA"}};
    auto store = open(
        spec("s3://h.example/bucket/site", settings), [](const SentRequest& request, std::size_t number) {
            if (request.method == "PUT") return http_answer(number > 3 ? 412 : 200, "", {{"etag", "\"x\""}});
            return number == 1 ? http_answer(404) : http_answer(200, "", {{"content-length", "4"}});
        });
    EXPECT_TRUE(store->put("packs/a.pack", as_bytes("body")));
    const auto put = sent_.at(1);
    EXPECT_EQ(put.header("If-None-Match"), "*");
    EXPECT_EQ(put.header("Content-Type"), "application/octet-stream");
    EXPECT_EQ(put.header("x-amz-storage-class"), "STANDARD_IA");
    EXPECT_EQ(put.header("x-amz-checksum-sha256"), "Iw2DWNyOiJC0xY3utikS7i8gNXrpKlzIYbmOaP4xrLU=");
    EXPECT_EQ(put.header("x-amz-content-sha256"),
              "230d8358dc8e8890b4c58deeb62912ee2f20357ae92a5cc861b98e68fe31acb5");
}

TEST_F(S3Test, a_clock_that_is_wrong_is_named) {
    auto store = open([](auto&, auto) {
        return http_answer(403, "<Error><Code>RequestTimeTooSkewed</Code></Error>",
                           {{"date", "Sun, 06 Nov 1994 08:49:37 GMT"}});
    });
    EXPECT_EQ(test::message_of([&] { store->list_all(); }), Msg::s3_clock);
    auto head = open([](auto&, auto) {
        return http_answer(403, "", {{"date", "Sun, 06 Nov 1994 08:49:37 GMT"}});
    });
    EXPECT_EQ(test::message_of([&] { head->size("coffre.json"); }), Msg::s3_clock);
    EXPECT_EQ(head->server_time(), parse_rfc3339("1994-11-06T08:49:37Z"));
}

TEST_F(S3Test, a_full_bucket_is_no_space) {
    auto store = open([](const SentRequest& request, auto) {
        return request.method == "PUT" ? http_answer(403, "<Error><Code>QuotaExceeded</Code></Error>")
                                       : http_answer(404);
    });
    EXPECT_EQ(test::error_of([&] { store->put("packs/a.pack", as_bytes("x")); }), Errc::no_space);
}

}  // namespace
}  // namespace coffre::remote
