#include "drivers/equipment/onvif.hpp"

#include <algorithm>
#include <array>
#include <sstream>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/error.hpp"
#include "drivers/equipment/device_http.hpp"
#include "drivers/equipment/memory_files.hpp"
#include "drivers/model/compare.hpp"

namespace coffre::drivers {

namespace {

using model::text_at;
using model::Xml;

constexpr const char* device_path = "/onvif/device_service";
constexpr const char* device_name = "http://www.onvif.org/ver10/device/wsdl";
constexpr const char* media_name = "http://www.onvif.org/ver10/media/wsdl";
constexpr const char* recording_name = "http://www.onvif.org/ver10/recording/wsdl";
constexpr const char* schema_name = "http://www.onvif.org/ver10/schema";
constexpr std::size_t backup_min = 256;  // bytes: less is a message, not a backup
constexpr std::uint64_t backup_max = 64 << 20;
constexpr int restart_seconds = 300;
constexpr int settled = 5;  // answers in a row that say that it stays

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '&')
            out += "&amp;";
        else if (c == '<')
            out += "&lt;";
        else if (c == '>')
            out += "&gt;";
        else if (c == '"')
            out += "&quot;";
        else
            out += c;
    }
    return out;
}

std::string sha1_base64(const std::string& text) {
    ::OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
    std::array<std::uint8_t, 20> sum{};
    unsigned size = 0;
    if (::EVP_Digest(text.data(), text.size(), sum.data(), &size, ::EVP_sha1(), nullptr) != 1 ||
        size != sum.size())
        throw std::bad_alloc();
    return to_base64(sum);
}

struct Url {
    std::string host, path;  // "/x?y", "" where there is none
};
Url parse_url(const std::string& text) {
    Url url;
    const auto mark = text.find("://");
    if (mark == std::string::npos) return url;
    const auto rest = text.substr(mark + 3);
    const auto slash = rest.find('/');
    auto place = rest.substr(0, slash);
    if (const auto at = place.rfind('@'); at != std::string::npos) place = place.substr(at + 1);
    const auto colon = place.rfind(':');
    const auto bracket = place.rfind(']');
    url.host = model::lower(colon == std::string::npos || (bracket != std::string::npos && colon < bracket)
                                ? place
                                : place.substr(0, colon));
    const bool clean = std::all_of(rest.begin(), rest.end(), [](char c) { return c > ' ' && c < 0x7f; });
    if (slash != std::string::npos && clean && rest.find_first_of("#\\\"<>") == std::string::npos)
        url.path = rest.substr(slash);
    return url;
}

// What the equipment says to a question: the answer, or why there is none.
struct Said {
    std::unique_ptr<Xml> document;
    pugi::xml_node response;  // of the document; null: a fault
    std::string text;         // as it came
    std::string fault;        // its code: "NotAuthorized", "ActionNotSupported"…; never its text

    [[nodiscard]] bool is_refused_login() const {
        return fault == "NotAuthorized" || fault == "FailedAuthentication" || fault == "InvalidSecurity";
    }
    [[nodiscard]] bool is_unknown() const {
        return fault == "ActionNotSupported" || fault == "NoSuchService" ||
               fault == "OptionalActionNotSupported" || fault == "NotSupported";
    }
};

enum class Login : std::uint8_t { token, digest };

// One equipment's services. The login is asked for in one form only, which is chosen before it is sent.
class Soap {
public:
    explicit Soap(const DriverContext& context)
        : context_(context),
          open_(context, DeviceLogin::none),
          token_(context, DeviceLogin::none),
          digest_(context, context.setting("url").starts_with("https://") ? DeviceLogin::digest_or_basic
                                                                          : DeviceLogin::digest) {
        const auto wish = context.setting("login");
        if (wish == "token" || wish == "digest") {
            login_ = wish == "token" ? Login::token : Login::digest;
        } else if (!wish.empty()) {
            throw Error(Errc::usage, say<Msg::remote_setting_value>("login", wish));
        }
    }

    // `body` is what stands in the envelope's body.
    Said call(const std::string& path, const std::string& action, const std::string& body) {
        begin();
        auto said = login_ == Login::token ? send(token_, path, action, body, security())
                                           : send(digest_, path, action, body, "");
        if (said.is_refused_login() && !let_in_) {
            refused_ = true;
            throw login_error();
        }
        let_in_ = let_in_ || said.response;
        return said;
    }

    // The same where an answer is needed.
    Said need(const std::string& path, const std::string& action, const std::string& body) {
        auto said = call(path, action, body);
        if (!said.response) fail_fault(action, said);
        return said;
    }

    [[noreturn]] void fail_fault(const std::string& action, const Said& said) const {
        throw Error(Errc::unreachable,
                    say<Msg::device_says>(context_.equipment, short_name(action), said.fault));
    }

