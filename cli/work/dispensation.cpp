#include "cli/work/dispensation.hpp"

#include "cli/texts/change_texts.hpp"
#include "cli/work/change.hpp"
#include "cli/work/person.hpp"
#include "cli/work/supervise.hpp"
#include "store/rules/civil_time.hpp"
#include "store/rules/limits.hpp"
#include "store/rules/site_state.hpp"
#include "store/rules/standard_name.hpp"

namespace coffre::cli {

namespace {

enum class SubjectKind : std::uint8_t { none, equipment, equipment_or_site, remote };

SubjectKind subject_kind(const std::string& kind) {
    if (kind == "manual" || kind == "retest") return SubjectKind::equipment;
    if (kind == "drill") return SubjectKind::equipment_or_site;
    if (kind == "medium") return SubjectKind::remote;
    return SubjectKind::none;  // distance, copy: of the whole site
}

// As the journal writes it.
std::string checked_subject(const journal::State& state, const std::string& kind, const std::string& typed) {
    const auto wanted = subject_kind(kind);
    if (wanted == SubjectKind::none && !typed.empty())
        throw Error(Errc::usage, say<texts::dispensation_no_subject>(kind),
                    say<texts::hint_dispensation_add>());
    if ((wanted == SubjectKind::equipment || wanted == SubjectKind::remote) && typed.empty())
        throw Error(Errc::usage, say<texts::dispensation_subject>(kind), say<texts::hint_dispensation_add>());
    if (typed.empty()) return typed;
    if (wanted == SubjectKind::remote) {
        if (state.find_remote(typed) == nullptr)
            throw Error(Errc::failed, say<Msg::remote_unknown>(typed), say<Msg::hint_remote_list>());
        return typed;
    }
    auto name = rules::fold_code(rules::Code::equipment, typed);
    if (state.find_equipment(name) == nullptr)
        throw Error(Errc::failed, say<Msg::equipment_not_there>(name), say<Msg::hint_equipment_list>());
    return name;
}

void check_expiry(const journal::State& state, Timestamp expires, Timestamp now) {
    const int months = rules::limit_of(state, rules::limits::dispensation_months);
    const auto last = rules::months_later(state.site.timezone, now, months);
    if (expires <= now)
        throw Error(Errc::usage, say<texts::dispensation_past>(zone_time(state.site.timezone, expires)),
                    say<texts::hint_dispensation_past>());
    if (expires <= last) return;
    throw Error(Errc::usage, say<texts::dispensation_until>(std::to_string(months)),
                say<texts::hint_dispensation_until>());
}

}  // namespace

journal::Dispensation add_dispensation(Session& session, const DispensationRequest& request) {
    check_reason("-m", request.message);
    const auto& state = session.state();
    const auto& environment = session.context().environment;
    journal::Dispensation next;
    next.kind = request.kind;
    next.subject = checked_subject(state, request.kind, request.subject);
    check_expiry(state, request.expires, environment.clock.now());
    next.id = new_short_id(environment.random);
    next.expires = request.expires;
    next.interval_days = request.interval_days;
    next.version.message = request.message;
    session.repository().record({signed_statement(session, journal::dispensation_record(next))});
    keep_up_after(session, false);
    return session.state().procedure.dispensations.at(next.id);
}

journal::Dispensation remove_dispensation(Session& session, const std::string& typed,
                                          const std::string& message) {
    check_reason("-m", message);
    std::string id;
    session.repository().change([&](const journal::State& newest) {
        id = whole_id(newest.procedure.dispensations, typed);
        const auto found = newest.procedure.dispensations.find(id);
        if (found == newest.procedure.dispensations.end() || found->second.kind.empty())
            throw Error(Errc::failed, say<texts::dispensation_not_found>(typed),
                        say<texts::hint_dispensation_list>());
        if (found->second.ended)
            throw Error(Errc::failed, say<texts::dispensation_ended_already>(id),
                        say<texts::hint_dispensation_list>());
        return journal::Json::array({journal::dispensation_ended_record(id, message)});
    });
    keep_up_after(session, true);
    return session.state().procedure.dispensations.at(id);
}

bool holds_now(const Session& session, const journal::Dispensation& dispensation) {
    return !dispensation.ended && !dispensation.signature.person.empty() &&
           session.context().environment.clock.now() < dispensation.expires;
}

}  // namespace coffre::cli
