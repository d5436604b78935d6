#include "cli/work/drill.hpp"

#include <algorithm>

#include "base/medium.hpp"
#include "cli/texts/drill_texts.hpp"
#include "cli/work/capture.hpp"
#include "cli/work/change.hpp"
#include "cli/work/device.hpp"
#include "cli/work/model.hpp"
#include "cli/work/person.hpp"
#include "cli/work/places.hpp"
#include "cli/work/restore.hpp"
#include "cli/work/restore_equipment.hpp"
#include "cli/work/supervise.hpp"
#include "store/rules/copies.hpp"
#include "store/rules/drills.hpp"
#include "store/rules/site_state.hpp"
#include "store/rules/standard_name.hpp"
#include "store/rules/windows.hpp"

namespace coffre::cli {

namespace {

constexpr const char* local_source = "local";
constexpr const char* memory_folder = "/dev/shm";
constexpr std::int64_t ns_per_ms = 1'000'000;

bool is_test_equipment(const journal::Equipment& equipment) {
    const auto stage = equipment.settings.find("stage");
    return stage != equipment.settings.end() && stage->second == "test";
}

void remove_tree(Directory& folder, const std::string& name) {
    if (const auto below = folder.open_directory(name)) {
        for (const auto& entry : below->entries()) {
            if (entry.type == FileType::directory)
                remove_tree(*below, entry.name);
            else
                below->remove_file(entry.name);
        }
        folder.remove_directory(name);
    }
}

// One test, from its choice to its record.
class DrillRun {
public:
    DrillRun(Session& session, const DrillRequest& request, ProgressLine& progress)
        : session_(session), request_(request), progress_(progress) {
        choose_snapshot();
        drill_.retest_of = retest_of();
        choose_target();
        drill_.id = "DRL-" + new_short_id(session.context().environment.random);
        drill_.equipment = snapshot_.equipment;
        drill_.commit = snapshot_.commit;
        drill_.snapshot = Listing(session.state()).name(snapshot_);
        drill_.source = source_ ? source_->name : "";
        drill_.source_role = source_ ? source_->role : local_source;
    }

    DrillResult run() {
        drill_.started = clock().now();
        started_ns_ = clock().monotonic_ns();
        try {
            open();
            read();
            structure();
            if (target_)
                apply();
            else if (into_folder_)
                apply_to_folder();
            drill_.success = !failure_;
        } catch (const Error& error) {
            fail("stopped", error.message());
        }
        progress_.clear();
        drill_.recovery_ms = elapsed_ms();
        drill_.ended = clock().now();
        return finish();
    }

private:
    using Check = const std::string&;

    [[nodiscard]] Clock& clock() const { return session_.context().environment.clock; }
    [[nodiscard]] std::int64_t elapsed_ms() const {
        return (clock().monotonic_ns() - started_ns_) / ns_per_ms;
    }

    // What was found, with the time since the first byte was asked for.
    void note_check(Check id, bool ok, const std::string& detail) {
        drill_.checks.push_back({{"id", id}, {"ok", ok}, {"detail", detail}, {"ms", elapsed_ms()}});
    }
    void passed(Check id, const std::string& detail) { note_check(id, true, detail); }
    void failed(Check id, const std::string& detail, Message why) {
        note_check(id, false, detail);
        if (!failure_) failure_ = std::move(why);
    }
    void fail(Check id, const Message& why) { failed(id, "", why); }
    // What is told and is neither right nor wrong.
    void fact(Check id, const std::string& detail) {
        if (!detail.empty()) drill_.checks.push_back({{"id", id}, {"ok", true}, {"detail", detail}});
    }

    // --- What is tested, from where, into what ---

