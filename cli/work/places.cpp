#include "cli/work/places.hpp"

#include <algorithm>

#include "cli/output.hpp"
#include "store/repo/format_file.hpp"
#include "store/repo/machine.hpp"
#include "store/repo/mirror.hpp"
#include "store/repo/retired_list.hpp"
#include "store/repo/stored_names.hpp"
#include "store/rules/residency.hpp"

namespace coffre::cli {

namespace {

constexpr std::size_t remote_name_max = 40;

// Passes reading on; refuses the rest.
class ReadOnlyStore final : public BlobStore {
public:
    explicit ReadOnlyStore(std::unique_ptr<RemoteStore> store) : store_(std::move(store)) {}

    std::vector<BlobInfo> list(const std::string& folder) override { return store_->list(folder); }
    void each_name(const std::string& folder, const std::function<void(std::string_view)>& fn) override {
        store_->each_name(folder, fn);
    }
    std::vector<BlobInfo> list_all() override { return store_->list_all(); }
    std::optional<std::uint64_t> size(const std::string& name) override { return store_->size(name); }
    std::optional<Bytes> get(const std::string& name, std::uint64_t limit) override {
        return store_->get(name, limit);
    }
    Bytes get_range(const std::string& name, std::uint64_t offset, std::uint64_t count) override {
        return store_->get_range(name, offset, count);
    }
    bool put(const std::string&, ByteView) override { refuse(); }
    void remove(const std::string&) override { refuse(); }
    std::unique_ptr<FileLock> lock(const std::string&, LockMode, int) override { return nullptr; }
    [[nodiscard]] std::string location() const override { return store_->location(); }

private:
    [[noreturn]] void refuse() const {
        throw Error(Errc::refused, say<Msg::direct_read_only>(location()), say<Msg::hint_direct_read_only>());
    }

    std::unique_ptr<RemoteStore> store_;
};

std::string setting(const journal::Remote& place, const std::string& key) {
    const auto found = place.settings.find(key);
    return found == place.settings.end() ? "" : found->second;
}

void check_residency(const journal::Remote& place, const std::vector<std::string>& residency,
                     const std::string& host, const std::string& region) {
    journal::Policy policy;
    policy.residency = residency;
    // What a store takes its region to be counts, else what the record says.
    const auto said = region.empty() ? setting(place, "region") : region;
    switch (rules::residency_of(policy, host, said, setting(place, "country"))) {
        case rules::Residency::allowed:
        case rules::Residency::this_machine:
            return;
        case rules::Residency::outside:
            throw Error(Errc::refused,
                        say<Msg::residency_outside>(host, said.empty() ? setting(place, "country") : said),
                        say<Msg::hint_residency>());
        case rules::Residency::unknown:
            break;
    }
    throw Error(Errc::refused, say<Msg::residency_unknown>(host), say<Msg::hint_residency>());
}

}  // namespace

journal::Remote place_of_url(const std::string& text) {
    journal::Remote place;
    const auto mark = text.find('?');
    place.url = text.substr(0, mark);
    (void)remote::parse_url(place.url);
    for (std::size_t at = mark; at != std::string::npos && at < text.size();) {
        const auto end = std::min(text.find('&', at + 1), text.size());
        const auto pair = text.substr(at + 1, end - at - 1);
        const auto sign = pair.find('=');
        if (sign == std::string::npos || sign == 0)
            throw Error(Errc::usage, say<Msg::remote_url_malformed>(place.url), say<Msg::hint_remote_url>());
        place.settings[pair.substr(0, sign)] = pair.substr(sign + 1);
        at = end;
    }
    return place;
}

void check_remote_name(const std::string& name) {
    const auto good = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
               c == '-' || c == '_';
    };
    const bool fine = !name.empty() && name.size() <= remote_name_max && name.front() != '-' &&
                      name.front() != '.' && std::all_of(name.begin(), name.end(), good);
    if (!fine) throw Error(Errc::usage, say<Msg::remote_name_malformed>(name), say<Msg::hint_remote_name>());
}

std::string memory_key(const journal::Remote& place) {
    const auto medium = setting(place, "medium");
    return medium.empty() ? place.url : place.url + "#" + medium;
}

