#include "drivers/equipment/device_http.hpp"

#include <algorithm>
#include <string>

#include "base/error.hpp"
#include "base/host.hpp"
#include "drivers/http/curl_client.hpp"

namespace coffre::drivers {

namespace {

constexpr std::int64_t ms = 1'000'000;   // nanoseconds
constexpr int time_limit_default = 300;  // seconds
constexpr int size_limit_default = 64;   // MiB

struct Address {
    std::string scheme, place, base;  // "https", "host:port", "/zm"
};

Address address_of(const DriverContext& context) {
    auto url = context.setting("url");
    const auto refuse = [&] {
        return Error(Errc::usage, say<Msg::device_url>(context.equipment, context.setting("url")),
                     say<Msg::hint_equipment_edit_set>());
    };
    while (url.ends_with('/')) url.pop_back();
    Address address;
    const auto mark = url.find("://");
    if (mark == std::string::npos) throw refuse();
    address.scheme = url.substr(0, mark);
    const auto rest = url.substr(mark + 3);
    const auto slash = rest.find('/');
    address.place = rest.substr(0, slash);
    if (slash != std::string::npos) address.base = rest.substr(slash);
    const bool clean = std::all_of(url.begin(), url.end(), [](char c) { return c > ' ' && c < 0x7f; });
    if ((address.scheme != "https" && address.scheme != "http") || address.place.empty() || !clean ||
        url.find_first_of("@?#\\\"<>") != std::string::npos)
        throw refuse();
    return address;
}

}  // namespace

struct DeviceHttp::State {
    const DriverContext& context;
    Address address;
    DeviceLogin login;
    std::unique_ptr<HttpClient> client;
    SecretText bearer{};
    bool refused = false;  // the login: nothing is sent any more
    std::int64_t deadline_ns = 0;
    std::int64_t time_limit = 0;                 // seconds
    std::uint64_t size_limit = 0, received = 0;  // bytes

    [[nodiscard]] Error login_error() const {
        return {Errc::unreachable,
                say<Msg::device_login_refused>(context.equipment, address.place, context.setting("user")),
                say<Msg::hint_device_login>()};
    }

