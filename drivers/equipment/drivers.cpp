#include "drivers/equipment/drivers.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>

#include "base/error.hpp"
#include "drivers/equipment/axis.hpp"
#include "drivers/equipment/dahua.hpp"
#include "drivers/equipment/exec.hpp"
#include "drivers/equipment/files.hpp"
#include "drivers/equipment/frigate.hpp"
#include "drivers/equipment/general_settings.hpp"
#include "drivers/equipment/hikvision.hpp"
#include "drivers/equipment/milestone.hpp"
#include "drivers/equipment/motion.hpp"
#include "drivers/equipment/onvif.hpp"
#include "drivers/equipment/recognise.hpp"
#include "drivers/equipment/sftp.hpp"
#include "drivers/equipment/sql.hpp"
#include "drivers/equipment/zoneminder.hpp"
#include "drivers/model/formats.hpp"

namespace coffre::drivers {

namespace {

constexpr Text general_setting{"the setting {0} is {1} or {2}", "le réglage {0} vaut {1} ou {2}"};

std::string names_of(const std::vector<DriverSetting>& settings) {
    std::string names;
    for (const auto& setting : settings)
        if (!setting.secret) names += (names.empty() ? "" : ", ") + setting.name;
    return names;
}

const DriverSetting* find_setting(const DriverInfo& driver, const std::string& name) {
    for (const auto& setting : driver.settings)
        if (setting.name == name) return &setting;
    return nullptr;
}

const DriverInfo* find_driver(const std::string& name) {
    for (const auto& driver : known_drivers())
        if (driver.name == name) return &driver;
    return nullptr;
}

// Of equipments with any driver, and what each may be set to; nothing: anything.
struct GeneralSetting {
    std::string_view name, one, other;
};
constexpr std::array<GeneralSetting, 4> general_settings{{{"stage", "production", "test"},
                                                          {"volatile", "", ""},
                                                          {"mode", "auto", "manual"},
                                                          {"contract", "yes", "no"}}};

const GeneralSetting* find_general(const std::string& name) {
    for (const auto& setting : general_settings)
        if (setting.name == name) return &setting;
    return nullptr;
}

// Last parts of field names, in lower case, that count or tell the time in any make's files.
constexpr std::array<std::string_view, 14> volatile_names{
    "uptime",    "serveruptime", "rxbytes",   "txbytes",   "rxpackets",   "txpackets", "lastwrite",
    "freespace", "usedspace",    "diskspace", "localtime", "currenttime", "cpuload",   "lastseen"};

bool is_volatile_name(std::string_view field) {
    const auto last = field.find_last_of("./");
    if (last != std::string_view::npos) field.remove_prefix(last + 1);
    const auto name = model::lower(field.substr(0, field.find('[')));
    return std::find(volatile_names.begin(), volatile_names.end(), name) != volatile_names.end();
}

// What drivers and readers say is not all: such names change by themselves wherever they stand.
void mark_volatile(Model& model) {
    for (auto& [key, item] : model.items())
        for (auto& [name, field] : item.fields)
            if (is_volatile_name(name)) field.is_volatile = true;
}

// Who logs in over HTTP without a password is refused, and one more attempt is counted.
bool is_missed(const DriverInfo& driver, const DriverContext& context, const std::string& secret) {
    return secret == "password" && !context.setting("user").empty() &&
           find_setting(driver, "certificate-sha256") != nullptr;
}

Message settings_hint(const DriverInfo& driver) {
    return say<Msg::hint_driver_settings>(driver.name, names_of(driver.settings));
}

}  // namespace

std::string DriverContext::setting(const std::string& name) const {
    const auto found = settings.find(name);
    return found == settings.end() ? std::string() : found->second;
}

const std::string& DriverContext::secret(const std::string& name) const {
    static const std::string none;
    const auto found = secrets.find(name);
    return found == secrets.end() ? none : found->second.text();
}

std::int64_t DriverContext::number(const std::string& name, std::int64_t otherwise, std::int64_t least,
                                   std::int64_t most) const {
    const auto text = setting(name);
    if (text.empty()) return otherwise;
    std::int64_t value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (read.ec != std::errc() || read.ptr != text.data() + text.size() || value < least || value > most)
        throw Error(Errc::usage,
                    say<Msg::driver_number>(equipment, name, std::to_string(least), std::to_string(most)),
                    say<Msg::hint_equipment_edit_set>());
    return value;
}

const std::vector<DriverInfo>& known_drivers() {
    static const std::vector<DriverInfo> drivers{
        axis_driver_info(),    dahua_driver_info(),     exec_driver_info(),      files_driver_info(),
        frigate_driver_info(), hikvision_driver_info(), milestone_driver_info(), motion_driver_info(),
        onvif_driver_info(),   sftp_driver_info(),      sql_driver_info(),       zoneminder_driver_info(),
    };
    return drivers;
}

const DriverInfo& driver_named(const std::string& name) {
    if (const auto* driver = find_driver(name)) return *driver;
    std::string all;
    for (const auto& driver : known_drivers()) all += (all.empty() ? "" : ", ") + driver.name;
    throw Error(Errc::usage, say<Msg::driver_unknown>(name), say<Msg::hint_drivers>(all));
}

void check_settings(const DriverInfo& driver, const DriverSettings& settings) {
    for (const auto& [name, value] : settings) {
        const auto* setting = find_setting(driver, name);
        const auto* general = find_general(name);
        if (name == "stage" && value != general->one && value != general->other)
            throw Error(Errc::usage, say<Msg::driver_stage>(driver.name),
                        say<Msg::hint_equipment_edit_set>());
        if (setting == nullptr && general != nullptr) {
            if (!general->one.empty() && value != general->one && value != general->other)
                throw Error(Errc::usage, say<general_setting>(name, general->one, general->other),
                            say<Msg::hint_equipment_edit_set>());
            continue;
        }
        if (setting == nullptr)
            throw Error(Errc::usage, say<Msg::driver_setting_unknown>(driver.name, name),
                        settings_hint(driver));
        if (setting->secret)
            throw Error(Errc::usage, say<Msg::setting_secret>(), say<Msg::hint_setting_secret>(name));
    }
    const auto mode = settings.find("mode");
    if (mode != settings.end() && mode->second == "manual") return;
    for (const auto& setting : driver.settings) {
        const auto found = settings.find(setting.name);
        if (setting.required && !setting.secret && (found == settings.end() || found->second.empty()))
            throw Error(Errc::usage, say<Msg::driver_setting_missing>(driver.name, setting.name),
                        settings_hint(driver));
    }
}

bool has_no_source(const DriverSettings& settings) {
    return std::all_of(settings.begin(), settings.end(),
                       [](const auto& setting) { return find_general(setting.first) != nullptr; });
}

void check_secret_name(const DriverInfo& driver, const std::string& name) {
    const auto* setting = find_setting(driver, name);
    if (setting != nullptr && setting->secret) return;
    throw Error(Errc::usage, say<Msg::driver_secret_unknown>(driver.name, name), settings_hint(driver));
}

void check_secrets(const DriverInfo& driver, const DriverContext& context) {
    for (const auto& setting : driver.settings)
        if (setting.secret && (setting.required || is_missed(driver, context, setting.name)) &&
            context.secret(setting.name).empty())
            throw Error(Errc::usage, say<Msg::driver_secret_missing>(context.equipment, setting.name),
                        say<Msg::hint_driver_secret>(context.equipment, setting.name));
}

std::unique_ptr<EquipmentDriver> make_driver(const std::string& name, const DriverContext& context) {
    const auto& driver = driver_named(name);
    check_settings(driver, context.settings);
    check_secrets(driver, context);
    return driver.make(context);
}

Model model_of(const std::string& driver_id, const FileSource& files) {
    Model model;
    const auto* driver = find_driver(driver_id.substr(0, driver_id.find(' ')));
    if (driver != nullptr && driver->model != nullptr) {
        try {
            driver->model(files, model);
        } catch (const model::Malformed&) {
            model = {};  // half of it would look like a change
        } catch (const nlohmann::json::exception&) {
            model = {};
        } catch (const std::logic_error&) {  // a number that is none (std::stoi)
            model = {};
        }
    }
    recognise(files, model);
    mark_volatile(model);
    return model;
}

}  // namespace coffre::drivers
