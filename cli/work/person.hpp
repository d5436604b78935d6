#pragma once
// Who runs a command, as a person with an identity (docs/cli/identity.md): it signs what the procedure wants
// signed.

#include "cli/work/session.hpp"

namespace coffre::cli {

// The name, in this site's records, of the person whose identity is at hand; "" where none is (settings
// `identity`), or nobody of this site has its key. Asks for no passphrase.
std::string person_at_hand(Session& session);

// A record, signed by the identity at hand (journal::sign_statement). Error{no_key} where there is none,
// Error{refused} where nobody of this site has its key.
Json signed_statement(Session& session, Json record);

}  // namespace coffre::cli
