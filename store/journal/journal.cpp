#include "store/journal/journal.hpp"

#include <algorithm>
#include <cstring>
#include <set>

#include "base/error.hpp"

namespace coffre::journal {

namespace {

constexpr std::uint64_t journal_file_max = 256ull << 20;  // bytes
constexpr std::size_t fold_files_min = 8;
constexpr std::uint64_t fold_size_min = 8 << 10;  // bytes: of one batch, mostly
constexpr std::uint64_t fold_size_max = 4 << 20;  // bytes: a larger one is folded enough
constexpr int lock_timeout_ms = 10'000;
constexpr std::string_view cache_name = "state";
constexpr std::string_view history_prefix = "history-";
constexpr std::size_t cache_worth_it = 4;  // files read one by one before the state is written anew
constexpr std::size_t history_step = 256;  // files beside the history before that is written anew

std::string journal_file_name(const Sha256Digest& name) { return name.hex() + ".jrn"; }

// The inverse. Empty for a name that no batch can bear, which is nobody's batch: verify reports it, nothing
// else minds it.
std::optional<Sha256Digest> journal_file(std::string_view name) {
    constexpr std::size_t digits = 2 * Sha256Digest::size;
    if (name.size() != digits + 4 || !name.ends_with(".jrn")) return std::nullopt;
    return Sha256Digest::parse(name.substr(0, digits));
}

// Which of sorted names some are, many asked one after the other.
class NameLookup {
public:
    explicit NameLookup(ByteView rows) : rows_(rows), starts_(buckets + 1) {
        const auto count = rows.size() / Sha256Digest::size;
        for (std::size_t i = 0; i < count; ++i) ++starts_[bucket(row(i)) + 1];
        for (std::size_t i = 0; i < buckets; ++i) starts_[i + 1] += starts_[i];
    }
    [[nodiscard]] std::optional<std::size_t> find(const Sha256Digest& name) const {
        const auto at = bucket(name.bytes.data());
        for (auto i = starts_[at]; i < starts_[at + 1]; ++i)
            if (std::memcmp(row(i), name.bytes.data(), Sha256Digest::size) == 0) return i;
        return std::nullopt;
    }

private:
    static constexpr std::size_t buckets = 1 << 14;
    static std::size_t bucket(const std::uint8_t* name) { return (name[0] << 8 | name[1]) >> 2; }
    [[nodiscard]] const std::uint8_t* row(std::size_t i) const {
        return rows_.data() + i * Sha256Digest::size;
    }

