#pragma once
// A server on a loopback socket that does what a test says, byte by byte: to see what a client makes of it.
// Each connection is a thread; the destructor ends them all.

#include <atomic>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include <openssl/types.h>

namespace coffre::test {

// A key and its certificate (PEM), made for the test.
struct TestCertificate {
    std::string key, certificate;
    std::string sha256;  // of the certificate's DER, lower-case hexadecimal
};
// For 127.0.0.1; signed by itself (then it is an authority too), or by `issuer`.
TestCertificate make_certificate(const TestCertificate* issuer = nullptr);

class HttpServer {
public:
    class Connection {
    public:
        Connection(int socket, SSL_CTX* tls, const std::atomic<bool>& stopping);
        ~Connection();
        Connection(const Connection&) = delete;
        Connection& operator=(const Connection&) = delete;

        // The next request with its body; "" when the client went away.
        std::string read_request();
        // False when the client went away.
        bool send(std::string_view bytes);
        bool stopping() const { return stopping_; }
        void wait_ms(int ms) const;  // or until the server ends
        void reset();                // the connection ends without an end

    private:
        int socket_;
        SSL* ssl_ = nullptr;
        const std::atomic<bool>& stopping_;
        std::string buffer_;
        bool read_more();
    };
    using Script = std::function<void(Connection&)>;

    explicit HttpServer(Script script, const TestCertificate* tls = nullptr);
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    [[nodiscard]] int port() const { return port_; }
    [[nodiscard]] std::string url() const;  // "http[s]://127.0.0.1:PORT"
    [[nodiscard]] int connections() const { return connections_; }

private:
    void accept_all();

    Script script_;
    SSL_CTX* tls_ = nullptr;
    int listener_ = -1;
    int port_ = 0;
    std::atomic<bool> stopping_{false};
    std::atomic<int> connections_{0};
    std::thread acceptor_;
    std::mutex mutex_;
    std::list<std::thread> threads_;
    std::list<int> sockets_;
};

}  // namespace coffre::test
