#include "cli/version.hpp"

#include "cli/command/commands.hpp"
#include "cli/output.hpp"

namespace coffre::cli {

void register_version(CLI::App&, Run& run) {
    run = [](Context& context) {
        if (context.settings.json)
            print_json({{"version", version}, {"format", 1}});
        else
            print_line("coffre " + std::string(version));
        return 0;
    };
}

}  // namespace coffre::cli
