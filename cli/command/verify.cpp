#include "cli/work/verify.hpp"

#include "cli/command/commands.hpp"
#include "cli/work/mirror.hpp"

namespace coffre::cli {

namespace {

// Most messages name the file themselves.
std::string line_of(const repo::VerifyError& error) {
    const auto what = text(error.what);
    return what.find(error.path) != std::string::npos ? what : tr<Msg::verify_error>(error.path, what);
}

void print_report_json(const repo::VerifyReport& report, bool keyed, const std::string& remote) {
    Json errors = Json::array();
    for (const auto& error : report.errors)
        errors.push_back({{"path", error.path}, {"what", text(error.what)}});
    Json json{{"ok", report.errors.empty()}, {"errors", std::move(errors)}, {"files", report.files},
              {"objects", report.objects},   {"orphans", report.orphans},   {"key", keyed}};
    if (!remote.empty()) json["remote"] = remote;
    print_json(json);
}

}  // namespace

void register_verify(CLI::App& app, Run& run) {
    auto request = std::make_shared<VerifyRequest>();
    app.add_flag("--no-key", request->no_key);
    app.add_flag("--read-data", request->read_data);
    auto there = std::make_shared<RemoteVerifyRequest>();
    auto* remote = app.add_option("--remote", there->name);
    app.add_option("--sample", there->sample)->needs(remote);
    run = [request, there](Context& context) {
        if (request->no_key && request->read_data)
            throw Error(Errc::usage, say<Msg::verify_no_key_read_data>(), say<Msg::hint_give_key>());
        ProgressLine progress(context.environment.clock, context.settings.quiet, context.settings.json);
        there->no_key = request->no_key;
        there->read_data = request->read_data;
        if (there->read_data && !there->name.empty() && !context.any_credentials())
            throw Error(Errc::no_key, say<Msg::no_key_given>(), say<Msg::hint_give_key>());
        const auto report = there->name.empty() ? verify(context, *request, progress)
                                                : verify_remote(context, *there, progress);
        const bool keyed = !request->no_key && (there->name.empty() || context.any_credentials());
        progress.clear();
        for (const auto& error : report.errors) note(false, line_of(error));
        if (context.settings.json) {
            print_report_json(report, keyed, there->name);
        } else if (report.errors.empty() && !there->name.empty()) {
            print_line(tr<Msg::verify_remote_ok>(
                there->name, count_files(report.files),
                there->sample.empty() ? tr<Msg::verify_hashed>() : tr<Msg::verify_sampled>(there->sample)));
        } else if (report.errors.empty()) {
            const auto files = count_files(report.files);
            print_line(request->no_key ? tr<Msg::verify_ok_names>(files)
                                       : tr<Msg::verify_ok>(files, std::to_string(report.objects)));
        } else {
            note(false, tr<Msg::verify_damage>(std::to_string(report.errors.size())) + " — " +
                            tr<Msg::hint_other_copy>());
        }
        return report.errors.empty() ? 0 : static_cast<int>(Errc::damaged);
    };
}

}  // namespace coffre::cli
