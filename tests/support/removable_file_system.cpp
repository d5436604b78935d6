#include "tests/support/removable_file_system.hpp"

#include <cerrno>
#include <utility>

#include "base/os_error.hpp"

namespace coffre::test {

struct RemovableFileSystem::State {
    FileSystem* medium = nullptr;  // null: nothing is plugged in
    std::uint64_t plugged = 0;     // how often something was
    std::uint64_t calls = 0;
    std::uint64_t pull_at = 0;
    bool read_only = false;
    bool handles_survive = false;
    std::optional<std::uint64_t> room;
    std::uint64_t forgotten_bytes = 0;

    void count() {
        ++calls;
        if (calls == pull_at) medium = nullptr;
    }
};

namespace {

constexpr std::uint64_t first_device = 77;  // each plugging has the next number

using StatePtr = std::shared_ptr<RemovableFileSystem::State>;

// What the handles on one medium share: their state, and which plugging they belong to.
struct Plug {
    StatePtr state;
    std::uint64_t plugged = 0;  // 0: the system's own disk

    void ask(const std::string& path) const {
        state->count();
        if (state->handles_survive) return;
        if (plugged != 0 && (state->medium == nullptr || state->plugged != plugged))
            throw os_error(path, EIO);
    }

    void change(const std::string& path) const {
        ask(path);
        if (plugged != 0 && state->read_only) throw os_error(path, EROFS);
    }

    // A name or bytes: both take room.
    void take(const std::string& path, std::uint64_t bytes) const {
        change(path);
        if (plugged == 0 || !state->room) return;
        if (*state->room < bytes) throw os_error(path, ENOSPC);
        *state->room -= bytes;
    }

    [[nodiscard]] std::optional<FileStat> mark(std::optional<FileStat> stat) const {
        if (stat && plugged != 0) stat->device = first_device + plugged;
        return stat;
    }
};

class RemovableFile final : public File {
public:
    RemovableFile(std::unique_ptr<File> inner, Plug plug, std::string path)
        : inner_(std::move(inner)), plug_(std::move(plug)), path_(std::move(path)) {}

    std::size_t read_at(std::uint64_t offset, std::span<std::uint8_t> out) override {
        plug_.ask(path_);
        return inner_->read_at(offset, out);
    }
    void write(ByteView bytes) override {
        plug_.take(path_, bytes.size());
        inner_->write(bytes);
    }
    void sync() override {
        plug_.change(path_);
        inner_->sync();
    }
    FileStat stat() override {
        plug_.ask(path_);
        return *plug_.mark(inner_->stat());
    }
    void forget_cached(std::uint64_t, std::uint64_t count) override { plug_.state->forgotten_bytes += count; }

private:
    std::unique_ptr<File> inner_;
    Plug plug_;
    std::string path_;
};

class RemovableDirectory final : public Directory {
public:
    RemovableDirectory(std::unique_ptr<Directory> inner, Plug plug, std::string path)
        : inner_(std::move(inner)), plug_(std::move(plug)), path_(std::move(path)) {}

    std::vector<DirectoryEntry> entries() override {
        plug_.ask(path_);
        return inner_->entries();
    }
    std::optional<FileStat> stat(const std::string& name) override {
        plug_.ask(below(name));
        return plug_.mark(inner_->stat(name));
    }
    std::unique_ptr<File> open_file(const std::string& name) override {
        plug_.ask(below(name));
        return wrap(inner_->open_file(name), name);
    }
    std::unique_ptr<File> create_file(const std::string& name, std::uint32_t mode) override {
        plug_.take(below(name), 1);
        return wrap(inner_->create_file(name, mode), name);
    }
    std::unique_ptr<Directory> open_directory(const std::string& name) override {
        plug_.ask(below(name));
        return wrap(inner_->open_directory(name), name);
    }
    std::unique_ptr<Directory> make_directory(const std::string& name) override {
        plug_.take(below(name), 1);
        return wrap(inner_->make_directory(name), name);
    }
    std::string read_link(const std::string& name) override {
        plug_.ask(below(name));
        return inner_->read_link(name);
    }
    void make_link(const std::string& name, const std::string& target) override {
        plug_.take(below(name), 1);
        inner_->make_link(name, target);
    }
    void rename(const std::string& name, Directory& target, const std::string& target_name) override {
        plug_.change(below(name));
        inner_->rename(name, *dynamic_cast<RemovableDirectory&>(target).inner_, target_name);
    }
    void remove_file(const std::string& name) override {
        plug_.change(below(name));
        inner_->remove_file(name);
    }
    void remove_directory(const std::string& name) override {
        plug_.change(below(name));
        inner_->remove_directory(name);
    }
    bool sync() override {
        plug_.ask(path_);
        return inner_->sync();
    }
    LockAttempt try_lock(const std::string& name, LockMode mode) override {
        plug_.change(below(name));
        return inner_->try_lock(name, mode);
    }
    [[nodiscard]] std::string path() const override { return path_; }

private:
    [[nodiscard]] std::string below(const std::string& name) const { return path_ + "/" + name; }