    // Milliseconds; the deadline runs from the first request on.
    int time_left() {
        auto& clock = context.environment.clock;
        if (deadline_ns == 0) deadline_ns = clock.monotonic_ns() + time_limit * 1000 * ms;
        const auto left = (deadline_ns - clock.monotonic_ns()) / ms;
        if (left <= 0)
            throw Error(Errc::unreachable,
                        say<Msg::device_too_long>(context.equipment, std::to_string(time_limit)),
                        say<Msg::hint_device_limits>());
        return static_cast<int>(std::min<std::int64_t>(left, INT32_MAX));
    }
};

DeviceHttp::DeviceHttp(const DriverContext& context, DeviceLogin login, std::unique_ptr<HttpClient> client)
    : state_(new State{context, address_of(context), login, std::move(client)}) {
    auto& state = *state_;
    state.time_limit = context.number("time-limit", time_limit_default, 1, 86'400);
    state.size_limit = static_cast<std::uint64_t>(context.number("size-limit", size_limit_default, 1, 65'536))
                       << 20;
    if (state.address.scheme == "http" && context.setting("clear-reason").empty())
        throw Error(Errc::refused, say<Msg::device_clear>(context.equipment, context.setting("url")),
                    say<Msg::hint_device_clear>());
    if (state.client != nullptr) return;
    http::ClientOptions options;
    options.ca_file = context.setting("ca-file");
    options.certificate_sha256 = context.setting("certificate-sha256");
    options.connect_seconds = 10;
    options.stall_seconds = 20;
    options.total_seconds = static_cast<int>(state.time_limit);
    state.client = http::curl_client(std::move(options));
}

DeviceHttp::~DeviceHttp() = default;

HttpResponse DeviceHttp::send(const DeviceRequest& request) {
    auto& state = *state_;
    if (state.refused) throw state.login_error();
    HttpRequest http;
    http.method = request.method;
    http.url = state.address.scheme + "://" + state.address.place + state.address.base + request.path;
    http.headers = request.headers;
    if (!request.content_type.empty()) http.headers.emplace_back("Content-Type", request.content_type);
    if (!state.bearer.empty()) http.headers.emplace_back("Authorization", "Bearer " + state.bearer.text());
    http.body = request.body;
    const auto room = state.size_limit - std::min(state.size_limit, state.received);
    http.response_limit = std::min(request.limit, room);
    http.time_limit_ms = std::min(state.time_left(), request.seconds * 1000);
    if (state.login != DeviceLogin::none) {
        http.login.user = state.context.setting("user");
        http.login.password = &state.context.secret("password");
        http.login.allow_basic = state.login == DeviceLogin::digest_or_basic;
    }
    HttpResponse response;
    try {
        response = state.client->send(http);
    } catch (...) {
        if (!state.bearer.empty()) wipe_text(http.headers.back().second);
        throw;
    }
    if (!state.bearer.empty()) wipe_text(http.headers.back().second);
    state.received += response.body.size();
    if (response.status == 401 && !request.refusal_is_answer) {
        state.refused = true;
        throw state.login_error();
    }
    if (response.status >= 300 && response.status < 400)
        throw Error(Errc::unreachable,
                    say<Msg::device_redirects>(state.context.equipment, state.address.place),
                    say<Msg::hint_device_redirects>());
    if (response.cut_short)
        throw Error(Errc::unreachable,
                    say<Msg::remote_unreachable>(state.address.place, tr<Msg::http_broke_off>()));
    return response;
}

std::string DeviceHttp::get(const std::string& path, std::uint64_t limit) {
    DeviceRequest request;
    request.path = path;
    request.limit = limit;
    const auto response = send(request);
    if (response.status < 200 || response.status > 299)
        throw Error(Errc::unreachable,
                    say<Msg::device_status>(state_->context.equipment, path.substr(0, path.find('?')),
                                            std::to_string(response.status)));
    return std::string(as_text(response.body));
}

void DeviceHttp::set_bearer(SecretText token) { state_->bearer = std::move(token); }

bool DeviceHttp::sent_once(const std::function<void()>& attempt) {
    try {
        attempt();
        return true;
    } catch (const Error& error) {
        const auto broke = tr<Msg::http_broke_off>();
        if (error.code() != Errc::unreachable || error.message().id != Msg::remote_unreachable ||
            error.message().args.back() != broke)
            throw;
        return false;
    }
}

void DeviceHttp::wait_until(const std::function<bool()>& probe, int seconds, int interval_ms) {
    auto& clock = state_->context.environment.clock;
    const auto end = clock.monotonic_ns() + std::int64_t{seconds} * 1000 * ms;
    state_->deadline_ns = end + 60'000 * ms;  // a restart is no part of what the device took
    while (clock.monotonic_ns() < end) {
        try {
            if (probe()) {
                state_->deadline_ns = 0;
                return;
            }
        } catch (const Error& error) {
            if (error.code() != Errc::unreachable || state_->refused) throw;
        }
        clock.sleep_ms(interval_ms);
    }
    throw Error(Errc::unreachable,
                say<Msg::device_not_back>(state_->context.equipment, std::to_string(seconds)),
                say<Msg::hint_device_not_back>());
}

const std::string& DeviceHttp::user() const {
    static const std::string none;
    const auto found = state_->context.settings.find("user");
    return found == state_->context.settings.end() ? none : found->second;
}

const std::string& DeviceHttp::password() const { return state_->context.secret("password"); }

const std::string& DeviceHttp::place() const { return state_->address.place; }

std::vector<DriverSetting> device_http_settings() {
    return {{"url", true},    {"user"},       {"certificate-sha256"}, {"ca-file", false, true},
            {"clear-reason"}, {"time-limit"}, {"size-limit"},         {"password", false, false, true}};
}

std::pair<std::string, std::string> first_certificate(const DriverContext& context) {
    const auto address = address_of(context);
    if (address.scheme != "https" || !context.setting("certificate-sha256").empty() ||
        !context.setting("ca-file").empty())
        return {};
    http::ClientOptions options;
    options.connect_seconds = 10;
    options.total_seconds = 20;
    return {"certificate-sha256", http::shown_certificate("https://" + address.place, std::move(options))};
}

std::string url_encoded(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                           c == '-' || c == '.' || c == '_' || c == '~';
        if (plain) {
            out += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out += '%';
        out += digits[byte >> 4];
        out += digits[byte & 15];
    }
    return out;
}

void fail_answer(const DriverContext& context, const std::string& path, const std::string& expected) {
    throw Error(Errc::unreachable,
                say<Msg::device_answer>(context.equipment, path.substr(0, path.find('?')), expected));
}

}  // namespace coffre::drivers
