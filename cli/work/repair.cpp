// What is damaged or missing here, from other copies.

#include <algorithm>

#include "cli/work/mirror.hpp"
#include "cli/work/places.hpp"
#include "store/repo/format_file.hpp"
#include "store/repo/retired_list.hpp"
#include "store/repo/stored_names.hpp"

namespace coffre::cli {

namespace {

constexpr int captures_lock_timeout_ms = 10'000;

// Names of files, as verify tells of damage.
bool is_file(const std::string& path) { return repo::is_repository_file(path); }

// What a check without or with a key finds wrong, of files alone.
std::set<std::string> broken_files(const Context& context, BlobStore& store, ProgressLine& progress) {
    const repo::Progress show = [&](std::uint64_t done, std::uint64_t total) {
        progress.show(tr<Msg::verify_progress>(human_bytes(done), human_bytes(total)));
    };
    std::set<std::string> paths;
    for (const auto& error : repo::verify_names(store, show).errors)
        if (is_file(error.path)) paths.insert(error.path);
    if (!context.any_credentials() || paths.contains(std::string(repo::format_file_name))) return paths;
    try {
        Session session(context, true);
        for (const auto& error : session.repository().verify(false, show).errors)
            if (is_file(error.path)) paths.insert(error.path);
    } catch (const Error& error) {
        // What keeps it from opening is among the files already, or no copy can help.
        if (error.code() != Errc::damaged && error.code() != Errc::no_key) throw;
    }
    return paths;
}

std::vector<std::string> touched_snapshots(const Context& context) {
    std::vector<std::string> names;
    if (!context.any_credentials()) return names;
    Session session(context, true);
    for (const auto& error : session.repository().verify(true, nullptr).errors)
        if (error.what.id == Msg::snapshot_touched) names.push_back(error.path);
    return names;
}

struct Source {
    std::string name;
    std::unique_ptr<RemoteStore> store;
};

// What a copy holds that is in use and not here.
std::set<std::string> missing_here(const Context& context, BlobStore& store, const RepositoryId& id,
                                   std::vector<Source>& sources) {
    std::set<std::string> names;
    const auto signers = memory_of(context, id).of_machine().signers;
    for (auto& source : sources) {
        repo::RemoteMemory nothing;
        repo::Mirror mirror(store, *source.store, id, nothing, signers, {});
        mirror.look();
        for (auto& name : mirror.missing_here()) names.insert(std::move(name));
    }
    return names;
}

constexpr int repair_rounds_max = 4;  // a journal that came back may tell of more

}  // namespace

RepairOutcome repair(const Context& context, const std::string& from, bool dry_run, ProgressLine& progress) {
    RepairOutcome outcome;
    std::vector<Source> sources;
    if (!from.empty()) {
        const auto place = place_of_url(from);
        sources.push_back({place.url, open_place(context, place, std::nullopt, {}, remote::Open::existing)});
    }
    const auto store = context.open_store();
    std::optional<RepositoryId> id;
    try {
        id = repo::read_format_file(*store).id;
    } catch (const Error& error) {
        if (sources.empty()) throw;
        if (error.code() != Errc::damaged && error.code() != Errc::no_repository) throw;
    }
    if (id) {
        Copy copy(context, true);
        for (const auto& [name, remote] : copy.remotes()) {
            try {
                sources.push_back({name, copy.open(remote, remote::Open::existing)});
                (void)sources.back().store->size(std::string(repo::format_file_name));
            } catch (const Error& error) {
                outcome.unreachable.emplace_back(name, error);
                if (!sources.empty() && sources.back().name == name) sources.pop_back();
            }
        }
    }
    for (auto at = sources.begin(); at != sources.end();) {
        const auto theirs = repo::read_format_file(*at->store).id;
        if (id && theirs != *id)
            throw Error(Errc::refused, say<Msg::remote_other_repository>(at->store->location()),
                        say<Msg::hint_remote_other>());
        ++at;
    }
    const auto guard =
        store->lock(std::string(repo::captures_lock_name), LockMode::shared, captures_lock_timeout_ms);
    const auto lacking = id ? missing_here(context, *store, *id, sources) : std::set<std::string>();
    std::set<std::string> broken;
    for (int round = 0; round < repair_rounds_max; ++round) {
        broken = broken_files(context, *store, progress);
        for (const auto& name : lacking)
            if (!store->size(name)) broken.insert(name);
        std::size_t mended = 0;
        for (const auto& path : broken) {
            for (const auto& source : sources) {
                std::optional<Bytes> bytes;
                try {
                    bytes = repo::get_named(*source.store, path);
                } catch (const Error& error) {
                    if (error.code() != Errc::damaged && error.code() != Errc::unreachable) throw;
                }
                if (!bytes) continue;
                if (!dry_run) {
                    store->remove(path);
                    store->put(path, *bytes);
                }
                outcome.repaired.push_back({path, source.name});
                ++mended;
                break;
            }
        }
        if (mended == 0 || dry_run) break;
    }
    if (dry_run)
        for (const auto& done : outcome.repaired) broken.erase(done.path);
    else if (!outcome.repaired.empty())
        broken = broken_files(context, *store, progress);
    outcome.left.assign(broken.begin(), broken.end());
    if (!outcome.left.empty()) outcome.touched = touched_snapshots(context);
    return outcome;
}

}  // namespace coffre::cli
