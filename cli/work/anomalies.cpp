#include "cli/work/anomalies.hpp"

#include <algorithm>

#include "cli/texts/run_texts.hpp"
#include "cli/work/change.hpp"
#include "cli/work/person.hpp"
#include "cli/work/supervise.hpp"

namespace coffre::cli {

namespace {

constexpr std::string_view id_prefix = "ANO-";

// What a clock that was ahead said is yet to come.
bool happened(const Session& session, const std::optional<journal::Version>& said) {
    return said && said->time <= session.context().environment.clock.now();
}

void check_not_over(const Session& session, const journal::Anomaly& anomaly) {
    if (happened(session, anomaly.resolved))
        throw Error(Errc::failed, say<texts::anomaly_over>(anomaly.id), say<texts::hint_anomalies>());
}

void check_evidence(const std::vector<std::string>& evidence) {
    for (const auto& one : evidence) {
        const auto colon = one.find(':');
        const bool plain = std::all_of(one.begin(), one.end(), [](char c) { return c > ' ' && c < '\x7f'; });
        if (!plain || colon == 0 || colon == std::string::npos || colon + 1 == one.size())
            throw Error(Errc::usage, say<texts::evidence_form>(one), say<texts::hint_evidence>());
    }
}

// What the journal knows is named whole, so that who reads it later finds it. Of other kinds ("ticket:42") it
// knows nothing.
std::string whole_evidence(const journal::State& state, const std::string& evidence) {
    const auto colon = evidence.find(':');
    const auto kind = evidence.substr(0, colon), id = evidence.substr(colon + 1);
    const auto& procedure = state.procedure;
    const auto in = [&](const auto& all) {
        const auto whole = whole_id(all, id);
        if (whole.empty())
            throw Error(Errc::failed, say<texts::evidence_unknown>(evidence), say<texts::hint_evidence>());
        return kind + ":" + whole;
    };
    if (kind == "snapshot") return kind + ":" + Listing(state).names().find(id).commit.hex();
    if (kind == "drill") return in(procedure.drills);
    if (kind == "review") return in(procedure.reviews);
    if (kind == "anomaly") return in(procedure.anomalies);
    if (kind == "change") return in(procedure.changes);
    if (kind == "intervention") return in(procedure.interventions);
    if (kind == "dispensation") return in(procedure.dispensations);
    return evidence;
}

// Records what `say` makes of the anomaly, as it is in the newest state.
template <class Fn>
std::string record_of(Session& session, const std::string& id, Fn&& make) {
    std::string whole;
    session.repository().change([&](const journal::State& newest) {
        const auto& anomaly = find_anomaly(newest, id);
        check_not_over(session, anomaly);
        whole = anomaly.id;
        return journal::Json::array({make(newest, anomaly)});
    });
    return whole;
}

}  // namespace

const journal::Anomaly& find_anomaly(const journal::State& state, const std::string& id) {
    const auto wanted = id.starts_with(id_prefix) ? id : std::string(id_prefix) + id;
    const journal::Anomaly* found = nullptr;
    for (const auto& [known, anomaly] : state.procedure.anomalies) {
        if (!anomaly.known() || !known.starts_with(wanted) || wanted.size() == id_prefix.size()) continue;
        if (known == wanted) return anomaly;
        if (found != nullptr)
            throw Error(Errc::usage, say<texts::anomaly_ambiguous>(id), say<texts::hint_anomalies>());
        found = &anomaly;
    }
    if (found == nullptr)
        throw Error(Errc::failed, say<texts::anomaly_unknown>(id), say<texts::hint_anomalies>());
    return *found;
}

std::string acknowledge_anomaly(Session& session, const std::string& id, const std::string& message) {
    if (!message.empty()) check_reason("-m", message);
    return record_of(session, id, [&](const journal::State&, const journal::Anomaly& anomaly) {
        // What was said first stays: a second text would be kept nowhere.
        if (happened(session, anomaly.acknowledged))
            throw Error(Errc::failed, say<texts::anomaly_acknowledged_before>(anomaly.id),
                        say<texts::hint_anomalies>());
        return journal::anomaly_acknowledged_record(anomaly.id, message);
    });
}

std::string treat_anomaly(Session& session, const std::string& id, const std::string& person,
                          const std::string& message) {
    check_reason("-m", message);
    const auto who = person.empty() ? person_at_hand(session) : person;
    if (who.empty()) throw Error(Errc::refused, say<texts::person_needed>(), say<texts::hint_person>());
    return record_of(session, id, [&](const journal::State& newest, const journal::Anomaly& anomaly) {
        if (newest.procedure.find_person(who) == nullptr)
            throw Error(Errc::refused, say<texts::person_not_there>(who), say<texts::hint_people_list>());
        if (happened(session, anomaly.treated))
            throw Error(Errc::failed, say<texts::anomaly_treated_before>(anomaly.id),
                        say<texts::hint_anomalies>());
        return journal::anomaly_treated_record(anomaly.id, who, message);
    });
}

std::string resolve_anomaly(Session& session, const std::string& id, const std::vector<std::string>& evidence,
                            const std::string& message) {
    check_reason("-m", message);
    check_evidence(evidence);
    const auto now = session.context().environment.clock.now();
    const auto whole =
        record_of(session, id, [&](const journal::State& newest, const journal::Anomaly& anomaly) {
            if (const auto why = rules::closing_refused(newest, anomaly, now)) {
                const auto* kind = rules::find_anomaly_kind(anomaly.kind);
                const bool by_rule = kind != nullptr && kind->closing == rules::Closing::by_rule;
                throw Error(Errc::refused, say<texts::not_closed>(anomaly.id, text(*why)),
                            by_rule ? say<texts::hint_treat>() : say<texts::hint_close>());
            }
            auto whole_names = evidence;
            for (auto& one : whole_names) one = whole_evidence(newest, one);
            return journal::anomaly_resolved_record(anomaly.id, false, whole_names, message);
        });
    tell_of_turn(session, "resolved", whole);
    return whole;
}

}  // namespace coffre::cli
