#include "store/crypto/seal.hpp"

#include <bit>

#include "base/error.hpp"
#include "store/codec/codec.hpp"

namespace coffre::crypto {

namespace {

constexpr std::string_view sealed_magic = "COFSEAL1";
constexpr std::uint8_t suite_aes_256_gcm = 1;

Bytes chunk_aad(const Sha256Digest& header, std::uint64_t counter, bool last, std::uint8_t kind,
                std::size_t plain_size) {
    Bytes aad;
    aad.reserve(50);
    append(aad, header.view());
    append_u64(aad, counter);
    aad.push_back(last ? 1 : 0);
    aad.push_back(kind);
    append_u32(aad, static_cast<std::uint32_t>(plain_size));
    append_u32(aad, static_cast<std::uint32_t>(plain_size + Aead::tag_size));
    return aad;
}

}  // namespace

void ChunkSealer::seal(std::uint64_t counter, bool last, ByteView plain, Bytes& out) {
    aead_.seal(counter_nonce(counter, static_cast<std::uint32_t>(domain_)),
               chunk_aad(header_, counter, last, kind_, plain.size()), plain, out);
}

bool ChunkSealer::open(std::uint64_t counter, bool last, ByteView sealed, Bytes& out) {
    if (sealed.size() < Aead::tag_size) return false;
    return aead_.open(counter_nonce(counter, static_cast<std::uint32_t>(domain_)),
                      chunk_aad(header_, counter, last, kind_, sealed.size() - Aead::tag_size), sealed, out);
}

void seal_row(ChunkSealer& sealer, ByteView plain, Bytes& out) {
    std::uint64_t counter = 0;
    do {
        const auto size = std::min(plain.size(), chunk_size_max);
        sealer.seal(counter++, size == plain.size(), plain.first(size), out);
        plain = plain.subspan(size);
    } while (!plain.empty());
}

Bytes open_row(ChunkSealer& sealer, ByteView sealed, std::string_view what) {
    Bytes plain;
    std::uint64_t counter = 0;
    do {
        const auto size = std::min(sealed.size(), chunk_size_max + Aead::tag_size);
        if (!sealer.open(counter++, size == sealed.size(), sealed.first(size), plain))
            throw Error(Errc::damaged, say<Msg::seal_broken>(what), say<Msg::hint_verify>());
        sealed = sealed.subspan(size);
    } while (!sealed.empty());
    return plain;
}

std::uint64_t sealed_row_size(std::uint64_t plain_size) {
    const std::uint64_t chunks = plain_size == 0 ? 1 : (plain_size + chunk_size_max - 1) / chunk_size_max;
    return plain_size + chunks * Aead::tag_size;
}

std::uint64_t padded_size(std::uint64_t size, std::uint64_t step_max) {
    const std::uint64_t small = (size + 255) / 256 * 256;
    if (size <= (64u << 10)) return small;
    const auto exponent = static_cast<unsigned>(std::bit_width(size) - 1);
    const auto kept = static_cast<unsigned>(std::bit_width(exponent));
    const std::uint64_t mask = std::min<std::uint64_t>(1ull << (exponent - kept), step_max) - 1;
    return std::max(small, (size + mask) & ~mask);
}

std::uint64_t padding_for(std::uint64_t fixed, std::uint64_t plain_size, std::uint64_t step_max) {
    // Padding may open one more chunk, whose tag then counts too: grow until it fits exactly.
    std::uint64_t target = padded_size(fixed + sealed_row_size(plain_size), step_max);
    for (;;) {
        const std::uint64_t room = target - fixed;
        const std::uint64_t full = chunk_size_max + Aead::tag_size;
        const std::uint64_t chunks = (room + full - 1) / full;
        const std::uint64_t padded_plain = room - chunks * Aead::tag_size;
        if (padded_plain >= plain_size && sealed_row_size(padded_plain) == room)
            return padded_plain - plain_size;
        target = padded_size(target + 1, step_max);
    }
}

Bytes sealed_header(std::string_view magic, SealedKind kind, const KeyRing& ring, Hedge& hedge) {
    Bytes header;
    append(header, as_bytes(magic));
    header.push_back(suite_aes_256_gcm);
    header.push_back(static_cast<std::uint8_t>(kind));
    header.push_back(0);
    header.push_back(0);
    append_u32(header, ring.epoch);
    const Key seed = hedge.seed();
    append(header, hkdf(seed.view(), {}, {as_bytes("coffre/1/sealed-file/salt")}).view());
    return header;
}

bool is_sealed_header(std::string_view magic, SealedKind kind, ByteView header) {
    return header.size() == sealed_header_size && as_text(header.first(magic.size())) == magic &&
           header[8] == suite_aes_256_gcm && header[9] == static_cast<std::uint8_t>(kind);
}

ChunkSealer header_sealer(SealedKind kind, const KeyRing& ring, ByteView header, Domain domain) {
    const Key base = ring.subkey("sealed-file");
    const Key key = hkdf(base.view(), header.subspan(16, 32),
                         {as_bytes("coffre/1/sealed-file/key"), header, ring.repository.view()});
    return {key, sha256(header), domain, static_cast<std::uint8_t>(kind)};
}

Bytes seal_file(SealedKind kind, const KeyRing& ring, Hedge& hedge, ByteView plain) {
    Bytes file = sealed_header(sealed_magic, kind, ring, hedge);
    const Bytes frame = codec::compress(plain);
    Bytes body;
    append_u64(body, plain.size());
    append_u64(body, frame.size());
    append(body, frame);
    body.resize(body.size() + padding_for(sealed_header_size, body.size()));
    auto sealer = header_sealer(kind, ring, file, Domain::sealed_file);
    seal_row(sealer, body, file);
    return file;
}

Bytes open_file(SealedKind kind, const KeyRing& ring, ByteView file, std::string_view what,
                std::uint64_t limit) {
    const auto refuse = [&]() -> Error {
        return {Errc::damaged, say<Msg::malformed>(what), say<Msg::hint_verify>()};
    };
    if (file.size() < sealed_header_size) throw refuse();
    const auto header = file.first(sealed_header_size);
    if (!is_sealed_header(sealed_magic, kind, header)) throw refuse();
    auto sealer = header_sealer(kind, ring, header, Domain::sealed_file);
    const Bytes body = open_row(sealer, file.subspan(sealed_header_size), what);
    ByteReader reader(body, what);
    const auto plain_size = reader.u64();
    const auto frame = reader.take(reader.u64());
    if (plain_size > limit) throw refuse();
    for (const auto byte : reader.rest())
        if (byte != 0) throw refuse();
    return codec::decompress(frame, plain_size, what);
}

}  // namespace coffre::crypto
