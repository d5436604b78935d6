#pragma once
// Who runs a command, as a person with an identity (docs/cli/identity.md): it signs what the procedure wants
// signed.

#include "cli/work/session.hpp"

namespace coffre::cli {

// The name, in this site's records, of the person whose identity is at hand; "" where none is (settings
// `identity`), or nobody of this site has its key. Asks for no passphrase.
std::string person_at_hand(Session& session);

// The same, of one whose identity opens. One that does not is an error where it was named; the one that
// merely lies at the default place is left out with a warning. Derives its key: to be called before anything
// is written.
std::string signer_at_hand(Session& session);

// The errors of signed_statement, before people are asked for anything: also for their passphrase.
void check_can_sign(Session& session);

// A record, signed by the identity at hand (journal::sign_statement). Error{no_key} where there is none,
// Error{refused} where nobody of this site has its key.
Json signed_statement(Session& session, Json record);

}  // namespace coffre::cli
