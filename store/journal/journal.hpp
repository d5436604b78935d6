#pragma once
// The journal of one repository: reads the sealed batches, folds them, appends. Not thread-safe.
//
// Opening costs a listing and the batches that are newer than the state cache. A batch is appended under the
// repository's lock: its number is one more than the newest of this actor's stream that lies there.

#include "base/blob_store.hpp"
#include "store/journal/cache.hpp"
#include "store/journal/history.hpp"
#include "store/journal/state.hpp"

namespace coffre::journal {

std::string journal_blob_name(const Sha256Digest& name);  // "journal/<hex>.jrn"

class Journal {
public:
    Journal(BlobStore& store, const crypto::KeyRing& ring, crypto::Hedge& hedge, Environment environment,
            SealedFolder& cache);

    // Reads what is new since the last call. `use_cache` false: everything is read and every signature
    // checked.
    void refresh(bool use_cache = true);

    [[nodiscard]] const State& state() const { return state_; }
    // What the batches up to and at that time say; everything is read. Error{damaged} where they do not fit
    // together. One that was written later and says when something had been is not among them.
    State state_until(Timestamp time);
    // Damage found by the last refresh that read everything; empty after one that the cache served.
    [[nodiscard]] const std::vector<Damage>& damage() const { return damage_; }
    [[nodiscard]] const std::vector<Ignored>& ignored() const { return ignored_; }

    // Publishes one batch of `key`'s stream: when it returns, it is durable and counts. `prepare` is called
    // under the lock, after a refresh, and returns the records: what depends on the newest state is decided
    // there.
    //
    // `key_of` is told whether the store has locks. Where it has none, two processes that sign with one key
    // would fork its stream: each needs a key of its own.
    using KeyOf = std::function<const crypto::SigningKey&(bool locked)>;
    BatchId append(const KeyOf& key_of, const std::vector<pack::PackInfo>& packs,
                   const std::function<Json(const State&, const ActorId&)>& prepare);

    // Calls fn with every batch that counts, oldest first: all files are read, whatever a cache holds.
    // Error{damaged} where one of them cannot be.
    void each_batch(const std::function<void(const Batch&)>& fn);

    // Concatenates the batches of small journal files, verbatim, into one file, which is published. The files
    // that it stands for, to be retired; none where there are too few to be worth it.
    std::vector<BlobInfo> fold_files();

    // The first two batches' worth of a new repository: seals and publishes one that is already signed.
    // The name of its file.
    static Sha256Digest publish(BlobStore& store, const crypto::KeyRing& ring, crypto::Hedge& hedge,
                                const Batch& batch);

private:
    using FileNames = std::vector<Sha256Digest>;  // of journal files

    struct Listed {
        std::size_t known = 0;  // files that are covered
        FileNames fresh;
    };

    std::shared_ptr<History> open_history(const Sha256Digest& id);
    bool load_cache();
    void store_cache();
    bool store_history();
    State fold_history(const FileNames& files);
    [[nodiscard]] std::size_t covered_count() const;
    [[nodiscard]] FileNames covered() const;
    void cover(FileNames names);
    Listed list_files();
    FileNames all_files();
    bool forget_retired();
    bool fold_fresh(const FileNames& fresh);
    std::vector<std::pair<std::string, Batch>> read_files(const FileNames& names,
                                                          std::vector<Damage>& damage);

    BlobStore& store_;
    const crypto::KeyRing& ring_;
    crypto::Hedge& hedge_;
    Environment environment_;
    SealedFolder& cache_;
    State state_;
    // The files that state_ covers: those of the history, and these.
    std::shared_ptr<History> history_;
    FileNames since_;               // sorted
    std::size_t not_in_cache_ = 0;  // files
    std::vector<Damage> damage_;
    std::vector<Ignored> ignored_;
};

}  // namespace coffre::journal
