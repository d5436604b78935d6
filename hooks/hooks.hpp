#pragma once
// Events told to the user's own programs: each gets one event, as one line of JSON on its standard input.
// A hook can fail and nothing else does: what went wrong is an answer.

#include <functional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/clock.hpp"

namespace coffre::hooks {

using Json = nlohmann::ordered_json;

struct Hook {
    std::string name;
    std::vector<std::string> command;  // the program and its arguments: no shell
    std::vector<std::string> events;   // empty: all
    int time_limit_s = 30;
    bool names = false;  // clients, sites, equipments, remotes and people by their names

    [[nodiscard]] bool wants(const std::string& event) const;
};

// Every event that there is.
const std::vector<std::string>& event_names();

struct Event {
    std::string name;
    std::string id;  // the same however often it is sent
    Timestamp time;
    Json data = Json::object();  // codes, numbers, names: no configuration text, no secret
};

// What stands in place of a name: the same for the same name, and no way back for who has not the site's key.
using Pseudonym = std::function<std::string(const std::string& name)>;

// "event", "id", "time", and the fields of its data. Without `names`, every text but those of fields that
// bear codes alone is given through `pseudonym`, also within lists: a field that nobody thought of tells
// nothing.
Json event_json(const Event& event, bool names, const Pseudonym& pseudonym);

struct Outcome {
    std::string hook;
    bool ok = false;
    std::string code;  // "status", "signal", "time", "output", "start"
    int number = 0;    // the exit status, the signal, the time limit in seconds
};

// Runs those that want it, one after the other. Its environment is small (base/run_program.hpp), and
// COFFRE_EVENT and COFFRE_EVENT_ID. What it prints is not looked at.
std::vector<Outcome> run_hooks(const std::vector<Hook>& hooks, const Event& event,
                               const Pseudonym& pseudonym);

}  // namespace coffre::hooks
