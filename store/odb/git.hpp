#pragma once
// Git's object model over our object store: libgit2 parses and writes commits and trees, and every byte it
// reads or writes comes from or goes to an ObjectStore through a git_odb_backend. No folder named .git
// exists, no file is opened, no configuration is read.
//
// What libgit2 is allowed to do here is exactly what this class calls. Not thread-safe.

#include <functional>
#include <memory>

#include "base/clock.hpp"
#include "store/pack/object_store.hpp"

namespace coffre::odb {

// Git's file modes.
enum class EntryMode : std::uint32_t { tree = 0040000, file = 0100644, executable = 0100755, link = 0120000 };

struct TreeEntry {
    std::string name;  // as git stores it: see names.hpp
    EntryMode mode = EntryMode::file;
    ObjectId id;
};

struct Person {
    std::string name;
    std::string email;
    Timestamp time;  // whole seconds are kept
    int offset_minutes = 0;
};

struct Commit {
    ObjectId tree;
    std::vector<ObjectId> parents;
    Person author;     // who captured, at the snapshot's time
    Person committer;  // the machine, at the recorded time
    std::string message;
};

// Begins the SHA-1 of a git blob of `size` bytes.
crypto::Sha1 blob_hash(std::uint64_t size);

class Git {
public:
    explicit Git(pack::ObjectStore& objects);
    ~Git();
    Git(const Git&) = delete;
    Git& operator=(const Git&) = delete;

    // SHA-1 of the object, as git names it. A label, never integrity.
    static ObjectId hash(pack::ObjectType type, ByteView data);

    // Stores the blob unless it is there; the fingerprint is compared where it is. `like`: what it is
    // probably a new version of (ObjectStore::put).
    ObjectId write_blob(ByteView data, const std::optional<ObjectId>& like = std::nullopt);
    // The same of a blob that comes in pieces, `size` bytes in all; an empty piece ends it. What `next`
    // throws comes through, and no blob was made. Error{failed, file_changed} when it is not `size` bytes.
    using PiecesFn = std::function<ByteView()>;
    ObjectId write_blob(std::uint64_t size, const PiecesFn& next,
                        const std::optional<ObjectId>& like = std::nullopt);
    ObjectId write_tree(const std::vector<TreeEntry>& entries,
                        const std::optional<ObjectId>& like = std::nullopt);
    ObjectId write_commit(const Commit& commit);

    // Error{failed} when there is no such object, Error{damaged} when it does not read back whole.
    Commit read_commit(const ObjectId& id);
    std::vector<TreeEntry> read_tree(const ObjectId& id);
    Bytes read_blob(const ObjectId& id);
    // In pieces, in memory that does not grow with the blob. Error{damaged} may come after pieces.
    void read_blob(const ObjectId& id, const std::function<void(ByteView)>& fn);
    std::uint64_t blob_size(const ObjectId& id);  // without reading it

    // How many objects libgit2 has read through the backend.
    [[nodiscard]] std::uint64_t backend_reads() const;

private:
    struct State;
    State& state();

    pack::ObjectStore& objects_;
    std::unique_ptr<State> state_;  // made when first needed
};

}  // namespace coffre::odb
