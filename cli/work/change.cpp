#include "cli/work/change.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "cli/texts/change_texts.hpp"
#include "cli/work/supervise.hpp"
#include "drivers/equipment/general_settings.hpp"
#include "store/rules/standard_name.hpp"

namespace coffre::cli {

namespace {

void tell_of(Session& session, const char* event, const journal::ChangeWindow& window) {
    tell(session, event,
         {{"window", window.id}, {"equipment", window.equipment}, {"categories", window.categories}});
}

void canonicalise(ChangeRequest& request) {
    for (auto& name : request.names) name = rules::fold_code(rules::Code::equipment, name);
    for (auto* list : {&request.names, &request.categories}) {
        std::sort(list->begin(), list->end());
        list->erase(std::unique(list->begin(), list->end()), list->end());
    }
    if (!request.despite.empty()) check_reason("--despite", request.despite);
}

void check_in_no_window(const journal::State& state, const std::vector<std::string>& names) {
    for (const auto& name : names)
        if (const auto* open = rules::open_window(state, name))
            throw Error(Errc::usage, say<texts::in_window>(name, open->id),
                        say<texts::hint_window_open>(open->id));
}

// Snapshots of that kind; what fails is told, never thrown.
CaptureResult take(Session& session, const ChangeRequest& request, const journal::ChangeWindow& window,
                   const char* kind, ProgressLine& progress) {
    CaptureRequest wanted;
    wanted.kind = kind;
    wanted.message = request.message.empty() ? window.begun.message : request.message;
    wanted.from = request.from;
    wanted.remove_source = request.remove_source;
    wanted.tells_failures = true;
    CaptureResult result;
    for (const auto& name : window.equipment) {
        const auto* known = session.state().find_equipment(name);
        if (known == nullptr)
            result.failed.push_back({name, "", say<Msg::equipment_not_there>(name), Errc::failed,
                                     say<Msg::hint_equipment_list>()});
        else if (request.from.empty() && drivers::has_no_source(known->settings))
            result.failed.push_back(
                {name, "", say<Msg::equipment_no_source>(name), Errc::usage, say<Msg::hint_from>()});
        else
            wanted.names.push_back(name);
    }
    if (wanted.names.empty()) return result;
    auto taken = capture(session, wanted, progress);
    taken.failed.insert(taken.failed.begin(), result.failed.begin(), result.failed.end());
    return taken;
}

std::map<std::string, ObjectId> commits_of(const CaptureResult& captured) {
    std::map<std::string, ObjectId> commits;
    for (const auto& snapshot : captured.snapshots) commits[snapshot.equipment] = snapshot.commit;
    return commits;
}

// What of it could not be read, and why: the first of them.
std::string missing_parts(const CaptureResult& captured, const std::string& equipment) {
    constexpr int shown_max = 3;
    std::string words;
    int count = 0;
    for (const auto& problem : captured.failed) {
        if (problem.equipment != equipment || problem.path.empty() || ++count > shown_max) continue;
        words +=
            (words.empty() ? "" : "; ") + tr<texts::snapshot_partial_of>(problem.path, text(problem.why));
    }
    return count > shown_max ? words + "; …" : words;
}

// Throws what is wrong with those that are missing or partial, with the first one's code, unless the request
// gives a reason. Whether there is one.
bool check_whole(const ChangeRequest& request, const CaptureResult& captured, const char* kind,
                 const Message& hint) {
    std::vector<Error> wrong;
    for (const auto& problem : captured.failed)
        if (problem.path.empty()) wrong.emplace_back(problem.code, problem.why, problem.hint);
    for (const auto& snapshot : captured.snapshots)
        if (!snapshot.complete)
            wrong.emplace_back(Errc::failed,
                               say<texts::snapshot_partial>(snapshot.equipment, kind,
                                                            missing_parts(captured, snapshot.equipment)));
    if (wrong.empty()) return false;
    if (!request.despite.empty()) return true;
    const auto& first = wrong.front();
    if (wrong.size() == 1) throw first.code() == Errc::usage ? first : first.with_hint(hint);
    std::string all;
    for (const auto& error : wrong) all += (all.empty() ? "" : "; ") + text(error.message());
    throw Error(first.code(), say<texts::snapshots_missing>(all), hint);
}

// A reason to go on is one for a snapshot that is missing, and not for an equipment that is not there.
void check_names(const journal::State& state, const std::vector<std::string>& names) {
    for (const auto& name : names) {
        const auto* known = state.find_equipment(name);
        if (known == nullptr || known->removed)
            throw Error(Errc::failed, say<Msg::equipment_not_there>(name), say<Msg::hint_equipment_list>());
    }
}

const journal::ChangeWindow& window_to_end(const journal::State& state, const ChangeRequest& request) {
    const auto& changes = state.procedure.changes;
    if (!request.id.empty()) {
        const auto found = changes.find(request.id);
        if (found == changes.end() || found->second.equipment.empty())
            throw Error(Errc::failed, say<texts::window_not_found>(request.id),
                        say<texts::hint_change_list>());
        if (found->second.ended)
            throw Error(Errc::failed, say<texts::window_ended_already>(request.id),
                        say<texts::hint_change_list>());
        return found->second;
    }
    std::map<std::string, const journal::ChangeWindow*> open;
    for (const auto& name : request.names) {
        const auto* window = rules::open_window(state, name);
        if (window == nullptr)
            throw Error(Errc::failed, say<texts::window_none_of>(name), say<texts::hint_change_list>());
        open.emplace(window->id, window);
    }
    if (request.names.empty())
        for (const auto& [id, window] : changes)
            if (!window.ended && !window.equipment.empty()) open.emplace(id, &window);
    if (open.empty()) throw Error(Errc::failed, say<texts::window_none>(), say<texts::hint_change_list>());
    if (open.size() > 1) {
        std::vector<std::string> ids;
        for (const auto& [id, window] : open) ids.push_back(id + " (" + joined(window->equipment) + ")");
        throw Error(Errc::usage, say<texts::window_several>(joined(ids)), say<texts::hint_window_id>());
    }
    return *open.begin()->second;
}

std::vector<std::string> beyond(const journal::ChangeWindow& window, const ModelDiff& diff) {
    std::set<std::string> found;
    for (const auto& change : diff.items)
        for (const auto kind : model::significant_kinds(change))
            if (kind != model::SignificantKind::other)
                found.insert(std::string(model::significant_name(kind)));
    for (const auto& declared : window.categories) found.erase(declared);
    return {found.begin(), found.end()};
}

}  // namespace

std::string new_short_id(Random& random) {
    std::array<std::uint8_t, 4> bytes{};
    random.fill(bytes);
    return to_hex(bytes);
}

Error several_begin_so(const std::string& id) {
    return {Errc::usage, say<texts::id_ambiguous>(id), say<texts::hint_id_ambiguous>()};
}

ChangeStep begin_change(Session& session, ChangeRequest request, ProgressLine& progress) {
    canonicalise(request);
    check_reason("-m", request.message);
    check_names(session.state(), request.names);
    check_in_no_window(session.state(), request.names);
    ChangeStep step;
    auto& window = step.window;
    window.id = new_short_id(session.context().environment.random);
    window.equipment = request.names;
    window.categories = request.categories;
    window.begun.message = request.message;
    step.captured = take(session, request, window, "PRE", progress);
    step.short_of = check_whole(request, step.captured, "PRE", say<texts::hint_not_begun>());
    window.pre = commits_of(step.captured);
    if (step.short_of) window.without_pre = request.despite;
    session.repository().change([&](const journal::State& newest) {
        check_in_no_window(newest, request.names);
        return journal::Json::array({journal::change_begun_record(window)});
    });
    window = session.state().procedure.changes.at(window.id);
    tell_of(session, "change-begun", window);
    keep_up_after(session, step.short_of);
    return step;
}

ChangeStep end_change(Session& session, ChangeRequest request, ProgressLine& progress) {
    canonicalise(request);
    ChangeStep step;
    step.window = window_to_end(session.state(), request);
    step.captured = take(session, request, step.window, "POST", progress);
    step.short_of = check_whole(request, step.captured, "POST", say<texts::hint_not_ended>());
    auto& window = step.window;
    window.post = commits_of(step.captured);
    if (step.short_of) window.without_post = request.despite;
    window.ended.emplace();
    window.ended->message = request.message;
    session.repository().change([&](const journal::State& newest) {
        if (newest.procedure.changes.at(window.id).ended)
            throw Error(Errc::failed, say<texts::window_ended_already>(window.id),
                        say<texts::hint_change_list>());
        return journal::Json::array({journal::change_ended_record(window)});
    });
    window = session.state().procedure.changes.at(window.id);
    tell_of(session, "change-ended", window);
    keep_up_after(session, step.short_of);
    return step;
}

std::vector<WindowDiff> window_diffs(Session& session, const journal::ChangeWindow& window) {
    const rules::NameBook names(session.state());
    std::vector<WindowDiff> diffs;
    for (const auto& [equipment, pre] : window.pre) {
        const auto post = window.post.find(equipment);
        if (post == window.post.end()) continue;
        const auto& before = names.find(pre.hex());
        const auto& after = names.find(post->second.hex());
        if (before.expired || after.expired) continue;
        auto diff = model_diff(session, &before, after, {});
        auto more = beyond(window, diff);
        diffs.push_back({&before, &after, std::move(diff), std::move(more)});
    }
    return diffs;
}

}  // namespace coffre::cli
