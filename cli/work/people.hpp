#pragma once
// The people of a site: their identities let in and put out, and who answers for it.

#include "cli/work/session.hpp"

namespace coffre::cli {

// The card itself, or a file that holds one. Error{usage} for what is none.
crypto::Card read_card(FileSystem& files, const std::string& file_or_text);

// The slot that opens the site for that person; null: none in force.
const journal::Slot* slot_of(const journal::State& state, const journal::Person& person);

// Admits an identity: the person's record and its slot come by one batch, or neither does. Error{failed}
// where the name, or the card, is there already.
journal::Person add_person(Session& session, const std::string& name, const crypto::Card& card,
                           const std::string& message);

// The reverse. Error{failed} for one who is not there, Error{refused} for who is responsible or deputy, and
// for the last way in.
void remove_person(Session& session, const std::string& name, const std::string& message);

struct Answering {
    std::string person;
    std::optional<std::string> deputy;  // "": none; empty: as it was
    std::string message;
};
// Error{failed} where one of them is none of the site's people.
void set_responsible(Session& session, const Answering& answering);

}  // namespace coffre::cli
