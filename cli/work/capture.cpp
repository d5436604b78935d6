#include "cli/work/capture.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include "base/parallel.hpp"
#include "base/process.hpp"
#include "cli/texts/change_texts.hpp"
#include "cli/version.hpp"
#include "cli/work/buffered_capture.hpp"
#include "cli/work/clear_sources.hpp"
#include "cli/work/device.hpp"
#include "cli/work/model.hpp"
#include "cli/work/source_removal.hpp"
#include "cli/work/supervise.hpp"
#include "drivers/equipment/drivers.hpp"
#include "drivers/equipment/general_settings.hpp"
#include "drivers/equipment/recognise.hpp"
#include "store/rules/due.hpp"
#include "store/rules/site_state.hpp"
#include "store/rules/standard_name.hpp"
#include "store/rules/windows.hpp"

namespace coffre::cli {

namespace {

constexpr std::int64_t ahead_max_ns = 10ll * 60 * 1'000'000'000;

// Hands what a driver finds to the snapshot, keeps what it could not read, and holds what the model is made
// of until that is made.
class StoringSink final : public CaptureSink, public FileSource {
public:
    StoringSink(repo::SnapshotWriter& writer, CaptureResult& result, std::string equipment,
                ProgressLine& progress)
        : writer_(writer), result_(result), equipment_(std::move(equipment)), progress_(progress) {}

    void file(const Path& path, bool executable, ByteView content) override {
        writer_.add_file(path, executable, content);
        if (content.size() <= drivers::model_file_max && held_bytes_ + content.size() <= held_max) {
            held_bytes_ += content.size();
            held_.insert_or_assign(join_names(path), Bytes(content.begin(), content.end()));
        }
        show_progress();
    }
    void large_file(const Path& path, bool executable, std::uint64_t size, const Pieces& next) override {
        writer_.add_file(path, executable, size, next);
        show_progress();
    }
    void link(const Path& path, const std::string& target) override { writer_.add_link(path, target); }
    void empty_folder(const Path& path) override { writer_.add_folder(path); }
    void skipped(const Path& path, const Message& why) override {
        result_.skipped.push_back({equipment_, join_names(path), why});
    }
    void failed(const Path& path, const Message& why) override {
        result_.failed.push_back({equipment_, join_names(path), why});
        complete_ = false;
        if (first_failure_.empty()) first_failure_ = why;
    }

    [[nodiscard]] bool complete() const { return complete_; }
    [[nodiscard]] const Message& first_failure() const { return first_failure_; }

