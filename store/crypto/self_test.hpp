#pragma once
// Does the cipher do what it should, on this machine, now? A known answer of others (of those who proposed
// GCM, with a key of 256 bits), and a forgery that must not open.

namespace coffre::crypto {

bool self_test();

}  // namespace coffre::crypto
