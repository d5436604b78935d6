#include "cli/command/changes.hpp"
#include "cli/command/commands.hpp"
#include "cli/command/model_changes.hpp"

namespace coffre::cli {

namespace {

// "NAME:PATH": the equipment's newest snapshot, or any snapshot, and a path in it.
rules::NameBook::Target target_of(const journal::State& state, const Listing& listing,
                                  const std::string& text) {
    auto target = listing.names().find_with_path(text);
    if (target.path.empty())
        throw Error(Errc::usage, say<Msg::cat_needs_path>(text), say<Msg::hint_name_path>());
    check_kept(state, listing.names(), *target.snapshot);
    return target;
}

FileDiff as_diff(const FileVersion& version, const std::string& path) {
    FileDiff diff;
    diff.change.path = path;
    diff.change.before = version.before;
    diff.change.after = version.after;
    diff.change.kind = !version.before  ? repo::ChangeKind::added
                       : !version.after ? repo::ChangeKind::removed
                                        : repo::ChangeKind::modified;
    return diff;
}

std::string line_of(const Listing& listing, const FileVersion& version, const FileDiff& diff) {
    const auto size = version.after ? human_bytes(version.after->bytes) : std::string("-");
    return listing.time(*version.snapshot) + "  " + pad(listing.name(*version.snapshot), 52) + "  " +
           change_letter(diff) + "  " + size;
}

}  // namespace

namespace {

// "NAME:cameras/3/name", where no file bears that path.
bool is_of_model(Session& session, const rules::NameBook::Target& target) {
    return is_model_path(target.path) && !session.repository().file_at(*target.snapshot, target.path);
}

void print_model_blame(Session& session, const Listing& listing, const rules::NameBook::Target& target,
                       bool show_secrets) {
    Json list = Json::array();
    for (const auto& [snapshot, field] : blame_model(session, *target.snapshot, target.path)) {
        const bool hidden = field.secret && !show_secrets;
        if (session.context().settings.json) {
            Json json{{"snapshot", listing.name(*snapshot)},
                      {"commit", snapshot->commit.hex()},
                      {"time", to_rfc3339(snapshot->time)}};
            put_path(json, field.path);
            json["value"] = hidden ? Json(nullptr) : Json(printable(field.value));
            if (field.secret) json["secret"] = true;
            list.push_back(std::move(json));
            continue;
        }
        print_line(coloured(Colour::yellow, snapshot->commit.hex().substr(0, 10)) + "  " +
                   listing.time(*snapshot) + "  " + pad(kinds_text(*snapshot), 13) + "  " +
                   pad(printable(field.path), 40) + "  " +
                   (hidden ? tr<Msg::secret_set>() : printable(field.value)));
    }
    if (!session.context().settings.json) return;
    Json json;
    put_path(json, target.path);
    json["fields"] = std::move(list);
    print_json(json);
}

}  // namespace

void register_history(CLI::App& app, Run& run) {
    auto text = std::make_shared<std::string>();
    app.add_option("NAME:PATH", *text)->required();
    run = [text](Context& context) {
        Session session(context);
        const Listing listing(session.state());
        const auto target = target_of(session.state(), listing, *text);
        const auto versions = file_history(session, *target.snapshot, target.path);
        Json list = Json::array();
        for (auto version = versions.rbegin(); version != versions.rend(); ++version) {
            const auto diff = as_diff(*version, target.path);
            if (context.settings.json) {
                auto json = listing.json(*version->snapshot);
                auto change = change_json(diff);
                for (const auto* field : {"kind", "before", "after"}) json["change"][field] = change[field];
                list.push_back(std::move(json));
            } else {
                print_line(line_of(listing, *version, diff));
            }
        }
        if (context.settings.json) {
            Json json;
            put_path(json, target.path);
            json["snapshots"] = std::move(list);
            print_json(json);
        }
        return session.status();
    };
}

void register_blame(CLI::App& app, Run& run) {
    struct Options {
        std::string text;
        bool show_secrets = false;
    };
    auto options = std::make_shared<Options>();
    app.add_option("NAME:PATH", options->text)->required();
    app.add_flag("--show-secrets", options->show_secrets);
    run = [options](Context& context) {
        Session session(context);
        if (options->show_secrets) {
            const Listing listing(session.state());
            record_secrets_shown(session, {target_of(session.state(), listing, options->text).snapshot});
        }
        const Listing listing(session.state());
        const auto target = target_of(session.state(), listing, options->text);
        if (is_of_model(session, target)) {
            print_model_blame(session, listing, target, options->show_secrets);
            return session.status();
        }
        const auto lines = blame_file(session, *target.snapshot, target.path, options->show_secrets);
        Json list = Json::array();
        std::size_t number = 0;
        for (const auto& line : lines) {
            ++number;
            if (context.settings.json)
                list.push_back({{"line", number},
                                {"snapshot", listing.name(*line.snapshot)},
                                {"commit", line.snapshot->commit.hex()},
                                {"time", to_rfc3339(line.snapshot->time)},
                                {"text", line.text}});
            else
                print_line(coloured(Colour::yellow, line.snapshot->commit.hex().substr(0, 10)) + "  " +
                           listing.time(*line.snapshot) + "  " + pad(kinds_text(*line.snapshot), 13) + "  " +
                           pad(std::to_string(number), 5) + " " + shown_line(line.text));
        }
        if (context.settings.json) {
            Json json;
            put_path(json, target.path);
            json["lines"] = std::move(list);
            print_json(json);
        }
        return session.status();
    };
}

}  // namespace coffre::cli
