#pragma once
// Addresses of cameras as equipments keep them: "rtsp://user:password@host/path?password=…". What is secret
// in one, apart from what is not. Pure.

#include <string>
#include <string_view>

namespace coffre::drivers {

struct SplitUrl {
    std::string address;   // without the secret parts
    std::string user;      // "" where there is none
    std::string password;  // what follows the user; "" likewise
    std::string query;     // all of the query where one of its names speaks of a secret; "" otherwise
};

// Takes what comes before an '@' of the host, with or without "scheme://" in front.
SplitUrl split_url(std::string_view url);

}  // namespace coffre::drivers
