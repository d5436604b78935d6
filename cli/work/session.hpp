#pragma once
// An opened repository with what it stands on, and what every screen says of it.

#include "cli/output.hpp"
#include "cli/settings.hpp"

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
    [[nodiscard]] const journal::State& state() const { return repository_->state(); }
    [[nodiscard]] const Context& context() const { return context_; }

private:
    const Context& context_;
    std::unique_ptr<BlobStore> store_;
    std::unique_ptr<repo::Repository> repository_;
};

// One snapshot as listings show it: the contract's fields.
Json snapshot_json(const journal::State& state, const rules::NameBook& names,
                   const journal::Snapshot& snapshot);

}  // namespace coffre::cli
