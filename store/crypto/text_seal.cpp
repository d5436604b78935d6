#include "store/crypto/text_seal.hpp"

#include "base/error.hpp"

namespace coffre::crypto {

namespace {

constexpr std::uint8_t suite_aes_256_gcm = 1;
constexpr std::size_t epk_at = 5;
constexpr std::size_t head_size = 37;
constexpr std::size_t step = 64;  // what lengths are padded to
constexpr std::size_t length_size = 2;

Key text_key(const KeyRing& ring, const Key& shared, ByteView head, std::string_view label) {
    Bytes salt(head.begin() + epk_at, head.end());
    append(salt, ring.access_public.view());
    return hkdf(shared.view(), salt,
                {as_bytes("coffre/1/text"), ring.repository.view(), head.subspan(1, 4), as_bytes(label)});
}

}  // namespace

Bytes seal_text(const KeyRing& ring, Hedge& hedge, std::string_view label, std::string_view text) {
    if (text.size() > sealed_text_max)
        throw Error(Errc::usage, say<Msg::too_large>("secret", std::to_string(sealed_text_max)));
    const Key seed = hedge.seed();
    const Key ephemeral = hkdf(seed.view(), {}, {as_bytes("coffre/1/ephemeral")});
    Bytes out;
    out.push_back(suite_aes_256_gcm);
    append_u32(out, ring.epoch);
    out.resize(head_size);
    x25519_public(ephemeral.view(), std::span(out).subspan(epk_at, 32));
    Key shared;
    if (!x25519(ephemeral.view(), ring.access_public.view(), shared))
        throw Error(Errc::failed, say<Msg::crypto_failed>("X25519"));
    Bytes plain;
    plain.reserve((length_size + text.size() + step - 1) / step * step);
    plain.push_back(static_cast<std::uint8_t>(text.size()));
    plain.push_back(static_cast<std::uint8_t>(text.size() >> 8));
    append(plain, as_bytes(text));
    plain.resize((plain.size() + step - 1) / step * step);
    const Bytes head = out;
    Aead(text_key(ring, shared, head, label)).seal(Aead::Nonce{}, head, plain, out);
    wipe(plain);
    return out;
}

void open_text(const KeyRing& ring, std::string_view label, ByteView sealed, std::string_view what,
               const std::function<void(std::string_view)>& fn) {
    if (!ring.access) throw Error(Errc::no_key, say<Msg::capability_lacking>(what));
    const auto broken = [&]() -> Error {
        return {Errc::damaged, say<Msg::seal_broken>(what), say<Msg::hint_verify>()};
    };
    if (sealed.size() < head_size + step + Aead::tag_size || sealed[0] != suite_aes_256_gcm) throw broken();
    const auto head = sealed.first(head_size);
    Key shared;
    if (!x25519(ring.access->view(), head.subspan(epk_at, 32), shared)) throw broken();
    Bytes plain;
    if (!Aead(text_key(ring, shared, head, label))
             .open(Aead::Nonce{}, head, sealed.subspan(head_size), plain))
        throw broken();
    const std::size_t size = plain[0] | (std::size_t{plain[1]} << 8);
    if (length_size + size > plain.size()) throw broken();
    try {
        fn(as_text(ByteView(plain).subspan(length_size, size)));
    } catch (...) {
        wipe(plain);
        throw;
    }
    wipe(plain);
}

}  // namespace coffre::crypto
