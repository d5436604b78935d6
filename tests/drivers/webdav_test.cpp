// What WebDAV promises beyond every store: whom it speaks to, and what it makes of odd answers.

#include "drivers/remote/webdav.hpp"

#include <algorithm>
#include <deque>
#include <functional>
#include <mutex>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/error.hpp"
#include "drivers/remote/webdav_listing.hpp"
#include "tests/drivers/servers.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/fake_random.hpp"
#include "tests/support/scoped_temp_dir.hpp"
#include "tests/support/tcp_proxy.hpp"

namespace coffre {
namespace {

using remote::Open;
using remote::RemoteSettings;
using test::error_of;
using test::message_of;
using test::server_value;
using test::TcpProxy;

class WebdavOnServers : public ::testing::Test {
protected:
    static RemoteSettings settings() {
        return {{"credentials-file", server_value("APACHE_WORK") + "/credentials"},
                {"ca-file", server_value("APACHE_CA")},
                {"retries", "0"}};
    }
    std::unique_ptr<RemoteStore> open(const RemoteSettings& with) {
        return remote::open_webdav({"", server_value("APACHE_URL") + "/" + area_, with},
                                   test::host_of_tests(), Open::create);
    }
    static std::string requests() {
        return test::text_of_file(server_value("APACHE_WORK") + "/requests.log");
    }

    std::string area_ = test::fresh_name();
};

TEST_F(WebdavOnServers, asks_a_server_whose_certificate_fits) {
    const auto store = open(settings());
    EXPECT_TRUE(store->put("packs/a", as_bytes("1")));
    EXPECT_NE(requests().find(area_), std::string::npos);  // so that the next test could fail
    EXPECT_EQ(test::text_of_file(server_value("APACHE_DATA") + "/" + area_ + "/packs/a"), "1");
    EXPECT_TRUE(store->server_time());
}

TEST_F(WebdavOnServers, refuses_another_authority_and_sends_no_request) {
    auto with = settings();
    with["ca-file"] = server_value("NGINX_CA");
    EXPECT_EQ(error_of([&] { open(with)->list("packs"); }), Errc::refused);
    with.erase("ca-file");  // this machine knows none of the tests' authorities
    EXPECT_EQ(error_of([&] { open(with)->put("packs/a", {}); }), Errc::refused);
    EXPECT_EQ(requests().find(area_), std::string::npos);
}

TEST_F(WebdavOnServers, tells_by_trying_what_the_server_honours) {
    for (const auto& [server, if_none_match] :
         std::map<std::string, std::string>{{"APACHE", "yes"}, {"NGINX", "no"}, {"RCLONE_DAV", "no"}}) {
        SCOPED_TRACE(server);
        const auto facts =
            remote::open_webdav({"",
                                 server_value(server + "_URL") + "/" + area_,
                                 {{"credentials-file", server_value(server + "_WORK") + "/credentials"},
                                  {"ca-file", server_value(server + "_CA")}}},
                                test::host_of_tests(), Open::create)
                ->facts();
        EXPECT_EQ(facts.at("if_none_match"), if_none_match);
        EXPECT_EQ(facts.at("move_keeps"), "yes");
        EXPECT_EQ(facts.at("tls"), "yes");
    }
}

TEST_F(WebdavOnServers, a_wrong_password_does_not_get_in) {
    auto with = settings();
    with["credentials-file"] = server_value("APACHE_WORK") + "/credentials_wrong";
    EXPECT_EQ(error_of([&] { open(with)->put("packs/a", {}); }), Errc::unreachable);
    EXPECT_EQ(message_of([&] { open(with)->list("packs"); }), Msg::remote_refuses);
    with.erase("credentials-file");
    EXPECT_EQ(error_of([&] { open(with)->get("packs/a", 1); }), Errc::unreachable);
}

TEST_F(WebdavOnServers, in_clear_only_here_or_with_a_reason) {
    const auto host = test::host_of_tests();
    const auto opened = [&](const std::string& url, const RemoteSettings& with) {
        return remote::open_webdav({"", url, with}, host, Open::create);
    };
    EXPECT_EQ(error_of([&] { opened("webdav+http://192.0.2.7/dav", {}); }), Errc::refused);
    EXPECT_EQ(error_of([&] { opened("webdav+http://localhost.example/dav", {}); }), Errc::refused);
    EXPECT_EQ(error_of([&] { opened("webdav+http://127.example/dav", {}); }), Errc::refused);
    EXPECT_TRUE(opened("webdav+http://192.0.2.7/dav", {{"clear-reason", "a cable"}}));
    EXPECT_TRUE(opened("webdav+http://127.0.0.1:1/dav", {}));
}

TEST_F(WebdavOnServers, a_file_changed_behind_its_back_is_what_it_gives) {
    const auto store = open(settings());
    store->put("packs/a", as_bytes("12345"));
    const std::string folder = server_value("APACHE_DATA") + "/" + area_ + "/packs/";
    test::write_text_file(folder + "a", "123", 0644);
    EXPECT_EQ(store->size("packs/a"), 3U);
    EXPECT_EQ(error_of([&] { store->get_range("packs/a", 0, 5); }), Errc::damaged);
    test::write_text_file(folder + "with blanks & more", "x");
    test::write_text_file(folder + "caf\xC3\xA9", "x");
    ASSERT_EQ(::mkdir((folder + "inner").c_str(), 0755), 0);
    EXPECT_EQ(store->list("packs").size(), 1U);
    EXPECT_FALSE(store->size("packs/inner"));
}

// A server made of answers.
class ScriptedHttp final : public HttpClient {
public:
    using Answer = std::function<HttpResponse(const HttpRequest&)>;
    explicit ScriptedHttp(Answer answer) : answer_(std::move(answer)) {}
    HttpResponse send(const HttpRequest& request) override { return answer_(request); }

private:
    Answer answer_;
};

std::string multistatus(const std::string& responses) {
    return R"(<?xml version="1.0"?><D:multistatus xmlns:D="DAV:">)" + responses + "</D:multistatus>";
}

std::string file_entry(const std::string& href, const std::string& size) {
    return "<D:response><D:href>" + href +
           "</D:href><D:propstat><D:prop><D:resourcetype/><D:getcontentlength>" + size +
           "</D:getcontentlength></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>";
}

HttpResponse answer(int status, std::string_view body = "", HttpHeaders headers = {}) {
    HttpResponse response;
    response.status = status;
    response.headers = std::move(headers);
    response.body.assign(body.begin(), body.end());
    return response;
}

class Webdav : public ::testing::Test {
protected:
    std::unique_ptr<RemoteStore> store(ScriptedHttp::Answer script, Open how = Open::existing,
                                       const std::string& url = "webdav://dav.example/a%20b/coffre") {
        return remote::open_webdav({"", url, {{"retries", "2"}}},
                                   {{system_files(), clock_, random_, 1}, {}, ""}, how,
                                   std::make_unique<ScriptedHttp>([this, script](const HttpRequest& request) {
                                       asked_.push_back(request.method + " " + request.url);
                                       return script(request);
                                   }));
    }