    // What was stored, as a later reader of the snapshot finds it.
    [[nodiscard]] const std::vector<StoredFile>& files() const override {
        if (files_.size() == writer_.added().size()) return files_;
        files_.clear();
        for (const auto& added : writer_.added()) files_.push_back({added.path, added.bytes, added.id.hex()});
        std::sort(files_.begin(), files_.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
        return files_;
    }
    [[nodiscard]] std::optional<Bytes> read(const std::string& path, std::uint64_t limit) const override {
        const auto found = held_.find(path);
        if (found == held_.end() || found->second.size() > limit) return std::nullopt;
        return found->second;
    }

private:
    static constexpr std::uint64_t held_max = 64 << 20;  // bytes

    void show_progress() {
        progress_.show(tr<Msg::capture_progress>(equipment_, count_files(writer_.files()),
                                                 human_bytes(writer_.bytes())));
    }

    repo::SnapshotWriter& writer_;
    CaptureResult& result_;
    std::string equipment_;
    ProgressLine& progress_;
    bool complete_ = true;
    Message first_failure_;
    std::map<std::string, Bytes> held_;
    std::uint64_t held_bytes_ = 0;
    mutable std::vector<StoredFile> files_;
};

// The open change window of that equipment in which nobody said what sort of snapshot is meant; null: none.
const journal::ChangeWindow* window_against(const Session& session, const CaptureRequest& request,
                                            const std::string& name) {
    return request.kind_chosen ? nullptr : rules::open_window(session.state(), name);
}

// What was typed, in the words of the repository.
void canonicalise(const Session& session, CaptureRequest& request, CaptureResult& result) {
    request.kind = rules::fold_kind(request.kind);
    if (!request.type.empty()) request.type = rules::fold_code(rules::Code::type, request.type);
    std::vector<std::string> names;  // each once, in the order given
    for (const auto& typed : request.names) {
        auto name = rules::fold_code(rules::Code::equipment, typed);
        if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(std::move(name));
    }
    request.names = std::move(names);
    if (!request.all) return;
    if (!request.names.empty() || !request.from.empty())
        throw Error(Errc::usage, say<Msg::all_stands_alone>(), say<Msg::hint_capture_usage>());
    for (const auto& [name, equipment] : session.state().equipment) {
        if (equipment.removed) continue;
        if (rules::capture_mode(equipment) == rules::CaptureMode::manual)
            result.skipped.push_back({name, "", say<Msg::captured_by_hand>()});
        else if (const auto* open = window_against(session, request, name))
            result.failed.push_back({name, "", say<texts::in_window>(name, open->id), Errc::usage,
                                     say<texts::hint_in_window>(name)});
        else
            request.names.push_back(name);
    }
    if (request.names.empty() && !result.failed.empty())
        throw Error(Errc::usage, result.failed.front().why, result.failed.front().hint);
    if (request.names.empty())
        throw Error(Errc::usage, say<Msg::nothing_automatic>(), say<Msg::hint_set_path>());
}

void check_equipment(const Session& session, const CaptureRequest& request, const std::string& name) {
    const auto* known = session.state().find_equipment(name);
    if (known == nullptr && (request.from.empty() || request.type.empty()))
        throw Error(Errc::usage, say<Msg::equipment_unknown>(name), say<Msg::hint_equipment_unknown>());
    if (known == nullptr) return;
    if (!request.type.empty() && request.type != known->type)
        throw Error(Errc::usage, say<Msg::equipment_other_type>(name, known->type, request.type),
                    say<Msg::hint_equipment_edit>());
    if (request.from.empty() && drivers::has_no_source(known->settings))
        throw Error(Errc::usage, say<Msg::equipment_no_source>(name), say<Msg::hint_from>());
}

void check(const Session& session, const CaptureRequest& request) {
    if (!request.imported) rules::check_captured_kind(request.kind);
    if (request.names.empty())
        throw Error(Errc::usage, say<Msg::no_equipment_named>(), say<Msg::hint_capture_usage>());
    if (!request.from.empty() && request.names.size() > 1)
        throw Error(Errc::usage, say<Msg::from_takes_one>(), say<Msg::hint_capture_usage>());
    if (request.remove_source && request.from.empty())
        throw Error(Errc::usage, say<Msg::remove_source_needs_from>(), say<Msg::hint_capture_usage>());
    if (request.message.find('\0') != std::string::npos || !is_utf8(request.message))
        throw Error(Errc::usage, say<Msg::not_text>("-m"), say<Msg::hint_capture_usage>());
    if (request.at && !session.state().site.simulated &&
        request.at->ns > session.context().environment.clock.now().ns + ahead_max_ns)
        throw Error(Errc::usage, say<Msg::at_ahead>(to_rfc3339(*request.at)), say<Msg::hint_at_ahead>());
    for (const auto& name : request.names) {
        check_equipment(session, request, name);
        if (const auto* open = window_against(session, request, name))
            throw Error(Errc::usage, say<texts::in_window>(name, open->id), say<texts::hint_in_window>(name));
    }
}

Source source_for(Session& session, const CaptureRequest& request, const std::string& name) {
    if (!request.from.empty()) return source_from(name, request.from);
    return source_of(session, session.state().equipment.at(name));
}

std::string driver_named(const Session& session, const CaptureRequest& request, const std::string& name) {
    return request.from.empty() ? session.state().equipment.at(name).driver : "files";
}

// What one equipment gave, before it is stored.
struct Taken {
    std::unique_ptr<Device> device;           // null: it could not even be spoken to
    std::unique_ptr<BufferedCapture> buffer;  // null: not read yet, to be read into the repository at once
    std::optional<Error> error;

