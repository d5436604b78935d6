#include "cli/work/clear_sources.hpp"

#include <algorithm>
#include <map>

#include "cli/work/supervise.hpp"
#include "store/repo/machine.hpp"
#include "store/rules/due.hpp"

namespace coffre::cli {

namespace {

constexpr const char* file_name = "clear-sources";
constexpr std::uint64_t file_max = 4 << 20;

struct ClearSource {
    std::string equipment;
    std::string folder;              // where it lies, absolute
    std::vector<std::string> names;  // below it
    std::string device;              // what it lies on; "": not known
};

bool is_clear(FileSystem& files, const std::string& path) {
    const auto medium = files.medium_of(path);
    return medium != MediumKind::encrypted && medium != MediumKind::memory;
}

std::string device_of(FileSystem& files, const std::string& path) {
    std::string there = path;
    while (!there.empty() && there != "/" && there != "." && !files.stat(there))
        there = split_path(there).first;
    const auto device = files.device_of(there);
    return device.serial.empty() ? device.name : device.serial;
}

// Any file at that name, however deep.
bool holds_a_file(Directory& folder, const std::string& name) {
    const auto stat = folder.stat(name);
    if (!stat) return false;
    if (stat->type != FileType::directory) return true;
    const auto below = folder.open_directory(name);
    if (below == nullptr) return false;
    const auto entries = below->entries();
    return std::any_of(entries.begin(), entries.end(),
                       [&](const auto& entry) { return holds_a_file(*below, entry.name); });
}

bool is_there(FileSystem& files, const ClearSource& source) {
    try {
        if (!source.device.empty() && device_of(files, source.folder) != source.device) return true;
        const auto folder = files.open_directory(source.folder);
        if (folder == nullptr || !is_clear(files, source.folder)) return false;
        return std::any_of(source.names.begin(), source.names.end(),
                           [&](const auto& name) { return holds_a_file(*folder, name); });
    } catch (const Error&) {
        return true;  // who cannot look does not know that it is gone
    }
}

std::string hex_of(const std::string& text) { return to_hex(as_bytes(text)); }

std::string text_of(const Json& json) {
    const auto bytes = from_hex(json.get<std::string>());
    return bytes ? std::string(as_text(*bytes)) : std::string();
}

// This machine's memory of one repository. Where it cannot be read nothing is known to be gone: the journal's
// last observation stays as it was.
class Memory {
public:
    explicit Memory(Session& session)
        : files_(session.context().environment.files),
          folder_(repo::machine_folder(session.context().local_folders(), session.repository().id())) {}

    [[nodiscard]] std::vector<ClearSource> load() const {
        std::vector<ClearSource> sources;
        if (folder_.empty()) return sources;
        try {
            const auto folder = files_.open_directory(folder_);
            const auto bytes = folder ? read_file(*folder, file_name, file_max) : std::nullopt;
            if (!bytes) return sources;
            const auto document = Json::parse(as_text(*bytes));
            for (const auto& item : document.at("sources")) {
                ClearSource source{item.at("equipment"), text_of(item.at("folder")), {}, item.at("device")};
                for (const auto& name : item.at("names")) source.names.push_back(text_of(name));
                sources.push_back(std::move(source));
            }
        } catch (const Error&) {
            sources.clear();
        } catch (const Json::exception&) {
            sources.clear();
        }
        return sources;
    }

    // A machine that keeps nothing of its own, or cannot, remembers nothing: the observation in the journal
    // stays.
    void save(const std::vector<ClearSource>& sources) {
        if (folder_.empty()) return;
        try {
            write(sources);
        } catch (const Error&) {  // NOLINT: not remembered
        }
    }

private:
    void write(const std::vector<ClearSource>& sources) {
        Json list = Json::array();
        for (const auto& source : sources) {
            Json names = Json::array();
            for (const auto& name : source.names) names.push_back(hex_of(name));
            list.push_back({{"equipment", source.equipment},
                            {"folder", hex_of(source.folder)},
                            {"names", std::move(names)},
                            {"device", source.device}});
        }
        const std::string text = Json{{"sources", std::move(list)}}.dump();
        const auto folder = files_.make_directories(folder_);
        if (sources.empty())
            folder->remove_file(file_name);
        else
            write_file_durably(*folder, std::string(file_name) + ".new", *folder, file_name, as_bytes(text));
    }

    FileSystem& files_;
    std::string folder_;
};

void tell_of(Session& session, const std::string& equipment, bool gone) {
    journal::Observation seen;
    seen.what = rules::observed::clear_text;
    seen.subject = equipment;
    seen.ok = gone;
    if (!gone) seen.code = "source-left";
    observe(session, seen);
}

}  // namespace

void remember_clear_source(Session& session, const std::string& equipment, const std::string& source,
                           const std::vector<std::string>& names) {
    auto& files = session.context().environment.files;
    const auto place = files.resolve(source);
    const auto stat = files.stat(place);
    ClearSource next{equipment, place, names, device_of(files, place)};
    if (!stat || stat->type != FileType::directory) {
        auto [folder, name] = split_path(place);
        next.folder = std::move(folder);
        next.names = {std::move(name)};
    }
    Memory memory(session);
    auto sources = memory.load();
    std::erase_if(sources, [&](const auto& known) {
        return known.equipment == equipment && known.folder == next.folder && known.names == next.names;
    });
    sources.push_back(std::move(next));
    memory.save(sources);
    tell_of(session, equipment, false);
}

void check_clear_sources(Session& session) {
    auto& files = session.context().environment.files;
    Memory memory(session);
    auto sources = memory.load();
    if (sources.empty()) return;
    const auto before = sources.size();
    std::map<std::string, bool> left;
    std::erase_if(sources, [&](const auto& source) {
        const bool there = is_there(files, source);
        left[source.equipment] = left[source.equipment] || there;
        return !there;
    });
    if (sources.size() < before) memory.save(sources);
    for (const auto& [equipment, there] : left) tell_of(session, equipment, !there);
}

}  // namespace coffre::cli
