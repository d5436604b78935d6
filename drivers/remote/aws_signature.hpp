#pragma once
// AWS Signature Version 4: who asks, proved by a secret that stays here.
// Source: "AWS Signature Version 4 for API requests" in the IAM user guide, and for S3 "Signature
// Calculations for the Authorization Header: Transferring Payload in a Single Chunk" in the S3 API reference.

#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/http_client.hpp"
#include "drivers/remote/credentials.hpp"

namespace coffre::remote {

struct SigningScope {
    std::string region;
    std::string service = "s3";
};

// Percent-encoded but for A-Z a-z 0-9 - . _ ~, and for '/' where `keep_slash`.
std::string uri_encoded(std::string_view text, bool keep_slash = false);

using Query = std::vector<std::pair<std::string, std::string>>;  // not encoded

// "a=1&b=": encoded, sorted as a signature wants it; "" for none.
std::string query_text(const Query& query);

// Adds X-Amz-Date, X-Amz-Security-Token (where there is one) and Authorization to `request`, whose url is
// encoded as by the above and whose headers are all signed as they stand, the host of the URL with them.
// `payload_hash` is what stands in the last line of the canonical request: the body's SHA-256. S3 also wants
// it as the header x-amz-content-sha256, which the caller sets.
void sign_aws(HttpRequest& request, const std::string& payload_hash, const Credentials& credentials,
              const SigningScope& scope, Timestamp now);

}  // namespace coffre::remote
