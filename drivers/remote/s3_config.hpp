#pragma once
// Where an S3 remote is and how it is spoken to, as far as its address, settings and this machine tell.

#include <optional>
#include <string>

#include "drivers/remote/credentials.hpp"
#include "drivers/remote/remotes.hpp"

namespace coffre::remote {

// One place that answers for the bucket: a redirect leads to another.
struct S3Place {
    bool clear = false;  // without TLS
    std::string host;
    int port = 0;            // 0: the scheme's own
    bool path_style = true;  // https://HOST/BUCKET/KEY, else https://BUCKET.HOST/KEY
    std::string region;      // "": to be asked for, which happens on this machine only

    [[nodiscard]] std::string authority(const std::string& bucket) const;
};

struct S3Config {
    S3Place place;
    std::string bucket;
    std::string prefix;  // of each key, with its final '/'; "" for none
    std::string location;
    Credentials credentials;
    int lock_days = 0;  // 0: nothing is locked
    std::string storage_class;
    std::string ca_file;
    int timeout_seconds = 60;
};

// Error{usage} for what is malformed or missing, Error{refused} for a clear connection to elsewhere without a
// reason, Error{unreachable} without credentials.
S3Config s3_config(const RemoteSpec& spec, const Environment& environment);

// A place of Amazon's own, whose behaviour is documented: what others say they do is tried first.
bool is_amazon(const std::string& host);

// What the name of a host tells: "s3.eu-west-3.amazonaws.com" -> "eu-west-3". Empty where it does not.
std::optional<std::string> region_of_host(const std::string& host);

}  // namespace coffre::remote
