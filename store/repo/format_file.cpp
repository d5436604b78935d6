#include "store/repo/format_file.hpp"

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "store/crypto/primitives.hpp"

namespace coffre::repo {

namespace {

using Json = nlohmann::ordered_json;

constexpr int format_version = 1;
constexpr int suite_aes_256_gcm = 1;
constexpr std::uint64_t format_file_max = 64 << 10;

}  // namespace

std::string encode_format_file(const FormatFile& format) {
    Json json;
    json["format"] = format_version;
    json["id"] = format.id.hex();
    json["suite"] = suite_aes_256_gcm;
    json["features"] = Json::array();
    if (format.simulated) json["features"].push_back("simulated");
    json["checksum"] = crypto::sha256(as_bytes(json.dump() + "\n")).hex();
    return json.dump() + "\n";
}

FormatFile read_format_file(BlobStore& store) {
    const std::string name(format_file_name);
    const auto bytes = store.get(name, format_file_max);
    if (!bytes)
        throw Error(Errc::no_repository, say<Msg::no_repository>(store.location()), say<Msg::hint_init>());
    const auto refuse = [&] {
        return Error(Errc::damaged, say<Msg::malformed>(name), say<Msg::hint_verify>());
    };
    FormatFile format;
    bool newer = false;
    try {
        const Json json = Json::parse(bytes->begin(), bytes->end());
        newer =
            json.at("format").get<int>() > format_version || json.at("suite").get<int>() > suite_aes_256_gcm;
        for (const auto& feature : json.at("features")) {
            if (feature == "simulated")
                format.simulated = true;
            else
                newer = true;
        }
        const auto id = RepositoryId::parse(json.at("id").get<std::string>());
        if (!id) throw refuse();
        format.id = *id;
        Json unsummed = json;
        unsummed.erase("checksum");
        if (json.at("checksum") != crypto::sha256(as_bytes(unsummed.dump() + "\n")).hex()) throw refuse();
    } catch (const Json::exception&) {
        throw refuse();
    }
    if (newer) throw Error(Errc::failed, say<Msg::newer_format>(name), say<Msg::hint_newer_format>());
    if (as_text(*bytes) != encode_format_file(format)) throw refuse();
    return format;
}

}  // namespace coffre::repo