    test::FakeClock clock_;
    test::FakeRandom random_;
    std::vector<std::string> asked_;
};

TEST_F(Webdav, reads_paths_however_the_server_writes_them) {
    const std::string document = R"(<?xml version="1.0"?><x:multistatus xmlns:x="DAV:" xmlns:y="urn:y">
      <x:response><x:href>https://dav.example/a%20b/coffre/packs/</x:href><x:propstat><x:prop>
        <x:resourcetype><x:collection/></x:resourcetype></x:prop><x:status>HTTP/1.1 200 OK</x:status>
      </x:propstat></x:response>)" +
                                 std::string(R"(
      <x:response><x:href>https://dav.example:443/a%20b/coffre/packs/one</x:href><x:propstat><x:prop>
        <x:resourcetype/><x:getcontentlength>11</x:getcontentlength></x:prop>
        <x:status>HTTP/1.1 200 OK</x:status></x:propstat>
        <x:propstat><x:prop><y:getcontentlength>99</y:getcontentlength></x:prop>
        <x:status>HTTP/1.1 404 Not Found</x:status></x:propstat></x:response>
      <x:response><x:href> /a%20b/coffre/packs/t%77o
      </x:href><x:propstat><x:prop><x:getcontentlength> 22 </x:getcontentlength></x:prop>
        <x:status>HTTP/1.1 200 OK</x:status></x:propstat></x:response>
      <x:response><x:href>/a%20b/coffre/packs/deeper/three</x:href><x:propstat><x:prop>
        <x:getcontentlength>33</x:getcontentlength></x:prop><x:status>HTTP/1.1 200 OK</x:status></x:propstat>
      </x:response>
      <x:response><x:href>/a%20b/coffre/packs/..%2Fup</x:href><x:propstat><x:prop>
        <x:getcontentlength>44</x:getcontentlength></x:prop><x:status>HTTP/1.1 200 OK</x:status></x:propstat>
      </x:response>
      <x:response><x:href>/a%20b/coffre/packs/bad%zz</x:href></x:response>
      </x:multistatus>)");
    const auto dav = store([&](const HttpRequest&) { return answer(207, document); });
    const auto listed = dav->list("packs");
    ASSERT_EQ(listed.size(), 2U);
    EXPECT_EQ(listed[0].name, "one");
    EXPECT_EQ(listed[0].size, 11U);
    EXPECT_EQ(listed[1].name, "two");
    EXPECT_EQ(listed[1].size, 22U);
    EXPECT_EQ(asked_, std::vector<std::string>{"PROPFIND https://dav.example/a%20b/coffre/packs/"});
}

TEST_F(Webdav, a_listing_that_is_none_is_no_empty_folder) {
    for (const auto* body : {"", "<html><body>Welcome</body></html>", "<D:multistatus xmlns:D=\"DAV:\">"}) {
        SCOPED_TRACE(body);
        const auto dav = store([&](const HttpRequest&) { return answer(207, body); });
        EXPECT_EQ(error_of([&] { dav->list("packs"); }), Errc::unreachable);
    }
    const auto page = store([](const HttpRequest&) { return answer(200, "<html/>"); });
    EXPECT_EQ(error_of([&] { page->list("packs"); }), Errc::unreachable);
    const auto no_size = store([](const HttpRequest&) {
        return answer(207, multistatus("<D:response><D:href>/a%20b/coffre/packs/one</D:href></D:response>"));
    });
    EXPECT_EQ(error_of([&] { no_size->list("packs"); }), Errc::unreachable);
}

TEST_F(Webdav, takes_its_part_of_a_whole_file_where_the_server_knows_no_ranges) {
    const auto dav = store([](const HttpRequest&) { return answer(200, "0123456789"); });
    EXPECT_EQ(dav->get_range("packs/a", 3, 4), Bytes({'3', '4', '5', '6'}));
    EXPECT_EQ(error_of([&] { dav->get_range("packs/a", 8, 3); }), Errc::damaged);
}

TEST_F(Webdav, does_not_believe_another_part_than_it_asked_for) {
    const auto with_range = [&](const std::string& range, const std::string& body) {
        return store([=](const HttpRequest&) { return answer(206, body, {{"content-range", range}}); });
    };
    EXPECT_EQ(with_range("bytes 3-6/10", "3456")->get_range("packs/a", 3, 4).size(), 4U);
    EXPECT_EQ(error_of([&] { with_range("bytes 0-3/10", "0123")->get_range("packs/a", 3, 4); }),
              Errc::damaged);
    EXPECT_EQ(error_of([&] { with_range("bytes 3-4/5", "34")->get_range("packs/a", 3, 4); }), Errc::damaged);
    EXPECT_EQ(error_of([&] { with_range("bytes 3-6/10", "34")->get_range("packs/a", 3, 4); }),
              Errc::unreachable);
    const auto without = store([](const HttpRequest&) { return answer(206, "3456"); });
    EXPECT_EQ(error_of([&] { without->get_range("packs/a", 3, 4); }), Errc::damaged);
}

TEST_F(Webdav, a_get_that_is_shorter_than_announced_is_not_given_out) {
    const auto short_get = store([](const HttpRequest&) {
        return answer(200, "123", {{"content-length", "5"}});
    });
    EXPECT_EQ(error_of([&] { short_get->get("packs/a", 10); }), Errc::unreachable);
    const auto cut = store([](const HttpRequest&) {
        auto response = answer(200, "123");
        response.cut_short = true;
        return response;
    });
    EXPECT_EQ(error_of([&] { cut->get("packs/a", 10); }), Errc::unreachable);
    EXPECT_EQ(asked_.size(), 4U);  // the cut one three times
}

// An upload of which the server kept less than it acknowledged.
TEST_F(Webdav, a_put_that_was_kept_short_gets_no_name) {
    const auto dav = store(
        [&](const HttpRequest& request) {
            if (request.method == "MKCOL" || request.method == "PUT") return answer(201);
            if (request.method == "DELETE") return answer(204);
            if (request.url.find("/tmp/") != std::string::npos)
                return answer(207, multistatus(file_entry(request.url, "3")));
            return answer(404);
        },
        Open::create);
    EXPECT_EQ(error_of([&] { dav->put("packs/a", as_bytes("12345")); }), Errc::unreachable);
    EXPECT_TRUE(std::none_of(asked_.begin(), asked_.end(),
                             [](const auto& asked) { return asked.starts_with("MOVE"); }));
    EXPECT_TRUE(asked_.back().starts_with("DELETE https://dav.example/a%20b/coffre/tmp/")) << asked_.back();
}

TEST_F(Webdav, a_full_server_is_told_as_such) {
    const auto dav = store(
        [&](const HttpRequest& request) {
            if (request.method == "PUT") return answer(507);
            if (request.method == "PROPFIND") return answer(404);
            return answer(201);
        },
        Open::create);
    EXPECT_EQ(error_of([&] { dav->put("packs/a", as_bytes("12345")); }), Errc::no_space);
}

TEST_F(Webdav, waits_for_a_lock_that_another_request_holds) {
    int locked = 2;
    const auto dav = store([&](const HttpRequest& request) {
        if (request.method == "DELETE" && locked-- > 0) return answer(423);
        return answer(204);
    });
    dav->remove("packs/a");
    EXPECT_EQ(asked_.size(), 3U);
    locked = 100;
    EXPECT_EQ(error_of([&] { dav->remove("packs/a"); }), Errc::unreachable);
}

// The first MOVE was done and its answer lost; whoever sent it again is told that its source is not there.
TEST_F(Webdav, a_move_done_twice_counts_as_done) {
    std::string scratch;
    bool moved = false;
    const auto dav = store(
        [&](const HttpRequest& request) {
            if (request.method == "PUT") scratch = request.url;
            if (request.method == "MOVE") {
                moved = true;
                return answer(404);
            }
            if (request.method != "PROPFIND") return answer(201);
            const bool there = moved ? request.url.ends_with("/packs/a") : request.url == scratch;
            return there ? answer(207, multistatus(file_entry(request.url, "5"))) : answer(404);
        },
        Open::create);
    EXPECT_TRUE(dav->put("packs/a", as_bytes("12345")));
}

TEST_F(Webdav, follows_no_redirect) {
    const auto dav = store([](const HttpRequest&) {
        return answer(302, "", {{"location", "https://elsewhere.example/"}});
    });
    EXPECT_EQ(error_of([&] { dav->get("packs/a", 10); }), Errc::unreachable);
    EXPECT_EQ(error_of([&] { dav->list("packs"); }), Errc::unreachable);
    for (const auto& asked : asked_) EXPECT_EQ(asked.find("elsewhere"), std::string::npos);
}

TEST_F(Webdav, a_page_that_says_not_found_is_longer_than_the_file_may_be) {
    const auto dav = store([](const HttpRequest& request) {
        EXPECT_GE(request.response_limit, 5000U);
        return answer(404, std::string(5000, 'x'));
    });
    EXPECT_FALSE(dav->get("packs/a", 10));
}

TEST_F(Webdav, tells_how_much_still_fits_where_the_server_does) {
    const auto dav = store([](const HttpRequest&) {
        return answer(207,
                      multistatus("<D:response><D:href>/a%20b/coffre/</D:href><D:propstat><D:prop>"
                                  "<D:quota-available-bytes>123456789012</D:quota-available-bytes></D:prop>"
                                  "<D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>"));
    });
    EXPECT_EQ(dav->free_bytes(), 123'456'789'012U);
    const auto silent = store([](const HttpRequest&) {
        return answer(207, multistatus("<D:response><D:href>/a%20b/coffre/</D:href></D:response>"));
    });
    EXPECT_FALSE(silent->free_bytes());
}

}  // namespace
}  // namespace coffre
