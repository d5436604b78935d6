#pragma once
// May a copy lie there? The policy's allow-list held against what is known of a place: its host, the region
// that it says it is in, the country that an operator declares. Pure; no name is looked up.

#include <string>

#include "store/journal/state.hpp"

namespace coffre::rules {

enum class Residency : std::uint8_t {
    allowed,
    outside,
    unknown,       // nothing says where it lies
    this_machine,  // a loopback address, and nothing else is said
};

// Entries of the policy are of four forms: a country ("FR", two capital letters), a region ("fr-par"), a
// region at hosts that end so ("eu-west-2@outscale.com"), the end of a host name with a dot in it
// ("example.org"). Two capital letters said as a region are a country. A region counts more than a declared
// country, and a host name that bears another region than the one said is outside.
Residency residency_of(const journal::Policy& policy, const std::string& host, const std::string& region,
                       const std::string& country);

}  // namespace coffre::rules
