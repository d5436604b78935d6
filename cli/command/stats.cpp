#include "cli/command/commands.hpp"
#include "cli/work/session.hpp"

namespace coffre::cli {

void register_stats(CLI::App&, Run& run) {
    run = [](Context& context) {
        Session session(context);
        const auto stats = session.repository().stats();
        if (context.settings.json)
            print_json({{"stored_bytes", stats.stored_bytes},
                        {"logical_bytes", stats.logical_bytes},
                        {"snapshots", stats.snapshots},
                        {"objects", stats.objects},
                        {"packs", stats.packs}});
        else
            print_line(tr<Msg::stats_line>(std::to_string(stats.snapshots), human_bytes(stats.logical_bytes),
                                           human_bytes(stats.stored_bytes), std::to_string(stats.objects),
                                           std::to_string(stats.packs)));
        return session.status();
    };
}

}  // namespace coffre::cli
