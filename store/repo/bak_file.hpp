#pragma once
// A snapshot as one file, NAME.bak (docs/format.md, "A snapshot as one file"): a clear header that says what
// it claims to be, then the key slots, the packs and a sealed description as sections, and a signature over
// all of it. This is the file as anybody sees it; bak_snapshot.hpp is what a holder of a key finds inside.

#include <memory>
#include <string>
#include <vector>

#include "base/blob_store.hpp"
#include "base/error.hpp"
#include "store/crypto/primitives.hpp"
#include "store/pack/pack_set.hpp"

namespace coffre::repo {

inline constexpr std::string_view bak_suffix = ".bak";

struct BakHeader {
    RepositoryId repository;
    std::string name;  // the snapshot's standard name: that of the file, without ".bak"
    ActorId signer;
    bool simulated = false;  // of a repository for tests and training
};

enum class BakSection : std::uint8_t { slot = 1, pack = 2, description = 3, signature = 4 };

inline constexpr std::string_view bak_magic = "COFSBAK1";
inline constexpr std::uint64_t bak_header_max = 64 << 10;          // bytes
inline constexpr std::uint64_t bak_description_max = 16ull << 20;  // bytes, sealed
inline constexpr std::size_t bak_section_head = 1 + sizeof(std::uint64_t);

std::string encode_bak_header(const BakHeader& header);
Bytes bak_signature_message(const RepositoryId& repository, const Sha256Digest& everything_before);
Bytes bak_signer_message(const RepositoryId& repository, const ActorId& key, std::string_view name);

// Error{damaged} that names the file.
Error bak_damage(const std::string& what, const Message& why);

// The slots and packs of a .bak, under the names that they have in a repository: what reads those from a
// repository reads them from here. Reads alone; keeps `file` by reference.
class BakParts : public BlobStore {
public:
    BakParts(File& file, std::string what) : file_(file), what_(std::move(what)) {}

    // False: there is one of that name already.
    bool add(const std::string& name, std::uint64_t offset, std::uint64_t size);

    std::vector<BlobInfo> list(const std::string& folder) override;
    std::optional<std::uint64_t> size(const std::string& name) override;
    std::optional<Bytes> get(const std::string& name, std::uint64_t limit) override;
    Bytes get_range(const std::string& name, std::uint64_t offset, std::uint64_t count) override;
    bool put(const std::string& name, ByteView bytes) override;
    void remove(const std::string& name) override;
    std::unique_ptr<FileLock> lock(const std::string& name, LockMode mode, int timeout_ms) override;
    [[nodiscard]] std::string location() const override { return what_; }

private:
    struct Place {
        std::string name;
        std::uint64_t offset;
        std::uint64_t size;
    };
    [[nodiscard]] const Place* find(const std::string& name) const;

    File& file_;
    std::string what_;
    std::vector<Place> places_;
};

// Does this file begin like a .bak of ours, damaged ones too? What does not is somebody else's file.
bool looks_like_bak(File& file);

// One that is whole: every byte of it was read once, in pieces, and the signature is right for the signer
// that the header names. Who that is, only a holder of a key can tell.
class BakFile {
public:
    // `what`: for messages. Error{damaged} for anything that is not exactly such a file, Error{failed} for
    // one that needs a newer version.
    BakFile(std::unique_ptr<File> file, std::string what);

    [[nodiscard]] const BakHeader& header() const { return header_; }
    [[nodiscard]] const std::string& what() const { return what_; }
    [[nodiscard]] std::uint64_t size() const { return size_; }
    // SHA-256 of what is signed: what this file, and no other, is known by.
    [[nodiscard]] const Sha256Digest& id() const { return id_; }
    [[nodiscard]] BlobStore& parts() { return parts_; }
    [[nodiscard]] const std::vector<pack::PackInfo>& packs() const { return packs_; }
    [[nodiscard]] Bytes description() const;  // sealed

    // Error{damaged} unless the file bears the name that it claims.
    void check_name(const std::string& file_name) const;

private:
    void read_header(const Bytes& json);

    std::unique_ptr<File> file_;
    std::string what_;
    BakParts parts_;
    BakHeader header_;
    int format_ = 1, suite_ = 1;
    bool known_features_ = true;
    std::uint64_t size_ = 0;
    Sha256Digest id_;
    std::vector<pack::PackInfo> packs_;
    std::uint64_t description_at_ = 0, description_size_ = 0;
};

}  // namespace coffre::repo
