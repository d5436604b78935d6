#pragma once
// What a server answers to PROPFIND: a `multistatus` document (RFC 4918 section 14.16).

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/clock.hpp"

namespace coffre::remote {

struct WebdavEntry {
    std::string name;    // the last part of its path, unescaped
    std::string parent;  // the part before it; "" at the top
    bool collection = false;
    std::optional<std::uint64_t> size;  // bytes
    std::optional<Timestamp> modified;
    std::optional<std::uint64_t> available;  // bytes that still fit (RFC 4331)
};

// Empty where it is no such document. Paths may be absolute, with or without a host, and escaped in any way;
// the namespace's prefix is the server's choice. What bears no path that can be read is left out.
std::optional<std::vector<WebdavEntry>> parse_multistatus(Bytes document);

}  // namespace coffre::remote