    std::unique_ptr<File> wrap(std::unique_ptr<File> file, const std::string& name) const {
        if (!file) return nullptr;
        return std::make_unique<RemovableFile>(std::move(file), plug_, below(name));
    }
    std::unique_ptr<Directory> wrap(std::unique_ptr<Directory> folder, const std::string& name) const {
        if (!folder) return nullptr;
        return std::make_unique<RemovableDirectory>(std::move(folder), plug_, below(name));
    }

    std::unique_ptr<Directory> inner_;
    Plug plug_;
    std::string path_;
};

}  // namespace

RemovableFileSystem::RemovableFileSystem(std::string mount_point)
    : mount_point_(std::move(mount_point)), state_(std::make_shared<State>()) {
    system_.make_directories(mount_point_);
}

void RemovableFileSystem::plug(MemoryFileSystem& medium) {
    state_->medium = &medium;
    ++state_->plugged;
}
void RemovableFileSystem::pull() { state_->medium = nullptr; }
void RemovableFileSystem::pull_at(std::uint64_t n) { state_->pull_at = n == 0 ? 0 : state_->calls + n; }
void RemovableFileSystem::set_read_only(bool read_only) { state_->read_only = read_only; }
void RemovableFileSystem::set_handles_survive(bool survive) { state_->handles_survive = survive; }
void RemovableFileSystem::set_room(std::optional<std::uint64_t> bytes) { state_->room = bytes; }
void RemovableFileSystem::set_device(DeviceInfo device) { device_ = std::move(device); }
std::uint64_t RemovableFileSystem::calls() const { return state_->calls; }
std::uint64_t RemovableFileSystem::forgotten_bytes() const { return state_->forgotten_bytes; }
MemoryFileSystem& RemovableFileSystem::system() { return system_; }

std::pair<FileSystem*, std::string> RemovableFileSystem::route(const std::string& path) {
    state_->count();
    const bool below = path == mount_point_ || path.starts_with(mount_point_ + "/");
    if (!below || state_->medium == nullptr) return {&system_, path};
    return {state_->medium, "/" + path.substr(mount_point_.size())};
}

std::unique_ptr<Directory> RemovableFileSystem::wrap(std::unique_ptr<Directory> folder, const FileSystem* of,
                                                     const std::string& path) {
    if (!folder) return nullptr;
    return std::make_unique<RemovableDirectory>(std::move(folder),
                                                Plug{state_, of == &system_ ? 0 : state_->plugged}, path);
}

std::unique_ptr<Directory> RemovableFileSystem::open_directory(const std::string& path) {
    const auto [files, there] = route(path);
    return wrap(files->open_directory(there), files, path);
}

std::unique_ptr<Directory> RemovableFileSystem::make_directories(const std::string& path) {
    const auto [files, there] = route(path);
    if (files != &system_ && state_->read_only && !files->stat(there)) throw os_error(path, EROFS);
    return wrap(files->make_directories(there), files, path);
}

std::optional<FileStat> RemovableFileSystem::stat(const std::string& path) {
    const auto [files, there] = route(path);
    auto stat = files->stat(there);
    if (stat && files != &system_) stat->device = first_device + state_->plugged;
    return stat;
}

MediumKind RemovableFileSystem::medium_of(const std::string& path) {
    const auto [files, there] = route(path);
    return files->medium_of(there);
}

std::optional<SpaceInfo> RemovableFileSystem::space_of(const std::string& path) {
    const auto [files, there] = route(path);
    if (files == &system_) return SpaceInfo{1U << 30, 1U << 30, false};
    return SpaceInfo{state_->room.value_or(1U << 20), 1U << 20, state_->read_only};
}

DeviceInfo RemovableFileSystem::device_of(const std::string&) { return device_; }

}  // namespace coffre::test
