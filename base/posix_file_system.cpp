// FileSystem on the system's calls. Every name is resolved relative to a folder handle, with O_NOFOLLOW.

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/file_system.hpp"
#include "base/medium.hpp"
#include "base/os_error.hpp"

namespace coffre {

namespace {

class Descriptor {
public:
    explicit Descriptor(int fd) : fd_(fd) {}
    Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~Descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }

    [[nodiscard]] int get() const { return fd_; }
    [[nodiscard]] int release() { return std::exchange(fd_, -1); }
    [[nodiscard]] bool valid() const { return fd_ >= 0; }

private:
    int fd_;
};

template <class Call>
auto without_interruption(Call call) {
    for (;;) {
        const auto result = call();
        if (result != -1 || errno != EINTR) return result;
    }
}

[[noreturn]] void fail(const std::string& path, int number) { throw os_error(path, number); }

constexpr int common_flags = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;

Descriptor open_below(int folder, const char* name, int flags, mode_t mode = 0) {
    return Descriptor(
        without_interruption([&] { return ::openat(folder, name, flags | common_flags, mode); }));
}

FileType type_of(mode_t mode) {
    if (S_ISREG(mode)) return FileType::regular;
    if (S_ISDIR(mode)) return FileType::directory;
    if (S_ISLNK(mode)) return FileType::link;
    return FileType::other;
}

std::int64_t nanoseconds(const timespec& time) {
    return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

FileStat convert(const struct stat& raw) {
    FileStat out;
    out.type = type_of(raw.st_mode);
    out.size = static_cast<std::uint64_t>(raw.st_size);
    out.mode = raw.st_mode & 07777;
    out.modified_ns = nanoseconds(raw.st_mtim);
    out.changed_ns = nanoseconds(raw.st_ctim);
    out.device = raw.st_dev;
    out.inode = raw.st_ino;
    return out;
}

FileStat stat_of(int fd, const std::string& path) {
    struct stat raw {};
    if (::fstat(fd, &raw) != 0) fail(path, errno);
    return convert(raw);
}

void require_regular(FileType type, const std::string& path) {
    switch (type) {
        case FileType::regular:
            return;
        case FileType::directory:
            fail(path, EISDIR);
        case FileType::link:
            fail(path, ELOOP);
        case FileType::other:
            throw Error(Errc::failed, say<Msg::file_error>(path, tr<Msg::os_not_regular>()));
    }
}

class PosixFile final : public File {
public:
    PosixFile(Descriptor fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

    std::size_t read_at(std::uint64_t offset, std::span<std::uint8_t> out) override {
        std::size_t done = 0;
        while (done < out.size()) {
            const ssize_t count = without_interruption([&] {
                return ::pread(fd_.get(), out.data() + done, out.size() - done,
                               static_cast<off_t>(offset + done));
            });
            if (count < 0) fail(path_, errno);
            if (count == 0) break;
            done += static_cast<std::size_t>(count);
        }
        return done;
    }

    void write(ByteView bytes) override {
        while (!bytes.empty()) {
            const ssize_t count =
                without_interruption([&] { return ::write(fd_.get(), bytes.data(), bytes.size()); });
            if (count < 0) fail(path_, errno);
            bytes = bytes.subspan(static_cast<std::size_t>(count));
        }
    }

    void sync() override {
        // The kernel reports a lost page once; asking again would hear that all is well.
        if (sync_error_ == 0 && without_interruption([&] { return ::fsync(fd_.get()); }) != 0) {
            sync_error_ = errno;
        }
        if (sync_error_ != 0) fail(path_, sync_error_);
    }

    FileStat stat() override { return stat_of(fd_.get(), path_); }

    void set_mode(std::uint32_t mode) override {
        // A file system without such bits refuses to its owner, too.
        if (without_interruption([&] { return ::fchmod(fd_.get(), mode & 07777); }) != 0 && errno != EPERM)
            fail(path_, errno);
    }

    void forget_cached(std::uint64_t offset, std::uint64_t count) override {
        // Only whole pages go, so the range is widened to them; the answer is advice and may be refused.
        static const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
        const std::uint64_t from = offset / page * page;
        const std::uint64_t length = count == 0 ? 0 : (offset - from + count + page - 1) / page * page;
        ::posix_fadvise(fd_.get(), static_cast<off_t>(from), static_cast<off_t>(length), POSIX_FADV_DONTNEED);
    }

private:
    Descriptor fd_;
    std::string path_;
    int sync_error_ = 0;
};

class PosixFileLock final : public FileLock {
public:
    explicit PosixFileLock(Descriptor fd) : fd_(std::move(fd)) {}

private:
    Descriptor fd_;  // an open-file-description lock ends with its description
};

struct CloseFolder {
    void operator()(DIR* folder) const { ::closedir(folder); }
};

class PosixDirectory final : public Directory {
public:
    PosixDirectory(Descriptor fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

    std::vector<DirectoryEntry> entries() override {
        std::vector<DirectoryEntry> found;
        each_entry([&](std::string_view name, FileType type) { found.push_back({std::string(name), type}); });
        std::sort(found.begin(), found.end(), [](const DirectoryEntry& a, const DirectoryEntry& b) {
            return a.name < b.name;  // char_traits compares as unsigned bytes
        });
        return found;
    }

    void each_entry(const std::function<void(std::string_view, FileType)>& fn) override {
        // A descriptor of its own: the read position belongs to the description.
        Descriptor fd = open_below(fd_.get(), ".", O_RDONLY | O_DIRECTORY);
        if (!fd.valid()) fail(path_, errno);
        const std::unique_ptr<DIR, CloseFolder> folder(::fdopendir(fd.get()));
        if (!folder) fail(path_, errno);
        static_cast<void>(fd.release());  // closedir closes it
        for (;;) {
            errno = 0;
            const dirent* entry = ::readdir(folder.get());
            if (entry == nullptr) break;
            const std::string_view name = entry->d_name;
            if (name == "." || name == "..") continue;
            switch (entry->d_type) {
                case DT_REG:
                    fn(name, FileType::regular);
                    break;
                case DT_DIR:
                    fn(name, FileType::directory);
                    break;
                case DT_LNK:
                    fn(name, FileType::link);
                    break;
                case DT_UNKNOWN:
                    if (const auto known = stat(std::string(name))) fn(name, known->type);
                    break;
                default:
                    fn(name, FileType::other);
            }
        }
        if (errno != 0) fail(path_, errno);
    }

    std::optional<FileStat> stat(const std::string& name) override {
        struct stat raw {};
        if (::fstatat(fd_.get(), single(name), &raw, AT_SYMLINK_NOFOLLOW) == 0) return convert(raw);
        if (errno == ENOENT) return std::nullopt;
        fail(below(name), errno);
    }

    std::unique_ptr<File> open_file(const std::string& name) override {
        // Asked first, because opening alone already acts on some devices; and again of what was opened.
        const auto expected = stat(name);
        if (!expected) return nullptr;
        require_regular(expected->type, below(name));
        Descriptor fd = open_below(fd_.get(), single(name), O_RDONLY | O_NOCTTY);
        if (!fd.valid()) {
            if (errno == ENOENT) return nullptr;
            fail(below(name), errno);
        }
        require_regular(stat_of(fd.get(), below(name)).type, below(name));
        return std::make_unique<PosixFile>(std::move(fd), below(name));
    }

    std::unique_ptr<File> create_file(const std::string& name, std::uint32_t mode) override {
        Descriptor fd =
            open_below(fd_.get(), single(name), O_RDWR | O_CREAT | O_EXCL | O_APPEND, mode & 07777);
        if (!fd.valid()) fail(below(name), errno);
        return std::make_unique<PosixFile>(std::move(fd), below(name));
    }

    std::unique_ptr<Directory> open_directory(const std::string& name) override {
        Descriptor fd = open_below(fd_.get(), single(name), O_RDONLY | O_DIRECTORY);
        if (!fd.valid()) {
            if (errno == ENOENT) return nullptr;
            fail(below(name), errno);
        }
        return std::make_unique<PosixDirectory>(std::move(fd), below(name));
    }

    std::unique_ptr<Directory> make_directory(const std::string& name) override {
        if (::mkdirat(fd_.get(), single(name), 0700) != 0 && errno != EEXIST) fail(below(name), errno);
        auto made = open_directory(name);
        if (!made) fail(below(name), ENOENT);
        return made;
    }

    std::string read_link(const std::string& name) override {
        for (std::string target(256, '\0');; target.resize(target.size() * 2)) {
            const ssize_t length = ::readlinkat(fd_.get(), single(name), target.data(), target.size());
            if (length < 0) fail(below(name), errno);
            if (static_cast<std::size_t>(length) < target.size()) {
                target.resize(static_cast<std::size_t>(length));
                return target;
            }
        }
    }

    void make_link(const std::string& name, const std::string& target) override {
        if (target.find('\0') != std::string::npos) fail(below(name), EINVAL);
        if (::symlinkat(target.c_str(), fd_.get(), single(name)) != 0) fail(below(name), errno);
    }

    void rename(const std::string& name, Directory& target, const std::string& target_name) override {
        auto* const other = dynamic_cast<PosixDirectory*>(&target);
        if (other == nullptr) throw std::logic_error("rename into a folder of another FileSystem");
        if (::renameat(fd_.get(), single(name), other->fd_.get(), other->single(target_name)) != 0) {
            fail(other->below(target_name), errno);
        }
    }

    void remove_file(const std::string& name) override {
        if (::unlinkat(fd_.get(), single(name), 0) != 0 && errno != ENOENT) fail(below(name), errno);
    }

    void remove_directory(const std::string& name) override {
        if (::unlinkat(fd_.get(), single(name), AT_REMOVEDIR) == 0) return;
        fail(below(name), errno == EEXIST ? ENOTEMPTY : errno);  // POSIX lets a file system choose
    }

    bool sync() override {
        if (without_interruption([&] { return ::fsync(fd_.get()); }) == 0) return true;
        if (errno == EINVAL || errno == ENOTSUP) return false;
        fail(path_, errno);
    }

    LockAttempt try_lock(const std::string& name, LockMode mode) override {
        Descriptor fd = open_below(fd_.get(), single(name), O_RDWR | O_CREAT, 0600);
        if (!fd.valid() && mode == LockMode::shared && (errno == EROFS || errno == EACCES)) {
            // Where nothing can be written, readers still take turns on a lock file that is there.
            const int refused = errno;
            fd = open_below(fd_.get(), single(name), O_RDONLY);
            if (!fd.valid()) errno = refused;
        }
        if (!fd.valid()) fail(below(name), errno);
        require_regular(stat_of(fd.get(), below(name)).type, below(name));

        struct flock range {};
        range.l_type = mode == LockMode::shared ? F_RDLCK : F_WRLCK;
        range.l_whence = SEEK_SET;
        if (without_interruption([&] { return ::fcntl(fd.get(), F_OFD_SETLK, &range); }) == 0) {
            return {std::make_unique<PosixFileLock>(std::move(fd)), true};
        }
        if (errno == EAGAIN || errno == EACCES) return {nullptr, true};
        if (errno == ENOLCK || errno == ENOTSUP || errno == ENOSYS || errno == EINVAL)
            return {nullptr, false};
        fail(below(name), errno);
    }

    [[nodiscard]] std::string path() const override { return path_; }

private:
    [[nodiscard]] std::string below(const std::string& name) const {
        return path_.ends_with('/') ? path_ + name : path_ + "/" + name;
    }

    // `name` for a system call, once it is sure that it leads nowhere but below this folder.
    [[nodiscard]] const char* single(const std::string& name) const {
        const bool plain = !name.empty() && name != "." && name != ".." &&
                           name.find('/') == std::string::npos && name.find('\0') == std::string::npos;
        if (!plain) fail(below(name), EINVAL);
        return name.c_str();
    }

    Descriptor fd_;
    std::string path_;
};

class PosixFileSystem final : public FileSystem {
public:
    std::unique_ptr<Directory> open_directory(const std::string& path) override {
        Descriptor fd(without_interruption(
            [&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK); }));
        if (!fd.valid()) {
            if (errno == ENOENT) return nullptr;
            fail(path, errno);
        }
        return std::make_unique<PosixDirectory>(std::move(fd), path);
    }

    std::unique_ptr<Directory> make_directories(const std::string& path) override {
        for (std::size_t end = 0; end != std::string::npos;) {
            end = path.find('/', end + 1);
            const std::string here = path.substr(0, end);
            if (::mkdir(here.c_str(), 0700) == 0) {
                // What is later made durable inside is worth nothing while its folder is not.
                if (const auto parent = open_directory(split_path(here).first)) parent->sync();
            } else if (errno != EEXIST && errno != EROFS && errno != EACCES) {
                fail(here, errno);  // the others are for open_directory to judge: the folder may be there
            }
        }
        auto made = open_directory(path);
        if (!made) fail(path, ENOENT);
        return made;
    }

    std::optional<FileStat> stat(const std::string& path) override {
        struct stat raw {};
        if (::stat(path.c_str(), &raw) == 0) return convert(raw);
        if (errno == ENOENT) return std::nullopt;
        fail(path, errno);
    }

    std::string resolve(const std::string& path) override {
        char* real = ::realpath(path.c_str(), nullptr);
        if (real == nullptr) return path;
        std::string out = real;
        std::free(real);  // NOLINT: realpath's own allocation
        return out;
    }

    MediumKind medium_of(const std::string& path) override {
        namespace fs = std::filesystem;
        std::error_code ec;
        for (fs::path at = fs::absolute(path, ec).lexically_normal(); !ec;) {
            std::error_code absent;
            const fs::path real = fs::canonical(at, absent);
            struct stat raw {};
            if (!absent && ::stat(real.c_str(), &raw) == 0) {
                return medium_of_mount(real.string(), major(raw.st_dev), minor(raw.st_dev), {});
            }
            if (!at.has_relative_path()) break;
            at = at.parent_path();
        }
        return MediumKind::unknown;
    }

    std::optional<SpaceInfo> space_of(const std::string& path) override {
        struct statvfs raw {};
        if (without_interruption([&] { return ::statvfs(path.c_str(), &raw); }) != 0) fail(path, errno);
        return SpaceInfo{static_cast<std::uint64_t>(raw.f_bavail) * raw.f_frsize,
                         static_cast<std::uint64_t>(raw.f_blocks) * raw.f_frsize,
                         (raw.f_flag & ST_RDONLY) != 0};
    }

    DeviceInfo device_of(const std::string& path) override {
        struct stat raw {};
        if (::stat(path.c_str(), &raw) != 0) fail(path, errno);
        return device_of_mount(resolve(path), major(raw.st_dev), minor(raw.st_dev), {});
    }
};

}  // namespace

FileSystem& system_files() {
    static PosixFileSystem files;
    return files;
}

}  // namespace coffre
