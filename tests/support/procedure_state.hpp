#pragma once
// A site's folded state, made by hand for tests of the rules: everything that the procedure speaks of goes in
// as its record does, at a time that the test says. Signatures are real.

#include <algorithm>
#include <utility>

#include "store/crypto/primitives.hpp"
#include "store/journal/state.hpp"
#include "store/rules/due.hpp"

namespace coffre::test {

inline Timestamp utc(const std::string& text) { return parse_rfc3339(text).value(); }

inline constexpr std::int64_t second_ns = 1'000'000'000;
inline constexpr std::int64_t minute_ns = 60 * second_ns;
inline constexpr std::int64_t hour_ns = 60 * minute_ns;
inline constexpr std::int64_t day_ns = 24 * hour_ns;

inline Timestamp later(Timestamp time, std::int64_t ns) { return {time.ns + ns}; }

// CLIEXEMP, SIEGEPARIS: standard contract, no equipment, no remote, no person, two ways in.
class ProcedureState {
public:
    explicit ProcedureState(Timestamp began = utc("2026-01-05T08:00:00Z")) {
        crypto::start();
        machine.bytes[0] = 1;
        state.repository.bytes[0] = 7;
        state.site.client = "CLIEXEMP";
        state.site.site = "SIEGEPARIS";
        state.site.version = {began, machine, ""};
        state.policies = {journal::Policy::standard()};
        state.policies.back().version = state.site.version;
        state.actors[machine] = {machine, "collector", {"capture"}};
        add_slot(began);
        add_slot(began);
    }

    // The site's record anew: `change` gets the one before it.
    template <class Change>
    void change_site(Timestamp at, Change change) {
        auto site = state.site;
        change(site);
        site.version = {at, machine, ""};
        state.past_sites.push_back(std::exchange(state.site, std::move(site)));
        tick(at);
    }

    // Makes or replaces it. With a source it is captured automatically; without settings by hand.
    journal::Equipment& put_equipment(const std::string& name, Timestamp at,
                                      std::map<std::string, std::string> settings = {{"address",
                                                                                      "192.0.2.1"}},
                                      bool removed = false) {
        journal::Equipment equipment;
        equipment.name = name;
        equipment.type = "NVR";
        equipment.driver = "files";
        equipment.settings = std::move(settings);
        equipment.removed = removed;
        equipment.version = {at, machine, ""};
        const auto [known, fresh] = state.equipment.try_emplace(name, equipment);
        if (!fresh) state.past_equipment.push_back(std::exchange(known->second, equipment));
        tick(at);
        return known->second;
    }

    // In a batch of its own. The reference holds until the next one.
    journal::Snapshot& capture(const std::string& equipment, Timestamp at,
                               std::vector<std::string> kinds = {"HEBDO"}, bool complete = true) {
        journal::Snapshot snapshot;
        const auto number = ++captures_;
        for (std::size_t i = 0; i < 8; ++i)
            snapshot.commit.bytes[i] = static_cast<std::uint8_t>(number >> (8 * i));
        snapshot.commit.bytes[19] = 0xff;
        snapshot.equipment = equipment;
        snapshot.type = "NVR";
        snapshot.kinds = std::move(kinds);
        snapshot.time = snapshot.recorded_at = at;
        snapshot.timezone = state.site.timezone;
        snapshot.complete = complete;
        snapshot.actor = machine;
        snapshot.number = tick(at);
        state.snapshots.push_back(std::move(snapshot));
        return state.snapshots.all().back();
    }

    journal::Remote& put_remote(const std::string& name, const std::string& role, Timestamp at,
                                const std::string& place = "") {
        journal::Remote remote;
        remote.name = name;
        remote.url = "file:///srv/" + name;
        remote.role = role;
        remote.place = place;
        remote.version = {at, machine, ""};
        const auto [known, fresh] = state.remotes.try_emplace(name, remote);
        if (!fresh) state.past_remotes.push_back(std::exchange(known->second, remote));
        tick(at);
        return known->second;
    }
    void remove_remote(const std::string& name, Timestamp at) {
        auto remote = state.remotes.at(name);
        remote.removed = true;
        remote.version = {at, machine, ""};
        state.past_remotes.push_back(std::exchange(state.remotes.at(name), remote));
        state.copies.erase(name);
        tick(at);
    }
    // All that is here was read back there.
    void verify_copies(const std::string& name, Timestamp at) {
        auto& copies = state.copies[name];
        copies.sent = copies.verified = state.heads();
        copies.sent_at = copies.verified_at = at;
        tick(at);
    }

    const journal::Slot& add_slot(Timestamp at) {
        journal::Slot slot;
        slot.id.bytes[0] = static_cast<std::uint8_t>(state.slots.size() + 1);
        slot.file.bytes[0] = slot.id.bytes[0];
        slot.type = "passphrase";
        slot.created = at;
        state.slots.push_back(slot);
        return state.slots.back();
    }

