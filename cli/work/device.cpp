#include "cli/work/device.hpp"

namespace coffre::cli {

namespace {

constexpr const char* ignored_setting = "volatile";

}  // namespace

Source source_of(Session& session, const journal::Equipment& equipment) {
    Source source;
    source.name = equipment.name;
    source.driver = equipment.driver;
    source.settings = equipment.settings;
    for (const auto& [name, sealed] : equipment.secrets)
        source.secrets.emplace(name, session.repository().open_secret(equipment, name));
    return source;
}

Source source_from(const std::string& name, const std::string& path) {
    Source source;
    source.name = name;
    source.settings["path"] = path;
    return source;
}

Device::Device(const Context& context, Source source) : source_(std::move(source)) {
    from_.reset(
        new drivers::DriverContext{context.environment, source_.name, source_.settings, source_.secrets});
    const auto& info = drivers::driver_named(source_.driver);
    drivers::check_settings(info, source_.settings);
    drivers::check_secrets(info, *from_);
    if (info.first_pin != nullptr) {
        auto [setting, value] = info.first_pin(*from_);
        if (!setting.empty() && !value.empty()) {
            from_->settings[setting] = value;
            pin_ = Pin{std::move(setting), std::move(value)};
        }
    }
    renew();
}

void telling_a_way_out(const std::function<void()>& work) {
    try {
        work();
    } catch (const Error& error) {
        if (error.code() != Errc::unreachable || !error.hint().empty()) throw;
        throw error.with_hint(say<Msg::hint_device_lost>());
    }
}

void record_pin(Session& session, const std::string& equipment, const std::optional<Pin>& pin) {
    if (!pin) return;
    bool recorded = false;
    session.repository().change([&](const journal::State& newest) {
        const auto* known = newest.find_equipment(equipment);
        if (known == nullptr || known->settings.contains(pin->setting)) return journal::Json::array();
        auto next = *known;
        next.settings[pin->setting] = pin->value;
        next.version.message = tr<Msg::pinned_message>();
        recorded = true;
        return journal::Json::array({journal::equipment_record(next)});
    });
    if (recorded)
        note(session.context().quiet(), tr<Msg::device_pinned>(equipment, pin->setting, pin->value));
}

std::vector<std::string> ignored_paths(const journal::Equipment* equipment) {
    std::vector<std::string> paths;
    if (equipment == nullptr) return paths;
    const auto found = equipment->settings.find(ignored_setting);
    if (found == equipment->settings.end()) return paths;
    std::string_view rest = found->second;
    while (!rest.empty()) {
        const auto end = std::min(rest.find(' '), rest.size());
        if (end > 0) paths.emplace_back(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return paths;
}

}  // namespace coffre::cli
