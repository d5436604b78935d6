#include <algorithm>
#include <set>

#include "drivers/equipment/onvif.hpp"
#include "drivers/equipment/url_credentials.hpp"

namespace coffre::drivers {

namespace onvif {

pugi::xml_node response_of(const model::Xml& document) {
    const auto root = document.root();
    if (model::local_name(root) != "Envelope") return {};
    const auto parts = model::children(model::child(root, "Body"));
    if (parts.size() != 1 || !model::local_name(parts[0]).ends_with("Response")) return {};
    return parts[0];
}

std::string attribute(pugi::xml_node node, std::string_view name) {
    for (const auto& attribute : node.attributes()) {
        const std::string_view full(attribute.name());
        const auto colon = full.find(':');
        if (!full.starts_with("xmlns") &&
            full.substr(colon == std::string_view::npos ? 0 : colon + 1) == name)
            return attribute.value();
    }
    return {};
}

}  // namespace onvif

namespace {

using model::children;
using model::text_at;
using onvif::attribute;

// All that is below `node` and not said in other words already.
void set_leaves(Item& item, pugi::xml_node node, const std::set<std::string>& said,
                const std::string& prefix = "") {
    for (const auto& [path, value] : model::leaves(node)) {
        const auto last = path.substr(path.rfind('/') == std::string::npos ? 0 : path.rfind('/') + 1);
        if (said.contains(path) || last == "UseCount") continue;
        set_url_field(item, prefix + path, value);
    }
}

std::string size_at(pugi::xml_node node, const std::string& path) {
    const auto width = text_at(node, path + "/Width");
    return width.empty() ? "" : width + "x" + text_at(node, path + "/Height");
}

// Addresses of "NTPManual", "DNSManual": of either family, or names.
std::string hosts(pugi::xml_node node, std::string_view name) {
    std::string list;
    for (const auto host : children(node, name)) {
        std::string value;
        for (const char* sort : {"IPv4Address", "IPv6Address", "DNSname"})
            if (value.empty()) value = text_at(host, sort);
        list += (list.empty() ? "" : ", ") + value;
    }
    return list;
}

std::string texts(pugi::xml_node node, std::string_view name) {
    std::string list;
    for (const auto part : children(node, name))
        list += (list.empty() ? "" : ", ") + std::string(model::trimmed(part.text().get()));
    return list;
}

void device_information(pugi::xml_node node, Model& model) {
    auto& device = model.device();
    device.set("manufacturer", text_at(node, "Manufacturer"));
    device.set("model", text_at(node, "Model"));
    device.set("firmware", text_at(node, "FirmwareVersion"));
    device.set("serial", text_at(node, "SerialNumber"));
    device.set("hardware", text_at(node, "HardwareId"));
}

void hostname(pugi::xml_node node, Model& model) {
    auto& item = model.item(Category::network, "hostname");
    item.set("dhcp", text_at(node, "HostnameInformation/FromDHCP"));
    const auto name = text_at(node, "HostnameInformation/Name");
    if (item.value("dhcp") == "true")
        item.set_volatile("hostname", name);
    else
        item.set("hostname", name);
}

void date_and_time(pugi::xml_node node, Model& model) {
    const auto time = model::child(node, "SystemDateAndTime");
    auto& item = model.item(Category::time, "clock");
    item.set("mode", text_at(time, "DateTimeType"));
    item.set("zone", text_at(time, "TimeZone/TZ"));
    item.set("daylight_savings", text_at(time, "DaylightSavings"));
}

// What DHCP gave is told and not compared.
void from_dhcp(Item& item, pugi::xml_node node, const std::string& field, const std::string& manual,
               const std::string& given) {
    const auto dhcp = text_at(node, "FromDHCP");
    item.set("dhcp", dhcp);
    item.set(field, hosts(node, manual));
    if (dhcp == "true") item.set_volatile(field + " from dhcp", hosts(node, given));
}

void ntp(pugi::xml_node node, Model& model) {
    from_dhcp(model.item(Category::time, "ntp"), model::child(node, "NTPInformation"), "ntp", "NTPManual",
              "NTPFromDHCP");
}

void dns(pugi::xml_node node, Model& model) {
    const auto information = model::child(node, "DNSInformation");
    auto& item = model.item(Category::network, "dns");
    from_dhcp(item, information, "dns", "DNSManual", "DNSFromDHCP");
    item.set("search", texts(information, "SearchDomain"));
}

void gateway(pugi::xml_node node, Model& model) {
    auto& item = model.item(Category::network, "gateway");
    item.set("gateway", texts(model::child(node, "NetworkGateway"), "IPv4Address"));
    item.set("gateway 6", texts(model::child(node, "NetworkGateway"), "IPv6Address"));
}

void interfaces(pugi::xml_node node, Model& model) {
    for (const auto one : children(node, "NetworkInterfaces")) {
        auto& item = model.item(Category::network, "interface " + attribute(one, "token"));
        item.label = text_at(one, "Info/Name");
        item.set("enabled", text_at(one, "Enabled"));
        item.set("mac", text_at(one, "Info/HwAddress"));
        item.set("mtu", text_at(one, "Info/MTU"));
        if (model.device_field("mac").empty()) model.device().set("mac", text_at(one, "Info/HwAddress"));
        for (const char* family : {"IPv4", "IPv6"}) {
            const auto part = model::child(one, family);
            if (!part) continue;
            const std::string suffix = family == std::string_view("IPv4") ? "" : " 6";
            const auto config = model::child(part, "Config");
            const auto addresses = [&](std::string_view name) {
                std::string list;
                for (const auto address : children(config, name))
                    list += (list.empty() ? "" : ", ") + text_at(address, "Address") + "/" +
                            text_at(address, "PrefixLength");
                return list;
            };
            if (!suffix.empty()) item.set("enabled" + suffix, text_at(part, "Enabled"));
            item.set("dhcp" + suffix, text_at(config, "DHCP"));
            item.set("address" + suffix, addresses("Manual"));
            for (const char* given : {"FromDHCP", "LinkLocal", "FromRA"})
                if (const auto list = addresses(given); !list.empty())
                    item.set_volatile(std::string(given) + suffix, list);
        }
        set_leaves(item, model::child(model::child(one, "Link"), "AdminSettings"), {}, "link ");
    }
}

void protocols(pugi::xml_node node, Model& model) {
    for (const auto one : children(node, "NetworkProtocols")) {
        auto& item = model.item(Category::network, "protocol " + text_at(one, "Name"));
        item.set("enabled", text_at(one, "Enabled"));
        item.set("port", texts(one, "Port"));
    }
}

std::string unescaped(std::string_view text) {
    std::string out;
    const auto digit = [](char c) {
        return c >= '0' && c <= '9'   ? c - '0'
               : c >= 'a' && c <= 'f' ? c - 'a' + 10
               : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                      : -1;
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 && digit(text[i + 2]) >= 0) {
            out += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
            i += 2;
        } else {
            out += text[i];
        }
    }
    return out;
}

// The order of scopes says nothing. Those that are fixed change with the firmware.
void scopes(pugi::xml_node node, Model& model) {
    constexpr std::string_view name = "onvif://www.onvif.org/name/";
    constexpr std::string_view location = "onvif://www.onvif.org/location/";
    auto& item = model.item(Category::other, "scopes");
    std::set<std::string> own, fixed, locations;
    for (const auto scope : children(node, "Scopes")) {
        const auto text = text_at(scope, "ScopeItem");
        (text_at(scope, "ScopeDef") == "Fixed" ? fixed : own).insert(text);
        if (text.starts_with(name)) {
            item.set("name", unescaped(text.substr(name.size())));
            model.device().set_volatile("name", item.value("name"));  // compared here
        } else if (text.starts_with(location)) {
            locations.insert(unescaped(text.substr(location.size())));
        } else if (text_at(scope, "ScopeDef") != "Fixed") {
            item.set(text, "");
        }
    }
    const auto joined = [](const std::set<std::string>& all) {
        std::string list;
        for (const auto& one : all) list += (list.empty() ? "" : ", ") + one;
        return list;
    };
    item.set("location", joined(locations));
    item.set_volatile("fixed", joined(fixed));
}

void users(pugi::xml_node node, Model& model) {
    for (const auto user : children(node, "User"))
        model.item(Category::users, text_at(user, "Username")).set("level", text_at(user, "UserLevel"));
}

void video_sources(pugi::xml_node node, Model& model) {
    for (const auto one : children(node, "VideoSources")) {
        auto& item = model.item(Category::cameras, "source " + attribute(one, "token"));
        item.set("resolution", size_at(one, "Resolution"));
        item.set("frame_rate", text_at(one, "Framerate"));
        set_leaves(item, one, {"Resolution/Width", "Resolution/Height", "Framerate"});
    }
}

// The second media service tells the same encoders, and those that the first cannot name: as others.
bool is_second(pugi::xml_node node) {
    for (auto around = node; around; around = around.parent())
        for (const auto& attribute : around.attributes()) {
            const std::string_view name(attribute.name());
            const std::string_view own(node.name());
            const auto colon = own.find(':');
            const auto wanted = colon == std::string_view::npos
                                    ? std::string("xmlns")
                                    : "xmlns:" + std::string(own.substr(0, colon));
            if (name == wanted)
                return std::string_view(attribute.value()).find("/ver20/") != std::string::npos;
        }
    return false;
}

void encoders(pugi::xml_node node, Model& model) {
    const std::string sort = is_second(node) ? "encoder2 " : "encoder ";
    for (const auto one : children(node, "Configurations")) {
        auto& item = model.item(Category::cameras, sort + attribute(one, "token"));
        for (const char* name : {"GovLength", "Profile"})
            if (const auto value = attribute(one, name); !value.empty()) item.set(name, value);
        item.label = text_at(one, "Name");
        item.set("name", item.label);
        item.set("codec", text_at(one, "Encoding"));
        item.set("resolution", size_at(one, "Resolution"));
        item.set("quality", text_at(one, "Quality"));
        item.set("frame_rate", text_at(one, "RateControl/FrameRateLimit"));
        item.set("bitrate", text_at(one, "RateControl/BitrateLimit"));
        set_leaves(item, one,
                   {"Name", "Encoding", "Resolution/Width", "Resolution/Height", "Quality",
                    "RateControl/FrameRateLimit", "RateControl/BitrateLimit"});
    }
}

// What an encoder is set to is told as the encoder's.
void profiles(pugi::xml_node node, Model& model) {
    for (const auto one : children(node, "Profiles")) {
        auto& item = model.item(Category::cameras, "profile " + attribute(one, "token"));
        item.label = text_at(one, "Name");
        item.set("name", item.label);
        for (const auto part : children(one)) {
            const auto name = std::string(model::local_name(part));
            const auto token = attribute(part, "token");
            if (!token.empty()) item.set(name, token);
            if (name == "VideoSourceConfiguration") set_leaves(item, part, {}, name + "/");
        }
    }
}

void osds(pugi::xml_node node, Model& model) {
    for (const auto one : children(node, "OSDs"))
        set_leaves(model.item(Category::cameras, "osd " + attribute(one, "token")), one, {});
}

void recordings(pugi::xml_node node, Model& model) {
    for (const auto one : children(node, "RecordingItem")) {
        auto& item = model.item(Category::recording, "recording " + text_at(one, "RecordingToken"));
        const auto configuration = model::child(one, "Configuration");
        item.label = text_at(configuration, "Source/Name");
        item.set("name", item.label);
        item.set("retention", text_at(configuration, "MaximumRetentionTime"));
        set_leaves(item, configuration, {"Source/Name", "MaximumRetentionTime"});
        for (const auto track : children(model::child(one, "Tracks"), "Track"))
            item.set("track " + text_at(track, "TrackToken"), text_at(track, "Configuration/TrackType"));
    }
}

void recording_jobs(pugi::xml_node node, Model& model) {
    for (const auto one : children(node, "JobItem")) {
        auto& item = model.item(Category::recording, "job " + text_at(one, "JobToken"));
        const auto configuration = model::child(one, "JobConfiguration");
        item.set("mode", text_at(configuration, "Mode"));
        set_leaves(item, configuration, {"Mode"});
    }
}

void nothing(pugi::xml_node, Model&) {}  // addresses of services and versions, which firmware sets

using Put = void (*)(pugi::xml_node, Model&);
Put put_of(std::string_view response) {
    static const std::map<std::string_view, Put> puts{
        {"GetDeviceInformationResponse", device_information},
        {"GetHostnameResponse", hostname},
        {"GetSystemDateAndTimeResponse", date_and_time},
        {"GetNTPResponse", ntp},
        {"GetDNSResponse", dns},
        {"GetNetworkDefaultGatewayResponse", gateway},
        {"GetNetworkInterfacesResponse", interfaces},
        {"GetNetworkProtocolsResponse", protocols},
        {"GetScopesResponse", scopes},
        {"GetUsersResponse", users},
        {"GetVideoSourcesResponse", video_sources},
        {"GetVideoEncoderConfigurationsResponse", encoders},
        {"GetProfilesResponse", profiles},
        {"GetOSDsResponse", osds},
        {"GetRecordingsResponse", recordings},
        {"GetRecordingJobsResponse", recording_jobs},
        {"GetServicesResponse", nothing},
        {"GetCapabilitiesResponse", nothing},
        {"GetServiceCapabilitiesResponse", nothing},
    };
    const auto found = puts.find(response);
    return found == puts.end() ? nullptr : found->second;
}

}  // namespace

FileReader onvif_reader() {
    FileReader reader;
    reader.name = "onvif";
    reader.recognises = [](const std::string&, std::string_view content) {
        return content.find("http://www.w3.org/2003/05/soap-envelope") != std::string_view::npos &&
               content.find("http://www.onvif.org/ver") != std::string_view::npos;
    };
    reader.read = [](const std::string&, std::string_view content, Model& model) {
        const model::Xml document(content);
        const auto response = onvif::response_of(document);
        const auto put = response ? put_of(model::local_name(response)) : nullptr;
        if (put == nullptr) throw model::Malformed{"ONVIF"};
        put(response, model);
    };
    return reader;
}

}  // namespace coffre::drivers
