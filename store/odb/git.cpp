#include "store/odb/git.hpp"

#include <exception>

#include <git2.h>
#include <git2/sys/commit.h>
#include <git2/sys/odb_backend.h>
#include <git2/sys/repository.h>

#include "base/error.hpp"
#include "base/handle.hpp"
#include "store/odb/libgit2.hpp"
#include "store/pack/large_blob.hpp"

namespace coffre::odb {

namespace {

git_oid to_oid(const ObjectId& id) {
    git_oid oid;
    git_oid_fromraw(&oid, id.bytes.data());
    return oid;
}

ObjectId from_oid(const git_oid& oid) { return ObjectId::from({oid.id, ObjectId::size}); }

struct Backend {
    git_odb_backend parent;  // first: libgit2 knows only this
    pack::ObjectStore* objects;
    std::uint64_t reads = 0;
    std::optional<ObjectId> like;  // what is written next is probably a new version of it
    std::exception_ptr failure;    // what a callback could not throw through C
};

Backend& self(git_odb_backend* backend) { return *reinterpret_cast<Backend*>(backend); }

// Runs fn for libgit2: no exception crosses; the caller of libgit2 finds it in `failure`.
template <class Fn>
int guard(git_odb_backend* backend, Fn&& fn) noexcept {
    try {
        return fn(self(backend));
    } catch (...) {
        self(backend).failure = std::current_exception();
        git_error_set_str(GIT_ERROR_ODB, "object store");
        return GIT_ERROR;
    }
}

int backend_read(void** data, std::size_t* size, git_object_t* type, git_odb_backend* backend,
                 const git_oid* oid) {
    return guard(backend, [&](Backend& b) {
        const auto object = b.objects->read(from_oid(*oid));
        if (!object) return static_cast<int>(GIT_ENOTFOUND);
        void* copy = git_odb_backend_data_alloc(backend, object->data.size());
        if (copy == nullptr) throw std::bad_alloc();
        if (!object->data.empty()) std::memcpy(copy, object->data.data(), object->data.size());
        *data = copy;
        *size = object->data.size();
        *type = static_cast<git_object_t>(object->type);
        ++b.reads;
        return static_cast<int>(GIT_OK);
    });
}

int backend_read_header(std::size_t* size, git_object_t* type, git_odb_backend* backend, const git_oid* oid) {
    return guard(backend, [&](Backend& b) {
        const auto header = b.objects->header(from_oid(*oid));
        if (!header) return static_cast<int>(GIT_ENOTFOUND);
        *size = header->size;
        *type = static_cast<git_object_t>(header->type);
        return static_cast<int>(GIT_OK);
    });
}

int backend_write(git_odb_backend* backend, const git_oid* oid, const void* data, std::size_t size,
                  git_object_t type) {
    return guard(backend, [&](Backend& b) {
        b.objects->put(from_oid(*oid), static_cast<pack::ObjectType>(type),
                       {static_cast<const std::uint8_t*>(data), size}, b.like);
        return static_cast<int>(GIT_OK);
    });
}

int backend_exists(git_odb_backend* backend, const git_oid* oid) noexcept {
    try {
        return self(backend).objects->header(from_oid(*oid)) ? 1 : 0;
    } catch (...) {
        // libgit2 takes everything but 0 for "yes". What comes next meets the failure again, and can tell of
        // it.
        return 0;
    }
}

// Asked before a write: 0 spares it.
int backend_freshen(git_odb_backend* backend, const git_oid* oid) noexcept {
    try {
        return self(backend).objects->rely_on(from_oid(*oid)) ? 0 : 1;
    } catch (...) {
        return 1;  // the write meets the failure again, and can tell of it
    }
}

void backend_free(git_odb_backend*) {}  // owned by Git::State

using Repository = Handle<git_repository, git_repository_free>;
using Odb = Handle<git_odb, git_odb_free>;
using Config = Handle<git_config, git_config_free>;
using Index = Handle<git_index, git_index_free>;
using Signature = Handle<git_signature, git_signature_free>;
using GitCommit = Handle<git_commit, git_commit_free>;
using GitTree = Handle<git_tree, git_tree_free>;
using TreeBuilder = Handle<git_treebuilder, git_treebuilder_free>;

Signature to_signature(const Person& person) {
    Signature signature;
    if (git_signature_new(Out(signature), person.name.c_str(), person.email.c_str(), person.time.seconds(),
                          person.offset_minutes) != 0)
        throw Error(Errc::failed, say<Msg::git_failed>("signature"));
    return signature;
}

Person from_signature(const git_signature& signature) {
    return {signature.name, signature.email, Timestamp::from_seconds(signature.when.time),
            signature.when.offset};
}

}  // namespace

// The search paths are blanked so that no file of the machine's git is ever opened; the
// object cache is off because it would keep clear text; existence of tree entries is our caller's business.
void start_libgit2() {
    static const bool started = [] {
        git_libgit2_init();
        for (const int level : {GIT_CONFIG_LEVEL_PROGRAMDATA, GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG,
                                GIT_CONFIG_LEVEL_GLOBAL})
            git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, "");
        git_libgit2_opts(GIT_OPT_ENABLE_CACHING, 0);
        git_libgit2_opts(GIT_OPT_ENABLE_STRICT_OBJECT_CREATION, 0);
        return true;
    }();
    (void)started;
}

