#pragma once
// What a fold knew at some time, in this machine's cache, read where it is needed: the names of the journal
// files, the packs, and the snapshots in blocks. Its seals are checked page by page, when first looked at;
// where one does not fit, all is folded anew from the journal. Not thread-safe.

#include <map>

#include "store/crypto/sealed_pages.hpp"
#include "store/journal/snapshots.hpp"

namespace coffre::journal {

struct State;

// `files`: names of journal files, sorted. To be sealed by crypto::seal_pages.
Bytes encode_history(const std::vector<Sha256Digest>& files, const State& state);

class History final : public pack::PackSource, public SnapshotSource {
public:
    // Error{damaged} for what encode_history never gave, as far as it is looked at yet; the names of files
    // are. `rebuild` folds what these journal files say.
    using Rebuild = std::function<State(const std::vector<Sha256Digest>& files)>;
    History(std::unique_ptr<crypto::SealedPages> pages, Rebuild rebuild);
    ~History() override;

    // 32 bytes each, sorted.
    [[nodiscard]] ByteView file_rows() const { return file_rows_; }
    [[nodiscard]] std::vector<Sha256Digest> files() const;

    [[nodiscard]] const Sha256Digest& id() const override { return pages_->id(); }
    [[nodiscard]] std::optional<pack::PackInfo> find_pack(const Sha256Digest& name) override;
    [[nodiscard]] std::vector<pack::PackInfo> all_packs() override;
    [[nodiscard]] std::size_t pack_count() const override { return packs_.count(); }
    [[nodiscard]] std::size_t snapshot_count() const override { return snapshot_count_; }
    [[nodiscard]] const Snapshot& snapshot(std::size_t index) override;
    [[nodiscard]] std::vector<SnapshotSpan> snapshot_spans(const std::string& equipment) const override;

private:
    struct Block {
        std::uint64_t offset = 0, size = 0;
        Timestamp oldest, newest;
        std::vector<std::uint64_t> equipment;  // positions in equipment_
        std::vector<Snapshot> rows;            // empty: not decoded yet
    };

    void decode(std::size_t block);
    const State& rebuilt();

    std::unique_ptr<crypto::SealedPages> pages_;
    ByteView file_rows_;
    crypto::SealedRows packs_;
    std::size_t snapshot_count_ = 0;
    std::vector<Block> blocks_;
    std::map<std::string, std::uint64_t> equipment_;
    Rebuild rebuild_;
    std::unique_ptr<State> rebuilt_;  // in place of what does not open
};

}  // namespace coffre::journal
