#include "cli/work/metrics.hpp"

#include "cli/command/commands.hpp"
#include "cli/work/status.hpp"

namespace coffre::cli {

void register_metrics(CLI::App& app, Run& run) {
    auto no_names = std::make_shared<bool>(false);
    app.add_flag("--no-names", *no_names);
    run = [no_names](Context& context) {
        Session session(context);
        const auto site = site_overview(session);
        if (context.settings.json)
            print_json(figures_json(site));
        else
            print_bytes(as_bytes(metrics_text({site}, site.now, !*no_names)));
        return session.status();
    };
}

}  // namespace coffre::cli
