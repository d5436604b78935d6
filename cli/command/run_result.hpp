#pragma once
// How what a run did is shown, in words and in JSON: of one site by `run`, of many by `fleet run`.

#include "cli/work/run.hpp"

namespace coffre::cli {

// {"job", "subject"} of each, with "code" and "error" where it was not done.
Json items_json(const std::vector<RunItem>& items);
// {"job", "subject", "due"} of each.
Json due_json(const std::vector<rules::Job>& jobs);
Json time_json(const std::optional<Timestamp>& time);  // null: never

// "mirror cloud", "space".
std::string job_words(const std::string& job, const std::string& subject);

}  // namespace coffre::cli
