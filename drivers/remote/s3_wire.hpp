#pragma once
// Signed requests to one bucket: retried, counted, and followed to where the bucket is - one hop, after the
// place was asked about, never from TLS to a clear connection. Thread-safe.

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "drivers/remote/aws_signature.hpp"
#include "drivers/remote/retry.hpp"
#include "drivers/remote/s3_config.hpp"

namespace coffre::remote {

struct S3Request {
    std::string method = "GET";
    std::string key = {};  // "" for the bucket itself
    Query query = {};
    HttpHeaders headers = {};
    ByteView body = {};
    std::uint64_t response_limit = 4 << 20;  // bytes
};

class S3Wire {
public:
    S3Wire(S3Config config, const RemoteSpec& spec, RemoteHost host, std::unique_ptr<HttpClient> http);

    // Any status but a redirect is an answer. Error{refused} for a place that may not be, Error{unreachable}.
    Answer send(const S3Request& request);

    // Called once, before the first request is sent; its own requests go through.
    void before_first(std::function<void()> work) { first_ = std::move(work); }

    // What an answer that is no success means, as the Error to throw. `name` is what was asked for.
    [[noreturn]] void fail(const HttpResponse& response, const std::string& name);
    [[noreturn]] void nonsense(const std::string& what) const;

    [[nodiscard]] const S3Config& config() const { return config_; }
    [[nodiscard]] S3Place place() const;
    [[nodiscard]] std::optional<Timestamp> server_time() const;
    [[nodiscard]] std::string server() const;  // what it calls itself
    [[nodiscard]] Environment environment() const { return host_.environment; }

    struct Counters {
        std::atomic<std::uint64_t> requests{0}, sent{0}, received{0};  // received, sent: bytes of bodies
    };
    [[nodiscard]] const Counters& counters() const { return counters_; }

private:
    Answer send_to(const S3Place& place, const S3Request& request);
    S3Place checked_place();
    void check(const S3Place& place);
    std::string ask_region(const S3Place& place);
    S3Place redirected(const S3Place& from, const HttpResponse& response) const;
    HttpRequest signed_request(const S3Place& place, const S3Request& request, const std::string& hash);
    void note(const HttpResponse& response);

    const S3Config config_;
    const RemoteHost host_;
    const std::unique_ptr<HttpClient> http_;
    Retry retry_;
    Counters counters_;

    mutable std::mutex mutex_;
    std::function<void()> first_;
    S3Place place_;
    std::set<std::string> asked_;  // "host region": check_place said yes
    std::optional<Timestamp> server_time_;
    std::string server_;
};

}  // namespace coffre::remote
