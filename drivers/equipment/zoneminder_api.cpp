#include "drivers/equipment/zoneminder_api.hpp"

#include "base/error.hpp"
#include "drivers/model/formats.hpp"

namespace coffre::drivers {

namespace {

constexpr const char* form_type = "application/x-www-form-urlencoded";
constexpr std::uint64_t answer_limit = 16 << 20;

// The text of a form; wiped by whoever has sent it.
std::string encoded(const ZoneMinderApi::Form& form) {
    std::string text;
    for (const auto& [name, value] : form) {
        if (!text.empty()) text += '&';
        text += url_encoded(name) + "=" + url_encoded(value);
    }
    return text;
}

// Of an answer that is an error though its status is 200: the names of the fields that it refuses, at most.
// Empty: it is none.
std::optional<std::string> error_in(std::string_view body) {
    if (model::trimmed(body).empty()) return std::nullopt;
    model::Json json;
    try {
        json = model::parse_json(body);
    } catch (const model::Malformed&) {
        return "HTML";
    }
    if (!json.is_object()) return "JSON";
    if (const auto success = json.find("success"); success != json.end() && *success == false) return "error";
    const auto message = json.find("message");
    if (message == json.end()) return std::nullopt;
    if (message->is_string()) {
        if (message->get<std::string>().starts_with("Error")) return "error";
        return std::nullopt;
    }
    std::string names;
    if (message->is_object())
        for (const auto& [name, value] : message->items()) names += (names.empty() ? "" : ", ") + name;
    return names.empty() ? "error" : names;
}

}  // namespace

void ZoneMinderApi::log_in() {
    if (logged_in_ || user().empty()) return;
    auto body = encoded({{"user", user()}, {"pass", http_.password()}});
    DeviceRequest request;
    request.method = "POST";
    request.path = "/api/host/login.json";
    request.content_type = form_type;
    const auto response = http_.send_secret(request, body);
    if (response.status != 200)
        throw Error(Errc::unreachable, say<Msg::device_status>(context_.equipment, request.path,
                                                               std::to_string(response.status)));
    try {
        const auto json = model::parse_json(as_text(response.body));
        if (!json.is_object() || !json.contains("version")) fail_answer(context_, request.path, "JSON");
        // Without accounts (ZM_OPT_USE_AUTH) it says that there is none.
        auto token = model::text_of(json, "access_token");
        token_ = SecretText(token);
        wipe_text(token);
    } catch (const model::Malformed&) {
        fail_answer(context_, request.path, "JSON");
    }
    logged_in_ = true;
}

HttpResponse ZoneMinderApi::send(DeviceRequest& request) {
    // A 401 from here on is about one resource (a right that the account lacks), not about who asks.
    request.refusal_is_answer = true;
    request.limit = answer_limit;
    return http_.send(request);
}

HttpResponse ZoneMinderApi::ask(const std::string& path) {
    log_in();
    DeviceRequest request;
    request.path = path;
    if (!token_.empty()) request.path += "?token=" + url_encoded(token_.text());
    auto response = send(request);
    wipe_text(request.path);
    return response;
}

std::string ZoneMinderApi::get(const std::string& path) {
    const auto response = ask(path);
    if (response.status < 200 || response.status > 299)
        throw Error(Errc::unreachable,
                    say<Msg::device_status>(context_.equipment, path, std::to_string(response.status)));
    const auto text = as_text(response.body);
    if (model::trimmed(text).empty() || error_in(text)) fail_answer(context_, path, "JSON");
    return std::string(text);
}

bool ZoneMinderApi::write(const std::string& method, const std::string& path, const Form& form,
                          const std::string& what, int seconds) {
    log_in();
    DeviceRequest request;
    request.method = method;
    request.path = path;
    request.seconds = seconds;
    auto body = encoded(form);
    if (method == "DELETE") {
        if (!token_.empty()) request.path += "?token=" + url_encoded(token_.text());
    } else {
        if (!token_.empty()) body += (body.empty() ? "token=" : "&token=") + url_encoded(token_.text());
        request.content_type = form_type;
        request.body = as_bytes(body);
    }
    HttpResponse response;
    const bool answered = http_.sent_once([&] { response = send(request); });
    wipe_text(body);
    wipe_text(request.path);
    if (!answered) return false;
    if (response.status < 200 || response.status > 299)
        throw Error(Errc::unreachable, say<Msg::device_says>(context_.equipment, what,
                                                             "HTTP " + std::to_string(response.status)));
    if (const auto error = error_in(as_text(response.body)))
        throw Error(Errc::unreachable, say<Msg::device_says>(context_.equipment, what, *error));
    return true;
}

void ZoneMinderApi::forget_login() {
    logged_in_ = false;
    token_ = {};
}

bool ZoneMinderApi::is_running() {
    const std::string path = "/api/host/daemonCheck.json";
    const auto text = get(path);
    const auto json = model::parse_json(text);
    return json.is_object() && model::text_of(json, "result") == "1";
}

}  // namespace coffre::drivers
