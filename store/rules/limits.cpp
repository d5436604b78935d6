#include "store/rules/limits.hpp"

namespace coffre::rules {

const std::vector<Limit>& all_limits() {
    static const std::vector<Limit> all{limits::complete_hours,
                                        limits::post_hours,
                                        limits::cloud_hours,
                                        limits::physical_days,
                                        limits::distance_km,
                                        limits::drill_months,
                                        limits::drill_months_renforce,
                                        limits::equipment_drill_months,
                                        limits::recovery_minutes,
                                        limits::monthly_by_day,
                                        limits::review_days,
                                        limits::treat_hours,
                                        limits::dispensation_months,
                                        limits::verify_days,
                                        limits::read_data_days,
                                        limits::retry_minutes,
                                        limits::space_percent,
                                        limits::space_days,
                                        limits::stale_hours};
    return all;
}

int limit_of(const journal::Policy& policy, const Limit& limit) {
    const auto found = policy.limits.find(limit.name);
    return found == policy.limits.end() ? limit.standard : found->second;
}

}  // namespace coffre::rules
