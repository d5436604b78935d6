#pragma once
// Snapshots as files: out of a repository, into one, and what such a file is. What is meant is told from the
// first bytes: an export of coffre, or a file that an equipment gave, under the procedure's name.

#include "cli/work/session.hpp"
#include "store/repo/bak_snapshot.hpp"
#include "store/rules/standard_name.hpp"

namespace coffre::cli {

// Where a snapshot is asked for: is an export meant, a file ending in ".bak" that is there?
bool names_bak_file(const Context& context, const std::string& text);

// An export opened by one of its own slots, with what the settings give; needs no repository. Error{damaged}
// for one that is damaged or was renamed, Error{failed} for any other file.
struct OpenBak {
    std::unique_ptr<repo::BakFile> file;
    std::unique_ptr<repo::BakSnapshot> content;
};
OpenBak open_bak(const Context& context, const std::string& path);

struct ExportRequest {
    std::string snapshot;
    std::string output;  // a folder, or a file under one of the snapshot's names; "": the current folder
};

struct ExportResult {
    std::string file, name;
    std::uint64_t bytes = 0;
    ObjectId commit;
    Sha256Digest id;
};

// Read back and verified before it gets its name; journaled. Error{usage} for another name, Error{failed}
// where something bears it already.
ExportResult export_snapshot(Session& session, const ExportRequest& request);

enum class Claim : std::uint8_t { unchecked, holds, fails };

struct Identity {
    std::string file;
    std::uint64_t bytes = 0;
    bool ours = false;  // else somebody else's file, of which the name is all that can be told
    std::string name;   // without ".bak": what an export says inside, else what the file is called
    std::optional<rules::StandardName> fields;
    std::optional<Error> problem;  // the first thing that is wrong
    Claim claim = Claim::unchecked;
    // Of an export that is whole.
    std::optional<repo::BakHeader> header;
    Sha256Digest id;
    bool renamed = false;
    std::vector<crypto::SlotHeader> slots;
    // Of one that was opened.
    std::optional<journal::Snapshot> snapshot;
    std::string signer_name;
    Timestamp exported;
    // With a repository.
    std::optional<bool> same_repository, signer_admitted;
};

// `session`: of the repository that was named; null: none.
Identity identify(const Context& context, const std::string& path, Session* session);

std::vector<std::string> legacy_words(const std::vector<rules::Legacy>& legacy);  // of JSON

struct ImportRequest {
    std::vector<std::string> files;
    std::optional<Timestamp> at;                  // of one file whose name gives no day
    std::string bak_key_file, bak_password_file;  // of another repository of this site
    std::string message;
    bool remove_source = false;
    bool dry_run = false;
};

struct Imported {
    std::string file, name;
    std::optional<ObjectId> commit;  // empty: a dry run of what has none yet
    bool already = false;
    bool ours = false;
    bool other_repository = false;
    std::string signer_name;
    std::vector<rules::Legacy> legacy;
    bool day_of_file = false;  // the name gives none
    std::uint64_t files = 0, bytes = 0;
};

struct ImportResult {
    std::vector<Imported> imported;
    std::vector<std::pair<std::string, Message>> failed;  // files, and why
    std::uint64_t removed = 0;                            // source files
    bool clear_copy_left = false;
};

// Each file on its own; when nothing was taken in at all, the first failure is thrown with its own code.
ImportResult import_files(Session& session, const ImportRequest& request, ProgressLine& progress);

}  // namespace coffre::cli
