#include "cli/command/commands.hpp"
#include "cli/work/session.hpp"

namespace coffre::cli {

void register_cat(CLI::App& app, Run& run) {
    auto target = std::make_shared<std::string>();
    app.add_option("SNAPSHOT:PATH", *target)->required();
    run = [target](Context& context) {
        if (context.settings.json) throw Error(Errc::usage, say<Msg::cat_json>(), say<Msg::hint_cat>());
        Session session(context);
        const rules::NameBook names(session.state());
        const auto [snapshot, path] = names.find_with_path(*target);
        if (path.empty()) throw Error(Errc::usage, say<Msg::cat_needs_path>(*target), say<Msg::hint_cat>());
        check_kept(session.state(), names, *snapshot);
        const auto files = session.repository().list(*snapshot, path);
        if (files.size() != 1 || files.front().path != path || files.front().empty_folder)
            throw Error(Errc::failed, say<Msg::cat_folder>(path), say<Msg::hint_ls>());
        session.repository().read_file(files.front(), print_bytes);
        return session.status();
    };
}

}  // namespace coffre::cli
