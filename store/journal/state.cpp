#include "store/journal/state.hpp"

#include <algorithm>
#include <deque>
#include <set>
#include <unordered_map>
#include <utility>

#include "base/error.hpp"

namespace coffre::journal {

namespace {

template <class Id>
Id id_of(const Json& value) {
    const auto id = Id::parse(value.get_ref<const std::string&>());
    if (!id) throw std::invalid_argument("id");
    return *id;
}

Json to_json(const Site& site) {
    Json json{{"client", site.client},
              {"site", site.site},
              {"timezone", site.timezone},
              {"contract", site.contract},
              {"responsible", site.responsible}};
    if (!site.deputy.empty()) json["deputy"] = site.deputy;
    return json;
}

Site site_from_json(const Json& json) {
    Site site;
    site.client = json.at("client");
    site.site = json.at("site");
    site.timezone = json.at("timezone");
    site.contract = json.at("contract");
    site.responsible = json.at("responsible");
    site.deputy = json.value("deputy", "");
    return site;
}

Json to_json(const Policy& policy) {
    return {{"reference", policy.reference}, {"profile", policy.profile}, {"months", policy.months}};
}

Policy policy_from_json(const Json& json) {
    Policy policy;
    policy.reference = json.at("reference");
    policy.profile = json.at("profile");
    policy.months = json.at("months").get<std::map<std::string, int>>();
    return policy;
}

Json to_json(const PublicKeys& keys) {
    return {{"epoch", keys.epoch}, {"access", keys.access}, {"meta", keys.meta}, {"content", keys.content}};
}

PublicKeys public_keys_from_json(const Json& json) {
    return {json.at("access"), json.at("meta"), json.at("content"), json.at("epoch").get<std::uint32_t>()};
}

Equipment equipment_from_json(const Json& json) {
    Equipment equipment;
    equipment.name = json.at("name");
    equipment.type = json.at("equipment_type");
    equipment.driver = json.at("driver");
    if (json.contains("settings"))
        equipment.settings = json.at("settings").get<std::map<std::string, std::string>>();
    equipment.removed = json.value("removed", false);
    return equipment;
}

// In the state cache what a batch says of itself stands beside the record.
Json with_version(Json json, const Version& version) {
    json["set"] = Json::array({version.time.ns, version.actor.hex(), version.message});
    return json;
}

Version version_from_json(const Json& json) {
    const auto& set = json.at("set");
    return {Timestamp{set.at(0).get<std::int64_t>()}, id_of<ActorId>(set.at(1)), set.at(2)};
}

Version version_of(const Batch& batch, const Json& record) {
    return {batch.time, batch.actor, record.value("message", "")};
}

Actor actor_from_json(const Json& json) {
    return {id_of<ActorId>(json.at("key")), json.at("name"),
            json.at("rights").get<std::vector<std::string>>()};
}

Slot slot_from_json(const Json& json) {
    Slot slot;
    slot.id = id_of<SlotId>(json.at("id"));
    slot.file = id_of<Sha256Digest>(json.at("file"));
    slot.type = json.at("slot_type");
    slot.created.ns = json.at("created_ns");
    slot.removed = json.value("removed", false);
    slot.removed_at.ns = json.value("removed_ns", std::int64_t{0});
    return slot;
}

Snapshot snapshot_from_json(const Json& json) {
    Snapshot s;
    s.commit = id_of<ObjectId>(json.at("commit"));
    s.equipment = json.at("equipment");
    s.type = json.at("equipment_type");
    s.kinds = json.at("kinds").get<std::vector<std::string>>();
    if (s.kinds.empty()) throw std::invalid_argument("kinds");
    s.time.ns = json.at("time_ns");
    s.recorded_at.ns = json.at("recorded_ns");
    s.dated_by_operator = json.value("dated_by", "clock") == "operator";
    s.complete = json.value("complete", true);
    s.changed = json.value("changed", true);
    s.files = json.at("files");
    s.bytes = json.at("bytes");
    s.added_bytes = json.at("added_bytes");
    return s;
}

bool earlier(const Batch& a, const Batch& b) { return a.time != b.time ? a.time < b.time : a.id < b.id; }

void add_kind(State& state, const ObjectId& commit, const std::string& kind) {
    bool placed = false;
    for (auto& snapshot : state.snapshots) {
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
    for (auto& snapshot : state.snapshots) {
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
    std::erase_if(state.packs, [&](const auto& pack) { return packs.contains(pack_name(pack)); });
    state.gc_generation = std::max(state.gc_generation, record.at("generation").get<std::uint64_t>());
}

// A name that a later batch bears again is in use again.
void add_packs(State& state, const std::vector<pack::PackInfo>& packs) {
    state.packs.insert(state.packs.end(), packs.begin(), packs.end());
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
            snapshot.timezone = state.site.timezone;
            snapshot.policy = state.policies.empty() ? 0 : state.policies.size() - 1;
            state.snapshots.push_back(std::move(snapshot));
        } else if (type == "slot") {
            put_slot(state, slot_from_json(record));
        } else if (type == "gc") {
            retire(state, batch, record);
        } else if (type == "hold") {
            put_hold(state, id_of<ObjectId>(record.at("commit")), version_of(batch, record),
                     record.value("removed", false));
        }
    }
    add_packs(state, batch.packs);
    auto& head = state.streams[batch.actor];
    if (batch.number > head.number) head = {batch.number, batch.id, batch.time};
    ++state.batches;
    state.last_time = batch.time;
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

// True: what the record says also concerns batches that are folded already.
bool changes_the_past(const State& state, const Json& record) {
    const bool known = record.is_object() && record.contains("type") && record.at("type").is_string();
    return !known || record.at("type") == "actor" || (record.at("type") == "snapshot" && state.unplaced);
}

}  // namespace

Policy Policy::standard() {
    return {"PROC-CYB-003 v1.0", "standard", {{"HEBDO", 3}, {"MENSUEL", 12}, {"POST", 6}, {"PRE", 6}}, {}};
}

Policy Policy::strict() {
    return {
        "PROC-CYB-003 v1.0", "strict-12", {{"HEBDO", 12}, {"MENSUEL", 12}, {"POST", 12}, {"PRE", 12}}, {}};
}

const Equipment* State::find_equipment(const std::string& name) const {
    const auto found = equipment.find(name);
    return found == equipment.end() || found->second.removed ? nullptr : &found->second;
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

    std::map<ActorId, std::map<std::uint64_t, std::pair<std::string, BatchId>>> streams;
    for (const auto& [file, batch] : batches) {
        if (!state.actors.contains(batch.actor)) {
            ignored.push_back({batch.id, batch.actor});
            continue;
        }
        const auto [at, fresh] = streams[batch.actor].try_emplace(batch.number, file, batch.id);
        if (!fresh) damage.push_back({file, say<Msg::journal_fork>()});
        if (malformed.contains(batch.id)) damage.push_back({file, say<Msg::malformed>(file)});
    }
    for (const auto& step : {apply, apply_late}) {
        for (const auto& [file, batch] : batches) {
            if (!state.actors.contains(batch.actor)) continue;
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
        if (!state.actors.contains(batch.actor) || !batch.previous) continue;
        const auto& stream = streams[batch.actor];
        const auto predecessor = stream.find(batch.number - 1);
        if (predecessor == stream.end() || predecessor->second.second != *batch.previous)
            damage.push_back({file, say<Msg::journal_gap>()});
    }
    return state;
}

// A copy but for what grows with every snapshot.
static State without_history(State& state) {
    auto snapshots = std::move(state.snapshots);
    auto packs = std::move(state.packs);
    auto retired = std::move(state.retired);
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
        if (!later || batch.genesis || !state.actors.contains(batch.actor) ||
            batch.number != head.number + 1 ||
            (head.number > 0 && (!batch.previous || *batch.previous != head.id)))
            return false;
        for (const auto& record : batch.records)
            if (changes_the_past(state, record)) return false;
        head = {batch.number, batch.id, batch.time};
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

Json genesis_record(const Site& site, const Policy& policy, const PublicKeys& keys, const ActorId& admission,
                    ByteView nonce) {
    Json json{{"type", "genesis"},         {"nonce", to_hex(nonce)},       {"site", to_json(site)},
              {"policy", to_json(policy)}, {"public_keys", to_json(keys)}, {"admission", admission.hex()}};
    if (site.simulated) json["simulated"] = true;
    return json;
}

Json actor_record(const Actor& actor, const std::optional<ActorId>& admitter,
                  const std::optional<crypto::Signature>& certificate) {
    Json json{{"type", "actor"}, {"key", actor.id.hex()}, {"name", actor.name}, {"rights", actor.rights}};
    if (admitter) json["admitted_by"] = admitter->hex();
    if (certificate) json["certificate"] = certificate->hex();
    return json;
}

Json site_record(const Site& site) {
    Json json{{"type", "site"}, {"site", to_json(site)}};
    if (!site.version.message.empty()) json["message"] = site.version.message;
    return json;
}

Json policy_record(const Policy& policy) {
    Json json{{"type", "policy"}, {"policy", to_json(policy)}};
    if (!policy.version.message.empty()) json["message"] = policy.version.message;
    return json;
}

Json equipment_record(const Equipment& equipment) {
    Json json{{"type", "equipment"},
              {"name", equipment.name},
              {"equipment_type", equipment.type},
              {"driver", equipment.driver}};
    if (!equipment.settings.empty()) json["settings"] = equipment.settings;
    if (equipment.removed) json["removed"] = true;
    if (!equipment.version.message.empty()) json["message"] = equipment.version.message;
    return json;
}

Json snapshot_record(const Snapshot& s) {
    Json json{{"type", "snapshot"},
              {"commit", s.commit.hex()},
              {"equipment", s.equipment},
              {"equipment_type", s.type},
              {"kinds", s.kinds},
              {"time_ns", s.time.ns},
              {"recorded_ns", s.recorded_at.ns},
              {"files", s.files},
              {"bytes", s.bytes},
              {"added_bytes", s.added_bytes}};
    if (s.dated_by_operator) json["dated_by"] = "operator";
    if (!s.complete) json["complete"] = false;
    if (!s.changed) json["changed"] = false;
    return json;
}

Json kind_record(const ObjectId& commit, const std::string& kind) {
    return {{"type", "kind"}, {"commit", commit.hex()}, {"kind", kind}};
}

Json slot_record(const Slot& slot) {
    Json json{{"type", "slot"},
              {"id", slot.id.hex()},
              {"file", slot.file.hex()},
              {"slot_type", slot.type},
              {"created_ns", slot.created.ns}};
    if (slot.removed) json["removed"] = true;
    if (slot.removed) json["removed_ns"] = slot.removed_at.ns;
    return json;
}

Json gc_record(std::uint64_t generation, const std::vector<Retired>& retired, const std::string& force) {
    Json json{{"type", "gc"}, {"generation", generation}};
    auto& names = json["retired"] = Json::array();
    for (const auto& file : retired) names.push_back(Json::array({file.name, file.size}));
    if (!force.empty()) json["force"] = force;
    return json;
}

Json hold_record(const ObjectId& commit, const std::string& message) {
    return {{"type", "hold"}, {"commit", commit.hex()}, {"message", message}};
}

Json hold_removed_record(const ObjectId& commit) {
    return {{"type", "hold"}, {"commit", commit.hex()}, {"removed", true}};
}

Json expiry_record(const ObjectId& commit, const std::string& why) {
    return {{"type", "expiry"}, {"commit", commit.hex()}, {"why", why}};
}

namespace {

// All of it but what grows with every snapshot.
Json head_to_json(const State& state) {
    Json json;
    json["site"] = with_version(to_json(state.site), state.site.version);
    auto& past_sites = json["past_sites"] = Json::array();
    for (const auto& site : state.past_sites) past_sites.push_back(with_version(to_json(site), site.version));
    json["simulated"] = state.site.simulated;
    auto& policies = json["policies"] = Json::array();
    for (const auto& policy : state.policies)
        policies.push_back(with_version(to_json(policy), policy.version));
    json["public_keys"] = to_json(state.public_keys);
    json["admission"] = state.admission.hex();
    auto& actors = json["actors"] = Json::array();
    for (const auto& [id, actor] : state.actors)
        actors.push_back(actor_record(actor, std::nullopt, std::nullopt));
    auto& equipment = json["equipment"] = Json::array();
    for (const auto& [name, item] : state.equipment)
        equipment.push_back(with_version(equipment_record(item), item.version));
    auto& past_equipment = json["past_equipment"] = Json::array();
    for (const auto& item : state.past_equipment)
        past_equipment.push_back(with_version(equipment_record(item), item.version));
    auto& slots = json["slots"] = Json::array();
    for (const auto& slot : state.slots) slots.push_back(slot_record(slot));
    json["gc_generation"] = state.gc_generation;
    auto& holds = json["holds"] = Json::array();
    for (const auto& [commit, hold] : state.holds)
        holds.push_back(with_version({{"commit", commit.hex()}}, hold.version));
    auto& streams = json["streams"] = Json::array();
    for (const auto& [actor, head] : state.streams)
        streams.push_back(Json::array({actor.hex(), head.number, head.id.hex(), head.time.ns}));
    json["batches"] = state.batches;
    json["last_time_ns"] = state.last_time.ns;
    json["last_id"] = state.last_id.hex();
    json["unplaced"] = state.unplaced;
    return json;
}

State head_from_json(const Json& json) {
    State state;
    const auto site_of = [&](const Json& item) {
        Site site = site_from_json(item);
        site.simulated = json.at("simulated");
        site.version = version_from_json(item);
        return site;
    };
    const auto equipment_of = [](const Json& item) {
        Equipment equipment = equipment_from_json(item);
        equipment.version = version_from_json(item);
        return equipment;
    };
    state.site = site_of(json.at("site"));
    for (const auto& item : json.at("past_sites")) state.past_sites.push_back(site_of(item));
    state.policies.clear();
    for (const auto& item : json.at("policies")) {
        state.policies.push_back(policy_from_json(item));
        state.policies.back().version = version_from_json(item);
    }
    if (state.policies.empty()) throw std::invalid_argument("policies");
    state.public_keys = public_keys_from_json(json.at("public_keys"));
    state.admission = id_of<ActorId>(json.at("admission"));
    for (const auto& item : json.at("actors")) {
        const auto actor = actor_from_json(item);
        state.actors[actor.id] = actor;
    }
    for (const auto& item : json.at("equipment")) {
        auto equipment = equipment_of(item);
        state.equipment.emplace(equipment.name, std::move(equipment));
    }
    for (const auto& item : json.at("past_equipment")) state.past_equipment.push_back(equipment_of(item));
    for (const auto& item : json.at("slots")) state.slots.push_back(slot_from_json(item));
    state.gc_generation = json.at("gc_generation");
    for (const auto& item : json.at("holds"))
        state.holds[id_of<ObjectId>(item.at("commit"))] = {version_from_json(item)};
    for (const auto& item : json.at("streams"))
        state.streams[id_of<ActorId>(item.at(0))] = {item.at(1).get<std::uint64_t>(),
                                                     id_of<BatchId>(item.at(2)),
                                                     Timestamp{item.at(3).get<std::int64_t>()}};
    state.batches = json.at("batches");
    state.last_time.ns = json.at("last_time_ns");
    state.last_id = id_of<BatchId>(json.at("last_id"));
    state.unplaced = json.at("unplaced");
    return state;
}

// Texts that come again and again, once each.
class Texts {
public:
    void put(Bytes& out, const std::string& text) {
        const auto [at, fresh] = positions_.try_emplace(text, positions_.size());
        append_varint(out, at->second);
        if (!fresh) return;
        append_varint(out, text.size());
        append(out, as_bytes(text));
    }
    const std::string& take(ByteReader& reader) {
        const auto position = reader.varint();
        if (position > texts_.size()) reader.fail();
        if (position == texts_.size()) texts_.emplace_back(as_text(reader.take(reader.varint())));
        return texts_[position];
    }

private:
    std::map<std::string, std::size_t> positions_;
    std::deque<std::string> texts_;
};

enum SnapshotFlags : std::uint8_t { by_operator = 1, complete = 2, changed = 4, expired = 8 };

void put_snapshot(Bytes& out, const Snapshot& snapshot, Texts& texts,
                  const std::unordered_map<Sha256Digest, std::size_t, FixedBytesHash>& positions) {
    append(out, snapshot.commit.view());
    texts.put(out, snapshot.equipment);
    texts.put(out, snapshot.type);
    append_varint(out, snapshot.kinds.size());
    for (const auto& kind : snapshot.kinds) texts.put(out, kind);
    append_u64(out, static_cast<std::uint64_t>(snapshot.time.ns));
    append_u64(out, static_cast<std::uint64_t>(snapshot.recorded_at.ns));
    texts.put(out, snapshot.timezone);
    append_varint(out, snapshot.policy);
    out.push_back(static_cast<std::uint8_t>(
        (snapshot.dated_by_operator ? by_operator : 0) | (snapshot.complete ? complete : 0) |
        (snapshot.changed ? changed : 0) | (snapshot.expired ? expired : 0)));
    append_varint(out, snapshot.files);
    append_varint(out, snapshot.bytes);
    append_varint(out, snapshot.added_bytes);
    // A snapshot's packs are its batch's; those that gc retired are known no longer.
    std::vector<std::size_t> packs;
    for (const auto& pack : snapshot.packs)
        if (const auto at = positions.find(pack.name); at != positions.end()) packs.push_back(at->second);
    append_varint(out, packs.size());
    for (const auto position : packs) append_varint(out, position);
    texts.put(out, std::string(as_text(snapshot.actor.view())));
    if (snapshot.expired) append_u64(out, static_cast<std::uint64_t>(snapshot.expired->ns));
}

Timestamp take_time(ByteReader& reader) { return {static_cast<std::int64_t>(reader.u64())}; }

Snapshot take_snapshot(ByteReader& reader, Texts& texts, const State& state) {
    Snapshot snapshot;
    snapshot.commit = ObjectId::from(reader.take(ObjectId::size));
    snapshot.equipment = texts.take(reader);
    snapshot.type = texts.take(reader);
    for (auto kinds = reader.varint(); kinds > 0; --kinds) snapshot.kinds.push_back(texts.take(reader));
    if (snapshot.kinds.empty()) reader.fail();
    snapshot.time = take_time(reader);
    snapshot.recorded_at = take_time(reader);
    snapshot.timezone = texts.take(reader);
    snapshot.policy = reader.varint();
    if (snapshot.policy >= state.policies.size()) reader.fail();
    const auto flags = reader.u8();
    snapshot.dated_by_operator = (flags & by_operator) != 0;
    snapshot.complete = (flags & complete) != 0;
    snapshot.changed = (flags & changed) != 0;
    snapshot.files = reader.varint();
    snapshot.bytes = reader.varint();
    snapshot.added_bytes = reader.varint();
    for (auto packs = reader.varint(); packs > 0; --packs)
        snapshot.packs.push_back(state.packs.at(reader.varint()));
    const auto& actor = texts.take(reader);
    if (actor.size() != ActorId::size) reader.fail();
    snapshot.actor = ActorId::from(as_bytes(actor));
    if ((flags & expired) != 0) snapshot.expired = take_time(reader);
    return snapshot;
}

}  // namespace

Bytes encode_state(const State& state) {
    Bytes out;
    const auto head = head_to_json(state).dump();
    append_varint(out, head.size());
    append(out, as_bytes(head));
    std::unordered_map<Sha256Digest, std::size_t, FixedBytesHash> positions;
    append_varint(out, state.packs.size());
    for (std::size_t i = 0; i < state.packs.size(); ++i) {
        positions.try_emplace(state.packs[i].name, i);
        append(out, state.packs[i].name.view());
        append_varint(out, state.packs[i].size);
    }
    Texts texts;
    append_varint(out, state.snapshots.size());
    for (const auto& snapshot : state.snapshots) put_snapshot(out, snapshot, texts, positions);
    append_varint(out, state.retired.size());
    for (const auto& file : state.retired) {
        append_varint(out, file.name.size());
        append(out, as_bytes(file.name));
        append_varint(out, file.size);
        append_u64(out, static_cast<std::uint64_t>(file.time.ns));
    }
    return out;
}

State decode_state(ByteView bytes) {
    ByteReader reader(bytes, "state");
    const auto head = reader.take(reader.varint());
    State state = head_from_json(Json::parse(head.begin(), head.end()));
    for (auto packs = reader.varint(); packs > 0; --packs) {
        const auto name = Sha256Digest::from(reader.take(Sha256Digest::size));
        state.packs.push_back({name, reader.varint()});
    }
    Texts texts;
    const auto snapshots = reader.varint();
    state.snapshots.reserve(std::min<std::uint64_t>(snapshots, reader.remaining() / ObjectId::size));
    for (auto left = snapshots; left > 0; --left)
        state.snapshots.push_back(take_snapshot(reader, texts, state));
    for (auto files = reader.varint(); files > 0; --files) {
        Retired file;
        file.name = as_text(reader.take(reader.varint()));
        file.size = reader.varint();
        file.time = take_time(reader);
        state.retired.push_back(std::move(file));
    }
    return state;
}

}  // namespace coffre::journal
