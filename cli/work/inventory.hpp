#pragma once
// The site's record, its policy and its inventory of equipments: every change is a journaled version.

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/equipment_driver.hpp"
#include "cli/work/session.hpp"

namespace coffre::cli {

struct SiteEdit {
    std::optional<std::string> contract, responsible, deputy, timezone;
    std::optional<std::string> contract_from, contract_until;  // "2026-11-26"; "": none
    std::optional<std::string> schedule, place;                // as journal::Site has them
    std::string message;

    [[nodiscard]] bool empty() const {
        return !contract && !responsible && !deputy && !timezone && !contract_from && !contract_until &&
               !schedule && !place;
    }
};
// Error{usage} for a time zone, a date, a time of the week or a place that is none, and for text that is not
// UTF-8.
void edit_site(Session& session, const SiteEdit& edit);

// A profile's name, or a TOML file. Error{usage} naming what is wrong with it.
journal::Policy read_policy(FileSystem& files, const std::string& file_or_profile);
void set_policy(Session& session, journal::Policy policy);

struct EquipmentEdit {
    std::string name;
    std::optional<std::string> type, driver;
    std::vector<std::string> set;    // "key=value"
    std::vector<std::string> unset;  // "key", of a setting or a secret
    // "name", asked for on the terminal; "name=FILE", its first line; "name=VARIABLE", erased once read.
    std::vector<std::string> secret, secret_file, secret_env;
    std::string message;
};
// Each checks name, type, driver and settings (Error{usage}) before anything is written, and returns the
// record as it is now.
journal::Equipment add_equipment(Session& session,
                                 const EquipmentEdit& edit);  // Error{failed}: there already
journal::Equipment edit_equipment(Session& session, const EquipmentEdit& edit);
journal::Equipment remove_equipment(Session& session, const EquipmentEdit& edit);

// What a driver finds without storing it.
struct EquipmentTest {
    std::string name;
    std::string driver;
    std::uint64_t files = 0, bytes = 0;
    std::vector<std::pair<std::string, Message>> failed;   // paths that could not be read, and why
    std::vector<std::pair<std::string, Message>> skipped;  // left out by rule
    std::optional<Message> unreachable;                    // nothing at all could
    std::optional<Message> hint;                           // to that
    DeviceIdentity identity;
    std::map<Category, std::size_t> items;  // of the model
};
// `feed` is the capture: Error{unreachable} and Error{usage} of it are kept in the result.
EquipmentTest test_capture(const std::string& name, const std::string& driver,
                           const std::function<void(CaptureSink&)>& feed);
// Pins the equipment where it is not pinned yet.
EquipmentTest test_equipment(Session& session, const std::string& name);

// Captures twice, `seconds` apart, and tells which model paths changed by themselves. With `apply` they are
// added to the setting `volatile`.
std::vector<std::string> learn_volatile(Session& session, const std::string& name, int seconds, bool apply,
                                        ProgressLine& progress);

}  // namespace coffre::cli
