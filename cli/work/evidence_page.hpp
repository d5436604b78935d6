#pragma once
// The page of evidence: one self-contained HTML file that needs no script and prints well.

#include <string>

#include "cli/work/evidence_tables.hpp"

namespace coffre::cli {

// What stands above the tables: a label and its value each.
struct EvidenceHead {
    std::string title, zone;  // whose clock it tells times by
    bool simulated = false;
    std::vector<std::pair<std::string, std::string>> facts;
};

// In the current language. Long tables are cut, and say in which file all of their rows are.
std::string evidence_page(const EvidenceHead& head, const Evidence& evidence);

}  // namespace coffre::cli
