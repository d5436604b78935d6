#pragma once
// How evenly bytes are spread. Pure, thread-safe.

#include "base/bytes.hpp"

namespace coffre::codec {

// Whether the bytes are spread as those of compressed or encrypted content are: then only a base can help.
// Looks at `sample` of them, at even distances; false where there are fewer.
bool looks_random(ByteView data, std::size_t sample = 4096);

}  // namespace coffre::codec
