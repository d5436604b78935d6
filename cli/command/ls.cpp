#include "cli/command/changes.hpp"
#include "cli/command/commands.hpp"

namespace coffre::cli {

namespace {

std::string mode_text(const repo::FileEntry& file) {
    switch (file.mode) {
        case odb::EntryMode::executable:
            return "x";
        case odb::EntryMode::link:
            return "l";
        case odb::EntryMode::tree:
            return "d";
        case odb::EntryMode::file:
            break;
    }
    return "-";
}

}  // namespace

void register_ls(CLI::App& app, Run& run) {
    auto target = std::make_shared<std::string>();
    app.add_option("SNAPSHOT[:PATH]", *target)->required();
    run = [target](Context& context) {
        Session session(context);
        const rules::NameBook names(session.state());
        const auto [snapshot, path] = names.find_with_path(*target);
        check_kept(session.state(), names, *snapshot);
        Json files = Json::array();
        Json folders = Json::array();
        for (const auto& file : session.repository().list(*snapshot, path)) {
            if (!context.settings.json) {
                std::string size = human_bytes(file.bytes);
                if (size.size() < 9) size.insert(0, 9 - size.size(), ' ');
                print_line(mode_text(file) + "  " + size + "  " + printable(file.path));
            } else if (file.empty_folder) {
                Json json;
                put_path(json, file.path);
                folders.push_back(std::move(json));
            } else {
                files.push_back(file_json(file));
            }
        }
        if (context.settings.json)
            print_json({{"snapshot", names.name(*snapshot)},
                        {"files", std::move(files)},
                        {"empty_folders", std::move(folders)}});
        return session.status();
    };
}

}  // namespace coffre::cli
