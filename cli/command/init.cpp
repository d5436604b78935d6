#include "cli/work/init.hpp"

#include "cli/command/commands.hpp"
#include "cli/output.hpp"

namespace coffre::cli {

void register_init(CLI::App& app, Run& run) {
    auto request = std::make_shared<InitRequest>();
    auto& site = request->site;
    site.contract = "unknown";  // until somebody says
    app.add_option("--client", site.client)->required();
    app.add_option("--site", site.site)->required();
    app.add_flag("--simulated", site.simulated);
    app.add_option("--timezone", site.timezone);
    app.add_option("--contract", site.contract)->check(CLI::IsMember({"standard", "renforce"}));
    app.add_option("--responsible", site.responsible);
    app.add_option("--key-file-out", request->key_file_out);
    run = [request](Context& context) {
        const auto id = init_repository(context, *request);
        if (context.settings.json) {
            print_json({{"id", id.hex()}, {"client", request->site.client}, {"site", request->site.site}});
            return 0;
        }
        print_line(tr<Msg::init_done>(context.repository_path(), request->site.client, request->site.site));
        if (request->site.simulated) note(context.settings.quiet, tr<Msg::simulated_banner>());
        note(context.settings.quiet,
             request->key_file_out.empty() ? tr<Msg::init_one_way_in>() : tr<Msg::init_keep_key_file>());
        return 0;
    };
}

}  // namespace coffre::cli
