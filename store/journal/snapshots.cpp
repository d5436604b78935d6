#include "store/journal/snapshots.hpp"

#include <algorithm>

namespace coffre::journal {

std::vector<SnapshotSpan> Snapshots::spans(const std::string& equipment) const {
    auto spans = base_ ? base_->snapshot_spans(equipment) : std::vector<SnapshotSpan>();
    // In pieces, so that who asks for the newest looks at few.
    constexpr std::size_t piece = 32;
    for (std::size_t first = 0; first < since_.size(); first += piece) {
        const auto count = std::min(piece, since_.size() - first);
        SnapshotSpan span{base_size_ + first, count, since_[first].time, since_[first].time};
        for (std::size_t i = first + 1; i < first + count; ++i) {
            span.oldest = std::min(span.oldest, since_[i].time);
            span.newest = std::max(span.newest, since_[i].time);
        }
        spans.push_back(span);
    }
    return spans;
}

std::vector<Snapshot>& Snapshots::all() {
    if (base_) {
        std::vector<Snapshot> whole(begin(), end());
        auto former = std::make_shared<const Snapshots>(std::move(*this));
        *this = {};
        since_ = std::move(whole);
        former_ = std::move(former);
    }
    return since_;
}

void Snapshots::stand_on(std::shared_ptr<SnapshotSource> base) {
    auto former = std::make_shared<const Snapshots>(std::move(*this));
    *this = Snapshots(std::move(base));
    former_ = std::move(former);
}

}  // namespace coffre::journal
