#include "store/crypto/slot.hpp"

#include "base/error.hpp"

namespace coffre::crypto {

namespace {

constexpr std::string_view slot_magic = "COFSLOT1";
constexpr std::string_view key_file_magic = "coffre-key-1";
constexpr std::string_view recovery_label = "coffre/1/slot/recovery-words";
constexpr std::uint8_t suite_aes_256_gcm = 1;
constexpr std::size_t commitment_at = 96;
constexpr std::size_t header_size = 128;
constexpr std::size_t epk_size = 32;

// Where the secrets begin.
std::size_t sealed_at(SlotType type) {
    return type == SlotType::recipient ? header_size + epk_size : header_size;
}

// The secrets inside: entries of 40 bytes, kind32 ‖ epoch32 ‖ 32 bytes.
enum class EntryKind : std::uint32_t { site = 1, access = 2, meta = 3, content = 4, admission = 5 };
constexpr std::size_t entry_size = 40;

void append_entry(Bytes& out, EntryKind kind, std::uint32_t epoch, ByteView secret) {
    append_u32(out, static_cast<std::uint32_t>(kind));
    append_u32(out, epoch);
    append(out, secret);
}

Bytes header_bytes(const SlotHeader& header) {
    Bytes out;
    append(out, as_bytes(slot_magic));
    out.push_back(static_cast<std::uint8_t>(header.type));
    out.push_back(static_cast<std::uint8_t>(header.capability));
    out.push_back(suite_aes_256_gcm);
    out.push_back(0);
    append_u32(out, header.epoch);
    append(out, header.id.view());
    append(out, header.salt);
    append_u64(out, header.cost.memory_bytes);
    append_u64(out, header.cost.passes);
    append(out, header.repository.view());
    return out;
}

Key slot_commitment(const Key& input, const SlotHeader& header, ByteView head) {
    return hkdf(input.view(), header.salt, {as_bytes("coffre/1/slot/commit"), head.first(commitment_at)});
}

Key slot_wrap_key(const Key& input, const SlotHeader& header, ByteView head) {
    return hkdf(input.view(), header.salt, {as_bytes("coffre/1/slot/wrap"), head.first(header_size)});
}

SlotHeader new_header(const KeyRing& ring, SlotType type, const Key& seed) {
    SlotHeader header;
    header.type = type;
    header.epoch = ring.epoch;
    header.repository = ring.repository;
    header.id = SlotId::from(hkdf(seed.view(), {}, {as_bytes("coffre/1/slot/id")}).view());
    const Key salt = hkdf(seed.view(), {}, {as_bytes("coffre/1/slot/salt")});
    std::memcpy(header.salt.data(), salt.view().data(), header.salt.size());
    header.cost = {0, 0};
    return header;
}

// `epk`: of type recipient alone.
Bytes seal_slot(const KeyRing& ring, const SlotHeader& header, const Key& input, ByteView epk = {}) {
    Bytes secrets;
    secrets.reserve(5 * entry_size);
    append_entry(secrets, EntryKind::site, ring.epoch, ring.site.view());
    if (ring.access) append_entry(secrets, EntryKind::access, ring.epoch, ring.access->view());
    if (ring.meta) append_entry(secrets, EntryKind::meta, ring.epoch, ring.meta->view());
    if (ring.content) append_entry(secrets, EntryKind::content, ring.epoch, ring.content->view());
    if (ring.admission) append_entry(secrets, EntryKind::admission, ring.epoch, ring.admission->view());

    Bytes file = header_bytes(header);
    append(file, slot_commitment(input, header, file).view());
    Aead wrap(slot_wrap_key(input, header, file));
    append(file, epk);
    const Bytes aad = file;
    wrap.seal(Aead::Nonce{}, aad, secrets, file);
    wipe(secrets);
    return file;
}

std::optional<KeyRing> open_with(ByteView file, const SlotHeader& header, const Key& input,
                                 std::string_view what) {
    if (!equal_in_constant_time(slot_commitment(input, header, file).view(), file.subspan(commitment_at, 32)))
        return std::nullopt;
    const auto broken = [&]() -> Error {
        return {Errc::damaged, say<Msg::seal_broken>(what), say<Msg::hint_verify>()};
    };
    Aead wrap(slot_wrap_key(input, header, file));
    Bytes secrets;
    secrets.reserve(file.size());
    const auto at = sealed_at(header.type);
    if (!wrap.open(Aead::Nonce{}, file.first(at), file.subspan(at), secrets)) throw broken();
    if (secrets.empty() || secrets.size() % entry_size != 0) throw broken();

    KeyRing ring;
    ring.repository = header.repository;
    ring.epoch = header.epoch;
    bool has_site = false;
    for (std::size_t entry = 0; entry < secrets.size(); entry += entry_size) {
        const ByteView raw = ByteView(secrets).subspan(entry + 8, 32);
        if (load_u32(secrets.data() + entry + 4) != header.epoch) continue;
        switch (static_cast<EntryKind>(load_u32(secrets.data() + entry))) {
            case EntryKind::site:
                ring.site = SiteKey(raw);
                has_site = true;
                break;
            case EntryKind::access:
                ring.access.emplace(raw);
                x25519_public(raw, ring.access_public.bytes);
                break;
            case EntryKind::meta:
                ring.meta.emplace(raw);
                x25519_public(raw, ring.meta_public.bytes);
                break;
            case EntryKind::content:
                ring.content.emplace(raw);
                x25519_public(raw, ring.content_public.bytes);
                break;
            case EntryKind::admission:
                ring.admission.emplace(raw);
                break;
        }
    }
    wipe(secrets);
    if (!has_site) throw broken();
    return ring;
}

// The input key of a slot of type recovery words. Nothing slow: 253 bits need none.
Key recovery_key(const RecoverySecret& secret, const SlotHeader& header) {
    return hkdf(secret.value.view(), header.salt, {as_bytes(recovery_label)});
}

// The input key of a slot of type recipient.
Key recipient_key(const Key& shared, ByteView epk, const RecipientPublic& recipient,
                  const SlotHeader& header) {
    Bytes salt(epk.begin(), epk.end());
    append(salt, recipient.view());
    Bytes epoch;
    append_u32(epoch, header.epoch);
    const auto capability = static_cast<std::uint8_t>(header.capability);
    return hkdf(
        shared.view(), salt,
        {as_bytes("coffre/1/slot/recipient"), header.repository.view(), epoch, ByteView(&capability, 1)});
}

std::string key_file_check(std::string_view slot, std::string_view secret) {
    return sha256({as_bytes(key_file_magic), as_bytes(slot), as_bytes(secret)}).hex().substr(0, 8);
}

}  // namespace

std::string_view slot_type_name(SlotType type) {
    switch (type) {
        case SlotType::passphrase:
            return "passphrase";
        case SlotType::key_file:
            return "key-file";
        case SlotType::recovery_words:
            return "recovery-words";
        case SlotType::recipient:
            return "recipient";
    }
    return "unknown";
}

bool in_bounds(const PassphraseCost& cost) {
    return cost.memory_bytes >= kdf_memory_min && cost.memory_bytes <= kdf_memory_max && cost.passes >= 1 &&
           cost.passes <= kdf_passes_max;
}

SlotHeader parse_slot(ByteView file, std::string_view what) {
    const auto refuse = [&]() -> Error {
        return {Errc::damaged, say<Msg::malformed>(what), say<Msg::hint_verify>()};
    };
    if (file.size() < header_size + entry_size + Aead::tag_size || file.size() > 64u << 10 ||
        as_text(file.first(8)) != slot_magic || file[10] != suite_aes_256_gcm || file[11] != 0)
        throw refuse();
    if (file[8] < 1 || file[8] > 4 || file[9] < 1 || file[9] > 3) throw refuse();
    SlotHeader header;
    header.type = static_cast<SlotType>(file[8]);
    if (file.size() < sealed_at(header.type) + entry_size + Aead::tag_size) throw refuse();
    header.capability = static_cast<Capability>(file[9]);
    header.epoch = load_u32(file.data() + 12);
    header.id = SlotId::from(file.subspan(16));
    std::memcpy(header.salt.data(), file.data() + 32, header.salt.size());
    header.cost = {load_u64(file.data() + 48), load_u64(file.data() + 56)};
    header.repository = RepositoryId::from(file.subspan(64));
    const bool derives = header.type == SlotType::passphrase;
    if (derives ? !in_bounds(header.cost) : header.cost.memory_bytes != 0 || header.cost.passes != 0)
        throw refuse();
    return header;
}

Bytes make_passphrase_slot(const KeyRing& ring, Hedge& hedge, std::string_view passphrase,
                           const PassphraseCost& cost) {
    const Key seed = hedge.seed();
    SlotHeader header = new_header(ring, SlotType::passphrase, seed);
    header.cost = cost;
    return seal_slot(ring, header, passphrase_key(passphrase, header.salt, cost));
}

KeyFileSlot make_key_file_slot(const KeyRing& ring, Hedge& hedge) {
    const Key seed = hedge.seed();
    const SlotHeader header = new_header(ring, SlotType::key_file, seed);
    const Key secret = hkdf(seed.view(), {}, {as_bytes("coffre/1/slot/key-file")});
    const std::string id = header.id.hex();
    std::string hex = to_hex(secret.view());
    std::string line =
        std::string(key_file_magic) + " " + id + " " + hex + " " + key_file_check(id, hex) + "\n";
    wipe(std::span(reinterpret_cast<std::uint8_t*>(hex.data()), hex.size()));
    return {seal_slot(ring, header, secret), std::move(line)};
}

KeyFile parse_key_file(std::string_view text, std::string_view what) {
    const auto refuse = [&]() -> Error {
        return {Errc::no_key, say<Msg::not_a_key_file>(what), say<Msg::hint_key_file>()};
    };
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' '))
        text.remove_suffix(1);
    const std::size_t id_at = key_file_magic.size() + 1;
    const std::size_t secret_at = id_at + 33;
    const std::size_t check_at = secret_at + 65;
    if (text.size() != check_at + 8 || !text.starts_with(key_file_magic)) throw refuse();
    for (const auto field : {id_at, secret_at, check_at})
        if (text[field - 1] != ' ') throw refuse();
    const auto id = text.substr(id_at, 32);
    const auto secret = text.substr(secret_at, 64);
    const auto parsed_id = SlotId::parse(id);
    auto raw = from_hex(secret);
    if (!parsed_id || !raw || text.substr(check_at) != key_file_check(id, secret)) throw refuse();
    KeyFile out{*parsed_id, Key()};
    std::memcpy(out.secret.writable().data(), raw->data(), Key::size);
    wipe(*raw);
    return out;
}

