#include "cli/work/dispensation.hpp"

#include "cli/command/commands.hpp"
#include "cli/texts/change_texts.hpp"
#include "cli/work/words.hpp"
#include "store/rules/site_state.hpp"

namespace coffre::cli {

namespace {

constexpr int interval_most = 366;  // days

struct Options {
    DispensationRequest request;
    std::string until, id;
    bool all = false;
};

Json json_of(const Session& session, const journal::Dispensation& item) {
    const Listing listing(session.state());
    return {{"id", item.id},
            {"kind", item.kind},
            {"subject", item.subject},
            {"expires", to_rfc3339(item.expires)},
            {"interval_days", item.interval_days},
            {"person", item.signature.person},
            {"holds", holds_now(session, item)},
            {"set", listing.version(item.version)},
            {"ended", listing.version(item.ended)}};
}

std::string standing(const Session& session, const journal::Dispensation& item) {
    const auto& zone = session.state().site.timezone;
    if (item.ended) return tr<texts::dispensation_is_ended>(zone_time(zone, item.ended->time));
    const auto last_day = due_date(zone, item.expires);
    if (item.signature.person.empty()) return tr<texts::dispensation_is_unsigned>();
    return holds_now(session, item) ? tr<texts::dispensation_holds>(last_day)
                                    : tr<texts::dispensation_is_over>(zone_time(zone, item.expires));
}

void print_dispensation(const Session& session, const journal::Dispensation& item) {
    print_line(coloured(Colour::yellow, item.id) + "  " + pad(dispensation_label(item.kind), 20) + "  " +
               pad(item.subject.empty() ? "-" : printable(item.subject), 20) + "  " +
               pad(printable(item.signature.person.empty() ? "-" : item.signature.person), 20) + "  " +
               standing(session, item) + "  " +
               printable(item.version.message.substr(0, item.version.message.find('\n'))));
}

int tell(const Session& session, const journal::Dispensation& item) {
    if (session.context().settings.json)
        print_json({{"dispensations", Json::array({json_of(session, item)})}});
    else
        print_dispensation(session, item);
    return session.status();
}

int list(const Session& session, bool all) {
    Json list = Json::array();
    std::size_t shown = 0;
    for (const auto& [id, item] : session.state().procedure.dispensations) {
        if (item.kind.empty() || (!all && !holds_now(session, item))) continue;
        ++shown;
        if (session.context().settings.json)
            list.push_back(json_of(session, item));
        else
            print_dispensation(session, item);
    }
    if (session.context().settings.json)
        print_json({{"dispensations", std::move(list)}});
    else if (shown == 0)
        note(session.context().quiet(), tr<texts::dispensations_empty>());
    return session.status();
}

}  // namespace

void register_dispensation(CLI::App& app, Run& run) {
    auto options = std::make_shared<Options>();
    auto& request = options->request;
    auto* add = add_subcommand(app, "add");
    auto* list_command = add_subcommand(app, "list");
    auto* remove = add_subcommand(app, "remove");
    add->add_option("--kind", request.kind)->required()->check(CLI::IsMember(rules::dispensation_kinds()));
    add->add_option("--subject", request.subject);
    add->add_option("--until", options->until)->required();
    add->add_option("--interval", request.interval_days)->check(CLI::Range(1, interval_most));
    remove->add_option("ID", options->id)->required();
    for (auto* command : {add, remove}) command->add_option("-m,--message", request.message)->required();
    list_command->add_flag("--all", options->all);
    run = [=](Context& context) {
        Session session(context);
        if (list_command->parsed()) return list(session, options->all);
        if (remove->parsed())
            return tell(session, remove_dispensation(session, options->id, options->request.message));
        options->request.expires =
            parse_site_time_option(session.state().site.timezone, "--until", options->until).end;
        return tell(session, add_dispensation(session, options->request));
    };
}

}  // namespace coffre::cli
