#include <algorithm>

#include "cli/command/commands.hpp"
#include "cli/command/model_changes.hpp"
#include "cli/work/inventory.hpp"
#include "drivers/equipment/drivers.hpp"
#include "store/rules/standard_name.hpp"

namespace coffre::cli {

namespace {

struct Options {
    EquipmentEdit edit;
    std::vector<std::string> names;
    bool all = false;
    int wait = 10;  // seconds between two captures
    bool apply = false;
};

Json version_json(const Listing& listing, const journal::Version& version) {
    return {{"time", to_rfc3339(version.time)},
            {"by", listing.actor(version.actor)},
            {"message", version.message}};
}

// Names only.
Json secret_names(const journal::Equipment& equipment) {
    Json names = Json::array();
    for (const auto& [name, sealed] : equipment.secrets) names.push_back(name);
    return names;
}

Json record_json(const Listing& listing, const journal::Equipment& equipment) {
    Json json{{"name", equipment.name},
              {"type", equipment.type},
              {"driver", equipment.driver},
              {"settings", equipment.settings},
              {"secrets", secret_names(equipment)},
              {"removed", equipment.removed}};
    json["set"] = version_json(listing, equipment.version);
    return json;
}

// Null: there is none.
const journal::Snapshot* newest_of(const journal::State& state, const std::string& equipment) {
    return rules::NewestFirst(state, equipment).next();
}

std::string settings_text(const journal::Equipment& equipment) {
    std::string text;
    for (const auto& [key, value] : equipment.settings)
        text += (text.empty() ? "" : " ") + key + "=" + printable(value);
    for (const auto& [key, sealed] : equipment.secrets) text += (text.empty() ? "" : " ") + key + "=•••";
    return text;
}

void print_list(const Session& session, const std::vector<const journal::Equipment*>& chosen) {
    const Listing listing(session.state());
    Json list = Json::array();
    for (const auto* equipment : chosen) {
        const auto* last = newest_of(session.state(), equipment->name);
        if (session.context().settings.json) {
            auto json = record_json(listing, *equipment);
            json["last_snapshot"] = last == nullptr ? Json(nullptr) : Json(listing.name(*last));
            list.push_back(std::move(json));
            continue;
        }
        const auto when = last == nullptr ? tr<Msg::never_captured>() : listing.time(*last);
        auto line = pad(equipment->name, 24) + "  " + pad(equipment->type, 8) + "  " +
                    pad(equipment->driver, 8) + "  " + pad(when, 16) + "  " + settings_text(*equipment) +
                    (equipment->removed ? "  " + tr<Msg::equipment_is_removed>() : "");
        while (line.ends_with(' ')) line.pop_back();
        print_line(line);
    }
    if (session.context().settings.json)
        print_json({{"equipment", std::move(list)}});
    else if (chosen.empty())
        note(session.context().quiet(), tr<Msg::inventory_empty>());
}

int list(Session& session, bool all) {
    std::vector<const journal::Equipment*> chosen;
    for (const auto& [name, equipment] : session.state().equipment)
        if (all || !equipment.removed) chosen.push_back(&equipment);
    print_list(session, chosen);
    return session.status();
}

int show(Session& session, const std::string& typed) {
    const auto name = rules::fold_code(rules::Code::equipment, typed);
    const auto& state = session.state();
    check_equipment_known(state, name);
    const Listing listing(state);
    std::vector<const journal::Equipment*> versions{&state.equipment.at(name)};
    for (auto at = state.past_equipment.rbegin(); at != state.past_equipment.rend(); ++at)
        if (at->name == name) versions.push_back(&*at);
    if (session.context().settings.json) {
        auto json = record_json(listing, *versions.front());
        const auto* last = newest_of(state, name);
        json["last_snapshot"] = last == nullptr ? Json(nullptr) : Json(listing.name(*last));
        json["history"] = Json::array();
        for (const auto* version : versions) json["history"].push_back(record_json(listing, *version));
        print_json({{"equipment", Json::array({std::move(json)})}});
        return session.status();
    }
    print_list(session, {versions.front()});
    for (const auto* version : versions)
        print_line("  " + zone_time(state.site.timezone, version->version.time) + "  " +
                   pad(listing.actor(version->version.actor), 20) + "  " + version->type + " " +
                   version->driver + " " + settings_text(*version) +
                   (version->removed ? " " + tr<Msg::equipment_is_removed>() : "") +
                   (version->version.message.empty() ? "" : "  " + printable(version->version.message)));
    return session.status();
}

std::string evidence_text(const std::string& driver) {
    switch (drivers::driver_named(driver).evidence) {
        case drivers::Evidence::real_product:
            return tr<Msg::evidence_real_product>();
        case drivers::Evidence::real_data:
            return tr<Msg::evidence_real_data>();
        case drivers::Evidence::documents:
            break;
    }
    return tr<Msg::evidence_documents>();
}

const char* evidence_word(drivers::Evidence evidence) {
    switch (evidence) {
        case drivers::Evidence::real_product:
            return "real-product";
        case drivers::Evidence::real_data:
            return "real-data";
        case drivers::Evidence::documents:
            break;
    }
    return "documents";
}

void print_test(const Context& context, const EquipmentTest& test) {
    print_line(tr<Msg::equipment_test_line>(test.name, test.driver, count_files(test.files),
                                            human_bytes(test.bytes), evidence_text(test.driver)));
    const auto& device = test.identity;
    if (!device.model.empty() || !device.serial.empty() || !device.firmware.empty())
        print_line("  " + tr<Msg::test_identity>(printable(device.manufacturer), printable(device.model),
                                                 printable(device.serial), printable(device.firmware)));
    std::string understood;
    for (const auto& [category, count] : test.items)
        understood +=
            (understood.empty() ? "" : ", ") + category_label(category) + " " + std::to_string(count);
    print_line("  " + (understood.empty() ? tr<Msg::test_understands_nothing>()
                                          : tr<Msg::test_understands>(understood)));
    std::size_t absent = 0;
    for (const auto& [path, why] : test.skipped) {
        if (why.id == Msg::device_section_absent && !context.settings.verbose)
            ++absent;
        else
            note(context.quiet(), tr<Msg::test_partial>(printable(path), text(why)));
    }
    if (absent > 0) note(context.quiet(), tr<Msg::device_sections_absent>(test.name, std::to_string(absent)));
    print_line("  " + (drivers::driver_named(test.driver).restores ? tr<Msg::test_can_restore>()
                                                                   : tr<Msg::test_cannot_restore>()));
}

Json test_json(const EquipmentTest& test) {
    Json json{{"name", test.name},
              {"driver", test.driver},
              {"ok", !test.unreachable && test.failed.empty()},
              {"files", test.files},
              {"bytes", test.bytes},
              {"error", test.unreachable ? Json(text(*test.unreachable)) : Json(nullptr)}};
    json["failed"] = Json::array();
    for (const auto& [path, why] : test.failed) {
        Json failed;
        put_path(failed, path);
        failed["error"] = text(why);
        json["failed"].push_back(std::move(failed));
    }
    json["device"] = {{"manufacturer", printable(test.identity.manufacturer)},
                      {"model", printable(test.identity.model)},
                      {"serial", printable(test.identity.serial)},
                      {"firmware", printable(test.identity.firmware)},
                      {"name", printable(test.identity.name)}};
    json["items"] = Json::object();
    for (const auto& [category, count] : test.items)
        json["items"][std::string(category_name(category))] = count;
    json["skipped"] = Json::array();
    for (const auto& [path, why] : test.skipped) {
        Json skipped;
        put_path(skipped, path);
        skipped["error"] = text(why);
        json["skipped"].push_back(std::move(skipped));
    }
    const auto& driver = drivers::driver_named(test.driver);
    json["evidence"] = evidence_word(driver.evidence);
    json["restores"] = driver.restores;
    return json;
}

// 15 where one cannot be read at all, 3 where a part of one cannot.
int test(Session& session, const std::vector<std::string>& names) {
    int status = session.status();
    Json list = Json::array();
    std::optional<Message> unreachable;
    Message hint;
    for (const auto& name : names) {
        const auto result = test_equipment(session, name);
        if (!result.failed.empty() && status == 0) status = static_cast<int>(Errc::partial);
        if (result.unreachable) unreachable = result.unreachable;
        for (const auto& [path, why] : result.failed)
            warn(tr<Msg::capture_failed>(result.name + ":" + path, text(why)));
        if (session.context().settings.json)
            list.push_back(test_json(result));
        else if (!result.unreachable)
            print_test(session.context(), result);
        if (result.hint && !result.hint->empty()) hint = *result.hint;
    }
    if (unreachable) throw Error(Errc::unreachable, *unreachable, hint);
    if (session.context().settings.json) print_json({{"equipment", std::move(list)}});
    return status;
}

int learn(Session& session, const Options& options) {
    ProgressLine progress(session.context().environment.clock, session.context().settings.quiet,
                          session.context().settings.json);
    const auto name = rules::fold_code(rules::Code::equipment, options.edit.name);
    const auto learned = learn_volatile(session, name, options.wait, options.apply, progress);
    progress.clear();
    if (session.context().settings.json) {
        print_json({{"equipment", name}, {"volatile", learned}, {"applied", options.apply}});
        return session.status();
    }
    for (const auto& path : learned) print_line(printable(path));
    if (learned.empty()) note(session.context().quiet(), tr<Msg::learn_none>(name));
    if (!learned.empty() && !options.apply) note(session.context().quiet(), tr<Msg::learn_hint>(name));
    if (!learned.empty() && options.apply)
        note(session.context().quiet(), tr<Msg::learn_applied>(name, std::to_string(learned.size())));
    return session.status();
}

}  // namespace

void register_equipment(CLI::App& app, Run& run) {
    auto options = std::make_shared<Options>();
    auto& edit = options->edit;
    auto* add = add_subcommand(app, "add");
    auto* list_command = add_subcommand(app, "list");
    auto* show_command = add_subcommand(app, "show");
    auto* edit_command = add_subcommand(app, "edit");
    auto* remove = add_subcommand(app, "remove");
    auto* test_command = add_subcommand(app, "test");
    auto* learn_command = add_subcommand(app, "learn");
    for (auto* command : {add, show_command, edit_command, remove, learn_command})
        command->add_option("NAME", edit.name)->required();
    for (auto* command : {add, edit_command}) {
        auto* type = command->add_option("--type", edit.type);
        auto* driver = command->add_option("--driver", edit.driver);
        command->add_option("--set", edit.set)->allow_extra_args(false);
        command->add_option("--secret", edit.secret)->allow_extra_args(false);
        command->add_option("--secret-file", edit.secret_file)->allow_extra_args(false);
        command->add_option("--secret-env", edit.secret_env)->allow_extra_args(false);
        if (command == add) {
            type->required();
            driver->required();
        }
    }
    edit_command->add_option("--unset", edit.unset)->allow_extra_args(false);
    for (auto* command : {add, edit_command, remove}) command->add_option("-m,--message", edit.message);
    list_command->add_flag("--all", options->all);
    test_command->add_option("NAME", options->names)->required();
    learn_command->add_option("--wait", options->wait)->check(CLI::Range(0, 3600));
    learn_command->add_flag("--apply", options->apply);
    run = [=](Context& context) {
        Session session(context);
        if (list_command->parsed()) return list(session, options->all);
        if (show_command->parsed()) return show(session, options->edit.name);
        if (test_command->parsed()) return test(session, options->names);
        if (learn_command->parsed()) return learn(session, *options);
        const auto record = add->parsed()            ? add_equipment(session, options->edit)
                            : edit_command->parsed() ? edit_equipment(session, options->edit)
                                                     : remove_equipment(session, options->edit);
        print_list(session, {&record});
        return session.status();
    };
}

}  // namespace coffre::cli
