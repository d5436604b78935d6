#include "store/journal/journal.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace coffre::journal {

namespace {

constexpr std::uint64_t journal_file_max = 256ull << 20;  // bytes
constexpr int lock_timeout_ms = 10'000;
constexpr std::string_view cache_name = "state";

bool is_journal_file(const std::string& name) {
    return name.size() == 68 && name.ends_with(".jrn") && Sha256Digest::parse(name.substr(0, 64));
}

}  // namespace

std::string journal_blob_name(const Sha256Digest& name) { return "journal/" + name.hex() + ".jrn"; }

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

bool Journal::load_cache(const std::vector<BlobInfo>& files) {
    const auto plain = cache_.read(std::string(cache_name), crypto::SealedKind::state_cache, ring_);
    if (!plain) return false;
    try {
        const Json json = Json::parse(plain->begin(), plain->end());
        auto folded = json.at("files").get<std::vector<std::string>>();
        const auto present = [&](const std::string& name) {
            return std::binary_search(files.begin(), files.end(), BlobInfo{name, 0},
                                      [](const auto& a, const auto& b) { return a.name < b.name; });
        };
        if (!std::all_of(folded.begin(), folded.end(), present)) return false;
        state_ = state_from_json(json.at("state"));
        folded_ = std::move(folded);
        return true;
    } catch (const std::exception&) {
        return false;  // written by another version: made again
    }
}

void Journal::store_cache() {
    Json json;
    json["files"] = folded_;
    json["state"] = to_json(state_);
    const std::string text = json.dump();
    cache_.write(std::string(cache_name), crypto::SealedKind::state_cache, ring_, hedge_, as_bytes(text));
}

void Journal::refresh(bool use_cache) {
    auto files = store_.list("journal");
    // A name that no batch can bear is nobody's batch: verify reports it, nothing else minds it.
    std::erase_if(files, [](const BlobInfo& file) { return !is_journal_file(file.name); });
    if (folded_.empty() && use_cache) load_cache(files);

    std::vector<std::string> names;
    for (const auto& file : files) names.push_back(file.name);
    if (use_cache && !folded_.empty()) {
        std::vector<std::string> fresh;
        std::set_difference(names.begin(), names.end(), folded_.begin(), folded_.end(),
                            std::back_inserter(fresh));
        const bool all_there = names.size() - fresh.size() == folded_.size();
        if (all_there && fresh.empty()) return;
        damage_.clear();
        if (all_there) {
            auto batches = read_files(fresh);
            if (damage_.empty() && fold_more(state_, std::move(batches))) {
                folded_ = std::move(names);
                store_cache();
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

void Journal::publish(BlobStore& store, const crypto::KeyRing& ring, crypto::Hedge& hedge,
                      const Batch& batch) {
    Bytes row;
    append_batch(row, batch);
    const Bytes file = crypto::seal_file(crypto::SealedKind::journal, ring, hedge, row);
    store.put(journal_blob_name(crypto::sha256(file)), file);
}

}  // namespace coffre::journal
