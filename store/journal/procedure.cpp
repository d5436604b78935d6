#include "store/journal/procedure.hpp"

#include <algorithm>

#include "store/journal/record_json.hpp"

namespace coffre::journal {

namespace {

constexpr const char* record_types[] = {"person", "change", "dispensation", "intervention",
                                        "drill",  "review", "observed",     "anomaly"};

Timestamp time_of(const Json& json) { return {json.get<std::int64_t>()}; }

std::vector<std::string> texts_of(const Json& record, const char* field) {
    return record.contains(field) ? record.at(field).get<std::vector<std::string>>()
                                  : std::vector<std::string>();
}

std::vector<ObjectId> commits_of(const Json& record, const char* field) {
    std::vector<ObjectId> commits;
    if (!record.contains(field)) return commits;
    for (const auto& commit : record.at(field)) commits.push_back(id_of<ObjectId>(commit));
    return commits;
}

Json hex_of(const std::vector<ObjectId>& commits) {
    Json json = Json::array();
    for (const auto& commit : commits) json.push_back(commit.hex());
    return json;
}

std::map<std::string, ObjectId> commits_by_name(const Json& record, const char* field) {
    std::map<std::string, ObjectId> commits;
    if (!record.contains(field)) return commits;
    for (const auto& [name, commit] : record.at(field).items()) commits[name] = id_of<ObjectId>(commit);
    return commits;
}

Json hex_by_name(const std::map<std::string, ObjectId>& commits) {
    Json json = Json::object();
    for (const auto& [name, commit] : commits) json[name] = commit.hex();
    return json;
}

template <class Map>
typename Map::mapped_type& entry_of(Map& map, const Json& record) {
    const std::string id = record.at("id");
    if (id.empty() || id.size() > 64) throw std::invalid_argument("id");
    return map[id];
}

std::tuple<std::string, std::string, ActorId> key_of(const Observation& seen) {
    return {seen.what, seen.subject, seen.own ? seen.actor : ActorId{}};
}

class Fold {
public:
    Fold(Procedure& to, const Json& record, const Procedure::Entry& from)
        : to_(to),
          record_(record),
          from_(from),
          version_{from.time, from.actor, record.value("message", "")} {}

    void apply() {
        const std::string type = record_.at("type");
        if (type == "person") person();
        if (type == "change") change();
        if (type == "dispensation") dispensation();
        if (type == "intervention") intervention();
        if (type == "drill") drill();
        if (type == "review") review();
        if (type == "observed") observed();
        if (type == "anomaly") anomaly();
    }

private:
    [[nodiscard]] bool is_before(const std::optional<Version>& known) const {
        return !known || version_.time < known->time;
    }

    [[nodiscard]] Signed signature() const {
        Signed found;
        found.by = record_.value("by", "");
        if (!record_.contains("signed")) return found;
        const auto& with = record_.at("signed");
        found.by = with.at("person");
        if (!from_.signature_fits) return found;
        const auto key = id_of<ActorId>(with.at("key"));
        const auto is = [&](const Person& person) {
            return person.name == found.by && person.key == key && !person.removed;
        };
        const auto known = to_.people.find(found.by);
        if (known != to_.people.end() && is(known->second)) found.person = found.by;
        return found;
    }

    void person() {
        Person person;
        person.name = record_.at("name");
        if (person.name.empty()) throw std::invalid_argument("name");
        person.mail = record_.value("mail", "");
        person.key = id_of<ActorId>(record_.at("key"));
        person.recipient = record_.at("recipient");
        person.removed = record_.value("removed", false);
        person.version = version_;
        const auto [at, fresh] = to_.people.try_emplace(person.name, person);
        if (!fresh) to_.past_people.push_back(std::exchange(at->second, std::move(person)));
    }

    void change() {
        const bool begun = record_.at("event") == "begun";
        const auto equipment =
            begun ? record_.at("equipment").get<std::vector<std::string>>() : std::vector<std::string>();
        const auto commits = commits_by_name(record_, begun ? "pre" : "post");
        auto& window = entry_of(to_.changes, record_);
        window.id = record_.at("id");
        if (begun) {
            window.equipment = equipment;
            window.categories = texts_of(record_, "categories");
            window.begun = version_;
            window.pre = commits;
            window.without_pre = record_.value("without_pre", "");
        } else {
            window.post.insert(commits.begin(), commits.end());
            window.without_post = record_.value("without_post", "");
            if (is_before(window.ended)) window.ended = version_;
        }
    }

