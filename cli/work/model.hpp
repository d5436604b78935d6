#pragma once
// Snapshots in the words of their equipments: models of stored files, what changed between two, who set what,
// and what is found where.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/equipment_driver.hpp"
#include "cli/work/compare.hpp"
#include "drivers/model/compare.hpp"

namespace coffre::cli {

// The stored files of a snapshot, read when asked for. Keeps both by reference.
class SnapshotFiles final : public FileSource {
public:
    SnapshotFiles(repo::Repository& repository, const journal::Snapshot& snapshot);
    [[nodiscard]] const std::vector<StoredFile>& files() const override { return files_; }
    [[nodiscard]] std::optional<Bytes> read(const std::string& path, std::uint64_t limit) const override;

private:
    repo::Repository& repository_;
    std::vector<StoredFile> files_;
    std::map<std::string, repo::FileEntry> entries_;
};

// By the driver of today: better drivers tell more of old snapshots too.
Model model_of_snapshot(repo::Repository& repository, const journal::Snapshot& snapshot);
// "hikvision 1": of the record, or of the commit of an older one.
std::string driver_of(repo::Repository& repository, const journal::Snapshot& snapshot);

// As journal::Snapshot holds them. Empty for a model without items.
std::map<std::string, std::string> fingerprints_of(const repo::Repository& repository, const Model& model,
                                                   const std::vector<std::string>& ignored);

// The difference of two snapshots: items of their models, and the files that no model explains.
struct ModelDiff {
    std::vector<model::ItemChange> items;
    std::optional<Comparison> files;                  // always there; optional because it is made last
    bool explained_differ = false;                    // files that the models explain differ in bytes
    std::size_t added = 0, removed = 0, changed = 0;  // items

    [[nodiscard]] bool empty() const { return items.empty() && files->changes.empty(); }
};
// `before` null: against nothing. `paths`: of files or of models; empty for all.
ModelDiff model_diff(Session& session, const journal::Snapshot* before, const journal::Snapshot& after,
                     const std::vector<std::string>& paths);

// A field of a model with its path.
struct FoundField {
    std::string path;
    std::string value;
    bool secret = false;
};
// Fields that `pattern` matches (model::path_matches), all of an item where the pattern names items. An item
// that has no field "name" answers to it by its label or its key.
std::vector<FoundField> fields_at(const Model& model, const std::string& pattern);

struct ModelBlameLine {
    const journal::Snapshot* snapshot = nullptr;  // that last set it
    FoundField field;
};
// Error{failed} where nothing matches.
std::vector<ModelBlameLine> blame_model(Session& session, const journal::Snapshot& last,
                                        const std::string& path);

// "users/*/name=X" in the newest kept snapshot of each equipment, or of those named.
struct Found {
    const journal::Snapshot* snapshot = nullptr;
    FoundField field;
};
struct SearchResult {
    std::vector<Found> found;
    std::vector<std::string> without_snapshot;  // equipments
};
// Error{usage} for what is no pattern, and for a search by the value of a secret.
SearchResult search_models(Session& session, const std::string& pattern,
                           const std::vector<std::string>& equipments);

// Does the path begin with the name of a category?
bool is_model_path(const std::string& path);

}  // namespace coffre::cli
