#include "cli/command/commands.hpp"
#include "cli/work/bak.hpp"

namespace coffre::cli {

void register_export(CLI::App& app, Run& run) {
    auto request = std::make_shared<ExportRequest>();
    app.add_option("SNAPSHOT", request->snapshot)->required();
    app.add_option("-o,--output", request->output);
    run = [request](Context& context) {
        Session session(context);
        const auto result = export_snapshot(session, *request);
        if (context.settings.json)
            print_json({{"file", result.file},
                        {"bytes", result.bytes},
                        {"name", result.name},
                        {"commit", result.commit.hex()},
                        {"id", result.id.hex()}});
        else
            print_line(tr<Msg::export_done>(result.file, human_bytes(result.bytes)));
        return session.status();
    };
}

}  // namespace coffre::cli
