#include "drivers/http/curl_client.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <mutex>
#include <vector>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include "base/error.hpp"
#include "base/ids.hpp"
#include "base/secret_text.hpp"
#include "drivers/http/curl_library.hpp"

namespace coffre::http {

namespace {

constexpr std::string_view user_agent = "coffre/" COFFRE_VERSION;
constexpr std::size_t most_idle = 8;       // channels kept
constexpr std::size_t most_headers = 200;  // of one answer
constexpr int safe_sendings_max = 3;       // kept connections that broke off

// "https://host:port" of a URL, for messages: no path, no query.
std::string place_of(const std::string& url) {
    const auto mark = url.find("://");
    const auto start = mark == std::string::npos ? 0 : mark + 3;
    return url.substr(0, std::min(url.find_first_of("/?#", start), url.size()));
}

struct Verification {
    std::string pin;   // "": the authorities decide
    std::string seen;  // SHA-256 of the certificate that was shown
    bool pin_failed = false;
};

// Called by OpenSSL in place of X509_verify_cert.
int verify_certificate(X509_STORE_CTX* context, void* argument) {
    auto& verification = *static_cast<Verification*>(argument);
    std::array<std::uint8_t, Sha256Digest::size> digest{};
    unsigned size = 0;
    const X509* const shown = ::X509_STORE_CTX_get0_cert(context);
    if (shown == nullptr || ::X509_digest(shown, ::EVP_sha256(), digest.data(), &size) != 1 ||
        size != digest.size())
        return 0;
    verification.seen = to_hex(digest);
    if (verification.pin.empty()) return ::X509_verify_cert(context);
    verification.pin_failed = verification.seen != verification.pin;
    ::X509_STORE_CTX_set_error(context,
                               verification.pin_failed ? X509_V_ERR_APPLICATION_VERIFICATION : X509_V_OK);
    return verification.pin_failed ? 0 : 1;
}

// One request under way: what libcurl's callbacks fill.
struct Exchange {
    HttpResponse response;
    std::uint64_t body_limit = 0;
    std::uint64_t header_limit = 0;
    std::uint64_t header_bytes = 0;
    bool body_too_large = false;
    bool headers_too_large = false;
    bool out_of_memory = false;
    bool only_plain = false;
    bool compressed = false;
    // What changes something is sent once, anything else as often as kept connections may break off.
    int sendings_max = 0;
    int sendings = 0;
    bool complete_head = false;  // the empty line after the headers of the final answer came
};

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

// A body that is not sent as it is. libcurl undoes what Transfer-Encoding says, asked for or not.
bool says_compressed(const HttpHeaders& headers) {
    return std::any_of(headers.begin(), headers.end(), [](const auto& header) {
        const auto value = lower(header.second);
        return (header.first == "content-encoding" && !value.empty() && value != "identity") ||
               (header.first == "transfer-encoding" && value != "chunked" && value != "identity");
    });
}

// Exceptions must not pass through libcurl: each callback turns them into a stop.
std::size_t take_header(char* data, std::size_t, std::size_t count, void* argument) {
    auto& exchange = *static_cast<Exchange*>(argument);
    const std::string_view line(data, count);
    exchange.header_bytes += count;
    if (exchange.header_bytes > exchange.header_limit || exchange.response.headers.size() >= most_headers) {
        exchange.headers_too_large = true;
        return 0;
    }
    try {
        if (line.starts_with("HTTP/")) {  // also after a 100 Continue: what came before is of no interest
            exchange.response.headers.clear();
            exchange.complete_head = false;
        } else if (trimmed(line).empty()) {
            exchange.complete_head = true;
            exchange.compressed = exchange.only_plain && says_compressed(exchange.response.headers);
            if (exchange.compressed) return 0;
        } else if (const auto colon = line.find(':'); colon != std::string_view::npos) {
            exchange.response.headers.emplace_back(lower(trimmed(line.substr(0, colon))),
                                                   std::string(trimmed(line.substr(colon + 1))));
        }
    } catch (const std::bad_alloc&) {
        exchange.out_of_memory = true;
        return 0;
    }
    return count;
}

std::size_t take_body(char* data, std::size_t, std::size_t count, void* argument) {
    auto& exchange = *static_cast<Exchange*>(argument);
    auto& body = exchange.response.body;
    if (body.size() + count > exchange.body_limit) {
        exchange.body_too_large = true;
        return 0;
    }
    try {
        append(body, as_bytes({data, count}));
    } catch (const std::bad_alloc&) {
        exchange.out_of_memory = true;
        return 0;
    }
    return count;
}

// While it lives, a connection that the other side closed does not end the process: OpenSSL writes without
// MSG_NOSIGNAL, and libcurl holds SIGPIPE off only where it may change what the whole process does with it.
class NoBrokenPipe {
public:
    NoBrokenPipe() {
        sigset_t pending;
        ::sigpending(&pending);
        was_pending_ = ::sigismember(&pending, SIGPIPE) == 1;
        ::sigemptyset(&pipe_);
        ::sigaddset(&pipe_, SIGPIPE);
        ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
    }
    ~NoBrokenPipe() {
        const timespec at_once{};
        if (!was_pending_)
            while (::sigtimedwait(&pipe_, nullptr, &at_once) < 0 && errno == EINTR) {
            }
        ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }
    NoBrokenPipe(const NoBrokenPipe&) = delete;
    NoBrokenPipe& operator=(const NoBrokenPipe&) = delete;

private:
    sigset_t pipe_{}, before_{};
    bool was_pending_ = false;
};

// One of libcurl's handles with its connections. What OpenSSL calls back lives as long as these do.
struct Channel {
    explicit Channel(std::string pin) : handle(curl_library().easy_init()) {
        if (handle == nullptr) throw std::bad_alloc();
        verification.pin = std::move(pin);
    }
    ~Channel() {
        const NoBrokenPipe quiet;  // TLS says goodbye
        curl_library().easy_cleanup(handle);
    }
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;

