#include "cli/command/changes.hpp"
#include "cli/command/commands.hpp"
#include "cli/work/bak.hpp"

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

void print_files(const Context& context, const std::string& name, const std::vector<repo::FileEntry>& list) {
    Json files = Json::array();
    Json folders = Json::array();
    for (const auto& file : list) {
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
        print_json({{"snapshot", name}, {"files", std::move(files)}, {"empty_folders", std::move(folders)}});
}

// Lists an export, by its own slots: needs no repository.
int list_bak(const Context& context, const std::string& target) {
    const auto bak = open_bak(context, target);
    print_files(context, bak.file->header().name, bak.content->list());
    return 0;
}

}  // namespace

void register_ls(CLI::App& app, Run& run) {
    auto target = std::make_shared<std::string>();
    app.add_option("SNAPSHOT[:PATH]", *target)->required();
    run = [target](Context& context) {
        if (names_bak_file(context, *target)) return list_bak(context, *target);
        Session session(context);
        const rules::NameBook names(session.state());
        const auto [snapshot, path] = names.find_with_path(*target);
        check_kept(session.state(), names, *snapshot);
        print_files(context, names.name(*snapshot), session.repository().list(*snapshot, path));
        return session.status();
    };
}

}  // namespace coffre::cli
