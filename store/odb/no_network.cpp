// Linked together with libgit2's archive (cmake/libgit2.cmake): in place of those of its parts that reach out
// to a network. coffre opens no connection, and whoever only reads a vault does not pay for TLS, SSH and
// Kerberos, nor for the machine's list of certificates, which libgit2 parses when it starts.
//
// Each name stands for one object of the archive, which the linker then leaves out. None of these is ever
// called but the two that start a part.

// NOLINTBEGIN(bugprone-reserved-identifier): the names are libgit2's
extern "C" {

int git_mbedtls_stream_global_init() { return 0; }
int git_transport_ssh_global_init() { return 0; }

int git_mbedtls__set_cert_location(const char*, const char*) { return -1; }
int git_mbedtls_stream_new(void**, const char*, const char*) { return -1; }
int git_mbedtls_stream_wrap(void**, void*, const char*) { return -1; }
int git_transport_new(void**, void*, const char*) { return -1; }
bool git_http__expect_continue = false;
bool git_smart__ofs_delta_enabled = false;
}
// NOLINTEND(bugprone-reserved-identifier)
