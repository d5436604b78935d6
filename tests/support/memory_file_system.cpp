#include "tests/support/memory_file_system.hpp"

#include <algorithm>
#include <cerrno>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <stdexcept>
#include <utility>

#include "base/error.hpp"
#include "base/os_error.hpp"

namespace coffre::test {

namespace {

constexpr std::uint64_t sector = 512;

struct Inode;
using InodePtr = std::shared_ptr<Inode>;

struct PendingWrite {
    std::uint64_t offset = 0;
    Bytes bytes;
};

struct PendingName {
    std::string name;
    InodePtr now;  // null: taken away
};

struct Inode {
    std::uint64_t number = 0;
    FileType type = FileType::regular;
    std::uint32_t mode = 0;
    std::int64_t modified_ns = 0;
    std::int64_t changed_ns = 0;

    Bytes content;
    Bytes durable_content;
    std::vector<PendingWrite> pending_writes;

    std::map<std::string, InodePtr> names;
    std::map<std::string, InodePtr> durable_names;
    std::vector<PendingName> pending_names;
    bool removed = false;  // a folder that has no name any more

    std::string target;  // of a link

    int shared_locks = 0;
    bool exclusive_lock = false;
};

[[noreturn]] void fail(const std::string& path, int number) { throw os_error(path, number); }

std::deque<std::string> components_of(const std::string& path) {
    std::deque<std::string> parts;
    for (std::size_t at = 0; at < path.size();) {
        const std::size_t end = std::min(path.find('/', at), path.size());
        if (end > at && path.substr(at, end - at) != ".") parts.push_back(path.substr(at, end - at));
        at = end + 1;
    }
    return parts;
}

bool contains(const Inode& folder, const Inode* wanted) {
    if (&folder == wanted) return true;
    return std::any_of(folder.names.begin(), folder.names.end(),
                       [&](const auto& entry) { return contains(*entry.second, wanted); });
}

}  // namespace

struct MemoryFileSystem::World {
    std::mutex mutex;  // of everything below
    InodePtr root;
    std::uint64_t next_inode = 2;
    std::int64_t ticks = 0;
    MediumKind medium = MediumKind::memory;
    bool directory_sync = true;
    bool locks = true;

    // A clock of its own: each change has its instant, the same in every run.
    std::int64_t tick() { return 1'700'000'000'000'000'000 + ++ticks * 1'000'000; }

    InodePtr new_inode(FileType type, std::uint32_t mode) {
        auto inode = std::make_shared<Inode>();
        inode->number = next_inode++;
        inode->type = type;
        inode->mode = mode & 07777;
        inode->modified_ns = inode->changed_ns = tick();
        return inode;
    }

    void set_name(Inode& folder, const std::string& name, const InodePtr& inode) {
        if (inode) {
            folder.names[name] = inode;
        } else {
            folder.names.erase(name);
        }
        folder.pending_names.push_back({name, inode});
        folder.modified_ns = folder.changed_ns = tick();
    }

    void sync_names(Inode& folder) {
        if (!directory_sync) return;
        folder.durable_names = folder.names;
        folder.pending_names.clear();
    }

    FileStat stat(const Inode& inode) const {
        FileStat out;
        out.type = inode.type;
        out.size = inode.type == FileType::link ? inode.target.size() : inode.content.size();
        out.mode = inode.mode;
        out.modified_ns = inode.modified_ns;
        out.changed_ns = inode.changed_ns;
        out.device = 1;
        out.inode = inode.number;
        return out;
    }

    // What `path` leads to, links followed; null when it is not there. `make` makes the folders that are
    // missing.
    InodePtr resolve(const std::string& path, bool make) {
        std::deque<std::string> rest = components_of(path);
        std::vector<InodePtr> trail{root};
        for (int links = 0; !rest.empty();) {
            const std::string name = rest.front();
            rest.pop_front();
            if (trail.back()->type != FileType::directory) fail(path, ENOTDIR);
            if (name == "..") {
                if (trail.size() > 1) trail.pop_back();
                continue;
            }
            const auto found = trail.back()->names.find(name);
            if (found == trail.back()->names.end()) {
                if (!make) return nullptr;
                set_name(*trail.back(), name, new_inode(FileType::directory, 0700));
                sync_names(*trail.back());
                trail.push_back(trail.back()->names.at(name));
            } else if (found->second->type == FileType::link) {
                if (++links > 40) fail(path, ELOOP);
                const std::string& target = found->second->target;
                if (target.starts_with('/')) trail.resize(1);
                auto more = components_of(target);
                rest.insert(rest.begin(), more.begin(), more.end());
            } else {
                trail.push_back(found->second);
            }
        }
        return trail.back();
    }
};

namespace {

using WorldPtr = std::shared_ptr<MemoryFileSystem::World>;

class MemoryFile final : public File {
public:
    MemoryFile(WorldPtr world, InodePtr inode, std::string path, bool writable)
        : world_(std::move(world)), inode_(std::move(inode)), path_(std::move(path)), writable_(writable) {}

