#include "store/rules/residency.hpp"

#include <algorithm>

#include "base/host.hpp"

namespace coffre::rules {

namespace {

std::string lower(std::string text) {
    for (auto& c : text)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return text;
}

bool ends_with_host(const std::string& host, const std::string& end) {
    return host == end || host.ends_with("." + end);
}

// "fr-par", "eu-west-3", "nl-ams-1": two letters, then words.
bool looks_like_region(const std::string& label) {
    const auto letter = [](char c) { return c >= 'a' && c <= 'z'; };
    return label.size() > 4 && letter(label[0]) && letter(label[1]) && label[2] == '-' && letter(label[3]);
}

bool host_says_another_region(const std::string& host, const std::string& region) {
    for (std::size_t at = 0; at < host.size();) {
        const auto dot = std::min(host.find('.', at), host.size());
        const auto label = host.substr(at, dot - at);
        if (looks_like_region(label) && label != region) return true;
        at = dot + 1;
    }
    return false;
}

bool is_country(const std::string& entry) {
    return entry.size() == 2 &&
           std::all_of(entry.begin(), entry.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

bool region_allowed(const journal::Policy& policy, const std::string& host, const std::string& region) {
    return std::any_of(policy.residency.begin(), policy.residency.end(), [&](const auto& entry) {
        if (is_country(entry)) return false;
        const auto at = entry.find('@');
        if (at == std::string::npos) return lower(entry) == region;
        return lower(entry.substr(0, at)) == region && ends_with_host(host, lower(entry.substr(at + 1)));
    });
}

}  // namespace

Residency residency_of(const journal::Policy& policy, const std::string& named_host,
                       const std::string& said_region, const std::string& country) {
    const auto host = lower(named_host), region = lower(said_region);
    const auto lists = [&](const std::string& entry) {
        return std::find(policy.residency.begin(), policy.residency.end(), entry) != policy.residency.end();
    };
    const bool region_is_country = is_country(said_region);
    if (!region.empty() && !region_is_country) {
        const bool allowed = region_allowed(policy, host, region) && !host_says_another_region(host, region);
        return allowed ? Residency::allowed : Residency::outside;
    }
    for (const auto& entry : policy.residency)
        if (entry.find('.') != std::string::npos && entry.find('@') == std::string::npos &&
            ends_with_host(host, lower(entry)))
            return Residency::allowed;
    const auto& declared = country.empty() && region_is_country ? said_region : country;
    if (!declared.empty()) return lists(declared) ? Residency::allowed : Residency::outside;
    return is_loopback(host) ? Residency::this_machine : Residency::unknown;
}

}  // namespace coffre::rules