    void dispensation() {
        if (record_.value("ended", false)) {
            auto& ended = entry_of(to_.dispensations, record_).ended;
            if (is_before(ended)) ended = version_;
            return;
        }
        const auto expires = time_of(record_.at("expires_ns"));
        const std::string kind = record_.at("kind");
        auto& item = entry_of(to_.dispensations, record_);
        item.id = record_.at("id");
        item.kind = kind;
        item.subject = record_.value("subject", "");
        item.expires = expires;
        item.interval_days = record_.value("interval_days", 0);
        item.signature = signature();
        item.version = version_;
    }

    void intervention() {
        if (record_.value("closed", false)) {
            auto& closed = entry_of(to_.interventions, record_).closed;
            if (is_before(closed)) closed = version_;
            return;
        }
        const std::string technician = record_.at("technician");
        const auto planned = time_of(record_.at("planned_ns"));
        auto& item = entry_of(to_.interventions, record_);
        item.id = record_.at("id");
        item.technician = technician;
        item.equipment = texts_of(record_, "equipment");
        item.planned = planned;
        item.opened = version_;
    }

    void drill() {
        Drill drill;
        drill.id = record_.at("id");
        drill.equipment = record_.at("equipment");
        drill.commit = id_of<ObjectId>(record_.at("commit"));
        drill.snapshot = record_.at("snapshot");
        drill.source = record_.value("source", "");
        drill.source_role = record_.value("source_role", "local");
        drill.level = record_.at("level");
        drill.target = record_.value("target", "");
        drill.started = time_of(record_.at("started_ns"));
        drill.ended = time_of(record_.at("ended_ns"));
        drill.recovery_ms = record_.value("recovery_ms", std::int64_t{0});
        drill.success = record_.at("success");
        drill.observations = record_.value("observations", "");
        if (record_.contains("checks")) drill.checks = record_.at("checks");
        drill.retest_of = record_.value("retest_of", "");
        drill.signature = signature();
        drill.version = version_;
        // A checklist completes the test that it is about; a failure, and a checklist that was signed, stay.
        auto& known = entry_of(to_.drills, record_);
        const bool same = known.commit == drill.commit && known.equipment == drill.equipment &&
                          known.started == drill.started;
        const bool closed = !known.success || (known.level >= 3 && !known.signature.person.empty());
        if (!known.id.empty() && (!same || closed)) return;
        known = std::move(drill);
    }

    void review() {
        Review review;
        review.id = record_.at("id");
        review.scope = record_.at("scope");
        review.month = record_.at("month");
        review.accepted = record_.value("accepted", true);
        review.figures = record_.value("figures", Json::object());
        review.signature = signature();
        review.version = version_;
        auto& known = entry_of(to_.reviews, record_);
        if (known.signature.person.empty()) known = std::move(review);  // what was signed stays
    }

    void observed() {
        Observation seen;
        seen.what = record_.at("what");
        seen.subject = record_.value("subject", "");
        seen.ok = record_.at("ok");
        seen.code = record_.value("code", "");
        if (record_.contains("numbers"))
            seen.numbers = record_.at("numbers").get<std::map<std::string, std::int64_t>>();
        seen.time = seen.since = from_.time;
        seen.own = record_.value("own", false);
        seen.actor = from_.actor;
        const auto [at, fresh] = to_.observations.try_emplace(key_of(seen), seen);
        if (!fresh) {
            // What was found damaged is so until it was read again.
            if (at->second.is_damaged() && seen.is_out_of_reach()) seen.code = at->second.code;
            seen.last_ok = at->second.last_ok;
            // What a clock that was ahead said is not later than what comes after it.
            if (at->second.ok == seen.ok) seen.since = std::min(at->second.since, seen.time);
            if (seen.last_ok && seen.time < *seen.last_ok) seen.last_ok.reset();
            at->second = std::move(seen);
        }
        if (at->second.ok) at->second.last_ok = at->second.time;
    }

