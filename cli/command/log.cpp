#include <algorithm>
#include <limits>

#include "cli/command/commands.hpp"
#include "cli/work/session.hpp"

namespace coffre::cli {

namespace {

struct Options {
    std::string name;
    std::string kind;
    std::string since;
    std::string until;
    int count = 0;  // 0: all
};

bool has_kind(const journal::Snapshot& snapshot, const std::string& kind) {
    return std::find(snapshot.kinds.begin(), snapshot.kinds.end(), kind) != snapshot.kinds.end();
}

std::vector<const journal::Snapshot*> select(const journal::State& state, const Options& options) {
    const auto since = options.since.empty() ? Timestamp{std::numeric_limits<std::int64_t>::min()}
                                             : parse_time_option("--since", options.since);
    const auto until = options.until.empty() ? Timestamp{std::numeric_limits<std::int64_t>::max()}
                                             : parse_time_option("--until", options.until);
    std::vector<const journal::Snapshot*> chosen;
    for (const auto* snapshot : rules::newest_first(state)) {
        if (!options.name.empty() && snapshot->equipment != options.name) continue;
        if (!options.kind.empty() && !has_kind(*snapshot, options.kind)) continue;
        if (snapshot->time < since || snapshot->time > until) continue;
        chosen.push_back(snapshot);
        if (options.count > 0 && chosen.size() == static_cast<std::size_t>(options.count)) break;
    }
    return chosen;
}

std::string kinds_text(const journal::Snapshot& snapshot) {
    std::string text;
    for (const auto& kind : snapshot.kinds) text += (text.empty() ? "" : "+") + kind;
    return text;
}

std::string line_of(const journal::State& state, const rules::NameBook& names,
                    const journal::Snapshot& snapshot, const repo::SnapshotContent& content) {
    std::string line = snapshot.commit.hex().substr(0, 10) + "  " + site_time(state.site, snapshot.time) +
                       "  " + pad(names.name(snapshot), 52) + "  " + pad(kinds_text(snapshot), 13) + "  " +
                       pad(count_files(snapshot.files), 12) + "  " + pad(human_bytes(snapshot.bytes), 8);
    if (!snapshot.changed) line += "  " + tr<Msg::capture_unchanged>();
    if (!snapshot.complete) line += "  " + tr<Msg::capture_partial>();
    if (!content.text.empty()) line += "  " + printable(content.text.substr(0, content.text.find('\n')));
    while (line.ends_with(' ')) line.pop_back();
    return line;
}

}  // namespace

void register_log(CLI::App& app, Run& run) {
    auto options = std::make_shared<Options>();
    app.add_option("NAME", options->name, tr<Msg::opt_log_name>());
    app.add_option("--kind", options->kind, tr<Msg::opt_log_kind>());
    app.add_option("--since", options->since, tr<Msg::opt_since>());
    app.add_option("--until", options->until, tr<Msg::opt_until>());
    app.add_option("-n", options->count, tr<Msg::opt_count>())
        ->check(CLI::Range(1, std::numeric_limits<int>::max()));
    run = [options](Context& context) {
        Session session(context);
        const auto& state = session.state();
        if (!options->name.empty() && !state.equipment.contains(options->name))
            throw Error(Errc::failed, say<Msg::equipment_not_there>(options->name), say<Msg::hint_log_all>());
        const auto chosen = select(state, *options);
        const rules::NameBook names(state);
        Json list = Json::array();
        for (const auto* snapshot : chosen) {
            const auto content = session.repository().content(*snapshot);
            if (!context.settings.json) {
                print_line(line_of(state, names, *snapshot, content));
                continue;
            }
            auto json = snapshot_json(state, names, *snapshot);
            json["author"] = content.commit.author.name;
            json["message"] = content.text;
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