struct Git::State {
    Backend backend{};
    Odb odb;
    Repository repository;

    // Turns a return code into nothing or an Error; what a callback caught comes out as it was.
    void check(int code, const char* what) {
        if (code >= 0) return;
        if (backend.failure) std::rethrow_exception(std::exchange(backend.failure, nullptr));
        if (code == GIT_ENOTFOUND)
            throw Error(Errc::damaged, say<Msg::object_missing>(), say<Msg::hint_verify>());
        if (code == GIT_EMISMATCH)
            throw Error(Errc::damaged, say<Msg::object_mismatch>(), say<Msg::hint_verify>());
        throw Error(Errc::failed, say<Msg::git_failed>(what));
    }
};

Git::Git(pack::ObjectStore& objects) : objects_(objects) {}

// libgit2 costs ten milliseconds to start: what only looks at the journal does without.
Git::State& Git::state() {
    if (state_) return *state_;
    start_libgit2();
    auto state = std::make_unique<State>();
    auto& backend = state->backend;
    git_odb_init_backend(&backend.parent, GIT_ODB_BACKEND_VERSION);
    backend.objects = &objects_;
    backend.parent.read = backend_read;
    backend.parent.read_header = backend_read_header;
    backend.parent.write = backend_write;
    backend.parent.exists = backend_exists;
    backend.parent.freshen = backend_freshen;
    backend.parent.free = backend_free;

    state->check(git_odb_new(Out(state->odb)), "odb");
    state->check(git_odb_add_backend(state->odb.get(), &backend.parent, 1), "odb");
    state->check(git_repository_new(Out(state->repository)), "repository");
    Config config;
    Index index;
    state->check(git_config_new(Out(config)), "config");
    state->check(git_index_new(Out(index)), "index");
    git_repository_set_odb(state->repository.get(), state->odb.get());
    // Without these two libgit2 would look for ./index and ~/.gitconfig.
    git_repository_set_config(state->repository.get(), config.get());
    git_repository_set_index(state->repository.get(), index.get());
    state_ = std::move(state);
    return *state_;
}

Git::~Git() = default;

// With the processor's own instructions where it has them: libgit2's takes four times as long.
ObjectId Git::hash(pack::ObjectType type, ByteView data) {
    crypto::Sha1 hash;
    const std::string name = git_object_type2string(static_cast<git_object_t>(type));
    hash.update(as_bytes(name + ' ' + std::to_string(data.size()) + '\0'));
    hash.update(data);
    return hash.finish();
}

ObjectId Git::write_blob(ByteView data, const std::optional<ObjectId>& like) {
    if (data.size() >= pack::large_blob_min) {
        pack::LargeBlobWriter writer(objects_, data.size(), like);
        writer.add(data);
        return writer.finish();
    }
    // Not through git_odb_write: with the bytes at hand, a duplicate's fingerprint is compared.
    const ObjectId id = hash(pack::ObjectType::blob, data);
    objects_.put(id, pack::ObjectType::blob, data, like);
    return id;
}

ObjectId Git::write_blob(std::uint64_t size, const PiecesFn& next, const std::optional<ObjectId>& like) {
    if (size < pack::large_blob_min) {
        Bytes data;
        data.reserve(size);
        for (ByteView piece = next(); !piece.empty(); piece = next()) append(data, piece);
        if (data.size() != size) throw Error(Errc::failed, say<Msg::file_changed>());
        return write_blob(data, like);
    }
    pack::LargeBlobWriter writer(objects_, size, like);
    for (ByteView piece = next(); !piece.empty(); piece = next()) writer.add(piece);
    return writer.finish();
}

