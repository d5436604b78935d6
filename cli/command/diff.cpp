#include <algorithm>

#include "base/process.hpp"
#include "cli/command/changes.hpp"
#include "cli/command/commands.hpp"
#include "cli/command/model_changes.hpp"

namespace coffre::cli {

namespace {

struct Options {
    std::string a, b;
    bool raw = false, stat = false, exit_code = false;
    PatchOptions patch;
};

struct Pair {
    const journal::Snapshot* before = nullptr;
    const journal::Snapshot* after = nullptr;
};

// B left out: A is after, and the kept snapshot of its equipment before it is before.
Pair pair_of(const journal::State& state, const Listing& listing, const Options& options) {
    const auto& a = listing.names().find(options.a);
    check_kept(state, listing.names(), a);
    if (options.b.empty()) return {snapshot_before(state, a), &a};
    const auto& b = listing.names().find(options.b);
    check_kept(state, listing.names(), b);
    return {&a, &b};
}

void print_patch(Session& session, const Comparison& comparison, const PatchOptions& options) {
    const bool terminal = standard_output_is_terminal();
    for (const auto& diff : comparison.changes) {
        bool in_hunk = false;
        for (const auto& line : patch_lines(session.repository(), diff, options)) {
            const char first = line.empty() ? ' ' : line.front();
            if (line.starts_with("diff --git")) in_hunk = false;
            if (line.starts_with("@@ ")) in_hunk = true;
            const auto colour = line.starts_with("@@ ") ? Colour::cyan
                                : !in_hunk              ? Colour::bold
                                : first == '+'          ? Colour::green
                                : first == '-'          ? Colour::red
                                                        : Colour::none;
            print_line(coloured(colour, terminal ? shown_line(line) : line));
        }
    }
}

void print_stat(const Comparison& comparison) {
    std::size_t width = 0;
    std::uint64_t most = 0;
    for (const auto& diff : comparison.changes) {
        width = std::max(
            width, diff.change.path.size() + (diff.change.from.empty() ? 0 : diff.change.from.size() + 4));
        most = std::max(most, diff.lines_added + diff.lines_removed);
    }
    for (const auto& diff : comparison.changes)
        print_line(stat_line(diff, std::min<std::size_t>(width, 60), most));
    print_line(summary_line(comparison));
}

void print_pair(const Context& context, const Listing& listing, const Pair& pair) {
    note(context.quiet(), (pair.before == nullptr ? tr<Msg::nothing_before>() : listing.name(*pair.before)) +
                              " -> " + listing.name(*pair.after));
}

Json names_json(const Listing& listing, const Pair& pair) {
    Json json;
    const auto name = [&](const journal::Snapshot* snapshot) {
        return snapshot == nullptr ? Json(nullptr) : Json(listing.name(*snapshot));
    };
    const auto commit = [](const journal::Snapshot* snapshot) {
        return snapshot == nullptr ? Json(nullptr) : Json(snapshot->commit.hex());
    };
    json["a"] = name(pair.before);
    json["b"] = name(pair.after);
    json["a_commit"] = commit(pair.before);
    json["b_commit"] = commit(pair.after);
    return json;
}

Json document(Session& session, const Listing& listing, const Pair& pair, const Comparison& comparison,
              const Options& options) {
    Json json = names_json(listing, pair);
    json["changes"] = Json::array();
    for (const auto& diff : comparison.changes) {
        auto change = change_json(diff);
        if (options.raw) change["patch"] = patch_lines(session.repository(), diff, options.patch);
        json["changes"].push_back(std::move(change));
    }
    json["stat"] = stat_json(comparison);
    return json;
}

Json model_document(const Listing& listing, const Pair& pair, const ModelDiff& diff, const Options& options) {
    Json json = names_json(listing, pair);
    json["changes"] = model_diff_changes_json(diff, options.patch.show_secrets);
    json["stat"] = model_diff_stat_json(diff);
    return json;
}

int run_diff(Context& context, const Options& options) {
    Session session(context);
    const bool by_files = options.raw || options.stat;
    if (options.patch.show_secrets && !options.stat) {
        const Listing listing(session.state());
        const auto pair = pair_of(session.state(), listing, options);
        record_secrets_shown(session, {pair.before, pair.after});
    }
    // After that record: it folds the state anew.
    const Listing listing(session.state());
    const auto pair = pair_of(session.state(), listing, options);
    if (!by_files) {
        const auto diff = model_diff(session, pair.before, *pair.after, context.rest);
        if (context.settings.json) {
            print_json(model_document(listing, pair, diff, options));
        } else {
            print_pair(context, listing, pair);
            print_model_diff(diff, options.patch.show_secrets);
        }
        if (session.status() != 0) return session.status();
        return options.exit_code && !diff.empty() ? 1 : 0;
    }
    const Comparison comparison(session.repository(), pair.before, *pair.after, context.rest);
    if (context.settings.json) {
        print_json(document(session, listing, pair, comparison, options));
    } else if (options.raw) {
        print_patch(session, comparison, options.patch);
    } else {
        print_stat(comparison);
    }
    if (session.status() != 0) return session.status();
    return options.exit_code && !comparison.changes.empty() ? 1 : 0;
}

}  // namespace

void register_diff(CLI::App& app, Run& run) {
    auto options = std::make_shared<Options>();
    app.add_option("A", options->a)->required();
    app.add_option("B", options->b);
    app.add_flag("--raw", options->raw);
    auto* stat = app.add_flag("--stat", options->stat);
    app.get_option("--raw")->excludes(stat);
    app.add_flag("--binary", options->patch.binary);
    app.add_option("-U,--unified", options->patch.context)->check(CLI::Range(0, 1000));
    app.add_flag("--exit-code", options->exit_code);
    app.add_flag("--show-secrets", options->patch.show_secrets);
    run = [options](Context& context) {
        try {
            return run_diff(context, *options);
        } catch (const Error& error) {
            // With --exit-code, 1 says that they differ: what else is 1 becomes 4, as with cmp and grep.
            if (options->exit_code && error.code() == Errc::failed)
                throw Error(Errc::trouble, error.message(), error.hint());
            throw;
        }
    };
}

}  // namespace coffre::cli