    // Of a service, by its name; "" where there is none.
    std::string path_of(const std::string& service) {
        if (!services_known_) find_services();
        const auto found = services_.find(service);
        return found == services_.end() ? std::string() : found->second;
    }
    const std::string& services_answer() {
        if (!services_known_) find_services();
        return services_answer_;
    }

    // Of this equipment itself, or nothing: another host is never asked.
    std::string own_path(const std::string& url) const {
        const auto parsed = parse_url(url);
        const auto own = parse_url(context_.setting("url"));
        if (parsed.path.empty()) return {};
        if (parsed.host != own.host)
            throw Error(Errc::unreachable, say<Msg::device_redirects>(context_.equipment, open_.place()),
                        say<Msg::hint_device_redirects>());
        return parsed.path;
    }

    // Files go by HTTP's own login.
    DeviceHttp& files() { return digest_; }
    DeviceHttp& writer() { return login_ == Login::token ? token_ : digest_; }

    void wait_until_ready() {
        int answers = 0;
        (open_is_closed_ ? digest_ : open_)
            .wait_until(
                [&] {
                    try {
                        ask_time(open_is_closed_ ? digest_ : open_);
                    } catch (const Error&) {
                        answers = 0;
                        throw;
                    }
                    return ++answers >= settled;
                },
                restart_seconds);
        begun_ = false;  // its clock may be another one now
    }

    [[nodiscard]] const DriverContext& context() const { return context_; }

    static std::string short_name(const std::string& action) { return action.substr(action.rfind('/') + 1); }

private:
    Error login_error() const {
        return {Errc::unreachable,
                say<Msg::device_login_refused>(context_.equipment, open_.place(), context_.setting("user")),
                say<Msg::hint_device_login>()};
    }

    // Asks without a login: what time it is there, and how it wants to be logged in to.
    void begin() {
        if (refused_) throw login_error();
        if (begun_) return;
        if (open_is_closed_) {
            begun_ = true;
            return;
        }
        try {
            ask_time(open_);
            if (!login_) login_ = asked_login();
        } catch (const Error& error) {
            // It wants HTTP's login for everything. None was sent.
            if (error.message().id != Msg::device_login_refused) throw;
            open_is_closed_ = true;
            if (!login_) login_ = Login::digest;
        }
        begun_ = true;
    }

    void ask_time(DeviceHttp& http) {
        const std::string action = std::string(device_name) + "/GetSystemDateAndTime";
        const auto said = send(http, device_path, action, empty_request("GetSystemDateAndTime"), "");
        if (!said.response) return;  // it does not tell: its clock is taken for right
        const auto utc = model::child(model::child(said.response, "SystemDateAndTime"), "UTCDateTime");
        const auto two = [&](const char* path) {
            auto text = text_at(utc, path);
            return text.size() == 1 ? "0" + text : text;
        };
        const auto now =
            parse_rfc3339(two("Date/Year") + "-" + two("Date/Month") + "-" + two("Date/Day") + "T" +
                          two("Time/Hour") + ":" + two("Time/Minute") + ":" + two("Time/Second") + "Z");
        if (now) offset_ = now->seconds() - context_.environment.clock.now().seconds();
    }

    // Tokens where it knows them or does not tell; HTTP's login where it knows only that.
    Login asked_login() {
        const std::string action = std::string(device_name) + "/GetServiceCapabilities";
        const auto said = send(open_, device_path, action, empty_request("GetServiceCapabilities"), "");
        if (!said.response) return Login::token;
        const auto security = model::child(model::child(said.response, "Capabilities"), "Security");
        const auto has = [&](const char* name) {
            const auto value = onvif::attribute(security, name);
            return value == "true" || value == "1";
        };
        return has("HttpDigest") && !has("UsernameToken") ? Login::digest : Login::token;
    }

    static std::string empty_request(const std::string& name) {
        return "<" + name + " xmlns=\"" + device_name + "\"/>";
    }

