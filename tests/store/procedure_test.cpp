// The procedure's records, folded: whatever the order of machines, and back from the cache as they were.

#include "store/journal/procedure.hpp"

#include <gtest/gtest.h>

namespace coffre::journal {
namespace {

const RepositoryId repository = RepositoryId::from(Bytes(32, 7));
const ActorId machine = ActorId::from(Bytes(32, 1));
const ObjectId commit = ObjectId::from(Bytes(20, 3));

Timestamp minute(int minutes) { return Timestamp::from_seconds(1'800'000'000 + 60 * minutes); }

crypto::SigningKey key_of(std::uint8_t number) {
    crypto::start();
    return crypto::SigningKey(Bytes(32, number));
}

Json person(const std::string& name, const crypto::SigningKey& key, bool removed = false) {
    Person person;
    person.name = name;
    person.key = key.id();
    person.recipient = std::string(64, 'a');
    person.removed = removed;
    return person_record(person);
}

Drill drill() {
    Drill drill;
    drill.id = "d1";
    drill.equipment = "NVR-HALL";
    drill.commit = commit;
    drill.snapshot = "CLIEXEMP_SIEGEPARIS_NVR_NVR-HALL_20250510_0300_HEBDO";
    drill.level = 2;
    drill.started = minute(1);
    drill.ended = minute(2);
    drill.success = true;
    drill.signature.by = "dupont";
    return drill;
}

Anomaly anomaly() {
    Anomaly anomaly;
    anomaly.id = "ANO-00000001";
    anomaly.kind = "backup_missing";
    anomaly.key = "backup_missing/NVR-HALL";
    anomaly.severity = "critical";
    anomaly.equipment = "NVR-HALL";
    anomaly.snapshots = {commit};
    anomaly.opened = minute(-60);
    return anomaly;
}

class ProcedureFold : public ::testing::Test {
protected:
    void say(int minutes, const Json& record) {
        apply_procedure(procedure, record, minute(minutes), machine, repository);
    }
    const Anomaly& only() const { return procedure.anomalies.at("ANO-00000001"); }

    Procedure procedure;
};

TEST_F(ProcedureFold, a_statement_counts_as_the_person_s_whose_key_signed_it) {
    const auto key = key_of(5);
    say(0, person("dupont", key));
    say(3, sign_statement(drill_record(drill()), "dupont", key, repository));
    EXPECT_EQ(procedure.drills.at("d1").signature.person, "dupont");
}

TEST_F(ProcedureFold, a_statement_that_was_changed_or_signed_by_another_is_nobody_s) {
    const auto key = key_of(5);
    say(0, person("dupont", key));
    auto changed = sign_statement(drill_record(drill()), "dupont", key, repository);
    changed["success"] = false;
    say(3, changed);
    EXPECT_EQ(procedure.drills.at("d1").signature.person, "");
    EXPECT_EQ(procedure.drills.at("d1").signature.by, "dupont");
    say(4, sign_statement(drill_record(drill()), "dupont", key_of(6), repository));
    EXPECT_EQ(procedure.drills.at("d1").signature.person, "");
    say(5, drill_record(drill()));
    EXPECT_EQ(procedure.drills.at("d1").signature.person, "");
}

TEST_F(ProcedureFold, one_who_was_put_out_signs_no_more_and_what_was_signed_before_stays) {
    const auto key = key_of(5);
    say(0, person("dupont", key));
    say(1, sign_statement(drill_record(drill()), "dupont", key, repository));
    say(2, person("dupont", key, true));
    auto later = drill();
    later.id = "d2";
    say(3, sign_statement(drill_record(later), "dupont", key, repository));
    EXPECT_EQ(procedure.drills.at("d1").signature.person, "dupont");
    EXPECT_EQ(procedure.drills.at("d2").signature.person, "");
    EXPECT_EQ(procedure.find_person("dupont"), nullptr);
}

TEST_F(ProcedureFold, a_statement_of_another_repository_does_not_fit) {
    const auto key = key_of(5);
    const auto signed_here = sign_statement(drill_record(drill()), "dupont", key, repository);
    EXPECT_TRUE(statement_fits(signed_here, repository));
    EXPECT_FALSE(statement_fits(signed_here, RepositoryId::from(Bytes(32, 8))));
}

TEST_F(ProcedureFold, what_is_said_of_an_anomaly_counts_also_before_it_was_opened) {
    say(1, anomaly_treated_record("ANO-00000001", "dupont", "replaced by hand"));
    EXPECT_FALSE(only().known());
    say(2, anomaly_opened_record(anomaly()));
    EXPECT_TRUE(only().is_open());
    EXPECT_EQ(only().treated->message, "replaced by hand");
    EXPECT_EQ(only().opened, minute(-60));
    EXPECT_EQ(only().detected, minute(2));
}

TEST_F(ProcedureFold, opening_again_changes_nothing) {
    say(2, anomaly_opened_record(anomaly()));
    auto later = anomaly();
    later.opened = minute(30);
    say(40, anomaly_opened_record(later));
    EXPECT_EQ(only().opened, minute(-60));
    EXPECT_EQ(procedure.anomalies.size(), 1U);
}

TEST_F(ProcedureFold, an_anomaly_that_comes_back_keeps_its_first_clock) {
    say(2, anomaly_opened_record(anomaly()));
    say(3, anomaly_resolved_record("ANO-00000001", true, {"snapshot:" + commit.hex()}, ""));
    EXPECT_FALSE(only().is_open());
    EXPECT_TRUE(only().resolved_by_rule);
    say(9, anomaly_reopened_record("ANO-00000001"));
    EXPECT_TRUE(only().is_open());
    EXPECT_EQ(only().opened, minute(-60));
    EXPECT_EQ(only().times_reopened, 1);
}

TEST_F(ProcedureFold, what_two_machines_resolve_has_ended_when_the_first_did) {
    say(2, anomaly_opened_record(anomaly()));
    say(3, anomaly_resolved_record("ANO-00000001", true, {"snapshot:" + commit.hex()}, ""));
    say(9, anomaly_resolved_record("ANO-00000001", false, {}, "looked into"));
    EXPECT_EQ(only().resolved->time, minute(3));
    EXPECT_TRUE(only().resolved_by_rule);
}

TEST_F(ProcedureFold, alerts_and_acknowledgements_are_kept_once) {
    say(2, anomaly_opened_record(anomaly()));
    say(3, anomaly_alerted_record("ANO-00000001", 12));
    say(4, anomaly_alerted_record("ANO-00000001", 12));
    say(5, anomaly_acknowledged_record("ANO-00000001", "seen"));
    say(6, anomaly_acknowledged_record("ANO-00000001", "seen again"));
    EXPECT_EQ(only().alerts.at(12), minute(3));
    EXPECT_EQ(only().acknowledged->message, "seen");
    EXPECT_TRUE(only().is_open());
}

TEST_F(ProcedureFold, an_observation_tells_since_when_it_is_so) {
    Observation seen;
    seen.what = "space";
    say(0, observed_record(seen));
    seen.ok = false;
    seen.code = "full";
    say(1, observed_record(seen));
    say(2, observed_record(seen));
    const auto* last = procedure.observed("space");
    ASSERT_NE(last, nullptr);
    EXPECT_FALSE(last->ok);
    EXPECT_EQ(last->time, minute(2));
    EXPECT_EQ(last->since, minute(1));
    EXPECT_EQ(last->last_ok, minute(0));
    EXPECT_EQ(procedure.observed("space", "disk"), nullptr);
}

TEST_F(ProcedureFold, a_window_is_open_until_it_is_ended_and_ends_once) {
    ChangeWindow window;
    window.id = "00000001";
    window.equipment = {"NVR-HALL"};
    window.categories = {"cameras"};
    window.begun.message = "two cameras more";
    window.pre["NVR-HALL"] = commit;
    say(0, change_begun_record(window));
    EXPECT_FALSE(procedure.changes.at("00000001").ended);
    window.post["NVR-HALL"] = commit;
    say(5, change_ended_record(window));
    say(9, change_ended_record(window));
    EXPECT_EQ(procedure.changes.at("00000001").ended->time, minute(5));
    EXPECT_EQ(procedure.changes.at("00000001").begun.message, "two cameras more");
}

TEST_F(ProcedureFold, a_malformed_record_changes_nothing) {
    for (const char* text :
         {R"({"type":"anomaly","event":"opened","id":"ANO-1","kind":"x"})", R"({"type":"drill","id":"d"})",
          R"({"type":"change","event":"begun","id":"1"})", R"({"type":"person","name":""})",
          R"({"type":"dispensation","id":"1","kind":"manual"})", R"({"type":"review","id":"1"})",
          R"({"type":"observed","what":"space"})", R"({"type":"intervention","id":"1"})"}) {
        EXPECT_ANY_THROW(say(0, Json::parse(text))) << text;
        EXPECT_EQ(to_json(procedure), to_json(Procedure{})) << text;
        EXPECT_TRUE(procedure.anomalies.empty() && procedure.changes.empty()) << text;
    }
}

TEST_F(ProcedureFold, comes_back_from_the_cache_as_it_was) {
    const auto key = key_of(5);
    say(0, person("dupont", key));
    say(1, sign_statement(drill_record(drill()), "dupont", key, repository));
    say(2, anomaly_opened_record(anomaly()));
    Observation seen;
    seen.what = "space";
    seen.numbers["free"] = 12;
    say(3, observed_record(seen));
    Dispensation dispensation;
    dispensation.id = "1";
    dispensation.kind = "manual";
    dispensation.subject = "NVR-HALL";
    dispensation.expires = minute(1000);
    say(4, sign_statement(dispensation_record(dispensation), "dupont", key, repository));
    say(5, dispensation_ended_record("1", "no longer"));
    Intervention visit;
    visit.id = "2";
    visit.technician = "dupont";
    say(6, intervention_record(visit));
    say(7, intervention_closed_record("2", ""));
    Review review;
    review.id = "3";
    review.scope = "site";
    review.month = "2026-10";
    review.figures["captures"] = 4;
    say(8, sign_statement(review_record(review), "dupont", key, repository));
    const auto back = procedure_from_json(Json::parse(to_json(procedure).dump()));
    EXPECT_EQ(to_json(back), to_json(procedure));
    EXPECT_EQ(back.drills.at("d1").signature.person, "dupont");
    EXPECT_EQ(back.reviews.at("3").figures.at("captures"), 4);
    EXPECT_EQ(back.dispensations.at("1").ended->message, "no longer");
    EXPECT_TRUE(back.interventions.at("2").closed);
    EXPECT_EQ(back.observed("space")->numbers.at("free"), 12);
}

TEST_F(ProcedureFold, what_is_said_to_end_twice_has_ended_when_it_was_so_first) {
    Dispensation dispensation;
    dispensation.id = "1";
    dispensation.kind = "manual";
    dispensation.expires = minute(1000);
    say(1, dispensation_record(dispensation));
    Intervention visit;
    visit.id = "2";
    visit.technician = "dupont";
    say(1, intervention_record(visit));
    say(1, anomaly_opened_record(anomaly()));
    // The second of these was written by a clock that is right, after one that was ahead.
    for (const int at : {9, 5, 12}) {
        const auto message = std::to_string(at);
        say(at, dispensation_ended_record("1", message));
        say(at, intervention_closed_record("2", message));
        say(at, anomaly_acknowledged_record("ANO-00000001", message));
        say(at, anomaly_treated_record("ANO-00000001", message, message));
        say(at, anomaly_resolved_record("ANO-00000001", false, {message}, message));
    }
    for (const auto& version : {procedure.dispensations.at("1").ended, procedure.interventions.at("2").closed,
                                only().acknowledged, only().treated, only().resolved}) {
        ASSERT_TRUE(version);
        EXPECT_EQ(version->time, minute(5));
        EXPECT_EQ(version->message, "5");
    }
    EXPECT_EQ(only().treated_by, "5");
    EXPECT_EQ(only().evidence, std::vector<std::string>{"5"});
}

TEST_F(ProcedureFold, an_anomaly_that_comes_back_is_alerted_of_and_answered_anew) {
    say(2, anomaly_opened_record(anomaly()));
    say(3, anomaly_alerted_record("ANO-00000001", 12));
    say(4, anomaly_acknowledged_record("ANO-00000001", "seen"));
    say(5, anomaly_treated_record("ANO-00000001", "dupont", "by hand"));
    say(6, anomaly_resolved_record("ANO-00000001", true, {}, ""));
    say(7, anomaly_reopened_record("ANO-00000001"));
    EXPECT_TRUE(only().alerts.empty());
    EXPECT_FALSE(only().acknowledged);
    EXPECT_FALSE(only().treated);
}

TEST_F(ProcedureFold, what_a_machine_sees_of_its_own_is_kept_apart_from_what_another_does) {
    const auto other = ActorId::from(Bytes(32, 2));
    Observation seen;
    seen.what = "verify";
    seen.own = true;
    seen.ok = false;
    seen.code = "damaged";
    say(0, observed_record(seen));
    seen.ok = true;
    seen.code = "";
    apply_procedure(procedure, observed_record(seen), minute(1), other, repository);
    ASSERT_NE(procedure.observed("verify", "", machine), nullptr);
    EXPECT_FALSE(procedure.observed("verify", "", machine)->ok);
    EXPECT_EQ(procedure.observed("verify", "", machine)->actor, machine);
    ASSERT_NE(procedure.observed("verify", "", other), nullptr);
    EXPECT_TRUE(procedure.observed("verify", "", other)->ok);
    EXPECT_EQ(procedure.observed("verify"), nullptr) << "of the site it says nothing";
    seen.own = false;
    seen.what = "medium";
    seen.subject = "disk";
    for (const auto& actor : {machine, other})
        apply_procedure(procedure, observed_record(seen), minute(2), actor, repository);
    EXPECT_EQ(procedure.observations.size(), 3U) << "what is not its own is one, of whoever saw it last";
    EXPECT_EQ(procedure.observed("medium", "disk")->actor, other);
}

TEST_F(ProcedureFold, what_was_found_damaged_is_so_until_it_was_read_again) {
    Observation seen;
    seen.what = "verify-remote";
    seen.subject = "disk";
    const auto say_it = [&](int at, bool ok, const std::string& code) {
        seen.ok = ok;
        seen.code = code;
        say(at, observed_record(seen));
        return *procedure.observed("verify-remote", "disk");
    };
    EXPECT_EQ(say_it(0, false, "unreachable").code, "unreachable");
    EXPECT_EQ(say_it(1, false, "damaged").code, "damaged");
    EXPECT_TRUE(say_it(2, false, "unreachable").is_damaged());
    EXPECT_TRUE(say_it(3, false, "not-plugged-in").is_damaged());
    EXPECT_EQ(procedure.observed("verify-remote", "disk")->time, minute(3));
    EXPECT_TRUE(say_it(4, true, "").ok);
    EXPECT_EQ(say_it(5, false, "unreachable").code, "unreachable");
}

TEST_F(ProcedureFold, what_a_clock_that_was_ahead_saw_is_not_later_than_what_comes_after_it) {
    Observation seen;
    seen.what = "space";
    say(50, observed_record(seen));
    seen.ok = false;
    say(5, observed_record(seen));
    EXPECT_EQ(procedure.observed("space")->since, minute(5));
    EXPECT_EQ(procedure.observed("space")->last_ok, std::nullopt);
    say(60, observed_record(seen));
    say(7, observed_record(seen));
    EXPECT_EQ(procedure.observed("space")->since, minute(5));
    seen.what = "clock";
    say(50, observed_record(seen));
    say(6, observed_record(seen));
    EXPECT_EQ(procedure.observed("clock")->since, minute(6));
}

TEST_F(ProcedureFold, an_observation_comes_back_from_the_cache_with_who_saw_it) {
    const auto other = ActorId::from(Bytes(32, 2));
    Observation seen;
    seen.what = "verify";
    seen.own = true;
    say(0, observed_record(seen));
    seen.ok = false;
    seen.code = "damaged";
    apply_procedure(procedure, observed_record(seen), minute(1), other, repository);
    seen.what = "medium";
    seen.subject = "disk";
    seen.own = false;
    say(2, observed_record(seen));
    const auto back = procedure_from_json(Json::parse(to_json(procedure).dump()));
    EXPECT_EQ(back.observations.size(), 3U);
    ASSERT_NE(back.observed("verify", "", other), nullptr);
    EXPECT_TRUE(back.observed("verify", "", other)->own);
    EXPECT_EQ(back.observed("verify", "", other)->actor, other);
    EXPECT_TRUE(back.observed("verify", "", machine)->ok);
    ASSERT_NE(back.observed("medium", "disk"), nullptr);
    EXPECT_FALSE(back.observed("medium", "disk")->own);
    EXPECT_EQ(back.observed("medium", "disk")->actor, machine);
    EXPECT_EQ(back.observed("medium", "disk")->since, minute(2));
}

}  // namespace
}  // namespace coffre::journal
