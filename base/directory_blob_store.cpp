#include <algorithm>
#include <array>
#include <atomic>
#include <list>
#include <mutex>
#include <set>
#include <stdexcept>
#include <utility>

#include "base/blob_store.hpp"
#include "base/error.hpp"

namespace coffre {

namespace {

constexpr std::size_t most_open_files = 16;
constexpr int lock_poll_ms = 20;
const std::string scratch_folder = "tmp";

struct BlobName {
    std::string folder;  // empty: the root
    std::string file;
};

BlobName parse_name(const std::string& name) {
    const std::size_t slash = name.find('/');
    BlobName parsed;
    if (slash != std::string::npos) parsed.folder = name.substr(0, slash);
    parsed.file = slash == std::string::npos ? name : name.substr(slash + 1);
    const bool plain = !parsed.file.empty() && parsed.file != "." && slash != 0 && parsed.folder != "." &&
                       parsed.file.find('/') == std::string::npos && name.find("..") == std::string::npos &&
                       name.find('\0') == std::string::npos;
    if (!plain) throw std::logic_error("not the name of a blob: " + name);
    return parsed;
}

void check_folder(const std::string& folder) {
    if (!folder.empty() && !parse_name(folder).folder.empty())
        throw std::logic_error("not a folder of blobs: " + folder);
}

class DirectoryBlobStore final : public BlobStore {
public:
    DirectoryBlobStore(std::unique_ptr<Directory> root, Clock& clock, Random& random, ReadFrom read_from)
        : root_(std::move(root)),
          clock_(clock),
          random_(random),
          read_from_(read_from),
          location_(root_->path()) {}

    void each_name(const std::string& folder, const std::function<void(std::string_view)>& fn) override {
        check_folder(folder);
        within(folder, [&](Directory& in) {
            in.each_entry([&](std::string_view name, FileType type) {
                if (type == FileType::regular) fn(name);
            });
        });
    }

    std::vector<BlobInfo> list(const std::string& folder) override {
        check_folder(folder);
        std::vector<BlobInfo> found;
        within(folder, [&](Directory& in) {
            for (const DirectoryEntry& entry : in.entries()) {
                if (entry.type != FileType::regular) continue;
                const auto stat = in.stat(entry.name);  // it may be gone since
                if (stat && stat->type == FileType::regular)
                    found.push_back({entry.name, stat->size, stat->modified_ns});
            }
        });
        return found;
    }

    std::optional<std::uint64_t> size(const std::string& name) override {
        const auto stat = find(parse_name(name));
        if (!stat) return std::nullopt;
        return stat->size;
    }

    std::optional<Bytes> get(const std::string& name, std::uint64_t limit) override {
        const auto stat = find(parse_name(name));
        const std::scoped_lock guard(cache_mutex_);
        File* const file = stat ? open_cached(name, &*stat) : nullptr;
        if (file == nullptr) {
            forget(name);
            return std::nullopt;
        }
        const std::uint64_t size = file->stat().size;
        if (size > limit) {
            throw Error(Errc::damaged, say<Msg::too_large>(full_path(name), std::to_string(limit)));
        }
        return read_exactly(*file, name, 0, size);
    }

    Bytes get_range(const std::string& name, std::uint64_t offset, std::uint64_t count) override {
        parse_name(name);
        const std::scoped_lock guard(cache_mutex_);
        File* const file = open_cached(name, nullptr);
        if (file == nullptr) {
            throw Error(Errc::damaged, say<Msg::file_error>(full_path(name), tr<Msg::os_not_found>()));
        }
        return read_exactly(*file, name, offset, count);
    }

    bool put(const std::string& name, ByteView bytes) override {
        const BlobName parsed = parse_name(name);
        if (find(parsed)) {
            // Whoever put it may have died before its folder was synced, and a true `put` promises that.
            settle(parsed.folder, nullptr);
            return false;
        }
        const auto scratch = make_folder(scratch_folder);
        const auto folder = parsed.folder.empty() ? nullptr : make_folder(parsed.folder);
        const std::string scratch_name = draw_name();
        auto file = scratch->create_file(scratch_name, 0600);
        try {
            file->write(bytes);
            file->sync();
            file.reset();
            if (folder) {
                scratch->rename(scratch_name, *folder, parsed.file);
            } else {
                const std::scoped_lock guard(root_mutex_);
                scratch->rename(scratch_name, *root_, parsed.file);
            }
        } catch (...) {
            file.reset();
            try {
                scratch->remove_file(scratch_name);
            } catch (...) {  // best effort: the first failure is the one to tell
            }
            throw;
        }
        settle(parsed.folder, folder.get());
        return true;
    }

    void remove(const std::string& name) override {
        const BlobName parsed = parse_name(name);
        within(parsed.folder, [&](Directory& in) { in.remove_file(parsed.file); });
        const std::scoped_lock guard(cache_mutex_);
        forget(name);
    }

    std::unique_ptr<FileLock> lock(const std::string& name, LockMode mode, int timeout_ms) override {
        const BlobName parsed = parse_name(name);
        const auto folder = parsed.folder.empty() ? nullptr : make_folder(parsed.folder);
        const std::int64_t start = clock_.monotonic_ns();
        for (;;) {
            {
                const std::scoped_lock guard(root_mutex_);
                auto attempt = (folder ? *folder : *root_).try_lock(parsed.file, mode);
                if (attempt.lock || !attempt.supported) return std::move(attempt.lock);
            }
            const std::int64_t left_ms = timeout_ms - (clock_.monotonic_ns() - start) / 1'000'000;
            if (left_ms <= 0) {
                throw Error(Errc::locked, say<Msg::locked>(full_path(name)), say<Msg::hint_locked>());
            }
            clock_.sleep_ms(static_cast<int>(std::min<std::int64_t>(lock_poll_ms, left_ms)));
        }
    }

