#pragma once
// The drivers that there are, by the name that an equipment's record bears, and what each can do.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/environment.hpp"
#include "base/equipment_driver.hpp"
#include "base/secret_text.hpp"

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
    bool secret = false;      // a password, a token: sealed, never among the settings in clear
};

using DriverSettings = std::map<std::string, std::string>;

// What a driver is made of. Lives as long as the driver.
struct DriverContext {
    Environment environment;
    std::string equipment;  // its name in the inventory, for messages
    DriverSettings settings;
    const SecretTexts& secrets;

    // "" where it is not set.
    [[nodiscard]] std::string setting(const std::string& name) const;
    [[nodiscard]] const std::string& secret(const std::string& name) const;
    // A number of seconds, of bytes…; Error{usage} for what is no number from `least` to `most`.
    [[nodiscard]] std::int64_t number(const std::string& name, std::int64_t otherwise, std::int64_t least,
                                      std::int64_t most) const;
};

struct DriverInfo {
    std::string name;
    int version = 1;  // of what it captures
    Evidence evidence = Evidence::documents;
    std::vector<DriverSetting> settings;
    // Speaks with something that may be slow or dead: captured beside others.
    bool is_remote = false;
    bool restores = false;
    std::unique_ptr<EquipmentDriver> (*make)(const DriverContext&) = nullptr;
    // What the files of its captures say. Pure; files that it cannot read stay unexplained. Null: by what
    // each file looks like (recognise.hpp).
    void (*model)(const FileSource& files, Model& model) = nullptr;
    // On first use: the setting that pins who the equipment is, and what it shows now. Empty: nothing needs
    // to be pinned. Connects, sends no credentials. Null: there is nothing to pin.
    std::pair<std::string, std::string> (*first_pin)(const DriverContext&) = nullptr;

    [[nodiscard]] std::string id() const { return name + " " + std::to_string(version); }
};

// By name.
const std::vector<DriverInfo>& known_drivers();
// Error{usage} when there is none of that name.
const DriverInfo& driver_named(const std::string& name);

// Error{usage} for a setting that the driver does not know, for a secret among them, and for one that it
// needs and does not have. Any driver knows `stage` (production, test) and `volatile` (patterns of model
// paths, blanks between).
void check_settings(const DriverInfo& driver, const DriverSettings& settings);
// Error{usage} for a secret that the driver does not know.
void check_secret_name(const DriverInfo& driver, const std::string& name);

// Error{usage} for a secret that is needed and not known.
void check_secrets(const DriverInfo& driver, const DriverContext& context);

// Error{usage} likewise. `context` outlives the driver.
std::unique_ptr<EquipmentDriver> make_driver(const std::string& name, const DriverContext& context);

// The model of a snapshot: by its driver ("hikvision 1", of whatever version), then by what each file looks
// like. Never throws for what the files hold.
Model model_of(const std::string& driver_id, const FileSource& files);

// Raised when the same files give another model: fingerprints of another version are not compared.
constexpr int model_version = 1;

}  // namespace coffre::drivers
