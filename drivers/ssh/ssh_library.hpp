#pragma once
// The functions of libssh that are used, looked up in the shared library at first use. The program is not
// linked with it: most commands need no SSH, and loading it costs each of them milliseconds at its start
// (docs/adr/0003-libraries-loaded-when-needed.md).

#include <libssh/libssh.h>
#include <libssh/sftp.h>

namespace coffre::ssh {

#define COFFRE_SSH_FUNCTIONS(X)      \
    X(sftp_attributes_free)          \
    X(sftp_chmod)                    \
    X(sftp_chown)                    \
    X(sftp_close)                    \
    X(sftp_closedir)                 \
    X(sftp_dir_eof)                  \
    X(sftp_extension_supported)      \
    X(sftp_free)                     \
    X(sftp_fstat)                    \
    X(sftp_fsync)                    \
    X(sftp_init)                     \
    X(sftp_lstat)                    \
    X(sftp_mkdir)                    \
    X(sftp_new)                      \
    X(sftp_open)                     \
    X(sftp_opendir)                  \
    X(sftp_read)                     \
    X(sftp_readdir)                  \
    X(sftp_readlink)                 \
    X(sftp_rename)                   \
    X(sftp_seek64)                   \
    X(sftp_stat)                     \
    X(sftp_statvfs)                  \
    X(sftp_statvfs_free)             \
    X(sftp_unlink)                   \
    X(sftp_write)                    \
    X(ssh_clean_pubkey_hash)         \
    X(ssh_connect)                   \
    X(ssh_disconnect)                \
    X(ssh_free)                      \
    X(ssh_get_error)                 \
    X(ssh_get_fingerprint_hash)      \
    X(ssh_get_publickey_hash)        \
    X(ssh_get_server_publickey)      \
    X(ssh_get_serverbanner)          \
    X(ssh_is_connected)              \
    X(ssh_key_free)                  \
    X(ssh_new)                       \
    X(ssh_options_set)               \
    X(ssh_pki_import_privkey_base64) \
    X(ssh_session_is_known_server)   \
    X(ssh_string_free_char)          \
    X(ssh_userauth_agent)            \
    X(ssh_userauth_password)         \
    X(ssh_userauth_publickey)

struct SshLibrary {
#define COFFRE_SSH_MEMBER(name) decltype(&::name) name = nullptr;
    COFFRE_SSH_FUNCTIONS(COFFRE_SSH_MEMBER)
#undef COFFRE_SSH_MEMBER
};

// Error{failed} where the library is not installed, or lacks one of these.
SshLibrary load_ssh_library(const char* file);

// The one of this process; thread-safe. The same errors, at each call.
const SshLibrary& ssh_library();

}  // namespace coffre::ssh
