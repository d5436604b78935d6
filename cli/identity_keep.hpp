#pragma once
// The identity of the person who runs this process (docs/cli/identity.md): its file, what that says without a
// passphrase, and the identity itself once it was opened, so that many sites cost one derivation.
//
// Thread-safe: of several that want it opened, one derives, and the others wait.

#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "base/file_system.hpp"
#include "base/secret_text.hpp"
#include "store/crypto/identity.hpp"

namespace coffre::cli {

class IdentityKeep {
public:
    // The public part of the file at `path`, read once; null where nothing is there. Error{damaged}.
    const crypto::Card* card(FileSystem& files, const std::string& path);
    // Error{failed} where there is none, Error{no_key} where the passphrase is another one: for good, without
    // another derivation.
    const crypto::Identity& open(FileSystem& files, const std::string& path,
                                 const std::function<std::string()>& passphrase);

    // What `ask` gives, the first time.
    std::string passphrase(const std::function<std::string()>& ask);

private:
    std::recursive_mutex mutex_;
    bool read_ = false;
    Bytes file_;
    std::optional<crypto::Card> card_;
    std::optional<crypto::Identity> identity_;
    std::optional<Error> refused_;
    std::optional<SecretText> typed_;
};

// Its bytes; empty where nothing is there.
std::optional<Bytes> read_identity_file(FileSystem& files, const std::string& path);

}  // namespace coffre::cli
