#include "store/journal/snapshot_rows.hpp"

namespace coffre::journal {

namespace {

// `described` is in every row: what lacks it is of an older version, and made anew.
enum SnapshotFlags : std::uint8_t { by_operator = 1, complete = 2, changed = 4, expired = 8, described = 32 };

Timestamp take_time(ByteReader& reader) { return {static_cast<std::int64_t>(reader.u64())}; }

}  // namespace

void Texts::put(Bytes& out, const std::string& text) {
    const auto [at, fresh] = positions_.try_emplace(text, positions_.size());
    append_varint(out, at->second);
    if (!fresh) return;
    append_varint(out, text.size());
    append(out, as_bytes(text));
}

const std::string& Texts::take(ByteReader& reader) {
    const auto position = reader.varint();
    if (position > texts_.size()) reader.fail();
    if (position == texts_.size()) texts_.emplace_back(as_text(reader.take(reader.varint())));
    return texts_[position];
}

void put_pack(Bytes& out, const pack::PackInfo& pack) {
    append(out, pack.name.view());
    append_varint(out, pack.size);
}

pack::PackInfo take_pack(ByteReader& reader) {
    const auto name = Sha256Digest::from(reader.take(Sha256Digest::size));
    return {name, reader.varint()};
}

void put_snapshot(Bytes& out, const Snapshot& snapshot, Texts& texts) {
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
        (snapshot.changed ? changed : 0) | (snapshot.expired ? expired : 0) | described));
    append_varint(out, snapshot.files);
    append_varint(out, snapshot.bytes);
    append_varint(out, snapshot.added_bytes);
    append_varint(out, snapshot.packs.size());
    for (const auto& pack : snapshot.packs) put_pack(out, pack);
    texts.put(out, std::string(as_text(snapshot.actor.view())));
    append_varint(out, snapshot.number);
    texts.put(out, snapshot.author);
    texts.put(out, snapshot.message);
    for (const auto* text : {&snapshot.driver, &snapshot.device_model, &snapshot.serial, &snapshot.firmware})
        texts.put(out, *text);
    append_varint(out, snapshot.fingerprints.size());
    for (const auto& [category, fingerprint] : snapshot.fingerprints) {
        texts.put(out, category);
        texts.put(out, fingerprint);
    }
    if (snapshot.expired) append_u64(out, static_cast<std::uint64_t>(snapshot.expired->ns));
}

Snapshot take_snapshot(ByteReader& reader, Texts& texts) {
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
    const auto flags = reader.u8();
    if ((flags & described) == 0) reader.fail();
    snapshot.dated_by_operator = (flags & by_operator) != 0;
    snapshot.complete = (flags & complete) != 0;
    snapshot.changed = (flags & changed) != 0;
    snapshot.files = reader.varint();
    snapshot.bytes = reader.varint();
    snapshot.added_bytes = reader.varint();
    for (auto packs = reader.varint(); packs > 0; --packs) snapshot.packs.push_back(take_pack(reader));
    const auto& actor = texts.take(reader);
    if (actor.size() != ActorId::size) reader.fail();
    snapshot.actor = ActorId::from(as_bytes(actor));
    snapshot.number = reader.varint();
    snapshot.author = texts.take(reader);
    snapshot.message = texts.take(reader);
    for (auto* text : {&snapshot.driver, &snapshot.device_model, &snapshot.serial, &snapshot.firmware})
        *text = texts.take(reader);
    for (auto fingerprints = reader.varint(); fingerprints > 0; --fingerprints) {
        const auto category = texts.take(reader);
        snapshot.fingerprints[category] = texts.take(reader);
    }
    if ((flags & expired) != 0) snapshot.expired = take_time(reader);
    return snapshot;
}

}  // namespace coffre::journal
