#pragma once
// Short secrets in the journal: what coffre needs to log in at an equipment. Whoever may write seals one;
// opening needs the access secret (docs/format.md, "Sealed texts").
//
//   0  1 suite   1  4 epoch   5 32 epk: ephemeral X25519 public key
//  37  … AES-256-GCM under tk with nonce 0 and AAD = bytes 0..37: length16 ‖ text ‖ zeros, a multiple of 64
//
// tk = HKDF(X25519(ephemeral, access public), salt = epk ‖ access public,
//           "coffre/1/text" ‖ repository ‖ epoch ‖ label): moved to another place it opens nothing.

#include <functional>
#include <string_view>

#include "store/crypto/key_ring.hpp"

namespace coffre::crypto {

constexpr std::size_t sealed_text_max = 4096;  // bytes of plaintext

// `label` says what it is the secret of. Error{usage} for a text that is too long.
Bytes seal_text(const KeyRing& ring, Hedge& hedge, std::string_view label, std::string_view text);

// Calls fn with the text, which is wiped afterwards. Error{no_key} when the ring lacks the access secret,
// Error{damaged} when it was not sealed for that label here; `what` is for messages.
void open_text(const KeyRing& ring, std::string_view label, ByteView sealed, std::string_view what,
               const std::function<void(std::string_view)>& fn);

}  // namespace coffre::crypto
