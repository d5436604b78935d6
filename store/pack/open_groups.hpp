#pragma once
// Groups of one pack whose frames are being decoded: most objects of a group are wanted together, each time a
// little further on. Not thread-safe.

#include <functional>
#include <list>

#include "store/pack/pack_format.hpp"

namespace coffre::pack {

class OpenGroups {
public:
    // The member of `group` that `entry` says; `record` gives the group's record where it is not open yet.
    Object read(const TableEntry& entry, const Group& group, std::string_view what,
                const std::function<Bytes()>& record, const BaseOf& base_of);

    [[nodiscard]] std::size_t held_bytes() const { return held_bytes_; }
    void let_go();

private:
    struct Open {
        Open(std::uint32_t number, Bytes frame, Bytes prefix, std::uint64_t size, std::string_view what)
            : group(number), plain(std::move(frame), std::move(prefix), size, std::string(what)) {}
        std::uint32_t group;
        codec::FrameDecoder plain;
    };

    std::list<Open> open_;  // most recent first
    std::size_t held_bytes_ = 0;
};

}  // namespace coffre::pack
