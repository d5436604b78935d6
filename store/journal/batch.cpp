#include "store/journal/batch.hpp"

#include "base/error.hpp"

namespace coffre::journal {

namespace {

constexpr int batch_format = 1;

Bytes signature_message(const RepositoryId& repository, ByteView text) {
    Bytes message;
    append(message, as_bytes("coffre/1/batch"));
    append(message, repository.view());
    append(message, text);
    return message;
}

Bytes admission_message(const RepositoryId& repository, const ActorId& key, std::string_view name,
                        const std::vector<std::string>& rights) {
    Bytes message;
    append(message, as_bytes("coffre/1/admit"));
    append(message, repository.view());
    append(message, key.view());
    append_u32(message, static_cast<std::uint32_t>(name.size()));
    append(message, as_bytes(name));
    for (std::size_t i = 0; i < rights.size(); ++i) {
        if (i > 0) message.push_back(',');
        append(message, as_bytes(rights[i]));
    }
    return message;
}

Bytes removal_message(const RepositoryId& repository, const ActorId& key, std::uint64_t last) {
    Bytes message;
    append(message, as_bytes("coffre/1/remove"));
    append(message, repository.view());
    append(message, key.view());
    append_u64(message, last);
    return message;
}

template <class Id>
Id parse_id(const Json& value) {
    const auto id = Id::parse(value.get_ref<const std::string&>());
    if (!id) throw std::invalid_argument("id");
    return *id;
}

Json to_json(const Batch& batch, const std::optional<RepositoryId>& repository) {
    Json json;
    json["format"] = batch_format;
    if (repository) json["repository"] = repository->hex();
    json["actor"] = batch.actor.hex();
    json["number"] = batch.number;
    if (batch.previous) json["previous"] = batch.previous->hex();
    if (!batch.heads.empty()) {
        auto& heads = json["heads"] = Json::array();
        for (const auto& head : batch.heads) heads.push_back(head.hex());
    }
    json["time_ns"] = batch.time.ns;
    if (batch.clock) json["clock_ns"] = batch.clock->ns;
    if (!batch.packs.empty()) {
        auto& packs = json["packs"] = Json::array();
        for (const auto& pack : batch.packs) packs.push_back(Json::array({pack.name.hex(), pack.size}));
    }
    json["records"] = batch.records;
    return json;
}

Batch from_json(const Json& json, const RepositoryId& repository) {
    Batch batch;
    batch.genesis = !json.contains("repository");
    if (!batch.genesis && parse_id<RepositoryId>(json.at("repository")) != repository)
        throw std::invalid_argument("repository");
    batch.actor = parse_id<ActorId>(json.at("actor"));
    batch.number = json.at("number").get<std::uint64_t>();
    if (json.contains("previous")) batch.previous = parse_id<BatchId>(json.at("previous"));
    if (batch.number == 0 || (batch.number == 1) != !batch.previous) throw std::invalid_argument("number");
    if (json.contains("heads"))
        for (const auto& head : json.at("heads")) batch.heads.push_back(parse_id<BatchId>(head));
    batch.time.ns = json.at("time_ns").get<std::int64_t>();
    if (json.contains("clock_ns")) batch.clock = Timestamp{json.at("clock_ns").get<std::int64_t>()};
    if (json.contains("packs"))
        for (const auto& pack : json.at("packs"))
            batch.packs.push_back({parse_id<Sha256Digest>(pack.at(0)), pack.at(1).get<std::uint64_t>()});
    batch.records = json.at("records");
    if (!batch.records.is_array()) throw std::invalid_argument("records");
    return batch;
}

}  // namespace

void sign_batch(Batch& batch, const crypto::SigningKey& key, const std::optional<RepositoryId>& repository) {
    batch.genesis = !repository;
    batch.actor = key.id();
    const std::string text = to_json(batch, repository).dump(-1, ' ', false, Json::error_handler_t::replace);
    batch.signed_bytes.assign(text.begin(), text.end());
    batch.id = BatchId::from(crypto::sha256(batch.signed_bytes).view());
    const RepositoryId bound = repository ? *repository : RepositoryId::from(batch.id.view());
    batch.signature = key.sign(signature_message(bound, batch.signed_bytes));
}

void append_batch(Bytes& row, const Batch& batch) {
    append_u32(row, static_cast<std::uint32_t>(batch.signed_bytes.size()));
    append(row, batch.signed_bytes);
    append(row, batch.signature.view());
}

std::vector<Batch> parse_batches(ByteView row, const RepositoryId& repository, std::string_view what) {
    std::vector<Batch> batches;
    ByteReader reader(row, what);
    while (!reader.empty()) {
        const ByteView text = reader.take(reader.u32());
        const auto signature = crypto::Signature::from(reader.take(crypto::Signature::size));
        Batch batch;
        try {
            const Json json = Json::parse(text.begin(), text.end());
            // The signature first: nothing that an unsigned text says is acted upon.
            if (!crypto::verify_signature(parse_id<ActorId>(json.at("actor")),
                                          signature_message(repository, text), signature))
                throw Error(Errc::damaged, say<Msg::bad_signature>(what), say<Msg::hint_verify>());
            if (json.at("format").get<int>() > batch_format)
                throw Error(Errc::failed, say<Msg::newer_format>(what), say<Msg::hint_newer_format>());
            batch = from_json(json, repository);
        } catch (const nlohmann::json::exception&) {
            reader.fail();
        } catch (const std::invalid_argument&) {
            reader.fail();
        }
        batch.signed_bytes.assign(text.begin(), text.end());
        batch.signature = signature;
        batch.id = BatchId::from(crypto::sha256(text).view());
        if (batch.genesis && batch.id.bytes != repository.bytes) reader.fail();
        batches.push_back(std::move(batch));
    }
    return batches;
}

crypto::Signature sign_removal(const crypto::SigningKey& remover, const RepositoryId& repository,
                               const ActorId& key, std::uint64_t last) {
    return remover.sign(removal_message(repository, key, last));
}

bool verify_removal(const ActorId& remover, const RepositoryId& repository, const ActorId& key,
                    std::uint64_t last, const crypto::Signature& certificate) {
    return crypto::verify_signature(remover, removal_message(repository, key, last), certificate);
}

crypto::Signature sign_admission(const crypto::SigningKey& admitter, const RepositoryId& repository,
                                 const ActorId& key, std::string_view name,
                                 const std::vector<std::string>& rights) {
    return admitter.sign(admission_message(repository, key, name, rights));
}

bool verify_admission(const ActorId& admitter, const RepositoryId& repository, const ActorId& key,
                      std::string_view name, const std::vector<std::string>& rights,
                      const crypto::Signature& certificate) {
    // Rights are signed joined by commas: one that holds a comma would sign like two.
    for (const auto& right : rights)
        if (right.find(',') != std::string::npos) return false;
    return crypto::verify_signature(admitter, admission_message(repository, key, name, rights), certificate);
}

}  // namespace coffre::journal
