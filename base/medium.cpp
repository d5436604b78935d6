#include "base/medium.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace coffre {

namespace {

namespace fs = std::filesystem;

struct DeviceNumber {
    unsigned major = 0;
    unsigned minor = 0;

    friend bool operator==(const DeviceNumber&, const DeviceNumber&) = default;
};

struct Mount {
    DeviceNumber device;
    std::string point;
    std::string type;
    std::string source;
};

std::optional<std::string> read_line(const fs::path& path) {
    std::ifstream in(path);
    std::string line;
    if (!std::getline(in, line)) return std::nullopt;
    return line;
}

std::optional<DeviceNumber> parse_device(std::string_view text) {
    DeviceNumber number;
    const char* const end = text.data() + text.size();
    const auto major = std::from_chars(text.data(), end, number.major);
    if (major.ec != std::errc{} || major.ptr == end || *major.ptr != ':') return std::nullopt;
    const auto minor = std::from_chars(major.ptr + 1, end, number.minor);
    if (minor.ec != std::errc{} || minor.ptr != end) return std::nullopt;
    return number;
}

// The kernel writes blanks and backslashes in names as three octal digits.
std::string unescape(std::string_view text) {
    std::string out;
    const auto octal = [&](std::size_t i) { return i < text.size() && text[i] >= '0' && text[i] <= '7'; };
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && octal(i + 1) && octal(i + 2) && octal(i + 3)) {
            out.push_back(
                static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0')));
            i += 3;
        } else {
            out.push_back(text[i]);
        }
    }
    return out;
}

std::optional<Mount> parse_mount(const std::string& line) {
    std::istringstream in(line);
    std::string id, parent, device, root, point, word, type, source;
    in >> id >> parent >> device >> root >> point;
    while (in >> word && word != "-") {  // options, then any number of tagged fields
    }
    if (!(in >> type >> source)) return std::nullopt;
    const auto number = parse_device(device);
    if (!number) return std::nullopt;
    return Mount{*number, unescape(point), type, unescape(source)};
}

bool is_below(std::string_view path, std::string_view point) {
    if (point == "/") return true;
    return path.starts_with(point) && (path.size() == point.size() || path[point.size()] == '/');
}

class Probe {
public:
    explicit Probe(const MediumRoots& roots) : proc_(roots.proc), sys_(roots.sys), udev_(roots.udev) {
        std::ifstream in(proc_ / "self" / "mountinfo");
        for (std::string line; std::getline(in, line);) {
            if (auto mount = parse_mount(line)) mounts_.push_back(std::move(*mount));
        }
    }

    MediumKind of_path(const std::string& path, std::optional<DeviceNumber> device) {
        const Mount* mount = device ? by_device(*device) : nullptr;
        if (mount == nullptr) mount = by_point(path);
        if (mount == nullptr) return device ? of_device(*device, 0) : MediumKind::unknown;

        constexpr std::array encrypted{"ecryptfs", "fuse.gocryptfs", "fuse.cryfs", "fuse.encfs"};
        if (mount->type == "tmpfs" || mount->type == "ramfs") return of_memory();
        if (std::find(encrypted.begin(), encrypted.end(), mount->type) != encrypted.end()) {
            return MediumKind::encrypted;
        }
        if (mount->device.major != 0) return of_device(mount->device, 0);
        // btrfs numbers its mounts itself and names one of its devices as the source.
        if (mount->type == "btrfs") return of_btrfs(mount->source);
        return MediumKind::unknown;
    }

    DeviceInfo device(const std::string& path, DeviceNumber number) const {
        const Mount* mount = by_device(number);
        if (mount == nullptr) mount = by_point(path);
        DeviceInfo info;
        if (number.major == 0) {
            // What has no device of its own tells its source, and a volume of btrfs the device that holds it.
            info.name = mount ? mount->source : "";
            const std::string block = mount && mount->type == "btrfs" ? block_name(mount->source) : "";
            const auto of_block =
                parse_device(read_line(sys_ / "class" / "block" / block / "dev").value_or(""));
            if (block.empty() || !of_block) return info;
            number = *of_block;
        }
        const auto folder = block_folder(number);
        if (!folder) return info;
        info.name = folder->filename();
        info.serial = serial_of(number, 0);
        return info;
    }

private:
    std::optional<fs::path> block_folder(DeviceNumber device) const {
        std::error_code ec;
        const auto name = std::to_string(device.major) + ":" + std::to_string(device.minor);
        const fs::path folder = fs::canonical(sys_ / "dev" / "block" / name, ec);
        return ec ? std::nullopt : std::optional(folder);
    }

