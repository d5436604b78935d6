#include "cli/work/evidence_tables.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "cli/texts/evidence_texts.hpp"
#include "store/rules/anomalies.hpp"
#include "store/rules/copies.hpp"
#include "store/rules/names.hpp"
#include "store/rules/reviews.hpp"

namespace coffre::cli {

namespace {

using journal::Json;
using journal::Snapshot;

Json time_json(Timestamp time) { return to_rfc3339(time); }

template <class T>
Json optional_time(const std::optional<T>& at) {
    if constexpr (std::is_same_v<T, Timestamp>)
        return at ? Json(to_rfc3339(*at)) : Json(nullptr);
    else
        return at ? Json(to_rfc3339(at->time)) : Json(nullptr);
}

Json text_json(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json hex_list(const std::vector<ObjectId>& commits) {
    Json list = Json::array();
    for (const auto& commit : commits) list.push_back(commit.hex());
    return list;
}

Json hex_values(const std::map<std::string, ObjectId>& commits) {
    Json list = Json::object();
    for (const auto& [name, commit] : commits) list[name] = commit.hex();
    return list;
}

std::string field(const Json& record, const char* name) {
    const auto found = record.find(name);
    return found != record.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Json field_json(const Json& record, const char* name) {
    const auto found = record.find(name);
    return found == record.end() ? Json(nullptr) : *found;
}

class Collector {
public:
    Collector(const journal::State& state, Timestamp from, Timestamp to, Timestamp now)
        : state_(state), from_(from), to_(to), now_(now), names_(state) {
        for (const auto& snapshot : state.snapshots) snapshots_.emplace(snapshot.commit, &snapshot);
    }

    void take(const journal::Batch& batch) {
        if (batch.genesis) evidence_.genesis = to_text(batch.signed_bytes);
        const bool within = from_ <= batch.written_at() && batch.written_at() < to_;
        std::size_t expired = 0;
        for (const auto& record : batch.records)
            if (field(record, "type") == "expiry") ++expired;
        for (const auto& record : batch.records) {
            const auto type = field(record, "type");
            if (type == "actor") evidence_.actors.push_back(record);
            if (type == "actor_removed") evidence_.removals.push_back(record);
            if (type == "person")
                keys_[field(record, "name")] = record.value("removed", false) ? "" : field(record, "key");
            if (type == "snapshot") batch_of_[field(record, "commit")] = batch.id;
            if (type == "copied") take_copies(batch, record, within);
            if (type == "anomaly") take_anomaly(batch, record);
            if (counts(record)) statements_.push_back({batch.id, batch.actor, batch.written_at(), record});
            if (!within) continue;
            if (type == "expiry") add_expiry(batch, record);
            if (type == "gc") add_gc(batch, record, expired);
            add_operation(batch, record, type);
            add_override(batch, record, type);
        }
    }

    Evidence finish() {
        add_captures();
        add_copies();
        add_drills();
        add_reviews();
        add_anomalies();
        add_dispensations();
        add_people();
        add_changes();
        add_interventions();
        for (auto& statement : statements_)
            if (is_wanted(statement)) evidence_.statements.push_back(std::move(statement));
        put_tables();
        return std::move(evidence_);
    }

private:
    static std::string to_text(ByteView bytes) {
        return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    }

    [[nodiscard]] bool is_within(Timestamp time) const { return from_ <= time && time < to_; }

    [[nodiscard]] std::string machine(const ActorId& id) const {
        const auto found = state_.actors.find(id);
        return found == state_.actors.end() ? id.hex().substr(0, 16) : found->second.name;
    }

    [[nodiscard]] Json name_of(const std::string& commit) const {
        const auto id = ObjectId::parse(commit);
        const auto found = id ? snapshots_.find(*id) : snapshots_.end();
        return found == snapshots_.end() ? Json(nullptr) : Json(names_.name(*found->second));
    }

    // Is it signed by somebody who was one of the site's people then?
    [[nodiscard]] bool counts(const Json& record) const {
        if (!record.contains("signed")) return false;
        const auto& with = record.at("signed");
        const auto person = keys_.find(field(with, "person"));
        return person != keys_.end() && !person->second.empty() && field(with, "key") == person->second &&
               journal::statement_fits(record, state_.repository);
    }

    // Of a snapshot: the commit comes from who wrote the record.
    static std::string commit_of(const Json& record) { return field(record, "commit"); }

    void add_captures() {
        for (const auto* snapshot : in_period()) {
            const auto batch = batch_of_.find(snapshot->commit.hex());
            captures_.push_back(
                {{"recorded", time_json(snapshot->recorded_at)},
                 {"time", time_json(snapshot->time)},
                 {"dated_by", snapshot->dated_by_operator ? "operator" : "clock"},
                 {"name", names_.name(*snapshot)},
                 {"equipment", snapshot->equipment},
                 {"equipment_type", snapshot->type},
                 {"kinds", snapshot->kinds},
                 {"complete", snapshot->complete},
                 {"changed", snapshot->changed},
                 {"files", snapshot->files},
                 {"bytes", snapshot->bytes},
                 {"driver", text_json(snapshot->driver)},
                 {"firmware", text_json(snapshot->firmware)},
                 {"author", text_json(snapshot->author)},
                 {"message", text_json(snapshot->message)},
                 {"machine", machine(snapshot->actor)},
                 {"expired", optional_time(snapshot->expired)},
                 {"commit", snapshot->commit.hex()},
                 {"batch", batch == batch_of_.end() ? Json(nullptr) : Json(batch->second.hex())}});
        }
    }

    // By when they were recorded.
    [[nodiscard]] const std::vector<const Snapshot*>& in_period() {
        if (!in_period_.empty()) return in_period_;
        for (const auto& [commit, snapshot] : snapshots_)
            if (is_within(snapshot->recorded_at)) in_period_.push_back(snapshot);
        std::sort(in_period_.begin(), in_period_.end(), [](const auto* a, const auto* b) {
            return a->recorded_at != b->recorded_at ? a->recorded_at < b->recorded_at : a->commit < b->commit;
        });
        return in_period_;
    }

    struct CopyTimes {
        std::optional<Timestamp> sent, verified;
    };

    // When each batch of a stream was first known to be there: the numbers of a stream only grow.
    struct Reached {
        std::vector<std::pair<std::uint64_t, Timestamp>> sent, verified;
    };

    static std::optional<Timestamp> first_at(const std::vector<std::pair<std::uint64_t, Timestamp>>& reached,
                                             std::uint64_t number) {
        for (const auto& [to, time] : reached)
            if (number <= to) return time;
        return std::nullopt;
    }

    void take_copies(const journal::Batch& batch, const Json& record, bool within) {
        const auto remote = field(record, "remote");
        const bool verified = record.contains("verified"), sent = record.contains("sent") || verified;
        for (const char* how : {"sent", "verified"}) {
            if (!record.contains(how)) continue;
            for (const auto& [actor, number] : record.at(how).items()) {
                const auto id = ActorId::parse(actor);
                if (!id || !number.is_number_unsigned()) continue;
                auto& reached = reached_[{remote, *id}];
                const std::pair entry{number.get<std::uint64_t>(), batch.written_at()};
                reached.sent.push_back(entry);
                if (how == std::string_view("verified")) reached.verified.push_back(entry);
            }
        }
        if (!within) return;
        mirror_runs_.push_back({{"time", time_json(batch.written_at())},
                                {"remote", remote},
                                {"sent", sent},
                                {"verified", verified},
                                {"reset", record.value("reset", false)},
                                {"machine", machine(batch.actor)},
                                {"batch", batch.id.hex()}});
    }

    void add_copies() {
        for (const auto* snapshot : in_period())
            for (const auto& location : rules::locations(state_, *snapshot)) {
                const auto reached = reached_.find({location.remote->name, snapshot->actor});
                CopyTimes times;
                if (reached != reached_.end()) {
                    times.sent = first_at(reached->second.sent, snapshot->number);
                    times.verified = first_at(reached->second.verified, snapshot->number);
                }
                copies_.push_back({{"name", names_.name(*snapshot)},
                                   {"remote", location.remote->name},
                                   {"role", location.remote->role},
                                   {"state", rules::copy_state_name(location.state)},
                                   {"sent", optional_time(times.sent)},
                                   {"verified", optional_time(times.verified)},
                                   {"protected", rules::is_protected(state_, *snapshot)},
                                   {"recorded", time_json(snapshot->recorded_at)},
                                   {"commit", snapshot->commit.hex()}});
            }
    }

    void add_drills() {
        for (const auto& [id, drill] : state_.procedure.drills) {
            if (!is_within(drill.ended) && !is_within(drill.version.time)) continue;
            std::size_t ok = 0;
            for (const auto& check : drill.checks) ok += check.value("ok", false) ? 1 : 0;
            drills_.push_back({{"ended", time_json(drill.ended)},
                               {"started", time_json(drill.started)},
                               {"id", drill.id},
                               {"equipment", drill.equipment},
                               {"name", drill.snapshot},
                               {"commit", drill.commit.hex()},
                               {"source", text_json(drill.source)},
                               {"source_role", drill.source_role},
                               {"level", drill.level},
                               {"target", text_json(drill.target)},
                               {"recovery_ms", drill.recovery_ms},
                               {"success", drill.success},
                               {"checks_ok", std::to_string(ok) + "/" + std::to_string(drill.checks.size())},
                               {"observations", text_json(drill.observations)},
                               {"retest_of", text_json(drill.retest_of)},
                               {"person", text_json(drill.signature.person)},
                               {"checks", drill.checks}});
        }
        by_time(drills_, "ended");
    }

    void add_reviews() {
        for (const auto& [id, review] : state_.procedure.reviews)
            if (is_within(review.version.time))
                reviews_.push_back({{"time", time_json(review.version.time)},
                                    {"id", review.id},
                                    {"scope", review.scope},
                                    {"month", review.month},
                                    {"accepted", review.accepted},
                                    {"message", text_json(review.version.message)},
                                    {"person", text_json(review.signature.person)},
                                    {"machine", machine(review.version.actor)},
                                    {"figures", review.figures}});
        by_time(reviews_, "time");
    }

    // Kept until it is known which of them belong to the period.
    void take_anomaly(const journal::Batch& batch, const Json& record) {
        events_[field(record, "id")].push_back({{"time", time_json(batch.written_at())},
                                                {"id", field(record, "id")},
                                                {"event", field(record, "event")},
                                                {"hours", field_json(record, "hours")},
                                                {"by_rule", field_json(record, "by_rule")},
                                                {"person", text_json(field(record, "person"))},
                                                {"message", text_json(field(record, "message"))},
                                                {"evidence", field_json(record, "evidence")},
                                                {"machine", machine(batch.actor)},
                                                {"batch", batch.id.hex()}});
    }

    // Open at some moment of the period.
    [[nodiscard]] bool is_of_period(const journal::Anomaly& anomaly) const {
        return anomaly.known() && anomaly.opened < to_ &&
               (!anomaly.resolved || from_ <= anomaly.resolved->time);
    }

    void add_anomalies() {
        for (const auto& [id, anomaly] : state_.procedure.anomalies) {
            if (!is_of_period(anomaly)) continue;
            const auto view = rules::view_of(state_, anomaly, now_);
            anomalies_.push_back({{"opened", time_json(anomaly.opened)},
                                  {"id", id},
                                  {"kind", anomaly.kind},
                                  {"severity", anomaly.severity},
                                  {"equipment", text_json(anomaly.equipment)},
                                  {"remote", text_json(anomaly.remote)},
                                  {"state", rules::anomaly_state_name(view.state)},
                                  {"due", time_json(view.due)},
                                  {"in_time", !view.breached},
                                  {"detected", time_json(anomaly.detected)},
                                  {"acknowledged", optional_time(anomaly.acknowledged)},
                                  {"treated", optional_time(anomaly.treated)},
                                  {"person", text_json(anomaly.treated_by)},
                                  {"resolved", optional_time(anomaly.resolved)},
                                  {"by_rule", anomaly.resolved_by_rule},
                                  {"message", anomaly.resolved  ? text_json(anomaly.resolved->message)
                                              : anomaly.treated ? text_json(anomaly.treated->message)
                                                                : Json(nullptr)},
                                  {"reopened", anomaly.times_reopened},
                                  {"evidence", anomaly.evidence},
                                  {"snapshots", hex_list(anomaly.snapshots)},
                                  {"details", anomaly.details}});
            const auto events = events_.find(id);
            if (events != events_.end())
                for (auto& event : events->second) anomaly_events_.push_back(std::move(event));
        }
        by_time(anomalies_, "opened");
        by_time(anomaly_events_, "time");
    }

    void add_expiry(const journal::Batch& batch, const Json& record) {
        expiries_.push_back({{"time", time_json(batch.written_at())},
                             {"name", name_of(commit_of(record))},
                             {"reason", text_json(field(record, "why"))},
                             {"machine", machine(batch.actor)},
                             {"commit", commit_of(record)},
                             {"batch", batch.id.hex()}});
    }

    void add_gc(const journal::Batch& batch, const Json& record, std::size_t expired) {
        std::uint64_t bytes = 0;
        const auto& retired = record.at("retired");
        for (const auto& file : retired) bytes += file.at(1).get<std::uint64_t>();
        gc_runs_.push_back({{"time", time_json(batch.written_at())},
                            {"generation", record.at("generation")},
                            {"expired", expired},
                            {"files", retired.size()},
                            {"bytes", bytes},
                            {"forced", field_json(record, "force")},
                            {"machine", machine(batch.actor)},
                            {"batch", batch.id.hex()}});
    }

    void add_operation(const journal::Batch& batch, const Json& record, const std::string& type) {
        static const std::set<std::string> kinds{
            "restore", "equipment_restore", "export", "import", "secrets_shown", "hold", "evidence"};
        if (!kinds.contains(type)) return;
        auto commits = std::vector<std::string>{commit_of(record)};
        if (record.contains("commits")) commits = record.at("commits").get<std::vector<std::string>>();
        for (const auto& commit : commits) {
            Json row{{"time", time_json(batch.written_at())},
                     {"operation", type},
                     {"name", name_of(commit)},
                     {"equipment", field_json(record, "equipment")},
                     {"medium", field_json(record, "medium")},
                     {"state", field_json(record, "state")},
                     {"override", field_json(record, "override")},
                     {"message", text_json(field(record, "message"))},
                     {"machine", machine(batch.actor)},
                     {"commit", text_json(commit)},
                     {"batch", batch.id.hex()}};
            if (type == "hold" && record.value("removed", false)) row["state"] = "removed";
            operations_.push_back(std::move(row));
        }
    }

    // What let a rule of safety be passed over, and who said why.
    void add_override(const journal::Batch& batch, const Json& record, const std::string& type) {
        const auto add = [&](const char* rule, const std::string& subject, const std::string& reason) {
            overrides_.push_back({{"time", time_json(batch.written_at())},
                                  {"rule", rule},
                                  {"subject", text_json(subject)},
                                  {"reason", reason},
                                  {"machine", machine(batch.actor)},
                                  {"batch", batch.id.hex()}});
        };
        if (type == "restore" && record.contains("override"))
            add("clear-text-restore", field(record, "commit"), field(record, "override"));
        if (type == "gc" && record.contains("force")) add("gc", "", field(record, "force"));
        if (type == "change" && record.contains("without_pre"))
            add("without-pre", field(record, "id"), field(record, "without_pre"));
        if (type == "change" && record.contains("without_post"))
            add("without-post", field(record, "id"), field(record, "without_post"));
        if ((type != "equipment" && type != "remote") || !record.contains("settings")) return;
        const auto& settings = record.at("settings");
        for (const char* name : {"clear-reason", "unencrypted-reason"})
            if (const auto reason = field(settings, name); !reason.empty())
                add(name == std::string_view("clear-reason") ? "clear-protocol" : "unencrypted-medium",
                    type + " " + field(record, "name"), reason);
    }

    [[nodiscard]] bool holds_in_period(const journal::Dispensation& item) const {
        const auto end = item.ended ? std::min(item.ended->time, item.expires) : item.expires;
        return !item.kind.empty() && item.version.time < to_ && from_ < end;
    }

    void add_dispensations() {
        for (const auto& [id, item] : state_.procedure.dispensations)
            if (holds_in_period(item))
                dispensations_.push_back({{"time", time_json(item.version.time)},
                                          {"id", id},
                                          {"kind", item.kind},
                                          {"subject", text_json(item.subject)},
                                          {"reason", text_json(item.version.message)},
                                          {"interval_days", item.interval_days},
                                          {"expires", time_json(item.expires)},
                                          {"ended", optional_time(item.ended)},
                                          {"person", text_json(item.signature.person)},
                                          {"machine", machine(item.version.actor)}});
        by_time(dispensations_, "time");
    }

    // All, whenever they came: whoever signs the evidence, or signed a statement in it, is found there.
    void add_person(const journal::Person& person) {
        people_.push_back({{"time", time_json(person.version.time)},
                           {"person", person.name},
                           {"removed", person.removed},
                           {"key", person.key.hex()},
                           {"machine", machine(person.version.actor)}});
    }

    void add_people() {
        for (const auto& person : state_.procedure.past_people) add_person(person);
        for (const auto& [name, person] : state_.procedure.people) add_person(person);
        by_time(people_, "time");
        for (const auto& item : rules::responsible_history(state_))
            if (item.since < to_)
                responsibles_.push_back({{"time", time_json(item.since)},
                                         {"responsible", text_json(item.person)},
                                         {"deputy", text_json(item.deputy)},
                                         {"known", item.known}});
        for (const auto& [id, actor] : state_.actors) {
            const auto removal = state_.removals.find(id);
            machines_.push_back(
                {{"machine", actor.name},
                 {"rights", actor.rights},
                 {"removed",
                  removal == state_.removals.end() ? Json(nullptr) : time_json(removal->second.version.time)},
                 {"key", id.hex()}});
        }
    }

    void add_changes() {
        for (const auto& [id, window] : state_.procedure.changes) {
            if (window.id.empty() || !(window.begun.time < to_)) continue;
            if (window.ended && window.ended->time < from_) continue;
            changes_.push_back({{"begun", time_json(window.begun.time)},
                                {"ended", optional_time(window.ended)},
                                {"id", id},
                                {"equipment", window.equipment},
                                {"categories", window.categories},
                                {"reason", text_json(window.begun.message)},
                                {"without_pre", text_json(window.without_pre)},
                                {"without_post", text_json(window.without_post)},
                                {"machine", machine(window.begun.actor)},
                                {"pre", hex_values(window.pre)},
                                {"post", hex_values(window.post)}});
        }
        by_time(changes_, "begun");
    }

    void add_interventions() {
        for (const auto& [id, item] : state_.procedure.interventions) {
            if (item.id.empty() || !(item.opened.time < to_)) continue;
            if (item.closed && item.closed->time < from_) continue;
            interventions_.push_back({{"opened", time_json(item.opened.time)},
                                      {"closed", optional_time(item.closed)},
                                      {"planned", time_json(item.planned)},
                                      {"id", id},
                                      {"technician", item.technician},
                                      {"equipment", item.equipment},
                                      {"message", text_json(item.opened.message)},
                                      {"machine", machine(item.opened.actor)}});
        }
        by_time(interventions_, "opened");
    }

    [[nodiscard]] bool is_wanted(const EvidenceStatement& statement) const {
        if (is_within(statement.time)) return true;
        const auto dispensation = state_.procedure.dispensations.find(field(statement.record, "id"));
        return field(statement.record, "type") == "dispensation" &&
               dispensation != state_.procedure.dispensations.end() && holds_in_period(dispensation->second);
    }

    static void by_time(std::vector<Json>& rows, const char* name) {
        std::stable_sort(rows.begin(), rows.end(), [&](const Json& a, const Json& b) {
            return a.at(name).get_ref<const std::string&>() < b.at(name).get_ref<const std::string&>();
        });
    }

    void put(const char* name, const Text& title, std::vector<EvidenceColumn> columns,
             std::vector<Json>& rows) {
        evidence_.tables.push_back({name, &title, std::move(columns), std::move(rows)});
    }

    void put_tables() {
        using namespace texts;
        const EvidenceColumn time{"time", &column_time}, machine_{"machine", &column_machine},
            batch{"batch", &column_batch}, commit{"commit", &column_commit}, name{"name", &column_name},
            equipment{"equipment", &column_equipment}, id{"id", &column_id}, person{"person", &column_person},
            message{"message", &column_message}, reason{"reason", &column_reason},
            remote{"remote", &column_remote}, state{"state", &column_state}, kind{"kind", &column_kind},
            recorded{"recorded", &column_recorded}, bytes{"bytes", &column_bytes},
            files{"files", &column_files}, removed{"removed", &column_removed},
            by_rule{"by_rule", &column_by_rule}, evidence{"evidence", &column_evidence},
            key{"key", &column_key}, subject{"subject", &column_subject},
            answering{"person", &column_answering};  // named by whoever wrote it, and nobody's signature
        put("captures", table_captures,
            {recorded,
             time,
             {"dated_by", &column_dated_by},
             name,
             equipment,
             {"equipment_type", &column_type},
             {"kinds", &column_kinds},
             {"complete", &column_complete},
             {"changed", &column_changed},
             files,
             bytes,
             {"driver", &column_driver},
             {"firmware", &column_firmware},
             {"author", &column_author},
             message,
             machine_,
             {"expired", &column_expired},
             commit,
             batch},
            captures_);
        put("copies", table_copies,
            {recorded,
             name,
             remote,
             {"role", &column_role},
             state,
             {"sent", &column_sent},
             {"verified", &column_verified},
             {"protected", &column_protected},
             commit},
            copies_);
        put("mirrors", table_mirrors,
            {time,
             remote,
             {"sent", &column_sent},
             {"verified", &column_verified},
             {"reset", &column_reset},
             machine_,
             batch},
            mirror_runs_);
        put("drills", table_drills,
            {{"ended", &column_ended},
             {"started", &column_started},
             id,
             equipment,
             name,
             {"source", &column_source},
             {"source_role", &column_role},
             {"level", &column_level},
             {"target", &column_target},
             {"recovery_ms", &column_recovery},
             {"success", &column_success},
             {"checks_ok", &column_checks},
             {"observations", &column_observations},
             {"retest_of", &column_retest_of},
             person,
             commit,
             {"checks", &column_checks, true}},
            drills_);
        put("reviews", table_reviews,
            {time,
             id,
             {"scope", &column_scope},
             {"month", &column_month},
             {"accepted", &column_accepted},
             message,
             person,
             machine_,
             {"figures", &column_checks, true}},
            reviews_);
        put("anomalies", table_anomalies,
            {{"opened", &column_opened},
             id,
             kind,
             {"severity", &column_severity},
             equipment,
             remote,
             state,
             {"due", &column_due},
             {"in_time", &column_in_time},
             {"detected", &column_detected},
             {"acknowledged", &column_acknowledged},
             {"treated", &column_treated},
             answering,
             {"resolved", &column_resolved},
             by_rule,
             message,
             {"reopened", &column_reopened},
             evidence,
             {"snapshots", &column_snapshots},
             {"details", &column_details}},
            anomalies_);
        put("anomaly_events", table_anomaly_events,
            {time,
             id,
             {"event", &column_event},
             {"hours", &column_hours},
             by_rule,
             answering,
             message,
             evidence,
             machine_,
             batch},
            anomaly_events_);
        put("expiries", table_expiries, {time, name, reason, machine_, commit, batch}, expiries_);
        put("gc_runs", table_gc_runs,
            {time,
             {"generation", &column_generation},
             {"expired", &column_expired},
             files,
             bytes,
             {"forced", &column_forced},
             machine_,
             batch},
            gc_runs_);
        put("dispensations", table_dispensations,
            {time,
             id,
             kind,
             subject,
             reason,
             {"interval_days", &column_interval},
             {"expires", &column_expires},
             {"ended", &column_ended},
             person,
             machine_},
            dispensations_);
        put("people", table_people, {time, {"person", &column_name}, removed, key, machine_}, people_);
        put("responsibles", table_responsibles,
            {time,
             {"responsible", &column_responsible},
             {"deputy", &column_deputy},
             {"known", &column_known}},
            responsibles_);
        put("machines", table_machines, {machine_, {"rights", &column_rights}, removed, key}, machines_);
        put("changes", table_changes,
            {{"begun", &column_begun},
             {"ended", &column_ended},
             id,
             equipment,
             {"categories", &column_categories},
             reason,
             {"without_pre", &column_without_pre},
             {"without_post", &column_without_post},
             machine_,
             {"pre", &column_pre},
             {"post", &column_post}},
            changes_);
        put("interventions", table_interventions,
            {{"opened", &column_opened},
             {"closed", &column_closed},
             {"planned", &column_planned},
             id,
             {"technician", &column_technician},
             equipment,
             message,
             machine_},
            interventions_);
        put("operations", table_operations,
            {time,
             {"operation", &column_operation},
             name,
             equipment,
             {"medium", &column_medium},
             state,
             {"override", &column_override},
             message,
             machine_,
             commit,
             batch},
            operations_);
        put("overrides", table_overrides, {time, {"rule", &column_rule}, subject, reason, machine_, batch},
            overrides_);
    }

    const journal::State& state_;
    Timestamp from_, to_, now_;
    rules::NameBook names_;
    std::map<ObjectId, const Snapshot*> snapshots_;
    std::vector<const Snapshot*> in_period_;
    std::map<std::string, BatchId> batch_of_;  // by commit
    std::map<std::pair<std::string, ActorId>, Reached> reached_;
    std::map<std::string, std::vector<Json>> events_;  // by anomaly
    std::vector<EvidenceStatement> statements_;
    std::map<std::string, std::string> keys_;  // of people, as far as batches were taken; "": removed
    std::vector<Json> captures_, copies_, mirror_runs_, drills_, reviews_, anomalies_, anomaly_events_,
        expiries_, gc_runs_, dispensations_, people_, responsibles_, machines_, changes_, interventions_,
        operations_, overrides_;
    Evidence evidence_;
};

std::string quoted(std::string text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    for (auto at = text.find('"'); at != std::string::npos; at = text.find('"', at + 2))
        text.insert(at, "\"");
    return '"' + text + '"';
}

// What spreadsheets run when they read it.
std::string harmless(std::string text) {
    constexpr std::string_view formula = "=+-@\t\r";
    if (!text.empty() && formula.find(text.front()) != std::string_view::npos) text.insert(0, "'");
    return text;
}

}  // namespace

Evidence collect_evidence(const journal::State& state, const EachBatch& each, Timestamp from, Timestamp to,
                          Timestamp now) {
    Collector collector(state, from, to, now);
    each([&](const journal::Batch& batch) { collector.take(batch); });
    return collector.finish();
}

std::string cell_text(const Json& value) {
    if (value.is_null()) return "";
    if (value.is_string()) return value.get<std::string>();
    if (!value.is_structured()) return value.dump();
    std::string text;
    for (const auto& [name, item] : value.items())
        text += (text.empty() ? "" : "; ") + (value.is_object() ? name + "=" : "") + cell_text(item);
    return text;
}

std::string to_csv(const EvidenceTable& table) {
    std::string text;
    const auto end_line = [&] {
        text.pop_back();
        text += "\r\n";
    };
    for (const auto& column : table.columns)
        if (!column.only_json) text += quoted(column.name) + ",";
    end_line();
    for (const auto& row : table.rows) {
        for (const auto& column : table.columns) {
            if (column.only_json) continue;
            const auto& value = row.at(column.name);
            const auto cell = cell_text(value);
            text += quoted(value.is_number() ? cell : harmless(cell)) + ",";
        }
        end_line();
    }
    return text;
}

}  // namespace coffre::cli
