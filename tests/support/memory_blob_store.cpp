#include "tests/support/memory_blob_store.hpp"

#include "base/error.hpp"

namespace coffre::test {

class MemoryBlobStore::HeldLock final : public FileLock {
public:
    HeldLock(std::shared_ptr<Locks> locks, std::string name, LockMode mode)
        : locks_(std::move(locks)), name_(std::move(name)), mode_(mode) {}
    ~HeldLock() override {
        const std::scoped_lock guard(locks_->mutex);
        LockState& state = locks_->states[name_];
        if (mode_ == LockMode::shared) {
            --state.shared;
        } else {
            state.exclusive = false;
        }
    }

private:
    std::shared_ptr<Locks> locks_;
    std::string name_;
    LockMode mode_;
};

std::vector<BlobInfo> MemoryBlobStore::list(const std::string& folder) {
    const std::scoped_lock guard(mutex_);
    const std::string prefix = folder.empty() ? "" : folder + "/";
    std::vector<BlobInfo> found;
    for (const auto& [name, bytes] : blobs_) {
        if (!name.starts_with(prefix) || name.find('/', prefix.size()) != std::string::npos) continue;
        found.push_back({name.substr(prefix.size()), bytes.size()});
    }
    return found;
}

std::optional<std::uint64_t> MemoryBlobStore::size(const std::string& name) {
    const std::scoped_lock guard(mutex_);
    const auto found = blobs_.find(name);
    if (found == blobs_.end()) return std::nullopt;
    return found->second.size();
}

std::optional<Bytes> MemoryBlobStore::get(const std::string& name, std::uint64_t limit) {
    const std::scoped_lock guard(mutex_);
    const auto found = blobs_.find(name);
    if (found == blobs_.end()) return std::nullopt;
    if (found->second.size() > limit) {
        throw Error(Errc::damaged, say<Msg::too_large>(location_ + name, std::to_string(limit)));
    }
    return found->second;
}

Bytes MemoryBlobStore::get_range(const std::string& name, std::uint64_t offset, std::uint64_t count) {
    const std::scoped_lock guard(mutex_);
    const auto found = blobs_.find(name);
    if (found == blobs_.end() || offset > found->second.size() || count > found->second.size() - offset) {
        throw Error(Errc::damaged, say<Msg::malformed>(location_ + name));
    }
    const ByteView part = ByteView(found->second).subspan(offset, count);
    return {part.begin(), part.end()};
}

bool MemoryBlobStore::put(const std::string& name, ByteView bytes) {
    const std::scoped_lock guard(mutex_);
    return blobs_.try_emplace(name, bytes.begin(), bytes.end()).second;
}

void MemoryBlobStore::remove(const std::string& name) {
    const std::scoped_lock guard(mutex_);
    blobs_.erase(name);
}

std::unique_ptr<FileLock> MemoryBlobStore::lock(const std::string& name, LockMode mode, int) {
    const std::scoped_lock guard(locks_->mutex);
    LockState& state = locks_->states[name];
    if (state.exclusive || (mode == LockMode::exclusive && state.shared > 0)) {
        throw Error(Errc::locked, say<Msg::locked>(location_ + name), say<Msg::hint_locked>());
    }
    if (mode == LockMode::shared) {
        ++state.shared;
    } else {
        state.exclusive = true;
    }
    return std::make_unique<HeldLock>(locks_, name, mode);
}

std::map<std::string, Bytes> MemoryBlobStore::blobs() const {
    const std::scoped_lock guard(mutex_);
    return blobs_;
}

void MemoryBlobStore::overwrite(const std::string& name, Bytes bytes) {
    const std::scoped_lock guard(mutex_);
    blobs_[name] = std::move(bytes);
}

}  // namespace coffre::test
