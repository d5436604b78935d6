#pragma once
// webdav://HOST[:PORT]/PATH: a collection on a server that speaks WebDAV (RFC 4918) over TLS, with basic
// authentication. webdav+http://… goes in clear: on this machine alone, or with the setting `clear-reason`.
//
// A file is PUT to tmp/, its size compared, and moved with `Overwrite: F` (a conditional PUT is honoured by
// few servers): what is there already stays. Servers look and move in two steps, though: of two that put one
// name within the same millisecond both may be told that they did, and one of the two whole files stays.
// Whether what a server acknowledged is on stable storage is the server's affair. It sums nothing: only
// reading tells.
//
// Settings: ca-file (PEM of the authority of the server's certificate, in place of the machine's),
// clear-reason, credentials-file, credentials-command, country (for the rule on places), timeout and retries
// (retry.hpp).
// Facts: server, tls, move_keeps and if_none_match (whether MOVE and PUT leave alone what is there),
// conditional_put (never: see above).

#include "base/http_client.hpp"
#include "drivers/remote/remotes.hpp"

namespace coffre::remote {

const std::vector<std::string>& webdav_settings();

std::unique_ptr<RemoteStore> open_webdav(const RemoteSpec& spec, const RemoteHost& host, Open how);
// The same by another client, in place of one that reaches the world.
std::unique_ptr<RemoteStore> open_webdav(const RemoteSpec& spec, const RemoteHost& host, Open how,
                                         std::unique_ptr<HttpClient> http);

}  // namespace coffre::remote
