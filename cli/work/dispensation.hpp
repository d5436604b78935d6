#pragma once
// Signed, expiring departures from the procedure (docs/cli/dispensation.md).

#include <optional>
#include <string>
#include <vector>

#include "cli/work/session.hpp"

namespace coffre::cli {

struct DispensationRequest {
    std::string kind;     // of rules::dispensation_kinds
    std::string subject;  // an equipment or a remote; "": the site
    Timestamp expires;    // the first instant at which it holds no more
    std::string message;
    int interval_days = 0;
};
// Signed by the identity at hand; without one nothing is written (Error{no_key}, Error{refused}).
// Error{usage} for a kind or subject that does not go together, and for a time that is past or too far ahead.
journal::Dispensation add_dispensation(Session& session, const DispensationRequest& request);

// Error{failed} where there is none of that id, or it was taken back already.
journal::Dispensation remove_dispensation(Session& session, const std::string& id,
                                          const std::string& message);

// Does it hold now, and by whom? A dispensation without a person's signature never does.
bool holds_now(const Session& session, const journal::Dispensation& dispensation);

}  // namespace coffre::cli
