#include "drivers/remote/retry.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <exception>

#include "base/error.hpp"
#include "drivers/http/http_date.hpp"

namespace coffre::remote {

namespace {

constexpr std::int64_t ns_per_ms = 1'000'000;

bool says_later(int status) {
    return status == 429 || status == 500 || status == 502 || status == 503 || status == 504;
}

// Too large stays too large.
bool may_be_tried_again(const Error& error) {
    return error.code() == Errc::unreachable && error.message().id != Msg::http_too_large;
}

std::string place_of(const std::string& url) {
    const auto mark = url.find("://");
    return url.substr(
        0, std::min(url.find_first_of("/?", mark == std::string::npos ? 0 : mark + 3), url.size()));
}

}  // namespace

int timeout_seconds(const RemoteSpec& spec) {
    constexpr int usual = 60, most = 3600;
    return number_setting(spec, "timeout", 1, most).value_or(usual);
}

RetryLimits retry_limits(const RemoteSpec& spec) {
    constexpr int usual = 4, most = 20, ms = 1000, whole = 5;
    RetryLimits limits;
    limits.attempts = 1 + number_setting(spec, "retries", 0, most).value_or(usual);
    limits.total_ms = whole * timeout_seconds(spec) * ms;
    return limits;
}

int Retry::wait_ms(int attempt, const HttpResponse* response) {
    if (response != nullptr)
        if (const auto asked = response->header("retry-after")) {
            int seconds = 0;
            const auto [end, error] = std::from_chars(asked->data(), asked->data() + asked->size(), seconds);
            if (error == std::errc{} && end == asked->data() + asked->size() && seconds >= 0)
                return static_cast<int>(
                    std::min<std::int64_t>(std::int64_t{seconds} * 1000, limits_.longest_ms));
            if (const auto date = http::parse_http_date(*asked))
                return static_cast<int>(std::clamp<std::int64_t>((date->ns - clock_.now().ns) / ns_per_ms, 0,
                                                                 limits_.longest_ms));
        }
    const int doubled = std::min(attempt - 1, 16);
    const auto bound = std::min<std::int64_t>(std::int64_t{limits_.first_ms} << doubled, limits_.longest_ms);
    std::array<std::uint8_t, 8> drawn{};
    random_.fill(drawn);
    return static_cast<int>(load_u64(drawn.data()) % static_cast<std::uint64_t>(bound + 1));
}

Answer Retry::send(const std::function<HttpRequest()>& make,
                   const std::function<bool(const HttpResponse&)>& again) {
    const auto begun = clock_.monotonic_ns();
    Answer answer;
    for (int attempt = 1;; ++attempt) {
        answer.attempts = attempt;
        const HttpRequest request = make();
        std::exception_ptr failure;
        try {
            answer.response = http_.send(request);
            const auto& response = answer.response;
            const bool later = says_later(response.status) || (again && again(response));
            if (!response.cut_short && !later) return answer;
            if (response.cut_short)
                failure = std::make_exception_ptr(
                    Error(Errc::unreachable,
                          say<Msg::remote_unreachable>(place_of(request.url), tr<Msg::http_broke_off>())));
        } catch (const Error& error) {
            if (!may_be_tried_again(error)) throw;
            answer.response = {};
            failure = std::current_exception();
        }
        const int wait = wait_ms(attempt, failure ? nullptr : &answer.response);
        const auto spent_ms = (clock_.monotonic_ns() - begun) / ns_per_ms;
        if (attempt >= limits_.attempts || spent_ms + wait > limits_.total_ms) {
            if (failure) std::rethrow_exception(failure);
            return answer;
        }
        answer.unsure = true;
        clock_.sleep_ms(wait);
    }
}

}  // namespace coffre::remote
