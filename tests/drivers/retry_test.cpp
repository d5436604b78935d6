// What is tried again, how often, how long it waits, and that it says when an answer was lost.

#include "drivers/remote/retry.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "drivers/http/http_date.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/fake_random.hpp"
#include "tests/support/scripted_http.hpp"

namespace coffre::remote {
namespace {

using test::http_answer;

struct Bench {
    test::FakeClock clock;
    test::FakeRandom random;
    std::vector<test::SentRequest> log;
    RetryLimits limits;

    Answer send(test::ScriptedHttp::Script script,
                const std::function<bool(const HttpResponse&)>& again = {}) {
        test::ScriptedHttp http(std::move(script), log);
        Retry retry(http, clock, random, limits);
        return retry.send(
            [] {
                HttpRequest request;
                request.method = "PUT";
                request.url = "https://h/k";
                request.body = as_bytes("body");
                return request;
            },
            again);
    }
    std::int64_t slept_ms(const std::function<void()>& fn) {
        const auto before = clock.monotonic_ns();
        fn();
        return (clock.monotonic_ns() - before) / 1'000'000;
    }
};

TEST(Retry, a_first_answer_is_taken_as_it_is) {
    for (const int status : {200, 204, 301, 400, 403, 404, 409, 412, 501}) {
        Bench bench;
        const auto answer = bench.send([&](auto&, auto) { return http_answer(status); });
        EXPECT_EQ(answer.response.status, status);
        EXPECT_EQ(answer.attempts, 1);
        EXPECT_FALSE(answer.unsure);
    }
}

TEST(Retry, what_says_later_is_tried_again_with_the_same_body) {
    for (const int status : {429, 500, 502, 503, 504}) {
        Bench bench;
        const auto answer =
            bench.send([&](auto&, std::size_t number) { return http_answer(number < 3 ? status : 200); });
        EXPECT_EQ(answer.response.status, 200);
        EXPECT_EQ(answer.attempts, 3);
        EXPECT_TRUE(answer.unsure);
        for (const auto& request : bench.log) EXPECT_EQ(as_text(request.body), "body");
    }
}

TEST(Retry, no_answer_and_a_short_one_are_tried_again) {
    Bench bench;
    const auto answer = bench.send([&](auto&, std::size_t number) -> HttpResponse {
        if (number == 1) throw test::no_answer();
        auto response = http_answer(200, "half");
        response.cut_short = number == 2;
        return response;
    });
    EXPECT_EQ(answer.attempts, 3);
    EXPECT_TRUE(answer.unsure);
}

TEST(Retry, a_short_answer_that_stays_short_is_none) {
    Bench bench;
    EXPECT_EQ(test::error_of([&] {
                  bench.send([](auto&, auto) {
                      auto response = http_answer(200, "half");
                      response.cut_short = true;
                      return response;
                  });
              }),
              Errc::unreachable);
    EXPECT_EQ(bench.log.size(), 5U);
}

TEST(Retry, ends_after_its_attempts_and_hands_out_the_last_answer) {
    Bench bench;
    bench.limits.attempts = 3;
    EXPECT_EQ(bench.send([](auto&, auto) { return http_answer(503); }).response.status, 503);
    EXPECT_EQ(bench.log.size(), 3U);
    bench.log.clear();
    EXPECT_EQ(
        test::error_of([&] { bench.send([](auto&, auto) -> HttpResponse { throw test::no_answer(); }); }),
        Errc::unreachable);
    EXPECT_EQ(bench.log.size(), 3U);
}

TEST(Retry, ends_when_its_time_is_up) {
    Bench bench;
    bench.limits.attempts = 1000;
    bench.limits.total_ms = 60'000;
    EXPECT_LE(bench.slept_ms([&] {
        bench.send([&](auto&, auto) {
            bench.clock.advance_ms(10'000);
            return http_answer(503);
        });
    }),
              70'000);
    EXPECT_LT(bench.log.size(), 8U);
}

TEST(Retry, a_safety_rule_and_an_answer_too_large_are_not_tried_again) {
    Bench bench;
    EXPECT_EQ(test::error_of([&] {
                  bench.send([](auto&, auto) -> HttpResponse {
                      throw Error(Errc::refused, say<Msg::http_certificate>("h", "00"));
                  });
              }),
              Errc::refused);
    EXPECT_EQ(test::message_of([&] {
                  bench.send([](auto&, auto) -> HttpResponse {
                      throw Error(Errc::unreachable, say<Msg::http_too_large>("h", "10"));
                  });
              }),
              Msg::http_too_large);
    EXPECT_EQ(bench.log.size(), 2U);
}

TEST(Retry, waits_at_random_below_a_bound_that_doubles) {
    Bench bench;
    bench.limits = {.attempts = 9, .total_ms = 10'000'000, .first_ms = 100, .longest_ms = 1'000};
    std::vector<std::int64_t> waits;
    std::int64_t last = bench.clock.monotonic_ns();
    bench.send([&](auto&, std::size_t number) {
        if (number > 1) waits.push_back((bench.clock.monotonic_ns() - last) / 1'000'000);
        last = bench.clock.monotonic_ns();
        return http_answer(503);
    });
    ASSERT_EQ(waits.size(), 8U);
    for (std::size_t i = 0; i < waits.size(); ++i)
        EXPECT_LE(waits[i], std::min<std::int64_t>(100 << i, 1'000)) << i;
    EXPECT_GT(*std::max_element(waits.begin(), waits.end()), 100);  // it does grow
    EXPECT_NE(waits[6], waits[7]);                                  // and is drawn
}

TEST(Retry, waits_as_long_as_the_server_asks_within_a_bound) {
    for (const auto& [asked, ms] :
         std::vector<std::pair<std::string, std::int64_t>>{{"7", 7'000}, {"999", 30'000}}) {
        Bench bench;
        EXPECT_EQ(bench.slept_ms([&] {
            bench.send([&](auto&, std::size_t number) {
                return number == 1 ? http_answer(503, "", {{"retry-after", asked}}) : http_answer(200);
            });
        }),
                  ms);
    }
}

TEST(Retry, a_date_to_come_back_at_is_understood) {
    Bench bench;
    bench.clock.set(*parse_rfc3339("1994-11-06T08:49:27Z"));
    EXPECT_NEAR(static_cast<double>(bench.slept_ms([&] {
                    bench.send([&](auto&, std::size_t number) {
                        return number == 1
                                   ? http_answer(503, "", {{"retry-after", "Sun, 06 Nov 1994 08:49:37 GMT"}})
                                   : http_answer(200);
                    });
                })),
                10'000, 50);
}

TEST(Retry, a_caller_may_name_further_answers) {
    Bench bench;
    const auto answer =
        bench.send([](auto&, std::size_t number) { return http_answer(number == 1 ? 409 : 200); },
                   [](const HttpResponse& response) { return response.status == 409; });
    EXPECT_EQ(answer.attempts, 2);
}

TEST(Retry, its_settings_are_numbers_within_bounds) {
    const auto limits = [](const RemoteSettings& settings) { return retry_limits({"", "", settings}); };
    EXPECT_EQ(limits({}).attempts, 5);
    EXPECT_EQ(limits({{"retries", "0"}}).attempts, 1);
    EXPECT_EQ(limits({{"timeout", "10"}}).total_ms, 50'000);
    for (const auto* wrong : {"-1", "21", "x", "", "1 "})
        EXPECT_EQ(test::error_of([&] { limits({{"retries", wrong}}); }), Errc::usage) << wrong;
    EXPECT_EQ(test::error_of([&] { limits({{"timeout", "0"}}); }), Errc::usage);
}

TEST(HttpDate, is_read_in_the_one_form_that_is_written) {
    EXPECT_EQ(http::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), parse_rfc3339("1994-11-06T08:49:37Z"));
    for (const auto* wrong : {"", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 UTC",
                              "Sun, 06 ovD 1994 08:49:37 GMT", "Sun, 31 Feb 1994 08:49:37 GMT"})
        EXPECT_FALSE(http::parse_http_date(wrong)) << wrong;
}

}  // namespace
}  // namespace coffre::remote
