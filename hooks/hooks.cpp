#include "hooks/hooks.hpp"

#include <algorithm>
#include <set>

#include "base/error.hpp"
#include "base/run_program.hpp"

namespace coffre::hooks {

namespace {

constexpr std::uint64_t output_max = 1 << 20;  // bytes, of what nobody reads

// Fields that hold codes of the program, times or hashes, and never what somebody named.
bool bears_codes(const std::string& field) {
    static const std::set<std::string> fields = {
        "event",       "id",   "time",  "anomaly", "kind",     "kinds",      "severity",
        "state",       "code", "due",   "opened",  "sentence", "commit",     "before",
        "after",       "job",  "jobs",  "mode",    "category", "categories", "month",
        "source_role", "role", "scope", "failed",  "done",     "next_due",   "window"};
    return fields.contains(field);
}

Json shown(const Json& value, bool clear, const Pseudonym& pseudonym);

Json shown_fields(const Json& object, const Pseudonym& pseudonym) {
    Json out = Json::object();
    for (const auto& [field, value] : object.items())
        out[field] = shown(value, bears_codes(field), pseudonym);
    return out;
}

Json shown(const Json& value, bool clear, const Pseudonym& pseudonym) {
    if (value.is_object()) return shown_fields(value, pseudonym);
    if (value.is_array()) {
        Json out = Json::array();
        for (const auto& item : value) out.push_back(shown(item, clear, pseudonym));
        return out;
    }
    if (!value.is_string() || clear || value.get_ref<const std::string&>().empty()) return value;
    return pseudonym(value.get_ref<const std::string&>());
}

Outcome run_one(const Hook& hook, const Event& event, const std::string& line) {
    Outcome outcome{hook.name, false, "start", 0};
    Program program;
    program.arguments = hook.command;
    program.environment = {{"COFFRE_EVENT", event.name}, {"COFFRE_EVENT_ID", event.id}};
    program.input = as_bytes(line);
    program.time_limit_s = hook.time_limit_s;
    program.output_limit = output_max;
    ProgramResult result;
    try {
        result = run_program(program, [](ByteView) {});
    } catch (const Error&) {  // no such program, or it cannot be started
        return outcome;
    }
    outcome.ok = result.succeeded();
    outcome.number = result.number;
    switch (result.end) {
        case ProgramEnd::exited:
            outcome.code = "status";
            break;
        case ProgramEnd::signalled:
            outcome.code = "signal";
            break;
        case ProgramEnd::too_long:
            outcome.code = "time";
            outcome.number = hook.time_limit_s;
            break;
        case ProgramEnd::too_much:
            outcome.code = "output";
            break;
    }
    if (outcome.ok) outcome.code.clear();
    return outcome;
}

}  // namespace

bool Hook::wants(const std::string& event) const {
    return events.empty() || std::find(events.begin(), events.end(), event) != events.end();
}

const std::vector<std::string>& event_names() {
    static const std::vector<std::string> names = {
        "before-capture", "after-capture",    "change-detected",   "change-begun",     "change-ended",
        "anomaly-opened", "anomaly-reopened", "anomaly-escalated", "anomaly-resolved", "drill-done",
        "mirror-done",    "review-done",      "run-started",       "run-done",         "run-failed"};
    return names;
}

Json event_json(const Event& event, bool names, const Pseudonym& pseudonym) {
    Json json{{"event", event.name}, {"id", event.id}, {"time", to_rfc3339(event.time)}};
    for (const auto& [field, value] : event.data.items()) json[field] = value;
    return names ? json : shown_fields(json, pseudonym);
}

std::vector<Outcome> run_hooks(const std::vector<Hook>& hooks, const Event& event,
                               const Pseudonym& pseudonym) {
    std::vector<Outcome> outcomes;
    for (const auto& hook : hooks) {
        if (!hook.wants(event.name)) continue;
        auto line =
            event_json(event, hook.names, pseudonym).dump(-1, ' ', false, Json::error_handler_t::replace);
        outcomes.push_back(run_one(hook, event, line + "\n"));
    }
    return outcomes;
}

}  // namespace coffre::hooks
