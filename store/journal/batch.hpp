#pragma once
// One batch of the journal: records, signed by one actor, chained to the batch before it in that actor's
// stream (docs/format.md, "Journal"). A batch is the only commit point: what no batch names was never done.

#include <optional>

#include <nlohmann/json.hpp>

#include "base/clock.hpp"
#include "store/crypto/primitives.hpp"
#include "store/pack/object_store.hpp"

namespace coffre::journal {

using Json = nlohmann::ordered_json;

struct Batch {
    bool genesis = false;
    ActorId actor;
    std::uint64_t number = 1;           // in the actor's stream, from 1 without gaps
    std::optional<BatchId> previous;    // of the same stream; none for number 1
    std::vector<BatchId> heads;         // of the other streams, as seen when this was written
    Timestamp time;                     // UTC: its place in the journal, later than all that its writer saw
    std::optional<Timestamp> clock;     // what the writer's clock showed, where that was earlier
    std::vector<pack::PackInfo> packs;  // that this batch makes count
    Json records = Json::array();

    // When it was written, by the clock of who wrote it.
    [[nodiscard]] Timestamp written_at() const { return clock.value_or(time); }

    // Filled by sign_batch and parse_batch.
    BatchId id;          // SHA-256 of signed_bytes
    Bytes signed_bytes;  // the JSON text
    crypto::Signature signature;
};

// Writes the text and signs it; `repository` is absent for the genesis batch, whose id becomes the
// repository's.
void sign_batch(Batch& batch, const crypto::SigningKey& key, const std::optional<RepositoryId>& repository);

// A journal file's plaintext is a row of batches: text length u32 ‖ text ‖ signature (64 bytes).
void append_batch(Bytes& row, const Batch& batch);

// The inverse. Every signature is checked against the actor that the batch names (whether that actor counts
// is the fold's business). Error{damaged} naming `what`; Error{failed} for a format newer than this version.
std::vector<Batch> parse_batches(ByteView row, const RepositoryId& repository, std::string_view what);

// The certificate by which one with the right to admit lets a key in:
// Ed25519 over "coffre/1/admit" ‖ repository id ‖ key ‖ name length u32 ‖ name ‖ rights joined by ','.
crypto::Signature sign_admission(const crypto::SigningKey& admitter, const RepositoryId& repository,
                                 const ActorId& key, std::string_view name,
                                 const std::vector<std::string>& rights);
bool verify_admission(const ActorId& admitter, const RepositoryId& repository, const ActorId& key,
                      std::string_view name, const std::vector<std::string>& rights,
                      const crypto::Signature& certificate);

// The certificate by which such a one puts a key out: Ed25519 over "coffre/1/remove" ‖ repository id ‖ key ‖
// the last number of its stream that counts, u64.
crypto::Signature sign_removal(const crypto::SigningKey& remover, const RepositoryId& repository,
                               const ActorId& key, std::uint64_t last);
bool verify_removal(const ActorId& remover, const RepositoryId& repository, const ActorId& key,
                    std::uint64_t last, const crypto::Signature& certificate);

}  // namespace coffre::journal
