#pragma once
// Programs of this machine that a driver runs for an equipment, within the settings time-limit (seconds for
// each run) and size-limit (MiB of its output).

#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/run_program.hpp"
#include "drivers/equipment/drivers.hpp"

namespace coffre::drivers {

class Tool {
public:
    Tool(const DriverContext& context, int time_limit_s, int size_limit_mib);

    // What it printed. Error{unreachable} unless it ended by itself with status 0: it says the status, never
    // what the program said.
    Bytes output(Program program) const;
    // The result whatever it is, but for the limits; what it printed is added to `output`.
    ProgramResult run(Program program, Bytes& output) const;
    [[nodiscard]] Error error_of(const std::string& name, const ProgramResult& result) const;

    [[nodiscard]] std::uint64_t size_limit() const { return size_limit_; }  // bytes

private:
    const DriverContext& context_;
    int time_limit_;
    std::uint64_t size_limit_;
};

// Hands a file over that is in memory: large ones in pieces, so that they are stored as such.
void deliver_file(CaptureSink& sink, const std::string& name, ByteView content);

// A restore that is done at once or not at all, in one step.
class WholeRestore : public RestoreJob {
public:
    // `wanted` and `now` hold `name`; Error{failed} when `wanted` does not. A step only where they differ; a
    // gap instead where `options` ask for parts.
    WholeRestore(const FileSource& wanted, const FileSource& now, const std::string& name,
                 std::uint64_t limit, const RestoreOptions& options);
    [[nodiscard]] const RestorePlan& plan() const override { return plan_; }
    void apply(const std::function<void(const PlanStep&)>& starting) override;

protected:
    virtual void upload(ByteView content) = 0;
    RestorePlan plan_;

private:
    Bytes content_;
};

}  // namespace coffre::drivers
