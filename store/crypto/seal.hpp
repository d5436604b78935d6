#pragma once
// How plaintext becomes ciphertext in every file of a repository (docs/format.md, "Seals").
//
// A file has a clear header; what follows is a row of chunks, each AES-256-GCM under one key of that file:
//   nonce = counter64 ‖ domain32                                    (little endian)
//   AAD   = SHA-256(header) ‖ counter64 ‖ last8 ‖ kind8 ‖ plain32 ‖ sealed32
// so that no chunk can be moved, repeated, cut off or taken for one of another file or purpose.

#include "store/crypto/key_ring.hpp"

namespace coffre::crypto {

enum class Domain : std::uint32_t { pack_segment = 1, pack_table = 2, sealed_file = 3, sealed_pages = 4 };

constexpr std::size_t chunk_size_max = 1 << 20;  // bytes of plaintext

// One row of chunks under one key.
class ChunkSealer {
public:
    ChunkSealer(const Key& key, const Sha256Digest& header, Domain domain, std::uint8_t kind)
        : aead_(key), header_(header), domain_(domain), kind_(kind) {}

    // Appends the sealed chunk to `out`. `plain` is at most chunk_size_max bytes.
    void seal(std::uint64_t counter, bool last, ByteView plain, Bytes& out);
    // Appends the plaintext to `out`; false when the seal does not fit.
    [[nodiscard]] bool open(std::uint64_t counter, bool last, ByteView sealed, Bytes& out);

private:
    Aead aead_;
    Sha256Digest header_;
    Domain domain_;
    std::uint8_t kind_;
};

// A whole plaintext as consecutive chunks of chunk_size_max, the last one shorter (an empty plaintext is one
// empty chunk). open_row throws Error{damaged, seal_broken, what}.
void seal_row(ChunkSealer& sealer, ByteView plain, Bytes& out);
Bytes open_row(ChunkSealer& sealer, ByteView sealed, std::string_view what);
std::uint64_t sealed_row_size(std::uint64_t plain_size);

// The size that a file of `size` bytes is padded to, so that sizes tell little: the next multiple of 256, and
// above 64 KiB the Padmé bucket (Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and
// Communication with PURBs", 2019): at most 12 % more, less as files grow. `step_max`: a power of two, what
// the steps between padded sizes are at most.
constexpr std::uint64_t any_step = 1ull << 63;
std::uint64_t padded_size(std::uint64_t size, std::uint64_t step_max = any_step);

// How many zero bytes to add to a plaintext of `plain_size` bytes so that `fixed` + its sealed row is a
// padded size.
std::uint64_t padding_for(std::uint64_t fixed, std::uint64_t plain_size, std::uint64_t step_max = any_step);

// Sealed files: everything but packs and slots. Symmetric, for whoever holds the site key.
enum class SealedKind : std::uint8_t {
    journal = 1,
    index = 2,
    state_cache = 3,
    table_cache = 4,
    machine = 5,
    bak = 6  // what an exported snapshot says of itself
};

constexpr std::size_t sealed_header_size = 48;

// Their header (docs/format.md, "Sealed files"): 8 bytes of magic, kind, epoch, a salt; and the key that
// follows from it.
Bytes sealed_header(std::string_view magic, SealedKind kind, const KeyRing& ring, Hedge& hedge);
bool is_sealed_header(std::string_view magic, SealedKind kind, ByteView header);
ChunkSealer header_sealer(SealedKind kind, const KeyRing& ring, ByteView header, Domain domain);

// Compresses, pads, seals: the bytes of the file.
Bytes seal_file(SealedKind kind, const KeyRing& ring, Hedge& hedge, ByteView plain);
// The inverse. Error{damaged} when anything does not fit; `what` names the file. More than `limit` bytes of
// plaintext are refused.
Bytes open_file(SealedKind kind, const KeyRing& ring, ByteView file, std::string_view what,
                std::uint64_t limit = 1ull << 30);

}  // namespace coffre::crypto
