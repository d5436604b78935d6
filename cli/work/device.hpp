#pragma once
// An equipment of the inventory as something to speak with: its driver, made of its record and its secrets.

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/equipment_driver.hpp"
#include "cli/work/session.hpp"
#include "drivers/equipment/drivers.hpp"

namespace coffre::cli {

// How the configuration of `name` is read. Made by the thread that has the session; then a value for any.
struct Source {
    std::string name;
    std::string driver = "files";
    drivers::DriverSettings settings;
    SecretTexts secrets;
};

// Secrets are opened. Error{no_key} where the slot does not open them.
Source source_of(Session& session, const journal::Equipment& equipment);
// Files exported by hand.
Source source_from(const std::string& name, const std::string& path);

// What was learned of who the equipment is: a setting that its record lacks.
struct Pin {
    std::string setting, value;
};

// Thread-safe in that several of them may live in several threads.
class Device {
public:
    // Where nothing pins the equipment yet, it is asked what it shows (connects, sends no credentials).
    Device(const Context& context, Source source);
    Device(const Device&) = delete;
    Device& operator=(const Device&) = delete;

    [[nodiscard]] EquipmentDriver& driver() { return *driver_; }
    // A new driver, that has asked nothing yet.
    void renew() { driver_ = drivers::make_driver(source_.driver, *from_); }
    [[nodiscard]] const std::string& name() const { return source_.name; }
    [[nodiscard]] const Source& source() const { return source_; }
    // Empty: it was pinned already, or has nothing to pin.
    [[nodiscard]] const std::optional<Pin>& pin() const { return pin_; }

private:
    Source source_;
    std::unique_ptr<drivers::DriverContext> from_;
    std::optional<Pin> pin_;
    std::unique_ptr<EquipmentDriver> driver_;
};

// What it throws as unreachable without a way out gets the usual one: see to the equipment, try again.
void telling_a_way_out(const std::function<void()>& work);

// Journals the pin, unless another process was faster; says so on standard error.
void record_pin(Session& session, const std::string& equipment, const std::optional<Pin>& pin);

// The patterns of model paths that are passed over when comparing: the setting `volatile`.
std::vector<std::string> ignored_paths(const journal::Equipment* equipment);

}  // namespace coffre::cli
