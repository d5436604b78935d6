#include "cli/command/commands.hpp"
#include "cli/texts/change_texts.hpp"
#include "cli/work/inventory.hpp"
#include "store/rules/limits.hpp"

namespace coffre::cli {

namespace {

Json version_json(const Listing& listing, const journal::Version& version) {
    return {{"time", to_rfc3339(version.time)},
            {"by", listing.actor(version.actor)},
            {"message", version.message}};
}

// All of them, as they are in force.
Json limits_json(const journal::Policy& policy) {
    Json json = Json::object();
    for (const auto& limit : rules::all_limits()) json[limit.name] = rules::limit_of(policy, limit);
    return json;
}

std::string contract_text(const journal::Site& site) {
    return site.contract == "unknown" ? tr<texts::contract_is_unknown>() : site.contract;
}

std::string contract_dates(const journal::Site& site) {
    if (site.contract_from.empty() && site.contract_until.empty()) return "";
    const auto shown = [](const std::string& date) { return date.empty() ? std::string("…") : date; };
    return tr<texts::contract_dates>(shown(site.contract_from), shown(site.contract_until));
}

void print_site_json(const Session& session) {
    const auto& state = session.state();
    const Listing listing(state);
    const auto& site = state.site;
    Json json{{"client", site.client},
              {"site", site.site},
              {"timezone", site.timezone},
              {"contract", site.contract},
              {"contract_from", site.contract_from},
              {"contract_until", site.contract_until},
              {"responsible", site.responsible},
              {"deputy", site.deputy},
              {"schedule", site.schedule},
              {"place", site.place},
              {"simulated", site.simulated},
              {"set", version_json(listing, site.version)},
              {"versions", state.past_sites.size() + 1}};
    const auto& policy = state.policy();
    print_json({{"site", std::move(json)},
                {"policy",
                 {{"reference", policy.reference},
                  {"profile", policy.profile},
                  {"months", policy.months},
                  {"residency", policy.residency},
                  {"limits", limits_json(policy)},
                  {"set", version_json(listing, policy.version)},
                  {"versions", state.policies.size()}}}});
}

void print_field(const std::string& label, const std::string& value) {
    print_line(pad(label, 14) + " " + (value.empty() ? "-" : printable(value)));
}

// Both records, the way `site` and `policy` both answer.
// `all_limits`: also those that are the procedure's own.
void print_site(const Session& session, bool all_limits) {
    if (session.context().settings.json) {
        print_site_json(session);
        return;
    }
    const auto& state = session.state();
    const Listing listing(state);
    print_field(tr<Msg::label_site>(), state.site.client + "_" + state.site.site);
    print_field(tr<Msg::label_contract>(), contract_text(state.site));
    print_field(tr<texts::label_contract_dates>(), contract_dates(state.site));
    print_field(tr<Msg::label_responsible>(), state.site.responsible);
    print_field(tr<Msg::label_deputy>(), state.site.deputy);
    print_field(tr<Msg::label_timezone>(), state.site.timezone);
    print_field(tr<texts::label_schedule>(), state.site.schedule);
    print_field(tr<texts::label_place>(), state.site.place);
    const auto set = [&](const journal::Version& version) {
        return zone_time(state.site.timezone, version.time) + "  " + listing.actor(version.actor) + "  " +
               (version.message.empty() ? "-" : version.message);
    };
    print_field(tr<Msg::label_set>(), set(state.site.version));
    const auto& policy = state.policy();
    print_field(tr<Msg::label_policy>(), policy.profile + " (" + policy.reference + ")");
    for (const auto& [kind, months] : policy.months)
        print_field("  " + kind, tr<Msg::policy_months_line>(std::to_string(months)));
    bool first = true;
    for (const auto& limit : rules::all_limits()) {
        if (!all_limits && rules::limit_of(policy, limit) == limit.standard) continue;
        if (std::exchange(first, false)) print_line(tr<texts::label_limits>());
        const auto value = std::to_string(rules::limit_of(policy, limit));
        const auto standard = std::to_string(limit.standard);
        print_line("  " + pad(limit.name, 24) + " " +
                   (value == standard ? value : tr<texts::limit_of_policy>(value, standard)));
    }
    print_field(tr<Msg::label_set>(), set(policy.version));
}

}  // namespace

void register_site(CLI::App& app, Run& run) {
    auto edit = std::make_shared<SiteEdit>();
    add_subcommand(app, "show");
    auto* edit_command = add_subcommand(app, "edit");
    edit_command->add_option("--contract", edit->contract)->check(CLI::IsMember({"standard", "renforce"}));
    edit_command->add_option("--contract-from", edit->contract_from);
    edit_command->add_option("--contract-until", edit->contract_until);
    edit_command->add_option("--schedule", edit->schedule);
    edit_command->add_option("--place", edit->place);
    edit_command->add_option("--responsible", edit->responsible);
    edit_command->add_option("--deputy", edit->deputy);
    edit_command->add_option("--timezone", edit->timezone);
    edit_command->add_option("-m,--message", edit->message);
    run = [edit, edit_command](Context& context) {
        Session session(context);
        if (edit_command->parsed()) {
            if (edit->empty())
                throw Error(Errc::usage, say<Msg::nothing_to_change>(), say<texts::hint_site_edit>());
            edit_site(session, *edit);
        }
        print_site(session, false);
        return session.status();
    };
}

void register_policy(CLI::App& app, Run& run) {
    struct Options {
        std::string source, message;
    };
    auto options = std::make_shared<Options>();
    add_subcommand(app, "show");
    auto* set = add_subcommand(app, "set");
    set->add_option("FILE_OR_PROFILE", options->source)->required();
    set->add_option("-m,--message", options->message);
    run = [options, set](Context& context) {
        Session session(context);
        if (set->parsed()) {
            auto policy = read_policy(context.environment.files, options->source);
            policy.version.message = options->message;
            set_policy(session, std::move(policy));
        }
        print_site(session, true);
        return session.status();
    };
}

}  // namespace coffre::cli
