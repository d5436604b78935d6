#pragma once
// One SFTP session over one SSH connection of its own: connected, the host's key checked, logged in. The
// protocol's version 3, as OpenSSH speaks it (draft-ietf-secsh-filexfer-02, and OpenSSH's PROTOCOL for
// what has an '@' in its name).
//
// Every call may throw SessionLost: the connection broke or nothing came in time, the session is of no more
// use, and what was asked last may or may not have been done. Paths are the server's. Used by one thread at a
// time; sessions are independent of each other.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/environment.hpp"
#include "base/error.hpp"
#include "drivers/ssh/watchdog.hpp"

namespace coffre::ssh {

struct SessionLost {
    Message why;
    bool again = true;  // false: trying once more would take just as long
};

struct SftpTarget {
    std::string place;  // for messages
    std::string host;
    int port = 22;
    std::string user;
    std::string identity;      // path of a private key; "": the agent, then the password
    bool ask_agent = true;     // where there is one
    std::string known_hosts;   // path; "": the fingerprint decides
    std::string expected_key;  // "SHA256:…"; "": none is known yet
    bool trust_first = false;  // take what is shown where none is known
    int timeout_ms = 30'000;   // for a connection, and for each answer
};

// What opens the door, as far as it is needed. Outlives the call that it is given to.
struct SshSecrets {
    const std::string& password;    // "": there is none
    const std::string& passphrase;  // of the private key; "": it has none
};

// What lies under a path. A link is a link: `regular` and `folder` are false.
struct SftpAttributes {
    bool regular = false;
    bool folder = false;
    bool link = false;
    std::uint64_t size = 0;
    std::uint32_t modified = 0;  // seconds since the epoch, by the server's clock
    std::uint32_t mode = 0;      // the permission bits; 0 where the server does not tell
    std::uint32_t owner = 0, group = 0;
};

// A file that is open for reading. Not to be used after its session.
class SftpFile {
public:
    virtual ~SftpFile() = default;
    virtual SftpAttributes attributes() = 0;
    // Fills `room` but for the end of the file; how many bytes came.
    virtual std::size_t read(std::span<std::uint8_t> room) = 0;
};

struct SftpEntry {
    std::string name;
    SftpAttributes attributes;
};

class SftpSession {
public:
    // Error{refused} for a key that is not the expected one, before anything of the user was sent;
    // Error{unreachable} when the server does not let the user in.
    static std::unique_ptr<SftpSession> open(const SftpTarget& target, const SshSecrets& secrets,
                                             FileSystem& files, Watchdog& watchdog);
    // The key that the host shows first, "SHA256:…"; nothing of the user is sent.
    static std::string ask_host_key(const SftpTarget& target, Watchdog& watchdog);
    virtual ~SftpSession() = default;

    [[nodiscard]] virtual const std::string& host_key() const = 0;  // "SHA256:…"
    [[nodiscard]] virtual const std::string& banner() const = 0;    // "SSH-2.0-OpenSSH_9.2p1 …"
    [[nodiscard]] virtual bool offers(const char* extension, const char* version) const = 0;

    virtual std::optional<SftpAttributes> look(const std::string& path) = 0;               // a link is a link
    virtual std::optional<SftpAttributes> look_through(const std::string& path) = 0;       // links followed
    virtual std::optional<std::vector<SftpEntry>> entries(const std::string& folder) = 0;  // empty: not there
    virtual std::string read_link(const std::string& path) = 0;
    virtual std::unique_ptr<SftpFile> open_file(const std::string& path) = 0;          // null: not there
    virtual void make_folder(const std::string& path, std::uint32_t mode = 0700) = 0;  // fine when there
    // Exactly those bytes; empty when the file is not there, or ends before.
    virtual std::optional<Bytes> read(const std::string& path, std::uint64_t offset, std::uint64_t count) = 0;
    // A new file, whole and, where the server can, on stable storage when it returns.
    virtual void write(const std::string& path, ByteView bytes) = 0;
    // False: the server does not let it be set.
    virtual bool set_mode(const std::string& path, std::uint32_t mode) = 0;
    virtual bool set_owner(const std::string& path, std::uint32_t owner, std::uint32_t group) = 0;
    // False when it was not done: the server says no reason, so the caller looks.
    virtual bool rename(const std::string& from, const std::string& to) = 0;
    virtual void remove(const std::string& path) = 0;                              // silent when not there
    virtual std::optional<std::uint64_t> free_bytes(const std::string& path) = 0;  // empty: it does not say
};

}  // namespace coffre::ssh
