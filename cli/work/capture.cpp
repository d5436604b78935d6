#include "cli/work/capture.hpp"

#include "base/process.hpp"
#include "cli/version.hpp"
#include "drivers/equipment/files.hpp"

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

void check(const Session& session, const CaptureRequest& request) {
    rules::check_captured_kind(request.kind);
    if (request.names.empty())
        throw Error(Errc::usage, say<Msg::no_equipment_named>(), say<Msg::hint_capture_usage>());
    if (!request.from.empty() && request.names.size() > 1)
        throw Error(Errc::usage, say<Msg::from_takes_one>(), say<Msg::hint_capture_usage>());
    if (request.message.find('\0') != std::string::npos || !is_utf8(request.message))
        throw Error(Errc::usage, say<Msg::message_not_text>(), say<Msg::hint_capture_usage>());
    if (!request.type.empty()) rules::check_code(rules::Code::type, request.type);
    const auto& state = session.state();
    if (request.at && !state.site.simulated &&
        request.at->ns > session.context().environment.clock.now().ns + ahead_max_ns)
        throw Error(Errc::usage, say<Msg::at_ahead>(to_rfc3339(*request.at)), say<Msg::hint_at_ahead>());
    for (const auto& name : request.names) {
        rules::check_code(rules::Code::equipment, name);
        const auto known = state.equipment.find(name);
        if (known == state.equipment.end() && (request.from.empty() || request.type.empty()))
            throw Error(Errc::usage, say<Msg::equipment_unknown>(name), say<Msg::hint_equipment_unknown>());
        if (known == state.equipment.end()) continue;
        if (!request.type.empty() && request.type != known->second.type)
            throw Error(Errc::usage, say<Msg::equipment_other_type>(name, known->second.type, request.type));
        if (request.from.empty() && !known->second.settings.contains("path"))
            throw Error(Errc::usage, say<Msg::equipment_no_source>(name), say<Msg::hint_from>());
    }
}

std::string source_of(const Session& session, const CaptureRequest& request, const std::string& name) {
    return request.from.empty() ? session.state().equipment.at(name).settings.at("path") : request.from;
}

journal::Snapshot capture_one(Session& session, const CaptureRequest& request, const std::string& name,
                              CaptureResult& result, ProgressLine& progress) {
    auto& repository = session.repository();
    const auto driver =
        drivers::files_driver(session.context().environment.files, source_of(session, request, name));
    auto writer = repository.begin_snapshot();
    StoringSink sink(writer, result, name, progress);
    driver->capture(sink);
    // Nothing but failures is no snapshot: an unreadable source must not pass for an empty configuration.
    if (!sink.complete() && writer.files() == 0)
        throw Error(Errc::unreachable, say<Msg::nothing_readable>(name, text(sink.first_failure())),
                    say<Msg::hint_source>());

    repo::SnapshotRequest snapshot;
    snapshot.equipment = name;
    if (!session.state().equipment.contains(name))
        snapshot.new_equipment = journal::Equipment{name, request.type, "files", {}};
    snapshot.kind = request.kind;
    snapshot.at = request.at;
    snapshot.message = request.message;
    snapshot.driver = driver->id();
    snapshot.person = session.context().person();
    snapshot.host = host_name();
    snapshot.version = std::string(version);
    return writer.commit(snapshot, sink.complete());
}

}  // namespace

CaptureResult capture(Session& session, const CaptureRequest& request, ProgressLine& progress) {
    check(session, request);
    // --despite-damage is for reading: on a journal that is not whole nothing can be built.
    if (session.status() != 0) {
        const auto& damage = session.repository().journal_damage().front();
        throw Error(Errc::damaged, say<Msg::journal_damaged>(damage.path, text(damage.what)));
    }
    CaptureResult result;
    std::optional<Error> first;
    for (const auto& name : request.names) {
        try {
            result.snapshots.push_back(capture_one(session, request, name, result, progress));
        } catch (const Error& error) {
            if (!first) first = error;
            result.failed.push_back({name, "", error.message()});
        }
    }
    if (result.snapshots.empty() && first) throw *first;
    return result;
}

}  // namespace coffre::cli
