#include "cli/work/mirror.hpp"

#include <algorithm>

#include "base/process.hpp"
#include "cli/version.hpp"
#include "cli/work/places.hpp"
#include "cli/work/restore_kit.hpp"
#include "cli/work/supervise.hpp"
#include "store/repo/format_file.hpp"
#include "store/repo/retired_list.hpp"
#include "store/repo/stored_names.hpp"
#include "store/rules/copies.hpp"
#include "store/rules/due.hpp"

namespace coffre::cli {

namespace {

constexpr int captures_lock_timeout_ms = 10'000;
constexpr std::int64_t day_ns = 24ll * 3600 * 1'000'000'000;

// One remote in the course of a mirror.
struct Side {
    journal::Remote remote;
    RemoteOutcome outcome;
    std::unique_ptr<RemoteStore> store;
    repo::RemoteMemory memory;
    std::unique_ptr<repo::Mirror> mirror;
    std::optional<Sha256Digest> kit;  // a restore kit that this run wrote there

    [[nodiscard]] bool works() const { return mirror && !outcome.error; }
};

// Runs one step of every remote that still works; what goes wrong at one stops that one alone.
template <class Fn>
void each_side(std::vector<Side>& sides, Fn&& step) {
    for (auto& side : sides) {
        if (side.outcome.error) continue;
        try {
            step(side);
        } catch (const Error& error) {
            side.outcome.error = error;
        }
        if (side.mirror) side.outcome.report = side.mirror->report();
    }
}

std::optional<ActorId> stream_that_went_back(const repo::RemoteMemory& memory, const journal::State& state) {
    for (const auto& [actor, number] : memory.streams) {
        const auto stream = state.streams.find(actor);
        if (stream == state.streams.end() || stream->second.number < number) return actor;
    }
    return std::nullopt;
}

// What the journal is to say of a remote after a run; empty: what it says is good.
std::optional<journal::Json> record_of(const Side& side, const journal::State& state,
                                       const journal::StreamNumbers& heads) {
    const auto known = state.copies.find(side.remote.name);
    const journal::Copies copies = known == state.copies.end() ? journal::Copies{} : known->second;
    const auto& report = side.outcome.report;
    if (!report.damaged.empty() || !report.whole)
        return copies.verified.empty() && copies.sent.empty()
                   ? std::nullopt
                   : std::optional(journal::copied_record(side.remote.name, {}, {}, true));
    // Of what the journal says of copies alone no copy is worth another record.
    const bool news = rules::leaves_uncovered(state, report.verified ? copies.verified : copies.sent);
    if (!news) return std::nullopt;
    return report.verified ? journal::copied_record(side.remote.name, {}, heads, false)
                           : journal::copied_record(side.remote.name, heads, {}, false);
}

std::int64_t lock_days_of(const journal::Remote& remote) {
    const auto found = remote.settings.find("lock-days");
    if (found == remote.settings.end()) return 0;
    std::int64_t days = 0;
    for (const char digit : found->second) {
        if (digit < '0' || digit > '9' || days > 100'000) return 0;
        days = 10 * days + (digit - '0');
    }
    return days;
}

// A medium carries what restores from it. That is never a reason for a copy to fail.
void bring_kit(const Copy& copy, Side& side, const std::vector<std::string>& zones) {
    const auto url = remote::parse_url(side.remote.url);
    if (url.scheme != "file" || side.remote.role != "physical") return;
    auto& files = copy.context().environment.files;
    const bool there =
        files.stat(url.path + "/" + std::string(restore_kit_folder) + "/SHA256SUMS").has_value();
    if (there && side.outcome.report.uploaded_files == 0) return;
    try {
        KitParts parts{loaded_program(), std::string(version), zones};
        if (const auto folder = environment_variable("TZDIR")) parts.zone_folder = *folder;
        const auto kit = write_restore_kit(files, url.path, parts);
        if (kit.written) side.kit = kit.sha256;
    } catch (const Error& error) {
        side.outcome.no_kit = error.message();
    }
}

Errc status_of(const Side& side) {
    if (side.outcome.error) return side.outcome.error->code();
    const bool fine = side.outcome.report.fine() && !side.outcome.set_back;
    return fine ? Errc{} : Errc::damaged;
}

// What can be told of a medium that is there: is it encrypted, how much room is left?
void look_at_place(const Copy& copy, Side& side, std::vector<journal::Observation>& seen) {
    auto& files = copy.context().environment.files;
    const auto url = remote::parse_url(side.remote.url);
    auto room = seen_of(rules::observed::space, side.remote.name, true);
    try {
        if (url.scheme == "file") {
            const auto facts = side.store->facts();
            const auto medium = facts.find("medium");
            if (side.remote.role == "physical" && medium != facts.end())
                seen.push_back(seen_of(rules::observed::medium, side.remote.name,
                                       medium->second == "encrypted", medium->second));
            if (const auto space = files.space_of(url.path))
                room.numbers = {{"free", static_cast<std::int64_t>(space->free_bytes)},
                                {"total", static_cast<std::int64_t>(space->total_bytes)}};
        } else if (const auto free = side.store->free_bytes()) {
            room.numbers = {{"free", static_cast<std::int64_t>(*free)}};
        }
    } catch (const Error&) {  // NOLINT: then nothing is known of it
    }
    if (!room.numbers.empty()) seen.push_back(std::move(room));
}

std::vector<journal::Observation> observations_of(const Copy& copy, std::vector<Side>& sides) {
    std::vector<journal::Observation> seen;
    for (auto& side : sides) {
        const auto status = status_of(side);
        const bool ok = status == Errc{};
        const bool back = side.outcome.set_back || !side.outcome.report.missing.empty();
        seen.push_back(seen_of(rules::observed::mirror, side.remote.name, ok,
                               ok                   ? ""
                               : side.outcome.error ? code_of(*side.outcome.error)
                                                    : std::string(status_word(status))));
        if (side.works() || back)
            seen.push_back(
                seen_of(rules::observed::rollback, side.remote.name, !back, back ? "set-back" : ""));
        if (status == Errc::no_space)
            seen.push_back(seen_of(rules::observed::space, side.remote.name, false, "full"));
        else if (side.works())
            look_at_place(copy, side, seen);
    }
    return seen;
}

void tell_of(Session& session, const std::vector<RemoteOutcome>& outcomes) {
    for (const auto& outcome : outcomes) {
        const bool ok = !outcome.error && outcome.report.fine() && !outcome.set_back;
        tell(session, "mirror-done",
             {{"remote", outcome.name},
              {"ok", ok},
              {"code", ok              ? ""
                       : outcome.error ? code_of(*outcome.error)
                                       : "damaged"},
              {"uploaded_files", outcome.report.uploaded_files},
              {"uploaded_bytes", outcome.report.uploaded_bytes},
              {"downloaded_files", outcome.report.downloaded_files},
              {"verified", outcome.report.verified}});
    }
}

std::vector<std::string> zones_of(const journal::State& state) {
    std::set<std::string> zones{state.site.timezone};
    for (const auto& site : state.past_sites) zones.insert(site.timezone);
    return {zones.begin(), zones.end()};
}

std::vector<journal::Remote> chosen_remotes(Copy& copy, const std::vector<std::string>& names) {
    std::vector<journal::Remote> chosen;
    std::set<std::string> once;
    for (const auto& name : names)
        if (once.insert(name).second) chosen.push_back(copy.named(name));
    if (names.empty())
        for (const auto& [name, remote] : copy.remotes()) chosen.push_back(remote);
    if (chosen.empty()) throw Error(Errc::usage, say<Msg::no_remotes>(), say<Msg::hint_remote_add>());
    return chosen;
}

void check_may_prune(Copy& copy) {
    if (copy.session() == nullptr)
        throw Error(Errc::no_key, say<Msg::prune_needs_key>(), say<Msg::hint_give_key>());
    auto& repository = copy.session()->repository();
    const auto self = repository.own_actor();
    const auto& actors = repository.state().actors;
    const auto known = self ? actors.find(*self) : actors.end();
    // A machine that has written nothing yet is admitted with its first batch.
    if (known != actors.end() && !known->second.may("gc"))
        throw Error(Errc::refused, say<Msg::prune_no_right>(), say<Msg::hint_actor_list>());
}

}  // namespace

Copy::Copy(const Context& context, bool no_key) : context_(context), store_(context.open_store()) {
    id_ = repo::read_format_file(*store_).id;
    memory_.emplace(memory_of(context, id_));
    machine_ = memory_->of_machine();
    if (no_key || !context.any_credentials()) return;
    session_.emplace(context);
    learn();
}

void Copy::learn() {
    const auto& state = session_->state();
    machine_.remotes.clear();
    for (const auto& [name, remote] : state.remotes)
        if (!remote.removed) machine_.remotes.emplace(name, remote);
    machine_.signers.clear();
    for (const auto& [id, actor] : state.actors)
        if (actor.may("gc") && !state.removals.contains(id)) machine_.signers.insert(id);
    machine_.residency = state.policy().residency;
}

const journal::Remote& Copy::named(const std::string& name) const {
    const auto found = machine_.remotes.find(name);
    if (found == machine_.remotes.end())
        throw Error(Errc::failed, say<Msg::remote_unknown>(name), say<Msg::hint_remote_list>());
    return found->second;
}

std::unique_ptr<RemoteStore> Copy::open(const journal::Remote& remote, remote::Open how) {
    const auto& residency =
        machine_.residency.empty() ? journal::Policy::default_residency() : machine_.residency;
    return open_place(context_, remote, id_, residency, how);
}

repo::MirrorOptions Copy::mirror_options(ProgressLine& progress) {
    repo::MirrorOptions options;
    options.progress = [&progress](std::uint64_t done, std::uint64_t total) {
        progress.show(tr<Msg::mirror_progress>(human_bytes(done), human_bytes(total)));
    };
    if (session_) {
        options.may_retire = [this](const ActorId& actor, bool lies_here) {
            const auto& state = session_->state();
            const auto known = state.actors.find(actor);
            return known != state.actors.end() && known->second.may("gc") &&
                   (lies_here || !state.removals.contains(actor));
        };
        options.in_use = [this](const std::string& name) {
            const auto digest = repo::digest_in(name);
            return digest && repo::folder_of(name) == "packs" &&
                   session_->state().packs.find(*digest).has_value();
        };
    }
    return options;
}

MirrorOutcome mirror(Copy& copy, const MirrorRequest& request, ProgressLine& progress) {
    if (request.prune) check_may_prune(copy);
    auto* session = copy.session();
    std::vector<Side> sides;
    for (auto& remote : chosen_remotes(copy, request.names)) {
        sides.emplace_back();
        sides.back().outcome.name = remote.name;
        sides.back().remote = std::move(remote);
    }
    // While packs come in whose batch is still to come, no gc takes them for left behind.
    const auto guard =
        copy.store().lock(std::string(repo::captures_lock_name), LockMode::shared, captures_lock_timeout_ms);
    auto options = copy.mirror_options(progress);
    options.read_back = !request.no_read_back;
    if (request.jobs > 0) options.jobs = request.jobs;

    each_side(sides, [&](Side& side) {
        side.memory = copy.memory().of_remote(memory_key(side.remote));
        if (request.read_all)
            for (auto& [name, verified] : side.memory.seen) verified = false;
        side.store = copy.open(side.remote, remote::Open::existing);
        side.mirror = std::make_unique<repo::Mirror>(copy.store(), *side.store, copy.id(), side.memory,
                                                     copy.machine().signers, options);
        side.mirror->look();
        side.mirror->download();
        for (const auto& signer : side.mirror->retirers())
            if (session == nullptr) copy.machine().signers.insert(signer);
    });

    journal::StreamNumbers heads;
    if (session != nullptr) {
        session->repository().refresh();
        copy.learn();
        heads = session->state().heads();
        for (auto& side : sides)
            if (side.works()) side.outcome.set_back = stream_that_went_back(side.memory, session->state());
    }

    each_side(sides, [&](Side& side) {
        side.mirror->look_here();
        side.mirror->upload();
        if (options.read_back) side.mirror->read_back();
        if (const auto days = lock_days_of(side.remote); days > 0)
            side.mirror->protect(Timestamp{copy.context().environment.clock.now().ns + days * day_ns});
    });

    const auto zones =
        session != nullptr ? zones_of(session->state()) : std::vector{journal::Site{}.timezone};
    for (auto& side : sides)
        if (side.works()) bring_kit(copy, side, zones);

    MirrorOutcome outcome;
    outcome.keyed = session != nullptr;
    if (session != nullptr) {
        auto records = journal::Json::array();
        for (const auto& side : sides)
            if (side.works())
                if (auto record = record_of(side, session->state(), heads)) {
                    if (side.kit) (*record)["kit"] = side.kit->hex();
                    records.push_back(std::move(*record));
                }
        outcome.recorded = !records.empty();
        add_observations(*session, session->state(), observations_of(copy, sides), records);
        const auto batches = session->state().batches;
        if (!records.empty()) session->repository().change([&](const journal::State&) { return records; });
        keep_up_after(*session, std::any_of(sides.begin(), sides.end(),
                                            [](const auto& side) { return status_of(side) != Errc{}; }));
        if (session->state().batches != batches) {
            each_side(sides, [&](Side& side) {
                side.mirror->look_here();
                side.mirror->upload();
            });
        }
    }
    if (request.prune)
        each_side(sides, [&](Side& side) {
            if (side.outcome.report.verified && side.outcome.report.fine())
                side.mirror->prune();
            else
                warn(tr<Msg::prune_not_verified>(side.remote.name));
        });

    for (auto& side : sides) {
        if (side.mirror) {
            if (session != nullptr && side.works())
                for (const auto& [actor, number] : session->state().heads())
                    side.memory.streams[actor] = number;
            copy.memory().keep(memory_key(side.remote), side.memory);
        }
        outcome.remotes.push_back(std::move(side.outcome));
    }
    if (session != nullptr) copy.machine().mirrored = session->state().heads();
    copy.memory().keep(copy.machine());
    if (session != nullptr) tell_of(*session, outcome.remotes);
    return outcome;
}

}  // namespace coffre::cli
