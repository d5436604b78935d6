#include "cli/work/review.hpp"

#include <algorithm>

#include "cli/texts/review_texts.hpp"
#include "cli/work/change.hpp"
#include "cli/work/person.hpp"
#include "cli/work/status.hpp"
#include "cli/work/supervise.hpp"
#include "store/rules/reviews.hpp"

namespace coffre::cli {

namespace {

void check_wish(const ReviewWish& wish) {
    if (wish.refusal) check_reason("--refuse", *wish.refusal);
    if (!wish.message.empty()) check_reason("-m", wish.message);
    if (wish.refusal && !wish.message.empty())
        throw Error(Errc::usage, say<texts::review_refusal_alone>(), say<texts::hint_review_refusal>());
    for (const auto& name : wish.participants) check_reason("--participants", name);
    for (const auto& decision : wish.decisions) check_reason("--decision", decision);
    if (wish.internal && wish.participants.empty() && !wish.dry_run)
        throw Error(Errc::usage, say<Msg::usage_required>("--participants"),
                    say<texts::hint_review_participants>());
}

// One that is not over can be looked at, not signed; what came before the site or is to come is nothing.
rules::Month month_of_wish(const journal::State& state, const ReviewWish& wish, Timestamp now) {
    const auto& zone = state.site.timezone;
    const auto current = rules::month_of(zone, now);
    const auto month = wish.month.value_or(current.plus(-1));
    const auto& first = state.past_sites.empty() ? state.site : state.past_sites.front();
    const auto begun = rules::month_of(zone, first.version.time);
    if (month < begun)
        throw Error(Errc::usage, say<texts::review_before_site>(month.text(), begun.text()),
                    say<texts::hint_review_month>(begun.text()));
    if (current < month || (!wish.dry_run && month == current))
        throw Error(Errc::usage, say<texts::review_not_over>(month.text()),
                    say<texts::hint_review_dry_run>());
    return month;
}

// Error{failed} where the month was accepted already: what is signed is not signed again.
void check_not_done(const journal::State& state, const std::string& scope, const rules::Month& month,
                    Timestamp now) {
    for (const auto& due : rules::reviews(state, now))
        if (due.scope == scope && due.month == month && due.done != nullptr && due.done->accepted)
            throw Error(Errc::failed,
                        say<texts::review_done_already>(month.text(), due.done->signature.person),
                        say<texts::hint_review_show>(due.done->id));
}

void check_responsible(const journal::State& state, const std::string& person, Timestamp now) {
    const auto responsible = rules::responsible_at(state, now);
    if (person == responsible.person || person == responsible.deputy) return;
    const auto name = responsible.person.empty() ? std::string("-") : responsible.person;
    throw Error(Errc::refused, say<texts::review_not_responsible>(person, name),
                say<texts::hint_review_responsible>());
}

}  // namespace

journal::Review review_month(Session& session, const ReviewWish& wish) {
    check_wish(wish);
    auto& repository = session.repository();
    auto& clock = session.context().environment.clock;
    auto now = clock.now();
    journal::Review review;
    review.scope = wish.internal ? "internal" : "site";
    const auto month = month_of_wish(session.state(), wish, now);
    review.month = month.text();
    const auto person = wish.dry_run ? std::string() : person_at_hand(session);
    if (!wish.dry_run) {
        if (!wish.internal && !person.empty()) check_responsible(session.state(), person, now);
        check_not_done(session.state(), review.scope, month, now);
        check_can_sign(session);
        // What is signed and frozen tells of what is missing until now, also where no run did for weeks.
        keep_up(session);
        now = clock.now();
    }
    review.accepted = !wish.refusal;
    review.version.message = wish.refusal.value_or(wish.message);
    review.version.time = now;
    review.figures = rules::to_json(rules::month_figures(session.state(), month, now));
    if (wish.internal) {
        review.figures["participants"] = wish.participants;
        review.figures["decisions"] = wish.decisions;
        review.figures["overview"] = overview_json(site_overview(session));
    }
    if (wish.dry_run) return review;

    review.id = new_short_id(session.context().environment.random);
    review.signature = {person, person};
    const auto record = signed_statement(session, journal::review_record(review));
    repository.change([&](const journal::State& newest) {
        check_not_done(newest, review.scope, month, now);
        return Json::array({record});
    });
    tell(session, "review-done",
         {{"review", review.id}, {"scope", review.scope}, {"month", review.month}, {"ok", review.accepted}});
    keep_up(session);
    return session.state().procedure.reviews.at(review.id);
}

std::vector<const journal::Review*> all_reviews(const journal::State& state) {
    std::vector<const journal::Review*> found;
    for (const auto& [id, review] : state.procedure.reviews) found.push_back(&review);
    std::stable_sort(found.begin(), found.end(), [](const auto* a, const auto* b) {
        return a->month != b->month ? b->month < a->month : b->version.time < a->version.time;
    });
    return found;
}

const journal::Review& find_review(const journal::State& state, const std::string& id) {
    const auto found = state.procedure.reviews.find(id);
    if (found == state.procedure.reviews.end())
        throw Error(Errc::failed, say<texts::review_not_there>(id), say<texts::hint_review_list>());
    return found->second;
}

}  // namespace coffre::cli
