#pragma once
// ZoneMinder's web API: one login by a form, whose token goes along with what is asked later. 1.36 takes the
// token in the query of what reads and in the body of what writes, never in a header: requests' paths are
// secret from here on, and no message bears one's query.

#include "drivers/equipment/device_http.hpp"

namespace coffre::drivers {

class ZoneMinderApi {
public:
    using Form = std::vector<std::pair<std::string, std::string>>;

    explicit ZoneMinderApi(const DriverContext& context)
        : context_(context), http_(context, DeviceLogin::none) {}

    // Whatever the answer is; logs in first where it has not, and where a `user` is set.
    HttpResponse ask(const std::string& path);
    // The JSON text of a 200; Error{unreachable} otherwise, also for what says that it failed.
    std::string get(const std::string& path);
    // POST, PUT or DELETE. Error{unreachable} where it does not say that it did; true where it did, false
    // where the connection broke after it was sent: it may have.
    bool write(const std::string& method, const std::string& path, const Form& form, const std::string& what,
               int seconds = 30);
    // What was written made the token invalid: the next question logs in again.
    void forget_login();
    // All its daemons, as it says itself.
    bool is_running();

    DeviceHttp& http() { return http_; }
    [[nodiscard]] const std::string& user() const { return http_.user(); }

private:
    void log_in();
    HttpResponse send(DeviceRequest& request);

    const DriverContext& context_;
    DeviceHttp http_;
    SecretText token_;
    bool logged_in_ = false;
};

}  // namespace coffre::drivers
