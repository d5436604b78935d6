#pragma once
// Addresses of cameras as equipments keep them: "rtsp://user:password@host/path?password=…". What is secret
// in one, apart from what is not. Pure.

#include <string>
#include <string_view>

#include "base/equipment_model.hpp"

namespace coffre::drivers {

struct SplitUrl {
    std::string address;   // without the secret parts
    std::string user;      // "" where there is none
    std::string password;  // what follows the user; "" likewise
    std::string query;     // all of the query where one of its names speaks of a secret; "" otherwise
};

// The field without a login that its address ("scheme://login@host…") bears, and that login as a secret field
// of its own, "FIELD login". Any other text as it is.
void set_url_field(Item& item, const std::string& field, const std::string& value);

// Takes what comes before an '@' of the host, with or without "scheme://" in front.
SplitUrl split_url(std::string_view url);

}  // namespace coffre::drivers