    // WS-Security UsernameToken: a password that is good once, by the equipment's own clock.
    std::string security() const {
        std::array<std::uint8_t, 16> nonce{};
        context_.environment.random.fill(nonce);
        const auto now = context_.environment.clock.now();
        const auto created = to_rfc3339(Timestamp::from_seconds(now.seconds() + offset_));
        auto secret = std::string(as_text(nonce)) + created + context_.secret("password");
        const auto digest = sha1_base64(secret);
        wipe_text(secret);
        constexpr std::string_view base = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-";
        const auto name = [&](std::string_view rest) { return std::string(base).append(rest); };
        return "<wsse:Security s:mustUnderstand=\"1\" xmlns:wsse=\"" + name("wssecurity-secext-1.0.xsd") +
               "\" xmlns:wsu=\"" + name("wssecurity-utility-1.0.xsd") +
               "\"><wsse:UsernameToken><wsse:Username>" + escaped(context_.setting("user")) +
               "</wsse:Username><wsse:Password Type=\"" + name("username-token-profile-1.0#PasswordDigest") +
               "\">" + digest + "</wsse:Password><wsse:Nonce EncodingType=\"" +
               name("soap-message-security-1.0#Base64Binary") + "\">" + to_base64(nonce) +
               "</wsse:Nonce><wsu:Created>" + created + "</wsu:Created></wsse:UsernameToken></wsse:Security>";
    }

    // A fault is one whatever the status is; anything else that is no answer is an error.
    Said send(DeviceHttp& http, const std::string& path, const std::string& action, const std::string& body,
              const std::string& header) const {
        const auto text =
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
            "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\"><s:Header>" +
            header + "</s:Header><s:Body>" + body + "</s:Body></s:Envelope>";
        DeviceRequest request;
        request.method = "POST";
        request.path = path;
        request.content_type = "application/soap+xml; charset=utf-8; action=\"" + action + "\"";
        request.body = as_bytes(text);
        const auto response = http.send(request);
        Said said;
        said.text = as_text(response.body);
        try {
            said.document = std::make_unique<Xml>(said.text);
        } catch (const model::Malformed&) {
            if (response.status == 200) fail_answer(context_, path, "SOAP");
            throw Error(Errc::unreachable,
                        say<Msg::device_status>(context_.equipment, path, std::to_string(response.status)));
        }
        said.response = onvif::response_of(*said.document);
        if (said.response && response.status != 200) said.response = {};
        if (!said.response) said.fault = fault_of(*said.document, response.status);
        return said;
    }

    // The innermost code: Sender, NotAuthorized; Receiver, ActionNotSupported.
    static std::string fault_of(const Xml& document, int status) {
        const auto fault = model::child(model::child(document.root(), "Body"), "Fault");
        auto code = model::child(fault, "Code");
        std::string value = text_at(code, "Value");
        for (int depth = 0; depth < 4 && model::child(code, "Subcode"); ++depth) {
            code = model::child(code, "Subcode");
            value = text_at(code, "Value");
        }
        if (value.empty()) value = text_at(fault, "faultcode");  // SOAP 1.1
        value = value.substr(value.rfind(':') == std::string::npos ? 0 : value.rfind(':') + 1);
        const bool plain =
            !value.empty() && value.size() < 60 && std::all_of(value.begin(), value.end(), [](char c) {
                return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
            });
        return plain ? value : "HTTP " + std::to_string(status);
    }

    // By GetServices, or by what came before it. Of an address the path alone counts: equipments behind
    // another address do not know their own.
    void find_services() {
        services_[device_name] = device_path;
        const auto action = std::string(device_name) + "/GetServices";
        auto said = call(device_path, action,
                         "<GetServices xmlns=\"" + std::string(device_name) +
                             "\"><IncludeCapability>true</IncludeCapability></GetServices>");
        if (said.response) {
            for (const auto service : model::children(said.response, "Service"))
                services_[text_at(service, "Namespace")] = parse_url(text_at(service, "XAddr")).path;
        } else {
            said = need(device_path, std::string(device_name) + "/GetCapabilities",
                        "<GetCapabilities xmlns=\"" + std::string(device_name) +
                            "\"><Category>All</Category></GetCapabilities>");
            const auto all = model::child(said.response, "Capabilities");
            services_[media_name] = parse_url(text_at(all, "Media/XAddr")).path;
            services_[recording_name] = parse_url(text_at(all, "Extension/Recording/XAddr")).path;
        }
        services_answer_ = said.text;
        services_known_ = true;
    }

    const DriverContext& context_;
    DeviceHttp open_, token_, digest_;
    std::optional<Login> login_;
    bool begun_ = false, refused_ = false, let_in_ = false;
    bool open_is_closed_ = false;  // it wants HTTP's login even for its time
    std::int64_t offset_ = 0;      // seconds that the equipment's clock is ahead
    bool services_known_ = false;
    std::map<std::string, std::string> services_;  // name -> path
    std::string services_answer_;
};

// One question of a capture.
struct Question {
    const char* file;
    const char* service;
    const char* action;
    bool required = false;
    // What stands in the request beside its name.
    const char* inside = "";
};

