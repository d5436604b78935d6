#include "drivers/equipment/drivers.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "drivers/equipment/files.hpp"

namespace coffre::drivers {

namespace {

std::string names_of(const std::vector<DriverSetting>& settings) {
    std::string names;
    for (const auto& setting : settings) names += (names.empty() ? "" : ", ") + setting.name;
    return names;
}

}  // namespace

const std::vector<DriverInfo>& known_drivers() {
    static const std::vector<DriverInfo> drivers{
        {"files", Evidence::real_product, {{"path", true, true}}},
    };
    return drivers;
}

const DriverInfo& driver_named(const std::string& name) {
    std::string all;
    for (const auto& driver : known_drivers()) {
        if (driver.name == name) return driver;
        all += (all.empty() ? "" : ", ") + driver.name;
    }
    throw Error(Errc::usage, say<Msg::driver_unknown>(name), say<Msg::hint_drivers>(all));
}

void check_settings(const DriverInfo& driver, const DriverSettings& settings) {
    const auto hint = say<Msg::hint_driver_settings>(driver.name, names_of(driver.settings));
    for (const auto& [name, value] : settings) {
        const bool known = std::any_of(driver.settings.begin(), driver.settings.end(),
                                       [&, &key = name](const auto& setting) { return setting.name == key; });
        if (!known) throw Error(Errc::usage, say<Msg::driver_setting_unknown>(driver.name, name), hint);
    }
    for (const auto& setting : driver.settings) {
        const auto found = settings.find(setting.name);
        if (setting.required && (found == settings.end() || found->second.empty()))
            throw Error(Errc::usage, say<Msg::driver_setting_missing>(driver.name, setting.name), hint);
    }
}

std::unique_ptr<EquipmentDriver> make_driver(FileSystem& files, const std::string& name,
                                             const DriverSettings& settings) {
    const auto& driver = driver_named(name);
    check_settings(driver, settings);
    return files_driver(files, settings.at("path"));
}

}  // namespace coffre::drivers
