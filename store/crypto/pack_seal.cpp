#include "store/crypto/pack_seal.hpp"

#include "base/error.hpp"

namespace coffre::crypto {

namespace {

constexpr std::string_view pack_magic = "COFPACK1";
constexpr std::uint8_t suite_aes_256_gcm = 1;
constexpr std::size_t epk_at = 16;
constexpr std::size_t salt_at = 48;
constexpr std::size_t wrapped_at = 80;
constexpr std::size_t commitment_at = 128;

Key wrap_key(const Key& shared, ByteView epk, ByteView peer_public, const RepositoryId& repository,
             ByteView epoch, std::uint8_t kind) {
    Bytes salt(epk.begin(), epk.end());
    append(salt, peer_public);
    return hkdf(shared.view(), salt,
                {as_bytes("coffre/1/wrap"), repository.view(), epoch, ByteView(&kind, 1)});
}

Key commitment(const Key& pack_secret, ByteView header) {
    return hkdf(pack_secret.view(), header.subspan(salt_at, 32),
                {as_bytes("coffre/1/commit"), header.first(commitment_at)});
}

Key segment_key(const Key& pack_secret, ByteView header) {
    return hkdf(pack_secret.view(), header.subspan(salt_at, 32), {as_bytes("coffre/1/segments")});
}

ByteView public_of(PackKind kind, const KeyRing& ring) {
    return kind == PackKind::meta ? ring.meta_public.view() : ring.content_public.view();
}

}  // namespace

PackKeys make_pack_keys(PackKind kind, const KeyRing& ring, Hedge& hedge) {
    const Key seed = hedge.seed();
    const Key ephemeral = hkdf(seed.view(), {}, {as_bytes("coffre/1/ephemeral")});
    const Key salt = hkdf(seed.view(), {}, {as_bytes("coffre/1/salt")});
    const Key pack_secret = hkdf(seed.view(), {}, {as_bytes("coffre/1/pack-secret")});

    Bytes header;
    append(header, as_bytes(pack_magic));
    header.push_back(static_cast<std::uint8_t>(kind));
    header.push_back(suite_aes_256_gcm);
    header.push_back(0);
    header.push_back(0);
    append_u32(header, ring.epoch);
    header.resize(salt_at);
    x25519_public(ephemeral.view(), std::span(header).subspan(epk_at, 32));
    append(header, salt.view());

    Key shared;
    if (!x25519(ephemeral.view(), public_of(kind, ring), shared))
        throw Error(Errc::failed, say<Msg::crypto_failed>("X25519"));
    const ByteView epk = ByteView(header).subspan(epk_at, 32);
    Aead wrap(wrap_key(shared, epk, public_of(kind, ring), ring.repository, ByteView(header).subspan(12, 4),
                       static_cast<std::uint8_t>(kind)));
    const Bytes aad(header.begin(), header.begin() + wrapped_at);
    wrap.seal(Aead::Nonce{}, aad, pack_secret.view(), header);
    append(header, commitment(pack_secret, header).view());
    Key segments = segment_key(pack_secret, header);
    Key table = open_table_key(header, ring);
    return {std::move(header), std::move(segments), std::move(table)};
}

PackKind pack_kind(ByteView header, std::string_view what) {
    if (header.size() < pack_header_size || as_text(header.first(8)) != pack_magic ||
        (header[8] != 1 && header[8] != 2) || header[9] != suite_aes_256_gcm)
        throw Error(Errc::damaged, say<Msg::malformed>(what), say<Msg::hint_verify>());
    return static_cast<PackKind>(header[8]);
}

Key open_table_key(ByteView header, const KeyRing& ring) {
    const Key base = ring.subkey("table");
    return hkdf(base.view(), header.subspan(salt_at, 32), {as_bytes("coffre/1/table")});
}

Key open_segment_key(ByteView header, const KeyRing& ring, std::string_view what) {
    const PackKind kind = pack_kind(header, what);
    if (kind == PackKind::meta ? !ring.meta : !ring.content)
        throw Error(Errc::no_key, say<Msg::capability_lacking>(what));
    const auto broken = [&]() -> Error {
        return {Errc::damaged, say<Msg::seal_broken>(what), say<Msg::hint_verify>()};
    };
    const ByteView secret = kind == PackKind::meta ? ring.meta->view() : ring.content->view();
    const ByteView epk = header.subspan(epk_at, 32);
    Key shared;
    if (!x25519(secret, epk, shared)) throw broken();
    Aead wrap(
        wrap_key(shared, epk, public_of(kind, ring), ring.repository, header.subspan(12, 4), header[8]));
    Bytes opened;
    if (!wrap.open(Aead::Nonce{}, header.first(wrapped_at), header.subspan(wrapped_at, 48), opened))
        throw broken();
    Key pack_secret;
    std::memcpy(pack_secret.writable().data(), opened.data(), Key::size);
    wipe(opened);
    if (!equal_in_constant_time(commitment(pack_secret, header).view(), header.subspan(commitment_at, 32)))
        throw broken();
    return segment_key(pack_secret, header);
}

}  // namespace coffre::crypto