    void choose_snapshot() {
        const auto& state = session_.state();
        const auto plan = rules::next_drill(state, clock().now());
        const Listing listing(state);
        std::string equipment;
        if (!request_.equipment.empty()) {
            equipment = rules::fold_code(rules::Code::equipment, request_.equipment);
            check_equipment_known(state, equipment);
        }
        const journal::Snapshot* wanted = nullptr;
        if (!request_.snapshot.empty()) {
            wanted = &listing.names().find(request_.snapshot);
            if (!equipment.empty() && wanted->equipment != equipment)
                throw Error(
                    Errc::usage,
                    say<texts::drill_other_equipment>(listing.name(*wanted), wanted->equipment, equipment),
                    say<texts::hint_drill_snapshot>());
            check_kept(state, listing.names(), *wanted);
            equipment = wanted->equipment;
        }
        if (equipment.empty()) {
            if (!plan)
                throw Error(Errc::failed, say<texts::drill_nothing>(), say<texts::hint_drill_nothing>());
            equipment = plan->equipment;
        }
        choose_source(plan);
        if (wanted == nullptr && plan && plan->equipment == equipment)
            for (const auto& snapshot : state.snapshots)
                if (snapshot.commit == plan->commit && is_at_source(snapshot)) {
                    snapshot_ = snapshot;
                    return;
                }
        if (wanted == nullptr) wanted = newest_at_source(equipment);
        if (wanted == nullptr)
            throw Error(Errc::failed, say<texts::drill_not_there>(source_text(), equipment),
                        say<texts::hint_drill_not_there>());
        if (!is_at_source(*wanted))
            throw Error(Errc::failed,
                        say<texts::drill_snapshot_not_there>(source_text(), listing.name(*wanted)),
                        say<texts::hint_drill_not_there>());
        snapshot_ = *wanted;
    }

    void choose_source(const std::optional<rules::DrillPlan>& plan) {
        const auto& state = session_.state();
        if (request_.source == local_source) return;
        auto name = request_.source;
        if (name.empty() && plan) name = plan->source;
        const journal::Remote* remote = state.find_remote(name);
        if (remote == nullptr && !request_.source.empty())
            throw Error(Errc::failed, say<texts::drill_no_remote>(name), say<texts::hint_drill_remote>());
        // No place of the role whose turn it is: another is better than none.
        for (const auto& [other, at] : state.remotes)
            if (remote == nullptr && !at.removed) remote = &at;
        if (remote != nullptr) source_ = *remote;
    }

    [[nodiscard]] std::string source_text() const {
        return source_ ? source_->name : tr<texts::drill_here>();
    }

    [[nodiscard]] bool is_at_source(const journal::Snapshot& snapshot) const {
        if (!source_) return true;
        for (const auto& [remote, at] : rules::locations(session_.state(), snapshot))
            if (remote->name == source_->name) return at != rules::CopyState::absent;
        return false;
    }

    [[nodiscard]] const journal::Snapshot* newest_at_source(const std::string& equipment) const {
        rules::NewestFirst order(session_.state(), equipment);
        while (const auto* snapshot = order.next())
            if (snapshot->equipment == equipment && snapshot->complete && !snapshot->expired &&
                is_at_source(*snapshot))
                return snapshot;
        return nullptr;
    }

    // Its id, whole.
    [[nodiscard]] std::string retest_of() const {
        if (request_.retest_of.empty()) return "";
        const auto& drill = find_drill(session_.state(), request_.retest_of);
        if (drill.success || drill.equipment != snapshot_.equipment)
            throw Error(Errc::failed, say<texts::drill_retest_other>(request_.retest_of, snapshot_.equipment),
                        say<texts::hint_drill_list>());
        return drill.id;
    }

