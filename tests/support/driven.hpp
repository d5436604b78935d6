#pragma once
// One equipment's driver on its simulator, for tests of that driver alone.

#include <map>
#include <string>

#include "base/process.hpp"
#include "drivers/equipment/drivers.hpp"
#include "drivers/equipment/memory_files.hpp"
#include "drivers/model/compare.hpp"
#include "tests/support/simulator.hpp"

namespace coffre::test {

// Waits are shortened: simulators restart at once.
class ShortClock final : public Clock {
public:
    Timestamp now() override { return system_clock().now(); }
    std::int64_t monotonic_ns() override { return system_clock().monotonic_ns(); }
    void sleep_ms(int ms) override { system_clock().sleep_ms(1 + ms / 10); }
};

class Driven {
public:
    Driven(const std::string& driver, const RunningEquipment& running,
           const drivers::DriverSettings& settings = {},
           const std::map<std::string, std::string>& secrets = {})
        : name_(driver) {
        for (const auto& [name, value] : secrets) secrets_.insert_or_assign(name, SecretText(value));
        context_.settings = settings;
        context_.settings["url"] = running.url();
        if (const auto pin = running.certificate_sha256(); !pin.empty())
            context_.settings["certificate-sha256"] = pin;
        driver_ = drivers::make_driver(driver, context_);
    }

    [[nodiscard]] EquipmentDriver& driver() { return *driver_; }

    [[nodiscard]] drivers::MemoryFiles capture() {
        drivers::MemoryFiles files;
        driver_->capture(files);
        return files;
    }
    [[nodiscard]] Model model(const drivers::MemoryFiles& files) const {
        return drivers::model_of(name_ + " 1", files);
    }
    [[nodiscard]] Model model() { return model(capture()); }

    // Prepares, does it, and says in order what was done.
    std::vector<std::string> restore(const drivers::MemoryFiles& wanted, const RestoreOptions& options = {}) {
        const auto now = capture();
        const auto job = driver_->prepare_restore(wanted, now, options);
        std::vector<std::string> done;
        job->apply([&](const PlanStep& step) { done.push_back(step.what); });
        if (job->plan().reboots) driver_->wait_until_ready();
        return done;
    }
    [[nodiscard]] RestorePlan plan(const drivers::MemoryFiles& wanted) {
        const auto now = capture();
        return driver_->prepare_restore(wanted, now, {})->plan();
    }

private:
    std::string name_;
    ShortClock clock_;
    SecretTexts secrets_;
    drivers::DriverContext context_{
        {system_files(), clock_, system_random(), process_id()}, "NVR-HALL", {}, secrets_};
    std::unique_ptr<EquipmentDriver> driver_;
};

// "cameras/1: name", a line each.
inline std::string changes_between(const Model& before, const Model& after) {
    std::string text;
    for (const auto& change : model::compare(before, after)) {
        text += model_path(change.category, change.key) + ":";
        for (const auto& field : change.fields) text += " " + field.field;
        text += "\n";
    }
    return text;
}

// Why a restore will not bring `what` back; empty: it says nothing of it.
inline std::optional<Msg> gap_of(const RestorePlan& plan, const std::string& what) {
    for (const auto& gap : plan.gaps)
        if (gap.what == what) return gap.why.id;
    return std::nullopt;
}

}  // namespace coffre::test