    std::size_t read_at(std::uint64_t offset, std::span<std::uint8_t> out) override {
        const std::scoped_lock guard(world_->mutex);
        if (offset >= inode_->content.size()) return 0;
        const std::size_t count = std::min<std::size_t>(out.size(), inode_->content.size() - offset);
        std::copy_n(inode_->content.begin() + static_cast<std::ptrdiff_t>(offset), count, out.begin());
        return count;
    }

    void write(ByteView bytes) override {
        const std::scoped_lock guard(world_->mutex);
        if (!writable_) fail(path_, EBADF);
        if (bytes.empty()) return;
        inode_->pending_writes.push_back({inode_->content.size(), Bytes(bytes.begin(), bytes.end())});
        append(inode_->content, bytes);
        inode_->modified_ns = inode_->changed_ns = world_->tick();
    }

    void sync() override {
        const std::scoped_lock guard(world_->mutex);
        inode_->durable_content = inode_->content;
        inode_->pending_writes.clear();
    }

    FileStat stat() override {
        const std::scoped_lock guard(world_->mutex);
        return world_->stat(*inode_);
    }

private:
    WorldPtr world_;
    InodePtr inode_;
    std::string path_;
    bool writable_;
};

class MemoryFileLock final : public FileLock {
public:
    MemoryFileLock(WorldPtr world, InodePtr inode, LockMode mode)
        : world_(std::move(world)), inode_(std::move(inode)), mode_(mode) {}
    ~MemoryFileLock() override {
        const std::scoped_lock guard(world_->mutex);
        if (mode_ == LockMode::shared) {
            --inode_->shared_locks;
        } else {
            inode_->exclusive_lock = false;
        }
    }

private:
    WorldPtr world_;
    InodePtr inode_;
    LockMode mode_;
};

class MemoryDirectory final : public Directory {
public:
    MemoryDirectory(WorldPtr world, InodePtr inode, std::string path)
        : world_(std::move(world)), inode_(std::move(inode)), path_(std::move(path)) {}

    std::vector<DirectoryEntry> entries() override {
        const std::scoped_lock guard(world_->mutex);
        std::vector<DirectoryEntry> found;
        for (const auto& [name, inode] : inode_->names) found.push_back({name, inode->type});
        return found;
    }

    std::optional<FileStat> stat(const std::string& name) override {
        const std::scoped_lock guard(world_->mutex);
        const InodePtr inode = find(name);
        if (!inode) return std::nullopt;
        return world_->stat(*inode);
    }

    std::unique_ptr<File> open_file(const std::string& name) override {
        const std::scoped_lock guard(world_->mutex);
        const InodePtr inode = find(name);
        if (!inode) return nullptr;
        require_regular(*inode, name);
        return std::make_unique<MemoryFile>(world_, inode, below(name), false);
    }

    std::unique_ptr<File> create_file(const std::string& name, std::uint32_t mode) override {
        const std::scoped_lock guard(world_->mutex);
        const InodePtr inode = add(name, FileType::regular, mode);
        return std::make_unique<MemoryFile>(world_, inode, below(name), true);
    }

    std::unique_ptr<Directory> open_directory(const std::string& name) override {
        const std::scoped_lock guard(world_->mutex);
        return open(name);
    }

    std::unique_ptr<Directory> make_directory(const std::string& name) override {
        const std::scoped_lock guard(world_->mutex);
        if (!find(name)) add(name, FileType::directory, 0700);
        return open(name);
    }

    std::string read_link(const std::string& name) override {
        const std::scoped_lock guard(world_->mutex);
        const InodePtr inode = find(name);
        if (!inode) fail(below(name), ENOENT);
        if (inode->type != FileType::link) fail(below(name), EINVAL);
        return inode->target;
    }

    void make_link(const std::string& name, const std::string& target) override {
        const std::scoped_lock guard(world_->mutex);
        if (target.empty()) fail(below(name), ENOENT);
        if (target.find('\0') != std::string::npos) fail(below(name), EINVAL);
        add(name, FileType::link, 0777)->target = target;
    }

