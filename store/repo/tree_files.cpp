#include "store/repo/tree_files.hpp"

#include "base/error.hpp"
#include "base/file_system.hpp"
#include "store/odb/names.hpp"

namespace coffre::repo {

std::string path_below(const std::string& folder, const std::string& stored_name) {
    const auto name = odb::decode_name(stored_name);
    if (!name) throw Error(Errc::damaged, say<Msg::malformed>("tree"), say<Msg::hint_verify>());
    return folder.empty() ? *name : folder + "/" + *name;
}

FileEntry file_entry(odb::Git& git, const odb::TreeEntry& entry, const std::string& folder) {
    if (entry.name == odb::empty_folder_name) return {folder, odb::EntryMode::tree, 0, entry.id, true};
    const std::string path = path_below(folder, entry.name);
    const bool tree = entry.mode == odb::EntryMode::tree;
    return {path, entry.mode, tree ? 0 : git.blob_size(entry.id), entry.id, false};
}

std::vector<FileEntry> list_files(odb::Git& git, const ObjectId& root, const std::string& named) {
    const std::string path = join_names(split_names(named));
    std::vector<FileEntry> files;
    bool found = path.empty();
    const auto walk = [&](const auto& self, const ObjectId& tree, const std::string& folder) -> void {
        for (const auto& entry : git.read_tree(tree)) {
            if (entry.name == odb::empty_folder_name) {
                const bool wanted = path.empty() || folder == path || folder.starts_with(path + "/");
                if (wanted) files.push_back(file_entry(git, entry, folder));
                continue;
            }
            const std::string full = path_below(folder, entry.name);
            const bool inside = path.empty() || full == path || full.starts_with(path + "/");
            const bool on_the_way = path.starts_with(full + "/");
            if (!inside && !on_the_way) continue;
            found = found || inside;
            if (entry.mode == odb::EntryMode::tree)
                self(self, entry.id, full);
            else if (inside)
                files.push_back(file_entry(git, entry, folder));
        }
    };
    walk(walk, root, "");
    if (!found) throw Error(Errc::failed, say<Msg::path_unknown>(path), say<Msg::hint_ls>());
    return files;
}

}  // namespace coffre::repo
