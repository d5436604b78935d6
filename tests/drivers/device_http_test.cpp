// HTTP with one equipment, on real sockets: what is sent, how often, and what ends it.

#include "drivers/equipment/device_http.hpp"

#include <thread>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/process.hpp"
#include "drivers/http/http_login.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/fake_random.hpp"
#include "tests/support/http_server.hpp"
#include "tests/support/scripted_http.hpp"

namespace coffre::drivers {
namespace {

using test::HttpServer;

std::string answer(int status, const std::string& body, const std::string& headers = "") {
    return "HTTP/1.1 " + std::to_string(status) + " X\r\n" + headers +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}
std::string challenge(const std::string& nonce, const std::string& more = "") {
    return answer(
        401, "no",
        "WWW-Authenticate: Digest realm=\"r\", qop=\"auth\", nonce=\"" + nonce + "\"" + more + "\r\n");
}

// What a server was asked, in order, and what it answers to each.
class Recorder {
public:
    using Script = std::function<std::string(const std::string& request, std::size_t number)>;
    explicit Recorder(Script script) : script_(std::move(script)) {}

    void operator()(HttpServer::Connection& connection) {
        for (;;) {
            const auto request = connection.read_request();
            if (request.empty()) return;
            std::size_t number = 0;
            {
                const std::scoped_lock guard(mutex_);
                requests_.push_back(request);
                number = requests_.size();
            }
            const auto reply = script_(request, number);
            if (reply.empty()) {
                connection.reset();
                return;
            }
            if (!connection.send(reply)) return;
        }
    }
    std::vector<std::string> requests() {
        const std::scoped_lock guard(mutex_);
        return requests_;
    }
    // Those that carry a login.
    std::size_t logins() {
        std::size_t count = 0;
        for (const auto& request : requests())
            if (request.find("\r\nAuthorization: ") != std::string::npos) ++count;
        return count;
    }

private:
    Script script_;
    std::mutex mutex_;
    std::vector<std::string> requests_;
};

bool has_login(const std::string& request) {
    return request.find("\r\nAuthorization: ") != std::string::npos;
}

class DeviceHttpTest : public ::testing::Test {
protected:
    DeviceHttpTest() { secrets_.emplace("password", SecretText("Pass-1")); }

    // Lives until the test ends: the client keeps it.
    const DriverContext& context(const HttpServer& server, DriverSettings more = {}) {
        more["url"] = server.url();
        more["user"] = "coffre";
        if (server.url().starts_with("http://"))
            more.emplace("clear-reason", "loopback");
        else
            more.emplace("certificate-sha256", certificate_.sha256);
        return context(std::move(more));
    }
    const DriverContext& context(DriverSettings settings) {
        contexts_.push_back(std::make_unique<DriverContext>(
            DriverContext{{system_files(), system_clock(), system_random(), process_id()},
                          "NVR-HALL",
                          std::move(settings),
                          secrets_}));
        return *contexts_.back();
    }
    static DeviceRequest put(const std::string& body) {
        DeviceRequest request;
        request.method = "PUT";
        request.path = "/x";
        request.body = as_bytes(body);
        return request;
    }

