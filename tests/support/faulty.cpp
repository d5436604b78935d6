#include "tests/support/faulty.hpp"

#include <cerrno>
#include <utility>

#include "base/os_error.hpp"

namespace coffre::test {

struct FaultyFileSystem::State {
    enum class Kind : std::uint8_t { none, fail, fail_from, short_write, crash };

    Kind kind = Kind::none;
    std::uint64_t at = 0;
    std::optional<Error> error;
    std::uint64_t count = 0;
    bool crashed = false;
    Observer observer;

    // Before anything at all.
    void alive() const {
        if (crashed) throw SimulatedCrash{};
    }

    // Before an operation that counts. True: write half, then call give_up().
    bool step(Operation operation, const std::string& path) {
        alive();
        ++count;
        if (observer) observer(operation, path);
        const bool now = count == at || (kind == Kind::fail_from && count > at);
        if (kind == Kind::none || !now) return false;
        if (kind == Kind::crash) {
            crashed = true;
            throw SimulatedCrash{};
        }
        if (kind == Kind::short_write && operation == Operation::write) return true;
        throw *error;
    }

    [[noreturn]] void give_up() const { throw *error; }
};

namespace {

using StatePtr = std::shared_ptr<FaultyFileSystem::State>;

class FaultyFile final : public File {
public:
    FaultyFile(std::unique_ptr<File> inner, StatePtr state, std::string path)
        : inner_(std::move(inner)), state_(std::move(state)), path_(std::move(path)) {}

    std::size_t read_at(std::uint64_t offset, std::span<std::uint8_t> out) override {
        state_->alive();
        return inner_->read_at(offset, out);
    }

    void write(ByteView bytes) override {
        if (state_->step(Operation::write, path_)) {
            inner_->write(bytes.first(bytes.size() / 2));
            state_->give_up();
        }
        inner_->write(bytes);
    }

    void sync() override {
        state_->step(Operation::file_sync, path_);
        inner_->sync();
    }

    FileStat stat() override {
        state_->alive();
        return inner_->stat();
    }

    void forget_cached(std::uint64_t offset, std::uint64_t count) override {
        inner_->forget_cached(offset, count);
    }

private:
    std::unique_ptr<File> inner_;
    StatePtr state_;
    std::string path_;
};

class FaultyDirectory final : public Directory {
public:
    FaultyDirectory(std::unique_ptr<Directory> inner, StatePtr state)
        : inner_(std::move(inner)), state_(std::move(state)) {}

    std::vector<DirectoryEntry> entries() override {
        state_->alive();
        return inner_->entries();
    }

    std::optional<FileStat> stat(const std::string& name) override {
        state_->alive();
        return inner_->stat(name);
    }

    std::unique_ptr<File> open_file(const std::string& name) override {
        state_->alive();
        return wrap(inner_->open_file(name), name);
    }

    std::unique_ptr<File> create_file(const std::string& name, std::uint32_t mode) override {
        state_->step(Operation::create, below(name));
        return wrap(inner_->create_file(name, mode), name);
    }

    std::unique_ptr<Directory> open_directory(const std::string& name) override {
        state_->alive();
        return wrap(inner_->open_directory(name));
    }

    std::unique_ptr<Directory> make_directory(const std::string& name) override {
        state_->step(Operation::make_directory, below(name));
        return wrap(inner_->make_directory(name));
    }

    std::string read_link(const std::string& name) override {
        state_->alive();
        return inner_->read_link(name);
    }

    void make_link(const std::string& name, const std::string& target) override {
        state_->step(Operation::make_link, below(name));
        inner_->make_link(name, target);
    }

    void rename(const std::string& name, Directory& target, const std::string& target_name) override {
        state_->step(Operation::rename, below(name));
        auto& other = dynamic_cast<FaultyDirectory&>(target);
        inner_->rename(name, *other.inner_, target_name);
    }

    void remove_file(const std::string& name) override {
        state_->step(Operation::remove, below(name));
        inner_->remove_file(name);
    }

    void remove_directory(const std::string& name) override {
        state_->step(Operation::remove, below(name));
        inner_->remove_directory(name);
    }

    bool sync() override {
        state_->step(Operation::folder_sync, path());
        return inner_->sync();
    }

    LockAttempt try_lock(const std::string& name, LockMode mode) override {
        state_->alive();
        return inner_->try_lock(name, mode);
    }