    void choose_target() {
        const auto level = request_.level;
        if (level && (*level < 0 || *level > 2))
            throw Error(Errc::usage, say<texts::drill_level>(), say<texts::hint_drill_level>());
        const auto& state = session_.state();
        auto driver = driver_of(session_.repository(), snapshot_);
        driver = driver.substr(0, driver.find(' '));
        const bool restores = drivers::driver_named(driver).restores;
        wanted_level_ = level.value_or(request_.target.empty() && request_.to.empty() ? 1 : 2);
        if (!request_.to.empty() && (restores || !request_.target.empty() || wanted_level_ < 2))
            throw Error(Errc::usage, say<texts::drill_to_alone>(), say<texts::hint_drill_needs_target>());
        if (!request_.target.empty()) {
            if (wanted_level_ < 2)
                throw Error(Errc::usage, say<texts::drill_target_alone>("--target-equipment"),
                            say<texts::hint_drill_needs_target>());
            const auto name = rules::fold_code(rules::Code::equipment, request_.target);
            check_equipment_known(state, name);
            const auto* known = state.find_equipment(name);
            if (known == nullptr)
                throw Error(Errc::failed, say<Msg::equipment_not_there>(name),
                            say<Msg::hint_equipment_list>());
            target_ = *known;
        } else if (restores && (!level || wanted_level_ == 2)) {
            target_ = test_equipment(driver);
        }
        if (target_) {
            wanted_level_ = 2;
            check_production();
            return;
        }
        for (const auto& [option, text] : {std::pair("--confirm-serial", &request_.confirm_serial),
                                           std::pair("--other-model", &request_.other_model),
                                           std::pair("--other-firmware", &request_.other_firmware)})
            if (!text->empty())
                throw Error(Errc::usage, say<texts::drill_target_alone>(option),
                            say<texts::hint_drill_needs_target>());
        if (wanted_level_ < 2) return;
        if (restores)
            throw Error(Errc::usage, say<texts::drill_needs_target>(), say<texts::hint_drill_needs_target>());
        into_folder_ = true;
    }

    // The one of the test bench that such a configuration fits; empty where there is none or a choice.
    [[nodiscard]] std::optional<journal::Equipment> test_equipment(const std::string& driver) const {
        std::optional<journal::Equipment> found;
        for (const auto& [name, equipment] : session_.state().equipment) {
            if (equipment.removed || equipment.driver != driver || !is_test_equipment(equipment)) continue;
            if (found) return std::nullopt;
            found = equipment;
        }
        return found;
    }

    void check_production() const {
        if (is_test_equipment(*target_)) return;
        if (rules::open_window(session_.state(), target_->name) == nullptr)
            throw Error(Errc::refused, say<texts::drill_production>(target_->name),
                        say<texts::hint_drill_production>(target_->name));
        if (request_.confirm_serial.empty())
            throw Error(Errc::refused, say<texts::drill_confirm>(target_->name),
                        say<texts::hint_drill_confirm>());
    }

    // --- Level 0: the bytes of that place alone, every seal opened, every name checked ---

    [[nodiscard]] repo::Repository& from() { return there_ ? *there_ : session_.repository(); }

    void open() {
        progress_.show(tr<texts::drill_reading>(drill_.snapshot, source_text()));
        if (!source_) {
            passed("open", local_source);
            return;
        }
        const auto& context = session_.context();
        const auto& state = session_.state();
        try {
            store_ =
                open_for_reading(context, *source_, session_.repository().id(), state.policy().residency);
            // No folders of this machine: no cache, no key of it.
            repo::Repository::Options options;
            options.actor_name = context.actor_name();
            there_ = std::make_unique<repo::Repository>(*store_, context.environment, context.credentials(),
                                                        options);
        } catch (const Error& error) {
            // Nothing was read of the snapshot yet: neither a disk that is not plugged in nor a passphrase
            // that was mistyped fails a test.
            const auto code = error.code();
            if (code == Errc::unreachable || code == Errc::refused || code == Errc::usage ||
                (code == Errc::no_key && !context.any_credentials()))
                could_not_begin_.emplace(error);
            throw;
        }
        passed("open", source_->role);
        for (const auto& snapshot : there_->state().snapshots)
            if (snapshot.commit == snapshot_.commit) return;
        fail("snapshot", say<texts::drill_lost>());
        throw Error(Errc::damaged, say<texts::drill_lost>());
    }

    void read() {
        std::uint64_t files = 0, bytes = 0;
        for (const auto& entry : from().list(snapshot_)) {
            if (entry.empty_folder) continue;
            // Its seals, its fingerprint, its id and its size: what does not fit throws.
            from().read_file(entry, [&](ByteView piece) { bytes += piece.size(); });
            ++files;
        }
        const auto detail = std::to_string(files) + "/" + std::to_string(snapshot_.files);
        fact("bytes", std::to_string(bytes));
        if (files == snapshot_.files && bytes == snapshot_.bytes)
            passed("files", detail);
        else
            failed("files", detail,
                   say<texts::drill_count_differs>(std::to_string(files), std::to_string(snapshot_.files)));
    }

