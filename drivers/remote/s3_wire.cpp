#include "drivers/remote/s3_wire.hpp"

#include <cstdlib>
#include <utility>

#include "base/error.hpp"
#include "base/host.hpp"
#include "drivers/http/http_date.hpp"
#include "drivers/remote/digest.hpp"
#include "drivers/remote/s3_xml.hpp"

namespace coffre::remote {

namespace {

bool is_redirect(int status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

// Answers that are no "later" by their status, and one by what they say.
bool says_again(const HttpResponse& response) {
    if (response.body.empty() || response.body.size() > (64 << 10)) return false;
    if (response.status != 200 && response.status != 400 && response.status != 409) return false;
    const auto code = parse_failure(response.body).code;
    return code == "RequestTimeout" || code == "OperationAborted" || code == "ConditionalRequestConflict" ||
           (response.status == 200 && (code == "InternalError" || code == "SlowDown"));
}

}  // namespace

S3Wire::S3Wire(S3Config config, const RemoteSpec& spec, RemoteHost host, std::unique_ptr<HttpClient> http)
    : config_(std::move(config)),
      host_(std::move(host)),
      http_(std::move(http)),
      retry_(*http_, host_.environment.clock, host_.environment.random, retry_limits(spec)),
      place_(config_.place) {}

S3Place S3Wire::place() const {
    const std::scoped_lock guard(mutex_);
    return place_;
}

std::optional<Timestamp> S3Wire::server_time() const {
    const std::scoped_lock guard(mutex_);
    return server_time_;
}

std::string S3Wire::server() const {
    const std::scoped_lock guard(mutex_);
    return server_;
}

void S3Wire::check(const S3Place& place) {
    const std::string key = place.host + " " + place.region;
    {
        const std::scoped_lock guard(mutex_);
        if (asked_.contains(key)) return;
    }
    if (host_.check_place) host_.check_place(place.host, place.region);
    const std::scoped_lock guard(mutex_);
    asked_.insert(key);
}

S3Place S3Wire::checked_place() {
    S3Place at = place();
    check(at);
    if (!at.region.empty()) return at;
    at.region = ask_region(at);
    check(at);
    const std::scoped_lock guard(mutex_);
    place_ = at;
    return at;
}

// Only a server of this machine is asked, and any region signs for that question.
std::string S3Wire::ask_region(const S3Place& place) {
    S3Place asked = place;
    asked.region = "us-east-1";
    const auto answer = send_to(asked, {.query = {{"location", ""}}});
    // A strict one says in its refusal which region it is.
    if (answer.response.status == 400)
        if (auto told = parse_failure(answer.response.body).region; !told.empty()) return told;
    if (answer.response.status != 200) fail(answer.response, config_.bucket);
    const auto region = parse_bucket_location(answer.response.body);
    if (!region) nonsense(tr<Msg::s3_not_xml>());
    return region->empty() ? asked.region : *region;  // as documented: none is said for the first region
}

HttpRequest S3Wire::signed_request(const S3Place& place, const S3Request& request, const std::string& hash) {
    HttpRequest out;
    out.method = request.method;
    const std::string bucket = place.path_style ? "/" + uri_encoded(config_.bucket) : "";
    const std::string key = request.key.empty() ? "" : "/" + uri_encoded(request.key, true);
    const std::string query = query_text(request.query);
    out.url = std::string(place.clear ? "http://" : "https://") + place.authority(config_.bucket) +
              (bucket.empty() && key.empty() ? "/" : bucket + key) + (query.empty() ? "" : "?" + query);
    out.headers = request.headers;
    out.headers.emplace_back("x-amz-content-sha256", hash);
    out.body = request.body;
    out.response_limit = request.response_limit;
    sign_aws(out, hash, config_.credentials, {place.region, "s3"}, host_.environment.clock.now());
    return out;
}

void S3Wire::note(const HttpResponse& response) {
    const auto date = response.header("date");
    const auto server = response.header("server");
    const std::scoped_lock guard(mutex_);
    if (date)
        if (const auto time = http::parse_http_date(*date)) server_time_ = time;
    if (server) server_ = *server;
}

Answer S3Wire::send_to(const S3Place& place, const S3Request& request) {
    const std::string hash = sha256(request.body).hex();
    const auto make = [&] {
        ++counters_.requests;
        counters_.sent += request.body.size();
        return signed_request(place, request, hash);
    };
    auto answer = retry_.send(make, says_again);
    counters_.received += answer.response.body.size();
    note(answer.response);
    return answer;
}

S3Place S3Wire::redirected(const S3Place& from, const HttpResponse& response) const {
    const auto refuse = [&](std::string why) {
        return Error(Errc::refused, say<Msg::remote_refuses>(config_.location, std::move(why)));
    };
    const auto failure = parse_failure(response.body);
    const std::string region = response.header("x-amz-bucket-region").value_or(failure.region);
    const std::string location = response.header("location").value_or("");
    S3Place to = from;
    std::string authority;
    if (location.starts_with("https://") || location.starts_with("http://")) {
        to.clear = location.starts_with("http://");
        const auto start = location.find("://") + 3;
        authority = location.substr(start, location.find_first_of("/?#", start) - start);
    } else {
        authority = failure.endpoint;
    }
    if (!authority.empty()) {
        // parse_url knows what a host and a port are; a user in it is refused with it.
        Url url;
        try {
            url = parse_url("s3://" + authority + "/");
        } catch (const Error&) {
            throw refuse(tr<Msg::s3_redirect_nowhere>());
        }
        if (!url.user.empty()) throw refuse(tr<Msg::s3_redirect_nowhere>());
        to.host = url.host;
        to.port = url.port;
        to.path_style = !to.host.starts_with(config_.bucket + ".");
        if (!to.path_style) to.host.erase(0, config_.bucket.size() + 1);
        to.region = !region.empty() ? region : region_of_host(to.host).value_or(from.region);
    } else if (!region.empty() && region != from.region) {
        to.region = region;
        if (is_amazon(from.host)) to.host = "s3." + region + ".amazonaws.com";
    } else {
        throw refuse(tr<Msg::s3_redirect_nowhere>());
    }
    if (to.clear && !(from.clear && is_loopback(to.host))) throw refuse(tr<Msg::s3_redirect_clear>(to.host));
    return to;
}

Answer S3Wire::send(const S3Request& request) {
    std::function<void()> first;
    {
        const std::scoped_lock guard(mutex_);
        first = std::exchange(first_, nullptr);
    }
    if (first) first();
    const S3Place at = checked_place();
    auto answer = send_to(at, request);
    if (!is_redirect(answer.response.status)) return answer;
    const S3Place to = redirected(at, answer.response);
    check(to);
    const bool for_good = answer.response.status == 301 || answer.response.status == 308;
    const bool unsure = answer.unsure;
    answer = send_to(to, request);
    answer.unsure = answer.unsure || unsure;
    if (is_redirect(answer.response.status))
        throw Error(Errc::refused, say<Msg::remote_refuses>(config_.location, tr<Msg::s3_redirect_again>()));
    if (for_good) {
        const std::scoped_lock guard(mutex_);
        place_ = to;
    }
    return answer;
}

void S3Wire::nonsense(const std::string& what) const {
    throw Error(Errc::unreachable, say<Msg::remote_nonsense>(config_.location, what),
                say<Msg::hint_remote_again>());
}

void S3Wire::fail(const HttpResponse& response, const std::string& name) {
    const auto failure = parse_failure(response.body);
    const auto& code = failure.code;
    const std::string status = std::to_string(response.status);
    const std::string what = code.empty() ? tr<Msg::http_status>(status) : tr<Msg::s3_code>(code, status);
    const auto& location = config_.location;
    const auto refuses = say<Msg::remote_refuses>(location, name.empty() ? what : name + ": " + what);
    const auto here = host_.environment.clock.now();
    const auto there = server_time();
    // An answer to HEAD bears no document: the clocks then tell.
    constexpr std::int64_t most_apart = 900;  // seconds, S3's limit
    const bool apart = there && std::abs(there->seconds() - here.seconds()) > most_apart;
    if (code == "RequestTimeTooSkewed" || (code.empty() && response.status == 403 && apart))
        throw Error(Errc::unreachable,
                    say<Msg::s3_clock>(to_rfc3339(here), there ? to_rfc3339(*there) : std::string("?")),
                    say<Msg::hint_s3_clock>());
    if (code == "NoSuchBucket")
        throw Error(Errc::unreachable, say<Msg::s3_no_bucket>(location), say<Msg::hint_s3_no_bucket>());
    if (code == "QuotaExceeded" || code == "InsufficientCapacity" || code == "TooManyBuckets" ||
        response.status == 507)
        throw Error(Errc::no_space, say<Msg::remote_full>(location), say<Msg::hint_free_space>());
    if (code == "AuthorizationHeaderMalformed")
        throw Error(Errc::unreachable, refuses, say<Msg::hint_s3_region>());
    if (response.status == 401 || response.status == 403)
        throw Error(Errc::unreachable, refuses, say<Msg::hint_s3_access>());
    if (response.status < 300) nonsense(what);
    throw Error(Errc::unreachable, refuses, say<Msg::hint_remote_again>());
}

}  // namespace coffre::remote