    [[nodiscard]] Anomaly opened() const {
        Anomaly anomaly;
        anomaly.kind = record_.at("kind");
        anomaly.key = record_.at("key");
        anomaly.severity = record_.at("severity");
        anomaly.equipment = record_.value("equipment", "");
        anomaly.remote = record_.value("remote", "");
        anomaly.snapshots = commits_of(record_, "snapshots");
        if (record_.contains("details"))
            anomaly.details = record_.at("details").get<std::map<std::string, std::string>>();
        anomaly.opened = time_of(record_.at("opened_ns"));
        anomaly.detected = version_.time;
        return anomaly;
    }

    // Of two that opened it, the one that saw it first counts; what was said of it meanwhile stays.
    static void open(Anomaly& known, Anomaly opened) {
        if (known.known() && known.detected <= opened.detected) return;
        // One that a clock that was ahead had seen come and go is told anew.
        if (known.resolved && opened.detected < known.resolved->time) {
            known.alerts.clear();
            ++known.times_reopened;
        }
        known.kind = std::move(opened.kind);
        known.key = std::move(opened.key);
        known.severity = std::move(opened.severity);
        known.equipment = std::move(opened.equipment);
        known.remote = std::move(opened.remote);
        known.snapshots = std::move(opened.snapshots);
        known.details = std::move(opened.details);
        known.opened = opened.opened;
        known.detected = opened.detected;
    }

    // What has ended does not end again, later; of a clock that was ahead, it may sooner.
    void resolve(Anomaly& anomaly, std::vector<std::string> evidence) const {
        if (!is_before(anomaly.resolved)) return;
        anomaly.resolved = version_;
        anomaly.resolved_by_rule = record_.value("by_rule", false);
        anomaly.evidence = std::move(evidence);
    }

    void reopen(Anomaly& anomaly) const {
        if (!anomaly.resolved || version_.time < anomaly.resolved->time) return;
        anomaly.resolved.reset();
        anomaly.acknowledged.reset();  // what was said of it concerned the time before
        anomaly.treated.reset();
        anomaly.treated_by.clear();
        anomaly.alerts.clear();  // it is told anew, of the same clock
        anomaly.reopened = version_.time;
        ++anomaly.times_reopened;
    }

    void anomaly() {
        const std::string event = record_.at("event");
        const std::string id = record_.at("id");
        auto evidence = texts_of(record_, "evidence");
        auto fresh = event == "opened" ? opened() : Anomaly{};
        const int hours = event == "alerted" ? record_.at("hours").get<int>() : 0;
        auto& anomaly = entry_of(to_.anomalies, record_);
        anomaly.id = id;
        if (event == "opened") open(anomaly, std::move(fresh));
        if (event == "acknowledged" && is_before(anomaly.acknowledged)) anomaly.acknowledged = version_;
        if (event == "treated" && is_before(anomaly.treated)) {
            anomaly.treated = version_;
            anomaly.treated_by = record_.value("person", "");
        }
        if (event == "alerted") anomaly.alerts.try_emplace(hours, version_.time);
        if (event == "resolved") resolve(anomaly, std::move(evidence));
        if (event == "reopened") reopen(anomaly);
    }

