#pragma once
// The sums that protocols of remotes ask for. Not for sealing anything: that is store/crypto's.

#include <array>

#include "base/bytes.hpp"
#include "base/ids.hpp"

namespace coffre::remote {

using Md5Digest = std::array<std::uint8_t, 16>;  // where S3 wants Content-MD5; it protects nothing

Sha256Digest sha256(ByteView bytes);
Sha256Digest hmac_sha256(ByteView key, ByteView bytes);
Md5Digest md5(ByteView bytes);

}  // namespace coffre::remote