    ByteView rows_;
    std::vector<std::uint32_t> starts_;
};

}  // namespace

std::string journal_blob_name(const Sha256Digest& name) { return "journal/" + journal_file_name(name); }

Journal::Journal(BlobStore& store, const crypto::KeyRing& ring, crypto::Hedge& hedge, Environment environment,
                 SealedFolder& cache)
    : store_(store), ring_(ring), hedge_(hedge), environment_(environment), cache_(cache) {}

std::vector<std::pair<std::string, Batch>> Journal::read_files(const FileNames& names,
                                                               std::vector<Damage>& damage) {
    std::vector<std::pair<std::string, Batch>> batches;
    for (const auto& name : names) {
        const std::string path = journal_blob_name(name);
        try {
            const auto file = store_.get(path, journal_file_max);
            if (!file) throw Error(Errc::damaged, say<Msg::file_missing>(path));
            if (crypto::sha256(*file) != name)
                throw Error(Errc::damaged, say<Msg::name_mismatch>(path), say<Msg::hint_verify>());
            const Bytes row = crypto::open_file(crypto::SealedKind::journal, ring_, *file, path);
            for (auto& batch : parse_batches(row, ring_.repository, path))
                batches.emplace_back(path, std::move(batch));
        } catch (const Error& error) {
            if (error.code() != Errc::damaged) throw;
            damage.push_back({path, error.message()});
        }
    }
    return batches;
}

std::shared_ptr<History> Journal::open_history(const Sha256Digest& id) {
    auto pages =
        cache_.open_pages(std::string(history_prefix) + id.hex(), crypto::SealedKind::state_cache, ring_);
    if (!pages || pages->id() != id) return nullptr;
    return std::make_shared<History>(std::move(pages),
                                     [this](const auto& files) { return fold_history(files); });
}

bool Journal::load_cache() {
    const auto plain = cache_.read(std::string(cache_name), crypto::SealedKind::state_cache, ring_);
    if (!plain) return false;
    try {
        ByteReader reader(*plain, cache_name);
        auto history = open_history(Sha256Digest::from(reader.take(Sha256Digest::size)));
        if (!history) return false;
        FileNames since;
        for (auto files = reader.varint(); files > 0; --files)
            since.push_back(Sha256Digest::from(reader.take(Sha256Digest::size)));
        state_ = decode_state(reader.rest(), history);
        since_ = std::move(since);
        history_ = std::move(history);
        return true;
    } catch (const std::exception&) {
        state_ = {};  // damaged, or written by another version: made again
        return false;
    }
}

void Journal::store_cache() {
    not_in_cache_ = 0;
    const bool stands = history_ && state_.snapshots.base() == history_ && state_.packs.base() == history_;
    const bool fresh_history = !stands || since_.size() >= history_step;
    if (fresh_history && !store_history()) return;
    // Another process may have put a new one in its place, and a state that stands on that.
    const auto history = std::string(history_prefix) + history_->id().hex();
    if (!cache_.open_pages(history, crypto::SealedKind::state_cache, ring_)) return;
    Bytes out;
    coffre::append(out, history_->id().view());
    append_varint(out, since_.size());
    for (const auto& name : since_) coffre::append(out, name.view());
    coffre::append(out, encode_state(state_, history_));
    cache_.write(std::string(cache_name), crypto::SealedKind::state_cache, ring_, hedge_, out);
    if (fresh_history) cache_.remove_others(std::string(history_prefix), history);
}

// Everything goes into a new history, and the state stands on that.
bool Journal::store_history() {
    const auto files = covered();
    const auto id = cache_.write_pages(std::string(history_prefix), crypto::SealedKind::state_cache, ring_,
                                       hedge_, encode_history(files, state_));
    if (!id) return false;
    try {
        auto history = open_history(*id);
        if (!history) return false;
        history_ = std::move(history);
    } catch (const Error&) {
        return false;
    }
    state_.snapshots.stand_on(history_);
    state_.packs = pack::PackSet(history_);
    since_.clear();
    return true;
}

// What the history said, from the files that it covers. It is not believed again.
State Journal::fold_history(const FileNames& files) {
    cache_.remove_others(std::string(cache_name), "");
    std::vector<Damage> damage;
    std::vector<Ignored> ignored;
    auto state = fold(read_files(files, damage), ring_.repository, damage, ignored);
    if (!damage.empty()) throw Error(Errc::damaged, damage.front().what, say<Msg::hint_verify>());
    return state;
}

std::size_t Journal::covered_count() const {
    return since_.size() + (history_ ? history_->file_rows().size() / Sha256Digest::size : 0);
}

Journal::FileNames Journal::covered() const {
    auto names = history_ ? history_->files() : FileNames();
    names.insert(names.end(), since_.begin(), since_.end());
    std::sort(names.begin(), names.end());
    return names;
}

void Journal::cover(FileNames names) {
    history_.reset();
    since_ = std::move(names);
    std::sort(since_.begin(), since_.end());
}

// One pass over what lies there: what is new, and whether all that is covered is there still.
Journal::Listed Journal::list_files() {
    Listed listed;
    const NameLookup old(history_ ? history_->file_rows() : ByteView());
    store_.each_name("journal", [&](std::string_view name) {
        const auto file = journal_file(name);
        if (!file) return;
        if (old.find(*file) || std::binary_search(since_.begin(), since_.end(), *file))
            ++listed.known;
        else
            listed.fresh.push_back(*file);
    });
    std::sort(listed.fresh.begin(), listed.fresh.end());
    return listed;
}

Journal::FileNames Journal::all_files() {
    FileNames names;
    store_.each_name("journal", [&](std::string_view name) {
        if (const auto file = journal_file(name)) names.push_back(*file);
    });
    std::sort(names.begin(), names.end());
    return names;
}

// What gc put out of use and removed was written anew before, in another file. True: nothing else is missing.
bool Journal::forget_retired() {
    std::set<Sha256Digest> there, retired;
    store_.each_name("journal", [&](std::string_view name) {
        if (const auto file = journal_file(name)) there.insert(*file);
    });
    constexpr std::string_view folder = "journal/";
    for (const auto& file : state_.retired)
        if (file.name.starts_with(folder))
            if (const auto name = journal_file(std::string_view(file.name).substr(folder.size())))
                retired.insert(*name);
    auto files = covered();
    std::erase_if(files, [&](const auto& name) { return retired.contains(name) && !there.contains(name); });
    if (!std::includes(there.begin(), there.end(), files.begin(), files.end())) return false;
    cover(std::move(files));
    not_in_cache_ = cache_worth_it;
    return true;
}

// Folds them onto the state; false where only a fold of everything will do.
bool Journal::fold_fresh(const FileNames& fresh) {
    std::vector<Damage> damage;
    auto batches = read_files(fresh, damage);
    const auto generation = state_.gc_generation;
    if (!damage.empty() || !fold_more(state_, std::move(batches))) return false;
    since_.insert(since_.end(), fresh.begin(), fresh.end());
    std::sort(since_.begin(), since_.end());
    not_in_cache_ += fresh.size();
    // After a gc what an older cache covers goes away.
    if (not_in_cache_ >= cache_worth_it || state_.gc_generation != generation) store_cache();
    return true;
}

void Journal::refresh(bool use_cache) {
    // A second time: another process may have put a new history in place of the one that the state names.
    if (covered_count() == 0 && use_cache && !load_cache()) load_cache();
    if (use_cache && covered_count() > 0) {
        auto listed = list_files();
        const bool all_there = listed.known == covered_count() || forget_retired();
        if (all_there && listed.fresh.empty() && not_in_cache_ < cache_worth_it) return;
        if (all_there) damage_.clear();
        if (all_there && fold_fresh(listed.fresh)) return;
    }
    damage_.clear();
    ignored_.clear();
    auto names = all_files();
    state_ = fold(read_files(names, damage_), ring_.repository, damage_, ignored_);
    if (state_.site.client.empty() && damage_.empty())
        damage_.push_back({"journal", say<Msg::genesis_missing>()});
    cover(damage_.empty() && ignored_.empty() ? std::move(names) : FileNames());
    if (covered_count() == 0) return;
    if (use_cache) {
        store_cache();
        return;
    }
    // Nothing that was just written is read back where no cache may be believed.
    State whole = state_;
    auto files = since_;
    store_cache();
    state_ = std::move(whole);
    cover(std::move(files));
}

State Journal::state_until(Timestamp time) {
    std::vector<Damage> damage;
    std::vector<Ignored> ignored;
    auto batches = read_files(all_files(), damage);
    // Of each stream the beginning stays, as far as the last one that was written by then.
    std::map<ActorId, std::uint64_t> last;
    for (const auto& [file, batch] : batches)
        if (batch.written_at() <= time) last[batch.actor] = std::max(last[batch.actor], batch.number);
    std::erase_if(batches, [&](const auto& item) {
        const auto reached = last.find(item.second.actor);
        return reached == last.end() || reached->second < item.second.number;
    });
    auto state = fold(std::move(batches), ring_.repository, damage, ignored);
    if (!damage.empty()) throw Error(Errc::damaged, damage.front().what, say<Msg::hint_verify>());
    return state;
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
    // What its clock showed is told beside it: once a clock was ahead, the days until then have times too.
    const auto now = environment_.clock.now();
    batch.time = std::max(now, Timestamp{state_.last_time.ns + 1});
    if (now < batch.time) batch.clock = now;
    sign_batch(batch, key, ring_.repository);
    const auto file = publish(store_, ring_, hedge_, batch);
    if (covered_count() == 0 || !fold_fresh({file})) refresh();
    return batch.id;
}

static void sort_by_time(std::vector<std::pair<std::string, Batch>>& batches) {
    std::sort(batches.begin(), batches.end(), [](const auto& a, const auto& b) {
        return a.second.time != b.second.time ? a.second.time < b.second.time : a.second.id < b.second.id;
    });
}

void Journal::each_batch(const std::function<void(const Batch&)>& fn) {
    refresh();
    std::vector<Damage> damage;
    auto batches = read_files(all_files(), damage);
    if (!damage.empty()) throw Error(Errc::damaged, damage.front().what, say<Msg::hint_verify>());
    sort_by_time(batches);
    std::set<BatchId> seen;  // a folded file repeats what small ones may still hold
    for (const auto& [file, batch] : batches)
        if (state_.counts(batch.actor, batch.number) && seen.insert(batch.id).second) fn(batch);
}

// What is larger than all the smaller ones together stays as it is: a batch is written again a few times in
// the life of a repository, not at every run.
static void keep_alike(std::vector<BlobInfo>& files, std::vector<Sha256Digest>& names) {
    std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.size < b.size; });
    std::uint64_t sum = 0;
    std::size_t count = 0;
    while (count < files.size() && files[count].size <= std::max(sum, fold_size_min))
        sum += files[count++].size;
    files.resize(count);
    names.clear();
    for (const auto& file : files) names.push_back(*journal_file(file.name));
}