    [[nodiscard]] std::string path() const override { return inner_->path(); }

private:
    [[nodiscard]] std::string below(const std::string& name) const { return inner_->path() + "/" + name; }

    std::unique_ptr<File> wrap(std::unique_ptr<File> file, const std::string& name) const {
        if (!file) return nullptr;
        return std::make_unique<FaultyFile>(std::move(file), state_, below(name));
    }

    std::unique_ptr<Directory> wrap(std::unique_ptr<Directory> folder) const {
        if (!folder) return nullptr;
        return std::make_unique<FaultyDirectory>(std::move(folder), state_);
    }

    std::unique_ptr<Directory> inner_;
    StatePtr state_;
};

}  // namespace

FaultyFileSystem::FaultyFileSystem(FileSystem& inner) : inner_(inner), state_(std::make_shared<State>()) {}

void FaultyFileSystem::fail_at(std::uint64_t n, const Error& error, Lasting lasting) {
    state_->kind = lasting == Lasting::once ? State::Kind::fail : State::Kind::fail_from;
    state_->at = n;
    state_->error = error;
}

void FaultyFileSystem::short_write_at(std::uint64_t n, const Error& error) {
    state_->kind = State::Kind::short_write;
    state_->at = n;
    state_->error = error;
}

void FaultyFileSystem::crash_at(std::uint64_t n) {
    state_->kind = State::Kind::crash;
    state_->at = n;
}

void FaultyFileSystem::reset() {
    state_->kind = State::Kind::none;
    state_->count = 0;
    state_->crashed = false;
}

std::uint64_t FaultyFileSystem::operations() const { return state_->count; }
void FaultyFileSystem::observe(Observer observer) { state_->observer = std::move(observer); }

std::unique_ptr<Directory> FaultyFileSystem::open_directory(const std::string& path) {
    state_->alive();
    auto opened = inner_.open_directory(path);
    if (!opened) return nullptr;
    return std::make_unique<FaultyDirectory>(std::move(opened), state_);
}

std::unique_ptr<Directory> FaultyFileSystem::make_directories(const std::string& path) {
    state_->step(Operation::make_directory, path);
    return std::make_unique<FaultyDirectory>(inner_.make_directories(path), state_);
}

std::optional<FileStat> FaultyFileSystem::stat(const std::string& path) {
    state_->alive();
    return inner_.stat(path);
}

MediumKind FaultyFileSystem::medium_of(const std::string& path) {
    state_->alive();
    return inner_.medium_of(path);
}

std::optional<SpaceInfo> FaultyFileSystem::space_of(const std::string& path) {
    state_->alive();
    return inner_.space_of(path);
}

DeviceInfo FaultyFileSystem::device_of(const std::string& path) {
    state_->alive();
    return inner_.device_of(path);
}

Error no_space_error() { return os_error("fault", ENOSPC); }
Error io_error() { return os_error("fault", EIO); }

void FaultyBlobStore::reset() {
    get_plan_ = {};
    put_plan_ = {};
    gets_ = 0;
    puts_ = 0;
}

bool FaultyBlobStore::due(const Plan& plan, std::uint64_t count) {
    if (count != plan.n) return false;
    if (plan.error) throw *plan.error;
    return true;
}

std::optional<Bytes> FaultyBlobStore::get(const std::string& name, std::uint64_t limit) {
    const bool flip = due(get_plan_, ++gets_);
    auto bytes = inner_.get(name, limit);
    if (flip && bytes && !bytes->empty()) (*bytes)[bytes->size() / 2] ^= 0x10;
    return bytes;
}

Bytes FaultyBlobStore::get_range(const std::string& name, std::uint64_t offset, std::uint64_t count) {
    const bool flip = due(get_plan_, ++gets_);
    Bytes bytes = inner_.get_range(name, offset, count);
    if (flip && !bytes.empty()) bytes[bytes.size() / 2] ^= 0x10;
    return bytes;
}

bool FaultyBlobStore::put(const std::string& name, ByteView bytes) {
    Bytes stored(bytes.begin(), bytes.end());
    if (due(put_plan_, ++puts_) && !stored.empty()) stored[stored.size() / 2] ^= 0x10;
    return inner_.put(name, stored);
}

}  // namespace coffre::test
