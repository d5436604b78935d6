#include "cli/work/verify.hpp"

#include "cli/command/commands.hpp"

namespace coffre::cli {

namespace {

// Most messages name the file themselves.
std::string line_of(const repo::VerifyError& error) {
    const auto what = text(error.what);
    return what.find(error.path) != std::string::npos ? what : tr<Msg::verify_error>(error.path, what);
}

void print_report_json(const repo::VerifyReport& report, bool keyed) {
    Json errors = Json::array();
    for (const auto& error : report.errors)
        errors.push_back({{"path", error.path}, {"what", text(error.what)}});
    print_json({{"ok", report.errors.empty()},
                {"errors", std::move(errors)},
                {"files", report.files},
                {"objects", report.objects},
                {"orphans", report.orphans},
                {"key", keyed}});
}

}  // namespace

void register_verify(CLI::App& app, Run& run) {
    auto request = std::make_shared<VerifyRequest>();
    app.add_flag("--no-key", request->no_key);
    app.add_flag("--read-data", request->read_data);
    run = [request](Context& context) {
        if (request->no_key && request->read_data)
            throw Error(Errc::usage, say<Msg::verify_no_key_read_data>(), say<Msg::hint_give_key>());
        ProgressLine progress(context.environment.clock, context.settings.quiet, context.settings.json);
        const auto report = verify(context, *request, progress);
        progress.clear();
        for (const auto& error : report.errors) note(false, line_of(error));
        if (context.settings.json) {
            print_report_json(report, !request->no_key);
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
