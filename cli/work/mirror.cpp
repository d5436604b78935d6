#include "cli/work/mirror.hpp"

#include <algorithm>

#include "base/process.hpp"
#include "cli/version.hpp"
#include "cli/work/places.hpp"
#include "cli/work/restore_kit.hpp"
#include "store/repo/format_file.hpp"
#include "store/repo/retired_list.hpp"
#include "store/repo/stored_names.hpp"
#include "store/rules/copies.hpp"

namespace coffre::cli {

namespace {

constexpr int captures_lock_timeout_ms = 10'000;
constexpr int default_jobs = 4;
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

bool reaches(const journal::StreamNumbers& numbers, const journal::StreamNumbers& wanted) {
    return std::all_of(wanted.begin(), wanted.end(), [&](const auto& one) {
        const auto found = numbers.find(one.first);
        return found != numbers.end() && found->second >= one.second;
    });
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

std::vector<std::string> zones_of(const journal::State& state) {
    std::set<std::string> zones{state.site.timezone};
    for (const auto& site : state.past_sites) zones.insert(site.timezone);
    return {zones.begin(), zones.end()};
}

std::vector<journal::Remote> chosen_remotes(Copy& copy, const std::vector<std::string>& names) {
    std::vector<journal::Remote> chosen;
    for (const auto& name : names) chosen.push_back(copy.named(name));
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
    options.jobs = default_jobs;
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
        if (!records.empty()) {
            session->repository().change([&](const journal::State&) { return records; });
            outcome.recorded = true;
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
    return outcome;
}

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

// Names of files, as verify tells of damage.
bool is_file(const std::string& path) { return repo::is_repository_file(path); }

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
    options.jobs = default_jobs;
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

namespace {

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

namespace {

std::vector<std::string> sample_of(std::vector<std::string> names, const std::string& text, Random& random) {
    if (text.empty()) return names;
    const bool share = text.ends_with('%');
    const auto digits = share ? text.substr(0, text.size() - 1) : text;
    if (digits.empty() || digits.size() > 9 || digits.find_first_not_of("0123456789") != std::string::npos)
        throw Error(Errc::usage, say<Msg::sample_form>(), say<Msg::hint_help>());
    const auto number = std::stoull(digits);
    if (number == 0 || (share && number > 100))
        throw Error(Errc::usage, say<Msg::sample_form>(), say<Msg::hint_help>());
    const auto wanted = share ? (names.size() * number + 99) / 100 : number;
    // Others each time: what is never looked at is never found.
    for (std::size_t i = 0; i < std::min<std::size_t>(wanted, names.size()); ++i) {
        std::array<std::uint8_t, 8> raw{};
        random.fill(raw);
        std::swap(names[i], names[i + load_u64(raw.data()) % (names.size() - i)]);
    }
    names.resize(std::min<std::size_t>(wanted, names.size()));
    return names;
}

}  // namespace

repo::VerifyReport verify_remote(const Context& context, const RemoteVerifyRequest& request,
                                 ProgressLine& progress) {
    Copy copy(context, request.no_key);
    const auto& place = copy.named(request.name);
    const auto store = copy.open(place, remote::Open::existing);
    auto memory = copy.memory().of_remote(memory_key(place));
    auto options = copy.mirror_options(progress);
    repo::Mirror mirror(copy.store(), *store, copy.id(), memory, copy.machine().signers, options);
    mirror.look();
    repo::VerifyReport report;
    for (const auto& name : mirror.report().missing) report.add(name, say<Msg::file_missing>(name));
    for (const auto& error : mirror.report().damaged) report.add(error.path, error.what);
    // What lies here and is live is to be there too, once it was seen there or the journal says so.
    for (const auto& name : sample_of(mirror.there(), request.sample, context.environment.random)) {
        ++report.files;
        if (const auto what = mirror.what_is_wrong(name)) report.add(name, *what);
        progress.show(
            tr<Msg::mirror_progress>(std::to_string(report.files), std::to_string(mirror.there().size())));
    }
    if (auto* session = copy.session()) {
        const auto heads = session->state().heads();
        if (request.read_data) {
            repo::Repository::Options opening;
            opening.folders = context.local_folders();
            opening.actor_name = context.actor_name();
            opening.tolerate_damage = true;
            repo::Repository remote(*store, context.environment, context.credentials(), opening);
            auto deep = remote.verify(true, options.progress);
            report.objects = deep.objects;
            for (auto& error : deep.errors) report.add(error.path, error.what);
        }
        const auto& state = session->state();
        const bool stood = state.copies.contains(place.name) && !state.copies.at(place.name).verified.empty();
        const bool everything = request.sample.empty() && mirror.holds_everything();
        if (report.errors.empty() && everything)
            session->repository().record({journal::copied_record(place.name, {}, heads, false)});
        else if (!report.errors.empty() && stood)
            session->repository().record({journal::copied_record(place.name, {}, {}, true)});
    }
    copy.memory().keep(memory_key(place), memory);
    return report;
}

}  // namespace coffre::cli
