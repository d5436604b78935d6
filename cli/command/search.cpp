#include "cli/command/commands.hpp"
#include "cli/command/model_changes.hpp"
#include "store/rules/standard_name.hpp"

namespace coffre::cli {

namespace {

struct Options {
    std::string pattern;
    std::vector<std::string> equipments;
};

int run_search(Session& session, Options options) {
    for (auto& name : options.equipments) {
        name = rules::fold_code(rules::Code::equipment, name);
        check_equipment_known(session.state(), name);
    }
    const auto result = search_models(session, options.pattern, options.equipments);
    const Listing listing(session.state());
    for (const auto& name : result.without_snapshot)
        note(session.context().quiet(), tr<Msg::search_no_snapshot>(name));
    Json list = Json::array();
    for (const auto& [snapshot, field] : result.found) {
        if (session.context().settings.json) {
            Json json{{"equipment", snapshot->equipment},
                      {"snapshot", listing.name(*snapshot)},
                      {"commit", snapshot->commit.hex()}};
            put_path(json, field.path);
            json["value"] = field.secret ? Json(nullptr) : Json(printable(field.value));
            if (field.secret) json["secret"] = true;
            list.push_back(std::move(json));
            continue;
        }
        print_line(pad(snapshot->equipment, 20) + "  " + pad(printable(field.path), 40) + "  " +
                   (field.secret ? tr<Msg::secret_set>() : printable(field.value)));
    }
    if (session.context().settings.json)
        print_json({{"found", std::move(list)}, {"without_snapshot", result.without_snapshot}});
    else if (result.found.empty())
        note(session.context().quiet(), tr<Msg::search_empty>());
    if (session.status() != 0) return session.status();
    return result.found.empty() ? static_cast<int>(Errc::failed) : 0;
}

}  // namespace

void register_search(CLI::App& app, Run& run) {
    auto options = std::make_shared<Options>();
    app.add_option("PATTERN", options->pattern)->required();
    app.add_option("NAME", options->equipments);
    run = [options](Context& context) {
        Session session(context);
        return run_search(session, *options);
    };
}

}  // namespace coffre::cli