    SecretTexts secrets_;
    test::TestCertificate certificate_ = test::make_certificate();
    std::list<std::unique_ptr<DriverContext>> contexts_;
};

// --- Where it goes -------------------------------------------------------------------------------------

TEST_F(DeviceHttpTest, clear_http_needs_a_reason) {
    const auto& without = context({{"url", "http://192.0.2.1"}, {"user", "coffre"}});
    EXPECT_EQ(test::message_of([&] { DeviceHttp(without, DeviceLogin::digest); }), Msg::device_clear);
    EXPECT_EQ(test::error_of([&] { DeviceHttp(without, DeviceLogin::digest); }), Errc::refused);
    const auto& with = context({{"url", "http://192.0.2.1"}, {"clear-reason", "a cable"}});
    EXPECT_EQ(test::error_of([&] { DeviceHttp(with, DeviceLogin::digest); }), std::nullopt);
}

TEST_F(DeviceHttpTest, an_address_that_is_none_is_wrong_usage) {
    for (const auto* url : {"", "nvr", "ftp://nvr", "https://", "https://u:p@nvr", "https://nvr/?a=b",
                            "https://nvr/#x", "https://nv r", "https://nvr\\x", "https://:443"})
        EXPECT_EQ(test::error_of([&] {
                      DeviceHttp(context({{"url", url}}), DeviceLogin::digest);
                  }),
                  Errc::usage)
            << url;
}

TEST_F(DeviceHttpTest, a_path_cannot_lead_to_another_host) {
    Recorder recorder([](auto&, auto) { return answer(200, "x"); });
    const HttpServer server(std::ref(recorder));
    DeviceHttp http(context(server), DeviceLogin::digest);
    for (const auto* path : {"@192.0.2.1/", ".example.org/", ":80/", "", "x", "/a b", "/a\r\nX: y", "/a#b"})
        EXPECT_EQ(test::error_of([&] { http.get(path); }), Errc::failed) << path;
    EXPECT_EQ(recorder.requests().size(), 0U);
}

TEST_F(DeviceHttpTest, another_certificate_ends_it_before_a_byte_of_http) {
    Recorder recorder([](auto&, auto) { return answer(200, "x"); });
    const HttpServer server(std::ref(recorder), &certificate_);
    DeviceHttp http(context(server, {{"certificate-sha256", test::make_certificate().sha256}}),
                    DeviceLogin::digest_or_basic);
    EXPECT_EQ(test::error_of([&] { http.get("/x"); }), Errc::refused);
    EXPECT_EQ(recorder.requests().size(), 0U);
}

TEST_F(DeviceHttpTest, the_first_certificate_is_shown_without_a_request) {
    Recorder recorder([](auto&, auto) { return answer(200, "x"); });
    const HttpServer server(std::ref(recorder), &certificate_);
    const auto pin = first_certificate(context({{"url", server.url() + "/zm"}}));
    EXPECT_EQ(pin.first, "certificate-sha256");
    EXPECT_EQ(pin.second, certificate_.sha256);
    EXPECT_EQ(recorder.requests().size(), 0U);
    // Nothing to pin where one is pinned, an authority is trusted, or nothing shows a certificate.
    EXPECT_EQ(first_certificate(context(server)).first, "");
    EXPECT_EQ(first_certificate(context({{"url", server.url()}, {"ca-file", "/x"}})).first, "");
    EXPECT_EQ(first_certificate(context({{"url", "http://192.0.2.1"}})).first, "");
}

TEST_F(DeviceHttpTest, a_redirect_is_not_followed_and_no_login_goes_elsewhere) {
    Recorder other([](auto&, auto) { return answer(200, "x"); });
    const HttpServer elsewhere(std::ref(other));
    for (const int status : {301, 302, 303, 307, 308}) {
        Recorder recorder([&](const std::string& request, auto) {
            if (!has_login(request)) return challenge("n");
            return answer(status, "", "Location: " + elsewhere.url() + "/x\r\n");
        });
        const HttpServer server(std::ref(recorder));
        DeviceHttp http(context(server), DeviceLogin::digest);
        EXPECT_EQ(test::message_of([&] { http.get("/x"); }), Msg::device_redirects) << status;
        EXPECT_EQ(recorder.requests().size(), 2U);
    }
    EXPECT_EQ(elsewhere.connections(), 0);
}

// --- The login -----------------------------------------------------------------------------------------

TEST_F(DeviceHttpTest, a_401_for_ever_is_one_login_and_then_nothing_is_sent) {
    for (const auto* challenges :
         {"WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\"\r\n",
          "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\"\r\nWWW-Authenticate: Basic realm=\"r\"\r\n",
          "WWW-Authenticate: Basic realm=\"r\"\r\n"}) {
        Recorder recorder([&](auto&, auto) { return answer(401, "no", challenges); });
        const HttpServer server(std::ref(recorder), &certificate_);
        DeviceHttp http(context(server), DeviceLogin::digest_or_basic);
        for (int i = 0; i < 3; ++i)
            EXPECT_EQ(test::message_of([&] { http.get("/x"); }), Msg::device_login_refused);
        EXPECT_EQ(test::message_of([&] { http.send(put("a")); }), Msg::device_login_refused);
        EXPECT_EQ(recorder.logins(), 1U) << challenges;
        EXPECT_EQ(recorder.requests().size(), 2U) << challenges;
    }
}

TEST_F(DeviceHttpTest, a_401_that_asks_for_nothing_known_is_answered_by_no_login) {
    for (const auto* challenges :
         {"", "WWW-Authenticate: Negotiate\r\n", "WWW-Authenticate: NTLM TlRMTVNTUAAC==\r\n",
          "WWW-Authenticate: Digest realm=\"r\"\r\n", "WWW-Authenticate: Digest nonce=\"n\", algorithm=X\r\n",
          "WWW-Authenticate: Digest nonce=\"n\", qop=\"auth-int\"\r\n",
          "WWW-Authenticate: Basic realm=\"r\"\r\n"}) {
        Recorder recorder([&](auto&, auto) { return answer(401, "no", challenges); });
        const HttpServer server(std::ref(recorder), &certificate_);
        DeviceHttp http(context(server), DeviceLogin::digest);  // never basic
        EXPECT_EQ(test::message_of([&] { http.get("/x"); }), Msg::device_login_refused);
        EXPECT_EQ(test::message_of([&] { http.get("/x"); }), Msg::device_login_refused);
        EXPECT_EQ(recorder.requests().size(), 1U) << challenges;
        EXPECT_EQ(recorder.logins(), 0U) << challenges;
    }
}

TEST_F(DeviceHttpTest, a_token_that_is_refused_is_sent_once) {
    Recorder recorder([&](auto&, auto) { return answer(401, "no"); });
    const HttpServer server(std::ref(recorder), &certificate_);
    DeviceHttp http(context(server), DeviceLogin::none);
    http.set_bearer(SecretText("token-1"));
    EXPECT_EQ(test::message_of([&] { http.get("/x"); }), Msg::device_login_refused);
    EXPECT_EQ(test::message_of([&] { http.get("/x"); }), Msg::device_login_refused);
    ASSERT_EQ(recorder.requests().size(), 1U);
    EXPECT_NE(recorder.requests()[0].find("Authorization: Bearer token-1\r\n"), std::string::npos);
}

TEST_F(DeviceHttpTest, a_digest_is_kept_and_counted) {
    Recorder recorder([](const std::string& request, auto) {
        return has_login(request) ? answer(200, "x") : challenge("n1");
    });
    const HttpServer server(std::ref(recorder));
    DeviceHttp http(context(server), DeviceLogin::digest);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(http.get("/x?a=b"), "x");
    http.send(put("body"));
    const auto requests = recorder.requests();
    ASSERT_EQ(requests.size(), 5U);  // one question for the nonce
    EXPECT_FALSE(has_login(requests[0]));
    for (std::size_t i = 1; i < 5; ++i) {
        EXPECT_NE(requests[i].find("nc=0000000" + std::to_string(i)), std::string::npos);
        EXPECT_NE(requests[i].find("nonce=\"n1\""), std::string::npos);
    }
    EXPECT_NE(requests[1].find("uri=\"/x?a=b\""), std::string::npos);
    EXPECT_TRUE(requests[4].ends_with("\r\n\r\nbody"));
}

TEST_F(DeviceHttpTest, a_stale_nonce_is_replaced_once_a_request) {
    Recorder recorder([](const std::string& request, std::size_t number) {
        if (!has_login(request)) return challenge("n1");
        if (number == 3) return challenge("n2", ", stale=true");
        return answer(200, "x");
    });
    const HttpServer server(std::ref(recorder));
    DeviceHttp http(context(server), DeviceLogin::digest);
    EXPECT_EQ(http.get("/1"), "x");
    EXPECT_EQ(http.get("/2"), "x");
    EXPECT_EQ(http.get("/3"), "x");
    const auto requests = recorder.requests();
    ASSERT_EQ(requests.size(), 5U);
    EXPECT_NE(requests[3].find("nonce=\"n2\""), std::string::npos);
    EXPECT_NE(requests[3].find("nc=00000001"), std::string::npos);
    EXPECT_NE(requests[4].find("nc=00000002"), std::string::npos);
}

TEST_F(DeviceHttpTest, stale_for_ever_ends) {
    std::atomic<int> nonce{0};
    Recorder recorder([&](auto&, auto) { return challenge("n" + std::to_string(++nonce), ", stale=true"); });
    const HttpServer server(std::ref(recorder));
    DeviceHttp http(context(server), DeviceLogin::digest);
    for (int i = 0; i < 5; ++i)
        EXPECT_EQ(test::message_of([&] { http.get("/x"); }), Msg::device_login_refused);
    EXPECT_EQ(recorder.logins(), 2U);
    EXPECT_EQ(recorder.requests().size(), 3U);
}

TEST_F(DeviceHttpTest, nonces_that_serve_once_without_saying_so_are_learnt) {
    std::atomic<int> nonce{0};
    std::string valid;
    std::mutex mutex;
    Recorder recorder([&](const std::string& request, auto) {
        const std::scoped_lock guard(mutex);
        const bool good = has_login(request) && !valid.empty() &&
                          request.find("nonce=\"" + valid + "\"") != std::string::npos;
        if (good) {
            valid.clear();
            return answer(200, "x");
        }
        valid = "n" + std::to_string(++nonce);
        return challenge(valid);
    });
    const HttpServer server(std::ref(recorder));
    DeviceHttp http(context(server), DeviceLogin::digest);
    for (int i = 0; i < 4; ++i) EXPECT_EQ(http.get("/x"), "x");
    // Question, login; kept nonce (refused), login; then each asks first.
    EXPECT_EQ(recorder.requests().size(), 8U);
    EXPECT_EQ(recorder.logins(), 5U);
}

TEST_F(DeviceHttpTest, a_login_that_stops_working_is_tried_with_one_fresh_nonce_and_no_more) {
    Recorder recorder([](const std::string& request, std::size_t number) {
        return has_login(request) && number < 4 ? answer(200, "x") : challenge("n" + std::to_string(number));
    });
    const HttpServer server(std::ref(recorder));
    DeviceHttp http(context(server), DeviceLogin::digest);
    EXPECT_EQ(http.get("/x"), "x");
    EXPECT_EQ(http.get("/x"), "x");
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(test::message_of([&] { http.get("/x"); }), Msg::device_login_refused);
    EXPECT_EQ(recorder.requests().size(), 5U);
}

TEST_F(DeviceHttpTest, the_nonce_that_an_answer_names_is_the_next) {
    Recorder recorder([](const std::string& request, auto) {
        return has_login(request) ? answer(200, "x", "Authentication-Info: nextnonce=\"n2\", qop=auth\r\n")
                                  : challenge("n1");
    });
    const HttpServer server(std::ref(recorder));
    DeviceHttp http(context(server), DeviceLogin::digest);
    http.get("/x");
    http.get("/x");
    ASSERT_EQ(recorder.requests().size(), 3U);
    EXPECT_NE(recorder.requests()[2].find("nonce=\"n2\""), std::string::npos);
    EXPECT_NE(recorder.requests()[2].find("nc=00000001"), std::string::npos);
}

TEST_F(DeviceHttpTest, basic_is_sent_only_where_the_driver_allows_it_and_nothing_better_is_offered) {
    const std::string both =
        "WWW-Authenticate: Basic realm=\"r\"\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"n\"\r\n";
    Recorder recorder([&](const std::string& request, auto) {
        return has_login(request) ? answer(200, "x") : answer(401, "no", both);
    });
    const HttpServer server(std::ref(recorder), &certificate_);
    DeviceHttp http(context(server), DeviceLogin::digest_or_basic);
    http.get("/x");
    EXPECT_NE(recorder.requests().back().find("Authorization: Digest "), std::string::npos);

    Recorder basic([&](const std::string& request, auto) {
        return has_login(request) ? answer(200, "x")
                                  : answer(401, "no", "WWW-Authenticate: Basic realm=\"r\"\r\n");
    });
    const HttpServer second(std::ref(basic), &certificate_);
    DeviceHttp other(context(second), DeviceLogin::digest_or_basic);
    other.get("/x");
    other.get("/x");
    EXPECT_NE(basic.requests().back().find("Authorization: Basic Y29mZnJlOlBhc3MtMQ==\r\n"),
              std::string::npos);
    EXPECT_EQ(basic.requests().size(), 3U);
}

TEST_F(DeviceHttpTest, an_accepted_digest_is_never_followed_by_basic) {
    Recorder recorder([&](const std::string& request, std::size_t number) {
        if (number < 3) return has_login(request) ? answer(200, "x") : challenge("n");
        return answer(401, "no", "WWW-Authenticate: Basic realm=\"r\"\r\n");
    });
    const HttpServer server(std::ref(recorder), &certificate_);
    DeviceHttp http(context(server), DeviceLogin::digest_or_basic);
    http.get("/x");
    EXPECT_EQ(test::message_of([&] { http.get("/x"); }), Msg::device_login_refused);
    for (const auto& request : recorder.requests())
        EXPECT_EQ(request.find("Authorization: Basic"), std::string::npos);
}

TEST_F(DeviceHttpTest, without_user_and_password_no_login_is_tried) {
    Recorder recorder([](auto&, auto) { return challenge("n"); });
    const HttpServer server(std::ref(recorder));
    secrets_.clear();
    auto settings = context(server).settings;
    settings.erase("user");
    DeviceHttp http(context(settings), DeviceLogin::digest);
    EXPECT_EQ(test::message_of([&] { http.get("/x"); }), Msg::device_login_refused);
    EXPECT_EQ(recorder.requests().size(), 1U);
}

// --- What changes something ----------------------------------------------------------------------------

TEST_F(DeviceHttpTest, what_changes_something_arrives_once_with_the_login_though_the_connection_breaks) {
    for (const bool nonce_is_known : {false, true})
        for (const auto* method : {"PUT", "POST", "DELETE", "GET"}) {
            std::atomic<int> delivered{0};
            Recorder recorder([&](const std::string& request, auto) {
                if (!has_login(request)) return challenge("n");
                if (request.find(" /x ") == std::string::npos) return answer(200, "x");
                ++delivered;
                return std::string();
            });
            const HttpServer server(std::ref(recorder));
            DeviceHttp http(context(server), DeviceLogin::digest);
            if (nonce_is_known) http.get("/first");
            auto request = put("body");
            request.method = method;
            request.effect = HttpEffect::changes;
            EXPECT_FALSE(http.sent_once([&] { http.send(request); })) << method;
            EXPECT_EQ(delivered, 1) << method;
            EXPECT_EQ(http.get("/after"), "x");  // reading back goes on
        }
}

TEST_F(DeviceHttpTest, a_change_without_a_nonce_asks_for_one_with_an_empty_body) {
    Recorder recorder([](const std::string& request, auto) {
        return has_login(request) ? answer(200, "x") : challenge("n");
    });
    const HttpServer server(std::ref(recorder));
    DeviceHttp http(context(server), DeviceLogin::digest);
    http.send(put("secret body"));
    const auto requests = recorder.requests();
    ASSERT_EQ(requests.size(), 2U);
    EXPECT_EQ(requests[0].find("secret body"), std::string::npos);
    EXPECT_TRUE(requests[1].ends_with("secret body"));
}

TEST_F(DeviceHttpTest, a_change_that_a_stale_nonce_kept_out_is_sent_with_the_next) {
    Recorder recorder([](const std::string& request, std::size_t number) {
        if (!has_login(request)) return challenge("n1");
        return number == 3 ? challenge("n2", ", stale=TRUE") : answer(200, "x");
    });
    const HttpServer server(std::ref(recorder));
    DeviceHttp http(context(server), DeviceLogin::digest);
    http.get("/x");
    http.send(put("body"));
    ASSERT_EQ(recorder.requests().size(), 4U);
    EXPECT_TRUE(recorder.requests()[3].ends_with("\r\n\r\nbody"));
}

TEST_F(DeviceHttpTest, a_change_that_was_not_answered_in_time_is_in_doubt) {
    const HttpServer server([](HttpServer::Connection& connection) {
        connection.read_request();
        connection.wait_ms(30'000);
    });
    DeviceHttp http(context(server), DeviceLogin::none);
    auto request = put("body");
    request.seconds = 1;
    EXPECT_FALSE(http.sent_once([&] { http.send(request); }));
}

TEST_F(DeviceHttpTest, what_failed_before_it_was_sent_or_was_answered_is_not_in_doubt) {
    Recorder recorder([](auto&, auto) { return answer(500, "x"); });
    auto server = std::make_unique<HttpServer>(std::ref(recorder));
    DeviceHttp http(context(*server), DeviceLogin::none);
    EXPECT_TRUE(http.sent_once([&] { http.send(put("body")); }));
    EXPECT_EQ(test::message_of([&] { http.sent_once([&] { http.get("/x"); }); }), Msg::device_status);
    server.reset();
    EXPECT_EQ(test::error_of([&] { http.sent_once([&] { http.send(put("body")); }); }), Errc::unreachable);
}

// --- Limits --------------------------------------------------------------------------------------------

TEST_F(DeviceHttpTest, a_body_beyond_its_limit_is_an_error_however_its_length_is_told) {
    const std::string big(70'000, 'x');
    for (const auto& head : {std::string("HTTP/1.1 200 X\r\n\r\n"),
                             std::string("HTTP/1.1 200 X\r\nContent-Length: 70000\r\n\r\n"),
                             std::string("HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n11170\r\n")}) {
        const HttpServer server([&](HttpServer::Connection& connection) {
            connection.read_request();
            connection.send(head + big + "\r\n0\r\n\r\n");
        });
        DeviceHttp http(context(server), DeviceLogin::none);
        EXPECT_EQ(test::message_of([&] { http.get("/x", 60'000); }), Msg::http_too_large) << head;
    }
}

TEST_F(DeviceHttpTest, a_body_shorter_than_it_says_is_no_answer) {
    const HttpServer server([&](HttpServer::Connection& connection) {
        connection.read_request();
        connection.send("HTTP/1.1 200 X\r\nContent-Length: 100\r\n\r\nhalf");
    });
    DeviceHttp http(context(server), DeviceLogin::none);
    EXPECT_EQ(test::message_of([&] { http.get("/x"); }), Msg::remote_unreachable);
}

TEST_F(DeviceHttpTest, a_compressed_answer_is_an_error_before_its_body) {
    for (const auto* header : {"Content-Encoding: gzip", "content-encoding: br",
                               "Transfer-Encoding: gzip, chunked", "Content-Encoding: identity, deflate"}) {
        const HttpServer server([&](HttpServer::Connection& connection) {
            connection.read_request();
            connection.send(std::string("HTTP/1.1 200 X\r\n") + header + "\r\n\r\n");
            connection.wait_ms(30'000);
        });
        DeviceHttp http(context(server), DeviceLogin::none);
        EXPECT_EQ(test::message_of([&] { http.get("/x"); }), Msg::http_compressed) << header;
    }
    Recorder plain([](auto&, auto) { return answer(200, "x", "Content-Encoding: identity\r\n"); });
    const HttpServer server(std::ref(plain));
    DeviceHttp http(context(server), DeviceLogin::none);
    EXPECT_EQ(http.get("/x"), "x");
    EXPECT_EQ(plain.requests()[0].find("Accept-Encoding"), std::string::npos);
}

TEST_F(DeviceHttpTest, all_answers_together_have_a_limit_also_those_that_were_refused) {
    const std::string part(400'000, 'x');
    Recorder recorder([&](auto&, auto) { return answer(200, part); });
    const HttpServer server(std::ref(recorder));
    DeviceHttp http(context(server, {{"size-limit", "1"}}), DeviceLogin::none);
    http.get("/1");
    EXPECT_EQ(test::message_of([&] { http.get("/2", 300'000); }), Msg::http_too_large);
    EXPECT_EQ(test::message_of([&] { http.get("/3"); }), Msg::device_too_much);
    const auto sent = recorder.requests().size();
    EXPECT_EQ(test::message_of([&] { http.get("/4"); }), Msg::device_too_much);
    EXPECT_EQ(recorder.requests().size(), sent);  // not even asked
}

TEST_F(DeviceHttpTest, all_requests_together_have_a_time) {
    const HttpServer server([&](HttpServer::Connection& connection) {
        while (!connection.read_request().empty()) {
            connection.wait_ms(400);
            connection.send(answer(200, "x"));
        }
    });
    DeviceHttp http(context(server, {{"time-limit", "1"}}), DeviceLogin::none);
    int answered = 0;
    const auto code = test::error_of([&] {
        for (; answered < 10; ++answered) http.get("/x");
    });
    EXPECT_EQ(code, Errc::unreachable);
    EXPECT_LE(answered, 3);
    EXPECT_EQ(test::message_of([&] { http.get("/x"); }), Msg::device_too_long);
}

TEST_F(DeviceHttpTest, one_byte_now_and_then_ends_by_the_time_of_the_request) {
    const HttpServer server([](HttpServer::Connection& connection) {
        connection.read_request();
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
        while (!connection.stopping() && connection.send("x")) connection.wait_ms(100);
    });
    DeviceHttp http(context(server), DeviceLogin::none);
    DeviceRequest request;
    request.path = "/x";
    request.seconds = 1;
    EXPECT_EQ(test::error_of([&] { http.send(request); }), Errc::unreachable);
}

// --- Waiting -------------------------------------------------------------------------------------------

TEST_F(DeviceHttpTest, waiting_goes_on_over_what_is_not_there_yet_and_ends) {
    Recorder recorder(
        [](auto&, std::size_t number) { return number < 3 ? answer(503, "") : answer(200, "x"); });
    const HttpServer server(std::ref(recorder));
    DeviceHttp http(context(server), DeviceLogin::none);
    http.wait_until([&] { return http.get("/x") == "x"; }, 20, 10);
    EXPECT_EQ(recorder.requests().size(), 3U);
    EXPECT_EQ(test::message_of([&] { http.wait_until([] { return false; }, 0, 1); }), Msg::device_not_back);
}

TEST_F(DeviceHttpTest, waiting_ends_at_a_refused_login) {
    Recorder recorder([](auto&, auto) { return challenge("n"); });
    const HttpServer server(std::ref(recorder));
    DeviceHttp http(context(server), DeviceLogin::digest);
    EXPECT_EQ(test::message_of([&] { http.wait_until([&] { return http.get("/x") == "x"; }, 20, 10); }),
              Msg::device_login_refused);
    EXPECT_EQ(recorder.logins(), 1U);
}

// --- Digests -------------------------------------------------------------------------------------------

std::string authorization(const std::string& header, test::FakeRandom& random) {
    http::Digest digest;
    if (!digest.take(http::challenges_of({{"www-authenticate", header}}), random)) return "";
    return digest.authorization("GET", "/dir/index.html", "Mufasa", "Circle Of Life");
}
std::string field(const std::string& value, const std::string& name) {
    const auto at = value.find(name + "=\"");
    if (at == std::string::npos) return "";
    const auto start = at + name.size() + 2;
    return value.substr(start, value.find('"', start) - start);
}

TEST(Digest, answers_as_the_documents_say) {
    test::FakeRandom random;
    // RFC 2617, without qop as in RFC 2069.
    const auto old = authorization(
        "Digest realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", opaque=\"5ccc\"",
        random);
    EXPECT_EQ(field(old, "response"), "670fd8c2df070c60b045671b8b24ff02");
    EXPECT_EQ(field(old, "opaque"), "5ccc");
    EXPECT_EQ(old.find("qop"), std::string::npos);
    EXPECT_EQ(old.find("algorithm"), std::string::npos);
}

TEST(Digest, takes_the_first_challenge_that_it_knows) {
    test::FakeRandom random;
    const auto value = authorization(
        "Basic realm=\"b, c\", Digest realm=\"x\", nonce=\"1\", algorithm=UNKNOWN, digest realm=\"y\\\"z\" , "
        "nonce = \"2\", ALGORITHM=sha-256, qop=\"auth-int, auth\", Digest realm=\"w\", nonce=\"3\"",
        random);
    EXPECT_NE(value.find("realm=\"y\\\"z\", nonce=\"2\""), std::string::npos) << value;
    EXPECT_EQ(field(value, "response").size(), 64U);
    EXPECT_NE(value.find("qop=auth,"), std::string::npos);
    EXPECT_NE(value.find("algorithm=sha-256"), std::string::npos);
}

TEST(Digest, cuts_off_what_nobody_needs) {
    test::FakeRandom random;
    EXPECT_EQ(authorization("Digest nonce=\"" + std::string(5000, 'n') + "\"", random), "");
    EXPECT_EQ(authorization("Digest nonce=\"a\x01\"", random), "");
    for (const auto* text : {"", ",,,", "\"", "Digest", "Digest nonce", "Digest nonce=", "Digest nonce=\"",
                             "=\"x\"", "Digest \\", "\x80\xff"})
        EXPECT_EQ(authorization(text, random), "") << text;
}

}  // namespace
}  // namespace coffre::drivers
