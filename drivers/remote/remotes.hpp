#pragma once
// The remote stores that there are, by the scheme of their URL:
//
//   s3://HOST[:PORT]/BUCKET[/PREFIX]       over TLS; s3+http://… in clear, refused without `clear-reason`
//   sftp://[USER@]HOST[:PORT]/PATH
//   webdav://HOST[:PORT]/PATH              over TLS; webdav+http://… in clear, refused without `clear-reason`
//   file:///PATH, or a bare absolute path  a physical medium
//
// A URL bears no password. Settings are words and paths, never secrets: each store's header lists its own.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/environment.hpp"
#include "base/remote_store.hpp"

namespace coffre::remote {

using RemoteSettings = std::map<std::string, std::string>;

struct RemoteSpec {
    std::string name;  // for messages; "" where a URL stands alone
    std::string url;
    RemoteSettings settings;
};

struct Url {
    std::string scheme;  // "s3", "sftp", "webdav", "file"
    bool clear = false;  // without TLS
    std::string user;
    std::string host;
    int port = 0;      // 0: the scheme's own
    std::string path;  // with its leading '/', unescaped
};

// "%41" -> "A". Empty where what follows a '%' is no number, or a byte of 0 would come of it.
std::optional<std::string> unescaped(std::string_view text);

// Error{usage} for what is none of the forms above, for a password in it, and for an unknown scheme.
Url parse_url(const std::string& text);
// True: a URL, and not a path of this machine that names a repository's folder itself.
bool is_url(const std::string& text);

struct RemoteHost {
    Environment environment;
    // Asked before a byte goes to a host that was not asked about yet, the first one and after a redirect.
    // `region` is what the settings or the server say; "" where none does. Throws Error{refused}.
    std::function<void(const std::string& host, const std::string& region)> check_place;
    // Where this machine keeps what it learned of remotes (pinned keys and certificates), "" for nowhere.
    std::string state_folder;
};

enum class Open : std::uint8_t {
    existing,  // what should be there must be: a medium with its identity, a bucket, a folder
    create,    // made where it is missing: `remote add`
};

// Error{usage} for settings that the scheme does not know, Error{refused} for one that a safety rule forbids.
// What can be told without the other side is checked here; the other side is met with the first call
//.
std::unique_ptr<RemoteStore> open_remote(const RemoteSpec& spec, const RemoteHost& host, Open how);

// The settings that a scheme knows, for checks and help; none for an unknown scheme.
const std::vector<std::string>& known_settings(const std::string& scheme);

// Error{refused} for a clear connection to another machine without the setting `clear-reason`.
void check_clear(const RemoteSpec& spec, bool clear, const std::string& host);

// Empty where it is not set, or set to nothing.
std::optional<std::string> setting_of(const RemoteSpec& spec, const std::string& name);
// Error{usage} when the setting is not one of `least`…`most`.
std::optional<int> number_setting(const RemoteSpec& spec, const std::string& name, int least, int most);
// The file that the setting `name` names, "~/" expanded. Error{usage} when it is not there.
std::string file_setting(const RemoteSpec& spec, const std::string& name, FileSystem& files);

}  // namespace coffre::remote
