#pragma once
// What the procedure asks people and machines to leave in the journal, folded: people, change windows,
// interventions, dispensations, restore tests, anomalies, reviews, and what was last observed
// (docs/format.md, "Records of the procedure"). Equal in whatever order the batches came.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "store/journal/batch.hpp"

namespace coffre::journal {

// When something was set, by whom, and why where they said so.
struct Version {
    Timestamp time;
    ActorId actor;
    std::string message;
};

// Somebody with an identity: a key that signs, and one that site secrets are sealed to.
struct Person {
    std::string name;
    std::string mail;       // "" where none is known
    ActorId key;            // Ed25519
    std::string recipient;  // X25519, hexadecimal
    bool removed = false;
    Version version{};
};

// A statement that a person signed, beside the machine's signature of the batch. `person` is "" where the
// record bears no signature, or one that does not fit, or of a key that no person has who was there then.
struct Signed {
    std::string person;
    std::string by;  // who it says it was, signed or not
};

struct ChangeWindow {
    std::string id;                       // 8 hexadecimal digits
    std::vector<std::string> equipment;   // names, sorted
    std::vector<std::string> categories;  // of rules::change_categories
    Version begun{};                      // its message says why the change is made
    std::map<std::string, ObjectId> pre;  // by equipment
    std::string without_pre;              // why it was begun though a PRE failed; "": all are there
    std::map<std::string, ObjectId> post;
    std::string without_post;      // why it was ended though a POST failed
    std::optional<Version> ended;  // empty: open
};

// Who answers for a departure from the procedure, why, and until when.
struct Dispensation {
    std::string id;
    std::string kind;              // rules::dispensation_kinds: "manual", "medium"…
    std::string subject;           // an equipment or a remote; "" for the site
    Timestamp expires{};           // the first instant at which it holds no more
    int interval_days = 0;         // what is promised in place of a week; 0: nothing
    Signed signature{};            // counts only with a person's signature
    Version version{};             // its message says why
    std::optional<Version> ended;  // taken back before its time
};

struct Intervention {
    std::string id;
    std::string technician;
    std::vector<std::string> equipment;  // empty: all that are captured by hand
    Timestamp planned{};
    Version opened{};
    std::optional<Version> closed;
};

// A restore test.
struct Drill {
    std::string id;
    std::string equipment;
    ObjectId commit;          // of the snapshot
    std::string snapshot;     // its name
    std::string source;       // the remote that it was read from; "" for this copy
    std::string source_role;  // "cloud", "physical", "local"
    int level = 0;            // the highest reached: 0 to 3
    std::string target;       // an equipment, or where else
    Timestamp started{}, ended{};
    std::int64_t recovery_ms = 0;  // from the first byte asked for to the configuration read back
    bool success = false;
    std::string observations;
    Json checks = Json::array();  // {"id", "ok", "detail", "ms"}: codes and counts
    std::string retest_of;        // the failed drill that this one repeats; ""
    Signed signature{};
    Version version{};
};

struct Anomaly {
    std::string
        id;  // "ANO-" and 8 hexadecimal digits of kind, key and instant: the same for whoever opens it
    std::string kind;      // rules/conditions.hpp
    std::string key;       // of the condition: unique among those that are open
    std::string severity;  // "critical", "major", "minor"
    std::string equipment, remote;
    std::vector<ObjectId> snapshots;             // what shows it
    std::map<std::string, std::string> details;  // codes and numbers, no configuration text
    Timestamp opened{};                          // when the condition became true
    Timestamp detected{};                        // when it was seen first
    std::optional<Version> acknowledged;
    std::optional<Version> treated;  // a named person's documented compensation
    std::string treated_by;
    std::optional<Version> resolved;  // its message: the cause, where a person closed it
    bool resolved_by_rule = false;
    std::vector<std::string> evidence;  // "snapshot:COMMIT", "drill:ID"…
    std::optional<Timestamp> reopened;  // the last time
    int times_reopened = 0;
    std::map<int, Timestamp> alerts;  // hours after it was opened -> when that alert was delivered