constexpr std::array<Question, 16> questions{{
    {"device-information.xml", device_name, "GetDeviceInformation", true},
    {"date-and-time.xml", device_name, "GetSystemDateAndTime"},
    {"users.xml", device_name, "GetUsers", true},
    {"scopes.xml", device_name, "GetScopes"},
    {"hostname.xml", device_name, "GetHostname"},
    {"dns.xml", device_name, "GetDNS"},
    {"ntp.xml", device_name, "GetNTP"},
    {"network-interfaces.xml", device_name, "GetNetworkInterfaces"},
    {"network-gateway.xml", device_name, "GetNetworkDefaultGateway"},
    {"network-protocols.xml", device_name, "GetNetworkProtocols"},
    {"profiles.xml", media_name, "GetProfiles", true},
    {"video-sources.xml", media_name, "GetVideoSources", true},
    {"video-encoders.xml", media_name, "GetVideoEncoderConfigurations"},
    {"osds.xml", media_name, "GetOSDs"},
    {"recordings.xml", recording_name, "GetRecordings"},
    {"recording-jobs.xml", recording_name, "GetRecordingJobs"},
}};

struct Request {
    std::string service, action, body;  // body: the whole element
};

std::string element(const std::string& name, const std::string& inside) {
    return "<" + name + ">" + inside + "</" + name + ">";
}

Request request(const char* service, const std::string& action, const std::string& inside) {
    return {service, std::string(service) + "/" + action,
            "<c:" + action + " xmlns:c=\"" + service + "\" xmlns:t=\"" + schema_name + "\">" + inside +
                "</c:" + action + ">"};
}

// What was read, to be written back under another name: its content as it was, with the prefixes that were
// known around it.
std::string copied(pugi::xml_node node, const std::string& name) {
    std::map<std::string, std::string> prefixes;
    for (auto around = node; around; around = around.parent())
        for (const auto& attribute : around.attributes())
            if (std::string_view(attribute.name()).starts_with("xmlns"))
                prefixes.emplace(attribute.name(), attribute.value());
    prefixes.erase("xmlns:c");
    prefixes.erase("xmlns:t");
    std::ostringstream out;
    out << "<" << name;
    for (const auto& [prefix, uri] : prefixes) out << " " << prefix << "=\"" << escaped(uri) << "\"";
    for (const auto& attribute : node.attributes())
        if (!std::string_view(attribute.name()).starts_with("xmlns"))
            out << " " << attribute.name() << "=\"" << escaped(attribute.value()) << "\"";
    out << ">";
    for (const auto below : node.children()) below.print(out, "", pugi::format_raw);
    out << "</" << name << ">";
    return out.str();
}

// A question's answer as a capture holds it; null where it does not.
class Stored {
public:
    Stored(const FileSource& files, const std::string& file) {
        const auto content = files.read(file, model_file_max);
        if (!content) return;
        try {
            document_ = std::make_unique<Xml>(as_text(*content));
            response = onvif::response_of(*document_);
            text_ = as_text(*content);
        } catch (const model::Malformed&) {
        }
    }

    // The element `list` whose token is `token`.
    [[nodiscard]] pugi::xml_node by_token(std::string_view list, const std::string& token) const {
        for (const auto node : model::children(response, list))
            if (onvif::attribute(node, "token") == token) return node;
        return {};
    }
    [[nodiscard]] pugi::xml_node by_child(std::string_view list, std::string_view name,
                                          const std::string& value) const {
        for (const auto node : model::children(response, list))
            if (text_at(node, name) == value) return node;
        return {};
    }
    [[nodiscard]] Model model() const {
        Model model;
        if (response) onvif_reader().read("", text_, model);
        return model;
    }

    pugi::xml_node response;

private:
    std::unique_ptr<Xml> document_;
    std::string text_;
};

std::string manual_hosts(pugi::xml_node information, const char* name) {
    std::string out;
    for (const auto host : model::children(information, name)) {
        std::string inside = element("t:Type", escaped(text_at(host, "Type")));
        for (const char* sort : {"IPv4Address", "IPv6Address", "DNSname"})
            if (const auto value = text_at(host, sort); !value.empty())
                inside += element(std::string("t:") + sort, escaped(value));
        out += element(std::string("c:") + name, inside);
    }
    return out;
}

struct Step {
    PlanStep step;
    Request request;
    bool may_reboot = false;
    bool opaque = false;
};

