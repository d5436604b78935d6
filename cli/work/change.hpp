#pragma once
// Change windows (docs/cli/change.md): a snapshot before a change, one after it, and what is between them.

#include <string>
#include <vector>

#include "cli/work/capture.hpp"
#include "cli/work/model.hpp"
#include "store/rules/windows.hpp"

namespace coffre::cli {

struct ChangeRequest {
    std::vector<std::string> names;
    std::vector<std::string> categories;  // of rules::change_categories
    std::string id;                       // of the window to end; "": the one of `names`, or the only one
    std::string message;
    std::string despite;  // why it goes on though a snapshot is missing or partial; "": it does not
    std::string from;     // files exported by hand, of one equipment
    bool remove_source = false;
};

// A window, and what was captured for it.
struct ChangeStep {
    journal::ChangeWindow window;
    CaptureResult captured;
    bool short_of = false;  // it went on despite a snapshot that is missing or partial
};

// PRE of each, then the window. Error{usage} where one is in an open window; where a PRE fails, the failure's
// own code, and nothing is begun.
ChangeStep begin_change(Session& session, ChangeRequest request, ProgressLine& progress);

// POST of each, then the end. Where a POST fails, the failure's own code, and the window stays open. What an
// earlier process left open ends the same way.
ChangeStep end_change(Session& session, ChangeRequest request, ProgressLine& progress);

// What happened to one equipment in a window.
struct WindowDiff {
    const journal::Snapshot* before;
    const journal::Snapshot* after;
    ModelDiff diff;
    std::vector<std::string> beyond;  // categories that changed and were not declared
};
// Of those that have a PRE and a POST that are kept. Points into the session's state.
std::vector<WindowDiff> window_diffs(Session& session, const journal::ChangeWindow& window);

Error several_begin_so(const std::string& id);
// "1a2b3c4d", for what people have to type.
std::string new_short_id(Random& random);
// The key of `all` that is `id` or begins so, with what stands before a dash ("DRL-") or without; "": none
// does. Error{usage} where several begin so.
template <class Map>
std::string whole_id(const Map& all, const std::string& id) {
    std::string found;
    for (const auto& [known, item] : all) {
        if (known == id) return known;
        const auto dash = known.find('-');
        const bool begins = known.starts_with(id) ||
                            (dash != std::string::npos && known.compare(dash + 1, id.size(), id) == 0);
        if (id.empty() || !begins) continue;
        if (!found.empty()) throw several_begin_so(id);
        found = known;
    }
    return found;
}

}  // namespace coffre::cli
