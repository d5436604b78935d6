#pragma once
// Which values in exported configurations are secrets: what is masked when a configuration is shown. A rule
// about texts of any make (XML, JSON, INI, YAML, parameter lists, SQL), by the names that such values bear;
// a driver that knows its equipment's files better says so itself.

#include <string>
#include <string_view>

namespace coffre::drivers {

// `text` with every value that a rule knows to be a secret put in dots. Lines stay lines: the n-th of the
// result is the n-th of the text. Pure, thread-safe, linear in the text.
std::string mask_secrets(std::string_view text);

// "Password", "snmp.community", "auth_key": what is so named is a secret. Pure.
bool is_secret_name(std::string_view name);

}  // namespace coffre::drivers
