#include "tests/support/recording_proxy.hpp"

#include "base/error.hpp"
#include "drivers/http/curl_client.hpp"
#include "drivers/model/formats.hpp"

namespace coffre::test {

namespace {

HttpHeaders headers_of(const std::string& head) {
    HttpHeaders headers;
    for (auto at = head.find("\r\n"); at != std::string::npos && at + 2 < head.size();) {
        const auto end = std::min(head.find("\r\n", at + 2), head.size());
        const auto line = std::string_view(head).substr(at + 2, end - at - 2);
        if (const auto colon = line.find(':'); colon != std::string_view::npos)
            headers.emplace_back(model::lower(line.substr(0, colon)),
                                 std::string(model::trimmed(line.substr(colon + 1))));
        at = end;
    }
    return headers;
}

}  // namespace

std::string ProxiedRequest::header(std::string_view name) const {
    for (const auto& [key, value] : headers_of(head))
        if (key == model::lower(name)) return value;
    return "";
}

RecordingProxy::RecordingProxy(const RunningEquipment& behind)
    : behind_(behind.url()), tls_(behind_.starts_with("https")), certificate_(make_certificate()) {
    const auto path = behind_.find('/', behind_.find("://") + 3);
    if (path != std::string::npos) path_ = behind_.substr(path);
    behind_ = behind_.substr(0, path);
    http::ClientOptions options;
    options.certificate_sha256 = behind.certificate_sha256();
    client_ = http::curl_client(std::move(options));
    server_ = std::make_unique<HttpServer>([this](auto& connection) { serve(connection); },
                                           tls_ ? &certificate_ : nullptr);
}

std::vector<ProxiedRequest> RecordingProxy::requests() const {
    const std::scoped_lock guard(mutex_);
    return requests_;
}

void RecordingProxy::serve(HttpServer::Connection& connection) {
    for (;;) {
        const auto text = connection.read_request();
        if (text.empty()) return;
        ProxiedRequest asked;
        const auto end = text.find("\r\n\r\n");
        asked.head = text.substr(0, end);
        asked.body = text.substr(end + 4);
        const auto first = asked.head.find(' ');
        const auto second = asked.head.find(' ', first + 1);
        asked.method = asked.head.substr(0, first);
        asked.path = asked.head.substr(first + 1, second - first - 1);
        {
            const std::scoped_lock guard(mutex_);
            requests_.push_back(asked);
        }
        HttpRequest request;
        request.method = asked.method;
        request.url = behind_ + asked.path;
        request.body = as_bytes(asked.body);
        request.response_limit = 256 << 20;
        for (const auto& [name, value] : headers_of(asked.head))
            if (name != "host" && name != "content-length" && name != "connection" && name != "expect" &&
                name != "transfer-encoding")
                request.headers.emplace_back(name, value);
        try {
            const auto response = client_->send(request);
            std::string answer = "HTTP/1.1 " + std::to_string(response.status) + " Passed on\r\n";
            for (const auto& [name, value] : response.headers)
                if (name != "content-length" && name != "transfer-encoding" && name != "connection")
                    answer += name + ": " + value + "\r\n";
            answer += "content-length: " + std::to_string(response.body.size()) + "\r\n\r\n";
            if (asked.method != "HEAD") answer += as_text(response.body);
            if (!connection.send(answer)) return;
        } catch (const Error&) {
            return;  // the other side went away: so does this one
        }
    }
}

}  // namespace coffre::test
