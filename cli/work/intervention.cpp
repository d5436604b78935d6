#include "cli/work/intervention.hpp"

#include <algorithm>

#include "cli/texts/change_texts.hpp"
#include "cli/work/change.hpp"
#include "cli/work/person.hpp"
#include "cli/work/supervise.hpp"
#include "store/rules/standard_name.hpp"

namespace coffre::cli {

namespace {

void check_text(const char* option, const std::string& text) {
    if (!is_utf8(text) || text.find('\0') != std::string::npos)
        throw Error(Errc::usage, say<Msg::not_text>(option), say<Msg::hint_help>());
}

const journal::Intervention& open_one(const journal::State& state, const std::string& id) {
    const auto found = state.procedure.interventions.find(whole_id(state.procedure.interventions, id));
    if (found == state.procedure.interventions.end() || found->second.technician.empty())
        throw Error(Errc::failed, say<texts::intervention_not_found>(id),
                    say<texts::hint_intervention_list>());
    if (found->second.closed)
        throw Error(Errc::failed, say<texts::intervention_closed_already>(found->first),
                    say<texts::hint_intervention_list>());
    return found->second;
}

}  // namespace

journal::Intervention open_intervention(Session& session, const InterventionRequest& request) {
    check_text("--technician", request.technician);
    check_text("-m", request.message);
    const auto& environment = session.context().environment;
    journal::Intervention next;
    next.id = new_short_id(environment.random);
    next.technician = request.technician;
    if (next.technician.empty()) next.technician = person_at_hand(session);
    if (next.technician.empty()) next.technician = session.context().person();
    next.planned = request.planned.value_or(environment.clock.now());
    for (const auto& typed : request.equipment) {
        next.equipment.push_back(rules::fold_code(rules::Code::equipment, typed));
        if (session.state().find_equipment(next.equipment.back()) == nullptr)
            throw Error(Errc::failed, say<Msg::equipment_not_there>(next.equipment.back()),
                        say<Msg::hint_equipment_list>());
    }
    std::sort(next.equipment.begin(), next.equipment.end());
    next.equipment.erase(std::unique(next.equipment.begin(), next.equipment.end()), next.equipment.end());
    next.opened.message = request.message;
    session.repository().record({journal::intervention_record(next)});
    return session.state().procedure.interventions.at(next.id);
}

ClosedIntervention close_intervention(Session& session, const std::string& typed,
                                      const std::string& message) {
    check_text("-m", message);
    std::string id;
    session.repository().change([&](const journal::State& newest) {
        id = open_one(newest, typed).id;
        return journal::Json::array({journal::intervention_closed_record(id, message)});
    });
    const auto now = session.context().environment.clock.now();
    const auto closed = session.state().procedure.interventions.at(id);
    auto missing = rules::missing_captures(session.state(), closed, now);
    keep_up_after(session, !missing.empty());
    return {closed, std::move(missing)};
}

}  // namespace coffre::cli
