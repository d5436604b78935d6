#include "store/journal/snapshots.hpp"

#include <algorithm>

namespace coffre::journal {

std::vector<SnapshotSpan> Snapshots::spans(const std::string& equipment) const {
    auto spans = base_ ? base_->snapshot_spans(equipment) : std::vector<SnapshotSpan>();
    // In pieces, so that who asks for the newest looks at few.
    constexpr std::size_t piece = 16;
    const auto* const places = equipment.empty() ? nullptr : &places_of(equipment);
    const auto count = places == nullptr ? since_.size() : places->size();
    spans.reserve(spans.size() + (count + piece - 1) / piece);
    for (std::size_t first = 0; first < count; first += piece) {
        SnapshotSpan span;
        span.first = places == nullptr ? base_size_ + first : (*places)[first];
        span.count = std::min(piece, count - first);
        if (places != nullptr) span.places = places->data() + first;
        span.oldest = span.newest = since_[span.first - base_size_].time;
        for (std::size_t i = 1; i < span.count; ++i) {
            const auto time = since_[span.place(i) - base_size_].time;
            span.oldest = std::min(span.oldest, time);
            span.newest = std::max(span.newest, time);
        }
        spans.push_back(span);
    }
    return spans;
}

const std::vector<std::size_t>& Snapshots::places_of(const std::string& equipment) const {
    static const std::vector<std::size_t> none;
    if (since_.size() < indexed_) {
        places_.clear();
        indexed_ = 0;
    }
    for (; indexed_ < since_.size(); ++indexed_)
        places_[since_[indexed_].equipment].push_back(base_size_ + indexed_);
    const auto found = places_.find(equipment);
    return found == places_.end() ? none : found->second;
}

std::vector<Snapshot>& Snapshots::all() {
    if (base_) {
        std::vector<Snapshot> whole(begin(), end());
        auto former = std::make_shared<const Snapshots>(std::move(*this));
        *this = {};
        since_ = std::move(whole);
        former_ = std::move(former);
    }
    places_.clear();
    indexed_ = 0;
    return since_;
}

void Snapshots::stand_on(std::shared_ptr<SnapshotSource> base) {
    auto former = std::make_shared<const Snapshots>(std::move(*this));
    *this = Snapshots(std::move(base));
    former_ = std::move(former);
}

}  // namespace coffre::journal
