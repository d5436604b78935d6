#include "store/journal/snapshots.hpp"

#include <algorithm>

namespace coffre::journal {

std::vector<SnapshotSpan> Snapshots::spans(const std::string& equipment) const {
    auto spans = base_ ? base_->snapshot_spans(equipment) : std::vector<SnapshotSpan>();
    if (since_.empty()) return spans;
    const auto [oldest, newest] = std::minmax_element(
        since_.begin(), since_.end(), [](const auto& a, const auto& b) { return a.time < b.time; });
    spans.push_back({base_size_, since_.size(), oldest->time, newest->time});
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
