#pragma once
// The one seam to HTTP: a request in, the whole answer out. Redirects are never followed: whoever asked
// decides.
//
// Errors of send(): Error{unreachable} when no answer came or it broke off (the request may have been carried
// out), was too slow, or is larger than asked for; Error{refused} for a certificate that is not the one
// expected. A status of 400 and above is an answer. What changes something at the other side is sent at most
// once. Thread-safe.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.hpp"

namespace coffre {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

// Whether a request changes something at the other side.
enum class HttpEffect : std::uint8_t {
    by_method,  // all but GET, HEAD, OPTIONS and PROPFIND do
    reads,      // it does not, whatever its method says: questions by POST
    changes,    // it does: a CGI that is told by GET
};

struct HttpRequest {
    std::string method = "GET";
    std::string url;  // "https://host[:port]/path?query", already escaped
    HttpHeaders headers;
    ByteView body;                           // sent as it is, twice the same where a caller sends it twice
    std::uint64_t response_limit = 1 << 20;  // bytes of the answer's body
    int time_limit_ms = 0;                   // of the whole request, connecting too; 0: the client's
    HttpEffect effect = HttpEffect::by_method;
    bool fresh_connection = false;  // not a kept one, that the other side may be about to close
    bool only_plain = false;        // an answer whose body is compressed is an error, before its body comes
    // Set to true once the request may have reached the other side, also where send() throws.
    bool* may_have_arrived = nullptr;
};

struct HttpResponse {
    int status = 0;
    HttpHeaders headers;  // names in lower case
    Bytes body;
    // The answer ended before the length that it announced: the body is what came.
    bool cut_short = false;

    // The first of that name (lower case); empty: there is none.
    [[nodiscard]] std::optional<std::string> header(std::string_view name) const {
        for (const auto& [key, value] : headers)
            if (key == name) return value;
        return std::nullopt;
    }
};

class HttpClient {
public:
    virtual ~HttpClient() = default;
    virtual HttpResponse send(const HttpRequest& request) = 0;
};

}  // namespace coffre
