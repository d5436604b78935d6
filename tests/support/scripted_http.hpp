#pragma once
// An HttpClient whose answers a test writes: a function of the request, which is also kept.

#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/http_client.hpp"

namespace coffre::test {

struct SentRequest {
    std::string method, url;
    HttpHeaders headers;
    Bytes body;

    [[nodiscard]] std::string header(std::string_view name) const {
        for (const auto& [key, value] : headers)
            if (key == name) return value;
        return "";
    }
};

inline HttpResponse http_answer(int status, std::string_view body = "", HttpHeaders headers = {}) {
    HttpResponse response;
    response.status = status;
    response.headers = std::move(headers);
    response.body.assign(body.begin(), body.end());
    return response;
}

inline Error no_answer() {
    return {Errc::unreachable, say<Msg::remote_unreachable>("http://test", "no connection")};
}

class ScriptedHttp final : public HttpClient {
public:
    using Script = std::function<HttpResponse(const SentRequest&, std::size_t number)>;  // number from 1

    // `log` outlives the client.
    ScriptedHttp(Script script, std::vector<SentRequest>& log) : script_(std::move(script)), log_(log) {}

    HttpResponse send(const HttpRequest& request) override {
        const std::scoped_lock guard(mutex_);
        log_.push_back(
            {request.method, request.url, request.headers, {request.body.begin(), request.body.end()}});
        return script_(log_.back(), log_.size());
    }

private:
    std::mutex mutex_;
    Script script_;
    std::vector<SentRequest>& log_;
};

}  // namespace coffre::test
