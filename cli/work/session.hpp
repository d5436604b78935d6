#pragma once
// An opened repository with what it stands on, and what every screen says of it.

#include "cli/output.hpp"
#include "cli/settings.hpp"
#include "store/rules/names.hpp"
#include "store/rules/retention.hpp"

namespace coffre::cli {

class Session {
public:
    // Opens with what the settings give; warnings go to standard error. A damaged journal stops it, unless
    // the user says --despite-damage or the caller reports damage itself.
    explicit Session(const Context& context, bool tolerate_damage = false);

    // The exit status of a command that did its work: 13 where the journal is damaged and was read all the
    // same.
    [[nodiscard]] int status() const;

    [[nodiscard]] repo::Repository& repository() { return *repository_; }
    [[nodiscard]] const repo::Repository& repository() const { return *repository_; }
    [[nodiscard]] const journal::State& state() const { return repository_->state(); }
    [[nodiscard]] const Context& context() const { return context_; }

private:
    const Context& context_;
    std::unique_ptr<BlobStore> store_;
    std::unique_ptr<repo::Repository> repository_;
};

// What listings say of snapshots. Keeps `state` by reference: made anew after a change.
class Listing {
public:
    explicit Listing(const journal::State& state) : state_(state), names_(state), retention_(state) {}

    [[nodiscard]] const rules::NameBook& names() const { return names_; }
    [[nodiscard]] std::string name(const journal::Snapshot& snapshot) const { return names_.name(snapshot); }
    // The contract's fields.
    [[nodiscard]] Json json(const journal::Snapshot& snapshot) const;
    // "2026-11-23 03:00" on the clock of the snapshot's name.
    [[nodiscard]] std::string time(const journal::Snapshot& snapshot) const;
    // Until when and why it is kept, or when it expired, in words.
    [[nodiscard]] std::string term(const journal::Snapshot& snapshot) const;
    // Where it is, beside here: "cloud=verified disk=sent protected"; "" where there are no remotes.
    [[nodiscard]] std::string copies(const journal::Snapshot& snapshot) const;
    [[nodiscard]] bool held(const journal::Snapshot& snapshot) const {
        return state_.holds.contains(snapshot.commit);
    }
    [[nodiscard]] std::string actor(const ActorId& id) const;  // its name, else the beginning of its key
    // {"time", "by", "message"}; null where there is none.
    [[nodiscard]] Json version(const std::optional<journal::Version>& version) const;

private:
    const journal::State& state_;
    rules::NameBook names_;
    rules::Retention retention_;
};

// Error{failed} that names the nearest kept snapshot of its equipment, when `snapshot` has expired.
void check_kept(const journal::State& state, const rules::NameBook& names, const journal::Snapshot& snapshot);

std::string kinds_text(const journal::Snapshot& snapshot);  // "HEBDO+MENSUEL"

// Error{usage} for what is no text, or says nothing.
void check_reason(const std::string& option, const std::string& text);

// Error{failed} when the equipment is not in the inventory; a removed one counts as there.
void check_equipment_known(const journal::State& state, const std::string& name);

}  // namespace coffre::cli
