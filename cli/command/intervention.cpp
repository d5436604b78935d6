#include "cli/work/intervention.hpp"

#include "cli/command/commands.hpp"
#include "cli/texts/change_texts.hpp"

namespace coffre::cli {

namespace {

struct Options {
    InterventionRequest request;
    std::string planned, id;
    bool all = false;
};

std::vector<std::string> missing_of(const Session& session, const journal::Intervention& intervention) {
    return rules::missing_captures(session.state(), intervention, session.context().environment.clock.now());
}

Json json_of(const Session& session, const journal::Intervention& intervention) {
    const Listing listing(session.state());
    Json json{{"id", intervention.id},
              {"technician", intervention.technician},
              {"equipment", intervention.equipment},
              {"planned", to_rfc3339(intervention.planned)},
              {"open", !intervention.closed.has_value()},
              {"opened", listing.version(intervention.opened)},
              {"closed", listing.version(intervention.closed)}};
    json["missing"] = missing_of(session, intervention);
    return json;
}

// What is still to be captured, in words; "" where nothing is.
std::string missing_text(const Session& session, const journal::Intervention& intervention) {
    const auto missing = missing_of(session, intervention);
    return missing.empty() ? "" : tr<texts::intervention_wants>(joined(missing));
}

void print_intervention(const Session& session, const journal::Intervention& intervention) {
    const auto& zone = session.state().site.timezone;
    auto line =
        coloured(Colour::yellow, intervention.id) + "  " + zone_time(zone, intervention.planned) + "  " +
        pad(printable(intervention.technician), 20) + "  " +
        (intervention.closed ? tr<texts::intervention_is_closed>(zone_time(zone, intervention.closed->time))
                             : tr<texts::intervention_is_open>());
    const auto missing = missing_text(session, intervention);
    if (!missing.empty()) line += "; " + missing;
    if (!intervention.opened.message.empty())
        line +=
            "  " + printable(intervention.opened.message.substr(0, intervention.opened.message.find('\n')));
    print_line(line);
}

int open_one(Session& session, const InterventionRequest& request) {
    const auto opened = open_intervention(session, request);
    if (session.context().settings.json) {
        print_json({{"interventions", Json::array({json_of(session, opened)})}});
        return session.status();
    }
    print_line(tr<texts::intervention_opened>(opened.id, opened.technician));
    const auto missing = missing_text(session, opened);
    if (!missing.empty()) note(session.context().quiet(), missing);
    return session.status();
}

int close_one(Session& session, const std::string& id, const std::string& message) {
    const auto closed = close_intervention(session, id, message);
    if (session.context().settings.json) {
        Json json{{"interventions", Json::array({json_of(session, closed.intervention)})},
                  {"ok", closed.missing.empty()}};
        json["missing"] = closed.missing;
        print_json(json);
    } else {
        print_line(tr<texts::intervention_closed>(closed.intervention.id));
    }
    if (closed.missing.empty()) return session.status();
    warn(tr<texts::intervention_wants>(joined(closed.missing)) + " — " +
         tr<texts::hint_intervention_missing>());
    return static_cast<int>(Errc::partial);
}

int list(Session& session, bool all) {
    Json list = Json::array();
    std::size_t shown = 0;
    for (const auto& [id, intervention] : session.state().procedure.interventions) {
        if (intervention.technician.empty() || (intervention.closed && !all)) continue;
        ++shown;
        if (session.context().settings.json)
            list.push_back(json_of(session, intervention));
        else
            print_intervention(session, intervention);
    }
    if (session.context().settings.json)
        print_json({{"interventions", std::move(list)}});
    else if (shown == 0)
        note(session.context().quiet(), tr<texts::interventions_empty>());
    return session.status();
}

}  // namespace

void register_intervention(CLI::App& app, Run& run) {
    auto options = std::make_shared<Options>();
    auto& request = options->request;
    auto* open_command = add_subcommand(app, "open");
    auto* close_command = add_subcommand(app, "close");
    auto* list_command = add_subcommand(app, "list");
    open_command->add_option("--technician", request.technician);
    open_command->add_option("--planned", options->planned);
    open_command->add_option("--equipment", request.equipment)->allow_extra_args(false);
    close_command->add_option("ID", options->id)->required();
    list_command->add_flag("--all", options->all);
    for (auto* command : {open_command, close_command}) command->add_option("-m,--message", request.message);
    run = [=](Context& context) {
        Session session(context);
        if (list_command->parsed()) return list(session, options->all);
        if (close_command->parsed()) return close_one(session, options->id, options->request.message);
        if (!options->planned.empty())
            options->request.planned =
                parse_site_time_option(session.state().site.timezone, "--planned", options->planned).first;
        return open_one(session, options->request);
    };
}

}  // namespace coffre::cli
