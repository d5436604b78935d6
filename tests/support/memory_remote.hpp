#pragma once
// A remote in memory whose every request may be watched, refused or lied about. Thread-safe as far as
// `before` is.

#include <functional>

#include "base/error.hpp"
#include "base/remote_store.hpp"
#include "tests/support/memory_blob_store.hpp"

namespace coffre::test {

class MemoryRemote final : public RemoteStore {
public:
    enum class Request : std::uint8_t { list, size, get, put, remove, protect };

    // Told of each request before it is carried out; what it throws is what the caller gets.
    std::function<void(Request, const std::string& name)> before;
    // What is stored of what was put; empty: nothing is, and the put is acknowledged.
    std::function<std::optional<Bytes>(const std::string& name, ByteView bytes)> stored;
    bool has_lock = true;

    std::vector<BlobInfo> list(const std::string& folder) override {
        tell(Request::list, folder);
        return blobs.list(folder);
    }
    std::vector<BlobInfo> list_all() override {
        tell(Request::list, "");
        return blobs.list_all();
    }
    std::optional<std::uint64_t> size(const std::string& name) override {
        tell(Request::size, name);
        return blobs.size(name);
    }
    std::optional<Bytes> get(const std::string& name, std::uint64_t limit) override {
        tell(Request::get, name);
        return blobs.get(name, limit);
    }
    Bytes get_range(const std::string& name, std::uint64_t offset, std::uint64_t count) override {
        tell(Request::get, name);
        return blobs.get_range(name, offset, count);
    }
    bool put(const std::string& name, ByteView bytes) override {
        tell(Request::put, name);
        if (!stored) return blobs.put(name, bytes);
        const auto kept = stored(name, bytes);
        return kept ? blobs.put(name, *kept) : true;
    }
    void remove(const std::string& name) override {
        tell(Request::remove, name);
        if (locked.contains(name)) throw Error(Errc::refused, say<Msg::remote_locked_file>(name));
        blobs.remove(name);
    }
    std::unique_ptr<FileLock> lock(const std::string&, LockMode, int) override { return nullptr; }
    bool protect(const std::string& name, Timestamp until) override {
        tell(Request::protect, name);
        if (has_lock) locked[name] = until;
        return has_lock;
    }
    [[nodiscard]] std::string location() const override { return "memory://there"; }

    MemoryBlobStore blobs;
    std::map<std::string, Timestamp> locked;

private:
    void tell(Request request, const std::string& name) const {
        if (before) before(request, name);
    }
};

}  // namespace coffre::test
