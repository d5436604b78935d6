#include <sstream>

#include "cli/command/changes.hpp"
#include "cli/command/commands.hpp"
#include "cli/command/model_changes.hpp"

namespace coffre::cli {

namespace {

void print_field(const std::string& label, const std::string& value) {
    if (!value.empty()) print_line(pad(label, 14) + " " + value);
}

std::string yes_no(bool value) { return value ? tr<Msg::yes>() : tr<Msg::no>(); }

// "DS-7616NI-K2, V4.74.210, serial number …"; "" where it does not tell.
std::string device_text(const journal::Snapshot& snapshot) {
    std::string text = printable(snapshot.device_model);
    if (!snapshot.firmware.empty())
        text += (text.empty() ? "" : ", ") + tr<Msg::field_firmware>() + " " + printable(snapshot.firmware);
    if (!snapshot.serial.empty())
        text += (text.empty() ? "" : ", ") + tr<Msg::field_serial>() + " " + printable(snapshot.serial);
    return text;
}

void print_snapshot(Session& session, const Listing& listing, const journal::Snapshot& snapshot,
                    const std::optional<repo::Origin>& origin) {
    const auto& state = session.state();
    print_line(coloured(Colour::yellow, "commit " + snapshot.commit.hex()));
    print_field(tr<Msg::label_name>(), listing.name(snapshot));
    for (const auto& kind : snapshot.kinds)
        if (kind != snapshot.kind()) print_field("", rules::standard_name(state.site, snapshot, kind));
    print_field(tr<Msg::label_equipment>(), snapshot.equipment + " (" + snapshot.type + ")");
    print_field(tr<Msg::label_kinds>(), kinds_text(snapshot));
    print_field(tr<Msg::label_time>(), listing.time(snapshot) + " " + rules::zone_of(state.site, snapshot));
    print_field(tr<Msg::label_recorded>(),
                to_rfc3339(snapshot.recorded_at) +
                    (snapshot.dated_by_operator ? "  " + tr<Msg::dated_by_operator>() : ""));
    if (origin) print_field(tr<Msg::label_author>(), printable(origin->author));
    print_field(tr<Msg::label_actor>(), printable(listing.actor(snapshot.actor)));
    print_field(tr<Msg::label_driver>(), snapshot.driver);
    print_field(tr<Msg::label_device>(), device_text(snapshot));
    print_field(tr<Msg::label_content>(), count_files(snapshot.files) + ", " + human_bytes(snapshot.bytes) +
                                              "; +" + human_bytes(snapshot.added_bytes));
    print_field(tr<Msg::label_complete>(), yes_no(snapshot.complete));
    print_field(tr<Msg::label_expires>(), printable(listing.term(snapshot)));
    if (!origin || origin->message.empty()) return;
    print_line("");
    std::istringstream message(origin->message);
    for (std::string line; std::getline(message, line);) print_line("    " + shown_line(line));
}

}  // namespace

void register_show(CLI::App& app, Run& run) {
    auto target = std::make_shared<std::string>();
    app.add_option("SNAPSHOT", *target)->required();
    run = [target](Context& context) {
        Session session(context);
        auto& repository = session.repository();
        const Listing listing(session.state());
        const auto& snapshot = listing.names().find(*target);
        // Of one that has expired the journal alone still tells.
        const auto* before = snapshot_before(session.state(), snapshot);
        std::optional<repo::Origin> origin;
        std::optional<ModelDiff> changes;
        if (!snapshot.expired) {
            origin = repository.origin(snapshot);
            changes = model_diff(session, before, snapshot, {});
        }
        if (!context.settings.json) {
            print_snapshot(session, listing, snapshot, origin);
            if (!changes) return session.status();
            print_line("");
            print_model_diff(*changes, false);
            return session.status();
        }
        auto json = listing.json(snapshot);
        json["names"] = Json::array();
        for (const auto& kind : snapshot.kinds)
            json["names"].push_back(rules::standard_name(session.state().site, snapshot, kind));
        json["author"] = origin ? Json(origin->author) : Json(nullptr);
        json["driver"] = snapshot.driver.empty() ? Json(nullptr) : Json(snapshot.driver);
        json["device"] = {{"model", printable(snapshot.device_model)},
                          {"serial", printable(snapshot.serial)},
                          {"firmware", printable(snapshot.firmware)}};
        json["fingerprints"] = snapshot.fingerprints;
        json["actor"] = listing.actor(snapshot.actor);
        json["message"] = origin ? Json(origin->message) : Json(nullptr);
        json["before"] = before == nullptr ? Json(nullptr) : Json(listing.name(*before));
        json["files_count"] = snapshot.files;
        for (const auto* field : {"files", "changes", "stat"}) json[field] = nullptr;
        if (changes) {
            json["files"] = Json::array();
            for (const auto& file : repository.list(snapshot))
                if (!file.empty_folder) json["files"].push_back(file_json(file));
            json["changes"] = model_diff_changes_json(*changes, false);
            json["stat"] = model_diff_stat_json(*changes);
        }
        print_json(json);
        return session.status();
    };
}

}  // namespace coffre::cli
