#include "cli/work/people.hpp"

#include "cli/command/commands.hpp"
#include "cli/texts/people_texts.hpp"
#include "store/rules/reviews.hpp"

namespace coffre::cli {

namespace {

struct Options {
    std::string name, card, message;
    std::optional<std::string> deputy;
};

// Since when somebody answers, without a gap, as `field` says.
Timestamp since(const std::vector<rules::Responsible>& history, std::string rules::Responsible::*field) {
    Timestamp begun = history.back().since;
    for (auto at = history.rbegin(); at != history.rend() && (*at).*field == history.back().*field; ++at)
        begun = at->since;
    return begun;
}

Json responsible_json(const journal::State& state, const rules::Responsible& entry) {
    const auto known = [&](const std::string& name) { return state.procedure.find_person(name) != nullptr; };
    return {{"person", entry.person},
            {"deputy", entry.deputy},
            {"known", entry.known},
            {"deputy_known", known(entry.deputy)},
            {"since", to_rfc3339(entry.since)}};
}

Json people_json(const journal::State& state) {
    const auto& site = state.site;
    Json people = Json::array();
    for (const auto& [name, person] : state.procedure.people) {
        if (person.removed) continue;
        const auto* slot = slot_of(state, person);
        people.push_back({{"name", name},
                          {"mail", person.mail},
                          {"key", person.key.hex()},
                          {"recipient", person.recipient},
                          {"slot", slot == nullptr ? Json(nullptr) : Json(slot->id.hex())},
                          {"since", to_rfc3339(person.version.time)},
                          {"responsible", name == site.responsible},
                          {"deputy", name == site.deputy}});
    }
    const auto history = rules::responsible_history(state);
    auto now = responsible_json(state, history.back());
    now["since"] = to_rfc3339(since(history, &rules::Responsible::person));
    now["deputy_since"] =
        site.deputy.empty() ? Json(nullptr) : Json(to_rfc3339(since(history, &rules::Responsible::deputy)));
    return {{"people", std::move(people)}, {"responsible", std::move(now)}};
}

void warn_of_vacancy(const journal::State& state) {
    const auto& site = state.site;
    if (site.responsible.empty())
        warn(tr<texts::nobody_responsible>() + " — " + tr<texts::hint_nobody_responsible>());
    for (const auto& [name, label] :
         {std::pair{site.responsible, tr<Msg::label_responsible>()}, {site.deputy, tr<Msg::label_deputy>()}})
        if (!name.empty() && state.procedure.find_person(name) == nullptr)
            warn(tr<texts::responsible_not_known>(printable(name), label) + " — " + tr<texts::hint_people>());
}

int list(Session& session) {
    const auto& state = session.state();
    if (session.context().settings.json) {
        print_json(people_json(state));
        return session.status();
    }
    const auto history = rules::responsible_history(state);
    const auto at = [&](Timestamp time) { return zone_time(state.site.timezone, time); };
    bool anybody = false;
    for (const auto& [name, person] : state.procedure.people) {
        if (person.removed) continue;
        anybody = true;
        std::string marks;
        if (name == state.site.responsible)
            marks += "  " + tr<texts::mark_responsible>(at(since(history, &rules::Responsible::person)));
        if (name == state.site.deputy)
            marks += "  " + tr<texts::mark_deputy>(at(since(history, &rules::Responsible::deputy)));
        if (slot_of(state, person) == nullptr) marks += "  " + tr<texts::mark_locked_out>();
        print_line(pad(printable(name), 24) + "  " +
                   pad(person.mail.empty() ? "-" : printable(person.mail), 32) + "  " +
                   person.key.hex().substr(0, 16) + marks);
    }
    if (!anybody) note(session.context().quiet(), tr<texts::no_people>());
    if (!session.context().quiet()) warn_of_vacancy(state);
    return session.status();
}

int history(Session& session) {
    const auto& state = session.state();
    const auto entries = rules::responsible_history(state);
    if (session.context().settings.json) {
        Json all = Json::array();
        for (auto at = entries.begin(); at != entries.end(); ++at) {
            auto json = responsible_json(state, *at);
            const auto next = std::next(at);
            json["until"] = next == entries.end() ? Json(nullptr) : Json(to_rfc3339(next->since));
            all.push_back(std::move(json));
        }
        print_json({{"history", std::move(all)}});
        return session.status();
    }
    const auto shown = [](const std::string& name) { return name.empty() ? "-" : printable(name); };
    for (const auto& entry : entries)
        print_line(zone_time(state.site.timezone, entry.since) + "  " + pad(shown(entry.person), 24) + "  " +
                   tr<Msg::label_deputy>() + " " + shown(entry.deputy));
    return session.status();
}

int add(Session& session, const Options& options) {
    const auto card = read_card(session.context().environment.files, options.card);
    const auto person = add_person(session, options.name, card, options.message);
    if (session.context().settings.json) {
        auto json = people_json(session.state());
        json["added"] = person.name;
        print_json(json);
    } else {
        print_line(tr<texts::person_added>(
            printable(person.name), printable(card.name) + " (" + person.key.hex().substr(0, 16) + ")"));
    }
    return session.status();
}

int remove(Session& session, const Options& options) {
    remove_person(session, options.name, options.message);
    if (session.context().settings.json) {
        auto json = people_json(session.state());
        json["removed"] = options.name;
        print_json(json);
    } else {
        print_line(tr<texts::person_gone>(printable(options.name)));
        note(session.context().quiet(), tr<Msg::slot_old_copies>());
    }
    return session.status();
}

int responsible(Session& session, const Options& options) {
    set_responsible(session, {options.name, options.deputy, options.message});
    if (session.context().settings.json) {
        print_json(people_json(session.state()));
        return session.status();
    }
    const auto& site = session.state().site;
    print_line(tr<texts::responsible_now>(printable(site.responsible),
                                          site.deputy.empty() ? "-" : printable(site.deputy)));
    return session.status();
}

}  // namespace

void register_people(CLI::App& app, Run& run) {
    auto options = std::make_shared<Options>();
    auto* list_command = add_subcommand(app, "list");
    auto* add_command = add_subcommand(app, "add");
    auto* remove_command = add_subcommand(app, "remove");
    auto* responsible_command = add_subcommand(app, "responsible");
    add_subcommand(app, "history");
    for (auto* command : {add_command, remove_command, responsible_command}) {
        command->add_option("NAME", options->name)->required();
        command->add_option("-m,--message", options->message);
    }
    add_command->add_option("--card", options->card)->required();
    responsible_command->add_option("--deputy", options->deputy);
    run = [=](Context& context) {
        Session session(context);
        if (list_command->parsed()) return list(session);
        if (add_command->parsed()) return add(session, *options);
        if (remove_command->parsed()) return remove(session, *options);
        return responsible_command->parsed() ? responsible(session, *options) : history(session);
    };
}

}  // namespace coffre::cli
