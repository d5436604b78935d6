#include "drivers/remote/s3_config.hpp"

#include <algorithm>
#include <vector>

#include "base/error.hpp"
#include "drivers/remote/retry.hpp"

namespace coffre::remote {

namespace {

constexpr std::string_view lower_digits = "abcdefghijklmnopqrstuvwxyz0123456789";

bool only(std::string_view text, std::string_view more) {
    return std::all_of(text.begin(), text.end(), [&](char c) {
        return lower_digits.find(c) != std::string_view::npos || more.find(c) != std::string_view::npos;
    });
}

std::string lower(std::string text) {
    for (char& c : text)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return text;
}

// "HOST[:PORT]", with "https://" or "http://" in front or without.
Url parse_endpoint(std::string text) {
    constexpr std::string_view secure = "https://", clear = "http://";
    std::string scheme = "s3://";
    if (text.starts_with(secure)) text.erase(0, secure.size());
    if (text.starts_with(clear)) {
        text.erase(0, clear.size());
        scheme = "s3+http://";
    }
    return parse_url(scheme + text);
}

void take_bucket(S3Config& config, const std::string& path) {
    const auto names = split_names(path);
    if (names.empty()) return;
    config.bucket = names.front();
    config.prefix = join_names({names.begin() + 1, names.end()});
}

std::string region_for(const RemoteSpec& spec, const S3Config& config, const Environment& environment) {
    std::string region = setting_of(spec, "region").value_or("");
    if (region.empty()) region = find_aws_region(spec, environment).value_or("");
    if (region.empty()) region = region_of_host(config.place.host).value_or("");
    if (region.empty() && !is_loopback(config.place.host))
        throw Error(Errc::usage, say<Msg::s3_region_unknown>(config.place.host), say<Msg::hint_s3_region>());
    if (!only(region, "-"))
        throw Error(Errc::usage, say<Msg::remote_setting_value>("region", region),
                    say<Msg::hint_s3_region>());
    return region;
}

bool is_path_style(const RemoteSpec& spec, const S3Config& config) {
    const auto addressing = setting_of(spec, "addressing").value_or("");
    if (addressing == "path") return true;
    if (addressing == "host") return false;
    if (!addressing.empty())
        throw Error(Errc::usage, say<Msg::remote_setting_value>("addressing", addressing),
                    say<Msg::hint_remote_setting_words>("path, host"));
    // A certificate for *.HOST covers no bucket with a dot in its name.
    return !is_amazon(config.place.host) || config.bucket.find('.') != std::string::npos;
}

}  // namespace

std::string S3Place::authority(const std::string& bucket) const {
    std::string text = path_style ? host : bucket + "." + host;
    if (port != 0) text += ":" + std::to_string(port);
    return text;
}

bool is_amazon(const std::string& host) {
    return host.ends_with(".amazonaws.com") || host.ends_with(".amazonaws.eu") ||
           host.ends_with(".amazonaws.com.cn");
}

std::optional<std::string> region_of_host(const std::string& host) {
    // Behind "s3." and the region.
    constexpr std::string_view suffixes[] = {
        ".amazonaws.com", ".amazonaws.eu",   ".scw.cloud",     ".io.cloud.ovh.net", ".cloud.ovh.net",
        ".outscale.com",  ".ionoscloud.com", ".wasabisys.com", ".backblazeb2.com",
    };
    for (const auto suffix : suffixes) {
        if (!host.ends_with(suffix)) continue;
        std::string rest = host.substr(0, host.size() - suffix.size());
        for (const std::string_view start : {"s3.dualstack.", "s3.", "s3-", "oos."}) {
            if (!rest.starts_with(start)) continue;
            rest.erase(0, start.size());
            if (!rest.empty() && only(rest, "-")) return rest;
            return std::nullopt;
        }
    }
    return std::nullopt;
}

S3Config s3_config(const RemoteSpec& spec, const Environment& environment) {
    auto url = parse_url(spec.url);
    S3Config config;
    if (const auto endpoint = setting_of(spec, "endpoint")) {
        config.bucket = url.host;
        config.prefix = join_names(split_names(url.path));
        const bool clear = url.clear;
        url = parse_endpoint(*endpoint);
        url.clear = url.clear || clear;
    } else {
        take_bucket(config, url.path);
    }
    if (config.bucket.empty() || !only(lower(config.bucket), ".-_") || config.bucket.find("..") == 0)
        throw Error(Errc::usage, say<Msg::s3_no_bucket_named>(spec.url), say<Msg::hint_s3_url>());
    if (!config.prefix.empty()) config.prefix += '/';
    config.place.clear = url.clear;
    config.place.host = lower(url.host);
    config.place.port = url.port;
    check_clear(spec, url.clear, config.place.host);
    config.place.path_style = is_path_style(spec, config);
    config.place.region = region_for(spec, config, environment);
    config.location = std::string(url.clear ? "s3+http://" : "s3://") + config.place.host +
                      (url.port != 0 ? ":" + std::to_string(url.port) : "") + "/" + config.bucket +
                      (config.prefix.empty() ? "" : "/" + config.prefix.substr(0, config.prefix.size() - 1));

    constexpr int longest_lock = 36'500;  // days
    config.lock_days = number_setting(spec, "lock-days", 1, longest_lock).value_or(0);
    config.storage_class = setting_of(spec, "storage-class").value_or("");
    if (!only(lower(config.storage_class), "_-"))
        throw Error(Errc::usage, say<Msg::remote_setting_value>("storage-class", config.storage_class));
    config.ca_file = file_setting(spec, "ca-file", environment.files);
    config.timeout_seconds = timeout_seconds(spec);

    auto credentials = find_credentials(spec, true, environment);
    if (!credentials)
        throw Error(Errc::unreachable, say<Msg::credentials_missing>(config.location),
                    say<Msg::hint_remote_credentials>());
    config.credentials = std::move(*credentials);
    return config;
}

}  // namespace coffre::remote
