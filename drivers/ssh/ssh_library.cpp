#include "drivers/ssh/ssh_library.hpp"

#include <dlfcn.h>

#include "base/error.hpp"

namespace coffre::ssh {

namespace {

void* address(void* library, const char* file, const char* name) {
    void* const found = ::dlsym(library, name);
    if (!found)
        throw Error(Errc::failed, say<Msg::sftp_library_lacks>(file, name), say<Msg::hint_sftp_library>());
    return found;
}

}  // namespace

SshLibrary load_ssh_library(const char* file) {
    // Never closed: it lives as long as the process.
    void* const library = ::dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        throw Error(Errc::failed, say<Msg::sftp_library_missing>(file), say<Msg::hint_sftp_library>());
    SshLibrary table;
#define COFFRE_SSH_LOOK_UP(name) \
    table.name = reinterpret_cast<decltype(table.name)>(address(library, file, #name));
    COFFRE_SSH_FUNCTIONS(COFFRE_SSH_LOOK_UP)
#undef COFFRE_SSH_LOOK_UP
    return table;
}

const SshLibrary& ssh_library() {
    static const SshLibrary table = load_ssh_library("libssh.so.4");
    return table;
}

}  // namespace coffre::ssh