    Procedure& to_;
    const Json& record_;
    const Procedure::Entry& from_;
    Version version_;
};

Json observation_json(const Observation& seen) {
    Json json = observed_record(seen);
    json["time_ns"] = seen.time.ns;
    json["since_ns"] = seen.since.ns;
    json["actor"] = seen.actor.hex();
    if (seen.last_ok) json["last_ok_ns"] = seen.last_ok->ns;
    return json;
}

Observation observation_of(const Json& json) {
    Observation seen;
    seen.what = json.at("what");
    seen.subject = json.value("subject", "");
    seen.ok = json.at("ok");
    seen.code = json.value("code", "");
    if (json.contains("numbers"))
        seen.numbers = json.at("numbers").get<std::map<std::string, std::int64_t>>();
    seen.time = time_of(json.at("time_ns"));
    seen.since = time_of(json.at("since_ns"));
    seen.own = json.value("own", false);
    seen.actor = id_of<ActorId>(json.at("actor"));
    if (json.contains("last_ok_ns")) seen.last_ok = time_of(json.at("last_ok_ns"));
    return seen;
}

Json record_of(const char* type, const std::string& message) {
    Json json{{"type", type}};
    if (!message.empty()) json["message"] = message;
    return json;
}

Json anomaly_event(const char* event, const std::string& id, const std::string& message = "") {
    Json json = record_of("anomaly", message);
    json["event"] = event;
    json["id"] = id;
    return json;
}

void put_by(Json& json, const Signed& signature) {
    if (!signature.by.empty()) json["by"] = signature.by;
}

}  // namespace

const Observation* Procedure::observed(const std::string& what, const std::string& subject,
                                       const ActorId& actor) const {
    const auto found = observations.find({what, subject, actor});
    return found == observations.end() ? nullptr : &found->second;
}

const Person* Procedure::find_person(const std::string& name) const {
    const auto found = people.find(name);
    return found == people.end() || found->second.removed ? nullptr : &found->second;
}

bool is_procedure_record(const std::string& type) {
    return std::find(std::begin(record_types), std::end(record_types), type) != std::end(record_types);
}

void apply_procedure(Procedure& procedure, const Json& record, Timestamp time, const ActorId& actor,
                     const RepositoryId& repository) {
    Procedure::Entry entry{time, actor, record.dump(), false};
    entry.signature_fits = record.contains("signed") && statement_fits(record, repository);
    Fold(procedure, record, entry).apply();
    if (record.at("type") != "observed") procedure.entries.push_back(std::move(entry));
}

Json to_json(const Procedure& procedure) {
    Json json;
    auto& entries = json["entries"] = Json::array();
    for (const auto& entry : procedure.entries)
        entries.push_back(
            Json::array({entry.time.ns, entry.actor.hex(), entry.record, entry.signature_fits}));
    auto& observations = json["observations"] = Json::array();
    for (const auto& [key, seen] : procedure.observations) observations.push_back(observation_json(seen));
    return json;
}

Procedure procedure_from_json(const Json& json) {
    Procedure procedure;
    for (const auto& item : json.at("entries")) {
        Procedure::Entry entry{time_of(item.at(0)), id_of<ActorId>(item.at(1)), item.at(2), item.at(3)};
        Fold(procedure, Json::parse(entry.record), entry).apply();
        procedure.entries.push_back(std::move(entry));
    }
    for (const auto& item : json.at("observations")) {
        auto seen = observation_of(item);
        const auto key = key_of(seen);
        procedure.observations.emplace(key, std::move(seen));
    }
    return procedure;
}

Bytes statement_bytes(const Json& record, const RepositoryId& repository) {
    constexpr std::string_view label = "coffre/1/statement";
    Json statement = record;
    statement.erase("signed");
    Bytes bytes;
    append(bytes, as_bytes(label));
    bytes.push_back(0);
    append(bytes, repository.view());
    bytes.push_back(0);
    append(bytes, as_bytes(statement.dump()));
    return bytes;
}

Json sign_statement(Json record, const std::string& person, const crypto::SigningKey& key,
                    const RepositoryId& repository) {
    record.erase("signed");
    const auto signature = key.sign(statement_bytes(record, repository));
    record["signed"] = {{"person", person}, {"key", key.id().hex()}, {"signature", signature.hex()}};
    return record;
}

bool statement_fits(const Json& record, const RepositoryId& repository) {
    const auto& with = record.at("signed");
    return crypto::verify_signature(id_of<ActorId>(with.at("key")), statement_bytes(record, repository),
                                    id_of<crypto::Signature>(with.at("signature")));
}

Json person_record(const Person& person) {
    Json json = record_of("person", person.version.message);
    json["name"] = person.name;
    if (!person.mail.empty()) json["mail"] = person.mail;
    json["key"] = person.key.hex();
    json["recipient"] = person.recipient;
    if (person.removed) json["removed"] = true;
    return json;
}

Json change_begun_record(const ChangeWindow& window) {
    Json json = record_of("change", window.begun.message);
    json["event"] = "begun";
    json["id"] = window.id;
    json["equipment"] = window.equipment;
    json["categories"] = window.categories;
    json["pre"] = hex_by_name(window.pre);
    if (!window.without_pre.empty()) json["without_pre"] = window.without_pre;
    return json;
}

Json change_ended_record(const ChangeWindow& window) {
    Json json = record_of("change", window.ended ? window.ended->message : "");
    json["event"] = "ended";
    json["id"] = window.id;
    json["post"] = hex_by_name(window.post);
    if (!window.without_post.empty()) json["without_post"] = window.without_post;
    return json;
}

Json dispensation_record(const Dispensation& dispensation) {
    Json json = record_of("dispensation", dispensation.version.message);
    json["id"] = dispensation.id;
    json["kind"] = dispensation.kind;
    if (!dispensation.subject.empty()) json["subject"] = dispensation.subject;
    json["expires_ns"] = dispensation.expires.ns;
    if (dispensation.interval_days > 0) json["interval_days"] = dispensation.interval_days;
    put_by(json, dispensation.signature);
    return json;
}

Json dispensation_ended_record(const std::string& id, const std::string& message) {
    Json json = record_of("dispensation", message);
    json["id"] = id;
    json["ended"] = true;
    return json;
}

Json intervention_record(const Intervention& intervention) {
    Json json = record_of("intervention", intervention.opened.message);
    json["id"] = intervention.id;
    json["technician"] = intervention.technician;
    if (!intervention.equipment.empty()) json["equipment"] = intervention.equipment;
    json["planned_ns"] = intervention.planned.ns;
    return json;
}

Json intervention_closed_record(const std::string& id, const std::string& message) {
    Json json = record_of("intervention", message);
    json["id"] = id;
    json["closed"] = true;
    return json;
}

Json drill_record(const Drill& drill) {
    Json json = record_of("drill", drill.version.message);
    json["id"] = drill.id;
    json["equipment"] = drill.equipment;
    json["commit"] = drill.commit.hex();
    json["snapshot"] = drill.snapshot;
    if (!drill.source.empty()) json["source"] = drill.source;
    json["source_role"] = drill.source_role;
    json["level"] = drill.level;
    if (!drill.target.empty()) json["target"] = drill.target;
    json["started_ns"] = drill.started.ns;
    json["ended_ns"] = drill.ended.ns;
    json["recovery_ms"] = drill.recovery_ms;
    json["success"] = drill.success;
    if (!drill.observations.empty()) json["observations"] = drill.observations;
    json["checks"] = drill.checks;
    if (!drill.retest_of.empty()) json["retest_of"] = drill.retest_of;
    put_by(json, drill.signature);
    return json;
}

Json review_record(const Review& review) {
    Json json = record_of("review", review.version.message);
    json["id"] = review.id;
    json["scope"] = review.scope;
    json["month"] = review.month;
    json["accepted"] = review.accepted;
    json["figures"] = review.figures;
    put_by(json, review.signature);
    return json;
}

Json observed_record(const Observation& observation) {
    Json json{{"type", "observed"}, {"what", observation.what}};
    if (!observation.subject.empty()) json["subject"] = observation.subject;
    if (observation.own) json["own"] = true;
    json["ok"] = observation.ok;
    if (!observation.code.empty()) json["code"] = observation.code;
    if (!observation.numbers.empty()) json["numbers"] = observation.numbers;
    return json;
}

Json anomaly_opened_record(const Anomaly& anomaly) {
    Json json = anomaly_event("opened", anomaly.id);
    json["kind"] = anomaly.kind;
    json["key"] = anomaly.key;
    json["severity"] = anomaly.severity;
    if (!anomaly.equipment.empty()) json["equipment"] = anomaly.equipment;
    if (!anomaly.remote.empty()) json["remote"] = anomaly.remote;
    if (!anomaly.snapshots.empty()) json["snapshots"] = hex_of(anomaly.snapshots);
    if (!anomaly.details.empty()) json["details"] = anomaly.details;
    json["opened_ns"] = anomaly.opened.ns;
    return json;
}

Json anomaly_reopened_record(const std::string& id) { return anomaly_event("reopened", id); }

Json anomaly_acknowledged_record(const std::string& id, const std::string& message) {
    return anomaly_event("acknowledged", id, message);
}

Json anomaly_treated_record(const std::string& id, const std::string& person, const std::string& message) {
    Json json = anomaly_event("treated", id, message);
    json["person"] = person;
    return json;
}

Json anomaly_resolved_record(const std::string& id, bool by_rule, const std::vector<std::string>& evidence,
                             const std::string& message) {
    Json json = anomaly_event("resolved", id, message);
    if (by_rule) json["by_rule"] = true;
    if (!evidence.empty()) json["evidence"] = evidence;
    return json;
}

Json anomaly_alerted_record(const std::string& id, int hours) {
    Json json = anomaly_event("alerted", id);
    json["hours"] = hours;
    return json;
}

}  // namespace coffre::journal
