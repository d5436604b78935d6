#include "cli/work/hold.hpp"

#include "cli/command/commands.hpp"

namespace coffre::cli {

namespace {

struct Options {
    std::string snapshot, message;
};

Json holds_json(const Listing& listing, const journal::State& state) {
    Json list = Json::array();
    for (const auto& held : held_snapshots(state)) {
        Json json;
        json["name"] = held.snapshot == nullptr ? Json(nullptr) : Json(listing.name(*held.snapshot));
        json["commit"] = held.commit.hex();
        json["message"] = held.hold->version.message;
        json["time"] = to_rfc3339(held.hold->version.time);
        json["by"] = listing.actor(held.hold->version.actor);
        list.push_back(std::move(json));
    }
    return list;
}

int list(Session& session) {
    const auto& state = session.state();
    const Listing listing(state);
    if (session.context().settings.json) {
        print_json({{"holds", holds_json(listing, state)}});
        return session.status();
    }
    const auto holds = held_snapshots(state);
    for (const auto& held : holds) {
        const auto& set = held.hold->version;
        print_line(coloured(Colour::yellow, held.commit.hex().substr(0, 10)) + "  " +
                   pad(held.snapshot == nullptr ? "-" : listing.name(*held.snapshot), 52) + "  " +
                   zone_time(state.site.timezone, set.time) + "  " + printable(listing.actor(set.actor)) +
                   "  " + printable(set.message.substr(0, set.message.find('\n'))));
    }
    if (holds.empty()) note(session.context().quiet(), tr<Msg::holds_empty>());
    return session.status();
}

// What was done, with the name of that snapshot; in JSON beside all holds.
int tell(Session& session, const ObjectId& commit, bool added) {
    const Listing listing(session.state());
    const auto name = listing.name(listing.names().find(commit.hex()));
    if (session.context().settings.json)
        print_json({{"holds", holds_json(listing, session.state())}, {added ? "added" : "removed", name}});
    else
        print_line(added ? tr<Msg::hold_added>(name) : tr<Msg::hold_gone>(name));
    return session.status();
}

}  // namespace

void register_hold(CLI::App& app, Run& run) {
    auto options = std::make_shared<Options>();
    auto* add_command = add_subcommand(app, "add");
    auto* list_command = add_subcommand(app, "list");
    auto* remove_command = add_subcommand(app, "remove");
    add_command->add_option("SNAPSHOT", options->snapshot)->required();
    add_command->add_option("-m,--message", options->message)->required();
    remove_command->add_option("SNAPSHOT", options->snapshot)->required();
    run = [=](Context& context) {
        Session session(context);
        if (list_command->parsed()) return list(session);
        if (add_command->parsed())
            return tell(session, add_hold(session, options->snapshot, options->message), true);
        return tell(session, remove_hold(session, options->snapshot), false);
    };
}

}  // namespace coffre::cli
