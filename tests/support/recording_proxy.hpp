#pragma once
// Between a driver and its simulator: passes requests on, one connection's after another, and keeps what was
// asked. Speaks TLS with a certificate of its own where the simulator does. Answers are passed on whole, so
// that streams that do not end are not for it.

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/http_client.hpp"
#include "tests/support/simulator.hpp"

namespace coffre::test {

struct ProxiedRequest {
    std::string method, path;  // path with its query
    std::string head, body;    // head: from the request line on

    // Of the first header of that name (any case); "" for none.
    [[nodiscard]] std::string header(std::string_view name) const;
};

class RecordingProxy {
public:
    explicit RecordingProxy(const RunningEquipment& behind);

    // With the path that the URL behind has.
    [[nodiscard]] std::string url() const { return server_->url() + path_; }
    [[nodiscard]] std::string certificate_sha256() const { return tls_ ? certificate_.sha256 : ""; }
    [[nodiscard]] std::vector<ProxiedRequest> requests() const;

private:
    void serve(HttpServer::Connection& connection);

    std::string behind_, path_;
    std::unique_ptr<HttpClient> client_;
    bool tls_ = false;
    TestCertificate certificate_;
    mutable std::mutex mutex_;
    std::vector<ProxiedRequest> requests_;
    std::unique_ptr<HttpServer> server_;  // ends first
};

}  // namespace coffre::test
