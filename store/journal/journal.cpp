#include "store/journal/journal.hpp"

#include <algorithm>
#include <set>

#include "base/error.hpp"

namespace coffre::journal {

namespace {

constexpr std::uint64_t journal_file_max = 256ull << 20;  // bytes
constexpr std::size_t fold_files_min = 8;
constexpr std::uint64_t fold_size_max = 4 << 20;  // bytes: a larger one is folded enough
constexpr int lock_timeout_ms = 10'000;
constexpr std::string_view cache_name = "state";
constexpr std::size_t cache_worth_it = 16;  // files read one by one before the cache is written anew

bool is_journal_file(const std::string& name) {
    return name.size() == 68 && name.ends_with(".jrn") && Sha256Digest::parse(name.substr(0, 64));
}

std::string journal_file_name(const Sha256Digest& name) { return name.hex() + ".jrn"; }

}  // namespace

std::string journal_blob_name(const Sha256Digest& name) { return "journal/" + journal_file_name(name); }

Journal::Journal(BlobStore& store, const crypto::KeyRing& ring, crypto::Hedge& hedge, Environment environment,
                 SealedFolder& cache)
    : store_(store), ring_(ring), hedge_(hedge), environment_(environment), cache_(cache) {}

std::vector<std::pair<std::string, Batch>> Journal::read_files(const std::vector<std::string>& names) {
    std::vector<std::pair<std::string, Batch>> batches;
    for (const auto& name : names) {
        const std::string path = "journal/" + name;
        try {
            const auto file = store_.get(path, journal_file_max);
            if (!file) throw Error(Errc::damaged, say<Msg::file_missing>(path));
            if (journal_blob_name(crypto::sha256(*file)) != path)
                throw Error(Errc::damaged, say<Msg::name_mismatch>(path), say<Msg::hint_verify>());
            const Bytes row = crypto::open_file(crypto::SealedKind::journal, ring_, *file, path);
            for (auto& batch : parse_batches(row, ring_.repository, path))
                batches.emplace_back(path, std::move(batch));
        } catch (const Error& error) {
            if (error.code() != Errc::damaged) throw;
            damage_.push_back({path, error.message()});
        }
    }
    return batches;
}

void Journal::load_cache() {
    const auto plain = cache_.read(std::string(cache_name), crypto::SealedKind::state_cache, ring_);
    if (!plain) return;
    try {
        ByteReader reader(*plain, cache_name);
        std::vector<std::string> folded;
        for (auto files = reader.varint(); files > 0; --files)
            folded.push_back(journal_file_name(Sha256Digest::from(reader.take(Sha256Digest::size))));
        state_ = decode_state(reader.rest());
        folded_ = std::move(folded);
    } catch (const std::exception&) {
        state_ = {};  // written by another version: made again
    }
}

void Journal::store_cache() {
    Bytes out;
    append_varint(out, folded_.size());
    for (const auto& name : folded_) {
        const auto hex = std::string_view(name).substr(0, 2 * Sha256Digest::size);
        coffre::append(out, Sha256Digest::parse(hex)->view());
    }
    coffre::append(out, encode_state(state_));
    cache_.write(std::string(cache_name), crypto::SealedKind::state_cache, ring_, hedge_, out);
    not_in_cache_ = 0;
}

// What gc put out of use and removed was written anew before, in another file.
void Journal::forget_retired(const std::vector<std::string>& there) {
    std::set<std::string> retired;
    for (const auto& file : state_.retired) retired.insert(file.name);
    std::erase_if(folded_, [&](const auto& name) {
        return retired.contains("journal/" + name) && !std::binary_search(there.begin(), there.end(), name);
    });
}

void Journal::refresh(bool use_cache) {
    auto names = store_.names("journal");
    // A name that no batch can bear is nobody's batch: verify reports it, nothing else minds it.
    std::erase_if(names, [](const auto& name) { return !is_journal_file(name); });
    if (folded_.empty() && use_cache) load_cache();

    if (use_cache && !folded_.empty()) {
        std::vector<std::string> fresh;
        std::set_difference(names.begin(), names.end(), folded_.begin(), folded_.end(),
                            std::back_inserter(fresh));
        if (names.size() - fresh.size() != folded_.size()) forget_retired(names);
        const bool all_there = names.size() - fresh.size() == folded_.size();
        if (all_there && fresh.empty()) return;
        damage_.clear();
        if (all_there) {
            auto batches = read_files(fresh);
            const auto generation = state_.gc_generation;
            if (damage_.empty() && fold_more(state_, std::move(batches))) {
                folded_ = std::move(names);
                not_in_cache_ += fresh.size();
                // After a gc what an older cache covers goes away.
                if (not_in_cache_ >= cache_worth_it || state_.gc_generation != generation) store_cache();
                return;
            }
        }
    }
    damage_.clear();
    ignored_.clear();
    state_ = fold(read_files(names), ring_.repository, damage_, ignored_);
    if (state_.site.client.empty() && damage_.empty())
        damage_.push_back({"journal", say<Msg::genesis_missing>()});
    folded_ = damage_.empty() && ignored_.empty() ? std::move(names) : std::vector<std::string>{};
    if (!folded_.empty()) store_cache();
}

BatchId Journal::append(const KeyOf& key_of, const std::vector<pack::PackInfo>& packs,
                        const std::function<Json(const State&, const ActorId&)>& prepare) {
    const auto guard = store_.lock("lock", LockMode::exclusive, lock_timeout_ms);
    const crypto::SigningKey& key = key_of(guard != nullptr);
    refresh();
    if (!damage_.empty()) throw Error(Errc::damaged, damage_.front().what, say<Msg::hint_verify>());
    Batch batch;
    batch.packs = packs;
    batch.records = prepare(state_, key.id());
    const auto stream = state_.streams.find(key.id());
    if (stream != state_.streams.end()) {
        batch.number = stream->second.number + 1;
        batch.previous = stream->second.id;
    }
    for (const auto& [actor, head] : state_.streams)
        if (actor != key.id()) batch.heads.push_back(head.id);
    // Within one repository time does not go backwards: what comes later in the journal is later in time.
    batch.time = std::max(environment_.clock.now(), Timestamp{state_.last_time.ns + 1});
    sign_batch(batch, key, ring_.repository);
    publish(store_, ring_, hedge_, batch);
    refresh();
    return batch.id;
}

std::vector<BlobInfo> Journal::fold_files() {
    std::vector<BlobInfo> small;
    for (auto& file : store_.list("journal"))
        if (is_journal_file(file.name) && file.size <= fold_size_max) small.push_back(std::move(file));
    if (small.size() < fold_files_min) return {};
    std::vector<std::string> names;
    for (const auto& file : small) names.push_back(file.name);
    damage_.clear();
    auto batches = read_files(names);
    if (!damage_.empty()) throw Error(Errc::damaged, damage_.front().what, say<Msg::hint_verify>());
    std::sort(batches.begin(), batches.end(), [](const auto& a, const auto& b) {
        return a.second.time != b.second.time ? a.second.time < b.second.time : a.second.id < b.second.id;
    });
    Bytes row;
    std::set<BatchId> seen;
    for (const auto& [file, batch] : batches)
        if (seen.insert(batch.id).second) append_batch(row, batch);
    const Bytes file = crypto::seal_file(crypto::SealedKind::journal, ring_, hedge_, row);
    const auto name = journal_blob_name(crypto::sha256(file));
    store_.put(name, file);
    // What it holds is folded into the state already.
    const auto is_folded = [&](const auto& one) {
        return std::binary_search(folded_.begin(), folded_.end(), one);
    };
    if (std::all_of(names.begin(), names.end(), is_folded)) {
        const auto file_name = name.substr(name.find('/') + 1);
        folded_.insert(std::lower_bound(folded_.begin(), folded_.end(), file_name), file_name);
        store_cache();
    }
    return small;
}

void Journal::publish(BlobStore& store, const crypto::KeyRing& ring, crypto::Hedge& hedge,
                      const Batch& batch) {
    Bytes row;
    append_batch(row, batch);
    const Bytes file = crypto::seal_file(crypto::SealedKind::journal, ring, hedge, row);
    store.put(journal_blob_name(crypto::sha256(file)), file);
}

}  // namespace coffre::journal
