#pragma once
// Who this machine is at a remote. Never in a URL, an argument, a message or the repository.
//
// The first that is there: the setting `credentials-file` (lines "user=…", "password=…", "session-token=…";
// or the profile's section of a file as AWS's tools write it), `credentials-command` (prints the same lines),
// the variables COFFRE_REMOTE_USER, COFFRE_REMOTE_PASSWORD (erased once read). For s3 then
// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, and the profile (setting `profile`, else
// AWS_PROFILE, else "default") of AWS_SHARED_CREDENTIALS_FILE, else ~/.aws/credentials.

#include <optional>
#include <string>

#include "drivers/remote/remotes.hpp"

namespace coffre::remote {

// Wiped when destroyed; moved, never copied.
class Credentials {
public:
    Credentials() = default;
    // The arguments are wiped where they are not taken over.
    Credentials(std::string user, std::string password, std::string session_token);
    ~Credentials();
    Credentials(Credentials&& other) noexcept;
    Credentials& operator=(Credentials&& other) noexcept;
    Credentials(const Credentials&) = delete;
    Credentials& operator=(const Credentials&) = delete;

    [[nodiscard]] const std::string& user() const { return user_; }  // s3: the access key's id
    [[nodiscard]] const std::string& password() const { return password_; }
    [[nodiscard]] const std::string& session_token() const { return session_token_; }

private:
    std::string user_, password_, session_token_;
};

// Empty: nothing of that kind is given anywhere. Error{unreachable} for a file or a command that is named and
// gives none; its text is not in the message. Error{refused} for a file that others than its owner may read.
// What the variables gave is remembered by the process, for its other remotes. Thread-safe.
std::optional<Credentials> find_credentials(const RemoteSpec& spec, bool is_s3, Environment environment);

// The region that AWS_REGION, AWS_DEFAULT_REGION or the profile in AWS_CONFIG_FILE (else ~/.aws/config) says.
std::optional<std::string> find_aws_region(const RemoteSpec& spec, Environment environment);

}  // namespace coffre::remote
