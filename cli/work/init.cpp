#include "cli/work/init.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "cli/work/keys.hpp"
#include "store/rules/civil_time.hpp"
#include "store/rules/standard_name.hpp"

namespace coffre::cli {

namespace {

// What a repository's folder may hold: anything else means that this is somebody else's folder.
void check_place(const Context& context, const std::string& path) {
    const auto stat = context.environment.files.stat(path);
    if (!stat) return;
    const auto folder = context.environment.files.open_directory(path);  // throws when it is a file
    if (!folder) return;
    const bool repository = folder->stat("coffre.json").has_value();
    for (const auto& entry : folder->entries()) {
        static const std::vector<std::string> own{"keys", "packs", "index",       "journal",   "retired",
                                                  "tmp",  "lock",  "coffre.json", "lost+found"};
        if (!repository && std::find(own.begin(), own.end(), entry.name) == own.end())
            throw Error(Errc::failed, say<Msg::place_not_empty>(path), say<Msg::hint_empty_place>());
    }
}

}  // namespace

RepositoryId init_repository(const Context& context, InitRequest& request) {
    request.site.client = rules::fold_code(rules::Code::client, request.site.client);
    request.site.site = rules::fold_code(rules::Code::site, request.site.site);
    if (!rules::zone_exists(request.site.timezone))
        throw Error(Errc::usage, say<Msg::unknown_zone>(request.site.timezone), say<Msg::hint_zone>());
    check_place(context, context.repository_path());
    KeyFileOut key_file(context.environment.files, request.key_file_out);
    std::string passphrase = context.new_passphrase();

    repo::CreateOptions options;
    options.site = request.site;
    options.passphrase = passphrase;
    options.actor_name = context.actor_name();
    if (!request.key_file_out.empty())
        options.write_key_file = [&](std::string_view text) { key_file.write(text); };
    const auto store = context.make_store();
    const auto id = repo::create(*store, context.environment, context.local_folders(), options);
    key_file.keep();
    crypto::wipe({reinterpret_cast<std::uint8_t*>(passphrase.data()), passphrase.size()});
    return id;
}

}  // namespace coffre::cli