RecoveryWordsSlot make_recovery_words_slot(const KeyRing& ring, Hedge& hedge) {
    const Key seed = hedge.seed();
    const SlotHeader header = new_header(ring, SlotType::recovery_words, seed);
    const RecoverySecret secret = recovery_secret(hkdf(seed.view(), {}, {as_bytes(recovery_label)}));
    return {seal_slot(ring, header, recovery_key(secret, header)), recovery_words(secret)};
}

SlotId recipient_slot_id(const RecipientPublic& recipient, const RepositoryId& repository) {
    return SlotId::from(
        hkdf(recipient.view(), repository.view(), {as_bytes("coffre/1/slot/recipient-id")}).view());
}

Bytes make_recipient_slot(const KeyRing& ring, Hedge& hedge, const RecipientPublic& recipient) {
    const Key seed = hedge.seed();
    SlotHeader header = new_header(ring, SlotType::recipient, seed);
    header.id = recipient_slot_id(recipient, ring.repository);
    const Key ephemeral = hkdf(seed.view(), {}, {as_bytes("coffre/1/slot/ephemeral")});
    Bytes epk(epk_size);
    x25519_public(ephemeral.view(), epk);
    Key shared;
    if (!x25519(ephemeral.view(), recipient.view(), shared))
        throw Error(Errc::usage, say<Msg::crypto_failed>("X25519"));
    return seal_slot(ring, header, recipient_key(shared, epk, recipient, header), epk);
}

