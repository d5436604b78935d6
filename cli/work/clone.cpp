// A new copy from a remote.

#include <algorithm>

#include "cli/work/mirror.hpp"
#include "cli/work/places.hpp"
#include "store/repo/format_file.hpp"

namespace coffre::cli {

namespace {

// The copy of a repository that does not lie here yet, or only in part.
std::unique_ptr<BlobStore> clone_target(const Context& context, const std::string& path,
                                        const RepositoryId& repository) {
    auto& files = context.environment.files;
    const auto refuse = [&] {
        return Error(Errc::failed, say<Msg::clone_place_taken>(path), say<Msg::hint_clone_place>());
    };
    const auto stat = files.stat(path);
    if (stat && stat->type != FileType::directory) throw refuse();
    // Before anything else is there, the repository that it is to become: a clone that was cut off goes on,
    // and nothing else is ever added to.
    const std::string marker = "clone-of-" + repository.hex();
    if (stat) {
        const auto folder = files.open_directory(path);
        const auto entries = folder->entries();
        const auto tmp = folder->open_directory("tmp");
        if (!entries.empty() && !(tmp && tmp->stat(marker)) && !folder->stat("coffre.json")) throw refuse();
    }
    auto store = directory_blob_store(files.make_directories(path), context.environment.clock,
                                      context.environment.random);
    if (store->size(std::string(repo::format_file_name))) {
        if (repo::read_format_file(*store).id != repository) throw refuse();
        return store;
    }
    store->put("tmp/" + marker, {});
    return store;
}

struct ExpectedHead {
    std::string actor;
    std::uint64_t number = 0;
    std::string batch;
};

std::vector<ExpectedHead> parse_expected(const std::string& text) {
    const auto refuse = [] { return Error(Errc::usage, say<Msg::expect_form>(), say<Msg::hint_help>()); };
    const auto is_hex = [](const std::string& part) {
        return part.size() >= 8 && part.size() <= 64 &&
               part.find_first_not_of("0123456789abcdef") == std::string::npos;
    };
    std::vector<ExpectedHead> heads;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find(',', at), text.size());
        std::vector<std::string> parts(1);
        for (const char c : text.substr(at, end - at)) {
            if (c == ':')
                parts.emplace_back();
            else
                parts.back().push_back(c);
        }
        if (parts.size() < 2 || parts.size() > 3 || !is_hex(parts[0]) || parts[1].empty() ||
            parts[1].size() > 18 || parts[1].find_first_not_of("0123456789") != std::string::npos ||
            (parts.size() == 3 && !is_hex(parts[2])))
            throw refuse();
        heads.push_back({parts[0], std::stoull(parts[1]), parts.size() == 3 ? parts[2] : ""});
        at = end + 1;
    }
    if (heads.empty()) throw refuse();
    return heads;
}

void check_expected(const journal::State& state, const std::vector<ExpectedHead>& heads) {
    for (const auto& expected : heads) {
        const journal::StreamHead* found = nullptr;
        for (const auto& [actor, head] : state.streams)
            if (actor.hex().starts_with(expected.actor)) found = &head;
        const auto reached = found == nullptr ? 0 : found->number;
        const auto number = std::to_string(expected.number);
        if (reached < expected.number)
            throw Error(Errc::damaged,
                        say<Msg::expect_older>(expected.actor, std::to_string(reached), number),
                        say<Msg::hint_set_back>());
        if (reached == expected.number && !found->id.hex().starts_with(expected.batch))
            throw Error(Errc::damaged, say<Msg::expect_other>(expected.actor, number),
                        say<Msg::hint_set_back>());
    }
}

}  // namespace

repo::MirrorReport clone(const Context& context, const CloneRequest& request, ProgressLine& progress) {
    const auto expected =
        request.expect.empty() ? std::vector<ExpectedHead>() : parse_expected(request.expect);
    auto place = place_of_url(request.url);
    const auto remote = open_place(context, place, std::nullopt, journal::Policy::default_residency(),
                                   remote::Open::existing);
    const auto id = repo::read_format_file(*remote).id;
    const auto store = clone_target(context, request.path, id);
    auto memory = memory_of(context, id);
    auto machine = memory.of_machine();
    auto known = memory.of_remote(memory_key(place));
    repo::MirrorOptions options;
    options.despite_damage = context.settings.despite_damage;
    options.progress = [&progress](std::uint64_t done, std::uint64_t total) {
        progress.show(tr<Msg::mirror_progress>(human_bytes(done), human_bytes(total)));
    };
    repo::Mirror mirror(*store, *remote, id, known, machine.signers, options);
    mirror.look();
    mirror.download();
    machine.signers.insert(mirror.retirers().begin(), mirror.retirers().end());
    const auto& report = mirror.report();
    if (!report.damaged.empty() && !options.despite_damage)
        throw Error(Errc::damaged,
                    say<Msg::clone_incomplete>(remote->location(), text(report.damaged.front().what)),
                    say<Msg::hint_clone_incomplete>());
    store->remove("tmp/clone-of-" + id.hex());
    const bool listed = std::any_of(machine.remotes.begin(), machine.remotes.end(),
                                    [&](const auto& one) { return one.second.url == place.url; });
    if (!listed && machine.remotes.empty()) {
        place.name = "origin";
        place.role = remote::parse_url(place.url).scheme == "file" ? "physical" : "cloud";
        machine.remotes.emplace(place.name, place);
    }
    memory.keep(machine);
    if (context.any_credentials()) {
        Context here = context;
        here.settings.repo = request.path;
        const Session session(here);
        check_expected(session.state(), expected);
        for (const auto& [actor, number] : session.state().heads()) known.streams[actor] = number;
    } else if (!expected.empty()) {
        throw Error(Errc::no_key, say<Msg::no_key_given>(), say<Msg::hint_give_key>());
    }
    memory.keep(memory_key(place), known);
    return report;
}

}  // namespace coffre::cli
