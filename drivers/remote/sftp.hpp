#pragma once
// sftp://[USER@]HOST[:PORT]/PATH: a folder on a machine that speaks SFTP over SSH. "/~/PATH" is below the
// folder where a login begins.
//
// The host's key is checked before anything of the user is sent: against the setting `host-key`, else the
// file `known-hosts`, else what this machine remembers of that host in its state folder; Open::create trusts
// a host of which none of them knows, and remembers its key there. Algorithms with SHA-1 are not spoken.
// Login: the key file `identity` and nothing else (a password of the credentials then opens the file);
// without it the SSH agent, then the password. USER: of the URL, else of the credentials, else who runs this.
//
// A file is written to tmp/, synced by fsync@openssh.com where the server offers it, and renamed; that fails
// where the name exists (OpenSSH's plain rename). Where a server's rename replaces instead, as fact
// `conditional_put` tells, two that put one name at the same moment both succeed and one of the two whole
// files stays. A folder's own sync is not in the protocol. Up to four connections at a time, opened when
// asked for.
//
// Settings: identity, host-key (SHA256:…), known-hosts, credentials-file, credentials-command, country (for
// the rule on places), timeout (seconds for each answer) and retries (after a broken connection): retry.hpp.
// Facts: host_key, server, fsync, posix_rename, conditional_put.

#include "drivers/remote/remotes.hpp"

namespace coffre::remote {

const std::vector<std::string>& sftp_settings();

std::unique_ptr<RemoteStore> open_sftp(const RemoteSpec& spec, const RemoteHost& host, Open how);

}  // namespace coffre::remote
