#include <algorithm>

#include "cli/command/commands.hpp"
#include "cli/work/session.hpp"

namespace coffre::cli {

namespace {

struct Options {
    std::string id, name, message;
    std::vector<std::string> rights;
};

Json actors_json(Session& session) {
    const auto& state = session.state();
    const auto self = session.repository().own_actor();
    Json list = Json::array();
    for (const auto& [id, actor] : state.actors) {
        const auto stream = state.streams.find(id);
        const auto removal = state.removals.find(id);
        Json json{{"id", id.hex()},
                  {"name", actor.name},
                  {"rights", actor.rights},
                  {"this_machine", self == id},
                  {"batches", stream == state.streams.end() ? 0 : stream->second.number},
                  {"last_batch", nullptr},
                  {"removed", removal != state.removals.end()}};
        if (stream != state.streams.end()) json["last_batch"] = to_rfc3339(stream->second.time);
        list.push_back(std::move(json));
    }
    return list;
}

int list(Session& session) {
    if (session.context().settings.json) {
        print_json({{"actors", actors_json(session)}});
        return session.status();
    }
    const auto& state = session.state();
    const auto self = session.repository().own_actor();
    for (const auto& [id, actor] : state.actors) {
        std::string rights;
        for (const auto& right : actor.rights) rights += (rights.empty() ? "" : ",") + right;
        const auto stream = state.streams.find(id);
        auto line =
            id.hex().substr(0, 16) + "  " + pad(printable(actor.name), 24) + "  " + pad(rights, 14) + "  " +
            (stream == state.streams.end() ? "-" : zone_time(state.site.timezone, stream->second.time));
        if (state.removals.contains(id)) line += "  " + tr<Msg::actor_is_removed>();
        if (self == id) line += "  " + tr<Msg::actor_is_this>();
        print_line(line);
    }
    return session.status();
}

ActorId find_actor(const journal::State& state, const std::string& text) {
    std::vector<ActorId> found;
    for (const auto& [id, actor] : state.actors)
        if (text.size() >= 4 && id.hex().starts_with(text)) found.push_back(id);
    if (found.size() > 1)
        throw Error(Errc::usage, say<Msg::actor_several>(text), say<Msg::hint_actor_list>());
    if (found.empty()) throw Error(Errc::failed, say<Msg::actor_unknown>(text), say<Msg::hint_actor_list>());
    return found.front();
}

int admit(Session& session, const Options& options) {
    const auto id = ActorId::parse(options.id);
    if (!id) throw Error(Errc::usage, say<Msg::actor_key_form>(options.id), say<Msg::hint_actor_list>());
    check_reason("--name", options.name);
    auto rights = options.rights.empty() ? std::vector<std::string>{"write"} : options.rights;
    std::sort(rights.begin(), rights.end());
    rights.erase(std::unique(rights.begin(), rights.end()), rights.end());
    for (const auto& right : rights)
        if (right != "write" && right != "gc" && right != "admit")
            throw Error(Errc::usage, say<Msg::right_unknown>(right), say<Msg::hint_help>());
    session.repository().admit_actor(*id, options.name, rights);
    if (session.context().settings.json) return list(session);
    print_line(tr<Msg::actor_line_admitted>(printable(options.name)));
    return session.status();
}

int remove(Session& session, const Options& options) {
    if (!options.message.empty()) check_reason("-m", options.message);
    const auto id = find_actor(session.state(), options.id);
    session.repository().remove_actor(id, options.message);
    if (session.context().settings.json) return list(session);
    print_line(tr<Msg::actor_line_removed>(printable(session.state().actors.at(id).name)));
    note(session.context().quiet(), tr<Msg::actor_still_opens>());
    return session.status();
}

}  // namespace

void register_actor(CLI::App& app, Run& run) {
    auto options = std::make_shared<Options>();
    auto* admit_command = add_subcommand(app, "admit");
    auto* list_command = add_subcommand(app, "list");
    auto* remove_command = add_subcommand(app, "remove");
    admit_command->add_option("KEY", options->id)->required();
    admit_command->add_option("--name", options->name)->required();
    admit_command->add_option("--right", options->rights)->allow_extra_args(false);
    remove_command->add_option("ID", options->id)->required();
    remove_command->add_option("-m,--message", options->message);
    run = [=](Context& context) {
        Session session(context);
        if (list_command->parsed()) return list(session);
        return admit_command->parsed() ? admit(session, *options) : remove(session, *options);
    };
}

}  // namespace coffre::cli