    // The procedure's records, in the journal's next batch, whose writer's clock shows that time: it may be
    // earlier than the batches before.
    void say(Timestamp at, const std::vector<journal::Json>& records) {
        if (records.empty()) return;
        for (const auto& record : records)
            journal::apply_procedure(state.procedure, record, at, machine, state.repository);
        tick(at);
    }
    void say(Timestamp at, const journal::Json& record) { say(at, std::vector{record}); }

    void observe(Timestamp at, const std::string& what, const std::string& subject, bool ok,
                 const std::string& code = "", std::map<std::string, std::int64_t> numbers = {}) {
        journal::Observation seen;
        seen.what = what;
        seen.subject = subject;
        seen.own = rules::is_own(what, subject);
        seen.ok = ok;
        seen.code = code;
        seen.numbers = std::move(numbers);
        say(at, journal::observed_record(seen));
    }

    void add_person(const std::string& name, Timestamp at) { say_person(name, at, false); }
    void remove_person(const std::string& name, Timestamp at) { say_person(name, at, true); }
    // Signed by that person, who need not be one of the site's.
    [[nodiscard]] journal::Json signed_by(const std::string& person, journal::Json record) const {
        record["by"] = person;
        return journal::sign_statement(std::move(record), person, key_of(person), state.repository);
    }

    // `person` "": signed by nobody.
    void dispense(const std::string& id, const std::string& kind, const std::string& subject, Timestamp at,
                  Timestamp expires, const std::string& person, int interval_days = 0) {
        journal::Dispensation item;
        item.id = id;
        item.kind = kind;
        item.subject = subject;
        item.expires = expires;
        item.interval_days = interval_days;
        item.version.message = "visited each quarter";
        const auto record = journal::dispensation_record(item);
        say(at, person.empty() ? record : signed_by(person, record));
    }

    void drill(const std::string& id, const std::string& equipment, Timestamp ended, bool success,
               int level = 3, const std::string& role = "cloud", const std::string& person = "",
               const ObjectId& commit = {}) {
        journal::Drill test;
        test.commit = commit;
        test.id = id;
        test.equipment = equipment;
        test.snapshot = "CLIEXEMP_SIEGEPARIS_NVR_" + equipment + "_20260110_0300_HEBDO";
        test.source_role = role;
        test.source = role;
        test.level = level;
        test.started = later(ended, -5 * minute_ns);
        test.ended = ended;
        test.success = success;
        const auto record = journal::drill_record(test);
        say(ended, person.empty() ? record : signed_by(person, record));
    }

    void review(const std::string& id, const std::string& scope, const std::string& month, Timestamp at,
                const std::string& person) {
        journal::Review review;
        review.id = id;
        review.scope = scope;
        review.month = month;
        review.figures = journal::Json::object();
        say(at, signed_by(person, journal::review_record(review)));
    }

    void begin_change(const std::string& id, const std::vector<std::string>& equipment, Timestamp at,
                      std::map<std::string, ObjectId> pre, const std::string& without_pre = "") {
        journal::ChangeWindow window;
        window.id = id;
        window.equipment = equipment;
        window.categories = {"cameras"};
        window.pre = std::move(pre);
        window.without_pre = without_pre;
        say(at, journal::change_begun_record(window));
    }
    void end_change(const std::string& id, Timestamp at, std::map<std::string, ObjectId> post,
                    const std::string& without_post = "") {
        journal::ChangeWindow window;
        window.id = id;
        window.post = std::move(post);
        window.without_post = without_post;
        say(at, journal::change_ended_record(window));
    }

    void open_intervention(const std::string& id, const std::vector<std::string>& equipment, Timestamp at) {
        journal::Intervention intervention;
        intervention.id = id;
        intervention.technician = "dupont";
        intervention.equipment = equipment;
        intervention.planned = at;
        say(at, journal::intervention_record(intervention));
    }

    journal::State state;
    ActorId machine;

private:
    static crypto::SigningKey key_of(const std::string& person) {
        const auto seed = crypto::sha256(as_bytes(person));
        return crypto::SigningKey(seed.view());
    }

    void say_person(const std::string& name, Timestamp at, bool removed) {
        journal::Person person;
        person.name = name;
        person.key = key_of(name).id();
        person.recipient = std::string(64, 'a');
        person.removed = removed;
        say(at, journal::person_record(person));
    }

    // The next batch of the machine.
    std::uint64_t tick(Timestamp at) {
        auto& head = state.streams[machine];
        head = {head.number + 1, {}, at};
        ++state.batches;
        state.last_time = std::max(Timestamp{state.last_time.ns + 1}, at);
        state.last_written = at;
        return head.number;
    }

    std::uint64_t captures_ = 0;
};

}  // namespace coffre::test
