#pragma once
// One driver that speaks with a simulator, and what it said to people: for the tests of one driver alone.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/process.hpp"
#include "drivers/equipment/drivers.hpp"
#include "drivers/equipment/memory_files.hpp"
#include "tests/support/simulator.hpp"

namespace coffre::test {

class OwnDriver {
public:
    OwnDriver(const std::string& name, const RunningEquipment& running, drivers::DriverSettings settings,
              const std::map<std::string, std::string>& secrets) {
        for (const auto& [secret, value] : secrets) secrets_.emplace(secret, SecretText(value));
        context_.settings = std::move(settings);
        context_.settings["url"] = running.url();
        context_.settings["certificate-sha256"] = running.certificate_sha256();
        driver_ = drivers::make_driver(name, context_);
    }
    OwnDriver(const OwnDriver&) = delete;
    OwnDriver& operator=(const OwnDriver&) = delete;

    [[nodiscard]] EquipmentDriver& driver() { return *driver_; }

    drivers::MemoryFiles capture() {
        drivers::MemoryFiles files;
        driver_->capture(files);
        return files;
    }
    [[nodiscard]] Model model(const drivers::MemoryFiles& files) const {
        return drivers::model_of(driver_->id(), files);
    }

    template <class Fn>
    std::optional<Errc> error_of(Fn&& fn) {
        try {
            fn();
        } catch (const Error& error) {
            said_.push_back(text(Lang::en, error.message().id, error.message().args));
            for (const auto& argument : error.message().args) said_.push_back(argument);
            return error.code();
        }
        return std::nullopt;
    }
    [[nodiscard]] const std::vector<std::string>& said() const { return said_; }

private:
    // Pauses are shorter: simulators are back at once.
    class HastyClock final : public Clock {
    public:
        Timestamp now() override { return system_clock().now(); }
        std::int64_t monotonic_ns() override { return system_clock().monotonic_ns(); }
        void sleep_ms(int ms) override { system_clock().sleep_ms(1 + ms / 20); }
    };

    HastyClock clock_;
    SecretTexts secrets_;
    drivers::DriverContext context_{
        {system_files(), clock_, system_random(), process_id()}, "NVR-HALL", {}, secrets_};
    std::unique_ptr<EquipmentDriver> driver_;
    std::vector<std::string> said_;
};

}  // namespace coffre::test