class Planner {
public:
    Planner(const FileSource& wanted, const FileSource& now, const RestoreOptions& options, std::string own)
        : wanted_(wanted), now_(now), options_(options), own_(std::move(own)) {
        each("device-information.xml", [this](const auto& change, const Stored&) { device(change); });
        each("scopes.xml", [this](const auto& change, const Stored& stored) { scopes(change, stored); });
        each("users.xml", [this](const auto& change, const Stored&) { user(change); });
        each("date-and-time.xml",
             [this](const auto& change, const Stored& stored) { clock(change, stored); });
        each("ntp.xml", [this](const auto& change, const Stored& stored) { ntp(change, stored); });
        const auto by_hand = [this](const auto& change, const Stored&) {
            gap(change, say<Msg::gap_not_by_driver>());
        };
        each("video-sources.xml", by_hand);
        each("profiles.xml", by_hand);
        each("video-encoders.xml", [this](const auto& change, const Stored& stored) {
            write_back(change, "encoder ", stored.by_token("Configurations", token_of(change)), media_name,
                       "SetVideoEncoderConfiguration", "c:Configuration",
                       "<c:ForcePersistence>true</c:ForcePersistence>");
        });
        each("osds.xml", [this](const auto& change, const Stored& stored) {
            write_back(change, "osd ", stored.by_token("OSDs", token_of(change)), media_name, "SetOSD",
                       "c:OSD", "");
        });
        each("recordings.xml",
             [this](const auto& change, const Stored& stored) { recording(change, stored); });
        each("recording-jobs.xml", [this](const auto& change, const Stored& stored) { job(change, stored); });
        // Network last, the address last of all.
        each("dns.xml", [this](const auto& change, const Stored& stored) { dns(change, stored); });
        each("hostname.xml", [this](const auto& change, const Stored& stored) { hostname(change, stored); });
        each("network-protocols.xml",
             [this](const auto& change, const Stored& stored) { protocol(change, stored); });
        each("network-gateway.xml",
             [this](const auto& change, const Stored& stored) { gateway(change, stored); });
        each("network-interfaces.xml",
             [this](const auto& change, const Stored& stored) { interface(change, stored); });
        for (const auto& step : steps) {
            plan.steps.push_back(step.step);
            plan.reboots = plan.reboots || step.may_reboot;
        }
    }

    RestorePlan plan;
    std::vector<Step> steps;

private:
    using Change = model::ItemChange;

    template <class Fn>
    void each(const char* file, Fn&& fn) {
        const Stored wanted(wanted_, file);
        const Stored now(now_, file);
        if (!wanted.response) return;
        const auto changes = model::compare(now.model(), wanted.model());
        for (const auto& change : changes) {
            if (change.category != Category::identity && !options_.wants(change.category)) continue;
            if (now.response)
                fn(change, wanted);
            else
                gap(change, say<Msg::gap_not_in_device>());
        }
    }

    static std::string name_of(const Change& change) {
        return change.label.empty() ? change.key : change.label;
    }
    static std::string token_of(const Change& change) { return change.key.substr(change.key.find(' ') + 1); }

    void gap(const Change& change, const Message& why) {
        plan.gaps.push_back({change.category, name_of(change), why});
    }
    void add(const Change& change, Request what, PlanAction action = PlanAction::change,
             const std::string& more = "", bool may_reboot = false) {
        steps.push_back({{change.category, action, name_of(change) + more}, std::move(what), may_reboot});
    }

    // Only what is there is changed: nothing is made and nothing taken away.
    bool is_changed(const Change& change) {
        if (change.kind == model::ChangeKind::changed) return true;
        gap(change, change.kind == model::ChangeKind::added ? say<Msg::gap_not_in_device>()
                                                            : say<Msg::gap_not_by_driver>());
        return false;
    }

    void device(const Change& change) {
        for (const auto& field : change.fields)
            if (field.field == "firmware")
                plan.gaps.push_back({Category::identity, field.after.value_or(""), say<Msg::gap_firmware>()});
    }

    void scopes(const Change& change, const Stored& stored) {
        if (change.category == Category::identity) return;
        std::string inside;
        for (const auto scope : model::children(stored.response, "Scopes"))
            if (text_at(scope, "ScopeDef") != "Fixed")
                inside += element("c:Scopes", escaped(text_at(scope, "ScopeItem")));
        if (inside.empty()) return gap(change, say<Msg::gap_not_by_driver>());
        add(change, request(device_name, "SetScopes", inside));
    }

    void user(const Change& change) {
        if (change.key == own_) return gap(change, say<Msg::gap_own_account>());
        if (change.kind == model::ChangeKind::added) return gap(change, say<Msg::gap_secret>());
        const auto name = element("t:Username", escaped(change.key));
        if (change.kind == model::ChangeKind::removed) {
            add(change, request(device_name, "DeleteUsers", element("c:Username", escaped(change.key))),
                PlanAction::remove);
            return;
        }
        for (const auto& field : change.fields)
            if (field.field == "level")
                add(change, request(device_name, "SetUser",
                                    element("c:User", name + element("t:UserLevel",
                                                                     escaped(field.after.value_or(""))))));
    }