    void rename(const std::string& name, Directory& target, const std::string& target_name) override {
        auto* const other = dynamic_cast<MemoryDirectory*>(&target);
        if (other == nullptr || other->world_ != world_) {
            throw std::logic_error("rename into a folder of another FileSystem");
        }
        const std::scoped_lock guard(world_->mutex);
        const InodePtr moved = find(name);
        const InodePtr replaced = other->find(target_name);
        const std::string target_path = other->below(target_name);
        if (!moved || other->inode_->removed) fail(target_path, ENOENT);
        if (moved == replaced) return;
        if (moved->type == FileType::directory) {
            if (contains(*moved, other->inode_.get())) fail(target_path, EINVAL);
            if (replaced && replaced->type != FileType::directory) fail(target_path, ENOTDIR);
            if (replaced && !replaced->names.empty()) fail(target_path, ENOTEMPTY);
            if (replaced) replaced->removed = true;
        } else if (replaced && replaced->type == FileType::directory) {
            fail(target_path, EISDIR);
        }
        world_->set_name(*other->inode_, target_name, moved);
        world_->set_name(*inode_, name, nullptr);
        moved->changed_ns = world_->tick();
    }

    void remove_file(const std::string& name) override {
        const std::scoped_lock guard(world_->mutex);
        const InodePtr inode = find(name);
        if (!inode) return;
        if (inode->type == FileType::directory) fail(below(name), EISDIR);
        world_->set_name(*inode_, name, nullptr);
    }

    void remove_directory(const std::string& name) override {
        const std::scoped_lock guard(world_->mutex);
        const InodePtr inode = find(name);
        if (!inode) fail(below(name), ENOENT);
        if (inode->type != FileType::directory) fail(below(name), ENOTDIR);
        if (!inode->names.empty()) fail(below(name), ENOTEMPTY);
        inode->removed = true;
        world_->set_name(*inode_, name, nullptr);
    }

    bool sync() override {
        const std::scoped_lock guard(world_->mutex);
        world_->sync_names(*inode_);
        return world_->directory_sync;
    }

    LockAttempt try_lock(const std::string& name, LockMode mode) override {
        const std::scoped_lock guard(world_->mutex);
        InodePtr inode = find(name);
        if (!inode) inode = add(name, FileType::regular, 0600);
        require_regular(*inode, name);
        if (!world_->locks) return {nullptr, false};
        if (inode->exclusive_lock || (mode == LockMode::exclusive && inode->shared_locks > 0)) return {};
        if (mode == LockMode::shared) {
            ++inode->shared_locks;
        } else {
            inode->exclusive_lock = true;
        }
        return {std::make_unique<MemoryFileLock>(world_, inode, mode), true};
    }

    [[nodiscard]] std::string path() const override { return path_; }

    void add_special(const std::string& name) {
        const std::scoped_lock guard(world_->mutex);
        add(name, FileType::other, 0600);
    }

private:
    [[nodiscard]] std::string below(const std::string& name) const {
        return path_.ends_with('/') ? path_ + name : path_ + "/" + name;
    }

    InodePtr find(const std::string& name) const {
        const bool plain = !name.empty() && name != "." && name != ".." &&
                           name.find('/') == std::string::npos && name.find('\0') == std::string::npos;
        if (!plain) fail(below(name), EINVAL);
        if (name.size() > 255) fail(below(name), ENAMETOOLONG);
        const auto found = inode_->names.find(name);
        return found == inode_->names.end() ? nullptr : found->second;
    }

    InodePtr add(const std::string& name, FileType type, std::uint32_t mode) {
        if (find(name)) fail(below(name), EEXIST);
        if (inode_->removed) fail(below(name), ENOENT);
        InodePtr inode = world_->new_inode(type, mode);
        world_->set_name(*inode_, name, inode);
        return inode;
    }

    std::unique_ptr<Directory> open(const std::string& name) const {
        const InodePtr inode = find(name);
        if (!inode) return nullptr;
        if (inode->type != FileType::directory) fail(below(name), ENOTDIR);
        return std::make_unique<MemoryDirectory>(world_, inode, below(name));
    }

    void require_regular(const Inode& inode, const std::string& name) const {
        if (inode.type == FileType::directory) fail(below(name), EISDIR);
        if (inode.type == FileType::link) fail(below(name), ELOOP);
        if (inode.type == FileType::other) fail(below(name), ENXIO);
    }

    WorldPtr world_;
    InodePtr inode_;
    std::string path_;
};

// Builds what is found after a power cut, one inode after the other.
class Survivor {
public:
    Survivor(std::mt19937_64& rng, PowerCut policy) : rng_(rng), policy_(policy) {}

    InodePtr of(const InodePtr& before) {
        if (const auto known = made_.find(before.get()); known != made_.end()) return known->second;
        auto after = std::make_shared<Inode>();
        made_[before.get()] = after;
        after->number = before->number;
        after->type = before->type;
        after->mode = before->mode;
        after->modified_ns = before->modified_ns;
        after->changed_ns = before->changed_ns;
        after->target = before->target;
        after->content = content_of(*before);
        after->durable_content = after->content;
        after->names = names_of(*before);
        after->durable_names = after->names;
        return after;
    }

private:
    std::size_t draw(std::size_t count) { return static_cast<std::size_t>(rng_() % count); }

