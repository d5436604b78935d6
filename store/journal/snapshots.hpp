#pragma once
// Snapshots as the journal tells of them, in the order folded. Thousands, of which most commands need the
// newest: what was folded at some time may lie in a cache, in blocks that are decoded when first looked at.
// Not thread-safe, not even for reading.

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "store/pack/pack_set.hpp"

namespace coffre::journal {

struct Snapshot {
    ObjectId commit;
    std::string equipment;
    std::string type;                // the equipment's, at that time
    std::vector<std::string> kinds;  // first the one that it was captured as
    Timestamp time;
    Timestamp recorded_at;   // the clock's, whatever `time` claims
    std::string timezone;    // the site's when it was recorded: a name never changes
    std::size_t policy = 0;  // position in State::policies of the one in force when it was recorded
    bool dated_by_operator = false;
    bool complete = true;
    bool changed = true;  // content other than the snapshot before it
    std::uint64_t files = 0;
    std::uint64_t bytes = 0;            // of the files, as they were read
    std::uint64_t added_bytes = 0;      // to the repository: packs
    std::vector<pack::PackInfo> packs;  // of its batch: where its commit is
    ActorId actor;
    std::uint64_t number = 0;  // of its batch in that actor's stream
    std::string author{};      // who captured; "" in records of 0.2.0: the commit tells
    std::string message{};     // what they wrote
    std::string driver{};      // "hikvision 1"; "" in older records: the commit tells
    // What the equipment said that it is; "" where it does not, and in older records.
    std::string device_model{}, serial{}, firmware{};
    // Of the model, by category ("users", and "firmware"): 16 hexadecimal digits, keyed, equal while nothing
    // of that category changes; and "version", that of the model. Empty: no model.
    std::map<std::string, std::string> fingerprints{};
    std::optional<Timestamp> expired{};  // when somebody with the right to let it go did

    [[nodiscard]] const std::string& kind() const { return kinds.front(); }
    [[nodiscard]] bool has_kind(std::string_view name) const {
        return std::find(kinds.begin(), kinds.end(), name) != kinds.end();
    }
};

// Some of them, and what is known without a look at each.
struct SnapshotSpan {
    std::size_t first = 0, count = 0;
    Timestamp oldest, newest;
    // Null: first, first + 1, …; else `count` places from there on, good until the snapshots change.
    const std::size_t* places = nullptr;

    // Where the i-th of them is.
    [[nodiscard]] std::size_t place(std::size_t i) const { return places == nullptr ? first + i : places[i]; }
};

// Snapshots in a store outside memory, which never changes.
class SnapshotSource {
public:
    virtual ~SnapshotSource() = default;
    [[nodiscard]] virtual std::size_t snapshot_count() const = 0;
    [[nodiscard]] virtual const Snapshot& snapshot(std::size_t index) = 0;  // lives as long as the source
    // Those without one of `equipment` may be left out; "": of any.
    [[nodiscard]] virtual std::vector<SnapshotSpan> snapshot_spans(const std::string& equipment) const = 0;
};

class Snapshots {
public:
    Snapshots() = default;
    explicit Snapshots(std::shared_ptr<SnapshotSource> base)
        : base_(std::move(base)), base_size_(base_->snapshot_count()) {}

    [[nodiscard]] std::size_t size() const { return base_size_ + since_.size(); }
    [[nodiscard]] bool empty() const { return size() == 0; }
    [[nodiscard]] const Snapshot& operator[](std::size_t index) const {
        return index < base_size_ ? base_->snapshot(index) : since_[index - base_size_];
    }
    [[nodiscard]] const Snapshot& front() const { return (*this)[0]; }
    [[nodiscard]] const Snapshot& back() const { return (*this)[size() - 1]; }

    class Iterator {
    public:
        using iterator_category = std::input_iterator_tag;
        using value_type = Snapshot;
        using difference_type = std::ptrdiff_t;
        using pointer = const Snapshot*;
        using reference = const Snapshot&;

        Iterator(const Snapshots& all, std::size_t index) : all_(&all), index_(index) {}
        reference operator*() const { return (*all_)[index_]; }
        pointer operator->() const { return &(*all_)[index_]; }
        Iterator& operator++() {
            ++index_;
            return *this;
        }
        friend bool operator==(const Iterator&, const Iterator&) = default;

    private:
        const Snapshots* all_;
        std::size_t index_;
    };
    [[nodiscard]] Iterator begin() const { return {*this, 0}; }
    [[nodiscard]] Iterator end() const { return {*this, size()}; }

    // Of all of them, in the order folded. Those of `equipment` are in one of these; "": all.
    [[nodiscard]] std::vector<SnapshotSpan> spans(const std::string& equipment = "") const;

    void push_back(Snapshot snapshot) { since_.push_back(std::move(snapshot)); }
    // All of them, for changing them: the base is read whole, and left behind. Pointers to what was given
    // before stay good, as after stand_on; what they point to is not changed.
    std::vector<Snapshot>& all();
    // These lie in `base` now, all of them and no other.
    void stand_on(std::shared_ptr<SnapshotSource> base);
    // What is not in the base.
    [[nodiscard]] const std::vector<Snapshot>& since() const { return since_; }
    // Null: all are in memory.
    [[nodiscard]] const std::shared_ptr<SnapshotSource>& base() const { return base_; }

private:
    [[nodiscard]] const std::vector<std::size_t>& places_of(const std::string& equipment) const;

    std::shared_ptr<SnapshotSource> base_;
    std::size_t base_size_ = 0;
    std::vector<Snapshot> since_;
    std::shared_ptr<const Snapshots> former_;  // what pointers may lead to
    // By equipment, where those of since_ are, as far as somebody asked: the first `indexed_` of them.
    mutable std::map<std::string, std::vector<std::size_t>> places_;
    mutable std::size_t indexed_ = 0;
};

}  // namespace coffre::journal
