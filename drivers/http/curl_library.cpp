#include "drivers/http/curl_library.hpp"

#include <dlfcn.h>
#include <openssl/crypto.h>

#include "base/error.hpp"

namespace coffre::http {

namespace {

constexpr const char* library_name = "libcurl.so.4";

Error missing() {
    return {Errc::failed, say<Msg::http_library_missing>(library_name, "s3 / webdav"),
            say<Msg::hint_http_library>("libcurl4")};
}

template <class Function>
void find(void* library, const char* name, Function& function) {
    function = reinterpret_cast<Function>(::dlsym(library, name));
    if (function == nullptr) throw missing();
}

CurlLibrary load() {
    // Without the machine's openssl.cnf, as everywhere: nobody decides by a file what is trusted here.
    ::OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
    void* const library = ::dlopen(library_name, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) throw missing();
    CurlLibrary curl{};
    decltype(&::curl_global_init) global_init = nullptr;
    find(library, "curl_global_init", global_init);
    find(library, "curl_easy_init", curl.easy_init);
    find(library, "curl_easy_cleanup", curl.easy_cleanup);
    find(library, "curl_easy_reset", curl.easy_reset);
    find(library, "curl_easy_setopt", curl.easy_setopt);
    find(library, "curl_easy_perform", curl.easy_perform);
    find(library, "curl_easy_getinfo", curl.easy_getinfo);
    find(library, "curl_easy_strerror", curl.easy_strerror);
    find(library, "curl_slist_append", curl.slist_append);
    find(library, "curl_slist_free_all", curl.slist_free_all);
    // A lookup by this handle also sees what libcurl is linked with. Another TLS library has another name for
    // it: a certificate could then neither be pinned nor named, so that one is not taken.
    find(library, "SSL_CTX_set_cert_verify_callback", curl.set_verify);
    if (global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) throw missing();
    return curl;
}

}  // namespace

const CurlLibrary& curl_library() {
    static const CurlLibrary curl = load();
    return curl;
}

}  // namespace coffre::http
