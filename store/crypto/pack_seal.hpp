#pragma once
// The 160 clear bytes at the head of a pack and the keys that they lead to (docs/format.md, "Packs").
//
//   0  8 magic "COFPACK1"   8  1 kind   9  1 suite   10  2 zero   12  4 epoch
//  16 32 epk: ephemeral X25519 public key     48 32 salt
//  80 48 pack secret, AES-256-GCM under wk with nonce 0 and AAD = bytes 0..80
// 128 32 commitment to the pack secret (GCM commits to no key)
//
// Sealing needs public keys and the site key only; opening needs the secret half of the pack's kind.

#include "store/crypto/seal.hpp"

namespace coffre::crypto {

enum class PackKind : std::uint8_t { meta = 1, content = 2 };

constexpr std::size_t pack_header_size = 160;

struct PackKeys {
    Bytes header;  // pack_header_size bytes
    Key segments;
    Key table;
};

PackKeys make_pack_keys(PackKind kind, const KeyRing& ring, Hedge& hedge);

// Kind and epoch are in clear. Error{damaged} when it is no pack header of a suite known here.
PackKind pack_kind(ByteView header, std::string_view what);

// The key of the table: for whoever holds the site key.
Key open_table_key(ByteView header, const KeyRing& ring);

// The key of the segments. Error{no_key} when the ring lacks the secret of that kind, Error{damaged} when the
// header was tampered with.
Key open_segment_key(ByteView header, const KeyRing& ring, std::string_view what);

}  // namespace coffre::crypto