    [[nodiscard]] bool known() const { return !kind.empty(); }
    [[nodiscard]] bool is_open() const { return known() && !resolved; }
};

struct Review {
    std::string id;
    std::string scope;     // "site" (by its responsible) or "internal"
    std::string month;     // "2026-10"
    bool accepted = true;  // false: the responsible refuses, and says why
    Json figures;          // frozen when it was signed
    Signed signature{};
    Version version{};  // its message: observations
};

// The last of what machines saw of one thing, or each of them of its own.
struct Observation {
    std::string what;     // rules/due.hpp: "space", "verify", "capture"…
    std::string subject;  // an equipment, a remote; "" for this copy
    bool own = false;     // of this machine's copy, its clock, its hooks: says nothing of another's
    bool ok = true;
    std::string code;  // in one word, why not
    std::map<std::string, std::int64_t> numbers;
    Timestamp time{};                  // of this one
    Timestamp since{};                 // the first one after which all were as this one, ok or not
    std::optional<Timestamp> last_ok;  // of the last one that was
    ActorId actor{};                   // who saw it

    [[nodiscard]] bool is_damaged() const { return !ok && code == "damaged"; }
    // It could not be looked at, and nothing more is known of it.
    [[nodiscard]] bool is_out_of_reach() const {
        return !ok && (code == "unreachable" || code == "not-plugged-in");
    }
};

struct Procedure {
    std::map<std::string, Person> people;  // by name; removed ones too
    std::vector<Person> past_people;
    std::map<std::string, ChangeWindow> changes;
    std::map<std::string, Dispensation> dispensations;
    std::map<std::string, Intervention> interventions;
    std::map<std::string, Drill> drills;
    std::map<std::string, Anomaly> anomalies;
    std::map<std::string, Review> reviews;
    // By what, subject, and the machine where it is of its own, else none.
    std::map<std::tuple<std::string, std::string, ActorId>, Observation> observations;

    // The records that all but the observations come from, in the order folded: how it is kept in a cache.
    struct Entry {
        Timestamp time;
        ActorId actor;
        std::string record;  // JSON
        bool signature_fits = false;
    };
    std::vector<Entry> entries;

    // `actor`: what that one saw of its own.
    [[nodiscard]] const Observation* observed(const std::string& what, const std::string& subject = "",
                                              const ActorId& actor = {}) const;
    [[nodiscard]] const Person* find_person(const std::string& name) const;  // null: none, or removed
};

// Is it a record of the procedure?
bool is_procedure_record(const std::string& type);

// Folds one. Throws nlohmann::json::exception or std::invalid_argument for what is malformed, and then
// nothing was changed.
void apply_procedure(Procedure& procedure, const Json& record, Timestamp time, const ActorId& actor,
                     const RepositoryId& repository);

// For the state cache.
Json to_json(const Procedure& procedure);
Procedure procedure_from_json(const Json& json);

// What a person signs: "coffre/1/statement" ‖ NUL ‖ repository id ‖ NUL ‖ the record without its signature,
// as JSON without spaces, in the order in which it stands in the batch.
Bytes statement_bytes(const Json& record, const RepositoryId& repository);
// The record, with "signed": {"person", "key", "signature"}.
Json sign_statement(Json record, const std::string& person, const crypto::SigningKey& key,
                    const RepositoryId& repository);
// Needs no key: does the signature that it bears fit? Which key it is, is in the record.
bool statement_fits(const Json& record, const RepositoryId& repository);

// Records, as they stand in batches. Those of drills, dispensations and reviews are to be signed.
Json person_record(const Person& person);
Json change_begun_record(const ChangeWindow& window);
Json change_ended_record(const ChangeWindow& window);
Json dispensation_record(const Dispensation& dispensation);
Json dispensation_ended_record(const std::string& id, const std::string& message);
Json intervention_record(const Intervention& intervention);
Json intervention_closed_record(const std::string& id, const std::string& message);
Json drill_record(const Drill& drill);
Json review_record(const Review& review);
Json observed_record(const Observation& observation);
Json anomaly_opened_record(const Anomaly& anomaly);
Json anomaly_reopened_record(const std::string& id);
Json anomaly_acknowledged_record(const std::string& id, const std::string& message);
Json anomaly_treated_record(const std::string& id, const std::string& person, const std::string& message);
// `by_rule`: the condition is gone; otherwise a person says so, and `message` is the cause.
Json anomaly_resolved_record(const std::string& id, bool by_rule, const std::vector<std::string>& evidence,
                             const std::string& message);
Json anomaly_alerted_record(const std::string& id, int hours);

}  // namespace coffre::journal
