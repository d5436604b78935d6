#include "cli/work/fleet.hpp"

#include <algorithm>
#include <mutex>

#include "base/parallel.hpp"
#include "base/process.hpp"
#include "cli/texts/fleet_texts.hpp"
#include "store/repo/format_file.hpp"

namespace coffre::cli {

namespace {

constexpr int depth_max = 2;

class Search {
public:
    explicit Search(Vault& vault) : vault_(vault) {}

    // `path`: below the vault.
    void look(Directory& folder, const std::string& path, int depth) {
        if (folder.stat(std::string(repo::format_file_name))) {
            vault_.sites.push_back(path.empty() ? "." : path);
            return;
        }
        if (depth == depth_max) return;
        for (const auto& entry : folder.entries()) {
            if (entry.type != FileType::directory || entry.name.starts_with('.')) continue;
            const auto below = path.empty() ? entry.name : path + "/" + entry.name;
            try {
                if (const auto next = folder.open_directory(entry.name)) look(*next, below, depth + 1);
            } catch (const Error& error) {
                // What every ext file system has at its root, and only root can read, is no site.
                if (entry.name != "lost+found") vault_.unreadable.push_back({below, error});
            }
        }
    }

private:
    Vault& vault_;
};

Context context_of(const Context& context, const Vault& vault, const std::string& folder) {
    Context site = context;
    site.settings.repo = folder == "." ? vault.folder : vault.folder + "/" + folder;
    site.settings.quiet = true;  // what is worth saying of one site is a line of the result
    site.settings.verbose = 0;
    site.parting_words.clear();
    return site;
}

}  // namespace

Vault find_sites(const Context& context, const std::string& folder) {
    Vault vault;
    vault.folder = folder;
    const auto top = context.environment.files.open_directory(folder);
    if (!top)
        throw Error(Errc::failed, say<Msg::file_error>(folder, tr<Msg::os_not_found>()),
                    say<texts::hint_fleet>());
    Search(vault).look(*top, "", 0);
    if (vault.sites.empty() && vault.unreadable.empty())
        throw Error(Errc::no_repository, say<texts::no_sites>(folder), say<texts::hint_fleet>());
    std::sort(vault.sites.begin(), vault.sites.end());
    return vault;
}

std::string fleet_folder(const Context& context, const std::string& named) {
    auto folder = named;
    if (folder.empty()) folder = environment_variable("COFFRE_FLEET").value_or("");
    for (const auto& file : context.files)
        if (folder.empty()) folder = file.fleet.value_or("");
    if (folder.empty()) throw Error(Errc::usage, say<texts::fleet_not_given>(), say<texts::hint_fleet>());
    while (folder.size() > 1 && folder.ends_with('/')) folder.pop_back();
    return folder;
}

std::vector<FleetFailure> each_site(const Context& context, const Vault& vault, int jobs,
                                    const std::function<void(Session&, std::size_t)>& fn) {
    auto failures = vault.unreadable;
    std::mutex mutex;
    const auto nothing = [](std::size_t) { return std::uint64_t{0}; };
    for_each_in_parallel(vault.sites.size(), jobs, 0, nothing, [&](std::size_t i) {
        const auto& folder = vault.sites[i];
        try {
            const auto own = context_of(context, vault, folder);
            Session session(own);
            fn(session, i);
            const std::lock_guard guard(mutex);
            for (const auto& words : own.parting_words)
                context.parting_words.push_back(tr<texts::site_failed>(folder, words));
        } catch (const Error& error) {
            const std::lock_guard guard(mutex);
            failures.push_back({folder, error});
        }
    });
    std::sort(failures.begin(), failures.end(),
              [](const auto& a, const auto& b) { return a.folder < b.folder; });
    return failures;
}

Json failures_json(const std::vector<FleetFailure>& failures) {
    Json list = Json::array();
    for (const auto& [folder, error] : failures)
        list.push_back({{"folder", printable(folder)},
                        {"code", static_cast<int>(error.code())},
                        {"message", text(error.message())},
                        {"hint", error.hint().empty() ? "" : text(error.hint())}});
    return list;
}

void tell_failures(const std::vector<FleetFailure>& failures) {
    for (const auto& [folder, error] : failures) {
        const auto hint = error.hint().empty() ? "" : " — " + text(error.hint());
        warn(tr<texts::site_failed>(folder, text(error.message())) + hint);
    }
}

int fleet_status(const std::vector<FleetFailure>& failures, std::size_t done) {
    if (failures.empty()) return 0;
    const auto code = failures.front().error.code();
    const bool all_alike = std::all_of(failures.begin(), failures.end(),
                                       [&](const auto& failure) { return failure.error.code() == code; });
    return static_cast<int>(done == 0 && all_alike ? code : Errc::partial);
}

}  // namespace coffre::cli
