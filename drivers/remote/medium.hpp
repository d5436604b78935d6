#pragma once
// A physical medium as a remote: a folder on a USB disk, or on a share that is mounted.
//
// The folder bears its identity in medium.json, one line in clear that names neither client nor site:
//   {"format":1,"medium":"<32 hex>","repository":"<64 hex>","made":"<RFC 3339>"}\n
// Without it, or with another one, nothing is read from there and nothing written: a mount point with nothing
// mounted looks like an empty medium and is none. Each call also looks whether the identity is still on the
// device where it was found, so that what was pulled out is never taken for empty.
//
// Settings: `repository` (whose copy it is), `medium` (which medium it must be), both in hex; `serial`,
// `place` and `unencrypted-reason` are for people and records and change nothing here. Facts: medium
// (encrypted, clear, memory, unknown), medium_id, made, folder_sync, read_only, free_bytes, device, serial
// ("unknown" where the system does not tell), system_disk (this system runs from it).
//
// What is read comes from the medium and not from this machine's memory, as far as the system lets it be
// dropped; a share's server may still answer from its own. Locks are those of a folder: on a disk they hold
// between the commands of this machine, which is all that can meet there; a share without locks has none.
// Files that an interrupted put left in tmp/ are removed after three days.
//
// Errors: as remote_store.hpp says; pulled out, read-only and not plugged in are Error{unreachable}, each
// with a text of its own; the folder of another repository, or with something else in it, is Error{refused}.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/remote/remotes.hpp"

namespace coffre::remote {

inline constexpr std::string_view medium_identity_name = "medium.json";

using MediumId = FixedBytes<16, struct MediumIdTag>;  // random, drawn when the medium is first used

struct MediumIdentity {
    MediumId id;
    RepositoryId repository;
    Timestamp made;
};

std::string encode_medium_identity(const MediumIdentity& identity);
// Empty when it is not exactly what encode_medium_identity writes.
std::optional<MediumIdentity> parse_medium_identity(std::string_view text);

// The medium is met with the first call. With Open::create its folder is made where the one above it is
// there, and a copy of this same repository without an identity is given one; that needs the setting
// `repository`.
std::unique_ptr<RemoteStore> open_medium(const RemoteSpec& spec, const RemoteHost& host, Open how);

const std::vector<std::string>& medium_settings();

}  // namespace coffre::remote