ObjectId Git::write_tree(const std::vector<TreeEntry>& entries, const std::optional<ObjectId>& like) {
    TreeBuilder builder;
    state().check(git_treebuilder_new(Out(builder), state().repository.get(), nullptr), "tree");
    for (const auto& entry : entries) {
        const git_oid oid = to_oid(entry.id);
        state().check(git_treebuilder_insert(nullptr, builder.get(), entry.name.c_str(), &oid,
                                             static_cast<git_filemode_t>(entry.mode)),
                      "tree");
    }
    git_oid oid;
    state().backend.like = like;
    const int code = git_treebuilder_write(&oid, builder.get());
    state().backend.like.reset();
    state().check(code, "tree");
    return from_oid(oid);
}

ObjectId Git::write_commit(const Commit& commit) {
    const Signature author = to_signature(commit.author);
    const Signature committer = to_signature(commit.committer);
    const git_oid tree = to_oid(commit.tree);
    std::vector<git_oid> parents;
    for (const auto& parent : commit.parents) parents.push_back(to_oid(parent));
    std::vector<const git_oid*> pointers;
    for (const auto& parent : parents) pointers.push_back(&parent);
    git_oid oid;
    state().check(
        git_commit_create_from_ids(&oid, state().repository.get(), nullptr, author.get(), committer.get(),
                                   nullptr, commit.message.c_str(), &tree, pointers.size(), pointers.data()),
        "commit");
    return from_oid(oid);
}

Commit Git::read_commit(const ObjectId& id) {
    GitCommit raw;
    const git_oid oid = to_oid(id);
    state().check(git_commit_lookup(Out(raw), state().repository.get(), &oid), "commit");
    Commit commit;
    commit.tree = from_oid(*git_commit_tree_id(raw.get()));
    for (unsigned i = 0; i < git_commit_parentcount(raw.get()); ++i)
        commit.parents.push_back(from_oid(*git_commit_parent_id(raw.get(), i)));
    commit.author = from_signature(*git_commit_author(raw.get()));
    commit.committer = from_signature(*git_commit_committer(raw.get()));
    commit.message = git_commit_message(raw.get());
    return commit;
}

std::vector<TreeEntry> Git::read_tree(const ObjectId& id) {
    GitTree tree;
    const git_oid oid = to_oid(id);
    state().check(git_tree_lookup(Out(tree), state().repository.get(), &oid), "tree");
    std::vector<TreeEntry> entries;
    const std::size_t count = git_tree_entrycount(tree.get());
    entries.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        const git_tree_entry* entry = git_tree_entry_byindex(tree.get(), i);
        entries.push_back({git_tree_entry_name(entry), static_cast<EntryMode>(git_tree_entry_filemode(entry)),
                           from_oid(*git_tree_entry_id(entry))});
    }
    return entries;
}

Bytes Git::read_blob(const ObjectId& id) {
    Bytes data;
    read_blob(id, [&](ByteView piece) { append(data, piece); });
    return data;
}

void Git::read_blob(const ObjectId& id, const std::function<void(ByteView)>& fn) {
    crypto::Sha1 hash = blob_hash(blob_size(id));
    const bool found = objects_.stream(id, [&](ByteView piece) {
        hash.update(piece);
        fn(piece);
    });
    ++state().backend.reads;
    if (!found || hash.finish() != id)
        throw Error(Errc::damaged, say<Msg::object_mismatch>(), say<Msg::hint_verify>());
}

crypto::Sha1 blob_hash(std::uint64_t size) {
    crypto::Sha1 hash;
    hash.update(as_bytes("blob " + std::to_string(size) + '\0'));
    return hash;
}

std::uint64_t Git::blob_size(const ObjectId& id) {
    const git_oid oid = to_oid(id);
    std::size_t size = 0;
    git_object_t type = GIT_OBJECT_INVALID;
    state().check(git_odb_read_header(&size, &type, state().odb.get(), &oid), "blob");
    return size;
}

std::uint64_t Git::backend_reads() const { return state_ ? state_->backend.reads : 0; }

}  // namespace coffre::odb
