#pragma once
// The sums that protocols of remotes ask for. Not for sealing anything: that is store/crypto's.

#include <array>
#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "base/ids.hpp"

namespace coffre::remote {

using Md5Digest = std::array<std::uint8_t, 16>;  // where S3 wants Content-MD5; it protects nothing

Sha256Digest sha256(ByteView bytes);
Sha256Digest hmac_sha256(ByteView key, ByteView bytes);
Md5Digest md5(ByteView bytes);

// The inverse of to_base64 for one digest; empty for anything else.
std::optional<Sha256Digest> sha256_of_base64(const std::string& text);

}  // namespace coffre::remote
