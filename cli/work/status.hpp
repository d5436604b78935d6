#pragma once
// How a site stands (rules::overview), for programs and in words. Everything that shows it takes it from
// here, so that a terminal, a page and a program never differ.

#include "cli/work/session.hpp"
#include "store/rules/overview.hpp"

namespace coffre::cli {

// At that time, from what the journal told then; without one: now. Error{usage} for a time to come,
// Error{failed} for one before the repository.
rules::SiteOverview site_overview(Session& session, const std::optional<Timestamp>& as_of = std::nullopt);

// The whole of it, as `status --json` prints it and a review freezes it; `sha256` is that of all the rest.
Json overview_json(const rules::SiteOverview& overview);
// The part that every format shows: site, mark, checks, equipments, counts.
Json figures_json(const rules::SiteOverview& overview);

// Words.
std::string check_label(rules::CheckId id);
std::string check_short_label(rules::CheckId id);
std::string mark_label(rules::Mark mark);
Colour colour_of(rules::Mark mark);
// "protected"; of old figures, that they are old.
std::string protection_label(bool is_protected, bool stale);
// The state of a check in one word: what stales or covers it, else its mark.
std::string state_label(const rules::Check& check);
Message reason(const rules::Check& check);
// The one figure of a check that fits into a cell: "3 d", "62 %"; "" where there is none.
std::string brief(const rules::Check& check);
std::string duration_text(std::int64_t minutes);  // "35 min", "12 h", "9 d"
std::string days_text(std::int64_t days);         // "9 d"; of many years only that
std::string severity_label(const std::string& severity);
std::string anomaly_state_label(const std::string& state);
std::string category_label(const std::string& category);
std::string contract_label(const std::string& contract);
std::string countdown(Timestamp due, Timestamp now);  // "5 h left", "3 h late"
// "all is as it must be" and its opposites.
std::string verdict(rules::Mark mark);

}  // namespace coffre::cli
