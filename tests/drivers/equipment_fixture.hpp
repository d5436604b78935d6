#pragma once
// A driver of an equipment as a test sets it up, and a capture with all that a driver can tell.

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/process.hpp"
#include "drivers/equipment/drivers.hpp"
#include "drivers/equipment/memory_files.hpp"

namespace coffre::test {

// Text of each file, links as "-> target", folders that hold nothing as "/".
class CapturedFiles final : public CaptureSink {
public:
    void file(const Path& path, bool executable, ByteView content) override {
        held[join_names(path)] = std::string(as_text(content));
        if (executable) executables.insert(join_names(path));
        ++whole;
    }
    void large_file(const Path& path, bool executable, std::uint64_t size, const Pieces& next) override {
        std::string text;
        for (auto piece = next(); !piece.empty(); piece = next()) text += as_text(piece);
        if (text.size() != size) throw Error(Errc::failed, say<Msg::file_changed>());
        held[join_names(path)] = text;
        if (executable) executables.insert(join_names(path));
        ++in_pieces;
    }
    void link(const Path& path, const std::string& target) override {
        held[join_names(path)] = "-> " + target;
    }
    void empty_folder(const Path& path) override { held[join_names(path)] = "/"; }
    void skipped(const Path& path, const Message& why) override { left_out[join_names(path)] = why.id; }
    void failed(const Path& path, const Message& why) override { missing[join_names(path)] = why.id; }

    std::map<std::string, std::string> held;
    std::set<std::string> executables;
    std::map<std::string, Msg> left_out, missing;
    int whole = 0, in_pieces = 0;
};

// Secrets and settings of one equipment, and the driver made of them. Settings may be changed before the
// first question.
class Equipment {
public:
    Equipment(std::string driver, drivers::DriverSettings settings,
              const std::map<std::string, std::string>& secrets = {})
        : driver_name_(std::move(driver)),
          context_{{system_files(), system_clock(), system_random(), process_id()},
                   "NVR-HALL",
                   std::move(settings),
                   secrets_} {
        for (const auto& [name, text] : secrets) secrets_[name] = SecretText(text);
    }

    EquipmentDriver& driver() {
        if (!driver_) driver_ = drivers::make_driver(driver_name_, context_);
        return *driver_;
    }
    const drivers::DriverContext& context() const { return context_; }
    CapturedFiles captured() {
        CapturedFiles sink;
        driver().capture(sink);
        return sink;
    }
    drivers::MemoryFiles held() {
        drivers::MemoryFiles sink;
        driver().capture(sink);
        return sink;
    }
    // Brings `wanted` back, and tells what the plan was.
    RestorePlan restore(const FileSource& wanted, const RestoreOptions& options = {}) {
        const auto now = held();
        const auto job = driver().prepare_restore(wanted, now, options);
        job->apply([](const PlanStep&) {});
        return job->plan();
    }

private:
    std::string driver_name_;
    SecretTexts secrets_;
    drivers::DriverContext context_;
    std::unique_ptr<EquipmentDriver> driver_;
};

}  // namespace coffre::test
