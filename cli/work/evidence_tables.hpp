#pragma once
// What evidence of a period says, as tables: pure functions of the journal's batches and the state that they
// fold to. Codes, counts, names and times; no configuration text.

#include <functional>
#include <string>
#include <vector>

#include "base/message.hpp"
#include "store/journal/state.hpp"

namespace coffre::cli {

struct EvidenceColumn {
    const char* name;   // in JSON and CSV
    const Text* title;  // on the page
    bool only_json = false;
};

struct EvidenceTable {
    const char* name;  // of its files: "captures" is captures.csv and captures.json
    const Text* title;
    std::vector<EvidenceColumn> columns;
    std::vector<journal::Json> rows;  // objects; what a row lacks is null
};

// A statement of a person of the site, as it stands in its batch: anybody can check it
// (journal::statement_fits).
struct EvidenceStatement {
    BatchId batch;
    ActorId actor;
    Timestamp time;
    journal::Json record;
};

struct Evidence {
    std::vector<EvidenceTable> tables;
    std::vector<EvidenceStatement> statements;
    // Who could let machines in: the text of the first batch, whose hash is the repository's id, and the
    // certificates by which machines were let in and put out.
    std::string genesis;
    std::vector<journal::Json> actors, removals;
};

// Calls its argument with each batch that counts, oldest first.
using EachBatch = std::function<void(const std::function<void(const journal::Batch&)>&)>;

// From `from` to before `to`; what holds meanwhile and began earlier too. `now`: when it is made.
Evidence collect_evidence(const journal::State& state, const EachBatch& each, Timestamp from, Timestamp to,
                          Timestamp now);

// RFC 4180. A cell of text that a spreadsheet would take for a formula gets an apostrophe in front.
std::string to_csv(const EvidenceTable& table);
// The row as people read it: empty for what is null.
std::string cell_text(const journal::Json& value);

}  // namespace coffre::cli