    std::string serial_of(DeviceNumber device, int depth) const {
        constexpr int deepest = 32;
        const auto folder = block_folder(device);
        if (!folder || depth > deepest) return "";
        const auto next = [&](const fs::path& below) {
            const auto number = parse_device(read_line(below / "dev").value_or(""));
            return number ? serial_of(*number, depth + 1) : std::string();
        };
        std::error_code ec;
        if (fs::exists(*folder / "partition", ec)) return next(folder->parent_path());
        std::vector<std::string> below;
        for (fs::directory_iterator it(*folder / "slaves", ec), end; !ec && it != end; it.increment(ec))
            below.push_back(next(it->path()));
        if (!below.empty()) return below.size() == 1 ? below.front() : "";
        return own_serial(*folder, device);
    }

    // udev has asked the disk itself; without it, what the kernel shows: of the block device, of the device
    // behind it, or of the USB device whose interface that is.
    std::string own_serial(const fs::path& folder, DeviceNumber device) const {
        std::ifstream in(udev_ / ("b" + std::to_string(device.major) + ":" + std::to_string(device.minor)));
        for (const std::string_view wanted : {"E:ID_SERIAL_SHORT=", "E:ID_SERIAL="}) {
            in.clear();
            in.seekg(0);
            for (std::string line; std::getline(in, line);)
                if (line.starts_with(wanted)) return trimmed(line.substr(wanted.size()));
        }
        for (const auto* place : {"serial", "device/serial"})
            if (const auto serial = trimmed(read_line(folder / place).value_or("")); !serial.empty())
                return serial;
        std::error_code ec;
        for (fs::path at = fs::canonical(folder / "device", ec);
             !ec && is_below(at.string(), sys_.string()) && at != sys_; at = at.parent_path()) {
            if (!fs::exists(at / "idVendor", ec)) continue;
            return trimmed(read_line(at / "serial").value_or(""));
        }
        return "";
    }

    static std::string trimmed(const std::string& text) {
        const auto from = text.find_first_not_of(" \t");
        return from == std::string::npos ? "" : text.substr(from, text.find_last_not_of(" \t") - from + 1);
    }

    const Mount* by_device(DeviceNumber device) const {
        const auto found = std::find_if(mounts_.begin(), mounts_.end(),
                                        [&](const Mount& mount) { return mount.device == device; });
        return found == mounts_.end() ? nullptr : &*found;
    }

    const Mount* by_point(const std::string& path) const {
        const Mount* best = nullptr;
        for (const Mount& mount : mounts_) {  // of two on the same point, the later one hides the earlier
            if (is_below(path, mount.point) && (!best || mount.point.size() >= best->point.size()))
                best = &mount;
        }
        return best;
    }

    static MediumKind all(const std::vector<MediumKind>& parts) {
        if (std::find(parts.begin(), parts.end(), MediumKind::clear) != parts.end()) return MediumKind::clear;
        const bool sure = !parts.empty() && std::all_of(parts.begin(), parts.end(), [](MediumKind kind) {
            return kind == MediumKind::encrypted;
        });
        return sure ? MediumKind::encrypted : MediumKind::unknown;
    }

    // The kind of each device that `folder` links to: all of them hold a part of what is written above.
    MediumKind of_each(const fs::path& folder, int depth) const {
        std::vector<MediumKind> parts;
        std::error_code ignored;
        for (fs::directory_iterator it(folder, ignored), end; !ignored && it != end; it.increment(ignored)) {
            const auto number = parse_device(read_line(it->path() / "dev").value_or(""));
            parts.push_back(number ? of_device(*number, depth) : MediumKind::unknown);
        }
        return all(parts);
    }