    void clock(const Change& change, const Stored& stored) {
        const auto time = model::child(stored.response, "SystemDateAndTime");
        // A clock that is set by hand would have to be set anew: by hand.
        if (text_at(time, "DateTimeType") != "NTP") return gap(change, say<Msg::gap_not_by_driver>());
        std::string inside = element("c:DateTimeType", "NTP") +
                             element("c:DaylightSavings", escaped(text_at(time, "DaylightSavings")));
        const auto zone = text_at(time, "TimeZone/TZ");
        if (!zone.empty()) inside += element("c:TimeZone", element("t:TZ", escaped(zone)));
        add(change, request(device_name, "SetSystemDateAndTime", inside));
    }

    void ntp(const Change& change, const Stored& stored) {
        const auto information = model::child(stored.response, "NTPInformation");
        add(change, request(device_name, "SetNTP",
                            element("c:FromDHCP", escaped(text_at(information, "FromDHCP"))) +
                                manual_hosts(information, "NTPManual")));
    }

    void dns(const Change& change, const Stored& stored) {
        const auto information = model::child(stored.response, "DNSInformation");
        std::string inside = element("c:FromDHCP", escaped(text_at(information, "FromDHCP")));
        for (const auto domain : model::children(information, "SearchDomain"))
            inside += element("c:SearchDomain", escaped(model::trimmed(domain.text().get())));
        add(change, request(device_name, "SetDNS", inside + manual_hosts(information, "DNSManual")));
    }

    void hostname(const Change& change, const Stored& stored) {
        const auto information = model::child(stored.response, "HostnameInformation");
        if (text_at(information, "FromDHCP") == "true") {
            add(change, request(device_name, "SetHostnameFromDHCP", element("c:FromDHCP", "true")),
                PlanAction::change, "", true);
            return;
        }
        add(change,
            request(device_name, "SetHostname", element("c:Name", escaped(text_at(information, "Name")))));
    }

    void protocol(const Change& change, const Stored& stored) {
        const auto node = stored.by_child("NetworkProtocols", "Name", token_of(change));
        if (!is_changed(change)) return;
        std::string inside = element("t:Name", escaped(text_at(node, "Name"))) +
                             element("t:Enabled", escaped(text_at(node, "Enabled")));
        for (const auto port : model::children(node, "Port"))
            inside += element("t:Port", escaped(model::trimmed(port.text().get())));
        add(change, request(device_name, "SetNetworkProtocols", element("c:NetworkProtocols", inside)));
    }

    void gateway(const Change& change, const Stored& stored) {
        const auto information = model::child(stored.response, "NetworkGateway");
        std::string inside;
        for (const char* family : {"IPv4Address", "IPv6Address"})
            for (const auto address : model::children(information, family))
                inside += element(std::string("c:") + family, escaped(model::trimmed(address.text().get())));
        add(change, request(device_name, "SetNetworkDefaultGateway", inside));
    }

    void interface(const Change& change, const Stored& stored) {
        if (change.category == Category::identity) return;  // the address of its hardware
        if (!is_changed(change)) return;
        const auto token = token_of(change);
        const auto node = stored.by_token("NetworkInterfaces", token);
        std::string inside = element("t:Enabled", escaped(text_at(node, "Enabled")));
        if (const auto mtu = text_at(node, "Info/MTU"); !mtu.empty())
            inside += element("t:MTU", escaped(mtu));
        if (const auto family = model::child(node, "IPv4")) {
            const auto config = model::child(family, "Config");
            std::string four = element("t:Enabled", escaped(text_at(family, "Enabled")));
            for (const auto address : model::children(config, "Manual"))
                four += element("t:Manual",
                                element("t:Address", escaped(text_at(address, "Address"))) +
                                    element("t:PrefixLength", escaped(text_at(address, "PrefixLength"))));
            inside += element("t:IPv4", four + element("t:DHCP", escaped(text_at(config, "DHCP"))));
        }
        std::string told;
        bool known = false;
        for (const auto& field : change.fields) {
            if (field.field == "address")
                told = " (" + field.before.value_or("") + " → " + field.after.value_or("") + ")";
            known = known || field.field == "address" || field.field == "dhcp" || field.field == "mtu" ||
                    field.field == "enabled";
        }
        if (!known) return gap(change, say<Msg::gap_not_by_driver>());
        add(change,
            request(device_name, "SetNetworkInterfaces",
                    element("c:InterfaceToken", escaped(token)) + element("c:NetworkInterface", inside)),
            PlanAction::change, told, true);
    }

    void write_back(const Change& change, std::string_view prefix, pugi::xml_node node, const char* service,
                    const std::string& action, const std::string& name, const std::string& more) {
        if (!change.key.starts_with(prefix) || !is_changed(change)) return;
        add(change, request(service, action, copied(node, name) + more));
    }

