#pragma once
// The report of a restore test (procès-verbal de test de restauration): one HTML file, without script and
// without anything from elsewhere, in the language of the moment.

#include <string>

#include "cli/work/session.hpp"

namespace coffre::cli {

// Of the journal alone: the same bytes while that is the same.
std::string drill_report(const journal::State& state, const journal::Drill& drill);

// Mode 0600, whole or not at all.
void write_report(const Context& context, const std::string& path, const std::string& html);

std::string checklist_question(const std::string& item);

}  // namespace coffre::cli
