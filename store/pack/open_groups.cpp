#include "store/pack/open_groups.hpp"

namespace coffre::pack {

namespace {

constexpr std::size_t held_max = 12 << 20;  // bytes, unless one alone has more

}  // namespace

Object OpenGroups::read(const TableEntry& entry, const Group& group, std::string_view what,
                        const std::function<Bytes()>& record, const BaseOf& base_of) {
    auto open =
        std::find_if(open_.begin(), open_.end(), [&](const Open& one) { return one.group == entry.group; });
    if (open == open_.end()) {
        // Reading the bases may open others, and close them again.
        Bytes prefix = group_prefix(group, base_of);
        open_.emplace_front(entry.group, group_frame(record(), group, what), std::move(prefix), group.size,
                            what);
        open = open_.begin();
        held_bytes_ += open->plain.held_bytes();
        while (held_bytes_ > held_max && open_.size() > 1) {
            held_bytes_ -= open_.back().plain.held_bytes();
            open_.pop_back();
        }
    } else {
        open_.splice(open_.begin(), open_, open);
    }
    const auto bytes = open->plain.first(entry.at + entry.length).subspan(entry.at);
    return {entry.type, {bytes.begin(), bytes.end()}, entry.is_list()};
}

void OpenGroups::let_go() {
    open_.clear();
    held_bytes_ = 0;
}

}  // namespace coffre::pack
