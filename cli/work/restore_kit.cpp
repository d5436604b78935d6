#include "cli/work/restore_kit.hpp"

#include <algorithm>
#include <charconv>
#include <functional>
#include <map>

#include "base/error.hpp"
#include "cli/work/format_page.hpp"
#include "cli/work/restore_kit_texts.hpp"
#include "store/crypto/primitives.hpp"

namespace coffre::cli {

namespace {

constexpr std::size_t step = 1 << 20;        // bytes
constexpr std::uint64_t text_max = 1 << 20;  // bytes: SHA256SUMS, VERSION
const std::string sums_name = "SHA256SUMS";
const std::string version_name = "VERSION";

#if defined(__x86_64__)
constexpr std::string_view machine = "x86-64";
#elif defined(__aarch64__)
constexpr std::string_view machine = "arm64";
#else
constexpr std::string_view machine = "the same processor as the machine that wrote this";
#endif

// One file of the kit: the copy of another, or a text.
struct Part {
    std::string source;  // "": `text`
    std::string text;
    std::uint32_t mode = 0644;
    Sha256Digest sha256;
    std::uint64_t size = 0;
};

using Parts = std::map<std::string, Part>;  // by the path below the kit's folder

std::string name_of(const std::string& path) { return split_path(path).second; }

std::string filled(std::string_view text, const std::vector<std::pair<std::string, std::string>>& values) {
    std::string out(text);
    for (const auto& [word, value] : values)
        for (auto at = out.find(word); at != std::string::npos; at = out.find(word, at + value.size()))
            out.replace(at, word.size(), value);
    return out;
}

// Follows links: a library's name is one, and so is many a zone's.
std::unique_ptr<File> open_source(FileSystem& files, const std::string& path) {
    const auto [folder, name] = split_path(files.resolve(path));
    const auto in = files.open_directory(folder);
    auto file = in ? in->open_file(name) : nullptr;
    if (!file) throw Error(Errc::failed, say<Msg::file_error>(path, tr<Msg::os_not_found>()));
    return file;
}

void each_piece(File& file, const std::function<void(ByteView)>& fn) {
    Bytes buffer(step);
    for (std::uint64_t at = 0;;) {
        const auto count = file.read_at(at, buffer);
        if (count == 0) return;
        fn(ByteView(buffer).first(count));
        at += count;
    }
}

void measure(FileSystem& files, Part& part) {
    crypto::Sha256 hash;
    const auto take = [&](ByteView bytes) {
        hash.update(bytes);
        part.size += bytes.size();
    };
    if (part.source.empty())
        take(as_bytes(part.text));
    else
        each_piece(*open_source(files, part.source), take);
    part.sha256 = hash.finish();
}

std::string launcher(const std::string& loader) {
    const auto run = loader.empty()
                         ? "\"$here/bin/coffre\""
                         : "\"$here/lib/" + loader + "\" --library-path \"$here/lib\" \"$here/bin/coffre\"";
    return filled(kit_launcher,
                  {{"{RUN}", run}, {"{FIRST}", loader.empty() ? "bin/coffre" : "lib/" + loader}});
}

Parts parts_of(FileSystem& files, const KitParts& wanted) {
    Parts parts;
    const std::vector<std::pair<std::string, std::string>> values{{"{VERSION}", wanted.version},
                                                                  {"{MACHINE}", std::string(machine)},
                                                                  {"{KIT}", std::string(restore_kit_folder)}};
    const auto text = [&](const std::string& name, std::string content, std::uint32_t mode = 0644) {
        parts[name].text = std::move(content);
        parts[name].mode = mode;
    };
    const auto copy = [&](const std::string& name, const std::string& source, std::uint32_t mode) {
        parts[name].source = source;
        parts[name].mode = mode;
    };
    copy("bin/coffre", wanted.program.executable, 0755);
    for (const auto& library : wanted.program.libraries) copy("lib/" + library.name, library.path, 0644);
    const auto& loader = wanted.program.loader;
    if (!loader.name.empty()) copy("lib/" + loader.name, loader.path, 0755);
    for (const auto& zone : wanted.zones) {
        const auto path = wanted.zone_folder + "/" + zone;
        const auto stat = files.stat(path);
        if (stat && stat->type == FileType::regular) copy("share/zoneinfo/" + zone, path, 0644);
    }
    text("coffre", launcher(loader.name), 0755);
    text("FORMAT.md", std::string(format_page()));
    text("README.txt", filled(kit_readme, values));
    text("LISEZMOI.txt", filled(kit_lisezmoi, values));
    text(version_name, wanted.version + "\n");
    for (auto& [name, part] : parts) measure(files, part);
    return parts;
}

std::string sums_of(const Parts& parts) {
    std::string sums;
    for (const auto& [name, part] : parts) sums += part.sha256.hex() + "  " + name + "\n";
    return sums;
}

// "0.10.2" as numbers; what is no number counts as 0.
std::vector<int> numbers_of(std::string_view version) {
    std::vector<int> numbers;
    while (!version.empty()) {
        const auto dot = std::min(version.find('.'), version.size());
        int number = 0;
        std::from_chars(version.data(), version.data() + dot, number);
        numbers.push_back(number);
        version.remove_prefix(std::min(dot + 1, version.size()));
    }
    return numbers;
}

std::string text_of(Directory& folder, const std::string& name) {
    const auto stat = folder.stat(name);
    if (!stat || stat->type != FileType::regular || stat->size > text_max) return "";
    const auto bytes = read_file(folder, name, text_max);
    return bytes ? std::string(as_text(*bytes)) : "";
}

// The folder of a name like "share/zoneinfo/Europe/Paris", made on the way or (null) not there.
std::unique_ptr<Directory> folder_of(Directory& kit, const std::string& name, bool make) {
    auto names = split_names(name);
    names.pop_back();
    std::unique_ptr<Directory> at;
    for (const auto& one : names) {
        Directory& in = at ? *at : kit;
        auto next = make ? in.make_directory(one) : in.open_directory(one);
        if (!next) return nullptr;
        at = std::move(next);
    }
    return at;
}

bool has_all_files(Directory& kit, const Parts& parts) {
    return std::all_of(parts.begin(), parts.end(), [&](const auto& named) {
        const auto& [name, part] = named;
        const auto folder = folder_of(kit, name, false);
        if (!folder && name.find('/') != std::string::npos) return false;
        const auto stat = (folder ? *folder : kit).stat(name_of(name));
        return stat && stat->type == FileType::regular && stat->size == part.size;
    });
}

void remove_tree(Directory& folder, const std::string& name) {
    const auto stat = folder.stat(name);
    if (!stat) return;
    if (stat->type != FileType::directory) return folder.remove_file(name);
    {
        const auto below = folder.open_directory(name);
        if (!below) return;
        for (const auto& entry : below->entries()) remove_tree(*below, entry.name);
    }
    folder.remove_directory(name);
}

void sync_tree(Directory& folder) {
    for (const auto& entry : folder.entries())
        if (entry.type == FileType::directory)
            if (const auto below = folder.open_directory(entry.name)) sync_tree(*below);
    folder.sync();
}

void write_part(FileSystem& files, Directory& kit, const std::string& name, const Part& part) {
    const auto folder = folder_of(kit, name, true);
    const auto out = (folder ? *folder : kit).create_file(name_of(name), part.mode);
    if (part.source.empty()) {
        out->write(as_bytes(part.text));
    } else {
        crypto::Sha256 hash;
        each_piece(*open_source(files, part.source), [&](ByteView bytes) {
            hash.update(bytes);
            out->write(bytes);
        });
        if (hash.finish() != part.sha256)
            throw Error(Errc::failed, say<Msg::file_error>(part.source, tr<Msg::file_changed>()));
    }
    out->sync();
}

}  // namespace

RestoreKit write_restore_kit(FileSystem& files, const std::string& folder, const KitParts& wanted) {
    const std::string name(restore_kit_folder), fresh = name + ".new", old = name + ".old";
    const auto root = files.open_directory(folder);
    if (!root) throw Error(Errc::failed, say<Msg::file_error>(folder, tr<Msg::os_not_found>()));
    const auto parts = parts_of(files, wanted);
    const auto sums = sums_of(parts);

    RestoreKit kit;
    kit.version = wanted.version;
    kit.sha256 = crypto::sha256(as_bytes(sums));
    kit.bytes = sums.size();
    for (const auto& [path, part] : parts) kit.bytes += part.size;

    const auto there = root->open_directory(name);
    if (there) {
        const auto there_sums = text_of(*there, sums_name);
        auto there_version = text_of(*there, version_name);
        while (there_version.ends_with('\n')) there_version.pop_back();
        if (there_sums == sums && has_all_files(*there, parts)) return kit;
        if (!there_sums.empty() && numbers_of(there_version) > numbers_of(wanted.version)) {
            kit.version = there_version;
            kit.sha256 = crypto::sha256(as_bytes(there_sums));
            return kit;
        }
    }

    remove_tree(*root, fresh);
    {
        const auto made = root->make_directory(fresh);
        for (const auto& [path, part] : parts) write_part(files, *made, path, part);
        const auto file = made->create_file(sums_name, 0644);
        file->write(as_bytes(sums));
        file->sync();
        sync_tree(*made);
    }
    root->sync();
    if (root->stat(name)) {
        remove_tree(*root, old);
        root->rename(name, *root, old);
        root->sync();
    }
    root->rename(fresh, *root, name);
    root->sync();
    remove_tree(*root, old);
    kit.written = true;
    return kit;
}

std::optional<std::vector<std::string>> check_restore_kit(FileSystem& files, const std::string& folder) {
    const auto root = files.open_directory(folder);
    const auto kit = root ? root->open_directory(std::string(restore_kit_folder)) : nullptr;
    if (!kit) return std::nullopt;
    std::vector<std::string> wrong;
    const auto sums = text_of(*kit, sums_name);
    if (sums.empty()) wrong.push_back(sums_name);
    constexpr std::size_t digest_size = 64, gap = 2;
    for (std::size_t at = 0; at < sums.size();) {
        const auto end = std::min(sums.find('\n', at), sums.size());
        const auto line = sums.substr(at, end - at);
        at = end + 1;
        const auto name = line.size() > digest_size + gap ? line.substr(digest_size + gap) : "";
        const auto names = split_names(name);
        if (names.empty() || join_names(names) != name) {
            wrong.push_back(sums_name);
            break;
        }
        crypto::Sha256 hash;
        try {
            const auto below = folder_of(*kit, name, false);
            const auto file =
                below || names.size() == 1 ? (below ? *below : *kit).open_file(names.back()) : nullptr;
            if (!file) {
                wrong.push_back(name);
                continue;
            }
            file->forget_cached(0, 0);
            each_piece(*file, [&](ByteView bytes) { hash.update(bytes); });
        } catch (const Error&) {
            wrong.push_back(name);
            continue;
        }
        if (hash.finish().hex() != line.substr(0, digest_size)) wrong.push_back(name);
    }
    return wrong;
}

}  // namespace coffre::cli
