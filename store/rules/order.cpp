#include "store/rules/order.hpp"

#include <algorithm>

namespace coffre::rules {

using journal::Snapshot;

namespace {

bool listed_later(const Snapshot* a, const Snapshot* b) { return newer(*b, *a); }

}  // namespace

bool newer(const Snapshot& a, const Snapshot& b) {
    if (a.time != b.time) return a.time > b.time;
    if (a.recorded_at != b.recorded_at) return a.recorded_at > b.recorded_at;
    return a.commit > b.commit;
}

NewestFirst::NewestFirst(const journal::State& state, std::string equipment, std::optional<Timestamp> before)
    : all_(state.snapshots),
      equipment_(std::move(equipment)),
      before_(before),
      closed_(all_.spans(equipment_)) {
    if (before_) std::erase_if(closed_, [&](const auto& span) { return span.oldest >= *before_; });
    const auto is_older = [](const auto& a, const auto& b) { return a.newest < b.newest; };
    if (!std::is_sorted(closed_.begin(), closed_.end(), is_older))
        std::stable_sort(closed_.begin(), closed_.end(), is_older);
}

void NewestFirst::open(const journal::SnapshotSpan& span) {
    for (std::size_t i = 0; i < span.count; ++i) {
        const auto& snapshot = all_[span.place(i)];
        if (!equipment_.empty() && snapshot.equipment != equipment_) continue;
        if (before_ && snapshot.time >= *before_) continue;
        candidates_.push_back(&snapshot);
    }
    std::make_heap(candidates_.begin(), candidates_.end(), listed_later);
}

const Snapshot* NewestFirst::next() {
    while (!closed_.empty() && (candidates_.empty() || candidates_.front()->time <= closed_.back().newest)) {
        const auto span = closed_.back();
        closed_.pop_back();
        open(span);
    }
    if (candidates_.empty()) return nullptr;
    std::pop_heap(candidates_.begin(), candidates_.end(), listed_later);
    const auto* snapshot = candidates_.back();
    candidates_.pop_back();
    return snapshot;
}

std::vector<const Snapshot*> newest_first(const journal::State& state) {
    std::vector<const Snapshot*> order;
    order.reserve(state.snapshots.size());
    NewestFirst all(state);
    while (const auto* snapshot = all.next()) order.push_back(snapshot);
    return order;
}

}  // namespace coffre::rules
