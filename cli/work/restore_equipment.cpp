#include "cli/work/restore_equipment.hpp"

#include <algorithm>

#include "cli/work/capture.hpp"
#include "cli/work/device.hpp"
#include "cli/work/model.hpp"
#include "drivers/equipment/memory_files.hpp"
#include "store/rules/standard_name.hpp"

namespace coffre::cli {

namespace {

std::string driver_name(const std::string& id) { return id.substr(0, id.find(' ')); }

RestoreOptions options_of(const EquipmentRestoreRequest& request) {
    RestoreOptions options;
    options.keep_network = request.keep_network;
    std::string parts;
    for (std::size_t i = 0; i < category_count; ++i)
        parts += (i == 0 ? "" : ", ") + std::string(category_name(static_cast<Category>(i)));
    for (const auto& part : request.only) {
        const auto category = category_named(part);
        if (!category)
            throw Error(Errc::usage, say<Msg::restore_part_unknown>(part),
                        say<Msg::hint_restore_parts>(parts));
        options.only.insert(*category);
    }
    return options;
}

// "" of both sides: nothing is known, nothing can be held against it.
bool differ(const std::string& wanted, const std::string& is) {
    return !wanted.empty() && !is.empty() && wanted != is;
}

class EquipmentRestore {
public:
    EquipmentRestore(Session& session, const EquipmentRestoreRequest& request, ProgressLine& progress)
        : session_(session),
          request_(request),
          progress_(progress),
          options_(options_of(request)),
          started_ns_(clock().monotonic_ns()) {
        const Listing listing(session.state());
        const auto& found = listing.names().find(request.snapshot);
        check_kept(session.state(), listing.names(), found);
        snapshot_ = found;
        result_.snapshot = listing.name(found);
        result_.commit = found.commit;
        result_.files = found.files;
        result_.bytes = found.bytes;
        const auto name = rules::fold_code(rules::Code::equipment, request.equipment);
        check_equipment_known(session.state(), name);
        const auto* known = session.state().find_equipment(name);
        if (known == nullptr)
            throw Error(Errc::failed, say<Msg::equipment_not_there>(name), say<Msg::hint_equipment_list>());
        equipment_ = *known;
        result_.equipment = name;
        check_driver();
    }

    EquipmentRestoreResult run(const std::function<void(const EquipmentRestoreResult&)>& told) {
        wanted_.emplace(source(), snapshot_);
        wanted_model_ = drivers::model_of(driver_of(source(), snapshot_), *wanted_);
        Device device(session_.context(), source_of(session_, equipment_));
        record_pin(session_, equipment_.name, device.pin());
        identify(device);
        gate();
        auto job = plan(device);
        told(result_);
        if (request_.dry_run) return finish();
        confirm();
        if (result_.plan.steps.empty()) {
            compare(now_model_, *now_);
            return finish();
        }
        take_safety_snapshot();
        journal("begun");
        apply(device, *job);
        read_back(device);
        journal(result_.verified ? "verified" : result_.unread ? "not read back" : "differs");
        return finish();
    }

private:
    [[nodiscard]] Clock& clock() const { return session_.context().environment.clock; }

    [[nodiscard]] repo::Repository& source() const {
        return request_.from == nullptr ? session_.repository() : *request_.from;
    }

    void check_driver() {
        const auto& info = drivers::driver_named(equipment_.driver);
        const auto captured_by = driver_name(driver_of(source(), snapshot_));
        if (!info.restores)
            throw Error(Errc::usage, say<Msg::restore_not_by_driver>(info.name),
                        say<Msg::hint_restore_not_by_driver>());
        if (captured_by != info.name)
            throw Error(
                Errc::usage,
                say<Msg::restore_other_driver>(result_.snapshot, captured_by, equipment_.name, info.name),
                say<Msg::hint_restore_other_driver>());
    }

    void identify(Device& device) {
        result_.device = device.driver().identify();
        if (differ(snapshot_.serial, result_.device.serial)) result_.other_serial = snapshot_.serial;
    }

    void gate() const {
        const auto& is = result_.device;
        const auto model = wanted_model_.device_field("model");
        const auto firmware = wanted_model_.device_field("firmware");
        if (differ(model, is.model) && request_.other_model.empty())
            throw Error(Errc::refused,
                        say<Msg::restore_other_model>(equipment_.name, printable(is.model), printable(model)),
                        say<Msg::hint_restore_force>(tr<Msg::field_model>(), "--other-model"));
        if (differ(firmware, is.firmware) && request_.other_firmware.empty())
            throw Error(Errc::refused,
                        say<Msg::restore_other_firmware>(equipment_.name, printable(is.firmware),
                                                         printable(firmware)),
                        say<Msg::hint_restore_force>(tr<Msg::field_firmware>(), "--other-firmware"));
    }