    Bytes content_of(const Inode& file) {
        if (policy_ == PowerCut::keep_all) return file.content;
        Bytes content = file.durable_content;
        if (policy_ == PowerCut::lose_all) return content;
        for (const PendingWrite& write : file.pending_writes) {
            const std::uint64_t end = write.offset + write.bytes.size();
            enum : std::size_t { kept, dropped, torn, zeros, outcomes };
            switch (draw(outcomes)) {
                case kept:
                    lay(content, write, end);
                    break;
                case torn: {
                    // The boundaries strictly inside the write; one that has none is not torn but dropped.
                    const std::uint64_t first = write.offset / sector + 1;
                    const std::uint64_t last = (end - 1) / sector;
                    if (first <= last) {
                        lay(content, write,
                            (first + draw(static_cast<std::size_t>(last - first + 1))) * sector);
                    }
                    break;
                }
                case zeros:
                    if (content.size() < end) content.resize(static_cast<std::size_t>(end));
                    break;
                default:
                    break;
            }
        }
        return content;
    }

    static void lay(Bytes& content, const PendingWrite& write, std::uint64_t end) {
        if (content.size() < end) content.resize(static_cast<std::size_t>(end));
        std::copy_n(write.bytes.begin(), end - write.offset,
                    content.begin() + static_cast<std::ptrdiff_t>(write.offset));
    }

    std::map<std::string, InodePtr> names_of(const Inode& folder) {
        std::map<std::string, std::vector<InodePtr>> possible;
        for (const auto& [name, inode] : folder.durable_names) possible[name] = {inode};
        for (const PendingName& change : folder.pending_names) {
            auto& states = possible[change.name];
            if (states.empty()) states.push_back(nullptr);  // the durable state: not there
            states.push_back(change.now);
        }
        std::map<std::string, InodePtr> names;
        for (const auto& [name, states] : possible) {
            std::size_t chosen = 0;
            if (policy_ == PowerCut::keep_all) chosen = states.size() - 1;
            if (policy_ == PowerCut::random) chosen = draw(states.size());
            if (states[chosen]) names[name] = of(states[chosen]);
        }
        return names;
    }

    std::mt19937_64& rng_;
    PowerCut policy_;
    std::map<const Inode*, InodePtr> made_;
};

}  // namespace

MemoryFileSystem::MemoryFileSystem() : world_(std::make_shared<World>()) {
    world_->root = world_->new_inode(FileType::directory, 0700);
}

std::unique_ptr<Directory> MemoryFileSystem::open_directory(const std::string& path) {
    const std::scoped_lock guard(world_->mutex);
    const InodePtr inode = world_->resolve(path, false);
    if (!inode) return nullptr;
    if (inode->type != FileType::directory) fail(path, ENOTDIR);
    return std::make_unique<MemoryDirectory>(world_, inode, path);
}

std::unique_ptr<Directory> MemoryFileSystem::make_directories(const std::string& path) {
    const std::scoped_lock guard(world_->mutex);
    const InodePtr inode = world_->resolve(path, true);
    if (inode->type != FileType::directory) fail(path, ENOTDIR);
    return std::make_unique<MemoryDirectory>(world_, inode, path);
}

std::optional<FileStat> MemoryFileSystem::stat(const std::string& path) {
    const std::scoped_lock guard(world_->mutex);
    const InodePtr inode = world_->resolve(path, false);
    if (!inode) return std::nullopt;
    return world_->stat(*inode);
}

MediumKind MemoryFileSystem::medium_of(const std::string&) {
    const std::scoped_lock guard(world_->mutex);
    return world_->medium;
}

MemoryFileSystem MemoryFileSystem::power_cut(std::mt19937_64& rng, PowerCut policy) const {
    const std::scoped_lock guard(world_->mutex);
    MemoryFileSystem after;
    after.world_->root = Survivor(rng, policy).of(world_->root);
    after.world_->next_inode = world_->next_inode;
    after.world_->ticks = world_->ticks;
    after.world_->medium = world_->medium;
    after.world_->directory_sync = world_->directory_sync;
    after.world_->locks = world_->locks;
    return after;
}

void MemoryFileSystem::set_medium(MediumKind kind) {
    const std::scoped_lock guard(world_->mutex);
    world_->medium = kind;
}

void MemoryFileSystem::set_directory_sync_supported(bool works) {
    const std::scoped_lock guard(world_->mutex);
    world_->directory_sync = works;
}

void MemoryFileSystem::set_locks_supported(bool works) {
    const std::scoped_lock guard(world_->mutex);
    world_->locks = works;
}

void MemoryFileSystem::make_special(const std::string& path) {
    const auto [parent, name] = split_path(path);
    const auto folder = open_directory(parent);
    if (!folder) fail(parent, ENOENT);
    dynamic_cast<MemoryDirectory&>(*folder).add_special(name);
}

}  // namespace coffre::test
