#include "cli/work/person.hpp"

#include "cli/texts/people_texts.hpp"

namespace coffre::cli {

namespace {

// Of this site, and not removed; null: nobody has that key.
const journal::Person* person_of(const journal::State& state, const crypto::Card& card) {
    for (const auto& [name, person] : state.procedure.people)
        if (!person.removed && person.key == card.key) return &person;
    return nullptr;
}

const journal::Person& signer(Session& session) {
    const auto& context = session.context();
    const auto* card = context.identity_card();
    if (card == nullptr)
        throw Error(Errc::no_key, say<texts::signature_wanted>(), say<texts::hint_identity_new>());
    const auto* person = person_of(session.state(), *card);
    if (person == nullptr)
        throw Error(Errc::refused, say<texts::signer_unknown>(context.identity_path()),
                    say<texts::hint_signer_unknown>());
    return *person;
}

}  // namespace

std::string person_at_hand(Session& session) {
    const auto* card = session.context().identity_card();
    const auto* person = card == nullptr ? nullptr : person_of(session.state(), *card);
    return person == nullptr ? "" : person->name;
}

std::string signer_at_hand(Session& session) {
    const auto& context = session.context();
    auto name = person_at_hand(session);
    try {
        if (!name.empty()) (void)context.identity();
    } catch (const Error& error) {
        if (context.identity_is_named()) throw;
        warn(tr<texts::not_signed_by_person>(printable(name), text(error.message())));
        name.clear();
    }
    return name;
}

void check_can_sign(Session& session) {
    (void)signer(session);
    (void)session.context().identity();
}

Json signed_statement(Session& session, Json record) {
    const auto& name = signer(session).name;
    return journal::sign_statement(std::move(record), name, session.context().identity().signing,
                                   session.repository().id());
}

}  // namespace coffre::cli