    MediumKind of_device(DeviceNumber device, int depth) const {
        constexpr int deepest = 32;  // stacks are a few devices high; this ends a loop in a broken tree
        if (device.major == 0 || depth > deepest) return MediumKind::unknown;
        std::error_code ec;
        const auto found = block_folder(device);
        if (!found) return MediumKind::unknown;
        const fs::path& folder = *found;

        // The same prefix marks integrity layers, which encrypt nothing by themselves.
        const std::string uuid = read_line(folder / "dm" / "uuid").value_or("");
        const auto uuid_begins = [&](std::string_view prefix) { return uuid.starts_with(prefix); };
        if (uuid_begins("CRYPT-") && !uuid_begins("CRYPT-VERITY-") && !uuid_begins("CRYPT-INTEGRITY-") &&
            !uuid_begins("CRYPT-SUBDEV-")) {
            return MediumKind::encrypted;
        }
        if (fs::directory_iterator slaves(folder / "slaves", ec); !ec && slaves != fs::directory_iterator{}) {
            return of_each(folder / "slaves", depth + 1);
        }
        if (fs::exists(folder / "partition", ec)) {
            const auto whole = parse_device(read_line(folder.parent_path() / "dev").value_or(""));
            return whole ? of_device(*whole, depth + 1) : MediumKind::unknown;
        }
        return MediumKind::clear;
    }

    // The device tree's name of "/dev/dm-1", "/dev/mapper/swap" or "/dev/sda2"; empty when it has none.
    std::string block_name(const std::string& device_path) const {
        const fs::path blocks = sys_ / "class" / "block";
        const std::string name = fs::path(device_path).filename();
        std::error_code ec;
        if (!device_path.starts_with("/dev/mapper/")) return fs::exists(blocks / name, ec) ? name : "";
        for (fs::directory_iterator it(blocks, ec), end; !ec && it != end; it.increment(ec)) {
            if (read_line(it->path() / "dm" / "name") == name) return it->path().filename();
        }
        return "";
    }

    MediumKind of_block_name(const std::string& name) const {
        const auto number = parse_device(read_line(sys_ / "class" / "block" / name / "dev").value_or(""));
        return number ? of_device(*number, 0) : MediumKind::unknown;
    }

    MediumKind of_btrfs(const std::string& source) const {
        const std::string name = block_name(source);
        if (name.empty()) return MediumKind::unknown;
        std::error_code ec;
        for (fs::directory_iterator it(sys_ / "fs" / "btrfs", ec), end; !ec && it != end; it.increment(ec)) {
            std::error_code none;
            if (fs::exists(it->path() / "devices" / name, none)) return of_each(it->path() / "devices", 0);
        }
        // Without the list of its devices, one encrypted device says nothing about the others.
        const MediumKind kind = of_block_name(name);
        return kind == MediumKind::encrypted ? MediumKind::unknown : kind;
    }

    MediumKind of_memory() {
        std::ifstream in(proc_ / "swaps");
        std::string line;
        if (!std::getline(in, line)) return MediumKind::unknown;  // the first line is the heading
        while (std::getline(in, line)) {
            std::istringstream words(line);
            std::string device, type;
            words >> device >> type;
            if (!device.empty() && !swap_is_safe(unescape(device), type)) return MediumKind::clear;
        }
        return MediumKind::memory;
    }

    bool swap_is_safe(const std::string& device, const std::string& type) {
        if (type == "file") return of_swap_file(device) == MediumKind::encrypted;
        const std::string name = block_name(device);
        if (name.starts_with("zram")) {
            // Compressed memory, unless it was told to write what is cold to a device.
            return read_line(sys_ / "class" / "block" / name / "backing_dev").value_or("none") == "none";
        }
        return !name.empty() && of_block_name(name) == MediumKind::encrypted;
    }

    MediumKind of_swap_file(const std::string& path) {
        const Mount* mount = by_point(path);
        if (mount == nullptr || mount->type == "tmpfs" || mount->type == "ramfs") return MediumKind::unknown;
        return of_path(path, std::nullopt);
    }

    fs::path proc_;
    fs::path sys_;
    fs::path udev_;
    std::vector<Mount> mounts_;
};

}  // namespace

MediumKind medium_of_mount(const std::string& path, unsigned major, unsigned minor,
                           const MediumRoots& roots) {
    return Probe(roots).of_path(path, DeviceNumber{major, minor});
}

DeviceInfo device_of_mount(const std::string& path, unsigned major, unsigned minor,
                           const MediumRoots& roots) {
    return Probe(roots).device(path, DeviceNumber{major, minor});
}

std::string medium_name(MediumKind kind) {
    switch (kind) {
        case MediumKind::memory:
            return "memory";
        case MediumKind::encrypted:
            return "encrypted";
        case MediumKind::clear:
            return "clear";
        case MediumKind::unknown:
            break;
    }
    return "unknown";
}

}  // namespace coffre