    CURL* handle;
    Verification verification;
};

class CurlClient final : public HttpClient {
public:
    explicit CurlClient(ClientOptions options) : options_(std::move(options)) {
        idle_.reserve(most_idle);
        const auto& pin = options_.certificate_sha256;
        if (!pin.empty() && !Sha256Digest::parse(pin))
            throw Error(Errc::usage, say<Msg::remote_setting_value>("certificate-sha256", pin));
    }

    HttpResponse send(const HttpRequest& request) override;

    // Of a certificate that the pin does not fit; "" where it does.
    std::string refused_certificate(const HttpRequest& request) {
        const Lease lease(*this);
        const auto& verification = lease.get().verification;
        try {
            send_by(lease.get(), request);
        } catch (const Error&) {
            if (!verification.pin_failed) throw;
        }
        return verification.pin_failed ? verification.seen : std::string();
    }

private:
    HttpResponse send_by(Channel& channel, const HttpRequest& request) const;

    // A channel of the pool: back in it when the request is over.
    class Lease {
    public:
        explicit Lease(CurlClient& client) : client_(client), channel_(client.take()) {}
        ~Lease() { client_.give_back(std::move(channel_)); }
        Lease(const Lease&) = delete;
        Lease& operator=(const Lease&) = delete;
        [[nodiscard]] Channel& get() const { return *channel_; }

    private:
        CurlClient& client_;
        std::unique_ptr<Channel> channel_;
    };

    std::unique_ptr<Channel> take() {
        const std::scoped_lock guard(mutex_);
        if (idle_.empty()) return std::make_unique<Channel>(options_.certificate_sha256);
        auto channel = std::move(idle_.back());
        idle_.pop_back();
        return channel;
    }

    void give_back(std::unique_ptr<Channel> channel) noexcept {
        curl_library().easy_reset(channel->handle);  // options go, connections and known names stay
        const std::scoped_lock guard(mutex_);
        if (idle_.size() < most_idle) idle_.push_back(std::move(channel));  // has room: reserved
    }

    void set_limits(CURL* handle, const HttpRequest& request) const;
    void set_request(CURL* handle, const HttpRequest& request) const;

