#include "cli/work/hold.hpp"

namespace coffre::cli {

std::vector<HeldSnapshot> held_snapshots(const journal::State& state) {
    std::vector<HeldSnapshot> held;
    auto holds = state.holds;
    for (const auto* snapshot : rules::newest_first(state))
        if (holds.erase(snapshot->commit) > 0)
            held.push_back({snapshot->commit, snapshot, &state.holds.at(snapshot->commit)});
    for (const auto& [commit, hold] : holds) held.push_back({commit, nullptr, &state.holds.at(commit)});
    return held;
}

ObjectId add_hold(Session& session, const std::string& snapshot, const std::string& message) {
    check_reason("-m", message);
    ObjectId commit;
    // Under the lock: it may expire at this moment.
    session.repository().change([&](const journal::State& newest) {
        const rules::NameBook names(newest);
        const auto& found = names.find(snapshot);
        check_kept(newest, names, found);
        commit = found.commit;
        return journal::Json::array({journal::hold_record(commit, message)});
    });
    return commit;
}

ObjectId remove_hold(Session& session, const std::string& snapshot) {
    ObjectId commit;
    session.repository().change([&](const journal::State& newest) {
        const rules::NameBook names(newest);
        const auto& found = names.find(snapshot);
        commit = found.commit;
        if (!newest.holds.contains(commit))
            throw Error(Errc::failed, say<Msg::not_held>(names.name(found)), say<Msg::hint_hold_list>());
        return journal::Json::array({journal::hold_removed_record(commit)});
    });
    return commit;
}

}  // namespace coffre::cli
