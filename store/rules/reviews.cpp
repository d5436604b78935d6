#include "store/rules/reviews.hpp"

#include <algorithm>

#include "store/rules/limits.hpp"
#include "store/rules/site_state.hpp"

namespace coffre::rules {

namespace {

constexpr int months_back = 13;

Responsible of(const journal::State& state, const journal::Site& site) {
    const bool known = state.procedure.find_person(site.responsible) != nullptr;
    return {site.responsible, site.deputy, known, site.version.time};
}

const journal::Review* done(const journal::State& state, const ReviewDue& wanted, Timestamp now) {
    const journal::Review* first = nullptr;
    const auto month = wanted.month.text();
    for (const auto& [id, review] : state.procedure.reviews) {
        if (review.scope != wanted.scope || review.month != month || review.signature.person.empty() ||
            now < review.version.time)
            continue;
        if (wanted.scope == "site") {
            const auto then = responsible_at(state, review.version.time);
            if (review.signature.person != then.person && review.signature.person != then.deputy) continue;
        }
        // One that was accepted goes before those that were refused.
        const bool better = first != nullptr && review.accepted != first->accepted
                                ? review.accepted
                                : first == nullptr || review.version.time < first->version.time;
        if (better) first = &review;
    }
    return first;
}

}  // namespace

std::vector<ReviewDue> reviews(const journal::State& state, Timestamp now) {
    std::vector<ReviewDue> found;
    const auto& zone = state.site.timezone;
    const auto current = month_of(zone, now);
    auto month = std::max(month_of(zone, first_site(state).version.time), current.plus(-months_back));
    for (; month < current; month = month.plus(1)) {
        const auto begin = month_begin(zone, month), end = month_begin(zone, month.plus(1));
        // Within the contract for a part of the month at least.
        const bool held = contract_holds(state, begin) || contract_holds(state, {end.ns - 1});
        if (!held) continue;
        for (const char* scope : {"site", "internal"}) {
            ReviewDue review{scope, month, days_later(zone, end, limit_of(state, limits::review_days)),
                             nullptr};
            review.done = done(state, review, now);
            found.push_back(std::move(review));
        }
    }
    return found;
}

Responsible responsible_at(const journal::State& state, Timestamp time) {
    const journal::Site* then = &first_site(state);
    for (const auto& site : state.past_sites)
        if (site.version.time <= time) then = &site;
    if (state.site.version.time <= time) then = &state.site;
    return of(state, *then);
}

std::vector<Responsible> responsible_history(const journal::State& state) {
    std::vector<Responsible> history;
    const auto add = [&](const journal::Site& site) {
        auto next = of(state, site);
        const bool same =
            !history.empty() && history.back().person == next.person && history.back().deputy == next.deputy;
        if (!same) history.push_back(std::move(next));
    };
    for (const auto& site : state.past_sites) add(site);
    add(state.site);
    return history;
}

}  // namespace coffre::rules
