#include "cli/work/restore.hpp"

#include "cli/command/commands.hpp"

namespace coffre::cli {

void register_restore(CLI::App& app, Run& run) {
    auto request = std::make_shared<RestoreRequest>();
    app.add_option("SNAPSHOT", request->snapshot, tr<Msg::opt_snapshot>())->required();
    app.add_option("--to", request->to, tr<Msg::opt_to>())->required();
    app.add_option("--path", request->paths, tr<Msg::opt_path>())->allow_extra_args(false);
    app.add_option("--allow-plaintext", request->allow_plaintext, tr<Msg::opt_allow_plaintext>());
    run = [request](Context& context) {
        Session session(context);
        ProgressLine progress(context.environment.clock, context.settings.quiet, context.settings.json);
        const auto result = restore(session, *request, progress);
        progress.clear();
        if (context.settings.json)
            print_json({{"snapshot", result.name},
                        {"files", result.files},
                        {"bytes", result.bytes},
                        {"verified", result.verified}});
        else
            print_line(tr<Msg::restore_done>(result.name, count_files(result.files),
                                             human_bytes(result.bytes), request->to));
        return session.status();
    };
}

}  // namespace coffre::cli
