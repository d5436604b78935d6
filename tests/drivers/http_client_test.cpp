// The HTTP client against servers that misbehave, on a real socket.

#include <cstdlib>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>

#include "drivers/http/curl_client.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/http_server.hpp"
#include "tests/support/scoped_temp_dir.hpp"

namespace coffre::http {
namespace {

using test::HttpServer;

HttpRequest get(const HttpServer& server, std::uint64_t limit = 1 << 20) {
    HttpRequest request;
    request.url = server.url() + "/x";
    request.response_limit = limit;
    return request;
}

std::string answer(const std::string& body, const std::string& headers = "") {
    return "HTTP/1.1 200 OK\r\n" + headers + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
           body;
}

// Answers each request of each connection with the same bytes.
HttpServer::Script always(const std::string& bytes) {
    return [bytes](HttpServer::Connection& connection) {
        while (!connection.read_request().empty() && connection.send(bytes)) {
        }
    };
}

ClientOptions hasty() {
    ClientOptions options;
    options.connect_seconds = 2;
    options.stall_seconds = 1;
    options.total_seconds = 3;
    options.slowest_whole = 1 << 30;
    return options;
}

TEST(HttpClient, hands_over_the_answer) {
    const HttpServer server(always(answer("hello", "X-Name:  a value \r\n")));
    const auto response = curl_client({})->send(get(server));
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(as_text(response.body), "hello");
    EXPECT_EQ(response.header("x-name"), "a value");
    EXPECT_FALSE(response.cut_short);
}

TEST(HttpClient, sends_what_it_is_given_and_says_who_it_is) {
    std::string seen;
    const HttpServer server([&](HttpServer::Connection& connection) {
        seen = connection.read_request();
        connection.send(answer(""));
    });
    Bytes body(3 << 20, 'b');  // large enough for libcurl to ask first
    HttpRequest request;
    request.method = "PUT";
    request.url = server.url() + "/a/../b%20c?x=";
    request.headers = {{"X-Empty", ""}, {"X-One", "1"}};
    request.body = body;
    curl_client({})->send(request);
    EXPECT_EQ(seen.substr(0, seen.find("\r\n")), "PUT /a/../b%20c?x= HTTP/1.1");
    EXPECT_NE(seen.find("\r\nUser-Agent: coffre/"), std::string::npos);
    EXPECT_NE(seen.find("\r\nX-One: 1\r\n"), std::string::npos);
    EXPECT_NE(seen.find("\r\nX-Empty:"), std::string::npos);
    EXPECT_EQ(seen.find("Content-Type"), std::string::npos);
    EXPECT_EQ(seen.substr(seen.find("\r\n\r\n") + 4), std::string(3 << 20, 'b'));
}

TEST(HttpClient, sends_each_method_as_it_is_named) {
    std::string seen;
    const HttpServer server([&](HttpServer::Connection& connection) {
        for (;;) {
            const auto request = connection.read_request();
            if (request.empty()) return;
            seen = request;
            connection.send("HTTP/1.1 204 No\r\n\r\n");
        }
    });
    const auto client = curl_client({});
    for (const auto* method : {"GET", "HEAD", "PUT", "POST", "DELETE", "PROPFIND", "MKCOL", "MOVE"}) {
        auto request = get(server);
        request.method = method;
        EXPECT_EQ(client->send(request).status, 204);
        EXPECT_EQ(seen.substr(0, seen.find(' ')), method);
    }
}

TEST(HttpClient, a_length_of_a_head_is_no_body) {
    const HttpServer server(always("HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n"));
    auto request = get(server, 10);
    request.method = "HEAD";
    const auto response = curl_client({})->send(request);
    EXPECT_EQ(response.header("content-length"), "99999999");
    EXPECT_FALSE(response.cut_short);
}

TEST(HttpClient, a_status_of_400_and_above_is_an_answer) {
    const HttpServer server(always("HTTP/1.1 503 Slow\r\nContent-Length: 2\r\n\r\nno"));
    const auto response = curl_client({})->send(get(server));
    EXPECT_EQ(response.status, 503);
    EXPECT_EQ(as_text(response.body), "no");
}

TEST(HttpClient, keeps_its_connection) {
    const HttpServer server(always(answer("x")));
    const auto client = curl_client({});
    for (int i = 0; i < 5; ++i) client->send(get(server));
    EXPECT_EQ(server.connections(), 1);
}

TEST(HttpClient, what_changes_something_is_sent_once_though_the_kept_connection_breaks_off) {
    for (const std::string method : {"PUT", "DELETE", "POST", "GET"}) {
        std::atomic<int> requests{0};
        const HttpServer server([&](HttpServer::Connection& connection) {
            connection.read_request();
            connection.send(answer("first"));
            if (!connection.read_request().empty()) ++requests;
            connection.reset();
        });
        const auto client = curl_client({});
        client->send(get(server));
        auto request = get(server);
        request.method = method;
        const auto code = test::error_of([&] { client->send(request); });
        EXPECT_EQ(requests, 1) << method;
        EXPECT_EQ(code, method == "GET" ? std::nullopt : std::optional(Errc::unreachable)) << method;
    }
}

TEST(HttpClient, serves_several_threads_at_once) {
    const HttpServer server(always(answer("x")));
    const auto client = curl_client({});
    std::vector<std::thread> threads;
    std::atomic<int> good{0};
    for (int i = 0; i < 8; ++i)
        threads.emplace_back([&] {
            for (int k = 0; k < 20; ++k)
                if (as_text(client->send(get(server)).body) == "x") ++good;
        });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(good, 160);
}

TEST(HttpClient, follows_no_redirect) {
    const HttpServer elsewhere(always(answer("other")));
    const HttpServer server(
        always("HTTP/1.1 307 There\r\nLocation: " + elsewhere.url() + "/\r\nContent-Length: 0\r\n\r\n"));
    const auto response = curl_client({})->send(get(server));
    EXPECT_EQ(response.status, 307);
    EXPECT_EQ(response.header("location"), elsewhere.url() + "/");
    EXPECT_EQ(elsewhere.connections(), 0);
}

TEST(HttpClient, a_body_that_does_not_end_is_too_large) {
    const HttpServer server([](HttpServer::Connection& connection) {
        connection.read_request();
        connection.send("HTTP/1.1 200 OK\r\n\r\n");
        while (!connection.stopping() && connection.send(std::string(65536, 'x'))) {
        }
    });
    EXPECT_EQ(test::message_of([&] { curl_client({})->send(get(server, 1 << 20)); }), Msg::http_too_large);
}

TEST(HttpClient, a_body_in_chunks_that_do_not_end_is_too_large) {
    const HttpServer server([](HttpServer::Connection& connection) {
        connection.read_request();
        connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        while (!connection.stopping() && connection.send("1000\r\n" + std::string(4096, 'x') + "\r\n")) {
        }
    });
    EXPECT_EQ(test::message_of([&] { curl_client({})->send(get(server, 1 << 20)); }), Msg::http_too_large);
}

TEST(HttpClient, a_length_beyond_the_limit_is_refused_before_the_body) {
    const HttpServer server([](HttpServer::Connection& connection) {
        connection.read_request();
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5000000000\r\n\r\n");
        connection.wait_ms(60'000);
    });
    EXPECT_EQ(test::message_of([&] { curl_client({})->send(get(server)); }), Msg::http_too_large);
}

TEST(HttpClient, exactly_the_limit_is_not_too_large) {
    const HttpServer server(always(answer(std::string(1000, 'x'))));
    EXPECT_EQ(curl_client({})->send(get(server, 1000)).body.size(), 1000U);
    EXPECT_EQ(test::message_of([&] { curl_client({})->send(get(server, 999)); }), Msg::http_too_large);
}

TEST(HttpClient, headers_that_do_not_end_are_too_large) {
    const HttpServer many([](HttpServer::Connection& connection) {
        connection.read_request();
        connection.send("HTTP/1.1 200 OK\r\n");
        while (!connection.stopping() && connection.send("X-A: b\r\n")) {
        }
    });
    EXPECT_EQ(test::message_of([&] { curl_client({})->send(get(many)); }), Msg::http_too_large);
    const HttpServer wide([](HttpServer::Connection& connection) {
        connection.read_request();
        connection.send("HTTP/1.1 200 OK\r\n");
        for (int i = 0; i < 100 && connection.send("X-A: " + std::string(10'000, 'x') + "\r\n"); ++i) {
        }
        connection.send("\r\n");
    });
    EXPECT_EQ(test::message_of([&] { curl_client({})->send(get(wide)); }), Msg::http_too_large);
}

TEST(HttpClient, a_server_that_says_nothing_is_given_up) {
    const HttpServer server([](HttpServer::Connection& connection) {
        connection.read_request();
        connection.wait_ms(60'000);
    });
    EXPECT_EQ(test::error_of([&] { curl_client(hasty())->send(get(server)); }), Errc::unreachable);
}

TEST(HttpClient, a_byte_now_and_then_is_too_slow) {
    const HttpServer server([](HttpServer::Connection& connection) {
        connection.read_request();
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
        while (!connection.stopping() && connection.send("x")) connection.wait_ms(200);
    });
    EXPECT_EQ(test::error_of([&] { curl_client(hasty())->send(get(server)); }), Errc::unreachable);
}

TEST(HttpClient, what_is_never_slow_enough_still_ends) {
    auto options = hasty();
    options.slowest = 1;
    options.stall_seconds = 30;
    const HttpServer server([](HttpServer::Connection& connection) {
        connection.read_request();
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
        while (!connection.stopping() && connection.send("xxxxxxxxxx")) connection.wait_ms(50);
    });
    EXPECT_EQ(test::error_of([&] { curl_client(options)->send(get(server)); }), Errc::unreachable);
}

TEST(HttpClient, a_body_shorter_than_announced_is_marked) {
    const HttpServer server([](HttpServer::Connection& connection) {
        connection.read_request();
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
    });
    const auto response = curl_client({})->send(get(server));
    EXPECT_TRUE(response.cut_short);
    EXPECT_EQ(as_text(response.body), "half");
}

TEST(HttpClient, chunks_that_break_off_are_not_a_whole) {
    const HttpServer server([](HttpServer::Connection& connection) {
        connection.read_request();
        connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n");
    });
    const auto client = curl_client({});
    bool whole = false;
    const auto code = test::error_of([&] { whole = !client->send(get(server)).cut_short; });
    EXPECT_FALSE(whole);
    EXPECT_TRUE(!code || code == Errc::unreachable);
}

TEST(HttpClient, a_reset_at_any_place_is_no_answer) {
    const std::string whole = answer(std::string(100, 'x'));
    for (std::size_t at = 0; at < whole.size(); at += 7) {
        const HttpServer server([&](HttpServer::Connection& connection) {
            connection.read_request();
            connection.send(whole.substr(0, at));
            connection.reset();
        });
        bool taken = false;
        const auto code = test::error_of([&] { taken = !curl_client({})->send(get(server)).cut_short; });
        EXPECT_FALSE(taken && !code) << at;
    }
}

TEST(HttpClient, something_else_than_http_is_no_answer) {
    for (const auto* text : {"SSH-2.0-OpenSSH\r\n", "\0\0\0\0", "HTTP/0.9 x\r\n\r\n", "<html>"}) {
        const HttpServer server([&](HttpServer::Connection& connection) {
            connection.read_request();
            connection.send(text);
        });
        EXPECT_EQ(test::error_of([&] { curl_client(hasty())->send(get(server)); }), Errc::unreachable)
            << text;
    }
}

TEST(HttpClient, nobody_there_is_said) {
    int port = 0;
    {
        const HttpServer server(always(""));
        port = server.port();
    }
    HttpRequest request;
    request.url = "http://127.0.0.1:" + std::to_string(port) + "/secret?key=value";
    try {
        curl_client({})->send(request);
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Errc::unreachable);
        EXPECT_EQ(std::string(error.what()).find("secret"), std::string::npos);
    }
}

TEST(HttpClient, speaks_nothing_but_http) {
    for (const auto* url :
         {"file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "http://u:p@127.0.0.1/"}) {
        HttpRequest request;
        request.url = url;
        EXPECT_TRUE(test::error_of([&] { curl_client({})->send(request); })) << url;
    }
}

TEST(HttpClient, a_header_cannot_bring_another_one) {
    const HttpServer server(always(answer("")));
    auto request = get(server);
    request.headers = {{"X-A", "b\r\nX-Evil: 1"}};
    EXPECT_EQ(test::error_of([&] { curl_client({})->send(request); }), Errc::failed);
    EXPECT_EQ(server.connections(), 0);
}

TEST(HttpClient, takes_a_proxy_only_where_it_is_asked_to) {
    const HttpServer proxy(always(answer("proxy")));
    const HttpServer server(always(answer("server")));
    ::setenv("http_proxy", proxy.url().c_str(), 1);
    ClientOptions asked;
    asked.proxy_from_environment = true;
    EXPECT_EQ(as_text(curl_client({})->send(get(server)).body), "server");
    EXPECT_EQ(as_text(curl_client(asked)->send(get(server)).body), "proxy");
    ::unsetenv("http_proxy");
}

// --- TLS -----------------------------------------------------------------------------------------------

class HttpClientTls : public ::testing::Test {
protected:
    std::string save(const std::string& text) {
        const auto path = folder_ / "ca.pem";
        std::ofstream(path) << text;
        return path;
    }
    test::ScopedTempDir folder_;
    test::TestCertificate authority_ = test::make_certificate();
    test::TestCertificate own_ = test::make_certificate(&authority_);
    HttpServer server_{always(answer("safe")), &own_};
};

TEST_F(HttpClientTls, a_certificate_of_an_unknown_authority_is_refused_and_named) {
    try {
        curl_client({})->send(get(server_));
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Errc::refused);
        EXPECT_NE(std::string(error.what()).find(own_.sha256), std::string::npos);
    }
}

TEST_F(HttpClientTls, a_private_authority_is_trusted_by_its_file) {
    ClientOptions options;
    options.ca_file = save(authority_.certificate);
    EXPECT_EQ(as_text(curl_client(options)->send(get(server_)).body), "safe");
}

TEST_F(HttpClientTls, a_file_of_another_authority_does_not_help) {
    ClientOptions options;
    options.ca_file = save(test::make_certificate().certificate);
    EXPECT_EQ(test::error_of([&] { curl_client(options)->send(get(server_)); }), Errc::refused);
}

TEST_F(HttpClientTls, a_file_without_certificates_is_an_error) {
    ClientOptions options;
    options.ca_file = save("nothing");
    EXPECT_EQ(test::error_of([&] { curl_client(options)->send(get(server_)); }), Errc::refused);
    options.ca_file = folder_ / "none";
    EXPECT_EQ(test::error_of([&] { curl_client(options)->send(get(server_)); }), Errc::refused);
}

TEST_F(HttpClientTls, a_certificate_for_another_name_is_refused) {
    ClientOptions options;
    options.ca_file = save(authority_.certificate);
    HttpRequest request;
    request.url = "https://localhost:" + std::to_string(server_.port()) + "/";
    EXPECT_EQ(test::error_of([&] { curl_client(options)->send(request); }), Errc::refused);
}

TEST_F(HttpClientTls, a_pinned_certificate_is_trusted_and_no_other) {
    ClientOptions options;
    options.certificate_sha256 = own_.sha256;
    const auto client = curl_client(options);
    EXPECT_EQ(as_text(client->send(get(server_)).body), "safe");

    options.certificate_sha256 = test::make_certificate().sha256;
    EXPECT_EQ(test::message_of([&] { curl_client(options)->send(get(server_)); }), Msg::http_certificate_pin);
    options.ca_file = save(authority_.certificate);  // a known authority does not make up for it
    EXPECT_EQ(test::error_of([&] { curl_client(options)->send(get(server_)); }), Errc::refused);
}

TEST_F(HttpClientTls, nothing_is_sent_to_a_server_that_is_not_trusted) {
    std::atomic<int> requests{0};
    const HttpServer server(
        [&](HttpServer::Connection& connection) {
            if (!connection.read_request().empty()) ++requests;
        },
        &own_);
    EXPECT_EQ(test::error_of([&] { curl_client({})->send(get(server)); }), Errc::refused);
    EXPECT_EQ(requests, 0);
}

TEST_F(HttpClientTls, a_server_that_goes_away_in_between_does_not_end_the_process) {
    const HttpServer server(
        [](HttpServer::Connection& connection) {
            connection.read_request();
            connection.send(answer("once"));
            connection.reset();
        },
        &own_);
    ClientOptions options;
    options.certificate_sha256 = own_.sha256;
    const auto client = curl_client(options);
    const Bytes body(300'000, 'b');
    for (int i = 0; i < 5; ++i) {
        auto request = get(server);
        request.method = "PUT";
        request.body = body;
        try {
            EXPECT_EQ(as_text(client->send(request).body), "once");
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), Errc::unreachable);
        }
    }
}

TEST_F(HttpClientTls, a_malformed_pin_is_wrong_usage) {
    ClientOptions options;
    options.certificate_sha256 = "AB:CD";
    EXPECT_EQ(test::error_of([&] { curl_client(options); }), Errc::usage);
}

TEST(HttpClient, tls_to_a_server_without_it_is_no_connection) {
    const HttpServer server(always(answer("clear")));
    HttpRequest request;
    request.url = "https://127.0.0.1:" + std::to_string(server.port()) + "/";
    EXPECT_EQ(test::error_of([&] { curl_client(hasty())->send(request); }), Errc::unreachable);
}

}  // namespace
}  // namespace coffre::http
