#include "drivers/remote/aws_signature.hpp"

#include <algorithm>
#include <map>

#include <string.h>

#include "drivers/remote/digest.hpp"

namespace coffre::remote {

namespace {

constexpr std::string_view algorithm = "AWS4-HMAC-SHA256";

struct Split {
    std::string host, path, query;
};

Split split_url(const std::string& url) {
    Split out;
    const auto mark = url.find("://");
    const auto start = mark == std::string::npos ? 0 : mark + 3;
    const auto host_end = std::min(url.find_first_of("/?", start), url.size());
    out.host = url.substr(start, host_end - start);
    const auto query = url.find('?', host_end);
    out.path = url.substr(host_end, std::min(query, url.size()) - host_end);
    if (out.path.empty()) out.path = "/";
    if (query != std::string::npos) out.query = url.substr(query + 1);
    return out;
}

// Blanks at the ends go, several in a row become one.
std::string squeezed(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const bool blank = c == ' ' || c == '\t';
        if (!blank) out += c;
        if (blank && !out.empty() && out.back() != ' ') out += ' ';
    }
    while (!out.empty() && out.back() == ' ') out.pop_back();
    return out;
}

std::string canonical_query(const std::string& query) {
    std::vector<std::string> parts;
    for (std::size_t at = 0; at < query.size();) {
        const auto end = std::min(query.find('&', at), query.size());
        std::string part = query.substr(at, end - at);
        if (part.find('=') == std::string::npos) part += '=';
        if (part.size() > 1) parts.push_back(std::move(part));
        at = end + 1;
    }
    // By name, then by value: '=' would sort behind some characters of names.
    const auto key = [](const std::string& part) {
        const auto mark = part.find('=');
        return std::pair(part.substr(0, mark), part.substr(mark + 1));
    };
    std::sort(parts.begin(), parts.end(), [&](const auto& a, const auto& b) { return key(a) < key(b); });
    std::string out;
    for (const auto& part : parts) out += (out.empty() ? "" : "&") + part;
    return out;
}

// 2015-08-30T12:36:00Z -> 20150830T123600Z
std::string basic_time(Timestamp now) {
    std::string out = to_rfc3339(now);
    std::erase_if(out, [](char c) { return c == '-' || c == ':'; });
    return out;
}

}  // namespace

std::string uri_encoded(std::string_view text, bool keep_slash) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (plain.find(c) != std::string_view::npos || (keep_slash && c == '/')) {
            out += c;
        } else {
            out += '%';
            out += digits[byte >> 4];
            out += digits[byte & 15];
        }
    }
    return out;
}

std::string query_text(const Query& query) {
    std::string text;
    for (const auto& [name, value] : query)
        text += (text.empty() ? "" : "&") + uri_encoded(name) + "=" + uri_encoded(value);
    return canonical_query(text);
}

void sign_aws(HttpRequest& request, const std::string& payload_hash, const Credentials& credentials,
              const SigningScope& scope, Timestamp now) {
    const std::string time = basic_time(now);
    const std::string date = time.substr(0, 8);
    request.headers.emplace_back("X-Amz-Date", time);
    if (!credentials.session_token().empty())
        request.headers.emplace_back("X-Amz-Security-Token", credentials.session_token());

    const auto url = split_url(request.url);
    std::map<std::string, std::string> headers{{"host", url.host}};
    for (const auto& [name, value] : request.headers) {
        std::string lower = name;
        for (char& c : lower)
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
        auto& all = headers[lower];
        const bool repeated = !all.empty() && lower != "host";
        all = repeated ? all + "," + squeezed(value) : squeezed(value);
    }
    std::string canonical = request.method + "\n" + url.path + "\n" + canonical_query(url.query) + "\n";
    std::string names;
    for (const auto& [name, value] : headers) {
        canonical.append(name).append(":").append(value).append("\n");
        names.append(names.empty() ? "" : ";").append(name);
    }
    canonical.append("\n").append(names).append("\n").append(payload_hash);

    const std::string scope_text = date + "/" + scope.region + "/" + scope.service + "/aws4_request";
    const std::string to_sign =
        std::string(algorithm) + "\n" + time + "\n" + scope_text + "\n" + sha256(as_bytes(canonical)).hex();

    std::string secret = "AWS4" + credentials.password();
    auto key = hmac_sha256(as_bytes(secret), as_bytes(date));
    ::explicit_bzero(secret.data(), secret.size());
    for (const std::string_view part : {std::string_view(scope.region), std::string_view(scope.service),
                                        std::string_view("aws4_request"), std::string_view(to_sign)})
        key = hmac_sha256(key.view(), as_bytes(part));
    request.headers.emplace_back("Authorization", std::string(algorithm) +
                                                      " Credential=" + credentials.user() + "/" + scope_text +
                                                      ",SignedHeaders=" + names + ",Signature=" + key.hex());
}

}  // namespace coffre::remote
