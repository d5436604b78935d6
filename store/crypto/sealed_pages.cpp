#include "store/crypto/sealed_pages.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/error.hpp"

namespace coffre::crypto {

namespace {

constexpr std::string_view pages_magic = "COFPAGE1";
constexpr std::size_t page_size = 4 << 10;
constexpr std::size_t sealed_page_size = page_size + Aead::tag_size;

}  // namespace

Bytes seal_pages(SealedKind kind, const KeyRing& ring, Hedge& hedge, ByteView plain) {
    Bytes file = sealed_header(pages_magic, kind, ring, hedge);
    auto sealer = header_sealer(kind, ring, file, Domain::sealed_pages);
    const auto pages = std::max<std::size_t>(1, (plain.size() + page_size - 1) / page_size);
    file.reserve(file.size() + pages * sealed_page_size);
    Bytes last(page_size);
    for (std::size_t i = 0; i < pages; ++i) {
        const auto page = plain.subspan(i * page_size, std::min(page_size, plain.size() - i * page_size));
        std::copy(page.begin(), page.end(), last.begin());
        const bool whole = page.size() == page_size;
        if (!whole) std::fill(last.begin() + static_cast<std::ptrdiff_t>(page.size()), last.end(), 0);
        sealer.seal(i, i + 1 == pages, whole ? page : last, file);
    }
    return file;
}

Sha256Digest pages_id(ByteView file) { return sha256(file.first(sealed_header_size)); }

SealedPages::SealedPages(SealedKind kind, const KeyRing& ring, std::unique_ptr<File> file,
                         std::string_view what)
    : file_(std::move(file)), what_(what) {
    Bytes header(sealed_header_size);
    const auto file_size = file_->stat().size;
    if (file_size < sealed_header_size + sealed_page_size ||
        (file_size - sealed_header_size) % sealed_page_size != 0 ||
        file_->read_at(0, header) != header.size() || !is_sealed_header(pages_magic, kind, header))
        throw Error(Errc::damaged, say<Msg::malformed>(what), say<Msg::hint_verify>());
    id_ = sha256(header);
    sealer_ = std::make_unique<ChunkSealer>(header_sealer(kind, ring, header, Domain::sealed_pages));
    open_.resize((file_size - sealed_header_size) / sealed_page_size);
    size_ = open_.size() * page_size;
    plain_ = std::make_unique_for_overwrite<std::uint8_t[]>(size_);
}

ByteView SealedPages::range(std::uint64_t offset, std::uint64_t count) {
    if (offset > size_ || count > size_ - offset)
        throw Error(Errc::damaged, say<Msg::malformed>(what_), say<Msg::hint_verify>());
    const auto end = (offset + count + page_size - 1) / page_size;
    for (auto page = offset / page_size; page < end;) {
        auto last = page;  // as many as are wanted in one go
        while (last < end && !open_[last]) ++last;
        if (last > page) open(page, last);
        page = last + 1;
    }
    return {plain_.get() + offset, static_cast<std::size_t>(count)};
}

void SealedPages::open(std::uint64_t first, std::uint64_t last) {
    Bytes sealed((last - first) * sealed_page_size), plain;
    plain.reserve((last - first) * page_size);
    bool fits = file_->read_at(sealed_header_size + first * sealed_page_size, sealed) == sealed.size();
    for (auto page = first; fits && page < last; ++page)
        fits = sealer_->open(page, page + 1 == open_.size(),
                             ByteView(sealed).subspan((page - first) * sealed_page_size, sealed_page_size),
                             plain);
    if (!fits) throw Error(Errc::damaged, say<Msg::seal_broken>(what_), say<Msg::hint_verify>());
    std::memcpy(plain_.get() + first * page_size, plain.data(), plain.size());
    std::fill(open_.begin() + static_cast<std::ptrdiff_t>(first),
              open_.begin() + static_cast<std::ptrdiff_t>(last), true);
}

SealedRows::SealedRows(SealedPages& pages, std::uint64_t offset, std::uint64_t count, std::size_t row_size)
    : pages_(&pages), offset_(offset), count_(count), row_size_(row_size) {
    if (offset > pages.size() || count > (pages.size() - offset) / row_size)
        throw Error(Errc::damaged, say<Msg::malformed>("rows"), say<Msg::hint_verify>());
}

ByteView SealedRows::all() const {
    return pages_ == nullptr ? ByteView() : pages_->range(offset_, count_ * row_size_);
}

bool SealedRows::is_below(std::uint64_t index, ByteView key) const {
    return std::memcmp(row(index).data(), key.data(), key.size()) < 0;
}

std::uint64_t SealedRows::first_from(ByteView key) const {
    std::uint64_t low = 0, high = count_;
    if (count_ == 0) return 0;
    // Where it would lie if all were spread evenly, and as far around as they seldom stray: one page or two
    // are opened, where halving would open ten.
    std::uint64_t lead = 0;
    for (std::size_t i = 0; i < sizeof lead; ++i) lead = lead << 8 | key[i];
    const auto n = static_cast<double>(count_);
    const auto guess = static_cast<std::uint64_t>(std::ldexp(static_cast<double>(lead), -64) * n);
    const auto stray = static_cast<std::uint64_t>(2 * std::sqrt(n)) + 1;
    const auto from = guess > stray ? guess - stray : 0;
    const auto to = std::min(count_, guess + stray);
    if (from < to && is_below(from, key)) low = from;
    if (from < to && !is_below(to - 1, key)) high = to - 1;
    while (low < high) {
        const auto middle = low + (high - low) / 2;
        if (is_below(middle, key))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

}  // namespace coffre::crypto