    void feed(CaptureSink& sink) {
        if (error) throw *error;
        if (buffer)
            buffer->replay(sink);
        else
            device->driver().capture(sink);
    }
};

// Reads what is remote by a thread each, as many as there may be at once; hands over each as it comes in.
class ParallelCapture {
public:
    ParallelCapture(const Context& context, std::vector<Source> sources)
        : context_(context), sources_(std::move(sources)), budget_(held_max) {
        if (!sources_.empty()) thread_ = std::thread([this] { run(); });
    }
    ~ParallelCapture() {
        if (thread_.joinable()) thread_.join();
    }
    ParallelCapture(const ParallelCapture&) = delete;
    ParallelCapture& operator=(const ParallelCapture&) = delete;

    // Waits for the next one; its name and what it gave.
    std::pair<std::string, Taken> next() {
        std::unique_lock guard(mutex_);
        arrived_.wait(guard, [&] { return !taken_.empty(); });
        auto first = std::move(taken_.front());
        taken_.pop_front();
        return first;
    }

private:
    static constexpr int jobs_max = 128;
    static constexpr std::uint64_t held_max = 96 << 20;  // bytes of all captures under way

    void run() {
        std::vector<std::string> waiting;
        for (const auto& source : sources_) waiting.push_back(source.name);
        try {
            for_each_in_parallel(
                sources_.size(), jobs_max, UINT64_MAX, [](std::size_t) { return std::uint64_t{0}; },
                [&](std::size_t i) {
                    auto taken = take(std::move(sources_[i]));
                    hand_over(std::exchange(waiting[i], ""), std::move(taken));
                });
        } catch (const std::exception&) {  // no more threads: whoever waits must hear of each
            for (const auto& name : waiting)
                if (!name.empty())
                    hand_over(name, {nullptr, nullptr, Error(Errc::failed, say<Msg::no_memory>())});
        }
    }

    void hand_over(const std::string& name, Taken taken) {
        const std::scoped_lock guard(mutex_);
        taken_.emplace_back(name, std::move(taken));
        arrived_.notify_one();
    }

    Taken take(Source source) {
        Taken taken;
        try {
            telling_a_way_out([&] {
                taken.device = std::make_unique<Device>(context_, std::move(source));
                taken.buffer = std::make_unique<BufferedCapture>(budget_);
                taken.device->driver().capture(*taken.buffer);
            });
        } catch (const TooMuchToHold&) {
            taken.buffer.reset();
            taken.device->renew();
        } catch (const Error& error) {
            taken.error = error;
        } catch (const std::bad_alloc&) {
            taken.error = Error(Errc::failed, say<Msg::no_memory>());
        } catch (...) {
            // What a driver did not foresee of an answer must not end the others.
            taken.error = Error(Errc::failed, say<Msg::internal_error>(), say<Msg::hint_report>());
        }
        return taken;
    }

