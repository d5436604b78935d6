#include "cli/work/alert_memory.hpp"

#include "store/repo/machine.hpp"

namespace coffre::cli {

namespace {

constexpr const char* file_name = "alerts-taken";
constexpr std::uint64_t file_max = 4 << 20;  // bytes

}  // namespace

AlertMemory::AlertMemory(const Session& session)
    : files_(session.context().environment.files),
      folder_(repo::machine_folder(session.context().local_folders(), session.repository().id())),
      before_(load()),
      told_(before_) {}

std::set<std::string> AlertMemory::took(const std::string& id) const {
    const auto found = told_.find(id);
    return found == told_.end() ? std::set<std::string>() : found->second;
}

void AlertMemory::remember(const std::string& id, std::set<std::string> hooks) {
    if (!hooks.empty()) told_[id] = std::move(hooks);
}

void AlertMemory::keep_only(const std::set<std::string>& ids) {
    std::erase_if(told_, [&](const auto& item) { return !ids.contains(item.first); });
    if (told_ == before_ || folder_.empty()) return;
    try {
        save();
        before_ = told_;
    } catch (const Error&) {  // NOLINT: forgotten
    }
}

AlertMemory::Told AlertMemory::load() const {
    if (folder_.empty()) return {};
    try {
        const auto folder = files_.open_directory(folder_);
        const auto bytes = folder ? read_file(*folder, file_name, file_max) : std::nullopt;
        if (!bytes) return {};
        return Json::parse(as_text(*bytes)).at("taken").get<Told>();
    } catch (const Error&) {
        return {};
    } catch (const Json::exception&) {
        return {};
    }
}

void AlertMemory::save() const {
    const auto folder = files_.make_directories(folder_);
    if (told_.empty()) return folder->remove_file(file_name);
    const auto text = Json{{"taken", told_}}.dump();
    const auto scratch = std::string(file_name) + ".new";
    folder->remove_file(scratch);
    write_file_durably(*folder, scratch, *folder, file_name, as_bytes(text));
}

}  // namespace coffre::cli
