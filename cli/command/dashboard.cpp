#include "cli/work/dashboard.hpp"

#include "cli/command/commands.hpp"
#include "cli/texts/dashboard_texts.hpp"
#include "cli/work/status.hpp"

namespace coffre::cli {

namespace {

struct Options {
    std::string output;
};

}  // namespace

void register_dashboard(CLI::App& app, Run& run) {
    auto options = std::make_shared<Options>();
    app.add_option("-o,--output", options->output);
    run = [options](Context& context) {
        Session session(context);
        const auto site = site_overview(session);
        if (options->output == "-") {
            print_bytes(as_bytes(dashboard_page({site}, language(), site.now)));
            return session.status();
        }
        const auto written = write_dashboard(context, {site}, options->output);
        if (context.settings.json)
            print_json({{"file", written.file},
                        {"bytes", written.bytes},
                        {"sha256", written.sha256.hex()},
                        {"mark", rules::mark_name(site.mark())}});
        else
            print_line(tr<texts::dashboard_written>(written.file, human_bytes(written.bytes)));
        return session.status();
    };
}

}  // namespace coffre::cli
