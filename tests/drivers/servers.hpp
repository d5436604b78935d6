#pragma once
// The real servers that tests/servers/servers.py started, and how a test reaches a fresh place on each.

#include <map>
#include <string>

#include "drivers/remote/remotes.hpp"

namespace coffre::test {

// What its file tells: "APACHE_URL" -> "webdav://…". Fails the process where there is none: without its
// servers a test of remote stores proves nothing.
const std::map<std::string, std::string>& servers();
const std::string& server_value(const std::string& name);

// A name that no other test uses, in this run or another.
std::string fresh_name();

// The text of a file below 64 MiB, "" where it is not there.
std::string text_of_file(const std::string& path);
void write_text_file(const std::string& path, const std::string& text, std::uint32_t mode = 0600);

// The URL with another port in it.
std::string with_port(const std::string& url, int port);

// A host that asks nothing and remembers in `state_folder`. Its clock is the system's, but for pauses between
// attempts, which are shorter.
remote::RemoteHost host_of_tests(const std::string& state_folder = "");

}  // namespace coffre::test