    // --- Level 1: what the driver makes of these bytes, against the snapshot's record ---

    void structure() {
        if (wanted_level_ < 1 || failure_) return;
        const auto model = drivers::model_of(driver_of(from(), snapshot_), SnapshotFiles(from(), snapshot_));
        if (snapshot_.complete)
            passed("complete", "");
        else
            fail("complete", say<texts::drill_incomplete>());
        // What the equipment was told to pass over when the snapshot was taken.
        const auto* equipment = equipment_at(session_.state(), snapshot_.equipment, snapshot_.recorded_at);
        const auto now = fingerprints_of(from(), model, ignored_paths(equipment));
        std::size_t sections = 0, there = 0, equal = 0;
        for (const auto& [section, fingerprint] : snapshot_.fingerprints) {
            if (section == "version") continue;
            ++sections;
            const auto found = now.find(section);
            if (found == now.end()) continue;
            ++there;
            if (found->second == fingerprint) ++equal;
        }
        const auto all = std::to_string(sections);
        const auto detail = std::to_string(there) + "/" + all;
        if (there == sections)
            passed("sections", detail);
        else
            failed("sections", detail, say<texts::drill_sections_missing>(std::to_string(there), all));
        round_trip(now, there, equal);
        if (!failure_) drill_.level = 1;
    }

    void round_trip(const std::map<std::string, std::string>& now, std::size_t there, std::size_t equal) {
        const auto version = snapshot_.fingerprints.find("version");
        const auto today = now.find("version");
        // Another version of the driver tells more, or less, of the same bytes.
        if (version != snapshot_.fingerprints.end() && today != now.end() &&
            version->second != today->second) {
            passed("round_trip", "other_version");
            return;
        }
        const auto detail = std::to_string(equal) + "/" + std::to_string(there);
        if (equal == there)
            passed("round_trip", detail);
        else
            failed(
                "round_trip", detail,
                say<texts::drill_round_trip_differs>(std::to_string(there - equal), std::to_string(there)));
    }

    // --- Level 2: into an equipment, and read back ---

    void apply() {
        if (failure_) return;
        drill_.target = target_->name;
        EquipmentRestoreRequest request;
        request.snapshot = snapshot_.commit.hex();
        request.equipment = target_->name;
        request.confirm_serial = request_.confirm_serial;
        request.other_model = request_.other_model;
        request.other_firmware = request_.other_firmware;
        request.message = drill_.id;
        request.from = &from();
        EquipmentRestoreResult result;
        try {
            result = restore_equipment(session_, request, progress_, [](const auto&) {});
        } catch (const Error& error) {
            // Whatever it throws comes before the first step; what is the target's own fault, or a rule's,
            // says nothing of the snapshot.
            if (error.code() != Errc::damaged && error.code() != Errc::failed)
                could_not_begin_.emplace(error);
            throw;
        }
        note_target(result);
        judge(result);
        if (failure_) return;
        // Into an equipment that is so already nothing was put: it proves nothing of a restore.
        so_already_ = result.plan.steps.empty();
        if (!so_already_) drill_.level = 2;
    }

    void note_target(const EquipmentRestoreResult& result) {
        const auto& device = result.device;
        fact("target.stage", is_test_equipment(*target_) ? "test" : "production");
        if (const auto* window = rules::open_window(session_.state(), target_->name))
            fact("window", window->id);
        fact("target.model", printable(device.model));
        fact("target.serial", printable(device.serial));
        fact("target.firmware", printable(device.firmware));
        if (!request_.other_model.empty()) fact("other_model", request_.other_model);
        if (!request_.other_firmware.empty()) fact("other_firmware", request_.other_firmware);
        fact("safety", result.pre);
        // Parts and reasons, never what an equipment calls its things.
        std::map<std::string, int> gaps;
        for (const auto& gap : result.plan.gaps)
            ++gaps[std::string(category_name(gap.part)) + " " + std::string(message_name(gap.why.id))];
        for (const auto& [gap, count] : gaps) fact("gap", gap + " " + std::to_string(count));
    }

