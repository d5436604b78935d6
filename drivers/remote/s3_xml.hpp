#pragma once
// The XML of S3's answers, as values. What is not there or not what its document must be is an empty
// optional: whoever asked makes an Error of it. Entities from outside are never fetched (pugixml has none).
// Source: the "S3 API Reference", one page an operation.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/clock.hpp"

namespace coffre::remote {

struct S3Failure {
    std::string code;      // "NoSuchKey"; "" when the body is no error document
    std::string region;    // where the bucket is, in some of them
    std::string endpoint;  // host, in some of them
};
S3Failure parse_failure(ByteView body);

struct S3Object {
    std::string key;
    std::uint64_t size = 0;  // bytes
};

struct S3Listing {
    std::string prefix;
    std::vector<S3Object> objects;
    std::size_t announced = 0;  // KeyCount; the number of objects where it is missing
    bool truncated = false;
    std::string next;  // continuation token
};
std::optional<S3Listing> parse_listing(ByteView body);

struct S3Version {
    std::string key;
    std::string id;
    bool latest = false;
    bool marker = false;  // a delete marker
};

struct S3Versions {
    std::vector<S3Version> versions;
    bool truncated = false;
    std::string next_key, next_version;
};
std::optional<S3Versions> parse_versions(ByteView body);

std::optional<std::string> parse_upload_id(ByteView body);
// The ETag of a completed multipart upload; "" where the server leaves it out.
std::optional<std::string> parse_completed(ByteView body);
// "" for none: us-east-1.
std::optional<std::string> parse_bucket_location(ByteView body);
// "Enabled", "Suspended"; "" for a bucket that never had any.
std::optional<std::string> parse_versioning(ByteView body);
// True: object lock is enabled.
std::optional<bool> parse_object_lock(ByteView body);

struct S3Retention {
    std::string mode;  // COMPLIANCE, GOVERNANCE
    Timestamp until;
};
std::optional<S3Retention> parse_retention(ByteView body);

// A whole number of digits alone.
std::optional<std::uint64_t> parse_number(std::string_view text);

}  // namespace coffre::remote
