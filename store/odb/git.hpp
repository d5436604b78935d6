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

class Git {
public:
    explicit Git(pack::ObjectStore& objects);
    ~Git();
    Git(const Git&) = delete;
    Git& operator=(const Git&) = delete;

    // SHA-1 of the object, collision detection on. A label, never integrity.
    static ObjectId hash(pack::ObjectType type, ByteView data);

    // Stores the blob unless it is there; the fingerprint is compared where it is.
    ObjectId write_blob(ByteView data);
    ObjectId write_tree(const std::vector<TreeEntry>& entries);
    ObjectId write_commit(const Commit& commit);

    // Error{failed} when there is no such object, Error{damaged} when it does not read back whole.
    Commit read_commit(const ObjectId& id);
    std::vector<TreeEntry> read_tree(const ObjectId& id);
    Bytes read_blob(const ObjectId& id);
    std::uint64_t blob_size(const ObjectId& id);  // without reading it

    // How many objects libgit2 has read through the backend.
    [[nodiscard]] std::uint64_t backend_reads() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace coffre::odb
