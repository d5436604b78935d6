#pragma once
// Snapshots as rows of the caches. A row of texts that come again and again names each by its place.

#include <deque>
#include <map>

#include "base/bytes.hpp"
#include "store/journal/snapshots.hpp"

namespace coffre::journal {

// Texts that come again and again, once each.
class Texts {
public:
    void put(Bytes& out, const std::string& text);
    const std::string& take(ByteReader& reader);

private:
    std::map<std::string, std::size_t> positions_;
    std::deque<std::string> texts_;
};

void put_snapshot(Bytes& out, const Snapshot& snapshot, Texts& texts);
// Error{damaged} for what put_snapshot never gave.
Snapshot take_snapshot(ByteReader& reader, Texts& texts);

void put_pack(Bytes& out, const pack::PackInfo& pack);
pack::PackInfo take_pack(ByteReader& reader);

}  // namespace coffre::journal