    void recording(const Change& change, const Stored& stored) {
        if (!is_changed(change)) return;
        const auto token = token_of(change);
        const auto node = stored.by_child("RecordingItem", "RecordingToken", token);
        add(change, request(recording_name, "SetRecordingConfiguration",
                            element("c:RecordingToken", escaped(token)) +
                                copied(model::child(node, "Configuration"), "c:RecordingConfiguration")));
    }

    void job(const Change& change, const Stored& stored) {
        if (!is_changed(change)) return;
        const auto token = token_of(change);
        const auto node = model::child(stored.by_child("JobItem", "JobToken", token), "JobConfiguration");
        const bool mode_alone = change.fields.size() == 1 && change.fields[0].field == "mode";
        add(change,
            mode_alone ? request(recording_name, "SetRecordingJobMode",
                                 element("c:JobToken", escaped(token)) +
                                     element("c:Mode", escaped(text_at(node, "Mode"))))
                       : request(recording_name, "SetRecordingJobConfiguration",
                                 element("c:JobToken", escaped(token)) + copied(node, "c:JobConfiguration")));
    }

    const FileSource& wanted_;
    const FileSource& now_;
    const RestoreOptions& options_;
    std::string own_;
};

class OnvifRestore final : public RestoreJob {
public:
    OnvifRestore(Soap& soap, RestorePlan plan, std::vector<Step> steps, Bytes backup)
        : soap_(soap), plan_(std::move(plan)), steps_(std::move(steps)), backup_(std::move(backup)) {}
    ~OnvifRestore() override = default;
    OnvifRestore(const OnvifRestore&) = delete;
    OnvifRestore& operator=(const OnvifRestore&) = delete;

    [[nodiscard]] const RestorePlan& plan() const override { return plan_; }

    void apply(const std::function<void(const PlanStep&)>& starting) override {
        bool reboot = false;
        for (const auto& step : steps_) {
            starting(step.step);
            if (step.opaque)
                upload();
            else
                reboot = write(step) || reboot;
        }
        if (reboot) write_request(request(device_name, "SystemReboot", ""));
    }

private:
    // True: it says that this holds after a restart only.
    bool write(const Step& step) {
        const auto said = write_request(step.request);
        return step.may_reboot && said && text_at(said->response, "RebootNeeded") == "true";
    }

    // Empty: the connection broke off after it was sent; what it did is seen when it is read back.
    std::optional<Said> write_request(const Request& what) {
        std::optional<Said> said;
        const auto path = soap_.path_of(what.service);
        if (path.empty())
            throw Error(Errc::unreachable,
                        say<Msg::device_says>(soap_.context().equipment, Soap::short_name(what.action),
                                              what.service));
        soap_.writer().sent_once([&] { said = soap_.need(path, what.action, what.body); });
        return said;
    }

    void upload() {
        const auto start = request(device_name, "StartSystemRestore", "");
        const auto said = soap_.need(device_path, start.action, start.body);
        DeviceRequest send;
        send.method = "POST";
        send.path = soap_.own_path(text_at(said.response, "UploadUri"));
        if (send.path.empty()) fail_answer(soap_.context(), "StartSystemRestore", "URL");
        send.content_type = "application/octet-stream";
        send.body = backup_;
        send.seconds = 300;
        HttpResponse response;
        if (!soap_.files().sent_once([&] { response = soap_.files().send(send); })) return;
        if (response.status < 200 || response.status > 299)
            throw Error(Errc::unreachable, say<Msg::device_status>(soap_.context().equipment, "UploadUri",
                                                                   std::to_string(response.status)));
    }

    Soap& soap_;
    RestorePlan plan_;
    std::vector<Step> steps_;
    Bytes backup_;
};

class OnvifDriver final : public EquipmentDriver {
public:
    explicit OnvifDriver(const DriverContext& context) : context_(context), soap_(context) {}
    ~OnvifDriver() override = default;
    OnvifDriver(const OnvifDriver&) = delete;
    OnvifDriver& operator=(const OnvifDriver&) = delete;

    [[nodiscard]] std::string id() const override { return onvif_driver_info().id(); }

    DeviceIdentity identify() override {
        const auto ask = request(device_name, "GetDeviceInformation", "");
        const auto said = soap_.need(device_path, ask.action, ask.body);
        DeviceIdentity identity;
        identity.manufacturer = text_at(said.response, "Manufacturer");
        identity.model = text_at(said.response, "Model");
        identity.serial = text_at(said.response, "SerialNumber");
        identity.firmware = text_at(said.response, "FirmwareVersion");
        return identity;
    }

