#include "store/pack/pack_reader.hpp"

#include "base/error.hpp"

namespace coffre::pack {

namespace {

constexpr std::uint64_t read_whole_max = 256 << 10;
constexpr std::size_t opened_segments_max = 8;

}  // namespace

PackReader::PackReader(BlobStore& store, std::string name, std::uint64_t size, const crypto::KeyRing& ring)
    : store_(store), name_(std::move(name)), size_(size), ring_(ring) {}

Bytes PackReader::range(std::uint64_t offset, std::uint64_t count) {
    if (offset + count > size_ || offset + count < offset)
        throw Error(Errc::damaged, say<Msg::malformed>(name_), say<Msg::hint_verify>());
    if (size_ > read_whole_max) return store_.get_range(name_, offset, count);
    if (whole_.empty()) {
        // Seals prove that a holder of the keys wrote this; the name, which a signed batch holds, proves who.
        Bytes bytes = store_.get_range(name_, 0, size_);
        if (!name_.ends_with("/" + crypto::sha256(bytes).hex() + ".pack"))
            throw Error(Errc::damaged, say<Msg::name_mismatch>(name_), say<Msg::hint_verify>());
        whole_ = std::move(bytes);
    }
    const auto part = ByteView(whole_).subspan(offset, count);
    return {part.begin(), part.end()};
}

const Bytes& PackReader::header() {
    if (header_.empty()) {
        Bytes bytes = range(0, crypto::pack_header_size);
        crypto::pack_kind(bytes, name_);
        header_ = std::move(bytes);
    }
    return header_;
}

crypto::PackKind PackReader::kind() { return crypto::pack_kind(header(), name_); }

const Table& PackReader::table() {
    if (table_) return *table_;
    const Bytes footer = range(size_ - std::min<std::uint64_t>(size_, pack_footer_size), pack_footer_size);
    const auto sealed_size = load_u64(footer.data());
    if (sealed_size > size_ || size_ - sealed_size < crypto::pack_header_size + pack_footer_size)
        throw Error(Errc::damaged, say<Msg::malformed>(name_), say<Msg::hint_verify>());
    const Bytes sealed = range(size_ - pack_footer_size - sealed_size, sealed_size);
    crypto::ChunkSealer opener(crypto::open_table_key(header(), ring_), crypto::sha256(header()),
                               crypto::Domain::pack_table, header()[8]);
    table_ = std::make_unique<Table>(decode_table(crypto::open_row(opener, sealed, name_), name_));
    return *table_;
}

crypto::ChunkSealer& PackReader::sealer() {
    if (!sealer_)
        sealer_ = std::make_unique<crypto::ChunkSealer>(crypto::open_segment_key(header(), ring_, name_),
                                                        crypto::sha256(header()),
                                                        crypto::Domain::pack_segment, header()[8]);
    return *sealer_;
}

const Bytes& PackReader::segment(std::size_t index) {
    for (auto it = opened_.begin(); it != opened_.end(); ++it) {
        if (it->first != index) continue;
        opened_.splice(opened_.begin(), opened_, it);
        return opened_.front().second;
    }
    const auto& sizes = table().segments;
    if (starts_.empty()) {
        std::uint64_t at = crypto::pack_header_size;
        for (const auto size : sizes) {
            starts_.push_back(at);
            at += size + crypto::Aead::tag_size;
        }
    }
    if (index >= sizes.size())
        throw Error(Errc::damaged, say<Msg::malformed>(name_), say<Msg::hint_verify>());
    const Bytes sealed = range(starts_[index], sizes[index] + crypto::Aead::tag_size);
    Bytes plain;
    if (!sealer().open(index, index + 1 == sizes.size(), sealed, plain))
        throw Error(Errc::damaged, say<Msg::seal_broken>(name_), say<Msg::hint_verify>());
    opened_.emplace_front(index, std::move(plain));
    if (opened_.size() > opened_segments_max) opened_.pop_back();
    return opened_.front().second;
}

// A record may run on into the next segments.
Bytes PackReader::record(std::size_t segment_index, std::size_t offset, std::uint64_t size) {
    Bytes record;
    record.reserve(size);
    while (record.size() < size) {
        const auto rest = ByteView(segment(segment_index++)).subspan(offset);
        append(record, rest.first(std::min<std::uint64_t>(rest.size(), size - record.size())));
        offset = 0;
    }
    return record;
}

Object PackReader::read(const TableEntry& entry, const BaseOf& base_of) {
    if (entry.is_member()) {
        const auto& group = table().groups[entry.group];
        return groups_.read(
            entry, group, name_, [&] { return record(group.segment, group.offset, group.record_size); },
            base_of);
    }
    // Reading a base may close the segment: what has one is copied first.
    const Bytes& first = segment(entry.segment);
    if (!entry.base && entry.offset + entry.record_size <= first.size())
        return decode_record(ByteView(first).subspan(entry.offset, entry.record_size), entry, name_, base_of);
    return decode_record(record(entry.segment, entry.offset, entry.record_size), entry, name_, base_of);
}

void PackReader::check_segments() {
    std::uint64_t end = crypto::pack_header_size;
    for (std::size_t i = 0; i < table().segments.size(); ++i) {
        segment(i);
        end += table().segments[i] + crypto::Aead::tag_size;
    }
    const Bytes footer = range(size_ - pack_footer_size, pack_footer_size);
    if (end + load_u64(footer.data()) + pack_footer_size != size_)
        throw Error(Errc::damaged, say<Msg::malformed>(name_), say<Msg::hint_verify>());
}

std::size_t PackReader::held_bytes() const {
    std::size_t bytes = whole_.size() + groups_.held_bytes();
    for (const auto& [index, segment] : opened_) bytes += segment.size();
    return bytes;
}

void PackReader::let_go() {
    whole_ = {};
    opened_.clear();
    groups_.let_go();
}

}  // namespace coffre::pack
