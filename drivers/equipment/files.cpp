#include "drivers/equipment/files.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace coffre::drivers {

namespace {

constexpr std::size_t depth_max = 200;           // folders: each level keeps one handle open
constexpr std::uint64_t whole_max = 4ull << 20;  // bytes: larger files are handed over in pieces
constexpr std::size_t read_step = 1 << 20;

class FilesDriver final : public EquipmentDriver {
public:
    FilesDriver(FileSystem& files, std::string path) : files_(files), path_(std::move(path)) {}

    [[nodiscard]] std::string id() const override { return "files 1"; }

    void capture(CaptureSink& sink) override {
        try {
            capture_path(sink);
        } catch (const Error& error) {
            // What was named cannot be opened at all: that is the equipment out of reach, not a failed file.
            if (error.code() != Errc::failed || from_sink_) throw;
            throw Error(Errc::unreachable, error.message(), say<Msg::hint_source>());
        }
    }

private:
    void capture_path(CaptureSink& sink) {
        const auto stat = files_.stat(path_);
        if (!stat) throw Error(Errc::unreachable, say<Msg::source_missing>(path_), say<Msg::hint_source>());
        CaptureSink::Path path;
        if (stat->type == FileType::directory) {
            const auto folder = files_.open_directory(path_);
            if (!folder)
                throw Error(Errc::unreachable, say<Msg::source_missing>(path_), say<Msg::hint_source>());
            walk(*folder, path, sink);
        } else if (stat->type == FileType::regular) {
            // The name is the one that was given; where a link led is this machine's business.
            const auto [parent, name] = split_path(files_.resolve(path_));
            const auto folder = files_.open_directory(parent);
            path.push_back(split_path(path_).second);
            if (folder) file(*folder, name, path, sink);
        } else {
            throw Error(Errc::unreachable, say<Msg::source_not_files>(path_), say<Msg::hint_source>());
        }
    }

    void walk(Directory& folder, CaptureSink::Path& path, CaptureSink& sink) {
        const auto entries = folder.entries();
        if (entries.empty()) sink.empty_folder(path);
        for (const auto& entry : entries) {
            path.push_back(entry.name);
            try {
                visit(folder, entry, path, sink);
            } catch (const Error& error) {
                // One file that cannot be read does not stop the others; what stops the store (no space)
                // does.
                if (error.code() != Errc::failed || from_sink_) throw;
                sink.failed(path, error.message());
            }
            path.pop_back();
        }
    }

    void visit(Directory& folder, const DirectoryEntry& entry, CaptureSink::Path& path, CaptureSink& sink) {
        switch (entry.type) {
            case FileType::regular:
                file(folder, entry.name, path, sink);
                return;
            case FileType::link: {
                const auto target = folder.read_link(entry.name);
                deliver([&] { sink.link(path, target); });
                return;
            }
            case FileType::directory: {
                if (path.size() > depth_max) {
                    sink.failed(path, say<Msg::folder_too_deep>());
                    return;
                }
                const auto below = folder.open_directory(entry.name);
                if (below)
                    walk(*below, path, sink);
                else
                    sink.failed(path, say<Msg::file_changed>());
                return;
            }
            case FileType::other:
                sink.skipped(path, say<Msg::special_skipped>());
                return;
        }
    }

    void file(Directory& folder, const std::string& name, const CaptureSink::Path& path, CaptureSink& sink) {
        const auto opened = folder.open_file(name);
        if (!opened) {
            sink.failed(path, say<Msg::file_changed>());
            return;
        }
        const FileStat before = opened->stat();
        const bool executable = (before.mode & 0100) != 0;
        if (before.size > whole_max) {
            large_file(*opened, before, path, sink);
            return;
        }
        const std::size_t room = before.size + 1;  // one more, to see that nothing was appended
        if (content_.size() < room) content_.resize(room);
        std::size_t size = 0;
        while (size < room) {
            const auto step = std::min(read_step, room - size);
            const auto got = opened->read_at(size, std::span(content_).subspan(size, step));
            size += got;
            if (got < step) break;
        }
        if (size != before.size || changed(before, opened->stat())) {
            sink.failed(path, say<Msg::file_changed>());
            return;
        }
        deliver([&] { sink.file(path, executable, ByteView(content_).first(size)); });
    }

    // What is not equal to its beginning any more at the end is not taken in: its last piece is an error.
    void large_file(File& opened, const FileStat& before, const CaptureSink::Path& path, CaptureSink& sink) {
        if (content_.size() < read_step) content_.resize(read_step);
        std::uint64_t at = 0;
        const auto next = [&]() -> ByteView {
            from_sink_ = false;
            const auto got = opened.read_at(at, std::span(content_).first(read_step));
            at += got;
            if (at > before.size || (got == 0 && (at != before.size || changed(before, opened.stat()))))
                throw Error(Errc::failed, say<Msg::file_changed>());
            from_sink_ = true;
            return ByteView(content_).first(got);
        };
        deliver([&] { sink.large_file(path, (before.mode & 0100) != 0, before.size, next); });
    }

    static bool changed(const FileStat& before, const FileStat& after) {
        return after.size != before.size || after.modified_ns != before.modified_ns ||
               after.changed_ns != before.changed_ns;
    }

    // What the sink throws is not the source's fault.
    template <class Fn>
    void deliver(Fn&& fn) {
        from_sink_ = true;
        fn();
        from_sink_ = false;
    }

    FileSystem& files_;
    std::string path_;
    Bytes content_;  // never shrinks: growing again would fill it with zeros
    bool from_sink_ = false;
};

}  // namespace

DriverInfo files_driver_info() {
    DriverInfo info;
    info.name = "files";
    info.evidence = Evidence::real_product;
    info.settings = {{"path", true, true}};
    info.make = [](const DriverContext& context) -> std::unique_ptr<EquipmentDriver> {
        return std::make_unique<FilesDriver>(context.environment.files, context.setting("path"));
    };
    return info;
}

}  // namespace coffre::drivers
