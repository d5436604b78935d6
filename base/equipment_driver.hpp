#pragma once
// What speaks with one equipment: its configuration out as named files, and back into it. A driver writes
// nothing to any disk; what an equipment calls a name is data, never a path of this machine; what it answers
// is hostile until parsed.
//
// Used by one thread at a time; drivers of different equipments run side by side.

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/equipment_model.hpp"
#include "base/message.hpp"

namespace coffre {

// Takes in what a driver finds. Paths are names from the equipment's root down: any bytes but '/' and NUL.
class CaptureSink {
public:
    using Path = std::vector<std::string>;

    virtual ~CaptureSink() = default;
    virtual void file(const Path& path, bool executable, ByteView content) = 0;
    // A file too large to be handed over at once: `next` gives its pieces, `size` bytes in all, and an empty
    // one at the end. Error{failed} of `next` comes through, and the file was not taken in.
    using Pieces = std::function<ByteView()>;
    virtual void large_file(const Path& path, bool executable, std::uint64_t size, const Pieces& next) = 0;
    virtual void link(const Path& path, const std::string& target) = 0;
    virtual void empty_folder(const Path& path) = 0;
    // Left out by rule (sockets, devices; a section that this model does not have): the capture is complete
    // all the same.
    virtual void skipped(const Path& path, const Message& why) = 0;
    // Should be in and is not: the capture is partial.
    virtual void failed(const Path& path, const Message& why) = 0;
};

// The files of one snapshot, or of one capture that is held in memory.
struct StoredFile {
    std::string path;  // '/' between names
    std::uint64_t bytes = 0;
    std::string id;  // equal for equal contents, within one source and across sources of one repository
};

class FileSource {
public:
    virtual ~FileSource() = default;
    // Regular files, ordered by path. As long as the source.
    [[nodiscard]] virtual const std::vector<StoredFile>& files() const = 0;
    // Empty: there is no such file, or it is larger than `limit`.
    [[nodiscard]] virtual std::optional<Bytes> read(const std::string& path, std::uint64_t limit) const = 0;
};

// What an equipment says that it is; "" where it does not tell.
struct DeviceIdentity {
    std::string manufacturer, model, serial, firmware, name;
};

struct RestoreOptions {
    std::set<Category> only;    // parts that are restored; empty: all
    bool keep_network = false;  // addresses, gateway and names stay as they are in the equipment

    [[nodiscard]] bool wants(Category part) const {
        if (keep_network && part == Category::network) return false;
        return only.empty() || only.contains(part);
    }
};

enum class PlanAction : std::uint8_t { add, change, remove, upload, command };

struct PlanStep {
    Category part = Category::other;
    PlanAction action = PlanAction::change;
    std::string what;  // the item's label or the resource's name: data of the equipment, no secret
};

// What a restore will not bring back, and why.
struct PlanGap {
    Category part = Category::other;
    std::string what;
    Message why;
};

struct RestorePlan {
    std::vector<PlanStep> steps;  // in the order in which they are done
    std::vector<PlanGap> gaps;
    bool reboots = false;  // the equipment, or the service that is restored
};

// One restore, prepared: nothing was changed yet.
class RestoreJob {
public:
    virtual ~RestoreJob() = default;
    [[nodiscard]] virtual const RestorePlan& plan() const = 0;
    // Does the steps in order; `starting` is called before each. The first one that fails ends it
    // (Error{unreachable}): those before it stay done. What is not idempotent is never tried twice; where a
    // connection broke after a request was sent, it goes on to reading back what is there. Once.
    virtual void apply(const std::function<void(const PlanStep&)>& starting) = 0;
};

class EquipmentDriver {
public:
    virtual ~EquipmentDriver() = default;
    [[nodiscard]] virtual std::string id() const = 0;  // "files 1": name and version, kept in the commit
    // One cheap question. Error{unreachable} when there is no answer, or not the one of such an equipment;
    // Error{refused} for a certificate or a host key that is not the expected one. Drivers of plain files
    // have none to ask: all fields empty.
    virtual DeviceIdentity identify() { return {}; }
    // Error{unreachable} when nothing at all can be read.
    virtual void capture(CaptureSink& sink) = 0;
    // Null: this driver cannot restore. `wanted` is the snapshot, `now` what the equipment holds at this
    // moment, as captured by this driver. Reads, changes nothing. Error{failed} where `wanted` lacks what a
    // restore needs.
    virtual std::unique_ptr<RestoreJob> prepare_restore(const FileSource& wanted, const FileSource& now,
                                                        const RestoreOptions& options) {
        (void)wanted, (void)now, (void)options;
        return nullptr;
    }
    // After a restore that reboots: returns when the equipment answers again. Error{unreachable} when it does
    // not within the driver's time limit.
    virtual void wait_until_ready() {}
};

}  // namespace coffre
