#pragma once
// Does the cipher do what it should, on this machine, now? Known answers of others (NIST's CAVP, GCM of 256
// bits), and a forgery that must not open.

namespace coffre::crypto {

bool self_test();

}  // namespace coffre::crypto
