#include "cli/work/gc.hpp"

namespace coffre::cli {

namespace {

std::vector<repo::Expiry> plan(const journal::State& state, const GcWish& wish,
                               const rules::GcOptions& options, GcOutcome& outcome) {
    const auto plan = rules::plan_gc(state, wish.now.value_or(options.clock), options);
    if (plan.refusal && wish.force.empty())
        throw Error(Errc::refused, say<Msg::gc_refused>(text(plan.refusal->what)), plan.refusal->hint);
    const rules::NameBook names(state);
    std::vector<repo::Expiry> expiries;
    outcome = {};
    for (const auto& item : plan.expire) {
        expiries.push_back({item.snapshot->commit, text(Lang::en, item.why.id, item.why.args)});
        outcome.expired.push_back({names.name(*item.snapshot), item.why});
    }
    for (const auto& item : plan.keep) outcome.kept.push_back({names.name(*item.snapshot), item.why});
    return expiries;
}

}  // namespace

GcOutcome collect_garbage(Session& session, const GcWish& wish) {
    auto& repository = session.repository();
    const auto self = repository.own_actor();
    rules::GcOptions options;
    options.expire = !wish.no_expire;
    options.dry_run = wish.dry_run;
    options.clock = session.context().environment.clock.now();
    options.self = self ? &*self : nullptr;
    GcOutcome outcome;
    repo::GcRequest request;
    request.force = wish.force;
    request.dry_run = wish.dry_run;
    request.plan = [&](const journal::State& state) { return plan(state, wish, options, outcome); };
    outcome.report = repository.gc(request);
    return outcome;
}

}  // namespace coffre::cli
