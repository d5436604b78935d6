#pragma once
// What people say of anomalies: seen, treated, resolved (PROC 5.4).

#include "cli/work/session.hpp"
#include "store/rules/anomalies.hpp"

namespace coffre::cli {

// By id, "ANO-1a2b3c4d", or its beginning with or without "ANO-". Error{failed}, Error{usage} for several.
const journal::Anomaly& find_anomaly(const journal::State& state, const std::string& id);

// Each gives the whole id. Seen is not treated: its clock goes on.
std::string acknowledge_anomaly(Session& session, const std::string& id, const std::string& message);
// `person`: who answers for it, one of the site's people; "" takes the identity at hand. Error{refused} where
// that is nobody.
std::string treat_anomaly(Session& session, const std::string& id, const std::string& person,
                          const std::string& message);
// Error{refused} for one that closes by rule, and while something is missing to close it.
std::string resolve_anomaly(Session& session, const std::string& id, const std::vector<std::string>& evidence,
                            const std::string& message);

}  // namespace coffre::cli
