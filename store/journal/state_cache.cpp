// How a folded state is kept in this machine's cache.

#include <algorithm>

#include "store/journal/history.hpp"
#include "store/journal/record_json.hpp"
#include "store/journal/snapshot_rows.hpp"

namespace coffre::journal {

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
    auto& removals = json["removals"] = Json::array();
    for (const auto& [actor, removal] : state.removals)
        removals.push_back(with_version({{"key", actor.hex()}, {"last", removal.last}}, removal.version));
    auto& remotes = json["remotes"] = Json::array();
    for (const auto& [name, remote] : state.remotes)
        remotes.push_back(with_version(remote_record(remote), remote.version));
    auto& past_remotes = json["past_remotes"] = Json::array();
    for (const auto& remote : state.past_remotes)
        past_remotes.push_back(with_version(remote_record(remote), remote.version));
    auto& copies = json["copies"] = Json::object();
    for (const auto& [name, copy] : state.copies)
        copies[name] =
            Json::array({to_json(copy.sent), copy.sent_at.ns, to_json(copy.verified), copy.verified_at.ns});
    json["repository"] = state.repository.hex();
    json["gc_generation"] = state.gc_generation;
    if (state.gc_time) json["gc_ns"] = state.gc_time->ns;
    json["procedure"] = to_json(state.procedure);
    auto& holds = json["holds"] = Json::array();
    for (const auto& [commit, hold] : state.holds)
        holds.push_back(with_version({{"commit", commit.hex()}}, hold.version));
    auto& streams = json["streams"] = Json::array();
    for (const auto& [actor, head] : state.streams)
        streams.push_back(Json::array({actor.hex(), head.number, head.id.hex(), head.time.ns}));
    json["batches"] = state.batches;
    json["last_time_ns"] = state.last_time.ns;
    json["last_written_ns"] = state.last_written.ns;
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
    for (const auto& item : json.at("removals"))
        state.removals[id_of<ActorId>(item.at("key"))] = {item.at("last"), version_from_json(item)};
    const auto remote_of = [](const Json& item) {
        Remote remote = remote_from_json(item);
        remote.version = version_from_json(item);
        return remote;
    };
    for (const auto& item : json.at("remotes")) {
        auto remote = remote_of(item);
        state.remotes.emplace(remote.name, std::move(remote));
    }
    for (const auto& item : json.at("past_remotes")) state.past_remotes.push_back(remote_of(item));
    for (const auto& [name, item] : json.at("copies").items())
        state.copies[name] = {stream_numbers_from_json(item.at(0)), stream_numbers_from_json(item.at(2)),
                              Timestamp{item.at(1).get<std::int64_t>()},
                              Timestamp{item.at(3).get<std::int64_t>()}};
    state.repository = id_of<RepositoryId>(json.at("repository"));
    state.gc_generation = json.at("gc_generation");
    if (json.contains("gc_ns")) state.gc_time = Timestamp{json.at("gc_ns").get<std::int64_t>()};
    state.procedure = procedure_from_json(json.at("procedure"));
    for (const auto& item : json.at("holds"))
        state.holds[id_of<ObjectId>(item.at("commit"))] = {version_from_json(item)};
    for (const auto& item : json.at("streams"))
        state.streams[id_of<ActorId>(item.at(0))] = {item.at(1).get<std::uint64_t>(),
                                                     id_of<BatchId>(item.at(2)),
                                                     Timestamp{item.at(3).get<std::int64_t>()}};
    state.batches = json.at("batches");
    state.last_time.ns = json.at("last_time_ns");
    state.last_written.ns = json.at("last_written_ns");
    state.last_id = id_of<BatchId>(json.at("last_id"));
    state.unplaced = json.at("unplaced");
    return state;
}

}  // namespace

Bytes encode_state(const State& state, const std::shared_ptr<History>& history) {
    Bytes out;
    const auto head = head_to_json(state).dump();
    append_varint(out, head.size());
    append(out, as_bytes(head));
    auto packs = history ? state.packs.since() : state.packs.all();
    std::sort(packs.begin(), packs.end());  // equal states, equal bytes
    append_varint(out, packs.size());
    for (const auto& pack : packs) put_pack(out, pack);
    Texts texts;
    const auto first = history ? history->snapshot_count() : 0;
    append_varint(out, state.snapshots.size() - first);
    for (auto i = first; i < state.snapshots.size(); ++i) put_snapshot(out, state.snapshots[i], texts);
    append_varint(out, state.retired.size());
    for (const auto& file : state.retired) {
        append_varint(out, file.name.size());
        append(out, as_bytes(file.name));
        append_varint(out, file.size);
        append_u64(out, static_cast<std::uint64_t>(file.time.ns));
    }
    return out;
}

State decode_state(ByteView bytes, const std::shared_ptr<History>& history) {
    ByteReader reader(bytes, "state");
    const auto head = reader.take(reader.varint());
    State state = head_from_json(Json::parse(head.begin(), head.end()));
    if (history) {
        state.packs = pack::PackSet(history);
        state.snapshots = Snapshots(history);
    }
    for (auto packs = reader.varint(); packs > 0; --packs) state.packs.insert_since(take_pack(reader));
    Texts texts;
    for (auto snapshots = reader.varint(); snapshots > 0; --snapshots) {
        auto snapshot = take_snapshot(reader, texts);
        if (snapshot.policy >= state.policies.size()) reader.fail();
        state.snapshots.push_back(std::move(snapshot));
    }
    for (auto files = reader.varint(); files > 0; --files) {
        Retired file;
        file.name = as_text(reader.take(reader.varint()));
        file.size = reader.varint();
        file.time.ns = static_cast<std::int64_t>(reader.u64());
        state.retired.push_back(std::move(file));
    }
    return state;
}

}  // namespace coffre::journal
