#include "store/journal/history.hpp"

#include <algorithm>
#include <set>

#include "base/error.hpp"
#include "store/journal/snapshot_rows.hpp"
#include "store/journal/state.hpp"

namespace coffre::journal {

namespace {

// Counts of files, packs and snapshots, then where the directory lies and its size, u64 each. Then the names
// of files, 32 bytes each, and the packs, name and size u64, both sorted; the blocks; the directory.
constexpr std::size_t head_size = 5 * 8;
constexpr std::size_t pack_row_size = Sha256Digest::size + 8;
constexpr std::size_t block_max = 256;  // snapshots

std::int64_t take_i64(ByteReader& reader) { return static_cast<std::int64_t>(reader.u64()); }

}  // namespace

Bytes encode_history(const std::vector<Sha256Digest>& files, const State& state) {
    auto packs = state.packs.all();
    std::sort(packs.begin(), packs.end());
    Bytes rows;
    for (const auto& name : files) append(rows, name.view());
    for (const auto& pack : packs) {
        append(rows, pack.name.view());
        append_u64(rows, pack.size);
    }
    const auto& snapshots = state.snapshots;
    std::map<std::string, std::uint64_t> equipment;
    for (const auto& snapshot : snapshots) equipment.try_emplace(snapshot.equipment, equipment.size());
    Bytes directory;
    append_varint(directory, equipment.size());
    for (const auto& [name, number] : equipment) {
        append_varint(directory, number);
        append_varint(directory, name.size());
        append(directory, as_bytes(name));
    }
    for (std::size_t first = 0; first < snapshots.size(); first += block_max) {
        const auto last = std::min(snapshots.size(), first + block_max);
        const auto offset = rows.size();
        Timestamp oldest = snapshots[first].time, newest = oldest;
        std::set<std::uint64_t> there;
        Texts texts;
        for (auto i = first; i < last; ++i) {
            const auto& snapshot = snapshots[i];
            oldest = std::min(oldest, snapshot.time);
            newest = std::max(newest, snapshot.time);
            there.insert(equipment.at(snapshot.equipment));
            put_snapshot(rows, snapshot, texts);
        }
        append_varint(directory, head_size + offset);
        append_varint(directory, rows.size() - offset);
        append_u64(directory, static_cast<std::uint64_t>(oldest.ns));
        append_u64(directory, static_cast<std::uint64_t>(newest.ns));
        append_varint(directory, there.size());
        for (const auto number : there) append_varint(directory, number);
    }
    Bytes out;
    out.reserve(head_size + rows.size() + directory.size());
    for (const std::uint64_t number :
         {files.size(), packs.size(), snapshots.size(), head_size + rows.size(), directory.size()})
        append_u64(out, number);
    append(out, rows);
    append(out, directory);
    return out;
}

History::History(std::unique_ptr<crypto::SealedPages> pages, Rebuild rebuild)
    : pages_(std::move(pages)), rebuild_(std::move(rebuild)) {
    ByteReader head(pages_->range(0, head_size), "history");
    const auto files = head.u64(), packs = head.u64(), snapshots = head.u64();
    const auto directory_at = head.u64(), directory_size = head.u64();
    file_rows_ = crypto::SealedRows(*pages_, head_size, files, Sha256Digest::size).all();
    packs_ = {*pages_, head_size + files * Sha256Digest::size, packs, pack_row_size};
    ByteReader directory(pages_->range(directory_at, directory_size), "history");
    for (auto names = directory.varint(); names > 0; --names) {
        const auto number = directory.varint();
        equipment_.emplace(as_text(directory.take(directory.varint())), number);
    }
    snapshot_count_ = snapshots;
    while (!directory.empty()) {
        Block block;
        block.offset = directory.varint();
        block.size = directory.varint();
        block.oldest.ns = take_i64(directory);
        block.newest.ns = take_i64(directory);
        for (auto there = directory.varint(); there > 0; --there)
            block.equipment.push_back(directory.varint());
        blocks_.push_back(std::move(block));
    }
    if (blocks_.size() != (snapshot_count_ + block_max - 1) / block_max) directory.fail();
}

History::~History() = default;

std::vector<Sha256Digest> History::files() const {
    std::vector<Sha256Digest> names(file_rows_.size() / Sha256Digest::size);
    for (std::size_t i = 0; i < names.size(); ++i)
        names[i] = Sha256Digest::from(file_rows_.subspan(i * Sha256Digest::size, Sha256Digest::size));
    return names;
}

const State& History::rebuilt() {
    if (!rebuilt_) {
        rebuilt_ = std::make_unique<State>(rebuild_(files()));
        if (rebuilt_->snapshots.size() != snapshot_count_ || rebuilt_->packs.size() != packs_.count())
            throw Error(Errc::damaged, say<Msg::malformed>("history"), say<Msg::hint_verify>());
    }
    return *rebuilt_;
}

void History::decode(std::size_t number) {
    auto& block = blocks_[number];
    const auto first = number * block_max;
    const auto count = std::min(block_max, snapshot_count_ - first);
    std::vector<Snapshot> rows;
    rows.reserve(count);
    try {
        ByteReader reader(pages_->range(block.offset, block.size), "history");
        Texts texts;
        while (rows.size() < count) rows.push_back(take_snapshot(reader, texts));
    } catch (const Error&) {
        rows.clear();
        for (auto i = first; i < first + count; ++i) rows.push_back(rebuilt().snapshots[i]);
    }
    block.rows = std::move(rows);
}

const Snapshot& History::snapshot(std::size_t index) {
    const auto block = index / block_max;
    if (blocks_[block].rows.empty()) decode(block);
    return blocks_[block].rows[index % block_max];
}

std::vector<SnapshotSpan> History::snapshot_spans(const std::string& equipment) const {
    std::vector<SnapshotSpan> spans;
    const auto known = equipment_.find(equipment);
    if (!equipment.empty() && known == equipment_.end()) return spans;
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
        const auto& block = blocks_[i];
        if (!equipment.empty() &&
            !std::binary_search(block.equipment.begin(), block.equipment.end(), known->second))
            continue;
        const auto first = i * block_max;
        spans.push_back({first, std::min(block_max, snapshot_count_ - first), block.oldest, block.newest});
    }
    return spans;
}

std::optional<pack::PackInfo> History::find_pack(const Sha256Digest& name) {
    if (rebuilt_) return rebuilt_->packs.find(name);
    try {
        const auto at = packs_.first_from(name.view());
        if (at == packs_.count()) return std::nullopt;
        ByteReader row(packs_.row(at), "history");
        if (Sha256Digest::from(row.take(Sha256Digest::size)) != name) return std::nullopt;
        return pack::PackInfo{name, row.u64()};
    } catch (const Error&) {
        return rebuilt().packs.find(name);
    }
}

std::vector<pack::PackInfo> History::all_packs() {
    if (rebuilt_) return rebuilt_->packs.all();
    try {
        ByteReader reader(packs_.all(), "history");
        std::vector<pack::PackInfo> packs;
        packs.reserve(packs_.count());
        while (!reader.empty()) {
            const auto name = Sha256Digest::from(reader.take(Sha256Digest::size));
            packs.push_back({name, reader.u64()});
        }
        return packs;
    } catch (const Error&) {
        return rebuilt().packs.all();
    }
}

}  // namespace coffre::journal