    [[nodiscard]] std::string location() const override { return location_; }

private:
    struct OpenFile {
        std::string name;
        std::unique_ptr<File> file;
        FileStat stat;
    };

    [[nodiscard]] std::string full_path(const std::string& name) const { return location_ + "/" + name; }

    std::unique_ptr<Directory> open_folder(const std::string& name) {
        const std::scoped_lock guard(root_mutex_);
        return root_->open_directory(name);
    }

    std::unique_ptr<Directory> make_folder(const std::string& name) {
        const std::scoped_lock guard(root_mutex_);
        if (auto there = root_->open_directory(name)) return there;
        return root_->make_directory(name);
    }

    // Does `work` in the folder; nothing when there is no such folder.
    template <class Work>
    void within(const std::string& folder, Work work) {
        if (folder.empty()) {
            const std::scoped_lock guard(root_mutex_);
            work(*root_);
        } else if (const auto in = open_folder(folder)) {
            work(*in);
        }
    }

    std::optional<FileStat> find(const BlobName& name) {
        std::optional<FileStat> stat;
        within(name.folder, [&](Directory& in) { stat = in.stat(name.file); });
        if (stat && stat->type != FileType::regular) {
            const std::string path = name.folder.empty() ? name.file : name.folder + "/" + name.file;
            throw Error(Errc::failed, say<Msg::file_error>(full_path(path), tr<Msg::os_not_regular>()));
        }
        return stat;
    }

    std::string draw_name() {
        std::array<std::uint8_t, 16> raw{};
        random_.fill(raw);
        return to_hex(raw);
    }

    // Makes the names in the folder durable, and once per store the folder's own name: it may have been made
    // by a process that died before it synced the root. `opened` is the folder when the caller has it open.
    void settle(const std::string& folder, Directory* opened) {
        if (!folder.empty()) {
            const auto own = opened ? nullptr : open_folder(folder);
            if (Directory* const in = opened ? opened : own.get()) sync_names(*in);
        }
        const std::scoped_lock guard(root_mutex_);
        if (folder.empty() || !settled_folders_.contains(folder)) {
            sync_names(*root_);
            settled_folders_.insert(folder);
        }
    }

    // A file system that cannot sync a folder is asked once and then left alone.
    void sync_names(Directory& folder) {
        if (folders_sync_ && !folder.sync()) folders_sync_ = false;
    }

    Bytes read_exactly(File& file, const std::string& name, std::uint64_t offset, std::uint64_t count) {
        // Checked before any memory is taken: the numbers may come from damaged data.
        const std::uint64_t size = file.stat().size;
        const auto fail = [&] { throw Error(Errc::damaged, say<Msg::malformed>(full_path(name))); };
        if (offset > size || count > size - offset) fail();
        Bytes bytes(static_cast<std::size_t>(count));
        if (read_from_ == ReadFrom::medium && count > 0) file.forget_cached(offset, count);
        if (file.read_at(offset, bytes) != bytes.size()) fail();
        return bytes;
    }

    // The open file, most recently used first; null when it is not there. With `current`, only that very file
    // will do: the name may have been removed and put again by another process. Under cache_mutex_.
    File* open_cached(const std::string& name, const FileStat* current) {
        const auto found = std::find_if(open_files_.begin(), open_files_.end(),
                                        [&](const OpenFile& open) { return open.name == name; });
        if (found != open_files_.end()) {
            if (!current || (found->stat.device == current->device && found->stat.inode == current->inode)) {
                open_files_.splice(open_files_.begin(), open_files_, found);
                return found->file.get();
            }
            open_files_.erase(found);
        }
        if (open_files_.size() >= most_open_files) open_files_.pop_back();
        const BlobName parsed = parse_name(name);
        std::unique_ptr<File> file;
        within(parsed.folder, [&](Directory& in) { file = in.open_file(parsed.file); });
        if (!file) return nullptr;
        const FileStat stat = file->stat();
        open_files_.push_front({name, std::move(file), stat});
        return open_files_.front().file.get();
    }

    void forget(const std::string& name) {
        open_files_.remove_if([&](const OpenFile& open) { return open.name == name; });
    }

    // Handles serve one thread at a time: root_ under root_mutex_, open_files_ under cache_mutex_, which is
    // taken first where both are. Folders are opened anew for each call, so that a long write blocks nobody.
    std::mutex root_mutex_;
    std::unique_ptr<Directory> root_;
    std::set<std::string> settled_folders_;
    std::mutex cache_mutex_;
    std::list<OpenFile> open_files_;
    std::atomic<bool> folders_sync_ = true;

    Clock& clock_;
    Random& random_;
    const ReadFrom read_from_;
    const std::string location_;
};

}  // namespace

std::unique_ptr<BlobStore> directory_blob_store(std::unique_ptr<Directory> root, Clock& clock, Random& random,
                                                ReadFrom read_from) {
    return std::make_unique<DirectoryBlobStore>(std::move(root), clock, random, read_from);
}

}  // namespace coffre
