#pragma once
// The settings common to all commands, from options, environment variables, the user's settings file and the
// machine's, in that order of precedence.

#include <memory>
#include <optional>
#include <string>

#include "base/blob_store.hpp"
#include "base/environment.hpp"
#include "cli/hook_log.hpp"
#include "cli/identity_keep.hpp"
#include "cli/settings_file.hpp"
#include "store/repo/repository.hpp"

namespace coffre::cli {

struct Settings {
    std::string repo;
    std::string password_file;
    std::string password_command;
    std::string key_file;
    std::string identity;
    std::string lang;
    bool json = false;
    bool quiet = false;
    int verbose = 0;
    bool despite_damage = false;  // read what is readable of a damaged journal
};

// The passphrase's source where no option names one: COFFRE_PASSWORD is read once and erased, at the start of
// main.
struct InheritedSecrets {
    std::optional<std::string> password;
};

// The passphrase that a command is given for something new (a slot, a repository).
std::string read_passphrase_file(FileSystem& files, const std::string& path);

// Asked twice on the terminal; "" where there is none.
std::string ask_new_passphrase();

// Everything that a command needs of the outside.
struct Context {
    Environment environment;
    Settings settings;
    InheritedSecrets inherited;
    std::vector<SettingsFile> files;  // the user's, then the machine's
    std::vector<std::string> rest;    // what stands behind "--", for a command that takes it

    // Warnings for the end of a command that did its work: an error stays one line.
    mutable std::vector<std::string> parting_words;

    // Shared by copies of this: one derivation opens many sites.
    std::shared_ptr<IdentityKeep> keep = std::make_shared<IdentityKeep>();
    std::shared_ptr<HookLog> hooks = std::make_shared<HookLog>();  // also shared by copies

    [[nodiscard]] bool quiet() const { return settings.quiet; }

    [[nodiscard]] std::string person() const;      // who runs this: the login name
    [[nodiscard]] std::string actor_name() const;  // "user@machine"
    [[nodiscard]] repo::LocalFolders local_folders() const;

    // --repo or COFFRE_REPO. Error{usage} when neither is given.
    [[nodiscard]] std::string repository_path() const;
    // The store at repository_path(). Error{no_repository} when nothing is there.
    [[nodiscard]] std::unique_ptr<BlobStore> open_store() const;
    [[nodiscard]] std::unique_ptr<BlobStore> make_store() const;

    // What opens the repository, by precedence. Secrets are read when they are needed.
    [[nodiscard]] repo::Credentials credentials() const;
    [[nodiscard]] bool any_credentials() const;

    // Where the identity is, or would be: --identity, COFFRE_IDENTITY, the settings files', the default
    // place.
    [[nodiscard]] std::string identity_path() const;
    // The public part of the identity at hand; null: none is there. Error{failed} where it was named and is
    // not there.
    [[nodiscard]] const crypto::Card* identity_card() const;
    // An option, a variable or a settings file says where it is; else the one at the default place is taken.
    [[nodiscard]] bool identity_is_named() const;
    // The identity itself. Error{failed} where there is none, Error{no_key} where it does not open.
    [[nodiscard]] const crypto::Identity& identity() const;

    // The passphrase of a new repository: like credentials(), asked twice on a terminal. Error{usage} when
    // there is none.
    [[nodiscard]] std::string new_passphrase() const;
};

}  // namespace coffre::cli
