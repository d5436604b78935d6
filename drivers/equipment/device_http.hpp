#pragma once
// HTTP with one equipment, for drivers. Holds what all of them promise:
//   - https, its certificate pinned (setting certificate-sha256) or signed by an authority (ca-file): another
//     one ends it (Error{refused}) before anything of the user is sent. http only with a recorded reason
//     (setting clear-reason), else Error{refused}.
//   - one login: once it is refused nothing is sent any more (lock-outs), Error{unreachable}. No redirect is
//     followed. What changes something is sent at most once with the login.
//   - limits while receiving: bytes of one answer, bytes and time of all together (settings time-limit, in
//     seconds, and size-limit, in MiB), a slowest rate. Nothing is decompressed: an answer that is
//     compressed is an error.
//
// A digest is kept from one request to the next, so that each costs one round trip: the server's nonce is
// asked for once. A nonce that the server calls stale is replaced once for a request; one that it refuses
// without calling it stale, after logins with the same password succeeded, once for all of them, and from
// then on each request asks for its own.

#include "base/http_client.hpp"
#include "drivers/equipment/drivers.hpp"

namespace coffre::drivers {

enum class DeviceLogin : std::uint8_t {
    none,             // no login, or one that the driver makes by itself (tokens)
    digest,           // digest, never basic
    digest_or_basic,  // what the equipment asks for, digest first
};

struct DeviceRequest {
    std::string method = "GET";
    std::string path;  // "/ISAPI/System/deviceInfo?a=b": escaped, below the setting `url`; begins with '/'
    std::string content_type{};
    ByteView body{};
    HttpHeaders headers{};
    std::uint64_t limit = 4 << 20;  // bytes of the answer
    int seconds = 30;               // for this one request
    // Questions by POST (JSON, SOAP) are HttpEffect::reads: then they may go over a kept connection that
    // broke off. A CGI that sets something by GET is HttpEffect::changes.
    HttpEffect effect = HttpEffect::by_method;
    // A 401 is about this one resource, and an answer: the login was made before, by a token. Of no effect
    // where a password is sent.
    bool refusal_is_answer = false;
};

class DeviceHttp {
public:
    // Settings and the secret `password` are those of device_http_settings. `client`: in place of libcurl's,
    // for tests.
    DeviceHttp(const DriverContext& context, DeviceLogin login, std::unique_ptr<HttpClient> client = nullptr);
    ~DeviceHttp();
    DeviceHttp(const DeviceHttp&) = delete;
    DeviceHttp& operator=(const DeviceHttp&) = delete;

    // The answer whatever its status is, but for 401 and 3xx. Errors: unreachable (no answer, too slow, too
    // large, the login refused), refused.
    HttpResponse send(const DeviceRequest& request);
    // The body of a 200 (or 2xx); Error{unreachable} naming the status otherwise.
    std::string get(const std::string& path, std::uint64_t limit = 4 << 20);

    // Sends `body`, which holds a secret, and wipes it whatever comes of it.
    HttpResponse send_secret(DeviceRequest request, std::string& body);

    // "Authorization: Bearer …" from now on; "" for none.
    void set_bearer(SecretText token);

    // A request that changes something broke off (or was not answered in time) after it may have been carried
    // out: what send() then throws is kept from `attempt`, and false returned. What failed before (no
    // connection, a refusal) and what was answered is thrown on.
    bool sent_once(const std::function<void()>& attempt);

    // Asks `probe` again and again, `interval_ms` apart, until it returns true or `seconds` are over
    // (Error{unreachable}). What it throws as unreachable counts as "not yet".
    void wait_until(const std::function<bool()>& probe, int seconds, int interval_ms = 2000);

    [[nodiscard]] const std::string& user() const;
    [[nodiscard]] const std::string& password() const;
    // "host:port", for messages.
    [[nodiscard]] const std::string& place() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

// url (required), user, certificate-sha256, ca-file, clear-reason, time-limit, size-limit; secret: password.
std::vector<DriverSetting> device_http_settings();
// DriverInfo::first_pin of drivers that speak HTTP.
std::pair<std::string, std::string> first_certificate(const DriverContext& context);

// A part of a path or a query, percent-encoded (RFC 3986: all but unreserved).
std::string url_encoded(std::string_view text);

// An answer that is not what was asked for, though its status is 200: Error{unreachable}, "NVR-HALL: what it
// answers to /path is not XML". Never the answer itself.
[[noreturn]] void fail_answer(const DriverContext& context, const std::string& path,
                              const std::string& expected);

}  // namespace coffre::drivers
