#pragma once
// One request, tried again where that may help: no answer, a broken one, or a status that says "later"
// (429, 500, 502, 503, 504). Between two attempts lies a random time up to a bound that doubles ("full
// jitter"), or what the server asks for (Retry-After). Thread-safe.

#include <functional>

#include "base/clock.hpp"
#include "base/http_client.hpp"
#include "base/random.hpp"
#include "drivers/remote/remotes.hpp"

namespace coffre::remote {

struct RetryLimits {
    int attempts = 5;         // in all
    int total_ms = 300'000;   // no new attempt begins after that, counted from the first one's beginning
    int first_ms = 500;       // the bound of the first wait
    int longest_ms = 30'000;  // of any wait, asked for or not
};

// The settings `retries` (0…20, 4 where there is none) and `timeout` (seconds without progress after which an
// attempt is given up, 1…3600; 60). All attempts of a request take at most five times that. Error{usage}.
RetryLimits retry_limits(const RemoteSpec& spec);
int timeout_seconds(const RemoteSpec& spec);

struct Answer {
    HttpResponse response;
    int attempts = 1;
    // An attempt before the last one may have been carried out, though it was not answered.
    bool unsure = false;
};

class Retry {
public:
    Retry(HttpClient& http, Clock& clock, Random& random, RetryLimits limits)
        : http_(http), clock_(clock), random_(random), limits_(limits) {}

    // `make` is called for each attempt (it signs for the time that it is then) and must give the same body.
    // `again`, where given, names further answers that are worth another attempt. Throws the Error of the
    // last attempt; Error{unreachable} when the last answer was cut short. A status of 400 and above that
    // stays is an answer.
    Answer send(const std::function<HttpRequest()>& make,
                const std::function<bool(const HttpResponse&)>& again = {});

private:
    int wait_ms(int attempt, const HttpResponse* response);

    HttpClient& http_;
    Clock& clock_;
    Random& random_;
    RetryLimits limits_;
};

}  // namespace coffre::remote