    std::unique_ptr<RestoreJob> plan(Device& device) {
        progress_.show(tr<Msg::restore_reading>());
        now_.emplace();
        device.driver().capture(*now_);
        progress_.clear();
        now_model_ = drivers::model_of(device.driver().id(), *now_);
        auto job = device.driver().prepare_restore(*wanted_, *now_, options_);
        if (job == nullptr)
            throw Error(Errc::usage, say<Msg::restore_not_by_driver>(equipment_.driver),
                        say<Msg::hint_restore_not_by_driver>());
        result_.plan = job->plan();
        // What belongs to one device alone, whatever its make.
        if (!result_.other_serial.empty()) {
            result_.plan.gaps.push_back({Category::network, "HTTPS", say<Msg::gap_certificate>()});
            result_.plan.gaps.push_back(
                {Category::licences, printable(result_.other_serial), say<Msg::gap_licence>()});
        }
        return job;
    }

    // What a person types to say which equipment they mean: its serial number, or its name where it has none.
    [[nodiscard]] std::string serial() const {
        return result_.device.serial.empty() ? equipment_.name : result_.device.serial;
    }

    void confirm() const {
        const auto stage = equipment_.settings.find("stage");
        const bool is_test = stage != equipment_.settings.end() && stage->second == "test";
        if (request_.confirm_serial.empty() && !is_test && !result_.plan.steps.empty())
            throw Error(Errc::refused, say<Msg::restore_confirm>(equipment_.name),
                        say<Msg::hint_restore_confirm>(printable(serial())));
        if (!request_.confirm_serial.empty() && request_.confirm_serial != printable(serial()))
            throw Error(Errc::refused,
                        say<Msg::restore_confirm_other>(printable(request_.confirm_serial), equipment_.name,
                                                        printable(serial())),
                        say<Msg::hint_restore_confirm_other>());
    }

    [[nodiscard]] std::string capture_as(const std::string& kind, const std::string& message) {
        CaptureRequest request;
        request.names = {equipment_.name};
        request.kind = kind;
        request.message = message;
        const auto captured = capture(session_, request, progress_);
        progress_.clear();
        const Listing listing(session_.state());
        return listing.name(captured.snapshots.front());
    }

    void take_safety_snapshot() {
        try {
            result_.pre =
                capture_as("PRE", request_.message.empty() ? tr<Msg::restore_message>(result_.snapshot)
                                                           : request_.message);
        } catch (const Error& error) {
            warn(text(error.message()));
            throw Error(error.code(), say<Msg::restore_safety_failed>(equipment_.name), error.hint());
        }
    }

    void apply(Device& device, RestoreJob& job) {
        const auto total = std::to_string(result_.plan.steps.size());
        std::size_t begun = 0;
        try {
            job.apply([&](const PlanStep& step) {
                ++begun;
                progress_.show(tr<Msg::restore_step>(std::to_string(begun), total, printable(step.what)));
            });
            result_.done = result_.plan.steps.size();
            if (result_.plan.reboots) {
                progress_.show(tr<Msg::restore_waiting>());
                device.driver().wait_until_ready();
            }
        } catch (const Error& error) {
            // A wait that was in vain comes after all steps.
            if (result_.done == 0 && begun > 0) result_.done = begun - 1;
            result_.stopped = error.message();
        }
        progress_.clear();
    }

    void read_back(Device&) {
        progress_.show(tr<Msg::restore_reading_back>());
        try {
            // A driver of its own: after a restart nothing of the old session holds.
            result_.post = capture_as("POST", tr<Msg::restore_message_after>(result_.snapshot));
            const Listing listing(session_.state());
            const auto& post = listing.names().find(result_.post);
            const SnapshotFiles files(session_.repository(), post);
            compare(drivers::model_of(driver_of(session_.repository(), post), files), files);
        } catch (const Error& error) {
            result_.unread = error.message();
        }
        progress_.clear();
    }

    void compare(const Model& now, const FileSource& files) {
        const auto ignored = ignored_paths(&equipment_);
        for (auto& change : model::compare(wanted_model_, now, ignored)) {
            if (change.category == Category::identity || !options_.wants(change.category)) continue;
            const bool planned = is_planned(change);
            result_.remaining.push_back({std::move(change), planned});
        }
        compare_files(now, files);
        result_.verified =
            !result_.stopped && std::all_of(result_.remaining.begin(), result_.remaining.end(),
                                            [](const auto& remaining) { return remaining.planned; });
    }

