#include <algorithm>
#include <limits>

#include "cli/command/changes.hpp"
#include "cli/command/commands.hpp"
#include "cli/command/model_changes.hpp"
#include "store/rules/standard_name.hpp"

namespace coffre::cli {

namespace {

struct Options {
    std::string name;
    std::string kind;
    std::string since;
    std::string until;
    int count = 0;  // 0: all
    bool files = false;
    bool changes = false;
};

bool has_kind(const journal::Snapshot& snapshot, const std::string& kind) {
    return std::find(snapshot.kinds.begin(), snapshot.kinds.end(), kind) != snapshot.kinds.end();
}

std::vector<const journal::Snapshot*> select(const journal::State& state, const Options& options) {
    const auto& zone = state.site.timezone;
    const auto since = options.since.empty() ? Timestamp{std::numeric_limits<std::int64_t>::min()}
                                             : parse_site_time_option(zone, "--since", options.since).first;
    const auto until = options.until.empty() ? Timestamp{std::numeric_limits<std::int64_t>::max()}
                                             : parse_site_time_option(zone, "--until", options.until).end;
    std::vector<const journal::Snapshot*> chosen;
    rules::NewestFirst order(state, options.name);
    while (const auto* snapshot = order.next()) {
        if (!options.kind.empty() && !has_kind(*snapshot, options.kind)) continue;
        if (snapshot->time < since || snapshot->time >= until) continue;
        chosen.push_back(snapshot);
        if (options.count > 0 && chosen.size() == static_cast<std::size_t>(options.count)) break;
    }
    return chosen;
}

std::string line_of(const Listing& listing, const journal::Snapshot& snapshot, const std::string& message) {
    std::string line = coloured(Colour::yellow, snapshot.commit.hex().substr(0, 10)) + "  " +
                       listing.time(snapshot) + "  " + pad(listing.name(snapshot), 52) + "  " +
                       pad(kinds_text(snapshot), 13) + "  " + pad(count_files(snapshot.files), 12) + "  " +
                       pad(human_bytes(snapshot.bytes), 8);
    if (!snapshot.changed) line += "  " + tr<Msg::capture_unchanged>();
    if (!snapshot.complete) line += "  " + tr<Msg::capture_partial>();
    if (snapshot.expired) line += "  " + tr<Msg::expired_mark>();
    if (listing.held(snapshot)) line += "  " + tr<Msg::held_mark>();
    if (const auto where = listing.copies(snapshot); !where.empty()) line += "  " + where;
    if (!message.empty()) line += "  " + printable(message.substr(0, message.find('\n')));
    while (line.ends_with(' ')) line.pop_back();
    return line;
}

// What it changed, on one line; "" where nothing did.
std::string changes_line(const ModelDiff& diff, bool is_first) {
    if (is_first) return tr<Msg::first_snapshot>();
    auto line = changes_in_short(diff.items, 150);
    const auto files = diff.files->changes.size();
    if (files > 0)
        line += (line.empty() ? "" : "; ") + tr<Msg::files_beside>() + ": " + std::to_string(files);
    return line;
}

}  // namespace

void register_log(CLI::App& app, Run& run) {
    auto options = std::make_shared<Options>();
    app.add_option("NAME", options->name);
    app.add_option("--kind", options->kind);
    app.add_option("--since", options->since);
    app.add_option("--until", options->until);
    app.add_option("-n", options->count)->check(CLI::Range(1, std::numeric_limits<int>::max()));
    app.add_flag("--files", options->files);
    app.add_flag("--changes", options->changes);
    run = [options](Context& context) {
        Session session(context);
        const auto& state = session.state();
        if (!options->name.empty()) {
            options->name = rules::fold_code(rules::Code::equipment, options->name);
            check_equipment_known(state, options->name);
        }
        if (!options->kind.empty()) options->kind = rules::fold_kind(options->kind);
        const auto chosen = select(state, *options);
        const Listing listing(state);
        Json list = Json::array();
        for (const auto* snapshot : chosen) {
            // Of one that has expired the journal alone still tells.
            std::optional<repo::Origin> origin;
            if (!snapshot->expired) origin = session.repository().origin(*snapshot);
            std::optional<Comparison> comparison;
            if (options->files && origin)
                comparison.emplace(session.repository(), snapshot_before(state, *snapshot), *snapshot,
                                   std::vector<std::string>());
            std::optional<ModelDiff> changes;
            if (options->changes && origin)
                changes = model_diff(session, snapshot_before(state, *snapshot), *snapshot, {});
            if (!context.settings.json) {
                print_line(line_of(listing, *snapshot, origin ? origin->message : ""));
                if (comparison)
                    for (const auto& change : comparison->changes) print_line("    " + change_line(change));
                if (changes)
                    if (const auto line =
                            changes_line(*changes, snapshot_before(state, *snapshot) == nullptr);
                        !line.empty())
                        print_line("    " + line);
                continue;
            }
            auto json = listing.json(*snapshot);
            json["author"] = origin ? Json(origin->author) : Json(nullptr);
            json["message"] = origin ? Json(origin->message) : Json(nullptr);
            if (options->changes)
                json["model_changes"] = changes ? model_changes_json(changes->items, false) : Json(nullptr);
            if (options->files) json["changes"] = comparison ? changes_json(*comparison) : Json(nullptr);
            list.push_back(std::move(json));
        }
        if (context.settings.json) {
            Json result{{"snapshots", std::move(list)}};
            if (state.site.simulated) result["simulated"] = true;
            print_json(result);
        } else if (chosen.empty()) {
            note(context.settings.quiet, tr<Msg::log_empty>());
        }
        return session.status();
    };
}

}  // namespace coffre::cli
