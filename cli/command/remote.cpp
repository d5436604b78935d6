#include "cli/work/remote.hpp"

#include "cli/command/commands.hpp"

namespace coffre::cli {

namespace {

Json version_json(const Listing& listing, const journal::Remote& remote) {
    return {{"time", to_rfc3339(remote.version.time)},
            {"by", listing.actor(remote.version.actor)},
            {"message", remote.version.message},
            {"place", remote.place},
            {"url", remote.url},
            {"removed", remote.removed}};
}

Json remote_json(Copy& copy, const journal::Remote& remote, bool with_history) {
    Json json{{"name", remote.name},         {"url", remote.url},
              {"role", remote.role},         {"scheme", remote::parse_url(remote.url).scheme},
              {"settings", remote.settings}, {"place", remote.place},
              {"verified_at", nullptr},      {"sent_at", nullptr}};
    auto* session = copy.session();
    if (session == nullptr) return json;
    const auto& state = session->state();
    if (const auto copies = state.copies.find(remote.name); copies != state.copies.end()) {
        if (!copies->second.verified.empty()) json["verified_at"] = to_rfc3339(copies->second.verified_at);
        if (!copies->second.sent.empty()) json["sent_at"] = to_rfc3339(copies->second.sent_at);
    }
    if (!with_history) return json;
    const Listing listing(state);
    json["custody"] = Json::array({version_json(listing, remote)});
    for (auto at = state.past_remotes.rbegin(); at != state.past_remotes.rend(); ++at)
        if (at->name == remote.name) json["custody"].push_back(version_json(listing, *at));
    return json;
}

std::string remote_line(Copy& copy, const journal::Remote& remote) {
    auto verified = tr<Msg::remote_never_verified>();
    if (auto* session = copy.session()) {
        const auto& state = session->state();
        const auto copies = state.copies.find(remote.name);
        if (copies != state.copies.end() && !copies->second.verified.empty())
            verified =
                tr<Msg::remote_verified_at>(zone_time(state.site.timezone, copies->second.verified_at));
    }
    auto line = pad(remote.name, 16) + "  " + pad(remote.role, 8) + "  " + pad(verified, 26) + "  " +
                printable(remote.url) + (remote.place.empty() ? "" : "  " + printable(remote.place));
    while (line.ends_with(' ')) line.pop_back();
    return line;
}

int status_of(Copy& copy) { return copy.session() == nullptr ? 0 : copy.session()->status(); }

int print_remotes(Copy& copy, const std::vector<journal::Remote>& remotes, bool with_history) {
    if (copy.context().settings.json) {
        Json list = Json::array();
        for (const auto& remote : remotes) list.push_back(remote_json(copy, remote, with_history));
        print_json({{"remotes", std::move(list)}});
        return status_of(copy);
    }
    for (const auto& remote : remotes) {
        print_line(remote_line(copy, remote));
        if (!with_history) continue;
        for (const auto& [key, value] : remote.settings) print_line("  " + key + " = " + printable(value));
        if (auto* session = copy.session()) {
            const auto& state = session->state();
            const Listing listing(state);
            std::vector<const journal::Remote*> versions{&state.remotes.at(remote.name)};
            for (auto at = state.past_remotes.rbegin(); at != state.past_remotes.rend(); ++at)
                if (at->name == remote.name) versions.push_back(&*at);
            for (const auto* version : versions)
                print_line(
                    "  " + zone_time(state.site.timezone, version->version.time) + "  " +
                    pad(listing.actor(version->version.actor), 20) + "  " +
                    (version->place.empty() ? "-" : printable(version->place)) +
                    (version->version.message.empty() ? "" : "  " + printable(version->version.message)));
        }
    }
    if (remotes.empty())
        note(copy.context().quiet(), tr<Msg::no_remotes>() + " — " + tr<Msg::hint_remote_add>());
    return status_of(copy);
}

int test(Copy& copy, const std::string& name) {
    const auto result = test_remote(copy, name);
    if (copy.context().settings.json) {
        auto json = remote_json(copy, copy.named(name), false);
        json["ok"] = true;
        json["files"] = result.files;
        json["bytes"] = result.bytes;
        json["facts"] = result.facts;
        print_json({{"remotes", Json::array({std::move(json)})}});
        return status_of(copy);
    }
    print_line(tr<Msg::remote_line_tested>(name, count_files(result.files), human_bytes(result.bytes)));
    for (const auto& [fact, value] : result.facts) print_line("  " + pad(fact, 18) + " " + printable(value));
    return status_of(copy);
}

}  // namespace

void register_remote(CLI::App& app, Run& run) {
    auto edit = std::make_shared<RemoteEdit>();
    auto* add = add_subcommand(app, "add");
    auto* list = add_subcommand(app, "list");
    auto* show = add_subcommand(app, "show");
    auto* remove = add_subcommand(app, "remove");
    auto* test_command = add_subcommand(app, "test");
    auto* move = add_subcommand(app, "move");
    for (auto* command : {add, show, remove, test_command, move})
        command->add_option("NAME", edit->name)->required();
    add->add_option("URL", edit->url)->required();
    add->add_option("--role", edit->role)->required()->check(CLI::IsMember({"cloud", "physical"}));
    add->add_option("--set", edit->set)->allow_extra_args(false);
    add->add_option("--place", edit->place);
    move->add_option("WHERE", edit->place)->required();
    for (auto* command : {add, remove, move}) command->add_option("-m,--message", edit->message);
    run = [=](Context& context) {
        Copy copy(context);
        if (test_command->parsed()) return test(copy, edit->name);
        if (show->parsed()) return print_remotes(copy, {copy.named(edit->name)}, true);
        if (list->parsed()) {
            std::vector<journal::Remote> remotes;
            for (const auto& [name, remote] : copy.remotes()) remotes.push_back(remote);
            return print_remotes(copy, remotes, false);
        }
        if (remove->parsed()) {
            remove_remote(copy, edit->name, edit->message);
            if (context.settings.json) return print_remotes(copy, {}, false);
            print_line(tr<Msg::remote_line_removed>(edit->name));
            return status_of(copy);
        }
        const bool adding = add->parsed();
        if (adding)
            for (const auto& [what, hint] : add_remote(copy, *edit).doubts)
                warn(text(what) + " — " + text(hint));
        else
            move_remote(copy, edit->name, edit->place, edit->message);
        if (copy.session() == nullptr) warn(tr<Msg::remote_not_recorded>(edit->name));
        if (context.settings.json) return print_remotes(copy, {copy.named(edit->name)}, false);
        print_line(adding ? tr<Msg::remote_line_added>(edit->name)
                          : tr<Msg::remote_line_moved>(edit->name, printable(edit->place)));
        return status_of(copy);
    };
}

}  // namespace coffre::cli
