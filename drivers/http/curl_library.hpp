#pragma once
// libcurl, loaded when the first request is made (docs/adr/0003-libraries-loaded-when-needed.md): most
// commands make none, and it brings thirty other libraries.

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

struct ssl_ctx_st;
struct x509_store_ctx_st;

namespace coffre::http {

struct CurlLibrary {
    decltype(&::curl_easy_init) easy_init;
    decltype(&::curl_easy_cleanup) easy_cleanup;
    decltype(&::curl_easy_reset) easy_reset;
    decltype(&::curl_easy_setopt) easy_setopt;
    decltype(&::curl_easy_perform) easy_perform;
    decltype(&::curl_easy_getinfo) easy_getinfo;
    decltype(&::curl_easy_strerror) easy_strerror;
    decltype(&::curl_slist_append) slist_append;
    decltype(&::curl_slist_free_all) slist_free_all;
    // OpenSSL's SSL_CTX_set_cert_verify_callback, of the library that this libcurl uses for TLS.
    using Verify = int (*)(x509_store_ctx_st*, void*);
    void (*set_verify)(ssl_ctx_st*, Verify, void*);
};

// Loaded and initialised by the first call, kept until the process ends. Error{failed} when there is none
// that can be used: the hint names the package. Thread-safe.
const CurlLibrary& curl_library();

}  // namespace coffre::http
