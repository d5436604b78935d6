#include "cli/work/people.hpp"

#include <algorithm>

#include "cli/texts/people_texts.hpp"
#include "cli/work/inventory.hpp"

namespace coffre::cli {

namespace {

constexpr std::string_view card_begin = "coffre-card-";

Error unknown(const std::string& name) {
    return {Errc::failed, say<texts::person_unknown>(name), say<texts::hint_people>()};
}

const journal::Person& find(const journal::State& state, const std::string& name) {
    const auto* person = state.procedure.find_person(name);
    if (person == nullptr) throw unknown(name);
    return *person;
}

void check_message(const std::string& message) {
    if (!message.empty()) check_reason("-m", message);
}

void check_new(const journal::State& state, const std::string& name, const crypto::Card& card) {
    for (const auto& [other, person] : state.procedure.people) {
        if (person.removed) continue;
        const bool same_card = person.key == card.key || person.recipient == card.recipient.hex();
        if (other != name && same_card)
            throw Error(Errc::failed, say<texts::card_of_other>(other), say<texts::hint_people>());
        // Whose slot alone was removed is let in again by the same card.
        if (other == name && (!same_card || slot_of(state, person) != nullptr))
            throw Error(Errc::failed, say<texts::person_there>(name), say<texts::hint_person_there>());
    }
}

}  // namespace

crypto::Card read_card(FileSystem& files, const std::string& file_or_text) {
    constexpr std::uint64_t limit = 4096;  // bytes
    std::string text = file_or_text;
    if (!text.starts_with(card_begin)) {
        const auto [parent, name] = split_path(files.resolve(text));
        const auto folder = files.open_directory(parent);
        const auto bytes = folder ? read_file(*folder, name, limit) : std::nullopt;
        if (!bytes)
            throw Error(Errc::usage, say<Msg::file_error>(text, tr<Msg::os_not_found>()),
                        say<texts::hint_card>());
        text = as_text(*bytes);
    }
    try {
        return crypto::parse_card(text, "--card");
    } catch (const Error&) {
        throw Error(Errc::usage, say<texts::bad_card>(), say<texts::hint_card>());
    }
}

const journal::Slot* slot_of(const journal::State& state, const journal::Person& person) {
    const auto recipient = crypto::RecipientPublic::parse(person.recipient);
    if (!recipient) return nullptr;
    const auto id = crypto::recipient_slot_id(*recipient, state.repository);
    for (const auto* slot : state.ways_in())
        if (slot->id == id) return slot;
    return nullptr;
}

journal::Person add_person(Session& session, const std::string& name, const crypto::Card& card,
                           const std::string& message) {
    check_message(message);
    if (!crypto::is_card_name(name))
        throw Error(Errc::usage, say<texts::bad_name>(name), say<Msg::hint_help>());
    check_new(session.state(), name, card);
    journal::Person person;
    person.name = name;
    person.mail = card.mail;
    person.key = card.key;
    person.recipient = card.recipient.hex();
    person.version.message = message;
    session.repository().add_recipient(card.recipient, [&](const journal::State& newest) {
        check_new(newest, name, card);
        return Json::array({journal::person_record(person)});
    });
    return session.state().procedure.people.at(name);
}

void remove_person(Session& session, const std::string& name, const std::string& message) {
    check_message(message);
    const auto record_of = [&](const journal::State& newest) {
        auto person = find(newest, name);
        if (newest.site.responsible == name || newest.site.deputy == name)
            throw Error(Errc::refused, say<texts::person_answers>(name), say<texts::hint_person_answers>());
        person.removed = true;
        person.version.message = message;
        return Json::array({journal::person_record(person)});
    };
    const auto* slot = slot_of(session.state(), find(session.state(), name));
    if (slot == nullptr)
        session.repository().change(record_of);
    else
        session.repository().remove_slot(SlotId(slot->id), record_of);
}

void set_responsible(Session& session, const Answering& answering) {
    const auto& state = session.state();
    find(state, answering.person);
    SiteEdit edit;
    edit.responsible = answering.person;
    edit.deputy = answering.deputy;
    edit.message = answering.message;
    if (answering.deputy && !answering.deputy->empty()) find(state, *answering.deputy);
    if (answering.deputy == answering.person)
        throw Error(Errc::usage, say<texts::deputy_is_responsible>(answering.person),
                    say<texts::hint_deputy>());
    // Who was the deputy and answers now is not both.
    if (!answering.deputy && state.site.deputy == answering.person) edit.deputy = "";
    edit_site(session, edit);
}

}  // namespace coffre::cli
