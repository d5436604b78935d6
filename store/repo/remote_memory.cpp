#include "store/repo/remote_memory.hpp"

#include "base/error.hpp"
#include "store/journal/record_json.hpp"

namespace coffre::repo {

namespace {

using journal::Json;

constexpr std::uint64_t memory_file_max = 256ull << 20;  // bytes
const std::string machine_file = "remotes.json";

std::string remote_file(const std::string& url) {
    return "remote-" + crypto::sha256(as_bytes(url)).hex().substr(0, 32) + ".json";
}

}  // namespace

std::optional<Json> Memory::read(const std::string& name) const {
    if (folder_.empty()) return std::nullopt;
    const auto folder = environment_.files.open_directory(folder_);
    const auto bytes = folder ? read_file(*folder, name, memory_file_max) : std::nullopt;
    if (!bytes) return std::nullopt;
    try {
        return Json::parse(bytes->begin(), bytes->end());
    } catch (const Json::exception&) {
        throw Error(Errc::damaged, say<Msg::malformed>(folder_ + "/" + name), say<Msg::hint_memory>());
    }
}

void Memory::write(const std::string& name, const Json& json) {
    if (folder_.empty()) return;
    const auto folder = environment_.files.make_directories(folder_);
    std::array<std::uint8_t, 8> raw{};
    environment_.random.fill(raw);
    const std::string text = json.dump() + "\n";
    write_file_durably(*folder, name + "." + to_hex(raw), *folder, name, as_bytes(text));
}

RemoteMemory Memory::of_remote(const std::string& url) const {
    RemoteMemory memory;
    const auto json = read(remote_file(url));
    if (!json) return memory;
    try {
        for (const auto& name : json->at("verified")) memory.seen[name] = true;
        for (const auto& name : json->at("seen")) memory.seen[name] = false;
        memory.streams = journal::stream_numbers_from_json(json->at("streams"));
        memory.locked_until = json->at("locked_until").get<std::map<std::string, std::int64_t>>();
    } catch (const std::exception&) {
        throw Error(Errc::damaged, say<Msg::malformed>(folder_ + "/" + remote_file(url)),
                    say<Msg::hint_memory>());
    }
    return memory;
}

MachineMemory Memory::of_machine() const {
    MachineMemory memory;
    const auto json = read(machine_file);
    if (!json) return memory;
    try {
        for (const auto& signer : json->at("signers")) memory.signers.insert(journal::id_of<ActorId>(signer));
        for (const auto& item : json->at("remotes")) {
            auto remote = journal::remote_from_json(item);
            memory.remotes.emplace(remote.name, std::move(remote));
        }
        memory.mirrored = journal::stream_numbers_from_json(json->at("mirrored"));
        memory.residency = json->at("residency").get<std::vector<std::string>>();
    } catch (const std::exception&) {
        throw Error(Errc::damaged, say<Msg::malformed>(folder_ + "/" + machine_file),
                    say<Msg::hint_memory>());
    }
    return memory;
}

void Memory::keep(const std::string& url, const RemoteMemory& memory) {
    Json json{{"format", 1}, {"verified", Json::array()}, {"seen", Json::array()}};
    for (const auto& [name, verified] : memory.seen) json[verified ? "verified" : "seen"].push_back(name);
    json["streams"] = journal::to_json(memory.streams);
    json["locked_until"] = memory.locked_until;
    write(remote_file(url), json);
}

void Memory::keep(const MachineMemory& memory) {
    Json json{{"format", 1}, {"signers", Json::array()}, {"remotes", Json::array()}};
    for (const auto& signer : memory.signers) json["signers"].push_back(signer.hex());
    for (const auto& [name, remote] : memory.remotes)
        json["remotes"].push_back(journal::remote_record(remote));
    json["mirrored"] = journal::to_json(memory.mirrored);
    json["residency"] = memory.residency;
    write(machine_file, json);
}

void Memory::forget(const std::string& url) {
    if (folder_.empty()) return;
    if (const auto folder = environment_.files.open_directory(folder_)) folder->remove_file(remote_file(url));
}

}  // namespace coffre::repo
