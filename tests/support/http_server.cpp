#include "tests/support/http_server.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <stdexcept>

#include <netinet/in.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.hpp"
#include "base/handle.hpp"

namespace coffre::test {

namespace {

using Bio = Handle<BIO, BIO_free_all>;
using KeyHandle = Handle<EVP_PKEY, EVP_PKEY_free>;
using CertificateHandle = Handle<X509, X509_free>;

void check(bool ok, const char* what) {
    if (!ok) throw std::runtime_error(what);
}

std::string text_of(BIO* bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    return {data, static_cast<std::size_t>(size)};
}

KeyHandle read_key(const std::string& pem) {
    const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    return KeyHandle(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
}

CertificateHandle read_certificate(const std::string& pem) {
    const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    return CertificateHandle(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
}

void add_extension(X509* certificate, int id, const char* value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
    const Handle<X509_EXTENSION, X509_EXTENSION_free> extension(
        X509V3_EXT_conf_nid(nullptr, &context, id, value));
    check(extension && X509_add_ext(certificate, extension.get(), -1) == 1, "extension");
}

}  // namespace

TestCertificate make_certificate(const TestCertificate* issuer) {
    static std::atomic<long> serial{1};
    const KeyHandle key(EVP_EC_gen("P-256"));
    const CertificateHandle made(X509_new());
    check(key && made, "certificate");
    const long number = serial++;
    X509_set_version(made.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), number);
    constexpr long day = 86'400;
    X509_gmtime_adj(X509_getm_notBefore(made.get()), -day);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), day);
    X509_set_pubkey(made.get(), key.get());
    const std::string name = "test " + std::to_string(number);
    X509_NAME* const subject = X509_get_subject_name(made.get());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    const auto issuer_certificate = issuer != nullptr ? read_certificate(issuer->certificate) : nullptr;
    const auto issuer_key = issuer != nullptr ? read_key(issuer->key) : nullptr;
    X509_set_issuer_name(made.get(),
                         issuer != nullptr ? X509_get_subject_name(issuer_certificate.get()) : subject);
    add_extension(made.get(), NID_basic_constraints, issuer == nullptr ? "critical,CA:TRUE" : "CA:FALSE");
    add_extension(made.get(), NID_subject_alt_name, "IP:127.0.0.1");
    check(X509_sign(made.get(), issuer != nullptr ? issuer_key.get() : key.get(), EVP_sha256()) > 0,
          "signature");

    TestCertificate out;
    const Bio key_bio(BIO_new(BIO_s_mem()));
    const Bio certificate_bio(BIO_new(BIO_s_mem()));
    check(PEM_write_bio_PrivateKey(key_bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1 &&
              PEM_write_bio_X509(certificate_bio.get(), made.get()) == 1,
          "PEM");
    out.key = text_of(key_bio.get());
    out.certificate = text_of(certificate_bio.get());
    std::array<std::uint8_t, 32> digest{};
    check(X509_digest(made.get(), EVP_sha256(), digest.data(), nullptr) == 1, "digest");
    out.sha256 = to_hex(digest);
    return out;
}

HttpServer::Connection::Connection(int socket, SSL_CTX* tls, const std::atomic<bool>& stopping)
    : socket_(socket), stopping_(stopping) {
    if (tls == nullptr) return;
    ssl_ = SSL_new(tls);
    SSL_set_fd(ssl_, socket_);
    if (SSL_accept(ssl_) != 1) {
        SSL_free(ssl_);
        ssl_ = nullptr;
        ::shutdown(socket_, SHUT_RDWR);
    }
}

HttpServer::Connection::~Connection() {
    if (ssl_ != nullptr) {
        if (SSL_is_init_finished(ssl_) == 1) SSL_shutdown(ssl_);
        SSL_free(ssl_);
    }
    ::shutdown(socket_, SHUT_RDWR);
}

bool HttpServer::Connection::read_more() {
    char block[4096];
    const auto got = ssl_ != nullptr ? SSL_read(ssl_, block, sizeof block)
                                     : static_cast<int>(::recv(socket_, block, sizeof block, 0));
    if (got <= 0) return false;
    buffer_.append(block, static_cast<std::size_t>(got));
    return true;
}

std::string HttpServer::Connection::read_request() {
    std::size_t end = std::string::npos;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos)
        if (!read_more()) return "";
    std::size_t whole = end + 4;
    if (const auto at = buffer_.find("Content-Length: "); at < end)
        whole += static_cast<std::size_t>(std::stoul(buffer_.substr(at + 16)));
    if (buffer_.find("Expect: 100-continue") < end && buffer_.size() < whole)
        send("HTTP/1.1 100 Continue\r\n\r\n");
    while (buffer_.size() < whole)
        if (!read_more()) return "";
    std::string request = buffer_.substr(0, whole);
    buffer_.erase(0, whole);
    return request;
}

bool HttpServer::Connection::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto sent = ssl_ != nullptr
                              ? SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()))
                              : static_cast<int>(::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL));
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

void HttpServer::Connection::wait_ms(int ms) const {
    constexpr int step = 20;
    for (int waited = 0; waited < ms && !stopping_; waited += step)
        std::this_thread::sleep_for(std::chrono::milliseconds(step));
}

void HttpServer::Connection::reset() {
    const linger none{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    // The socket's number stays its owner's: a connection to nowhere takes its place, and the old one is
    // reset.
    const int other = ::socket(AF_INET, SOCK_STREAM, 0);
    ::dup2(other, socket_);
    ::close(other);
}

HttpServer::HttpServer(Script script, const TestCertificate* tls) : script_(std::move(script)) {
    if (tls != nullptr) {
        tls_ = SSL_CTX_new(TLS_server_method());
        check(SSL_CTX_use_certificate(tls_, read_certificate(tls->certificate).get()) == 1 &&
                  SSL_CTX_use_PrivateKey(tls_, read_key(tls->key).get()) == 1,
              "TLS");
    }
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    check(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
              ::listen(listener_, 16) == 0 &&
              ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0,
          "listen");
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
}

void HttpServer::accept_all() {
    while (!stopping_) {
        const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (socket < 0) return;
        ++connections_;
        const std::scoped_lock guard(mutex_);
        sockets_.push_back(socket);
        threads_.emplace_back([this, socket] {
            // OpenSSL writes to clients that went away; for the other threads the signal stays what it is.
            sigset_t pipe;
            ::sigemptyset(&pipe);
            ::sigaddset(&pipe, SIGPIPE);
            ::pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
            Connection connection(socket, tls_, stopping_);
            script_(connection);
        });
    }
}

HttpServer::~HttpServer() {
    stopping_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    {
        const std::scoped_lock guard(mutex_);
        for (const int socket : sockets_) ::shutdown(socket, SHUT_RDWR);
    }
    for (auto& thread : threads_) thread.join();
    for (const int socket : sockets_) ::close(socket);
    ::close(listener_);
    if (tls_ != nullptr) SSL_CTX_free(tls_);
}

std::string HttpServer::url() const {
    return std::string(tls_ != nullptr ? "https" : "http") + "://127.0.0.1:" + std::to_string(port_);
}

}  // namespace coffre::test