std::vector<BlobInfo> Journal::fold_files() {
    std::vector<BlobInfo> small;
    FileNames names;
    for (auto& file : store_.list("journal")) {
        const auto name = journal_file(file.name);
        if (!name || file.size > fold_size_max) continue;
        small.push_back(std::move(file));
        names.push_back(*name);
    }
    keep_alike(small, names);
    if (small.size() < fold_files_min) return {};
    std::vector<Damage> damage;
    auto batches = read_files(names, damage);
    if (!damage.empty()) throw Error(Errc::damaged, damage.front().what, say<Msg::hint_verify>());
    sort_by_time(batches);
    Bytes row;
    std::set<BatchId> seen;
    for (const auto& [file, batch] : batches)
        if (seen.insert(batch.id).second) append_batch(row, batch);
    const Bytes file = crypto::seal_file(crypto::SealedKind::journal, ring_, hedge_, row);
    const auto name = crypto::sha256(file);
    store_.put(journal_blob_name(name), file);
    // What it holds is folded into the state already.
    const auto known = covered();
    if (!known.empty() && std::includes(known.begin(), known.end(), names.begin(), names.end())) {
        since_.insert(std::lower_bound(since_.begin(), since_.end(), name), name);
        store_cache();
    }
    return small;
}

Sha256Digest Journal::publish(BlobStore& store, const crypto::KeyRing& ring, crypto::Hedge& hedge,
                              const Batch& batch) {
    Bytes row;
    append_batch(row, batch);
    const Bytes file = crypto::seal_file(crypto::SealedKind::journal, ring, hedge, row);
    const auto name = crypto::sha256(file);
    store.put(journal_blob_name(name), file);
    return name;
}

}  // namespace coffre::journal
