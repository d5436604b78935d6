#pragma once
// Anomalies: opened when a condition became true, due 24 hours later, never reset (PROC 5.4). Pure functions
// over folded state.

#include <optional>
#include <string>
#include <vector>

#include "store/rules/conditions.hpp"

namespace coffre::rules {

// The id under which any machine opens the anomaly of that condition.
std::string anomaly_id(const Condition& condition);

// What has to be recorded at `now` so that the journal's anomalies are those of `conditions`: opened,
// reopened (within 24 h of its end, with its first clock), resolved by rule with the evidence. Running it on
// the result gives nothing.
std::vector<journal::Json> upkeep(const journal::State& state, Timestamp now);

enum class AnomalyState : std::uint8_t { open, acknowledged, treated, resolved };
std::string_view anomaly_state_name(AnomalyState state);

struct AnomalyView {
    const journal::Anomaly* anomaly;
    AnomalyState state;
    Timestamp due;                   // opened + treat_hours
    bool breached = false;           // neither treated nor resolved in time
    std::optional<Timestamp> ended;  // treated or resolved, the first of them
};
AnomalyView view_of(const journal::State& state, const journal::Anomaly& anomaly, Timestamp now);
// Those that are not resolved: the most urgent first.
std::vector<AnomalyView> open_anomalies(const journal::State& state, Timestamp now);

// Alerts that are due and that no record says were delivered: at 0, 12, 20 and 24 hours while it is neither
// treated nor resolved. Where several are due at once, the latest of them alone.
struct Alert {
    const journal::Anomaly* anomaly;
    int hours;
    std::string event_id;  // "ANO-1a2b3c4d-12": the same however often it is sent
};
std::vector<Alert> due_alerts(const journal::State& state, Timestamp now);

// Why a person may not close it yet; empty: they may.
std::optional<Message> closing_refused(const journal::State& state, const journal::Anomaly& anomaly,
                                       Timestamp now);

// Figures of a period: what opened in it, how many were treated or resolved in time.
struct AnomalyFigures {
    std::size_t opened = 0, in_time = 0, late = 0, still_open = 0;
    std::int64_t mean_hours = 0;  // from opened to ended
};
AnomalyFigures anomaly_figures(const journal::State& state, Timestamp from, Timestamp to, Timestamp now);

}  // namespace coffre::rules
