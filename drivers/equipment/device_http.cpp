#include "drivers/equipment/device_http.hpp"

#include <algorithm>
#include <string>

#include "base/error.hpp"
#include "base/host.hpp"
#include "drivers/http/curl_client.hpp"
#include "drivers/http/http_login.hpp"

namespace coffre::drivers {

namespace {

constexpr std::int64_t ms = 1'000'000;   // nanoseconds
constexpr int time_limit_default = 300;  // seconds
constexpr int size_limit_default = 64;   // MiB
// A kept connection that was idle for longer is not used for what is sent once: equipments close theirs.
constexpr std::int64_t idle_max = 1000 * ms;

bool is_clean(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; }) &&
           text.find_first_of("#\\\"<>") == std::string_view::npos;
}

bool changes_something(const DeviceRequest& request) {
    if (request.effect != HttpEffect::by_method) return request.effect == HttpEffect::changes;
    return request.method != "GET" && request.method != "HEAD" && request.method != "OPTIONS" &&
           request.method != "PROPFIND";
}

// "AB:CD:…", as other programs show it, is taken too.
std::string fingerprint(std::string text) {
    std::erase(text, ':');
    for (char& c : text)
        if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
    return text;
}

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
    if ((address.scheme != "https" && address.scheme != "http") || address.place.empty() ||
        address.place.starts_with(':') || !is_clean(url) || url.find_first_of("@?") != std::string::npos)
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
    http::Digest digest{};
    bool basic = false;       // the server asks for basic
    bool open = false;        // it asked for no login where it could have
    bool accepted = false;    // a digest of this login was
    bool fresh_only = false;  // the server takes each nonce for one request
    bool refused = false;     // the login: nothing is sent any more
    bool in_doubt = false;    // the last request changes something and broke off behind its sending
    bool once = false;        // within sent_once: all requests change something
    std::int64_t deadline_ns = 0, last_answer_ns = 0;
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

    [[nodiscard]] Error too_much() const {
        return {Errc::unreachable, say<Msg::device_too_much>(context.equipment, std::to_string(size_limit)),
                say<Msg::hint_device_limits>()};
    }

    // One sending. `authorization` is wiped; "": none.
    HttpResponse exchange(const DeviceRequest& request, std::string authorization, bool with_body,
                          std::int64_t end_ns);
    // With the login that is known by now; without where none was asked for yet.
    HttpResponse known_login(const DeviceRequest& request, std::int64_t end_ns);
    HttpResponse logged_in(const DeviceRequest& request, std::int64_t end_ns);
    // Of a 401: what it asks for is taken up. False: nothing that may be answered.
    bool take_challenge(const HttpResponse& response);
};

HttpResponse DeviceHttp::State::exchange(const DeviceRequest& request, std::string authorization,
                                         bool with_body, std::int64_t end_ns) {
    struct Wiped {
        HttpRequest request{};
        std::string& authorization;
        ~Wiped() {
            for (auto& header : request.headers)
                if (header.first == "Authorization") wipe_text(header.second);
            wipe_text(authorization);
        }
    } wiped{{}, authorization};
    auto& http = wiped.request;
    const auto target = address.base + request.path;
    http.method = request.method;
    http.url = address.scheme + "://" + address.place + target;
    http.headers = request.headers;
    if (!request.content_type.empty()) http.headers.emplace_back("Content-Type", request.content_type);
    if (!authorization.empty()) http.headers.emplace_back("Authorization", authorization);
    if (with_body) http.body = request.body;
    const auto room = size_limit - std::min(size_limit, received);
    if (room == 0) throw too_much();
    auto& clock = context.environment.clock;
    const auto left = (end_ns - clock.monotonic_ns()) / ms;
    http.response_limit = std::min(request.limit, room);
    http.time_limit_ms = static_cast<int>(std::clamp<std::int64_t>(left, 1, time_left()));
    http.effect = once || changes_something(request) ? HttpEffect::changes : HttpEffect::reads;
    http.fresh_connection =
        http.effect == HttpEffect::changes && clock.monotonic_ns() - last_answer_ns > idle_max;
    http.only_plain = true;
    bool arrived = false;
    http.may_have_arrived = &arrived;
    try {
        auto response = client->send(http);
        last_answer_ns = clock.monotonic_ns();
        received += response.body.size();
        in_doubt = response.cut_short && http.effect == HttpEffect::changes;
        return response;
    } catch (const Error& error) {
        const bool broke_off = error.message().id == Msg::remote_unreachable &&
                               error.message().args.back() == tr<Msg::http_broke_off>();
        in_doubt = (arrived || broke_off) && http.effect == HttpEffect::changes;
        if (error.message().id != Msg::http_too_large) throw;
        received += http.response_limit;
        if (room <= request.limit) throw too_much();
        throw;
    }
}

