#include "cli/work/capture.hpp"

#include "base/process.hpp"
#include "cli/version.hpp"
#include "cli/work/source_removal.hpp"
#include "drivers/equipment/drivers.hpp"
#include "store/rules/standard_name.hpp"

namespace coffre::cli {

namespace {

constexpr std::int64_t ahead_max_ns = 10ll * 60 * 1'000'000'000;

// Hands what a driver finds to the snapshot, and keeps what it could not read.
class StoringSink final : public CaptureSink {
public:
    StoringSink(repo::SnapshotWriter& writer, CaptureResult& result, std::string equipment,
                ProgressLine& progress)
        : writer_(writer), result_(result), equipment_(std::move(equipment)), progress_(progress) {}

    void file(const Path& path, bool executable, ByteView content) override {
        writer_.add_file(path, executable, content);
        progress_.show(tr<Msg::capture_progress>(equipment_, count_files(writer_.files()),
                                                 human_bytes(writer_.bytes())));
    }
    void large_file(const Path& path, bool executable, std::uint64_t size, const Pieces& next) override {
        writer_.add_file(path, executable, size, next);
        progress_.show(tr<Msg::capture_progress>(equipment_, count_files(writer_.files()),
                                                 human_bytes(writer_.bytes())));
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

private:
    repo::SnapshotWriter& writer_;
    CaptureResult& result_;
    std::string equipment_;
    ProgressLine& progress_;
    bool complete_ = true;
    Message first_failure_;
};

// What was typed, in the words of the repository.
void canonicalise(const Session& session, CaptureRequest& request, CaptureResult& result) {
    request.kind = rules::fold_kind(request.kind);
    if (!request.type.empty()) request.type = rules::fold_code(rules::Code::type, request.type);
    for (auto& name : request.names) name = rules::fold_code(rules::Code::equipment, name);
    if (!request.all) return;
    if (!request.names.empty() || !request.from.empty())
        throw Error(Errc::usage, say<Msg::all_stands_alone>(), say<Msg::hint_capture_usage>());
    for (const auto& [name, equipment] : session.state().equipment) {
        if (equipment.removed) continue;
        if (equipment.settings.empty())
            result.skipped.push_back({name, "", say<Msg::captured_by_hand>()});
        else
            request.names.push_back(name);
    }
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
    if (request.from.empty() && known->settings.empty())
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
    for (const auto& name : request.names) check_equipment(session, request, name);
}

// How the configuration of `name` is read: by its record, or by hand from --from.
struct Source {
    std::string driver = "files";
    std::map<std::string, std::string> settings;
};

Source source_of(const Session& session, const CaptureRequest& request, const std::string& name) {
    if (!request.from.empty()) return {"files", {{"path", request.from}}};
    const auto& equipment = session.state().equipment.at(name);
    return {equipment.driver, equipment.settings};
}

journal::Snapshot capture_one(Session& session, const CaptureRequest& request, const std::string& name,
                              CaptureResult& result, ProgressLine& progress) {
    auto& repository = session.repository();
    const auto source = source_of(session, request, name);
    const SecretTexts secrets;
    const drivers::DriverContext from{session.context().environment, name, source.settings, secrets};
    const auto driver = drivers::make_driver(source.driver, from);
    auto writer = repository.begin_snapshot(name);
    StoringSink sink(writer, result, name, progress);
    driver->capture(sink);
    // Nothing but failures is no snapshot: an unreadable source must not pass for an empty configuration.
    if (!sink.complete() && writer.files() == 0)
        throw Error(Errc::unreachable, say<Msg::nothing_readable>(name, text(sink.first_failure())),
                    say<Msg::hint_source>());

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
    snapshot.driver = driver->id();
    snapshot.person = session.context().person();
    snapshot.host = host_name();
    snapshot.version = std::string(version);
    return writer.commit(snapshot, sink.complete());
}

void look_after_source(Session& session, const CaptureRequest& request, const journal::Snapshot& snapshot,
                       CaptureResult& result) {
    if (request.from.empty()) return;
    if (!request.remove_source) {
        const auto medium = session.context().environment.files.medium_of(request.from);
        result.clear_copy_left = medium != MediumKind::encrypted && medium != MediumKind::memory;
        return;
    }
    auto removal = remove_source(session, request.from, snapshot);
    result.removed = removal.removed;
    for (auto& [path, why] : removal.kept)
        result.failed.push_back({snapshot.equipment, path, say<Msg::source_kept>(text(why))});
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
    std::optional<Error> first;
    for (const auto& name : request.names) {
        try {
            if (request.dry_run) {
                const auto source = source_of(session, request, name);
                result.would.push_back(test_source(session.context(), name, source.driver, source.settings));
                continue;
            }
            result.snapshots.push_back(capture_one(session, request, name, result, progress));
            look_after_source(session, request, result.snapshots.back(), result);
        } catch (const Error& error) {
            if (!first) first = error;
            result.failed.push_back({name, "", error.message()});
        }
    }
    for (const auto& test : result.would) {
        if (test.unreachable) result.failed.push_back({test.name, "", *test.unreachable});
        for (const auto& [path, why] : test.failed) result.failed.push_back({test.name, path, why});
    }
    if (result.snapshots.empty() && first) throw *first;
    return result;
}

}  // namespace coffre::cli
