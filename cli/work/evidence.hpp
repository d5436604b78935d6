#pragma once
// Evidence of a period: one signed folder that anybody can check, without key and without repository.

#include <map>

#include "cli/work/evidence_tables.hpp"
#include "cli/work/session.hpp"

namespace coffre::cli {

struct EvidenceWish {
    std::string from, to;  // days on the site's clock, both included
    std::string folder;    // does not exist yet
};

struct EvidenceOutcome {
    std::uint64_t files = 0;
    std::map<std::string, std::size_t> rows;  // by table
    std::size_t statements = 0;
    std::string manifest;              // SHA-256 of manifest.json
    std::vector<std::string> signers;  // this machine, and the person whose identity is at hand
};

// Nothing is left where it fails. That it was made is journaled first: who gave out what.
EvidenceOutcome write_evidence(Session& session, const EvidenceWish& wish);

struct EvidenceCheck {
    struct Problem {
        std::string file;
        Message what;
    };
    struct Signer {
        std::string role;  // "machine" or "person"
        std::string name, key;
    };
    // A person's key that signed statements in it.
    struct Stated {
        std::string name, key;
        std::size_t statements = 0;
    };
    std::vector<Problem> problems;
    std::string repository, site, from, to;  // as the manifest says
    std::vector<Signer> signers;             // whose signatures fit
    std::uint64_t files = 0;                 // that are as they were signed
    std::size_t statements = 0;              // of its people, and whose signatures fit
    std::vector<Stated> people;              // whose those are
};

// Error{failed} where there is no such folder.
EvidenceCheck verify_evidence(FileSystem& files, const std::string& folder);

}  // namespace coffre::cli
