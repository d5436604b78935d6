#include "store/journal/state.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "base/error.hpp"
#include "store/journal/record_json.hpp"

namespace coffre::journal {

namespace {

Version version_of(const Batch& batch, const Json& record) {
    return {batch.written_at(), batch.actor, record.value("message", "")};
}

bool earlier(const Batch& a, const Batch& b) { return a.time != b.time ? a.time < b.time : a.id < b.id; }

void add_kind(State& state, const ObjectId& commit, const std::string& kind) {
    bool placed = false;
    for (auto& snapshot : state.snapshots.all()) {
        if (snapshot.commit != commit) continue;
        placed = true;
        if (std::find(snapshot.kinds.begin(), snapshot.kinds.end(), kind) == snapshot.kinds.end())
            snapshot.kinds.push_back(kind);
    }
    state.unplaced = state.unplaced || !placed;
}

// The first one counts: what is gone does not go again.
void expire(State& state, const ObjectId& commit, Timestamp time) {
    bool placed = false;
    for (auto& snapshot : state.snapshots.all()) {
        if (snapshot.commit != commit) continue;
        placed = true;
        if (!snapshot.expired) snapshot.expired = time;
    }
    state.unplaced = state.unplaced || !placed;
}

void put_hold(State& state, const ObjectId& commit, Version version, bool removed) {
    if (removed)
        state.holds.erase(commit);
    else
        state.holds[commit] = {std::move(version)};
}

void put_slot(State& state, const Slot& slot) {
    for (auto& known : state.slots) {
        if (known.file != slot.file) continue;
        if (slot.removed && !known.removed) known.removed_at = slot.removed_at;
        known.removed = known.removed || slot.removed;  // a removal is for ever, in whatever order it comes
        return;
    }
    state.slots.push_back(slot);
}

void put_site(State& state, Site site, Version version) {
    site.client = state.site.client;
    site.site = state.site.site;
    site.simulated = state.site.simulated;
    site.version = std::move(version);
    state.past_sites.push_back(std::exchange(state.site, std::move(site)));
}

void put_equipment(State& state, Equipment equipment) {
    const auto [at, fresh] = state.equipment.try_emplace(equipment.name, equipment);
    if (!fresh) state.past_equipment.push_back(std::exchange(at->second, std::move(equipment)));
}

void put_remote(State& state, Remote remote) {
    const auto known = state.remotes.find(remote.name);
    // Another place is not the one that held the copies.
    if (known == state.remotes.end() || known->second.url != remote.url || remote.removed)
        state.copies.erase(remote.name);
    const auto [at, fresh] = state.remotes.try_emplace(remote.name, remote);
    if (!fresh) state.past_remotes.push_back(std::exchange(at->second, std::move(remote)));
}

void raise(StreamNumbers& numbers, const StreamNumbers& others) {
    for (const auto& [actor, number] : others) {
        auto& known = numbers[actor];
        known = std::max(known, number);
    }
}

void put_copies(State& state, const Json& record, Timestamp time) {
    const std::string name = record.at("remote");
    if (state.find_remote(name) == nullptr) return;
    auto& copies = state.copies[name];
    if (record.value("reset", false)) copies = {};
    if (record.contains("sent")) {
        raise(copies.sent, stream_numbers_from_json(record.at("sent")));
        copies.sent_at = time;
    }
    if (record.contains("verified")) {
        raise(copies.verified, stream_numbers_from_json(record.at("verified")));
        raise(copies.sent, copies.verified);
        copies.sent_at = copies.verified_at = time;
    }
}

std::string pack_name(const pack::PackInfo& pack) { return pack::pack_blob_name(pack.name); }

constexpr std::int64_t forgotten_ns = 30ll * 24 * 3600 * 1'000'000'000;

// What one without the right to collect says of files is nothing.
void retire(State& state, const Batch& batch, const Json& record) {
    if (!state.actors.at(batch.actor).may("gc")) return;
    std::erase_if(state.retired, [&](const Retired& file) {
        return state.site.simulated || file.time.ns + forgotten_ns <= batch.time.ns;
    });
    std::set<std::string> packs;
    for (const auto& item : record.at("retired")) {
        Retired file{item.at(0), item.at(1).get<std::uint64_t>(), batch.time};
        packs.insert(file.name);
        state.retired.push_back(std::move(file));
    }
    state.packs.erase_if([&](const auto& pack) { return packs.contains(pack_name(pack)); });
    state.gc_generation = std::max(state.gc_generation, record.at("generation").get<std::uint64_t>());
    state.gc_time = batch.written_at();
}

// A name that a later batch bears again is in use again.
void add_packs(State& state, const std::vector<pack::PackInfo>& packs) {
    for (const auto& pack : packs) state.packs.insert(pack);
    if (state.retired.empty()) return;
    std::set<std::string> names;
    for (const auto& pack : packs) names.insert(pack_name(pack));
    std::erase_if(state.retired, [&](const auto& file) { return names.contains(file.name); });
}

// Records of kinds unknown here are skipped: a newer version's additions do not stop an older reader. What an
// older reader must not ignore is a mandatory feature flag of coffre.json.
void apply(State& state, const Batch& batch) {
    for (const auto& record : batch.records) {
        const std::string type = record.at("type");
        if (type == "genesis") {
            if (!batch.genesis) throw std::invalid_argument("genesis");
            state.site = site_from_json(record.at("site"));
            state.site.simulated = record.value("simulated", false);
            state.site.version = version_of(batch, record);
            state.policies = {policy_from_json(record.at("policy"))};
            state.policies.back().version = version_of(batch, record);
            state.public_keys = public_keys_from_json(record.at("public_keys"));
            state.admission = id_of<ActorId>(record.at("admission"));
        } else if (type == "equipment") {
            auto equipment = equipment_from_json(record);
            equipment.version = version_of(batch, record);
            put_equipment(state, std::move(equipment));
        } else if (type == "site") {
            put_site(state, site_from_json(record.at("site")), version_of(batch, record));
        } else if (type == "policy") {
            state.policies.push_back(policy_from_json(record.at("policy")));
            state.policies.back().version = version_of(batch, record);
        } else if (type == "snapshot") {
            auto snapshot = snapshot_from_json(record);
            snapshot.packs = batch.packs;
            snapshot.actor = batch.actor;
            snapshot.number = batch.number;
            snapshot.timezone = state.site.timezone;
            snapshot.policy = state.policies.empty() ? 0 : state.policies.size() - 1;
            state.snapshots.push_back(std::move(snapshot));
        } else if (type == "slot") {
            put_slot(state, slot_from_json(record));
        } else if (type == "gc") {
            retire(state, batch, record);
        } else if (type == "remote") {
            auto remote = remote_from_json(record);
            remote.version = version_of(batch, record);
            put_remote(state, std::move(remote));
        } else if (type == "copied") {
            put_copies(state, record, batch.written_at());
        } else if (type == "hold") {
            put_hold(state, id_of<ObjectId>(record.at("commit")), version_of(batch, record),
                     record.value("removed", false));
        } else if (is_procedure_record(type)) {
            apply_procedure(state.procedure, record, batch.written_at(), batch.actor, state.repository);
        }
    }
    add_packs(state, batch.packs);
    auto& head = state.streams[batch.actor];
    if (batch.number > head.number) head = {batch.number, batch.id, batch.written_at()};
    ++state.batches;
    state.last_time = batch.time;
    state.last_written = batch.written_at();
    state.last_id = batch.id;
}

// After all batches are applied: what is said of a snapshot may be said by a machine whose clock is behind
// the snapshot's.
void apply_late(State& state, const Batch& batch) {
    const auto actor = state.actors.find(batch.actor);
    const bool may_expire = actor != state.actors.end() && actor->second.may("gc");
    for (const auto& record : batch.records) {
        const auto& type = record.at("type");
        if (type == "kind") add_kind(state, id_of<ObjectId>(record.at("commit")), record.at("kind"));
        if (type == "expiry" && may_expire) expire(state, id_of<ObjectId>(record.at("commit")), batch.time);
    }
}

// Lets in whom the batch's own actor records certify.
void admit(State& state, const Batch& batch, const RepositoryId& repository) {
    for (const auto& record : batch.records) {
        if (record.value("type", "") == "genesis" && batch.genesis)
            state.admission = id_of<ActorId>(record.at("admission"));
        if (record.value("type", "") != "actor") continue;
        const auto actor = actor_from_json(record);
        if (batch.genesis) {
            state.actors[actor.id] = actor;
            continue;
        }
        const auto admitter = id_of<ActorId>(record.at("admitted_by"));
        const auto certificate = id_of<crypto::Signature>(record.at("certificate"));
        const auto known = state.actors.find(admitter);
        const bool may_admit =
            admitter == state.admission || (known != state.actors.end() && known->second.may("admit"));
        if (may_admit &&
            verify_admission(admitter, repository, actor.id, actor.name, actor.rights, certificate))
            state.actors[actor.id] = actor;
    }
}

// Puts out whom one with the right to admit says so of: for ever, and from the lowest number that was said.
void put_out(State& state, const Batch& batch, const RepositoryId& repository) {
    for (const auto& record : batch.records) {
        if (record.value("type", "") != "actor_removed") continue;
        const auto actor = id_of<ActorId>(record.at("key"));
        const auto remover = id_of<ActorId>(record.at("removed_by"));
        const auto last = record.at("last").get<std::uint64_t>();
        const auto known = state.actors.find(remover);
        const bool may =
            remover == state.admission || (known != state.actors.end() && known->second.may("admit"));
        if (!may || !verify_removal(remover, repository, actor, last,
                                    id_of<crypto::Signature>(record.at("certificate"))))
            continue;
        const auto [at, fresh] = state.removals.try_emplace(actor, Removal{last, version_of(batch, record)});
        if (!fresh && last < at->second.last) at->second = {last, version_of(batch, record)};
    }
}

// True: what the record says also concerns batches that are folded already.
bool changes_the_past(const State& state, const Json& record) {
    const bool known = record.is_object() && record.contains("type") && record.at("type").is_string();
    return !known || record.at("type") == "actor" || record.at("type") == "actor_removed" ||
           (record.at("type") == "snapshot" && state.unplaced);
}

}  // namespace

// What lies in France: the country, where an operator declares it, and the regions of object stores there by
// the names that their providers give them.
std::vector<std::string> Policy::default_residency() {
    return {"FR",
            "fr-par",
            "eu-west-3",
            "eu-west-par",
            "gra",
            "rbx",
            "sbg",
            "par",
            "eu-west-2@outscale.com",
            "cloudgouv-eu-west-1"};
}

Policy Policy::standard() {
    Policy policy;
    policy.reference = "PROC-CYB-003 v1.0";
    policy.profile = "standard";
    policy.months = {{"HEBDO", 3}, {"MENSUEL", 12}, {"POST", 6}, {"PRE", 6}};
    return policy;
}

Policy Policy::strict() {
    Policy policy = standard();
    policy.profile = "strict-12";
    for (auto& [kind, months] : policy.months) months = 12;
    return policy;
}

const Equipment* State::find_equipment(const std::string& name) const {
    const auto found = equipment.find(name);
    return found == equipment.end() || found->second.removed ? nullptr : &found->second;
}

const Remote* State::find_remote(const std::string& name) const {
    const auto found = remotes.find(name);
    return found == remotes.end() || found->second.removed ? nullptr : &found->second;
}

bool State::counts(const ActorId& actor, std::uint64_t number) const {
    const auto removal = removals.find(actor);
    return actors.contains(actor) && (removal == removals.end() || number <= removal->second.last);
}

StreamNumbers State::heads() const {
    StreamNumbers numbers;
    for (const auto& [actor, head] : streams) numbers[actor] = head.number;
    return numbers;
}

std::vector<const Slot*> State::ways_in() const {
    std::vector<const Slot*> ways;
    for (const auto& slot : slots)
        if (!slot.removed) ways.push_back(&slot);
    return ways;
}

bool Actor::may(std::string_view right) const {
    return std::find(rights.begin(), rights.end(), right) != rights.end();
}

State fold(std::vector<std::pair<std::string, Batch>> batches, const RepositoryId& repository,
           std::vector<Damage>& damage, std::vector<Ignored>& ignored) {
    State state;
    state.repository = repository;
    std::sort(batches.begin(), batches.end(),
              [](const auto& a, const auto& b) { return earlier(a.second, b.second); });
    // A folded file repeats batches that small files may still hold: one id counts once.
    std::set<BatchId> seen;
    std::erase_if(batches, [&](const auto& item) { return !seen.insert(item.second.id).second; });

    // First who counts, then what they said: an admission may be dated after what it admits.
    std::set<BatchId> malformed;  // a stranger's nonsense is ignored with the rest of him
    // Each round lets somebody in or is the last; admitters who take each other's rights away end with the
    // rounds.
    std::map<ActorId, Actor> before;
    std::size_t rounds = 0;
    do {
        before = state.actors;
        for (const auto& [file, batch] : batches) {
            const bool counts = batch.genesis || state.actors.contains(batch.actor);
            // A machine's first batch carries its own admission.
            if (!counts && batch.number != 1) continue;
            try {
                admit(state, batch, repository);
            } catch (const nlohmann::json::exception&) {
                malformed.insert(batch.id);
            } catch (const std::invalid_argument&) {
                malformed.insert(batch.id);
            }
        }
    } while (state.actors != before && ++rounds <= batches.size());

    for (const auto& [file, batch] : batches) {
        if (!state.actors.contains(batch.actor)) continue;
        try {
            put_out(state, batch, repository);
        } catch (const nlohmann::json::exception&) {
            malformed.insert(batch.id);
        } catch (const std::invalid_argument&) {
            malformed.insert(batch.id);
        }
    }

    std::map<ActorId, std::map<std::uint64_t, std::pair<std::string, BatchId>>> streams;
    for (const auto& [file, batch] : batches) {
        if (!state.counts(batch.actor, batch.number)) {
            ignored.push_back({batch.id, batch.actor});
            continue;
        }
        const auto [at, fresh] = streams[batch.actor].try_emplace(batch.number, file, batch.id);
        if (!fresh) damage.push_back({file, say<Msg::journal_fork>()});
        if (malformed.contains(batch.id)) damage.push_back({file, say<Msg::malformed>(file)});
    }
    for (const auto& step : {apply, apply_late}) {
        for (const auto& [file, batch] : batches) {
            if (!state.counts(batch.actor, batch.number)) continue;
            try {
                step(state, batch);
            } catch (const nlohmann::json::exception&) {
                damage.push_back({file, say<Msg::malformed>(file)});
            } catch (const std::invalid_argument&) {
                damage.push_back({file, say<Msg::malformed>(file)});
            }
        }
    }
    for (const auto& [file, batch] : batches) {
        if (!state.counts(batch.actor, batch.number) || !batch.previous) continue;
        const auto& stream = streams[batch.actor];
        const auto predecessor = stream.find(batch.number - 1);
        if (predecessor == stream.end() || predecessor->second.second != *batch.previous)
            damage.push_back({file, say<Msg::journal_gap>()});
    }
    return state;
}

// A copy but for what grows with every snapshot.
static State without_history(State& state) {
    auto snapshots = std::exchange(state.snapshots, {});
    auto packs = std::exchange(state.packs, {});
    auto retired = std::exchange(state.retired, {});
    State copy = state;
    state.snapshots = std::move(snapshots);
    state.packs = std::move(packs);
    state.retired = std::move(retired);
    return copy;
}

bool fold_more(State& state, std::vector<std::pair<std::string, Batch>> batches) {
    std::sort(batches.begin(), batches.end(),
              [](const auto& a, const auto& b) { return earlier(a.second, b.second); });
    // Anything out of the ordinary is left to the fold of everything.
    auto heads = state.streams;
    for (const auto& [file, batch] : batches) {
        const bool later =
            state.last_time < batch.time || (state.last_time == batch.time && state.last_id < batch.id);
        auto& head = heads[batch.actor];
        if (!later || batch.genesis || !state.counts(batch.actor, batch.number) ||
            batch.number != head.number + 1 ||
            (head.number > 0 && (!batch.previous || *batch.previous != head.id)))
            return false;
        for (const auto& record : batch.records)
            if (changes_the_past(state, record)) return false;
        head = {batch.number, batch.id, batch.written_at()};
    }
    const auto apply_all = [&](State& to) {
        for (const auto& [file, batch] : batches) apply(to, batch);
        for (const auto& [file, batch] : batches) apply_late(to, batch);
    };
    try {
        // A malformed record leaves the state as it was: it is met on a copy, which needs no history.
        State trial = without_history(state);
        apply_all(trial);
    } catch (const nlohmann::json::exception&) {
        return false;
    } catch (const std::invalid_argument&) {
        return false;
    }
    apply_all(state);
    return true;
}

}  // namespace coffre::journal