    void judge(const EquipmentRestoreResult& result) {
        const auto total = std::to_string(result.plan.steps.size());
        const auto done = std::to_string(result.done) + "/" + total;
        if (result.stopped)
            failed("steps", done,
                   say<texts::drill_stopped>(std::to_string(result.done + 1), total, text(*result.stopped)));
        else
            passed("steps", done);
        if (result.unread) {
            fail("read_back", say<texts::drill_not_read_back>(text(*result.unread)));
            return;
        }
        if (!result.post.empty()) passed("read_back", result.post);
        std::size_t planned = 0;
        for (const auto& remaining : result.remaining) planned += remaining.planned ? 1 : 0;
        const auto unplanned = result.remaining.size() - planned;
        const auto detail = std::to_string(unplanned) + "+" + std::to_string(planned);
        if (unplanned == 0)
            passed("equal", detail);
        else
            failed("equal", detail, say<texts::drill_differs>(std::to_string(unplanned)));
    }

    // A driver that does not restore: the files themselves, where clear text may lie for a moment.
    void apply_to_folder() {
        if (failure_) return;
        auto& files = session_.context().environment.files;
        const auto parent = request_.to.empty() ? std::string(memory_folder) : request_.to;
        const auto name = "coffre-" + drill_.id;
        RestoreRequest request;
        request.snapshot = snapshot_.commit.hex();
        request.to = parent + "/" + name;
        request.from = &from();
        const auto medium = std::string(medium_name(files.medium_of(parent)));
        const auto clean = [&] {
            if (const auto folder = files.open_directory(parent)) remove_tree(*folder, name);
        };
        try {
            const auto restored = restore(session_, request, progress_);
            clean();
            // Byte for byte: what did not read back as it was written has thrown.
            passed("folder", std::to_string(restored.files) + "/" + std::to_string(snapshot_.files));
            drill_.target = medium;
        } catch (const Error& error) {
            clean();
            if (error.code() == Errc::refused)
                could_not_begin_.emplace(error.with_hint(say<texts::hint_drill_clear>()));
            if (error.code() == Errc::no_space) could_not_begin_.emplace(error);
            throw;
        }
    }

    DrillResult finish();