    void capture(CaptureSink& sink) override {
        stored_ = false;
        for (const auto& question : questions) {
            section(sink, question.file, [&] { ask(sink, question); });
            if (stored_ && &question == questions.data())
                section(sink, "services.xml", [&] { store(sink, "services.xml", soap_.services_answer()); });
        }
        section(sink, onvif::backup_file, [&] { backup(sink); });
    }

    std::unique_ptr<RestoreJob> prepare_restore(const FileSource& wanted, const FileSource& now,
                                                const RestoreOptions& options) override {
        if (!Stored(wanted, questions[0].file).response)
            throw Error(Errc::failed, say<Msg::snapshot_lacks>(questions[0].file));
        if (context_.setting("restore") == "opaque" && options.only.empty() && !options.keep_network)
            return opaque(wanted);
        Planner planner(wanted, now, options, context_.setting("user"));
        return std::make_unique<OnvifRestore>(soap_, std::move(planner.plan), std::move(planner.steps),
                                              Bytes());
    }

    void wait_until_ready() override { soap_.wait_until_ready(); }

private:
    void store(CaptureSink& sink, const std::string& name, std::string_view text) {
        sink.file({name}, false, as_bytes(text));
        stored_ = true;
    }

    // The first question decides whether there is anything to ask; later ones fail alone.
    template <class Fn>
    void section(CaptureSink& sink, const std::string& name, Fn&& fn) {
        try {
            fn();
        } catch (const Error& error) {
            if (error.code() != Errc::unreachable || !stored_) throw;
            sink.failed({name}, error.message());
        }
    }

    void ask(CaptureSink& sink, const Question& question) {
        const auto path =
            question.service == device_name ? std::string(device_path) : soap_.path_of(question.service);
        if (path.empty()) {
            sink.skipped({question.file}, say<Msg::device_section_absent>(question.action));
            return;
        }
        const auto what = request(question.service, question.action, question.inside);
        const auto said = soap_.call(path, what.action, what.body);
        if (said.response) {
            if (model::local_name(said.response) != std::string(question.action) + "Response")
                fail_answer(context_, question.action, "SOAP");
            store(sink, question.file, said.text);
        } else if (said.is_unknown() && !question.required) {
            sink.skipped({question.file}, say<Msg::device_section_absent>(question.action));
        } else {
            soap_.fail_fault(what.action, said);
        }
    }

    void backup(CaptureSink& sink) {
        const auto what = request(device_name, "GetSystemUris", "");
        const auto said = soap_.call(device_path, what.action, what.body);
        const auto uri = said.response ? text_at(said.response, "SystemBackupUri") : std::string();
        if (said.response ? uri.empty() : said.is_unknown()) {
            sink.skipped({onvif::backup_file}, say<Msg::device_section_absent>("SystemBackupUri"));
            return;
        }
        if (!said.response) soap_.fail_fault(what.action, said);
        const auto path = soap_.own_path(uri);
        if (path.empty()) fail_answer(context_, "GetSystemUris", "URL");
        const auto content = soap_.files().get(path, backup_max);
        const auto head = model::trimmed(std::string_view(content).substr(0, 512));
        if (content.size() < backup_min || head.find("Envelope") != std::string_view::npos ||
            model::lower(head).starts_with("<!doctype html") || model::lower(head).starts_with("<html"))
            fail_answer(context_, "SystemBackupUri", "backup");
        store(sink, onvif::backup_file, content);
    }

    std::unique_ptr<RestoreJob> opaque(const FileSource& wanted) {
        auto content = wanted.read(onvif::backup_file, backup_max);
        if (!content) throw Error(Errc::failed, say<Msg::snapshot_lacks>(onvif::backup_file));
        Step step;
        step.step = {Category::other, PlanAction::upload, onvif::backup_file};
        step.opaque = true;
        RestorePlan plan;
        plan.steps.push_back(step.step);
        plan.reboots = true;
        return std::make_unique<OnvifRestore>(soap_, std::move(plan), std::vector<Step>{step},
                                              std::move(*content));
    }

    const DriverContext& context_;
    Soap soap_;
    bool stored_ = false;
};

}  // namespace

DriverInfo onvif_driver_info() {
    DriverInfo info;
    info.name = "onvif";
    info.evidence = Evidence::documents;
    info.settings = device_http_settings();
    info.settings.push_back({"login"});    // token, digest; without: what it says that it knows
    info.settings.push_back({"restore"});  // opaque: by the maker's own backup
    info.is_remote = true;
    info.restores = true;
    info.make = [](const DriverContext& context) -> std::unique_ptr<EquipmentDriver> {
        return std::make_unique<OnvifDriver>(context);
    };
    info.model = [](const FileSource& files, Model& model) { read_all(files, onvif_reader(), model); };
    info.first_pin = first_certificate;
    return info;
}

}  // namespace coffre::drivers
