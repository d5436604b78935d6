#pragma once
// Values used lately, as many as fit in a number of bytes; those used longest ago go first. Not thread-safe.

#include <list>
#include <unordered_map>

#include "base/ids.hpp"

namespace coffre::pack {

template <class Key, class Value>
class ByteCache {
public:
    explicit ByteCache(std::size_t bytes_max) : bytes_max_(bytes_max) {}

    // Valid until the next put().
    const Value* find(const Key& key) {
        const auto found = positions_.find(key);
        if (found == positions_.end()) return nullptr;
        items_.splice(items_.begin(), items_, found->second);
        return &items_.front().value;
    }

    // A value larger than a quarter of the whole is not kept: it would empty the cache for one use.
    void put(const Key& key, Value value, std::size_t bytes) {
        if (bytes > bytes_max_ / 4) return;
        if (const auto known = positions_.find(key); known != positions_.end()) {
            bytes_ -= known->second->bytes;
            items_.erase(known->second);
            positions_.erase(known);
        }
        items_.push_front({key, std::move(value), bytes});
        positions_.emplace(key, items_.begin());
        bytes_ += bytes;
        while (bytes_ > bytes_max_) {
            bytes_ -= items_.back().bytes;
            positions_.erase(items_.back().key);
            items_.pop_back();
        }
    }

    void clear() {
        items_.clear();
        positions_.clear();
        bytes_ = 0;
    }

private:
    struct Item {
        Key key;
        Value value;
        std::size_t bytes;
    };

    std::size_t bytes_max_;
    std::size_t bytes_ = 0;
    std::list<Item> items_;  // most recent first
    std::unordered_map<Key, typename std::list<Item>::iterator, FixedBytesHash> positions_;
};

}  // namespace coffre::pack