    const Context& context_;
    std::vector<Source> sources_;
    MemoryBudget budget_;
    std::mutex mutex_;
    std::condition_variable arrived_;
    std::deque<std::pair<std::string, Taken>> taken_;
    std::thread thread_;
};

// What the equipment says of itself, as text for records: whatever it says.
std::string told(const Model& model, const std::string& field) {
    constexpr std::size_t size_max = 200;  // bytes
    return printable(model.device_field(field).substr(0, size_max));
}

journal::Snapshot store(Session& session, const CaptureRequest& request, const std::string& name, Taken taken,
                        CaptureResult& result, ProgressLine& progress) {
    auto& repository = session.repository();
    // Also of one that refused: it was spoken to under that pin.
    if (taken.device) record_pin(session, name, taken.device->pin());
    if (taken.error) throw *taken.error;
    auto writer = repository.begin_snapshot(name);
    StoringSink sink(writer, result, name, progress);
    taken.feed(sink);
    taken.buffer.reset();
    // Nothing but failures is no snapshot: an unreadable source must not pass for an empty configuration.
    if (!sink.complete() && writer.files() == 0)
        throw Error(Errc::unreachable, say<Msg::nothing_readable>(name, text(sink.first_failure())),
                    say<Msg::hint_source>());

    const auto& source = taken.device->source();
    const auto driver = taken.device->driver().id();
    const auto model = drivers::model_of(driver, sink);
    repo::SnapshotRequest snapshot;
    snapshot.equipment = name;
    if (session.state().find_equipment(name) == nullptr) {
        snapshot.new_equipment.emplace();
        snapshot.new_equipment->name = name;
        snapshot.new_equipment->type = request.type;
        snapshot.new_equipment->driver = source.driver;
    }
    snapshot.kind = request.kind;
    snapshot.at = request.at;
    snapshot.message = request.message;
    snapshot.driver = driver;
    snapshot.device_model = told(model, "model");
    snapshot.serial = told(model, "serial");
    snapshot.firmware = told(model, "firmware");
    snapshot.fingerprints =
        fingerprints_of(repository, model, ignored_paths(session.state().find_equipment(name)));
    snapshot.person = session.context().person();
    snapshot.host = host_name();
    snapshot.version = std::string(version);
    return writer.commit(snapshot, sink.complete());
}

void look_after(Session& session, const CaptureRequest& request, const journal::Snapshot& snapshot,
                CaptureResult& result) {
    if (request.from.empty()) return;
    if (!request.remove_source) {
        const auto medium = session.context().environment.files.medium_of(request.from);
        if (medium == MediumKind::encrypted || medium == MediumKind::memory) return;
        result.clear_copy_left = true;
        std::set<std::string> names;
        for (const auto& entry : session.repository().list(snapshot))
            names.insert(entry.path.substr(0, entry.path.find('/')));
        remember_clear_source(session, snapshot.equipment, request.from, {names.begin(), names.end()});
        return;
    }
    auto removal = remove_source(session, request.from, snapshot);
    result.removed = removal.removed;
    for (auto& [path, why] : removal.kept)
        result.failed.push_back({snapshot.equipment, path, say<Msg::source_kept>(text(why))});
}

// The snapshot is stored, whatever becomes of what it was taken from.
void look_after_source(Session& session, const CaptureRequest& request, const journal::Snapshot& snapshot,
                       CaptureResult& result) {
    try {
        look_after(session, request, snapshot, result);
    } catch (const Error& error) {
        result.failed.push_back(
            {snapshot.equipment, request.from, say<texts::source_not_looked_after>(text(error.message()))});
    }
}

// What failed as a whole: its name, and the exit status' word.
using Failures = std::map<std::string, std::string>;

std::vector<std::string> names_in(const Failures& failures) {
    std::vector<std::string> names;
    for (const auto& [name, code] : failures) names.push_back(name);
    return names;
}

// A change that nobody declared is told of as it is found.
bool tell_of_changes(Session& session, const std::vector<journal::Snapshot>& snapshots) {
    bool any = false;
    for (const auto& snapshot : snapshots) {
        if (!snapshot.changed || snapshot.dated_by_operator) continue;
        for (const auto& change :
             rules::undeclared_changes(session.state(), snapshot.equipment, snapshot.recorded_at)) {
            any = true;
            tell(session, "change-detected",
                 {{"id", "change-" + change.after.hex().substr(0, 16)},
                  {"equipment", change.equipment},
                  {"before", change.before.hex()},
                  {"after", change.after.hex()},
                  {"categories", change.categories}});
        }
    }
    return any;
}

// It showed another certificate, or host key, than the one that is pinned.
bool is_changed_identity(const Message& why) {
    return why.id == Msg::http_certificate_pin || why.id == Msg::sftp_host_key_changed;
}

// What the journal and the outside are to know of a capture that is over.
void look_back(Session& session, const CaptureResult& result, const Failures& failures) {
    std::vector<journal::Observation> seen;
    std::vector<std::string> captured;
    for (const auto& snapshot : result.snapshots) {
        seen.push_back(seen_of(rules::observed::capture, snapshot.equipment, snapshot.complete,
                               snapshot.complete ? "" : std::string(status_word(Errc::partial))));
        seen.push_back(seen_of(rules::observed::certificate, snapshot.equipment, true));
        captured.push_back(snapshot.equipment);
    }
    bool damaged = false, full = false;
    for (const auto& [name, code] : failures) {
        seen.push_back(seen_of(rules::observed::capture, name, false, code));
        damaged = damaged || code == status_word(Errc::damaged);
        full = full || code == status_word(Errc::no_space);
    }
    for (const auto& problem : result.failed)
        if (problem.path.empty() && is_changed_identity(problem.why))
            seen.push_back(seen_of(rules::observed::certificate, problem.equipment, false, "changed"));
    // What was sealed and read back was not what had been given.
    if (damaged)
        seen.push_back(
            seen_of(rules::observed::encryption, "", false, std::string(status_word(Errc::damaged))));
    if (full) observe_no_space(session);
    observe_all(session, seen);
    const bool changed = tell_of_changes(session, result.snapshots);
    keep_up_after(session, changed || !failures.empty() || result.clear_copy_left);
    tell(session, "after-capture",
         {{"equipment", captured},
          {"ok", failures.empty() && result.failed.empty()},
          {"without", names_in(failures)}});
}

}  // namespace

CaptureResult capture(Session& session, CaptureRequest request, ProgressLine& progress) {
    CaptureResult result;
    canonicalise(session, request, result);
    check(session, request);
    // --despite-damage is for reading: on a journal that is not whole nothing can be built.
    if (session.status() != 0) {
        const auto& damage = session.repository().journal_damage().front();
        throw Error(Errc::damaged, say<Msg::journal_damaged>(damage.path, text(damage.what)));
    }
    if (!request.dry_run) tell(session, "before-capture", {{"equipment", request.names}});
    std::optional<Error> first;
    Failures failures;
    const auto attempt = [&](const std::string& name, const std::function<void()>& work) {
        try {
            work();
        } catch (const Error& error) {
            if (!first) first = error;
            failures[name] = status_word(error.code());
            result.failed.push_back({name, "", error.message(), error.code(), error.hint()});
        }
    };
    const auto take_in = [&](const std::string& name, Taken taken) {
        attempt(name, [&] {
            if (request.dry_run) {
                result.would.push_back(test_capture(name, driver_named(session, request, name),
                                                    [&](CaptureSink& sink) { taken.feed(sink); }));
                return;
            }
            result.snapshots.push_back(store(session, request, name, std::move(taken), result, progress));
            look_after_source(session, request, result.snapshots.back(), result);
        });
    };
    // Slow and dead ones wait side by side, while nothing of the repository is held for them; what is here is
    // read meanwhile, one after the other.
    std::vector<Source> here, remote;
    for (const auto& name : request.names)
        attempt(name, [&] {
            auto source = source_for(session, request, name);
            const bool is_remote = drivers::driver_named(source.driver).is_remote;
            (is_remote ? remote : here).push_back(std::move(source));
        });
    const auto beside = remote.size();
    ParallelCapture parallel(session.context(), std::move(remote));
    for (auto& source : here) {
        const auto name = source.name;
        attempt(name, [&] {
            Taken taken;
            try {
                taken.device = std::make_unique<Device>(session.context(), std::move(source));
            } catch (const Error& error) {
                taken.error = error;
            }
            take_in(name, std::move(taken));
        });
    }
    for (std::size_t done = 0; done < beside; ++done) {
        progress.show(tr<Msg::capture_many_progress>(std::to_string(here.size() + done),
                                                     std::to_string(here.size() + beside)));
        auto [name, taken] = parallel.next();
        take_in(name, std::move(taken));
    }
    const auto place = [&](const journal::Snapshot& snapshot) {
        return std::find(request.names.begin(), request.names.end(), snapshot.equipment);
    };
    std::stable_sort(result.snapshots.begin(), result.snapshots.end(),
                     [&](const auto& a, const auto& b) { return place(a) < place(b); });
    for (const auto& test : result.would) {
        if (test.unreachable)
            result.failed.push_back(
                {test.name, "", *test.unreachable, Errc::unreachable, test.hint.value_or(Message{})});
        for (const auto& [path, why] : test.failed) result.failed.push_back({test.name, path, why});
    }
    if (!request.dry_run) {
        check_clear_sources(session);
        look_back(session, result, failures);
    }
    if (result.snapshots.empty() && first && !request.tells_failures) throw *first;
    return result;
}

}  // namespace coffre::cli