    ClientOptions options_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<Channel>> idle_;
};

template <class Value>
void set(CURL* handle, CURLoption option, Value value) {
    if (const auto code = curl_library().easy_setopt(handle, option, value); code != CURLE_OK)
        throw Error(Errc::failed, say<Msg::http_failed>("libcurl", std::to_string(option) + ": " +
                                                                       curl_library().easy_strerror(code)));
}

void CurlClient::set_limits(CURL* handle, const HttpRequest& request) const {
    constexpr long milliseconds = 1000;
    set(handle, CURLOPT_CONNECTTIMEOUT_MS, options_.connect_seconds * milliseconds);
    set(handle, CURLOPT_LOW_SPEED_TIME, static_cast<long>(options_.stall_seconds));
    set(handle, CURLOPT_LOW_SPEED_LIMIT, static_cast<long>(options_.slowest));
    const auto moved = request.body.size() + request.response_limit;
    const auto seconds = std::min<std::uint64_t>(moved / std::max<std::uint64_t>(options_.slowest_whole, 1),
                                                 std::uint64_t{24} * 3600);
    const long whole = (options_.total_seconds + static_cast<long>(seconds)) * milliseconds;
    const long limit = request.time_limit_ms > 0 ? std::min<long>(whole, request.time_limit_ms) : whole;
    set(handle, CURLOPT_TIMEOUT_MS, limit);
    set(handle, CURLOPT_NOSIGNAL, 1L);
    set(handle, CURLOPT_TCP_KEEPALIVE, 1L);

    set(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    set(handle, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(handle, CURLOPT_FOLLOWLOCATION, 0L);
    set(handle, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
    set(handle, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    set(handle, CURLOPT_PATH_AS_IS, 1L);
    set(handle, CURLOPT_HTTP09_ALLOWED, 0L);
    if (!options_.proxy_from_environment) set(handle, CURLOPT_PROXY, "");

    set(handle, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    set(handle, CURLOPT_SSL_VERIFYPEER, 1L);
    // A pinned certificate is trusted for itself: those of appliances often bear no name that fits.
    set(handle, CURLOPT_SSL_VERIFYHOST, options_.certificate_sha256.empty() ? 2L : 0L);
    if (!options_.certificate_sha256.empty()) {
        // No authority is asked: reading the machine's takes megabytes a connection.
        set(handle, CURLOPT_CAINFO, static_cast<char*>(nullptr));
        set(handle, CURLOPT_CAPATH, static_cast<char*>(nullptr));
    } else if (!options_.ca_file.empty()) {
        set(handle, CURLOPT_CAINFO, options_.ca_file.c_str());
        set(handle, CURLOPT_CAPATH, static_cast<char*>(nullptr));
    }
}

void CurlClient::set_request(CURL* handle, const HttpRequest& request) const {
    set(handle, CURLOPT_URL, request.url.c_str());
    set(handle, CURLOPT_USERAGENT, user_agent.data());
    if (request.method == "HEAD") {
        set(handle, CURLOPT_NOBODY, 1L);
    } else if (request.method != "GET" || !request.body.empty()) {
        const bool has_body = !request.body.empty() || request.method == "PUT" || request.method == "POST";
        if (has_body) {
            set(handle, CURLOPT_POST, 1L);
            set(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
            // Not copied by libcurl.
            set(handle, CURLOPT_POSTFIELDS,
                request.body.empty() ? "" : reinterpret_cast<const char*>(request.body.data()));
        }
        set(handle, CURLOPT_CUSTOMREQUEST, request.method.c_str());
    }
    // Told by the length alone where it is announced, before a byte of it comes.
    if (request.method != "HEAD")
        set(handle, CURLOPT_MAXFILESIZE_LARGE,
            static_cast<curl_off_t>(std::min<std::uint64_t>(request.response_limit, INT64_MAX - 1)));
}

// Called before a request goes out. libcurl sends it again by itself where a kept connection broke off before
// an answer, and does not tell.
int before_sending(void* argument, char*, char*, int, int) {
    auto& exchange = *static_cast<Exchange*>(argument);
    ++exchange.sendings;
    return exchange.sendings > exchange.sendings_max ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

bool changes_something(const HttpRequest& request) {
    if (request.effect != HttpEffect::by_method) return request.effect == HttpEffect::changes;
    return request.method != "GET" && request.method != "HEAD" && request.method != "PROPFIND" &&
           request.method != "OPTIONS";
}

// Headers may hold credentials: their copies are wiped. (What libcurl makes of them to send is not.)
class HeaderList {
public:
    explicit HeaderList(const HttpRequest& request) {
        bool typed = false;
        for (const auto& [name, value] : request.headers) {
            typed = typed || lower(name) == "content-type";
            auto line = value.empty() ? name + ";" : name + ": " + value;
            add(line);
            wipe_text(line);
        }
        if (!typed) add("Content-Type:");  // libcurl would say that it is a form
    }
    ~HeaderList() {
        for (auto* line = list_; line != nullptr; line = line->next)
            ::OPENSSL_cleanse(line->data, std::char_traits<char>::length(line->data));
        curl_library().slist_free_all(list_);
    }
    HeaderList(const HeaderList&) = delete;
    HeaderList& operator=(const HeaderList&) = delete;
    [[nodiscard]] curl_slist* get() const { return list_; }

private:
    void add(const std::string& line) {
        if (line.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
            throw Error(Errc::failed, say<Msg::http_failed>("libcurl", "header"));
        curl_slist* const longer = curl_library().slist_append(list_, line.c_str());
        if (longer == nullptr) throw std::bad_alloc();
        list_ = longer;
    }
    curl_slist* list_ = nullptr;
};

CURLcode install_verification(CURL*, void* context, void* argument) {
    curl_library().set_verify(static_cast<ssl_ctx_st*>(context), verify_certificate, argument);
    return CURLE_OK;
}

[[noreturn]] void fail(CURLcode code, const std::string& url, const Verification& verification,
                       const ClientOptions& options) {
    const auto place = place_of(url);
    const auto unreachable = [&](std::string why) {
        return Error(Errc::unreachable, say<Msg::remote_unreachable>(place, std::move(why)));
    };
    switch (code) {
        case CURLE_COULDNT_RESOLVE_HOST:
            throw unreachable(tr<Msg::http_no_name>());
        case CURLE_COULDNT_RESOLVE_PROXY:
            throw unreachable(tr<Msg::http_proxy_unknown>());
        case CURLE_COULDNT_CONNECT:
            throw unreachable(tr<Msg::http_no_connection>());
        case CURLE_OPERATION_TIMEDOUT:
            throw unreachable(tr<Msg::http_too_slow>());
        case CURLE_GOT_NOTHING:
        case CURLE_SEND_ERROR:
        case CURLE_RECV_ERROR:
        case CURLE_PARTIAL_FILE:
        case CURLE_ABORTED_BY_CALLBACK:  // by before_sending
            throw unreachable(tr<Msg::http_broke_off>());
        case CURLE_PEER_FAILED_VERIFICATION:
            if (verification.pin_failed)
                throw Error(Errc::refused, say<Msg::http_certificate_pin>(place, verification.seen),
                            say<Msg::hint_http_certificate_pin>());
            throw Error(Errc::refused, say<Msg::http_certificate>(place, verification.seen),
                        say<Msg::hint_http_certificate>());
        case CURLE_SSL_CONNECT_ERROR:
            throw unreachable(tr<Msg::http_no_tls>());
        case CURLE_SSL_CACERT_BADFILE:
            throw Error(Errc::refused, say<Msg::http_ca_file>(options.ca_file.empty() ? "ca-certificates"
                                                                                      : options.ca_file));
        case CURLE_OUT_OF_MEMORY:
            throw std::bad_alloc();
        case CURLE_WEIRD_SERVER_REPLY:
            throw unreachable(tr<Msg::http_not_http>());
        case CURLE_UNSUPPORTED_PROTOCOL:
            // Of an answer without a status line, as HTTP/0.9 had, it is said too.
            if (url.starts_with("http://") || url.starts_with("https://"))
                throw unreachable(tr<Msg::http_not_http>());
            [[fallthrough]];
        case CURLE_URL_MALFORMAT:
        case CURLE_BAD_FUNCTION_ARGUMENT:
        case CURLE_LOGIN_DENIED:
            throw Error(Errc::failed, say<Msg::http_failed>(place, curl_library().easy_strerror(code)));
        default:
            throw unreachable(tr<Msg::http_other>(curl_library().easy_strerror(code)));
    }
}

HttpResponse CurlClient::send(const HttpRequest& request) {
    const Lease lease(*this);
    return send_by(lease.get(), request);
}

HttpResponse CurlClient::send_by(Channel& channel, const HttpRequest& request) const {
    const auto& curl = curl_library();
    CURL* const handle = channel.handle;
    Verification& verification = channel.verification;
    Exchange exchange;
    exchange.body_limit = request.response_limit;
    exchange.header_limit = options_.header_limit;

    exchange.only_plain = request.only_plain;
    exchange.sendings_max = changes_something(request) ? 1 : safe_sendings_max;
    if (request.fresh_connection) set(handle, CURLOPT_FRESH_CONNECT, 1L);
    set(handle, CURLOPT_PREREQFUNCTION, &before_sending);
    set(handle, CURLOPT_PREREQDATA, static_cast<void*>(&exchange));
    set_limits(handle, request);
    set_request(handle, request);
    const HeaderList headers(request);
    set(handle, CURLOPT_HTTPHEADER, headers.get());
    set(handle, CURLOPT_HEADERFUNCTION, &take_header);
    set(handle, CURLOPT_HEADERDATA, static_cast<void*>(&exchange));
    set(handle, CURLOPT_WRITEFUNCTION, &take_body);
    set(handle, CURLOPT_WRITEDATA, static_cast<void*>(&exchange));
    set(handle, CURLOPT_SSL_CTX_FUNCTION, &install_verification);
    set(handle, CURLOPT_SSL_CTX_DATA, static_cast<void*>(&verification));

    const CURLcode code = [&] {
        const NoBrokenPipe quiet;
        return curl.easy_perform(handle);
    }();
    if (request.may_have_arrived != nullptr && exchange.sendings > 0) *request.may_have_arrived = true;
    if (exchange.out_of_memory) throw std::bad_alloc();
    if (exchange.compressed) throw Error(Errc::unreachable, say<Msg::http_compressed>(place_of(request.url)));
    const bool too_large = exchange.body_too_large || code == CURLE_FILESIZE_EXCEEDED;
    if (too_large || exchange.headers_too_large)
        throw Error(Errc::unreachable,
                    say<Msg::http_too_large>(
                        place_of(request.url),
                        std::to_string(too_large ? request.response_limit : options_.header_limit)));
    // It ended early, and whoever asked may know what to do with the part; without a head it is no answer.
    const bool cut = code == CURLE_PARTIAL_FILE && exchange.complete_head;
    if (code != CURLE_OK && !cut) fail(code, request.url, verification, options_);
    // To HEAD, libcurl takes a head that broke off for a whole one.
    if (!exchange.complete_head) fail(CURLE_RECV_ERROR, request.url, verification, options_);

    long status = 0;
    curl.easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    exchange.response.status = static_cast<int>(status);
    exchange.response.cut_short = cut;
    return std::move(exchange.response);
}

}  // namespace

std::string shown_certificate(const std::string& place, ClientOptions options) {
    options.certificate_sha256 = std::string(std::size_t{2} * Sha256Digest::size, '0');  // of no certificate
    CurlClient client(std::move(options));
    HttpRequest request;
    request.method = "HEAD";
    request.url = place + "/";
    return client.refused_certificate(request);
}

std::unique_ptr<HttpClient> curl_client(ClientOptions options) {
    return std::make_unique<CurlClient>(std::move(options));
}

}  // namespace coffre::http
