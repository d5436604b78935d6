#pragma once
// A bucket of an object store that speaks S3 as a RemoteStore.
//
// Settings: region, addressing (path|host), endpoint (the URL is then s3://BUCKET/PREFIX), ca-file,
// clear-reason, credentials-file, credentials-command, profile, lock-days (object lock, COMPLIANCE, for so
// many days from each put), storage-class, retries, timeout, country (for the one who checks places).
//
// What is promised: a put that says true was seen there afterwards with its length, and read back byte for
// byte where an answer was lost on the way; a listing that is out of order, repeats itself or leaves out what
// this store put is an Error. What cannot be seen here: a server that leaves out of a listing what others
// put, and bytes that changed while their length stayed - the caller knows each file's hash and reads.

#include <memory>
#include <string>
#include <vector>

#include "base/http_client.hpp"
#include "drivers/remote/remotes.hpp"

namespace coffre::remote {

struct S3Sizes {
    std::uint64_t part = 16 << 20;    // bytes: what is larger goes in parts of that size
    std::size_t most_pages = 10'000;  // of one listing, 1000 names each
};

// The scheme's opener (see open_remote).
std::unique_ptr<RemoteStore> open_s3(const RemoteSpec& spec, const RemoteHost& host, Open how);
const std::vector<std::string>& s3_settings();

// The same over an HttpClient that is handed in.
std::unique_ptr<RemoteStore> s3_store(const RemoteSpec& spec, const RemoteHost& host,
                                      std::unique_ptr<HttpClient> http, S3Sizes sizes = {});

}  // namespace coffre::remote
