#include "store/journal/record_json.hpp"

namespace coffre::journal {

Json to_json(const Site& site) {
    Json json{{"client", site.client},
              {"site", site.site},
              {"timezone", site.timezone},
              {"contract", site.contract},
              {"responsible", site.responsible}};
    if (!site.deputy.empty()) json["deputy"] = site.deputy;
    if (!site.contract_from.empty()) json["contract_from"] = site.contract_from;
    if (!site.contract_until.empty()) json["contract_until"] = site.contract_until;
    if (site.schedule != Site{}.schedule) json["schedule"] = site.schedule;
    if (!site.place.empty()) json["place"] = site.place;
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
    site.contract_from = json.value("contract_from", "");
    site.contract_until = json.value("contract_until", "");
    site.schedule = json.value("schedule", site.schedule);
    site.place = json.value("place", "");
    return site;
}

Json to_json(const Policy& policy) {
    Json json{{"reference", policy.reference},
              {"profile", policy.profile},
              {"months", policy.months},
              {"residency", policy.residency}};
    if (!policy.limits.empty()) json["limits"] = policy.limits;
    return json;
}

Policy policy_from_json(const Json& json) {
    Policy policy;
    policy.reference = json.at("reference");
    policy.profile = json.at("profile");
    policy.months = json.at("months").get<std::map<std::string, int>>();
    if (json.contains("residency")) policy.residency = json.at("residency").get<std::vector<std::string>>();
    if (json.contains("limits")) policy.limits = json.at("limits").get<std::map<std::string, int>>();
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
    if (json.contains("secrets"))
        equipment.secrets = json.at("secrets").get<std::map<std::string, std::string>>();
    equipment.removed = json.value("removed", false);
    return equipment;
}

Remote remote_from_json(const Json& json) {
    Remote remote;
    remote.name = json.at("name");
    remote.url = json.at("url");
    remote.role = json.at("role");
    if (json.contains("settings"))
        remote.settings = json.at("settings").get<std::map<std::string, std::string>>();
    remote.place = json.value("place", "");
    remote.removed = json.value("removed", false);
    return remote;
}

Json to_json(const StreamNumbers& numbers) {
    Json json = Json::object();
    for (const auto& [actor, number] : numbers) json[actor.hex()] = number;
    return json;
}

StreamNumbers stream_numbers_from_json(const Json& json) {
    StreamNumbers numbers;
    for (const auto& [actor, number] : json.items()) numbers[id_of<ActorId>(actor)] = number;
    return numbers;
}

Json with_version(Json json, const Version& version) {
    json["set"] = Json::array({version.time.ns, version.actor.hex(), version.message});
    return json;
}

Version version_from_json(const Json& json) {
    const auto& set = json.at("set");
    return {Timestamp{set.at(0).get<std::int64_t>()}, id_of<ActorId>(set.at(1)), set.at(2)};
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
    s.author = json.value("author", "");
    s.message = json.value("message", "");
    s.driver = json.value("driver", "");
    if (json.contains("device")) {
        const auto& device = json.at("device");
        s.device_model = device.value("model", "");
        s.serial = device.value("serial", "");
        s.firmware = device.value("firmware", "");
    }
    if (json.contains("fingerprints"))
        s.fingerprints = json.at("fingerprints").get<std::map<std::string, std::string>>();
    return s;
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
    if (!equipment.secrets.empty()) json["secrets"] = equipment.secrets;
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
    if (!s.author.empty()) json["author"] = s.author;
    if (!s.message.empty()) json["message"] = s.message;
    if (!s.driver.empty()) json["driver"] = s.driver;
    if (!s.device_model.empty()) json["device"]["model"] = s.device_model;
    if (!s.serial.empty()) json["device"]["serial"] = s.serial;
    if (!s.firmware.empty()) json["device"]["firmware"] = s.firmware;
    if (!s.fingerprints.empty()) json["fingerprints"] = s.fingerprints;
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

Json remote_record(const Remote& remote) {
    Json json{{"type", "remote"}, {"name", remote.name}, {"url", remote.url}, {"role", remote.role}};
    if (!remote.settings.empty()) json["settings"] = remote.settings;
    if (!remote.place.empty()) json["place"] = remote.place;
    if (remote.removed) json["removed"] = true;
    if (!remote.version.message.empty()) json["message"] = remote.version.message;
    return json;
}

Json copied_record(const std::string& remote, const StreamNumbers& sent, const StreamNumbers& verified,
                   bool reset) {
    Json json{{"type", "copied"}, {"remote", remote}};
    if (!sent.empty()) json["sent"] = to_json(sent);
    if (!verified.empty()) json["verified"] = to_json(verified);
    if (reset) json["reset"] = true;
    return json;
}

Json actor_removed_record(const ActorId& actor, const Removal& removal, const ActorId& remover,
                          const crypto::Signature& certificate) {
    Json json{{"type", "actor_removed"},
              {"key", actor.hex()},
              {"last", removal.last},
              {"removed_by", remover.hex()},
              {"certificate", certificate.hex()}};
    if (!removal.version.message.empty()) json["message"] = removal.version.message;
    return json;
}

}  // namespace coffre::journal