bool DeviceHttp::State::take_challenge(const HttpResponse& response) {
    const auto challenges = http::challenges_of(response.headers);
    basic = false;
    if (digest.take(challenges, context.environment.random)) return true;
    // Never down to basic from a digest that was accepted.
    basic = login == DeviceLogin::digest_or_basic && !accepted &&
            std::any_of(challenges.begin(), challenges.end(),
                        [](const auto& challenge) { return challenge.scheme == "basic"; });
    return basic;
}

HttpResponse DeviceHttp::State::known_login(const DeviceRequest& request, std::int64_t end_ns) {
    const auto user = context.setting("user");
    const auto& password = context.secret("password");
    if (digest.ready())
        return exchange(request,
                        digest.authorization(request.method, address.base + request.path, user, password),
                        true, end_ns);
    if (basic) return exchange(request, http::basic_authorization(user, password), true, end_ns);
    // What changes something is not sent whole before it is known how: a first answer without a login to an
    // empty body says it.
    if (open || !changes_something(request) || request.body.empty())
        return exchange(request, {}, true, end_ns);
    auto response = exchange(request, {}, false, end_ns);
    if (response.status == 401) return response;
    open = true;
    return exchange(request, {}, true, end_ns);
}

HttpResponse DeviceHttp::State::logged_in(const DeviceRequest& request, std::int64_t end_ns) {
    bool was_kept = digest.uses() > 0;
    bool with_login = digest.ready() || basic;
    bool renewed = false;  // the nonce, for this request
    for (;;) {
        auto response = known_login(request, end_ns);
        if (response.status != 401) {
            if (with_login && digest.ready()) {
                accepted = true;
                digest.take_next(response.headers);
                if (fresh_only) digest.forget();
            }
            return response;
        }
        const bool by_digest = with_login && digest.ready();
        if (with_login && !by_digest) return response;  // basic
        if ((context.setting("user").empty() && context.secret("password").empty()) ||
            !take_challenge(response))
            return response;
        if (by_digest) {
            const bool expired = digest.ready() && (digest.stale() || (was_kept && accepted && !fresh_only));
            if (!expired || renewed) return response;
            if (!digest.stale()) fresh_only = true;
            renewed = true;
        }
        was_kept = false;
        with_login = true;
    }
}

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
    options.certificate_sha256 = fingerprint(context.setting("certificate-sha256"));
    options.connect_seconds = 10;
    options.stall_seconds = 20;
    options.total_seconds = static_cast<int>(state.time_limit);
    state.client = http::curl_client(std::move(options));
}

DeviceHttp::~DeviceHttp() = default;

HttpResponse DeviceHttp::send(const DeviceRequest& request) {
    auto& state = *state_;
    state.in_doubt = false;
    if (state.refused) throw state.login_error();
    // A path may be made of what the equipment told: it must not lead to another host.
    if (!request.path.starts_with('/') || !is_clean(request.path))
        throw Error(Errc::failed, say<Msg::http_failed>(state.address.place, "URL"));
    const auto seconds = std::min<std::int64_t>(std::max(request.seconds, 1), state.time_limit);
    const auto end_ns = state.context.environment.clock.monotonic_ns() + seconds * 1000 * ms;
    state.time_left();
    HttpResponse response;
    if (!state.bearer.empty()) {
        std::string authorization;
        authorization.reserve(state.bearer.text().size() + 8);  // never moved: it would leave a copy
        authorization.append("Bearer ").append(state.bearer.text());
        response = state.exchange(request, std::move(authorization), true, end_ns);
    } else if (state.login == DeviceLogin::none) {
        response = state.exchange(request, {}, true, end_ns);
    } else {
        response = state.logged_in(request, end_ns);
    }
    // Only what was sent without a password may be refused and go on.
    const bool by_token = !state.bearer.empty() || state.login == DeviceLogin::none;
    if (response.status == 401 && !(request.refusal_is_answer && by_token)) {
        state.refused = true;
        state.digest.forget();
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

HttpResponse DeviceHttp::send_secret(DeviceRequest request, std::string& body) {
    request.body = as_bytes(body);
    try {
        auto response = send(request);
        wipe_text(body);
        return response;
    } catch (...) {
        wipe_text(body);
        throw;
    }
}

void DeviceHttp::set_bearer(SecretText token) { state_->bearer = std::move(token); }

bool DeviceHttp::sent_once(const std::function<void()>& attempt) {
    state_->in_doubt = false;
    state_->once = true;
    try {
        attempt();
    } catch (const Error& error) {
        state_->once = false;
        if (error.code() != Errc::unreachable || !state_->in_doubt) throw;
        return false;
    } catch (...) {
        state_->once = false;
        throw;
    }
    state_->once = false;
    return true;
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