std::optional<KeyRing> open_slot(ByteView file, std::string_view passphrase, std::string_view what) {
    const SlotHeader header = parse_slot(file, what);
    if (header.type != SlotType::passphrase) return std::nullopt;
    return open_with(file, header, passphrase_key(passphrase, header.salt, header.cost), what);
}

std::optional<KeyRing> open_slot(ByteView file, const KeyFile& key_file, std::string_view what) {
    const SlotHeader header = parse_slot(file, what);
    if (header.type != SlotType::key_file || header.id != key_file.slot) return std::nullopt;
    return open_with(file, header, key_file.secret, what);
}

std::optional<KeyRing> open_slot(ByteView file, const RecoverySecret& secret, std::string_view what) {
    const SlotHeader header = parse_slot(file, what);
    if (header.type != SlotType::recovery_words) return std::nullopt;
    return open_with(file, header, recovery_key(secret, header), what);
}

std::optional<KeyRing> open_slot(ByteView file, const Identity& identity, std::string_view what) {
    const SlotHeader header = parse_slot(file, what);
    const auto& recipient = identity.card.recipient;
    if (header.type != SlotType::recipient || header.id != recipient_slot_id(recipient, header.repository))
        return std::nullopt;
    const auto epk = file.subspan(header_size, epk_size);
    Key shared;
    if (!x25519(identity.secret.view(), epk, shared))
        throw Error(Errc::damaged, say<Msg::seal_broken>(what), say<Msg::hint_verify>());
    return open_with(file, header, recipient_key(shared, epk, recipient, header), what);
}

}  // namespace coffre::crypto
