#pragma once
// Wrappers that let the n-th operation go wrong, so that a test can try every n until its run completes.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/blob_store.hpp"
#include "base/error.hpp"
#include "base/file_system.hpp"

namespace coffre::test {

// The process died here. Deliberately neither an Error nor a std::exception: nobody may catch and mend it.
struct SimulatedCrash {};

enum class Operation : std::uint8_t {
    create,
    write,
    file_sync,
    folder_sync,
    rename,
    remove,  // of a file or a folder
    make_directory,
    make_link,
};

// Counts the operations that change something (locks excepted) through all handles opened from it, from 1 on.
// A failed operation counts and changes nothing, unless said otherwise. Not thread-safe.
class FaultyFileSystem final : public FileSystem {
public:
    enum class Lasting : std::uint8_t { once, from_then_on };
    using Observer = std::function<void(Operation, const std::string& path)>;

    // `inner` is kept by reference. Handles may outlive this wrapper, not `inner`.
    explicit FaultyFileSystem(FileSystem& inner);

    // One plan at a time; n counts from the last reset().
    void fail_at(std::uint64_t n, const Error& error, Lasting lasting = Lasting::once);
    // If the n-th is a write, half of its bytes are written before it throws.
    void short_write_at(std::uint64_t n, const Error& error);
    // Throws SimulatedCrash at the n-th and at everything after it, reads included.
    void crash_at(std::uint64_t n);
    void reset();  // no plan, count 0, not crashed

    [[nodiscard]] std::uint64_t operations() const;  // the failed ones included
    void observe(Observer observer);                 // told of each before it is done or fails

    std::unique_ptr<Directory> open_directory(const std::string& path) override;
    std::unique_ptr<Directory> make_directories(const std::string& path) override;  // counts as one
    std::optional<FileStat> stat(const std::string& path) override;
    MediumKind medium_of(const std::string& path) override;
    std::optional<SpaceInfo> space_of(const std::string& path) override;
    DeviceInfo device_of(const std::string& path) override;

    struct State;  // shared with the handles

private:
    FileSystem& inner_;
    std::shared_ptr<State> state_;
};

Error no_space_error();
Error io_error();

// Counts gets (whole and ranges) and puts apart, each from 1 on.
class FaultyBlobStore final : public BlobStore {
public:
    explicit FaultyBlobStore(BlobStore& inner) : inner_(inner) {}

    void fail_get_at(std::uint64_t n, const Error& error) { get_plan_ = {n, error}; }
    void fail_put_at(std::uint64_t n, const Error& error) { put_plan_ = {n, error}; }
    // One bit of what the n-th get returns is not what was put.
    void flip_get_at(std::uint64_t n) { get_plan_ = {n, std::nullopt}; }
    // One bit of what the n-th put stores is not what was given.
    void flip_put_at(std::uint64_t n) { put_plan_ = {n, std::nullopt}; }
    void reset();

    [[nodiscard]] std::uint64_t gets() const { return gets_; }
    [[nodiscard]] std::uint64_t puts() const { return puts_; }

    std::vector<BlobInfo> list(const std::string& folder) override { return inner_.list(folder); }
    std::optional<std::uint64_t> size(const std::string& name) override { return inner_.size(name); }
    std::optional<Bytes> get(const std::string& name, std::uint64_t limit) override;
    Bytes get_range(const std::string& name, std::uint64_t offset, std::uint64_t count) override;
    bool put(const std::string& name, ByteView bytes) override;
    void remove(const std::string& name) override { inner_.remove(name); }
    std::unique_ptr<FileLock> lock(const std::string& name, LockMode mode, int timeout_ms) override {
        return inner_.lock(name, mode, timeout_ms);
    }
    [[nodiscard]] std::string location() const override { return inner_.location(); }

private:
    struct Plan {
        std::uint64_t n = 0;
        std::optional<Error> error;  // empty: flip a bit
    };

    static bool due(const Plan& plan, std::uint64_t count);  // throws when an error is planned for now

    BlobStore& inner_;
    Plan get_plan_;
    Plan put_plan_;
    std::uint64_t gets_ = 0;
    std::uint64_t puts_ = 0;
};

}  // namespace coffre::test
