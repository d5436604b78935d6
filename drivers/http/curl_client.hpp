#pragma once
// The HttpClient that reaches the world, by libcurl (HTTP/1.1). TLS 1.2 or later, always verified; neither
// redirects, cookies, .netrc nor compression; a proxy only where asked. Connections are kept for the next
// request. Thread-safe: requests of several threads run side by side.

#include <cstdint>
#include <memory>
#include <string>

#include "base/http_client.hpp"

namespace coffre::http {

struct ClientOptions {
    // Certificates (PEM) of the authorities that are trusted in place of the machine's; "" for the machine's.
    std::string ca_file;
    // SHA-256 of the server's certificate (DER), 64 lower-case hexadecimal digits: that one is trusted,
    // whoever signed it and whatever name it bears, and no other. "" for none.
    std::string certificate_sha256;
    bool proxy_from_environment = false;

    int connect_seconds = 15;
    // Given up when fewer than `slowest` bytes a second go or come during that long.
    int stall_seconds = 60;
    std::uint64_t slowest = 64;
    // The whole of a request: so long, and what its bytes and the most that may be answered take at
    // `slowest_whole` bytes a second.
    int total_seconds = 120;
    std::uint64_t slowest_whole = 16 << 10;
    std::uint64_t header_limit = 64 << 10;  // bytes of an answer's headers
};

// The SHA-256 of the certificate that the server at that place ("https://host:port") shows, as ClientOptions
// has it. Nothing is sent beyond what TLS needs. Error{unreachable}.
std::string shown_certificate(const std::string& place, ClientOptions options);

// Neither loads libcurl nor connects: the first send() does. Error{usage} for a malformed pin.
std::unique_ptr<HttpClient> curl_client(ClientOptions options);

}  // namespace coffre::http