repo::Memory memory_of(const Context& context, const RepositoryId& repository) {
    return {context.environment, repo::machine_folder(context.local_folders(), repository)};
}

std::unique_ptr<RemoteStore> open_place(const Context& context, const journal::Remote& place,
                                        const std::optional<RepositoryId>& repository,
                                        const std::vector<std::string>& residency, remote::Open how) {
    remote::RemoteSpec spec{place.name, place.url, place.settings};
    if (repository && remote::parse_url(place.url).scheme == "file")
        spec.settings["repository"] = repository->hex();
    remote::RemoteHost host{context.environment, nullptr, ""};
    if (const auto folders = context.local_folders(); !folders.state.empty())
        host.state_folder = folders.state;
    // A medium stands in rooms of one's own, whatever the way to it; a place that no record tells of is read.
    const bool cloud = place.role == "cloud";
    host.check_place = [place, residency, cloud](const std::string& name, const std::string& region) {
        if (cloud) check_residency(place, residency, name, region);
    };
    // What the record itself says is held against the rule before anything else is asked for.
    const auto url = remote::parse_url(place.url);
    const bool told = !setting(place, "region").empty() || !setting(place, "country").empty();
    if (cloud && url.scheme != "file" && told && setting(place, "endpoint").empty())
        check_residency(place, residency, url.host, "");
    return remote::open_remote(spec, host, how);
}

std::unique_ptr<BlobStore> open_for_reading(const Context& context, const journal::Remote& place,
                                            const std::optional<RepositoryId>& repository,
                                            const std::vector<std::string>& residency) {
    return std::make_unique<ReadOnlyStore>(
        open_place(context, place, repository, residency, remote::Open::existing));
}

std::unique_ptr<BlobStore> open_directly(const Context& context, const std::string& url) {
    return open_for_reading(context, place_of_url(url), std::nullopt, {});
}

void check_not_set_back(const Context& context, const std::string& text, BlobStore& store,
                        const repo::Repository& repository) {
    const auto key = memory_key(place_of_url(text));
    auto memory = memory_of(context, repository.id());
    auto known = memory.of_remote(key);
    const auto& state = repository.state();
    std::map<std::string, bool> seen;
    std::set<std::string> retired;
    for (const auto& file : state.retired) retired.insert(file.name);
    for (const auto& file : store.list_all()) {
        if (!repo::is_repository_file(file.name)) continue;
        const auto before = known.seen.find(file.name);
        seen.emplace(file.name, before != known.seen.end() && before->second);
        if (repo::folder_of(file.name) != "retired") continue;
        const auto bytes = store.get(file.name, repo::retired_list_max);
        if (!bytes) continue;
        try {
            const auto list = repo::parse_retired_list(*bytes, repository.id(), file.name);
            const auto signer = state.actors.find(list.actor);
            if (signer != state.actors.end() && signer->second.may("gc") &&
                !state.removals.contains(list.actor))
                retired.insert(list.names.begin(), list.names.end());
        } catch (const Error& error) {
            if (error.code() != Errc::damaged) throw;  // it retires nothing
        }
    }
    std::vector<std::string> missing;
    for (const auto& [name, verified] : known.seen)
        if (!seen.contains(name) && !retired.contains(name)) missing.push_back(name);
    std::optional<ActorId> back;
    for (const auto& [actor, number] : known.streams) {
        const auto stream = state.streams.find(actor);
        if (stream == state.streams.end() || stream->second.number < number) back = actor;
    }
    if (!missing.empty() || back) {
        const Error error(Errc::damaged,
                          missing.empty()
                              ? say<Msg::mirror_streams_back>(store.location(), back->hex().substr(0, 16))
                              : say<Msg::set_back>(store.location(), count_files(missing.size()),
                                                   missing.front().substr(0, 24)),
                          say<Msg::hint_set_back>());
        if (!context.settings.despite_damage) throw error;
        warn(coffre::text(error.message()));
        return;
    }
    known.seen = std::move(seen);
    for (const auto& [actor, number] : state.heads()) known.streams[actor] = number;
    memory.keep(key, known);
}

}  // namespace coffre::cli