    Session& session_;
    const DrillRequest& request_;
    ProgressLine& progress_;
    journal::Snapshot snapshot_;
    std::optional<journal::Remote> source_;  // empty: this copy
    std::optional<journal::Equipment> target_;
    bool into_folder_ = false;
    bool so_already_ = false;
    int wanted_level_ = 1;
    std::unique_ptr<BlobStore> store_;
    std::unique_ptr<repo::Repository> there_;
    std::int64_t started_ns_ = 0;
    journal::Drill drill_;
    std::optional<Message> failure_;
    std::optional<Error> could_not_begin_;
};

void tell_of(Session& session, const journal::Drill& drill) {
    tell(session, "drill-done",
         {{"drill", drill.id},
          {"equipment", drill.equipment},
          {"commit", drill.commit.hex()},
          {"source_role", drill.source_role},
          {"level", drill.level},
          {"success", drill.success},
          {"recovery_ms", drill.recovery_ms}});
}

// After a failure: a new snapshot at once, or somebody who is told to take it.
void take_new_snapshot(Session& session, DrillResult& result, ProgressLine& progress) {
    const auto& drill = result.drill;
    const auto* equipment = session.state().find_equipment(drill.equipment);
    if (equipment == nullptr) return;
    if (rules::capture_mode(*equipment) == rules::CaptureMode::manual) {
        result.no_new = say<texts::drill_by_hand>(drill.equipment);
        return;
    }
    try {
        CaptureRequest request;
        request.names = {drill.equipment};
        request.message = tr<texts::drill_remediation>(drill.id);
        const auto captured = capture(session, request, progress);
        if (!captured.snapshots.empty())
            result.new_snapshot = Listing(session.state()).name(captured.snapshots.front());
    } catch (const Error& error) {
        result.no_new = error.message();
    }
    progress.clear();
}

// The record; signed, where somebody is there who can. That nobody is loses no test.
journal::Json drill_statement(Session& session, const journal::Drill& drill, bool must_sign) {
    const auto record = journal::drill_record(drill);
    if (must_sign) return signed_statement(session, record);
    try {
        if (!person_at_hand(session).empty()) return signed_statement(session, record);
    } catch (const Error& error) {
        warn(text(error.message()));
    }
    return record;
}

// The record, and what it makes necessary, at once. Of two checklists of one test the first counts, and
// whoever signs the second is told so: it may say otherwise.
void conclude(Session& session, DrillResult& result, bool is_checklist, ProgressLine& progress) {
    auto& drill = result.drill;
    if (result.failure)
        drill.observations += (drill.observations.empty() ? "" : " — ") + text(*result.failure);
    const auto record = drill_statement(session, drill, is_checklist);
    session.repository().change([&](const journal::State& newest) {
        if (is_checklist) drill_to_complete(newest, drill.id);
        return journal::Json::array({record});
    });
    if (!drill.success) take_new_snapshot(session, result, progress);
    tell_of(session, drill);
    keep_up(session);
}

DrillResult DrillRun::finish() {
    if (could_not_begin_) throw *could_not_begin_;
    drill_.observations = request_.observations;
    if (so_already_)
        drill_.observations +=
            (drill_.observations.empty() ? "" : " — ") + tr<texts::drill_so_already>(drill_.target);
    DrillResult result{std::move(drill_), std::move(failure_), "", std::nullopt, so_already_};
    conclude(session_, result, false, progress_);
    return result;
}

// --- The checklist ---

const std::string none_answer = "none";

bool is_digits(const std::string& text) {
    constexpr std::size_t digits_max = 5;
    return !text.empty() && text.size() <= digits_max &&
           text.find_first_not_of("0123456789") == std::string::npos;
}

// Empty: no answer to that item. Otherwise whether it is as it should be.
std::optional<bool> judged(const std::string& item, const std::string& answer) {
    if (answer == none_answer) return true;
    if (item != "cameras") {
        if (answer == "yes") return true;
        if (answer == "no") return false;
        return std::nullopt;
    }
    const auto slash = answer.find('/');
    if (slash == std::string::npos) return std::nullopt;
    const auto online = answer.substr(0, slash), expected = answer.substr(slash + 1);
    if (!is_digits(online) || !is_digits(expected)) return std::nullopt;
    if (std::stoi(online) > std::stoi(expected) || std::stoi(expected) == 0) return std::nullopt;
    return std::stoi(online) == std::stoi(expected);
}

void check_answers(const Checklist& checklist) {
    std::size_t none = 0;
    for (const auto& [item, answer] : checklist.answers)
        if (std::find(checklist_items().begin(), checklist_items().end(), item) == checklist_items().end())
            throw Error(Errc::usage, say<texts::drill_answer_unknown>(item), say<texts::hint_drill_answer>());
    for (const auto& item : checklist_items()) {
        const auto found = checklist.answers.find(item);
        if (found == checklist.answers.end() || found->second.empty())
            throw Error(Errc::usage, say<texts::drill_answer_missing>(item), say<texts::hint_drill_answer>());
        if (!judged(item, found->second))
            throw Error(Errc::usage, say<texts::drill_answer>(printable(found->second), item),
                        say<texts::hint_drill_answer>());
        none += found->second == none_answer ? 1 : 0;
    }
    if (none == checklist_items().size())
        throw Error(Errc::usage, say<texts::drill_answers_all_none>(), say<texts::hint_drill_answer>());
    if (none > 0 && checklist.observations.empty())
        throw Error(Errc::usage, say<texts::drill_none_needs_why>(), say<texts::hint_drill_observations>());
}

bool has_checklist(const journal::Drill& drill) {
    return std::any_of(drill.checks.begin(), drill.checks.end(),
                       [](const auto& check) { return check.value("id", "").starts_with("person."); });
}

}  // namespace

DrillResult run_drill(Session& session, const DrillRequest& request, ProgressLine& progress) {
    for (const auto& [option, text] :
         {std::pair("-m", &request.observations), std::pair("--other-model", &request.other_model),
          std::pair("--other-firmware", &request.other_firmware)})
        if (!text->empty()) check_reason(option, *text);
    DrillResult result;
    telling_a_way_out([&] { result = DrillRun(session, request, progress).run(); });
    return result;
}

const std::vector<std::string>& checklist_items() {
    static const std::vector<std::string> items{"cameras", "recording", "playback",
                                                "users",   "alarms",    "time"};
    return items;
}

bool is_answer(const std::string& item, const std::string& answer) {
    return judged(item, answer).has_value();
}

const journal::Drill& drill_to_complete(const journal::State& state, const std::string& id) {
    if (id.empty()) {
        for (const auto* drill : drills_newest_first(state))
            if (drill->success && drill->level == 2 && !has_checklist(*drill)) return *drill;
        throw Error(Errc::failed, say<texts::drill_none_to_complete>(), say<texts::hint_drill_not_applied>());
    }
    const auto& drill = find_drill(state, id);
    if (has_checklist(drill))
        throw Error(Errc::refused, say<texts::drill_completed>(drill.id), say<texts::hint_drill_list>());
    if (!drill.success || drill.level < 2)
        throw Error(Errc::refused, say<texts::drill_not_applied>(drill.id),
                    say<texts::hint_drill_not_applied>());
    return drill;
}

DrillResult record_checklist(Session& session, const Checklist& checklist, ProgressLine& progress) {
    if (!checklist.observations.empty()) check_reason("-m", checklist.observations);
    DrillResult result;
    result.drill = drill_to_complete(session.state(), checklist.id);
    check_answers(checklist);
    auto& drill = result.drill;
    std::string wrong;
    for (const auto& item : checklist_items()) {
        const auto& answer = checklist.answers.at(item);
        const bool ok = judged(item, answer).value_or(false);
        drill.checks.push_back({{"id", "person." + item}, {"ok", ok}, {"detail", answer}});
        if (!ok) wrong += (wrong.empty() ? "" : ", ") + item;
    }
    drill.success = wrong.empty();
    if (drill.success) drill.level = 3;
    if (!wrong.empty()) result.failure = say<texts::drill_checklist_failed>(wrong);
    // Beside what was observed when it ran.
    if (!checklist.observations.empty())
        drill.observations += (drill.observations.empty() ? "" : "\n") + checklist.observations;
    conclude(session, result, true, progress);
    return result;
}

const journal::Equipment* equipment_at(const journal::State& state, const std::string& name, Timestamp time) {
    const journal::Equipment* found = nullptr;
    for (const auto& past : state.past_equipment)
        if (past.name == name && (found == nullptr || past.version.time <= time)) found = &past;
    const auto now = state.equipment.find(name);
    if (now != state.equipment.end() && (found == nullptr || now->second.version.time <= time))
        found = &now->second;
    return found;
}

const journal::Drill& find_drill(const journal::State& state, const std::string& text) {
    const journal::Drill* found = nullptr;
    for (const auto* drill : drills_newest_first(state)) {
        if (drill->id == text) return *drill;
        if (!drill->id.starts_with(text) && !drill->id.starts_with("DRL-" + text)) continue;
        if (found != nullptr)
            throw Error(Errc::usage, say<texts::drill_ambiguous>(text), say<texts::hint_drill_list>());
        found = drill;
    }
    if (found != nullptr) return *found;
    for (const auto* drill : drills_newest_first(state))
        if (drill->equipment == text) return *drill;
    throw Error(Errc::failed, say<texts::drill_unknown>(text), say<texts::hint_drill_list>());
}

std::vector<const journal::Drill*> drills_newest_first(const journal::State& state) {
    std::vector<const journal::Drill*> drills;
    for (const auto& [id, drill] : state.procedure.drills) drills.push_back(&drill);
    std::stable_sort(drills.begin(), drills.end(),
                     [](const auto* a, const auto* b) { return b->ended < a->ended; });
    return drills;
}

}  // namespace coffre::cli
