#include "cli/command/commands.hpp"
#include "cli/work/bak.hpp"

namespace coffre::cli {

namespace {

struct Options {
    ImportRequest request;
    std::string at;
};

void print_result_json(const ImportRequest& request, const ImportResult& result) {
    Json json;
    json["imported"] = Json::array();
    for (const auto& one : result.imported)
        json["imported"].push_back({{"file", printable(one.file)},
                                    {"name", one.name},
                                    {"commit", one.commit ? Json(one.commit->hex()) : Json(nullptr)},
                                    {"already", one.already},
                                    {"format", one.ours ? "coffre-bak" : "other"},
                                    {"dated_by", "operator"},
                                    {"other_repository", one.other_repository},
                                    {"legacy", legacy_words(one.legacy)},
                                    {"day_of_file", one.day_of_file},
                                    {"files", one.files},
                                    {"bytes", one.bytes}});
    json["failed"] = Json::array();
    for (const auto& [file, why] : result.failed)
        json["failed"].push_back({{"file", printable(file)}, {"error", text(why)}});
    json["removed_source_files"] = result.removed;
    json["clear_copy_left"] = result.clear_copy_left;
    json["dry_run"] = request.dry_run;
    print_json(json);
}

std::string legacy_text(const Imported& one) {
    std::string words;
    for (const auto form : one.legacy) {
        if (form == rules::Legacy::month_only) continue;  // told with the day that was taken
        words += (words.empty() ? "" : "; ") + (form == rules::Legacy::folded ? tr<Msg::legacy_folded>()
                                                : form == rules::Legacy::kind_word
                                                    ? tr<Msg::legacy_kind_word>()
                                                    : tr<Msg::legacy_equipment_field>());
    }
    return words;
}

void say_notes(const Context& context, const ImportResult& result) {
    for (const auto& one : result.imported) {
        if (const auto words = legacy_text(one); !words.empty())
            note(context.settings.quiet, tr<Msg::import_legacy>(one.file, words));
        if (one.day_of_file) note(context.settings.quiet, tr<Msg::import_day_of_file>(one.file, one.name));
        if (one.other_repository)
            note(context.settings.quiet, tr<Msg::import_from_other_repository>(one.file, one.signer_name));
    }
    for (const auto& [file, why] : result.failed) warn(tr<Msg::import_failed>(file, text(why)));
    if (result.removed > 0)
        note(context.settings.quiet, tr<Msg::source_removed>(count_files(result.removed)));
    if (result.clear_copy_left) warn(tr<Msg::clear_copy_left>() + " — " + tr<Msg::hint_remove_source>());
}

}  // namespace

void register_import(CLI::App& app, Run& run) {
    auto options = std::make_shared<Options>();
    auto& request = options->request;
    app.add_option("FILE", request.files)->required();
    app.add_option("--at", options->at);
    app.add_option("--bak-key-file", request.bak_key_file);
    app.add_option("--bak-password-file", request.bak_password_file);
    app.add_option("-m,--message", request.message);
    app.add_flag("--remove-source", request.remove_source);
    app.add_flag("--dry-run", request.dry_run);
    run = [options](Context& context) {
        auto& request_ = options->request;
        if (!options->at.empty()) request_.at = parse_time_option("--at", options->at);
        Session session(context);
        ProgressLine progress(context.environment.clock, context.settings.quiet, context.settings.json);
        const auto result = import_files(session, request_, progress);
        progress.clear();
        say_notes(context, result);
        if (context.settings.json) {
            print_result_json(request_, result);
        } else {
            for (const auto& one : result.imported)
                print_line(one.already        ? tr<Msg::import_already>(one.name)
                           : request_.dry_run ? tr<Msg::import_would>(one.name)
                                              : tr<Msg::import_done>(one.name, count_files(one.files),
                                                                     human_bytes(one.bytes)));
        }
        return result.failed.empty() ? session.status() : static_cast<int>(Errc::partial);
    };
}

}  // namespace coffre::cli
