#pragma once
// The drivers that there are, by the name that an equipment's record bears.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/equipment_driver.hpp"
#include "base/file_system.hpp"

namespace coffre::drivers {

// How far a driver was tried.
enum class Evidence : std::uint8_t {
    real_product,  // run against the product itself
    real_data,     // against data that was captured from it
    documents,     // from documents only
};

struct DriverSetting {
    std::string name;
    bool required = false;
    bool local_path = false;  // a place on this machine: kept as an absolute path
};

struct DriverInfo {
    std::string name;
    Evidence evidence = Evidence::documents;
    std::vector<DriverSetting> settings;
};

const std::vector<DriverInfo>& known_drivers();
// Error{usage} when there is none of that name.
const DriverInfo& driver_named(const std::string& name);

using DriverSettings = std::map<std::string, std::string>;

// Error{usage} for a setting that the driver does not know, and for one that it needs and does not have.
void check_settings(const DriverInfo& driver, const DriverSettings& settings);

std::unique_ptr<EquipmentDriver> make_driver(FileSystem& files, const std::string& name,
                                             const DriverSettings& settings);

}  // namespace coffre::drivers