    // What no model tells of: the files that the plan puts there, or all, where no model has an item.
    void compare_files(const Model& now, const FileSource& files) {
        const auto says_nothing = [](const Model& model) {
            return std::all_of(model.items().begin(), model.items().end(),
                               [](const auto& item) { return item.first.first == Category::identity; });
        };
        std::set<std::string> paths;
        if (says_nothing(wanted_model_) && says_nothing(now))
            for (const auto& file : wanted_->files()) paths.insert(file.path);
        for (const auto& step : result_.plan.steps)
            if (find_file(*wanted_, step.what) != nullptr || step.action == PlanAction::remove)
                paths.insert(step.what);
        for (const auto& path : paths) {
            const auto* was = find_file(*wanted_, path);
            const auto* is = find_file(files, path);
            if (was == nullptr && is == nullptr) continue;
            if (was != nullptr && is != nullptr) {
                const bool told = wanted_model_.explained(path) && now.explained(path);
                if (told || equal_files(*was, files, *is)) continue;
            }
            model::ItemChange change;
            change.kind = was == nullptr  ? model::ChangeKind::added
                          : is == nullptr ? model::ChangeKind::removed
                                          : model::ChangeKind::changed;
            change.category = Category::other;
            change.key = path;
            const auto size = [](const StoredFile* file) {
                return file == nullptr ? std::nullopt : std::optional(std::to_string(file->bytes));
            };
            // As of a secret: that the contents differ is told, and nothing of them.
            if (was != nullptr && is != nullptr) change.fields.push_back({"content", "was", "is", true});
            if (size(was) != size(is)) change.fields.push_back({"bytes", size(was), size(is), false});
            const auto& gaps = result_.plan.gaps;
            const bool planned = std::any_of(gaps.begin(), gaps.end(), [&](const auto& gap) {
                return gap.part == Category::other && gap.what == path;
            });
            result_.remaining.push_back({std::move(change), planned});
        }
    }

    static const StoredFile* find_file(const FileSource& files, const std::string& path) {
        const auto& all = files.files();
        const auto found =
            std::find_if(all.begin(), all.end(), [&](const auto& file) { return file.path == path; });
        return found == all.end() ? nullptr : &*found;
    }

    // Snapshots tell by their ids, what was just read by its bytes.
    [[nodiscard]] bool equal_files(const StoredFile& was, const FileSource& files,
                                   const StoredFile& is) const {
        if (was.bytes != is.bytes) return false;
        if (dynamic_cast<const SnapshotFiles*>(&files) != nullptr) return was.id == is.id;
        return wanted_->read(was.path, was.bytes) == files.read(is.path, is.bytes);
    }

    // A gap names an item by its label or key, a field by its path, or a whole category by "". That a
    // password cannot be read explains no other difference.
    [[nodiscard]] bool is_planned(const model::ItemChange& change) const {
        const auto covers = [&](const PlanGap& gap, const model::FieldChange* field) {
            if (gap.part != change.category) return false;
            if (gap.why.id == Msg::gap_secret && (field == nullptr || !field->secret)) return false;
            const auto path = model_path(change.category, change.key);
            if (gap.what.empty() || gap.what == change.label || gap.what == change.key || gap.what == path)
                return true;
            return field != nullptr && (gap.what == field->field || gap.what == path + "/" + field->field ||
                                        model::path_matches(gap.what, path + "/" + field->field));
        };
        const auto& gaps = result_.plan.gaps;
        if (change.fields.empty())
            return std::any_of(gaps.begin(), gaps.end(),
                               [&](const auto& gap) { return covers(gap, nullptr); });
        return std::all_of(change.fields.begin(), change.fields.end(), [&](const auto& field) {
            return std::any_of(gaps.begin(), gaps.end(),
                               [&](const auto& gap) { return covers(gap, &field); });
        });
    }

    // No value of a configuration: what was done to whom, and how it ended.
    void journal(const char* what) {
        journal::Json record{{"type", "equipment_restore"},        {"commit", snapshot_.commit.hex()},
                             {"equipment", equipment_.name},       {"state", what},
                             {"steps", result_.plan.steps.size()}, {"done", result_.done}};
        if (!result_.device.serial.empty()) record["serial"] = printable(result_.device.serial);
        if (!request_.other_model.empty()) record["other_model"] = request_.other_model;
        if (!request_.other_firmware.empty()) record["other_firmware"] = request_.other_firmware;
        if (!request_.only.empty()) record["only"] = request_.only;
        if (request_.keep_network) record["keep_network"] = true;
        if (!request_.message.empty()) record["message"] = request_.message;
        session_.repository().record({record});
    }

    EquipmentRestoreResult finish() {
        constexpr double second = 1e9;  // nanoseconds
        result_.seconds = static_cast<double>(clock().monotonic_ns() - started_ns_) / second;
        return std::move(result_);
    }

    Session& session_;
    const EquipmentRestoreRequest& request_;
    ProgressLine& progress_;
    RestoreOptions options_;
    std::int64_t started_ns_;
    journal::Snapshot snapshot_;
    journal::Equipment equipment_;
    std::optional<SnapshotFiles> wanted_;
    std::optional<drivers::MemoryFiles> now_;
    Model wanted_model_, now_model_;
    EquipmentRestoreResult result_;
};

}  // namespace

EquipmentRestoreResult restore_equipment(Session& session, const EquipmentRestoreRequest& request,
                                         ProgressLine& progress,
                                         const std::function<void(const EquipmentRestoreResult&)>& told) {
    for (const auto& [option, reason] :
         {std::pair("--other-model", &request.other_model),
          std::pair("--other-firmware", &request.other_firmware), std::pair("-m", &request.message)})
        if (!reason->empty()) check_reason(option, *reason);
    EquipmentRestoreResult result;
    telling_a_way_out([&] { result = EquipmentRestore(session, request, progress).run(told); });
    return result;
}

}  // namespace coffre::cli
