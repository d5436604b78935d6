#pragma once
// A BlobStore in a map, with locks between the users of one instance. Thread-safe.

#include <map>
#include <mutex>

#include "base/blob_store.hpp"

namespace coffre::test {

class MemoryBlobStore final : public BlobStore {
public:
    explicit MemoryBlobStore(std::string location = "memory:") : location_(std::move(location)) {}

    std::vector<BlobInfo> list(const std::string& folder) override;
    std::optional<std::uint64_t> size(const std::string& name) override;
    std::optional<Bytes> get(const std::string& name, std::uint64_t limit) override;
    Bytes get_range(const std::string& name, std::uint64_t offset, std::uint64_t count) override;
    bool put(const std::string& name, ByteView bytes) override;
    void remove(const std::string& name) override;
    // Does not wait: whoever would have to gets Error{locked} at once.
    std::unique_ptr<FileLock> lock(const std::string& name, LockMode mode, int timeout_ms) override;
    [[nodiscard]] std::string location() const override { return location_; }

    // What is stored, for a test to look at or to damage.
    [[nodiscard]] std::map<std::string, Bytes> blobs() const;
    void overwrite(const std::string& name, Bytes bytes);

private:
    struct LockState {
        int shared = 0;
        bool exclusive = false;
    };
    struct Locks {
        std::mutex mutex;
        std::map<std::string, LockState> states;
    };
    class HeldLock;

    mutable std::mutex mutex_;
    std::map<std::string, Bytes> blobs_;
    std::shared_ptr<Locks> locks_ = std::make_shared<Locks>();  // a lock may outlive the store
    std::string location_;
};

}  // namespace coffre::test
