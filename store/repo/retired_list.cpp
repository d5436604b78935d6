#include "store/repo/retired_list.hpp"

#include "base/error.hpp"

namespace coffre::repo {

namespace {

using journal::Json;

// What is signed: the label, the repository, and the text.
Bytes signed_bytes(const RepositoryId& repository, std::string_view text) {
    Bytes bytes;
    append(bytes, as_bytes("coffre/1/retired"));
    append(bytes, repository.view());
    append(bytes, as_bytes(text));
    return bytes;
}

std::string retired_blob_name(const Sha256Digest& name) { return "retired/" + name.hex() + ".json"; }

}  // namespace

RetiredList parse_retired_list(ByteView file, const RepositoryId& repository, std::string_view what) {
    try {
        const Json json = Json::parse(file.begin(), file.end());
        const auto actor = ActorId::parse(json.at("actor").get_ref<const std::string&>());
        const auto signature = crypto::Signature::parse(json.at("signature").get_ref<const std::string&>());
        const std::string& text = json.at("list").get_ref<const std::string&>();
        if (!actor || !signature ||
            !crypto::verify_signature(*actor, signed_bytes(repository, text), *signature))
            throw Error(Errc::damaged, say<Msg::retired_list_stranger>(what));
        const Json list = Json::parse(text);
        return {*actor, list.at("generation").get<std::uint64_t>(),
                list.at("names").get<std::vector<std::string>>()};
    } catch (const Json::exception&) {
        throw Error(Errc::damaged, say<Msg::malformed>(what));
    }
}

std::uint64_t check_retired_list(ByteView file, const RepositoryId& repository, const journal::State& state,
                                 std::string_view what) {
    const auto list = parse_retired_list(file, repository, what);
    const auto known = state.actors.find(list.actor);
    if (known == state.actors.end() || !known->second.may("gc"))
        throw Error(Errc::damaged, say<Msg::retired_list_stranger>(what));
    return list.generation;
}

namespace {

// The list before: of those that count the one with the highest generation. What does not count is for verify
// to report.
std::string newest_list(BlobStore& store, const RepositoryId& repository, const journal::State& state) {
    std::string name;
    std::uint64_t newest = 0;
    for (const auto& file : store.list("retired")) {
        const std::string path = "retired/" + file.name;
        try {
            const auto bytes = store.get(path, retired_list_max);
            if (!bytes) continue;
            const auto generation = check_retired_list(*bytes, repository, state, path);
            if (generation < newest) continue;
            newest = generation;
            name = file.name.substr(0, 2 * Sha256Digest::size);
        } catch (const Error& error) {
            if (error.code() != Errc::damaged) throw;
        }
    }
    return name;
}

}  // namespace

void publish_retired_list(BlobStore& store, const RepositoryId& repository, const crypto::SigningKey& key,
                          const journal::State& state, const std::vector<journal::Retired>& retired) {
    if (retired.empty()) return;
    Json list{{"format", 1}, {"generation", state.gc_generation}};
    if (const auto previous = newest_list(store, repository, state); !previous.empty())
        list["previous"] = previous;
    auto& names = list["names"] = Json::array();
    for (const auto& file : retired) names.push_back(file.name);
    const std::string text = list.dump();
    const Json signed_list{{"list", text},
                           {"actor", key.id().hex()},
                           {"signature", key.sign(signed_bytes(repository, text)).hex()}};
    const std::string file = signed_list.dump() + "\n";
    store.put(retired_blob_name(crypto::sha256(as_bytes(file))), as_bytes(file));
}

}  // namespace coffre::repo
