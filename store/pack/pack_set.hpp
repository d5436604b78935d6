#pragma once
// The packs that a journal names: thousands of them, of which a command needs few. What was known at some
// time may lie in a cache that is searched as it lies; what came since is in memory. Not thread-safe.

#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/ids.hpp"

namespace coffre::pack {

struct PackInfo {
    Sha256Digest name;
    std::uint64_t size = 0;

    friend auto operator<=>(const PackInfo&, const PackInfo&) = default;
};

// Packs in some store outside memory, which never changes.
class PackSource {
public:
    virtual ~PackSource() = default;
    [[nodiscard]] virtual std::optional<PackInfo> find_pack(const Sha256Digest& name) = 0;
    [[nodiscard]] virtual std::vector<PackInfo> all_packs() = 0;
    [[nodiscard]] virtual std::size_t pack_count() const = 0;
    [[nodiscard]] virtual const Sha256Digest& id() const = 0;  // no other source bears it
};

class PackSet {
public:
    PackSet() = default;
    explicit PackSet(std::shared_ptr<PackSource> base) : base_(std::move(base)) {}

    void insert(const PackInfo& pack);  // one of that name that is there stays
    // The same of one that the base does not hold: no look there.
    void insert_since(const PackInfo& pack);
    void erase_if(const std::function<bool(const PackInfo&)>& gone);

    [[nodiscard]] std::optional<PackInfo> find(const Sha256Digest& name) const;
    [[nodiscard]] std::size_t size() const { return since_.size() + (base_ ? base_->pack_count() : 0); }
    // All of them, those of the base first. Reads the whole base.
    [[nodiscard]] std::vector<PackInfo> all() const;
    // What is not in the base, in the order inserted.
    [[nodiscard]] const std::vector<PackInfo>& since() const { return since_; }
    // Null: all are in memory.
    [[nodiscard]] const std::shared_ptr<PackSource>& base() const { return base_; }

private:
    std::shared_ptr<PackSource> base_;
    std::vector<PackInfo> since_;
    std::unordered_map<Sha256Digest, std::size_t, FixedBytesHash> positions_;  // in since_
};

}  // namespace coffre::pack
